//! `go` and `gofmt` on PATH, and back.

use crate::checks::TOOLS;
use crate::error::Result;
use crate::shell;
use crate::shell::{Change, ChangeKind};
use crate::toolchains::{Toolchains, made_directories};
use goward_shim::names;
use std::path::Path;

impl Toolchains<'_> {
    /// Puts the shims into the store and, unless told otherwise, on PATH. `completions` are for shells: names of
    /// files, and what is in them.
    pub fn setup(
        &self,
        modify_path: bool,
        completions: &[(String, String)],
    ) -> Result<Vec<Change>> {
        let home = self.session.ctx.home()?;
        let missing = made_directories::missing(&self.session.ctx, &home);
        let directory = self.session.ctx.executable.parent().unwrap_or(Path::new("/"));
        let mut changes = self.installer.place_shims()?;
        made_directories::note(&home, &missing)?;
        changes.extend(shell::write_completions(&home, completions)?);
        changes.extend(if modify_path {
            shell::setup(&self.session.ctx, &home, directory)?
        } else {
            shell::write_scripts(&home, directory)?
        });
        Ok(changes)
    }

    /// Takes back what [`Toolchains::setup`] did; toolchains stay. A program that runs and cannot be
    /// removed goes on in the store's directory of work.
    pub fn undo_setup(&self) -> Result<Vec<Change>> {
        let home = self.session.ctx.home()?;
        let store = self.session.store()?;
        let mut changes = Vec::new();
        let mut programs = TOOLS.to_vec();
        if cfg!(windows) {
            programs.extend([names::MANAGER, names::SHIM]);
        }
        for name in programs {
            let path = home.join(names::SHIMS_DIRECTORY).join(name);
            if store.remove_program(&path)? {
                changes.push(Change { path, what: ChangeKind::Removed });
            }
        }
        // Those of releases lead to them.
        store.put_release_names()?;
        changes.extend(shell::undo(&self.session.ctx, &home)?);
        Ok(changes)
    }
}
