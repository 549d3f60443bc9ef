//! The hash of a toolchain that somebody else put on the machine.
//!
//! It is the hash of the module that Go would make of the same files. Distributions spread a
//! toolchain over several directories and put links in their place, so links are followed here, as
//! `go` follows them.

use crate::fs;
use crate::platform::Platform;
use crate::store::error::{Result, StoreError};
use crate::store::goroot;
use crate::store::rehash::{TreeHash, read_all};
use crate::verify::dirhash::{is_covered, tree_h1};
use crate::version::GoVersion;
use goward_shim::names;
use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// What a build of Go leaves behind and no release has (`cmd/distpack`).
const LEFTOVERS: [&str; 4] = [".git", "pkg/bootstrap", "pkg/distpack", "pkg/obj"];

/// Reads every file that the hash covers in `directory` and where its links lead. A directory that
/// is reached in several ways counts once, where the order of names comes to it first.
pub fn hash_linked_tree(
    directory: &Path,
    version: GoVersion,
    platform: Platform,
) -> Result<TreeHash> {
    let mut walk = Walk::default();
    walk.read(directory, "")?;
    let is_ours = walk.files.iter().any(|(name, _)| name == names::IDENTITY_FILE);
    if is_ours {
        goroot::rename(&mut walk.files);
    }
    let files = read_all(&walk.files)?;
    let digests = files.iter().map(|(name, file)| (name.as_str(), file.digest));
    Ok(TreeHash { h1: tree_h1(version, platform, digests)?, files })
}

/// Device and inode.
type Identity = (u64, u64);

#[derive(Default)]
struct Walk {
    /// Each file's name in the toolchain, and where it is.
    files: Vec<(String, PathBuf)>,
    seen: BTreeSet<Identity>,
    /// The directories around the one that is read now.
    above: Vec<Identity>,
}

impl Walk {
    fn read(&mut self, directory: &Path, prefix: &str) -> Result<()> {
        let metadata = fs::metadata(directory)?;
        let identity = (metadata.dev(), metadata.ino());
        if self.above.contains(&identity) {
            return Err(unfit(directory, "is a link to a directory above it"));
        }
        if !self.seen.insert(identity) {
            return Ok(());
        }
        self.above.push(identity);
        let mut entries = fs::read_dir(directory)?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let place = entry.path();
            let Some(name) = entry.file_name().to_str().map(|name| format!("{prefix}{name}"))
            else {
                return Err(unfit(&place, "has a name that is not UTF-8"));
            };
            if LEFTOVERS.contains(&name.as_str()) || !is_covered(&format!("{name}/")) {
                continue;
            }
            let metadata = fs::metadata(&place)?;
            if metadata.is_dir() {
                self.read(&place, &format!("{name}/"))?;
            } else if metadata.is_file() {
                // Where the link leads: what is read later must not be another file.
                self.files.push((name, fs::canonicalize(place)?));
            } else {
                return Err(unfit(&place, "is neither a file nor a directory"));
            }
        }
        self.above.pop();
        Ok(())
    }
}

fn unfit(place: &Path, why: &'static str) -> StoreError {
    StoreError::Unfit { place: place.to_path_buf(), why }
}
