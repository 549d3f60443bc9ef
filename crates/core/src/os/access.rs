//! What this process may do.

use std::io;
use std::path::Path;

/// Requires that files in a directory may be made and removed.
pub fn may_change(directory: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use rustix::fs::{Access, access};
        Ok(super::retry(|| access(directory, Access::WRITE_OK | Access::EXEC_OK))?)
    }
    #[cfg(windows)]
    {
        // Only an attempt says so.
        tempfile::tempfile_in(directory).map(drop)
    }
}
