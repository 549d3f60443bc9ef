//! Settings: GODEBUG, held against the tables of the locked release.

use crate::checks::finding::{Finding, Place, Severity};
use crate::checks::project::experiments::dropped;
use crate::checks::project::facts::Facts;
use crate::checks::{Check, CheckResult, Group};
use crate::error::untrusted;
use crate::settings::Settings;
use goward_shim::pins::weakening;
use std::collections::BTreeSet;

pub(super) const CHECK: Check<Facts> = Check::new(
    "godebug",
    Group::Settings,
    "GODEBUG: settings that the release does not know or that stop, slow, flood or weaken it",
    run,
);

/// Settings that are there to debug Go itself: the name, the value that is harmless, what another
/// does (`runtime/extern.go`).
const DEBUGGING: [(&str, &str, &str); 6] = [
    (
        "asyncpreemptoff",
        "0",
        "loops without calls cannot be interrupted, so collections wait for them",
    ),
    ("clobberfree", "0", "freed memory is overwritten"),
    ("efence", "0", "memory is never used again"),
    ("gccheckmark", "0", "every collection is checked by a second one that stops the world"),
    ("gcstoptheworld", "0", "every collection stops the world"),
    ("sbrk", "0", "nothing is ever collected"),
];

fn run(facts: &Facts) -> CheckResult {
    let mut findings: Vec<Finding> = dropped(facts, "GODEBUG").into_iter().collect();
    let pinned = facts.pinned("GODEBUG");
    if pinned.is_empty() {
        return Ok(findings);
    }
    let settings = facts.settings.as_ref().map_err(Clone::clone)?;
    for (place, _, value) in pinned {
        for (key, value) in last_of_each(value) {
            findings.extend(judge(settings, &place, key, value));
        }
    }
    Ok(findings)
}

fn judge(settings: &Settings, place: &Place, key: &str, value: &str) -> Vec<Finding> {
    let setting = format!("{key}={value}");
    let shown = untrusted(&setting);
    let judged = settings.check([("GODEBUG", setting.as_str())], &[]);
    let mut findings: Vec<Finding> = judged
        .problems
        .into_iter()
        .map(|problem| {
            let why = if problem.details.is_empty() {
                "Go does not say so everywhere: what it does not understand it ignores, or it does not start".to_owned()
            } else {
                problem.details.join("; ")
            };
            Finding::new(Severity::Error, place.clone(), problem.message, why, problem.hint)
        })
        .collect();
    if findings.is_empty() && !is_removed(settings, key) {
        let warnings = judged.warnings.into_iter().map(|warning| {
            let (what, why) = warning
                .split_once(';')
                .unwrap_or((&warning, "goward's tables come from the release itself"));
            let mend =
                "take it out of the lock, and set it where it is needed: `goward exec --debug`";
            Finding::new(Severity::Warning, place.clone(), what, why.trim(), mend)
        });
        findings.extend(warnings);
    }
    let debugging = DEBUGGING.iter().find(|(name, harmless, _)| *name == key && *harmless != value);
    if let Some((_, _, effect)) = debugging {
        findings.push(Finding::new(
            Severity::Warning,
            place.clone(),
            format!("`{shown}` is for debugging Go itself"),
            format!("{effect}, in the compiler and in every test"),
            "leave it out, and set it for one run: `goward exec --debug`",
        ));
    }
    findings.extend(weakening(&[("GODEBUG", setting.as_str())]).map(|weak| {
        Finding::new(
            Severity::Warning,
            place.clone(),
            format!("`{shown}` weakens security"),
            format!("{}, in `go` and in every test", weak.reason),
            "leave it out, or say in `goward.toml` why it has to be",
        )
    }));
    findings
}

/// Returns the settings in a value; of several for one key the last one counts.
pub(super) fn last_of_each(value: &str) -> Vec<(&str, &str)> {
    let mut seen = BTreeSet::new();
    let settings = value.split(',').rev().filter_map(|setting| setting.split_once('='));
    let mut last: Vec<_> = settings.filter(|(key, _)| seen.insert(*key)).collect();
    last.reverse();
    last
}

/// Returns true for a setting that the release once had.
pub(super) fn is_removed(settings: &Settings, key: &str) -> bool {
    settings.debug.removed().any(|(name, _)| name == key)
}
