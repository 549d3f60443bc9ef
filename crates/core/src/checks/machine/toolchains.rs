//! Check of the files that goward adds to each toolchain: copies of its shim, and the programs
//! beside them.

use super::Facts;
use crate::checks::{Check, CheckResult, Finding, Group, Place, Remedy, Repair, Severity};
use crate::error::Result;
use crate::store::Store;

pub(super) const CHECK: Check<Facts> =
    Check::new("toolchains", Group::Store, "`bin/go` and `bin/gofmt` of each toolchain", run);

fn run(facts: &Facts) -> CheckResult {
    let store = facts.store()?;
    let mut findings = Vec::new();
    for installed in store.list()? {
        let message = if !store.has_shims(&installed)? {
            "this toolchain does not have the shim and the programs that goward put there"
        } else if store.has_old_shims(&installed)? {
            "`bin/go` of this toolchain is the shim of another goward"
        } else {
            continue;
        };
        let place = Place::Path(installed.tree);
        let repair = Remedy::Repair(Repair::Toolchain(installed.key));
        let finding = Finding::plain(Severity::Error, place, message);
        findings.push(finding.fix("`goward doctor --fix`").with(repair));
    }
    Ok(findings)
}

/// Puts in order what goward added to a toolchain.
pub fn mend(store: &Store, key: &str) -> Result<()> {
    let found = store.list()?.into_iter().find(|installed| installed.key == key);
    found.map_or(Ok(()), |installed| Ok(store.ensure_shims(&installed)?))
}
