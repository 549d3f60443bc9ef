//! The operating system, behind one small interface: strings of bytes, one file to read, a few
//! questions about a path, and who asks.
//!
//! Each family of systems has a module with the same types and functions: `linux_raw`, which asks
//! the kernel itself, `unix`, which asks std, and `windows`, which asks std and where that has no
//! answer Windows itself. What is above them is written once, over bytes: how a system marks the end
//! of a string, or keeps a list of strings, is its module's business.
//!
//! A module has the types [`Text`], [`OwnedText`] and [`File`], and the functions that are used
//! here. `linux_raw` has besides what a program without libc needs: `Texts`, `exec`, `exit` and
//! `more_memory`; `windows` has what stands in for the exec of other systems.

#[cfg(linux)]
mod linux_raw;
#[cfg(not(linux))]
mod text;
#[cfg(not(any(linux, windows)))]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(linux)]
use linux_raw as system;
#[cfg(not(any(linux, windows)))]
use unix as system;
#[cfg(windows)]
use windows as system;

#[cfg(linux)]
pub use linux_raw::{Texts, exec, exit, more_memory};
pub use system::{
    File, OwnedText, Text, canonical, complain, effective_user, executable, link, open_if,
    own_path, stamp, status, working_directory,
};
#[cfg(windows)]
pub use windows::{Facts, User, exec, os_string, replace_process, started_by, text};

use alloc::vec::Vec;
use core::fmt;

impl<'a> Text<'a> {
    /// Returns what stands before and behind the first `=`; `None` when it names no variable.
    pub fn variable(self) -> Option<(&'a [u8], &'a [u8])> {
        let name = self.name();
        let value = self.to_bytes().get(name.len() + 1..)?;
        (!name.is_empty()).then_some((name, value))
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.to_bytes().escape_ascii())
    }
}

impl PartialEq for Text<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.to_bytes() == other.to_bytes()
    }
}

impl Eq for Text<'_> {}

impl OwnedText {
    /// Makes an entry of an environment.
    pub fn entry(name: &str, value: &[u8]) -> Self {
        Self::of([name.as_bytes(), b"=", value])
    }
}

impl fmt::Debug for OwnedText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_text().fmt(f)
    }
}

/// Whoever can own a file: its number.
#[cfg(not(windows))]
pub type User = u32;

/// The file that is always empty.
pub(crate) const EMPTY_FILE: &[u8] = if cfg!(windows) { b"NUL" } else { b"/dev/null" };

/// Returns true for the user who may do anything anyway.
#[inline]
pub fn is_root(user: User) -> bool {
    #[cfg(not(windows))]
    return user == 0;
    #[cfg(windows)]
    return user.is_root();
}

/// Reads a user, as [`trust`](crate::trust) writes one.
pub fn parse_user(text: &str) -> Option<User> {
    #[cfg(not(windows))]
    return text.parse().ok();
    #[cfg(windows)]
    return User::parse(text);
}

/// Returns true when the system takes one name of a variable for the other.
#[inline]
pub(crate) fn is_variable(one: &[u8], other: &[u8]) -> bool {
    if cfg!(windows) { one.eq_ignore_ascii_case(other) } else { one == other }
}

/// A file that was read, and whose it was then.
#[derive(Debug, PartialEq, Eq)]
pub struct OwnedFile {
    /// What it holds.
    pub text: Vec<u8>,
    /// The user it belongs to.
    pub owner: User,
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

/// What passes: a signal came, the call would have had to wait, a server of files was restarted.
#[cfg(target_os = "linux")]
mod passing {
    pub(super) const EINTR: i32 = 4;
    pub(super) const EAGAIN: i32 = 11;
    pub(super) const ESTALE: i32 = 116;
}
#[cfg(not(any(target_os = "linux", windows)))]
mod passing {
    pub(super) const EINTR: i32 = 4;
    pub(super) const EAGAIN: i32 = 35;
    pub(super) const ESTALE: i32 = 70;
}
/// Errors of networks: of a session that ended, and of a name that is looked up again. What another
/// process causes is waited for where files are opened.
#[cfg(windows)]
mod passing {
    pub(super) const EINTR: i32 = 64;
    pub(super) const EAGAIN: i32 = 59;
    pub(super) const ESTALE: i32 = 240;
}

/// How often a file is read that fails only for a moment.
const ATTEMPTS: usize = 4;

/// Reads a regular file of at most `limit` bytes; `None` when there is none. Owner and text are
/// those of one descriptor. What passes is tried again.
///
/// # Errors
///
/// See [`ReadError`]. Links are not followed, and a pipe does not block.
#[inline]
pub fn read_owned(path: Text, limit: usize) -> Result<Option<OwnedFile>, ReadError> {
    match system::read_owned(path, limit) {
        Err(ReadError::Os(code)) if is_passing(code) => read_again(path, limit),
        read => read,
    }
}

#[cold]
fn read_again(path: Text, limit: usize) -> Result<Option<OwnedFile>, ReadError> {
    for _ in 2..ATTEMPTS {
        match system::read_owned(path, limit) {
            Err(ReadError::Os(code)) if is_passing(code) => {}
            read => return read,
        }
    }
    system::read_owned(path, limit)
}

fn is_passing(code: i32) -> bool {
    matches!(code, passing::EINTR | passing::EAGAIN | passing::ESTALE)
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
    pub owner: User,
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Identity {
    /// The file system.
    pub device: u64,
    /// The file on it.
    pub inode: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_split_at_its_first_equals_sign() {
        let cases: [(&[u8], &[u8]); 7] = [
            (b"", b""),
            (b"a", b""),
            (b"=", b""),
            (b"a=", b"a"),
            (b"abc", b""),
            (b"abcd=e=f", b"abcd"),
            (b"\xff\xfe=x", b"\xff\xfe"),
        ];
        for (bytes, name) in cases {
            let owned = OwnedText::of([bytes]);
            let text = owned.as_text();
            assert_eq!((text.to_bytes(), text.name()), (bytes, name), "{text:?}");
            let value = bytes.get(name.len() + 1..).unwrap_or_default();
            assert_eq!(text.variable(), (!name.is_empty()).then_some((name, value)), "{text:?}");
        }
    }

    #[test]
    fn an_entry_is_made_of_name_and_value() {
        let made = |name, value| OwnedText::entry(name, value).as_text().to_bytes().to_vec();
        assert_eq!(made("A", b"b=c"), b"A=b=c");
        assert_eq!(made("A", b""), b"A=");
        assert_eq!(made("A", b"b\0c"), b"A=b");
        let long = "x".repeat(100_000);
        assert_eq!(made("A", long.as_bytes()), std::format!("A={long}").as_bytes());
    }
}
