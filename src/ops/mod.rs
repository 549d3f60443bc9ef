//! Operations: what the commands do.
//!
//! An operation takes the [`Session`] and plain data, does its work and returns data, warnings
//! included; `cli` prints. Only what happens on the way operations show themselves: progress bars,
//! whom they wait for, and sources that failed before one answered.

pub mod barrier;
pub mod default;
mod deliver;
pub mod explain;
pub mod governing;
pub mod init;
pub mod install;
mod install_many;
pub mod launch;
pub mod lock;
pub mod overrides;
pub mod pick;
mod pins;
pub mod provide;
pub mod records;
pub mod refusal;
pub mod setup;
pub mod uninstall;
pub mod r#use;

use crate::config::Config;
use crate::ctx::Ctx;
use crate::error::Result;
use crate::project::{Project, discover};
use crate::store::Store;
use crate::ui::Ui;
use goward_shim::lock::Level;

/// One run of the program.
#[derive(Debug)]
pub struct Session {
    /// The process.
    pub ctx: Ctx,
    /// Its streams.
    pub ui: Ui,
    /// The user's settings.
    pub config: Config,
}

impl Session {
    /// Returns the store, which need not exist yet.
    ///
    /// # Errors
    ///
    /// When there is no place for it.
    pub fn store(&self) -> Result<Store> {
        Ok(Store::new(self.ctx.home()?))
    }

    /// Returns the project here; where nothing governs, the one that this directory could become.
    ///
    /// # Errors
    ///
    /// When its manifest, or without one another tool's file, is wrong.
    pub(crate) fn project(&self) -> Result<Project> {
        let gowork = self.ctx.variable("GOWORK");
        match discover(&self.ctx.cwd, gowork)? {
            Some(project) => Ok(project),
            None => Project::at(&self.ctx.cwd, gowork),
        }
    }
}

/// How to fetch and judge toolchains, as far as the command line says.
#[derive(Clone, Debug, Default)]
pub struct Fetch {
    /// `--source`.
    pub source: Option<String>,
    /// `--accept`.
    pub accept: Option<Level>,
}
