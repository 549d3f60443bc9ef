//! Settings: how well the release supports what is built for.

use super::facts::Facts;
use crate::checks::finding::{Finding, Severity};
use crate::checks::{Check, CheckResult, Group};

pub(super) const CHECK: Check<Facts> = Check::new(
    "target-supported",
    Group::Settings,
    "the target: broken ports, ports without cgo, and ports that may break",
    run,
);

fn run(facts: &Facts) -> CheckResult {
    let go = facts.go.as_ref().map_err(Clone::clone)?;
    let Some(target) = go.target() else { return Ok(Vec::new()) };
    let platform = format!("{}/{}", target.os, target.arch);
    let chosen = go.chosen("GOARCH").or_else(|| go.chosen("GOOS"));
    let place = || chosen.map_or_else(|| facts.version_place(), |chosen| chosen.place.clone());
    let version = facts.version();
    if target.broken {
        return Ok(vec![Finding::new(
            Severity::Error,
            place(),
            format!("{platform} is broken in {version}"),
            "`go tool dist list` leaves it out, and `-broken` shows it",
            "build for another platform, or with a release in which it works",
        )]);
    }
    let mut findings = Vec::new();
    if let Some(cgo) =
        go.chosen("CGO_ENABLED").filter(|cgo| cgo.value == "1" && !target.cgo_supported)
    {
        findings.push(Finding::new(
            Severity::Error,
            cgo.place.clone(),
            format!("{version} has no cgo on {platform}"),
            "`go tool dist list -json` says `CgoSupported: false`, and CGO_ENABLED=1 does not change that",
            "pin `CGO_ENABLED=0`",
        ));
    }
    if !target.first_class && chosen.is_some() {
        findings.push(Finding::new(
            Severity::Note,
            place(),
            format!("{platform} is not a first-class port"),
            "a release of Go may come out with it broken (go.dev/wiki/PortingPolicy)",
            "test there before you lock a new release",
        ));
    }
    Ok(findings)
}
