//! Settings: what does nothing here, or will stop a later release.

use crate::checks::finding::{Finding, Place, Severity};
use crate::checks::project::facts::Facts;
use crate::checks::project::godebug::{is_removed, last_of_each};
use crate::checks::{Check, CheckResult, Group};
use crate::error::untrusted;
use crate::settings::history::DebugLife;
use crate::settings::{FIRST_WITHOUT_GOROOT_FINAL, Settings};
use std::collections::BTreeSet;

pub(super) const CHECK: Check<Facts> = Check::new(
    "deprecated",
    Group::Settings,
    "settings that do nothing any more, or that a later release does not start with",
    run,
);

/// Variables that Go once read: the name, the first minor version that does not, and what there is.
const UNREAD: [(&str, u32, &str); 3] = [
    ("GO15VENDOREXPERIMENT", 7, "vendor directories work without it"),
    ("GONOSUMCHECK", 13, "GONOSUMDB and GOPRIVATE took its place"),
    (
        "GOROOT_FINAL",
        FIRST_WITHOUT_GOROOT_FINAL,
        "`-trimpath`, or a GOROOT at a fixed path, does what it did",
    ),
];

fn run(facts: &Facts) -> CheckResult {
    let minor = facts.version().minor();
    let mut findings: Vec<Finding> = UNREAD
        .iter()
        .filter(|(name, first, _)| minor >= *first && facts.variable(name).is_some())
        .map(|(name, first, instead)| {
            Finding::new(
                Severity::Note,
                Place::Variable((*name).to_owned()),
                format!("`{name}` does nothing"),
                format!("no Go reads it since 1.{first}: {instead}"),
                format!("unset `{name}`"),
            )
        })
        .collect();
    let pinned = facts.pinned("GODEBUG");
    for (place, _, value) in &pinned {
        for (key, value) in last_of_each(value) {
            findings.extend(ending(facts, place, key, value));
            findings.extend(redundant(facts, place, key, value));
        }
    }
    if pinned.is_empty() {
        return Ok(findings);
    }
    let settings = facts.settings.as_ref().map_err(Clone::clone)?;
    for (place, _, value) in pinned {
        findings.extend(idle(settings, &place, value));
    }
    Ok(findings)
}

fn ending(facts: &Facts, place: &Place, key: &str, value: &str) -> Option<Finding> {
    let life = DebugLife::of(key)?;
    let first = life.end_after(facts.version().minor(), value)?;
    let removed = life.removed.unwrap_or(first);
    let setting = untrusted(format!("{key}={value}"));
    Some(Finding::new(
        Severity::Warning,
        place.clone(),
        format!("go1.{first} does not start with `{setting}`"),
        format!(
            "it was removed in go1.{removed}; programs of go1.{first} end with `fatal error: removed \
             GODEBUG \"{key}\" set to old value` (`internal/godebugs/table.go`)"
        ),
        format!("change what needs it before you lock go1.{first}, and leave it out"),
    ))
}

fn redundant(facts: &Facts, place: &Place, key: &str, value: &str) -> Option<Finding> {
    let systems: BTreeSet<&str> = facts.lock.platforms.keys().map(|p| p.os()).collect();
    let only_linux = systems.iter().all(|os| *os == "linux");
    (key == "madvdontneed" && value == "1" && only_linux).then(|| {
        Finding::new(
            Severity::Note,
            place.clone(),
            "`madvdontneed=1` is what Linux has without it",
            "its default there is 1 since Go 1.16 (`runtime/runtime1.go`)",
            "leave it out",
        )
    })
}

/// Settings that were removed stop a release with their old value, and do nothing with another.
fn idle(settings: &Settings, place: &Place, value: &str) -> Vec<Finding> {
    let judged = last_of_each(value).into_iter().filter(|(key, _)| is_removed(settings, key));
    judged
        .filter(|(key, value)| {
            settings
                .check([("GODEBUG", format!("{key}={value}").as_str())], &[])
                .problems
                .is_empty()
        })
        .map(|(key, value)| {
            let removed = settings.debug.removed().find(|(name, _)| *name == key);
            let minor = removed.map_or(0, |(_, removed)| removed.minor);
            let setting = untrusted(format!("{key}={value}"));
            Finding::new(
                Severity::Warning,
                place.clone(),
                format!("`{setting}` does nothing in {}", settings.version),
                format!("the setting was removed in go1.{minor}"),
                "leave it out",
            )
        })
        .collect()
}
