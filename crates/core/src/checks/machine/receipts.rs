//! Receipts that cannot be read, or speak of a tree that is not there.

use super::Facts;
use crate::checks::{Check, CheckResult, Finding, Group, Place, Remedy, Repair, Severity};
use std::path::PathBuf;

pub(super) const CHECK: Check<Facts> = Check::new(
    "receipts",
    Group::Store,
    "receipts that cannot be read, or whose tree is not there",
    run,
);

fn run(facts: &Facts) -> CheckResult {
    let finding = |path: PathBuf| {
        let place = Place::Path(path.clone());
        Finding::plain(Severity::Error, place, "this is the receipt of nothing that is installed")
            .fix("`goward doctor --fix`")
            .with(Remedy::Repair(Repair::Receipt(path)))
    };
    Ok(facts.store()?.idle_receipts()?.into_iter().map(finding).collect())
}
