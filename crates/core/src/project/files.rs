//! Manifest and lock of a project, as bytes.

use crate::error::Result;
use crate::io::file;
use crate::project::manifest;
use goward_shim::{lock, names};
use std::path::Path;

/// The contents of manifest and lock; `None` for a file that is not there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files {
    /// `goward.toml`
    pub manifest: Option<Vec<u8>>,
    /// `goward.lock`
    pub lock: Option<Vec<u8>>,
}

impl Files {
    /// Reads the files in `directory`.
    pub(super) fn read(directory: &Path) -> Result<Self> {
        let read = |name, limit| {
            let path = directory.join(name);
            file::check_link(&path)?;
            file::read(&path, limit)
        };
        let manifest = read(names::MANIFEST_FILE, manifest::MAX_SIZE)?;
        let lock = read(names::LOCK_FILE, lock::MAX_SIZE as u64)?;
        Ok(Self { manifest, lock })
    }

    /// Returns which files have to change to become `other`: name, old and new content.
    pub fn changes<'f>(
        &'f self,
        other: &'f Self,
    ) -> impl Iterator<Item = (&'static str, Option<&'f [u8]>, Option<&'f [u8]>)> {
        let pairs = self.parts().into_iter().zip(other.parts());
        pairs.map(|((name, old), (_, new))| (name, old, new)).filter(|(_, old, new)| old != new)
    }

    /// Returns names and contents, in the order in which they are replaced.
    pub(super) fn parts(&self) -> [(&'static str, Option<&[u8]>); 2] {
        [(names::MANIFEST_FILE, self.manifest.as_deref()), (names::LOCK_FILE, self.lock.as_deref())]
    }
}
