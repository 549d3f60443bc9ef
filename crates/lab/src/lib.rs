//! The laboratory: one command or program under several Gos and settings.
//!
//! `matrix`, `bisect`, `reproduce`, `inspect`, `diff`, `experiments`, `godebug` and `targets` are here,
//! as methods of [`Lab`]. goward has it as its feature `lab`.

pub mod bill_of_materials;
pub mod bisect;
pub mod bisect_spread;
pub mod cause;
pub mod cause_search;
pub mod diff;
pub mod experiments;
pub mod find_programs;
pub mod godebug;
pub mod inspect;
pub mod matrix;
pub mod program_vulnerabilities;
pub mod reproduce;
pub mod settings_source;
pub mod spread;
pub mod target_check;
pub mod targets;

use goward_core::install::Installer;
use goward_core::resolve::Resolver;
use goward_core::run::Runner;
use goward_core::session::Session;

/// Compares Gos, settings and programs.
#[derive(Clone, Debug)]
pub struct Lab<'s> {
    pub(crate) session: &'s Session,
    pub(crate) resolver: Resolver<'s>,
    pub(crate) installer: Installer<'s>,
    pub(crate) runner: Runner<'s>,
}

impl<'s> Lab<'s> {
    /// Returns one that works in `session`.
    pub fn new(session: &'s Session) -> Self {
        Self {
            session,
            resolver: Resolver::new(session),
            installer: Installer::new(session),
            runner: Runner::new(session),
        }
    }
}
