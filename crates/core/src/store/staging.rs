//! Private work directories beside the trees: `tmp/<label>.<pid>.<random>`.
//!
//! Each has a lock file beside it, held as long as its process lives. The lock is taken before the
//! directory is made and let go after it is removed, so a directory without a held lock is a
//! leftover, however its process ended.

use super::{Store, delete, flock};
use crate::fs;
use crate::store::error::{Result, StoreError};

use std::path::{Path, PathBuf};

pub(super) const LOCK_SUFFIX: &str = ".lock";
/// How often a lock file may be lost to somebody clearing leftovers before that is an error.
const ATTEMPTS: usize = 16;

/// Returns true for the name of such a directory, or of the lock beside it.
pub(super) fn is_name(name: &str) -> bool {
    let mut parts = name.strip_suffix(LOCK_SUFFIX).unwrap_or(name).rsplitn(3, '.');
    let random = parts.next().is_some_and(|part| part.bytes().all(|b| b.is_ascii_alphanumeric()));
    let pid = parts
        .next()
        .is_some_and(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    random && pid && parts.next().is_some()
}

/// A directory that only this process uses; removed when dropped.
#[derive(Debug)]
pub struct Staging {
    path: PathBuf,
    lock_path: PathBuf,
    /// Held, where the file system has locks.
    _lock: Option<fs::File>,
}

impl Staging {
    /// Returns the directory.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        // What cannot be removed now is a leftover for the next `recover`.
        if delete::tree(&self.path).is_ok() {
            _ = fs::remove_file(&self.lock_path);
        }
    }
}

impl Store {
    /// Makes a private directory on the store's file system. `label` is for people who look, and
    /// becomes part of a name.
    pub fn stage(&self, label: &str) -> Result<Staging> {
        self.prepare()?;
        let tmp = self.home().join("tmp");
        let prefix = format!("{label}.{}.", std::process::id());
        for _ in 0..ATTEMPTS {
            let draft = fs::Draft::private_with_suffix(&tmp, &prefix, LOCK_SUFFIX);
            let (file, lock_path) =
                draft.and_then(fs::Draft::keep).map_err(|error| self.explain(error))?;
            let identity = file.metadata()?.identity();
            let lock = match self.attempt(file)? {
                flock::Attempt::Held(file) => Some(file),
                flock::Attempt::Unsupported => None,
                flock::Attempt::Taken => continue,
            };
            // Whoever clears leftovers may have been faster.
            if !fs::symlink_metadata(&lock_path).is_ok_and(|found| found.identity() == identity) {
                continue;
            }
            let path = lock_path.with_extension("");
            fs::create_dir_with_mode(&path, 0o700).map_err(|error| self.explain(error))?;
            return Ok(Staging { path, lock_path, _lock: lock });
        }
        Err(StoreError::NoStaging(tmp))
    }
}
