//! The context of a command: the process, its streams, the settings of its user.

use crate::config::Config;
use crate::ctx::Ctx;
use crate::error::Result;
use crate::fs;
use crate::net::{CONNECTIONS, HttpRules, Net, Patience};
use crate::source::OpenRegistry;
use crate::store::Store;
use crate::ui::Ui;
use crate::verify::sumdb::access::LogAccess;
use goward_shim::names;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

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
    /// What opens sources in container registries, where goward has it.
    pub registries: Option<OpenRegistry>,
}

impl Session {
    /// Returns one that asks Go's own checksum database, and no container registries.
    pub fn new(ctx: Ctx, ui: Ui, config: Config) -> Self {
        Self { ctx, ui, config, log: LogAccess::default(), registries: None }
    }

    /// Returns the same for another working directory, which may be relative to this one.
    #[must_use]
    pub fn in_directory(&self, directory: &Path) -> Self {
        let place = self.ctx.cwd.join(directory);
        let cwd = fs::canonicalize(&place).unwrap_or(place);
        let ctx = Ctx { cwd, ..self.ctx.clone() };
        let (ui, config, registries) = (self.ui, self.config.clone(), self.registries);
        Self { registries, ..Self::new(ctx, ui, config) }
    }

    /// Returns the store, which need not exist yet.
    pub fn store(&self) -> Result<Store> {
        let store = Store::new(self.ctx.home()?).with_nfs_locks(self.config.store.nfs_locks);
        let shim = self.ctx.executable.with_file_name(names::SHIM);
        Ok(store.with_shim(shim).with_system(self.config.system_store(&self.ctx)?))
    }

    /// Returns what the user permits without TLS.
    pub fn http_rules(&self) -> HttpRules {
        HttpRules {
            hosts: self.config.http_hosts.clone(),
            password_hosts: self.config.http_password_hosts.clone(),
            connections: self.config.network.connections.unwrap_or(CONNECTIONS),
        }
    }

    /// Returns the network under the user's settings. Warns, once, of a netrc that cannot be read:
    /// most downloads need no password.
    pub fn net(&self) -> Result<Net> {
        self.net_with(Patience::default())
    }

    /// Like [`Session::net`], with other times and counts.
    pub fn net_with(&self, patience: Patience) -> Result<Net> {
        static TOLD: AtomicBool = AtomicBool::new(false);
        let ctx = self.config.on_network(&self.ctx);
        let net = Net::with_patience(&ctx, self.http_rules(), patience)
            .map_err(|error| self.config.explain_network(&self.ctx, error))?;
        if let Some(problem) = net.netrc_problem()
            && !TOLD.swap(true, Ordering::Relaxed)
        {
            self.ui.warn(&format!("no passwords are taken from netrc: {problem}"));
        }
        Ok(net)
    }
}

#[cfg(test)]
#[path = "session/tests/samples.rs"]
pub(crate) mod samples;
