//! Files in a store that nobody will ask for again: parts of downloads, locks that `goward exec` made, copies
//! of the file of `go env -w`.
//!
//! Each counts only when it was not touched for a while and no process uses it; all of them are made again
//! where they are missed.

use crate::error::advice;
use crate::fs;
use crate::store::error::Result;
use crate::store::flock::Attempt;
use crate::store::{Processes, Store, entries, flock};
use goward_shim::names;
use std::fmt;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Whether a file, by its name and path, is what is looked for.
type IsOne<'a> = &'a dyn Fn(&str, &Path) -> bool;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A download may go on where it stopped for so long.
const PART_AGE: Duration = DAY;

const OVERRIDE_AGE: Duration = DAY;

const BARRIER_AGE: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// What a leftover is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StaleKind {
    /// A removed toolchain whose grace period is over.
    Trash,
    /// The beginning of a download.
    Part,
    /// A lock that `goward exec` made for overrides.
    Override,
    /// A copy of the file of `go env -w`.
    GoEnvCopy,
}

impl StaleKind {
    /// Returns the word for it, as in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Trash => "trash",
            Self::Part => "download",
            Self::Override => "override",
            Self::GoEnvCopy => "go-env-copy",
        }
    }
}

impl Display for StaleKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Trash => "a removed toolchain",
            Self::Part => "the beginning of a download",
            Self::Override => advice::LOCK_OF_CALL,
            Self::GoEnvCopy => "a copy of the file of `go env -w`",
        })
    }
}

/// Something that nobody needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaleFile {
    /// What it is.
    pub kind: StaleKind,
    /// Where it is.
    pub path: PathBuf,
    /// Its size on disk.
    pub bytes: u64,
}

impl Store {
    /// Returns what nobody needs, but for removed toolchains; `current` are copies of the file of
    /// `go env -w` that are right now. With `now` the other copies are not kept for a while: they hold
    /// what the original does not hold any more, such as a password in GOPROXY.
    pub fn leftovers(
        &self,
        processes: &Processes,
        current: &[PathBuf],
        now: bool,
    ) -> Result<Vec<StaleFile>> {
        let barrier_age = if now { Duration::ZERO } else { BARRIER_AGE };
        let mut found = Vec::new();
        let mut look = |directory: &str, kind, age, is_one: IsOne<'_>| -> Result<()> {
            for entry in entries(&self.home().join(directory))? {
                let (path, name) = (entry.path(), entry.file_name());
                let (name, metadata) = (name.to_string_lossy(), entry.metadata()?);
                let is_one = metadata.is_file() && is_one(&name, &path);
                let place = format!("{directory}/{name}");
                if is_one && self.is_older(&path, age) && processes.user_of(&[&place]).is_none() {
                    found.push(StaleFile { kind, path, bytes: metadata.len() });
                }
            }
            Ok(())
        };
        look("dl", StaleKind::Part, PART_AGE, &|name, _| {
            let name = name.strip_suffix(".json").unwrap_or(name);
            name.strip_suffix(".part").is_some()
        })?;
        look(names::OVERRIDE_DIRECTORY, StaleKind::Override, OVERRIDE_AGE, &|name, _| {
            name.strip_suffix(".lock").is_some()
        })?;
        look(names::GOENV_DIRECTORY, StaleKind::GoEnvCopy, barrier_age, &|name, path| {
            !name.starts_with('.') && !current.iter().any(|current| current == path)
        })?;
        found.sort_by(|a, b| (a.kind, &a.path).cmp(&(b.kind, &b.path)));
        Ok(found)
    }

    /// Removes one of [`Store::leftovers`]; returns false when it is used after all.
    pub fn remove_leftover(&self, leftover: &StaleFile) -> Result<bool> {
        let path = &leftover.path;
        let mut lock = None;
        if leftover.kind == StaleKind::Part {
            // Whoever goes on with a download holds its lock; the description goes with the part.
            let part = path.with_extension("");
            let part = if path.extension().is_some_and(|end| end == "json") { &part } else { path };
            if let Ok(file) = flock::open_existing(part) {
                lock = match self.attempt(file)? {
                    Attempt::Taken => return Ok(false),
                    Attempt::Held(file) => Some(file),
                    Attempt::Unsupported => None,
                };
            }
        }
        let removed = match fs::remove_file(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(self.explain(error)),
            Ok(()) => Ok(true),
        };
        drop(lock);
        removed
    }
}

/// What was found and done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecoveryReport {
    /// Number of leftovers that were removed.
    pub removed: usize,
    /// Keys of toolchains that lacked only their receipt.
    pub adopted: Vec<String>,
}
