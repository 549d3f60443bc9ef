//! `goward check`.

use super::args::Check;
use crate::check::{Findings, Found, Missing, Severity, Situation, sarif};
use crate::error::{Error, Kind, Result, printable};
use crate::ops::Session;
use crate::ops::check::{Checked, Plan};
use crate::vulndb::Asked;
use serde_json::{Value, json};

pub(super) fn run(session: &Session, args: &Check) -> Result<()> {
    let plan = Plan { vulndb: args.vulndb.clone(), fix: args.fix };
    let checked = session.check(&plan)?;
    let (situation, findings) = (&checked.situation, &checked.findings);
    for (path, count) in &checked.mended {
        let times = if *count == 1 { "one line".to_owned() } else { format!("{count} lines") };
        session.ui.say(&format!("mended {times} of `{}`", situation.shown(path)));
    }
    if args.sarif {
        session.ui.json(&sarif(situation, findings));
    } else if args.json {
        session.ui.json(&report(&checked));
    } else if !findings.found.is_empty() {
        let lines = findings.found.iter().map(|found| text(situation, found));
        session.ui.data(&lines.collect::<Vec<_>>().join("\n"));
    }
    for line in unchecked(findings) {
        session.ui.say(&line);
    }
    if let Ok(asked @ Asked { copy: Some(_), .. }) = &situation.vulnerabilities {
        session.ui.say(&format!("vulnerabilities by {}", asked.by()));
    }
    conclude(session, args, &checked)
}

/// Returns a finding as one line, and two below it.
fn text(situation: &Situation, found: &Found) -> String {
    let (finding, id) = (&found.finding, found.check.id);
    let place = finding.place.shown(&situation.root);
    let lines = [
        format!("{place}: {}: {} [{id}]", finding.severity, finding.what),
        format!("  why: {}", finding.why),
        format!("  mend: {}", finding.mend),
    ];
    lines.map(|line| printable(&line)).join("\n")
}

/// Returns a line for each reason why checks did not look.
fn unchecked(findings: &Findings) -> Vec<String> {
    let mut reasons: Vec<(String, Vec<&str>)> = Vec::new();
    for (check, missing) in &findings.missing {
        let why = match missing {
            Missing::Lacking(why, mend) => format!("{why} ({mend})"),
            _ => missing.why(),
        };
        match reasons.iter_mut().find(|(known, _)| *known == why) {
            Some((_, ids)) => ids.push(check.id),
            None => reasons.push((why, vec![check.id])),
        }
    }
    let line = |(why, ids): (String, Vec<&str>)| format!("not checked: {}: {why}", ids.join(", "));
    reasons.into_iter().map(line).collect()
}

/// Says what the findings come to.
fn conclude(session: &Session, args: &Check, checked: &Checked) -> Result<()> {
    let findings = &checked.findings;
    let failed = findings.missing.iter().find_map(|(_, missing)| match missing {
        Missing::Failed(error) => Some(error.clone()),
        _ => None,
    });
    if let Some(error) = failed {
        return Err(error);
    }
    let counted = |severity| findings.count(severity);
    let lacking =
        findings.missing.iter().filter(|(_, m)| matches!(m, Missing::Lacking(..))).count();
    let counts: Vec<String> = Severity::ALL
        .into_iter()
        .map(|severity| (counted(severity), severity.name()))
        .chain([(if args.strict { lacking } else { 0 }, "check not made")])
        .filter(|(count, _)| *count > 0)
        .map(|(count, name)| plural(count, name))
        .collect();
    let situation = &checked.situation;
    let subject = format!("{} of `{}`", situation.version(), situation.lock_name());
    let bad = counted(Severity::Error) + counted(Severity::Warning);
    let strictly = counted(Severity::Note) + lacking;
    if bad == 0 && (strictly == 0 || !args.strict) {
        let what =
            if counts.is_empty() { "nothing is wrong".to_owned() } else { counts.join(", ") };
        session.ui.say(&format!("{subject}: {what}"));
        return Ok(());
    }
    let error = Error::new(Kind::Findings, format!("{subject}: {}", counts.join(", ")));
    let is_mechanical = findings.found.iter().any(|found| found.finding.edit.is_some());
    Err(if is_mechanical && !args.fix {
        error.hint("mend what needs no thought: `goward check --fix`")
    } else {
        error
    })
}

fn plural(count: usize, name: &str) -> String {
    match (count, name.split_once(' ')) {
        (1, _) => format!("1 {name}"),
        (_, Some((first, rest))) => format!("{count} {first}s {rest}"),
        (_, None) => format!("{count} {name}s"),
    }
}

fn report(checked: &Checked) -> Value {
    let (situation, findings) = (&checked.situation, &checked.findings);
    let found = findings.found.iter().map(|found| entry(situation, found));
    let missing = findings.missing.iter().map(|(check, missing)| {
        let mend = match missing {
            Missing::Lacking(_, mend) => Some(mend),
            _ => None,
        };
        json!({ "check": check.id, "why": missing.why(), "mend": mend })
    });
    let mended = checked
        .mended
        .iter()
        .map(|(path, count)| json!({ "file": path.to_string_lossy(), "edits": count }));
    json!({
        "version": situation.version().to_string(),
        "lock": situation.lock_path.to_string_lossy(),
        "findings": found.collect::<Vec<_>>(),
        "vulnerability_database": situation.vulnerabilities.as_ref().ok().map(database),
        "not_checked": missing.collect::<Vec<_>>(),
        "mended": mended.collect::<Vec<_>>(),
    })
}

/// Returns who was asked, as `goward diff --json` has it, too.
pub(super) fn database(asked: &Asked) -> Value {
    json!({
        "source": asked.report.source,
        "modified": asked.report.modified,
        "copy_age_days": asked.copy.as_ref().map(|(days, _)| days),
        "copy_why": asked.copy.as_ref().map(|(_, why)| why),
    })
}

fn entry(situation: &Situation, found: &Found) -> Value {
    use crate::check::Place;
    let finding = &found.finding;
    let (file, line, variable) = match &finding.place {
        Place::Line(path, line) => (Some(situation.shown(path)), Some(line), None),
        Place::Variable(name) => (None, None, Some(name)),
    };
    json!({
        "check": found.check.id,
        "group": found.check.group.name(),
        "severity": finding.severity.name(),
        "file": file,
        "line": line,
        "variable": variable,
        "what": finding.what,
        "why": finding.why,
        "mend": finding.mend,
        "fixable": finding.edit.is_some(),
    })
}
