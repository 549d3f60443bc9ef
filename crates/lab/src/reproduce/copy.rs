//! A copy of a project, and what a command changed in it.

use goward_core::error::{Error, Kind, Result};
use goward_core::fs::{self, Metadata};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A larger project is none, but somebody's home.
const MAX_FILES: usize = 500_000;

const MAX_BYTES: u64 = 20 << 30;

/// What git itself writes on the way is no output.
const REPOSITORY: &str = ".git";

/// Files below a directory, with what tells that one was written.
pub(crate) type Files = BTreeMap<PathBuf, Stamp>;

/// What changes when a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    size: u64,
    inode: u64,
    seconds: i64,
    nanoseconds: i64,
}

impl From<&Metadata> for Stamp {
    fn from(found: &Metadata) -> Self {
        let (seconds, nanoseconds) = found.modified_at();
        Self { size: found.len(), inode: found.identity().inode, seconds, nanoseconds }
    }
}

/// Copies directories, files and links; returns what the copy holds. Anything else is no part of a project.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<Files> {
    fs::create_dir_all(to)?;
    let (mut count, mut bytes) = (0, 0);
    let mut todo = vec![PathBuf::new()];
    while let Some(directory) = todo.pop() {
        for entry in fs::read_dir(from.join(&directory))? {
            let path = directory.join(entry.file_name());
            let (source, copy) = (entry.path(), to.join(&path));
            let found = fs::symlink_metadata(&source)?;
            count += 1;
            bytes += found.len();
            if count > MAX_FILES || bytes > MAX_BYTES {
                return Err(too_large(from));
            }
            if found.is_dir() {
                fs::create_dir(copy)?;
                todo.push(path);
            } else if found.is_symlink() {
                fs::symlink(fs::read_link(&source)?, copy)?;
            } else if found.is_file() {
                fs::copy(source, copy)?;
            }
        }
    }
    files(to)
}

fn too_large(from: &Path) -> Error {
    let from = from.display();
    Error::new(Kind::Failed, format!("`{from}` is too large to be copied twice"))
        .detail("it is the outermost directory with a lock, `go.work`, `go.mod` or `.git`")
        .detail("nothing was built")
}

/// Returns the files below a directory, without those of its repository.
pub(crate) fn files(below: &Path) -> Result<Files> {
    let mut files = Files::new();
    let mut todo = vec![PathBuf::new()];
    while let Some(directory) = todo.pop() {
        for entry in fs::read_dir(below.join(&directory))? {
            let path = directory.join(entry.file_name());
            let found = fs::symlink_metadata(entry.path())?;
            if found.is_dir() && entry.file_name() != REPOSITORY {
                todo.push(path);
            } else if found.is_file() {
                files.insert(path, Stamp::from(&found));
            }
        }
    }
    Ok(files)
}

/// Returns the files that were made or written since `before`.
pub(crate) fn written(below: &Path, before: &Files) -> Result<Vec<PathBuf>> {
    let now = files(below)?;
    let new = now.into_iter().filter(|(path, stamp)| before.get(path) != Some(stamp));
    Ok(new.map(|(path, _)| path).collect())
}
