//! The only parser of `goward.lock`.
//!
//! The format is a strict, line-oriented subset of TOML, so that both this parser and any TOML
//! library read the same thing: blank lines, `# comments`, `[tables]`, `key = "string"` without
//! escapes, and `key = integer`. `docs/lock-file.md` has the grammar. A lock is untrusted input:
//! whatever is not understood is an error that names the line, never skipped, and nothing in it can
//! name a program, a path to run or a URL.

mod error;
pub(crate) mod grammar;
mod rule;
pub(crate) mod scan;

pub use error::{ParseLockError, Problem};
pub use grammar::{
    is_goroot, is_h1, is_profile, is_request, is_sha256, is_signature, is_tree_hash, is_version,
};
pub use rule::{MAX_RULES, Rule};

use crate::pins::{self, Isolation};
use crate::{sys, words};
use alloc::vec::Vec;
use core::fmt;
use grammar::{is_bare_key, is_platform};

/// The only schema this parser reads.
pub const SCHEMA: u32 = 1;
/// A longer lock is refused before it is read, in bytes.
pub const MAX_SIZE: usize = 256 * 1024;
/// A lock with more entries than this is refused.
const MAX_ENTRIES: usize = 1000;
/// A longer string is refused, in bytes.
const MAX_STRING: usize = 4096;

/// How well a toolchain was verified, weakest first, so that `>=` compares strength.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Not verified against anything but itself.
    None,
    /// Nothing but the user's word: a directory of the machine that they linked.
    Linked,
    /// The digest is the one that the source's own index lists.
    Listed,
    /// The hash is in the records compiled into goward.
    BuiltIn,
    /// The proof of `sum.golang.org` was carried along and checked offline.
    Stapled,
    /// Proved in `sum.golang.org` when it was installed.
    Logged,
}

impl Level {
    /// Every level, weakest first.
    pub const ALL: [Self; 6] =
        [Self::None, Self::Linked, Self::Listed, Self::BuiltIn, Self::Stapled, Self::Logged];

    /// Returns the level's name in locks, receipts and options.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Linked => "linked",
            Self::Listed => "listed",
            Self::BuiltIn => "built-in",
            Self::Stapled => "stapled",
            Self::Logged => "logged",
        }
    }

    /// Returns the level called `name`.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.name() == name)
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A parsed lock; strings point into the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lock<'a> {
    /// The exact version in Go's spelling: `go1.27.1`.
    pub version: &'a str,
    /// What the person asked for: `1.27`.
    pub request: &'a str,
    /// The weakest level among the platforms when the lock was written.
    pub level: Level,
    /// How much of the caller's environment reaches `go`.
    pub isolation: Isolation,
    /// The path that is GOROOT in place of the root, to which it has to lead.
    pub goroot: Option<&'a str>,
    /// What the toolchain is on each platform, in the order of the text.
    pub platforms: Vec<Platform<'a>>,
    /// The head of the checksum database under which the level was reached, if it was there.
    pub head: Option<Head<'a>>,
    /// The pins that apply without a profile.
    pub pins: Pins<'a>,
    /// Which profile applies when nobody names one; the first that matches.
    pub rules: Vec<Rule<'a>>,
    /// The pins of each profile, complete, not added to [`Lock::pins`].
    pub profiles: Vec<(&'a str, Pins<'a>)>,
}

/// What the toolchain is on one platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Platform<'a> {
    /// `linux-amd64`.
    pub name: &'a str,
    /// The toolchain's identity: the hash that Go's log has for it.
    pub h1: &'a str,
    /// SHA-256 of the release archive, where known.
    pub sha256: Option<&'a str>,
    /// Size of the release archive in bytes, where known.
    pub size: Option<u64>,
}

/// A signed head of the checksum database. Only the manager can tell whether the signature is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head<'a> {
    /// The number of records.
    pub size: u64,
    /// The hash of the tree, in base64.
    pub hash: &'a str,
    /// The signature, in base64.
    pub signature: &'a str,
}

/// Values of pinned variables: `(name, value)`, each name once.
pub type Pins<'a> = Vec<(&'a str, &'a str)>;

