//! Behind `goward matrix`: prepares every cell, runs them side by side, compares.

use crate::Lab;
use crate::matrix::go_command::{has_benchmarks, observed, runs_tests, shell};
use crate::matrix::interrupt::Interrupts;
use crate::matrix::jobs::{JobSlot, MatrixJob, exec_line};
use crate::matrix::memory::{Memory, keep, recall, replace};
use crate::matrix::report::{CellRun, State};
use crate::matrix::{Cell, Column, Limits, Plan, Report, Results, table};
use goward_core::ctx::free_memory;
use goward_core::error::{Error, Kind, Result, one_line, untrusted};
use goward_core::install::request::Fetch;
use goward_core::lockfile::r#use::parse_setting;
use goward_core::project::find_root;
pub use goward_core::project::manifest::NamedMatrix;
use goward_core::resolve::lookup::parse_request;
use goward_core::run::overrides::Overrides;
use goward_core::session::Session;
use goward_core::threads;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread::available_parallelism;

/// Memory that a cell may need: the linker of a large program takes this much.
const MEMORY_OF_CELL: u64 = 2 << 30;

/// What to run.
#[derive(Clone, Debug)]
pub struct Matrix {
    /// The cells.
    pub plan: Plan,
    /// The command.
    pub command: Vec<OsString>,
    /// How many cells run at a time; by default as many as fit.
    pub jobs: Option<usize>,
    /// Whether results that are kept from an earlier run count.
    pub resume: bool,
    /// Whether to look for what makes a test fail.
    pub explain: bool,
    /// From where on a benchmark is worse.
    pub limits: Limits,
    /// Files and directories that goward writes for it.
    pub reports: Vec<PathBuf>,
}

impl Lab<'_> {
    /// Runs a matrix.
    pub fn run_matrix(
        &self,
        matrix: &Matrix,
        fetch: &Fetch,
        interrupts: &Interrupts,
    ) -> Result<Report> {
        let cells = matrix.plan.cells()?;
        cells.iter().try_for_each(check)?;
        let mut slots: Vec<JobSlot> = Vec::new();
        for cell in &cells {
            if interrupts.has_come() {
                return Err(interrupted(0, cells.len()));
            }
            slots.push(self.slot(cell, fetch)?);
        }
        separate_caches(self.session, &mut slots);
        if let Some(Err(why)) = slots.first().map(|slot| &slot.prepared) {
            let message = "the first cell, with which the others are compared, cannot be";
            return Err(Error::new(Kind::Usage, message).detail(why));
        }
        let ran = self.run_slots(matrix, &slots, interrupts)?;
        let columns = slots.iter().zip(ran).map(|(slot, state)| column(matrix, slot, state));
        let mut report = Report {
            command: shell(&matrix.command),
            expects_tests: runs_tests(&matrix.command),
            origin: self.origin(&self.own_files(matrix)),
            limits: matrix.limits,
            at_a_time: jobs(matrix, &slots),
            columns: columns.collect(),
            remarks: Vec::new(),
        };
        report.compare();
        if matrix.explain {
            self.explain_regressions(&mut report, &slots, &matrix.command, interrupts)?;
        }
        Ok(report)
    }

    /// Prepares a cell. One whose release does not know a name is left out; one that cannot be had is
    /// an error.
    pub(super) fn slot(&self, cell: &Cell, fetch: &Fetch) -> Result<JobSlot> {
        let mut overrides = Overrides {
            go: cell.go.clone(),
            experiments: cell.experiments.clone(),
            debug: cell.debug.clone(),
        };
        let go = cell.go.as_deref().map_or_else(
            || "the project's go".to_owned(),
            |go| match parse_request(go).ok().and_then(|request| request.as_exact()) {
                Some(version) => version.to_string(),
                None => go.to_owned(),
            },
        );
        match self.prepare(&overrides, fetch) {
            Ok(prepared) => {
                let label = cell.label(&name_of(&prepared));
                for warning in &prepared.warnings {
                    self.session.ui.warn(&format!("{label}: {warning}"));
                }
                if overrides.go.is_some() && prepared.toolchain.link.is_none() {
                    overrides.go = Some(prepared.toolchain.version.number());
                }
                Ok(JobSlot { overrides, label, prepared: Ok(prepared) })
            }
            // The words of the cell are well formed, so it is the release that does not know them.
            Err(error) if error.kind() == Kind::Usage && !cell.is_plain() => {
                let label = cell.label(&go);
                Ok(JobSlot { overrides, label, prepared: Err(one_line(&error)) })
            }
            Err(error) => Err(error),
        }
    }

    /// Runs every cell that can be, several at a time.
    pub(super) fn run_slots(
        &self,
        matrix: &Matrix,
        slots: &[JobSlot],
        interrupts: &Interrupts,
    ) -> Result<Vec<State>> {
        // What is kept is kept as a whole.
        let _busy = interrupts.busy();
        let root = find_root(&self.session.ctx);
        let memory = Memory::open(&self.session.ctx, &root, &self.own_files(matrix));
        match &memory {
            Some(memory) => memory.forget_others(),
            None if matrix.resume => {
                self.session
                    .ui
                    .warn("nothing is kept here: there is no cache, or the project is too large");
            }
            None => {}
        }
        let run = Run {
            session: self.session,
            matrix,
            command: observed(&matrix.command),
            slots,
            memory,
            interrupts,
            ready: ready(slots),
            next: AtomicUsize::new(0),
            done: AtomicUsize::new(0),
        };
        let states: Vec<Mutex<Option<Result<State>>>> =
            slots.iter().map(|_| Mutex::default()).collect();
        threads::side_by_side(jobs(matrix, slots), || run.work(&states));
        let mut all = Vec::new();
        for state in states {
            match state.into_inner().unwrap_or_else(PoisonError::into_inner) {
                Some(state) => all.push(state?),
                None => return Err(interrupted(run.done.load(Ordering::Relaxed), run.ready)),
            }
        }
        Ok(all)
    }
}

