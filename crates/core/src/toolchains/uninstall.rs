//! Remove toolchains, and names of linked ones.

use crate::error::{Error, Kind, Result};
use crate::platform::Platform;
use crate::store::Receipt;
use crate::toolchains::Toolchains;
use crate::version::GoVersion;
use crate::version::link_name::LinkName;

/// What was removed.
#[derive(Clone, Debug)]
pub enum Removal {
    /// A toolchain.
    Toolchain {
        /// What it was.
        receipt: Receipt,
        /// A process that goes on using it.
        user: Option<String>,
    },
    /// A name, which meant this.
    Name(LinkName, Receipt),
}

impl Toolchains<'_> {
    /// Removes an installed version, on every platform or on one, or the name of a linked toolchain;
    /// returns what was removed. Its files stay in the trash for a while, or with `now` as long as a process
    /// uses them. A dry run only returns it.
    pub fn uninstall(
        &self,
        what: &str,
        platform: Option<Platform>,
        now: bool,
    ) -> Result<Vec<Removal>> {
        let store = self.session.store()?;
        let recover = || if self.is_dry { Ok(()) } else { store.recover().map(drop) };
        let parsed = match (GoVersion::parse(what), LinkName::parse(what)) {
            (Ok(version), _) => version,
            (Err(_), Ok(name)) => {
                recover()?;
                let receipt = self.installer.unlink(&name, platform, self.is_dry)?.receipt;
                return Ok(vec![Removal::Name(name, receipt)]);
            }
            (Err(error), Err(_)) => {
                return Err(Error::new(Kind::Usage, error.to_string())
                    .hint("`goward list` shows what is installed"));
            }
        };
        recover()?;
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
        self.resolver.check_not_default(&found, &parsed.to_string())?;
        if now && !store.processes().are_shown() {
            self.session
                .ui
                .warn("this system shows no processes, so what is removed at once may be in use");
        }
        let mut removed = Vec::new();
        for installed in found {
            let removal = if self.is_dry { None } else { store.retire(&installed)? };
            let user = removal.and_then(|removal| removal.user(&store.processes()));
            removed.push(Removal::Toolchain { receipt: installed.receipt, user });
        }
        if now && !self.is_dry {
            store.empty_trash()?;
        }
        Ok(removed)
    }
}
