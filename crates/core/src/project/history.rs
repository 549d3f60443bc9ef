//! Earlier states of a project's two files, kept in the user's own directory.
//!
//! For the sibling [`super::transaction`]. One directory per project, with a lock that serialises
//! writers, the intent of a change that is being made, and the last changes that were made. An intent
//! becomes a record by one rename, so it is never half of either.
//!
//! ```text
//! history/<hash of the project's path>/
//!     lock        held by whoever changes the project
//!     intent/     a change that is being made, or was interrupted
//!     1/ 2/ ...   changes that were made, the newest with the largest number
//!         by          the process, part of the names of its drafts
//!         command     what made the change: `use`
//!         before/     the files as they were; one that is missing was not there
//!         after/      the files as they are then
//! ```

use crate::error::Result;
use crate::fs;
use crate::io::file;
use crate::lock_holder::LockHolder;
use crate::project::files::Files;
use std::io;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

/// Longest text of a record.
const MAX_TEXT: u64 = 64 << 10;

/// How many changes are kept.
const KEPT: usize = 10;

const INTENT: &str = "intent";

/// How long to wait for another process; it installs a toolchain in that time.
const PATIENCE: Duration = Duration::from_secs(600);

const PAUSE: Duration = Duration::from_millis(20);

/// How often it is said who is being waited for.
const AGAIN: Duration = Duration::from_secs(10);

/// A change of the two files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// What made it: `use`, `lock`, `init` or `undo`.
    pub command: String,
    /// When.
    pub time: SystemTime,
    /// The files as they were.
    pub before: Files,
    /// The files as they were then.
    pub after: Files,
    /// The process that made it.
    pub(super) by: String,
}

/// The history of one project, locked.
#[derive(Debug)]
pub(super) struct History {
    directory: PathBuf,
    /// Held until dropped.
    _lock: fs::File,
}

impl History {
    /// Opens the history of the project at `root` and waits, not for ever, until nobody else has it;
    /// `waiting` is told now and again who has.
    pub(super) fn open(
        state: &Path,
        root: &Path,
        waiting: &mut dyn FnMut(&LockHolder),
    ) -> io::Result<Self> {
        let root = fs::canonicalize(root)?;
        let directory = directory_of(state, &root);
        fs::create_dir_all(&directory)?;
        let mut options = fs::OpenOptions::new();
        let path = directory.join("lock");
        let mut lock = options.write(true).create(true).truncate(false).open(&path)?;
        let (started, mut told) = (Instant::now(), None);
        loop {
            match lock.try_lock() {
                Ok(true) => break,
                Err(error) => return Err(error),
                Ok(false) if started.elapsed() > PATIENCE => {
                    let message = format!("{} goes on for too long", LockHolder::read(&path));
                    return Err(io::Error::new(ErrorKind::TimedOut, message));
                }
                Ok(false) => {
                    if told.is_none_or(|told: Instant| told.elapsed() > AGAIN) {
                        waiting(&LockHolder::read(&path));
                        told = Some(Instant::now());
                    }
                    sleep(PAUSE);
                }
            }
        }
        // Only for those who wait; not worth failing.
        _ = LockHolder::this_process(&format!("change `{}`", root.display())).write(&mut lock);
        Ok(Self { directory, _lock: lock })
    }

    /// Returns true when anything is known of the project at `root`.
    pub(super) fn is_there(state: &Path, root: &Path) -> bool {
        fs::canonicalize(root).is_ok_and(|root| directory_of(state, &root).is_dir())
    }

    /// Notes a change before it is made.
    pub(super) fn announce(
        &self,
        command: &str,
        by: &str,
        before: &Files,
        after: &Files,
    ) -> io::Result<()> {
        let draft = self.directory.join("new");
        remove(&draft)?;
        for (name, files) in [("before", before), ("after", after)] {
            let directory = draft.join(name);
            fs::create_dir_all(&directory)?;
            for (name, text) in files.parts() {
                text.map_or(Ok(()), |text| write(&directory.join(name), text))?;
            }
            sync(&directory)?;
        }
        write(&draft.join("by"), by.as_bytes())?;
        write(&draft.join("command"), command.as_bytes())?;
        sync(&draft)?;
        fs::rename(&draft, self.directory.join(INTENT))?;
        sync(&self.directory)
    }

    /// Returns the change that was announced and neither kept nor dropped.
    pub(super) fn intent(&self) -> Result<Option<Record>> {
        let path = self.directory.join(INTENT);
        if path.is_dir() { self.read(&path).map(Some) } else { Ok(None) }
    }