impl Lab<'_> {
    /// Returns the files and directories that a run writes by itself.
    pub(super) fn own_files(&self, matrix: &Matrix) -> Vec<PathBuf> {
        matrix.reports.iter().map(|path| self.session.ctx.cwd.join(path)).collect()
    }

    /// Returns a matrix of the project's manifest.
    ///
    /// # Errors
    ///
    /// [`Kind::NotFound`] where there is no manifest, or no such matrix in it.
    pub fn named_matrix(&self, name: &str) -> Result<NamedMatrix> {
        let project = self.resolver.project()?;
        let manifest = project.manifest.ok_or_else(|| {
            let message =
                format!("there is no `goward.toml` here that could have `{}`", untrusted(name));
            Error::new(Kind::NotFound, message)
                .hint("a command comes after `--`: `goward matrix --go 1.26,1.27 -- go test ./...`")
        })?;
        manifest.matrix(name).cloned()
    }

    /// Writes a report as a whole or not at all; a relative path begins in the working directory.
    pub fn write_report(&self, path: &Path, text: &str) -> Result<()> {
        replace(&self.session.ctx.cwd.join(path), text.as_bytes())
    }
}

/// Returns a cell and what came of it.
pub(super) fn column(matrix: &Matrix, slot: &JobSlot, state: State) -> Column {
    let version = slot.prepared.as_ref().map(|prepared| prepared.toolchain.version.to_string());
    Column {
        label: slot.label.clone(),
        version: version.unwrap_or_default(),
        experiments: slot.overrides.experiments.clone(),
        debug: slot.overrides.debug.clone(),
        shell: exec_line(&slot.overrides, &matrix.command),
        state,
    }
}

/// Says what is wrong with the words of a cell, whatever its release.
pub(super) fn check(cell: &Cell) -> Result<()> {
    if let Some(go) = &cell.go {
        parse_request(go)?;
    }
    for setting in &cell.debug {
        parse_setting(setting)?;
    }
    Ok(())
}

pub(super) fn interrupted(done: usize, total: usize) -> Error {
    Error::new(Kind::Failed, format!("interrupted after {done} of {total} cells"))
        .detail("what was running has been ended")
        .hint("the cells that are done are kept: the same with `--resume` runs the others")
}

/// Returns what a toolchain is called: its version, and a linked one by its name.
fn name_of(prepared: &MatrixJob) -> String {
    match &prepared.toolchain.link {
        Some(name) => name.clone(),
        None => prepared.toolchain.version.to_string(),
    }
}

/// Keeps toolchains apart that Go's build cache would take for one: of one version and not the same.
fn separate_caches(session: &Session, slots: &mut [JobSlot]) {
    let all: Vec<(String, String)> = slots
        .iter()
        .filter_map(|slot| slot.prepared.as_ref().ok())
        .map(|prepared| (prepared.toolchain.version.to_string(), prepared.toolchain.h1.clone()))
        .collect();
    for prepared in slots.iter_mut().filter_map(|slot| slot.prepared.as_mut().ok()) {
        let (version, h1) = (prepared.toolchain.version.to_string(), prepared.toolchain.h1.clone());
        if all.iter().any(|(other, hash)| *other == version && *hash != h1) {
            let name = prepared.toolchain.key.clone();
            prepared.use_own_cache(session, &name);
        }
    }
}

