//! `goward matrix`.

use crate::cli::args::Matrix as Args;
use crate::cli::{fetch, interruptible, spread};
use goward_core::error::{Error, Kind, Result, untrusted};
use goward_core::session::Session;
use goward_lab::Lab;
use goward_lab::matrix::report::Verdict;
use goward_lab::matrix::run::Matrix;
use goward_lab::matrix::{Exclude, Limits, Plan, Report, html, json, junit, table};
use std::ffi::OsString;

/// What runs when nobody says what.
const COMMAND: [&str; 3] = ["go", "test", "./..."];

pub(super) fn run(session: &Session, args: &Args) -> Result<()> {
    let matrix = wanted(session, args)?;
    let (lab, fetch) = (Lab::new(session), fetch(&args.fetching));
    if let Some(form) = args.spread.plan {
        spread::print(session, &matrix.spread()?, form, &words(args), &args.spread);
        return Ok(());
    }
    if let Some(cell) = args.spread.cell {
        let cells = spread::here(session, cell, matrix.spread()?.cells.len())?;
        let directory = &args.spread.results;
        let written = interruptible(session, |interrupts| {
            lab.run_cells(&matrix, &cells, directory, &fetch, interrupts)
        })?;
        spread::report(session, &written);
        return Ok(());
    }
    let report = interruptible(session, |interrupts| match &args.spread.merge {
        Some(directory) => lab.merge_cells(&matrix, directory, &fetch, interrupts),
        None => lab.run_matrix(&matrix, &fetch, interrupts),
    })?;
    if let Some(path) = &args.junit {
        Lab::new(session).write_report(path, &junit::render(&report)?)?;
    }
    if let Some(path) = &args.html {
        Lab::new(session).write_report(path, &html::render(&report))?;
    }
    if args.json {
        session.ui.json(&json::value(&report));
    } else {
        session.ui.data(&table::render(&report));
    }
    if report.has_regressed() {
        return Err(regressed(&report));
    }
    if report.lost() > 0 {
        return Err(lost(&report));
    }
    match (report.failed_baseline(), report.mute()) {
        (Some(why), _) if !args.allow_failing_baseline => Err(failed(&report, &why)),
        (_, 0) => Ok(()),
        (_, mute) => Err(nothing_ran(&report, mute)),
    }
}

/// Returns what begins the command of every cell, as it was typed.
fn words(args: &Args) -> spread::Words {
    let mut words = spread::Words::new("matrix");
    args.name.iter().for_each(|name| words.word(name));
    args.go.iter().for_each(|go| words.option("--go", go));
    args.experiment.iter().for_each(|names| words.option("--experiment", names));
    args.debug.iter().for_each(|setting| words.option("--debug", setting));
    args.exclude.iter().for_each(|condition| words.option("--exclude", condition));
    words.fetching(&args.fetching);
    words.command(&args.command);
    words
}

/// Says that cells that were to run elsewhere are missing.
fn lost(report: &Report) -> Error {
    let (lost, total) = (report.lost(), report.columns.len());
    let have = if lost == 1 { "has" } else { "have" };
    let message = format!("{lost} of {total} cells {have} no result");
    Error::new(Kind::Findings, message).hint("run those cells again: the same with `--cell`")
}

/// Says that there are cells of which nothing is known.
fn nothing_ran(report: &Report, mute: usize) -> Error {
    let total = report.columns.len();
    let message = format!("in {mute} of {total} cells nothing of what was to run did");
    Error::new(Kind::Findings, message)
}

/// Says that there is nothing to compare with.
fn failed(report: &Report, why: &str) -> Error {
    let label = report.columns.first().map(|column| column.label.as_str()).unwrap_or_default();
    let message = format!("the baseline, {}, fails: {why}", untrusted(label));
    Error::new(Kind::Findings, message)
        .detail("a cell that fails in the same way is not worse")
        .hint("to compare anyway: the same with `--allow-failing-baseline`")
}

fn wanted(session: &Session, args: &Args) -> Result<Matrix> {
    let named = match &args.name {
        Some(name) => Lab::new(session).named_matrix(name)?,
        None => goward_lab::matrix::run::NamedMatrix::default(),
    };
    let axis = |typed: &[String], named: Vec<String>| {
        if typed.is_empty() { named } else { typed.to_vec() }
    };
    let mut excludes = named.plan.excludes;
    for text in &args.exclude {
        excludes.push(Exclude::parse(text)?);
    }
    let plan = Plan {
        gos: axis(&args.go, named.plan.gos),
        experiments: axis(&args.experiment, named.plan.experiments),
        debug: axis(&args.debug, named.plan.debug),
        excludes,
    };
    let mut command = args.command.clone();
    if command.is_empty() {
        command = named.command.iter().map(OsString::from).collect();
    }
    if command.is_empty() {
        command = COMMAND.map(OsString::from).to_vec();
    }
    let spread = [Some(&args.spread.results), args.spread.merge.as_ref()];
    let reports = args.junit.iter().chain(&args.html).chain(spread.into_iter().flatten());
    Ok(Matrix {
        plan,
        command,
        jobs: args.jobs.map(usize::from),
        resume: args.resume,
        explain: args.explain,
        limits: Limits { threshold: f64::from(args.threshold) / 100.0 },
        reports: reports.cloned().collect(),
    })
}

fn regressed(report: &Report) -> Error {
    let total = report.columns.len();
    let count = (0..total).filter(|at| report.verdict(*at) == Verdict::Regressed).count();
    let are = if count == 1 { "is" } else { "are" };
    let message = format!("{count} of {total} cells {are} worse than the baseline");
    Error::new(Kind::Findings, message)
}
