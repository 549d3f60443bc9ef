//! Traces that a call under a lock leaves for the calls inside of it.
//!
//! The pins of an outer lock are not the wish of whoever calls `go` inside of it. So each such call
//! hands down, in [`names::CALLER_VAR`], which lock and profile decided, and what its caller had of
//! the variables that it set or removed. A call under another lock takes back what the outer one
//! did before its own lock decides.
//!
//! ```text
//! go 14:/project/goward.lock02:ci-0f:GOFLAGS=-tags=x10:GOTOOLCHAIN=auto
//! ```
//!
//! The word at the start says who hands it down. Then follow the lock, its profile, what GOFLAGS
//! was set to if that is not the pin, and each variable that the caller had, as an entry of its
//! environment. A value is its length in hexadecimal, a colon and its bytes; `-` stands for none.
//! What was set besides is in the lock.

use crate::environment::Environment;
use crate::goenv_file;
use crate::lock::{self, Level};
use crate::pins::PINS;
use crate::sys::{self, OwnedText, Text};
use crate::var_table::var;
use crate::{layout, names};
use alloc::vec::Vec;

/// Who hands it down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// A `go`: calls inside of it are its own, not the user's.
    Go,
    /// `goward exec` and `goward env`: the next `go` is the user's call.
    Command,
}

impl By {
    fn word(self) -> &'static [u8] {
        match self {
            Self::Go => b"go ",
            Self::Command => b"exec ",
        }
    }

    /// Returns the start of the entry.
    fn entry(self) -> &'static [u8] {
        match self {
            Self::Go => b"GOWARD_CALLER=go ",
            Self::Command => b"GOWARD_CALLER=exec ",
        }
    }
}

/// What was handed down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outer<'a> {
    /// Who did it.
    pub by: By,
    /// The lock that decided.
    pub lock: &'a [u8],
    /// Its profile that applied.
    pub profile: Option<&'a [u8]>,
    /// What GOFLAGS was set to, if that is not the pin.
    flags: Option<&'a [u8]>,
    /// What the caller had.
    had: &'a [u8],
}

impl<'a> Outer<'a> {
    /// Reads what was handed down. What is damaged is nothing.
    pub fn read(env: &Environment<'a>) -> Option<Self> {
        env.value(var::CALLER).and_then(Self::parse)
    }

    #[cold]
    fn parse(text: &'a [u8]) -> Option<Self> {
        let (by, rest) = [By::Go, By::Command]
            .into_iter()
            .find_map(|by| text.strip_prefix(by.word()).map(|rest| (by, rest)))?;
        let (lock, rest) = value(rest)?;
        let (profile, rest) = value(rest)?;
        let (flags, had) = value(rest)?;
        let mut rest = had;
        while !rest.is_empty() {
            rest = variable(rest)?.1;
        }
        Some(Self { by, lock: lock?, profile, flags, had })
    }

