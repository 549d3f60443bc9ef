//! Put back what manifest and lock were before the last change.

use crate::calendar;
use crate::error::{Error, Kind, Result};
use crate::lockfile::{Locker, differences};
use crate::platform::Platform;
use crate::project::files::Files;
use crate::project::find_root;
use crate::project::lock::{LockFile, Pins};
use crate::project::manifest::Manifest;
use crate::project::transaction::{FileChange, Transaction};
use crate::verify::H1;
use crate::version::GoVersion;
use goward_shim::names::{LOCK_FILE, MANIFEST_FILE};
use std::collections::BTreeSet;
use std::path::Path;
use std::time::SystemTime;

/// What was put back.
#[derive(Clone, Debug)]
pub struct UndoReport {
    /// The command whose change was taken back: `use`.
    pub command: String,
    /// The files that are as they were before it, and those that were not there.
    pub changes: Vec<FileChange>,
    /// What is different now: `go1.27.1 -> go1.26.2`.
    pub differences: Vec<String>,
    /// The release that the lock names now, where it is not installed.
    pub missing: Option<GoVersion>,
    /// Whether the lock says something else than the manifest, as it did before.
    pub is_stale: bool,
    /// What an editor has to do.
    pub restart: Option<String>,
}

/// A change that was made here.
#[derive(Clone, Debug)]
pub struct Change {
    /// When, as `2026-11-21 10:11:12 UTC`.
    pub time: String,
    /// What made it: `use`.
    pub command: String,
    /// What it changed.
    pub differences: Vec<String>,
}

impl Locker<'_> {
    /// Puts back manifest and lock as they were before the last command that changed them. Doing it
    /// again undoes it.
    pub fn undo(&self, force: bool) -> Result<UndoReport> {
        let transaction = self.transaction_with_history()?;
        let root = transaction.root().to_owned();
        let last = transaction.records()?.into_iter().next().ok_or_else(|| unknown(&root))?;
        let now = transaction.before().clone();
        if now != last.after && !force {
            return Err(changed_since(&transaction, &last.command, &last.after));
        }
        let back = UndoReport {
            command: last.command,
            changes: transaction.changes(&last.before),
            differences: differences(&root, &now, &last.before),
            missing: self.missing(&root, &last.before)?,
            is_stale: is_stale(&root, &last.before),
            restart: self.restart_gopls(&root).filter(|_| now.lock != last.before.lock),
        };
        if !self.is_dry {
            transaction.commit("undo", &last.before)?;
            self.installer.note_project(&root.join(LOCK_FILE));
        }
        Ok(back)
    }

    /// Returns the changes that were made here, newest first.
    pub fn changes(&self) -> Result<Vec<Change>> {
        let transaction = self.transaction_with_history()?;
        let root = transaction.root();
        let records = transaction.records()?;
        if records.is_empty() {
            return Err(unknown(root));
        }
        let changes = records.into_iter().map(|record| Change {
            time: utc(record.time),
            differences: differences(root, &record.before, &record.after),
            command: record.command,
        });
        Ok(changes.collect())
    }

    /// Returns the right to change the project here, if a change of it is known: nothing is written where none is.
    fn transaction_with_history(&self) -> Result<Transaction> {
        let root = find_root(&self.session.ctx);
        if !Transaction::has_history(&root, self.session.ctx.state_directory().as_deref()) {
            return Err(unknown(&root));
        }
        self.resolver.transaction(&root)
    }

    /// Returns the release of a lock that is not installed here.
    fn missing(&self, root: &Path, files: &Files) -> Result<Option<GoVersion>> {
        let Some(lock) = lock_of(root, files) else { return Ok(None) };
        let host = Platform::host();
        let Some(h1) = lock.platforms.get(&host).and_then(|entry| H1::parse(&entry.h1)) else {
            return Ok(None);
        };
        let found = self.session.store()?.find(lock.version, host, Some(&h1))?;
        Ok(found.is_none().then_some(lock.version))
    }
}

fn unknown(root: &Path) -> Error {
    let message = format!("no change of `{}` is known here", root.display());
    Error::new(Kind::NotFound, message)
        .detail("what `goward use`, `lock` and `init` change is kept on the machine that does it")
        .hint(format!("look for earlier states in git: `git log -p {MANIFEST_FILE} {LOCK_FILE}`"))
}

