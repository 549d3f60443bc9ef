//! The project here, and the right to change its files.

use crate::error::Result;
use crate::project::Project;
use crate::project::transaction::{Notice, Transaction};
use crate::resolve::Resolver;
use std::path::Path;

impl Resolver<'_> {
    /// Returns the project here; where nothing governs, the one that this directory could become.
    pub fn project(&self) -> Result<Project> {
        self.checked(Project::discover(&self.session.ctx)?)
    }

    /// Returns the project at `root`.
    pub fn project_at(&self, root: &Path) -> Result<Project> {
        self.checked(Project::at(root)?)
    }

    /// Refuses a project whose manifest is somebody else's.
    fn checked(&self, project: Project) -> Result<Project> {
        project.manifest.as_ref().map_or(Ok(()), |manifest| self.check_manifest(manifest))?;
        Ok(project)
    }

    /// Returns the right to change the files of the project at `root`, whatever they hold; waits for others who
    /// change them.
    ///
    /// # Errors
    ///
    /// When what a crash left cannot be put in order.
    pub fn transaction(&self, root: &Path) -> Result<Transaction> {
        let state = self.session.ctx.state_directory();
        Transaction::begin(root, state.as_deref(), &mut |notice| match notice {
            Notice::Said(text) => self.session.ui.say(&text),
            Notice::Warning(text) => self.session.ui.warn(&text),
        })
    }
}
