//! Proofs that were carried along, checked without asking anybody.

use crate::client::Client;
use crate::error::Error;
use crate::ops::ClientOps;
use crate::record::{Answer, Module, Record};
use crate::tiles::{AuthenticTile, Tiles};
use crate::tree::{Hash, SignedHead};
use std::collections::BTreeMap;

/// What proves the records of some modules to a client that cannot ask the database: a signed head,
/// and the files of the database that a [`Recording`](crate::Recording) of lookups used.
///
/// All fields are untrusted; [`Client::check_offline`] proves them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OfflineProof {
    /// The note of the head of the tree that the records are in.
    pub head: String,
    /// Files of the database, by the paths of [`ClientOps::fetch`].
    pub files: BTreeMap<String, Vec<u8>>,
}

/// An [`OfflineProof`] has no file at a path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the proof has no file {path}")]
pub struct MissingFile {
    /// The path, as [`ClientOps::fetch`] is given it.
    pub path: String,
}

impl<O: ClientOps + ?Sized> Client<'_, O> {
    /// Looks a module up in a proof that was carried along, and fetches nothing.
    ///
    /// The record has to be in the tree of the proof's head, and that tree must not be older than
    /// the trust root's and the remembered one. It has to continue every tree that the client
    /// knows, as far as the proof and the cache have the tiles to show it. The comparison with the
    /// others is not forgotten: the head is given to [`ClientOps::add_offline_head`], and the next
    /// [`Client::lookup`] requires that the database continues it.
    ///
    /// # Errors
    ///
    /// As [`Client::lookup`]; [`Error::Absent`] and [`Error::Unreachable`] when the proof lacks
    /// the record or a tile, and [`Error::OlderHead`].
    pub fn check_offline(
        &self,
        proof: &OfflineProof,
        module: &Module,
    ) -> Result<Record, Error<MissingFile, O::StorageError>> {
        let offline = Offline { proof, ops: self.ops };
        let client = Client { trust_root: self.trust_root, ops: &offline, height: self.height };
        let remembered = client.remembered()?;
        let head = SignedHead::open(proof.head.as_bytes(), &self.trust_root.key)?;
        let body = client.ask(module)?;
        let answer = Answer::parse(&body)?;
        let answered = SignedHead::open(answer.note, &self.trust_root.key)?;

        let mut tiles = Tiles::open(&head, self.height, &offline)?;
        client.require_one_history(&mut tiles, &head, &answered)?;
        if tiles.subtree(0, answer.id)? != Hash::of_record(answer.text) {
            return Err(Error::NotAuthentic { id: answer.id });
        }
        let (h1, go_mod_h1) = module.hashes(answer.text)?;
        let mut is_compared = true;
        for known in remembered.iter().chain(&self.trust_root.seed) {
            if known.size() > head.size() {
                return Err(Error::OlderHead { proof: head.size(), known: known.size() });
            }
            // The last one is the trust root's, if it has one.
            is_compared = client.compare(&mut tiles, &head, known)?;
        }
        is_compared |= self.trust_root.seed.is_none();
        for other in client.offline_heads()? {
            if other.size() <= head.size() {
                client.compare(&mut tiles, &head, &other)?;
            }
        }
        self.ops.add_offline_head(head.size(), head.note()).map_err(Error::Storage)?;
        Ok(Record { id: answer.id, h1, go_mod_h1, head, is_compared })
    }
}

impl<'o, O: ClientOps + ?Sized> Client<'_, Offline<'o, O>> {
    /// Requires that the tree of `newer` begins with that of `older`, unless there are no tiles to
    /// see it by, and returns whether there were. Two trees of one size need none.
    fn compare(
        &self,
        tiles: &mut Tiles<'_, Offline<'o, O>>,
        newer: &SignedHead,
        older: &SignedHead,
    ) -> Result<bool, Error<MissingFile, O::StorageError>> {
        match self.require_one_history(tiles, newer, older) {
            Err(Error::Unreachable(_)) => Ok(false),
            result => result.map(|()| true),
        }
    }
}

/// A proof in place of the database, with the memory of another client.
struct Offline<'a, O: ?Sized> {
    proof: &'a OfflineProof,
    ops: &'a O,
}

impl<O: ClientOps + ?Sized> ClientOps for Offline<'_, O> {
    type FetchError = MissingFile;
    type StorageError = O::StorageError;

    fn fetch(&self, path: &str, limit: u64) -> Result<Vec<u8>, MissingFile> {
        let found = self.proof.files.get(path).filter(|bytes| bytes.len() as u64 <= limit);
        found.cloned().ok_or_else(|| MissingFile { path: path.to_owned() })
    }

    fn is_not_found(&self, _error: &MissingFile) -> bool {
        true
    }

    fn read_head(&self) -> Result<Option<Vec<u8>>, O::StorageError> {
        self.ops.read_head()
    }

    fn replace_head(&self, _old: Option<&[u8]>, _new: &str) -> Result<bool, O::StorageError> {
        // Only the database itself says what is newest.
        Ok(true)
    }

    fn head_location(&self) -> String {
        self.ops.head_location()
    }

    fn read_offline_heads(&self) -> Result<Vec<Vec<u8>>, O::StorageError> {
        self.ops.read_offline_heads()
    }

    fn offline_heads_location(&self) -> String {
        self.ops.offline_heads_location()
    }

    fn read_tile(&self, path: &str) -> Option<Vec<u8>> {
        // What the proof has comes first, so that it proves the same with a cache and without.
        if self.proof.files.contains_key(path) { None } else { self.ops.read_tile(path) }
    }

    fn write_tile(&self, tile: &AuthenticTile) {
        self.ops.write_tile(tile);
    }

    fn write_evidence(&self, evidence: &str) -> Result<Option<String>, O::StorageError> {
        self.ops.write_evidence(evidence)
    }
}
