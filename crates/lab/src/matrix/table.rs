//! The report for a terminal.

use crate::matrix::compare::{Comparison, Difference};
use crate::matrix::report::{CellRun, Column, Report, State, Verdict};
use crate::matrix::results::Outcome;
use crate::matrix::stats::Summary;
use goward_core::error::{printable, untrusted, untrusted_line};
use std::fmt::Write;

/// How many differences of a cell are shown.
const MAX_DIFFERENCES: usize = 40;

/// How many lines of what a test printed are shown.
const MAX_LINES: usize = 10;

/// Returns the table, and below it what differs.
pub fn render(report: &Report) -> String {
    let mut rows = vec![["cell", "result", "tests", "time", ""].map(str::to_owned)];
    rows.extend((0..report.columns.len()).map(|at| row(report, at)));
    let mut text = columns(&rows);
    for (at, column) in report.columns.iter().enumerate() {
        let Some(ran) = column.ran() else { continue };
        if report.verdict(at) == Verdict::Failed {
            failure(&mut text, report, at);
        } else {
            details(&mut text, column, ran);
        }
    }
    for (at, remark) in report.remarks.iter().enumerate() {
        let gap = if at == 0 { "\n" } else { "" };
        _ = writeln!(text, "{gap}! {}", untrusted_line(remark));
    }
    text.trim_end().to_owned()
}

fn row(report: &Report, at: usize) -> [String; 5] {
    let column = &report.columns[at];
    let (label, verdict) = (untrusted_line(&column.label), report.verdict(at).name().to_owned());
    match &column.state {
        State::LeftOut(why) | State::Lost(why) => {
            [label, verdict, "-".to_owned(), "-".to_owned(), untrusted_line(why)]
        }
        State::Ran(ran) => {
            let note = note(&column.state, report.verdict(at));
            [label, verdict, tests(&column.state), seconds(ran.results.seconds), note]
        }
    }
}

/// Returns how many tests passed and did not, or how the command ended.
pub fn tests(state: &State) -> String {
    let State::Ran(ran) = state else { return String::new() };
    let counts = ran.results.counts();
    if counts.passed + counts.failed + counts.skipped == 0 {
        return ran.results.ending.to_string();
    }
    let parts = [(counts.passed, "passed"), (counts.failed, "failed"), (counts.skipped, "skipped")];
    let parts = parts.iter().filter(|(count, _)| *count > 0);
    parts.map(|(count, word)| format!("{count} {word}")).collect::<Vec<_>>().join(", ")
}

fn note(state: &State, verdict: Verdict) -> String {
    let State::Ran(ran) = state else { return String::new() };
    let mut notes = Vec::new();
    let broken = ran.results.build_failures.len();
    if broken > 0 {
        notes.push(format!(
            "{broken} {} not built",
            if broken == 1 { "package" } else { "packages" }
        ));
    }
    if verdict == Verdict::Regressed {
        let count = ran.differences.iter().filter(|one| one.is_regression()).count();
        notes.push(format!("{count} worse than the baseline"));
    }
    if ran.results.is_cut {
        notes.push("more than is kept".to_owned());
    }
    if ran.is_kept {
        notes.push("kept from an earlier run".to_owned());
    }
    notes.join("; ")
}

/// Returns seconds as people read them.
pub fn seconds(seconds: f64) -> String {
    if seconds < 60.0 {
        return format!("{seconds:.1} s");
    }
    let minutes = (seconds / 60.0).floor();
    format!("{minutes:.0} min {:.0} s", seconds - minutes * 60.0)
}

