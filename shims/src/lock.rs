//! The only parser of `goward.lock`.
//!
//! The format is a strict, line-oriented subset of TOML, so that both this parser and any TOML
//! library read the same thing: blank lines, `# comments`, `[tables]`, `key = "string"` without
//! escapes, and `key = integer`. Lines end with LF or CRLF. `docs/lock-file.md` has the grammar. A
//! lock is untrusted input: whatever is not understood is an error that names the line, never
//! skipped, and nothing in it can name a program, a path to run or a URL.

mod error;
mod grammar;
mod read;
mod rule;
mod value;
mod wrong;

pub use error::{ParseLockError, Problem};
pub use grammar::{
    is_goroot, is_h1, is_profile, is_request, is_sha256, is_signature, is_tree_hash, is_version,
};
pub use rule::{MAX_RULES, Rule};

use crate::pins::Isolation;
use crate::swar;
use alloc::vec::Vec;
use core::fmt;
use read::Reader;

/// The first line of the locks that goward writes.
pub const HEADER: &str =
    "# Written by goward from goward.toml; edit that file and run `goward lock`.";
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

/// A signed head of the checksum database. Only the manager can tell whether the signature is
/// right.
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
    if text.len() > MAX_SIZE {
        return Err(ParseLockError { line: 1, problem: Problem::TooLarge });
    }
    let mut reader = Reader::default();
    let mut rest = reader.skip_usual_start(text);
    loop {
        reader.line += 1;
        // Printable ASCII and line ends: what else a lock holds would be read differently by
        // somebody.
        let (line, after) = swar::printable(rest);
        // On Windows, git may check it out with other line ends.
        let ([b'\n', after @ ..] | [b'\r', b'\n', after @ ..]) = after else {
            let problem = if after.is_empty() { Problem::BadLine } else { Problem::NotText };
            return Err(failed(text, reader.line, problem));
        };
        if let Err(wrong) = reader.read(line) {
            return Err(failed(text, reader.line, wrong.into()));
        }
        if after.is_empty() {
            reader.finish()?;
            return Ok(reader.lock);
        }
        rest = after;
    }
}

/// Returns what is wrong: with this line, unless there is something in `text` that is not even
/// UTF-8.
#[cold]
fn failed(text: &[u8], line: u32, problem: Problem) -> ParseLockError {
    match core::str::from_utf8(text) {
        Ok(_) => ParseLockError { line, problem },
        Err(error) => {
            let line = line_at(text, error.valid_up_to());
            ParseLockError { line, problem: Problem::NotText }
        }
    }
}

/// Returns the line that `part`, a piece of a parsed lock, stands on in `text`, counted from 1.
pub fn line_of(text: &[u8], part: &str) -> u32 {
    line_at(text, part.as_ptr().addr().wrapping_sub(text.as_ptr().addr()))
}

fn line_at(text: &[u8], place: usize) -> u32 {
    let before = text.get(..place).unwrap_or(text);
    u32::try_from(before.split(|&byte| byte == b'\n').count()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
