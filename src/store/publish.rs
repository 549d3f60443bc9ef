//! How a verified tree becomes an installed toolchain.
//!
//! The order is what makes a power cut harmless: data first (one `syncfs`), then the root, whose
//! links lead nowhere yet, then the rename, then the directory, then the receipt, which is the commit
//! point.

use super::{Installed, Receipt, Room, Store, files, is_directory, recover, root};
use crate::error::{Error, Kind, Result, untrusted};
use crate::verify::VerifiedTree;
use fs_err as fs;
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
    /// `source` is where it came from, for people. When somebody else was faster the result is
    /// theirs, made better by what this tree adds: a stronger level, the extra directories.
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
        let before = before.filter(|other| !other.is_linked());
        if let Some(extra) = verified.extra() {
            let target = self.place("extra", &key);
            if before.as_ref().is_none_or(|other| other.extra.is_none()) {
                self.discard(&target)?;
                self.place_directory(&extra, &target)?;
            }
        }
        if let Some(other) = before {
            receipt = better(other.receipt, receipt);
        } else {
            // The root first: from the moment the tree is there, `go` runs and needs it. One that leads
            // to a grave is good for that, and for those who still build there.
            if root::grave_of(self, &key).is_none() {
                root::ensure_for(self, &key, verified.tree(), receipt.extra)?;
            }
            self.place_tree(verified, &key)?;
        }
        let scratch = self.stage("receipt")?;
        let list = files::write(verified.files(), &self.list_path(&key), scratch.path());
        list.and_then(|()| receipt.write(&self.home().join("meta"), scratch.path()))
            .map_err(|error| self.explain(error))?;
        self.installed(&key)?.ok_or_else(|| {
            let message = format!("`{key}` was removed while it was being installed");
            Error::new(Kind::Failed, message).hint("try again")
        })
    }

    /// Renames the tree into place. One that is there already has no receipt: it is what a process
    /// left that ended between rename and receipt, and is kept if it is right.
    fn place_tree(&self, verified: &VerifiedTree, key: &str) -> Result<()> {
        let target = self.place("tree", key);
        let is_right = || is_directory(&target) && recover::has_hash(&target, verified);
        if Self::leads_to_grave(&target) && exchange(verified.tree(), &target).is_ok() {
            // Where the tree was is the link now.
            seal(&target)
                .and_then(|()| fs::remove_file(verified.tree()))
                .and_then(|()| target.parent().map_or(Ok(()), sync_directory))
                .map_err(|error| self.explain(error))?;
            return Ok(());
        }
        if fs::symlink_metadata(&target).is_ok() && !is_right() {
            self.discard(&target)?;
        }
        match self.place_directory(verified.tree(), &target) {
            // Somebody else was faster, now or before they ended.
            Err(_) if is_right() => seal(&target).map_err(|error| self.explain(error)),
            result => result,
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

/// What two installs of the same tree know together.
pub(super) fn better(old: Receipt, new: Receipt) -> Receipt {
    let extra = old.extra || new.extra;
    // The files on disk are still those of the first install.
    let (files, bytes, absent) = (old.files, old.bytes, old.absent.clone());
    // What was added is measured again.
    let disk = old.disk.filter(|_| old.extra || !new.extra);
    let best = if new.level > old.level { new } else { old };
    Receipt { files, bytes, absent, extra, disk, ..best }
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
