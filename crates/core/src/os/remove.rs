//! Removing what may be read-only and may hold links.

use std::io;
use std::path::Path;

/// Removes whatever is at `path`, a directory with all in it, read-only or not. Links are removed,
/// never followed. What somebody else removes at the same time is no error.
pub fn tree(path: &Path) -> io::Result<()> {
    system::tree(path)
}

/// Removes the file at `path`. On Windows a program that runs cannot be removed: it is renamed into
/// the directory `aside`, where it goes on.
pub fn program(path: &Path, aside: &Path) -> io::Result<()> {
    let removed = fs_err::remove_file(path);
    match &removed {
        Err(error) if is_held(error) => {
            let name = path.file_name().unwrap_or_default();
            fs_err::rename(path, aside.join(name)).or(removed)
        }
        _ => removed,
    }
}

/// Returns true for an error that Windows has for a file that somebody runs, reads or stands in.
/// Elsewhere no such thing hinders.
pub fn is_held(error: &io::Error) -> bool {
    use io::ErrorKind::{PermissionDenied, ResourceBusy};
    /// Another process has the file for itself.
    const SHARING_VIOLATION: i32 = 32;
    cfg!(windows)
        && (matches!(error.kind(), PermissionDenied | ResourceBusy)
            || error.raw_os_error() == Some(SHARING_VIOLATION))
}

#[cfg(unix)]
mod system {
    use super::{Path, io};
    use crate::os::retry;
    use rustix::fd::{AsFd, BorrowedFd};
    use rustix::fs::{AtFlags, CWD, Dir, Mode, OFlags, fchmod, openat, unlinkat};
    use rustix::io::Errno;
    use rustix::path::Arg;

    pub(super) fn tree(path: &Path) -> io::Result<()> {
        Ok(remove(CWD, path)?)
    }

    /// Removes what is in a directory, going from one open directory to the next, so that no name can
    /// be swapped for a link on the way.
    fn empty(parent: BorrowedFd<'_>, path: impl Arg + Copy) -> Result<(), Errno> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let directory = retry(|| openat(parent, path, flags, Mode::empty()))?;
        retry(|| fchmod(&directory, Mode::RWXU))?;
        for entry in retry(|| Dir::read_from(&directory)?.collect::<Result<Vec<_>, _>>())? {
            if !matches!(entry.file_name().to_bytes(), b"." | b"..") {
                remove(directory.as_fd(), entry.file_name())?;
            }
        }
        Ok(())
    }

    fn remove<P: Arg + Copy>(directory: BorrowedFd<'_>, name: P) -> Result<(), Errno> {
        // Linux says EISDIR for a directory, other systems EPERM.
        match retry(|| unlinkat(directory, name, AtFlags::empty())) {
            Ok(()) | Err(Errno::NOENT) => return Ok(()),
            Err(Errno::ISDIR | Errno::PERM) => {}
            Err(errno) => return Err(errno),
        }
        let removed = empty(directory, name)
            .and_then(|()| retry(|| unlinkat(directory, name, AtFlags::REMOVEDIR)));
        match removed {
            Err(Errno::NOENT) => Ok(()),
            result => result,
        }
    }
}

#[cfg(windows)]
#[expect(clippy::disallowed_methods, reason = "whoever uses it names the path")]
mod system {
    use super::{Path, io};
    use std::fs;

    pub(super) fn tree(path: &Path) -> io::Result<()> {
        match remove(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) if super::is_held(&error) => {
                Err(io::Error::new(io::ErrorKind::ResourceBusy, error))
            }
            result => result,
        }
    }

    fn remove(path: &Path) -> io::Result<()> {
        let found = fs::symlink_metadata(path)?;
        if !found.is_dir() {
            // A link to a directory is one for `remove_dir`.
            return fs::remove_file(path).or_else(|error| fs::remove_dir(path).map_err(|_| error));
        }
        for entry in fs::read_dir(path)? {
            tree(&entry?.path())?;
        }
        fs::remove_dir(path)
    }
}
