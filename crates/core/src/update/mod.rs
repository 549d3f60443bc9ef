//! goward's own releases: which one is the newest, and putting it in the place of this one.
//!
//! What is trusted is one public key. It signs the list of a release, and the list names the archives and their
//! digests. Whoever serves them can only make an update fail. goward never goes back to an older release by itself,
//! and leaves files alone that a package manager owns.

mod list;
mod owner;
mod replace;

pub use owner::Owner;

use crate::error::{Error, Kind, Result, untrusted};
use crate::net::{Net, Url, join, parse_url};
use crate::platform::Platform;
use crate::session::Session;
use crate::verify::Digest;
use goward_shim::names;
use list::Key;
use semver::Version;
use std::path::{Path, PathBuf};

/// Where releases are; nowhere before the first one.
const RELEASES: Option<&str> = None;
/// The public key of minisign by which their lists are signed; there is none before the first release.
const KEY: Option<&str> = None;

/// The list of a release, and its signature.
const LIST: &str = "SHA256SUMS";
const SIGNATURE: &str = "SHA256SUMS.minisig";

/// More than any list, signature and archive has, in bytes.
const LARGEST_LIST: u64 = 1 << 20;
const LARGEST_ARCHIVE: u64 = 256 << 20;

/// Rust's names of the platforms that releases are for.
const TARGETS: [(&str, &str); 10] = [
    ("linux/amd64", "x86_64-unknown-linux-musl"),
    ("linux/arm64", "aarch64-unknown-linux-musl"),
    ("linux/386", "i686-unknown-linux-musl"),
    ("linux/arm", "armv7-unknown-linux-gnueabihf"),
    ("linux/riscv64", "riscv64gc-unknown-linux-gnu"),
    ("linux/s390x", "s390x-unknown-linux-gnu"),
    ("linux/ppc64le", "powerpc64le-unknown-linux-gnu"),
    ("darwin/arm64", "aarch64-apple-darwin"),
    ("darwin/amd64", "x86_64-apple-darwin"),
    ("windows/amd64", "x86_64-pc-windows-gnu"),
];

/// Looks for releases of goward, and installs them.
#[derive(Debug)]
pub struct Updater<'s> {
    session: &'s Session,
    base: Url,
    key: Key,
    net: Net,
    target: &'static str,
}

/// A release that can be had, by a list that the key has signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Its version.
    pub version: Version,
    archive: String,
    digest: Digest,
}

/// Returns the version of this goward.
pub fn installed() -> Version {
    // Its own, as Cargo reads it.
    Version::parse(env!("CARGO_PKG_VERSION")).unwrap_or(Version::new(0, 0, 0))
}

/// Reads a version of goward that somebody typed: `0.2.0` or `v0.2.0`.
pub fn parse_version(text: &str) -> Result<Version> {
    Version::parse(text.strip_prefix('v').unwrap_or(text)).map_err(|_| {
        let message = format!("`{}` is no version of goward", untrusted(text));
        Error::new(Kind::Usage, message).hint("write it as in `goward self update 0.2.0`")
    })
}

impl<'s> Updater<'s> {
    /// Reads where releases are, and by which key they are signed; opens nothing.
    pub fn new(session: &'s Session) -> Result<Self> {
        let base = session.ctx.text(names::RELEASES_VAR)?.or(RELEASES);
        let key = session.ctx.text(names::RELEASES_KEY_VAR)?.or(KEY);
        let Some(base) = base else {
            return Err(Error::new(Kind::NotFound, "goward has no published releases yet")
                .hint("`GOWARD_RELEASES` and `GOWARD_RELEASES_KEY` name a mirror of your own"));
        };
        if session.ctx.is_offline() {
            let message = "releases are not looked for: network is off (`GOWARD_OFFLINE=1`)";
            return Err(Error::new(Kind::Network, message).hint("unset `GOWARD_OFFLINE`"));
        }
        let base = parse_url(base)?;
        let Some(key) = key else {
            let message = "there is no key to check releases by: `GOWARD_RELEASES_KEY` is unset";
            return Err(Error::new(Kind::Usage, message)
                .hint("set it to the public key of whoever signs these releases"));
        };
        let host = Platform::host().to_string();
        let target = TARGETS.iter().find(|(go, _)| *go == host).ok_or_else(|| {
            Error::new(Kind::NotFound, format!("there are no releases for {host}"))
        })?;
        let key = Key::parse(key)?;
        Ok(Self { session, base, key, net: session.net()?, target: target.1 })
    }

    /// Finds the release with this version, else the newest.
    pub fn find(&self, version: Option<&Version>) -> Result<Offer> {
        let directory = match version {
            Some(version) => self.directory(version),
            None => join(&join(&self.base, "latest"), "download"),
        };
        let fetch = |name| {
            let url = join(&directory, name);
            let fetched = self.net.fetch_small("the list of a release", &url, LARGEST_LIST);
            fetched.map_err(|error| error.report(Kind::Network))
        };
        let list = fetch(LIST)?.body;
        self.key.verify(&list, &fetch(SIGNATURE)?.body, &join(&directory, LIST))?;
        list::find(&list, self.target, version)
    }

    /// Refuses a release that is older than this one: an old list keeps its signature.
    pub fn require_newer(&self, offer: &Offer) -> Result<()> {
        if offer.version >= installed() {
            return Ok(());
        }
        let message = format!(
            "the newest release there is goward {}, and this is goward {}: nothing was changed",
            offer.version,
            installed()
        );
        Err(Error::new(Kind::Verification, message)
            .hint(format!("to go back: `goward self update {}`", offer.version)))
    }

    /// Puts a release in the place of this one, and returns its `goward`.
    pub fn install(&self, offer: &Offer) -> Result<PathBuf> {
        let url = join(&self.directory(&offer.version), &offer.archive);
        let what = format!("goward {}", offer.version);
        let fetched = self.net.fetch_small(&what, &url, LARGEST_ARCHIVE);
        let bytes = fetched.map_err(|error| error.report(Kind::Network))?.body;
        let got = Digest::of(&bytes);
        if got != offer.digest {
            let message =
                format!("`{}` is not what its list says; nothing was changed", offer.archive);
            return Err(Error::new(Kind::Verification, message)
                .detail(format!("wanted {}", offer.digest))
                .detail(format!("got    {got}")));
        }
        let programs = replace::unpack(&bytes, &offer.archive)?;
        replace::replace(&self.session.ctx.executable, programs)
    }

    /// Has a new goward put its shims into the store, if this one had any there.
    pub fn set_up(&self, goward: &Path) -> Result<()> {
        if !self.session.store()?.home().join(names::SHIMS_DIRECTORY).is_dir() {
            return Ok(());
        }
        if replace::runs(goward, &["setup", "--no-modify-path", "--quiet"]) {
            return Ok(());
        }
        Err(Error::new(Kind::Failed, "the shims are still those of the old goward")
            .hint("`goward setup`"))
    }

    fn directory(&self, version: &Version) -> Url {
        join(&join(&self.base, "download"), &format!("v{version}"))
    }
}