impl<'a> Lock<'a> {
    /// Returns the entry for `platform`, spelled `linux-amd64`.
    pub fn platform(&self, platform: &str) -> Option<&Platform<'a>> {
        self.platforms.iter().find(|entry| entry.name == platform)
    }

    /// Returns a profile's name and pins.
    pub fn profile(&self, name: &[u8]) -> Option<(&'a str, &Pins<'a>)> {
        let found = self.profiles.iter().find(|(known, _)| known.as_bytes() == name);
        found.map(|(name, pins)| (*name, pins))
    }
}

/// Reads a lock.
///
/// # Errors
///
/// The first line that is not exactly of the format, or what is missing at the end.
pub fn parse(text: &[u8]) -> Result<Lock<'_>, ParseLockError> {
    let mut reader = Reader::default();
    if text.len() > MAX_SIZE {
        return Err(ParseLockError { line: 1, problem: Problem::TooLarge });
    }
    let mut rest = reader.skip_usual_start(text);
    loop {
        reader.line += 1;
        // Printable ASCII and line feeds: what else a lock holds would be read differently by somebody.
        let (line, after) = sys::printable(rest);
        let [b'\n', after @ ..] = after else {
            let problem = if after.is_empty() { Problem::BadLine } else { Problem::NotText };
            return Err(reader.failed(text, problem));
        };
        if let Err(problem) = reader.read(line) {
            return Err(reader.failed(text, problem));
        }
        if after.is_empty() {
            return reader.finish();
        }
        rest = after;
    }
}

/// Returns the line that `part`, a piece of a parsed lock, stands on in `text`, counted from 1.
pub fn line_of(text: &[u8], part: &str) -> u32 {
    let offset = part.as_ptr().addr().wrapping_sub(text.as_ptr().addr());
    let before = text.get(..offset).unwrap_or(text);
    u32::try_from(before.split(|&byte| byte == b'\n').count()).unwrap_or(u32::MAX)
}

/// Which table the current line belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Table {
    Top,
    Toolchain,
    Platform,
    Head,
    Pins,
    Rule,
    Profile,
}

struct Reader<'a> {
    /// The number of the current line.
    line: u32,
    table: Table,
    schema: bool,
    version: Option<&'a str>,
    request: Option<&'a str>,
    level: Option<Level>,
    isolation: Option<Isolation>,
    goroot: Option<&'a str>,
    platforms: Vec<Platform<'a>>,
    head: Option<UnreadHead<'a>>,
    pins: Option<Pins<'a>>,
    /// Each with the line that names its profile.
    rules: Vec<(u32, Rule<'a>)>,
    profiles: Vec<(&'a str, Pins<'a>)>,
    entries: usize,
}

/// A head that is being read.
#[derive(Default)]
struct UnreadHead<'a> {
    size: Option<u64>,
    hash: Option<&'a str>,
    signature: Option<&'a str>,
}

impl<'a> UnreadHead<'a> {
    fn finish(&self) -> Result<Head<'a>, Problem> {
        let missing = |key| Problem::Missing { table: "head", key };
        Ok(Head {
            size: self.size.ok_or_else(|| missing("size"))?,
            hash: self.hash.ok_or_else(|| missing("hash"))?,
            signature: self.signature.ok_or_else(|| missing("signature"))?,
        })
    }
}

impl Default for Reader<'_> {
    fn default() -> Self {
        Self {
            line: 0,
            table: Table::Top,
            schema: false,
            version: None,
            request: None,
            level: None,
            isolation: None,
            goroot: None,
            platforms: Vec::with_capacity(8),
            head: None,
            pins: None,
            rules: Vec::new(),
            profiles: Vec::new(),
            entries: 0,
        }
    }
}

impl<'a> Reader<'a> {
    /// Returns what is wrong: with the current line, unless there is something in `text` that is not even
    /// UTF-8.
    #[cold]
    fn failed(&self, text: &[u8], problem: Problem) -> ParseLockError {
        match core::str::from_utf8(text) {
            Ok(_) => ParseLockError { line: self.line, problem },
            Err(error) => {
                let before = &text[..error.valid_up_to()];
                let line = before.split(|&byte| byte == b'\n').count();
                let line = u32::try_from(line).unwrap_or(u32::MAX);
                ParseLockError { line, problem: Problem::NotText }
            }
        }
    }

