//! The only parser of `goward.lock`.
//!
//! The format is a strict, line-oriented subset of TOML, so that both this parser and any TOML
//! library read the same thing: blank lines, `# comments`, `[tables]`, `key = "string"` without
//! escapes, and `key = integer`. `docs/lock-file.md` has the grammar. A lock is untrusted input:
//! whatever is not understood is an error that names the line, never skipped, and nothing in it can
//! name a program, a path to run or a URL.

use crate::pins;
use alloc::vec::Vec;
use core::fmt;

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
    pub const ALL: [Self; 5] =
        [Self::None, Self::Listed, Self::BuiltIn, Self::Stapled, Self::Logged];

    /// Returns the level's name in locks, receipts and options.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
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
    /// What the toolchain is on each platform, in the order of the text.
    pub platforms: Vec<Platform<'a>>,
    /// The pins that apply without a profile.
    pub pins: Pins<'a>,
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

/// Values of pinned variables: `(name, value)`, each name once.
pub type Pins<'a> = Vec<(&'a str, &'a str)>;

impl<'a> Lock<'a> {
    /// Returns the entry for `platform`, spelled `linux-amd64`.
    pub fn platform(&self, platform: &str) -> Option<&Platform<'a>> {
        self.platforms.iter().find(|entry| entry.name == platform)
    }

    /// Returns the pins of `profile`, or those that apply without one; `None` for a profile that
    /// the lock does not have.
    pub fn pins_of(&self, profile: Option<&str>) -> Option<&Pins<'a>> {
        match profile {
            None => Some(&self.pins),
            Some(wanted) => {
                self.profiles.iter().find(|(name, _)| *name == wanted).map(|(_, pins)| pins)
            }
        }
    }
}

/// Why a lock was not understood, and on which line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseLockError {
    /// Counted from 1.
    pub line: u32,
    /// What is wrong there.
    pub problem: Problem,
}

/// What is wrong with a line of a lock. Text from the lock is kept as it is; whoever prints it
/// escapes it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each variant is its message below")]
pub enum Problem {
    BadLine,
    BadValue { key: alloc::string::String, wanted: &'static str },
    Duplicate(alloc::string::String),
    Missing { table: &'static str, key: &'static str },
    NewerSchema,
    NotText,
    TooLarge,
    UnknownKey { key: alloc::string::String, table: alloc::string::String },
    UnknownTable(alloc::string::String),
    UnsafePin { name: alloc::string::String, reason: &'static str },
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadLine => f.write_str("not a line of a goward lock"),
            Self::BadValue { key, wanted } => write!(f, "`{}` must be {wanted}", Plain(key)),
            Self::Duplicate(key) => write!(f, "`{}` stands here a second time", Plain(key)),
            Self::Missing { table, key } => write!(f, "`{key}` is missing in `{table}`"),
            Self::NewerSchema => f.write_str("written by a newer goward"),
            Self::NotText => f.write_str("not plain text"),
            Self::TooLarge => f.write_str("too large for a lock"),
            Self::UnknownKey { key, table } => {
                write!(f, "unknown key `{}` in `{}`", Plain(key), Plain(table))
            }
            Self::UnknownTable(name) => write!(f, "unknown table `{}`", Plain(name)),
            Self::UnsafePin { name, reason } => {
                write!(f, "a lock may not set `{}`: {reason}", Plain(name))
            }
        }
    }
}

impl fmt::Display for ParseLockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.problem)
    }
}

/// Untrusted text for messages: cut at 80 characters, anything but printable ASCII as `?`.
struct Plain<'a>(&'a str);

impl fmt::Display for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars().take(80) {
            let printable = character.is_ascii_graphic() || character == ' ';
            fmt::Write::write_char(f, if printable { character } else { '?' })?;
        }
        if self.0.chars().nth(80).is_some() { f.write_str("...") } else { Ok(()) }
    }
}

