//! Whether everything is in order, and what to do where it is not.
//!
//! A check is one file and one row of [`CHECKS`]. It only looks; what it can put in order without taking
//! anything from anybody is a [`Fix`], which `--fix` applies, after which the check looks again.

mod caches;
mod clock;
mod editors;
mod filesystem;
mod go_env;
mod leftovers;
mod links;
mod locks;
mod managers;
mod network;
mod owner;
mod path;
mod place;
mod receipts;
mod roots;
mod shims;
mod sudo;
mod telemetry;
mod variables;

use super::Session;
use crate::error::{Error, Kind, Result};
use crate::store::Store;
use std::path::PathBuf;

/// Something to look at.
#[derive(Debug)]
pub struct Check {
    /// Its name, as in JSON.
    pub name: &'static str,
    /// What is in order when it finds nothing.
    pub about: &'static str,
    look: fn(&Session, &Store) -> Result<Found>,
}

/// Every check, in the order in which they are made.
pub const CHECKS: [Check; 19] = [
    Check { name: "store", about: "the store is there and can be written", look: place::look },
    Check {
        name: "filesystem",
        about: "programs run there, and there is room",
        look: filesystem::look,
    },
    Check {
        name: "locks",
        about: "locks work there, or nothing relies on them",
        look: locks::look,
    },
    Check { name: "owner", about: "nobody else can change it", look: owner::look },
    Check { name: "leftovers", about: "nothing was left behind", look: leftovers::look },
    Check { name: "receipts", about: "receipts and trees belong together", look: receipts::look },
    Check { name: "shims", about: "`go` and `gofmt` lead to the shim", look: shims::look },
    Check { name: "roots", about: "roots lead to their trees and to the shim", look: roots::look },
    Check { name: "links", about: "linked toolchains are what they were", look: links::look },
    Check { name: "path", about: "`go` on PATH is goward's", look: path::look },
    Check { name: "variables", about: "no variable leads past goward", look: variables::look },
    Check {
        name: "go-env",
        about: "`go env -w` left nothing that a lock decides",
        look: go_env::look,
    },
    Check { name: "editors", about: "no editor has a Go of its own", look: editors::look },
    Check { name: "sudo", about: "nothing is to be said of sudo", look: sudo::look },
    Check { name: "caches", about: "Go can build and keep what it built", look: caches::look },
    Check {
        name: "network",
        about: "proxies, certificates and sources are in order",
        look: network::look,
    },
    Check { name: "clock", about: "the clock can be right", look: clock::look },
    Check {
        name: "telemetry",
        about: "nothing is uploaded without being asked for",
        look: telemetry::look,
    },
    Check {
        name: "managers",
        about: "nothing is to be done about other managers",
        look: managers::look,
    },
];

/// What a check found.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// What is good to know and no problem.
    pub notes: Vec<String>,
    /// What is wrong.
    pub problems: Vec<Problem>,
}

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong, in a line.
    pub text: String,
    /// Where.
    pub path: Option<PathBuf>,
    /// What puts it in order, if that is safe.
    pub fix: Option<Fix>,
    /// What to type, where that takes a person.
    pub hint: Option<String>,
}

impl Problem {
    fn new(text: String) -> Self {
        Self { text, path: None, fix: None, hint: None }
    }

    fn at(path: impl Into<PathBuf>, what: &str) -> Self {
        let path = path.into();
        let text = format!("`{}` {what}", path.display());
        Self { path: Some(path), ..Self::new(text) }
    }

    fn fixed_by(self, fix: Fix) -> Self {
        Self { fix: Some(fix), ..self }
    }

    fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

/// What puts something in order and takes nothing from anybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fix {
    /// Recovery, which every command that changes the store begins with.
    Recover,
    /// Remove what nobody needs.
    Leftovers,
    /// Remove a receipt that speaks of nothing.
    Receipt(PathBuf),
    /// Put the shims in place.
    Shims,
    /// Make the root of a toolchain again: its key.
    Root(String),
    /// Take away the right of others to write.
    Close(PathBuf),
}

/// What came of a check.
#[derive(Debug)]
pub struct Outcome {
    /// The check.
    pub check: &'static Check,
    /// What is there now; or why that is not known.
    pub found: Result<Found>,
    /// What was wrong and is in order now.
    pub fixed: Vec<Problem>,
}

impl Session {
    /// Makes every check, and with `fix` puts in order what is safe.
    ///
    /// # Errors
    ///
    /// When there is no place for a store.
    pub fn examine_all(&self, fix: bool) -> Result<Vec<Outcome>> {
        let store = self.store()?;
        Ok(CHECKS.iter().map(|check| self.examine_one(&store, check, fix)).collect())
    }

    fn examine_one(&self, store: &Store, check: &'static Check, fix: bool) -> Outcome {
        let found = (check.look)(self, store);
        let repairs: Vec<Fix> = match &found {
            Ok(found) => found.problems.iter().filter_map(|problem| problem.fix.clone()).collect(),
            Err(_) => Vec::new(),
        };
        if !fix || repairs.is_empty() {
            return Outcome { check, found, fixed: Vec::new() };
        }
        let mut done: Vec<Fix> = Vec::new();
        for fix in repairs {
            if !done.contains(&fix) {
                if let Err(error) = self.apply(store, &fix) {
                    return Outcome { check, found: Err(error), fixed: Vec::new() };
                }
                done.push(fix);
            }
        }
        let before = found.map(|found| found.problems).unwrap_or_default();
        let now = (check.look)(self, store);
        let is_left = |problem: &Problem| match &now {
            Ok(now) => now.problems.contains(problem),
            Err(_) => true,
        };
        let fixed = before.into_iter().filter(|problem| !is_left(problem)).collect();
        Outcome { check, found: now, fixed }
    }

    fn apply(&self, store: &Store, fix: &Fix) -> Result<()> {
        match fix {
            Fix::Recover => store.recover().map(drop),
            Fix::Leftovers => leftovers::remove(self, store),
            Fix::Receipt(receipt) => store.remove_idle_receipt(receipt),
            Fix::Shims => self.place_shims().map(drop),
            Fix::Root(key) => roots::make(store, key),
            Fix::Close(path) => owner::close(path),
        }
    }
}

/// Returns the error of a run that left problems.
pub fn problems_error(outcomes: &[Outcome]) -> Option<Error> {
    let left = || outcomes.iter().filter_map(|outcome| outcome.found.as_ref().ok());
    let problems: Vec<_> = left().flat_map(|found| &found.problems).collect();
    let failed = outcomes.iter().filter(|outcome| outcome.found.is_err()).count();
    let count = problems.len() + failed;
    if count == 0 {
        return None;
    }
    let (noun, was) = if count == 1 { ("problem", "was") } else { ("problems", "were") };
    let error = Error::new(Kind::Findings, format!("{count} {noun} {was} found"));
    let fixable = problems.iter().any(|problem| problem.fix.is_some());
    Some(if fixable {
        error.hint("put in order what is safe: `goward doctor --fix`")
    } else {
        error
    })
}
