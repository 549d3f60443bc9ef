//! The hash of a tree as it is on disk now.

use super::goroot;
use super::survey::{EntryKind, TreeEntry, hands, survey};
use crate::archive::EntryPath;
use crate::platform::Platform;
use crate::store::error::{Result, StoreError};
use crate::verify::dirhash::{is_covered, tree_h1};
use crate::verify::file_digest::digest_files;
use crate::verify::{Digest, Entry, H1};
use crate::version::GoVersion;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// What a tree on disk amounts to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeHash {
    /// Its hash, absent files included.
    pub h1: H1,
    /// Each file's path, digest and size, sorted by path; also of those that the hash does not cover.
    pub files: BTreeMap<String, Entry>,
}

impl TreeHash {
    /// Returns the size of all files together.
    pub fn bytes(&self) -> u64 {
        self.files.values().map(|file| file.size).sum()
    }
}

/// Reads every file of the tree in `directory`, on all cores. `absent` are files that count although
/// they are not there.
///
/// # Errors
///
/// [`StoreError::ForeignFile`] for anything that no installed tree has: links, special files, names that
/// no Go release has. Otherwise when something cannot be read.
pub fn rehash(
    directory: &Path,
    version: GoVersion,
    platform: Platform,
    absent: &[(String, Digest)],
) -> Result<TreeHash> {
    let mut files = Vec::new();
    for (name, found) in goroot::sort(survey(directory)?).release {
        if !belongs(&found) {
            let directory = directory.to_path_buf();
            return Err(StoreError::ForeignFile { path: found.path, directory });
        }
        if found.what == EntryKind::File {
            files.push((name, found));
        }
    }
    largest_first(&mut files);
    let paths: Vec<_> = files.into_iter().map(|(name, found)| (name, found.place)).collect();
    let files = read_all(&paths)?;
    let h1 = h1_of(&files, version, platform, absent)?;
    Ok(TreeHash { h1, files })
}

/// Returns true for an entry that a toolchain could have.
pub(super) fn belongs(found: &TreeEntry) -> bool {
    let is_name = |path: &str| EntryPath::parse(format!("go/{path}").as_bytes()).is_ok();
    match found.what {
        _ if !found.is_plain => false,
        EntryKind::Directory => found.path.is_empty() || is_name(&found.path),
        // A `go.mod` has that name in the module.
        EntryKind::File => {
            let name = found.path.rsplit('/').next();
            is_name(&found.path) && (name != Some("_go.mod") || !is_covered(&found.path))
        }
        EntryKind::Other => false,
    }
}

/// Puts the files in an order in which all cores end at about the same time.
pub(super) fn largest_first(files: &mut [(String, TreeEntry)]) {
    files.sort_unstable_by(|(a_name, a), (b_name, b)| {
        b.size.cmp(&a.size).then_with(|| a_name.cmp(b_name))
    });
}

/// Returns the hash of a tree that has `files`, and that `absent` count for.
pub(super) fn h1_of(
    files: &BTreeMap<String, Entry>,
    version: GoVersion,
    platform: Platform,
    absent: &[(String, Digest)],
) -> Result<H1> {
    let present = files.iter().map(|(path, entry)| (path.as_str(), entry.digest));
    let left_out = absent.iter().filter(|(path, _)| !files.contains_key(path));
    let left_out = left_out.map(|(path, digest)| (path.as_str(), *digest));
    Ok(tree_h1(version, platform, present.chain(left_out))?)
}

/// Digests files, each core its share; their names, and where they are.
pub(super) fn read_all(paths: &[(String, PathBuf)]) -> Result<BTreeMap<String, Entry>> {
    let entry = |(index, entry): (usize, io::Result<Entry>)| Ok((paths[index].0.clone(), entry?));
    read_each(paths).into_iter().map(entry).collect()
}

/// Digests files, each core its share; returns for each index what it is, or why it cannot be read.
pub(super) fn read_each(paths: &[(String, PathBuf)]) -> Vec<(usize, io::Result<Entry>)> {
    digest_files(paths, hands())
}
