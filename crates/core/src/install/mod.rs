//! From a request to a verified toolchain in the store.

pub mod archive_cache;
pub mod auto_install;
pub mod bundle;
mod delta;
pub mod evidence;
pub mod fetch;
pub mod go_places;
pub mod integrity_check;
mod interruption;
pub mod known_flaws;
pub mod linked;
pub mod local;
pub mod local_proof;
pub mod lock_wait_reporter;
pub mod many;
pub mod module_proof;
pub mod offline_proof;
pub mod one;
mod parts;
pub mod projects;
pub mod proof;
pub mod records;
pub mod release_age;
pub mod request;
pub mod shims;
pub mod sumdb;
pub mod unpack;
pub mod version_selection;
pub mod vulnerability_database;

use crate::resolve::Resolver;
use crate::session::Session;

/// Installs toolchains: store, sources, checksum database, and the levels that are accepted.
#[derive(Clone, Debug)]
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

#[cfg(test)]
mod tests;
