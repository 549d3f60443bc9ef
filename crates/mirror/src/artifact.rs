//! Form of a toolchain in an OCI registry: written by `goward mirror create`, read by the
//! source `oci://`.
//!
//! A release is an index under the tag `go1.27.1` with one manifest for each platform, which is also
//! tagged `go1.27.1-linux-amd64`; a manifest has one layer, the release archive as it is. A delta has a
//! manifest of its own, under the tag `go1.27.1-go1.27.3-linux-amd64`. None of it is trusted: it leads to
//! an archive, which is then verified like any other, or to a delta, whose result is.

use crate::registry;
use goward_core::error::{Error, Kind, Result, untrusted};
use goward_core::platform::Platform;
use goward_core::version::GoVersion;
use serde_json::{Value, json};

/// What the manifests are of.
const ARTIFACT: &str = "application/vnd.goward.toolchain.v1";

/// What the manifest of a delta is of, and its layer.
const DELTA: &str = "application/vnd.goward.delta.v1";

/// The annotation with the hash of the toolchain.
const H1: &str = "dev.goward.h1";

/// The annotation with the hash of the toolchain that a delta begins with.
const FROM: &str = "dev.goward.from";

/// The annotation with the name of the archive.
const TITLE: &str = "org.opencontainers.image.title";

/// An object without content, which a manifest has to have as its configuration.
pub const EMPTY: &[u8] = b"{}";

/// The digest of [`EMPTY`].
pub const EMPTY_DIGEST: &str =
    "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";

/// The manifest of one platform in an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What it runs on.
    pub platform: Platform,
    /// The digest of its manifest, as in `sha256:...`.
    pub digest: String,
    /// The size of its manifest.
    pub size: u64,
    /// The hash that whoever wrote it says it has.
    pub h1: String,
}

/// An archive in a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// Its digest, 64 hexadecimal digits.
    pub sha256: String,
    /// Its size.
    pub size: u64,
}

impl Layer {
    /// Returns the digest as a registry names it.
    pub fn digest(&self) -> String {
        format!("sha256:{}", self.sha256)
    }
}

/// Returns the tag of a release.
pub fn release_tag(version: GoVersion) -> String {
    version.to_string()
}

/// Returns the tag of a release on one platform.
pub fn platform_tag(version: GoVersion, platform: Platform) -> String {
    format!("{version}-{}", platform.lock_name())
}

/// Reads the tag of a release on one platform.
pub(super) fn parse_platform_tag(tag: &str) -> Option<(GoVersion, Platform)> {
    let (version, platform) = tag.split_once('-')?;
    let (version, platform) = (GoVersion::parse(version).ok()?, Platform::find(platform)?);
    (platform_tag(version, platform) == tag).then_some((version, platform))
}

/// Returns the tag of a delta from one release to another.
pub fn delta_tag(from: GoVersion, to: GoVersion, platform: Platform) -> String {
    format!("{from}-{to}-{}", platform.lock_name())
}

/// Writes the manifest of a delta between toolchains with these hashes.
pub fn delta_manifest(ends: [&str; 2], layer: &Layer) -> Vec<u8> {
    let annotations = json!({ FROM: ends[0], H1: ends[1] });
    write_manifest(DELTA, DELTA, layer, &json!({}), &annotations)
}

/// Returns the hashes of the toolchains that a delta is between, as its manifest says.
pub fn delta_ends(manifest: &[u8]) -> Option<[String; 2]> {
    let value: Value = serde_json::from_slice(manifest).ok()?;
    let annotation = |name| value["annotations"][name].as_str().map(str::to_owned);
    Some([annotation(FROM)?, annotation(H1)?])
}

/// Writes the manifest of one platform.
pub fn manifest(version: GoVersion, platform: Platform, h1: &str, layer: &Layer) -> Vec<u8> {
    let name = platform.archive_name(version);
    let kind = if name.ends_with("gz") {
        "application/vnd.oci.image.layer.v1.tar+gzip"
    } else {
        "application/zip"
    };
    let annotations = json!({ H1: h1, "org.opencontainers.image.version": version.to_string() });
    write_manifest(ARTIFACT, kind, layer, &json!({ TITLE: name }), &annotations)
}

/// Writes a manifest of `artifact` with one layer, of `kind`.
fn write_manifest(
    artifact: &str,
    kind: &str,
    layer: &Layer,
    of_layer: &Value,
    annotations: &Value,
) -> Vec<u8> {
    let value = json!({
        "schemaVersion": 2,
        "mediaType": registry::MANIFEST,
        "artifactType": artifact,
        "config": {
            "mediaType": "application/vnd.oci.empty.v1+json",
            "digest": EMPTY_DIGEST,
            "size": EMPTY.len(),
        },
        "layers": [{
            "mediaType": kind,
            "digest": layer.digest(),
            "size": layer.size,
            "annotations": of_layer,
        }],
        "annotations": annotations,
    });
    value.to_string().into_bytes()
}