/// Reads a lock.
///
/// # Errors
///
/// The first line that is not exactly of the format, or what is missing at the end.
pub fn parse(text: &[u8]) -> Result<Lock<'_>, ParseLockError> {
    let mut reader = Reader::default();
    let mut line = 0;
    let fail = |line, problem| Err(ParseLockError { line, problem });
    if text.len() > MAX_SIZE {
        return fail(1, Problem::TooLarge);
    }
    // Printable ASCII and line feeds: what else a lock holds would be read differently by somebody.
    if let Some(at) = text.iter().position(|&b| b != b'\n' && !(b' '..=b'~').contains(&b)) {
        let number = text[..at].split(|&b| b == b'\n').count();
        return fail(u32::try_from(number).unwrap_or(u32::MAX), Problem::NotText);
    }
    let Ok(text) = core::str::from_utf8(text) else {
        return fail(1, Problem::NotText);
    };
    let Some(body) = text.strip_suffix('\n') else {
        let lines = text.split('\n').count();
        return fail(u32::try_from(lines).unwrap_or(u32::MAX), Problem::BadLine);
    };
    for content in body.split('\n') {
        line += 1;
        if let Err(problem) = reader.read(content) {
            return fail(line, problem);
        }
    }
    reader.finish().map_err(|problem| ParseLockError { line, problem })
}

/// Which table the current line belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Table {
    Top,
    Toolchain,
    Platform,
    Pins,
    Profile,
}

struct Reader<'a> {
    table: Table,
    schema: bool,
    version: Option<&'a str>,
    request: Option<&'a str>,
    level: Option<Level>,
    platforms: Vec<Platform<'a>>,
    pins: Option<Pins<'a>>,
    profiles: Vec<(&'a str, Pins<'a>)>,
    entries: usize,
}

impl Default for Reader<'_> {
    fn default() -> Self {
        Self {
            table: Table::Top,
            schema: false,
            version: None,
            request: None,
            level: None,
            platforms: Vec::new(),
            pins: None,
            profiles: Vec::new(),
            entries: 0,
        }
    }
}

