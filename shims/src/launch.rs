//! Program, arguments and environment of the `go` to run.

use crate::barrier::Barrier;
use crate::environment::{Environment, name_of};
use crate::pins::{self, Rule};
use crate::resolve::Tool;
use crate::{layout, names};
use alloc::borrow::Cow;
use alloc::vec::Vec;

/// What to hand to `execve`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Launch<'a> {
    /// Absolute path of the program.
    pub program: Vec<u8>,
    /// Arguments, `argv[0]` included.
    pub argv: Vec<&'a [u8]>,
    /// `NAME=value` strings.
    pub env: Vec<Cow<'a, [u8]>>,
}

/// Returns the launch of `tool` from the toolchain `key` with the given pins.
///
/// `GOROOT` becomes the root, whose `bin/go` is the shim; the program is the one in the tree.
pub fn toolchain<'a>(
    home: &[u8],
    key: &str,
    pins: &[(&str, &str)],
    barrier: &Barrier,
    tool: Tool,
    argv: Vec<&'a [u8]>,
    env: &Environment<'a>,
) -> Launch<'a> {
    let program = layout::join(&layout::tree(home, key), tool.path());
    let mut entries: Vec<Cow<[u8]>> = without_pins(env).map(Cow::Borrowed).collect();
    let mut set = |name: &str, value: &[u8]| {
        let mut entry = Vec::with_capacity(name.len() + 1 + value.len());
        entry.extend_from_slice(name.as_bytes());
        entry.push(b'=');
        entry.extend_from_slice(value);
        entries.push(Cow::Owned(entry));
    };
    set("GOROOT", &layout::root(home, key));
    set("GOTOOLCHAIN", b"local");
    set("GOENV", &barrier.path);
    if let Some(chosen) = barrier.chosen {
        set(names::GOENV_VAR, chosen);
    }
    for (name, value) in pins {
        set(name, value.as_bytes());
    }
    Launch { program, argv, env: entries }
}

/// Returns the launch of a `go` that is not ours.
///
/// When the call comes from inside a toolchain of ours (`GOROOT` is one of our roots), the outer
/// call's values are removed; otherwise the environment is the caller's.
pub fn foreign<'a>(
    program: Vec<u8>,
    argv: Vec<&'a [u8]>,
    env: &Environment<'a>,
    home: Option<&[u8]>,
    depth: u32,
) -> Launch<'a> {
    let roots = home.map(|home| layout::join(home, b"root/"));
    let nested = env.get("GOROOT").zip(roots).is_some_and(|(root, roots)| root.starts_with(&roots));
    let mut entries: Vec<Cow<[u8]>> = if nested {
        without_pins(env).map(Cow::Borrowed).collect()
    } else {
        env.iter().map(Cow::Borrowed).collect()
    };
    if let Some(chosen) = env.get(names::GOENV_VAR).filter(|_| nested) {
        entries.push(Cow::Owned([b"GOENV=", chosen].concat()));
    }
    entries.retain(|entry| name_of(entry) != names::DEPTH_VAR.as_bytes());
    let mut entry = Vec::from(names::DEPTH_VAR.as_bytes());
    entry.push(b'=');
    entry.extend_from_slice(alloc::format!("{}", depth + 1).as_bytes());
    entries.push(Cow::Owned(entry));
    Launch { program, argv, env: entries }
}

/// Iterates over the entries that no row of the pins table replaces or removes.
fn without_pins<'a>(env: &Environment<'a>) -> impl Iterator<Item = &'a [u8]> {
    let owned = |entry: &&[u8]| match pins::row(name_of(entry)).map(|row| row.rule) {
        Some(Rule::Pin | Rule::Remove | Rule::Set) => false,
        None => name_of(entry) != names::GOENV_VAR.as_bytes(),
    };
    env.iter().filter(owned).collect::<Vec<_>>().into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use std::string::{String, ToString};

    fn shown(launch: &Launch) -> Vec<String> {
        launch.env.iter().map(|entry| String::from_utf8_lossy(entry).to_string()).collect()
    }

    #[test]
    fn pins_replace_what_the_caller_had_and_nothing_else() {
        let env = Environment::new(vec![
            b"PATH=/bin",
            b"GOEXPERIMENT=outer",
            b"GODEBUG=gctrace=1",
            b"GOTOOLDIR=/x",
            b"GOROOT=/y",
            b"GOTOOLCHAIN=auto",
            b"GOTOOLCHAIN_INTERNAL_SWITCH_VERSION=go1.5",
            b"GOFLAGS=-mod=mod",
            b"odd",
        ]);
        let pins = [("GODEBUG", "http2debug=1")];
        let barrier = Barrier { path: b"/s/goenv/none".to_vec(), own: None, chosen: None };
        let launch = toolchain(b"/s", "k", &pins, &barrier, Tool::Go, vec![b"go"], &env);
        assert_eq!(launch.program, b"/s/tree/k/bin/go");
        assert_eq!(
            shown(&launch),
            [
                "PATH=/bin",
                "GOFLAGS=-mod=mod",
                "odd",
                "GOROOT=/s/root/k",
                "GOTOOLCHAIN=local",
                "GOENV=/s/goenv/none",
                "GODEBUG=http2debug=1"
            ]
        );
    }

    #[test]
    fn a_foreign_go_gets_the_callers_environment_unless_it_is_nested_in_ours() {
        let own = Environment::new(vec![b"GOROOT=/usr/lib/go", b"GOEXPERIMENT=x"]);
        let launch = foreign(b"/usr/bin/go".to_vec(), vec![b"go"], &own, Some(b"/s"), 0);
        assert_eq!(shown(&launch), ["GOROOT=/usr/lib/go", "GOEXPERIMENT=x", "GOWARD_DEPTH=1"]);
        let nested = Environment::new(vec![
            b"GOROOT=/s/root/k",
            b"GOEXPERIMENT=x",
            b"GOTOOLCHAIN=local",
            b"A=1",
            b"GOENV=/s/goenv/none",
            b"GOWARD_GOENV=/own",
            b"GOWARD_DEPTH=1",
        ]);
        let launch = foreign(b"/usr/bin/go".to_vec(), vec![b"go"], &nested, Some(b"/s"), 1);
        assert_eq!(shown(&launch), ["A=1", "GOENV=/own", "GOWARD_DEPTH=2"]);
    }
}
