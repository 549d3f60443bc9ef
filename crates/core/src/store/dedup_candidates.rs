//! Files of the store that a new toolchain can share.

use crate::platform::Platform;
use crate::store::error::Result;
use crate::store::{InstalledToolchain, Store, place_in};
use crate::verify::{FileIndex, Sharing, dedup};
use crate::version::GoVersion;
use std::path::Path;

/// How many toolchains are looked through for known files: the nearest have most of them.
const NEAREST: usize = 2;

impl Store {
    /// Returns the files that a toolchain to be installed in `staging` can share; `None` when there
    /// are none, or the file system cannot share them like that.
    pub fn dedup_candidates(
        &self,
        version: GoVersion,
        platform: Platform,
        how: Sharing,
        staging: &Path,
    ) -> Result<Option<FileIndex>> {
        let known = self.similar(version, platform)?;
        if known.is_empty() || how == Sharing::Clone && !dedup::can_clone(staging) {
            return Ok(None);
        }
        let mut dedup_candidates = FileIndex::new(how);
        for found in known.iter().take(NEAREST) {
            let files = self.files(found)?.unwrap_or_default();
            dedup_candidates
                .add(files.iter().map(|(path, entry)| (place_in(&found.tree, path), *entry)));
        }
        Ok(Some(dedup_candidates))
    }

    /// Returns the toolchains of a platform that a release may have files of, the likeliest first. What
    /// was linked is not goward's to share.
    pub fn similar(
        &self,
        version: GoVersion,
        platform: Platform,
    ) -> Result<Vec<InstalledToolchain>> {
        let mut known = self.list()?;
        known.retain(|found| found.receipt.platform == platform && !found.is_linked());
        known.sort_by_key(|found| {
            let other = found.receipt.version;
            (other.minor().abs_diff(version.minor()), std::cmp::Reverse(other))
        });
        Ok(known)
    }
}
