//! Dry run of recovery.

use crate::fs;
use crate::store::error::Result;
use crate::store::flock::Attempt;
use crate::store::staging::LOCK_SUFFIX;
use crate::store::{
    Receipt, Store, TRASH_PREFIX, entries, files, flock, is_key, link_names, staging,
};
use std::path::PathBuf;

impl Store {
    /// Returns what processes left behind that ended at any point: work directories, removals, trees and receipts
    /// without each other.
    pub fn unfinished(&self) -> Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        for entry in entries(&self.home().join("tmp"))? {
            let name = entry.file_name().to_string_lossy().into_owned();
            if staging::is_name(&name) && !name.ends_with(LOCK_SUFFIX) && self.is_dead(&name) {
                found.push(entry.path());
            }
        }
        for entry in entries(&self.home().join("trash"))? {
            if entry.file_name().to_string_lossy().starts_with(TRASH_PREFIX) {
                found.push(entry.path());
            }
        }
        for entry in entries(&self.home().join("tree"))? {
            if self.is_leftover(&entry.file_name().to_string_lossy())? {
                found.push(entry.path());
            }
        }
        Ok(found)
    }

    /// Returns the trees of this store that no receipt fits, so that nothing says what they were installed as.
    pub fn unproved(&self) -> Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        for entry in entries(&self.home().join("tree"))? {
            let key = entry.file_name().to_string_lossy().into_owned();
            // One that was removed and is still used waits for its end.
            let is_one = is_key(&key)
                && self.installed(&key)?.is_none()
                && !self.is_attached(&key)
                && self.open_removal(&key)?.is_none();
            if is_one {
                found.push(entry.path());
            }
        }
        found.sort();
        Ok(found)
    }

    /// Returns true when a newer goward wrote the receipt of a toolchain, so that this one cannot read it.
    pub fn is_of_newer(&self, key: &str) -> bool {
        Receipt::is_newer(&self.receipt_path(key))
    }

    /// Returns the receipts that say nothing, or speak of a tree that is not there.
    pub fn idle_receipts(&self) -> Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        for entry in entries(&self.home().join("meta"))? {
            let name = entry.file_name().to_string_lossy().into_owned();
            let is_one = !name.ends_with(files::SUFFIX) && is_key(&name);
            if is_one && !Receipt::is_newer(&entry.path()) && self.installed(&name)?.is_none() {
                found.push(entry.path());
            }
        }
        Ok(found)
    }

    /// Removes a receipt that [`Store::idle_receipts`] found.
    pub fn remove_idle_receipt(&self, receipt: &std::path::Path) -> Result<()> {
        fs::remove_file(receipt).map_err(|error| self.explain(error))
    }

    /// Returns true when everything is right that goward added to an installed toolchain.
    pub fn has_shims(&self, installed: &super::InstalledToolchain) -> Result<bool> {
        Ok(self.wrong_shims(installed).is_empty() && link_names::is_whole(installed))
    }

    fn is_dead(&self, name: &str) -> bool {
        let lock = self.home().join("tmp").join(format!("{name}{LOCK_SUFFIX}"));
        match flock::open_existing(&lock) {
            Ok(file) => matches!(self.attempt(file), Ok(Attempt::Held(_))),
            Err(error) => error.kind() == std::io::ErrorKind::NotFound,
        }
    }
}
