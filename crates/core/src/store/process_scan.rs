//! Which processes use what is in a store, without any help of theirs.
//!
//! The system says it: the programs that run, working directories, open files, mappings, and the
//! variables that lead to a toolchain. Processes of other users tell only root, those of other
//! machines nobody; that is what the grace period of the trash is for.

use crate::error::untrusted;
use crate::fs;
use crate::os::bytes::Bytes;
use crate::os::process::{self, Process};
use crate::store::{InstalledToolchain, Store, place_in};
use goward_shim::names;
use std::fmt;
use std::fmt::Display;
use std::path::Path;
use std::time::SystemTime;

/// Variables that lead to a toolchain, or to a file that goward made for a call.
const VARIABLES: [&str; 6] =
    [names::TOOLCHAIN_VAR, "GOROOT", "GOTOOLDIR", "GOENV", names::LOCK_VAR, "PATH"];

/// A process that uses something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Its number.
    pub pid: u32,
    /// Its name, as the system has it.
    pub name: String,
}

impl User {
    fn of(process: &Process) -> Self {
        Self { pid: process.pid, name: process.name.clone() }
    }
}

impl Display for User {
    /// Writes `process 12 (go)`, safe to print.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "process {} ({})", self.pid, untrusted(&self.name))
    }
}

/// What the processes of this machine use of one store, at one moment.
#[derive(Debug, Default)]
pub struct Processes {
    /// The store's directory, as it is named and as it is.
    homes: Vec<Vec<u8>>,
    seen: Vec<Process>,
    /// Whether the system shows processes at all.
    are_shown: bool,
}

impl Processes {
    /// Looks at every process that can be looked at, but this one.
    pub(super) fn look(store: &Store) -> Self {
        let named = store.home().to_owned();
        let mut homes = vec![process::comparable(named.as_os_str().as_bytes())];
        if let Some(real) = goward_shim::sys::canonical(named.as_os_str().as_bytes()) {
            homes.push(process::comparable(&real));
        }
        homes.dedup();
        let names_store = |text: &[u8]| homes.iter().any(|home| find(text, home).is_some());
        let seen = process::all(&VARIABLES, names_store);
        Self { are_shown: seen.is_some(), seen: seen.unwrap_or_default(), homes }
    }

    /// Returns false where the system shows no processes: then none is found that uses something,
    /// whether there is one or not.
    pub fn are_shown(&self) -> bool {
        self.are_shown
    }

    /// Returns a process that uses one of these paths, named from the store's directory, or something
    /// below it.
    pub fn user_of(&self, paths: &[&str]) -> Option<User> {
        let places: Vec<Vec<u8>> = self
            .homes
            .iter()
            .flat_map(|home| {
                let below = |path: &&str| process::comparable(path.as_bytes());
                paths.iter().map(move |path| [home.as_slice(), b"/", &below(path)].concat())
            })
            .collect();
        let uses = |seen: &&Process| {
            seen.texts.iter().any(|text| places.iter().any(|place| names(text, place)))
        };
        self.seen.iter().find(uses).map(User::of)
    }

    /// Returns a process that runs the program at `path`, by whatever name.
    pub(super) fn runner_of(&self, path: &Path) -> Option<User> {
        let metadata = fs::metadata(path).ok()?;
        let identity = Some(metadata.identity());
        self.seen.iter().find(|seen| seen.program == identity).map(User::of)
    }
}

impl Store {
    /// Returns a process that uses an installed toolchain.
    pub fn user_of(&self, installed: &InstalledToolchain, processes: &Processes) -> Option<String> {
        let named = processes.user_of(&[&format!("tree/{}", installed.key)]);
        let program = place_in(&installed.tree, names::GO);
        let user = named.or_else(|| processes.runner_of(&program));
        user.map(|user| user.to_string())
    }

    /// Returns when a toolchain was used last, as far as the file system notes that, and at least when it
    /// was installed.
    pub fn last_used(&self, installed: &InstalledToolchain) -> Option<SystemTime> {
        let read =
            fs::metadata(place_in(&installed.tree, names::GO)).and_then(|file| file.accessed());
        let receipt = fs::metadata(self.receipt_path(&installed.key));
        read.ok().max(receipt.and_then(|file| file.modified()).ok())
    }
}

/// Returns true when `text` has `place` in it, or something below it.
fn names(text: &[u8], place: &[u8]) -> bool {
    let mut rest = text;
    while let Some(at) = find(rest, place) {
        rest = &rest[at + place.len()..];
        if matches!(rest.first(), None | Some(b'/' | b':' | b' ')) {
            return true;
        }
    }
    false
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    let starts = text.windows(wanted.len().max(1));
    starts.into_iter().position(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_named_only_as_a_whole() {
        let place = b"/s/tree/a";
        for (text, want) in [
            (&b"/s/tree/a"[..], true),
            (b"/s/tree/a/bin/go", true),
            (b"/s/tree/a (deleted)", true),
            (b"PATH=/s/tree/ab:/s/tree/a:/bin", true),
            (b"/s/tree/ab", false),
            (b"/s/tree", false),
            (b"", false),
        ] {
            assert_eq!(names(text, place), want, "{}", String::from_utf8_lossy(text));
        }
    }
}
