//! What is newer than the release of a lock.

use crate::calendar::{MinAge, today};
use crate::error::{Error, Kind, Result};
use crate::install::release_age::{AgeRule, AgedChoice, PassedOver};
use crate::lockfile::Locker;
use crate::platform::Platform;
use crate::releases::flaws::KnownFlaws;
use crate::releases::schedule::{Support, support};
use crate::resolve::shim_errors::first_step;
use crate::version::GoVersion;
use crate::version::request::Request;
use std::path::PathBuf;

/// How far the lock of a project is behind what there is.
#[derive(Clone, Debug)]
pub struct LockAge {
    /// The directory of the project.
    pub root: PathBuf,
    /// What the project asks for, as in `1.27`.
    pub request: String,
    /// What its lock has.
    pub locked: GoVersion,
    /// The newest release that the request allows; `None` where it is for a linked toolchain.
    pub allowed: Option<GoVersion>,
    /// The newest final release of the same line.
    pub of_line: Option<GoVersion>,
    /// The newest final release.
    pub newest: Option<GoVersion>,
    /// Whether Go supports the line of the lock.
    pub support: Support,
    /// Flaws through which the locked release can run code of what it builds.
    pub flaws: Vec<String>,
    /// How old a release has to be before it is taken.
    pub min_age: MinAge,
    /// Those that wait for that.
    pub passed_over: Vec<PassedOver>,
    /// Why nobody knows when releases were published, where that was asked.
    pub unread: Option<String>,
}

impl LockAge {
    /// Returns the release that `goward lock --upgrade` would lock, if that is another one.
    pub fn upgrade(&self) -> Option<GoVersion> {
        self.allowed.filter(|allowed| *allowed > self.locked)
    }

    /// Returns true when anything is newer.
    pub fn is_outdated(&self) -> bool {
        self.upgrade().or(self.newest).is_some_and(|newest| newest > self.locked)
    }
}

/// The lock of a project, and what the project asks for.
#[derive(Clone, Debug)]
pub struct LockedProject {
    root: PathBuf,
    request: Request,
    locked: GoVersion,
    min_age: MinAge,
}

impl Locker<'_> {
    /// Compares the lock of a project with `releases`, newest first.
    pub fn age(&self, project: LockedProject, releases: &[GoVersion]) -> LockAge {
        let LockedProject { root, request, locked, min_age } = project;
        let is_linked = request.as_link().is_some();
        let mut finals = releases.iter().copied().filter(|version| version.is_final());
        let newest = finals.clone().next();
        let of_line = finals.find(|version| version.minor() == locked.minor());
        let flawed = KnownFlaws::built_in().check(locked, Platform::host());
        let rule = AgeRule { min_age, locked: Some(locked) };
        let choice = match request.as_exact() {
            Some(version) => AgedChoice { version: Some(version), ..AgedChoice::default() },
            None => self.installer.choose(&request, releases, rule),
        };
        LockAge {
            root,
            request: request.to_string(),
            locked,
            allowed: choice.version.filter(|_| !is_linked),
            of_line: of_line.filter(|_| !is_linked),
            newest: newest.filter(|_| !is_linked),
            support: support(locked.minor(), today()),
            flaws: flawed.map(|flawed| flawed.flaws).unwrap_or_default(),
            min_age,
            passed_over: choice.passed_over,
            unread: choice.unread,
        }
    }
}

impl Locker<'_> {
    /// Reads the lock here, and what the project asks for.
    ///
    /// # Errors
    ///
    /// [`Kind::NotFound`] when there is no lock; when manifest or lock cannot be read.
    pub fn locked_project(&self) -> Result<LockedProject> {
        let project = self.resolver.project()?;
        let Some(lock) = self.resolver.read_lock(&project.lock_path)? else {
            let message = format!("`{}` does not exist", project.lock_path.display());
            let error = Error::new(Kind::NotFound, message);
            return Err(match project.manifest {
                Some(_) => error.hint("write it: `goward lock`"),
                None => error.hint(first_step(&self.session.ctx)),
            });
        };
        let request = match &project.manifest {
            Some(manifest) => manifest.request().clone(),
            None => Request::parse(&lock.request)?,
        };
        let own = self.installer.own_age();
        let min_age = project.manifest.as_ref().map_or(own, |it| it.demanded_age(own));
        Ok(LockedProject { root: project.root, request, locked: lock.version, min_age })
    }
}
