//! Install what is wanted, unless it is installed: the store first, then the sources.

use crate::calendar::today;
use crate::error::{Error, Kind, Result, one_line};
use crate::install::lock_wait_reporter::{LockWaitReporter, warn_without};
use crate::install::request::{
    Fetch, Identity, InstallOutcome, InstallSource, LockEntry, ToolchainRequest,
};
use crate::install::{Installer, version_selection};
use crate::platform::Platform;
use crate::project::manifest::Manifest;
use crate::releases::schedule::{may_be_out, unknown};
use crate::releases::select::nearest;
use crate::resolve::lookup;
use crate::resolve::resolved_go::{Origin, ResolvedToolchain};
use crate::store::{InstalledToolchain, Store, flock};
use crate::verify::sumdb::Logged;
use crate::verify::{H1, Level, Records};
use crate::version::GoVersion;
use crate::version::request::Request;
use goward_shim::names;

/// What would be installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InstallPlan {
    /// The release.
    pub version: GoVersion,
    /// Its platform.
    pub platform: Platform,
    /// Whether it is installed.
    pub is_there: bool,
}

impl Installer<'_> {
    /// Installs what a request means.
    ///
    /// # Errors
    ///
    /// When nothing fits, or no source delivers it.
    pub fn install_for(
        &self,
        request: &str,
        platform: Platform,
        full: bool,
        fetch: &Fetch,
    ) -> Result<InstallOutcome> {
        self.install_request(&lookup::parse_request(request)?, platform, full, fetch)
    }

    /// Installs what a request means, and names a release that would do when the newest that fits is
    /// not verified well enough.
    pub(crate) fn install_request(
        &self,
        request: &Request,
        platform: Platform,
        full: bool,
        fetch: &Fetch,
    ) -> Result<InstallOutcome> {
        self.check_sources(fetch)?;
        if let Some(name) = request.as_link() {
            return self.install_named(name, platform);
        }
        let version = self.pick(request, platform, fetch)?;
        self.install(&ToolchainRequest { full, ..ToolchainRequest::new(version, platform) }, fetch)
            .map_err(|error| suggest_recorded(error, request, platform))
    }

    /// Returns the release that a request means, and whether it is installed; installs nothing.
    ///
    /// # Errors
    ///
    /// When nothing fits.
    pub fn plan(
        &self,
        request: &Request,
        platform: Platform,
        full: bool,
        fetch: &Fetch,
    ) -> Result<InstallPlan> {
        self.check_sources(fetch)?;
        let version = match request.as_link() {
            Some(name) => lookup::named(&self.session.store()?, name)?.receipt.version,
            None => self.pick(request, platform, fetch)?,
        };
        let want = ToolchainRequest { full, ..ToolchainRequest::new(version, platform) };
        let is_there = request.as_link().is_some() || self.is_installed(&want, fetch)?;
        Ok(InstallPlan { version, platform, is_there })
    }

    /// Returns true when all that is wanted is installed.
    pub fn is_installed(&self, want: &ToolchainRequest, fetch: &Fetch) -> Result<bool> {
        let is_link = want.locked.as_ref().is_some_and(|locked| locked.link.is_some());
        let floor = if is_link { Level::None } else { self.floor(want, fetch)? };
        Ok(present(&self.session.store()?, want, floor)?.is_some())
    }

    /// Installs the toolchain that governs a call.
    pub fn install_resolved(
        &self,
        toolchain: &ResolvedToolchain,
        fetch: &Fetch,
    ) -> Result<InstallOutcome> {
        self.install(&Self::want_of(toolchain)?, fetch)
    }

    /// Returns what is wanted where `toolchain` governs.
    pub(crate) fn want_of(toolchain: &ResolvedToolchain) -> Result<ToolchainRequest> {
        let want = ToolchainRequest::new(toolchain.version, Platform::host());
        let path = match &toolchain.origin {
            Origin::Default(path) | Origin::Lock(path) => path,
            Origin::Call(_) | Origin::Request(_) => return Ok(want),
        };
        let (h1, sha256) = (toolchain.h1.clone(), toolchain.sha256.clone());
        let (head, link) = (toolchain.head.clone(), toolchain.link.clone());
        let locked = LockEntry { h1, sha256, head, path: path.display().to_string(), link };
        let manifest = path.with_file_name(names::MANIFEST_FILE);
        let demand = if manifest.is_file() {
            Manifest::read(&manifest)?.demanded_level(Level::None)
        } else {
            Level::None
        };
        Ok(ToolchainRequest { locked: Some(locked), demand, ..want })
    }

    /// Installs a toolchain, unless it is installed, and warns of a release with known flaws.
    ///
    /// # Errors
    ///
    /// [`Kind::Verification`] when a source delivered something else, [`Kind::Network`] or
    /// [`Kind::NotFound`] when none delivered anything; nothing is installed then.
    pub fn install(&self, want: &ToolchainRequest, fetch: &Fetch) -> Result<InstallOutcome> {
        self.install_from(want, fetch, &InstallSource::Sources)
    }

    /// Like [`Installer::install`], from `supply`.
    pub(crate) fn install_from(
        &self,
        want: &ToolchainRequest,
        fetch: &Fetch,
        supply: &InstallSource<'_>,
    ) -> Result<InstallOutcome> {
        let mut outcome = self.install_missing(want, fetch, supply).map_err(|error| {
            let what = want.version.to_string();
            match self.session.store() {
                Ok(store) => store.explain_room(error, &what, None),
                Err(_) => error,
            }
        })?;
        if outcome.is_new {
            self.remember_new(&self.session.store()?, &outcome.installed);
        } else {
            self.check_integrity(&self.session.store()?, &outcome.installed)?;
        }
        outcome
            .warnings
            .extend(self.known_flaws(want.version).warning(want.version, want.platform));
        let (minor, today) = (want.version.minor(), today());
        if outcome.is_new && may_be_out(minor, today) {
            let unknown = unknown(minor, today).map(|what| format!("{what}; update goward"));
            outcome.warnings.extend(unknown);
        }
        Ok(outcome)
    }

    fn install_missing(
        &self,
        want: &ToolchainRequest,
        fetch: &Fetch,
        supply: &InstallSource<'_>,
    ) -> Result<InstallOutcome> {
        if let Some(locked) = want.locked.as_ref().filter(|locked| locked.link.is_some()) {
            return self.install_locked_link(want, locked);
        }
        let floor = self.floor(want, fetch)?;
        let store = self.session.store()?;
        let there = |installed| InstallOutcome {
            installed,
            is_new: false,
            warnings: Vec::new(),
            notes: Vec::new(),
        };
        if let Some(installed) = present(&store, want, floor)?
            && !store.owns(&installed)
        {
            // Where the user's own store cannot be written, it runs from the system's.
            _ = self.attach(&installed.key);
            return Ok(there(installed));
        }
        // A proof that came along counts for what is there, too.
        let given = match supply {
            InstallSource::Given { logged, .. } => logged.map(Logged::level),
            InstallSource::Sources => None,
        };
        let enough = given.unwrap_or(floor).max(floor);
        if let Some(installed) = present(&store, want, enough)?
            && installed.tree.join(names::GO).exists()
        {
            // Nothing is written where everything is there: the store may be read-only. Who was
            // interrupted before the name was made, and starts over, finds all but that.
            if !store.has_release_name(&installed) {
                _ = store.put_release_names();
            }
            return Ok(there(installed));
        }
        self.prepare_store(&store)?;
        if let Some(installed) = present(&store, want, enough)? {
            store.ensure_shims(&installed)?;
            return Ok(there(installed));
        }
        let name = format!("{}-{}", want.version, want.platform.lock_name());
        let mut waiting = LockWaitReporter::new(self.session.ui);
        let what = format!("install {}", want.version);
        let lock = store.lock(&name, &what, flock::PATIENCE, &mut |held| waiting.tell(held))?;
        warn_without(self.session.ui, &lock, "the same may be downloaded twice");
        // Somebody else may have installed it while this process waited.
        if let Some(installed) = present(&store, want, enough)? {
            return Ok(there(installed));
        }
        let proof = self.begin_proof_here(want, fetch, supply)?;
        // What is there may only lack the proof; anything else is fetched while the log is asked.
        let is_there = store.find(want.version, want.platform, None)?.is_some();
        let logged = if is_there { self.conclude(want, &proof, true)? } else { None };
        if let Some(logged) = logged.filter(|logged| logged.level() >= floor)
            && let Some(found) = store.find(want.version, want.platform, Some(&logged.h1))?
            && (!want.full || found.receipt.full)
            && let Some(installed) = self.raise(&store, &found, logged)?
        {
            store.ensure_shims(&installed)?;
            return Ok(there(installed));
        }
        let (delivery, warnings) = self
            .fetch_tree(&store, want, &proof, fetch, supply)
            .map_err(|error| self.explain_level(error, want, floor))?;
        let installed = store.publish(&delivery.tree, &delivery.source)?;
        drop(delivery.staging);
        Ok(InstallOutcome { installed, is_new: true, warnings, notes: Vec::new() })
    }

    /// Names a toolchain that is installed and verified less well than is required, where nothing better can be
    /// had.
    pub(crate) fn explain_level(
        &self,
        error: Error,
        want: &ToolchainRequest,
        floor: Level,
    ) -> Error {
        let h1 = want.locked.as_ref().and_then(|locked| H1::parse(&locked.h1));
        let found = self
            .session
            .store()
            .and_then(|store| Ok(store.find(want.version, want.platform, h1.as_ref())?));
        let Ok(Some(level)) = found.map(|found| found.as_ref().map(InstalledToolchain::level))
        else {
            return error;
        };
        if level >= floor || want.demand > level || error.is_log() {
            return error;
        }
        let message = format!(
            "{} is installed, but verified only at level `{level}`; `{floor}` is required",
            want.version
        );
        let why = (!error.is_verification()).then(|| one_line(&error));
        let error = Error::new(Kind::Verification, message);
        let error = why.into_iter().fold(error, Error::detail);
        match self.session.config.locked_by("accept") {
            Some(file) => error.detail(format!("`{}` locks `accept`", file.display())),
            None => {
                error.hint(format!("accept what is installed, for this call: `--accept {level}`"))
            }
        }
    }

    /// Refuses sources of the command line that are none, also where nobody asks them.
    pub(crate) fn check_sources(&self, fetch: &Fetch) -> Result<()> {
        fetch.source.as_ref().map_or(Ok(()), |_| self.sources(fetch).map(drop))
    }

    /// Reads an installed toolchain again and raises its level to that of a proof; `None` when it is not
    /// what is proved, or not goward's to change.
    pub(crate) fn raise(
        &self,
        store: &Store,
        installed: &InstalledToolchain,
        logged: &Logged,
    ) -> Result<Option<InstalledToolchain>> {
        if installed.is_linked() || !store.owns(installed) {
            return Ok(None);
        }
        let bar = self.session.ui.bar(&format!("verifying {}", installed.receipt.version));
        let read = store.check(installed);
        bar.finish_and_clear();
        Ok(store.raise(installed, read?.h1.as_ref(), logged)?)
    }

    /// Fetches and verifies a release without keeping it.
    pub fn identify(&self, want: &ToolchainRequest, fetch: &Fetch) -> Result<Identity> {
        let store = self.session.store()?;
        store.recover()?;
        let supply = InstallSource::Sources;
        let proof = self.begin_proof_here(want, fetch, &supply)?;
        let (delivery, _) = self.fetch_tree(&store, want, &proof, fetch, &supply)?;
        let tree = &delivery.tree;
        Ok(Identity { h1: tree.h1().clone(), archive: tree.archive(), level: tree.level() })
    }
}

