//! `goward check`.

use crate::cli::args::Check;
use crate::cli::findings;
use goward_core::checks::{CheckFinding, SkipReason, sarif};
use goward_core::error::{Error, Kind, Result};
use goward_core::examine::Examiner;
use goward_core::examine::project::{Plan, ProjectReport};
use goward_core::session::Session;
use goward_core::vulndb::DatabaseAnswer;
use goward_tools::Tools;
use serde_json::{Value, json};

pub(super) fn run(session: &Session, args: &Check) -> Result<()> {
    let tools = Tools::new(session).locked_for_check().map_err(SkipReason::Failed);
    let plan = Plan { vulndb: args.vulndb.clone(), tools, fix: args.fix };
    let checked = Examiner::new(session).check(&plan)?;
    let (facts, report) = (&checked.facts, &checked.report);
    for (path, count) in &checked.fixed {
        let times = if *count == 1 { "one line".to_owned() } else { format!("{count} lines") };
        session.ui.say(&format!("changed {times} of `{}`", facts.shown(path)));
    }
    let mut found = report.findings();
    found.sort_by(|a, b| {
        let (a, b) = (a.finding, b.finding);
        a.place.cmp(&b.place).then(b.severity.cmp(&a.severity))
    });
    if args.sarif {
        session.ui.json(&sarif(facts, report));
    } else if args.json {
        let found: Vec<_> = found.iter().map(|one| findings::entry(&facts.root, one)).collect();
        session.ui.json(&as_json(&checked, &found));
    } else if !found.is_empty() {
        let lines = found.iter().map(|one| findings::text(&facts.root, one));
        session.ui.data(&lines.collect::<Vec<_>>().join("\n"));
    }
    for (why, ids) in findings::reasons(report) {
        session.ui.say(&format!("not checked: {}: {why}", ids.join(", ")));
    }
    if let Ok(asked @ DatabaseAnswer { copy: Some(_), .. }) = &facts.vulnerabilities {
        session.ui.say(&format!("vulnerabilities by {}", asked.by()));
    }
    conclude(session, args, &checked)
}

/// Says what the outcomes come to.
fn conclude(session: &Session, args: &Check, checked: &ProjectReport) -> Result<()> {
    let (facts, report) = (&checked.facts, &checked.report);
    if let Some(error) = report.failure() {
        return Err(error.clone());
    }
    let summary = format!("{} of `{}`: {}", facts.version(), facts.lock_name(), report.summary());
    if report.is_good(args.strict) {
        session.ui.say(&summary);
        return Ok(());
    }
    let error = Error::new(Kind::Findings, summary);
    let is_mechanical = report.findings().iter().any(|found| found.finding.remedy.is_some());
    Err(if is_mechanical && !args.fix {
        error.hint("change what needs no decision: `goward check --fix`")
    } else {
        error
    })
}

fn as_json(checked: &ProjectReport, found: &[Value]) -> Value {
    let facts = &checked.facts;
    let ignored = checked.report.ignored.iter();
    let ignored = ignored
        .map(|(check, finding)| findings::entry(&facts.root, &CheckFinding { check, finding }));
    let fixed = checked
        .fixed
        .iter()
        .map(|(path, count)| json!({ "file": path.to_string_lossy(), "edits": count }));
    json!({
        "version": facts.version().to_string(),
        "lock": facts.lock_path.to_string_lossy(),
        "checks": findings::checks(&checked.report),
        "findings": found,
        "ignored": ignored.collect::<Vec<_>>(),
        "vulnerability_database": facts.vulnerabilities.as_ref().ok().map(database),
        "fixed": fixed.collect::<Vec<_>>(),
    })
}

/// Returns who was asked, as `goward diff --json` has it, too.
pub(super) fn database(asked: &DatabaseAnswer) -> Value {
    json!({
        "source": asked.report.source,
        "modified": asked.report.modified,
        "copy_age_days": asked.copy.as_ref().map(|(days, _)| days),
        "copy_why": asked.copy.as_ref().map(|(_, why)| why),
    })
}
