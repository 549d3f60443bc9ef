//! The checks of `goward check` (a project) and `goward doctor` (a machine): one library.
//!
//! A check is one file and one row of [`project::CHECKS`] or [`machine::CHECKS`]: a function of the
//! facts, which `examine` gathers once for all checks. It changes nothing. It ends in one of three
//! ways ([`Outcome`]): it looked and found nothing, it did not look and says why, or it found
//! something. A title says what a check looks at; it is never printed as a result. What goward
//! can put right by itself is in the finding as a [`Remedy`].

mod caches;
mod finding;
mod ignore;
mod lock_state;
pub mod machine;
pub mod project;
mod sarif;
mod search_path;
mod user_settings;

pub use caches::Caches;
pub use finding::{Edit, Finding, Place, Remedy, Repair, Severity};
pub use lock_state::LockState;
pub use sarif::sarif;
pub use search_path::{SearchPath, TOOLS};
pub use user_settings::{ChosenValue, SettingsFile, UserSettings};

use crate::error::{Error, one_line};
use crate::project::manifest::Ignore;
use std::collections::BTreeSet;
use std::path::Path;

/// A fact, or why there is none.
pub type Fact<T> = Result<T, SkipReason>;

/// What a check that looked has found.
pub type CheckResult = Fact<Vec<Finding>>;

/// Why a check did not look.
#[derive(Clone, Debug)]
pub enum SkipReason {
    /// The user left it out.
    LeftOut(String),
    /// Something that it needs is not there: what, and what to do.
    Unable(String, String),
    /// Looking failed; the whole command does.
    Failed(Error),
}

impl SkipReason {
    /// Returns the reason on one line.
    pub fn why(&self) -> String {
        match self {
            Self::LeftOut(why) | Self::Unable(why, _) => why.clone(),
            Self::Failed(error) => one_line(error),
        }
    }

    /// Returns what to do about it, if something is known.
    pub fn fix(&self) -> Option<&str> {
        match self {
            Self::Unable(_, fix) => Some(fix),
            Self::LeftOut(_) | Self::Failed(_) => None,
        }
    }
}

impl<E: Into<Error>> From<E> for SkipReason {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// What a check is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Settings that do not do what people expect.
    Settings,
    /// Files that ask for another Go than the lock.
    Drift,
    /// The release itself.
    Release,
    /// The place where toolchains are.
    Store,
    /// Everything else on the machine that decides which Go runs.
    Machine,
}

impl Group {
    /// Returns its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Settings => "settings",
            Self::Drift => "drift",
            Self::Release => "release",
            Self::Store => "store",
            Self::Machine => "machine",
        }
    }
}

/// What is known of a check without running it.
#[derive(Debug)]
pub struct About {
    /// Its name, for good.
    pub id: &'static str,
    /// What it is about.
    pub group: Group,
    /// What it looks at.
    pub title: &'static str,
}

/// A check: a function of facts.
#[derive(Debug)]
pub struct Check<Facts: 'static> {
    /// Its name and subject.
    pub about: About,
    look: fn(&Facts) -> CheckResult,
}

impl<Facts> Check<Facts> {
    const fn new(
        id: &'static str,
        group: Group,
        title: &'static str,
        look: fn(&Facts) -> CheckResult,
    ) -> Self {
        Self { about: About { id, group, title }, look }
    }

    /// Looks once.
    pub fn run(&self, facts: &Facts) -> Outcome {
        let mut seen = BTreeSet::new();
        match (self.look)(facts) {
            Ok(mut findings) => {
                findings.retain(|one| seen.insert((one.place.clone(), one.message.clone())));
                if findings.is_empty() { Outcome::Passed } else { Outcome::Found(findings) }
            }
            Err(skipped) => Outcome::Skipped(skipped),
        }
    }
}

/// How a check ended.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// It looked and found nothing.
    Passed,
    /// It did not look.
    Skipped(SkipReason),
    /// It found something.
    Found(Vec<Finding>),
}

impl Outcome {
    /// Returns the outcome's name in JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Skipped(_) => "skipped",
            Self::Found(_) => "found",
        }
    }
}

/// A finding, and the check that it is of.
#[derive(Clone, Copy, Debug)]
pub struct CheckFinding<'a> {
    /// The check.
    pub check: &'static About,
    /// The finding.
    pub finding: &'a Finding,
}

