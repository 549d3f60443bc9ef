//! Archives of Go releases, taken apart without trusting them.
//!
//! `ops` calls [`unpack`], or the module of one kind, and gets each regular file as path, size and
//! contents through a closure; this module never touches the file system itself. What it promises:
//! every path is an [`EntryPath`]; no path comes twice, not even in other letters; nothing is ever
//! both file and directory; links, devices and whatever else Go's own writer does not produce end
//! the matter with an error that names the entry; and [`Limits`] hold while reading, so that a
//! small archive cannot fill the disk.
//!
//! The crates `tar`, `flate2` and `zip` are used as parsers only. What one of them would accept and
//! another reader would see differently is refused here.

mod entry_path;
mod gate;
pub mod tar_gz;
pub mod wheel;
pub mod zip;
mod zip_layout;

#[cfg(test)]
#[path = "../../tests/common/archives.rs"]
pub(crate) mod samples;
#[cfg(test)]
mod tests;

pub use entry_path::{EntryPath, EntryPathError, Problem};

use crate::error::Result;
use std::io::{Read, Seek};

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

/// How much an archive may hold. The largest release so far has a third of each.
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
}

impl Default for Limits {
    fn default() -> Self {
        Self { total: 1 << 30, entries: 30_000, file: 256 << 20, ratio: 200 }
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

/// Takes one regular file: path, size, and a reader of exactly that many bytes. What it leaves
/// unread is skipped.
pub type Sink<'a> = dyn FnMut(&EntryPath, u64, &mut dyn Read) -> Result<()> + 'a;

/// Hands each regular file of an archive to `sink`. `name` is the archive's name in messages.
///
/// # Errors
///
/// [`Verification`](crate::error::Kind::Verification) for an archive that is damaged or refused,
/// with the entry named; files before that entry have been handed over. Errors of `sink` and of
/// reading `input` come back as they are.
pub fn unpack<R: Read + Seek>(
    kind: Kind,
    name: &str,
    input: R,
    limits: &Limits,
    sink: &mut Sink<'_>,
) -> Result<Contents> {
    match kind {
        Kind::TarGz => tar_gz::unpack(name, input, limits, sink),
        Kind::Zip => zip::unpack(name, input, limits, sink),
        Kind::Wheel => wheel::unpack(name, input, limits, sink),
    }
}
