//! Settings: GOEXPERIMENT, held against the names and defaults of the locked release.

use super::facts::Facts;
use super::removed_experiments::is_gone;
use crate::checks::finding::{Finding, Place, Severity};
use crate::checks::{Check, CheckResult, Group};
use crate::error::untrusted;
use crate::platform::Platform;

pub(super) const CHECK: Check<Facts> = Check::new(
    "experiments",
    Group::Settings,
    "GOEXPERIMENT: names that the release does not know, and values that are its default",
    run,
);

fn run(facts: &Facts) -> CheckResult {
    let mut findings = dropped(facts, "GOEXPERIMENT").into_iter().collect::<Vec<_>>();
    let pinned = facts.pinned("GOEXPERIMENT");
    if pinned.is_empty() {
        return Ok(findings);
    }
    let settings = facts.settings.as_ref().map_err(Clone::clone)?;
    let platforms: Vec<Platform> = facts.lock.platforms.keys().copied().collect();
    for (place, _, value) in pinned {
        // Those that are gone have a check of their own.
        let minor = facts.version().minor();
        let kept: Vec<&str> = value.split(',').filter(|item| !is_gone(item, minor)).collect();
        let kept = kept.join(",");
        let judged = settings.check([("GOEXPERIMENT", kept.as_str())], &platforms);
        findings.extend(judged.problems.into_iter().map(|problem| {
            let why = if problem.details.is_empty() {
                "a name that a release does not know stops nearly every command of it: `go: unknown GOEXPERIMENT`".to_owned()
            } else {
                problem.details.join("; ")
            };
            Finding::new(Severity::Error, place.clone(), problem.message, why, problem.hint)
        }));
        if !judged.warnings.is_empty() && kept == value {
            findings.push(Finding::new(
                Severity::Warning,
                place,
                format!(
                    "`GOEXPERIMENT={}` is what {} does without it",
                    untrusted(value),
                    facts.version()
                ),
                "Go writes the raw value into the build info of binaries, and nothing else changes",
                "leave it out of `goward.toml`, and run `goward lock`",
            ));
        }
    }
    Ok(findings)
}

/// Says that a variable of the caller does not get through.
pub(super) fn dropped(facts: &Facts, name: &str) -> Option<Finding> {
    let value = facts.variable(name)?.to_string_lossy();
    let is_locked = facts.lock.pins.iter().any(|pin| pin.0 == name && pin.1 == value);
    (!is_locked).then(|| {
        Finding::new(
            Severity::Note,
            Place::Variable(name.to_owned()),
            format!("`{name}={}` does not reach `go`", untrusted(&*value)),
            format!(
                "below goward only `{}` decides it; without goward it counts",
                facts.lock_name()
            ),
            format!("unset `{name}`, or pin it with `goward use`"),
        )
    })
}
