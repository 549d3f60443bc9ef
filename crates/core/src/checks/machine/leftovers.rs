//! Check for leftovers of processes that ended at any point, and of abandoned work.

use super::Facts;
use crate::checks::{Check, CheckResult, Finding, Group, Place, Remedy, Repair, Severity};
use crate::error::Result;
use crate::store::Store;
use std::path::{Path, PathBuf};

pub(super) const CHECK: Check<Facts> = Check::new(
    "leftovers",
    Group::Store,
    "what commands that were killed, and removed toolchains, left in the store",
    run,
);

fn run(facts: &Facts) -> CheckResult {
    let store = facts.store()?;
    let mut findings = Vec::new();
    let found = |path: &Path, message: String, repair| {
        Finding::plain(Severity::Error, Place::Path(path.into()), message)
            .fix("`goward doctor --fix`")
            .with(Remedy::Repair(repair))
    };
    for path in store.unfinished()? {
        let message = "this was left by a process that ended in between".to_owned();
        findings.push(found(&path, message, Repair::Recover));
    }
    let processes = store.processes();
    let removals = store.pending_removals()?;
    let mut waiting = 0;
    for removal in &removals {
        if store.is_expired(removal) && removal.user(&processes).is_none() {
            let message = "this is a removed toolchain that nobody uses".to_owned();
            findings.push(found(removal.path(), message, Repair::Recover));
        } else {
            waiting += 1;
        }
    }
    if waiting > 0 {
        let message = format!("removed toolchains that wait in the trash: {waiting}");
        let place = Place::Path(store.home().into());
        let finding = Finding::plain(Severity::Note, place, message);
        findings.push(finding.fix("delete them: `goward gc --now`"));
    }
    for leftover in store.leftovers(&processes, &facts.goenv_files, false)? {
        let message = format!("this is {} that nobody needs", leftover.kind);
        findings.push(found(&leftover.path, message, Repair::Leftovers));
    }
    Ok(findings)
}

/// Removes what nobody needs.
pub fn remove(store: &Store, goenv_files: &[PathBuf]) -> Result<()> {
    let leftovers = store.leftovers(&store.processes(), goenv_files, false)?;
    Ok(leftovers.iter().try_for_each(|leftover| store.remove_leftover(leftover).map(drop))?)
}
