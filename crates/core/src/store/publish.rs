//! Publication of a verified tree as an installed toolchain.
//!
//! The order is what makes a power cut harmless: data first (one `syncfs`), then the rename, then the
//! directory, then the receipt, which is the commit point.

use crate::error::untrusted;
use crate::fs;
use crate::os::rename;
use crate::store::durable::{LOCK, PATIENCE};
use crate::store::durable::{sync_data, sync_directory};
use crate::store::error::{Result, StoreError};
use crate::store::files::digest_of_uncovered;
use crate::store::receipt::check_name;
use crate::store::{
    InstalledToolchain, PendingRemoval, Receipt, Room, Staging, Store, files, is_directory, recover,
};
use crate::verify::dirhash::is_covered;
use crate::verify::sumdb::Logged;
use crate::verify::{Entry, H1, Level, VerifiedTree};
use std::collections::BTreeMap;
use std::io;
use std::io::ErrorKind;
use std::path::Path;

impl Store {
    /// Installs a verified tree, which lies in a [`super::Staging`] directory of this store.
    /// `source` is where it came from, for people. A tree with the same hash that is installed stays,
    /// unless this one adds something, a stronger level, files that the hash does not cover or a list: then
    /// this one takes its place, because it was read and the other was not.
    pub fn publish(&self, verified: &VerifiedTree, source: &str) -> Result<InstalledToolchain> {
        self.prepare()?;
        let shims = self.dress(verified.tree(), verified.platform(), verified.h1())?;
        sync_data(verified.tree()).map_err(|error| self.explain(error))?;
        let room = Room::of_new(verified.tree())?;
        let receipt = Receipt { disk: Some(room), shims, ..receipt_of(verified, source) };
        let lock = self.lock(LOCK, "publish", PATIENCE, &mut |_| {})?;
        let installed = self.commit(verified, receipt)?;
        if installed.receipt.disk.is_none() {
            self.measure_rooms()?;
        }
        self.put_release_names()?;
        drop(lock);
        Ok(installed)
    }

    /// Everything up to the receipt. Right without the lock too, which only saves others the work
    /// of looking at a tree that has no receipt yet.
    pub(super) fn commit(
        &self,
        verified: &VerifiedTree,
        mut receipt: Receipt,
    ) -> Result<InstalledToolchain> {
        let key = receipt.key();
        let before = self.installed(&key)?;
        check_name(&receipt, before.as_ref())?;
        let mut list = verified.all_files();
        // A directory of the machine gives way to one that nothing can change.
        if let Some(before) = before.filter(|other| !other.is_linked()) {
            let old = &before.receipt;
            let adds = |old: &Receipt, new: &Receipt| {
                let is_first = old.uncovered.is_none() && new.uncovered.is_some();
                is_first || new.full && !old.full
            };
            let is_stronger = receipt.level > old.level;
            if !is_stronger && !adds(old, &receipt) && self.files(&before)?.is_some() {
                return Ok(before);
            }
            if adds(&receipt, old) {
                list.extend(self.take_along(&before, verified)?);
                receipt.full = old.full;
                receipt.uncovered = digest_of_uncovered(&list);
            }
            return self.exchange_for(&before, verified, &list, receipt);
        }
        if let Some((found, absent)) = self.place_tree(verified, &key)? {
            receipt.shims = self.dress(&self.place("tree", &key), receipt.platform, &receipt.h1)?;
            if found.files != list {
                // It has the hash and was packed otherwise: what is written down is what is there.
                let (files, bytes) = count_covered(&found.files);
                receipt = Receipt { files, bytes, absent, disk: None, ..receipt };
                list = found.files;
            }
        }
        self.write_down(&key, &list, &receipt)
    }

    /// Puts a verified tree in the place of an installed one with the same hash, and writes down what
    /// both together are known by. `list` is what is in it.
    pub(super) fn exchange_for(
        &self,
        before: &InstalledToolchain,
        verified: &VerifiedTree,
        list: &BTreeMap<String, Entry>,
        receipt: Receipt,
    ) -> Result<InstalledToolchain> {
        let (key, old) = (&before.key, &before.receipt);
        self.forget_rooms()?;
        let both = of_both(old, &receipt);
        if both != *old {
            let scratch = self.stage("receipt")?;
            self.write_receipt(&both, &scratch)?;
        }
        self.put(verified.tree(), &before.tree)?;
        let receipt = raised(Receipt { disk: None, ..receipt }, old.level, old.logged);
        self.write_down(key, list, &receipt)
    }

