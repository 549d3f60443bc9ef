//! The projects that goward knows of, so that nothing they need is removed: `project/<hash of the path>`.
//!
//! The manager writes a project down when it writes or serves its lock. A record that is missing or wrong costs a
//! download, never more: so it is not synced, and a store that cannot be written goes without.

use super::{Store, entries};
use crate::error::Result;
use crate::verify::Digest;
use fs_err as fs;
use std::ffi::OsString;
use std::io::Read;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// The directory of the records.
pub(super) const DIRECTORY: &str = "project";
const HEAD: &[u8] = b"goward-project 1\npath ";
/// Longest record, in bytes.
const MAX_SIZE: u64 = 64 << 10;
const KEY: &[u8] = b"key ";

/// A project that was written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    /// Its lock, which need not be there any more.
    pub lock: PathBuf,
    /// What the lock named then, for when it cannot be read.
    pub keys: Vec<String>,
    record: PathBuf,
}

impl Store {
    /// Writes down that the lock at `lock`, an absolute path, names these toolchains.
    ///
    /// # Errors
    ///
    /// When the store cannot be written.
    pub fn register(&self, lock: &Path, keys: &[String]) -> Result<()> {
        let path = lock.as_os_str().as_bytes();
        if path.contains(&b'\n') {
            return Ok(());
        }
        let mut text = [HEAD, path, b"\n"].concat();
        for key in keys {
            text.extend([KEY, key.as_bytes(), b"\n"].concat());
        }
        let directory = self.home().join(DIRECTORY);
        let name = Digest::of(path).to_string();
        let place = directory.join(&name[..16]);
        if read(&place).is_some_and(|known| known == text) {
            return Ok(());
        }
        fs::create_dir_all(&directory).map_err(|error| self.explain(error))?;
        let staging = self.stage(DIRECTORY)?;
        let draft = staging.path().join("record");
        let written = fs::write(&draft, text).and_then(|()| fs::rename(draft, place));
        written.map_err(|error| self.explain(error))
    }

    /// Returns the projects that were written down, sorted by path.
    ///
    /// # Errors
    ///
    /// When the records cannot be listed.
    pub fn projects(&self) -> Result<Vec<Registered>> {
        let found = entries(&self.home().join(DIRECTORY))?;
        let mut projects: Vec<_> = found.iter().filter_map(|entry| parse(entry.path())).collect();
        projects.sort_by(|a, b| a.lock.cmp(&b.lock));
        Ok(projects)
    }

    /// Forgets a project.
    ///
    /// # Errors
    ///
    /// When the store cannot be written.
    pub fn forget_project(&self, project: &Registered) -> Result<()> {
        fs::remove_file(&project.record).map_err(|error| self.explain(error))
    }
}

fn read(place: &Path) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    fs::File::open(place).ok()?.take(MAX_SIZE).read_to_end(&mut text).ok()?;
    Some(text)
}

fn parse(record: PathBuf) -> Option<Registered> {
    let text = read(&record)?;
    let mut lines = text.strip_prefix(HEAD)?.split(|&byte| byte == b'\n');
    let lock = PathBuf::from(OsString::from_vec(lines.next()?.to_vec()));
    let keys = lines.filter_map(|line| String::from_utf8(line.strip_prefix(KEY)?.to_vec()).ok());
    let keys = keys.filter(|key| super::is_key(key)).collect();
    lock.is_absolute().then_some(Registered { lock, keys, record })
}
