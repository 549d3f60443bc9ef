//! Program, arguments and environment of the `go` to run.

use crate::barrier::Barrier;
use crate::environment::Environment;
use crate::known::{Known, var};
use crate::pins::{self, Isolation, Pin, Rule};
use crate::resolve::Tool;
use crate::sys::{OwnedText, Text};
use crate::{layout, names};
use alloc::vec::Vec;
use core::ptr;

/// What to hand to `execve`, with the arguments of the call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Launch<'a> {
    /// Absolute path of the program.
    pub program: OwnedText,
    /// What passes of the caller's environment, as `NAME=value` strings.
    pub kept: Vec<Text<'a>>,
    /// What goward sets.
    pub set: Vec<OwnedText>,
}

impl Launch<'_> {
    /// Iterates over the whole environment of the program.
    pub fn entries(&self) -> impl Iterator<Item = Text<'_>> {
        self.kept.iter().copied().chain(self.set.iter().map(OwnedText::as_text))
    }
}

/// A toolchain of the store, and what goes with it.
#[derive(Clone, Copy, Debug)]
pub struct Selection<'s> {
    /// The store.
    pub home: &'s [u8],
    /// The toolchain's name there.
    pub key: &'s [u8],
    /// What GOROOT is, if not the root.
    pub goroot: Option<&'s str>,
    /// What of the caller's environment passes.
    pub isolation: Isolation,
    /// What is pinned.
    pub pins: &'s [(&'s str, &'s str)],
    /// What `GOENV` names.
    pub barrier: &'s Barrier<'s>,
}

/// Returns the launch of `tool` from a toolchain.
///
/// `GOROOT` becomes the root, whose `bin/go` is the shim, or the path that the lock has for it; the
/// program is always the one in the tree. What passes of the caller's environment is borrowed, what
/// goward sets is owned.
pub fn toolchain<'a>(selection: &Selection, tool: Tool, env: &Environment<'a>) -> Launch<'a> {
    let Selection { home, key, goroot, isolation, pins, barrier } = *selection;
    let program = layout::program(home, key, tool.path());
    let chosen = chosen(pins);
    let kept = Inherited::new(isolation, &chosen, env).entries(env, pins.len());
    let mut entries = Vec::with_capacity(MOST_SET + pins.len());
    entries.push(goroot_entry(selection));
    let mut set = |name: &str, value: &[u8]| entries.push(OwnedText::entry(name, value));
    set("GOTOOLCHAIN", b"local");
    set("GOENV", &barrier.path);
    if let Some(chosen) = barrier.chosen {
        set(names::GOENV_VAR, chosen);
    }
    for (name, value) in pins {
        set(name, value.as_bytes());
    }
    if let Some(marker) = marker(goroot, &chosen) {
        set(names::PINNED_VAR, &marker);
    }
    Launch { program, kept, set: entries }
}

fn goroot_entry(selection: &Selection) -> OwnedText {
    if let Some(path) = selection.goroot {
        return OwnedText::entry("GOROOT", path.as_bytes());
    }
    let [home, root, key] = layout::tree_parts(selection.home, selection.key);
    OwnedText::of([b"GOROOT=", home, root, key])
}

/// Returns the launch of a `go` that is not ours.
///
/// When the call comes from inside a toolchain of ours (`GOROOT` is one of our roots, or what an
/// outer lock has for it), the outer call's values are removed; otherwise the environment is the
/// caller's.
#[cold]
pub fn foreign<'a>(program: OwnedText, env: &Environment<'a>, home: Option<&[u8]>) -> Launch<'a> {
    let roots = home.map(|home| layout::join(home, b"tree/"));
    let inherited = Inherited::new(Isolation::Pinned, &[], env);
    let is_root =
        env.get("GOROOT").zip(roots).is_some_and(|(root, roots)| root.starts_with(&roots));
    let is_fixed = |e: &Text| e.name() == b"GOROOT" && inherited.is_from_outer_call(*e);
    let nested = is_root || env.texts().iter().any(is_fixed);
    let kept = if nested { inherited.entries(env, 0) } else { env.texts().to_vec() };
    let chosen = env.get(names::GOENV_VAR).filter(|_| nested);
    let set = chosen.map(|chosen| OwnedText::entry("GOENV", chosen)).into_iter().collect();
    Launch { program, kept, set }
}

