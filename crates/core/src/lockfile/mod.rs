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

use crate::error::Result;
use crate::install::Installer;
use crate::project::files::Files;
use crate::project::transaction::{FileChange, Transaction};
use crate::resolve::Resolver;
use crate::session::Session;
use std::path::Path;

/// Writes and checks manifests and locks.
#[derive(Clone, Debug)]
pub struct Locker<'s> {
    pub(crate) session: &'s Session,
    pub(crate) resolver: Resolver<'s>,
    pub(crate) installer: Installer<'s>,
    is_dry: bool,
}

impl<'s> Locker<'s> {
    /// Returns one that works in `session`.
    pub fn new(session: &'s Session) -> Self {
        Self {
            session,
            resolver: Resolver::new(session),
            installer: Installer::new(session),
            is_dry: false,
        }
    }

    /// Makes it say what it would write and install, and do neither.
    #[must_use]
    pub fn dry_run(self, is_dry: bool) -> Self {
        Self { is_dry, ..self }
    }

    /// Returns the right to change the files of the project at `root`, or only to look at them.
    fn transaction(&self, root: &Path) -> Result<Transaction> {
        if self.is_dry { Transaction::look(root) } else { self.resolver.transaction(root) }
    }

    /// Makes the files of a project `after`, unless this is a dry run; returns what that changes.
    fn commit(
        &self,
        transaction: Transaction,
        command: &str,
        after: &Files,
    ) -> Result<Vec<FileChange>> {
        let changes = transaction.changes(after);
        if !self.is_dry {
            transaction.commit(command, after)?;
        }
        Ok(changes)
    }
}

#[cfg(test)]
mod tests;
