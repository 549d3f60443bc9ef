//! Renames that never replace, and exchanges. Where a system or a file system has no such thing, they
//! fail with [`io::ErrorKind::Unsupported`] and have done nothing.

use std::io;
use std::path::Path;

/// Renames what is at `from` if nothing is at `to`.
pub fn without_replacing(from: &Path, to: &Path) -> io::Result<()> {
    #[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        use rustix::io::Errno;
        super::retry(|| renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE)).map_err(
            |errno| match errno {
                // Network file systems and old kernels.
                Errno::INVAL | Errno::NOSYS | Errno::NOTSUP => io::ErrorKind::Unsupported.into(),
                errno => errno.into(),
            },
        )
    }
    #[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
    {
        _ = (from, to);
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// Exchanges what is at the two paths, in one step.
pub fn exchange(one: &Path, other: &Path) -> io::Result<()> {
    #[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        let exchanged = super::retry(|| renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE));
        Ok(exchanged?)
    }
    #[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
    {
        _ = (one, other);
        Err(io::ErrorKind::Unsupported.into())
    }
}
