//! The report as one HTML page that needs nothing else: no script, no font, no picture.
//!
//! Every value goes through maud, which escapes it; and the page forbids itself to load or run
//! anything (`Content-Security-Policy`), so that what a test prints stays text.

use crate::matrix::compare::Difference;
use crate::matrix::html_plot::{durations, intervals};
use crate::matrix::report::{CellRun, Column, Report, State, Verdict};
use crate::matrix::table::{headline, seconds, tests};
use goward_core::error::printable;
use maud::{DOCTYPE, Markup, PreEscaped, html};

const STYLE: &str = include_str!("html/style.css");

/// How many differences of a cell are shown, and how many tests that differ.
const MAX_DIFFERENCES: usize = 500;

/// How many measurements of benchmarks are drawn.
const MAX_BENCHMARKS: usize = 200;

/// Returns the page.
pub fn render(report: &Report) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'";
                title { "goward matrix: " (printable(&report.command)) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 { "goward matrix" }
                    p { code { (printable(&report.command)) } }
                    (origin(report))
                    (headline_of(report))
                }
                main {
                    (overview(report))
                    (grid(report))
                    (durations(report))
                    (benchmarks(report))
                    (all_details(report))
                }
                footer { "Compared with the first cell. Benchmarks: medians with 95 % intervals; worse or better when p < 0.05 by the Mann-Whitney U test and beyond " (format!("{:.0} %", report.limits.threshold * 100.0)) "." }
            }
        }
    };
    page.into_string()
}

/// Says what was tried, when, and on what.
fn origin(report: &Report) -> Markup {
    let origin = &report.origin;
    let commit = origin.commit.as_deref().unwrap_or("no commit");
    html! {
        p.origin {
            (printable(&origin.project)) ", " (printable(commit)) ", " (printable(&origin.date)) ", "
            (printable(&origin.machine)) ", goward " (printable(&origin.goward))
        }
    }
}

fn headline_of(report: &Report) -> Markup {
    let is = |verdict| (0..report.columns.len()).filter(move |at| report.verdict(*at) == verdict);
    let (count, failed) = (is(Verdict::Regressed).count(), is(Verdict::Failed).count());
    html! {
        @if report.lost() > 0 {
            p.verdict.regressed { (report.lost()) " of " (report.columns.len()) " cells: no result." }
        }
        @for remark in &report.remarks { p.verdict.differs { (printable(remark)) "." } }
        @if failed > 0 {
            p.verdict.regressed {
                "In " (failed) " of " (report.columns.len()) " cells nothing of what was to run did."
            }
        } @else if let Some(why) = report.failed_baseline() {
            p.verdict.regressed { "The baseline fails: " (printable(&why)) "." }
        }
        @if count == 0 {
            @if failed == 0 && report.lost() == 0 { p.verdict.same { "No cell is worse than the baseline." } }
        } @else {
            p.verdict.regressed {
                (count) @if count == 1 { " cell is" } @else { " cells are" } " worse than the baseline."
            }
        }
    }
}

fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Baseline => "baseline",
        Verdict::Same => "same",
        Verdict::Differs => "differs",
        Verdict::Regressed | Verdict::Failed | Verdict::Lost => "regressed",
        Verdict::LeftOut => "left-out",
    }
}

