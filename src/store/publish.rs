//! How a verified tree becomes an installed toolchain.
//!
//! The order is what makes a power cut harmless: data first (one `syncfs`), then the root, whose
//! links lead nowhere yet, then the rename, then the directory, then the receipt, which is the commit
//! point.

use super::{Installed, Receipt, Room, Store, files, is_directory, recover, root};
use crate::error::{Error, Kind, Result, untrusted};
use crate::verify::log::Logged;
use crate::verify::{Entry, H1, Level, VerifiedTree};
use fs_err as fs;
use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

/// The lock around rename and receipt, so that nobody takes the tree between them for a leftover.
pub(super) const LOCK: &str = "publish";
/// Renames take no time; whoever holds the lock this long has stopped.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

impl Store {
    /// Installs a verified tree, which lies in a [`super::Staging`] directory of this store.
    /// `source` is where it came from, for people. A tree with the same hash that is installed stays,
    /// unless this one adds something, a stronger level, the extra directories or a list of files: then
    /// this one takes its place, because it was read and the other was not.
    ///
    /// # Errors
    ///
    /// When the store cannot be written; what was installed before still is.
    pub fn publish(&self, verified: &VerifiedTree, source: &str) -> Result<Installed> {
        self.prepare()?;
        sync_data(verified.tree()).map_err(|error| self.explain(error))?;
        let extra = verified.extra();
        let room = Room::of_new(
            &[Some(verified.tree()), extra.as_deref()].into_iter().flatten().collect::<Vec<_>>(),
        )?;
        let lock = self.lock(LOCK, "publish", PATIENCE, &mut |_| {})?;
        let installed = self.commit(verified, source, room)?;
        if installed.receipt.disk.is_none() {
            self.measure_rooms()?;
        }
        drop(lock);
        root::ensure(self, &installed.key, installed.extra.is_some())?;
        Ok(installed)
    }

    /// Everything up to the receipt. Right without the lock too, which only saves others the work
    /// of looking at a tree that has no receipt yet.
    pub(super) fn commit(
        &self,
        verified: &VerifiedTree,
        source: &str,
        room: Room,
    ) -> Result<Installed> {
        let mut receipt = Receipt { disk: Some(room), ..receipt_of(verified, source) };
        let key = receipt.key();
        let before = self.installed(&key)?;
        check_name(&receipt, before.as_ref())?;
        // A directory of the machine gives way to one that nothing can change.
        if let Some(before) = before.filter(|other| !other.is_linked()) {
            let adds_extra = receipt.extra && before.extra.is_none();
            let is_stronger = receipt.level > before.receipt.level;
            if !is_stronger && !adds_extra && self.files(&before)?.is_some() {
                return Ok(before);
            }
            return self.exchange_for(&before, verified, receipt);
        }
        self.place_extra(verified, &key)?;
        // The root first: from the moment the tree is there, `go` runs and needs it. One that leads
        // to a grave is good for that, and for those who still build there.
        if root::grave_of(self, &key).is_none() {
            root::ensure_for(self, &key, verified.tree(), receipt.extra)?;
        }
        let mut list = verified.files();
        let kept = self.place_tree(verified, &key)?;
        if let Some((found, absent)) = &kept
            && found.files != *list
        {
            // It has the hash and was packed otherwise: what is written down is what is there.
            list = &found.files;
            receipt = Receipt {
                files: list.len() as u64,
                bytes: found.bytes(),
                absent: absent.clone(),
                disk: None,
                ..receipt
            };
        }
        self.write_down(&key, list, &receipt)
    }

