//! Tools added to a project, and taken out.

use crate::Tools;
use crate::lockfile::LockedTool;
use crate::project::{lock_path, write_lock};
use goward_core::error::{Error, Kind, Result, untrusted};
use goward_core::project::files::Files;
use goward_core::project::find_root;
use goward_core::project::manifest::{ManifestEdit, ToolRequest, ToolSource};
use goward_core::project::transaction::in_style_of;
use goward_shim::names::MANIFEST_FILE;
use std::path::PathBuf;

impl Tools<'_> {
    /// Asks for a tool in the manifest here, in place of one of the same name, and locks it. Returns the
    /// manifest, and what is locked of the tool unless it is a directory.
    ///
    /// # Errors
    ///
    /// As [`Tools::lock`]; nothing is then changed.
    pub fn add(&self, name: &str, tool: &ToolRequest) -> Result<(PathBuf, Option<LockedTool>)> {
        let (project, _) = self.project()?;
        let locked = match tool.source {
            ToolSource::Module { .. } => Some(self.lock_one(tool, None, false)?),
            ToolSource::Directory(ref directory) => {
                let path = project.root.join(directory);
                if !path.is_dir() {
                    let message = format!("`{}` is not a directory", path.display());
                    return Err(Error::new(Kind::NotFound, message));
                }
                None
            }
        };
        let mut lock = self.read_lock(&lock_path(&project))?.unwrap_or_default();
        self.change_manifest("tools add", |edit| edit.set_tool(name, tool))?;
        match &locked {
            Some(locked) => _ = lock.0.insert(name.to_owned(), locked.clone()),
            None => _ = lock.0.remove(name),
        }
        write_lock(&lock_path(&project), &lock)?;
        Ok((project.manifest_path, locked))
    }

    /// Asks for tools no longer; what was built of them stays in the store for a while. Returns the
    /// manifest.
    ///
    /// # Errors
    ///
    /// [`Kind::NotFound`] when nobody asked for one; nothing is then changed.
    pub fn forget(&self, names: &[String]) -> Result<PathBuf> {
        let (project, manifest) = self.project()?;
        for name in names {
            if !manifest.tools().contains_key(name) {
                let path = project.manifest_path.display();
                let message = format!("`{path}` has no tool `{}`", untrusted(name));
                return Err(Error::new(Kind::NotFound, message)
                    .detail("nothing was changed")
                    .hint("see which it has: `goward tools list`"));
            }
        }
        let mut lock = self.read_lock(&lock_path(&project))?.unwrap_or_default();
        self.change_manifest("tools remove", |edit| {
            names.iter().try_for_each(|name| edit.remove_tool(name).map(drop))
        })?;
        lock.0.retain(|name, _| !names.contains(name));
        write_lock(&lock_path(&project), &lock)?;
        Ok(project.manifest_path)
    }

    pub(crate) fn change_manifest(
        &self,
        command: &str,
        change: impl FnOnce(&mut ManifestEdit) -> Result<()>,
    ) -> Result<()> {
        let root = find_root(&self.session.ctx);
        let transaction = self.resolver.transaction(&root)?;
        let project = self.resolver.project_at(&root)?;
        transaction.check_writable(&[MANIFEST_FILE])?;
        let mut edit = ManifestEdit::open_or_new(&project.manifest_path)?;
        change(&mut edit)?;
        let text = in_style_of(transaction.before().manifest.as_deref(), &edit.text()?);
        let after = Files { manifest: Some(text), ..transaction.before().clone() };
        transaction.commit(command, &after).map(drop)
    }
}
