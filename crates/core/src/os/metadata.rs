//! What the system says of a file: which one it is, when it changed, its mode, its owner.

use super::User;
use goward_shim::sys::Identity;
use std::ops::Deref;

#[cfg(unix)]
use std::os::unix::fs::MetadataExt;

/// What [`std::fs::Metadata`] has, and what std does not have on every system.
#[derive(Clone, Debug)]
pub struct Metadata(std::fs::Metadata);

/// A moment, in seconds and nanoseconds since 1970.
pub type Moment = (i64, i64);

impl From<std::fs::Metadata> for Metadata {
    fn from(metadata: std::fs::Metadata) -> Self {
        Self(metadata)
    }
}

impl Deref for Metadata {
    type Target = std::fs::Metadata;

    fn deref(&self) -> &std::fs::Metadata {
        &self.0
    }
}

#[cfg(unix)]
impl Metadata {
    /// Returns which file it is. All names of a file have the same.
    pub fn identity(&self) -> Identity {
        Identity { device: self.0.dev(), inode: self.0.ino() }
    }

    /// Returns its kind and its permissions, as `stat` has them.
    pub fn mode(&self) -> u32 {
        self.0.mode()
    }

    /// Returns whether it is a regular file that somebody may run.
    pub fn is_program(&self) -> bool {
        self.0.is_file() && self.0.mode() & 0o111 != 0
    }

    /// Returns the user it belongs to.
    pub fn owner(&self) -> User {
        self.0.uid()
    }

    /// Returns the group it belongs to.
    pub fn group(&self) -> u32 {
        self.0.gid()
    }

    /// Returns when its contents changed last, as far as nobody set that.
    pub fn modified_at(&self) -> Moment {
        (self.0.mtime(), self.0.mtime_nsec())
    }

    /// Returns when anything of it changed last. Nobody can set that.
    pub fn changed_at(&self) -> Moment {
        (self.0.ctime(), self.0.ctime_nsec())
    }

    /// Returns how many names it has.
    pub fn names(&self) -> u64 {
        self.0.nlink()
    }

    /// Returns how many bytes of the disk it takes.
    pub fn room(&self) -> u64 {
        // The unit of `st_blocks`, whatever the blocks of the file system have.
        self.0.blocks() * 512
    }
}
