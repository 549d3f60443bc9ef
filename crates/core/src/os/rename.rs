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
        let renamed = super::retry(|| {
            super::failpoint!(RenameNew);
            Ok(renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE)?)
        });
        renamed.map_err(|error: io::Error| match Errno::from_io_error(&error) {
            // Network file systems and old kernels.
            Some(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => io::ErrorKind::Unsupported.into(),
            _ => error,
        })
    }
    #[cfg(windows)]
    {
        // A directory is never put in the place of another there; a file would be.
        match to.symlink_metadata() {
            Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
            Err(_) => replacing(from, to),
        }
    }
    #[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple", windows)))]
    {
        _ = (from, to);
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// Renames what is at `from` to `to`, in the place of what is there.
///
/// On Windows a scanner that reads one of them is waited for, and a file that is read-only, or a
/// program that runs, is renamed away first: it goes on, and lies where the other one was. Whoever
/// puts that into a directory of work has it removed with the rest of it.
pub fn replacing(from: &Path, to: &Path) -> io::Result<()> {
    super::failpoint!(Rename);
    #[cfg(unix)]
    return fs_err::rename(from, to);
    #[cfg(windows)]
    return windows::replacing(from, to);
}

#[cfg(windows)]
mod windows {
    use super::{Path, io};
    use crate::os::remove::is_held;
    use std::thread::sleep;
    use std::time::Duration;

    /// How long a scanner is waited for, in milliseconds.
    const PAUSES: [u64; 6] = [10, 20, 40, 80, 160, 320];

    pub(super) fn replacing(from: &Path, to: &Path) -> io::Result<()> {
        let mut pauses = PAUSES.into_iter();
        loop {
            let error = match fs_err::rename(from, to) {
                Err(error) if is_held(&error) => error,
                renamed => return renamed,
            };
            if to.is_file() && put_away(from, to).is_ok() {
                return Ok(());
            }
            let Some(pause) = pauses.next() else { return Err(error) };
            sleep(Duration::from_millis(pause));
        }
    }

    /// Renames the file at `to` away, beside the other one, and puts that one there.
    fn put_away(from: &Path, to: &Path) -> io::Result<()> {
        let directory = from.parent().unwrap_or(Path::new("."));
        let (_, away) = tempfile::Builder::new().prefix(".old-").tempfile_in(directory)?.keep()?;
        fs_err::remove_file(&away)?;
        fs_err::rename(to, &away)?;
        if let Err(error) = fs_err::rename(from, to) {
            fs_err::rename(&away, to)?;
            return Err(error);
        }
        // One that runs stays until somebody removes it.
        _ = fs_err::remove_file(&away);
        Ok(())
    }
}

/// Exchanges what is at the two paths, in one step.
pub fn exchange(one: &Path, other: &Path) -> io::Result<()> {
    #[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        super::retry(|| {
            super::failpoint!(Exchange);
            Ok(renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE)?)
        })
    }
    #[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
    {
        _ = (one, other);
        Err(io::ErrorKind::Unsupported.into())
    }
}
