//! `go` and `gofmt` on PATH, and back.

use crate::checks::TOOLS;
use crate::error::Result;
use crate::fs;
use crate::shell;
use crate::shell::{Change, ChangeKind};
use crate::toolchains::Toolchains;
use goward_shim::names;
use std::io::ErrorKind;
use std::path::Path;

impl Toolchains<'_> {
    /// Puts the shims into the store and, unless told otherwise, on PATH.
    pub fn setup(&self, modify_path: bool) -> Result<Vec<Change>> {
        let home = self.session.ctx.home()?;
        let directory = self.session.ctx.executable.parent().unwrap_or(Path::new("/"));
        let mut changes = self.installer.place_shims()?;
        // PATH is in the registry there, which goward does not change.
        changes.extend(if cfg!(windows) {
            Vec::new()
        } else if modify_path {
            shell::setup(&self.session.ctx, &home, directory)?
        } else {
            shell::write_scripts(&home, directory)?
        });
        Ok(changes)
    }

    /// Takes back what [`Toolchains::setup`] did; toolchains stay.
    pub fn undo_setup(&self) -> Result<Vec<Change>> {
        let home = self.session.ctx.home()?;
        let mut changes = Vec::new();
        for path in TOOLS.map(|name| home.join(names::SHIMS_DIRECTORY).join(name)) {
            match fs::remove_file(&path) {
                Ok(()) => changes.push(Change { path, what: ChangeKind::Removed }),
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error.into()),
            }
        }
        // Those of releases lead to them.
        self.session.store()?.put_release_names()?;
        if !cfg!(windows) {
            changes.extend(shell::undo(&self.session.ctx, &home)?);
        }
        Ok(changes)
    }
}
