//! Program, arguments and environment of the `go` to run.

use crate::caller::{By, Outer, Writer, value_of};
use crate::environment::Environment;
use crate::goenv_file::{self, SanitizedGoEnv};
use crate::goflags::{FLAGS, Item, Items};
use crate::pins::{self, Isolation, Pin, Rule, Rules};
use crate::sys::{self, File, OwnedText, Text};
use crate::tool::Tool;
use crate::var_table::{VarId, var};
use crate::{goroot, names, path};
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// What to hand to `execve`, with the arguments of the call.
#[derive(Debug, PartialEq, Eq)]
pub struct Launch<'a> {
    /// Absolute path of the program.
    pub program: OwnedText,
    /// What passes of the caller's environment, as `NAME=value` strings.
    pub kept: Vec<Text<'a>>,
    /// What goward sets.
    pub set: Vec<OwnedText>,
    /// What the caller has and a lock does not let through as it is.
    pub(crate) removed: Vec<Removed<'a>>,
    /// Left open, because the exec closes it.
    pub(crate) open: Option<File>,
}

impl<'a> Launch<'a> {
    fn new(program: OwnedText, kept: Vec<Text<'a>>, set: Vec<OwnedText>) -> Self {
        Self { program, kept, set, removed: Vec::new(), open: None }
    }

    /// Iterates over the whole environment of the program.
    pub fn entries(&self) -> impl Iterator<Item = Text<'_>> {
        self.kept.iter().copied().chain(self.set.iter().map(OwnedText::as_text))
    }

    /// Returns what the caller has and does not get to the program, where that has no other value
    /// for it.
    pub fn left_out(&self) -> Vec<LeftOut> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let mut left_out = Vec::new();
        for it in &self.removed {
            let mut add =
                |value| left_out.push(LeftOut { name: text(it.name()), value: text(value) });
            let now = self
                .entries()
                .find(|entry| sys::is_variable(entry.name(), it.name()))
                .map(value_of);
            match now {
                _ if it.known == var::GOFLAGS => {
                    let now = now.unwrap_or_default();
                    let has = |item: &Item| Items(now).any(|other| other.is_like(*item));
                    Items(it.value()).filter(|item| !has(item)).for_each(|item| add(item.text));
                }
                None if !it.value().is_empty() => add(it.value()),
                _ => {}
            }
        }
        left_out
    }

    /// Puts a value in the place of what the environment has for a variable.
    pub fn put(&mut self, name: &str, value: Option<&[u8]>) {
        let is_other = |text: Text| !sys::is_variable(text.name(), name.as_bytes());
        self.kept.retain(|text| is_other(*text));
        self.set.retain(|text| is_other(text.as_text()));
        self.set.extend(value.map(|value| OwnedText::entry(name, value)));
    }
}

/// What a caller has and does not get to the program: a variable, or one flag of GOFLAGS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The variable.
    pub name: String,
    /// Its value; the flag.
    pub value: String,
}

impl fmt::Display for LeftOut {
    /// Writes the name, or the flag and where it was.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name.as_str() {
            FLAGS => write!(f, "`{}` in GOFLAGS", self.value.escape_debug()),
            name => write!(f, "{}", name.escape_debug()),
        }
    }
}

/// An entry of the caller that a lock does not let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Removed<'a> {
    pub(crate) known: VarId,
    rule: Rule,
    text: Text<'a>,
}

impl<'a> Removed<'a> {
    fn name(&self) -> &'a [u8] {
        let name = self.known.name().as_bytes();
        if name.ends_with(b"*") { self.text.name() } else { name }
    }

    pub(crate) fn value(&self) -> &'a [u8] {
        self.text.to_bytes().get(self.name().len() + 1..).unwrap_or_default()
    }
}

/// A toolchain for which a lock decides, and what goes with it.
#[derive(Debug)]
pub struct Selection<'s> {
    /// The GOROOT of the toolchain.
    pub root: &'s [u8],
    /// What the variable GOROOT is; a toolchain of the store needs none.
    pub goroot: Option<&'s [u8]>,
    /// What of the caller's environment passes.
    pub isolation: Isolation,
    /// What is pinned.
    pub pins: &'s [(&'s str, &'s str)],
    /// Whether one of the pins takes the place of a value that would pass otherwise:
    /// [`pins::choose`].
    pub chooses: bool,
    /// What GOFLAGS is, where that is neither the pin nor the caller's.
    pub flags: Option<&'s [u8]>,
    /// What `GOENV` names.
    pub goenv: &'s SanitizedGoEnv<'s>,
    /// The lock that decides.
    pub lock: &'s [u8],
    /// Its profile that applies.
    pub profile: Option<&'s str>,
    /// Who hands that down.
    pub by: By,
}

