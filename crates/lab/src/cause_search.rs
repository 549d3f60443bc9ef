//! Tries what could have made something fail, as few times as it takes.
//!
//! First everything of a kind at once: if that changes nothing, nothing of it alone is looked at.
//! Then halves, until one change is left. Experiments come last, because each value of GOEXPERIMENT
//! has Go's whole library compiled again.

use crate::Lab;
use crate::cause::{
    Cause, Change, apply, changed_defaults, changed_experiments, language_flag, removed_settings,
};
use crate::matrix::jobs::MatrixJob;
use goward_core::error::{Kind, Result, one_line};
use goward_core::install::request::Fetch;
use goward_core::platform::Platform;
use goward_core::resolve::resolved_go::ResolvedToolchain;
use goward_core::run::overrides::Overrides;
use goward_core::session::Session;
use goward_core::settings::Settings;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// A release with pins, on one side of a change.
#[derive(Clone, Debug)]
pub(crate) struct Side {
    /// The request and the pins.
    pub(crate) overrides: Overrides,
    /// What that is.
    pub(crate) toolchain: ResolvedToolchain,
}

/// Those of the subjects, by number, that pass.
pub(crate) type PassingSet = BTreeSet<usize>;

/// Looks for what makes subjects, tests for example, fail with `bad` that pass with `good`.
pub(crate) struct CauseSearch<'s, P> {
    pub(crate) session: &'s Session,
    pub(crate) good: &'s Side,
    pub(crate) bad: &'s Side,
    /// How many there are.
    pub(crate) subjects: usize,
    /// Runs in an environment and returns what passes; an error after an interrupt.
    pub(crate) probe: P,
}

/// What a group of changes is tried on.
struct Trial<'t> {
    base: &'t Overrides,
    /// Whether a subject passes when its cause is among the changes, or fails.
    passes: bool,
}

type Causes = Vec<Option<Cause>>;

/// What a search came to.
#[derive(Clone, Debug, Default)]
pub(crate) struct SearchResult {
    /// The cause of each subject, in their order, as far as one was found.
    pub(crate) causes: Causes,
    /// What was tried.
    pub(crate) tried: Vec<String>,
    /// Why there was nothing to try, if nobody knows what changed.
    pub(crate) unreadable: Option<String>,
    /// How often something was run.
    pub(crate) runs: usize,
    /// How long all of it took.
    pub(crate) time: Duration,
}

