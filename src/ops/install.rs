//! Select, fetch, verify, unpack, publish.
//!
//! A source delivers a stream; it is digested and unpacked into quarantine in one pass; what came
//! out is held against all evidence; only then the store publishes it. When a source fails, the
//! next one is asked, and if none delivers, the error has every reason.

use super::governing::{Origin, Toolchain};
use super::{Fetch, Session, pick};
use crate::archive::{self, Limits, Sink};
use crate::error::{Error, Kind, Result};
use crate::net::{Net, Progress};
use crate::platform::Platform;
use crate::project::lock::LockFile;
use crate::source::{
    Artifact, ArtifactKind, Body, DEFAULT_SOURCES, Listing, Source, SourceSpec, Wanted,
};
use crate::store::{Installed, Staging, Store};
use crate::verify::{
    Absent, Digest, Evidence, H1, Hashing, Level, Quarantine, Records, VerifiedTree,
};
use crate::version::GoVersion;
use goward_shim::names;
use std::io::{Read, Seek};
use std::path::Path;
use std::time::Duration;

/// How long to wait for another process that installs the same toolchain.
const PATIENCE: Duration = Duration::from_secs(600);

/// A toolchain that is wanted.
#[derive(Clone, Debug)]
pub struct Want {
    /// The release.
    pub version: GoVersion,
    /// The platform.
    pub platform: Platform,
    /// The hash it must have, and the lock that says so.
    pub locked: Option<Locked>,
    /// A level that the project demands; the user's floor holds besides.
    pub demand: Level,
    /// Whether what the hash does not cover is wanted too.
    pub full: bool,
}

/// What a lock says of a toolchain.
#[derive(Clone, Debug)]
pub struct Locked {
    /// Its hash.
    pub h1: String,
    /// The digest of its archive, if the lock has it.
    pub sha256: Option<String>,
    /// Where the lock is, for messages.
    pub path: String,
}

impl Want {
    /// Wants a release as it is published.
    pub fn new(version: GoVersion, platform: Platform) -> Self {
        Self { version, platform, locked: None, demand: Level::None, full: false }
    }

    /// Wants what the lock at `path` says for a platform.
    ///
    /// # Errors
    ///
    /// [`Kind::NotFound`] when the lock does not have the platform.
    pub fn locked(lock: &LockFile, platform: Platform, path: &Path) -> Result<Self> {
        let Some(entry) = lock.platforms.get(&platform) else {
            let message = format!("`{}` has no toolchain for {platform}", path.display());
            let manifest = names::MANIFEST_FILE;
            return Err(Error::new(Kind::NotFound, message).hint(format!(
                "add `{platform}` to `platforms` in `{manifest}` and run `goward lock`"
            )));
        };
        let (h1, sha256) = (entry.h1.clone(), entry.sha256.clone());
        let locked = Locked { h1, sha256, path: path.display().to_string() };
        Ok(Self { locked: Some(locked), ..Self::new(lock.version, platform) })
    }
}

/// A toolchain that is installed now.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Where it is, and how well it was verified.
    pub installed: Installed,
    /// Whether this run installed it.
    pub is_new: bool,
    /// Sources that failed before one delivered.
    pub warnings: Vec<String>,
}

/// What a release turned out to be, when only that was asked for.
#[derive(Clone, Debug)]
pub struct Identity {
    /// Its hash.
    pub h1: H1,
    /// Digest and size of the archive, if there was one.
    pub archive: Option<(Digest, u64)>,
    /// How well it was verified.
    pub level: Level,
}

impl Session {
    /// Installs what a request means.
    ///
    /// # Errors
    ///
    /// When nothing fits, or no source delivers it.
    pub fn install_for(
        &self,
        request: &str,
        platform: Platform,
        full: bool,
        fetch: &Fetch,
    ) -> Result<Outcome> {
        let request = pick::parse_request(request)?;
        let version = self.pick(&request, platform, fetch)?;
        self.install(&Want { full, ..Want::new(version, platform) }, fetch)
    }

