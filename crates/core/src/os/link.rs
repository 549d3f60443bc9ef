//! Links: names that lead to another name, and files with several names.

use std::io;
use std::path::{Path, PathBuf};

/// Makes a symbolic link at `link` that leads to `target`.
pub fn symlink(target: &Path, link: &Path) -> io::Result<()> {
    #[cfg(unix)]
    return fs_err::os::unix::fs::symlink(target, link);
    #[cfg(windows)]
    return fs_err::os::windows::fs::symlink_file(target, link);
}

/// Returns the path of what `path` leads to, as people write it: Windows puts `\\?\` in front.
pub fn canonical(path: &Path) -> io::Result<PathBuf> {
    let found = fs_err::canonicalize(path)?;
    #[cfg(unix)]
    return Ok(found);
    #[cfg(windows)]
    {
        let plain = goward_shim::sys::canonical(found.as_os_str().as_encoded_bytes());
        Ok(plain.map_or(found, super::bytes::into_path))
    }
}

/// Gives the file `target` another name, `link`.
pub fn hard(target: &Path, link: &Path) -> io::Result<()> {
    super::failpoint!(Link);
    fs_err::hard_link(target, link)
}

/// Makes `link` a name of the program `target`: a symbolic link, on Windows a hard link, else a copy.
pub fn program(target: &Path, link: &Path) -> io::Result<()> {
    #[cfg(unix)]
    return symlink(target, link);
    #[cfg(windows)]
    return hard(target, link).or_else(|_| fs_err::copy(target, link).map(drop));
}

/// Returns true for what [`program`] makes.
pub fn is_of(target: &Path, link: &Path) -> bool {
    #[cfg(unix)]
    return fs_err::read_link(link).is_ok_and(|found| found == target);
    #[cfg(windows)]
    {
        use super::Metadata;
        let (Ok(one), Ok(other)) = (Metadata::of(target), Metadata::of(link)) else { return false };
        let read = || Some((fs_err::read(target).ok()?, fs_err::read(link).ok()?));
        one.identity() == other.identity()
            || one.len() == other.len() && read().is_some_and(|(one, other)| one == other)
    }
}
