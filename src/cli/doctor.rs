//! `goward doctor`.

use super::args::Doctor;
use crate::error::Result;
use crate::ops::Session;
use crate::ops::doctor::{Outcome, Problem, problems_error};

pub(super) fn run(session: &Session, args: &Doctor) -> Result<()> {
    let outcomes = session.examine_all(args.fix)?;
    if args.json {
        session.ui.json(&outcomes.iter().map(entry).collect::<Vec<_>>());
    } else {
        report(session, &outcomes);
    }
    match problems_error(&outcomes) {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

fn report(session: &Session, outcomes: &[Outcome]) {
    let mut lines = Vec::new();
    for Outcome { check, found, fixed } in outcomes {
        let name = check.name;
        for problem in fixed {
            session.ui.say(&format!("{name}: repaired: {}", problem.text));
        }
        match found {
            Ok(found) => {
                for problem in &found.problems {
                    let hint = problem.hint.as_ref().map(|hint| format!("; {hint}"));
                    lines.push(format!("{name}: {}{}", problem.text, hint.unwrap_or_default()));
                }
                found.notes.iter().for_each(|note| session.ui.say(&format!("{name}: {note}")));
                if found.problems.is_empty() {
                    session.ui.say(&format!("{name}: {}", check.about));
                }
            }
            Err(error) => lines.push(format!("{name}: cannot be looked at: {}", error.message())),
        }
    }
    if !lines.is_empty() {
        session.ui.data(&lines.join("\n"));
    }
}

fn entry(outcome: &Outcome) -> serde_json::Value {
    let (problems, notes, error) = match &outcome.found {
        Ok(found) => (&found.problems[..], &found.notes[..], None),
        Err(error) => (&[][..], &[][..], Some(error.message())),
    };
    serde_json::json!({
        "check": outcome.check.name,
        "ok": error.is_none() && problems.is_empty(),
        "notes": notes,
        "problems": problems.iter().map(problem).collect::<Vec<_>>(),
        "repaired": outcome.fixed.iter().map(problem).collect::<Vec<_>>(),
        "error": error,
    })
}

fn problem(problem: &Problem) -> serde_json::Value {
    serde_json::json!({
        "text": problem.text,
        "path": problem.path.as_ref().map(|path| path.to_string_lossy()),
        "fixable": problem.fix.is_some(),
        "hint": problem.hint,
    })
}
