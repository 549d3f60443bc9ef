//! Requests to install something, and their outcomes.

use crate::error::{Error, Kind, Result};
use crate::platform::Platform;
use crate::project::lock::{LockFile, LockedHead, LockedPlatform};
use crate::source::Source;
use crate::store::{InstalledToolchain, Receipt};
use crate::verify::sumdb::Logged;
use crate::verify::{Digest, H1, Level};
use crate::version::GoVersion;
use goward_shim::names;
use std::path::{Path, PathBuf};

/// A toolchain that is wanted.
#[derive(Clone, Debug)]
pub struct ToolchainRequest {
    /// The release.
    pub version: GoVersion,
    /// The platform.
    pub platform: Platform,
    /// The hash it must have, and the lock that says so.
    pub locked: Option<LockEntry>,
    /// A level that the project demands; the user's floor holds besides.
    pub demand: Level,
    /// Whether what the hash does not cover is wanted too.
    pub full: bool,
}

/// What a lock says of a toolchain.
#[derive(Clone, Debug)]
pub struct LockEntry {
    /// Its hash.
    pub h1: String,
    /// The digest of its archive, if the lock has it.
    pub sha256: Option<String>,
    /// The head of the checksum database that the lock was made under.
    pub head: Option<LockedHead>,
    /// Where the lock is, for messages.
    pub path: String,
    /// The name of the linked toolchain that it wants, if its level is that.
    pub link: Option<String>,
}

impl LockEntry {
    /// Returns the lock, if it is that of a project: not the default, and not what else names a hash.
    pub(crate) fn file(&self) -> Option<&Path> {
        let path = Path::new(&self.path);
        let is_lock = path.file_name().is_some_and(|name| name == names::LOCK_FILE);
        (is_lock && path.is_absolute()).then_some(path)
    }
}

impl ToolchainRequest {
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
            return Err(Error::new(Kind::NotFound, message)
                .hint(format!("add it: `goward use --platform {platform}`")));
        };
        let (h1, sha256) = (entry.h1.clone(), entry.sha256.clone());
        let head = lock.head.clone();
        let link = (lock.level == Level::Linked).then(|| lock.request.clone());
        let locked = LockEntry { h1, sha256, head, path: path.display().to_string(), link };
        Ok(Self { locked: Some(locked), ..Self::new(lock.version, platform) })
    }
}

/// Where a toolchain comes from, and who says what it is.
pub enum InstallSource<'a> {
    /// The user's sources, and the checksum database.
    Sources,
    /// This source alone, with what is proved already.
    Given { source: &'a dyn Source, logged: Option<&'a Logged> },
}

/// A toolchain that is installed now.
#[derive(Clone, Debug)]
pub struct InstallOutcome {
    /// Where it is, and how well it was verified.
    pub installed: InstalledToolchain,
    /// Whether this run installed it.
    pub is_new: bool,
    /// Sources that failed before one delivered, and what is odd about release and pins.
    pub warnings: Vec<String>,
    /// What was done besides.
    pub notes: Vec<String>,
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

/// Returns what a lock has of an installed toolchain.
pub(crate) fn locked_as(receipt: &Receipt) -> LockedPlatform {
    let (sha256, size) = archive_of(receipt.archive);
    LockedPlatform { h1: receipt.h1.to_string(), sha256, size }
}

/// Returns digest and size of an archive as a lock has them.
pub(crate) fn archive_of(archive: Option<(Digest, u64)>) -> (Option<String>, Option<u64>) {
    (archive.map(|(digest, _)| digest.to_string()), archive.map(|(_, size)| size))
}

/// How to fetch and judge toolchains, as far as the command line says.
#[derive(Clone, Debug, Default)]
pub struct Fetch {
    /// `--source`.
    pub source: Option<String>,
    /// `--accept`.
    pub accept: Option<Level>,
    /// Whether the command has that option.
    pub has_option: bool,
    /// `--cache`: where archives are kept.
    pub cache: Option<PathBuf>,
    /// `--no-local`.
    pub no_local: bool,
    /// `--verbose`.
    pub verbose: bool,
}
