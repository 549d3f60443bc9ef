//! The part of the database that proves some modules, for others to ask in its place.

use crate::client::Client;
use crate::error::{Error, ErrorOf};
use crate::ops::ClientOps;
use crate::record::{Answer, Module};
use crate::tiles::Tiles;
use crate::tree::{Hash, SignedHead};
use std::collections::BTreeMap;

/// What a mirror has to serve of the database.
///
/// It answers clients that know nothing of the database yet, and those that know one of the heads
/// that it was made for: everything that they need to prove the records in the newest tree, and
/// that this tree continues the older ones, is in it. A client that knows another head needs tiles
/// that are not.
///
/// The paths are those of [`ClientOps::fetch`]. `/latest` is the [note](SignedHead::note) of the
/// head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProofBundle {
    /// The tree that everything is proved in.
    pub head: SignedHead,
    /// The tiles that the proofs need, by path.
    pub tiles: BTreeMap<String, Vec<u8>>,
    /// The answers to lookups, by path, each with [`ProofBundle::head`].
    pub answers: BTreeMap<String, String>,
}

impl<O: ClientOps + ?Sized> Client<'_, O> {
    /// Looks modules up, and collects what proves them to others. Modules that the database does
    /// not have are left out; `None` when it has none of them. `known` are heads that readers may
    /// know, besides the trust root's.
    ///
    /// # Errors
    ///
    /// As [`Client::lookup`].
    pub fn proof_bundle(
        &self,
        modules: impl IntoIterator<Item = Module>,
        known: &[SignedHead],
    ) -> Result<Option<ProofBundle>, ErrorOf<O>> {
        let seed = self.trust_root.seed.as_ref();
        let mut newest = known.iter().chain(seed).max_by_key(|head| head.size()).cloned();
        let mut found = Vec::new();
        for module in modules {
            match self.lookup_anew(&module, newest.as_ref()) {
                Ok(record) => {
                    newest = Some(record.head);
                    found.push(module);
                }
                Err(Error::Absent(_)) => {}
                Err(error) => return Err(error),
            }
        }
        let Some(head) = newest.filter(|_| !found.is_empty()) else { return Ok(None) };
        let mut tiles = Tiles::open(&head, self.height, self.ops)?;
        for older in known.iter().chain(seed) {
            self.require_one_history(&mut tiles, &head, older)?;
        }
        let mut answers = BTreeMap::new();
        for module in found {
            let (id, text) = self.proved_record(&module, &mut tiles)?;
            answers.insert(module.lookup_path(), format!("{id}\n{text}\n{}", head.note()));
        }
        let tiles = tiles.authentic().map(|tile| (tile.path(), tile.bytes())).collect();
        Ok(Some(ProofBundle { head, tiles, answers }))
    }

    /// Fetches a record, and proves it.
    fn proved_record(
        &self,
        module: &Module,
        tiles: &mut Tiles<'_, O>,
    ) -> Result<(u64, String), ErrorOf<O>> {
        let body = self.ask(module)?;
        let answer = Answer::parse(&body)?;
        if tiles.subtree(0, answer.id)? != Hash::of_record(answer.text) {
            return Err(Error::NotAuthentic { id: answer.id });
        }
        module.hashes(answer.text)?;
        Ok((answer.id, answer.text.to_owned()))
    }
}
