//! Signatures of lists, as minisign makes them.

use goward_core::error::{Error, Kind, Result};
use minisign::{SecretKey, SecretKeyBox};
use std::path::Path;

/// Signs a list. The trusted comment names the release; the password of a key that has one is asked for.
pub(super) fn sign(key: &Path, version: &str, list: &[u8]) -> Result<String> {
    let failed = |error: minisign::PError| {
        Error::new(Kind::Failed, format!("cannot sign by `{}`: {error}", key.display()))
    };
    let text = fs_err::read_to_string(key)?;
    let secret = SecretKeyBox::from_string(&text).map_err(failed)?;
    let secret = SecretKey::from_unencrypted_box(secret).or_else(|_| {
        SecretKeyBox::from_string(&text).and_then(|again| again.into_secret_key(None))
    });
    let secret = secret.map_err(failed)?;
    let comment = format!("goward {version}");
    let signature =
        minisign::sign(None, &secret, list, Some(&comment), Some("signature of SHA256SUMS"));
    Ok(signature.map_err(failed)?.into_string())
}
