//! Files that are on this disk already, in toolchains installed earlier.
//!
//! Two releases of Go have half of their bytes in common. A file whose digest is known can share them
//! instead of being written again: as a clone, where the file system has those, or as a hard link, if
//! the user wants that. What is shared is compared with what came out of the archive, so a tree that
//! somebody changed after it was installed spoils no other.

use super::{Digest, Entry};
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
pub struct Twins {
    how: Sharing,
    files: HashMap<Digest, (PathBuf, u64)>,
    /// The file system cannot.
    is_useless: AtomicBool,
}

impl Twins {
    /// Starts without files.
    pub fn new(how: Sharing) -> Self {
        Self { how, files: HashMap::new(), is_useless: AtomicBool::new(false) }
    }

    /// Adds the files of a tree.
    pub fn add<'a>(
        &mut self,
        tree: &Path,
        files: impl IntoIterator<Item = (&'a String, &'a Entry)>,
    ) {
        for (path, entry) in files {
            // An empty file has nothing to share.
            if entry.size > 0 {
                let place = (tree.join(path), entry.size);
                self.files.entry(entry.digest).or_insert(place);
            }
        }
    }

    fn find(&self, digest: &Digest, contents: &[u8]) -> Option<OwnedFd> {
        if self.is_useless.load(Ordering::Relaxed) {
            return None;
        }
        let (path, size) = self.files.get(digest)?;
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        (*size == contents.len() as u64).then(|| open(path, flags, Mode::empty()).ok())?
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
        if !fstat(&file).is_ok_and(is_fit) || !has_contents(&file, contents) {
            return false;
        }
        // By its descriptor: the name in the other tree may lead elsewhere by now.
        let source = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&file));
        match linkat(CWD, source, directory, name, AtFlags::SYMLINK_FOLLOW) {
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
fn clone_file(target: &OwnedFd, source: &OwnedFd) -> Result<(), Errno> {
    rustix::fs::ioctl_ficlone(target, source)
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn clone_file(_target: &OwnedFd, _source: &OwnedFd) -> Result<(), Errno> {
    Err(Errno::OPNOTSUPP)
}

fn has_contents(file: &OwnedFd, contents: &[u8]) -> bool {
    let mut buffer = vec![0; BUFFER.min(contents.len() + 1)];
    let mut at = 0;
    loop {
        match pread(file, &mut buffer[..], at as u64) {
            Ok(0) => return at == contents.len(),
            Ok(count) if contents[at..].starts_with(&buffer[..count]) => at += count,
            Err(Errno::INTR) => {}
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

#[cfg(test)]
mod tests {
    use super::*;
    use fs_err as fs;
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    const CONTENTS: &[u8] = b"package fmt\n";
    const READ: u32 = 0o444;

    /// A tree with one file, in which others can be linked.
    struct Place(tempfile::TempDir);

    impl Place {
        fn new() -> Self {
            let place = Self(tempfile::tempdir().unwrap());
            fs::write(place.known(), CONTENTS).unwrap();
            place.change_mode(READ);
            place
        }

        fn known(&self) -> PathBuf {
            self.0.path().join("known")
        }

        fn change_mode(&self, mode: u32) {
            fs::set_permissions(self.known(), std::fs::Permissions::from_mode(mode)).unwrap();
        }

        /// Says whether a file with these contents and this mode becomes the known one.
        fn links(&self, how: Sharing, contents: &[u8], mode: u32) -> bool {
            let mut twins = Twins::new(how);
            let size = CONTENTS.len() as u64;
            let entry = Entry { digest: Digest::of(CONTENTS), size };
            twins.add(self.0.path(), [(&"known".to_owned(), &entry)]);
            let directory = open(self.0.path(), OFlags::RDONLY, Mode::empty()).unwrap();
            let linked = twins.link(&entry.digest, contents, &directory, "new", mode);
            let new = self.0.path().join("new");
            let inode = |path| fs::metadata(path).map(|found| found.ino()).ok();
            let wanted = linked.then(|| inode(self.known())).flatten();
            assert_eq!(inode(new.clone()), wanted);
            _ = fs::remove_file(new);
            linked
        }
    }

    #[test]
    fn a_file_is_linked_only_where_it_is_what_would_be_written() {
        let place = Place::new();
        assert!(place.links(Sharing::Link, CONTENTS, READ));
        assert!(!place.links(Sharing::Clone, CONTENTS, READ));
        assert!(!place.links(Sharing::Link, CONTENTS, 0o555));
        assert!(!place.links(Sharing::Link, b"package fmt", READ));
        assert!(!place.links(Sharing::Link, b"package evil", READ));
        // Others may have fewer rights, as by a umask; nobody may have more.
        for (mode, fits) in
            [(0o400, true), (0o440, true), (0o644, false), (0o445, false), (0, false)]
        {
            place.change_mode(mode);
            // Root can open what has no rights at all.
            assert_eq!(place.links(Sharing::Link, CONTENTS, READ), fits, "{mode:o}");
        }
        place.change_mode(0o755);
        fs::write(place.known(), "package evl\n").unwrap();
        place.change_mode(READ);
        assert!(!place.links(Sharing::Link, CONTENTS, READ));
    }

    #[test]
    fn nothing_that_is_no_file_of_this_user_is_linked() {
        let place = Place::new();
        let elsewhere = place.0.path().join("elsewhere");
        fs::rename(place.known(), &elsewhere).unwrap();
        assert!(!place.links(Sharing::Link, CONTENTS, READ));
        fs_err::os::unix::fs::symlink(&elsewhere, place.known()).unwrap();
        assert!(!place.links(Sharing::Link, CONTENTS, READ));
        fs::remove_file(place.known()).unwrap();
        fs::rename(&elsewhere, place.known()).unwrap();
        assert!(place.links(Sharing::Link, CONTENTS, READ));
        if std::os::unix::fs::chown(place.known(), Some(12345), None).is_ok() {
            assert!(!place.links(Sharing::Link, CONTENTS, READ));
        }
    }

    #[test]
    fn a_file_system_that_cannot_is_asked_once() {
        let twins = Twins::new(Sharing::Clone);
        twins.give_up(Errno::NOSPC);
        assert!(!twins.is_useless.load(Ordering::Relaxed));
        twins.give_up(Errno::OPNOTSUPP);
        assert!(twins.is_useless.load(Ordering::Relaxed));
    }
}
