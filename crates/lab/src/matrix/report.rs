//! All cells of a run, compared.

use crate::matrix::compare::{Comparison, Difference, Limits, benchmarks, differences};
use crate::matrix::results::{Failure, Outcome, Results};
use goward_core::error::NOT_INSTALLED_NOW;
use serde::{Deserialize, Serialize};

/// A run of the matrix.
#[derive(Clone, Debug)]
pub struct Report {
    /// The command, as one types it.
    pub command: String,
    /// Whether it is one that runs tests.
    pub expects_tests: bool,
    /// What was tried, when, and on what.
    pub origin: Origin,
    /// From where on a benchmark is worse.
    pub limits: Limits,
    /// How many cells ran at a time, at most.
    pub at_a_time: usize,
    /// What else there is to say of results that were put together.
    pub remarks: Vec<String>,
    /// The cells; the first is the baseline.
    pub columns: Vec<Column>,
}

/// What was tried, when, and on what.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The project: its module, else its directory.
    pub project: String,
    /// Its commit, with a mark when files differ from it; `None` without a repository.
    pub commit: Option<String>,
    /// When it ended, in UTC.
    pub date: String,
    /// The machine: its name, platform and number of processors.
    pub machine: String,
    /// The version of goward.
    pub goward: String,
}

/// One cell, and what came of it.
#[derive(Clone, Debug)]
pub struct Column {
    /// Its name.
    pub label: String,
    /// The release.
    pub version: String,
    /// The experiments that the cell adds.
    pub experiments: Vec<String>,
    /// The settings that the cell adds.
    pub debug: Vec<String>,
    /// The command that does the same by itself.
    pub shell: String,
    /// What came of it.
    pub state: State,
}

/// What came of a cell.
#[derive(Clone, Debug)]
pub enum State {
    /// It cannot be: the release does not know a name, for example.
    LeftOut(String),
    /// It was to run on another machine, and nobody knows what came of it: why.
    Lost(String),
    /// It ran.
    Ran(Box<CellRun>),
}

/// A cell that ran.
#[derive(Clone, Debug)]
pub struct CellRun {
    /// What it said.
    pub results: Results,
    /// Whether that is from an earlier run.
    pub is_kept: bool,
    /// What differs from the baseline, benchmarks that got better or worse included.
    pub differences: Vec<Difference>,
    /// Every benchmark that the baseline has, too.
    pub comparisons: Vec<Comparison>,
    /// What looking for causes came to, if somebody did.
    pub explanation: Option<String>,
}

/// A cell in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The first.
    Baseline,
    /// As the baseline.
    Same,
    /// Other than the baseline, and nothing is worse.
    Differs,
    /// Worse than the baseline.
    Regressed,
    /// Nothing of what was to run did.
    Failed,
    /// It did not run.
    LeftOut,
    /// It was to run on another machine, and there is no result of it.
    Lost,
}

impl Verdict {
    /// Returns the word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Baseline => "baseline",
            Self::Same => "same",
            Self::Differs => "differs",
            Self::Regressed => "regressed",
            Self::Failed => "failed",
            Self::LeftOut => "left out",
            Self::Lost => "lost",
        }
    }
}

impl Column {
    /// Returns what ran, if it did.
    pub fn ran(&self) -> Option<&CellRun> {
        match &self.state {
            State::Ran(ran) => Some(ran),
            State::LeftOut(_) | State::Lost(_) => None,
        }
    }

    fn ran_mut(&mut self) -> Option<&mut CellRun> {
        match &mut self.state {
            State::Ran(ran) => Some(ran),
            State::LeftOut(_) | State::Lost(_) => None,
        }
    }
}

impl Report {
    /// Compares every cell with the first.
    pub fn compare(&mut self) {
        let Some((first, others)) = self.columns.split_first_mut() else { return };
        let Some(baseline) = first.ran() else { return };
        for ran in others.iter_mut().filter_map(Column::ran_mut) {
            ran.differences = differences(&baseline.results, &ran.results);
            ran.comparisons = benchmarks(&baseline.results, &ran.results, self.limits);
            let changed = ran.comparisons.iter().filter(|one| {
                use super::compare::Verdict as Benchmark;
                matches!(one.verdict, Benchmark::Better | Benchmark::Worse)
            });
            let changed: Vec<_> = changed.cloned().map(Difference::Benchmark).collect();
            ran.differences.extend(changed);
        }
        self.deduce();
    }

    /// Returns a cell in one word.
    pub fn verdict(&self, at: usize) -> Verdict {
        match self.columns[at].ran() {
            None if matches!(self.columns[at].state, State::Lost(_)) => Verdict::Lost,
            None => Verdict::LeftOut,
            Some(ran) if ran.differences.iter().any(Difference::is_regression) => {
                Verdict::Regressed
            }
            Some(_) if self.failure(at).is_some() => Verdict::Failed,
            Some(_) if at == 0 => Verdict::Baseline,
            Some(ran) if ran.differences.is_empty() => Verdict::Same,
            Some(_) => Verdict::Differs,
        }
    }

    /// Returns why nothing of what a cell was to run did.
    pub fn failure(&self, at: usize) -> Option<Failure> {
        self.columns[at].ran()?.results.failure(self.expects_tests)
    }

