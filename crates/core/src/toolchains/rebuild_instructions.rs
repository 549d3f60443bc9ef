//! Instructions to build a release again and compare it with what Go published.
//!
//! Go's own program for that is gorebuild, which needs the network and an hour; goward says how to call
//! it for a release, and what its result means for what is installed here.

use crate::error::Result;
use crate::platform::Platform;
use crate::store::InstalledToolchain;
use crate::toolchains::Toolchains;
use crate::toolchains::verify::Which;
use crate::verify::Digest;
use crate::version::GoVersion;

/// The first minor version whose releases come out the same wherever they are built.
const FIRST_REPRODUCIBLE: u32 = 21;

/// How to rebuild a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rebuild {
    /// The release.
    pub version: GoVersion,
    /// What it runs on.
    pub platform: Platform,
    /// The file that Go publishes.
    pub archive: String,
    /// The digest of the archive that it was installed from, if it was one of Go's.
    pub sha256: Option<Digest>,
}

impl Rebuild {
    fn of(installed: &InstalledToolchain) -> Self {
        let receipt = &installed.receipt;
        Self {
            version: receipt.version,
            platform: receipt.platform,
            archive: receipt.platform.archive_name(receipt.version),
            sha256: receipt.archive.map(|(digest, _)| digest),
        }
    }

    /// Returns true for a release that comes out the same wherever it is built.
    pub fn is_reproducible(&self) -> bool {
        self.version.minor() >= FIRST_REPRODUCIBLE
    }

    /// Returns true where a rebuild cannot have the signatures of the published programs.
    pub fn is_signed(&self) -> bool {
        self.platform.os() == "darwin"
    }

    /// Returns what to type.
    pub fn command(&self) -> String {
        let (os, arch) = (self.platform.os(), self.platform.arch());
        format!("go run golang.org/x/build/cmd/gorebuild@latest -p=2 {os}-{arch}@{}", self.version)
    }
}

impl Toolchains<'_> {
    /// Returns how to rebuild each of the toolchains that `which` names. Nothing is fetched or run.
    pub fn rebuilds(&self, which: &Which) -> Result<Vec<Rebuild>> {
        let store = self.session.store()?;
        let chosen = self.to_verify(&store, which)?;
        Ok(chosen.iter().filter(|one| !one.is_linked()).map(Rebuild::of).collect())
    }
}
