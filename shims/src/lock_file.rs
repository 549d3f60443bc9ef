//! The file of a lock.

use crate::sys;
use alloc::vec::Vec;

/// A lock that was found and read, not yet parsed.
#[derive(Debug, PartialEq, Eq)]
pub struct Found {
    /// Where it is; where a link is, if one leads to it.
    pub path: Vec<u8>,
    /// What it holds.
    pub text: Vec<u8>,
    /// The user it belongs to.
    pub owner: sys::User,
    /// The file itself. The shim leaves it to the exec to close it.
    pub file: Option<sys::File>,
}

impl Found {
    /// Takes a lock that was read at `path`.
    pub fn new(path: Vec<u8>, file: sys::OwnedFile) -> Self {
        Self { path, text: file.text, owner: file.owner, file: Some(file.file) }
    }
}