    /// Gives a verified tree the files of an installed one that the hash does not cover; returns them.
    pub(super) fn take_along(
        &self,
        before: &InstalledToolchain,
        verified: &VerifiedTree,
    ) -> Result<BTreeMap<String, Entry>> {
        let mut listed = self.files(before)?.unwrap_or_default();
        let uncovered = |path: &str| !is_covered(path) && !verified.uncovered().contains_key(path);
        listed.retain(|path, _| uncovered(path));
        for path in listed.keys() {
            let (from, to) = (before.tree.join(path), verified.tree().join(path));
            let linked = to.parent().map_or(Ok(()), fs::create_dir_all);
            linked
                .and_then(|()| fs::hard_link(&from, &to).or_else(|_| fs::copy(from, to).map(drop)))
                .map_err(|error| self.explain(error))?;
        }
        Ok(listed)
    }

    /// Writes the list of files, then the receipt, with which the toolchain is installed.
    fn write_down(
        &self,
        key: &str,
        list: &BTreeMap<String, Entry>,
        receipt: &Receipt,
    ) -> Result<InstalledToolchain> {
        let scratch = self.stage("receipt")?;
        files::write(list, &self.list_path(key), scratch.path())
            .map_err(|error| self.explain(error))?;
        self.write_receipt(receipt, &scratch)?;
        self.installed(key)?
            .ok_or_else(|| StoreError::Removed { name: key.to_owned(), during: "installed" })
    }

    /// Notes what proves an installed toolchain. `read` is what its tree was found to have just now: one
    /// that has not the proved hash is not proved, and the answer is `None`. Nothing but the level
    /// changes: the receipt stays that of the tree.
    pub fn raise(
        &self,
        installed: &InstalledToolchain,
        read: Option<&H1>,
        logged: &Logged,
    ) -> Result<Option<InstalledToolchain>> {
        let _lock = self.lock(LOCK, "prove", PATIENCE, &mut |_| {})?;
        // Somebody else may have proved, repaired or removed it meanwhile.
        let Some(now) = self.installed(&installed.key)? else { return Ok(None) };
        if now.is_linked() || read != Some(&logged.h1) || now.receipt.h1 != logged.h1 {
            return Ok(None);
        }
        let proof = (logged.record, logged.head.size());
        let receipt = raised(now.receipt.clone(), logged.level(), Some(proof));
        if receipt != now.receipt {
            self.write_receipt(&receipt, &self.stage("receipt")?)?;
        }
        Ok(Some(InstalledToolchain { receipt, ..now }))
    }

    /// Writes a receipt by way of a private directory.
    pub(super) fn write_receipt(&self, receipt: &Receipt, scratch: &Staging) -> Result<()> {
        let written = receipt.write(&self.home().join("meta"), scratch.path());
        written.map_err(|error| self.explain(error))
    }

    /// Puts a tree in its place. One that is there already has no receipt: it was removed and may still be in
    /// use, and goes into its grave; or it is what a process left that ended between rename and receipt. That
    /// is kept if it is right, and then returned.
    fn place_tree(&self, verified: &VerifiedTree, key: &str) -> Result<Option<recover::Content>> {
        let (tree, target) = (verified.tree(), self.place("tree", key));
        if let Some(removal) = self.open_removal(key)? {
            self.put_and_commit_removal(tree, &target, &removal)?;
        } else if rename_into_place(tree, &target).is_ok() {
            let synced = sync_directory(&self.home().join("tree"));
            synced.map_err(|error| self.explain(error))?;
        } else {
            let found =
                is_directory(&target).then(|| recover::content_of(&target, verified)).flatten();
            if found.is_some() {
                return Ok(found);
            }
            self.put(tree, &target)?;
        }
        Ok(None)
    }

