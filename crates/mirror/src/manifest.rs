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
    pub(crate) deltas: BTreeMap<DeltaKey, DeltaEntry>,
    /// Signed heads as notes, oldest first.
    pub(crate) heads: Vec<String>,
}

/// A toolchain in a mirror.
#[derive(Clone, Debug)]
pub(crate) struct MirrorEntry {
    pub(crate) h1: H1,
    pub(crate) level: Level,
    /// The release archive; none where only the module could be had.
    pub(crate) archive: Option<StoredFile>,
    /// The module.
    pub(crate) zip: StoredFile,
}

/// What a delta is between.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct DeltaKey {
    pub(crate) from: GoVersion,
    pub(crate) to: GoVersion,
    pub(crate) platform: Platform,
}

/// A delta in a mirror.
#[derive(Clone, Debug)]
pub(crate) struct DeltaEntry {
    /// The hashes of the trees that it is between.
    pub(crate) ends: [H1; 2],
    pub(crate) file: StoredFile,
}

#[derive(Deserialize, Serialize)]
struct Written {
    schema: u32,
    toolchains: Vec<StoredToolchain>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    deltas: Vec<StoredDelta>,
    heads: Vec<String>,
}

#[derive(Deserialize, Serialize)]
struct StoredToolchain {
    version: String,
    platform: String,
    h1: String,
    level: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    archive: Option<StoredFileEntry>,
    zip: StoredFileEntry,
}

#[derive(Deserialize, Serialize)]
struct StoredDelta {
    from: String,
    to: String,
    platform: String,
    h1: [String; 2],
    file: StoredFileEntry,
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
                archive: match toolchain.archive {
                    Some(archive) => Some(archive.read()?),
                    None => None,
                },
                zip: toolchain.zip.read()?,
            };
            Some(((version, Platform::parse(&toolchain.platform).ok()?), held))
        };
        let toolchains = written.toolchains.into_iter().map(read).collect::<Option<_>>()?;
        let read = |delta: StoredDelta| {
            let [from, to] = [&delta.from, &delta.to].map(|text| GoVersion::parse(text).ok());
            let platform = Platform::parse(&delta.platform).ok()?;
            let [old, new] = [&delta.h1[0], &delta.h1[1]].map(|text| H1::parse(text));
            let entry = DeltaEntry { ends: [old?, new?], file: delta.file.read()? };
            Some((DeltaKey { from: from?, to: to?, platform }, entry))
        };
        let deltas = written.deltas.into_iter().map(read).collect::<Option<_>>()?;
        Some(Self { toolchains, deltas, heads: written.heads })
    }

    /// Returns the text of the manifest.
    pub(crate) fn render(&self) -> String {
        let toolchains =
            self.toolchains.iter().map(|((version, platform), held)| StoredToolchain {
                version: version.to_string(),
                platform: platform.to_string(),
                h1: held.h1.to_string(),
                level: held.level.name().to_owned(),
                archive: held.archive.as_ref().map(StoredFileEntry::of),
                zip: StoredFileEntry::of(&held.zip),
            });
        let deltas = self.deltas.iter().map(|(key, delta)| StoredDelta {
            from: key.from.to_string(),
            to: key.to.to_string(),
            platform: key.platform.to_string(),
            h1: delta.ends.each_ref().map(ToString::to_string),
            file: StoredFileEntry::of(&delta.file),
        });
        let written = Written {
            schema: SCHEMA,
            toolchains: toolchains.collect(),
            deltas: deltas.collect(),
            heads: self.heads.clone(),
        };
        // Strings and numbers can always be written.
        serde_json::to_string_pretty(&written).unwrap_or_default() + "\n"
    }

    /// Returns the release index for the toolchains, newest first, as go.dev writes it. A release of which
    /// there are only modules stands there without files, so that goward asks for their list.
    pub(crate) fn release_index(&self) -> String {
        let mut releases: BTreeMap<GoVersion, Vec<serde_json::Value>> = BTreeMap::new();
        for ((version, platform), held) in &self.toolchains {
            let files = releases.entry(*version).or_default();
            let Some(archive) = &held.archive else { continue };
            let name = platform.archive_name(*version);
            let arch = name
                .strip_prefix(&format!("{version}.{}-", platform.os()))
                .and_then(|rest| rest.split('.').next())
                .unwrap_or(platform.arch());
            files.push(serde_json::json!({
                "filename": name,
                "os": platform.os(),
                "arch": arch,
                "version": version.to_string(),
                "sha256": archive.sha256.to_string(),
                "size": archive.size,
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
