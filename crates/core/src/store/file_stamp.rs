//! What can be seen of a file without reading it.

use crate::fs;
use crate::os::{Metadata, Moment};
use crate::store::error::Result;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// What can be seen of files without reading them, by their paths. Whatever writes to one, or puts
/// another in its place, leaves another stamp: nothing sets the time of an inode's last change back.
/// The number of the device is not in it: a restart may give another one to the same disk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct FileStamps(BTreeMap<String, FileStamp>);

/// What can be seen of one file.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
struct FileStamp {
    inode: u64,
    mode: u32,
    size: u64,
    /// When its contents changed last, in seconds and nanoseconds since 1970. Archives set it.
    modified: Moment,
    /// When anything of it changed last. Nobody can set it: a file that an update unpacked can have
    /// the size, the inode and the date of the one before.
    changed: Moment,
}

impl FileStamps {
    /// Adds a file by its path.
    pub(super) fn add(&mut self, path: String, metadata: &Metadata) {
        let stamp = FileStamp {
            inode: metadata.identity().inode,
            mode: metadata.mode(),
            size: metadata.len(),
            modified: metadata.modified_at(),
            changed: metadata.changed_at(),
        };
        self.0.insert(path, stamp);
    }

    /// Looks at files below a directory, where links lead.
    pub(super) fn of(directory: &Path, paths: impl IntoIterator<Item = String>) -> Result<Self> {
        let mut stamps = Self::default();
        for path in paths {
            let metadata = fs::metadata(directory.join(&path))?;
            stamps.add(path, &metadata);
        }
        Ok(stamps)
    }

    /// Returns the paths of the files, sorted.
    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}