fn changed_since(transaction: &Transaction, command: &str, after: &Files) -> Error {
    let files: Vec<String> = transaction
        .before()
        .changes(after)
        .map(|(name, ..)| format!("`{}`", transaction.root().join(name).display()))
        .collect();
    let verb = if files.len() == 1 { "is" } else { "are" };
    let message = format!("{} {verb} not what `goward {command}` wrote", files.join(" and "));
    Error::new(Kind::Failed, message)
        .detail("nothing was changed")
        .hint(format!("look at what changed since: `git diff {MANIFEST_FILE} {LOCK_FILE}`"))
        .hint("give that up, too: `goward undo --force`")
}

fn lock_of(root: &Path, files: &Files) -> Option<LockFile> {
    LockFile::parse(files.lock.as_deref()?, &root.join(LOCK_FILE)).ok()
}

/// Returns true when the manifest asks for something else than the lock has.
fn is_stale(root: &Path, files: &Files) -> bool {
    let text = files.manifest.as_deref().and_then(|text| str::from_utf8(text).ok());
    let manifest = text.and_then(|text| Manifest::parse(text, &root.join(MANIFEST_FILE)).ok());
    let Some((manifest, lock)) = manifest.zip(lock_of(root, files)) else { return false };
    differences::differences(&manifest, &lock).is_ok_and(|found| !found.is_empty())
}

/// Returns how the locks of two states differ; without a difference there, that the manifest does.
fn differences(root: &Path, before: &Files, after: &Files) -> Vec<String> {
    let mut found = Vec::new();
    let [old, new] = [before, after].map(|files| lock_of(root, files));
    let name = |files: &Files, lock: &Option<LockFile>| match (lock, &files.lock) {
        (Some(lock), _) => lock.version.to_string(),
        (None, Some(_)) => "a lock that is not understood".to_owned(),
        (None, None) => "no lock".to_owned(),
    };
    let mut change = |place: &str, old: String, new: String| {
        if old != new {
            found.push(format!("{place}{old} -> {new}"));
        }
    };
    change("", name(before, &old), name(after, &new));
    if let (Some(old), Some(new)) = (&old, &new) {
        change("isolation ", old.isolation.name().to_owned(), new.isolation.name().to_owned());
        for_pins("", &old.pins, &new.pins, &mut change);
        let profiles: BTreeSet<&String> = old.profiles.keys().chain(new.profiles.keys()).collect();
        for profile in profiles {
            let [old, new] = [old, new].map(|lock| lock.profiles.get(profile));
            let state = |pins: Option<&Pins>| if pins.is_some() { "there" } else { "gone" };
            let place = format!("profile `{profile}`: ");
            match (old, new) {
                (Some(old), Some(new)) => for_pins(&place, old, new, &mut change),
                _ => change(&place, state(old).to_owned(), state(new).to_owned()),
            }
        }
        if old.rules != new.rules {
            found.push("the rules".to_owned());
        }
    }
    if found.is_empty() {
        let place = if before.lock == after.lock { MANIFEST_FILE } else { LOCK_FILE };
        found.push(format!("`{place}`"));
    }
    found
}

fn for_pins(place: &str, old: &Pins, new: &Pins, change: &mut impl FnMut(&str, String, String)) {
    let names: BTreeSet<&String> = old.iter().chain(new).map(|(name, _)| name).collect();
    for name in names {
        let value = |pins: &Pins| {
            let found = pins.iter().find(|(known, _)| known == name);
            found.map_or_else(|| "unset".to_owned(), |(_, value)| format!("`{value}`"))
        };
        change(&format!("{place}{name} "), value(old), value(new));
    }
}

/// Writes a time as `2026-11-21 10:11:12 UTC`.
fn utc(time: SystemTime) -> String {
    calendar::utc(time).format("%Y-%m-%d %H:%M:%S UTC").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, UNIX_EPOCH};

    #[test]
    fn times_are_those_of_the_calendar() {
        let cases = [
            (0, "1970-01-01 00:00:00 UTC"),
            (951_782_400, "2000-02-29 00:00:00 UTC"),
            (951_868_799, "2000-02-29 23:59:59 UTC"),
            (951_868_800, "2000-03-01 00:00:00 UTC"),
            (1_709_164_800, "2024-02-29 00:00:00 UTC"),
            (1_767_225_599, "2025-12-31 23:59:59 UTC"),
            (4_107_542_400, "2100-03-01 00:00:00 UTC"),
        ];
        for (seconds, want) in cases {
            assert_eq!(utc(UNIX_EPOCH + Duration::from_secs(seconds)), want);
        }
    }
}
