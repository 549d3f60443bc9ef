//! Notes of goward about a mirror, in the mirror itself: which toolchain each file is, and the heads of
//! the log that readers of the mirror may have seen. Clients do not read it and it proves nothing to
//! anybody; it saves whoever maintains the mirror from fetching everything again.

use crate::storage::StoredFile;
use goward_core::platform::Platform;
use goward_core::verify::{Digest, H1, Level};
use goward_core::version::GoVersion;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The only version of the format so far.
const SCHEMA: u32 = 1;

/// What a mirror holds.
#[derive(Debug, Default)]
pub(crate) struct Manifest {
    pub(crate) toolchains: BTreeMap<(GoVersion, Platform), MirrorEntry>,
    /// Signed heads as notes, oldest first.
    pub(crate) heads: Vec<String>,
}

/// A toolchain in a mirror.
#[derive(Clone, Debug)]
pub(crate) struct MirrorEntry {
    pub(crate) h1: H1,
    pub(crate) level: Level,
    /// The release archive.
    pub(crate) archive: StoredFile,
    /// The module.
    pub(crate) zip: StoredFile,
}

#[derive(Deserialize, Serialize)]
struct Written {
    schema: u32,
    toolchains: Vec<StoredToolchain>,
    heads: Vec<String>,
}

#[derive(Deserialize, Serialize)]
struct StoredToolchain {
    version: String,
    platform: String,
    h1: String,
    level: String,
    archive: StoredFileEntry,
    zip: StoredFileEntry,
}

#[derive(Deserialize, Serialize)]
struct StoredFileEntry {
    sha256: String,
    size: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    etag: Option<String>,
}

impl Manifest {
    /// Reads a manifest; `None` when it is not one.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let written: Written = serde_json::from_slice(bytes).ok()?;
        if written.schema != SCHEMA {
            return None;
        }
        let read = |toolchain: StoredToolchain| {
            let version = GoVersion::parse(&toolchain.version).ok()?;
            let held = MirrorEntry {
                h1: H1::parse(&toolchain.h1)?,
                level: Level::parse(&toolchain.level)?,
                archive: toolchain.archive.read()?,
                zip: toolchain.zip.read()?,
            };
            Some(((version, Platform::parse(&toolchain.platform).ok()?), held))
        };
        let toolchains = written.toolchains.into_iter().map(read).collect::<Option<_>>()?;
        Some(Self { toolchains, heads: written.heads })
    }

    /// Returns the text of the manifest.
    pub(crate) fn render(&self) -> String {
        let toolchains =
            self.toolchains.iter().map(|((version, platform), held)| StoredToolchain {
                version: version.to_string(),
                platform: platform.to_string(),
                h1: held.h1.to_string(),
                level: held.level.name().to_owned(),
                archive: StoredFileEntry::of(&held.archive),
                zip: StoredFileEntry::of(&held.zip),
            });
        let written =
            Written { schema: SCHEMA, toolchains: toolchains.collect(), heads: self.heads.clone() };
        // Strings and numbers can always be written.
        serde_json::to_string_pretty(&written).unwrap_or_default() + "\n"
    }

    /// Returns the release index for the toolchains, newest first, as go.dev writes it.
    pub(crate) fn release_index(&self) -> String {
        let mut releases: BTreeMap<GoVersion, Vec<serde_json::Value>> = BTreeMap::new();
        for ((version, platform), held) in &self.toolchains {
            let name = platform.archive_name(*version);
            let arch = name
                .strip_prefix(&format!("{version}.{}-", platform.os()))
                .and_then(|rest| rest.split('.').next())
                .unwrap_or(platform.arch());
            releases.entry(*version).or_default().push(serde_json::json!({
                "filename": name,
                "os": platform.os(),
                "arch": arch,
                "version": version.to_string(),
                "sha256": held.archive.sha256.to_string(),
                "size": held.archive.size,
                "kind": "archive",
            }));
        }
        let releases: Vec<_> = releases
            .into_iter()
            .rev()
            .map(|(version, files)| {
                serde_json::json!({
                    "version": version.to_string(), "stable": version.is_final(), "files": files,
                })
            })
            .collect();
        format!("{:#}\n", serde_json::Value::from(releases))
    }

    /// Returns the versions that the module proxy lists.
    pub(crate) fn module_list(&self) -> String {
        let line =
            |(version, platform): &(GoVersion, Platform)| platform.module_version(*version) + "\n";
        self.toolchains.keys().map(line).collect()
    }
}

impl StoredFileEntry {
    fn of(stored: &StoredFile) -> Self {
        let (sha256, etag) = (stored.sha256.to_string(), stored.etag.clone());
        Self { sha256, size: stored.size, etag }
    }

    fn read(self) -> Option<StoredFile> {
        Some(StoredFile { sha256: Digest::parse(&self.sha256)?, size: self.size, etag: self.etag })
    }
}
