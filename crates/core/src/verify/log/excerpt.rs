//! The part of the log that proves some toolchains, for others to ask in its place.
//!
//! A mirror that serves an [`Excerpt`] answers clients that know nothing of the log yet, and those
//! that know one of the heads it was made for: everything they need to prove the records in the
//! newest tree, and that this tree continues the older ones, is in it. Whoever knows another head
//! needs tiles that are not.

use super::record::{Answer, Module};
use super::tiles::Tiles;
use super::tree::{Hash, SignedHead};
use super::{Log, LogError};
use crate::platform::Platform;
use crate::version::GoVersion;
use std::collections::BTreeMap;

/// What a mirror has of the log. Paths begin with a slash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// The tree that everything is proved in.
    pub head: SignedHead,
    /// The tiles that the proofs need, by path.
    pub tiles: BTreeMap<String, Vec<u8>>,
    /// The answers to lookups, by path, each with [`Excerpt::head`].
    pub answers: BTreeMap<String, String>,
}

impl Log<'_> {
    /// Collects what proves these toolchains, after all of it was proved here. Those that the log does
    /// not have are left out; `None` when it has none of them. `known` are heads that a reader may
    /// know, besides the one that is built in.
    ///
    /// # Errors
    ///
    /// As [`Log::lookup`].
    pub fn excerpt(
        &self,
        toolchains: impl IntoIterator<Item = (GoVersion, Platform)>,
        known: &[SignedHead],
    ) -> Result<Option<Excerpt>, LogError> {
        let seed = self.authority.seed.as_ref();
        let mut newest = known.iter().chain(seed).max_by_key(|head| head.size()).cloned();
        let mut modules = Vec::new();
        for (version, platform) in toolchains {
            match self.lookup(version, platform, newest.as_ref()) {
                Ok(logged) => {
                    newest = Some(logged.head);
                    modules.push(Module::of(version, platform));
                }
                Err(LogError::Absent(_)) => {}
                Err(error) => return Err(error),
            }
        }
        let Some(head) = newest.filter(|_| !modules.is_empty()) else { return Ok(None) };
        let mut tiles = Tiles::open(head.head(), self.height, self.outside)?;
        for older in known.iter().chain(seed) {
            self.require_one_history(&mut tiles, &head, older)?;
        }
        let mut answers = BTreeMap::new();
        for module in modules {
            let (id, text) = self.proved_record(&module, &mut tiles)?;
            answers.insert(module.path(), format!("{id}\n{text}\n{}", head.note()));
        }
        let tiles = tiles.authentic().map(|tile| (tile.path(), tile.bytes())).collect();
        Ok(Some(Excerpt { head, tiles, answers }))
    }

    /// Fetches a record, and proves it.
    fn proved_record(
        &self,
        module: &Module,
        tiles: &mut Tiles<'_>,
    ) -> Result<(u64, String), LogError> {
        let body = self.ask(module)?;
        let answer = Answer::parse(&body)?;
        if tiles.subtree(0, answer.id)? != Hash::of_record(answer.text) {
            return Err(LogError::NotAuthentic { id: answer.id });
        }
        module.h1(answer.text)?;
        Ok((answer.id, answer.text.to_owned()))
    }
}
