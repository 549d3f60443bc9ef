//! The client of Go's checksum database: the log that every Go release is in.
//!
//! The log is a list that only grows. Its signed [`Head`] says how long it is and what is in it; with
//! hashes read in [`tiles`] a record is proved to be in it, and every head to be a continuation of
//! those seen before. The bytes may come from anybody: nothing counts before it is proved, and one
//! key, compiled in, stands above everything (`docs/verification.md`).
//!
//! [`Log`] has the rules and knows neither network nor disk; [`remote`] has both.

pub mod access;
mod authority;
mod error;
pub mod excerpt;
mod fork;
#[cfg(test)]
mod genuine;
pub mod note;
pub mod record;
pub mod recording;
pub mod remote;
pub mod route;
#[cfg(test)]
pub(crate) mod samples;
pub mod staple;
#[cfg(test)]
mod tests;
pub mod tiles;
pub mod tree;

use super::{H1, Level};
use crate::error::{Error, Kind};
use crate::net::{NetError, Problem};
use crate::platform::Platform;
use crate::version::GoVersion;
pub use authority::{Authority, SUM_GOLANG_ORG};
pub use error::LogError;
pub use excerpt::Excerpt;
pub use fork::Fork;
pub use note::VerifierKey;
use record::{Answer, Module};
use std::path::PathBuf;
pub use tiles::AuthenticTile;
use tiles::Tiles;
pub use tree::{Hash, Head, SignedHead};

/// Longest answer to a lookup, in bytes.
const MAX_ANSWER: u64 = 64 << 10;

/// How often somebody else may be faster at writing down a head.
const MAX_CONFLICTS: usize = 100;

/// What the log needs of the world.
pub trait Outside {
    /// Fetches what the log has at a path (`/lookup/...`, `/tile/...`).
    ///
    /// # Errors
    ///
    /// [`Problem::NotFound`] when it has nothing there; [`Problem`] has the rest.
    fn fetch(&self, path: &str, limit: u64) -> Result<Vec<u8>, NetError>;

    /// Returns the head that was remembered, as it was written.
    ///
    /// # Errors
    ///
    /// When it cannot be read, and when the log was caught with two histories.
    fn read_head(&self) -> Result<Option<Vec<u8>>, Error>;

    /// Remembers `new` if what is remembered is still `old`; returns false if it is not.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    fn replace_head(&self, old: Option<&[u8]>, new: &str) -> Result<bool, Error>;

    /// Returns where the head is remembered, for messages.
    fn head_place(&self) -> String;

    /// Returns the heads of staples that the log has not been asked about yet, as they were written.
    ///
    /// # Errors
    ///
    /// When they cannot be read.
    fn read_stapled(&self) -> Result<Vec<Vec<u8>>, Error> {
        Ok(Vec::new())
    }

    /// Keeps the head of a staple until the log is asked.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    fn keep_stapled(&self, _size: u64, _note: &str) -> Result<(), Error> {
        Ok(())
    }

    /// Drops the heads of staples: the log was asked about them.
    fn forget_stapled(&self) {}

    /// Returns where the heads of staples are kept, for messages.
    fn stapled_place(&self) -> String {
        String::new()
    }

    /// Returns what is kept of a tile. It need not be right.
    fn read_tile(&self, path: &str) -> Option<Vec<u8>>;

    /// Keeps a tile, if there is room.
    fn write_tile(&self, tile: &AuthenticTile);

    /// Keeps the proof that the log has two histories; returns where, if there is a place.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    fn write_evidence(&self, evidence: &str) -> Result<Option<PathBuf>, Error>;
}

/// What the log proves of a toolchain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logged {
    /// The hash of the toolchain.
    pub h1: H1,
    /// The number of the record.
    pub record: u64,
    /// The tree that the record was proved to be in, a continuation of every tree seen before.
    pub head: SignedHead,
    /// Whether the proof was carried along, and nobody was asked.
    pub is_stapled: bool,
}

impl Logged {
    /// Returns the level of what is proved so.
    pub fn level(&self) -> Level {
        if self.is_stapled { Level::Stapled } else { Level::Logged }
    }
}

/// The log, as somebody with a key, a memory and a way to ask it sees it.
pub struct Log<'a> {
    authority: &'a Authority,
    outside: &'a dyn Outside,
    height: u32,
}

impl<'a> Log<'a> {
    /// Trusts `authority` and nothing that comes from `outside`.
    pub fn new(authority: &'a Authority, outside: &'a dyn Outside) -> Self {
        Self { authority, outside, height: tiles::HEIGHT }
    }

