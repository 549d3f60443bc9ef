//! Recovery from processes that ended at any point.
//!
//! Called at the start of every command that changes the store. It never waits, and touches nothing
//! that a living process uses.

use crate::fs;
use crate::os::remove;
use crate::platform::Platform;
use crate::store::error::Result;
use crate::store::rehash::h1_of;
use crate::store::staging::LOCK_SUFFIX;
use crate::store::stale_files::RecoveryReport;
use crate::store::{
    Receipt, Store, TRASH_PREFIX, TreeHash, delete, durable, entries, files, flock, is_directory,
    is_key, publish, rehash, staging,
};
use crate::verify::dirhash::{NOT_COVERED, is_covered};
use crate::verify::wheel_missing_files::is_known_wasm;
use crate::verify::{Digest, Entry, H1, Level, MissingFiles, Records, VerifiedTree};
use crate::version::GoVersion;
use std::io::ErrorKind;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// Without working locks, a work directory this much older than a new one is nobody's.
const OLD: Duration = Duration::from_secs(24 * 60 * 60);

/// How long to wait for somebody who publishes: a lock may also be refused for no reason that
/// lasts.
const A_MOMENT: Duration = Duration::from_millis(1);

impl Store {
    /// Clears away what dead processes left: work directories, removals that were not finished,
    /// trees without a receipt. A tree whose hash is in the built-in records gets a receipt
    /// instead; one with a grave was removed, and waits there.
    pub fn recover(&self) -> Result<RecoveryReport> {
        self.recover_with(Records::built_in())
    }

    pub(super) fn recover_with(&self, records: &Records) -> Result<RecoveryReport> {
        self.prepare()?;
        let mut recovered = RecoveryReport::default();
        self.clear_staging(&mut recovered)?;
        let trash = entries(&self.home().join("trash"))?;
        let ours =
            |entry: &fs::DirEntry| entry.file_name().to_string_lossy().starts_with(TRASH_PREFIX);
        for entry in trash.into_iter().filter(ours) {
            recovered.removed += usize::from(self.delete_unless_held(&entry.path())?);
        }
        // Whoever publishes right now has a tree without a receipt; look again next time.
        let lock = self.lock(durable::LOCK, "recover", A_MOMENT, &mut |_| {})?;
        if lock.is_held() || !lock.is_supported() {
            self.clear_graves(false, &mut recovered)?;
        }
        if lock.is_held() {
            self.clear_links(&mut recovered)?;
            self.clear_trees(records, &mut recovered)?;
            self.clear_lists()?;
            self.put_release_names()?;
            self.measure_rooms()?;
        }
        Ok(recovered)
    }

    /// Waits, for a moment, until nobody publishes or removes: who does has a tree without a
    /// receipt.
    pub fn wait_for_changes(&self) {
        _ = self.lock(durable::LOCK, "look", A_MOMENT, &mut |_| {});
    }

