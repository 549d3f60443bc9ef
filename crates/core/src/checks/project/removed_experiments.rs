//! Settings: experiments that were, and are no more.

use super::facts::Facts;
use crate::checks::finding::{Finding, Severity};
use crate::checks::{Check, Group};
use crate::error::untrusted;
use crate::settings::history::Life;

pub(super) const CHECK: Check<Facts> = Check::new(
    "removed-experiments",
    Group::Settings,
    "GOEXPERIMENT: names that the release, or a later one, no longer knows",
    |facts| Ok(run(facts)),
);

fn run(facts: &Facts) -> Vec<Finding> {
    let minor = facts.version().minor();
    let mut findings = Vec::new();
    for (place, _, value) in facts.pinned("GOEXPERIMENT") {
        for item in value.split(',') {
            let Some(life) = life(item) else { continue };
            let shown = untrusted(item);
            if is_gone(item, minor) {
                findings.push(Finding::new(
                    Severity::Error,
                    place.clone(),
                    format!("{} has no experiment `{shown}` any more", facts.version()),
                    format!(
                        "{}; `go: unknown GOEXPERIMENT {}` stops nearly every command",
                        life.tell(),
                        life.name
                    ),
                    format!("leave `{shown}` out of `goward.toml`, and run `goward lock`"),
                ));
            } else if let Some(last) = life.last.filter(|_| life.contains(minor)) {
                findings.push(Finding::new(
                    Severity::Note,
                    place.clone(),
                    format!("`{shown}` ends with go1.{last}"),
                    format!("{}; a later release stops at the name", life.tell()),
                    format!("leave `{shown}` out before you lock go1.{}", last + 1),
                ));
            }
        }
    }
    findings
}

fn life(item: &str) -> Option<Life> {
    Life::of(item).or_else(|| Life::of(item.strip_prefix("no")?))
}

/// Returns true for an item of GOEXPERIMENT whose experiment was there before Go 1.`minor`.
pub(super) fn is_gone(item: &str, minor: u32) -> bool {
    life(item).is_some_and(|life| life.last.is_some_and(|last| last < minor))
}
