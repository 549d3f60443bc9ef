//! Remove toolchains, and names of linked ones.

use super::Session;
use crate::error::{Error, Kind, Result};
use crate::platform::Platform;
use crate::store::{Installed, Receipt, Store};
use crate::version::GoVersion;
use crate::version::link_name::LinkName;

/// What was removed.
#[derive(Clone, Debug)]
pub enum Removed {
    /// A toolchain.
    Toolchain(Receipt),
    /// A name, which meant this.
    Name(LinkName, Receipt),
}

impl Session {
    /// Removes an installed version, on every platform or on one, or the name of a linked toolchain;
    /// returns what was removed.
    ///
    /// # Errors
    ///
    /// When it is not installed, or is the default.
    pub fn uninstall(&self, what: &str, platform: Option<Platform>) -> Result<Vec<Removed>> {
        let store = self.store()?;
        let parsed = match (GoVersion::parse(what), LinkName::parse(what)) {
            (Ok(version), _) => version,
            (Err(_), Ok(name)) => {
                store.recover()?;
                let receipt = self.unlink(&name, platform)?.receipt;
                return Ok(vec![Removed::Name(name, receipt)]);
            }
            (Err(error), Err(_)) => {
                return Err(Error::new(Kind::Usage, error.to_string())
                    .hint("`goward list` shows what is installed"));
            }
        };
        store.recover()?;
        let found: Vec<_> = store
            .list()?
            .into_iter()
            .filter(|installed| {
                let receipt = &installed.receipt;
                receipt.version == parsed
                    && !installed.is_linked()
                    && platform.is_none_or(|wanted| receipt.platform == wanted)
            })
            .collect();
        if found.is_empty() {
            return Err(Error::new(Kind::NotFound, format!("{parsed} is not installed"))
                .hint("`goward list` shows what is"));
        }
        self.check_not_default(&found, &parsed.to_string())?;
        for installed in &found {
            remove(&store, installed)?;
        }
        Ok(found.into_iter().map(|installed| Removed::Toolchain(installed.receipt)).collect())
    }

    /// Refuses to remove the default; `what` is what was named.
    pub(super) fn check_not_default(&self, found: &[Installed], what: &str) -> Result<()> {
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

/// Removes a toolchain to the end: a command that started over would not find it any more.
fn remove(store: &Store, installed: &Installed) -> Result<()> {
    match store.remove(installed) {
        Err(error) if error.is_passing() => store.remove(installed),
        removed => removed,
    }
}
