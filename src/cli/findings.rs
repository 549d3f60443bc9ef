//! Findings of checks as text and JSON, for `goward check` and `goward doctor`.

use goward_core::checks::{CheckFinding, Outcome, Place, Remedy, Report, SkipReason};
use goward_core::error::printable;
use serde_json::{Value, json};
use std::path::Path;

/// Returns a finding as one line, and at most two below it. Paths below `root` are told from there.
pub(super) fn text(root: &Path, found: &CheckFinding<'_>) -> String {
    let (finding, id) = (found.finding, found.check.id);
    let place = finding.place.shown(root);
    let mut lines = vec![format!("{place}: {}: {} [{id}]", finding.severity, finding.message)];
    for (label, text) in [("why", &finding.why), ("fix", &finding.fix)] {
        if !text.is_empty() {
            lines.push(format!("  {label}: {text}"));
        }
    }
    lines.iter().map(|line| printable(line)).collect::<Vec<_>>().join("\n")
}

/// Returns each reason why checks did not look, with the names of those checks.
pub(super) fn reasons(report: &Report) -> Vec<(String, Vec<&'static str>)> {
    let mut reasons: Vec<(String, Vec<&str>)> = Vec::new();
    for (check, skipped) in report.skipped() {
        let why = match skipped {
            SkipReason::Unable(why, fix) => format!("{why} ({fix})"),
            _ => skipped.why(),
        };
        match reasons.iter_mut().find(|(known, _)| *known == why) {
            Some((_, ids)) => ids.push(check.id),
            None => reasons.push((why, vec![check.id])),
        }
    }
    reasons
}

/// Returns the outcome of every check.
pub(super) fn checks(report: &Report) -> Vec<Value> {
    let entry = |(check, outcome): &(&'static goward_core::checks::About, Outcome)| {
        let skipped = match outcome {
            Outcome::Skipped(skipped) => Some(skipped),
            _ => None,
        };
        json!({
            "check": check.id,
            "group": check.group.name(),
            "outcome": outcome.name(),
            "why": skipped.map(SkipReason::why),
            "fix": skipped.and_then(SkipReason::fix),
        })
    };
    report.outcomes.iter().map(entry).collect()
}

/// Returns a finding.
pub(super) fn entry(root: &Path, found: &CheckFinding<'_>) -> Value {
    let finding = found.finding;
    let shown = |path: &Path| path.strip_prefix(root).unwrap_or(path).display().to_string();
    let (file, line, variable) = match &finding.place {
        Place::Line(path, line) => (Some(shown(path)), Some(line), None),
        Place::Path(path) => (Some(shown(path)), None, None),
        Place::Variable(name) => (None, None, Some(name)),
        Place::Machine => (None, None, None),
    };
    json!({
        "check": found.check.id,
        "group": found.check.group.name(),
        "severity": finding.severity.name(),
        "file": file,
        "line": line,
        "variable": variable,
        "message": finding.message,
        "why": finding.why,
        "fix": finding.fix,
        "fixable": matches!(finding.remedy, Some(Remedy::Edit(_) | Remedy::Repair(_))),
    })
}
