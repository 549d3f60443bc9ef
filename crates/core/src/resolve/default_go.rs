//! The toolchain outside of projects: a lock in the store.

use crate::error::{Error, Kind, Result};
use crate::platform::Platform;
use crate::project::lock::LockFile;
use crate::resolve::Resolver;
use crate::store::InstalledToolchain;
use crate::version::GoVersion;
use goward_shim::names;
use std::path::PathBuf;

impl Resolver<'_> {
    /// Returns version and request of the choice.
    pub fn default_version(&self) -> Result<Option<(GoVersion, String)>> {
        Ok(self.read_default()?.map(|lock| (lock.version, lock.request)))
    }

    /// Returns the store's name of the choice on this platform.
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
                .hint("choose again: `goward default REQUEST`, or none: `goward default --none`")
        })
    }

    pub fn default_path(&self) -> Result<PathBuf> {
        Ok(self.session.ctx.home()?.join(names::DEFAULT_LOCK_FILE))
    }

    /// Refuses to remove the default; `what` is what was named.
    pub(crate) fn check_not_default(&self, found: &[InstalledToolchain], what: &str) -> Result<()> {
        let default = self.default_key()?;
        if !found.iter().any(|installed| Some(&installed.key) == default.as_ref()) {
            return Ok(());
        }
        let message = format!("{what} is the default outside of projects");
        Err(Error::new(Kind::Failed, message).detail("nothing was removed").hint(
            "choose another first: `goward default REQUEST`, or none: `goward default --none`",
        ))
    }
}
