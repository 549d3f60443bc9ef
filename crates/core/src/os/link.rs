//! Links: names that lead to another name, and files with several names.

use std::io;
use std::path::Path;

/// Makes a symbolic link at `link` that leads to `target`.
pub fn symlink(target: &Path, link: &Path) -> io::Result<()> {
    #[cfg(unix)]
    return fs_err::os::unix::fs::symlink(target, link);
    #[cfg(windows)]
    return fs_err::os::windows::fs::symlink_file(target, link);
}
