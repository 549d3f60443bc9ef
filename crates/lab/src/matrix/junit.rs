//! The report for CI services, in the XML of `JUnit`: a suite for each cell and package.

use crate::matrix::compare::{Difference, Verdict};
use crate::matrix::report::{CellRun, Column, Report, State};
use crate::matrix::results::{Failure, Outcome, Test};
use crate::matrix::table::headline;
use goward_core::error::{Error, Kind, Result, untrusted};
use quick_junit::{NonSuccessKind, Report as Junit, TestCase, TestCaseStatus, TestSuite};
use std::time::Duration;

/// The most seconds that are written: a year.
const MAX_SECONDS: f64 = 366.0 * 86_400.0;

/// Why what failed is not red.
const AS_BASELINE: &str = "it fails in the baseline, too, or is the baseline";

/// Returns the report as XML. What the baseline cannot do either counts as left out, with the reason,
/// so that red means worse. A cell in which nothing ran, or that was lost, is an error, whichever it is.
pub fn render(report: &Report) -> Result<String> {
    let mut junit = Junit::new("goward matrix");
    for (at, column) in report.columns.iter().enumerate() {
        match &column.state {
            State::LeftOut(why) => {
                let mut status = TestCaseStatus::skipped();
                status.set_message(untrusted(why));
                let mut suite = TestSuite::new(column.label.as_str());
                suite.add_test_case(TestCase::new("goward matrix", status));
                junit.add_test_suite(suite);
            }
            State::Lost(why) => {
                let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
                status.set_message(untrusted(why));
                let mut suite = TestSuite::new(column.label.as_str());
                suite.add_test_case(TestCase::new("goward matrix", status));
                junit.add_test_suite(suite);
            }
            State::Ran(ran) => {
                junit.add_test_suites(suites(column, ran, report.failure(at)));
            }
        }
    }
    junit.to_string().map_err(|error| {
        Error::new(
            Kind::Failed,
            format!("cannot write JUnit XML: {}", untrusted(error.to_string())),
        )
    })
}

fn suites(column: &Column, ran: &CellRun, failure: Option<Failure>) -> Vec<TestSuite> {
    let mut suites: Vec<TestSuite> = Vec::new();
    let mut suite_of = |package: &str, case: TestCase| {
        let name = format!("{} {package}", column.label).trim_end().to_owned();
        if let Some(suite) = suites.iter_mut().rev().find(|suite| suite.name.as_str() == name) {
            suite.add_test_case(case);
        } else {
            let mut suite = TestSuite::new(name);
            suite.add_test_case(case);
            suites.push(suite);
        }
    };
    for (at, test) in ran.results.tests.iter().enumerate() {
        if !test.name.is_empty() && !ran.results.has_subtests(at) {
            suite_of(&test.package, case(column, ran, test));
        }
    }
    for difference in &ran.differences {
        if let Some((package, case)) = other_case(column, difference, failure.is_some()) {
            suite_of(&package, case);
        }
    }
    for (package, what, output) in failed_alike(ran) {
        let mut status = TestCaseStatus::skipped();
        status.set_message(AS_BASELINE);
        status.set_description(output);
        let mut case = TestCase::new(what, status);
        case.set_classname(format!("{}.{package}", column.label));
        suite_of(package, case);
    }
    if let Some(failure) = failure {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_message(failure.to_string());
        status.set_description(ran.results.first_words());
        let mut case = TestCase::new("the command", status);
        case.set_classname(format!("{}.", column.label));
        suite_of("", case);
    }
    if suites.is_empty() {
        let case = TestCase::new("the command", TestCaseStatus::success());
        let mut suite = TestSuite::new(column.label.as_str());
        suite.add_test_case(case);
        suites.push(suite);
    }
    suites
}

/// Returns the packages that were not built, or failed without a test that did, where that is no
/// difference from the baseline.
fn failed_alike(ran: &CellRun) -> Vec<(&str, &'static str, &str)> {
    let differs = |wanted: &str| {
        ran.differences.iter().any(|difference| match difference {
            Difference::Build(failure) => failure.package == wanted,
            Difference::Test { package, name, .. } => package == wanted && name.is_empty(),
            _ => false,
        })
    };
    let tests = &ran.results.tests;
    let has_failed_test = |package: &str| {
        let failed = |test: &&Test| !test.name.is_empty() && test.outcome == Outcome::Fail;
        tests.iter().filter(failed).any(|test| test.package == package)
    };
    let broken = &ran.results.build_failures;
    let built = broken.iter().map(|one| (one.package.as_str(), "build", one.output.as_str()));
    let is_broken = |package: &str| broken.iter().any(|one| one.package == package);
    let failed = tests.iter().filter(|test| {
        let is_package = test.name.is_empty() && test.outcome == Outcome::Fail;
        is_package && !is_broken(&test.package) && !has_failed_test(&test.package)
    });
    let failed = failed.map(|test| (test.package.as_str(), "package", test.output.as_str()));
    built.chain(failed).filter(|(package, ..)| !differs(package)).collect()
}

fn case(column: &Column, ran: &CellRun, test: &Test) -> TestCase {
    let difference = ran.differences.iter().find(|difference| match difference {
        Difference::Test { package, name, .. } => *package == test.package && *name == test.name,
        _ => false,
    });
    let is_worse = difference.is_some_and(Difference::is_regression);
    let mut status = match test.outcome {
        Outcome::Pass => TestCaseStatus::success(),
        Outcome::Fail if is_worse => TestCaseStatus::non_success(NonSuccessKind::Failure),
        Outcome::Fail | Outcome::Skip => TestCaseStatus::skipped(),
    };
    match (test.outcome, difference) {
        (Outcome::Fail, Some(difference)) if is_worse => {
            status.set_message(message(difference));
            status.set_description(test.output.as_str());
        }
        (Outcome::Fail, _) => {
            status.set_message(AS_BASELINE);
        }
        _ => {}
    }
    let mut case = TestCase::new(test.name.as_str(), status);
    case.set_classname(format!("{}.{}", column.label, test.package));
    case.set_time(Duration::from_secs_f64(test.seconds.clamp(0.0, MAX_SECONDS)));
    case
}

/// Returns a regression that is no test of its own.
fn other_case(
    column: &Column,
    difference: &Difference,
    is_failed: bool,
) -> Option<(String, TestCase)> {
    if !difference.is_regression() {
        return None;
    }
    let (package, name, kind, output) = match difference {
        Difference::Build(failure) => {
            (failure.package.clone(), "build".to_owned(), NonSuccessKind::Error, &failure.output)
        }
        Difference::Test { package, name, output, .. } if name.is_empty() => {
            (package.clone(), "package".to_owned(), NonSuccessKind::Error, output)
        }
        // As a whole, it is there already.
        Difference::Command { .. } if is_failed => return None,
        Difference::Command { output, .. } => {
            (String::new(), "the command".to_owned(), NonSuccessKind::Failure, output)
        }
        Difference::Benchmark(one) if one.verdict == Verdict::Worse => {
            let name = format!("{} {}", one.name, one.unit);
            (one.package.clone(), name, NonSuccessKind::Failure, &one.unit)
        }
        _ => return None,
    };
    let mut status = TestCaseStatus::non_success(kind);
    status.set_message(message(difference));
    status.set_description(output.as_str());
    let mut case = TestCase::new(name, status);
    case.set_classname(format!("{}.{package}", column.label));
    Some((package, case))
}

fn message(difference: &Difference) -> String {
    match difference.reason() {
        Some(reason) => format!("{}; {reason}", headline(difference)),
        None => headline(difference),
    }
}