    /// Iterates over the variables that the caller had: names and values.
    pub fn had(&self) -> impl Iterator<Item = Variable<'a>> {
        let mut rest = self.had;
        core::iter::from_fn(move || {
            let (found, after) = variable(rest)?;
            rest = after;
            Some(found)
        })
    }

    /// Returns the value that the caller had.
    pub fn value(&self, name: &str) -> Option<&'a [u8]> {
        self.had().find(|(had, _)| sys::is_variable(had, name.as_bytes())).map(|(_, value)| value)
    }

    /// Returns what the outer call set: names and values.
    fn set(&self, env: &Environment<'a>) -> Vec<(&'static str, Set)> {
        let mut set = Vec::from([("GOTOOLCHAIN", Set::To(b"local".into())), ("GOENV", Set::Copy)]);
        set.extend(self.flags.map(|flags| ("GOFLAGS", Set::To(flags.into()))));
        let text = sys::read_owned(OwnedText::of([self.lock]).as_text(), lock::MAX_SIZE);
        let text = text.ok().flatten().map(|file| file.text).unwrap_or_default();
        let lock = lock::parse(&text).ok();
        let pins = lock.as_ref().and_then(|lock| match self.profile {
            Some(name) => lock.profile(name).map(|(_, pins)| pins),
            None => Some(&lock.pins),
        });
        let (Some(lock), Some(pins)) = (&lock, pins) else {
            // The lock is not what it was: whatever one can hold may be of it.
            let known = |name| set.iter().any(|(known, _)| *known == name);
            let lockable = PINS.iter().filter(|row| row.rule.is_lockable() && !known(row.name));
            let any: Vec<_> = lockable.map(|row| (row.name, Set::Any)).collect();
            set.extend(any);
            set.push(("GOROOT", Set::Any));
            return set;
        };
        if let Some(goroot) = lock.goroot {
            set.push(("GOROOT", Set::To(goroot.into())));
        } else if lock.level == Level::Linked {
            let root = env.value(var::TOOLCHAIN).unwrap_or_default();
            set.push(("GOROOT", Set::To(root.into())));
        }
        for (name, value) in pins {
            let row = PINS.iter().find(|row| row.name == *name);
            if let Some(row) = row.filter(|row| row.name != "GOFLAGS" || self.flags.is_none()) {
                set.push((row.name, Set::To(value.as_bytes().into())));
            }
        }
        set
    }
}

/// What a call set a variable to.
enum Set {
    To(Vec<u8>),
    /// One of goward's copies of the file of `go env -w`.
    Copy,
    /// It is not known.
    Any,
}

/// How to take back what an outer call did.
#[derive(Debug)]
pub struct Undo<'a> {
    /// The variables that end here.
    ended: Vec<&'a [u8]>,
    /// What the caller had, as entries of an environment.
    given_back: Vec<OwnedText>,
}

impl<'a> Undo<'a> {
    /// Looks at what an outer call left, if one did. What somebody changed since then is not
    /// undone: it was set for this call.
    pub fn of(env: &Environment<'a>) -> Option<Self> {
        Outer::read(env).map(|outer| Self::of_outer(&outer, env))
    }

    #[cold]
    fn of_outer(outer: &Outer<'a>, env: &Environment<'a>) -> Self {
        let set = outer.set(env);
        let now = |name: &[u8]| core::str::from_utf8(name).ok().and_then(|name| env.get(name));
        let mut ended: Vec<&[u8]> = Vec::from([names::CALLER_VAR.as_bytes()]);
        for (name, set) in &set {
            let value = env.get(name);
            let is_untouched = match set {
                Set::To(set) => value.unwrap_or_default() == set,
                Set::Copy => value.is_some_and(goenv_file::is_copy),
                Set::Any => true,
            };
            if is_untouched {
                ended.push(name.as_bytes());
            }
        }
        // What was removed only.
        let is_set =
            |name: &[u8]| set.iter().any(|(set, _)| sys::is_variable(set.as_bytes(), name));
        ended.extend(
            outer.had().map(|(name, _)| name).filter(|it| !is_set(it) && now(it).is_none()),
        );
        let is_ended = |name: &[u8]| ended.iter().any(|it| sys::is_variable(it, name));
        let given_back = outer.had().filter(|(name, _)| is_ended(name));
        let given_back =
            given_back.map(|(name, value)| OwnedText::of([name, b"=", value])).collect();
        Self { ended, given_back }
    }

    /// Returns the environment as the caller of the outer call had it, but for what was set since
    /// then.
    pub fn apply<'b>(&'b self, env: &Environment<'b>) -> Environment<'b>
    where
        'a: 'b,
    {
        let is_kept = |text: &Text<'_>| {
            let name = text.name();
            !self.ended.iter().any(|ended| sys::is_variable(ended, name))
        };
        let kept = env.texts().iter().copied().filter(is_kept);
        env.with(kept.chain(self.given_back.iter().map(OwnedText::as_text)).collect())
    }
}

