//! From manifest to lock.

use crate::error::{Error, Kind, Result};
use crate::install::release_age::AgeRule;
use crate::install::request::{Fetch, ToolchainRequest, locked_as};
use crate::install::sumdb::open_head;
use crate::lockfile::Locker;
use crate::lockfile::differences::{differences, fits, stale};
use crate::platform::Platform;
use crate::project::files::Files;
use crate::project::lock::{LockFile, LockedHead, Pins};
use crate::project::manifest::Manifest;
use crate::project::transaction::{FileChange, in_style_of};
use crate::project::{Project, find_root};
use crate::resolve::Resolver;
use crate::resolve::shim_errors::first_step;
use crate::settings::FIRST_WITHOUT_GOROOT_FINAL;
use crate::version::GoVersion;
use gosumdb::SignedHead;
use goward_shim::lock::{Level, Problem};
use goward_shim::names;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// A lock that was written, or found to be right already.
#[derive(Clone, Debug)]
pub struct LockReport {
    /// Where it is.
    pub path: PathBuf,
    /// The version it names.
    pub version: GoVersion,
    /// How well that was verified.
    pub level: Level,
    /// The lock, when a byte of it changed.
    pub changes: Vec<FileChange>,
    /// What was wrong with the old one, and what pins do that people may not expect.
    pub warnings: Vec<String>,
    /// The first-class ports that it does not cover.
    pub uncovered: Vec<Platform>,
}

/// How a lock is written.
#[derive(Clone, Copy, Debug, Default)]
pub struct LockOptions {
    /// With the newest release that the request allows, even if the locked one still fits.
    pub upgrade: bool,
    /// Even if its release cannot build the module.
    pub force: bool,
}

