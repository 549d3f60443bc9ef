//! `go` and `gofmt` in the store.

use crate::checks::TOOLS;
use crate::error::Result;
use crate::install::Installer;
use crate::shell::{Change, What};
use crate::store::Installed;
use goward_shim::names;
use std::io;
use std::path::Path;

impl Installer<'_> {
    /// Puts links to the shim into the store, where PATH expects them, and copies of it into the toolchains;
    /// replaces what leads elsewhere and what is another goward's.
    ///
    /// # Errors
    ///
    /// When the shim is not beside goward's own executable, or something cannot be written.
    pub fn place_shims(&self) -> Result<Vec<Change>> {
        let store = self.session.store()?;
        let shim = store.shim()?;
        store.prepare()?;
        let directory = self.session.ctx.home()?.join(names::SHIMS_DIRECTORY);
        fs_err::create_dir_all(&directory)?;
        let mut changes = Vec::new();
        for path in TOOLS.map(|name| directory.join(name)) {
            if fs_err::read_link(&path).is_ok_and(|target| target == shim) {
                continue;
            }
            let existed = path.symlink_metadata().is_ok();
            // What a kill leaves of it goes with the next `recover`.
            let staging = store.stage("shim")?;
            put_link(&shim, &staging.path().join(names::SHIM), &path)?;
            changes.push(Change { path, what: if existed { What::Edited } else { What::Created } });
        }
        let refreshed = store.refresh_shims()?.into_iter();
        let change = |installed: Installed| Change {
            path: installed.tree.join("bin/go"),
            what: What::Edited,
        };
        changes.extend(refreshed.map(change));
        store.put_release_names()?;
        Ok(changes)
    }
}

/// Makes `path` a link to `target` in one step, whatever it was.
pub(crate) fn replace_with_link(target: &Path, path: &Path) -> io::Result<()> {
    let fresh = path.with_extension(format!("{}.new", std::process::id()));
    _ = fs_err::remove_file(&fresh);
    put_link(target, &fresh, path)
}

/// The same by way of `fresh`, where nothing is.
fn put_link(target: &Path, fresh: &Path, path: &Path) -> io::Result<()> {
    fs_err::os::unix::fs::symlink(target, fresh)?;
    fs_err::rename(fresh, path)
}
