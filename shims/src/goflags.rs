//! GOFLAGS of a lock and of a caller, put together.
//!
//! The value is split as the go command splits it (`cmd/internal/quoted`, `Split`;
//! `cmd/go/internal/base`, `InitGOFLAGS`). What the lock says comes first; of a flag that is there
//! twice, Go takes the last one.

use crate::environment::Environment;
use crate::goenv_file::SanitizedGoEnv;
use crate::pins::{self, Isolation};
use crate::scan;
use crate::var_table::var;
use alloc::vec::Vec;

/// The variable.
pub(crate) const FLAGS: &str = "GOFLAGS";

/// What a caller has in GOFLAGS and cannot have.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "see [`Unfit`], which has the same")]
pub enum Misfit {
    Contradicts {
        locked: Vec<u8>,
        callers: Vec<u8>,
        /// Whether it is in the file of `go env -w`.
        is_in_file: bool,
    },
    Unpinned(Vec<u8>),
}

/// Returns GOFLAGS of a call that a lock decides, where that is neither the pin nor what the caller
/// has. In Go the environment replaces the file of `go env -w`.
///
/// # Errors
///
/// What does not fit, unless `is_lenient` says that it is left out.
pub fn of_call(
    env: &Environment,
    isolation: Isolation,
    pins: &[(&str, &str)],
    goenv: &SanitizedGoEnv,
    is_lenient: impl FnOnce() -> bool,
) -> Result<Option<Vec<u8>>, Misfit> {
    let pinned = pins.iter().find(|(name, _)| *name == FLAGS).map(|(_, value)| *value);
    match (env.value(var::GOFLAGS), pinned) {
        (None, Some(pinned)) if isolation == Isolation::Pinned && goenv.own.is_some() => {
            let Some(flags) = goenv.flags() else { return Ok(None) };
            let limits = Limits { isolation, is_lenient: is_lenient() };
            merge(pinned, &flags, limits).map(Some).map_err(|unfit| unfit.owned(true))
        }
        (None, _) => Ok(None),
        (Some(_), None) if isolation == Isolation::Pinned => Ok(None),
        (Some(callers), pinned) => {
            let allowed = env.value(var::ALLOW).unwrap_or_default();
            let is_allowed = pins::row(FLAGS.as_bytes())
                .is_some_and(|row| pins::is_allowed(allowed, FLAGS.as_bytes(), row));
            let isolation = if is_allowed { Isolation::Pinned } else { isolation };
            let limits = Limits { isolation, is_lenient: is_lenient() };
            let merged = merge(pinned.unwrap_or_default(), callers, limits);
            merged.map(Some).map_err(|unfit| unfit.owned(false))
        }
    }
}

/// A flag of the caller that cannot be had beside the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit<'a> {
    /// The lock has it with another value: what each says.
    Contradicts(&'a [u8], &'a [u8]),
    /// It changes the output, and a hermetic lock does not mention it.
    Unpinned(&'a [u8]),
}

impl Unfit<'_> {
    fn owned(self, is_in_file: bool) -> Misfit {
        match self {
            Self::Contradicts(locked, callers) => {
                Misfit::Contradicts { locked: locked.into(), callers: callers.into(), is_in_file }
            }
            Self::Unpinned(item) => Misfit::Unpinned(item.into()),
        }
    }
}

/// What a caller may add to the lock's flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// [`Isolation::Hermetic`]: only what does not change the output.
    pub isolation: Isolation,
    /// A flag that is [`Unfit`] is left out.
    pub is_lenient: bool,
}

