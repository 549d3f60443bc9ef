//! A missing toolchain on the way to running something.

use crate::config::AutoInstall;
use crate::error::{Error, Kind, NOT_INSTALLED_NOW, Result, untrusted};
use crate::install::Installer;
use crate::install::request::{Fetch, InstallOutcome};
use crate::platform::Platform;
use crate::releases::flaws::KnownFlaw;
use crate::resolve::resolved_go::{Origin, ResolvedToolchain};
use crate::version::GoVersion;

impl Installer<'_> {
    /// Installs a toolchain that governs, if it is missing.
    pub fn ensure_installed(&self, toolchain: &ResolvedToolchain, fetch: &Fetch) -> Result<()> {
        if let Origin::Lock(path) = &toolchain.origin {
            self.note_project(path);
        }
        if self.is_at_hand(toolchain)? {
            return Ok(());
        }
        if toolchain.link.is_some() {
            return self.install_resolved(toolchain, fetch).map(drop);
        }
        self.check_flaws(toolchain)?;
        let missing = not_installed(toolchain.version, &toolchain.origin);
        let (version, origin) = (toolchain.version, &toolchain.origin);
        self.session.ui.say(&format!("installing {version}, which {origin} asks for"));
        let outcome = self
            .install_resolved(toolchain, fetch)
            .map_err(|error| error.context(missing.message()))?;
        self.say_installed(&outcome);
        Ok(())
    }

    /// Says that a toolchain that was missing is there now.
    fn say_installed(&self, outcome: &InstallOutcome) {
        let receipt = &outcome.installed.receipt;
        let (version, level) = (receipt.version, receipt.level);
        self.session.ui.say(&format!("installed {version} ({level}) from {}", receipt.source));
    }

    /// Returns true when a toolchain may be installed because somebody called `go`.
    fn may_install(&self, missing: &Error) -> Result<()> {
        let (answer, who) = self.session.config.auto_install(&self.session.ctx)?;
        let refused = |why: String| Err(missing.clone().detail(why));
        match answer {
            AutoInstall::Always => Ok(()),
            AutoInstall::Never => refused(format!("{NOT_INSTALLED_NOW}{who}")),
            AutoInstall::Ask => {
                match self.session.ui.ask(&format!("{}; install it?", missing.message()), true) {
                    Some(true) => Ok(()),
                    Some(false) => refused("it was not installed now, as you said".to_owned()),
                    None => refused(format!(
                        "{NOT_INSTALLED_NOW}{who} says to ask, and there is no terminal"
                    )),
                }
            }
        }
    }

    /// Returns true when a toolchain can run. What only the system's store has becomes part of the user's
    /// own, so that the shim finds it; where that cannot be written, it runs from there.
    fn is_at_hand(&self, toolchain: &ResolvedToolchain) -> Result<bool> {
        // One that was removed stays for those who use it, not for anybody else.
        if !self.resolver.has(toolchain)? || self.session.store()?.is_on_its_way_out(&toolchain.key)
        {
            return Ok(false);
        }
        if self.resolver.is_out_of_reach(toolchain)? {
            _ = self.attach(&toolchain.key);
        }
        Ok(true)
    }

    /// Says that the toolchain that governs is not installed, and how to change that.
    pub fn explain_missing(&self, toolchain: &ResolvedToolchain) -> Error {
        let link = || -> Result<Option<Error>> {
            let want = Self::want_of(toolchain)?;
            let locked = want.locked.as_ref().filter(|locked| locked.link.is_some());
            Ok(locked.and_then(|locked| self.link_for(&want, locked).err()))
        };
        match link() {
            Ok(None) => not_installed(toolchain.version, &toolchain.origin),
            Ok(Some(error)) | Err(error) => error.with_kind(Kind::NotInstalled),
        }
    }

    /// Refuses to install a release with known flaws because a lock asks for it: that has to be
    /// somebody's wish. What is installed was wished for.
    fn check_flaws(&self, toolchain: &ResolvedToolchain) -> Result<()> {
        let (version, origin) = (toolchain.version, &toolchain.origin);
        let Some(flawed) = self.known_flaws(version).check(version, Platform::host()) else {
            return Ok(());
        };
        match origin {
            Origin::Call(_) | Origin::Default(_) | Origin::Request(_) => {
                self.warn_of_flaws(version);
                Ok(())
            }
            Origin::Lock(_) => Err(refuse(version, origin, &flawed)),
        }
    }

    /// Warns of a release with known flaws that was installed on the way.
    pub(crate) fn warn_of_flaws(&self, version: GoVersion) {
        if let Some(warning) = self.known_flaws(version).warning(version, Platform::host()) {
            self.session.ui.warn(&warning);
        }
    }

    /// Like [`Installer::ensure_installed`], if the user lets `go` install by itself.
    pub fn auto_install(&self, toolchain: &ResolvedToolchain) -> Result<()> {
        if let Origin::Lock(path) = &toolchain.origin {
            self.note_project(path);
        }
        if self.is_at_hand(toolchain)? {
            return Ok(());
        }
        if toolchain.link.is_none() {
            self.may_install(&not_installed(toolchain.version, &toolchain.origin))?;
        }
        self.ensure_installed(toolchain, &Fetch::default())
            .map_err(|error| error.with_kind(Kind::NotInstalled))
    }

    /// Returns the best installed toolchain for a request; installs one if none fits and the user
    /// lets `go` install by itself.
    pub fn requested_or_installed(&self, request: &str) -> Result<ResolvedToolchain> {
        let error = match self.resolver.requested(request) {
            Err(error) if error.is_not_installed() => error,
            other => return other,
        };
        self.may_install(&error)?;
        self.session.ui.say(&format!("installing what fits `{}`", untrusted(request)));
        let outcome = self
            .install_for(request, Platform::host(), false, &Fetch::default())
            .map_err(|failed| failed.context(error.message()).with_kind(Kind::NotInstalled))?;
        self.say_installed(&outcome);
        let toolchain = self.resolver.requested(request)?;
        self.warn_of_flaws(toolchain.version);
        Ok(toolchain)
    }
}

/// Says that what governs a call is not installed.
pub(crate) fn not_installed(version: GoVersion, origin: &Origin) -> Error {
    let message = format!("{version} is not installed (wanted by {origin})");
    Error::new(Kind::NotInstalled, message).hint(match origin {
        Origin::Lock(_) => "run `goward install` in this project".to_owned(),
        Origin::Call(_) | Origin::Default(_) | Origin::Request(_) => {
            format!("run `goward install {}`", version.number())
        }
    })
}

/// Says why a toolchain is not installed by itself.
fn refuse(version: GoVersion, origin: &Origin, flawed: &KnownFlaw) -> Error {
    let message = not_installed(version, origin).message().to_owned();
    let error = Error::new(Kind::NotInstalled, message)
        .detail(flawed.warning(version))
        .detail("so that it is not installed because a lock asks for it");
    let knowingly = format!("install this one knowingly: `goward install {}`", version.number());
    match flawed.suggestion() {
        Some(suggestion) => {
            error.hint(format!("take a newer one: `{suggestion}`")).hint(format!("or {knowingly}"))
        }
        None => error.hint(knowingly),
    }
}