/// How many variables goward sets at most, besides the pins.
const MOST_SET: usize = 6;
/// Between the entries of [`names::PINNED_VAR`]; no value that stands there holds it.
const MARKER_SEPARATOR: u8 = b';';

/// A pin in the place of a value that would pass otherwise: its row, and its own value.
type Chosen<'p> = (&'static Pin, &'p str);

fn chosen<'p>(pins: &[(&'p str, &'p str)]) -> Vec<Chosen<'p>> {
    let row = |(name, value): &(&str, &'p str)| Some((pins::row(name.as_bytes())?, *value));
    pins.iter().filter_map(row).filter(|(row, _)| row.rule == Rule::Choose).collect()
}

/// Returns what tells a nested call which of its values are not the user's: the entries of rows
/// that would pass where another lock does not mention them, and a GOROOT that is none of our roots.
fn marker(goroot: Option<&str>, chosen: &[Chosen]) -> Option<Vec<u8>> {
    let goroot = goroot.map(|path| ("GOROOT", path));
    let mut marker = Vec::new();
    let chosen = chosen.iter().map(|(row, value)| (row.name, *value));
    for (name, value) in goroot.into_iter().chain(chosen) {
        if !marker.is_empty() {
            marker.push(MARKER_SEPARATOR);
        }
        marker.extend_from_slice(name.as_bytes());
        marker.push(b'=');
        marker.extend_from_slice(value.as_bytes());
    }
    (!marker.is_empty()).then_some(marker)
}

/// What decides which of the caller's entries pass.
struct Inherited<'p, 'a> {
    isolation: Isolation,
    chosen: &'p [Chosen<'p>],
    /// The user's list of names.
    allowed: &'a [u8],
    /// What an outer call of ours set.
    outer: &'a [u8],
}

