//! The release: what Go's vulnerability database knows against it.

use super::facts::{Facts, LockedTool};
use crate::checks::finding::{Finding, Place, Severity};
use crate::checks::{Check, CheckResult, Group};
use crate::vulndb::{ModuleVulnerability, Report};
use goward_shim::names::TOOLS_LOCK_FILE;

pub(super) const CHECK: Check<Facts> = Check::new(
    "vulnerabilities",
    Group::Release,
    "known vulnerabilities of the locked release's library and commands, and of its tools' modules",
    run,
);

fn run(facts: &Facts) -> CheckResult {
    let report = &facts.vulnerabilities.as_ref().map_err(Clone::clone)?.report;
    let version = facts.version();
    let finding = |found: &crate::vulndb::Vulnerability| {
        let aliases = aliases(&found.aliases);
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
    let mut findings: Vec<Finding> = report.found.iter().flatten().map(finding).collect();
    // Another check tells that the lock of tools cannot be read.
    for tool in facts.tools.iter().flatten() {
        findings.extend(of_tool(facts, tool, report));
    }
    Ok(findings)
}

fn of_tool(facts: &Facts, tool: &LockedTool, report: &Report) -> Vec<Finding> {
    let (name, place) = (&tool.name, Place::Path(facts.root.join(TOOLS_LOCK_FILE)));
    let Some(known) = &report.modules else {
        if tool.modules.is_empty() {
            return Vec::new();
        }
        return vec![Finding::new(
            Severity::Note,
            place,
            format!("vulnerabilities of the modules of `{name}` are not known"),
            format!("{} has those of Go itself", report.source),
            "ask a database: `--vulndb https://vuln.go.dev`",
        )];
    };
    let of_module = |found: &ModuleVulnerability| {
        let (module, id) = (&found.module, &found.id);
        Finding::new(
            Severity::Error,
            place.clone(),
            format!(
                "`{name}` is built of {module}, which has {id}{}: {}",
                aliases(&found.aliases),
                found.summary
            ),
            format!("https://pkg.go.dev/vuln/{id}; {}, of {}", report.source, report.modified),
            match &found.fixed {
                Some(fixed) => format!(
                    "{fixed} of it does not have it: see `goward tools outdated {name}` for a newer {name}"
                ),
                None => "no version without it is known; read what it takes".to_owned(),
            },
        )
    };
    let known = known.iter().filter(|found| tool.modules.contains(&found.module));
    known.map(of_module).collect()
}

/// Returns the other names of a vulnerability, behind a space.
fn aliases(names: &[String]) -> String {
    if names.is_empty() { String::new() } else { format!(" ({})", names.join(", ")) }
}