/// Puts rows below each other.
fn columns<const N: usize>(rows: &[[String; N]]) -> String {
    let width = |at: usize| rows.iter().map(|row| row[at].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..N).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            _ = write!(line, "{cell:<width$}  ");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Says why nothing ran, with the first lines of what was printed.
fn failure(text: &mut String, report: &Report, at: usize) {
    let column = &report.columns[at];
    let (Some(ran), Some(why)) = (column.ran(), report.failure(at)) else { return };
    _ = writeln!(text, "\n{}\n! {why}", untrusted_line(&column.label));
    let lines = ran.results.first_words().lines().filter(|line| !line.trim().is_empty());
    for line in lines.take(MAX_LINES) {
        _ = writeln!(text, "    | {}", untrusted_line(line));
    }
    _ = writeln!(text, "  by itself: {}", untrusted_line(&column.shell));
}

fn details(text: &mut String, column: &Column, ran: &CellRun) {
    let differences = &ran.differences;
    if differences.is_empty() {
        return;
    }
    _ = writeln!(text, "\n{}", untrusted_line(&column.label));
    for difference in differences.iter().take(MAX_DIFFERENCES) {
        let sign = if difference.is_regression() { '!' } else { ' ' };
        _ = writeln!(text, "{sign} {}", headline(difference));
        if let Some(reason) = difference.reason() {
            _ = writeln!(text, "    because: {}", untrusted_line(reason));
        }
        for line in excerpt(difference) {
            _ = writeln!(text, "    | {}", untrusted_line(line));
        }
    }
    let more = differences.len().saturating_sub(MAX_DIFFERENCES);
    if more > 0 {
        _ = writeln!(text, "  and {more} more; `--json` and `--html` have all");
    }
    if let Some(explanation) = &ran.explanation {
        _ = writeln!(text, "  causes: {}", printable(explanation));
    }
    _ = writeln!(text, "  by itself: {}", untrusted_line(&column.shell));
}

/// Returns a difference on one line.
pub fn headline(difference: &Difference) -> String {
    match difference {
        Difference::Build(failure) => {
            format!("{} cannot be built", untrusted(&failure.package))
        }
        Difference::Test { package, name, before, after, .. } => {
            let subject = if name.is_empty() {
                format!("package {}", untrusted(package))
            } else {
                format!("{} in {}", untrusted(name), untrusted(package))
            };
            format!("{subject}: {} -> {}", word(*before), word(*after))
        }
        Difference::Command { before, after, .. } => format!("the command: {before} -> {after}"),
        Difference::Benchmark(comparison) => benchmark(comparison),
    }
}

fn word(outcome: Option<Outcome>) -> &'static str {
    outcome.map_or("not there", Outcome::name)
}

/// Returns a comparison on one line.
fn benchmark(comparison: &Comparison) -> String {
    let Comparison { package, name, unit, before, after, p, verdict, .. } = comparison;
    let change = comparison.change().map(|part| format!(" ({:+.1} %)", part * 100.0));
    let p = p.map(chance).unwrap_or_default();
    format!(
        "{} in {}: {} -> {} {}{}, {}{p}",
        untrusted(name),
        untrusted(package),
        measured(before),
        measured(after),
        untrusted(unit),
        change.unwrap_or_default(),
        verdict.name(),
    )
}

/// Returns a chance as it stands behind a comparison.
pub fn chance(p: f64) -> String {
    if p < 0.001 { ", p<0.001".to_owned() } else { format!(", p={p:.3}") }
}

/// Returns a median with its interval.
pub fn measured(summary: &Summary) -> String {
    let median = number(summary.median);
    match summary.interval {
        Some((low, high)) => format!("{median} [{}, {}]", number(low), number(high)),
        None => median,
    }
}

/// Returns a number with about four digits that count.
pub fn number(value: f64) -> String {
    match value.abs() {
        size if size >= 1000.0 || size == 0.0 => format!("{value:.0}"),
        size if size >= 100.0 => format!("{value:.1}"),
        size if size >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.4}"),
    }
}

/// Returns the first lines of what explains a difference.
fn excerpt(difference: &Difference) -> Vec<&str> {
    let output = match difference {
        Difference::Build(failure) => &failure.output,
        Difference::Test { output, after: Some(Outcome::Fail), .. }
        | Difference::Command { output, .. } => output,
        _ => return Vec::new(),
    };
    output.lines().filter(|line| !line.trim().is_empty()).take(MAX_LINES).collect()
}
