//! The signed list of a release.

use super::Offer;
use crate::error::{Error, Kind, Result, untrusted};
use crate::net::{Url, shown};
use crate::verify::Digest;
use minisign_verify::{PublicKey, Signature};
use semver::Version;

/// A public key of minisign.
#[derive(Clone, Debug)]
pub(super) struct Key(PublicKey);

impl Key {
    /// Reads the second line of a public key.
    pub(super) fn parse(text: &str) -> Result<Self> {
        PublicKey::from_base64(text.trim()).map(Self).map_err(|_| {
            let message = format!("`{}` is no public key of minisign", untrusted(text));
            Error::new(Kind::Usage, message).hint("take the second line of the `.pub` file")
        })
    }

    /// Checks that this key signed the list.
    pub(super) fn verify(&self, list: &[u8], signature: &[u8], url: &Url) -> Result<()> {
        let text = String::from_utf8_lossy(signature);
        // The old kind of signature is not accepted: nobody makes it any more.
        let is_valid = Signature::decode(&text)
            .is_ok_and(|signature| self.0.verify(list, &signature, false).is_ok());
        if is_valid {
            return Ok(());
        }
        let message = format!("the signature of `{}` is not by the key of releases", shown(url));
        Err(Error::new(Kind::Verification, message).detail("nothing was changed"))
    }
}

/// Finds the archive for a target in a list, which has rows as `sha256sum` writes them.
pub(super) fn find(list: &[u8], target: &str, wanted: Option<&Version>) -> Result<Offer> {
    let text = String::from_utf8_lossy(list);
    let offers = text.lines().filter_map(|line| {
        let (digest, archive) = line.split_once("  ")?;
        let name = archive.strip_suffix(".tar.gz").or_else(|| archive.strip_suffix(".zip"))?;
        let version = name.strip_prefix("goward-")?.strip_suffix(target)?.strip_suffix('-')?;
        let version = Version::parse(version).ok()?;
        Some(Offer { version, archive: archive.to_owned(), digest: Digest::parse(digest)? })
    });
    let mut offers = offers.filter(|offer| wanted.is_none_or(|wanted| offer.version == *wanted));
    offers.next().ok_or_else(|| {
        let of = wanted.map(|version| format!(" of goward {version}")).unwrap_or_default();
        Error::new(Kind::NotFound, format!("the list has no archive{of} for {target}"))
    })
}

#[cfg(test)]
mod tests {
    use super::find;
    use semver::Version;

    #[test]
    fn an_archive_is_found_by_target_and_version() {
        let digest = "0".repeat(64);
        let rows = ["goward-1.2.3-x86_64-a.tar.gz", "goward-1.2.3-b.zip", "goward-x-c.zip"];
        let list = rows.map(|name| format!("{digest}  {name}\n")).concat();
        let found = |target, version: Option<&str>| {
            let version = version.map(|version| Version::parse(version).unwrap());
            find(list.as_bytes(), target, version.as_ref()).map(|offer| offer.archive).ok()
        };
        assert_eq!(found("x86_64-a", None).as_deref(), Some(rows[0]));
        assert_eq!(found("b", Some("1.2.3")).as_deref(), Some(rows[1]));
        for (target, version) in [("a", None), ("c", None), ("b", Some("1.2.4"))] {
            assert_eq!(found(target, version), None, "{target}");
        }
        assert!(find(b"\xff\xfe", "b", None).is_err());
    }
}