    /// Puts a verified tree in the place of an installed one with the same hash, and writes down what
    /// both together are known by.
    pub(super) fn exchange_for(
        &self,
        before: &Installed,
        verified: &VerifiedTree,
        receipt: Receipt,
    ) -> Result<Installed> {
        let (key, old) = (&before.key, &before.receipt);
        self.forget_rooms()?;
        if receipt.extra && before.extra.is_none() {
            self.place_extra(verified, key)?;
        }
        let both = of_both(old, &receipt);
        if both != *old {
            let scratch = self.stage("receipt")?;
            both.write(&self.home().join("meta"), scratch.path())
                .map_err(|error| self.explain(error))?;
        }
        self.swap(verified.tree(), &before.tree)?;
        let extra = before.extra.is_some() || receipt.extra;
        let receipt = raised(Receipt { extra, disk: None, ..receipt }, old.level, old.logged);
        let installed = self.write_down(key, verified.files(), &receipt)?;
        root::ensure(self, key, extra)?;
        Ok(installed)
    }

    /// Writes the list of files, then the receipt, with which the toolchain is installed.
    fn write_down(
        &self,
        key: &str,
        list: &BTreeMap<String, Entry>,
        receipt: &Receipt,
    ) -> Result<Installed> {
        let scratch = self.stage("receipt")?;
        files::write(list, &self.list_path(key), scratch.path())
            .and_then(|()| receipt.write(&self.home().join("meta"), scratch.path()))
            .map_err(|error| self.explain(error))?;
        self.installed(key)?.ok_or_else(|| {
            let message = format!("`{key}` was removed while it was being installed");
            Error::new(Kind::Failed, message).hint("try again")
        })
    }

    /// Notes what proves an installed toolchain. `read` is what its tree was found to have just now: one
    /// that has not the proved hash is not proved, and the answer is `None`. Nothing but the level
    /// changes: the receipt stays that of the tree.
    ///
    /// # Errors
    ///
    /// When the store cannot be written.
    pub fn raise(
        &self,
        installed: &Installed,
        read: Option<&H1>,
        logged: &Logged,
    ) -> Result<Option<Installed>> {
        let _lock = self.lock(LOCK, "prove", PATIENCE, &mut |_| {})?;
        // Somebody else may have proved, repaired or removed it meanwhile.
        let Some(now) = self.installed(&installed.key)? else { return Ok(None) };
        if now.is_linked() || read != Some(&logged.h1) || now.receipt.h1 != logged.h1 {
            return Ok(None);
        }
        let proof = (logged.record, logged.head.size());
        let receipt = raised(now.receipt.clone(), logged.level(), Some(proof));
        if receipt != now.receipt {
            let scratch = self.stage("receipt")?;
            receipt
                .write(&self.home().join("meta"), scratch.path())
                .map_err(|error| self.explain(error))?;
        }
        Ok(Some(Installed { receipt, ..now }))
    }

    fn place_extra(&self, verified: &VerifiedTree, key: &str) -> Result<()> {
        let Some(extra) = verified.extra() else { return Ok(()) };
        let target = self.place("extra", key);
        self.discard(&target)?;
        self.place_directory(&extra, &target)
    }

    /// Renames the tree into place. One that is there already has no receipt: it is what a process
    /// left that ended between rename and receipt. It is kept if it is right, and then returned.
    fn place_tree(&self, verified: &VerifiedTree, key: &str) -> Result<Option<recover::Content>> {
        let target = self.place("tree", key);
        let right =
            || is_directory(&target).then(|| recover::content_of(&target, verified)).flatten();
        if Self::leads_to_grave(&target) && exchange(verified.tree(), &target).is_ok() {
            // Where the tree was is the link now.
            seal(&target)
                .and_then(|()| fs::remove_file(verified.tree()))
                .and_then(|()| target.parent().map_or(Ok(()), sync_directory))
                .map_err(|error| self.explain(error))?;
            return Ok(None);
        }
        if fs::symlink_metadata(&target).is_ok() {
            let found = right();
            if found.is_some() {
                seal(&target).map_err(|error| self.explain(error))?;
                return Ok(found);
            }
            self.discard(&target)?;
        }
        match self.place_directory(verified.tree(), &target) {
            Ok(()) => Ok(None),
            // Somebody else was faster.
            Err(error) => {
                let found = right().ok_or(error)?;
                seal(&target).map_err(|error| self.explain(error))?;
                Ok(Some(found))
            }
        }
    }