    /// Installs the toolchain of the project here: what its lock says, else what its manifest or
    /// version files ask for.
    ///
    /// # Errors
    ///
    /// When there is no project, or, with `locked`, no lock that matches its manifest.
    pub fn install_project(
        &self,
        platform: Platform,
        locked: bool,
        full: bool,
        fetch: &Fetch,
    ) -> Result<Outcome> {
        let project = self.project()?;
        let path = &project.lock_path;
        if let Some(manifest) = &project.manifest {
            if locked {
                self.check_lock()?;
            } else if path.symlink_metadata().is_err() {
                self.lock(false, fetch)?;
            }
            let demand = manifest.demanded_level(Level::None);
            if let Some(lock) = LockFile::read(path)? {
                let want = Want::locked(&lock, platform, path)?;
                return self.install(&Want { demand, full, ..want }, fetch);
            }
        } else if let Some(lock) = LockFile::read(path)? {
            let want = Want::locked(&lock, platform, path)?;
            return self.install(&Want { full, ..want }, fetch);
        }
        if locked {
            return Err(Error::new(Kind::NotFound, format!("`{}` does not exist", path.display()))
                .hint("write it: `goward use REQUEST`, and commit it"));
        }
        let Some(wanted) = &project.wanted else {
            let here = self.ctx.cwd.display();
            return Err(Error::new(
                Kind::NotFound,
                format!("nothing in `{here}` or above asks for a Go"),
            )
            .hint("name one: `goward install stable`")
            .hint("or choose one for this project: `goward use stable`"));
        };
        let version = self
            .pick(&wanted.request, platform, fetch)
            .map_err(|error| error.detail(format!("wanted by `{wanted}`")))?;
        self.install(&Want { full, ..Want::new(version, platform) }, fetch)
    }

    /// Installs the toolchain that governs a call.
    ///
    /// # Errors
    ///
    /// As [`Session::install`].
    pub fn install_governing(&self, toolchain: &Toolchain, fetch: &Fetch) -> Result<Outcome> {
        let locked = match &toolchain.origin {
            Origin::Default(path) | Origin::Lock(path) => Some(Locked {
                h1: toolchain.h1.clone(),
                sha256: toolchain.sha256.clone(),
                path: path.display().to_string(),
            }),
            Origin::Request(_) => None,
        };
        self.install(&Want { locked, ..Want::new(toolchain.version, Platform::host()) }, fetch)
    }

    /// Installs a toolchain, unless it is installed.
    ///
    /// # Errors
    ///
    /// [`Kind::Verification`] when a source delivered something else, [`Kind::Network`] or
    /// [`Kind::NotFound`] when none delivered anything; nothing is installed then.
    pub fn install(&self, want: &Want, fetch: &Fetch) -> Result<Outcome> {
        let store = self.store()?;
        store.recover()?;
        self.place_shims()?;
        if let Some(installed) = self.present(&store, want, fetch)? {
            store.ensure_root(&installed)?;
            return Ok(Outcome { installed, is_new: false, warnings: Vec::new() });
        }
        let name = format!("{}-{}", want.version, want.platform.lock_name());
        let mut told = false;
        let _lock = store.lock(&name, "install", PATIENCE, &mut |holder| {
            if !std::mem::replace(&mut told, true) {
                self.ui.say(&format!("waiting for {holder}"));
            }
        })?;
        // Somebody else may have installed it while this process waited.
        if let Some(installed) = self.present(&store, want, fetch)? {
            return Ok(Outcome { installed, is_new: false, warnings: Vec::new() });
        }
        let (delivery, warnings) = self.obtain(&store, want, fetch)?;
        let installed = store.publish(&delivery.tree, &delivery.source)?;
        drop(delivery.staging);
        Ok(Outcome { installed, is_new: true, warnings })
    }

    /// Fetches and verifies a release without keeping it.
    ///
    /// # Errors
    ///
    /// As [`Session::install`].
    pub fn identify(&self, want: &Want, fetch: &Fetch) -> Result<Identity> {
        let store = self.store()?;
        store.recover()?;
        let (delivery, _) = self.obtain(&store, want, fetch)?;
        let tree = &delivery.tree;
        Ok(Identity { h1: tree.h1().clone(), archive: tree.archive(), level: tree.level() })
    }