/// A variable's name and value.
type Variable<'a> = (&'a [u8], &'a [u8]);

/// Splits the first variable off.
fn variable(text: &[u8]) -> Option<(Variable<'_>, &[u8])> {
    let (entry, rest) = value(text)?;
    let entry = entry?;
    let end = entry.iter().position(|&byte| byte == b'=').filter(|end| *end > 0)?;
    Some(((&entry[..end], &entry[end + 1..]), rest))
}

/// Splits the first value off.
fn value(text: &[u8]) -> Option<(Option<&[u8]>, &[u8])> {
    if let Some(rest) = text.strip_prefix(b"-") {
        return Some((None, rest));
    }
    let digits = text.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    let length = core::str::from_utf8(&text[..digits]).ok()?;
    let length = usize::from_str_radix(length, 16).ok()?;
    let (value, rest) = text[digits..].strip_prefix(b":")?.split_at_checked(length)?;
    Some((Some(value), rest))
}

/// Writes what is handed down.
#[derive(Debug)]
pub(crate) struct Writer {
    text: Vec<u8>,
}

impl Writer {
    /// Begins with who decided, and what GOFLAGS is set to if that is not the pin.
    pub(crate) fn new(by: By, lock: &[u8], profile: Option<&str>, flags: Option<&[u8]>) -> Self {
        // Enough for nearly all, so that it is not moved.
        let mut text = Vec::with_capacity(lock.len() + 512);
        text.extend_from_slice(by.entry());
        let mut writer = Self { text };
        writer.value(lock);
        if profile.is_none() && flags.is_none() {
            // The usual case.
            writer.text.extend_from_slice(b"--");
        } else {
            writer.option(profile.map(str::as_bytes));
            writer.option(flags);
        }
        writer
    }

    /// Adds a variable that the caller has.
    pub(crate) fn add(&mut self, entry: Text) {
        self.value(entry.to_bytes());
    }

    #[cold]
    fn option(&mut self, value: Option<&[u8]>) {
        match value {
            Some(value) => self.value(value),
            None => self.text.push(b'-'),
        }
    }

    #[inline(never)]
    fn value(&mut self, value: &[u8]) {
        let length = value.len();
        let digit = |shift: usize| b"0123456789abcdef"[length >> shift & 15];
        if length < 256 {
            self.text.extend_from_slice(&[digit(4), digit(0), b':']);
        } else {
            layout::push_hex(&mut self.text, length as u128, 1);
            self.text.push(b':');
        }
        self.text.extend_from_slice(value);
    }

    /// Returns the entry of the environment.
    pub(crate) fn finish(self) -> OwnedText {
        OwnedText::of_bytes(self.text)
    }
}

