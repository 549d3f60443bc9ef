//! The files of a toolchain that somebody else put on the machine, or that is a GOROOT of goward's.
//!
//! Distributions spread a toolchain over several directories and put links in their place, so links
//! are followed here, as `go` follows them.

use crate::fs;
use crate::os::Identity;
use crate::store::error::{Result, StoreError};
use crate::store::goroot;
use goward_shim::names;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What a build of Go leaves behind and no release has (`cmd/distpack`).
const LEFTOVERS: [&str; 4] = [".git", "pkg/bootstrap", "pkg/distpack", "pkg/obj"];

/// How many files and directories a toolchain of somebody else may have; ten times those of the
/// largest release.
pub(super) const MAX_FILES: usize = 150_000;

/// How deep they may lie.
const MAX_DEPTH: usize = 64;

/// Lists the files in `directory`, and where its links lead, with their names in the release.
/// Nothing is listed that `wants` does not take; of a directory, the name ends with a slash. `more`
/// are files of the tree that lie elsewhere. A directory that is reached in several ways counts
/// once, where the order of names comes to it first.
///
/// # Errors
///
/// When something is neither a file nor a directory, when there are more than `limit` entries, and
/// when a directory cannot be read.
pub fn linked_files(
    directory: &Path,
    more: &[(String, PathBuf)],
    wants: impl Fn(&str) -> bool,
    limit: usize,
) -> Result<Vec<(String, PathBuf)>> {
    let mut walk =
        Walk { wants, left: limit, files: Vec::new(), seen: BTreeSet::new(), above: Vec::new() };
    walk.read(directory, "")?;
    let mut files = walk.files;
    files.extend(more.iter().cloned());
    if files.iter().any(|(name, _)| name == names::IDENTITY_FILE) {
        goroot::rename(&mut files);
    }
    Ok(files)
}

struct Walk<W> {
    wants: W,
    /// How many entries there may still be.
    left: usize,
    /// Each file's name in the toolchain, and where it is.
    files: Vec<(String, PathBuf)>,
    seen: BTreeSet<Identity>,
    /// The directories around the one that is read now.
    above: Vec<Identity>,
}

impl<W: Fn(&str) -> bool> Walk<W> {
    fn read(&mut self, directory: &Path, prefix: &str) -> Result<()> {
        let metadata = fs::metadata(directory)?;
        let identity = metadata.identity();
        if self.above.contains(&identity) {
            return Err(unfit(directory, "is a link to a directory above it"));
        }
        if !self.seen.insert(identity) {
            return Ok(());
        }
        if self.above.len() == MAX_DEPTH {
            return Err(unfit(directory, "is too deep"));
        }
        self.above.push(identity);
        let mut entries = fs::read_dir_up_to(directory, self.left + 1)?;
        self.left = match self.left.checked_sub(entries.len()) {
            Some(left) => left,
            None => return Err(unfit(directory, "has too many files")),
        };
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let place = entry.path();
            let Some(name) = entry.file_name().to_str().map(|name| format!("{prefix}{name}"))
            else {
                return Err(unfit(&place, "has a name that is not UTF-8"));
            };
            let below = format!("{name}/");
            if LEFTOVERS.contains(&name.as_str()) || !(self.wants)(&below) {
                continue;
            }
            let mut kind = entry.file_type()?;
            if kind.is_symlink() {
                kind = fs::metadata(&place)?.file_type();
            }
            if kind.is_dir() {
                self.read(&place, &below)?;
            } else if kind.is_file() {
                self.files.push((name, place));
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
