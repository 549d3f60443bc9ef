//! Operations on installed toolchains: remove, verify, carry elsewhere, choose the default.

pub mod bundle_create;
pub mod default;
pub mod export;
pub mod gc;
mod installed_source;
mod made_directories;
pub mod rebuild_instructions;
pub mod self_uninstall;
pub mod setup;
pub mod uninstall;
pub mod verify;

use crate::install::Installer;
use crate::lockfile::Locker;
use crate::resolve::Resolver;
use crate::session::Session;

/// Looks after what is installed: removes, verifies, chooses the default.
#[derive(Clone, Debug)]
pub struct Toolchains<'s> {
    pub(crate) session: &'s Session,
    pub(crate) resolver: Resolver<'s>,
    pub(crate) installer: Installer<'s>,
    pub(crate) locker: Locker<'s>,
    is_dry: bool,
}

impl<'s> Toolchains<'s> {
    /// Returns one that works in `session`.
    pub fn new(session: &'s Session) -> Self {
        Self {
            session,
            resolver: Resolver::new(session),
            installer: Installer::new(session),
            locker: Locker::new(session),
            is_dry: false,
        }
    }

    /// Makes [`Toolchains::uninstall`], [`Toolchains::clear_default`] and
    /// [`Toolchains::export_to_module_cache`] say what they would change, and change nothing.
    #[must_use]
    pub fn dry_run(self, is_dry: bool) -> Self {
        Self { is_dry, ..self }
    }
}