impl<'a> Reader<'a> {
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
        let (key, value) = line.split_once(" = ").ok_or(Problem::BadLine)?;
        if !is_bare_key(key) {
            return Err(Problem::BadLine);
        }
        let value = Value::parse(value).ok_or(Problem::BadLine)?;
        match self.table {
            Table::Top => self.top(key, value),
            Table::Toolchain => self.toolchain(key, value),
            Table::Platform => self.platform(key, value),
            Table::Pins => pin(self.pins.get_or_insert_default(), key, value),
            Table::Profile => match self.profiles.last_mut() {
                Some((_, pins)) => pin(pins, key, value),
                None => Err(Problem::BadLine),
            },
        }
    }

    fn open(&mut self, name: &'a str) -> Result<(), Problem> {
        self.finish_platform()?;
        if !self.schema {
            return Err(Problem::Missing { table: "the lock", key: "schema" });
        }
        let started = self.table != Table::Top;
        self.table = match name.split_once('.') {
            None if name == "toolchain" && !started => Table::Toolchain,
            None if name == "toolchain" => return Err(Problem::Duplicate(name.into())),
            None if name == "pins" && self.pins.is_none() => {
                self.pins = Some(Pins::new());
                Table::Pins
            }
            None if name == "pins" => return Err(Problem::Duplicate(name.into())),
            Some(("toolchain", platform)) if is_platform(platform) => {
                if self.platforms.iter().any(|entry| entry.name == platform) {
                    return Err(Problem::Duplicate(name.into()));
                }
                self.platforms.push(Platform { name: platform, h1: "", sha256: None, size: None });
                Table::Platform
            }
            Some(("profile", profile)) if is_profile(profile) => {
                if self.profiles.iter().any(|(name, _)| *name == profile) {
                    return Err(Problem::Duplicate(name.into()));
                }
                self.profiles.push((profile, Pins::new()));
                Table::Profile
            }
            _ => return Err(Problem::UnknownTable(name.into())),
        };
        // The toolchain comes first: a reader that only wants it can stop there.
        if !started && self.table != Table::Toolchain {
            return Err(Problem::Missing { table: "the lock", key: "[toolchain]" });
        }
        Ok(())
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
            _ => Err(Problem::UnknownKey { key: key.into(), table: "the lock".into() }),
        }
    }

    fn toolchain(&mut self, key: &'a str, value: Value<'a>) -> Result<(), Problem> {
        let string = value.string();
        match key {
            "version" => {
                let version = string.filter(|version| is_version(version));
                set(&mut self.version, key, version, "a Go version such as \"go1.27.1\"")
            }
            "request" => {
                let request = string.filter(|request| is_request(request));
                set(&mut self.request, key, request, "a request such as \"1.27\"")
            }
            "level" => {
                let level = string.and_then(Level::parse);
                set(&mut self.level, key, level, "a level such as \"built-in\"")
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
            ("h1", Value::String(h1)) if is_h1(h1) => {
                entry.h1 = h1;
                Ok(())
            }
            ("h1", _) => Err(bad(key, "\"h1:\" and a SHA-256 in base64")),
            ("sha256", _) => {
                let digest = value.string().filter(|digest| is_sha256(digest));
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

    fn finish_platform(&self) -> Result<(), Problem> {
        match (self.table, self.platforms.last()) {
            (Table::Platform, Some(entry)) if entry.h1.is_empty() => {
                Err(Problem::Missing { table: "toolchain", key: "h1" })
            }
            _ => Ok(()),
        }
    }

    fn finish(self) -> Result<Lock<'a>, Problem> {
        self.finish_platform()?;
        let missing = |key| Problem::Missing { table: "toolchain", key };
        if !self.schema {
            return Err(Problem::Missing { table: "the lock", key: "schema" });
        }
        Ok(Lock {
            version: self.version.ok_or_else(|| missing("version"))?,
            request: self.request.ok_or_else(|| missing("request"))?,
            level: self.level.ok_or_else(|| missing("level"))?,
            platforms: self.platforms,
            pins: self.pins.unwrap_or_default(),
            profiles: self.profiles,
        })
    }
}

#[derive(Clone, Copy)]
enum Value<'a> {
    Integer(u64),
    String(&'a str),
}

impl<'a> Value<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        if let Some(rest) = text.strip_prefix('"') {
            let string = rest.strip_suffix('"')?;
            let plain = string.len() <= MAX_STRING && !string.contains(['"', '\\']);
            return plain.then_some(Self::String(string));
        }
        // TOML integers are signed 64-bit; a leading zero is not TOML.
        let digits = text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0');
        let number = text.parse().ok().filter(|number| i64::try_from(*number).is_ok());
        if digits { number.map(Self::Integer) } else { None }
    }

    fn string(self) -> Option<&'a str> {
        if let Self::String(string) = self { Some(string) } else { None }
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

fn bad(key: &str, wanted: &'static str) -> Problem {
    Problem::BadValue { key: key.into(), wanted }
}

fn is_bare_key(key: &str) -> bool {
    !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
}

/// Returns true for `go1.N`, `go1.N.P`, `go1.NrcX` and `go1.NbetaX`, and nothing else: a version
/// becomes part of a path.
pub fn is_version(version: &str) -> bool {
    let Some(rest) = version.strip_prefix("go1") else {
        return false;
    };
    let (numbers, pre) = match rest.find(|c: char| c.is_ascii_alphabetic()) {
        Some(at) => rest.split_at(at),
        None => (rest, ""),
    };
    let pre_is_fine = pre.is_empty()
        || pre.strip_prefix("rc").or_else(|| pre.strip_prefix("beta")).is_some_and(is_number);
    let mut parts = numbers.split('.');
    let starts_with_dot = parts.next() == Some("");
    let count = parts.clone().count();
    let most = if pre.is_empty() { 2 } else { 1 };
    let at_least = usize::from(!pre.is_empty());
    starts_with_dot && pre_is_fine && (at_least..=most).contains(&count) && parts.all(is_number)
}

