//! Settings: GOEXPERIMENT, held against the names and defaults of the locked release.

use super::finding::{Finding, Place, Severity};
use super::removed_experiments::is_gone;
use super::situation::Situation;
use super::{Check, Group, Look, Outcome};
use crate::error::untrusted;
use crate::platform::Platform;

pub(super) const CHECK: Check = Check {
    id: "experiments",
    group: Group::Settings,
    title: "GOEXPERIMENT: names that the release does not know, and values that are its default",
    look: Look::Facts(run),
};

fn run(situation: &Situation) -> Outcome {
    let mut findings = dropped(situation, "GOEXPERIMENT").into_iter().collect::<Vec<_>>();
    let pinned = situation.pinned("GOEXPERIMENT");
    if pinned.is_empty() {
        return Ok(findings);
    }
    let settings = situation.settings.as_ref().map_err(Clone::clone)?;
    let platforms: Vec<Platform> = situation.lock.platforms.keys().copied().collect();
    for (place, _, value) in pinned {
        // Those that are gone have a check of their own.
        let minor = situation.version().minor();
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
                    situation.version()
                ),
                "Go writes the raw value into the build info of binaries, and nothing else changes",
                "leave it out of `goward.toml`, and run `goward lock`",
            ));
        }
    }
    Ok(findings)
}

/// Says that a variable of the caller does not get through.
pub(super) fn dropped(situation: &Situation, name: &str) -> Option<Finding> {
    let value = situation.variable(name)?.to_string_lossy();
    let is_locked = situation.lock.pins.iter().any(|pin| pin.0 == name && pin.1 == value);
    (!is_locked).then(|| {
        Finding::new(
            Severity::Note,
            Place::Variable(name.to_owned()),
            format!("`{name}={}` does not reach `go`", untrusted(&*value)),
            format!(
                "below goward only `{}` decides it; without goward it counts",
                situation.lock_name()
            ),
            format!("unset `{name}`, or pin it with `goward use`"),
        )
    })
}