/// Puts the flags of a lock and of a caller together.
///
/// # Errors
///
/// The first flag that does not fit, unless `limits` say that those are left out.
pub fn merge<'a>(lock: &'a str, caller: &'a [u8], limits: Limits) -> Result<Vec<u8>, Unfit<'a>> {
    let locked = || scan::items(lock, b' ').filter(|item| !item.is_empty()).map(str::as_bytes);
    let mut merged = Vec::with_capacity(lock.len() + caller.len() + 1);
    for item in locked() {
        let flag = Flag::of(item);
        let same = Items(caller).filter(|other| other.flag().name == flag.name).last();
        separate(&mut merged);
        merged.extend_from_slice(item);
        let Some(other) = same else { continue };
        if flag.name == b"tags" && limits.isolation == Isolation::Pinned {
            add_tags(&mut merged, flag.value.unwrap_or_default(), other.flag().value);
        } else if !flag.is_like(other.flag()) && !limits.is_lenient {
            return Err(Unfit::Contradicts(item, other.text));
        }
    }
    for item in Items(caller) {
        let flag = item.flag();
        if locked().any(|locked| Flag::of(locked).name == flag.name) {
            continue;
        }
        if limits.isolation == Isolation::Hermetic {
            match effect(flag.name) {
                Effect::None => {}
                Effect::Execution => continue,
                Effect::Output if limits.is_lenient => continue,
                Effect::Output => return Err(Unfit::Unpinned(item.text)),
            }
        }
        separate(&mut merged);
        merged.extend_from_slice(item.raw);
    }
    Ok(merged)
}

fn separate(merged: &mut Vec<u8>) {
    if !merged.is_empty() {
        merged.push(b' ');
    }
}

/// Adds the caller's tags to those of the lock, which stand at the end of `merged`.
fn add_tags(merged: &mut Vec<u8>, locked: &[u8], caller: Option<&[u8]>) {
    let caller = caller.unwrap_or_default();
    // `-tags='a b'` was the only form before Go 1.13, and still is one (`work.tagsFlag`).
    let is_old = caller.iter().any(|byte| matches!(byte, b' ' | b'\''));
    let mut add = |tag: &[u8]| {
        if !tag.is_empty() && !locked.split(|&byte| byte == b',').any(|known| known == tag) {
            merged.push(b',');
            merged.extend_from_slice(tag);
        }
    };
    if is_old {
        Items(caller).for_each(|item| add(item.text));
    } else {
        caller.split(|&byte| byte == b',').for_each(add);
    }
}

/// The items of a value.
#[derive(Clone, Debug)]
pub struct Items<'a>(pub &'a [u8]);

/// One item: as it is written, and without the quotes around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item<'a> {
    /// As it is written.
    pub raw: &'a [u8],
    /// What Go makes of it.
    pub text: &'a [u8],
}

impl<'a> Item<'a> {
    fn flag(self) -> Flag<'a> {
        Flag::of(self.text)
    }

    /// Returns true when the other one is the same flag; of `-tags`, when all of its tags are among
    /// these.
    pub(crate) fn is_like(self, other: Item) -> bool {
        self.flag().name == other.flag().name && self.flag().is_like(other.flag())
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = Item<'a>;

    fn next(&mut self) -> Option<Item<'a>> {
        let is_space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
        let start = self.0.iter().position(|byte| !is_space(byte))?;
        let text = &self.0[start..];
        let (raw, inner) = if let [quote @ (b'"' | b'\''), rest @ ..] = text {
            // One that does not end is Go's to refuse: it stays as it is.
            match rest.iter().position(|byte| byte == quote) {
                Some(end) => (&text[..end + 2], &rest[..end]),
                None => (text, text),
            }
        } else {
            let end = text.iter().position(is_space).unwrap_or(text.len());
            (&text[..end], &text[..end])
        };
        self.0 = &text[raw.len()..];
        Some(Item { raw, text: inner })
    }
}

/// A flag, without its hyphens.
#[derive(Clone, Copy, Debug)]
struct Flag<'a> {
    name: &'a [u8],
    value: Option<&'a [u8]>,
}

impl<'a> Flag<'a> {
    fn of(text: &'a [u8]) -> Self {
        let text = text.strip_prefix(b"-").unwrap_or(text);
        let text = text.strip_prefix(b"-").unwrap_or(text);
        match text.iter().position(|&byte| byte == b'=') {
            Some(at) => Self { name: &text[..at], value: Some(&text[at + 1..]) },
            None => Self { name: text, value: None },
        }
    }

