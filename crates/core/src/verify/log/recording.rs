//! A log that is asked, and writes down what of its answers a proof is made of.
//!
//! With that, somebody else can prove the same without asking ([`super::staple`]).

use super::{AuthenticTile, Outside};
use crate::error::Error;
use crate::net::NetError;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// Stands between a [`super::Log`] and the world.
pub struct Recording<'a> {
    inner: &'a dyn Outside,
    /// What was answered, by path.
    known: RefCell<BTreeMap<String, Vec<u8>>>,
    /// What of it was used since [`Recording::start`].
    used: RefCell<BTreeSet<String>>,
}

impl<'a> Recording<'a> {
    /// Records what `inner` answers.
    pub fn new(inner: &'a dyn Outside) -> Self {
        Self { inner, known: RefCell::default(), used: RefCell::default() }
    }

    /// Begins a new record. What was answered before is answered again in the same way, so that a
    /// second proof is about the same records.
    pub fn start(&self) {
        self.used.borrow_mut().clear();
    }

    /// Returns what was used since the start, by path.
    pub fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let (known, used) = (self.known.borrow(), self.used.borrow());
        used.iter().filter_map(|path| Some((path.clone(), known.get(path)?.clone()))).collect()
    }

    fn note(&self, path: &str, bytes: &[u8]) {
        self.known.borrow_mut().insert(path.to_owned(), bytes.to_vec());
        self.used.borrow_mut().insert(path.to_owned());
    }
}

impl Outside for Recording<'_> {
    fn fetch(&self, path: &str, limit: u64) -> Result<Vec<u8>, NetError> {
        let known = self.known.borrow().get(path).cloned();
        let bytes = match known {
            // A tile is asked for again when what was kept of it is wrong.
            Some(bytes) if path.starts_with("/lookup/") => bytes,
            _ => self.inner.fetch(path, limit)?,
        };
        self.note(path, &bytes);
        Ok(bytes)
    }

    fn read_head(&self) -> Result<Option<Vec<u8>>, Error> {
        self.inner.read_head()
    }

    fn replace_head(&self, old: Option<&[u8]>, new: &str) -> Result<bool, Error> {
        self.inner.replace_head(old, new)
    }

    fn head_place(&self) -> String {
        self.inner.head_place()
    }

    fn read_stapled(&self) -> Result<Vec<Vec<u8>>, Error> {
        self.inner.read_stapled()
    }

    fn forget_stapled(&self) {
        self.inner.forget_stapled();
    }

    fn read_tile(&self, path: &str) -> Option<Vec<u8>> {
        let known = self.known.borrow().get(path).cloned();
        let bytes = known.or_else(|| self.inner.read_tile(path))?;
        self.note(path, &bytes);
        Some(bytes)
    }

    fn write_tile(&self, tile: &AuthenticTile) {
        self.inner.write_tile(tile);
    }

    fn write_evidence(&self, evidence: &str) -> Result<Option<PathBuf>, Error> {
        self.inner.write_evidence(evidence)
    }
}

#[cfg(test)]
mod tests;
