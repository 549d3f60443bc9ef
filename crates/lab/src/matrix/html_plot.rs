//! The plots of the page, as SVG that follows the colours of the page.

use crate::matrix::compare::{Comparison, Verdict};
use crate::matrix::report::{CellRun, Column, Report};
use crate::matrix::stats::{Summary, summarize};
use crate::matrix::table::{chance, measured, number, seconds};
use goward_core::error::printable;
use maud::{Markup, html};

/// The width of a plot, in units of its own.
const WIDTH: f64 = 960.0;

/// Where the labels end and the plot begins.
const LEFT: f64 = 300.0;

/// Where the plot ends and its numbers begin.
const RIGHT: f64 = 620.0;

/// The height of a row.
const ROW: f64 = 24.0;

/// The longest label, in characters.
const MAX_LABEL: usize = 44;

fn label(text: &str) -> String {
    let text = printable(text);
    if text.chars().count() <= MAX_LABEL {
        return text;
    }
    text.chars().take(MAX_LABEL - 1).chain(['…']).collect()
}

/// Returns where the middle of a row is.
fn middle(row: usize) -> f64 {
    // No report has so many rows that a number of 32 bits could not count them.
    ROW * (f64::from(u32::try_from(row).unwrap_or(u32::MAX)) + 0.5)
}

fn one(value: f64) -> String {
    format!("{value:.1}")
}

/// Draws how long each cell took.
pub(super) fn durations(report: &Report) -> Markup {
    let rows: Vec<(&Column, &CellRun)> =
        report.columns.iter().filter_map(|column| Some((column, column.ran()?))).collect();
    let longest = rows.iter().map(|(_, ran)| ran.results.seconds).fold(0.0, f64::max).max(0.001);
    let height = middle(rows.len());
    html! {
        @if rows.len() > 1 {
            section {
                h2 { "Time" }
                p { "Cells ran " (report.at_a_time) " at a time." @if report.at_a_time > 1 { " Those that run side by side slow each other down." } }
                svg viewBox=(format!("0 0 {WIDTH} {}", one(height))) role="img" aria-label="time of each cell" {
                    @for (at, (column, ran)) in rows.iter().enumerate() {
                        @let width = (RIGHT - LEFT) * ran.results.seconds / longest;
                        text x=(one(LEFT - 10.0)) y=(one(middle(at) + 4.0)) text-anchor="end" { (label(&column.label)) }
                        rect.bar x=(one(LEFT)) y=(one(middle(at) - 7.0)) width=(one(width.max(1.0))) height="14" rx="2" {}
                        text.soft x=(one(LEFT + width + 8.0)) y=(one(middle(at) + 4.0)) { (seconds(ran.results.seconds)) }
                    }
                }
            }
        }
    }
}

/// One cell's measurements of a benchmark.
struct Row<'r> {
    column: &'r Column,
    summary: Summary,
    class: &'static str,
    words: String,
}

/// Draws the medians and intervals of one benchmark in all cells.
pub(super) fn intervals(report: &Report, key: (&str, &str, &str)) -> Markup {
    let rows: Vec<Row> = report.columns.iter().filter_map(|column| row(column, key)).collect();
    let ends = rows.iter().flat_map(|row| {
        let (low, high) = row.summary.interval.unwrap_or((row.summary.median, row.summary.median));
        [low, high]
    });
    let (low, high) =
        ends.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
    // From zero, unless that would hide what differs.
    let span = high - low;
    let from = if low <= 0.0 || span > low * 0.5 { low.min(0.0) } else { low - span * 0.25 };
    let to = if high > from { high + (high - from) * 0.05 } else { from + 1.0 };
    let at = |value: f64| LEFT + (RIGHT - LEFT) * ((value - from) / (to - from)).clamp(0.0, 1.0);
    let height = middle(rows.len() + 1);
    let (package, name, unit) = key;
    let base = rows.first().map(|row| at(row.summary.median));
    let bottom = middle(rows.len()) - ROW / 2.0;
    html! {
        h3 { (printable(name)) " " small { (printable(unit)) ", " (printable(package)) } }
        svg viewBox=(format!("0 0 {WIDTH} {}", one(height))) role="img" aria-label=(printable(name)) {
            @if let Some(base) = base {
                line.base x1=(one(base)) x2=(one(base)) y1="0" y2=(one(bottom)) {}
            }
            line.axis x1=(one(LEFT)) x2=(one(RIGHT)) y1=(one(bottom)) y2=(one(bottom)) {}
            text.soft x=(one(LEFT)) y=(one(bottom + 16.0)) { (number(from)) }
            text.soft x=(one(RIGHT)) y=(one(bottom + 16.0)) text-anchor="end" { (number(to)) " " (label(unit)) }
            @for (index, row) in rows.iter().enumerate() {
                @let y = middle(index);
                text x=(one(LEFT - 10.0)) y=(one(y + 4.0)) text-anchor="end" { (label(&row.column.label)) }
                @if let Some((low, high)) = row.summary.interval {
                    line.mark.(row.class) x1=(one(at(low))) x2=(one(at(high))) y1=(one(y)) y2=(one(y)) stroke-width="2" {}
                    line.mark.(row.class) x1=(one(at(low))) x2=(one(at(low))) y1=(one(y - 5.0)) y2=(one(y + 5.0)) stroke-width="2" {}
                    line.mark.(row.class) x1=(one(at(high))) x2=(one(at(high))) y1=(one(y - 5.0)) y2=(one(y + 5.0)) stroke-width="2" {}
                }
                circle.mark.(row.class) cx=(one(at(row.summary.median))) cy=(one(y)) r="4" {}
                text.soft x=(one(RIGHT + 14.0)) y=(one(y + 4.0)) { (row.words) }
            }
        }
    }
}

fn row<'r>(column: &'r Column, (package, name, unit): (&str, &str, &str)) -> Option<Row<'r>> {
    let ran = column.ran()?;
    let compared = ran
        .comparisons
        .iter()
        .find(|one| one.package == package && one.name == name && one.unit == unit);
    if let Some(one) = compared {
        let class = match one.verdict {
            Verdict::Better => "better",
            Verdict::Same => "same",
            Verdict::Unknown => "unknown",
            Verdict::Worse => "worse",
        };
        return Some(Row { column, summary: one.after, class, words: spoken(one) });
    }
    let own = ran
        .results
        .benchmarks
        .iter()
        .find(|one| one.package == package && one.name == name && one.unit == unit)?;
    let summary = summarize(&own.samples)?;
    Some(Row { column, summary, class: "baseline", words: measured(&summary) })
}

/// Returns what a benchmark says in words, for those who do not see the plot.
pub(super) fn spoken(one: &Comparison) -> String {
    let change = one.change().map(|part| format!(", {:+.1} %", part * 100.0)).unwrap_or_default();
    let p = one.p.map(chance).unwrap_or_default();
    format!("{}{change}{p}, {}", measured(&one.after), one.verdict.name())
}
