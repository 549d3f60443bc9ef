//! Differences between a cell and the baseline.

use crate::matrix::results::{Benchmark, BuildFailure, Ending, Outcome, Results, Test};
use crate::matrix::stats::{ALPHA, Summary, p_value, summarize};
use std::collections::{BTreeMap, BTreeSet};

/// From where on a difference counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// How much worse a benchmark has to be, as a part of one.
    pub threshold: f64,
}

/// One difference.
#[derive(Clone, Debug, PartialEq)]
pub enum Difference {
    /// A package that could not be built and could in the baseline.
    Build(BuildFailure),
    /// A test, or without a name a package, that ended otherwise.
    Test {
        /// The package.
        package: String,
        /// The test.
        name: String,
        /// How it ended in the baseline; `None` where there was no such test.
        before: Option<Outcome>,
        /// How it ended in the cell.
        after: Option<Outcome>,
        /// What it printed in the cell, if it failed.
        output: String,
        /// What makes it fail, where that is known.
        reason: Option<String>,
    },
    /// The command as a whole, where no test or build says it.
    Command {
        /// How it ended in the baseline.
        before: Ending,
        /// How it ended in the cell.
        after: Ending,
        /// What it printed.
        output: String,
        /// What makes it fail, where that is known.
        reason: Option<String>,
    },
    /// A benchmark that differs by more than noise.
    Benchmark(Comparison),
}

/// A benchmark in two cells.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// The package.
    pub package: String,
    /// The benchmark.
    pub name: String,
    /// The unit.
    pub unit: String,
    /// Whether less is better.
    pub is_less_better: bool,
    /// The baseline.
    pub before: Summary,
    /// The cell.
    pub after: Summary,
    /// The chance that this is noise; `None` with too few measurements.
    pub p: Option<f64>,
    /// What follows.
    pub verdict: Verdict,
}

/// What follows from comparing a benchmark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Better, by more than noise and the threshold.
    Better,
    /// No difference that can be told from noise, or one below the threshold.
    Same,
    /// Too few measurements.
    Unknown,
    /// Worse, by more than noise and the threshold.
    Worse,
}

impl Verdict {
    /// Returns the word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Better => "better",
            Self::Same => "same",
            Self::Unknown => "too few measurements",
            Self::Worse => "worse",
        }
    }
}

impl Comparison {
    /// Returns the change as a part of the baseline; `None` where that is 0.
    pub fn change(&self) -> Option<f64> {
        let change = self.after.median / self.before.median - 1.0;
        change.is_finite().then_some(change)
    }
}

impl Difference {
    /// Returns true for what the baseline could and the cell cannot.
    pub fn is_regression(&self) -> bool {
        match self {
            Self::Build(_) => true,
            Self::Test { after, .. } => *after == Some(Outcome::Fail),
            Self::Command { after, .. } => !after.is_success(),
            Self::Benchmark(comparison) => comparison.verdict == Verdict::Worse,
        }
    }
}

/// Returns how `cell` differs from `baseline`, without benchmarks.
pub fn differences(baseline: &Results, cell: &Results) -> Vec<Difference> {
    let broken = |results: &Results| -> BTreeSet<String> {
        results.build_failures.iter().map(|failure| failure.package.clone()).collect()
    };
    let (broken_before, broken_after) = (broken(baseline), broken(cell));
    let mut found: Vec<Difference> = cell
        .build_failures
        .iter()
        .filter(|failure| !broken_before.contains(&failure.package))
        .map(|failure| Difference::Build(failure.clone()))
        .collect();
    let keys: BTreeSet<(&str, &str)> = baseline.tests.iter().chain(&cell.tests).map(key).collect();
    let failing_leaves = failing_leaves(cell);
    for (package, name) in keys {
        if name.is_empty() || broken_before.contains(package) || broken_after.contains(package) {
            continue;
        }
        let (before, after) = (baseline.test(package, name), cell.test(package, name));
        found.extend(test_difference(cell, package, name, before, after, &failing_leaves));
    }
    found.extend(package_differences(baseline, cell, &broken_after, &failing_leaves));
    if baseline.ending != cell.ending
        && !found.iter().any(Difference::is_regression)
        && (baseline.ending.is_success() || cell.ending.is_success())
    {
        let (before, after) = (baseline.ending, cell.ending);
        // Tests that no longer fail explain a command that no longer does.
        if !after.is_success() || found.is_empty() {
            let output = cell.output.clone();
            found.push(Difference::Command { before, after, output, reason: None });
        }
    }
    found
}

