//! What the system says of a file: which one it is, when it changed, its mode, its owner.

use super::User;
use goward_shim::sys::Identity;
use std::io;
use std::ops::Deref;
use std::path::Path;

#[cfg(windows)]
use goward_shim::sys::Facts;
#[cfg(unix)]
use std::os::unix::fs::MetadataExt;

/// What [`std::fs::Metadata`] has, and what std does not have on every system.
#[derive(Clone, Debug)]
pub struct Metadata {
    found: std::fs::Metadata,
    #[cfg(windows)]
    facts: Facts,
}

/// A moment, in seconds and nanoseconds since 1970.
pub type Moment = (i64, i64);

impl Deref for Metadata {
    type Target = std::fs::Metadata;

    fn deref(&self) -> &std::fs::Metadata {
        &self.found
    }
}

impl Metadata {
    /// Looks at what a path leads to. Errors name it.
    pub fn of(path: &Path) -> io::Result<Self> {
        let found = fs_err::metadata(path)?;
        #[cfg(unix)]
        return Ok(Self { found });
        #[cfg(windows)]
        return Ok(Self { found, facts: Facts::of_path(path, true)? });
    }

    /// Looks at what stands at a path itself, which may be a link. Errors name it.
    pub fn of_link(path: &Path) -> io::Result<Self> {
        let found = fs_err::symlink_metadata(path)?;
        #[cfg(unix)]
        return Ok(Self { found });
        #[cfg(windows)]
        return Ok(Self { found, facts: Facts::of_path(path, false)? });
    }

    /// Looks at an entry of a directory, which may be a link.
    pub fn of_entry(entry: &fs_err::DirEntry) -> io::Result<Self> {
        #[cfg(unix)]
        return Ok(Self { found: entry.metadata()? });
        #[cfg(windows)]
        return Self::of_link(&entry.path());
    }

    /// Looks at an open file.
    pub fn of_file(file: &std::fs::File) -> io::Result<Self> {
        let found = file.metadata()?;
        #[cfg(unix)]
        return Ok(Self { found });
        #[cfg(windows)]
        return Ok(Self { found, facts: Facts::of(file)? });
    }
}

#[cfg(unix)]
impl Metadata {
    /// Returns which file it is. All names of a file have the same.
    pub fn identity(&self) -> Identity {
        Identity { device: self.found.dev(), inode: self.found.ino() }
    }

    /// Returns its kind and its permissions, as `stat` has them.
    pub fn mode(&self) -> u32 {
        self.found.mode()
    }

    /// Returns whether it is a regular file that somebody may run.
    pub fn is_program(&self) -> bool {
        self.found.is_file() && self.found.mode() & 0o111 != 0
    }

    /// Returns the user it belongs to.
    pub fn owner(&self) -> User {
        self.found.uid()
    }

    /// Returns the group it belongs to.
    pub fn group(&self) -> u32 {
        self.found.gid()
    }

    /// Returns when its contents changed last, as far as nobody set that.
    pub fn modified_at(&self) -> Moment {
        (self.found.mtime(), self.found.mtime_nsec())
    }

    /// Returns when anything of it changed last. Nobody can set that.
    pub fn changed_at(&self) -> Moment {
        (self.found.ctime(), self.found.ctime_nsec())
    }

    /// Returns how many names it has.
    pub fn names(&self) -> u64 {
        self.found.nlink()
    }

    /// Returns how many bytes of the disk it takes.
    pub fn room(&self) -> u64 {
        // The unit of `st_blocks`, whatever the blocks of the file system have.
        self.found.blocks() * 512
    }
}

/// Modes are what a system of Unix would say, which has no other bit than that for writing.
#[cfg(windows)]
impl Metadata {
    /// Returns which file it is. All names of a file have the same.
    pub fn identity(&self) -> Identity {
        self.facts.identity
    }

    /// Returns its kind and its permissions, as `stat` has them.
    pub fn mode(&self) -> u32 {
        match (self.found.is_symlink(), self.found.is_dir()) {
            (true, _) => 0o120_777,
            (_, true) => 0o040_755,
            _ if self.found.permissions().readonly() => 0o100_555,
            _ => 0o100_755,
        }
    }

    /// Returns whether it is a regular file that somebody may run, if its name says so.
    pub fn is_program(&self) -> bool {
        self.found.is_file()
    }

    /// Returns the user it belongs to.
    pub fn owner(&self) -> User {
        self.facts.owner
    }

    /// Returns the group it belongs to: Windows asks for none.
    pub fn group(&self) -> u32 {
        0
    }

    /// Returns when its contents changed last, as far as nobody set that.
    pub fn modified_at(&self) -> Moment {
        use std::time::UNIX_EPOCH;
        let since = |moment: std::time::SystemTime| moment.duration_since(UNIX_EPOCH).ok();
        let since = self.found.modified().ok().and_then(since).unwrap_or_default();
        (i64::try_from(since.as_secs()).unwrap_or(i64::MAX), since.subsec_nanos().into())
    }

    /// Returns when anything of it changed last. Nobody can set that.
    pub fn changed_at(&self) -> Moment {
        const SECOND: i128 = 1_000_000_000;
        let part = |part| i64::try_from(part).unwrap_or(i64::MAX);
        (part(self.facts.changed.div_euclid(SECOND)), part(self.facts.changed.rem_euclid(SECOND)))
    }

    /// Returns how many names it has.
    pub fn names(&self) -> u64 {
        self.facts.names
    }

    /// Returns how many bytes of the disk it takes, in clusters of the usual size.
    pub fn room(&self) -> u64 {
        self.found.len().next_multiple_of(4096)
    }
}