    /// Returns the installed toolchain, if it is all that is wanted.
    fn present(&self, store: &Store, want: &Want, fetch: &Fetch) -> Result<Option<Installed>> {
        let h1 = want.locked.as_ref().and_then(|locked| H1::parse(&locked.h1));
        let Some(installed) = store.find(want.version, want.platform, h1.as_ref())? else {
            return Ok(None);
        };
        let floor = self.floor(want, fetch)?;
        let enough = installed.receipt.level >= floor && (!want.full || installed.receipt.extra);
        Ok(enough.then_some(installed))
    }

    /// Returns the weakest level that both the user and the project accept.
    fn floor(&self, want: &Want, fetch: &Fetch) -> Result<Level> {
        let user = self.config.floor(&self.ctx, fetch.accept)?;
        Ok(user.max(want.demand))
    }

    /// Asks the sources in turn, until one delivers what is wanted.
    fn obtain(&self, store: &Store, want: &Want, fetch: &Fetch) -> Result<(Delivery, Vec<String>)> {
        let mut failures: Vec<(String, Error)> = Vec::new();
        for source in self.sources(fetch)? {
            match self.deliver(store, want, source.as_ref(), fetch) {
                Ok(delivery) => {
                    let warnings = failures
                        .iter()
                        .map(|(name, error)| format!("{name}: {}", pick::one_line(error)));
                    return Ok((delivery, warnings.collect()));
                }
                Err(error) => failures.push((source.name().to_owned(), error)),
            }
        }
        Err(nobody_delivered(want, failures))
    }

    /// Fetches from one source into quarantine, and verifies.
    fn deliver(
        &self,
        store: &Store,
        want: &Want,
        source: &dyn Source,
        fetch: &Fetch,
    ) -> Result<Delivery> {
        let bar = self.ui.bar(&format!("{} {}", want.version, source.name()));
        let shown = bar.clone();
        let progress = Box::new(move |done, total: Option<u64>| {
            if let Some(total) = total {
                shown.set_length(total);
            }
            shown.set_position(done);
        });
        let delivered = self.unpack(store, want, source, progress, fetch);
        bar.finish_and_clear();
        delivered
    }

    /// Opens an artifact of a source, unpacks it into quarantine, and holds it against the evidence.
    fn unpack(
        &self,
        store: &Store,
        want: &Want,
        source: &dyn Source,
        progress: Progress,
        fetch: &Fetch,
    ) -> Result<Delivery> {
        let label = format!("{}-{}", want.version, want.platform.lock_name());
        let record = Records::built_in().get(want.version, want.platform);
        let wanted = Wanted {
            version: want.version,
            platform: want.platform,
            size: None,
            // Where the record has the hash, what the source lists adds nothing.
            ask_digest: record.is_none_or(|record| record.h1.is_none()),
        };
        let mut artifact = source.open(&wanted, &store.downloads(), progress)?;
        let staging = store.stage(&label)?;
        let mut quarantine = Quarantine::new(staging.path(), want.full)?;
        let evidence = self.evidence(want, &artifact, fetch)?;
        let archive = fill(&mut quarantine, &mut artifact, want.version)?;
        let evidence = Evidence { archive, ..evidence };
        let tree = quarantine.finish(want.version, want.platform)?.verify(&evidence)?;
        Ok(Delivery { tree, staging, source: source.name().to_owned() })
    }

    /// Collects what is known about a toolchain before its bytes are looked at.
    fn evidence(&self, want: &Want, artifact: &Artifact, fetch: &Fetch) -> Result<Evidence> {
        let locked = want.locked.as_ref();
        Ok(Evidence {
            archive: None,
            listed: match &artifact.listing {
                Listing::Sha256(digest) => Digest::parse(digest),
                Listing::CheckedByPip | Listing::Nothing => None,
            },
            listed_by_index: artifact.listing == Listing::CheckedByPip,
            locked_h1: locked.and_then(|locked| H1::parse(&locked.h1)),
            locked_sha256: locked.and_then(|locked| Digest::parse(locked.sha256.as_deref()?)),
            record: Records::built_in().get(want.version, want.platform).cloned(),
            floor: self.floor(want, fetch)?,
            origin: artifact.origin.clone(),
            lock: locked.map(|locked| locked.path.clone()).unwrap_or_default(),
        })
    }

