//! Survey of a directory tree: names, kinds and modes, without reading a file.

use crate::fs::{self, Metadata};
use crate::os::User;
use crate::store::entries;
use crate::store::error::Result;
use crate::threads::side_by_side;
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// The most threads that list or read a tree.
const MAX_HANDS: usize = 8;

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EntryKind {
    Directory,
    File,
    /// A link, a device, a socket: nothing that a toolchain has.
    Other,
}

/// An entry of a tree.
#[derive(Clone, Debug)]
pub(super) struct TreeEntry {
    /// Its path in the tree; empty for the tree itself.
    pub(super) path: String,
    /// Whether the name on disk is that path, and not one that is not UTF-8.
    pub(super) is_plain: bool,
    /// Where it is.
    pub(super) place: PathBuf,
    pub(super) what: EntryKind,
    /// Permission bits, with set-id and sticky.
    pub(super) mode: u32,
    pub(super) owner: User,
    pub(super) size: u64,
}

impl TreeEntry {
    fn new(path: String, is_plain: bool, place: PathBuf, metadata: &Metadata) -> Self {
        let what = match metadata.file_type() {
            kind if kind.is_dir() => EntryKind::Directory,
            kind if kind.is_file() => EntryKind::File,
            _ => EntryKind::Other,
        };
        let (mode, owner, size) = (metadata.mode() & 0o7777, metadata.owner(), metadata.len());
        Self { path, is_plain, place, what, mode, owner, size }
    }
}

/// Returns how many threads share the work on one tree.
pub(super) fn hands() -> usize {
    thread::available_parallelism().map_or(1, usize::from).min(MAX_HANDS)
}

/// Lists a tree on all cores, itself included, in no order. Links are not followed.
pub(super) fn survey(directory: &Path) -> Result<Vec<TreeEntry>> {
    let metadata = fs::symlink_metadata(directory)?;
    let mut all = vec![TreeEntry::new(String::new(), true, directory.to_owned(), &metadata)];
    all.extend(walk(directory, |prefix, entry, metadata| {
        let name = entry.file_name();
        let path = format!("{prefix}{}", name.to_string_lossy());
        TreeEntry::new(path, name.to_str().is_some(), entry.path(), metadata)
    })?);
    Ok(all)
}

/// Looks at everything in a directory and below it, on all cores, and returns what `see` makes of it, in no order:
/// of an entry, what is above it in the tree, and its metadata. Links are not followed.
pub(super) fn walk<T: Send>(
    directory: &Path,
    see: impl Fn(&str, &fs::DirEntry, &Metadata) -> T + Sync,
) -> Result<Vec<T>> {
    let queue = Queue::starting_at(directory);
    let work = || {
        let mut seen = Vec::new();
        while let Some((prefix, place)) = queue.take() {
            match list(&prefix, &place, &see, &mut seen) {
                Ok(below) => queue.finish(below),
                Err(error) => {
                    queue.stop();
                    return Err(error);
                }
            }
        }
        Ok(seen)
    };
    let lists: Result<Vec<Vec<T>>> = side_by_side(hands(), work).into_iter().collect();
    Ok(lists?.into_iter().flatten().collect())
}

/// A directory to list: what its entries' paths begin with, and where it is.
type Task = (String, PathBuf);

/// Adds what `see` makes of what is in a directory, and returns the directories among it.
fn list<T>(
    prefix: &str,
    directory: &Path,
    see: impl Fn(&str, &fs::DirEntry, &Metadata) -> T,
    seen: &mut Vec<T>,
) -> Result<Vec<Task>> {
    let mut below = Vec::new();
    for entry in entries(directory)? {
        let metadata = entry.metadata()?;
        if metadata.is_dir() {
            let prefix = format!("{prefix}{}/", entry.file_name().to_string_lossy());
            below.push((prefix, entry.path()));
        }
        seen.push(see(prefix, &entry, &metadata));
    }
    Ok(below)
}

/// The directories that still have to be listed.
struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    waiting: Vec<Task>,
    /// How many are waiting or being listed.
    open: usize,
}

impl Queue {
    fn starting_at(directory: &Path) -> Self {
        let waiting = vec![(String::new(), directory.to_owned())];
        Self { state: Mutex::new(State { waiting, open: 1 }), changed: Condvar::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns a directory to list, or `None` when there will be no more.
    fn take(&self) -> Option<Task> {
        let mut state = self.state();
        loop {
            if let Some(task) = state.waiting.pop() {
                return Some(task);
            }
            if state.open == 0 {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Notes that a directory is listed, and what was found below it.
    fn finish(&self, below: Vec<Task>) {
        let mut state = self.state();
        // One that was stopped stays so.
        if state.open > 0 {
            state.open = state.open - 1 + below.len();
            state.waiting.extend(below);
        }
        drop(state);
        self.changed.notify_all();
    }

    /// Gives up what is left.
    fn stop(&self) {
        let mut state = self.state();
        state.open = 0;
        state.waiting.clear();
        drop(state);
        self.changed.notify_all();
    }
}
