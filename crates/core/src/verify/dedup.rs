//! Files that are on this disk already, in toolchains installed earlier.
//!
//! Two releases of Go have half of their bytes in common. A file whose digest is known can share them
//! instead of being written again: as a clone, where the file system has those, or as a hard link, if
//! the user wants that. What is shared is compared with what came out of the archive, so a tree that
//! somebody changed after it was installed spoils no other.

#[cfg(test)]
mod tests;

use crate::fs::retry;
use crate::verify::{Digest, Entry};
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{
    AtFlags, CWD, FileType, Mode, OFlags, Stat, fstat, ftruncate, linkat, open, openat,
};
use rustix::io::{Errno, pread};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

/// How much of a file is compared at a time.
const BUFFER: usize = 128 << 10;

/// How files share their bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sharing {
    /// Each is a file of its own; the file system keeps common bytes once.
    Clone,
    /// They are one file under several names.
    Link,
}

/// The files that there are, by digest.
#[derive(Debug)]
pub struct FileIndex {
    how: Sharing,
    files: HashMap<Digest, (PathBuf, u64)>,
    /// The file system cannot.
    is_useless: AtomicBool,
}

impl FileIndex {
    /// Starts without files.
    pub fn new(how: Sharing) -> Self {
        Self { how, files: HashMap::new(), is_useless: AtomicBool::new(false) }
    }

    /// Adds files: where each is.
    pub fn add(&mut self, files: impl IntoIterator<Item = (PathBuf, Entry)>) {
        for (place, entry) in files {
            // An empty file has nothing to share.
            if entry.size > 0 {
                self.files.entry(entry.digest).or_insert((place, entry.size));
            }
        }
    }

    fn find(&self, digest: &Digest, contents: &[u8]) -> Option<OwnedFd> {
        if self.is_useless.load(Ordering::Relaxed) {
            return None;
        }
        let (path, size) = self.files.get(digest)?;
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        (*size == contents.len() as u64).then(|| retry(|| open(path, flags, Mode::empty())).ok())?
    }

    fn give_up(&self, errno: Errno) {
        if [Errno::OPNOTSUPP, Errno::XDEV, Errno::NOTTY, Errno::NOSYS, Errno::PERM].contains(&errno)
        {
            self.is_useless.store(true, Ordering::Relaxed);
        }
    }

    /// Makes `name` in `directory` another name of a known file with these contents and this mode;
    /// false when there is none that will do.
    pub(super) fn link(
        &self,
        digest: &Digest,
        contents: &[u8],
        directory: impl AsFd,
        name: &str,
        mode: u32,
    ) -> bool {
        let Some(file) = self.find(digest, contents).filter(|_| self.how == Sharing::Link) else {
            return false;
        };
        let is_fit = |stat: Stat| {
            FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile
                && stat.st_uid == rustix::process::geteuid().as_raw()
                // The umask takes nothing from the owner.
                && stat.st_mode & 0o7777 & !mode == 0
                && stat.st_mode & 0o700 == mode & 0o700
        };
        if !retry(|| fstat(&file)).is_ok_and(is_fit) || !has_contents(&file, contents) {
            return false;
        }
        // By its descriptor: the name in the other tree may lead elsewhere by now.
        let source = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&file));
        match retry(|| linkat(CWD, &source, &directory, name, AtFlags::SYMLINK_FOLLOW)) {
            Ok(()) => true,
            Err(errno) => {
                self.give_up(errno);
                false
            }
        }
    }

    /// Gives `target`, an empty file open for reading and writing, the bytes of a known file with
    /// these contents; false when it is still empty.
    pub(super) fn clone(&self, digest: &Digest, contents: &[u8], target: &OwnedFd) -> bool {
        let Some(file) = self.find(digest, contents).filter(|_| self.how == Sharing::Clone) else {
            return false;
        };
        match clone_file(target, &file) {
            Err(errno) => {
                self.give_up(errno);
                false
            }
            // Looked at afterwards, when nobody else can change it.
            Ok(()) => has_contents(target, contents) || ftruncate(target, 0).is_err(),
        }
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) fn clone_file(target: impl AsFd, source: impl AsFd) -> Result<(), Errno> {
    retry(|| rustix::fs::ioctl_ficlone(&target, &source))
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(super) fn clone_file(_target: impl AsFd, _source: impl AsFd) -> Result<(), Errno> {
    Err(Errno::OPNOTSUPP)
}

fn has_contents(file: &OwnedFd, contents: &[u8]) -> bool {
    let mut buffer = vec![0; BUFFER.min(contents.len() + 1)];
    let mut at = 0;
    loop {
        match retry(|| pread(file, &mut buffer[..], at as u64)) {
            Ok(0) => return at == contents.len(),
            Ok(count) if contents[at..].starts_with(&buffer[..count]) => at += count,
            Ok(_) | Err(_) => return false,
        }
    }
}

/// Returns true when the file system of `directory`, which is private to this process, has clones.
pub fn can_clone(directory: &Path) -> bool {
    let attempt = || {
        let directory = open(directory, OFlags::RDONLY | OFlags::DIRECTORY, Mode::empty())?;
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        let names = ["clone-from", "clone-to"];
        let [from, to] = names.map(|name| openat(&directory, name, flags, Mode::RWXU));
        let cloned = from.and_then(|from| {
            rustix::io::write(&from, b"x")?;
            clone_file(&to?, &from)
        });
        for name in names {
            _ = rustix::fs::unlinkat(&directory, name, AtFlags::empty());
        }
        cloned
    };
    attempt().is_ok()
}
