//! `goward matrix --explain`: looks for what makes the tests of a cell fail.

use super::Session;
use super::cause_search::{CauseSearch, Passing, Side};
use super::matrix::Slot;
use crate::error::{Error, Kind, Result};
use crate::matrix::go_command::{narrowed, observed};
use crate::matrix::interrupt::Interrupts;
use crate::matrix::{Difference, Outcome, Report, Results};
use std::ffi::OsString;

/// More tests of a cell are not looked into.
const MAX_SUBJECTS: usize = 200;

impl Session {
    /// Gives every test that fails in a cell and passes in the baseline its reason, where the two
    /// releases differ and something of what changed between them makes the difference alone.
    ///
    /// # Errors
    ///
    /// When a cell cannot be run, or goward was interrupted.
    pub(super) fn explain_regressions(
        &self,
        report: &mut Report,
        slots: &[Slot],
        command: &[OsString],
        interrupts: &Interrupts,
    ) -> Result<()> {
        let Some(good) = slots.first().and_then(side) else { return Ok(()) };
        for (column, slot) in report.columns.iter_mut().zip(slots).skip(1) {
            let Some(bad) = side(slot) else { continue };
            if bad.toolchain.version <= good.toolchain.version {
                continue;
            }
            let crate::matrix::State::Ran(ran) = &mut column.state else { continue };
            let unexplained = |difference: &&mut Difference| {
                difference.is_regression() && difference.reason().is_none()
            };
            let mut subjects: Vec<&mut Difference> = ran
                .differences
                .iter_mut()
                .filter(unexplained)
                .filter(|one| !matches!(one, Difference::Build(_) | Difference::Benchmark(_)))
                .take(MAX_SUBJECTS)
                .collect();
            if subjects.is_empty() {
                continue;
            }
            self.ui.say(&format!("looking for what makes {} fail", column.label));
            let probed = observed(&command_for(command, &subjects));
            let keys: Vec<Key> = subjects.iter().map(|difference| Key::of(difference)).collect();
            let probe = |prepared: &super::cells::Prepared| {
                let results = self.observe(prepared, &probed, interrupts, |_| {})?;
                let results = results.ok_or_else(interrupted)?;
                let passing = keys.iter().enumerate().filter(|(_, key)| key.passes(&results));
                Ok(passing.map(|(at, _)| at).collect::<Passing>())
            };
            let count = subjects.len();
            let search =
                CauseSearch { session: self, good: &good, bad: &bad, subjects: count, probe };
            for (difference, cause) in subjects.iter_mut().zip(search.find()?) {
                if let (Some(reason), Some(cause)) = (difference.reason_mut(), cause) {
                    *reason = Some(format!("{}: {}", cause.reason(), cause.shows(command)));
                }
            }
        }
        Ok(())
    }
}

/// Returns the command for the tests alone that are looked into.
fn command_for(command: &[OsString], subjects: &[&mut Difference]) -> Vec<OsString> {
    let names: Option<Vec<&str>> = subjects
        .iter()
        .map(|difference| match &**difference {
            Difference::Test { name, .. } if !name.is_empty() => Some(name.as_str()),
            _ => None,
        })
        .collect();
    names.and_then(|names| narrowed(command, &names)).unwrap_or_else(|| command.to_vec())
}

pub(super) fn interrupted() -> Error {
    Error::new(Kind::Failed, "interrupted").detail("what was running has been ended")
}

fn side(slot: &Slot) -> Option<Side> {
    let prepared = slot.prepared.as_ref().ok()?;
    Some(Side { overrides: slot.overrides.clone(), toolchain: prepared.toolchain.clone() })
}

/// What has to pass.
enum Key {
    Test { package: String, name: String },
    Command,
}

impl Key {
    fn of(difference: &Difference) -> Self {
        match difference {
            Difference::Test { package, name, .. } => {
                Self::Test { package: package.clone(), name: name.clone() }
            }
            _ => Self::Command,
        }
    }

    fn passes(&self, results: &Results) -> bool {
        match self {
            Self::Test { package, name } => {
                let test = results.test(package, name);
                test.is_some_and(|test| test.outcome == Outcome::Pass)
            }
            Self::Command => results.ending.is_success(),
        }
    }
}