/// Returns the installed toolchain, if it is all that is wanted. One that is verified less well is
/// fetched again, because another source may prove more.
fn present(
    store: &Store,
    want: &ToolchainRequest,
    floor: Level,
) -> Result<Option<InstalledToolchain>> {
    let h1 = want.locked.as_ref().and_then(|locked| H1::parse(&locked.h1));
    let found = store.find(want.version, want.platform, h1.as_ref())?;
    let enough =
        |found: &InstalledToolchain| found.level() >= floor && (!want.full || found.receipt.full);
    Ok(found.filter(enough))
}

/// Adds the newest release with a record to a refusal, where the request leaves a choice, and the newest that is
/// known to one for a release that nobody has.
pub(crate) fn suggest_recorded(error: Error, request: &Request, platform: Platform) -> Error {
    let records = Records::built_in();
    let is_known = |version: &GoVersion| records.get(*version, platform).is_some();
    if error.is_not_found() && request.as_exact().is_some_and(|version| !is_known(&version)) {
        let known: Vec<GoVersion> = records.releases().into_iter().filter(is_known).collect();
        return match nearest(request, &known) {
            Some((of, version)) => {
                error.hint(format!("the newest{of} that is known here is {version}"))
            }
            None => error,
        };
    }
    if !error.is_verification() || request.as_exact().is_some() {
        return error;
    }
    match version_selection::best_recorded(request, platform) {
        Some(version) => {
            let version = version.number();
            error.hint(format!("or take the newest with a built-in record: `{version}`"))
        }
        None => error,
    }
}
