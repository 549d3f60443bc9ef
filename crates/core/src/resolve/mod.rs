//! Which Go runs here, with which environment, and why: the decisions of the shim, in words.

pub mod accepted_repositories;
pub mod c_compiler;
pub mod default_go;
pub mod env_explain;
pub mod environment;
pub mod go_env;
pub mod goenv_file;
pub mod lookup;
pub mod module_settings;
pub mod project;
pub mod resolved_go;
pub mod run_with_timeout;
pub mod setting_origins;
pub mod shim_errors;
pub mod trust;

use crate::session::Session;

/// Decides which Go runs here, with which environment, and says why.
#[derive(Clone, Debug)]
pub struct Resolver<'s> {
    pub(crate) session: &'s Session,
}

impl<'s> Resolver<'s> {
    /// Returns one that works in `session`.
    pub fn new(session: &'s Session) -> Self {
        Self { session }
    }
}

#[cfg(test)]
mod tests;