impl<'p, 'a> Inherited<'p, 'a> {
    fn new(isolation: Isolation, chosen: &'p [Chosen<'p>], env: &Environment<'a>) -> Self {
        let list = |name| env.known(name).unwrap_or_default();
        Self { isolation, chosen, allowed: list(var::ALLOW), outer: list(var::PINNED) }
    }

    /// Returns what passes, with room for what goward sets besides.
    fn entries(&self, env: &Environment<'a>, pins: usize) -> Vec<Text<'a>> {
        let more = MOST_SET + pins;
        if self.isolation == Isolation::Hermetic {
            return env.filtered_by_all(more, |text, known| self.passes_known(text, known));
        }
        // With nothing to compare with, all of them pass.
        let is_open = self.chosen.is_empty() && self.outer.is_empty();
        env.filtered(more, |text, known| match known.row() {
            Some(row) if row.rule.is_allowable() && is_open => true,
            _ => self.passes_known(text, known),
        })
    }

    fn passes_known(&self, text: Text, known: Known) -> bool {
        match known.row() {
            Some(row) if row.rule.is_allowable() => self.passes(text, row),
            Some(row) => row.rule.passes(self.isolation),
            None => known != var::PINNED && known != var::OWN_GOENV,
        }
    }

    /// Decides about one that the lock can replace, or the user allow.
    #[inline(never)]
    fn passes(&self, text: Text, row: &'static Pin) -> bool {
        if row.rule == Rule::Choose && (self.is_pinned(row) || self.is_from_outer_call(text)) {
            return false;
        }
        row.rule.passes(self.isolation) || self.is_allowed(text, row)
    }

    fn is_pinned(&self, row: &'static Pin) -> bool {
        self.chosen.iter().any(|(chosen, _)| ptr::eq(*chosen, row))
    }

    fn is_from_outer_call(&self, text: Text) -> bool {
        if self.outer.is_empty() {
            return false;
        }
        let text = text.to_bytes();
        self.outer.split(|&byte| byte == MARKER_SEPARATOR).any(|item| item == text)
    }

    fn is_allowed(&self, text: Text, row: &Pin) -> bool {
        if self.allowed.is_empty() {
            return false;
        }
        let name = text.name();
        let mut items = self.allowed.split(|&byte| byte == b',').map(<[u8]>::trim_ascii);
        items.any(|item| item == name || item == row.name.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::ffi::CString;
    use core::ffi::CStr;
    use std::string::{String, ToString};

    fn launch<'a>(
        key: &str,
        isolation: Isolation,
        pins: &[(&str, &str)],
        env: &Environment<'a>,
    ) -> Launch<'a> {
        let barrier = Barrier { path: OwnedText::of([b"/s/goenv/none"]), own: None, chosen: None };
        let key = key.as_bytes();
        let selection =
            Selection { home: b"/s", key, goroot: None, isolation, pins, barrier: &barrier };
        toolchain(&selection, Tool::Go, env)
    }

    fn environment<'a>(texts: &[&'a CStr]) -> Environment<'a> {
        Environment::new(texts.iter().map(|text| Text::new(text)).collect::<Vec<_>>())
    }

    fn texts<'l>(launch: &'l Launch) -> impl Iterator<Item = &'l CStr> {
        launch.entries().map(Text::to_c_str)
    }

    fn shown(launch: &Launch) -> Vec<String> {
        texts(launch).map(|text| text.to_str().unwrap().to_string()).collect()
    }

    #[test]
    fn pins_replace_what_the_caller_had_and_nothing_else() {
        let env = environment(&[
            c"PATH=/bin",
            c"GOEXPERIMENT=outer",
            c"GODEBUG=gctrace=1",
            c"GOTOOLDIR=/x",
            c"GOROOT=/y",
            c"GOTOOLCHAIN=auto",
            c"GOTOOLCHAIN_INTERNAL_SWITCH_VERSION=go1.5",
            c"GOFLAGS=-mod=mod",
            c"odd",
        ]);
        let pins = [("GODEBUG", "http2debug=1")];
        let launch = launch("k", Isolation::Pinned, &pins, &env);
        assert_eq!(&*launch.program, b"/s/tree/k/libexec/go");
        assert_eq!(
            shown(&launch),
            [
                "PATH=/bin",
                "GOFLAGS=-mod=mod",
                "odd",
                "GOROOT=/s/tree/k",
                "GOTOOLCHAIN=local",
                "GOENV=/s/goenv/none",
                "GODEBUG=http2debug=1"
            ]
        );
    }

    #[test]
    fn a_foreign_go_gets_the_callers_environment_unless_it_is_nested_in_ours() {
        let own = environment(&[c"GOROOT=/usr/lib/go", c"GOEXPERIMENT=x"]);
        let launch = foreign(OwnedText::of([b"/usr/bin/go"]), &own, Some(b"/s"));
        assert_eq!(shown(&launch), ["GOROOT=/usr/lib/go", "GOEXPERIMENT=x"]);
        let nested = environment(&[
            c"GOROOT=/s/tree/k",
            c"GOEXPERIMENT=x",
            c"GOTOOLCHAIN=local",
            c"A=1",
            c"GOENV=/s/goenv/none",
            c"GOWARD_GOENV=/own",
        ]);
        let launch = foreign(OwnedText::of([b"/usr/bin/go"]), &nested, Some(b"/s"));
        assert_eq!(shown(&launch), ["A=1", "GOENV=/own"]);
    }

    #[test]
    fn a_fixed_goroot_takes_the_place_of_the_root_and_ends_like_one() {
        let barrier = Barrier { path: OwnedText::of([b"/s/goenv/none"]), own: None, chosen: None };
        let (goroot, isolation) = (Some("/opt/go"), Isolation::Pinned);
        let pins = [("GOFLAGS", "-trimpath")];
        let selection =
            Selection { home: b"/s", key: b"k", goroot, isolation, pins: &pins, barrier: &barrier };
        let outer = toolchain(&selection, Tool::Go, &Environment::default());
        assert_eq!(&*outer.program, b"/s/tree/k/libexec/go");
        let marker = "GOWARD_PINNED=GOROOT=/opt/go;GOFLAGS=-trimpath";
        let ours = ["GOROOT=/opt/go", "GOTOOLCHAIN=local", "GOENV=/s/goenv/none"];
        assert_eq!(shown(&outer), [&ours[..], &["GOFLAGS=-trimpath", marker]].concat());
        let entries: Vec<CString> = texts(&outer).map(CString::from).collect();
        let env = Environment::of(&entries);
        let nested = foreign(OwnedText::of([b"/usr/bin/go"]), &env, Some(b"/s"));
        assert!(shown(&nested).is_empty());
        assert_eq!(shown(&launch("j", isolation, &[], &env))[0], "GOROOT=/s/tree/j");
        // A GOROOT that was given on purpose in between is the caller's.
        let env = environment(&[c"GOROOT=/own", c"GOWARD_PINNED=GOROOT=/opt/go"]);
        let own = foreign(OwnedText::of([b"/usr/bin/go"]), &env, Some(b"/s"));
        assert_eq!(shown(&own)[0], "GOROOT=/own");
    }

    fn launched(isolation: Isolation, pins: &[(&str, &str)], env: &[&'static CStr]) -> Vec<String> {
        let env = environment(env);
        shown(&launch("k", isolation, pins, &env))
    }

    #[test]
    fn a_hermetic_lock_drops_what_changes_output_unless_the_user_allows_it() {
        let env: &[&CStr] = &[
            c"PATH=/bin",
            c"CC=clang",
            c"GIT_SSH_COMMAND=ssh -v",
            c"GIT_DIR=/x",
            c"GOFLAGS=-x",
            c"GOPROXY=off",
            c"GODEBUG=a=1",
            c"GOWARD_ALLOW=CC, GIT_DIR,GODEBUG,GOROOT",
            c"UNKNOWN=1",
        ];
        let ours = ["GOROOT=/s/tree/k", "GOTOOLCHAIN=local", "GOENV=/s/goenv/none"];
        let kept = [
            "PATH=/bin",
            "CC=clang",
            "GIT_DIR=/x",
            "GOPROXY=off",
            "GOWARD_ALLOW=CC, GIT_DIR,GODEBUG,GOROOT",
            "UNKNOWN=1",
        ];
        assert_eq!(launched(Isolation::Hermetic, &[], env), [&kept[..], &ours].concat());
        let whole: &[&CStr] = &[c"GIT_A=1", c"GIT_B=2", c"GOWARD_ALLOW=GIT_*"];
        assert_eq!(
            launched(Isolation::Hermetic, &[], whole),
            [&["GIT_A=1", "GIT_B=2", "GOWARD_ALLOW=GIT_*"][..], &ours].concat()
        );
    }

    #[test]
    fn what_an_outer_lock_chose_ends_with_the_next_lock() {
        let pins = [("GOAMD64", "v3"), ("GODEBUG", "a=1"), ("GOFLAGS", "-trimpath -tags=a,b")];
        let outer = launched(Isolation::Pinned, &pins, &[c"GOFLAGS=-x"]);
        let mark = "GOWARD_PINNED=GOAMD64=v3;GOFLAGS=-trimpath -tags=a,b";
        assert_eq!(outer[3..], ["GOAMD64=v3", "GODEBUG=a=1", "GOFLAGS=-trimpath -tags=a,b", mark]);
        let entries: Vec<CString> =
            outer.into_iter().map(|entry| CString::new(entry).unwrap()).collect();
        let nested_env = Environment::of(&entries);
        let nested = launch("j", Isolation::Pinned, &[], &nested_env);
        assert_eq!(
            shown(&nested),
            ["GOROOT=/s/tree/j", "GOTOOLCHAIN=local", "GOENV=/s/goenv/none"]
        );
        let env = Environment::of(&entries);
        let foreign = foreign(OwnedText::of([b"/usr/bin/go"]), &env, Some(b"/s"));
        assert_eq!(shown(&foreign), [""; 0]);
        // What was set on purpose in between is the caller's.
        let env: &[&CStr] = &[c"GOFLAGS=-mod=mod", c"GOWARD_PINNED=GOFLAGS=-trimpath;GOAMD64=v3"];
        assert_eq!(launched(Isolation::Pinned, &[], env)[0], "GOFLAGS=-mod=mod");
    }
}
