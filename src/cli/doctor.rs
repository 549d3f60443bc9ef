//! `goward doctor`.

use crate::cli::args::Doctor;
use crate::cli::findings;
use goward_core::checks::{CheckFinding, Remedy, Report, Severity, plural};
use goward_core::error::{Error, Kind, Result};
use goward_core::examine::Examiner;
use goward_core::examine::machine::MachineReport;
use goward_core::session::Session;
use serde_json::json;
use std::path::Path;

/// Paths are shown whole: nothing here belongs to a project.
const NO_ROOT: &str = "";

pub(super) fn run(session: &Session, args: &Doctor) -> Result<()> {
    let MachineReport { report, repaired } = Examiner::new(session).examine_machine(args.fix)?;
    let root = Path::new(NO_ROOT);
    let mut found = report.findings();
    // Those of one check stay together.
    found.sort_by_key(|one| std::cmp::Reverse(one.finding.severity));
    let repaired: Vec<CheckFinding<'_>> =
        repaired.iter().map(|(check, finding)| CheckFinding { check, finding }).collect();
    if args.json {
        let entries = |list: &[CheckFinding<'_>]| -> Vec<_> {
            list.iter().map(|one| findings::entry(root, one)).collect()
        };
        session.ui.json(&json!({
            "checks": findings::checks(&report),
            "findings": entries(&found),
            "repaired": entries(&repaired),
        }));
    } else {
        for one in &repaired {
            let (place, message) = (one.finding.place.shown(root), &one.finding.message);
            session.ui.say(&format!("repaired: {place}: {message} [{}]", one.check.id));
        }
        found.retain(|one| args.verbose || args.strict || one.finding.severity > Severity::Note);
        let lines: Vec<_> = found.iter().map(|one| findings::text(root, one)).collect();
        if !lines.is_empty() {
            session.ui.data(&lines.join("\n"));
        }
    }
    session.ui.say(&rest(&report, args));
    if let Some(error) = report.failure() {
        return Err(error.clone());
    }
    if report.is_good(args.strict) {
        return Ok(());
    }
    let error = Error::new(Kind::Findings, report.summary());
    let is_repairable =
        |one: &CheckFinding<'_>| matches!(one.finding.remedy, Some(Remedy::Repair(_)));
    Err(if report.findings().iter().any(is_repairable) && !args.fix {
        error.hint("put right what is safe: `goward doctor --fix`")
    } else {
        error
    })
}

/// Returns one line about everything that is no problem.
fn rest(report: &Report, args: &Doctor) -> String {
    let mut parts =
        vec![format!("{} of {} passed", report.passed(), plural(report.outcomes.len(), "check"))];
    for (why, ids) in findings::reasons(report) {
        parts.push(format!("not checked: {}: {why}", ids.join(", ")));
    }
    let notes = report.count(Severity::Note);
    if notes > 0 && !args.verbose && !args.strict {
        parts.push(format!("{} (`goward doctor --verbose`)", plural(notes, "note")));
    }
    parts.join("; ")
}