fn overview(report: &Report) -> Markup {
    html! {
        section {
            h2 { "Cells" }
            div.scroll {
                table {
                    thead { tr { th { "cell" } th { "result" } th { "tests" } th.number { "time" } th { "by itself" } } }
                    tbody {
                        @for (at, column) in report.columns.iter().enumerate() {
                            @let verdict = report.verdict(at);
                            tr {
                                th scope="row" { (anchor(report, at, column)) }
                                td { span.badge.(class(verdict)) { (verdict.name()) } }
                                @match &column.state {
                                    State::LeftOut(why) | State::Lost(why) => { td colspan="3" { (marked(why)) } }
                                    State::Ran(ran) => {
                                        td.tests { (tests(&column.state)) @if ran.is_kept { " (kept)" } }
                                        td.number { (seconds(ran.results.seconds)) }
                                        td { code { (printable(&column.shell)) } }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn anchor(report: &Report, at: usize, column: &Column) -> Markup {
    let has_details =
        report.failure(at).is_some() || column.ran().is_some_and(|ran| !ran.differences.is_empty());
    html! {
        @if has_details {
            a href=(format!("#cell-{at}")) { (printable(&column.label)) }
        } @else {
            (printable(&column.label))
        }
    }
}

/// Returns a map of every test that does not end alike in all cells.
fn grid(report: &Report) -> Markup {
    let mut names: Vec<(&str, &str)> = report
        .columns
        .iter()
        .filter_map(Column::ran)
        .flat_map(|ran| &ran.differences)
        .filter_map(|difference| match difference {
            Difference::Test { package, name, .. } => Some((package.as_str(), name.as_str())),
            Difference::Build(failure) => Some((failure.package.as_str(), "")),
            _ => None,
        })
        .collect();
    names.sort_unstable();
    names.dedup();
    let more = names.len().saturating_sub(MAX_DIFFERENCES);
    names.truncate(MAX_DIFFERENCES);
    let outcome = |ran: &CellRun, package: &str, name: &str| {
        if ran.results.build_failures.iter().any(|failure| failure.package == package) {
            return "not built";
        }
        ran.results.test(package, name).map_or("not there", |test| test.outcome.name())
    };
    html! {
        @if !names.is_empty() {
            section {
                h2 { "Tests that differ" }
                div.scroll {
                    table.grid {
                        thead { tr {
                            th { "test" }
                            @for column in &report.columns {
                                @if column.ran().is_some() { th { (printable(&column.label)) } }
                            }
                        } }
                        tbody {
                            @for (package, name) in names {
                                tr {
                                    th scope="row" {
                                        @if name.is_empty() { "(package)" } @else { (printable(name)) }
                                        " " small { (printable(package)) }
                                    }
                                    @for ran in report.columns.iter().filter_map(Column::ran) {
                                        @let word = outcome(ran, package, name);
                                        td.(word.replace(' ', "-")) { (word) }
                                    }
                                }
                            }
                        }
                    }
                }
                (left_out(more))
            }
        }
    }
}

fn benchmarks(report: &Report) -> Markup {
    let mut keys: Vec<(&str, &str, &str)> = report
        .columns
        .iter()
        .filter_map(Column::ran)
        .flat_map(|ran| &ran.comparisons)
        .map(|one| (one.package.as_str(), one.name.as_str(), one.unit.as_str()))
        .collect();
    keys.sort_unstable();
    keys.dedup();
    let more = keys.len().saturating_sub(MAX_BENCHMARKS);
    keys.truncate(MAX_BENCHMARKS);
    html! {
        @if !keys.is_empty() {
            section {
                h2 { "Benchmarks" }
                @for key in keys {
                    (intervals(report, key))
                }
                (left_out(more))
            }
        }
    }
}

/// Says how much of a list is missing.
fn left_out(more: usize) -> Markup {
    html! {
        @if more > 0 { p { "and " (more) " more, which are not on this page" } }
    }
}

fn all_details(report: &Report) -> Markup {
    html! {
        @for (at, column) in report.columns.iter().enumerate() {
            @if let Some(ran) = column.ran() {
                @let failure = report.failure(at);
                @if failure.is_some() || !ran.differences.is_empty() {
                    section id=(format!("cell-{at}")) {
                        h2 { (printable(&column.label)) " " span.badge.(class(report.verdict(at))) { (report.verdict(at).name()) } }
                        @if let Some(failure) = failure {
                            div.difference.worse {
                                p { (failure.to_string()) }
                                pre { (lines(ran.results.first_words())) }
                            }
                        }
                        @for difference in ran.differences.iter().take(MAX_DIFFERENCES) {
                            (details(difference))
                        }
                        (left_out(ran.differences.len().saturating_sub(MAX_DIFFERENCES)))
                        @if let Some(explanation) = &ran.explanation {
                            p.reason { "causes: " (printable(explanation)) }
                        }
                    }
                }
            }
        }
    }
}

fn details(difference: &Difference) -> Markup {
    let output = match difference {
        Difference::Build(failure) => failure.output.as_str(),
        Difference::Test { output, .. } | Difference::Command { output, .. } => output.as_str(),
        Difference::Benchmark(_) => "",
    };
    let class = if difference.is_regression() { "worse" } else { "other" };
    html! {
        div.difference.(class) {
            p { (headline(difference)) }
            @if let Some(reason) = difference.reason() {
                p.reason { "because: " (marked(reason)) }
            }
            @if !output.trim().is_empty() {
                pre { (lines(output)) }
            }
        }
    }
}

/// Returns a sentence whose parts in backticks are code.
fn marked(sentence: &str) -> Markup {
    let sentence = printable(sentence);
    html! {
        @for (at, part) in sentence.split('`').enumerate() {
            @if at % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

/// Returns output with its lines, and nothing else that is not printable.
fn lines(output: &str) -> String {
    let lines = output.trim_end().lines().map(|line| printable(&line.replace('\t', "    ")));
    lines.collect::<Vec<_>>().join("\n")
}