    /// Reads the lines that every lock of goward's starts with, if more follows; returns what does.
    fn skip_usual_start<'t>(&mut self, text: &'t [u8]) -> &'t [u8] {
        match text.strip_prefix(b"schema = 1\n\n[toolchain]\n") {
            None | Some(b"") => text,
            Some(rest) => {
                (self.line, self.entries) = (3, 2);
                (self.schema, self.table) = (true, Table::Toolchain);
                rest
            }
        }
    }

    fn read(&mut self, line: &'a str) -> Result<(), Problem> {
        if line.is_empty() || line.starts_with('#') {
            return Ok(());
        }
        self.entries += 1;
        if self.entries > MAX_ENTRIES {
            return Err(Problem::TooLarge);
        }
        if let Some(name) = line.strip_prefix('[') {
            return self.open(name.strip_suffix(']').ok_or(Problem::BadLine)?);
        }
        let end = words::first(line.as_bytes(), b' ').ok_or(Problem::BadLine)?;
        let (key, rest) = line.split_at(end);
        let value = rest.strip_prefix(" = ").and_then(Value::parse).ok_or(Problem::BadLine)?;
        let read = match self.table {
            Table::Top => self.top(key, value),
            Table::Toolchain => self.toolchain(key, value),
            Table::Platform => self.platform(key, value),
            Table::Head => self.head(key, value),
            Table::Pins => pin(self.pins.get_or_insert_default(), key, value),
            Table::Rule => self.rule(key, value),
            Table::Profile => match self.profiles.last_mut() {
                Some((_, pins)) => pin(pins, key, value),
                None => Err(Problem::BadLine),
            },
        };
        // Keys that are known are bare keys, and values that are right are plain.
        read.map_err(|problem| match problem {
            Problem::UnknownKey { .. } if !is_bare_key(key) => Problem::BadLine,
            _ if !value.is_plain() => Problem::BadLine,
            problem => problem,
        })
    }

    fn open(&mut self, name: &'a str) -> Result<(), Problem> {
        self.finish_table()?;
        if !self.schema {
            return Err(Problem::Missing { table: "", key: "schema" });
        }
        let started = self.table != Table::Top;
        self.table = match name {
            "toolchain" if !started => Table::Toolchain,
            "head" if self.head.is_none() => {
                self.head = Some(UnreadHead::default());
                Table::Head
            }
            "pins" if self.pins.is_none() => {
                self.pins = Some(Pins::with_capacity(8));
                Table::Pins
            }
            "toolchain" | "head" | "pins" => return Err(Problem::Duplicate(name.into())),
            _ => self.open_named(name)?,
        };
        // The toolchain comes first: a reader that only wants it can stop there.
        if !started && self.table != Table::Toolchain {
            return Err(Problem::Missing { table: "", key: "[toolchain]" });
        }
        Ok(())
    }

    /// Opens one of several tables of a kind.
    fn open_named(&mut self, name: &'a str) -> Result<Table, Problem> {
        if let Some(platform) = name.strip_prefix("toolchain.").filter(|name| is_platform(name)) {
            if self.platforms.iter().any(|entry| entry.name == platform) {
                return Err(Problem::Duplicate(name.into()));
            }
            self.platforms.push(Platform { name: platform, h1: "", sha256: None, size: None });
            return Ok(Table::Platform);
        }
        if let Some(number) = name.strip_prefix("rule.").filter(|number| !number.contains('.')) {
            self.open_rule(number)?;
            return Ok(Table::Rule);
        }
        if let Some(profile) = name.strip_prefix("profile.").filter(|name| is_profile(name)) {
            if self.profiles.iter().any(|(name, _)| *name == profile) {
                return Err(Problem::Duplicate(name.into()));
            }
            self.profiles.push((profile, Pins::new()));
            return Ok(Table::Profile);
        }
        Err(Problem::UnknownTable(name.into()))
    }

    fn top(&mut self, key: &'a str, value: Value<'a>) -> Result<(), Problem> {
        match (key, value) {
            ("schema", _) if self.schema => Err(Problem::Duplicate(key.into())),
            ("schema", Value::Integer(schema)) if schema == u64::from(SCHEMA) => {
                self.schema = true;
                Ok(())
            }
            ("schema", Value::Integer(schema)) if schema > u64::from(SCHEMA) => {
                Err(Problem::NewerSchema)
            }
            ("schema", _) => Err(bad(key, "the number 1")),
            _ => Err(Problem::UnknownKey { key: key.into(), table: alloc::string::String::new() }),
        }
    }

    fn toolchain(&mut self, key: &'a str, value: Value<'a>) -> Result<(), Problem> {
        match key {
            "version" => {
                let version = value.string_if(is_version);
                set(&mut self.version, key, version, "a Go version such as \"go1.27.1\"")
            }
            "request" => {
                let request = value.string_if(is_request);
                set(&mut self.request, key, request, "a request such as \"1.27\"")
            }
            "level" => {
                let level = value.raw().and_then(Level::parse);
                set(&mut self.level, key, level, "a level such as \"built-in\"")
            }
            // The default is not written, so that equal locks are equal bytes.
            "isolation" => {
                let isolation = value.raw().and_then(Isolation::parse);
                let isolation = isolation.filter(|mode| *mode != Isolation::default());
                set(&mut self.isolation, key, isolation, "\"hermetic\", or left out")
            }
            "goroot" => {
                let path = value.string_if(is_goroot);
                set(&mut self.goroot, key, path, "a clean absolute path such as \"/opt/go\"")
            }
            _ => Err(Problem::UnknownKey { key: key.into(), table: "toolchain".into() }),
        }
    }

    fn platform(&mut self, key: &'a str, value: Value<'a>) -> Result<(), Problem> {
        let Some(entry) = self.platforms.last_mut() else {
            return Err(Problem::BadLine);
        };
        match (key, value) {
            ("h1", _) if !entry.h1.is_empty() => Err(Problem::Duplicate(key.into())),
            ("h1", Value::Raw(h1)) if is_h1(h1) => {
                entry.h1 = h1;
                Ok(())
            }
            ("h1", _) => Err(bad(key, "\"h1:\" and a SHA-256 in base64")),
            ("sha256", _) => {
                let digest = value.string_if(is_sha256);
                set(&mut entry.sha256, key, digest, "64 lower-case hexadecimal digits")
            }
            ("size", _) => {
                let size = value.integer().filter(|size| *size > 0);
                set(&mut entry.size, key, size, "a number of bytes")
            }
            _ => {
                let mut table = alloc::string::String::from("toolchain.");
                table.push_str(entry.name);
                Err(Problem::UnknownKey { key: key.into(), table })
            }
        }
    }

    #[cold]
    fn head(&mut self, key: &'a str, value: Value<'a>) -> Result<(), Problem> {
        let head = self.head.get_or_insert_default();
        match key {
            "size" => {
                let size = value.integer().filter(|size| *size > 0);
                set(&mut head.size, key, size, "a number of records")
            }
            "hash" => {
                let hash = value.string_if(is_tree_hash);
                set(&mut head.hash, key, hash, "a SHA-256 in base64")
            }
            "signature" => {
                let signature = value.string_if(is_signature);
                set(&mut head.signature, key, signature, "a signature in base64")
            }
            _ => Err(Problem::UnknownKey { key: key.into(), table: "head".into() }),
        }
    }

    #[cold]
    fn open_rule(&mut self, number: &str) -> Result<(), Problem> {
        if self.rules.len() == MAX_RULES {
            return Err(Problem::TooLarge);
        }
        // The order decides, so it must be that of the numbers.
        let next = self.rules.len() + 1;
        if number != alloc::format!("{next}") {
            return Err(Problem::BadRule("rules are numbered from 1, without gaps"));
        }
        self.rules.push((self.line, Rule::default()));
        Ok(())
    }

    #[cold]
    fn rule(&mut self, key: &'a str, value: Value<'a>) -> Result<(), Problem> {
        let Some((line, rule)) = self.rules.last_mut() else {
            return Err(Problem::BadLine);
        };
        rule.set(key, value.string())?;
        if key == "profile" {
            *line = self.line;
        }
        Ok(())
    }

    /// Checks that the table that ends here is whole.
    fn finish_table(&self) -> Result<(), Problem> {
        match self.table {
            Table::Platform if self.platforms.last().is_some_and(|entry| entry.h1.is_empty()) => {
                Err(Problem::Missing { table: "toolchain", key: "h1" })
            }
            Table::Head => self.head.as_ref().map_or(Ok(()), |head| head.finish().map(drop)),
            Table::Rule => self.rules.last().map_or(Ok(()), |(_, rule)| rule.check()),
            _ => Ok(()),
        }
    }

    fn finish(self) -> Result<Lock<'a>, ParseLockError> {
        let at = |line| move |problem| ParseLockError { line, problem };
        let end = at(self.line);
        self.finish_table().map_err(end)?;
        let missing = |key| end(Problem::Missing { table: "toolchain", key });
        if !self.schema {
            return Err(end(Problem::Missing { table: "", key: "schema" }));
        }
        for (line, rule) in &self.rules {
            if !self.profiles.iter().any(|(name, _)| *name == rule.profile) {
                return Err(at(*line)(Problem::UnknownProfile(rule.profile.into())));
            }
        }
        Ok(Lock {
            version: self.version.ok_or_else(|| missing("version"))?,
            request: self.request.ok_or_else(|| missing("request"))?,
            level: self.level.ok_or_else(|| missing("level"))?,
            isolation: self.isolation.unwrap_or_default(),
            goroot: self.goroot,
            platforms: self.platforms,
            head: self.head.as_ref().map(UnreadHead::finish).transpose().map_err(end)?,
            pins: self.pins.unwrap_or_default(),
            rules: self.rules.into_iter().map(|(_, rule)| rule).collect(),
            profiles: self.profiles,
        })
    }
}

