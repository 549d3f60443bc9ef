//! Choose a project's Go: manifest, lock and toolchain together.

use crate::error::{Error, Kind, Result, untrusted};
use crate::install::one::suggest_recorded;
use crate::install::request::{Fetch, InstallOutcome, ToolchainRequest};
use crate::lockfile::Locker;
use crate::lockfile::lock::{LockInputs, PreviousLock, uncovered};
use crate::lockfile::pins::check_pins_with;
use crate::lockfile::surroundings::KEEP_LINE_ENDS;
use crate::platform::Platform;
use crate::project::files::Files;
use crate::project::lock::LockFile;
use crate::project::manifest::{Manifest, ManifestEdit};
use crate::project::transaction::{FileChange, has_crlf, in_style_of};
use crate::project::{governing_root, place};
use crate::resolve::lookup;
use crate::version::GoVersion;
use goward_shim::lock::Level;
use goward_shim::names::{LOCK_FILE, MANIFEST_FILE};
use std::path::{Path, PathBuf};

/// What a person asks for, as typed.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub struct UseOptions {
    /// The request; without it, the manifest's, and the locked version stays while that allows it.
    pub request: Option<String>,
    /// The profile that the pins go into, instead of the base pins.
    pub profile: Option<String>,
    /// Whether to take out every pin first.
    pub clear: bool,
    /// Experiments to add.
    pub experiments: Vec<String>,
    /// Experiments to take out.
    pub no_experiments: Vec<String>,
    /// `KEY=VALUE` for GODEBUG.
    pub debug: Vec<String>,
    /// Keys to take out of GODEBUG.
    pub no_debug: Vec<String>,
    /// GOROOT_FINAL.
    pub goroot_final: Option<String>,
    /// How that path comes to be in binaries of newer releases: `fixed`.
    pub goroot: Option<String>,
    /// Whether to build with `-trimpath`: in the profile, without one in [`RELEASE`].
    pub trimpath: bool,
    /// Platforms to add to the lock.
    pub platforms: Vec<String>,
    /// Whether the working directory gets a manifest and a lock of its own.
    pub here: bool,
    /// Whether to choose what cannot build the module, too.
    pub force: bool,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct UseReport {
    /// The manifest that was written.
    pub manifest: PathBuf,
    /// The lock that was written.
    pub lock: PathBuf,
    /// The version in it.
    pub version: GoVersion,
    /// The toolchain for this machine; `None` for a dry run.
    pub installed: Option<InstallOutcome>,
    /// Whether it was installed before.
    pub is_there: bool,
    /// The path that the lock has for GOROOT and that does not lead to this toolchain yet.
    pub unlinked: Option<PathBuf>,
    /// The first-class ports that the lock does not cover.
    pub uncovered: Vec<Platform>,
    /// The files that changed.
    pub changes: Vec<FileChange>,
    /// What will not work, for a dry run; else it is among the warnings of `installed`.
    pub warnings: Vec<String>,
    /// What else there is to know of the place.
    pub notes: Vec<String>,
}

impl Locker<'_> {
    /// Writes a wish into manifest and lock of the project here, and installs its toolchain.
    ///
    /// # Errors
    ///
    /// When the wish is not understood, nothing fits, the toolchain cannot be had, or does not know a
    /// pin; manifest and lock are then untouched.
    pub fn use_toolchain(&self, options: &UseOptions, fetch: &Fetch) -> Result<UseReport> {
        self.installer.check_sources(fetch)?;
        let root = place(&self.session.ctx, options.here);
        let governed = governing_root(&self.session.ctx).filter(|governed| *governed != root);
        let transaction = self.transaction(&root)?;
        let (manifest_path, lock_path) = (root.join(MANIFEST_FILE), root.join(LOCK_FILE));
        let mut edit = ManifestEdit::open_or_new(&manifest_path)?;
        if options.request.is_none() && !edit.is_there() {
            return Err(no_request(&manifest_path));
        }
        self.resolver.check_owner_of_manifest(&manifest_path, edit.owner())?;
        transaction.check_writable(&[MANIFEST_FILE, LOCK_FILE])?;
        apply(options, &mut edit)?;
        let manifest = Manifest::parse(&edit.to_string(), &manifest_path)?;
        if !edit.is_there() {
            self.warn_of_unreadable_files();
        }
        let old = PreviousLock::read(&self.resolver, &lock_path)?;
        let platforms = options.platforms.iter().map(|name| Platform::parse(name));
        let wanted = LockInputs {
            upgrade: options.request.is_some(),
            platforms: platforms.collect::<Result<_>>()?,
        };
        let lock = self
            .compute_lock(&manifest, old.lock.as_ref(), &wanted, fetch)
            .map_err(|error| suggest_recorded(error, manifest.request(), Platform::host()))?;
        let unfit = self.unfit(&root, lock.version, true);
        if !options.force {
            unfit.check(lock.version, &format!("goward use '{}' --force", manifest.request()))?;
        }
        let demand = manifest.demanded_level(Level::None);
        let want = ToolchainRequest {
            demand,
            ..ToolchainRequest::locked(&lock, Platform::host(), &lock_path)?
        };
        let mut warnings = unfit.warnings(lock.version);
        let is_there = self.installer.is_installed(&want, fetch)?;
        let mut installed = self.install_for_use(&want, &lock, fetch, &mut warnings)?;
        let before = transaction.before().lock.clone();
        let text = lock.text(&lock_path)?;
        let after = Files {
            manifest: Some(edit.text()?.into_bytes()),
            lock: Some(in_style_of(before.as_deref(), &text)),
        };
        let is_first = before.is_none();
        let has_crlf = edit.has_crlf() || before.as_deref().is_some_and(has_crlf);
        let changes = self.commit(transaction, "use", &after)?;
        if !self.is_dry {
            self.installer.note_project(&lock_path);
            warnings.extend(self.resolver.trust_warnings(&lock_path)?);
        }
        warnings.extend(self.ignored_files(&root));
        warnings.extend(self.not_first_on_path());
        let mut notes = self.notes_of_place(&root, governed.as_deref(), &lock);
        if has_crlf || is_first && self.converts_line_ends(&root) {
            notes.push(KEEP_LINE_ENDS.to_owned());
        }
        notes.extend(self.restart_gopls(&root).filter(|_| !changes.is_empty() && !self.is_dry));
        if let Some(outcome) = &mut installed {
            outcome.warnings.append(&mut warnings);
        }
        Ok(UseReport {
            unlinked: if self.is_dry { None } else { self.missing_link(&lock)? },
            uncovered: uncovered(&manifest, &lock),
            manifest: manifest_path,
            lock: lock_path,
            version: lock.version,
            installed,
            is_there,
            changes,
            warnings,
            notes,
        })
    }

    /// Installs the toolchain, unless this is a dry run, and adds what there is to warn of.
    fn install_for_use(
        &self,
        want: &ToolchainRequest,
        lock: &LockFile,
        fetch: &Fetch,
        warnings: &mut Vec<String>,
    ) -> Result<Option<InstallOutcome>> {
        if self.is_dry {
            let flaws = self.installer.known_flaws(lock.version);
            warnings.extend(flaws.warning(lock.version, Platform::host()));
            return Ok(None);
        }
        let outcome = self.installer.install(want, fetch)?;
        let pins = check_pins_with(&outcome.installed, lock)
            .map_err(|error| error.detail("manifest and lock are as they were"))?;
        warnings.splice(0..0, pins);
        Ok(Some(outcome))
    }
}