    fn place_directory(&self, from: &Path, to: &Path) -> Result<()> {
        rename_into_place(from, to)
            .and_then(|()| seal(to))
            .and_then(|()| to.parent().map_or(Ok(()), sync_directory))
            .map_err(|error| self.explain(error))
    }
}

/// Refuses a toolchain whose name in the store is that of another one, which is installed.
pub(super) fn check_name(receipt: &Receipt, installed: Option<&Installed>) -> Result<()> {
    let (ours, Some(theirs)) = (&receipt.h1, installed.map(|other| &other.receipt.h1)) else {
        return Ok(());
    };
    if ours == theirs {
        return Ok(());
    }
    let message = format!("`{}` is already the name of another toolchain", receipt.key());
    Err(Error::new(Kind::Verification, message)
        .detail(format!("installed {theirs}"))
        .detail(format!("received  {ours}"))
        .detail("nothing was installed"))
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
        extra: verified.extra().is_some(),
        disk: None,
        linked: None,
    }
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

/// Takes the write bits off the top directory, which it needed for the rename.
pub(super) fn seal(directory: &Path) -> io::Result<()> {
    let mut permissions = fs::symlink_metadata(directory)?.permissions();
    permissions.set_mode(permissions.mode() & 0o7555);
    fs::set_permissions(directory, permissions)
}

/// Writes `target` so that it is there whole or not at all, whatever happens meanwhile. `scratch` is
/// a private directory on the same file system.
pub(super) fn place_file(text: &str, target: &Path, scratch: &Path) -> io::Result<()> {
    let draft = scratch.join("draft");
    let mut file = fs::File::create(&draft)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&draft, target)?;
    target.parent().map_or(Ok(()), sync_directory)
}

/// Renames a directory where nothing is, or fails.
pub(super) fn rename_into_place(from: &Path, to: &Path) -> io::Result<()> {
    #[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        use rustix::io::Errno;
        match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
            Ok(()) => return Ok(()),
            // Network file systems and old kernels. A plain rename onto a directory that is not
            // empty fails as well.
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {}
            Err(errno) => return Err(rename_error(from, to, &errno.into())),
        }
    }
    fs::rename(from, to)
}

/// Swaps two directories, where the system can.
pub(super) fn exchange(one: &Path, other: &Path) -> io::Result<()> {
    #[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE)
            .map_err(|errno| rename_error(one, other, &errno.into()))
    }
    #[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
    {
        Err(rename_error(one, other, &ErrorKind::Unsupported.into()))
    }
}

fn rename_error(from: &Path, to: &Path, error: &io::Error) -> io::Error {
    let message = format!("failed to rename `{}` to `{}`: {error}", from.display(), to.display());
    io::Error::new(error.kind(), message)
}

/// Brings everything written so far to the disk: one call instead of one per file.
pub(super) fn sync_data(directory: &Path) -> io::Result<()> {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        let directory = fs::File::open(directory)?;
        rustix::fs::syncfs(directory.file()).map_err(|errno| {
            let path = directory.path().display();
            let error = io::Error::from(errno);
            io::Error::new(
                error.kind(),
                format!("failed to sync the file system of `{path}`: {error}"),
            )
        })
    }
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    {
        _ = directory;
        rustix::fs::sync();
        Ok(())
    }
}

/// Brings the names in a directory to the disk.
pub(super) fn sync_directory(directory: &Path) -> io::Result<()> {
    match fs::File::open(directory)?.sync_all() {
        // Some network file systems have no such thing as syncing a directory.
        Err(error) if error.kind() == ErrorKind::InvalidInput => Ok(()),
        result => result,
    }
}
