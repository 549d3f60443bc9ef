//! The toolchain of a project: what its lock says, else what its files ask for.

use crate::error::{Error, Kind, Result};
use crate::install::one::InstallPlan;
use crate::install::request::{Fetch, InstallOutcome, ToolchainRequest};
use crate::lockfile::Locker;
use crate::lockfile::differences::{differing_contents, stale};
use crate::lockfile::lock::{LockOptions, LockReport};
use crate::lockfile::pins::check_pins_with;
use crate::platform::Platform;
use crate::project::lock::LockFile;
use crate::project::manifest::Manifest;
use crate::project::transaction::FileChange;
use crate::project::wanted::{LocatedRequest, find_wanted};
use crate::resolve::shim_errors::first_step;
use crate::verify::Level;
use std::path::PathBuf;

impl Locker<'_> {
    /// Installs the toolchain of the project here: what its lock says, else what its manifest or
    /// version files ask for.
    pub fn install_project(
        &self,
        platform: Platform,
        locked: bool,
        full: bool,
        fetch: &Fetch,
    ) -> Result<InstallOutcome> {
        let project = self.project_with_lock(locked, fetch)?;
        let (root, path) = (&project.root, &project.lock_path);
        let Some((lock, want)) = self.locked_toolchain(&project, platform, full)? else {
            let wanted = self.wanted_without_lock(&project, locked)?;
            let mut outcome = self
                .installer
                .install_request(&wanted.request, platform, full, fetch)
                .map_err(|error| error.detail(format!("wanted by `{wanted}`")))?;
            outcome.warnings.push(format!(
                "`go` here is this release only with a lock: `goward use '{}'`",
                wanted.request
            ));
            return Ok(outcome);
        };
        let mut outcome = self.installer.install(&want, fetch)?;
        self.installer.note_project(path);
        if let Some(written) = project.written {
            outcome.notes.push(format!("wrote `{}`: {}", path.display(), written.version));
        }
        if locked {
            outcome.warnings.extend(self.unfit(root, lock.version, false).warnings(lock.version));
        }
        let pins = check_pins_with(&outcome.installed, &lock).map_err(|error| {
            let (version, path) = (lock.version, path.display());
            error.detail(format!("{version} is installed; `{path}` has the pins"))
        })?;
        outcome.warnings.extend(pins);
        Ok(outcome)
    }

    /// Returns what [`Locker::install_project`] would install, and the lock that it would write.
    pub fn plan_project(
        &self,
        platform: Platform,
        locked: bool,
        full: bool,
        fetch: &Fetch,
    ) -> Result<(InstallPlan, Vec<FileChange>)> {
        let project = self.clone().dry_run(true).project_with_lock(locked, fetch)?;
        let plan = |version, want: &ToolchainRequest| -> Result<InstallPlan> {
            let is_there = self.installer.is_installed(want, fetch)?;
            Ok(InstallPlan { version, platform, is_there })
        };
        if let Some(LockReport { version, changes, .. }) = project.written {
            let want = ToolchainRequest::new(version, platform);
            let want = ToolchainRequest { demand: project.demand, full, ..want };
            return Ok((plan(version, &want)?, changes));
        }
        if let Some((lock, want)) = self.locked_toolchain(&project, platform, full)? {
            return Ok((plan(lock.version, &want)?, Vec::new()));
        }
        let wanted = self.wanted_without_lock(&project, locked)?;
        Ok((self.installer.plan(&wanted.request, platform, full, fetch)?, Vec::new()))
    }

    /// Returns the project here, with a lock if it has a manifest.
    fn project_with_lock(&self, locked: bool, fetch: &Fetch) -> Result<ProjectWithLock> {
        self.installer.check_sources(fetch)?;
        let project = self.resolver.project()?;
        let path = project.lock_path;
        let (mut written, mut demand) = (None, Level::None);
        if let Some(manifest) = &project.manifest {
            demand = manifest.demanded_level(Level::None);
            if locked {
                self.check_lock()?;
            } else if path.symlink_metadata().is_err() {
                written = Some(self.lock(LockOptions::default(), fetch)?);
            }
        }
        let (root, manifest) = (project.root, project.manifest);
        Ok(ProjectWithLock { root, manifest, lock_path: path, demand, written })
    }

    /// Returns the lock of a project and what it wants for a platform; `None` where there is none.
    fn locked_toolchain(
        &self,
        project: &ProjectWithLock,
        platform: Platform,
        full: bool,
    ) -> Result<Option<(LockFile, ToolchainRequest)>> {
        let path = &project.lock_path;
        let Some(lock) = self.resolver.read_lock(path)? else { return Ok(None) };
        let differing = project.manifest.as_ref().map(|it| differing_contents(it, &lock));
        if let Some(stale) = stale(differing.transpose()?.unwrap_or_default(), path) {
            return Err(stale.detail("nothing was installed"));
        }
        let want = ToolchainRequest::locked(&lock, platform, path)?;
        Ok(Some((lock, ToolchainRequest { demand: project.demand, full, ..want })))
    }

    /// Returns what the version files of a project without a lock ask for.
    fn wanted_without_lock(
        &self,
        project: &ProjectWithLock,
        locked: bool,
    ) -> Result<LocatedRequest> {
        if locked {
            let path = project.lock_path.display();
            return Err(Error::new(Kind::NotFound, format!("`{path}` does not exist"))
                .hint(first_step(&self.session.ctx))
                .hint("and commit what that writes: `git add goward.toml goward.lock`"));
        }
        let search = find_wanted(&self.session.ctx.cwd, &self.session.ctx)?;
        search.wanted.ok_or_else(|| {
            let here = self.session.ctx.cwd.display();
            let message = format!("nothing in `{here}` or above asks for a Go");
            let error = Error::new(Kind::NotFound, message);
            let error = match search.system {
                Some(place) => {
                    error.detail(format!("`{place}` says `system`, which names no release"))
                }
                None => error,
            };
            error
                .hint("name one: `goward install stable`")
                .hint("or choose one for this project: `goward use stable`")
        })
    }
}

/// A project whose toolchain is installed.
struct ProjectWithLock {
    root: PathBuf,
    manifest: Option<Manifest>,
    lock_path: PathBuf,
    /// The level that the manifest demands.
    demand: Level,
    /// The lock that was missing.
    written: Option<LockReport>,
}