    /// Returns true when both have one value for Go.
    fn is_like(self, other: Flag) -> bool {
        match self.name {
            b"trimpath" | b"buildvcs" => self.switch() == other.switch(),
            b"tags" => {
                let mut others = other.value.unwrap_or_default().split(|&byte| byte == b',');
                let own = || self.value.unwrap_or_default().split(|&byte| byte == b',');
                others.all(|tag| tag.is_empty() || own().any(|known| known == tag))
            }
            _ => self.value == other.value,
        }
    }

    /// Returns the value of a flag that needs none, in one spelling (`strconv.ParseBool`).
    fn switch(self) -> &'a [u8] {
        match self.value {
            None | Some(b"1" | b"t" | b"T" | b"TRUE" | b"true" | b"True") => b"true",
            Some(b"0" | b"f" | b"F" | b"FALSE" | b"false" | b"False") => b"false",
            Some(other) => other,
        }
    }
}

/// What a flag of the go command can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Neither of the others.
    None,
    /// Changes what is built, or may do so.
    Output,
    /// Runs a program of its choice.
    Execution,
}

/// Returns what a flag can do; `name` is without hyphens.
pub fn effect(name: &[u8]) -> Effect {
    match name {
        b"exec" | b"fixtool" | b"toolexec" | b"vettool" => Effect::Execution,
        _ if HARMLESS.iter().any(|known| known.as_bytes() == name) => Effect::None,
        _ => Effect::Output,
    }
}

