//! The hash of a toolchain that somebody else put on the machine.
//!
//! It is the hash of the module that Go would make of the same files.

use crate::fs;
use crate::platform::Platform;
use crate::store::error::Result;
use crate::store::linked_files::{MAX_FILES, linked_files};
use crate::store::rehash::{TreeHash, read_all};
use crate::verify::dirhash::{is_covered, tree_h1};
use crate::version::GoVersion;
use std::path::Path;

/// Reads every file that the hash covers in `directory` and where its links lead. A directory that
/// is reached in several ways counts once, where the order of names comes to it first.
pub fn hash_linked_tree(
    directory: &Path,
    version: GoVersion,
    platform: Platform,
) -> Result<TreeHash> {
    let mut files = linked_files(directory, &[], is_covered, MAX_FILES)?;
    for (_, place) in &mut files {
        // Where the link leads: what is read later must not be another file.
        *place = fs::canonicalize(&*place)?;
    }
    let files = read_all(&files)?;
    let digests = files.iter().map(|(name, file)| (name.as_str(), file.digest));
    Ok(TreeHash { h1: tree_h1(version, platform, digests)?, files })
}
