//! Variables of the shell that lead other programs past goward, or that a locked toolchain never gets.

use super::Facts;
use crate::checks::{Check, Finding, Group, Place, Severity};
use crate::error::untrusted;
use goward_shim::pins::{PINS, Rule};
use std::path::Path;

pub(super) const CHECK: Check<Facts> = Check::new(
    "variables",
    Group::Machine,
    "GOROOT and GOTOOLDIR of the shell, which editors follow, and variables that locked toolchains \
     do not get",
    |facts| Ok(run(facts)),
);

/// What names a tree of Go; `go` of that tree sets them for what it runs.
const TREES: [&str; 2] = ["GOROOT", "GOTOOLDIR"];

fn run(facts: &Facts) -> Vec<Finding> {
    let mut findings = Vec::new();
    let place = |name: &str| Place::Variable(name.to_owned());
    for name in TREES {
        let Some(value) = facts.settings.variable(name) else { continue };
        if Path::new(value).starts_with(facts.store.home()) {
            continue;
        }
        let value = untrusted(value.to_string_lossy());
        findings.push(Finding::new(
            Severity::Error,
            place(name),
            format!("{name} is `{value}`"),
            "goward's `go` passes over it, editors do not",
            format!("take {name} out of the files that your shell reads"),
        ));
    }
    let kept_away = PINS.iter().filter(|row| {
        let decides = matches!(row.rule, Rule::Pin | Rule::Remove);
        decides && !TREES.contains(&row.name) && facts.settings.variable(row.name).is_some()
    });
    findings.extend(kept_away.map(|row| {
        let message = format!("{} is set here, and not for locked toolchains", row.name);
        Finding::plain(Severity::Note, place(row.name), message)
    }));
    findings
}