/// Flags that change what is printed, tested or kept, and not what is built. What is not here may
/// change it.
const HARMLESS: &[&str] = &[
    "a",
    "artifacts",
    "bench",
    "benchmem",
    "benchtime",
    "blockprofile",
    "blockprofilerate",
    "count",
    "cpu",
    "cpuprofile",
    "debug-actiongraph",
    "debug-runtime-trace",
    "debug-trace",
    "e",
    "failfast",
    "f",
    "fullpath",
    "fuzz",
    "fuzzminimizetime",
    "fuzztime",
    "json",
    "list",
    "m",
    "memprofile",
    "memprofilerate",
    "modcacherw",
    "mutexprofile",
    "mutexprofilefraction",
    "n",
    "o",
    "outputdir",
    "p",
    "parallel",
    "retracted",
    "reuse",
    "run",
    "short",
    "shuffle",
    "skip",
    "timeout",
    "trace",
    "v",
    "versions",
    "vet",
    "work",
    "x",
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::String;

    const PINNED: Limits = Limits { isolation: Isolation::Pinned, is_lenient: false };
    const HERMETIC: Limits = Limits { isolation: Isolation::Hermetic, is_lenient: false };

    fn merged(lock: &str, caller: &str, limits: Limits) -> String {
        let merged = merge(lock, caller.as_bytes(), limits);
        match merged {
            Ok(merged) => String::from_utf8(merged).unwrap(),
            Err(Unfit::Contradicts(lock, caller)) => std::format!(
                "{} against {}",
                String::from_utf8_lossy(lock),
                String::from_utf8_lossy(caller)
            ),
            Err(Unfit::Unpinned(item)) => {
                std::format!("unpinned {}", String::from_utf8_lossy(item))
            }
        }
    }

    #[test]
    fn values_are_split_as_go_splits_them() {
        let cases: &[(&str, &[&str])] = &[
            ("", &[]),
            (" \t\r\n ", &[]),
            ("-a -b", &["-a", "-b"]),
            ("\t-a\n-b\r", &["-a", "-b"]),
            ("'-ldflags=-s -w' -v", &["-ldflags=-s -w", "-v"]),
            ("\"-tags=a b\"-v", &["-tags=a b", "-v"]),
            ("-ldflags='-s -w'", &["-ldflags='-s", "-w'"]),
            ("'' -v", &["", "-v"]),
            ("'-a \"b\"'", &["-a \"b\""]),
            ("-v '-a", &["-v", "'-a"]),
        ];
        for (value, want) in cases {
            let got: Vec<&[u8]> = Items(value.as_bytes()).map(|item| item.text).collect();
            let want: Vec<&[u8]> = want.iter().map(|item| item.as_bytes()).collect();
            assert_eq!(got, want, "{value:?}");
        }
    }

    #[test]
    fn the_lock_first_then_what_the_caller_has_besides() {
        let cases = [
            ("-trimpath", "", "-trimpath"),
            ("-trimpath", "-v", "-trimpath -v"),
            ("-trimpath", "  -v\t-count=1 ", "-trimpath -v -count=1"),
            ("-trimpath", "-trimpath", "-trimpath"),
            ("-trimpath", "--trimpath=1 -v", "-trimpath -v"),
            ("-trimpath", "-trimpath=false", "-trimpath against -trimpath=false"),
            ("-trimpath", "-trimpath=false -trimpath=true", "-trimpath"),
            ("-mod=readonly", "-mod=readonly", "-mod=readonly"),
            ("-mod=readonly", "-mod=mod", "-mod=readonly against -mod=mod"),
            ("-mod=readonly", "--mod=vendor", "-mod=readonly against --mod=vendor"),
            ("-mod=readonly", "'-mod=mod'", "-mod=readonly against -mod=mod"),
            ("-mod=readonly", "-modfile=x.mod", "-mod=readonly -modfile=x.mod"),
            ("-buildvcs=false", "-buildvcs=0", "-buildvcs=false"),
            ("-buildvcs=true", "-buildvcs", "-buildvcs=true"),
            ("-buildvcs=auto", "-buildvcs", "-buildvcs=auto against -buildvcs"),
            ("-tags=a", "-tags=b", "-tags=a,b"),
            ("-tags=a,b", "-tags=b,c,,a", "-tags=a,b,c"),
            ("-tags=a", "'-tags=b c'", "-tags=a,b,c"),
            ("-tags=a", "-tags=", "-tags=a"),
            ("-tags=a", "-tags=b -tags=c", "-tags=a,c"),
            ("-trimpath -tags=a", "-tags=b -v", "-trimpath -tags=a,b -v"),
            ("-trimpath", "'-ldflags=-s -w'", "-trimpath '-ldflags=-s -w'"),
            ("-trimpath", "-ldflags='-s -w'", "-trimpath -ldflags='-s -w'"),
            ("-trimpath", "'-v", "-trimpath '-v"),
            ("-trimpath", "-toolexec=x", "-trimpath -toolexec=x"),
            ("-trimpath", "junk", "-trimpath junk"),
            ("", "-v", "-v"),
        ];
        for (lock, caller, want) in cases {
            assert_eq!(merged(lock, caller, PINNED), want, "{lock:?} {caller:?}");
        }
        let lenient = Limits { is_lenient: true, ..PINNED };
        assert_eq!(merged("-mod=readonly", "-mod=mod -v", lenient), "-mod=readonly -v");
    }

    #[test]
    fn a_hermetic_lock_lets_through_what_does_not_change_the_output() {
        let cases = [
            ("-trimpath", "-v -count=1", "-trimpath -v -count=1"),
            ("", "-v -toolexec=x -exec=y", "-v"),
            ("", "-tags=a", "unpinned -tags=a"),
            ("-tags=a,b", "-tags=b", "-tags=a,b"),
            ("-tags=a", "-tags=b", "-tags=a against -tags=b"),
            ("-trimpath", "-trimpath", "-trimpath"),
            ("", "'-ldflags=-s -w'", "unpinned -ldflags=-s -w"),
            ("", "-nosuch", "unpinned -nosuch"),
            ("", "", ""),
        ];
        for (lock, caller, want) in cases {
            assert_eq!(merged(lock, caller, HERMETIC), want, "{lock:?} {caller:?}");
        }
        let lenient = Limits { is_lenient: true, ..HERMETIC };
        assert_eq!(merged("-trimpath", "-tags=a -v", lenient), "-trimpath -v");
        assert!(HARMLESS.iter().all(|name| !name.starts_with('-')));
    }
}