    /// Returns how the baseline ended, if it failed.
    pub fn failed_baseline(&self) -> Option<String> {
        if let State::Lost(why) = &self.columns.first()?.state {
            return Some(why.clone());
        }
        let ran = self.columns.first()?.ran()?;
        if let Some(failure) = self.failure(0) {
            return Some(failure.to_string());
        }
        let (ending, failed) = (ran.results.ending, ran.results.counts().failed);
        let broken = ran.results.build_failures.len();
        if ending.is_success() && failed == 0 && broken == 0 {
            return None;
        }
        let mut what = Vec::new();
        if failed > 0 {
            what.push(format!("{failed} {} failed", if failed == 1 { "test" } else { "tests" }));
        }
        if broken > 0 {
            let packages = if broken == 1 { "package is" } else { "packages are" };
            what.push(format!("{broken} {packages} not built"));
        }
        what.push(ending.to_string());
        Some(what.join(", "))
    }

    /// Returns how many cells say nothing, because nothing of what was to run did: all of them where the
    /// baseline is the only one, or no other cell ran either, and else those beside the baseline.
    pub fn mute(&self) -> usize {
        let is_mute = |at: &usize| self.failure(*at).is_some();
        let ran = (0..self.columns.len()).filter(|at| self.columns[*at].ran().is_some());
        let (all, mute) = (ran.clone().count(), ran.filter(is_mute).collect::<Vec<_>>());
        if mute.len() == all { all } else { mute.iter().filter(|at| **at > 0).count() }
    }

    /// Returns how many cells were to run elsewhere and have no result.
    pub fn lost(&self) -> usize {
        self.columns.iter().filter(|column| matches!(column.state, State::Lost(_))).count()
    }

    /// Returns true when a cell is worse than the baseline.
    pub fn has_regressed(&self) -> bool {
        (0..self.columns.len()).any(|at| self.verdict(at) == Verdict::Regressed)
    }

    /// Says why tests fail where the cells themselves show it: one with the same release and
    /// another experiment or setting passes.
    fn deduce(&mut self) {
        for at in 1..self.columns.len() {
            let Some(ran) = self.columns[at].ran() else { continue };
            let reasons: Vec<Option<String>> = ran
                .differences
                .iter()
                .map(|difference| match difference {
                    Difference::Test { output, after: Some(Outcome::Fail), .. }
                    | Difference::Command { output, .. }
                        if output.contains(NOT_INSTALLED_NOW) =>
                    {
                        not_installed(output)
                    }
                    Difference::Test { package, name, after: Some(Outcome::Fail), .. } => {
                        let passes = |ran: &CellRun| {
                            let test = ran.results.test(package, name);
                            test.is_some_and(|test| test.outcome == Outcome::Pass)
                        };
                        self.neighbour(at, passes)
                    }
                    Difference::Command { after, .. } if !after.is_success() => {
                        self.neighbour(at, |ran| ran.results.ending.is_success())
                    }
                    _ => None,
                })
                .collect();
            let Some(ran) = self.columns[at].ran_mut() else { continue };
            for (difference, found) in ran.differences.iter_mut().zip(reasons) {
                if let (Some(found), Some(reason)) = (found, difference.reason_mut()) {
                    *reason = Some(found);
                }
            }
        }
    }

    /// Returns how the cell at `at` differs from one with its release that passes, where that is in
    /// experiments or settings alone.
    fn neighbour(&self, at: usize, passes: impl Fn(&CellRun) -> bool) -> Option<String> {
        let cell = &self.columns[at];
        let near = self.columns.iter().filter(|other| other.version == cell.version);
        near.filter(|other| other.ran().is_some_and(&passes)).find_map(|other| {
            let experiments = changed("experiment", &cell.experiments, &other.experiments);
            let debug = changed("GODEBUG", &cell.debug, &other.debug);
            match (experiments, debug) {
                (Some(one), None) | (None, Some(one)) => {
                    Some(format!("it passes in the cell `{}`, {one}", other.label))
                }
                _ => None,
            }
        })
    }
}

/// Says that a `go` which something calls is missing, and who forbids to install it.
fn not_installed(output: &str) -> Option<String> {
    let (_, who) = output.split_once(NOT_INSTALLED_NOW)?;
    let who = who.lines().next().unwrap_or_default();
    Some(format!("a Go that it calls is missing, and {NOT_INSTALLED_NOW}{who}"))
}

/// Says what `other` has and `cell` has not, and the other way round.
fn changed(what: &str, cell: &[String], other: &[String]) -> Option<String> {
    if cell == other {
        return None;
    }
    Some(match (cell.is_empty(), other.is_empty()) {
        (true, _) => format!("which differs by {what} `{}`", other.join(",")),
        (_, true) => format!("which is without {what} `{}`", cell.join(",")),
        _ => format!("which has {what} `{}` instead of `{}`", other.join(","), cell.join(",")),
    })
}

impl Difference {
    /// Returns the place for a reason, where there can be one.
    pub fn reason_mut(&mut self) -> Option<&mut Option<String>> {
        match self {
            Self::Test { reason, .. } | Self::Command { reason, .. } => Some(reason),
            Self::Build(_) | Self::Benchmark(_) => None,
        }
    }

    /// Returns the reason, if it is known.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Test { reason, .. } | Self::Command { reason, .. } => reason.as_deref(),
            Self::Build(_) | Self::Benchmark(_) => None,
        }
    }
}
