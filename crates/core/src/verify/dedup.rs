//! Files that are on this disk already, in toolchains installed earlier.
//!
//! Two releases of Go have half of their bytes in common. A file whose digest is known can share them
//! instead of being written again: as a clone, where the file system has those, or as a hard link, if
//! the user wants that. What is shared is compared with what came out of the archive, so a tree that
//! somebody changed after it was installed spoils no other.

#[cfg(test)]
mod tests;

use crate::fs::{Metadata, OpenOptions, retry};
use crate::os::directory::{Directory, cannot_share};
use crate::os::{owner, position};
use crate::verify::{Digest, Entry};
use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

/// How much of a file is compared at a time.
const BUFFER: usize = 128 << 10;

/// How files share their bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sharing {
    /// Each is a file of its own; the file system keeps common bytes once.
    Clone,
    /// They are one file under several names.
    Link,
}

/// The files that there are, by digest.
#[derive(Debug)]
pub struct FileIndex {
    how: Sharing,
    files: HashMap<Digest, (PathBuf, u64)>,
    /// The file system cannot.
    is_useless: AtomicBool,
}

impl FileIndex {
    /// Starts without files.
    pub fn new(how: Sharing) -> Self {
        Self { how, files: HashMap::new(), is_useless: AtomicBool::new(false) }
    }

    /// Adds files: where each is.
    pub fn add(&mut self, files: impl IntoIterator<Item = (PathBuf, Entry)>) {
        for (place, entry) in files {
            // An empty file has nothing to share.
            if entry.size > 0 {
                self.files.entry(entry.digest).or_insert((place, entry.size));
            }
        }
    }

    fn find(&self, digest: &Digest, contents: &[u8]) -> Option<File> {
        if self.is_useless.load(Ordering::Relaxed) {
            return None;
        }
        let (path, size) = self.files.get(digest)?;
        if *size != contents.len() as u64 {
            return None;
        }
        let file = OpenOptions::new().read(true).never_follow().open(path).ok()?;
        Some(file.into_file())
    }

    fn give_up(&self, error: &io::Error) {
        if cannot_share(error) {
            self.is_useless.store(true, Ordering::Relaxed);
        }
    }

    /// Makes `name` in `directory` another name of a known file with these contents and this mode;
    /// false when there is none that will do.
    pub(super) fn link(
        &self,
        digest: &Digest,
        contents: &[u8],
        directory: &Directory,
        name: &str,
        mode: u32,
    ) -> bool {
        if self.how != Sharing::Link {
            return false;
        }
        let Some(file) = self.find(digest, contents) else { return false };
        let is_fit = |found: Metadata| {
            found.is_file()
                && found.owner() == owner::current()
                // The umask takes nothing from the owner.
                && found.mode() & 0o7777 & !mode == 0
                && found.mode() & 0o700 == mode & 0o700
        };
        if !metadata(&file).is_ok_and(is_fit) || !has_contents(&file, contents) {
            return false;
        }
        // The open file: its name in the other tree may lead elsewhere by now.
        let linked = directory.link(&file, name);
        linked.inspect_err(|error| self.give_up(error)).is_ok()
    }

    /// Makes a file `name` in `directory` that shares the bytes of a known file with these contents; says
    /// whether it does, or is empty.
    pub(super) fn make(
        &self,
        digest: &Digest,
        contents: &[u8],
        directory: &Directory,
        name: &str,
        mode: u32,
    ) -> io::Result<(File, bool)> {
        let known = if self.how == Sharing::Clone { self.find(digest, contents) } else { None };
        let Some(known) = known else { return Ok((directory.make_file(name, mode)?, false)) };
        let (file, cloned) = directory.make_clone(name, mode, &known)?;
        if let Err(error) = cloned {
            self.give_up(&error);
            return Ok((file, false));
        }
        // Looked at afterwards, when nobody else can change it.
        if has_contents(&file, contents) {
            return Ok((file, true));
        }
        // What was cloned may be read-only.
        directory.remove_file(name)?;
        Ok((directory.make_file(name, mode)?, false))
    }
}

fn metadata(file: &File) -> io::Result<Metadata> {
    retry(|| Metadata::of_file(file))
}

fn has_contents(file: &File, contents: &[u8]) -> bool {
    let mut buffer = vec![0; BUFFER.min(contents.len() + 1)];
    let mut at = 0;
    loop {
        match position::read_at(file, &mut buffer[..], at as u64) {
            Ok(0) => return at == contents.len(),
            Ok(count) if contents[at..].starts_with(&buffer[..count]) => at += count,
            Ok(_) | Err(_) => return false,
        }
    }
}

/// Returns true when the file system of `directory`, which is private to this process, has clones.
pub fn can_clone(directory: &Path) -> bool {
    let attempt = || {
        let directory = Directory::open(directory)?;
        let (from, to) = ("clone-from", "clone-to");
        let made = directory.make_file(from, 0o700).and_then(|mut file| {
            file.write_all(b"x")?;
            directory.make_clone(to, 0o700, &file)?.1
        });
        for name in [from, to] {
            _ = directory.remove_file(name);
        }
        made
    };
    attempt().is_ok()
}
