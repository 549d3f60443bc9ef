//! Requests of the caller besides the lock, and those that cannot be had.

use super::refusal::{Conflict, Refusal};
use crate::call::Call;
use crate::caller::{By, Outer};
use crate::goenv_file::SanitizedGoEnv;
use crate::goflags::{self, FLAGS, Misfit};
use crate::launch::Removed;
use crate::lock::Lock;
use crate::pins::Rule;
use crate::var_table::var;
use crate::{gotoolchain, pins, work};
use alloc::boxed::Box;
use alloc::vec::Vec;

/// What the caller wants besides what the lock says.
pub(super) struct Wishes<'w, 'a> {
    pub(super) call: &'w Call<'a>,
    pub(super) lock: &'w Lock<'w>,
    pub(super) profile: Option<&'w str>,
    pub(super) pins: &'w [(&'w str, &'w str)],
    pub(super) path: &'w [u8],
}

impl Wishes<'_, '_> {
    /// Refuses a GOTOOLCHAIN that the lock does not satisfy.
    pub(super) fn check_toolchain(&self) -> Result<(), Refusal> {
        match self.call.caller().value(var::GOTOOLCHAIN) {
            Some(wanted) if !self.satisfies(wanted) => Err(Refusal::Toolchain {
                lock: self.path.into(),
                version: self.lock.version.into(),
                wanted: wanted.into(),
            }),
            _ => Ok(()),
        }
    }

    #[cold]
    fn satisfies(&self, wanted: &[u8]) -> bool {
        gotoolchain::is_satisfied(wanted, self.lock.version) || self.is_lenient()
    }

    /// Refuses what the caller has and does not pass, unless it is of a kind that goward is there
    /// to remove.
    pub(super) fn check(&self, removed: &[Removed]) -> Result<(), Refusal> {
        let is_choice = |it: &&Removed| {
            let rule = it.known.row().map(|row| row.rule);
            it.known != var::GOFLAGS
                && matches!(rule, Some(Rule::Choose | Rule::Level | Rule::Refuse))
        };
        removed.iter().filter(is_choice).try_for_each(|it| self.check_choice(it))
    }

    #[cold]
    fn check_choice(&self, it: &Removed) -> Result<(), Refusal> {
        let (name, value) = (it.known.name(), it.value());
        let pinned = self.pins.iter().find(|(pin, _)| *pin == name);
        let is_fine = match pinned {
            Some((_, pinned)) => pinned.as_bytes() == value || pins::is_ignored(name, value),
            None => work::changes_nothing(name, value, &self.call.directory(), self.call.args()),
        };
        if is_fine || value.is_empty() || self.is_lenient() {
            return Ok(());
        }
        Err(match pinned {
            Some((_, pinned)) => self.contradiction(name, pinned.as_bytes(), value, false),
            None => self.unpinned(name, value),
        })
    }

    fn unpinned(&self, name: &str, value: &[u8]) -> Refusal {
        Refusal::Unpinned { lock: self.path.into(), name: name.into(), value: value.into() }
    }

    /// Puts GOFLAGS of lock and caller together.
    pub(super) fn flags(&self, goenv: &SanitizedGoEnv) -> Result<Option<Vec<u8>>, Refusal> {
        let env = self.call.caller();
        let (isolation, is_lenient) = (self.lock.isolation, || self.is_lenient());
        goflags::of_call(env, isolation, self.pins, goenv, is_lenient).map_err(
            |misfit| match misfit {
                Misfit::Contradicts { locked, callers, is_in_file } => {
                    self.contradiction(FLAGS, &locked, &callers, is_in_file)
                }
                Misfit::Unpinned(item) => self.unpinned(FLAGS, &item),
            },
        )
    }

    #[cold]
    fn contradiction(
        &self,
        name: &str,
        locked: &[u8],
        callers: &[u8],
        is_in_file: bool,
    ) -> Refusal {
        let conflict = Conflict {
            name: name.into(),
            locked: locked.into(),
            callers: callers.into(),
            is_in_file,
            version: self.lock.version.into(),
        };
        Refusal::Contradiction { lock: self.path.into(), conflict: Box::new(conflict) }
    }

    /// Returns true for a call that is not refused for what it has. Its environment is not the
    /// caller's own: it is inside of another call under the same lock, or was started with what the
    /// go command gives to the tools that it runs. Or it changes the file of `go env -w`, perhaps
    /// to put an end to what is refused.
    #[cold]
    fn is_lenient(&self) -> bool {
        let env = &self.call.env;
        if self.call.changes_settings() {
            return true;
        }
        let is_same = |outer: &Outer| {
            outer.by == By::Go
                && outer.lock == self.path
                && outer.profile == self.profile.map(str::as_bytes)
        };
        let is_given =
            || env.value(var::TOOLCHAIN).is_some() && env.value(var::GOTOOLDIR).is_some();
        Outer::read(env).as_ref().is_some_and(is_same) || is_given()
    }
}
