//! The operating system through std, for every Unix.

extern crate std;

pub use super::text::{OwnedText, Text};

use super::{Identity, OwnedFile, ReadError, Stamp, Status};
use crate::path;
use alloc::vec::Vec;
use std::ffi::OsStr;
use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

/// `O_NOFOLLOW | O_NONBLOCK` and the error that a link gives, which std does not name.
#[cfg(all(
    target_os = "linux",
    any(target_arch = "aarch64", target_arch = "arm", target_arch = "powerpc64")
))]
mod flags {
    pub(super) const OPEN: i32 = 0o100_000 | 0o4000;
    pub(super) const IS_A_LINK: i32 = 40;
}
#[cfg(all(
    target_os = "linux",
    not(any(target_arch = "aarch64", target_arch = "arm", target_arch = "powerpc64"))
))]
mod flags {
    pub(super) const OPEN: i32 = 0o400_000 | 0o4000;
    pub(super) const IS_A_LINK: i32 = 40;
}
#[cfg(not(target_os = "linux"))]
mod flags {
    pub(super) const OPEN: i32 = 0x100 | 4;
    pub(super) const IS_A_LINK: i32 = 62;
}

/// An open file, closed when it is dropped.
#[derive(Debug)]
pub struct File(fs::File);

impl PartialEq for File {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_raw_fd() == other.0.as_raw_fd()
    }
}

impl Eq for File {}

/// Returns the working directory: `pwd` when it is an absolute name of it, as Go does
/// (`os.Getwd`), else the one without links.
pub fn working_directory(pwd: Option<&[u8]>) -> Option<Vec<u8>> {
    let identity =
        |path: &[u8]| fs::metadata(OsStr::from_bytes(path)).ok().map(|m| (m.dev(), m.ino()));
    if let Some(pwd) = pwd.filter(|pwd| path::is_clean(pwd)) {
        let here = identity(b".");
        if here.is_some() && identity(pwd) == here {
            return Some(pwd.into());
        }
    }
    std::env::current_dir().ok().map(|path| path.into_os_string().into_vec())
}

/// Returns the path without links, `.` and `..`, if it leads somewhere.
pub fn canonical(path: &[u8]) -> Option<Vec<u8>> {
    Some(fs::canonicalize(OsStr::from_bytes(path)).ok()?.into_os_string().into_vec())
}

/// Returns the text of the link at `path`, if that is one.
pub fn link(path: &[u8]) -> Option<Vec<u8>> {
    Some(fs::read_link(OsStr::from_bytes(path)).ok()?.into_os_string().into_vec())
}

/// Returns this program's own path, links resolved.
pub fn own_path() -> Option<Vec<u8>> {
    let path = std::env::current_exe().ok()?;
    Some(fs::canonicalize(&path).unwrap_or(path).into_os_string().into_vec())
}

/// Returns the user that the kernel asks about when this process opens a file.
///
/// A new pipe belongs to that user, whether or not `/proc` is there and whatever it says; std has
/// no call that returns the user itself.
pub fn effective_user() -> Option<u32> {
    let (pipe, _) = io::pipe().ok()?;
    Some(fs::File::from(OwnedFd::from(pipe)).metadata().ok()?.uid())
}

/// Reads a regular file of at most `limit` bytes; `None` when there is none. Owner and text are
/// those of one descriptor.
///
/// # Errors
///
/// See [`ReadError`]. Links are not followed, and a pipe does not block.
pub(super) fn read_owned(path: Text, limit: usize) -> Result<Option<OwnedFile>, ReadError> {
    let os = |error: io::Error| match error.raw_os_error() {
        Some(flags::IS_A_LINK) => ReadError::Link,
        code => ReadError::Os(code.unwrap_or(0)),
    };
    let opened = OpenOptions::new()
        .read(true)
        .custom_flags(flags::OPEN)
        .open(Path::new(OsStr::from_bytes(path.to_bytes())));
    let file = match opened {
        Ok(file) => file,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(error) => return Err(os(error)),
    };
    let metadata = file.metadata().map_err(os)?;
    if !metadata.is_file() {
        return Err(ReadError::NotRegular);
    }
    if metadata.len() > limit as u64 {
        return Err(ReadError::TooLarge);
    }
    // One byte more than the file has, so that one read ends it.
    let mut text = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0) + 1);
    (&file).take(limit as u64 + 1).read_to_end(&mut text).map_err(os)?;
    if text.len() > limit {
        return Err(ReadError::TooLarge);
    }
    Ok(Some(OwnedFile { text, owner: metadata.uid(), file: File(file) }))
}

/// Opens the file that `path` leads to, if it holds `text`, of less than 64 bytes, or that and a
/// line feed.
pub fn open_if(path: Text, text: &[u8]) -> Option<File> {
    let opened = OpenOptions::new()
        .read(true)
        .custom_flags(flags::OPEN)
        .open(Path::new(OsStr::from_bytes(path.to_bytes())));
    let file = opened.ok()?;
    let mut bytes = [0; super::SHORT];
    let length = (&file).read(&mut bytes).ok()?;
    super::is_text(bytes.get(..length)?, text).then_some(File(file))
}

/// Returns which file `path` leads to, if that is an executable regular file.
pub fn executable(path: &[u8]) -> Option<Identity> {
    let metadata = fs::metadata(OsStr::from_bytes(path)).ok()?;
    let runs = metadata.is_file() && metadata.permissions().mode() & 0o111 != 0;
    runs.then(|| Identity { device: metadata.dev(), inode: metadata.ino() })
}

/// Returns whose the file or link at `path` is, if there is one.
pub fn status(path: Text) -> Option<Status> {
    let metadata = fs::symlink_metadata(OsStr::from_bytes(path.to_bytes())).ok()?;
    Some(Status { owner: metadata.uid(), mode: metadata.mode() })
}

/// Returns the state of the file that `path` leads to.
pub fn stamp(path: Text) -> Option<Stamp> {
    let metadata = fs::metadata(OsStr::from_bytes(path.to_bytes())).ok()?;
    let seconds = i128::from(metadata.ctime()) * 1_000_000_000;
    Some(Stamp {
        identity: Identity { device: metadata.dev(), inode: metadata.ino() },
        size: metadata.len(),
        changed: seconds + i128::from(metadata.ctime_nsec()),
    })
}

/// Writes a message to standard error; where even that fails there is nobody to tell.
pub fn complain(message: &str) {
    _ = io::stderr().write_all(message.as_bytes());
}
