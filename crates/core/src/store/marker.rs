//! The file that makes a directory a store, and says of which kind.
//!
//! Recovery deletes in a store, so nobody's home directory may become one by a slip: only a new or empty
//! directory does, and what is left of a store.

use super::{
    DIRECTORIES, Store, TRASH_PREFIX, VULNERABILITIES, entries, files, is_key, staging, trash,
};
use crate::fs;
use crate::store::error::{Result, StoreError};
use goward_shim::names;
use std::io::ErrorKind;

/// Longest marker that is read.
const MAX_MARKER: u64 = 4096;
/// What it says.
const MARKER: &str = "goward store 2\n";
/// What it says in a store whose toolchains had links for GOROOT.
const OLD_MARKER: &str = "goward store 1\n";
/// What it begins with, whatever kind the store is of.
const ANY_MARKER: &str = "goward store ";
/// What else goward and the shim make in a store.
const OTHERS: [&str; 3] =
    [names::SHIMS_DIRECTORY, names::GOENV_DIRECTORY, names::OVERRIDE_DIRECTORY];
const FILES: [&str; 4] = [names::DEFAULT_LOCK_FILE, VULNERABILITIES, "env", "env.fish"];

/// Returns true where a file cannot be read because there is none, or something else.
fn is_absence(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::InvalidInput)
}

impl Store {
    /// Makes sure that the directory is a store: one with the marker, or one that can become one, which gets it.
    pub(super) fn claim(&self) -> Result<()> {
        self.check_owner()?;
        let marker = self.home().join(names::STORE_MARKER);
        let others = if self.home().is_dir() { entries(self.home())? } else { Vec::new() };
        // Looked at after the rest: the marker is the first thing that a store gets, so another
        // goward that makes one right now is not taken for somebody else.
        match fs::read_regular(&marker, MAX_MARKER) {
            Ok(text) if text == MARKER.as_bytes() => return Ok(()),
            // Whoever made it was killed before it had all of its text.
            Ok(text) if MARKER.as_bytes().starts_with(&text) => {}
            Ok(text) => return Err(self.of_another_goward(&text)),
            Err(error) if is_absence(error.kind()) => {
                self.check_entries(&others)?;
            }
            Err(error) => return Err(error.into()),
        }
        let made = fs::create_dir_all(self.home()).and_then(|()| fs::write(&marker, MARKER));
        made.map_err(|error| self.explain(error))
    }

    /// Refuses a store that this goward cannot use, and says what to do about it.
    pub fn check_marker(&self) -> Result<()> {
        match fs::read_regular(&self.home().join(names::STORE_MARKER), MAX_MARKER) {
            Ok(text) if text.starts_with(ANY_MARKER.as_bytes()) && text != MARKER.as_bytes() => {
                Err(self.of_another_goward(&text))
            }
            _ => Ok(()),
        }
    }

    fn of_another_goward(&self, marker: &[u8]) -> StoreError {
        let home = self.home().to_path_buf();
        if marker == OLD_MARKER.as_bytes() {
            StoreError::Older { home }
        } else {
            StoreError::Newer { home }
        }
    }

    /// Refuses a directory in which there is something that is not left of a store.
    fn check_entries(&self, found: &[fs::DirEntry]) -> Result<()> {
        if let Some(other) = found.iter().find(|entry| !is_left_over(entry)) {
            let other = other.file_name().to_string_lossy().into_owned();
            return Err(StoreError::NotAStore { home: self.home().to_path_buf(), other });
        }
        Ok(())
    }
}

/// Returns true for what a store has, with nothing else in it.
fn is_left_over(entry: &fs::DirEntry) -> bool {
    let name = entry.file_name();
    let name = name.to_str().unwrap_or_default();
    if FILES.contains(&name) {
        return entry.metadata().is_ok_and(|metadata| metadata.is_file());
    }
    let is_hex = |name: &str| name.len() == 16 && name.bytes().all(|b| b.is_ascii_hexdigit());
    let is_ours = |inner: &str| match name {
        "tree" => is_key(inner),
        "meta" => is_key(inner.strip_suffix(files::SUFFIX).unwrap_or(inner)),
        "tmp" => staging::is_name(inner),
        "trash" => inner.starts_with(TRASH_PREFIX) || inner.starts_with(trash::PREFIX),
        "project" => is_hex(inner),
        _ => true,
    };
    let is_known = DIRECTORIES.contains(&name) || OTHERS.contains(&name);
    let inner = is_known.then(|| entries(&entry.path()).ok()).flatten();
    inner.is_some_and(|inner| {
        inner.iter().all(|entry| entry.file_name().to_str().is_some_and(is_ours))
    })
}
