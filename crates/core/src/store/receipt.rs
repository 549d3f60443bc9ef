//! The receipt of an installed toolchain: `meta/<key>`, the point from which it is installed.
//!
//! JSON, so that people and scripts can read it. It is written whole and in place by a rename; one
//! that cannot be read is as good as none.

use crate::fs;
use crate::platform::Platform;
use crate::store::error::{Result, StoreError};
use crate::store::{InstalledToolchain, LinkTarget, Room, Shims, TreeHash, durable, key};
use crate::verify::{Digest, H1, Level};
use crate::version::GoVersion;
use serde::{Deserialize, Serialize};
use std::io::{ErrorKind, Read};
use std::path::Path;

/// The schema that this goward reads and writes.
const SCHEMA: u32 = 2;

/// Largest receipt, in bytes.
const MAX_SIZE: u64 = 64 << 10;

/// What is known about an installed toolchain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Its version.
    pub version: GoVersion,
    /// Its platform.
    pub platform: Platform,
    /// Its identity, absent files included.
    pub h1: H1,
    /// Digest and size of the release archive it came from, if it came from one.
    pub archive: Option<(Digest, u64)>,
    /// How well it was verified.
    pub level: Level,
    /// The number of its record in the checksum database, and the size of the tree that was proved to
    /// have it, if it was.
    pub logged: Option<(u64, u64)>,
    /// Where it came from, safe to print.
    pub source: String,
    /// Number of files in the tree.
    pub files: u64,
    /// Their size together.
    pub bytes: u64,
    /// Files that the hash covers but that were left out of the packaging: path and digest.
    pub absent: Vec<(String, Digest)>,
    /// Whether everything that the hash does not cover is installed too.
    pub full: bool,
    /// The digest of what is installed of that.
    pub uncovered: Option<Digest>,
    /// Its copies of the shim, if its programs run here.
    pub shims: Option<Shims>,
    /// The room that it takes on disk, unless that has to be measured.
    pub disk: Option<Room>,
    /// The directory of the machine that it is, at level `linked` and no other.
    pub linked: Option<LinkTarget>,
}

/// The same as it is written.
#[derive(Deserialize, Serialize)]
struct StoredReceipt {
    schema: u32,
    version: String,
    platform: String,
    h1: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    archive_sha256: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    archive_size: Option<u64>,
    level: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    log_record: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    log_size: Option<u64>,
    source: String,
    files: u64,
    bytes: u64,
    absent: Vec<StoredMissingFile>,
    full: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    uncovered_sha256: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    shims: Option<Shims>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    disk: Option<Room>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    linked: Option<LinkTarget>,
}

#[derive(Deserialize, Serialize)]
struct StoredMissingFile {
    path: String,
    sha256: String,
}

impl Receipt {
    /// Returns the receipt of a directory of the machine, as it was read.
    pub fn of_linked(
        version: GoVersion,
        platform: Platform,
        found: &TreeHash,
        linked: LinkTarget,
    ) -> Self {
        Self {
            version,
            platform,
            h1: found.h1.clone(),
            archive: None,
            level: Level::Linked,
            logged: None,
            source: format!("link:{}", linked.path),
            files: found.files.len() as u64,
            bytes: found.bytes(),
            absent: Vec::new(),
            full: false,
            uncovered: None,
            shims: None,
            disk: None,
            linked: Some(linked),
        }
    }

    /// Returns the toolchain's name in the store.
    pub fn key(&self) -> String {
        key(self.version, self.platform, &self.h1)
    }

    /// Returns true for a receipt of a schema that this goward does not know.
    pub(super) fn is_newer(path: &Path) -> bool {
        #[derive(Deserialize)]
        struct Schema {
            schema: u32,
        }
        let text = fs::read_regular(path, MAX_SIZE).unwrap_or_default();
        serde_json::from_slice(&text).is_ok_and(|found: Schema| found.schema > SCHEMA)
    }

