//! Proofs that were carried along, checked without asking anybody.
//!
//! A [`Staple`] has what a [`super::recording::Recording`] wrote down: the log's answers, the tiles that
//! prove them, and one signed head. The proof is the same as online, by the same code. What cannot be
//! the same is the comparison with other heads: it takes tiles that depend on those heads. So whatever can be
//! compared is, and the head of a staple is kept apart until the log is asked again
//! ([`Outside::keep_stapled`]).

use super::record::{Answer, Module};
use super::tiles::Tiles;
use super::{AuthenticTile, Hash, Log, LogError, Logged, MAX_ANSWER, Outside, SignedHead};
use crate::error::Error;
use crate::net::{NetError, Problem};
use crate::platform::Platform;
use crate::version::GoVersion;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What was carried along.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Staple {
    /// The signed head of the tree that the proofs are in.
    pub head: String,
    /// What the log has, by path (`/lookup/...`, `/tile/...`).
    pub files: BTreeMap<String, Vec<u8>>,
}

impl Log<'_> {
    /// Like [`Log::lookup`], with what `staple` has instead of asking. The record has to be in the tree
    /// of the staple's head, and this tree has to be one with every tree seen before, as far as
    /// staple and cache have the tiles for it; it has to be no older than the one built in and the one
    /// remembered.
    ///
    /// # Errors
    ///
    /// As [`Log::lookup`]; [`LogError::is_outage`] when the staple lacks something.
    pub fn check(
        &self,
        staple: &Staple,
        version: GoVersion,
        platform: Platform,
    ) -> Result<Logged, LogError> {
        let carried = Carried { staple, memory: self.outside };
        let log = Log { outside: &carried, ..*self };
        let remembered = log.remembered()?;
        let head = SignedHead::open(staple.head.as_bytes(), &self.authority.key)?;
        let module = Module::of(version, platform);
        let body = carried
            .fetch(&module.path(), MAX_ANSWER)
            .map_err(|_| LogError::Absent(module.to_string()))?;
        let answer = Answer::parse(&body)?;
        let answered = SignedHead::open(answer.note, &self.authority.key)?;

        let mut tiles = Tiles::open(head.head(), self.height, &carried)?;
        log.require_one_history(&mut tiles, &head, &answered)?;
        if tiles.subtree(0, answer.id)? != Hash::of_record(answer.text) {
            return Err(LogError::NotAuthentic { id: answer.id });
        }
        let h1 = module.h1(answer.text)?;
        for known in self.authority.seed.iter().chain(&remembered) {
            if known.size() > head.size() {
                return Err(LogError::OlderHead { carried: head.size(), known: known.size() });
            }
            log.compare(&mut tiles, &head, known)?;
        }
        for other in log.stapled()? {
            if other.size() <= head.size() {
                log.compare(&mut tiles, &head, &other)?;
            }
        }
        self.outside.keep_stapled(head.size(), head.note())?;
        Ok(Logged { h1, record: answer.id, head, is_stapled: true })
    }

    /// Reads the heads of staples that the log has not been asked about yet.
    pub(super) fn stapled(&self) -> Result<Vec<SignedHead>, LogError> {
        let notes = self.outside.read_stapled()?;
        let open = |note: Vec<u8>| {
            SignedHead::open(&note, &self.authority.key).map_err(|problem| LogError::Memory {
                place: self.outside.stapled_place(),
                problem,
            })
        };
        notes.into_iter().map(open).collect()
    }

    /// Requires that the tree of `newer` begins with that of `older`, unless there are no tiles to see
    /// it by. Two trees of one size need none.
    fn compare(
        &self,
        tiles: &mut Tiles,
        newer: &SignedHead,
        older: &SignedHead,
    ) -> Result<(), LogError> {
        match self.require_one_history(tiles, newer, older) {
            Err(LogError::Unreachable(_)) => Ok(()),
            result => result,
        }
    }
}

/// The world as far as it is in a staple, with the memory of this machine.
struct Carried<'a> {
    staple: &'a Staple,
    memory: &'a dyn Outside,
}

impl Outside for Carried<'_> {
    fn fetch(&self, path: &str, limit: u64) -> Result<Vec<u8>, NetError> {
        let found = self.staple.files.get(path).filter(|bytes| bytes.len() as u64 <= limit);
        found.cloned().ok_or_else(|| NetError {
            what: "a part of the proof".to_owned(),
            url: path.to_owned(),
            problem: Problem::NotFound(404),
            attempts: 1,
        })
    }

    fn read_head(&self) -> Result<Option<Vec<u8>>, Error> {
        self.memory.read_head()
    }

    fn replace_head(&self, _old: Option<&[u8]>, _new: &str) -> Result<bool, Error> {
        // Only the log itself says what is newest.
        Ok(true)
    }

    fn head_place(&self) -> String {
        self.memory.head_place()
    }

    fn read_stapled(&self) -> Result<Vec<Vec<u8>>, Error> {
        self.memory.read_stapled()
    }

    fn stapled_place(&self) -> String {
        self.memory.stapled_place()
    }

    fn read_tile(&self, path: &str) -> Option<Vec<u8>> {
        // What a staple has counts, so that it is the same everywhere, with a cache or without.
        let is_carried = self.staple.files.contains_key(path);
        if is_carried { None } else { self.memory.read_tile(path) }
    }

    fn write_tile(&self, tile: &AuthenticTile) {
        self.memory.write_tile(tile);
    }

    fn write_evidence(&self, evidence: &str) -> Result<Option<PathBuf>, Error> {
        self.memory.write_evidence(evidence)
    }
}

#[cfg(test)]
mod tests;
