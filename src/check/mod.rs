//! The checks of a project: what is wrong with its Go, its settings, and what other files say of it.
//!
//! One file and one row of [`CHECKS`] per check. A check is a function of the [`Situation`], which
//! `ops` gathers, and of the project's files; it changes nothing. What a change would mend by itself
//! is in the finding as an [`Edit`]. `docs/check.md` has the same table, and a test compares them.

mod arch_levels;
mod build_cache;
mod cgo;
mod ci;
mod circleci;
mod debug_lines;
mod deprecated;
mod dockerfile;
mod experiments;
mod files;
mod finding;
mod gitlab;
mod go_mod;
mod gobin;
mod godebug;
mod image;
mod module_mode;
mod removed_experiments;
mod sarif;
mod situation;
mod substitute;
mod support;
mod target_supported;
mod target_valid;
mod version_files;
mod vulnerabilities;
mod wanted;
mod workflows;
mod workspace;
mod yaml;

pub use files::Files;
pub use finding::{Edit, Finding, Place, Severity};
pub use sarif::sarif;
pub use situation::{Chosen, GoFacts, Known, Missing, Situation};

use std::collections::BTreeSet;

/// What a check comes to.
pub type Outcome = Known<Vec<Finding>>;

/// What a check is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Settings that do not do what people expect.
    Settings,
    /// Files that say something else than the lock.
    Drift,
    /// The release itself.
    Release,
}

impl Group {
    /// Returns its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Settings => "settings",
            Self::Drift => "drift",
            Self::Release => "release",
        }
    }
}

/// A check.
#[derive(Debug)]
pub struct Check {
    /// Its name, for good.
    pub id: &'static str,
    /// What it is about.
    pub group: Group,
    /// What it looks at.
    pub title: &'static str,
    /// Looks.
    look: Look,
}

/// How a check looks.
#[derive(Debug)]
enum Look {
    /// At facts that may be missing.
    Facts(fn(&Situation) -> Outcome),
    /// At files of the project, which are always there.
    Files(fn(&Situation) -> Vec<Finding>),
}

impl Check {
    fn run(&self, situation: &Situation) -> Outcome {
        match self.look {
            Look::Facts(look) => look(situation),
            Look::Files(look) => Ok(look(situation)),
        }
    }
}

/// Every check, in the order in which they run.
pub const CHECKS: &[Check] = &[
    experiments::CHECK,
    godebug::CHECK,
    cgo::CHECK,
    target_supported::CHECK,
    module_mode::CHECK,
    build_cache::CHECK,
    gobin::CHECK,
    target_valid::CHECK,
    deprecated::CHECK,
    removed_experiments::CHECK,
    arch_levels::CHECK,
    workspace::CHECK,
    go_mod::CHECK,
    version_files::CHECK,
    dockerfile::CHECK,
    workflows::CHECK,
    gitlab::CHECK,
    circleci::CHECK,
    debug_lines::CHECK,
    support::CHECK,
    vulnerabilities::CHECK,
];

/// A finding, and the check that it is of.
#[derive(Clone, Debug)]
pub struct Found {
    /// The check.
    pub check: &'static Check,
    /// The finding.
    pub finding: Finding,
}

/// What all checks came to.
#[derive(Debug, Default)]
pub struct Findings {
    /// Sorted by place; nothing is said twice.
    pub found: Vec<Found>,
    /// Checks that did not look, and why.
    pub missing: Vec<(&'static Check, Missing)>,
}

impl Findings {
    /// Returns how many findings have a severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.found.iter().filter(|found| found.finding.severity == severity).count()
    }
}

/// Runs every check.
pub fn run(situation: &Situation) -> Findings {
    let mut findings = Findings::default();
    for check in CHECKS {
        match check.run(situation) {
            Ok(found) => {
                findings.found.extend(found.into_iter().map(|finding| Found { check, finding }));
            }
            Err(missing) => findings.missing.push((check, missing)),
        }
    }
    findings.found.sort_by(|a, b| {
        let (a, b) = (&a.finding, &b.finding);
        a.place.cmp(&b.place).then(b.severity.cmp(&a.severity))
    });
    let mut said = BTreeSet::new();
    findings.found.retain(|found| {
        let finding = &found.finding;
        said.insert((found.check.id, finding.place.clone(), finding.what.clone()))
    });
    findings
}