    /// Makes the announced change the newest record, and drops the oldest beyond those kept.
    pub(super) fn keep(&self) -> io::Result<()> {
        let numbers = self.numbers()?;
        let next = numbers.first().map_or(1, |newest| newest + 1);
        fs::rename(self.directory.join(INTENT), self.directory.join(next.to_string()))?;
        for old in numbers.iter().skip(KEPT - 1) {
            remove(&self.directory.join(old.to_string()))?;
        }
        sync(&self.directory)
    }

    /// Drops the announced change: it was not made.
    pub(super) fn forget(&self) -> io::Result<()> {
        remove(&self.directory.join(INTENT))
    }

    /// Returns the changes that were made, newest first.
    pub(super) fn records(&self) -> Result<Vec<Record>> {
        let numbers = self.numbers()?.into_iter();
        numbers.map(|number| self.read(&self.directory.join(number.to_string()))).collect()
    }

    fn numbers(&self) -> io::Result<Vec<u64>> {
        let mut numbers = Vec::new();
        for entry in fs::read_dir(&self.directory)? {
            numbers.extend(entry.file_name().to_str().and_then(|name| name.parse::<u64>().ok()));
        }
        numbers.sort_unstable_by(|a, b| b.cmp(a));
        Ok(numbers)
    }

    #[expect(clippy::unused_self, reason = "only whoever holds the lock may read")]
    fn read(&self, path: &Path) -> Result<Record> {
        let command = path.join("command");
        Ok(Record {
            time: fs::metadata(&command)?.modified()?,
            command: read_text(&command)?,
            before: Files::read(&path.join("before"))?,
            after: Files::read(&path.join("after"))?,
            by: read_text(&path.join("by"))?,
        })
    }
}

/// Returns where the history of the project at `root` is, which is a path without links.
fn directory_of(state: &Path, root: &Path) -> PathBuf {
    let name = format!("{:016x}", fnv64(root.as_os_str().as_encoded_bytes()));
    state.join("history").join(name)
}

fn read_text(path: &Path) -> Result<String> {
    Ok(file::read_owned_text(path, MAX_TEXT)?.map(|(text, _)| text).unwrap_or_default())
}

fn write(path: &Path, text: &[u8]) -> io::Result<()> {
    let mut file = fs::File::create_new(path)?;
    io::Write::write_all(&mut file, text)?;
    file.sync_all()
}

fn sync(directory: &Path) -> io::Result<()> {
    // Some file systems cannot sync a directory; on those a power cut may lose the newest record.
    fs::File::open(directory).map(|directory| _ = directory.sync_all())
}

fn remove(directory: &Path) -> io::Result<()> {
    match fs::remove_dir_all(directory) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// FNV-1a: short names for paths.
fn fnv64(bytes: &[u8]) -> u64 {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_fnv_1a() {
        assert_eq!(fnv64(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv64(b"foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn the_last_changes_are_kept_and_an_intent_is_not_one() {
        let dir = tempfile::TempDir::new().unwrap();
        let (state, root) = (dir.path().join("state"), dir.path().join("project"));
        fs::create_dir(&root).unwrap();
        let history = History::open(&state, &root, &mut |_| panic!("nobody has it")).unwrap();
        let files = |n: usize| Files { manifest: Some(n.to_string().into_bytes()), lock: None };
        for n in 0..KEPT + 3 {
            history.announce("use", "1", &files(n), &files(n + 1)).unwrap();
            history.keep().unwrap();
        }
        history.announce("lock", "1", &files(0), &Files::default()).unwrap();
        let records = history.records().unwrap();
        let after: Vec<Files> = records.iter().map(|record| record.after.clone()).collect();
        assert_eq!(after, (4..KEPT + 4).rev().map(files).collect::<Vec<_>>());
        let intent = history.intent().unwrap().unwrap();
        assert_eq!((intent.command.as_str(), intent.by.as_str()), ("lock", "1"));
        assert_eq!((intent.before, intent.after), (files(0), Files::default()));
        history.forget().unwrap();
        assert_eq!(history.intent().unwrap(), None);
    }

    #[test]
    fn a_second_writer_waits_for_the_first() {
        let dir = tempfile::TempDir::new().unwrap();
        let root = dir.path();
        let first = History::open(root, root, &mut |_| panic!("nobody has it")).unwrap();
        let (tell, told) = std::sync::mpsc::channel();
        std::thread::scope(|scope| {
            let second = scope.spawn(|| {
                History::open(root, root, &mut |holder| tell.send(holder.clone()).unwrap())
                    .map(drop)
                    .unwrap();
            });
            let holder: LockHolder = told.recv().unwrap();
            assert_eq!(holder.pid, std::process::id().to_string());
            assert_eq!(holder.what, format!("change `{}`", root.display()));
            assert!(!second.is_finished());
            drop(first);
            second.join().unwrap();
        });
    }
}
