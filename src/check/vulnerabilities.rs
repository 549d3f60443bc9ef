//! The release: what Go's vulnerability database knows against it.

use super::finding::{Finding, Severity};
use super::situation::Situation;
use super::{Check, Group, Look, Outcome};

pub(super) const CHECK: Check = Check {
    id: "vulnerabilities",
    group: Group::Release,
    title: "known vulnerabilities of the locked release's library and commands",
    look: Look::Facts(run),
};

fn run(situation: &Situation) -> Outcome {
    let report = &situation.vulnerabilities.as_ref().map_err(Clone::clone)?.report;
    let version = situation.version();
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
            situation.version_place(),
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