    /// Returns the sources to ask, in order.
    ///
    /// # Errors
    ///
    /// For a source that does not exist.
    pub(super) fn sources(&self, fetch: &Fetch) -> Result<Vec<Box<dyn Source>>> {
        let named = self.config.sources(&self.ctx, fetch.source.as_deref())?;
        let specs = SourceSpec::parse(named.as_deref().unwrap_or(DEFAULT_SOURCES))?;
        let net = Net::new(&self.ctx, self.config.http_hosts.clone())?;
        crate::source::sources(&specs, &self.ctx, &net)
    }
}

/// A verified tree in its staging directory.
struct Delivery {
    tree: VerifiedTree,
    staging: Staging,
    source: String,
}

/// Unpacks an artifact into quarantine; returns digest and size of the archive, if it is of the
/// kind that Go publishes.
fn fill(
    quarantine: &mut Quarantine,
    artifact: &mut Artifact,
    version: GoVersion,
) -> Result<Option<(Digest, u64)>> {
    let limits = Limits::default();
    let (name, kind) = (&artifact.name, artifact.kind);
    let body = &mut artifact.body;
    let mut sink =
        |path: &_, size, contents: &mut dyn Read| quarantine.write_file(path, size, contents);
    let unpacked = match (kind, body.file().is_some()) {
        (ArtifactKind::TarGz, _) => {
            let mut digesting = Hashing::new(&mut *body);
            archive::tar_gz::unpack(name, &mut digesting, &limits, &mut sink)
                .map(|_| Some(digesting.finish()))
        }
        (ArtifactKind::Zip, true) => unpack_zip(name, body, &limits, &mut sink).map(Some),
        (ArtifactKind::Wheel, true) => {
            let files = Absent::of(version).map(|absent| absent.files).unwrap_or_default();
            let unpacked = match body.file() {
                Some(file) => archive::wheel::unpack(name, file, &limits, &mut sink),
                None => Ok(archive::Contents::default()),
            };
            for (path, digest) in files {
                quarantine.add_absent(path, digest);
            }
            unpacked.map(|_| None)
        }
        (ArtifactKind::Zip | ArtifactKind::Wheel, false) => {
            Err(Error::new(Kind::Failed, format!("`{name}` is not a file")))
        }
    };
    // A parser says that its input ended; the network knows why.
    unpacked.map_err(|error| artifact.body.failure().unwrap_or(error))
}

/// Digests a zip archive, then unpacks it: its directory is at its end.
fn unpack_zip(
    name: &str,
    body: &mut Body,
    limits: &Limits,
    sink: &mut Sink,
) -> Result<(Digest, u64)> {
    let Some(file) = body.file() else {
        return Err(Error::new(Kind::Failed, format!("`{name}` is not a file")));
    };
    let mut digesting = Hashing::new(&mut *file);
    std::io::copy(&mut digesting, &mut std::io::sink())?;
    let digest = digesting.finish();
    file.rewind()?;
    archive::zip::unpack(name, file, limits, sink)?;
    Ok(digest)
}

/// Puts the failures of all sources into one report, of the most serious kind.
fn nobody_delivered(want: &Want, mut failures: Vec<(String, Error)>) -> Error {
    if failures.len() == 1
        && let Some((_, error)) = failures.pop()
    {
        return error;
    }
    let has = |kind| failures.iter().any(|(_, error)| error.kind() == kind);
    let kind = [Kind::Verification, Kind::Failed, Kind::Network, Kind::NotFound]
        .into_iter()
        .find(|kind| has(*kind))
        .unwrap_or(Kind::Failed);
    let message = format!("no source delivers {} for {}", want.version, want.platform);
    let error = failures.iter().fold(Error::new(kind, message), |report, (name, error)| {
        let report = report.detail(format!("{name}: {}", error.message()));
        error.details().iter().fold(report, |report, detail| report.detail(format!("  {detail}")))
    });
    error.detail("nothing was installed").hint(
        "name another source: `--source https://mirror.example/dl` or `--source file:///directory`",
    )
}
