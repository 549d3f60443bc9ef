//! Deleting what may be read-only and may hold links.

use crate::os::remove;
use std::io;
use std::path::Path;

/// Deletes whatever is at `path`, a directory with all in it, read-only or not. Links are removed,
/// never followed. What somebody else deletes at the same time is no error.
pub(super) fn tree(path: &Path) -> io::Result<()> {
    remove::tree(path).map_err(|error| {
        let message = format!("failed to delete `{}`: {error}", path.display());
        io::Error::new(error.kind(), message)
    })
}
