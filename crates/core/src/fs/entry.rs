//! What a directory has in it.

use crate::os::Metadata;
use std::ffi::OsString;
use std::fs::FileType;
use std::io;
use std::path::PathBuf;

/// An entry of a directory, as in [`std::fs::DirEntry`].
#[derive(Debug)]
pub struct DirEntry(pub(super) fs_err::DirEntry);

impl DirEntry {
    /// See [`std::fs::DirEntry::path`].
    pub fn path(&self) -> PathBuf {
        self.0.path()
    }

    /// See [`std::fs::DirEntry::file_name`].
    pub fn file_name(&self) -> OsString {
        self.0.file_name()
    }

    /// See [`std::fs::DirEntry::file_type`].
    pub fn file_type(&self) -> io::Result<FileType> {
        self.0.file_type()
    }

    /// See [`std::fs::DirEntry::metadata`].
    pub fn metadata(&self) -> io::Result<Metadata> {
        Metadata::of_entry(&self.0)
    }
}
