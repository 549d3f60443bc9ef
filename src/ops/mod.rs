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
pub mod cause_search;
pub mod cells;
pub mod check;
pub mod compiler;
pub mod debug_bake;
pub mod default;
pub mod deliver;
pub mod diff;
pub mod doctor;
pub mod environment;
pub mod experiments;
pub mod explain;
pub mod fitting;
pub mod gc;
pub mod go_facts;
pub mod godebug;
pub mod goenv_command;
pub mod governing;
pub mod init;
pub mod inspect;
pub mod install;
pub mod install_many;
pub mod install_project;
pub mod known_flaws;
pub mod launch;
pub mod link;
pub mod link_root;
pub mod lock;
pub mod locks;
pub mod log;
pub mod lookup;
pub mod matrix;
pub mod matrix_explain;
pub mod matrix_memory;
pub mod matrix_origin;
pub mod mirror;
pub mod modules;
pub mod newer;
pub mod overrides;
pub mod pick;
pub mod pins;
pub mod probe;
pub mod project;
pub mod projects;
pub mod provide;
pub mod rebuild;
pub mod recheck;
pub mod records;
pub mod refusal;
pub mod reproduce;
pub mod request;
pub mod rollback;
pub mod said;
pub mod services;
pub mod set_default;
pub mod setup;
pub mod shims;
pub mod staple;
pub mod subject;
pub mod surroundings;
pub mod target_check;
pub mod targets;
pub mod trust;
pub mod uninstall;
pub mod r#use;
pub mod verify;
pub mod vulnerabilities;
pub mod waiting;

use crate::config::Config;
use crate::ctx::Ctx;
use crate::error::Result;
use crate::ops::log::LogAccess;
use crate::store::Store;
use crate::ui::Ui;
use goward_shim::names;
pub use services::{Examiner, Installer, Lab, Locker, Mirrors, Resolver, Runner, Toolchains};

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
}
