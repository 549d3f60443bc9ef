//! The operating system: reading one file, five questions about a path, and who asks.
//!
//! Each platform family has one file with the same functions; `portable` is std's.

#[cfg(linux)]
mod linux;
#[cfg(not(linux))]
mod portable;

mod text;

pub(crate) use text::printable;
pub use text::{Letters, OwnedText, Text, Texts};

#[cfg(linux)]
use linux as system;
#[cfg(not(linux))]
use portable as system;

#[cfg(linux)]
pub use linux::{exec, exit, more_memory};
pub use system::{
    File, canonical, complain, effective_user, executable, link, open_if, own_path, read_owned,
    stamp, status, working_directory,
};

use alloc::vec::Vec;

/// A file that was read, and whose it was then.
#[derive(Debug, PartialEq, Eq)]
pub struct OwnedFile {
    /// What it holds.
    pub text: Vec<u8>,
    /// The user it belongs to.
    pub owner: u32,
    /// The file itself, still open.
    pub file: File,
}

/// Room for a file that holds a short text.
const SHORT: usize = 64;

/// Returns true when this is what a file with the text holds.
fn is_text(read: &[u8], text: &[u8]) -> bool {
    read.strip_prefix(text).is_some_and(|rest| matches!(rest, b"" | b"\n"))
}

/// Returns which file `path` leads to.
pub fn identity(path: &[u8]) -> Option<Identity> {
    stamp(OwnedText::of([path]).as_text()).map(|stamp| stamp.identity)
}

/// Like [`read_owned`], where it does not matter whose the file is.
///
/// # Errors
///
/// See [`ReadError`].
pub fn read_file(path: &[u8], limit: usize) -> Result<Option<Vec<u8>>, ReadError> {
    read_owned(OwnedText::of([path]).as_text(), limit).map(|file| file.map(|file| file.text))
}

/// Why a file that is there was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadError {
    /// It is a link that leads to nothing.
    Dangling,
    /// It is a link.
    Link,
    /// It has to be there, and is not.
    NotFound,
    /// It is a directory, a device or a pipe.
    NotRegular,
    /// The operating system's error number.
    Os(i32),
    /// It is a link that leads out of the repository.
    Outside,
    /// It is longer than it may be.
    TooLarge,
}

/// Whose a file is, and what may be done with it; a link is a file of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// The user it belongs to.
    pub owner: u32,
    /// Its kind and its permissions, as `stat` has them.
    pub mode: u32,
}

impl Status {
    /// Returns true for a directory.
    pub fn is_directory(&self) -> bool {
        self.mode & 0o170_000 == 0o040_000
    }
}

/// The state of a file: two that are equal have the same content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Which file.
    pub identity: Identity,
    /// Its size in bytes.
    pub size: u64,
    /// When it last changed in any way, in nanoseconds.
    pub changed: i128,
}

/// Device and inode of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The file system.
    pub device: u64,
    /// The file on it.
    pub inode: u64,
}

/// Returns true for an absolute path without `.` and `..`: one with `..` in it would be walked up
/// through directories that are not above.
fn is_clean(path: &[u8]) -> bool {
    path.starts_with(b"/") && !path.split(|&b| b == b'/').any(|part| part == b".." || part == b".")
}
