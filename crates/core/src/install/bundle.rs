//! Installing from a bundle, with nobody to ask.

use crate::bundle::{Bundle, Toolchain};
use crate::error::{Error, Kind, Result, untrusted};
use crate::install::Installer;
use crate::install::request::{Fetch, InstallOutcome, InstallSource, LockEntry, ToolchainRequest};
use crate::platform::Platform;
use crate::source::BundleSource;
use crate::verify::sumdb::explain::explain_offline;
use crate::verify::sumdb::{Log, Logged};
use crate::vulndb::Snapshot;
use std::path::{Path, PathBuf};

/// What became of a bundle's copy of the vulnerability database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabaseImport {
    /// Where it is kept.
    pub path: PathBuf,
    /// What it is.
    pub told: String,
    /// When that of the copy was last changed that was there and is newer; then that one stays.
    pub newer: Option<String>,
}

impl Installer<'_> {
    /// Installs every toolchain for `platform` in the bundle at `path`; `report` is called for each. Every
    /// proof is checked before anything is installed. Returns what became of the bundle's copy of the
    /// vulnerability database, if it has one.
    ///
    /// # Errors
    ///
    /// [`Kind::Verification`] for a bundle that is damaged or proves something else;
    /// [`Kind::Log`] when its log has two histories; [`Kind::NotFound`] when it has nothing for the
    /// platform.
    pub fn bundle_install(
        &self,
        path: &Path,
        platform: Platform,
        fetch: &Fetch,
        report: &mut dyn FnMut(&InstallOutcome),
    ) -> Result<Option<DatabaseImport>> {
        let bundle = Bundle::open(&self.session.ctx.cwd.join(path))?;
        let chosen: Vec<&Toolchain> =
            bundle.toolchains().iter().filter(|found| found.platform == platform).collect();
        if chosen.is_empty() {
            return Err(nothing_for(&bundle, platform));
        }
        let proofs: Vec<Option<Logged>> = chosen
            .iter()
            .map(|toolchain| self.check_staple(&bundle, toolchain))
            .collect::<Result<_>>()?;
        let source = BundleSource::new(&bundle);
        for (toolchain, logged) in chosen.into_iter().zip(&proofs) {
            let locked = LockEntry {
                h1: toolchain.h1.to_string(),
                sha256: None,
                head: None,
                path: bundle.name().to_owned(),
                link: None,
            };
            let want = ToolchainRequest::new(toolchain.version, toolchain.platform);
            let want = ToolchainRequest { locked: Some(locked), ..want };
            let supply = InstallSource::Given { source: &source, logged: logged.as_ref() };
            let mut outcome = self.install_from(&want, fetch, &supply)?;
            if logged.is_none() {
                let (version, name) = (toolchain.version, bundle.name());
                let warning = format!("`{name}` has no proof for {version} for {platform}");
                outcome.warnings.insert(0, warning);
            }
            report(&outcome);
        }
        bundle.vulnerabilities().map(|snapshot| self.keep_vulnerabilities(snapshot)).transpose()
    }

    /// Keeps a copy of the vulnerability database in the store, unless there is a newer one.
    fn keep_vulnerabilities(&self, snapshot: &Snapshot) -> Result<DatabaseImport> {
        let store = self.session.store()?;
        self.prepare_store(&store)?;
        let path = store.vulnerabilities();
        // One that cannot be read is worth nothing.
        let before = Snapshot::read(&path).ok().flatten();
        let newer = before.filter(|before| before.modified() > snapshot.modified());
        if newer.is_none() {
            snapshot.write(&path)?;
        }
        let newer = newer.map(|newer| newer.modified().to_owned());
        Ok(DatabaseImport { path, told: snapshot.told(), newer })
    }

    /// Returns what the bundle proves of a toolchain; `None` when it says itself that it does not.
    fn check_staple(&self, bundle: &Bundle, toolchain: &Toolchain) -> Result<Option<Logged>> {
        let Some(offline_proof) = bundle.offline_proof().filter(|_| toolchain.is_proved) else {
            return Ok(None);
        };
        let authority = self.session.log.authority()?;
        let name = authority.key.name();
        if bundle.log() != name {
            let message = format!(
                "the proofs in `{}` are of `{}`, and goward believes {name}",
                bundle.name(),
                untrusted(bundle.log())
            );
            return Err(Error::new(Kind::Verification, message).detail("nothing was installed"));
        }
        let memory = self.log_memory()?;
        let checked = Log::new(&authority, &memory).check_offline(
            offline_proof,
            toolchain.version,
            toolchain.platform,
        );
        let logged = checked.map_err(|error| explain_offline(error, name, bundle.name()))?;
        if logged.h1 == toolchain.h1 {
            return Ok(Some(logged));
        }
        let (version, platform) = (toolchain.version, toolchain.platform);
        let message =
            format!("`{}` has another {version} for {platform} than it proves", bundle.name());
        Err(Error::new(Kind::Verification, message)
            .detail(format!("expected {} ({name}, record {})", logged.h1, logged.record))
            .detail(format!("received {} (its list)", toolchain.h1))
            .detail("nothing was installed")
            .hint("get the bundle again from where it was made"))
    }
}

fn nothing_for(bundle: &Bundle, platform: Platform) -> Error {
    let has: Vec<String> = bundle
        .toolchains()
        .iter()
        .map(|toolchain| format!("{} for {}", toolchain.version, toolchain.platform))
        .collect();
    let message = format!("`{}` has no toolchain for {platform}", bundle.name());
    let error = Error::new(Kind::NotFound, message);
    if has.is_empty() { error } else { error.detail(format!("it has {}", has.join(", "))) }
}
