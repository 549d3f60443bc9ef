//! What a client trusts from the start: the key of a database, and a tree head that it signed.

use crate::note::{KeyError, VerifierKey};
use crate::tree::{Hash, Head, SignedHead, SignedHeadError};

/// The key of Go's checksum database, in the form of `GOSUMDB`. `cmd/go/internal/modfetch/key.go`
/// in Go's source has the same.
pub const SUM_GOLANG_ORG: &str =
    "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";

/// A tree of sum.golang.org that every other has to continue, also for a client that remembers
/// none.
const SEED_SIZE: u64 = 70_835_252;
const SEED_HASH: &str = "i/47wIAMOilgNhOrV2EcYgX2bQrKd0NLTxkgv0yNjLA=";
const SEED_SIGNATURE: &str =
    "Az3grntgRsIwyJf+TSkhqXMVFN87bTvZxE/1OoFC5ace2k9a5YdqLBDp95lcBO5JimOuxtreauvj9N/JV/bzL9SwFgQ=";

/// What a client trusts of a database from the start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustRoot {
    /// The key that the database signs with, and its name.
    pub key: VerifierKey,
    /// A tree head that it signed. Every tree has to continue it, so that a client without memory
    /// cannot be shown a history that parted before.
    pub seed: Option<SignedHead>,
}

/// Why a built-in trust root cannot be used. It does not occur, as a test shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TrustRootError {
    /// The key is malformed.
    #[error("the built-in key is damaged")]
    Key(#[from] KeyError),
    /// The tree head is malformed, or not signed by the key.
    #[error("the built-in tree head is damaged")]
    Head(#[from] SignedHeadError),
}

impl TrustRoot {
    /// Returns the database that Go uses, with a tree head of November 2026.
    ///
    /// # Errors
    ///
    /// Only if this crate was damaged: the signature of the built-in head is checked like any
    /// other.
    pub fn sum_golang_org() -> Result<Self, TrustRootError> {
        let key = VerifierKey::parse(SUM_GOLANG_ORG)?;
        let hash = Hash::parse(SEED_HASH).ok_or(SignedHeadError::Head(crate::HeadError::Hash))?;
        let seed = SignedHead::from_parts(Head { size: SEED_SIZE, hash }, SEED_SIGNATURE, &key)?;
        Ok(Self { key, seed: Some(seed) })
    }

    /// Trusts a key, and no tree yet: the first one that a client sees is believed as far as it
    /// proves itself.
    pub fn of_key(key: VerifierKey) -> Self {
        Self { key, seed: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::HEADS;

    #[test]
    fn the_seed_is_signed_and_newer_than_every_head_that_the_tests_know() {
        let go = TrustRoot::sum_golang_org().unwrap();
        assert_eq!(go.key.name(), "sum.golang.org");
        let seed = go.seed.unwrap();
        assert!(HEADS.iter().all(|(size, ..)| *size < seed.size()));
    }
}
