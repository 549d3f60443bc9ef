//! The toolchain outside of projects: a lock in the store.

use super::install::Outcome;
use super::lock::locked_as;
use super::{Fetch, Session, pick};
use crate::error::{Error, Result};
use crate::platform::Platform;
use crate::project::lock::LockFile;
use crate::version::GoVersion;
use goward_shim::names;
use std::io::ErrorKind;
use std::path::PathBuf;

impl Session {
    /// Chooses and installs the toolchain outside of projects.
    ///
    /// # Errors
    ///
    /// When nothing fits or it cannot be had; the old choice then stays.
    pub fn set_default(&self, request: &str, fetch: &Fetch) -> Result<Outcome> {
        let request = pick::parse_request(request)?;
        let outcome = self.install_request(&request, Platform::host(), false, fetch)?;
        // What a kill leaves of it goes with the next `recover`.
        let drafts = self.store()?.stage("default")?;
        let lock = lock_of(&outcome, request.to_string());
        lock.write_by_way_of(drafts.path(), &self.default_path()?)?;
        Ok(outcome)
    }

    /// Takes the choice back; returns whether there was one.
    ///
    /// # Errors
    ///
    /// When the file cannot be removed.
    pub fn clear_default(&self) -> Result<bool> {
        match fs_err::remove_file(self.default_path()?) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Returns version and request of the choice.
    ///
    /// # Errors
    ///
    /// When the file is damaged.
    pub fn default_version(&self) -> Result<Option<(GoVersion, String)>> {
        Ok(self.read_default()?.map(|lock| (lock.version, lock.request)))
    }

    /// Returns the store's name of the choice on this platform.
    ///
    /// # Errors
    ///
    /// When the file is damaged.
    pub fn default_key(&self) -> Result<Option<String>> {
        let Some(lock) = self.read_default()? else { return Ok(None) };
        let host = Platform::host();
        Ok(lock.platforms.get(&host).map(|entry| {
            goward_shim::layout::key(&lock.version.to_string(), &host.lock_name(), &entry.h1)
        }))
    }

    fn read_default(&self) -> Result<Option<LockFile>> {
        self.read_lock(&self.default_path()?).map_err(|error| {
            Error::new(error.kind(), error.message())
                .hint("choose anew: `goward default REQUEST`, or none: `goward default --none`")
        })
    }

    fn default_path(&self) -> Result<PathBuf> {
        Ok(self.ctx.home()?.join(names::DEFAULT_LOCK_FILE))
    }
}

/// Returns a lock for an installed toolchain, on its own platform and without pins.
fn lock_of(outcome: &Outcome, request: String) -> LockFile {
    let receipt = &outcome.installed.receipt;
    let entry = locked_as(receipt);
    LockFile::of_one(receipt.version, request, receipt.level, receipt.platform, entry)
}
