//! `go` and `gofmt` in the store.

use crate::checks::TOOLS;
use crate::error::Result;
use crate::fs;
use crate::install::Installer;
use crate::shell::{Change, ChangeKind};
use crate::store::{InstalledToolchain, Store};
use goward_shim::pins::Isolation;
use goward_shim::{Environment, names};
use std::io;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

impl Installer<'_> {
    /// Puts links to the shim into the store, where PATH expects them, and copies of it into the toolchains;
    /// replaces what leads elsewhere and what is another goward's.
    pub fn place_shims(&self) -> Result<Vec<Change>> {
        let store = self.session.store()?;
        let shim = store.shim()?;
        store.prepare()?;
        let directory = self.session.ctx.home()?.join(names::SHIMS_DIRECTORY);
        fs::create_dir_all(&directory)?;
        let mut changes = Vec::new();
        let mut wanted: Vec<_> =
            TOOLS.map(|name| (shim.clone(), directory.join(name))).into_iter().collect();
        if cfg!(windows) {
            // No link leads the shim to the manager there: it is beside it.
            let manager = self.session.ctx.executable.clone();
            wanted.push((manager, directory.join(names::MANAGER)));
            wanted.push((shim.clone(), directory.join(names::SHIM)));
        }
        for (program, path) in wanted {
            if program == path || fs::is_link_of(&program, &path) {
                continue;
            }
            let existed = path.symlink_metadata().is_ok();
            // What a kill leaves of it goes with the next `recover`.
            let staging = store.stage("shim")?;
            let fresh = staging.path().join(names::SHIM);
            fs::link_program(&program, &fresh)?;
            fs::rename(&fresh, &path)?;
            changes.push(Change {
                path,
                what: if existed { ChangeKind::Edited } else { ChangeKind::Created },
            });
        }
        let refreshed = store.refresh_shims()?.into_iter();
        let change = |installed: InstalledToolchain| Change {
            path: installed.tree.join(names::GO).iter().collect(),
            what: ChangeKind::Edited,
        };
        changes.extend(refreshed.map(change));
        store.put_release_names()?;
        Ok(changes)
    }

    /// Makes what the system's store has part of the user's own, with what `go` needs besides.
    pub(crate) fn attach(&self, key: &str) -> Result<bool> {
        let store = self.session.store()?;
        let attached = store.attach(key)?;
        if attached {
            self.place_shims()?;
        }
        Ok(attached)
    }

    /// Clears up after others, and makes what `go` needs besides a toolchain: a store that is
    /// read-only from now on has it.
    pub(crate) fn prepare_store(&self, store: &Store) -> Result<()> {
        // Temporary names are unique to the process.
        static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
        let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        store.recover()?;
        self.place_shims()?;
        for isolation in Isolation::ALL {
            self.resolver.prepare_goenv_file(
                isolation,
                &self.session.ctx.environment(&self.session.ctx.entries()),
            )?;
            // For users of an image who have no such file, whoever they are.
            self.resolver.prepare_goenv_file(isolation, &Environment::default())?;
        }
        Ok(())
    }
}

/// Makes `path` a link to `target` in one step, whatever it was.
pub(crate) fn replace_with_link(target: &Path, path: &Path) -> io::Result<()> {
    let fresh = path.with_extension(format!("{}.new", std::process::id()));
    _ = fs::remove_file(&fresh);
    put_link(target, &fresh, path)
}

/// The same by way of `fresh`, where nothing is.
fn put_link(target: &Path, fresh: &Path, path: &Path) -> io::Result<()> {
    fs::symlink(target, fresh)?;
    fs::rename(fresh, path)
}