/// Returns the value behind the `=` of an entry.
pub(crate) fn value_of(text: Text<'_>) -> &[u8] {
    text.variable().map_or(&[], |(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{environment, text};
    use std::string::String;
    use std::{format, fs, process, vec};

    fn written(lock: &str, flags: Option<&[u8]>) -> OwnedText {
        let mut writer = Writer::new(By::Go, lock.as_bytes(), Some("ci"), flags);
        for entry in ["GOFLAGS=-v 'x':7:", "CC=clang", "GOEXPERIMENT="] {
            writer.add(text(entry));
        }
        writer.finish()
    }

    #[test]
    fn values_of_every_length() {
        for length in [0, 1, 15, 16, 255, 256, 4096, 100_000] {
            let value = "x".repeat(length);
            let mut writer = Writer::new(By::Command, b"/l", None, None);
            writer.add(OwnedText::entry("A", value.as_bytes()).as_text());
            let text = writer.finish();
            let outer = Outer::parse(value_of(text.as_text())).unwrap();
            assert_eq!((outer.by, outer.value("A")), (By::Command, Some(value.as_bytes())));
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let text = written("/p/goward.lock", Some(b"-trimpath -v"));
        let outer = Outer::parse(value_of(text.as_text())).unwrap();
        assert_eq!((outer.by, outer.lock), (By::Go, &b"/p/goward.lock"[..]));
        assert_eq!((outer.profile, outer.flags), (Some(&b"ci"[..]), Some(&b"-trimpath -v"[..])));
        let want: [(&[u8], &[u8]); 3] =
            [(b"GOFLAGS", b"-v 'x':7:"), (b"CC", b"clang"), (b"GOEXPERIMENT", b"")];
        assert_eq!(outer.had().collect::<Vec<_>>(), want);
        assert_eq!((outer.value("CC"), outer.value("C")), (Some(&b"clang"[..]), None));
    }

    #[test]
    fn damaged_text_is_nothing() {
        let whole = written("/p/goward.lock", None);
        let whole = value_of(whole.as_text());
        let parsed = (0..whole.len()).filter(|end| Outer::parse(&whole[..*end]).is_some()).count();
        // It can end behind the flags, and behind each variable.
        assert_eq!(parsed, 3);
        let damaged = [
            "",
            "go ",
            "go ---",
            "x 1:a--",
            "go 1:a-",
            "go 9:a--",
            "go 1:a--2:=x",
            "go 1:a---",
            "go 1:a--1:A",
            "go 99999999999999999999999:a--",
            "go +1:a--",
        ];
        for text in damaged {
            assert_eq!(Outer::parse(text.as_bytes()), None, "{text}");
        }
    }

    fn undone(entries: &[&str]) -> Vec<String> {
        let env = environment(entries);
        let undo = Undo::of(&env).unwrap();
        let undone = undo.apply(&env);
        undone.texts().iter().map(|text| String::from_utf8_lossy(text.to_bytes()).into()).collect()
    }

    #[test]
    fn what_was_set_is_undone_unless_it_was_changed_in_between() {
        let path = std::env::temp_dir().join(format!("goward-caller-{}.lock", process::id()));
        let path = path.to_str().unwrap();
        fs::write(
            path,
            "schema = 1\n\n[toolchain]\nversion = \"go1.27.1\"\nrequest = \"1.27\"\n\
             level = \"built-in\"\n\n[pins]\nGODEBUG = \"b=2\"\n\n[profile.ci]\n\
             GOAMD64 = \"v3\"\nGODEBUG = \"a=1\"\nGOFLAGS = \"-trimpath\"\n",
        )
        .unwrap();
        let mark = |flags| String::from_utf8(written(path, flags).to_vec()).unwrap();
        let plain = mark(None);
        let ours =
            ["A=1", "GOTOOLCHAIN=local", "GOENV=/s/goenv/pinned-none", "GOAMD64=v3", "GODEBUG=a=1"];
        let flags = "GOFLAGS=-trimpath";
        let had = ["GOFLAGS=-v 'x':7:", "CC=clang", "GOEXPERIMENT="];
        assert_eq!(undone(&[&ours[..], &[flags, &plain]].concat()), [&["A=1"], &had[..]].concat());
        let merged = mark(Some(b"-trimpath -v"));
        let entries = ["GOFLAGS=-trimpath -v", &merged];
        assert_eq!(undone(&[&ours[..], &entries].concat()), [&["A=1"], &had[..]].concat());
        // The go command gives its children some with nothing in them.
        let changed = ["GOFLAGS=-x", "GOAMD64=v1", "CC=gcc", "GOEXPERIMENT=", &plain];
        assert_eq!(undone(&changed), ["GOFLAGS=-x", "GOAMD64=v1", "CC=gcc", "GOEXPERIMENT="]);
        // Nobody knows any more what the lock had.
        fs::remove_file(path).unwrap();
        let all = undone(&[&ours[..], &[flags, "GOARM=7", "GOOS=linux", &plain]].concat());
        assert_eq!(all, [&["A=1", "GOOS=linux"], &had[..]].concat());
        assert_eq!(undone(&[&plain]), vec!["GOFLAGS=-v 'x':7:", "CC=clang", "GOEXPERIMENT="]);
    }
}
