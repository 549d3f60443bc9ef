//! Tries what could have made something fail, as few times as it takes.
//!
//! First everything of a kind at once: if that changes nothing, nothing of it alone is looked at.
//! Then halves, until one change is left. Experiments come last, because each value of GOEXPERIMENT
//! has Go's whole library compiled again.

use super::cause::{
    Cause, Change, apply, changed_defaults, changed_experiments, language_flag, removed_settings,
};
use super::cells::Prepared;
use super::governing::Toolchain;
use super::overrides::Overrides;
use super::{Fetch, Session};
use crate::error::{Kind, Result};
use crate::platform::Platform;
use crate::settings::Settings;
use std::collections::BTreeSet;

/// A release with pins, on one side of a change.
#[derive(Clone, Debug)]
pub(super) struct Side {
    /// The request and the pins.
    pub(super) overrides: Overrides,
    /// What that is.
    pub(super) toolchain: Toolchain,
}

/// Those of the subjects, by number, that pass.
pub(super) type Passing = BTreeSet<usize>;

/// Looks for what makes subjects, tests for example, fail with `bad` that pass with `good`.
pub(super) struct CauseSearch<'s, P> {
    pub(super) session: &'s Session,
    pub(super) good: &'s Side,
    pub(super) bad: &'s Side,
    /// How many there are.
    pub(super) subjects: usize,
    /// Runs in an environment and returns what passes; an error after an interrupt.
    pub(super) probe: P,
}

/// What a group of changes is tried on.
struct Trial<'t> {
    base: &'t Overrides,
    /// Whether a subject passes when its cause is among the changes, or fails.
    passes: bool,
}

type Causes = Vec<Option<Cause>>;

impl<P: FnMut(&Prepared) -> Result<Passing>> CauseSearch<'_, P> {
    /// Returns the cause of each subject, in their order, as far as one was found.
    ///
    /// # Errors
    ///
    /// When a release cannot be run, or goward was interrupted.
    pub(super) fn find(mut self) -> Result<Causes> {
        let mut causes: Causes = vec![None; self.subjects];
        // A release whose tables nobody can read has no candidates.
        let (Ok(old), Ok(new)) = (self.settings(self.good), self.settings(self.bad)) else {
            return Ok(causes);
        };
        let bad = self.bad.overrides.clone();
        let trial = Trial { base: &bad, passes: true };
        let among = open(&causes);
        self.split(&trial, &changed_defaults(&old, &new), &among, &mut causes)?;
        self.language(&mut causes)?;
        self.removed(&new, &mut causes)?;
        let among = open(&causes);
        self.split(&trial, &changed_experiments(&old, &new), &among, &mut causes)?;
        Ok(causes)
    }

    fn settings(&self, side: &Side) -> Result<Settings> {
        let toolchain = &side.toolchain;
        Settings::read(&self.session.tree_of(toolchain)?, toolchain.version)
    }

    /// Gives each of `among` the one of `changes` that is its cause. What needs several has none.
    fn split(
        &mut self,
        trial: &Trial,
        changes: &[Change],
        among: &Passing,
        causes: &mut Causes,
    ) -> Result<()> {
        if changes.is_empty() || among.is_empty() {
            return Ok(());
        }
        let overrides = apply(trial.base, changes);
        let hit: Passing = match self.prepared(&overrides)? {
            Some(prepared) => {
                let passing = (self.probe)(&prepared)?;
                among.iter().copied().filter(|one| passing.contains(one) == trial.passes).collect()
            }
            // The release refuses the pins.
            None => return Ok(()),
        };
        if let [change] = changes {
            for subject in hit {
                let (change, overrides) = (change.clone(), overrides.clone());
                causes[subject] = Some(Cause { change, overrides, passes: trial.passes });
            }
            return Ok(());
        }
        let (first, second) = changes.split_at(changes.len() / 2);
        self.split(trial, first, &hit, causes)?;
        let rest: Passing = hit.intersection(&open(causes)).copied().collect();
        self.split(trial, second, &rest, causes)
    }

    /// Looks for the first language with which subjects fail.
    fn language(&mut self, causes: &mut Causes) -> Result<()> {
        let oldest = self.good.toolchain.version.minor();
        let newest = self.bad.toolchain.version.minor();
        let mut open = open(causes);
        // From the newest down, so that the first that passes is the last that does.
        for minor in (oldest..newest).rev() {
            if open.is_empty() {
                break;
            }
            let Some(mut prepared) = self.prepared(&self.bad.overrides)? else { break };
            prepared.add_go_flag(&language_flag(minor));
            let passing = (self.probe)(&prepared)?;
            for subject in open.intersection(&passing) {
                causes[*subject] = Some(Cause {
                    change: Change::Language { last_good: minor },
                    overrides: self.bad.overrides.clone(),
                    passes: true,
                });
            }
            open.retain(|subject| !passing.contains(subject));
        }
        Ok(())
    }

    /// Looks for settings that went, and without which the old behaviour cannot be had any more: the
    /// newest release that has them fails with the new value.
    fn removed(&mut self, new: &Settings, causes: &mut Causes) -> Result<()> {
        let open = open(causes);
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
            let passing = (self.probe)(&prepared)?;
            let open = open.intersection(&passing).copied().collect();
            let trial = Trial { base: &witness.overrides, passes: false };
            return self.split(&trial, &changes, &open, causes);
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
                toolchain: Toolchain::without_pins(one, &request),
                overrides: Overrides { go: Some(request), ..self.good.overrides.clone() },
            }
        });
        Ok(sides.chain([self.good.clone()]).collect())
    }

    /// Returns what a cell gets; nothing when its release refuses the pins.
    fn prepared(&self, overrides: &Overrides) -> Result<Option<Prepared>> {
        match self.session.prepare(overrides, &Fetch::default()) {
            Ok(prepared) => Ok(Some(prepared)),
            Err(error) if error.kind() == Kind::Usage => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Returns the subjects without a cause.
fn open(causes: &Causes) -> Passing {
    let open = causes.iter().enumerate().filter(|(_, cause)| cause.is_none());
    open.map(|(at, _)| at).collect()
}
