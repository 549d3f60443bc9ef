//! `--plan` and `--cell` of `goward matrix` and `goward bisect`.

use crate::cli::args::{Cell, Fetching, PlanForm, Spread};
use goward_core::error::Result;
use goward_core::session::Session;
use goward_lab::spread::{SpreadPlan, Which};
use std::ffi::OsString;
use std::path::PathBuf;

/// What a command was typed with, to be typed again for each part.
#[derive(Debug)]
pub(super) struct Words {
    first: Vec<OsString>,
    last: Vec<OsString>,
}

impl Words {
    /// Begins with a command of goward.
    pub(super) fn new(command: &str) -> Self {
        Self { first: vec!["goward".into(), command.into()], last: Vec::new() }
    }

    /// Adds a word.
    pub(super) fn word(&mut self, word: &str) {
        self.first.push(word.into());
    }

    /// Adds an option.
    pub(super) fn option(&mut self, name: &str, value: &str) {
        self.first.extend([name.into(), value.into()]);
    }

    /// Adds what says where to fetch toolchains.
    pub(super) fn fetching(&mut self, fetching: &Fetching) {
        if let Some(source) = &fetching.source {
            self.option("--source", source);
        }
        if let Some(level) = fetching.accept {
            self.option("--accept", level.name());
        }
        if fetching.no_local {
            self.word("--no-local");
        }
    }

    /// Sets what is run.
    pub(super) fn command(&mut self, command: &[OsString]) {
        self.last = command.to_vec();
    }
}

/// Prints a plan.
pub(super) fn print(
    session: &Session,
    plan: &SpreadPlan,
    form: PlanForm,
    words: &Words,
    args: &Spread,
) {
    match form {
        PlanForm::Json => session.ui.json(&plan.json()),
        PlanForm::Github => session.ui.script(&plan.github()),
        PlanForm::Count => session.ui.script(&plan.cells.len().to_string()),
        PlanForm::Gitlab => {
            let directory = args.results.to_string_lossy();
            session.ui.script(&plan.gitlab(&words.first, &words.last, &directory));
        }
    }
}

/// Returns which parts run here, and says so where it is none.
pub(super) fn here(session: &Session, cell: Cell, count: usize) -> Result<Vec<usize>> {
    let which = match cell {
        Cell::Number(number) => Which::Number(number),
        Cell::Auto => Which::Auto,
    };
    let cells = which.of(&session.ctx, count)?;
    if cells.is_empty() {
        session.ui.say(&format!("nothing to run here: {count} cells are fewer than tasks"));
    }
    Ok(cells)
}

/// Says where results are.
pub(super) fn report(session: &Session, written: &[PathBuf]) {
    for path in written {
        let below = path.strip_prefix(&session.ctx.cwd).unwrap_or(path);
        session.ui.say(&format!("the result is in `{}`", below.display()));
    }
}