/// Returns the launch of `tool` from a toolchain for which a lock decides. `env` is the caller's
/// environment, without what an outer call set.
///
/// The program is the real one, which finds its own GOROOT. What passes of the caller's environment
/// is borrowed, what goward sets is owned.
pub fn toolchain<'a>(selection: &Selection, tool: Tool, env: &Environment<'a>) -> Launch<'a> {
    with_program(selection, OwnedText::of(program(selection.root, tool)), env)
}

/// Like [`toolchain`], where the path of the program is known.
pub(crate) fn with_program<'a>(
    selection: &Selection,
    program: OwnedText,
    env: &Environment<'a>,
) -> Launch<'a> {
    let Selection { root, goroot, pins, flags, .. } = *selection;
    let (kept, removed) = entries(selection, env);
    let mut set = Vec::with_capacity(MOST_SET + pins.len());
    if let Some(goroot) = goroot {
        set.push(OwnedText::entry("GOROOT", goroot));
    }
    set.push(OwnedText::of([b"GOTOOLCHAIN=local"]));
    set.push(OwnedText::entry("GOENV", &selection.goenv.path));
    for (name, value) in pins {
        if flags.is_none() || *name != FLAGS {
            set.push(OwnedText::entry(name, value.as_bytes()));
        }
    }
    if let Some(flags) = flags.filter(|flags| !flags.is_empty()) {
        set.push(OwnedText::entry(FLAGS, flags));
    }
    let mut writer = Writer::new(selection.by, selection.lock, selection.profile, flags);
    for it in &removed {
        // Nobody ever has a use for the other rows that are always removed.
        if it.rule != Rule::Remove || it.known == var::GOROOT {
            writer.add(it.text);
        }
    }
    set.push(writer.finish());
    set.push(OwnedText::entry(names::TOOLCHAIN_VAR, root));
    Launch { program, kept, set, removed, open: None }
}

/// Returns the launch of `tool` from the GOROOT `root`, where no lock decides: what the toolchain
/// does without goward.
pub fn plain<'a>(root: &[u8], tool: Tool, env: &Environment<'a>) -> Launch<'a> {
    let goroot = env.value(var::GOROOT);
    let passes = goroot.is_none_or(|goroot| goroot::passes(goroot, root));
    let kept =
        env.filtered(MOST_SET, |_, known| !is_own(known) && (known != var::GOROOT || passes));
    let mut set = Vec::with_capacity(MOST_SET);
    set.push(OwnedText::entry(names::TOOLCHAIN_VAR, root));
    if (goroot.is_none() || !passes) && goroot::is_linked(root) {
        set.push(OwnedText::entry("GOROOT", root));
    }
    Launch::new(OwnedText::of(program(root, tool)), kept, set)
}

/// Lets `go env -w` and `go env -u` change the user's own file, not goward's copy of it, which an
/// outer call may have put into GOENV.
pub(crate) fn restore_file(launch: &mut Launch, env: &Environment) {
    if let Some(outer) = Outer::read(env)
        && env.value(var::GOENV).is_some_and(goenv_file::is_copy)
    {
        launch.put("GOENV", outer.value("GOENV"));
    }
}

/// Returns the launch of a `go` that is not ours, in the caller's environment.
#[cold]
pub fn foreign<'a>(program: OwnedText, env: &Environment<'a>) -> Launch<'a> {
    Launch::new(program, env.filtered(MOST_SET, |_, known| !is_own(known)), Vec::new())
}

/// The parts of the path of the real program.
fn program(root: &[u8], tool: Tool) -> [&[u8]; 3] {
    let [root, slash, path] = path::below(root, tool.path());
    [root, slash, path]
}

/// How many variables goward sets at most, besides the pins.
const MOST_SET: usize = 8;

/// Returns true for what goward sets anew for each program, or not at all.
fn is_own(known: VarId) -> bool {
    known == var::TOOLCHAIN || known == var::DEPTH
}