impl<P: FnMut(&MatrixJob) -> Result<PassingSet>> CauseSearch<'_, P> {
    /// Looks for the cause of each subject.
    pub(crate) fn find(mut self) -> Result<SearchResult> {
        let start = Instant::now();
        let mut found =
            SearchResult { causes: vec![None; self.subjects], ..SearchResult::default() };
        self.try_all(&mut found)?;
        Ok(SearchResult { time: start.elapsed(), ..found })
    }

    fn try_all(&mut self, found: &mut SearchResult) -> Result<()> {
        // A release whose tables nobody can read has no candidates.
        let (old, new) = match (self.settings(self.good), self.settings(self.bad)) {
            (Ok(old), Ok(new)) => (old, new),
            (Err(error), _) | (_, Err(error)) => {
                found.unreadable = Some(one_line(&error));
                return Ok(());
            }
        };
        let bad = self.bad.overrides.clone();
        let trial = Trial { base: &bad, passes: true };
        let among = open(&found.causes);
        self.split(&trial, &changed_defaults(&old, &new), &among, found)?;
        self.language(found)?;
        self.removed(&new, found)?;
        let among = open(&found.causes);
        self.split(&trial, &changed_experiments(&old, &new), &among, found)
    }

    /// Runs the subjects.
    fn run(&mut self, prepared: &MatrixJob, found: &mut SearchResult) -> Result<PassingSet> {
        found.runs += 1;
        (self.probe)(prepared)
    }

    fn settings(&self, side: &Side) -> Result<Settings> {
        let toolchain = &side.toolchain;
        Settings::read(&Lab::new(self.session).tree_of(toolchain)?, toolchain.version)
    }

    /// Gives each of `among` the one of `changes` that is its cause. What needs several has none.
    fn split(
        &mut self,
        trial: &Trial,
        changes: &[Change],
        among: &PassingSet,
        found: &mut SearchResult,
    ) -> Result<()> {
        if changes.is_empty() || among.is_empty() {
            return Ok(());
        }
        if self.prepared(&apply(trial.base, changes))?.is_none() {
            return Ok(());
        }
        found.tried.extend(tried(changes));
        self.halve(trial, changes, among, found)
    }

    fn halve(
        &mut self,
        trial: &Trial,
        changes: &[Change],
        among: &PassingSet,
        found: &mut SearchResult,
    ) -> Result<()> {
        if changes.is_empty() || among.is_empty() {
            return Ok(());
        }
        let overrides = apply(trial.base, changes);
        let hit: PassingSet = match self.prepared(&overrides)? {
            Some(prepared) => {
                let passing = self.run(&prepared, found)?;
                among.iter().copied().filter(|one| passing.contains(one) == trial.passes).collect()
            }
            // The release refuses the pins.
            None => return Ok(()),
        };
        if let [change] = changes {
            for subject in hit {
                let (change, overrides) = (change.clone(), overrides.clone());
                found.causes[subject] = Some(Cause { change, overrides, passes: trial.passes });
            }
            return Ok(());
        }
        let (first, second) = changes.split_at(changes.len() / 2);
        self.halve(trial, first, &hit, found)?;
        let rest: PassingSet = hit.intersection(&open(&found.causes)).copied().collect();
        self.halve(trial, second, &rest, found)
    }

    /// Looks for the first language with which subjects fail.
    fn language(&mut self, found: &mut SearchResult) -> Result<()> {
        let oldest = self.good.toolchain.version.minor();
        let newest = self.bad.toolchain.version.minor();
        let mut open = open(&found.causes);
        let mut oldest_tried = None;
        // From the newest down, so that the first that passes is the last that does.
        for minor in (oldest..newest).rev() {
            if open.is_empty() {
                break;
            }
            let Some(mut prepared) = self.prepared(&self.bad.overrides)? else { break };
            prepared.add_go_flag(&language_flag(minor));
            let passing = self.run(&prepared, found)?;
            oldest_tried = Some(minor);
            for subject in open.intersection(&passing) {
                found.causes[*subject] = Some(Cause {
                    change: Change::Language { last_good: minor },
                    overrides: self.bad.overrides.clone(),
                    passes: true,
                });
            }
            open.retain(|subject| !passing.contains(subject));
        }
        found.tried.extend(oldest_tried.map(|oldest| match newest - 1 {
            last if last == oldest => format!("the language of go1.{oldest}"),
            last => format!("the languages of go1.{oldest} to go1.{last}"),
        }));
        Ok(())
    }

    /// Looks for settings that went, and without which the old behaviour cannot be had any more: the
    /// newest release that has them fails with the new value.
    fn removed(&mut self, new: &Settings, found: &mut SearchResult) -> Result<()> {
        let open = open(&found.causes);
        if open.is_empty() {
            return Ok(());
        }
        for witness in self.witnesses()? {
            let Ok(old) = self.settings(&witness) else { continue };
            let changes = removed_settings(&old, new);
            if changes.is_empty() {
                continue;
            }
            let Some(prepared) = self.prepared(&witness.overrides)? else { continue };
            let passing = self.run(&prepared, found)?;
            let open = open.intersection(&passing).copied().collect();
            let trial = Trial { base: &witness.overrides, passes: false };
            return self.split(&trial, &changes, &open, found);
        }
        Ok(())
    }

    /// Returns the releases before the newer one that are installed, the newest first, and the older
    /// one last.
    fn witnesses(&self) -> Result<Vec<Side>> {
        let (from, to) = (self.good.toolchain.version, self.bad.toolchain.version);
        let installed = self.session.store()?.list()?.into_iter();
        let mut between: Vec<_> = installed
            .filter(|one| !one.is_linked() && one.receipt.platform == Platform::host())
            .filter(|one| from < one.receipt.version && one.receipt.version < to)
            .collect();
        between.sort_by_key(|one| std::cmp::Reverse(one.receipt.version));
        between.dedup_by_key(|one| one.receipt.version);
        let sides = between.iter().map(|one| {
            let request = one.receipt.version.number();
            Side {
                toolchain: ResolvedToolchain::without_pins(one, &request),
                overrides: Overrides { go: Some(request), ..self.good.overrides.clone() },
            }
        });
        Ok(sides.chain([self.good.clone()]).collect())
    }

    /// Returns what a cell gets; nothing when its release refuses the pins.
    fn prepared(&self, overrides: &Overrides) -> Result<Option<MatrixJob>> {
        match Lab::new(self.session).prepare(overrides, &Fetch::default()) {
            Ok(prepared) => Ok(Some(prepared)),
            Err(error) if error.kind() == Kind::Usage => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Returns what changes of one kind are called.
fn tried(changes: &[Change]) -> Option<String> {
    let names: Vec<String> = changes.iter().map(Change::name).collect();
    let what = match (changes.first()?, changes.len()) {
        (Change::Default { .. }, 1) => "the default of the GODEBUG setting",
        (Change::Default { .. }, _) => "the defaults of the GODEBUG settings",
        (Change::Removed { .. }, 1) => "the removed GODEBUG setting",
        (Change::Removed { .. }, _) => "the removed GODEBUG settings",
        (Change::Experiment { .. }, 1) => "the experiment",
        (Change::Experiment { .. }, _) => "the experiments",
        (Change::Language { .. }, _) => "the language of",
    };
    Some(format!("{what} {}", names.join(", ")))
}

/// Returns the subjects without a cause.
fn open(causes: &Causes) -> PassingSet {
    let open = causes.iter().enumerate().filter(|(_, cause)| cause.is_none());
    open.map(|(at, _)| at).collect()
}
