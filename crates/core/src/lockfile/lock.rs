//! From manifest to lock.

use crate::error::{Error, Kind, Result};
use crate::install::request::{Fetch, ToolchainRequest, archive_of, locked_as};
use crate::install::sumdb::open_head;
use crate::lockfile::Locker;
use crate::platform::Platform;
use crate::project::files::Files;
use crate::project::lock::{LockFile, LockedHead, LockedPlatform, Pins};
use crate::project::manifest::Manifest;
use crate::project::transaction::in_style_of;
use crate::project::{Project, find_root};
use crate::resolve::Resolver;
use crate::resolve::shim_errors::first_step;
use crate::settings::FIRST_WITHOUT_GOROOT_FINAL;
use crate::store::InstalledToolchain;
use crate::verify::sumdb::Logged;
use crate::verify::{Digest, H1, Record, Records};
use crate::version::GoVersion;
use crate::version::request::Request;
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
    /// Whether a byte of it changed.
    pub changed: bool,
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
        let (project, transaction) = self.resolver.project_to_change(&root)?;
        let (manifest, path) = self.manifest_of(project)?;
        let old = PreviousLock::read(self.resolver, &path)?;
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
        let changed = transaction.commit("lock", &after)?;
        self.installer.note_project(&path);
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
            changed,
            warnings,
            uncovered,
        })
    }

    /// Checks that the lock here says what its manifest asks for; returns where it is, and what it cannot
    /// build.
    ///
    /// # Errors
    ///
    /// Every difference, in one report.
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
        wish: &LockInputs,
        fetch: &Fetch,
    ) -> Result<LockFile> {
        let request = manifest.request();
        let linked =
            request.as_link().map(|name| self.installer.link_of(manifest, name)).transpose()?;
        let kept = old.filter(|old| !wish.upgrade && fits(request, old)).map(|old| old.version);
        let version = match (&linked, kept) {
            (Some(linked), _) => linked.receipt.version,
            (None, Some(version)) => version,
            (None, None) => self.installer.pick(request, Platform::host(), fetch)?,
        };
        let mut lock = LockFile {
            version,
            request: request.to_string(),
            level: Level::Logged,
            isolation: manifest.isolation(),
            goroot: manifest.goroot().map(str::to_owned),
            platforms: BTreeMap::new(),
            head: None,
            pins: manifest.resolved_pins(None)?,
            rules: manifest.rules().to_vec(),
            profiles: manifest
                .profiles()
                .map(|name| Ok((name.to_owned(), manifest.resolved_pins(Some(name))?)))
                .collect::<Result<_>>()?,
        };
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
        for platform in required.union(&wish.platforms).copied() {
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

    /// Raises the level of a toolchain that is installed and was just proved. One that was changed stays
    /// what it is: the lock names what the log proves, and not what is installed.
    fn raise_installed(&self, want: &ToolchainRequest, logged: &Logged) -> Result<()> {
        let store = self.session.store()?;
        let found = store.find(want.version, want.platform, Some(&logged.h1))?;
        let rises =
            |found: &InstalledToolchain| !found.is_linked() && found.level() < logged.level();
        let Some(found) = found.filter(|found| store.owns(found) && rises(found)) else {
            return Ok(());
        };
        // Where the store cannot be written, everything stays as it is.
        if matches!(self.installer.raise(&store, &found, logged), Ok(None)) {
            let (version, platform) = (want.version, want.platform);
            self.session.ui.warn(&format!(
                "the {version} for {platform} that is installed was changed; repair it: \
                 `goward verify --repair {}`",
                version.number()
            ));
        }
        Ok(())
    }

    /// Returns what the checksum database proves of a release on a platform, if it can be asked; `newest` is the
    /// newest head that it showed.
    fn proved_entry(
        &self,
        want: &ToolchainRequest,
        old: Option<&LockFile>,
        known: Option<(LockedPlatform, Level)>,
        newest: &mut Option<SignedHead>,
    ) -> Result<Option<LockedPlatform>> {
        let Some(logged) = self.installer.ask_log(want, old.and_then(|old| old.head.as_ref()))?
        else {
            return Ok(None);
        };
        let record = Records::built_in().get(want.version, want.platform);
        let locked = proved(want, &logged, known, record)?;
        self.raise_installed(want, &logged)?;
        *newest = newest.take().into_iter().chain([logged.head]).max_by_key(SignedHead::size);
        Ok(Some(locked))
    }

    /// Returns what a release is on a platform where the checksum database cannot tell: from the built-in
    /// records, the old lock, the store, or, failing those, by fetching and hashing it.
    fn locate(
        &self,
        want: &ToolchainRequest,
        old: Option<(LockedPlatform, Level)>,
        fetch: &Fetch,
    ) -> Result<(LockedPlatform, Level)> {
        let floor = self.installer.floor(want, fetch)?;
        if let Some(known) = self.locate_known(want, old, floor)? {
            return enough(known, want, floor);
        }
        let identity = self
            .installer
            .identify(want, fetch)
            .map_err(|error| self.installer.explain_level(error, want, floor))?;
        let (sha256, size) = archive_of(identity.archive);
        Ok((LockedPlatform { h1: identity.h1.to_string(), sha256, size }, identity.level))
    }

    /// The same, without a download; `None` when that would be needed. What the records have may be known
    /// less well than `floor`.
    fn locate_known(
        &self,
        want: &ToolchainRequest,
        old: Option<(LockedPlatform, Level)>,
        floor: Level,
    ) -> Result<Option<(LockedPlatform, Level)>> {
        let ToolchainRequest { version, platform, .. } = *want;
        let record = Records::built_in().get(version, platform);
        if let Some(h1) = record.and_then(|record| record.h1.as_ref()) {
            if let Some((locked, _)) = &old
                && locked.h1 != h1.to_string()
            {
                return Err(contradiction(want, &locked.h1, h1, "built-in record"));
            }
            // What is installed may be proved better, by a bundle or when it was installed.
            let installed = self.session.store()?.find(version, platform, Some(h1))?;
            let level = installed
                .as_ref()
                .map_or(Level::BuiltIn, InstalledToolchain::level)
                .max(Level::BuiltIn);
            return Ok(Some((locked_platform(h1, record), level)));
        }
        // A lock is no evidence of its own: beside a record of the archive it keeps its hash, else
        // it is worth what its source listed.
        let old = old.map(|(locked, level)| {
            let digest = locked.sha256.as_deref().and_then(Digest::parse);
            let recorded = digest.is_some() && record.is_some_and(|record| record.sha256 == digest);
            let most = if recorded { Level::BuiltIn } else { Level::Listed };
            (locked, level.min(most))
        });
        if let Some(old) = old.filter(|(_, level)| *level >= floor) {
            return Ok(Some(old));
        }
        let installed = self.session.store()?.find(version, platform, None)?;
        let installed = installed.filter(|installed| installed.level() >= floor);
        Ok(installed.map(|installed| (locked_as(&installed.receipt), installed.level())))
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

/// Says that a lock is not what its manifest asks for, by these differences, if there are any.
pub(crate) fn stale(differences: Vec<String>, path: &Path) -> Option<Error> {
    if differences.is_empty() {
        return None;
    }
    let message = format!("`{}` does not match `{}`", path.display(), names::MANIFEST_FILE);
    let error = differences.into_iter().fold(Error::new(Kind::Failed, message), Error::detail);
    Some(error.hint("run `goward lock` and commit the result"))
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
    pub(crate) fn read(resolver: Resolver<'_>, path: &Path) -> Result<Self> {
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
        let warning = format!("{}; it is written anew", error.message());
        Ok(Self { lock: None, warning: Some(warning) })
    }
}

/// Returns true while the request still allows the locked version. Words (`stable`) allow any; they
/// move on with `--upgrade`. What a name means is the machine's.
fn fits(request: &Request, lock: &LockFile) -> bool {
    if request.is_word() || request.as_link().is_some() {
        lock.request == request.to_string()
    } else {
        request.accepts(lock.version)
    }
}

/// Refuses what is known less well than is required.
fn enough(
    found: (LockedPlatform, Level),
    want: &ToolchainRequest,
    floor: Level,
) -> Result<(LockedPlatform, Level)> {
    if found.1 >= floor {
        return Ok(found);
    }
    let message = format!(
        "{} for {} can only be verified at level `{}`; `{floor}` is required",
        want.version, want.platform, found.1
    );
    Err(Error::new(Kind::Verification, message)
        .detail("nothing was changed")
        .hint("look at `policy.level` in the manifest, and at `GOWARD_ACCEPT`"))
}

/// Returns what the checksum database proves, beside what the old lock and the records know of the
/// archive.
fn proved(
    want: &ToolchainRequest,
    logged: &Logged,
    old: Option<(LockedPlatform, Level)>,
    record: Option<&Record>,
) -> Result<LockedPlatform> {
    match old {
        Some((locked, _)) if locked.h1 != logged.h1.as_str() => {
            let place = "record in the checksum database";
            Err(contradiction(want, &locked.h1, &logged.h1, place))
        }
        Some((locked, _)) => Ok(locked),
        None => Ok(locked_platform(&logged.h1, record)),
    }
}

fn locked_head(head: &SignedHead) -> Option<LockedHead> {
    let (head, signature) = head.parts()?;
    let (hash, signature) = (head.hash.to_string(), signature.to_owned());
    Some(LockedHead { size: head.size, hash, signature })
}

fn locked_platform(h1: &H1, record: Option<&Record>) -> LockedPlatform {
    LockedPlatform {
        h1: h1.to_string(),
        sha256: record.and_then(|record| record.sha256.as_ref()).map(ToString::to_string),
        size: record.and_then(|record| record.size),
    }
}

fn contradiction(want: &ToolchainRequest, locked: &str, recorded: &H1, place: &str) -> Error {
    Error::new(
        Kind::Verification,
        format!("the lock contradicts the {place} of {} for {}", want.version, want.platform),
    )
    .detail(format!("expected {recorded} ({place})"))
    .detail(format!("received {locked} (the lock)"))
    .detail("nothing was changed")
    .hint("find out who changed the lock: `git log -p goward.lock`")
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

fn shown_goroot(path: Option<&str>) -> String {
    path.map_or_else(|| "GOROOT in the store".to_owned(), |path| format!("GOROOT at `{path}`"))
}

/// Returns what the lock says otherwise than the manifest, one line each.
pub(crate) fn differences(manifest: &Manifest, lock: &LockFile) -> Result<Vec<String>> {
    let mut found = differing_contents(manifest, lock)?;
    // More than the built-in records can prove takes a head of the log, whatever the lock says.
    let most = if lock.head.is_some() { Level::Logged } else { Level::BuiltIn };
    let level = lock.level.min(most);
    if manifest.demanded_level(level) > level {
        found.push(format!("the policy asks for a better level than the lock's, `{level}`"));
    }
    Ok(found)
}

/// The same, without the level, which every install judges by itself.
pub(crate) fn differing_contents(manifest: &Manifest, lock: &LockFile) -> Result<Vec<String>> {
    let mut found = Vec::new();
    let request = manifest.request();
    if lock.request != request.to_string() || !fits(request, lock) {
        let (version, locked) = (lock.version, &lock.request);
        found.push(format!("the manifest asks for {request}, the lock has {version} for {locked}"));
    }
    let platforms = manifest.platforms();
    let locked: BTreeSet<Platform> = lock.platforms.keys().copied().collect();
    let required = platforms.required();
    found.extend(required.difference(&locked).map(|name| format!("{name} is missing in the lock")));
    let foreign = locked.into_iter().filter(|platform| !platforms.allow(*platform));
    found.extend(foreign.map(|name| format!("{name} is not in the manifest")));
    if manifest.isolation() != lock.isolation {
        let (wanted, locked) = (manifest.isolation().name(), lock.isolation.name());
        found.push(format!("the manifest asks for isolation `{wanted}`, the lock has `{locked}`"));
    }
    if manifest.goroot() != lock.goroot.as_deref() {
        let [wanted, locked] = [manifest.goroot(), lock.goroot.as_deref()].map(shown_goroot);
        found.push(format!("the manifest asks for {wanted}, the lock has {locked}"));
    }
    let records = Records::built_in();
    // A linked toolchain need not be the release whose version it has.
    let released = lock.platforms.iter().filter(|_| request.as_link().is_none());
    for (platform, entry) in released {
        let record = records.get(lock.version, *platform).and_then(|record| record.h1.as_ref());
        if record.is_some_and(|h1| h1.as_str() != entry.h1) {
            found.push(format!("the h1 for {platform} contradicts the built-in record"));
        }
    }
    if manifest.resolved_pins(None)? != lock.pins {
        found.push("the pins differ".to_owned());
    }
    for name in manifest.profiles() {
        if lock.profiles.get(name) != Some(&manifest.resolved_pins(Some(name))?) {
            found.push(format!("the profile `{name}` differs"));
        }
    }
    let known: BTreeSet<&str> = manifest.profiles().collect();
    let gone = lock.profiles.keys().filter(|name| !known.contains(name.as_str()));
    found.extend(gone.map(|name| format!("the profile `{name}` is not in the manifest")));
    if manifest.rules() != lock.rules {
        found.push("the rules differ".to_owned());
    }
    Ok(found)
}
