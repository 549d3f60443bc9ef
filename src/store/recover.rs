//! What processes left behind that ended at any point.
//!
//! Called at the start of every command that changes the store. It never waits, and touches nothing
//! that a living process uses.

use super::rehash::h1_of;
use super::staging::LOCK_SUFFIX;
use super::{
    Receipt, Rehashed, Store, TRASH_PREFIX, delete, entries, files, flock, is_directory, is_key,
    publish, rehash, root, staging,
};
use crate::error::Result;
use crate::platform::Platform;
use crate::verify::{Absent, Digest, H1, Level, Records, VerifiedTree};
use crate::version::GoVersion;
use fs_err as fs;
use std::io::ErrorKind;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// Without working locks, a work directory this much older than a new one is nobody's.
const OLD: Duration = Duration::from_secs(24 * 60 * 60);

/// How long to wait for somebody who publishes: a lock may also be refused for no reason that lasts.
const A_MOMENT: Duration = Duration::from_millis(1);

/// What was found and done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Number of leftovers that were removed.
    pub removed: usize,
    /// Keys of toolchains that lacked only their receipt.
    pub adopted: Vec<String>,
}

impl Store {
    /// Clears away what dead processes left: work directories, removals that were not finished,
    /// trees without a receipt. A tree whose hash is in the built-in records gets a receipt instead; one
    /// with an open grave was being removed, and goes into it.
    ///
    /// # Errors
    ///
    /// When the store cannot be written.
    pub fn recover(&self) -> Result<Recovered> {
        self.recover_with(Records::built_in())
    }

    pub(super) fn recover_with(&self, records: &Records) -> Result<Recovered> {
        self.prepare()?;
        let mut recovered = Recovered::default();
        self.clear_staging(&mut recovered)?;
        let trash = entries(&self.home().join("trash"))?;
        let ours =
            |entry: &fs::DirEntry| entry.file_name().to_string_lossy().starts_with(TRASH_PREFIX);
        for entry in trash.into_iter().filter(ours) {
            delete::tree(&entry.path()).map_err(|error| self.explain(error))?;
            recovered.removed += 1;
        }
        // Whoever publishes right now has a tree without a receipt; look again next time.
        let lock = self.lock(publish::LOCK, "recover", A_MOMENT, &mut |_| {})?;
        if lock.is_held() || !lock.is_supported() {
            self.clear_graves(false, &mut recovered)?;
        }
        if lock.is_held() {
            self.clear_links(&mut recovered)?;
            self.clear_trees(records, &mut recovered)?;
            self.clear_lists()?;
            self.measure_rooms()?;
        }
        Ok(recovered)
    }

    fn clear_staging(&self, recovered: &mut Recovered) -> Result<()> {
        let tmp = self.home().join("tmp");
        for entry in entries(&tmp)? {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            if !staging::is_name(&name) {
                continue;
            }
            let directory = name.strip_suffix(LOCK_SUFFIX).map(|name| tmp.join(name));
            let (lock_path, directory) = match directory {
                Some(directory) => (path, directory),
                None => (tmp.join(name + LOCK_SUFFIX), path),
            };
            // Directories are always made with their lock held.
            let lock = match fs::OpenOptions::new().write(true).open(&lock_path) {
                Err(error) if error.kind() == ErrorKind::NotFound => None,
                Err(error) => return Err(self.explain(error)),
                Ok(file) => match self.attempt(file.into_file())? {
                    flock::Attempt::Held(file) => Some(file),
                    flock::Attempt::Unsupported if self.is_older(&lock_path, OLD) => None,
                    flock::Attempt::Taken | flock::Attempt::Unsupported => continue,
                },
            };
            if is_directory(&directory) {
                delete::tree(&directory).map_err(|error| self.explain(error))?;
                recovered.removed += 1;
            }
            _ = fs::remove_file(&lock_path);
            drop(lock);
        }
        Ok(())
    }

    /// Returns true when something was made longer ago than `age`. Compares with a file made now on
    /// the same file system: no clock but its own counts.
    pub(super) fn is_older(&self, path: &Path, age: Duration) -> bool {
        let then = fs::symlink_metadata(path).and_then(|metadata| metadata.modified());
        match (self.now(), then) {
            (Some(now), Ok(then)) => now.duration_since(then).is_ok_and(|found| found > age),
            _ => false,
        }
    }

    /// Returns the time by the clock of the file system.
    pub fn now(&self) -> Option<SystemTime> {
        let file = tempfile::tempfile_in(self.home().join("locks")).ok()?;
        file.metadata().and_then(|metadata| metadata.modified()).ok()
    }