    /// Reads JSON; `None` for anything that is not a receipt of this schema.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let written: StoredReceipt = serde_json::from_slice(text).ok()?;
        if written.schema != SCHEMA {
            return None;
        }
        let archive = match (written.archive_sha256, written.archive_size) {
            (Some(sha256), Some(size)) => Some((Digest::parse(&sha256)?, size)),
            (None, None) => None,
            _ => return None,
        };
        let level = Level::parse(&written.level)?;
        if (level == Level::Linked) != written.linked.is_some() {
            return None;
        }
        let absent = written.absent.into_iter();
        let absent = absent.map(|file| Some((file.path, Digest::parse(&file.sha256)?)));
        Some(Self {
            version: GoVersion::parse(&written.version).ok()?,
            platform: Platform::find(&written.platform)?,
            h1: H1::parse(&written.h1)?,
            archive,
            level,
            logged: written.log_record.zip(written.log_size),
            source: written.source,
            files: written.files,
            bytes: written.bytes,
            absent: absent.collect::<Option<_>>()?,
            full: written.full,
            uncovered: match written.uncovered_sha256 {
                Some(sha256) => Some(Digest::parse(&sha256)?),
                None => None,
            },
            shims: written.shims,
            disk: written.disk,
            linked: written.linked,
        })
    }

    /// Returns the receipt as JSON, with a final newline.
    pub fn render(&self) -> String {
        let absent = self.absent.iter();
        let written = StoredReceipt {
            schema: SCHEMA,
            version: self.version.to_string(),
            platform: self.platform.to_string(),
            h1: self.h1.to_string(),
            archive_sha256: self.archive.map(|(sha256, _)| sha256.to_string()),
            archive_size: self.archive.map(|(_, size)| size),
            level: self.level.to_string(),
            log_record: self.logged.map(|(record, _)| record),
            log_size: self.logged.map(|(_, size)| size),
            source: self.source.clone(),
            files: self.files,
            bytes: self.bytes,
            absent: absent
                .map(|(path, sha256)| StoredMissingFile {
                    path: path.clone(),
                    sha256: sha256.to_string(),
                })
                .collect(),
            full: self.full,
            uncovered_sha256: self.uncovered.map(|sha256| sha256.to_string()),
            shims: self.shims.clone(),
            disk: self.disk,
            linked: self.linked.clone(),
        };
        // Strings, numbers and lists of them always have a JSON form.
        serde_json::to_string_pretty(&written).unwrap_or_default() + "\n"
    }

    /// Reads the file at `path`; `None` when it is not there or not a receipt.
    pub(super) fn read(path: &Path) -> Result<Option<Self>> {
        // Neither a link nor a pipe is a receipt, and no pipe is waited for.
        let file = match fs::OpenOptions::new().read(true).never_follow().open(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(_) if fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink()) => {
                return Ok(None);
            }
            opened => opened?,
        };
        let metadata = file.metadata()?;
        if !metadata.is_file() || metadata.len() > MAX_SIZE {
            return Ok(None);
        }
        // Room for all of it and its end: two reads, not one for every few bytes.
        let mut text = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or_default() + 1);
        file.take(MAX_SIZE).read_to_end(&mut text)?;
        Ok(Self::parse(&text))
    }

    /// Writes `<meta>/<key>` so that it is there whole or not at all, whatever happens meanwhile.
    /// `scratch` is a private directory on the same file system.
    pub(super) fn write(&self, meta: &Path, scratch: &Path) -> std::io::Result<()> {
        durable::place_file(&self.render(), &meta.join(self.key()), scratch)
    }
}

/// Refuses a toolchain whose name in the store is that of another one, which is installed.
pub(super) fn check_name(receipt: &Receipt, installed: Option<&InstalledToolchain>) -> Result<()> {
    let (ours, Some(theirs)) = (&receipt.h1, installed.map(|other| &other.receipt.h1)) else {
        return Ok(());
    };
    if ours == theirs {
        return Ok(());
    }
    let (installed, received) = (theirs.clone(), ours.clone());
    Err(StoreError::NameTaken { key: receipt.key(), installed, received })
}