    /// Returns the hash that the log has for a toolchain, after it proved that the record is in the
    /// tree, and that this tree continues the one built in, the one remembered and `known`.
    ///
    /// # Errors
    ///
    /// [`LogError::is_outage`] when nobody answers or there is no such record. Any other error is that
    /// of a log, or of something between, that cannot be believed; nothing is remembered then.
    pub fn lookup(
        &self,
        version: GoVersion,
        platform: Platform,
        known: Option<&SignedHead>,
    ) -> Result<Logged, LogError> {
        let remembered = self.remembered()?;
        let module = Module::of(version, platform);
        let body = self.ask(&module)?;
        let answer = Answer::parse(&body)?;
        let answered = SignedHead::open(answer.note, &self.authority.key)?;

        let seed = self.authority.seed.as_ref();
        let stapled = self.stapled()?;
        let heads = [seed, remembered.as_ref(), known, Some(&answered)].into_iter().flatten();
        let heads = heads.chain(&stapled);
        let newest = heads.clone().max_by_key(|head| head.size()).unwrap_or(&answered);
        let rival =
            heads.clone().find(|head| head.size() == newest.size() && head.head() != newest.head());
        if let Some(rival) = rival {
            return Err(self.fork(rival, newest, newest.head().hash, Vec::new()));
        }
        let mut tiles = Tiles::open(newest.head(), self.height, self.outside)?;
        for head in heads {
            self.require_one_history(&mut tiles, newest, head)?;
        }
        if tiles.subtree(0, answer.id)? != Hash::of_record(answer.text) {
            return Err(LogError::NotAuthentic { id: answer.id });
        }
        let h1 = module.h1(answer.text)?;
        self.remember(newest, remembered.clone())?;
        if !stapled.is_empty() {
            self.outside.forget_stapled();
        }
        Ok(Logged { h1, record: answer.id, head: newest.clone(), is_stapled: false })
    }

    /// Returns what the log answers when it is asked for a module, none of it proved.
    fn ask(&self, module: &Module) -> Result<Vec<u8>, LogError> {
        self.outside.fetch(&module.path(), MAX_ANSWER).map_err(|error| match error.problem {
            Problem::NotFound(_) => LogError::Absent(module.to_string()),
            _ => LogError::Unreachable(error),
        })
    }

    /// Reads the head that was remembered. One that is damaged is no reason to forget it: somebody may
    /// have wanted just that.
    fn remembered(&self) -> Result<Option<SignedHead>, LogError> {
        let Some(note) = self.outside.read_head()? else { return Ok(None) };
        SignedHead::open(&note, &self.authority.key)
            .map(Some)
            .map_err(|problem| LogError::Memory { place: self.outside.head_place(), problem })
    }

    /// Requires that the tree of `newest` begins with the tree of `other`.
    fn require_one_history(
        &self,
        tiles: &mut Tiles,
        newest: &SignedHead,
        other: &SignedHead,
    ) -> Result<(), LogError> {
        let found = tiles.range(0, other.size())?;
        if found == other.head().hash {
            return Ok(());
        }
        let proof = fork::proof(tiles, other.size())?;
        Err(self.fork(other, newest, found, proof))
    }

    /// Keeps the evidence of two histories, and says so.
    fn fork(
        &self,
        older: &SignedHead,
        newer: &SignedHead,
        found: Hash,
        proof: Vec<Hash>,
    ) -> LogError {
        let fork = Fork { older: older.clone(), newer: newer.clone(), found, proof };
        match self.outside.write_evidence(&fork.to_string()) {
            Ok(evidence) => LogError::Fork { fork: Box::new(fork), evidence },
            Err(error) => error.into(),
        }
    }

    /// Remembers a head, unless a larger one is remembered.
    fn remember(
        &self,
        newest: &SignedHead,
        remembered: Option<SignedHead>,
    ) -> Result<(), LogError> {
        let mut old = remembered;
        for _ in 0..MAX_CONFLICTS {
            if old.as_ref().is_some_and(|old| old.size() >= newest.size()) {
                return Ok(());
            }
            let old_note = old.as_ref().map(|old| old.note().as_bytes());
            if self.outside.replace_head(old_note, newest.note())? {
                return Ok(());
            }
            // Somebody else learned of a head meanwhile, which has to be of the same history.
            old = self.remembered()?;
            if let Some(other) = &old {
                let (smaller, larger) =
                    if other.size() > newest.size() { (newest, other) } else { (other, newest) };
                let mut tiles = Tiles::open(larger.head(), self.height, self.outside)?;
                self.require_one_history(&mut tiles, larger, smaller)?;
            }
        }
        let message = format!("others keep changing `{}`", self.outside.head_place());
        Err(Error::new(Kind::Failed, message).hint("try again").into())
    }
}
