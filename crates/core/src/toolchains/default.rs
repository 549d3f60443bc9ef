//! Choosing the toolchain outside of projects.

use crate::error::Result;
use crate::fs;
use crate::install::one::InstallPlan;
use crate::install::request::{Fetch, InstallOutcome, locked_as};
use crate::platform::Platform;
use crate::project::lock::LockFile;
use crate::resolve::lookup;
use crate::toolchains::Toolchains;
use std::io::ErrorKind;

impl Toolchains<'_> {
    /// Chooses and installs the toolchain outside of projects.
    ///
    /// # Errors
    ///
    /// When nothing fits or it cannot be had; the old choice then stays.
    pub fn set_default(&self, request: &str, fetch: &Fetch) -> Result<InstallOutcome> {
        let request = lookup::parse_request(request)?;
        let outcome = self.installer.install_request(&request, Platform::host(), false, fetch)?;
        // What a kill leaves of it goes with the next `recover`.
        let drafts = self.session.store()?.stage("default")?;
        let lock = lock_of(&outcome, request.to_string());
        lock.write_by_way_of(drafts.path(), &self.resolver.default_path()?)?;
        Ok(outcome)
    }

    /// Returns what [`Toolchains::set_default`] would choose.
    ///
    /// # Errors
    ///
    /// When nothing fits.
    pub fn plan_default(&self, request: &str, fetch: &Fetch) -> Result<InstallPlan> {
        self.installer.plan(&lookup::parse_request(request)?, Platform::host(), false, fetch)
    }

    /// Takes the choice back; returns whether there was one.
    pub fn clear_default(&self) -> Result<bool> {
        let path = self.resolver.default_path()?;
        if self.is_dry {
            return Ok(path.symlink_metadata().is_ok());
        }
        match fs::remove_file(path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

/// Returns a lock for an installed toolchain, on its own platform and without pins.
fn lock_of(outcome: &InstallOutcome, request: String) -> LockFile {
    let receipt = &outcome.installed.receipt;
    let entry = locked_as(receipt);
    LockFile::of_one(receipt.version, request, receipt.level, receipt.platform, entry)
}
