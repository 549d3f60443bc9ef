//! The checks of a machine: the store, and everything else that decides which Go runs.
//!
//! One file and one row of [`CHECKS`] per check, over the [`Facts`] that `examine` gathers.
//! `docs/commands.md` has the same table, and a test compares them.

mod clock;
mod editors;
mod filesystem;
mod go_env;
mod leftovers;
mod links;
mod locks;
mod managers;
mod network;
mod owner;
mod path;
mod receipts;
mod shims;
mod sources;
mod store;
mod sudo;
mod telemetry;
mod toolchains;
mod variables;

pub use leftovers::remove as remove_leftovers;
pub use owner::close;
pub use sources::Answer;
pub use toolchains::mend as mend_toolchain;

use super::{
    Caches, Check, Fact, Group, LockState, SearchPath, SkipReason, UserSettings, caches, lock_state,
};
use crate::error::Result;
use crate::os::User;
use crate::store::Store;
use std::path::PathBuf;
use std::time::SystemTime;

/// Everything that is known of a machine.
#[derive(Debug)]
pub struct Facts {
    /// The store, which need not be there.
    pub store: Store,
    /// This user.
    pub user: User,
    /// What this user set for every Go.
    pub settings: UserSettings,
    /// PATH.
    pub path: SearchPath,
    /// Where Go keeps what it builds and downloads.
    pub caches: Fact<Caches>,
    /// The lock that governs here, if one does.
    pub lock: Option<LockState>,
    /// The copies of the file of `go env -w` that are right now.
    pub goenv_files: Vec<PathBuf>,
    /// The program to which the shims lead.
    pub shim: PathBuf,
    /// This program.
    pub executable: PathBuf,
    /// Where the command was called.
    pub cwd: PathBuf,
    /// What time it is.
    pub now: SystemTime,
    /// What each source of toolchains answered.
    pub sources: Fact<Result<Vec<Answer>>>,
}

impl Facts {
    /// Returns the store when there is one.
    fn store(&self) -> Fact<&Store> {
        let home = self.store.home();
        if home.is_dir() {
            return Ok(&self.store);
        }
        let why = format!("there is no store at `{}` yet", home.display());
        Err(SkipReason::Unable(why, "`goward setup`".to_owned()))
    }
}

/// Every check, in the order in which they run.
pub const CHECKS: &[Check<Facts>] = &[
    store::CHECK,
    filesystem::CHECK,
    locks::CHECK,
    owner::CHECK,
    leftovers::CHECK,
    receipts::CHECK,
    shims::CHECK,
    toolchains::CHECK,
    links::CHECK,
    path::CHECK,
    variables::CHECK,
    go_env::CHECK,
    editors::CHECK,
    sudo::CHECK,
    Check::new("caches", Group::Machine, caches::TITLE, |facts| caches::look(&facts.caches)),
    network::CHECK,
    sources::CHECK,
    clock::CHECK,
    telemetry::CHECK,
    managers::CHECK,
    Check::new("lock", Group::Machine, lock_state::TITLE, |facts| {
        Ok(lock_state::look(facts.lock.as_ref()))
    }),
];
