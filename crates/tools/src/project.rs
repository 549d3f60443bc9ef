//! The tools of the project here: what its manifest asks for, and what its lock says.

use crate::Tools;
use crate::lockfile::{LockedTool, MAX_SIZE, ToolsLock};
use goward_core::checks::project as check;
use goward_core::error::{Error, Kind, Result, near_match, untrusted};
use goward_core::fs;
use goward_core::io::file;
use goward_core::project::Project;
use goward_core::project::manifest::{Manifest, ToolRequest, ToolSource};
use goward_shim::names::TOOLS_LOCK_FILE;
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// A tool of the project here.
#[derive(Clone, Debug)]
pub struct ProjectTool {
    /// What the manifest asks for.
    pub request: ToolRequest,
    /// What the lock says, where it says what the manifest asks for.
    pub locked: Option<LockedTool>,
}

impl Tools<'_> {
    /// Returns the tools of the project here by name.
    ///
    /// # Errors
    ///
    /// When manifest or lock cannot be read, or belongs to somebody whose files do not count.
    pub fn of_project(&self) -> Result<BTreeMap<String, ProjectTool>> {
        let (project, manifest) = self.project()?;
        self.tools_of(&project, &manifest)
    }

    /// Returns true when the project here asks for tools.
    ///
    /// # Errors
    ///
    /// As [`Tools::of_project`]; that there is no manifest is no error.
    pub fn has_any(&self) -> Result<bool> {
        let project = self.resolver.project()?;
        Ok(project.manifest.is_some_and(|manifest| !manifest.tools().is_empty()))
    }

    /// Returns the tools of the project here for `goward check`; none where there is no manifest.
    ///
    /// # Errors
    ///
    /// As [`Tools::of_project`].
    pub fn locked_for_check(&self) -> Result<Vec<check::LockedTool>> {
        if !self.has_any()? {
            return Ok(Vec::new());
        }
        let tools = self.of_project()?.into_iter();
        let tool = |(name, tool): (String, ProjectTool)| {
            let ToolSource::Module { package, query } = tool.request.source else { return None };
            let is_exact = query.matches('.').count() > 1 && query.starts_with('v');
            let version = match &tool.locked {
                Some(locked) => Some(locked.module.version().to_owned()),
                None => is_exact.then_some(query),
            };
            let go = tool.locked.as_ref().map(|locked| locked.go);
            // Those whose files are locked have packages in the program; of the others `go` reads
            // `go.mod` alone.
            let sums = tool.locked.into_iter().flat_map(|locked| locked.sums);
            let modules = sums.filter(|(_, hashes)| hashes.files.is_some());
            let modules = modules.map(|(module, _)| module).collect();
            Some(check::LockedTool { name, package, version, go, modules })
        };
        Ok(tools.filter_map(tool).collect())
    }

    fn tools_of(
        &self,
        project: &Project,
        manifest: &Manifest,
    ) -> Result<BTreeMap<String, ProjectTool>> {
        let lock = self.read_lock(&lock_path(project))?.unwrap_or_default();
        let tool = |(name, request): (&String, &ToolRequest)| {
            let locked = lock.0.get(name).filter(|locked| answers(locked, request)).cloned();
            (name.clone(), ProjectTool { request: request.clone(), locked })
        };
        Ok(manifest.tools().iter().map(tool).collect())
    }

    /// Returns one tool of the project here.
    ///
    /// # Errors
    ///
    /// [`Kind::NotFound`] when the manifest has none of this name.
    pub(crate) fn named(&self, name: &str) -> Result<(PathBuf, ProjectTool)> {
        let (project, manifest) = self.project()?;
        let mut tools = self.tools_of(&project, &manifest)?;
        if let Some(tool) = tools.remove(name) {
            return Ok((project.root, tool));
        }
        let message =
            format!("`{}` has no tool `{}`", manifest.wanted().path.display(), untrusted(name));
        let error = Error::new(Kind::NotFound, message);
        Err(match near_match(name, tools.keys().map(String::as_str)) {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error.hint("add it: `goward tools add PACKAGE@VERSION`"),
        })
    }

    pub(crate) fn project(&self) -> Result<(Project, Manifest)> {
        let project = self.resolver.project()?;
        if let Some(manifest) = project.manifest.clone() {
            return Ok((project, manifest));
        }
        let message = format!("`{}` does not exist", project.manifest_path.display());
        Err(Error::new(Kind::NotFound, message)
            .hint("choose the project's Go first: `goward use 1.27`")
            .hint("run a tool without a project: `goward x PACKAGE`"))
    }

    /// Reads the lock of tools at `path`; `None` when there is none.
    pub(crate) fn read_lock(&self, path: &Path) -> Result<Option<ToolsLock>> {
        file::check_link(path)?;
        let Some((text, owner)) = file::read_owned_text(path, MAX_SIZE)? else { return Ok(None) };
        self.resolver.check_owner_of_manifest(path, Some(owner))?;
        ToolsLock::parse(&text, path).map(Some)
    }
}

/// Returns where the lock of a project's tools is.
pub(crate) fn lock_path(project: &Project) -> PathBuf {
    project.root.join(TOOLS_LOCK_FILE)
}

/// Returns true when a locked tool is what is asked for; with which Go it is built is another matter.
pub(crate) fn answers(locked: &LockedTool, request: &ToolRequest) -> bool {
    let ToolSource::Module { package, query } = &request.source else { return false };
    locked.package == *package
        && locked.query == *query
        && locked.tags == request.tags
        && locked.cgo == request.cgo
        && locked.experiments == request.experiments
}

/// Writes a lock, or removes it where nothing is locked.
pub(crate) fn write_lock(path: &Path, lock: &ToolsLock) -> Result<()> {
    if !lock.0.is_empty() {
        return file::replace(path, lock.render()?.as_bytes());
    }
    match fs::remove_file(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        removed => Ok(removed?),
    }
}