#[derive(Clone, Copy)]
enum Value<'a> {
    Integer(u64),
    /// What stands between the first quote of the value and its last one.
    Raw(&'a str),
}

impl<'a> Value<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        if let Some(rest) = text.strip_prefix('"') {
            let string = rest.strip_suffix('"')?;
            return (string.len() <= MAX_STRING).then_some(Self::Raw(string));
        }
        // TOML integers are signed 64-bit; a leading zero is not TOML.
        let digits = text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0');
        let number = text.parse().ok().filter(|number| i64::try_from(*number).is_ok());
        if digits { number.map(Self::Integer) } else { None }
    }

    /// Returns true when neither a quote nor a backslash stands in it.
    fn is_plain(self) -> bool {
        self.raw().is_none_or(|string| !scan::has_quote_or_backslash(string.as_bytes()))
    }

    /// Returns any string.
    fn string(self) -> Option<&'a str> {
        self.raw().filter(|_| self.is_plain())
    }

    /// Returns a string that `is_right`, which must not be true where it is not plain.
    fn string_if(self, is_right: fn(&str) -> bool) -> Option<&'a str> {
        self.raw().filter(|string| is_right(string))
    }

    fn raw(self) -> Option<&'a str> {
        if let Self::Raw(string) = self { Some(string) } else { None }
    }

    fn integer(self) -> Option<u64> {
        if let Self::Integer(integer) = self { Some(integer) } else { None }
    }
}

