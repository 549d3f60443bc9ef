//! Operations: what the commands do.
//!
//! An operation takes the [`Session`] and plain data, does its work and returns data, warnings
//! included; `cli` prints. Only what happens on the way operations show themselves: progress bars,
//! whom they wait for, sources that failed before one answered, and flaws of what is installed for a
//! call.

pub mod accepted;
pub mod barrier;
pub mod bisect;
pub mod bundle_create;
pub mod bundle_install;
pub mod cause;
mod cause_search;
mod cells;
pub mod check;
pub mod compiler;
pub mod debug_bake;
pub mod default;
mod deliver;
pub mod diff;
pub mod doctor;
pub mod experiments;
pub mod explain;
mod fitting;
pub mod gc;
mod go_facts;
pub mod godebug;
pub mod governing;
pub mod init;
pub mod inspect;
pub mod install;
mod install_many;
mod known_flaws;
pub mod launch;
pub mod link;
pub mod link_root;
pub mod lock;
mod locks;
pub mod log;
pub mod matrix;
mod matrix_explain;
mod matrix_memory;
mod matrix_origin;
pub mod mirror;
mod modules;
pub mod newer;
pub mod overrides;
pub mod pick;
mod pins;
mod probe;
pub mod provide;
pub mod rebuild;
mod recheck;
pub mod records;
pub mod refusal;
pub mod reproduce;
pub mod rollback;
pub mod said;
pub mod setup;
mod staple;
pub mod subject;
mod surroundings;
pub mod target_check;
pub mod targets;
pub mod trust;
pub mod uninstall;
pub mod r#use;
pub mod verify;
pub mod vulnerabilities;
mod waiting;

use crate::config::Config;
use crate::ctx::Ctx;
use crate::error::Result;
use crate::project::Project;
use crate::project::transaction::{Notice, Transaction};
use crate::store::Store;
use crate::ui::Ui;
use goward_shim::lock::Level;
use goward_shim::names;
use log::LogAccess;
use std::path::Path;

/// One run of the program.
#[derive(Debug)]
pub struct Session {
    /// The process.
    pub ctx: Ctx,
    /// Its streams.
    pub ui: Ui,
    /// The user's settings.
    pub config: Config,
    /// The checksum database.
    pub log: LogAccess,
}

impl Session {
    /// Returns the store, which need not exist yet.
    ///
    /// # Errors
    ///
    /// When there is no place for it.
    pub fn store(&self) -> Result<Store> {
        let store = Store::new(self.ctx.home()?).with_nfs_locks(self.config.store.nfs_locks);
        let shim = self.ctx.executable.with_file_name(names::SHIM);
        Ok(store.with_shim(shim).with_system(self.config.system_store(&self.ctx)?))
    }

    /// Returns the project here; where nothing governs, the one that this directory could become.
    ///
    /// # Errors
    ///
    /// When its manifest is wrong, or somebody else's.
    pub(crate) fn project(&self) -> Result<Project> {
        self.checked(Project::discover(&self.ctx)?)
    }

    /// Returns the project at `root`, and the right to change its files; waits for others who do.
    ///
    /// # Errors
    ///
    /// As [`Session::project`], or when what a crash left cannot be put in order.
    pub(crate) fn project_to_change(&self, root: &Path) -> Result<(Project, Transaction)> {
        let transaction = self.transaction(root)?;
        Ok((self.checked(Project::at(root)?)?, transaction))
    }

    /// Refuses a project whose manifest is somebody else's.
    fn checked(&self, project: Project) -> Result<Project> {
        project.manifest.as_ref().map_or(Ok(()), |manifest| self.check_manifest(manifest))?;
        Ok(project)
    }

    /// Returns the right to change the files of the project at `root`, whatever they hold.
    ///
    /// # Errors
    ///
    /// When what a crash left cannot be put in order.
    pub(crate) fn transaction(&self, root: &Path) -> Result<Transaction> {
        let state = self.ctx.state_directory();
        Transaction::begin(root, state.as_deref(), &mut |notice| match notice {
            Notice::Said(text) => self.ui.say(&text),
            Notice::Warning(text) => self.ui.warn(&text),
        })
    }
}

/// How to fetch and judge toolchains, as far as the command line says.
#[derive(Clone, Debug, Default)]
pub struct Fetch {
    /// `--source`.
    pub source: Option<String>,
    /// `--accept`.
    pub accept: Option<Level>,
    /// Whether the command has that option.
    pub has_option: bool,
}