impl Locker<'_> {
    /// Writes the lock of the project here from its manifest.
    ///
    /// # Errors
    ///
    /// When there is no manifest, nothing fits its request, a hash cannot be had, the release refuses the
    /// module, or is installed and does not know a pin; the old lock is then untouched.
    pub fn lock(&self, locking: LockOptions, fetch: &Fetch) -> Result<LockReport> {
        self.installer.check_sources(fetch)?;
        let root = find_root(&self.session.ctx);
        let transaction = self.transaction(&root)?;
        let project = self.resolver.project_at(&root)?;
        let (manifest, path) = self.manifest_of(project)?;
        let old = PreviousLock::read(&self.resolver, &path)?;
        let is_current = |old: &LockFile| {
            differences(&manifest, old).is_ok_and(|differences| differences.is_empty())
        };
        if locking.upgrade || !old.lock.as_ref().is_some_and(is_current) {
            transaction.check_writable(&[names::LOCK_FILE])?;
        }
        let wanted = LockInputs { upgrade: locking.upgrade, ..LockInputs::default() };
        let lock =
            self.compute_lock(&manifest, old.lock.as_ref(), &wanted, fetch).map_err(|error| {
                match manifest.request().as_link() {
                    Some(_) => error.detail(format!("wanted by `{}`", manifest.wanted())),
                    None => error,
                }
            })?;
        let unfit = self.unfit(&root, lock.version, true);
        if !locking.force {
            unfit.check(lock.version, "goward lock --force")?;
        }
        let pins = self.check_pins(&lock).map_err(|error| error.detail("nothing was changed"))?;
        let text = in_style_of(transaction.before().lock.as_deref(), &lock.text(&path)?);
        let after = Files { lock: Some(text), ..transaction.before().clone() };
        let changes = self.commit(transaction, "lock", &after)?;
        if !self.is_dry {
            self.installer.note_project(&path);
        }
        let unlogged = self.session.log.why_not().filter(|_| lock.level < Level::Logged);
        let unlogged = unlogged.filter(|_| lock.level != Level::Linked);
        let mut warnings: Vec<String> =
            old.warning.into_iter().chain(unlogged).chain(pins).collect();
        warnings.extend(unfit.warnings(lock.version));
        warnings.extend(
            self.installer.known_flaws(lock.version).warning(lock.version, Platform::host()),
        );
        warnings.extend(self.resolver.trust_warnings(&path)?);
        let uncovered = uncovered(&manifest, &lock);
        Ok(LockReport {
            path,
            version: lock.version,
            level: lock.level,
            changes,
            warnings,
            uncovered,
        })
    }

    /// Checks that the lock here says what its manifest asks for; returns where it is, and what it cannot
    /// build.
    pub fn check_lock(&self) -> Result<(PathBuf, Vec<String>)> {
        let project = self.resolver.project()?;
        let root = project.root.clone();
        let (manifest, path) = self.manifest_of(project)?;
        let Some(lock) = self.resolver.read_lock(&path)? else {
            return Err(Error::new(Kind::NotFound, format!("`{}` does not exist", path.display()))
                .hint("write it: `goward lock`"));
        };
        lock.head.as_ref().map(|head| open_head(&self.session.log, head)).transpose()?;
        match stale(differences(&manifest, &lock)?, &path) {
            Some(stale) => Err(stale),
            None => Ok((path, self.unfit(&root, lock.version, false).warnings(lock.version))),
        }
    }

    /// Returns the lock that `manifest` asks for. The version of `old` stays while the request
    /// allows it, and so do its hashes.
    pub(crate) fn compute_lock(
        &self,
        manifest: &Manifest,
        old: Option<&LockFile>,
        inputs: &LockInputs,
        fetch: &Fetch,
    ) -> Result<LockFile> {
        let request = manifest.request();
        let linked =
            request.as_link().map(|name| self.installer.link_of(manifest, name)).transpose()?;
        let kept = old.filter(|old| !inputs.upgrade && fits(request, old)).map(|old| old.version);
        let version = match (&linked, kept) {
            (Some(linked), _) => linked.receipt.version,
            (None, Some(version)) => version,
            (None, None) => {
                let min_age = manifest.demanded_age(self.installer.own_age());
                let locked = old.filter(|old| fits(request, old)).map(|old| old.version);
                let rule = AgeRule { min_age, locked };
                self.installer.pick_aged(request, Platform::host(), fetch, rule)?
            }
        };
        let mut lock = without_platforms(manifest, version)?;
        check_goroot_final(&lock)?;
        self.check_goroot(&lock)?;
        lock.check_pins()?;
        // What somebody linked is no release, whatever its version.
        let old = old.filter(|old| old.version == version && old.level != Level::Linked);
        let demand = manifest.demanded_level(Level::None);
        if let Some(linked) = &linked {
            let platform = linked.receipt.platform;
            lock.level = linked.level();
            lock.platforms.insert(platform, locked_as(&linked.receipt));
            return Ok(lock);
        }
        let mut newest: Option<SignedHead> = None;
        let known =
            |platform| old.and_then(|old| Some((old.platforms.get(&platform)?.clone(), old.level)));
        let required = manifest.platforms().required();
        for platform in required.union(&inputs.platforms).copied() {
            let want = ToolchainRequest { demand, ..ToolchainRequest::new(version, platform) };
            let (locked, level) =
                match self.proved_entry(&want, old, known(platform), &mut newest)? {
                    Some(locked) => (locked, Level::Logged),
                    None => self.locate(&want, known(platform), fetch)?,
                };
            lock.level = lock.level.min(level);
            lock.platforms.insert(platform, locked);
        }
        // What others have is no reason to fail, to download anything or to know less of the rest.
        let least = old.map_or(Level::None, |old| old.level).min(lock.level);
        let colleagues = old.into_iter().flat_map(|old| old.platforms.keys().copied());
        let colleagues = colleagues.filter(|platform| manifest.platforms().allow(*platform));
        for platform in manifest.platforms().optional().into_iter().chain(colleagues) {
            if lock.platforms.contains_key(&platform) {
                continue;
            }
            let want = ToolchainRequest { demand, ..ToolchainRequest::new(version, platform) };
            let floor = self.installer.floor(&want, fetch)?;
            let found = match self.proved_entry(&want, old, known(platform), &mut newest)? {
                Some(locked) => Some((locked, Level::Logged)),
                None => self.locate_known(&want, known(platform), floor)?,
            };
            if let Some((locked, level)) = found.filter(|(_, level)| *level >= least.max(floor)) {
                lock.level = lock.level.min(level);
                lock.platforms.insert(platform, locked);
            }
        }
        // A lock that still says the same keeps its head, so that it stays the same.
        let same = old.filter(|old| old.platforms == lock.platforms && old.level == lock.level);
        lock.head = match (same.and_then(|old| old.head.clone()), newest) {
            _ if lock.level < Level::Logged => None,
            (Some(head), _) => Some(head),
            (None, newest) => newest.as_ref().and_then(locked_head),
        };
        Ok(lock)
    }

    /// Returns the manifest of a project, and where its lock is.
    fn manifest_of(&self, project: Project) -> Result<(Manifest, PathBuf)> {
        let manifest = project.manifest.ok_or_else(|| {
            let path = project.manifest_path.display();
            Error::new(Kind::NotFound, format!("`{path}` does not exist"))
                .hint(first_step(&self.session.ctx))
        })?;
        Ok((manifest, project.lock_path))
    }
}