/// Returns how many cells can run.
fn ready(slots: &[JobSlot]) -> usize {
    slots.iter().filter(|slot| slot.prepared.is_ok()).count()
}

/// Returns how many cells run at a time.
fn jobs(matrix: &Matrix, slots: &[JobSlot]) -> usize {
    matrix.jobs.unwrap_or_else(|| default_jobs(&matrix.command)).clamp(1, ready(slots).max(1))
}

/// Returns how many cells run at a time by default: so many that each has as many cores as there are cells, and
/// no more than fit into memory. Benchmarks run alone, because cells would disturb each other.
fn default_jobs(command: &[OsString]) -> usize {
    if has_benchmarks(command) {
        return 1;
    }
    let cores = available_parallelism().map_or(1, std::num::NonZero::get);
    let by_cores = (1..=cores).find(|jobs| jobs * jobs >= cores).unwrap_or(1);
    let by_memory = free_memory()
        .map_or(usize::MAX, |free| usize::try_from(free / MEMORY_OF_CELL).unwrap_or(usize::MAX));
    by_cores.min(by_memory).max(1)
}

/// A run of all cells.
struct Run<'r> {
    session: &'r Session,
    matrix: &'r Matrix,
    command: Vec<OsString>,
    slots: &'r [JobSlot],
    memory: Option<Memory>,
    interrupts: &'r Interrupts,
    ready: usize,
    next: AtomicUsize,
    done: AtomicUsize,
}

impl Run<'_> {
    /// Takes cells until there is none left; after a failure none is begun.
    fn work(&self, states: &[Mutex<Option<Result<State>>>]) {
        loop {
            let at = self.next.fetch_add(1, Ordering::Relaxed);
            let (Some(slot), Some(state)) = (self.slots.get(at), states.get(at)) else { return };
            let outcome = match &slot.prepared {
                Err(why) => Ok(Some(State::LeftOut(why.clone()))),
                Ok(prepared) => self.cell(slot, prepared),
            };
            if outcome.is_err() {
                self.next.store(self.slots.len(), Ordering::Relaxed);
            }
            let outcome = outcome.transpose();
            *state.lock().unwrap_or_else(PoisonError::into_inner) = outcome;
        }
    }

    /// Runs a cell, or recalls what it said; returns nothing after an interrupt.
    fn cell(&self, slot: &JobSlot, prepared: &MatrixJob) -> Result<Option<State>> {
        let ui = self.session.ui;
        let cwd = &self.session.ctx.cwd;
        let place = self.memory.as_ref().map(|memory| memory.place(prepared, cwd, &self.command));
        let kept = place.as_ref().filter(|_| self.matrix.resume).and_then(|place| recall(place));
        let is_kept = kept.is_some();
        let results = match kept {
            Some(results) => results,
            None => match self.run(slot, prepared)? {
                Some(results) => results,
                None => return Ok(None),
            },
        };
        if let Some(place) = place.filter(|_| !is_kept)
            && let Err(error) = keep(&place, &results)
        {
            ui.warn(&format!("the results of {} are not kept: {}", slot.label, error.message()));
        }
        let (differences, comparisons) = (Vec::new(), Vec::new());
        let ran = CellRun { results, is_kept, differences, comparisons, explanation: None };
        let state = State::Ran(Box::new(ran));
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        if let State::Ran(ran) = &state {
            let time =
                if is_kept { "kept".to_owned() } else { table::seconds(ran.results.seconds) };
            let (label, tests, total) = (&slot.label, table::tests(&state), self.ready);
            ui.say(&format!("{label}: {tests}, {time} ({done} of {total})"));
        }
        Ok(Some(state))
    }

    fn run(&self, slot: &JobSlot, prepared: &MatrixJob) -> Result<Option<Results>> {
        let bar = self.session.ui.spinner(&slot.label);
        let results =
            Lab::new(self.session).observe(prepared, &self.command, self.interrupts, |ended| {
                bar.set_message(goward_core::error::printable(&format!(
                    "{}: {ended} tests",
                    slot.label
                )));
            });
        bar.finish_and_clear();
        results
    }
}