    /// Puts a tree in its place, and the removed one that is still there into its grave.
    pub(super) fn put_and_commit_removal(
        &self,
        tree: &Path,
        target: &Path,
        removal: &PendingRemoval,
    ) -> Result<()> {
        self.put_or(tree, target, |old| rename_into_place(old, &removal.spot()))?;
        // What was there is where the new tree was.
        if is_directory(tree) {
            rename_into_place(tree, &removal.spot()).map_err(|error| self.explain(error))?;
        }
        Ok(())
    }

    /// Puts a directory in its place, and what is there where that was: in one step where the system can
    /// swap two directories, so that whoever uses it finds every file at any moment.
    pub(super) fn put(&self, from: &Path, to: &Path) -> Result<()> {
        self.put_or(from, to, |_| Err(ErrorKind::Unsupported.into()))
    }

    /// Does so, or takes what is there away with `take`, else deletes it.
    fn put_or(
        &self,
        from: &Path,
        to: &Path,
        take: impl FnOnce(&Path) -> io::Result<()>,
    ) -> Result<()> {
        let placed = match exchange(from, to) {
            Err(error) if error.kind() == ErrorKind::NotFound => rename_into_place(from, to),
            Err(_) => {
                if take(to).is_err() {
                    self.discard(to)?;
                }
                rename_into_place(from, to)
            }
            Ok(()) => Ok(()),
        };
        placed
            .and_then(|()| to.parent().map_or(Ok(()), sync_directory))
            .map_err(|error| self.explain(error))
    }
}

pub(super) fn receipt_of(verified: &VerifiedTree, source: &str) -> Receipt {
    let files = verified.files();
    Receipt {
        version: verified.version(),
        platform: verified.platform(),
        h1: verified.h1().clone(),
        archive: verified.archive(),
        level: verified.level(),
        logged: verified.logged().map(|logged| (logged.record, logged.head.size())),
        source: untrusted(source),
        files: files.len() as u64,
        bytes: files.values().map(|file| file.size).sum(),
        absent: verified.absent().to_vec(),
        full: verified.is_full(),
        uncovered: digest_of_uncovered(verified.uncovered()),
        shims: None,
        disk: None,
        linked: None,
    }
}

/// Returns the number and the size of those of these files that the hash covers.
pub(super) fn count_covered(files: &BTreeMap<String, Entry>) -> (u64, u64) {
    let covered = || files.iter().filter(|(path, _)| is_covered(path));
    (covered().count() as u64, covered().map(|(_, file)| file.size).sum())
}

/// Returns the receipt of a tree whose hash was proved up to `level`, too, and by this record.
pub(super) fn raised(receipt: Receipt, level: Level, logged: Option<(u64, u64)>) -> Receipt {
    if level > receipt.level { Receipt { level, logged, ..receipt } } else { receipt }
}

/// Returns a receipt that fits two packagings of one toolchain, whichever is there when a process ends
/// that exchanges them.
pub(super) fn of_both(old: &Receipt, new: &Receipt) -> Receipt {
    let left_out = new.absent.iter().filter(|file| !old.absent.contains(file));
    Receipt { absent: old.absent.iter().chain(left_out).cloned().collect(), ..old.clone() }
}

/// Renames a directory where nothing is, or fails.
pub(super) fn rename_into_place(from: &Path, to: &Path) -> io::Result<()> {
    match rename::without_replacing(from, to) {
        // A plain rename onto a directory that is not empty fails as well.
        Err(error) if error.kind() == ErrorKind::Unsupported => fs::rename(from, to),
        renamed => renamed.map_err(|error| rename_error(from, to, &error)),
    }
}

/// Swaps two directories, where the system can.
pub(super) fn exchange(one: &Path, other: &Path) -> io::Result<()> {
    rename::exchange(one, other).map_err(|error| rename_error(one, other, &error))
}

fn rename_error(from: &Path, to: &Path, error: &io::Error) -> io::Error {
    let message = format!("failed to rename `{}` to `{}`: {error}", from.display(), to.display());
    io::Error::new(error.kind(), message)
}
