//! What of a store is shared, and how much room it takes.

use super::{Installed, Store, entries};
use crate::error::Result;
use crate::platform::Platform;
use crate::verify::{Sharing, Twins, twins};
use crate::version::GoVersion;
use fs_err as fs;
use std::collections::HashSet;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// How many toolchains are looked through for known files: the nearest have most of them.
const NEAREST: usize = 2;
/// The unit of `st_blocks`.
const BLOCK: u64 = 512;

/// Files that were counted already: device and inode.
pub type Counted = HashSet<(u64, u64)>;

impl Store {
    /// Returns the files that a toolchain to be installed in `staging` can share; `None` when there
    /// are none, or the file system cannot share them like that.
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    pub fn twins(
        &self,
        version: GoVersion,
        platform: Platform,
        how: Sharing,
        staging: &Path,
    ) -> Result<Option<Twins>> {
        let mut known = self.list()?;
        // What was linked is not goward's to share.
        known.retain(|found| found.receipt.platform == platform && !found.is_linked());
        if known.is_empty() || how == Sharing::Clone && !twins::can_clone(staging) {
            return Ok(None);
        }
        known.sort_by_key(|found| {
            let other = found.receipt.version;
            (other.minor().abs_diff(version.minor()), std::cmp::Reverse(other))
        });
        let mut twins = Twins::new(how);
        for found in known.iter().take(NEAREST) {
            twins.add(&found.tree, &self.files(found)?.unwrap_or_default());
        }
        Ok(Some(twins))
    }

    /// Returns how many bytes of the disk an installed toolchain takes, without the files that are
    /// `counted`, which get those of this one. Clones count in full: nothing says what they share.
    ///
    /// # Errors
    ///
    /// When its directories cannot be read.
    pub fn disk(&self, installed: &Installed, counted: &mut Counted) -> Result<u64> {
        if installed.is_linked() {
            return Ok(0);
        }
        let mut bytes = 0;
        for top in [Some(&installed.tree), installed.extra.as_ref()].into_iter().flatten() {
            bytes += measure(top, counted)?;
        }
        Ok(bytes)
    }
}

fn measure(directory: &Path, counted: &mut Counted) -> Result<u64> {
    let mut bytes = fs::symlink_metadata(directory)?.blocks() * BLOCK;
    for entry in entries(directory)? {
        let metadata = entry.metadata()?;
        if metadata.is_dir() {
            bytes += measure(&entry.path(), counted)?;
        } else if metadata.nlink() == 1 || counted.insert((metadata.dev(), metadata.ino())) {
            bytes += metadata.blocks() * BLOCK;
        }
    }
    Ok(bytes)
}