fn set<T>(
    slot: &mut Option<T>,
    key: &str,
    value: Option<T>,
    wanted: &'static str,
) -> Result<(), Problem> {
    if slot.is_some() {
        return Err(Problem::Duplicate(key.into()));
    }
    *slot = Some(value.ok_or_else(|| bad(key, wanted))?);
    Ok(())
}

fn pin<'a>(pins: &mut Pins<'a>, key: &'a str, value: Value<'a>) -> Result<(), Problem> {
    if pins.iter().any(|(name, _)| *name == key) {
        return Err(Problem::Duplicate(key.into()));
    }
    let Some(row) = pins::pinned(key) else {
        return Err(Problem::UnknownKey { key: key.into(), table: "pins".into() });
    };
    let value = value.string().ok_or_else(|| bad(key, "a string"))?;
    match (row.check)(value) {
        Ok(()) => {
            pins.push((key, value));
            Ok(())
        }
        Err(pins::BadPin::Form(wanted)) => Err(bad(key, wanted)),
        Err(pins::BadPin::Unsafe { name, reason }) => {
            Err(Problem::UnsafePin { name: name.into(), reason })
        }
    }
}

#[cold]
fn bad(key: &str, wanted: &'static str) -> Problem {
    Problem::BadValue { key: key.into(), wanted }
}

#[cfg(test)]
mod tests;
