//! What works in a session.

use super::Session;

/// Decides which Go runs here, with which environment, and says why.
#[derive(Clone, Copy, Debug)]
pub struct Resolver<'s> {
    pub(crate) session: &'s Session,
}

impl<'s> Resolver<'s> {
    /// Returns one that works in `session`.
    pub fn new(session: &'s Session) -> Self {
        Self { session }
    }
}

/// Installs toolchains: store, sources, checksum database, and the levels that are accepted.
#[derive(Clone, Copy, Debug)]
pub struct Installer<'s> {
    pub(crate) session: &'s Session,
    pub(crate) resolver: Resolver<'s>,
}

impl<'s> Installer<'s> {
    /// Returns one that works in `session`.
    pub fn new(session: &'s Session) -> Self {
        Self { session, resolver: Resolver::new(session) }
    }
}

/// Writes and checks manifests and locks.
#[derive(Clone, Copy, Debug)]
pub struct Locker<'s> {
    pub(crate) session: &'s Session,
    pub(crate) resolver: Resolver<'s>,
    pub(crate) installer: Installer<'s>,
}

impl<'s> Locker<'s> {
    /// Returns one that works in `session`.
    pub fn new(session: &'s Session) -> Self {
        Self { session, resolver: Resolver::new(session), installer: Installer::new(session) }
    }
}

/// Runs commands with the Go that governs, and installs it on the way.
#[derive(Clone, Copy, Debug)]
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

/// Looks after what is installed: removes, verifies, chooses the default.
#[derive(Clone, Copy, Debug)]
pub struct Toolchains<'s> {
    pub(crate) session: &'s Session,
    pub(crate) resolver: Resolver<'s>,
    pub(crate) installer: Installer<'s>,
}

impl<'s> Toolchains<'s> {
    /// Returns one that works in `session`.
    pub fn new(session: &'s Session) -> Self {
        Self { session, resolver: Resolver::new(session), installer: Installer::new(session) }
    }
}

/// Checks a project and a machine.
#[derive(Clone, Copy, Debug)]
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

/// Compares Gos, settings and programs.
#[derive(Clone, Copy, Debug)]
pub struct Lab<'s> {
    pub(crate) session: &'s Session,
    pub(crate) resolver: Resolver<'s>,
    pub(crate) installer: Installer<'s>,
    pub(crate) runner: Runner<'s>,
    pub(crate) toolchains: Toolchains<'s>,
}

impl<'s> Lab<'s> {
    /// Returns one that works in `session`.
    pub fn new(session: &'s Session) -> Self {
        Self {
            session,
            resolver: Resolver::new(session),
            installer: Installer::new(session),
            runner: Runner::new(session),
            toolchains: Toolchains::new(session),
        }
    }
}

/// Makes mirrors and bundles.
#[derive(Clone, Copy, Debug)]
pub struct Mirrors<'s> {
    pub(crate) session: &'s Session,
    pub(crate) installer: Installer<'s>,
    pub(crate) locker: Locker<'s>,
}

impl<'s> Mirrors<'s> {
    /// Returns one that works in `session`.
    pub fn new(session: &'s Session) -> Self {
        Self { session, installer: Installer::new(session), locker: Locker::new(session) }
    }
}
