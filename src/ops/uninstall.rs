//! Remove toolchains.

use super::Session;
use crate::error::{Error, Kind, Result};
use crate::platform::Platform;
use crate::store::Receipt;
use crate::version::GoVersion;

impl Session {
    /// Removes an installed version, on every platform or on one; returns what was removed.
    ///
    /// # Errors
    ///
    /// When it is not installed, or is the default.
    pub fn uninstall(&self, version: &str, platform: Option<Platform>) -> Result<Vec<Receipt>> {
        let store = self.store()?;
        let parsed = GoVersion::parse(version).map_err(|error| {
            Error::new(Kind::Usage, error.to_string()).hint("`goward list` shows what is installed")
        })?;
        store.recover()?;
        let found: Vec<_> = store
            .list()?
            .into_iter()
            .filter(|installed| {
                let receipt = &installed.receipt;
                receipt.version == parsed
                    && platform.is_none_or(|wanted| receipt.platform == wanted)
            })
            .collect();
        if found.is_empty() {
            return Err(Error::new(Kind::NotFound, format!("{parsed} is not installed"))
                .hint("`goward list` shows what is"));
        }
        let default = self.default_key()?;
        if found.iter().any(|installed| Some(&installed.key) == default.as_ref()) {
            return Err(Error::new(
                Kind::Failed,
                format!("{parsed} is the default outside of projects"),
            )
            .detail("nothing was removed")
            .hint(
                "choose another first: `goward default REQUEST`, or none: `goward default --none`",
            ));
        }
        for installed in &found {
            store.remove(installed)?;
        }
        Ok(found.into_iter().map(|installed| installed.receipt).collect())
    }
}
