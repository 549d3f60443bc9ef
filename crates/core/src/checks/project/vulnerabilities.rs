//! The release: what Go's vulnerability database knows against it.

use super::facts::Facts;
use crate::checks::finding::{Finding, Severity};
use crate::checks::{Check, CheckResult, Group};

pub(super) const CHECK: Check<Facts> = Check::new(
    "vulnerabilities",
    Group::Release,
    "known vulnerabilities of the locked release's library and commands",
    run,
);

fn run(facts: &Facts) -> CheckResult {
    let report = &facts.vulnerabilities.as_ref().map_err(Clone::clone)?.report;
    let version = facts.version();
    let finding = |found: &crate::vulndb::Vulnerability| {
        let aliases = match found.aliases.as_slice() {
            [] => String::new(),
            aliases => format!(" ({})", aliases.join(", ")),
        };
        let packages = match found.packages.as_slice() {
            [] => String::new(),
            packages => format!(", {}", packages.join(", ")),
        };
        let mend = match found.fixed {
            Some(fixed) => format!("{fixed} does not have it: `goward use {}`", fixed.number()),
            None => "no release without it is known; read what it takes".to_owned(),
        };
        Finding::new(
            Severity::Error,
            facts.version_place(),
            format!("{version} has {}{aliases}: {}", found.id, found.summary),
            format!(
                "{}{packages}; https://pkg.go.dev/vuln/{}; {}, of {}",
                found.module, found.id, report.source, report.modified
            ),
            mend,
        )
    };
    Ok(report.found.iter().flatten().map(finding).collect())
}
