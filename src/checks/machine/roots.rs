//! Roots, which are GOROOT of every build: they lead to their trees, and `bin/go` to the shim.

use super::Facts;
use crate::checks::{Check, Finding, Group, Looked, Place, Remedy, Repair, Severity};
use crate::error::Result;
use crate::store::Store;

pub(super) const CHECK: Check<Facts> =
    Check::new("roots", Group::Store, "where each link of each toolchain's GOROOT leads", run);

fn run(facts: &Facts) -> Looked {
    let store = facts.store()?;
    let mut findings = Vec::new();
    for installed in store.list()? {
        if !store.has_root(&installed)? {
            let message = "this GOROOT does not lead to its tree and the shim";
            let place = Place::Path(installed.root);
            let finding = Finding::plain(Severity::Error, place, message);
            let repair = Remedy::Repair(Repair::Root(installed.key));
            findings.push(finding.fix("`goward doctor --fix`").with(repair));
        }
    }
    Ok(findings)
}

/// Makes a root again.
///
/// # Errors
///
/// When the store cannot be read or written.
pub fn make(store: &Store, key: &str) -> Result<()> {
    let found = store.list()?.into_iter().find(|installed| installed.key == key);
    found.map_or(Ok(()), |installed| store.ensure_root(&installed))
}
