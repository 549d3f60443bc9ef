//! Linked toolchains, which are directories of the machine that somebody else keeps.

use super::Facts;
use crate::checks::{Check, CheckResult, Finding, Group, Place, Severity};

pub(super) const CHECK: Check<Facts> = Check::new(
    "links",
    Group::Store,
    "linked toolchains: programs and VERSION, against what they were when they were linked",
    run,
);

fn run(facts: &Facts) -> CheckResult {
    let store = facts.store()?;
    let mut findings = Vec::new();
    let installed = store.list()?;
    for (name, key) in store.links()? {
        let meant = installed.iter().find(|installed| installed.key == key);
        let Some(linked) = meant.and_then(|installed| installed.receipt.linked.as_ref()) else {
            continue;
        };
        if !linked.is_unchanged() {
            let place = Place::Path((*linked.path).into());
            let message = format!("the toolchain is linked as `{name}`, and changed since");
            let fix = format!("look at it again: `goward link {name} {}`", linked.path);
            findings.push(Finding::plain(Severity::Error, place, message).fix(fix));
        }
    }
    Ok(findings)
}
