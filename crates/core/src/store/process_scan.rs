//! Which processes use what is in a store, without any help of theirs.
//!
//! On Linux `/proc` says it: the programs that run, working directories, open files, mappings, and the
//! variables that lead to a toolchain. Processes of other users tell only root, those of other
//! machines nobody; that is what the grace period of the trash is for.

use crate::error::untrusted;
use crate::fs;
use crate::os::Identity;
use crate::os::bytes::{self, Bytes};
use crate::store::{InstalledToolchain, Store, place_in};
use goward_shim::names;
use std::fmt;
use std::fmt::Display;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The most that is read of one file of `/proc`, in bytes.
const MAX_FILE: u64 = 16 << 20;

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
    seen: Vec<ProcessUse>,
}

#[derive(Debug)]
struct ProcessUse {
    user: User,
    /// Texts that name something in the store.
    texts: Vec<Vec<u8>>,
    /// Its program, which is the same in every container.
    program: Option<Identity>,
}

impl Processes {
    /// Looks at every process that can be looked at, but this one.
    pub(super) fn look(store: &Store) -> Self {
        let named = store.home().to_owned();
        let mut homes = vec![named.as_os_str().as_bytes().to_owned()];
        if let Ok(real) = fs::canonicalize(&named)
            && real != named
        {
            homes.push(bytes::of_path(real));
        }
        let own = std::process::id();
        let directories = fs::read_dir("/proc").unwrap_or_default();
        let numbers =
            directories.iter().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        let seen = numbers.filter(|pid| *pid != own).map(|pid| ProcessUse::at(pid, &homes));
        Self { seen: seen.collect(), homes }
    }

    /// Returns a process that uses one of these paths, named from the store's directory, or something
    /// below it.
    pub fn user_of(&self, paths: &[&str]) -> Option<&User> {
        let places: Vec<Vec<u8>> = self
            .homes
            .iter()
            .flat_map(|home| {
                paths.iter().map(|path| [home.as_slice(), b"/", path.as_bytes()].concat())
            })
            .collect();
        let uses = |seen: &&ProcessUse| {
            seen.texts.iter().any(|text| places.iter().any(|place| names(text, place)))
        };
        self.seen.iter().find(uses).map(|seen| &seen.user)
    }

    /// Returns a process that runs the program at `path`, by whatever name.
    pub(super) fn runner_of(&self, path: &Path) -> Option<&User> {
        let metadata = fs::metadata(path).ok()?;
        let identity = Some(metadata.identity());
        self.seen.iter().find(|seen| seen.program == identity).map(|seen| &seen.user)
    }
}

impl Store {
    /// Returns a process that uses an installed toolchain.
    pub fn user_of(&self, installed: &InstalledToolchain, processes: &Processes) -> Option<String> {
        let named = processes.user_of(&[&format!("tree/{}", installed.key)]);
        let program = place_in(&installed.tree, "bin/go");
        let user = named.or_else(|| processes.runner_of(&program));
        user.map(ToString::to_string)
    }

    /// Returns when a toolchain was used last, as far as the file system notes that, and at least when it
    /// was installed.
    pub fn last_used(&self, installed: &InstalledToolchain) -> Option<SystemTime> {
        let read =
            fs::metadata(place_in(&installed.tree, "bin/go")).and_then(|file| file.accessed());
        let receipt = fs::metadata(self.receipt_path(&installed.key));
        read.ok().max(receipt.and_then(|file| file.modified()).ok())
    }
}

impl ProcessUse {
    fn at(pid: u32, homes: &[Vec<u8>]) -> Self {
        let place = PathBuf::from(format!("/proc/{pid}"));
        let mut texts = Vec::new();
        let mut note = |text: &[u8]| {
            if homes.iter().any(|home| find(text, home).is_some()) {
                texts.push(text.to_owned());
            }
        };
        for link in ["exe", "cwd"] {
            _ = fs::read_link(place.join(link)).map(|path| note(path.as_os_str().as_bytes()));
        }
        // A program that is a script is named there only.
        let words = read(&place.join("cmdline"));
        words.split(|&byte| byte == 0).take(2).for_each(&mut note);
        for entry in fs::read_dir(place.join("fd")).unwrap_or_default() {
            _ = fs::read_link(entry.path()).map(|path| note(path.as_os_str().as_bytes()));
        }
        read(&place.join("maps")).split(|&byte| byte == b'\n').for_each(&mut note);
        let environment = read(&place.join("environ"));
        let variables = environment.split(|&byte| byte == 0);
        let is_value_of = |text: &[u8], name: &str| {
            text.strip_prefix(name.as_bytes()).is_some_and(|rest| rest.starts_with(b"="))
        };
        let leads = |text: &&[u8]| VARIABLES.iter().any(|name| is_value_of(text, name));
        variables.filter(leads).for_each(&mut note);
        let name = String::from_utf8_lossy(&read(&place.join("comm"))).trim().to_owned();
        let program = fs::metadata(place.join("exe")).ok();
        let program = program.map(|metadata| metadata.identity());
        Self { user: User { pid, name }, texts, program }
    }
}

/// Returns what can be read of a file of a process, which may end at any moment.
fn read(path: &Path) -> Vec<u8> {
    let mut text = Vec::new();
    if let Ok(file) = fs::File::open(path) {
        _ = file.take(MAX_FILE).read_to_end(&mut text);
    }
    text
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
