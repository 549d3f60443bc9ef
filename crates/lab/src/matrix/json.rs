//! The report as JSON.

use crate::matrix::compare::{Comparison, Difference};
use crate::matrix::report::{Column, Report, State};
use crate::matrix::results::{Outcome, Test};
use crate::matrix::stats::Summary;
use serde_json::{Value, json};

/// Returns all of it.
pub fn value(report: &Report) -> Value {
    let cells: Vec<Value> = (0..report.columns.len()).map(|at| cell(report, at)).collect();
    json!({
        "command": report.command,
        "baseline": report.columns.first().map(|column| &column.label),
        "regressed": report.has_regressed(),
        "failedBaseline": report.failed_baseline(),
        "project": report.origin.project,
        "commit": report.origin.commit,
        "date": report.origin.date,
        "machine": report.origin.machine,
        "goward": report.origin.goward,
        "remarks": report.remarks,
        "cells": cells,
    })
}

fn cell(report: &Report, at: usize) -> Value {
    let Column { label, version, experiments, debug, shell, state } = &report.columns[at];
    let mut cell = json!({
        "label": label,
        "go": version,
        "experiments": experiments,
        "debug": debug,
        "command": shell,
        "verdict": report.verdict(at).name(),
    });
    let more = match state {
        State::LeftOut(why) | State::Lost(why) => json!({ "reason": why }),
        State::Ran(ran) => {
            let counts = ran.results.counts();
            let tests = ran.results.tests.iter().map(test);
            let differences = ran.differences.iter().map(difference);
            let benchmarks = ran.comparisons.iter().map(comparison);
            json!({
                "ending": ran.results.ending.to_string(),
                "failure": report.failure(at).map(|failure| json!({
                    "reason": failure.to_string(),
                    "output": ran.results.first_words(),
                })),
                "seconds": ran.results.seconds,
                "kept": ran.is_kept,
                "cut": ran.results.is_cut,
                "passed": counts.passed,
                "failed": counts.failed,
                "skipped": counts.skipped,
                "buildFailures": ran.results.build_failures,
                "tests": tests.collect::<Vec<_>>(),
                "samples": ran.results.benchmarks,
                "differences": differences.collect::<Vec<_>>(),
                "explanation": ran.explanation,
                "benchmarks": benchmarks.collect::<Vec<_>>(),
            })
        }
    };
    if let (Value::Object(cell), Value::Object(more)) = (&mut cell, more) {
        cell.extend(more);
    }
    cell
}

fn test(test: &Test) -> Value {
    let Test { package, name, outcome, seconds, .. } = test;
    json!({ "package": package, "test": name, "outcome": outcome, "seconds": seconds })
}

fn difference(difference: &Difference) -> Value {
    let regression = difference.is_regression();
    let reason = difference.reason();
    let name = |outcome: &Option<Outcome>| outcome.map(Outcome::name);
    match difference {
        Difference::Build(failure) => json!({
            "kind": "build",
            "regression": regression,
            "package": failure.package,
            "output": failure.output,
        }),
        Difference::Test { package, name: test, before, after, output, .. } => json!({
            "kind": "test",
            "regression": regression,
            "package": package,
            "test": test,
            "before": name(before),
            "after": name(after),
            "output": output,
            "reason": reason,
        }),
        Difference::Command { before, after, output, .. } => json!({
            "kind": "command",
            "regression": regression,
            "before": before.to_string(),
            "after": after.to_string(),
            "output": output,
            "reason": reason,
        }),
        Difference::Benchmark(one) => json!({
            "kind": "benchmark",
            "regression": regression,
            "package": one.package,
            "benchmark": one.name,
            "unit": one.unit,
            "verdict": one.verdict.name(),
        }),
    }
}

fn comparison(one: &Comparison) -> Value {
    json!({
        "package": one.package,
        "benchmark": one.name,
        "unit": one.unit,
        "before": summary(&one.before),
        "after": summary(&one.after),
        "change": one.change(),
        "p": one.p,
        "verdict": one.verdict.name(),
    })
}

fn summary(summary: &Summary) -> Value {
    json!({
        "samples": summary.samples,
        "median": summary.median,
        "interval": summary.interval.map(|(low, high)| [low, high]),
    })
}
