//! Whom goward believes: the key of sum.golang.org, and a head that it had signed when this version of
//! goward was made.

use super::note::VerifierKey;
use super::tree::{Hash, Head, SignedHead};
use crate::error::{Error, Kind, Result};

/// The key of the log, in the form of GOSUMDB; the same stands in `cmd/go/internal/modfetch/key.go`.
pub const SUM_GOLANG_ORG: &str =
    "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";

/// A tree that every other has to continue, also on a machine that never asked before.
const SEED_SIZE: u64 = 70_835_252;
const SEED_HASH: &str = "i/47wIAMOilgNhOrV2EcYgX2bQrKd0NLTxkgv0yNjLA=";
const SEED_SIGNATURE: &str =
    "Az3grntgRsIwyJf+TSkhqXMVFN87bTvZxE/1OoFC5ace2k9a5YdqLBDp95lcBO5JimOuxtreauvj9N/JV/bzL9SwFgQ=";

/// A log, by its key.
#[derive(Clone, Debug)]
pub struct Authority {
    /// The key that it signs with, and its name.
    pub key: VerifierKey,
    /// A head that it has signed.
    pub seed: Option<SignedHead>,
}

impl Authority {
    /// Returns the log that Go's releases are in. The program knows no other, and nothing that it reads
    /// can name one.
    ///
    /// # Errors
    ///
    /// Never, as a test shows.
    pub fn of_go() -> Result<Self> {
        let damaged =
            |what: &str| Error::new(Kind::Failed, format!("the {what} of goward is damaged"));
        let key = VerifierKey::parse(SUM_GOLANG_ORG).map_err(|_| damaged("built-in key"))?;
        let hash = Hash::parse(SEED_HASH).ok_or_else(|| damaged("built-in head"))?;
        let seed = SignedHead::from_parts(Head { size: SEED_SIZE, hash }, SEED_SIGNATURE, &key)
            .map_err(|_| damaged("built-in head"))?;
        Ok(Self { key, seed: Some(seed) })
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::HEADS;
    use super::*;

    #[test]
    fn the_seed_is_signed_and_newer_than_every_head_that_the_tests_know() {
        let go = Authority::of_go().unwrap();
        assert_eq!(go.key.name(), "sum.golang.org");
        let seed = go.seed.unwrap();
        assert!(HEADS.iter().all(|(size, ..)| *size < seed.size()));
    }
}