/// Returns what of the caller's environment passes a lock, with room for what goward sets besides,
/// and what does not.
fn entries<'a>(selection: &Selection, env: &Environment<'a>) -> (Vec<Text<'a>>, Vec<Removed<'a>>) {
    let Selection { isolation, pins, flags, .. } = *selection;
    let more = MOST_SET + pins.len();
    let mut removed = Vec::with_capacity(16);
    let chooses = flags.is_some() || selection.chooses;
    let passing = Rules::passing(isolation);
    let passes = |text: Text<'a>, known: VarId| {
        let Some(row) = known.row() else { return !is_own(known) && known != var::CALLER };
        let mut passes = passing.have(row.rule)
            || isolation == Isolation::Hermetic && passes_all_the_same(text, row, env);
        if passes && chooses && Rules::LOCKABLE.have(row.rule) {
            passes = !is_replaced(row, pins, flags);
        }
        if !passes {
            removed.push(Removed { known, rule: row.rule, text });
        }
        passes
    };
    let kept = if isolation == Isolation::Hermetic {
        env.filtered_by_all(more, passes)
    } else {
        env.filtered(more, passes)
    };
    (kept, removed)
}

/// Returns true for what a pin, or the flags that a lock and a caller come to, takes the place of.
#[inline(never)]
fn is_replaced(row: &Pin, pins: &[(&str, &str)], flags: Option<&[u8]>) -> bool {
    flags.is_some() && row.name == FLAGS || pins.iter().any(|(name, _)| *name == row.name)
}

