//! Writing so that it lasts: new files and directories, and what has to be synced for them.

use crate::fs;
use crate::os::sync;
use std::io;
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::time::Duration;

/// The lock around rename and receipt, so that nobody takes the tree between them for a leftover.
pub(super) const LOCK: &str = "publish";

/// Renames take no time; whoever holds the lock this long has stopped.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// Makes a directory of a tree, in which nobody else writes.
pub(super) fn make_directory(path: &Path) -> io::Result<()> {
    fs::create_dir_with_mode(path, 0o755)
}

/// Brings everything written so far to the disk: one call instead of one per file.
pub(super) fn sync_data(directory: &Path) -> io::Result<()> {
    let directory = fs::File::open(directory)?;
    sync::file_system(directory.file()).map_err(|error| {
        let path = directory.path().display();
        let message = format!("failed to sync the file system of `{path}`: {error}");
        io::Error::new(error.kind(), message)
    })
}

/// Brings the names in a directory to the disk.
pub(super) fn sync_directory(directory: &Path) -> io::Result<()> {
    match fs::File::open(directory)?.sync_all() {
        // Some network file systems have no such thing as syncing a directory.
        Err(error) if error.kind() == ErrorKind::InvalidInput => Ok(()),
        result => result,
    }
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
