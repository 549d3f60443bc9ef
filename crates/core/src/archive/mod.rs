//! Archives of Go releases, taken apart without trusting them.
//!
//! `install` calls [`unpack`], or the module of one kind, and gets each regular file as path, size and
//! contents through a closure; this module never touches the file system itself. What it promises:
//! every path is an [`EntryPath`]; no path comes twice, not even in other letters; nothing is ever
//! both file and directory; links, devices and whatever else Go's own writer does not produce end
//! the matter with an error that names the entry; and [`Limits`] hold while reading, so that a
//! small archive cannot fill the disk.
//!
//! With one sink everything happens in order on the caller's thread; several sinks work side by side,
//! with the same checks and the same refusals.
//!
//! The crates `tar`, `flate2` and `zip` are used as parsers only. What one of them would accept and
//! another reader would see differently is refused here.

pub mod delta;
mod entry_validator;
pub mod module;
pub mod module_zip;
pub mod pack;
mod parallel_writer;
pub mod partial_zip;
pub mod tar_gz;
#[cfg(test)]
mod tests;
pub mod wheel;
pub mod zip;
mod zip_layout;

use crate::error::Result;
use crate::io::read_at::{Cursor, ReadAt};
pub use entry_path::{EntryPath, EntryPathError, Problem};
use std::io::BufRead;

mod entry_path;

#[cfg(test)]
#[path = "../../../../tests/common/archives.rs"]
pub(crate) mod samples;

/// What kind of archive a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A release for anything but Windows.
    TarGz,
    /// A release for Windows.
    Zip,
    /// A package of the Python index that has a release in its `go/`.
    Wheel,
}

impl Kind {
    /// Returns the kind that a file name promises.
    pub fn of(name: &str) -> Option<Self> {
        [(".tar.gz", Self::TarGz), (".zip", Self::Zip), (".whl", Self::Wheel)]
            .into_iter()
            .find_map(|(ending, kind)| name.ends_with(ending).then_some(kind))
    }
}

/// How much an archive may hold, and how much memory its files may take on their way to several
/// sinks. The largest release so far has a third of what it may hold.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// All files together, in bytes.
    pub total: u64,
    /// Files and directories.
    pub entries: u64,
    /// One file, in bytes.
    pub file: u64,
    /// How many times the size of the archive its contents may have.
    pub ratio: u64,
    /// Bytes between the reader and the sinks.
    pub memory: u64,
    /// Bytes of entries that are inflated whole at the same time, packed and unpacked.
    pub whole: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            total: 1 << 30,
            entries: 30_000,
            file: 256 << 20,
            ratio: 200,
            memory: 24 << 20,
            whole: 32 << 20,
        }
    }
}

/// What an archive held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// Number of regular files.
    pub files: u64,
    /// Their size together.
    pub bytes: u64,
}

/// Takes one regular file: path, size, and a reader of exactly that many bytes, which shows a file of
/// up to a megabyte as a whole. What it leaves unread is skipped.
pub type Sink<'a> = dyn FnMut(&EntryPath, u64, &mut dyn BufRead) -> Result<()> + Send + 'a;

/// Hands each regular file of an archive to one of `sinks`. `name` is the archive's name in messages.
pub fn unpack(
    kind: Kind,
    name: &str,
    input: &dyn ReadAt,
    limits: &Limits,
    sinks: &mut [&mut Sink<'_>],
) -> Result<Contents> {
    match kind {
        Kind::TarGz => tar_gz::unpack(name, Cursor::new(input), limits, sinks),
        Kind::Zip => zip::unpack(name, input, limits, sinks),
        Kind::Wheel => wheel::unpack(name, input, limits, sinks),
    }
}
