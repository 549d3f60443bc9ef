//! `check` and `doctor`: gathers facts, runs the checks, makes safe repairs.

pub mod machine;
pub mod project;

use crate::install::Installer;
use crate::lockfile::Locker;
use crate::resolve::Resolver;
use crate::session::Session;
use crate::toolchains::Toolchains;

/// Checks a project and a machine.
#[derive(Clone, Debug)]
pub struct Examiner<'s> {
    pub(crate) session: &'s Session,
    pub(crate) resolver: Resolver<'s>,
    pub(crate) installer: Installer<'s>,
    pub(crate) locker: Locker<'s>,
    pub(crate) toolchains: Toolchains<'s>,
}

impl<'s> Examiner<'s> {
    /// Returns one that works in `session`.
    pub fn new(session: &'s Session) -> Self {
        Self {
            session,
            resolver: Resolver::new(session),
            installer: Installer::new(session),
            locker: Locker::new(session),
            toolchains: Toolchains::new(session),
        }
    }
}
