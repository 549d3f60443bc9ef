//! `goward bisect`.

use crate::cli::args::{Bisect, Spread};
use crate::cli::{fetch, interruptible, spread};
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
    let (lab, fetch) = (Lab::new(session), fetch(&args.fetching));
    let found = match &args.spread {
        Spread { plan: Some(form), .. } => {
            let plan = lab.spread_search(&search, &fetch)?;
            spread::print(session, &plan, *form, &words(args), &args.spread);
            return Ok(());
        }
        Spread { cell: Some(cell), results, .. } => {
            let plan = lab.spread_search(&search, &fetch)?;
            let cells = spread::here(session, *cell, plan.cells.len())?;
            let written = interruptible(session, |interrupts| {
                lab.try_releases(&search, &plan, &cells, results, &fetch, interrupts)
            })?;
            spread::report(session, &written);
            return Ok(());
        }
        Spread { merge: Some(directory), .. } => {
            let plan = lab.spread_search(&search, &fetch)?;
            let merged = interruptible(session, |interrupts| {
                lab.merge_search(&search, &plan, directory, &fetch, interrupts)
            })?;
            merged.remarks.iter().for_each(|remark| session.ui.warn(remark));
            merged.found
        }
        _ => interruptible(session, |interrupts| lab.bisect(&search, &fetch, interrupts))?,
    };
    if args.json {
        session.ui.json(&entry(&found));
    } else {
        session.ui.data(&sentence(&found, &shell(&args.command)));
    }
    Ok(())
}

/// Returns what begins the command of every release, as it was typed.
fn words(args: &Bisect) -> spread::Words {
    let mut words = spread::Words::new("bisect");
    words.option("--good", &args.good);
    words.option("--bad", &args.bad);
    words.fetching(&args.fetching);
    words.command(&args.command);
    words
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