/// Returns true for what passes a hermetic lock because the user allows it, or because nothing
/// comes of it.
#[cold]
fn passes_all_the_same(text: Text, row: &Pin, env: &Environment) -> bool {
    let allowed = env.value(var::ALLOW).unwrap_or_default();
    row.rule.is_allowable() && pins::is_allowed(allowed, text.name(), row)
        || row.rule.is_refused() && !pins::is_effective(row.name, value_of(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::environment;
    use std::string::ToString;

    const ROOT: &[u8] = b"/s/tree/go1.27.1-x";

    fn launch<'a>(
        isolation: Isolation,
        pins: &[(&str, &str)],
        flags: Option<&[u8]>,
        env: &Environment<'a>,
    ) -> Launch<'a> {
        let goenv = SanitizedGoEnv {
            path: OwnedText::of([b"/s/goenv/none"]),
            own: None,
            chosen: None,
            is_ready: true,
        };
        let selection = Selection {
            root: ROOT,
            goroot: None,
            isolation,
            pins,
            chooses: pins::choose(pins),
            flags,
            goenv: &goenv,
            lock: b"/p/goward.lock",
            profile: None,
            by: By::Go,
        };
        toolchain(&selection, Tool::Go, env)
    }

    fn left_out(launch: &Launch) -> Vec<String> {
        launch.left_out().iter().map(ToString::to_string).collect()
    }

    fn shown(launch: &Launch) -> Vec<String> {
        launch.entries().map(|text| String::from_utf8_lossy(text.to_bytes()).to_string()).collect()
    }

    const OURS: [&str; 2] = ["GOTOOLCHAIN=local", "GOENV=/s/goenv/none"];
    const MARK: &str = "GOWARD_TOOLCHAIN=/s/tree/go1.27.1-x";

    #[test]
    fn pins_replace_what_the_caller_had_and_nothing_else() {
        let env = environment(&[
            "PATH=/bin",
            "GOEXPERIMENT=outer",
            "GODEBUG=gctrace=1",
            "GOTOOLDIR=/x",
            "GOROOT=/y",
            "GOTOOLCHAIN=auto",
            "GOTOOLCHAIN_INTERNAL_SWITCH_VERSION=go1.5",
            "GOFLAGS=-mod=mod",
            "GOWARD_DEPTH=3",
            "GOWARD_TOOLCHAIN=/other",
            "odd",
        ]);
        let pins = [("GODEBUG", "http2debug=1")];
        let launch = launch(Isolation::Pinned, &pins, None, &env);
        let program = [ROOT, &[path::SEPARATOR], Tool::Go.path()].concat();
        assert_eq!(&*launch.program, program);
        let record = "GOWARD_CALLER=go 0e:/p/goward.lock--\
            12:GOEXPERIMENT=outer11:GODEBUG=gctrace=109:GOROOT=/y10:GOTOOLCHAIN=auto";
        let kept = ["PATH=/bin", "GOFLAGS=-mod=mod", "odd"];
        let pinned = ["GODEBUG=http2debug=1", record, MARK];
        assert_eq!(shown(&launch), [&kept[..], &OURS, &pinned].concat());
        assert_eq!(
            left_out(&launch),
            ["GOEXPERIMENT", "GOTOOLDIR", "GOROOT", "GOTOOLCHAIN_INTERNAL_SWITCH_VERSION"]
        );
    }

    #[test]
    fn flags_that_were_put_together_take_the_place_of_pin_and_caller() {
        let env = environment(&["GOFLAGS=-v -tags=b -toolexec=x"]);
        let pins = [("GOFLAGS", "-tags=a"), ("GOAMD64", "v3")];
        let merged = launch(Isolation::Pinned, &pins, Some(b"-tags=a,b -v"), &env);
        let shown = shown(&merged);
        assert_eq!(shown[2..4], ["GOAMD64=v3", "GOFLAGS=-tags=a,b -v"]);
        assert!(
            shown[4].ends_with("-0c:-tags=a,b -v1e:GOFLAGS=-v -tags=b -toolexec=x"),
            "{shown:?}"
        );
        assert_eq!(left_out(&merged), ["`-toolexec=x` in GOFLAGS"]);
        let none = launch(Isolation::Hermetic, &[], Some(b""), &env);
        assert!(none.entries().all(|text| text.name() != b"GOFLAGS"));
        assert_eq!(
            left_out(&none),
            ["`-v` in GOFLAGS", "`-tags=b` in GOFLAGS", "`-toolexec=x` in GOFLAGS"]
        );
    }

    #[test]
    fn where_no_lock_decides_everything_passes() {
        let texts = ["GOEXPERIMENT=x", "GOTOOLCHAIN=auto", "GOENV=/e", "GOTOOLDIR=/t"];
        let env = environment(&texts);
        let launch = plain(ROOT, Tool::Gofmt, &env);
        let program = [ROOT, &[path::SEPARATOR], Tool::Gofmt.path()].concat();
        assert_eq!(&*launch.program, program);
        let kept: Vec<String> = texts.iter().map(ToString::to_string).collect();
        assert_eq!(shown(&launch), [&kept[..], &[MARK.into()]].concat());
        // A GOROOT that is not there is of no release.
        let env = environment(&["GOROOT=/nowhere", "A=1"]);
        assert_eq!(shown(&plain(ROOT, Tool::Go, &env)), ["A=1", MARK]);
        let env = environment(&["GOROOT=/s/tree/go1.27.1-x"]);
        assert_eq!(shown(&plain(ROOT, Tool::Go, &env))[0], "GOROOT=/s/tree/go1.27.1-x");
    }

    #[test]
    fn a_changed_file_is_the_users_own() {
        let record = "GOWARD_CALLER=go 1:l--a:GOENV=/own";
        let env = environment(&["GOENV=/s/goenv/pinned-none", record]);
        let mut launch = plain(ROOT, Tool::Go, &env);
        restore_file(&mut launch, &env);
        assert_eq!(shown(&launch)[1..], [MARK, "GOENV=/own"]);
        // One that was given on purpose in between stays.
        let env = environment(&["GOENV=/other", record]);
        let mut launch = plain(ROOT, Tool::Go, &env);
        restore_file(&mut launch, &env);
        assert_eq!(shown(&launch)[0], "GOENV=/other");
    }

    #[test]
    fn a_hermetic_lock_removes_what_leaks_unless_the_user_allows_it() {
        let env = environment(&[
            "PATH=/bin",
            "CC=clang",
            "GIT_SSH_COMMAND=ssh -v",
            "GIT_DIR=/x",
            "GOOS=windows",
            "GOARM=6",
            "GO111MODULE=on",
            "GOPROXY=off",
            "GODEBUG=a=1",
            "GOWARD_ALLOW=CC, GIT_DIR,GODEBUG,GOROOT",
            "UNKNOWN=1",
        ]);
        let kept = [
            "PATH=/bin",
            "CC=clang",
            "GIT_DIR=/x",
            "GOOS=windows",
            "GOARM=6",
            "GO111MODULE=on",
            "GOPROXY=off",
            "GOWARD_ALLOW=CC, GIT_DIR,GODEBUG,GOROOT",
            "UNKNOWN=1",
        ];
        let launched = launch(Isolation::Hermetic, &[], None, &env);
        assert_eq!(shown(&launched)[..11], [&kept[..], &OURS].concat());
        assert_eq!(left_out(&launched), ["GIT_SSH_COMMAND", "GODEBUG"]);
        let env = environment(&["GIT_A=1", "GIT_B=2", "GOWARD_ALLOW=GIT_*"]);
        let launched = launch(Isolation::Hermetic, &[], None, &env);
        assert_eq!(shown(&launched)[..3], ["GIT_A=1", "GIT_B=2", "GOWARD_ALLOW=GIT_*"]);
    }
}