/// Returns true for a decimal number of one to four digits without a leading zero.
fn is_number(text: &str) -> bool {
    let short = (1..=4).contains(&text.len());
    short && text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'))
}

/// Returns true for text that can stand as a request in a lock: 1 to 80 printable characters.
pub fn is_request(request: &str) -> bool {
    (1..=80).contains(&request.len())
        && request.bytes().all(|b| (b' '..=b'~').contains(&b) && b != b'"' && b != b'\\')
}

/// Returns true for `h1:` and the canonical base64 of 32 bytes.
pub fn is_h1(h1: &str) -> bool {
    let Some(digits) = h1.strip_prefix("h1:").and_then(|rest| rest.strip_suffix('=')) else {
        return false;
    };
    let base64 = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/');
    // The last digit carries four bits of the hash; the two below them must be zero.
    let canonical = digits.bytes().last().is_some_and(|b| crate::layout::base64_value(b) & 3 == 0);
    digits.len() == 43 && digits.bytes().all(base64) && canonical
}

/// Returns true for 64 lower-case hexadecimal digits.
pub fn is_sha256(digest: &str) -> bool {
    digest.len() == 64 && digest.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// Returns true for two lower-case words with a hyphen between them: `linux-amd64`.
fn is_platform(name: &str) -> bool {
    let word = |word: &str| {
        (1..=16).contains(&word.len())
            && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    name.split_once('-').is_some_and(|(os, arch)| word(os) && word(arch))
}

/// Returns true for a profile's name: 1 to 32 lower-case letters, digits and hyphens.
pub fn is_profile(name: &str) -> bool {
    (1..=32).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;
    use std::string::{String, ToString};

    const H1: &str = "h1:MeqkXdYlyiVdqJXENOTyX7xd8QjDM/mxR52RKOFBS0M=";

    fn full() -> String {
        format!(
            "# comment\nschema = 1\n\n[toolchain]\nversion = \"go1.27.1\"\nrequest = \"1.27\"\n\
             level = \"built-in\"\n\n[toolchain.linux-amd64]\nh1 = \"{H1}\"\nsha256 = \"{}\"\n\
             size = 70553950\n\n[pins]\nGODEBUG = \"http2debug=1\"\n\n[profile.ci]\n\
             GOEXPERIMENT = \"jsonv2\"\n",
            "a".repeat(64)
        )
    }

    #[test]
    fn a_full_lock_is_read() {
        let text = full();
        let lock = parse(text.as_bytes()).unwrap();
        assert_eq!((lock.version, lock.request, lock.level), ("go1.27.1", "1.27", Level::BuiltIn));
        let entry = lock.platform("linux-amd64").unwrap();
        assert_eq!((entry.h1, entry.size), (H1, Some(70_553_950)));
        assert_eq!(lock.pins_of(None).unwrap(), &[("GODEBUG", "http2debug=1")]);
        assert_eq!(lock.pins_of(Some("ci")).unwrap(), &[("GOEXPERIMENT", "jsonv2")]);
        assert_eq!(lock.pins_of(Some("prod")), None);
        assert_eq!(lock.platform("linux-arm64"), None);
    }

    #[test]
    fn each_damage_names_its_line() {
        let digest = "a".repeat(64);
        let cases = [
            ("schema = 1", "schema = 2", 2, "written by a newer goward"),
            ("schema = 1", "schema = \"1\"", 2, "`schema` must be the number 1"),
            ("schema = 1", "shcema = 1", 2, "unknown key `shcema` in `the lock`"),
            ("schema = 1\n", "", 3, "`schema` is missing in `the lock`"),
            ("[toolchain]\n", "[toolchian]\n", 4, "unknown table `toolchian`"),
            ("[toolchain]\n", "[pins]\n", 4, "`[toolchain]` is missing in `the lock`"),
            ("go1.27.1", "../../x", 5, "`version` must be a Go version such as \"go1.27.1\""),
            ("level = \"built-in\"\n", "", 17, "`level` is missing in `toolchain`"),
            (
                "level = \"built-in\"",
                "level = \"best\"",
                7,
                "`level` must be a level such as \"built-in\"",
            ),
            (
                "request = \"1.27\"",
                "request = \"1.27\"\nrequest = \"1.26\"",
                7,
                "`request` stands here a second time",
            ),
            ("M=\"", "N=\"", 10, "`h1` must be \"h1:\" and a SHA-256 in base64"),
            (digest.as_str(), "A", 11, "`sha256` must be 64 lower-case hexadecimal digits"),
            ("70553950", "0", 12, "not a line of a goward lock"),
            ("70553950", "99999999999999999999", 12, "not a line of a goward lock"),
            ("size = 70553950", "size  = 1", 12, "not a line of a goward lock"),
            ("GODEBUG =", "PATH =", 15, "unknown key `PATH` in `pins`"),
            (
                "http2debug=1",
                "execerrdot=0",
                15,
                "a lock may not set `execerrdot`: it lets programs run from the current directory",
            ),
            (
                "http2debug=1",
                "a b",
                15,
                "`GODEBUG` must be a list such as \"http2debug=1,netdns=go\"",
            ),
            ("[profile.ci]", "[profile.CI]", 17, "unknown table `profile.CI`"),
            ("[profile.ci]", "[pins]", 17, "`pins` stands here a second time"),
            ("# comment", "# com\u{1b}ment", 1, "not plain text"),
        ];
        for (from, to, line, message) in cases {
            let text = full().replacen(from, to, 1);
            let error = parse(text.as_bytes()).unwrap_err();
            assert_eq!((error.line, error.problem.to_string().as_str()), (line, message), "{to}");
        }
    }

    #[test]
    fn every_changed_byte_is_an_error_or_changes_what_is_read() {
        let text = full();
        let before = parse(text.as_bytes()).unwrap();
        let comment_and_blanks = |at: usize| {
            let line_start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
            text[line_start..].starts_with('#')
        };
        for at in 0..text.len() {
            for byte in 0..=255u8 {
                let mut damaged = text.clone().into_bytes();
                if damaged[at] == byte {
                    continue;
                }
                damaged[at] = byte;
                if let Ok(after) = parse(&damaged) {
                    assert!(after != before || comment_and_blanks(at), "byte {at} to {byte}");
                }
            }
        }
    }

    #[test]
    fn every_cut_is_an_error_or_a_shorter_lock() {
        let text = full();
        for end in 0..text.len() {
            if let Ok(lock) = parse(&text.as_bytes()[..end]) {
                assert!(text[..end].ends_with('\n') && lock.version == "go1.27.1");
            }
        }
    }

    #[test]
    fn limits_hold() {
        let mut many = full();
        many.extend((0..MAX_ENTRIES).map(|i| format!("[profile.p{i}]\n")));
        assert_eq!(parse(many.as_bytes()).unwrap_err().problem, Problem::TooLarge);
        let long = "#".repeat(MAX_SIZE) + "\n";
        assert_eq!(parse(long.as_bytes()).unwrap_err().problem, Problem::TooLarge);
    }

    #[test]
    fn version_grammar() {
        for good in ["go1", "go1.20", "go1.21.0", "go1.28rc1", "go1.5beta2", "go1.2.2"] {
            assert!(is_version(good), "{good}");
        }
        for bad in [
            "",
            "1.27.1",
            "go",
            "go2.1",
            "go1.",
            "go1.x",
            "go1.27.1.1",
            "go1.27.1rc1",
            "go1.01",
            "go1rc1",
            "go1.27rc",
            "go1.27alpha1",
            "go1.27.1/..",
            "go1.27 ",
            "go1..1",
            "go1.99999",
        ] {
            assert!(!is_version(bad), "{bad}");
        }
    }

    #[test]
    fn messages_neither_carry_control_characters_nor_grow() {
        let problem = Problem::UnknownTable(format!("\u{1b}[31m{}", "x".repeat(200)));
        let message = problem.to_string();
        assert!(message.len() < 120 && message.bytes().all(|b| (b' '..=b'~').contains(&b)));
    }
}
