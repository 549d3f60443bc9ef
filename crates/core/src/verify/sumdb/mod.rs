//! goward and Go's checksum database, the log that every Go release is in.
//!
//! The client is the crate [`gosumdb`], which knows neither network nor disk, and proves what it
//! says. Here is what is goward's: [`Log`] asks it for toolchains, [`remote`] fetches and
//! remembers, [`route`] decides whom to ask, [`explain`] has the words (`docs/verification.md`).

pub mod access;
pub mod explain;
pub mod remote;
pub mod route;
mod state_files;

pub use explain::Explain;

use super::{H1, Level};
use crate::error::{Error, Kind, Result};
use crate::net::NetError;
use crate::platform::Platform;
use crate::version::GoVersion;
use gosumdb::{
    Client, ClientOps, MissingFile, Module, OfflineProof, ProofBundle, Record, SignedHead,
    TrustRoot,
};

/// What the log needs, as goward has it.
pub type LogOps<'a> = dyn ClientOps<FetchError = NetError, StorageError = Error> + 'a;

/// Why a lookup gave no hash.
pub type LogError = gosumdb::Error<NetError, Error>;

/// Why a proof that was carried along gave no hash.
pub type OfflineError = gosumdb::Error<MissingFile, Error>;

/// What the log proves of a toolchain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logged {
    /// The hash of the toolchain.
    pub h1: H1,
    /// The number of the record.
    pub record: u64,
    /// The tree that the record was proved to be in, a continuation of every tree seen before.
    pub head: SignedHead,
    /// Whether it was not compared with all that goward knows of the log: the proof was carried
    /// along, and nobody was asked, or a copy of the log had not enough for it.
    pub is_stapled: bool,
}

impl Logged {
    fn new(record: Record, was_carried: bool) -> Self {
        let is_stapled = was_carried || !record.is_compared;
        Self { h1: record.h1.into(), record: record.id, head: record.head, is_stapled }
    }

    /// Returns the level of what is proved so.
    pub fn level(&self) -> Level {
        if self.is_stapled { Level::Stapled } else { Level::Logged }
    }
}

/// Returns what goward trusts: the key of sum.golang.org, and a head that it had signed when this
/// version of goward was made. The program knows no other, and nothing that it reads can name one.
pub fn trust_root() -> Result<TrustRoot> {
    TrustRoot::sum_golang_org().map_err(|error| Error::new(Kind::Failed, error.to_string()))
}

/// Returns the module that a release is in the log.
pub fn module(version: GoVersion, platform: Platform) -> Result<Module> {
    let name = platform.module_version(version);
    Module::toolchain(&name)
        .map_err(|error| Error::new(Kind::Failed, format!("`{name}` cannot be asked for: {error}")))
}

/// The log, for toolchains.
pub struct Log<'a> {
    client: Client<'a, LogOps<'a>>,
}

impl<'a> Log<'a> {
    /// Trusts `trust_root` and nothing that comes from `ops`.
    pub fn new(trust_root: &'a TrustRoot, ops: &'a LogOps<'a>) -> Self {
        Self { client: Client::new(trust_root, ops) }
    }

    /// Returns the hash that the log has for a toolchain, as [`Client::lookup`] proves it. `known`
    /// is a head that the tree has to continue.
    pub fn lookup(
        &self,
        version: GoVersion,
        platform: Platform,
        known: Option<&SignedHead>,
    ) -> Result<Logged, LogError> {
        let module = module(version, platform).map_err(LogError::Storage)?;
        self.client.lookup(&module, known).map(|record| Logged::new(record, false))
    }

    /// Returns the hash that a proof has for a toolchain, as [`Client::check_offline`] proves it.
    pub fn check_offline(
        &self,
        proof: &OfflineProof,
        version: GoVersion,
        platform: Platform,
    ) -> Result<Logged, OfflineError> {
        let module = module(version, platform).map_err(OfflineError::Storage)?;
        self.client.check_offline(proof, &module).map(|record| Logged::new(record, true))
    }

    /// Collects what proves these toolchains to others, as [`Client::proof_bundle`] does.
    pub fn proof_bundle(
        &self,
        toolchains: impl IntoIterator<Item = (GoVersion, Platform)>,
        known: &[SignedHead],
    ) -> Result<Option<ProofBundle>, LogError> {
        let modules = toolchains
            .into_iter()
            .map(|(version, platform)| module(version, platform))
            .collect::<Result<Vec<_>>>()
            .map_err(LogError::Storage)?;
        self.client.proof_bundle(modules, known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_toolchain_has_a_module() {
        for version in ["1.4", "1.21rc2", "1.27.3", "1.99.1"] {
            let version = GoVersion::parse(version).unwrap();
            for platform in ["linux/amd64", "windows/386", "plan9/arm"] {
                let platform = Platform::parse(platform).unwrap();
                let module = module(version, platform).unwrap();
                assert_eq!(
                    module.to_string(),
                    crate::verify::dirhash::module_of(version, platform)
                );
            }
        }
        assert_eq!(trust_root().unwrap().key.name(), "sum.golang.org");
    }
}
