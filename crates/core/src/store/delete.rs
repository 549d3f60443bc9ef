//! Deleting what may be read-only and may hold links.

use crate::fs::retry;
use rustix::fs::{AtFlags, CWD, Dir, Mode, OFlags, fchmod, openat, unlinkat};
use rustix::io::Errno;
use rustix::path::Arg;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;

/// Deletes whatever is at `path`, a directory with all in it, read-only or not. Links are removed,
/// never followed. What somebody else deletes at the same time is no error.
pub(super) fn tree(path: &Path) -> io::Result<()> {
    remove(CWD, path).map_err(|errno| {
        let message = format!("failed to delete `{}`: {errno}", path.display());
        io::Error::new(io::Error::from(errno).kind(), message)
    })
}

/// Deletes what is in a directory, going from one open directory to the next, so that no name can
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
