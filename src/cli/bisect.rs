//! `goward bisect`.

use crate::cli::args::Bisect;
use crate::cli::{fetch, interruptible};
use goward_core::error::{Result, untrusted_line};
use goward_core::session::Session;
use goward_lab::Lab;
use goward_lab::bisect::{BisectResult, Search};
use goward_lab::matrix::go_command::shell;
use serde_json::json;

pub(super) fn run(session: &Session, args: &Bisect) -> Result<()> {
    let search = Search {
        good: args.good.clone(),
        bad: args.bad.clone(),
        command: args.command.clone(),
        installed: args.installed,
    };
    let found = interruptible(session, |interrupts| {
        Lab::new(session).bisect(&search, &fetch(&args.fetching), interrupts)
    })?;
    if args.json {
        session.ui.json(&entry(&found));
    } else {
        session.ui.data(&sentence(&found, &shell(&args.command)));
    }
    Ok(())
}

/// Says it all in one sentence.
fn sentence(found: &BisectResult, command: &str) -> String {
    let BisectResult { last_good, first_bad, untold, has_gap, cause, shows, .. } = found;
    let untold: Vec<String> = untold.iter().map(ToString::to_string).collect();
    let next = match (untold.join(", "), has_gap) {
        (untold, _) if !untold.is_empty() => format!("{untold} between them cannot tell"),
        (_, true) => "the next that was tried".to_owned(),
        (_, false) => "the next release".to_owned(),
    };
    let (command, shows) = (untrusted_line(command), untrusted_line(shows));
    let why = match cause {
        Some(cause) => format!("because {}", cause.reason()),
        None => "and no setting, experiment or language alone makes the difference".to_owned(),
    };
    format!(
        "`{command}` passes with {last_good} and fails with {first_bad}, {next}, {why}: `{shows}`"
    )
}

fn entry(found: &BisectResult) -> serde_json::Value {
    let untold: Vec<String> = found.untold.iter().map(ToString::to_string).collect();
    json!({
        "lastGood": found.last_good.to_string(),
        "firstBad": found.first_bad.to_string(),
        "cannotTell": untold,
        "gap": found.has_gap,
        "cause": found.cause.as_ref().map(|cause| json!({
            "kind": cause.change.kind(),
            "name": cause.change.name(),
            "reason": cause.reason(),
            "passes": cause.passes,
        })),
        "command": found.shows,
        "runs": found.runs,
    })
}