fn key(test: &Test) -> (&str, &str) {
    (&test.package, &test.name)
}

/// Returns the failed tests none of whose subtests failed.
fn failing_leaves(results: &Results) -> BTreeSet<(&str, &str)> {
    let failed: BTreeSet<(&str, &str)> = results
        .tests
        .iter()
        .filter(|test| test.outcome == Outcome::Fail && !test.name.is_empty())
        .map(key)
        .collect();
    let mut leaves = failed.clone();
    for (package, name) in failed {
        let above = name.match_indices('/').map(|(at, _)| &name[..at]);
        for parent in above {
            leaves.remove(&(package, parent));
        }
    }
    leaves
}

fn test_difference(
    cell: &Results,
    package: &str,
    name: &str,
    before: Option<&Test>,
    after: Option<&Test>,
    leaves: &BTreeSet<(&str, &str)>,
) -> Option<Difference> {
    let (was, is) = (before.map(|test| test.outcome), after.map(|test| test.outcome));
    if was == is {
        return None;
    }
    // Of a test and its subtests the innermost says it.
    if is == Some(Outcome::Fail) && !leaves.contains(&(package, name)) {
        return None;
    }
    // A package that was cut off has no later tests; the package or the test that did it says so.
    let package_failed =
        cell.test(package, "").is_none_or(|package| package.outcome == Outcome::Fail);
    if is.is_none() && (package_failed || was == Some(Outcome::Fail)) {
        return None;
    }
    Some(Difference::Test {
        package: package.to_owned(),
        name: name.to_owned(),
        before: was,
        after: is,
        output: after.map(|test| test.output.clone()).unwrap_or_default(),
        reason: None,
    })
}

/// Returns packages that fail without a test that does.
fn package_differences(
    baseline: &Results,
    cell: &Results,
    broken: &BTreeSet<String>,
    leaves: &BTreeSet<(&str, &str)>,
) -> Vec<Difference> {
    let has_failing_test = |package: &str| leaves.iter().any(|(of, _)| *of == package);
    let failed = cell.tests.iter().filter(|test| {
        test.name.is_empty()
            && test.outcome == Outcome::Fail
            && !broken.contains(&test.package)
            && !has_failing_test(&test.package)
    });
    failed
        .filter_map(|test| {
            let before = baseline.test(&test.package, "").map(|test| test.outcome);
            (before != Some(Outcome::Fail)).then(|| Difference::Test {
                package: test.package.clone(),
                name: String::new(),
                before,
                after: Some(Outcome::Fail),
                output: test.output.clone(),
                reason: None,
            })
        })
        .collect()
}

/// Compares the benchmarks that both cells have.
pub fn benchmarks(baseline: &Results, cell: &Results, limits: Limits) -> Vec<Comparison> {
    let key = |one: &Benchmark| (one.package.clone(), one.name.clone(), one.unit.clone());
    let before: BTreeMap<_, &Benchmark> =
        baseline.benchmarks.iter().map(|one| (key(one), one)).collect();
    let pairs = cell.benchmarks.iter().filter_map(|one| Some((*before.get(&key(one))?, one)));
    pairs.filter_map(|(before, after)| compare(before, after, limits)).collect()
}

fn compare(old: &Benchmark, new: &Benchmark, limits: Limits) -> Option<Comparison> {
    let (before, after) = (summarize(&old.samples)?, summarize(&new.samples)?);
    let p = p_value(&old.samples, &new.samples);
    let is_less_better = new.is_less_better();
    let change = after.median - before.median;
    // From nothing to something is more than any part of nothing.
    let is_large = change.abs() > before.median.abs() * limits.threshold;
    let verdict = match p {
        None => Verdict::Unknown,
        Some(p) if p >= ALPHA || !is_large => Verdict::Same,
        Some(_) if (change > 0.0) == is_less_better => Verdict::Worse,
        Some(_) => Verdict::Better,
    };
    Some(Comparison {
        package: new.package.clone(),
        name: new.name.clone(),
        unit: new.unit.clone(),
        is_less_better,
        before,
        after,
        p,
        verdict,
    })
}

#[cfg(test)]
#[path = "compare/tests.rs"]
mod tests;
