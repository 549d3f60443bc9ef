//! The toolchain of a project: what its lock says, else what its files ask for.

use crate::error::{Error, Kind, Result};
use crate::install::request::{Fetch, InstallOutcome, ToolchainRequest};
use crate::lockfile::Locker;
use crate::lockfile::differences::{differing_contents, stale};
use crate::lockfile::lock::LockOptions;
use crate::lockfile::pins::check_pins_with;
use crate::platform::Platform;
use crate::project::wanted::find_wanted;
use crate::resolve::shim_errors::first_step;
use crate::verify::Level;

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
        self.installer.check_sources(fetch)?;
        let project = self.resolver.project()?;
        let path = &project.lock_path;
        let mut demand = Level::None;
        let mut notes = Vec::new();
        if let Some(manifest) = &project.manifest {
            demand = manifest.demanded_level(Level::None);
            if locked {
                self.check_lock()?;
            } else if path.symlink_metadata().is_err() {
                let written = self.lock(LockOptions::default(), fetch)?;
                notes.push(format!("wrote `{}`: {}", path.display(), written.version));
            }
        }
        if let Some(lock) = self.resolver.read_lock(path)? {
            let differing = project.manifest.as_ref().map(|it| differing_contents(it, &lock));
            if let Some(stale) = stale(differing.transpose()?.unwrap_or_default(), path) {
                return Err(stale.detail("nothing was installed"));
            }
            let want = ToolchainRequest {
                demand,
                full,
                ..ToolchainRequest::locked(&lock, platform, path)?
            };
            let mut outcome = self.installer.install(&want, fetch)?;
            self.installer.note_project(path);
            outcome.notes = notes;
            if locked {
                outcome
                    .warnings
                    .extend(self.unfit(&project.root, lock.version, false).warnings(lock.version));
            }
            let pins = check_pins_with(&outcome.installed, &lock).map_err(|error| {
                let (version, path) = (lock.version, path.display());
                error.detail(format!("{version} is installed; `{path}` has the pins"))
            })?;
            outcome.warnings.extend(pins);
            return Ok(outcome);
        }
        if locked {
            return Err(Error::new(Kind::NotFound, format!("`{}` does not exist", path.display()))
                .hint(first_step(&self.session.ctx))
                .hint("and commit what that writes: `git add goward.toml goward.lock`"));
        }
        let search = find_wanted(&self.session.ctx.cwd, &self.session.ctx)?;
        let Some(wanted) = search.wanted else {
            let here = self.session.ctx.cwd.display();
            let message = format!("nothing in `{here}` or above asks for a Go");
            let error = Error::new(Kind::NotFound, message);
            let error = match search.system {
                Some(place) => {
                    error.detail(format!("`{place}` says `system`, which names no release"))
                }
                None => error,
            };
            return Err(error
                .hint("name one: `goward install stable`")
                .hint("or choose one for this project: `goward use stable`"));
        };
        let mut outcome = self
            .installer
            .install_request(&wanted.request, platform, full, fetch)
            .map_err(|error| error.detail(format!("wanted by `{wanted}`")))?;
        outcome.warnings.push(format!(
            "`go` here is this release only with a lock: `goward use '{}'`",
            wanted.request
        ));
        Ok(outcome)
    }
}
