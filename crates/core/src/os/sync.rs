//! Bringing to the disk what was written.

use std::fs::File;
use std::io;

/// Brings a file, or the names in a directory, to the disk. Windows has its own log for names, and lets
/// nobody ask for it.
pub fn file(file: &fs_err::File) -> io::Result<()> {
    super::failpoint!(Sync);
    #[cfg(windows)]
    if file.metadata()?.is_dir() {
        return Ok(());
    }
    file.sync_all()
}

/// Brings everything that was written to the file system of an open directory to the disk.
pub fn file_system(directory: &File) -> io::Result<()> {
    super::retry(|| {
        super::failpoint!(SyncVolume);
        all(directory)
    })
}

#[cfg_attr(
    not(any(target_os = "linux", target_os = "android", target_vendor = "apple")),
    expect(clippy::unnecessary_wraps, reason = "as where it can fail")
)]
fn all(directory: &File) -> io::Result<()> {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    return Ok(rustix::fs::syncfs(directory)?);
    #[cfg(target_vendor = "apple")]
    {
        // `sync` only sees to it that everything is on its way. That is left to volumes that know
        // nothing else, and the full sync of one file, which empties the cache of their disk.
        super::apple::sync_volume(directory).or_else(|_| {
            rustix::fs::sync();
            directory.sync_all()
        })
    }
    #[cfg(all(
        unix,
        not(any(target_os = "linux", target_os = "android", target_vendor = "apple"))
    ))]
    {
        _ = directory;
        rustix::fs::sync();
        Ok(())
    }
    #[cfg(windows)]
    {
        _ = directory;
        Ok(())
    }
}
