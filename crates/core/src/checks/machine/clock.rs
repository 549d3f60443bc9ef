//! The clock: certificates and grace periods depend on it.

use super::Facts;
use crate::checks::{Check, Finding, Group, Place, Severity};
use std::time::Duration;

pub(super) const CHECK: Check<Facts> = Check::new(
    "clock",
    Group::Machine,
    "the clock, against the times of files that goward wrote",
    |facts| Ok(run(facts).into_iter().collect()),
);

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn run(facts: &Facts) -> Option<Finding> {
    let witnesses = [facts.executable.clone(), facts.store.home().join("meta")];
    let newest = witnesses.iter().filter_map(|path| path.metadata().ok()?.modified().ok()).max();
    let behind =
        newest.and_then(|newest| newest.duration_since(facts.now).ok()).unwrap_or_default();
    (behind > DAY).then(|| {
        let days = behind.as_secs() / DAY.as_secs();
        Finding::new(
            Severity::Error,
            Place::Machine,
            format!("the clock is {days} days behind files that goward wrote"),
            "certificates are not valid before their first day, and nothing gets old",
            "set the clock",
        )
    })
}
