//! Signatures of lists, as minisign makes them.

use goward_core::error::{Error, Kind, Result};
use minisign::{ErrorKind, SecretKey, SecretKeyBox};
use std::path::Path;

/// Signs a list. The trusted comment names the release; the password of a key that has one is asked for.
pub(super) fn sign(key: &Path, version: &str, list: &[u8]) -> Result<String> {
    let failed = |error: minisign::PError| {
        Error::new(Kind::Failed, format!("cannot sign by `{}`: {error}", key.display()))
    };
    let text = fs_err::read_to_string(key)?;
    let read = || SecretKeyBox::from_string(&text);
    let secret = match read().and_then(SecretKey::from_unencrypted_box) {
        Ok(secret) => secret,
        // minisign 0.11 leaves the checksum out of a key that has no password.
        Err(error) if matches!(error.kind(), ErrorKind::Verify) => {
            return Err(failed(error).hint("take a key with a password: `minisign -G`"));
        }
        Err(_) => read().and_then(|again| again.into_secret_key(None)).map_err(failed)?,
    };
    let comment = format!("goward {version}");
    let signature =
        minisign::sign(None, &secret, list, Some(&comment), Some("signature of SHA256SUMS"));
    Ok(signature.map_err(failed)?.into_string())
}
