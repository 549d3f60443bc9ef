//! Operations that write down what of the database a proof is made of.

use crate::ops::ClientOps;
use crate::tiles::AuthenticTile;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// The operations of a client, with a record of the files that its lookups used: the
/// [`files`](crate::OfflineProof::files) of an [`OfflineProof`](crate::OfflineProof).
///
/// A proof has one head, but the database grows. So look up all modules; if their heads have
/// different sizes, [start](Recording::start) again with the newest as the one that is known.
pub struct Recording<'a, O: ClientOps + ?Sized> {
    ops: &'a O,
    /// What was answered, by path.
    known: RefCell<BTreeMap<String, Vec<u8>>>,
    /// What of it was used since [`Recording::start`].
    used: RefCell<BTreeSet<String>>,
}

impl<'a, O: ClientOps + ?Sized> Recording<'a, O> {
    /// Records what `ops` answers.
    pub fn new(ops: &'a O) -> Self {
        Self { ops, known: RefCell::default(), used: RefCell::default() }
    }

    /// Begins a new record. Lookups that were answered before have the same answer again, so that a
    /// second proof is about the same records.
    pub fn start(&self) {
        self.used.borrow_mut().clear();
    }

    /// Returns the files that were used since the start, by path.
    pub fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let (known, used) = (self.known.borrow(), self.used.borrow());
        used.iter().filter_map(|path| Some((path.clone(), known.get(path)?.clone()))).collect()
    }

    fn note(&self, path: &str, bytes: &[u8]) {
        self.known.borrow_mut().insert(path.to_owned(), bytes.to_vec());
        self.used.borrow_mut().insert(path.to_owned());
    }
}

impl<O: ClientOps + ?Sized> ClientOps for Recording<'_, O> {
    type FetchError = O::FetchError;
    type StorageError = O::StorageError;

    fn fetch(&self, path: &str, limit: u64) -> Result<Vec<u8>, O::FetchError> {
        let known = self.known.borrow().get(path).cloned();
        let bytes = match known {
            // A tile is fetched again when what the cache had of it is wrong.
            Some(bytes) if path.starts_with("/lookup/") => bytes,
            _ => self.ops.fetch(path, limit)?,
        };
        self.note(path, &bytes);
        Ok(bytes)
    }

    fn prefetch(&self, paths: &[String], limit: u64) {
        let known = self.known.borrow();
        let unknown: Vec<_> = paths.iter().filter(|p| !known.contains_key(*p)).cloned().collect();
        self.ops.prefetch(&unknown, limit);
    }

    fn is_not_found(&self, error: &O::FetchError) -> bool {
        self.ops.is_not_found(error)
    }

    fn read_head(&self) -> Result<Option<Vec<u8>>, O::StorageError> {
        self.ops.read_head()
    }

    fn replace_head(&self, old: Option<&[u8]>, new: &str) -> Result<bool, O::StorageError> {
        self.ops.replace_head(old, new)
    }

    fn head_location(&self) -> String {
        self.ops.head_location()
    }

    fn read_offline_heads(&self) -> Result<Vec<Vec<u8>>, O::StorageError> {
        self.ops.read_offline_heads()
    }

    fn add_offline_head(&self, size: u64, note: &str) -> Result<(), O::StorageError> {
        self.ops.add_offline_head(size, note)
    }

    fn clear_offline_heads(&self) {
        self.ops.clear_offline_heads();
    }

    fn offline_heads_location(&self) -> String {
        self.ops.offline_heads_location()
    }

    fn read_tile(&self, path: &str) -> Option<Vec<u8>> {
        let known = self.known.borrow().get(path).cloned();
        let bytes = known.or_else(|| self.ops.read_tile(path))?;
        self.note(path, &bytes);
        Some(bytes)
    }

    fn write_tile(&self, tile: &AuthenticTile) {
        self.ops.write_tile(tile);
    }

    fn write_evidence(&self, evidence: &str) -> Result<Option<String>, O::StorageError> {
        self.ops.write_evidence(evidence)
    }
}
