//! Locks that save work and tell who is doing it.
//!
//! Nothing is unsafe without them: a lock that the file system does not support, or that somebody
//! holds for too long, is done without. Lock files stay where they are.

use crate::fs::{self, File};
use crate::lock_holder::LockHolder;
use crate::store::Store;
use crate::store::error::Result;
use std::io;
use std::io::ErrorKind;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long to wait for somebody who installs the same toolchain.
pub const PATIENCE: Duration = Duration::from_secs(600);

const PAUSE: Duration = Duration::from_millis(100);

/// A lock, held until dropped, or given up.
#[derive(Debug)]
pub struct Lock {
    state: State,
}

#[derive(Debug)]
enum State {
    Held {
        /// The lock goes with it.
        _file: File,
    },
    Busy(LockHolder),
    Unsupported,
}

impl Lock {
    /// Returns false when the lock could not be had and its work is done without.
    pub fn is_held(&self) -> bool {
        matches!(self.state, State::Held { .. })
    }

    /// Returns false when the file system has no locks, or none that can be relied on.
    pub fn is_supported(&self) -> bool {
        !matches!(self.state, State::Unsupported)
    }

    /// Returns who had it until the patience was at its end.
    pub fn holder(&self) -> Option<&LockHolder> {
        match &self.state {
            State::Busy(holder) => Some(holder),
            _ => None,
        }
    }
}

/// What became of an attempt.
pub(super) enum Attempt {
    Held(File),
    /// Somebody else has it.
    Taken,
    /// The file system has no locks, or none that work.
    Unsupported,
}

impl Store {
    /// Tries once.
    ///
    /// # Errors
    ///
    /// When the file has to be opened again, which says nothing about locks.
    pub(super) fn attempt(&self, file: File) -> io::Result<Attempt> {
        // Without its daemon, NFS lets even those wait who said that they would not.
        if self.is_on_nfs() && !self.nfs_locks {
            return Ok(Attempt::Unsupported);
        }
        match file.try_lock() {
            Ok(true) => Ok(Attempt::Held(file)),
            Ok(false) => Ok(Attempt::Taken),
            Err(error) if error.kind() == ErrorKind::StaleNetworkFileHandle => Err(error),
            Err(_) => Ok(Attempt::Unsupported),
        }
    }

    /// Locks `name` while doing `what`, waiting up to `patience`. `waiting` is called before each
    /// new attempt and may tell the person who is being waited for.
    pub fn lock(
        &self,
        name: &str,
        what: &str,
        patience: Duration,
        waiting: &mut dyn FnMut(&LockHolder),
    ) -> Result<Lock> {
        self.prepare()?;
        let path = self.home().join("locks").join(name);
        let started = Instant::now();
        let state = loop {
            match self.attempt(open(&path).map_err(|error| self.explain(error))?)? {
                Attempt::Held(mut file) => {
                    // Only for those who wait; not worth failing.
                    _ = LockHolder::this_process(what).write(&mut file);
                    break State::Held { _file: file };
                }
                Attempt::Taken if started.elapsed() < patience => waiting(&LockHolder::read(&path)),
                Attempt::Taken => break State::Busy(LockHolder::read(&path)),
                Attempt::Unsupported => break State::Unsupported,
            }
            sleep(PAUSE.min(patience));
        };
        Ok(Lock { state })
    }

    /// Returns true when locks work where the store is; `None` when nothing can be written there.
    pub fn has_locks(&self) -> Option<bool> {
        let file = fs::unnamed_in(&self.home().join("locks"), "probe").ok()?;
        Some(matches!(self.attempt(file), Ok(Attempt::Held(_))))
    }
}

/// Opens the file of a lock, which only its owner may: whoever may read one can hold it.
fn open(path: &Path) -> io::Result<File> {
    let mut options = fs::OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600).never_follow();
    let file = options.open(path)?;
    let mode = file.metadata()?.mode();
    if mode & 0o077 != 0 {
        // Made by somebody else, or under another rule. Not worth failing.
        _ = file.set_mode(0o600);
    }
    Ok(file)
}

/// Opens a lock that is there. What is no file is an error, and a pipe is not waited for.
pub(super) fn open_existing(path: &Path) -> io::Result<File> {
    fs::OpenOptions::new().write(true).never_follow().open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_that_is_held_by_somebody_is_one_that_works() {
        let of = |state| {
            let lock = Lock { state };
            (lock.is_held(), lock.is_supported(), lock.holder().is_some())
        };
        let directory = tempfile::tempdir().unwrap();
        let file = fs::unnamed_in(directory.path(), "lock").unwrap();
        assert_eq!(of(State::Held { _file: file }), (true, true, false));
        let somebody = LockHolder::this_process("test");
        assert_eq!(of(State::Busy(somebody)), (false, true, true));
        assert_eq!(of(State::Unsupported), (false, false, false));
    }
}
