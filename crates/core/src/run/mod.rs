//! Commands with the Go that governs: `exec`, and the slow way of the shim.

pub mod bake;
pub mod exec;
pub mod goenv_command;
pub mod newer_go;
pub mod overrides;

use crate::install::Installer;
use crate::lockfile::Locker;
use crate::resolve::Resolver;
use crate::session::Session;

/// Runs commands with the Go that governs, and installs it on the way.
#[derive(Clone, Debug)]
pub struct Runner<'s> {
    pub(crate) session: &'s Session,
    pub(crate) resolver: Resolver<'s>,
    pub(crate) installer: Installer<'s>,
    pub(crate) locker: Locker<'s>,
}

impl<'s> Runner<'s> {
    /// Returns one that works in `session`.
    pub fn new(session: &'s Session) -> Self {
        Self {
            session,
            resolver: Resolver::new(session),
            installer: Installer::new(session),
            locker: Locker::new(session),
        }
    }
}
