//! The file that makes a directory a store, and says of which kind.
//!
//! Recovery deletes in a store, so nobody's home directory may become one by a slip: only a new or empty
//! directory does, and what is left of a store.

use super::{
    DIRECTORIES, Store, TRASH_PREFIX, VULNERABILITIES, delete, entries, files, is_key, staging,
    trash,
};
use crate::fs;
use crate::store::error::{Result, StoreError};
use goward_shim::names;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Longest marker that is read.
const MAX_MARKER: u64 = 4096;
/// What it says.
const MARKER: &str = "goward store 2\n";
/// What it says in a store whose toolchains had links for GOROOT.
const OLD_MARKER: &str = "goward store 1\n";
/// What it begins with, whatever kind the store is of.
const ANY_MARKER: &str = "goward store ";
/// What else goward and the shim make in a store.
const OTHERS: [&str; 5] = [
    names::SHIMS_DIRECTORY,
    names::GOENV_DIRECTORY,
    names::OVERRIDE_DIRECTORY,
    names::TOOLS_DIRECTORY,
    "completions",
];
const FILES: [&str; 7] = [
    names::DEFAULT_LOCK_FILE,
    VULNERABILITIES,
    "env",
    "env.fish",
    "env.nu",
    "env.ps1",
    MADE_DIRECTORIES,
];

/// Where `goward setup` notes which directories it made for the user, for whoever takes goward off again.
pub const MADE_DIRECTORIES: &str = "made-directories";

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

    /// Returns what a store has at its top here, and what is somebody else's: names, sorted. The second is all
    /// there is where this is no store.
    pub fn contents(&self) -> Result<(Vec<PathBuf>, Vec<String>)> {
        let mut entries = entries(self.home())?;
        entries.sort_by_key(fs::DirEntry::file_name);
        let is_store = fs::read_regular(&self.home().join(names::STORE_MARKER), MAX_MARKER)
            .is_ok_and(|text| text.starts_with(ANY_MARKER.as_bytes()));
        let is_ours = |entry: &fs::DirEntry| {
            let name = entry.file_name();
            let name = name.to_str().unwrap_or_default();
            let is_known = DIRECTORIES.contains(&name) || OTHERS.contains(&name);
            is_left_over(entry)
                || is_store && (is_known || FILES.contains(&name) || name == names::STORE_MARKER)
        };
        let (ours, others): (Vec<_>, Vec<_>) = entries.iter().partition(|entry| is_ours(entry));
        let others: Vec<String> =
            others.iter().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        if !is_store && !others.is_empty() {
            return Ok((Vec::new(), others));
        }
        Ok((ours.iter().map(|entry| entry.path()).collect(), others))
    }

    /// Deletes something at the top of this store, a directory with all in it.
    pub fn delete(&self, path: &Path) -> Result<()> {
        delete::tree(path).map_err(|error| self.explain(error))
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