/// How every check of a run ended.
#[derive(Debug, Default)]
pub struct Report {
    /// Each check with its outcome, in the order in which they ran.
    pub outcomes: Vec<(&'static About, Outcome)>,
    /// Findings that are on purpose.
    pub ignored: Vec<(&'static About, Finding)>,
}

impl Report {
    /// Runs checks.
    pub fn of<Facts>(checks: &'static [Check<Facts>], facts: &Facts) -> Self {
        let run = |check: &'static Check<Facts>| (&check.about, check.run(facts));
        Self { outcomes: checks.iter().map(run).collect(), ignored: Vec::new() }
    }

    /// Sets aside what is on purpose by these rules, and by comments in files below `root`.
    #[must_use]
    pub fn without_ignored(mut self, root: &Path, rules: &[Ignore]) -> Self {
        let mut ignores = ignore::Ignores::new(root, rules);
        for (check, outcome) in &mut self.outcomes {
            let Outcome::Found(findings) = outcome else { continue };
            let on_purpose = |finding: &mut Finding| ignores.covers(check.id, finding);
            let set_aside = findings.extract_if(.., on_purpose);
            self.ignored.extend(set_aside.map(|finding| (*check, finding)));
        }
        self
    }

    /// Returns every finding, in the order of the checks.
    pub fn findings(&self) -> Vec<CheckFinding<'_>> {
        let mut all = Vec::new();
        for (check, outcome) in &self.outcomes {
            if let Outcome::Found(findings) = outcome {
                all.extend(findings.iter().map(|finding| CheckFinding { check, finding }));
            }
        }
        all
    }

    /// Returns every check that did not look.
    pub fn skipped(&self) -> Vec<(&'static About, &SkipReason)> {
        let mut all = Vec::new();
        for (check, outcome) in &self.outcomes {
            if let Outcome::Skipped(why) = outcome {
                all.push((*check, why));
            }
        }
        all
    }

    /// Returns how many findings have a severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings().iter().filter(|found| found.finding.severity == severity).count()
    }

    /// Returns how many checks looked and found nothing.
    pub fn passed(&self) -> usize {
        self.outcomes.iter().filter(|(_, outcome)| matches!(outcome, Outcome::Passed)).count()
    }

    /// Returns the first error of a check that failed.
    pub fn failure(&self) -> Option<&Error> {
        self.skipped().into_iter().find_map(|(_, skipped)| match skipped {
            SkipReason::Failed(error) => Some(error),
            _ => None,
        })
    }

    /// Returns true when nothing was found that counts; with `strict` notes count, too, and checks
    /// that could not look.
    pub fn is_good(&self, strict: bool) -> bool {
        let counts = |found: &CheckFinding<'_>| strict || found.finding.severity > Severity::Note;
        let gap = |(_, why): &(_, &SkipReason)| strict && !matches!(why, SkipReason::LeftOut(_));
        !self.findings().iter().any(counts) && !self.skipped().iter().any(gap)
    }

    /// Returns the result in a few words. They never claim more than was looked at: checks that
    /// did not look are counted, too.
    pub fn summary(&self) -> String {
        let tally = Severity::ALL.map(|severity| (self.count(severity), severity.name()));
        let tally: Vec<String> = tally
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(n, name)| plural(n, name))
            .collect();
        let skipped = self.skipped();
        let left_out = |(_, why): &&(_, &SkipReason)| matches!(why, SkipReason::LeftOut(_));
        let chosen = skipped.iter().filter(left_out).count();
        let unable = skipped.len() - chosen;
        let all = self.outcomes.len();
        let is_whole = skipped.is_empty() && self.ignored.is_empty();
        let mut parts = vec![match (tally.is_empty(), is_whole) {
            (false, _) => tally.join(", "),
            (true, true) => format!("nothing is wrong ({})", plural(all, "check")),
            (true, false) => "no findings".to_owned(),
        }];
        if unable > 0 {
            parts.push(format!("{unable} of {} could not look", plural(all, "check")));
        }
        if chosen > 0 {
            let was = if chosen == 1 { "was" } else { "were" };
            parts.push(format!("{chosen} of {} {was} left out", plural(all, "check")));
        }
        if !self.ignored.is_empty() {
            parts.push(format!("{} ignored", plural(self.ignored.len(), "finding")));
        }
        parts.join("; ")
    }
}

/// Returns `1 error` or `2 errors`.
pub fn plural(count: usize, name: &str) -> String {
    if count == 1 { format!("1 {name}") } else { format!("{count} {name}s") }
}
