//! Manifest and lock of a project: written, compared, chosen anew, taken back.

pub mod compatibility;
pub mod differences;
mod entries;
pub mod fixed_goroot;
pub mod init;
pub mod install;
pub mod lock;
pub mod lock_requests;
pub mod outdated;
pub mod pins;
pub mod surroundings;
pub mod undo;
pub mod r#use;

use crate::install::Installer;
use crate::resolve::Resolver;
use crate::session::Session;

/// Writes and checks manifests and locks.
#[derive(Clone, Debug)]
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

#[cfg(test)]
mod tests;
