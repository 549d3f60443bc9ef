//! A matrix on several machines: its plan, one cell of it, and all results put together.

use crate::Lab;
use crate::matrix::go_command::{runs_tests, shell};
use crate::matrix::interrupt::Interrupts;
use crate::matrix::report::CellRun;
use crate::matrix::run::{Matrix, check, column, interrupted};
use crate::matrix::{Cell, Column, Report, Results, State};
use crate::spread::{Part, PlannedCell, ResultsDirectory, SpreadPlan};
use goward_core::error::{Error, Kind, Result, untrusted};
use goward_core::install::request::Fetch;
use goward_core::resolve::lookup::parse_request;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What is written of a cell that ended.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct CellResult {
    label: String,
    version: String,
    experiments: Vec<String>,
    debug: Vec<String>,
    shell: String,
    /// Why it cannot be; else it ran.
    left_out: Option<String>,
    is_kept: bool,
    results: Option<Results>,
}

impl From<Column> for CellResult {
    fn from(column: Column) -> Self {
        let Column { label, version, experiments, debug, shell, state } = column;
        let (left_out, is_kept, results) = match state {
            State::LeftOut(why) | State::Lost(why) => (Some(why), false, None),
            State::Ran(ran) => (None, ran.is_kept, Some(ran.results)),
        };
        Self { label, version, experiments, debug, shell, left_out, is_kept, results }
    }
}

impl From<CellResult> for Column {
    fn from(result: CellResult) -> Self {
        let CellResult { label, version, experiments, debug, shell, .. } = result;
        let state = match (result.results, result.left_out) {
            (Some(results), _) => State::Ran(Box::new(CellRun {
                results,
                is_kept: result.is_kept,
                differences: Vec::new(),
                comparisons: Vec::new(),
                explanation: None,
            })),
            (None, Some(why)) => State::LeftOut(why),
            (None, None) => State::Lost("its result says nothing".to_owned()),
        };
        Self { label, version, experiments, debug, shell, state }
    }
}

impl Matrix {
    /// Returns the cells and the command, as every machine that runs a cell knows them: by words
    /// alone, so that nobody has to be asked.
    ///
    /// # Errors
    ///
    /// As for a run.
    pub fn spread(&self) -> Result<SpreadPlan> {
        let cells = self.plan.cells()?;
        cells.iter().try_for_each(check)?;
        let planned = cells.into_iter().enumerate().map(|(cell, one)| {
            let name = one.label(&named(&one));
            let Cell { go, experiments, debug } = one;
            PlannedCell { cell, name, go, experiments, debug }
        });
        Ok(SpreadPlan { kind: "matrix", command: shell(&self.command), cells: planned.collect() })
    }
}

/// Returns what a cell's Go is called as long as nobody has looked for it.
fn named(cell: &Cell) -> String {
    let Some(go) = &cell.go else { return "the project's go".to_owned() };
    let exact = parse_request(go).ok().and_then(|request| request.as_exact());
    exact.map_or_else(|| go.clone(), |version| version.to_string())
}

impl Lab<'_> {
    /// Runs cells and writes what came of each into a directory; returns the files. A cell in which
    /// the command fails has a result like any other: what follows is for whoever has all of them.
    pub fn run_cells(
        &self,
        matrix: &Matrix,
        cells: &[usize],
        directory: &Path,
        fetch: &Fetch,
        interrupts: &Interrupts,
    ) -> Result<Vec<PathBuf>> {
        let all = matrix.plan.cells()?;
        let results = self.results(matrix, directory)?;
        let own = self.own_files(matrix);
        let mut written = Vec::new();
        for number in cells {
            let Some(cell) = all.get(*number) else { continue };
            if interrupts.has_come() {
                return Err(interrupted(written.len(), cells.len()));
            }
            results.begin(*number, &self.origin(&own))?;
            let mut slot = self.slot(cell, fetch)?;
            // Whether another cell has a release of the same name is not known here.
            if let Ok(prepared) = &mut slot.prepared
                && prepared.toolchain.link.is_some()
            {
                let name = prepared.toolchain.key.clone();
                prepared.use_own_cache(self.session, &name);
            }
            let slots = [slot];
            let states = self.run_slots(matrix, &slots, interrupts)?;
            for (slot, state) in slots.iter().zip(states) {
                let result = CellResult::from(column(matrix, slot, state));
                written.push(results.finish(*number, &self.origin(&own), result)?);
            }
        }
        Ok(written)
    }

    /// Puts together what the cells of a matrix wrote, and compares it as one run does.
    ///
    /// # Errors
    ///
    /// For results that are not of this matrix, of one project and one commit, or that were run
    /// with different releases for one request.
    pub fn merge_cells(
        &self,
        matrix: &Matrix,
        directory: &Path,
        fetch: &Fetch,
        interrupts: &Interrupts,
    ) -> Result<Report> {
        let plan = matrix.spread()?;
        let collected = self.results(matrix, directory)?.collect::<CellResult>()?;
        let columns = collected.parts.into_iter().zip(&plan.cells).map(|(part, cell)| match part {
            Part::Done(result) => Column::from(*result),
            Part::Missing(why) => Column {
                label: cell.name.clone(),
                version: String::new(),
                experiments: cell.experiments.clone(),
                debug: cell.debug.clone(),
                shell: String::new(),
                state: State::Lost(why),
            },
        });
        let columns: Vec<Column> = columns.collect();
        same_releases(&plan, &columns)?;
        if let Some(Column { state: State::LeftOut(why), .. }) = columns.first() {
            let message = "the first cell, with which the others are compared, cannot be";
            return Err(Error::new(Kind::Usage, message).detail(untrusted(why)));
        }
        let mut report = Report {
            command: plan.command,
            expects_tests: runs_tests(&matrix.command),
            origin: collected.origin,
            limits: matrix.limits,
            at_a_time: 1,
            columns,
            remarks: collected.remarks,
        };
        report.compare();
        if matrix.explain {
            let slots = matrix.plan.cells()?;
            let slots =
                slots.iter().map(|cell| self.slot(cell, fetch)).collect::<Result<Vec<_>>>()?;
            self.explain_regressions(&mut report, &slots, &matrix.command, interrupts)?;
        }
        Ok(report)
    }

    fn results(&self, matrix: &Matrix, directory: &Path) -> Result<ResultsDirectory> {
        let plan = matrix.spread()?;
        let path = self.session.ctx.cwd.join(directory);
        Ok(ResultsDirectory::new(path, plan.id(), plan.cells.len()))
    }
}

/// Refuses results in which one request was two releases.
fn same_releases(plan: &SpreadPlan, columns: &[Column]) -> Result<()> {
    let mut seen: BTreeMap<Option<&str>, (usize, &str)> = BTreeMap::new();
    for (cell, column) in plan.cells.iter().zip(columns) {
        if column.version.is_empty() {
            continue;
        }
        let (first, version) =
            *seen.entry(cell.go.as_deref()).or_insert((cell.cell, column.version.as_str()));
        if version != column.version {
            let what = cell.go.as_deref().unwrap_or("the project's go");
            let message = format!("`{}` was not one release in all cells", untrusted(what));
            return Err(Error::new(Kind::Failed, message)
                .detail(format!("cell {first} ran with {}", untrusted(version)))
                .detail(format!("cell {} ran with {}", cell.cell, untrusted(&column.version)))
                .hint("name exact releases, as in `--go 1.27.3`, and run the cells again"));
        }
    }
    Ok(())
}
