//! The tools of a project, built by its own Go.
//!
//! `goward.toml` asks for them in `[tools]`. [`Tools::lock`] finds the modules that each is built of, has
//! the checksum database prove them, and writes `goward-tools.lock`. [`Tools::install`] builds what
//! the lock says, from nothing else, into the store; [`Tools::become_tool`] runs it.

mod builder;
mod edit;
mod go_command;
mod import;
mod install;
pub mod lockfile;
mod locking;
mod names;
mod once;
mod outdated;
mod project;
mod receipt;
mod run;
mod unused;
mod verify;

use goward_core::install::Installer;
use goward_core::resolve::Resolver;
use goward_core::session::Session;
pub use import::{Import, LeftOut};
pub use install::InstalledTool;
pub use locking::LockReport;
pub use names::{NamedProgram, PutName};
pub use outdated::ToolAge;
pub use project::ProjectTool;
pub use receipt::Receipt;
pub use unused::UnusedTool;
pub use verify::{Comparison, VerifyReport};

/// Locks, builds and runs tools.
#[derive(Clone, Debug)]
pub struct Tools<'s> {
    pub(crate) session: &'s Session,
    pub(crate) resolver: Resolver<'s>,
    pub(crate) installer: Installer<'s>,
}

impl<'s> Tools<'s> {
    /// Returns one that works in `session`.
    pub fn new(session: &'s Session) -> Self {
        Self { session, resolver: Resolver::new(session), installer: Installer::new(session) }
    }
}