    fn clear_trees(&self, records: &Records, recovered: &mut Recovered) -> Result<()> {
        let mut processes = None;
        for kind in ["tree", "extra", "root"] {
            for entry in entries(&self.home().join(kind))? {
                let key = entry.file_name().to_string_lossy().into_owned();
                // What a newer goward installed is not understood here, and not a leftover.
                if !is_key(&key) || Receipt::is_newer(&self.receipt_path(&key)) {
                    continue;
                }
                let installed = self.installed(&key)?;
                let is_used = match kind {
                    "extra" => installed.is_some_and(|found| found.extra.is_some()),
                    _ => installed.is_some(),
                };
                if is_used || self.leads_elsewhere(kind, &key) {
                    continue;
                }
                let is_dying = kind == "tree" && self.open_grave(&key)?.is_some();
                if kind == "tree" && !is_dying && self.adopt(records, &key, &entry.path())? {
                    recovered.adopted.push(key);
                    continue;
                }
                // What was removed halfway may still be used.
                let places = ["tree", "root"].map(|kind| format!("{kind}/{key}"));
                let places = places.each_ref().map(String::as_str);
                let processes = processes.get_or_insert_with(|| self.processes());
                if processes.user_of(&places).is_some() {
                    continue;
                }
                match self.open_grave(&key)?.filter(|_| kind == "tree") {
                    // Perhaps it is used by somebody who cannot be seen.
                    Some(grave) => drop(self.bury(grave)?),
                    None => self.discard(&entry.path())?,
                }
                recovered.removed += 1;
            }
        }
        Ok(())
    }

    /// Returns true for what leads to a grave that is there, or to another store.
    pub(super) fn leads_elsewhere(&self, kind: &str, key: &str) -> bool {
        match kind {
            "tree" | "root" if self.is_attached(key) => true,
            "tree" => {
                let tree = self.place(kind, key);
                Self::leads_to_grave(&tree) && is_directory(&tree.join("."))
            }
            "root" => root::grave_of(self, key)
                .is_some_and(|name| is_directory(&self.home().join("trash").join(name))),
            _ => false,
        }
    }

    /// Removes lists of trees that are not installed.
    fn clear_lists(&self) -> Result<()> {
        for entry in entries(&self.home().join("meta"))? {
            let name = entry.file_name().to_string_lossy().into_owned();
            let key = name.strip_suffix(files::SUFFIX).filter(|key| is_key(key));
            let is_left = |key| fs::symlink_metadata(self.receipt_path(key)).is_err();
            if key.is_some_and(is_left) {
                fs::remove_file(entry.path()).map_err(|error| self.explain(error))?;
            }
        }
        Ok(())
    }

    /// Writes the receipt of a tree that is exactly what the records have under its name.
    fn adopt(&self, records: &Records, key: &str, tree: &Path) -> Result<bool> {
        let found = is_directory(tree).then(|| recognise(records, key, tree)).flatten();
        let Some((receipt, found)) = found else {
            return Ok(false);
        };
        let scratch = self.stage("receipt")?;
        let list = files::write(&found.files, &self.list_path(key), scratch.path());
        list.and_then(|()| receipt.write(&self.home().join("meta"), scratch.path()))
            .map_err(|error| self.explain(error))?;
        root::ensure(self, key, false)?;
        Ok(true)
    }
}

fn recognise(records: &Records, key: &str, tree: &Path) -> Option<(Receipt, Rehashed)> {
    // go1.27.1-linux-amd64-31eaa45dd625
    let mut parts = key.splitn(2, '-');
    let version = GoVersion::parse(parts.next()?).ok()?;
    let platform = Platform::find(parts.next()?.rsplit_once('-')?.0)?;
    let known = records.get(version, platform)?.h1.as_ref()?;
    let (found, absent) = content_with(tree, version, platform, known, &[])?;
    let receipt = Receipt {
        version,
        platform,
        h1: found.h1.clone(),
        archive: None,
        level: Level::BuiltIn,
        logged: None,
        source: "an install that was interrupted".to_owned(),
        files: found.files.len() as u64,
        bytes: found.bytes(),
        absent,
        extra: false,
        disk: None,
        linked: None,
    };
    (receipt.key() == key).then_some((receipt, found))
}

/// What is in a tree, and which files that its hash covers are not.
pub(super) type Content = (Rehashed, Vec<(String, Digest)>);

/// Returns what a tree on disk has when its hash is that of the verified one, however it was packed.
pub(super) fn content_of(tree: &Path, verified: &VerifiedTree) -> Option<Content> {
    let (version, platform) = (verified.version(), verified.platform());
    content_with(tree, version, platform, verified.h1(), verified.absent())
}

/// Returns what a tree on disk has when its hash is `h1`, whether it has all files, lacks `absent`, or
/// what some packages of the release leave out.
fn content_with(
    tree: &Path,
    version: GoVersion,
    platform: Platform,
    h1: &H1,
    absent: &[(String, Digest)],
) -> Option<Content> {
    let found = rehash(tree, version, platform, &[]).ok()?;
    let left_out = Absent::of(version).map(|absent| absent.files).unwrap_or_default();
    let left_out = left_out.into_iter().map(|(path, digest)| (path.to_owned(), digest)).collect();
    [Vec::new(), absent.to_vec(), left_out].into_iter().find_map(|mut absent| {
        absent.retain(|(path, _)| !found.files.contains_key(path));
        let is_it = h1_of(&found.files, version, platform, &absent).is_ok_and(|hash| hash == *h1);
        is_it.then(|| (Rehashed { h1: h1.clone(), ..found.clone() }, absent))
    })
}
