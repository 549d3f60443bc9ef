//! The store: whether it is one, and whether this user can write to it.

use super::Facts;
use crate::checks::{Check, CheckResult, Finding, Group, Place, Severity};
use crate::error::Error;
use crate::fs;
use crate::store::Store;
use goward_shim::names;

pub(super) const CHECK: Check<Facts> = Check::new(
    "store",
    Group::Store,
    "the store, whether this user can write to it, and the second one",
    run,
);

fn run(facts: &Facts) -> CheckResult {
    let mut findings = Vec::new();
    if let Some(system) = facts.store.system()
        && !is_store(&system)
    {
        let fix = format!("look at `{}`, and at `store.system`", names::SYSTEM_STORE_VAR);
        let place = Place::Path(system.home().into());
        let finding = Finding::plain(Severity::Error, place, "this is not a store of goward");
        findings.push(finding.fix(fix));
    }
    let store = match facts.store() {
        Ok(store) => store,
        Err(skipped) if findings.is_empty() => return Err(skipped),
        Err(_) => return Ok(findings),
    };
    let (home, place) = (store.home(), Place::Path(store.home().into()));
    if let Err(error) = store.check_marker().map_err(Error::from) {
        let finding = Finding::plain(Severity::Error, place, error.message());
        findings.push(
            error.hints().iter().fold(finding, |finding, hint| finding.fix(hint.to_string())),
        );
    } else if !is_store(store) && !fs::read_dir(home)?.is_empty() {
        let message = "this is not a store: it holds other files";
        let fix = format!("name an empty or new directory: `{}=/absolute/path`", names::HOME_VAR);
        findings.push(Finding::plain(Severity::Error, place, message).fix(fix));
    } else if !store.is_writable() {
        // A store of root that others use is as it should be.
        let is_own = store.owner() == Some(facts.user);
        let severity = if is_own { Severity::Error } else { Severity::Note };
        let message = "this user cannot write to the store, so cannot install anything";
        let fix = format!("choose another place: `{}=/absolute/path`", names::HOME_VAR);
        findings.push(Finding::plain(severity, place, message).fix(fix));
    }
    Ok(findings)
}

fn is_store(store: &Store) -> bool {
    store.home().join(names::STORE_MARKER).is_file()
}