/// Returns the lock of a manifest for a version, without a platform.
fn without_platforms(manifest: &Manifest, version: GoVersion) -> Result<LockFile> {
    let profile = |name: &str| Ok((name.to_owned(), manifest.resolved_pins(Some(name))?));
    Ok(LockFile {
        version,
        request: manifest.request().to_string(),
        level: Level::Logged,
        isolation: manifest.isolation(),
        goroot: manifest.goroot().map(str::to_owned),
        platforms: BTreeMap::new(),
        head: None,
        pins: manifest.resolved_pins(None)?,
        rules: manifest.rules().to_vec(),
        profiles: manifest.profiles().map(profile).collect::<Result<_>>()?,
    })
}

/// What of a lock depends on more than the manifest.
#[derive(Clone, Debug, Default)]
pub(crate) struct LockInputs {
    /// Whether the newest release is taken that the request allows.
    pub(crate) upgrade: bool,
    /// Platforms that have to be in it besides those of the manifest.
    pub(crate) platforms: BTreeSet<Platform>,
}

/// Returns the first-class ports that a lock should cover and does not.
pub(crate) fn uncovered(manifest: &Manifest, lock: &LockFile) -> Vec<Platform> {
    // What is linked is on this machine alone.
    if lock.level == Level::Linked {
        return Vec::new();
    }
    let optional = manifest.platforms().optional().into_iter();
    optional.filter(|platform| !lock.platforms.contains_key(platform)).collect()
}

/// A lock that is about to be replaced.
pub(crate) struct PreviousLock {
    /// What it says, if it is understood.
    pub(crate) lock: Option<LockFile>,
    /// Why it is not.
    pub(crate) warning: Option<String>,
}

impl PreviousLock {
    /// Reads the lock at `path`. A damaged one (a merge, an accident) may be replaced; one of a newer
    /// goward or of somebody else may not.
    pub(crate) fn read(resolver: &Resolver<'_>, path: &Path) -> Result<Self> {
        let Some(found) = resolver.read_found(path)? else {
            return Ok(Self { lock: None, warning: None });
        };
        let error = match LockFile::parse(&found.text, path) {
            Ok(lock) => return Ok(Self { lock: Some(lock), warning: None }),
            Err(error) => error,
        };
        let parsed = goward_shim::lock::parse(&found.text);
        if parsed.is_err_and(|error| error.problem == Problem::NewerSchema) {
            return Err(error);
        }
        let warning = format!("{}; it is written again", error.message());
        Ok(Self { lock: None, warning: Some(warning) })
    }
}

fn locked_head(head: &SignedHead) -> Option<LockedHead> {
    let (head, signature) = head.parts()?;
    let (hash, signature) = (head.hash.to_string(), signature.to_owned());
    Some(LockedHead { size: head.size, hash, signature })
}

/// Refuses GOROOT_FINAL where nothing reads it.
fn check_goroot_final(lock: &LockFile) -> Result<()> {
    if lock.version.minor() < FIRST_WITHOUT_GOROOT_FINAL {
        return Ok(());
    }
    let path_of = |pins: &Pins| {
        let pin = pins.iter().find(|(name, _)| name == "GOROOT_FINAL");
        pin.map(|(_, path)| path.clone())
    };
    let (version, use_it) = (lock.version, format!("goward use '{}'", lock.request));
    let message = format!(
        "`goroot-final` does nothing in {version}: Go stopped reading GOROOT_FINAL in 1.23"
    );
    let error = Error::new(Kind::Usage, message).detail("nothing was changed");
    if let Some(path) = path_of(&lock.pins) {
        return Err(error
            .hint(format!("for binaries without paths: `{use_it} --trimpath --goroot-final ''`"))
            .hint(format!(
                "for that path as GOROOT: `{use_it} --goroot-final '{path}' --goroot fixed`"
            )));
    }
    let mut profiles = lock.profiles.iter();
    let Some((name, _)) = profiles.find(|(_, pins)| path_of(pins).is_some()) else {
        return Ok(());
    };
    let without = format!("{use_it} --profile {name} --trimpath --goroot-final ''");
    Err(error.hint(format!("for binaries without paths: `{without}`")))
}
