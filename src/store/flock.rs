//! Locks that save work and tell who is doing it.
//!
//! Nothing is unsafe without them: a lock that the file system does not support, or that somebody
//! holds for too long, is done without. Lock files stay where they are.

use super::Store;
use crate::error::{Result, untrusted};
use fs_err as fs;
use std::fmt::{self, Display};
use std::fs::{File, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long to wait for somebody who installs the same toolchain.
pub const PATIENCE: Duration = Duration::from_secs(600);
const PAUSE: Duration = Duration::from_millis(100);
/// Longest description of a holder, in bytes.
const MAX_HOLDER: u64 = 1024;

/// A lock, held until dropped, or given up.
#[derive(Debug)]
pub struct Lock {
    file: Option<File>,
}

impl Lock {
    /// Returns false when the lock could not be had and its work is done without.
    pub fn is_held(&self) -> bool {
        self.file.is_some()
    }
}

/// Who holds a lock, as they describe themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holder {
    /// Process id.
    pub pid: String,
    /// Name of the machine, which matters on network file systems.
    pub host: String,
    /// What they are doing.
    pub what: String,
}

impl Display for Holder {
    /// Writes `process 12 on host (install go1.27.1)`, safe to print.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.pid.is_empty() {
            return f.write_str("another process");
        }
        let [pid, host, what] = [&self.pid, &self.host, &self.what].map(untrusted);
        write!(f, "process {pid} on {host} ({what})")
    }
}

impl Holder {
    fn this_process(what: &str) -> Self {
        let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
        Self { pid: std::process::id().to_string(), host, what: what.to_owned() }
    }

    fn read(path: &Path) -> Self {
        let mut text = Vec::new();
        let read =
            fs::File::open(path).and_then(|file| file.take(MAX_HOLDER).read_to_end(&mut text));
        let text = String::from_utf8_lossy(&text);
        let mut lines = text.lines().map(str::to_owned);
        match (read, lines.next(), lines.next(), lines.next()) {
            (Ok(_), Some(pid), Some(host), Some(what)) => Self { pid, host, what },
            _ => Self::default(),
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

/// Tries once.
pub(super) fn attempt(file: File) -> Attempt {
    match file.try_lock() {
        Ok(()) => Attempt::Held(file),
        Err(TryLockError::WouldBlock) => Attempt::Taken,
        Err(TryLockError::Error(_)) => Attempt::Unsupported,
    }
}

impl Store {
    /// Locks `name` while doing `what`, waiting up to `patience`. `waiting` is called before each
    /// new attempt and may tell the person who is being waited for.
    ///
    /// # Errors
    ///
    /// When the store cannot be written.
    pub fn lock(
        &self,
        name: &str,
        what: &str,
        patience: Duration,
        waiting: &mut dyn FnMut(&Holder),
    ) -> Result<Lock> {
        self.prepare()?;
        let path = self.home().join("locks").join(name);
        let started = Instant::now();
        loop {
            match attempt(open(&path).map_err(|error| self.explain(error))?) {
                Attempt::Held(mut file) => {
                    // Only for those who wait; not worth failing.
                    _ = describe(&mut file, &Holder::this_process(what));
                    return Ok(Lock { file: Some(file) });
                }
                Attempt::Taken if started.elapsed() < patience => waiting(&Holder::read(&path)),
                Attempt::Taken | Attempt::Unsupported => return Ok(Lock { file: None }),
            }
            sleep(PAUSE.min(patience));
        }
    }
}

pub(super) fn open(path: &Path) -> io::Result<File> {
    let mut options = fs::OpenOptions::new();
    let file = options.read(true).write(true).create(true).truncate(false).open(path)?;
    Ok(file.into_file())
}

fn describe(file: &mut File, holder: &Holder) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    write!(file, "{}\n{}\n{}\n", holder.pid, holder.host, holder.what)
}