    fn clear_staging(&self, recovered: &mut RecoveryReport) -> Result<()> {
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
            let lock = match flock::open_existing(&lock_path) {
                Err(error) if error.kind() == ErrorKind::NotFound => None,
                Err(error) => return Err(self.explain(error)),
                Ok(file) => match self.attempt(file)? {
                    flock::Attempt::Held(file) => Some(file),
                    flock::Attempt::Unsupported if self.is_older(&lock_path, OLD) => None,
                    flock::Attempt::Taken | flock::Attempt::Unsupported => continue,
                },
            };
            if is_directory(&directory) {
                if !self.delete_unless_held(&directory)? {
                    continue;
                }
                recovered.removed += 1;
            }
            _ = fs::remove_file(&lock_path);
            drop(lock);
        }
        Ok(())
    }

    /// Deletes what nobody needs, but for a program that runs where it cannot be deleted: that waits for
    /// the next time. Returns whether it is gone.
    fn delete_unless_held(&self, path: &Path) -> Result<bool> {
        match delete::tree(path) {
            Err(error) if remove::is_held(&error) => Ok(false),
            deleted => deleted.map(|()| true).map_err(|error| self.explain(error)),
        }
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
        let file = fs::unnamed_in(&self.home().join("locks"), "now").ok()?;
        file.metadata().and_then(|metadata| metadata.modified()).ok()
    }

    fn clear_trees(&self, records: &Records, recovered: &mut RecoveryReport) -> Result<()> {
        let mut processes = None;
        for entry in entries(&self.home().join("tree"))? {
            let key = entry.file_name().to_string_lossy().into_owned();
            if !self.is_leftover(&key)? {
                continue;
            }
            if self.adopt(records, &key, &entry.path())? {
                recovered.adopted.push(key);
                continue;
            }
            let processes = processes.get_or_insert_with(|| self.processes());
            if processes.user_of(&[&format!("tree/{key}")]).is_none() {
                recovered.removed += usize::from(self.discard_unless_held(&entry.path())?);
            }
        }
        Ok(())
    }

    /// Returns true for the name of a tree that is neither installed nor waits for its end, and is
    /// no link to another store.
    pub(super) fn is_leftover(&self, key: &str) -> Result<bool> {
        // What a newer goward installed is not understood here, and not a leftover.
        let is_known = !is_key(key) || Receipt::is_newer(&self.receipt_path(key));
        Ok(!is_known
            && self.installed(key)?.is_none()
            && !self.is_attached(key)
            && self.open_removal(key)?.is_none())
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
        let Some((mut receipt, mut found)) = found else {
            return Ok(false);
        };
        let is_proved = |(path, entry): (&String, &Entry)| {
            is_covered(path) || is_known_wasm(path, entry.digest)
        };
        if !found.files.iter().all(is_proved) {
            NOT_COVERED.iter().try_for_each(|top| self.discard(&tree.join(top)))?;
            found.files.retain(|path, _| is_covered(path));
        }
        receipt.uncovered = files::digest_of_uncovered(&found.files);
        receipt.shims = self.dress(tree, receipt.platform, &receipt.h1)?;
        let scratch = self.stage("receipt")?;
        files::write(&found.files, &self.list_path(key), scratch.path())
            .map_err(|error| self.explain(error))?;
        self.write_receipt(&receipt, &scratch)?;
        Ok(true)
    }
}

fn recognise(records: &Records, key: &str, tree: &Path) -> Option<(Receipt, TreeHash)> {
    // go1.27.1-linux-amd64-31eaa45dd625
    let mut parts = key.splitn(2, '-');
    let version = GoVersion::parse(parts.next()?).ok()?;
    let platform = Platform::find(parts.next()?.rsplit_once('-')?.0)?;
    let known = records.get(version, platform)?.h1.as_ref()?;
    let (found, absent) = content_with(tree, version, platform, known, &[])?;
    let (files, bytes) = publish::count_covered(&found.files);
    let receipt = Receipt {
        version,
        platform,
        h1: found.h1.clone(),
        archive: None,
        level: Level::BuiltIn,
        logged: None,
        source: "an install that was interrupted".to_owned(),
        files,
        bytes,
        absent,
        full: false,
        uncovered: None,
        shims: None,
        disk: None,
        linked: None,
    };
    (receipt.key() == key).then_some((receipt, found))
}

/// What is in a tree, and which files that its hash covers are not.
pub(super) type Content = (TreeHash, Vec<(String, Digest)>);

/// Returns what a tree on disk has when its hash is that of the verified one, however it was
/// packed, and what the hash does not cover is the same.
pub(super) fn content_of(tree: &Path, verified: &VerifiedTree) -> Option<Content> {
    let (version, platform) = (verified.version(), verified.platform());
    let content = content_with(tree, version, platform, verified.h1(), verified.absent())?;
    let uncovered = files::digest_of_uncovered(&content.0.files);
    (uncovered == files::digest_of_uncovered(verified.uncovered())).then_some(content)
}

/// Returns what a tree on disk has when its hash is `h1`, whether it has all files, lacks `absent`,
/// or what some packages of the release leave out.
fn content_with(
    tree: &Path,
    version: GoVersion,
    platform: Platform,
    h1: &H1,
    absent: &[(String, Digest)],
) -> Option<Content> {
    let found = rehash(tree, version, platform, &[]).ok()?;
    let left_out = MissingFiles::of(version).map(|absent| absent.files).unwrap_or_default();
    let left_out = left_out.into_iter().map(|(path, digest)| (path.to_owned(), digest)).collect();
    [Vec::new(), absent.to_vec(), left_out].into_iter().find_map(|mut absent| {
        absent.retain(|(path, _)| !found.files.contains_key(path));
        let is_it = h1_of(&found.files, version, platform, &absent).is_ok_and(|hash| hash == *h1);
        is_it.then(|| (TreeHash { h1: h1.clone(), ..found.clone() }, absent))
    })
}