/// Writes the index of a release.
pub fn index(version: GoVersion, entries: &[Entry]) -> Vec<u8> {
    let entries: Vec<Value> = entries
        .iter()
        .map(|entry| {
            json!({
                "mediaType": registry::MANIFEST,
                "artifactType": ARTIFACT,
                "digest": entry.digest,
                "size": entry.size,
                "platform": { "os": entry.platform.os(), "architecture": entry.platform.arch() },
                "annotations": { H1: entry.h1 },
            })
        })
        .collect();
    let value = json!({
        "schemaVersion": 2,
        "mediaType": registry::INDEX,
        "artifactType": ARTIFACT,
        "manifests": entries,
        "annotations": { "org.opencontainers.image.version": version.to_string() },
    });
    value.to_string().into_bytes()
}

/// Reads an index; entries for platforms that goward does not know are passed over.
pub fn parse_index(bytes: &[u8]) -> Result<Vec<Entry>> {
    let value: Value =
        serde_json::from_slice(bytes).map_err(|error| strange(&error.to_string()))?;
    let manifests =
        value["manifests"].as_array().ok_or_else(|| strange("it lists no manifests"))?;
    let mut entries: Vec<Entry> = Vec::new();
    for found in manifests {
        let (os, arch) = (&found["platform"]["os"], &found["platform"]["architecture"]);
        let (Some(os), Some(arch)) = (os.as_str(), arch.as_str()) else { continue };
        let Some(platform) = Platform::find(&format!("{os}-{arch}")) else { continue };
        if entries.iter().any(|entry| entry.platform == platform) {
            return Err(strange("it lists a platform twice"));
        }
        let digest = found["digest"].as_str().filter(|digest| find_sha256(digest).is_some());
        entries.push(Entry {
            platform,
            digest: digest.ok_or_else(|| strange("a digest is not one"))?.to_owned(),
            size: found["size"].as_u64().unwrap_or_default(),
            h1: found["annotations"][H1].as_str().unwrap_or_default().to_owned(),
        });
    }
    Ok(entries)
}

/// Reads the manifest of one platform.
pub fn parse_manifest(bytes: &[u8]) -> Result<Layer> {
    let value: Value =
        serde_json::from_slice(bytes).map_err(|error| strange(&error.to_string()))?;
    let Some([layer]) = value["layers"].as_array().map(Vec::as_slice) else {
        return Err(strange("it has not exactly one layer"));
    };
    let sha256 = layer["digest"].as_str().and_then(find_sha256);
    match (sha256, layer["size"].as_u64()) {
        (Some(sha256), Some(size)) => Ok(Layer { sha256, size }),
        _ => Err(strange("its layer has no digest or no size")),
    }
}

fn find_sha256(digest: &str) -> Option<String> {
    let hex = digest.strip_prefix("sha256:")?;
    goward_shim::lock::is_sha256(hex).then(|| hex.to_owned())
}

fn strange(why: &str) -> Error {
    let message = format!("a manifest of the registry is refused: {}", untrusted(why));
    Error::new(Kind::Network, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let version = GoVersion::parse("1.27.1").unwrap();
        let platforms = ["linux/amd64", "windows/arm64"].map(|text| Platform::parse(text).unwrap());
        let sha256 = "a".repeat(64);
        let layer = Layer { sha256: sha256.clone(), size: 7 };
        for platform in platforms {
            let written = manifest(version, platform, "h1:x", &layer);
            assert_eq!(parse_manifest(&written).unwrap(), layer);
            let tag = platform_tag(version, platform);
            assert_eq!(parse_platform_tag(&tag), Some((version, platform)));
        }
        let entries = platforms.map(|platform| Entry {
            platform,
            digest: format!("sha256:{sha256}"),
            size: 3,
            h1: "h1:x".to_owned(),
        });
        assert_eq!(parse_index(&index(version, &entries)).unwrap(), entries);
        for bad in ["", "latest", "go1.27.1", "1.27.1-linux-amd64", "go1.27.1-linux-x"] {
            assert_eq!(parse_platform_tag(bad), None, "{bad}");
        }
    }

    #[test]
    fn strange_manifests_are_refused() {
        for bad in ["", "{}", r#"{"layers":[]}"#, r#"{"layers":[{},{}]}"#, r#"{"layers":[{}]}"#] {
            assert!(parse_manifest(bad.as_bytes()).is_err(), "{bad}");
        }
        let entry = r#"{"platform":{"os":"linux","architecture":"amd64"},"digest":"sha256:x"}"#;
        for bad in ["", "{}", &format!(r#"{{"manifests":[{entry}]}}"#)] {
            assert!(parse_index(bad.as_bytes()).is_err(), "{bad}");
        }
        let other = br#"{"manifests":[{"platform":{"os":"beos","architecture":"m68k"}},{}]}"#;
        assert_eq!(parse_index(other).unwrap(), []);
    }
}