fn no_request(manifest: &Path) -> Error {
    let path = manifest.display();
    Error::new(Kind::NotFound, format!("`{path}` does not exist, so there is no request to keep"))
        .hint("say which Go: `goward use stable`")
}

fn apply(options: &UseOptions, edit: &mut ManifestEdit) -> Result<()> {
    if let Some(request) = &options.request {
        edit.set_request(&lookup::parse_request(request)?)?;
    }
    if let Some(profile) = &options.profile {
        edit.turn_to_profile(profile)?;
    }
    for platform in &options.platforms {
        edit.add_platform(Platform::parse(platform)?)?;
    }
    if options.clear {
        edit.clear()?;
    }
    for name in &options.no_experiments {
        edit.remove_experiment(name)?;
    }
    for key in &options.no_debug {
        edit.remove_debug(key)?;
    }
    for name in &options.experiments {
        if name == NO_EXPERIMENT {
            return Err(no_none(&edit.experiments()));
        }
        edit.add_experiment(name)?;
    }
    for setting in &options.debug {
        let (key, value) = parse_setting(setting)?;
        edit.set_debug(key, value)?;
    }
    if let Some(path) = &options.goroot_final {
        edit.set_goroot_final(path)?;
    }
    match options.goroot.as_deref() {
        None => {}
        Some("fixed") => edit.set_goroot_fixed(true)?,
        Some("") => edit.set_goroot_fixed(false)?,
        Some(other) => {
            let message = format!("`--goroot` cannot be `{}`", untrusted(other));
            let error = Error::new(Kind::Usage, message);
            return Err(error.hint("it is `fixed`, for the path of `--goroot-final`"));
        }
    }
    if options.trimpath {
        if options.profile.is_none() {
            edit.turn_to_profile(RELEASE)?;
        }
        edit.set_trimpath()?;
    }
    Ok(())
}

/// The profile of builds that ship. Among the base pins `-trimpath` would act on debugging and tests, too.
pub const RELEASE: &str = "release";

/// What people type who want no experiments; to Go it switches its own defaults off, too.
pub(crate) const NO_EXPERIMENT: &str = "none";

/// Says what to type in place of `--experiment none`.
fn no_none(pinned: &[String]) -> Error {
    let message = "`--experiment none` would switch off Go's own default experiments, too";
    let error = Error::new(Kind::Usage, message).detail("nothing was changed");
    if pinned.is_empty() {
        return error.hint("no experiment is pinned; leave the option out");
    }
    let options: Vec<String> =
        pinned.iter().map(|name| format!("--no-experiment {name}")).collect();
    error.hint(format!("take out what is pinned: `goward use {}`", options.join(" ")))
}

/// Reads `KEY=VALUE`.
pub fn parse_setting(text: &str) -> Result<(&str, &str)> {
    text.split_once('=').filter(|(key, _)| !key.is_empty()).ok_or_else(|| {
        Error::new(Kind::Usage, format!("`{}` is not a GODEBUG setting", untrusted(text)))
            .hint("write it as KEY=VALUE: `--debug http2debug=1`")
    })
}
