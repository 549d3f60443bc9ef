//! Check of the `go` and `gofmt` on PATH.

use super::Facts;
use crate::checks::search_path::TOOLS;
use crate::checks::{Check, CheckResult, Finding, Group, Place, Severity, SkipReason};

pub(super) const CHECK: Check<Facts> = Check::new(
    "path",
    Group::Machine,
    "PATH: directories that are not absolute, the shims, and each `go` and `gofmt` before or after \
     them",
    run,
);

const SETUP: &str = "`goward setup`, and a new shell";

fn run(facts: &Facts) -> CheckResult {
    let path = &facts.path;
    let mut findings = Vec::new();
    if let Some(place) = path.entries.iter().find(|place| !place.is_absolute()) {
        findings.push(Finding::new(
            Severity::Error,
            Place::Variable("PATH".to_owned()),
            format!("PATH has `{}`, which is another directory everywhere", place.display()),
            "whoever can write there decides what runs",
            "take it out",
        ));
    }
    // Before `goward setup` nobody expects goward there.
    if !path.shims.is_dir() {
        if findings.is_empty() {
            let why = format!("there are no shims in `{}` yet", path.shims.display());
            return Err(SkipReason::Unable(why, "`goward setup`".to_owned()));
        }
        return Ok(findings);
    }
    let Some(ours) = path.position(&path.shims) else {
        let place = Place::Path(path.shims.clone());
        let finding = Finding::plain(Severity::Error, place, "the shims are not on PATH");
        findings.push(finding.fix(SETUP));
        return Ok(findings);
    };
    for tool in TOOLS {
        for (at, other) in path.others(tool) {
            let place = Place::Path(other);
            findings.push(if at < ours {
                let message = format!("this `{tool}` comes before goward's on PATH");
                Finding::plain(Severity::Error, place, message).fix(SETUP)
            } else {
                let message = format!("this `{tool}` comes after goward's on PATH");
                Finding::plain(Severity::Note, place, message)
            });
        }
    }
    Ok(findings)
}
