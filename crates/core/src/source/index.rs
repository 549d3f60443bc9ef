//! The index of go.dev/dl, as JSON, and the `.sha256` files beside the archives.
//!
//! Read strictly: an index that names a file other than the one its fields describe, or one file
//! twice, is refused as a whole. What is merely unknown is passed over, as the real index goes back
//! to 2011: bootstrap archives, versions outside today's grammar, platforms that have gone, and
//! `-osx10.N` variants of the first releases, some without a digest.

use super::{File, Release};
use crate::error::{Error, Kind, Result, untrusted};
use crate::net::MAX_SIZE;
use crate::platform::Platform;
use crate::version::GoVersion;
use goward_shim::lock::is_sha256;
use serde::Deserialize;
use std::collections::BTreeSet;

/// The name of the index as a file.
pub(super) const INDEX_FILE: &str = "index.json";
/// The largest index that is read, in bytes.
pub(super) const MAX_INDEX: u64 = 16 << 20;

#[derive(Deserialize)]
struct ListedRelease {
    version: String,
    files: Vec<ListedFile>,
}

#[derive(Deserialize)]
struct ListedFile {
    filename: String,
    os: String,
    arch: String,
    version: String,
    #[serde(default)]
    sha256: String,
    #[serde(default)]
    size: u64,
    kind: String,
}

/// Why an index is not used: the first thing that is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the index is refused: {0}")]
pub struct IndexError(String);

impl From<IndexError> for Error {
    /// What a server sends is wrong on the way or at the other end.
    fn from(error: IndexError) -> Self {
        Self::new(Kind::Network, error.to_string())
    }
}

/// Reads the JSON of `https://go.dev/dl/?mode=json&include=all`; newest release first.
pub fn parse_index(json: &[u8]) -> Result<Vec<Release>, IndexError> {
    if json.len() as u64 > MAX_INDEX {
        return Err(IndexError(format!("it is larger than {MAX_INDEX} bytes")));
    }
    let listed: Vec<ListedRelease> =
        serde_json::from_slice(json).map_err(|error| IndexError(untrusted(error.to_string())))?;
    let mut releases = Vec::new();
    let mut seen = BTreeSet::new();
    for release in listed {
        let Some(version) = find_version(&release.version) else { continue };
        if !seen.insert(version) {
            return Err(IndexError(format!("it lists {version} twice")));
        }
        let files = read_files(version, &release.files).map_err(IndexError)?;
        releases.push(Release { version, files });
    }
    releases.sort_by_key(|release| std::cmp::Reverse(release.version));
    Ok(releases)
}

/// Reads a version in Go's own spelling only.
fn find_version(text: &str) -> Option<GoVersion> {
    let version = GoVersion::parse(text).ok()?;
    (version.to_string() == text && !version.is_language()).then_some(version)
}

fn read_files(version: GoVersion, listed: &[ListedFile]) -> Result<Vec<File>, String> {
    let mut files: Vec<File> = Vec::new();
    for file in listed.iter().filter(|file| file.kind == "archive") {
        let Some(platform) = Platform::find(&format!("{}-{}", file.os, file.arch)) else {
            continue;
        };
        let name = platform.archive_name(version);
        if is_old_variant(&file.filename, &name) {
            continue;
        }
        if file.filename != name || file.version != version.to_string() {
            return Err(format!("`{}` is where `{name}` belongs", untrusted(&file.filename)));
        }
        if files.iter().any(|known| known.platform == platform) {
            return Err(format!("it lists `{name}` twice"));
        }
        if !file.sha256.is_empty() && !is_sha256(&file.sha256) {
            return Err(format!(
                "the sha256 of `{name}` is `{}`, not 64 lower-case hexadecimal digits",
                untrusted(&file.sha256)
            ));
        }
        if file.size > MAX_SIZE {
            return Err(format!("`{name}` is said to have {} bytes", file.size));
        }
        files.push(File {
            platform,
            name,
            sha256: Some(file.sha256.clone()).filter(|sha256| !sha256.is_empty()),
            size: Some(file.size).filter(|size| *size > 0),
        });
    }
    Ok(files)
}

/// Returns true for `go1.4.2.darwin-amd64-osx10.8.tar.gz`, where `name` is the one without `-osx`.
fn is_old_variant(filename: &str, name: &str) -> bool {
    let stem = name.strip_suffix(".tar.gz").unwrap_or(name);
    let number = filename
        .strip_prefix(stem)
        .and_then(|rest| rest.strip_prefix("-osx10."))
        .and_then(|rest| rest.strip_suffix(".tar.gz"));
    number.is_some_and(|number| number.len() == 1 && number.bytes().all(|b| b.is_ascii_digit()))
}

/// Reads `<digest>` or `<digest>  <name>`, as `sha256sum` writes it.
pub(super) fn parse_digest(text: &[u8], name: &str) -> Option<String> {
    let mut words = std::str::from_utf8(text).ok()?.split_ascii_whitespace();
    let digest = words.next().filter(|digest| is_sha256(digest))?;
    // `*` marks a binary file.
    let names_it = |word: &str| word.strip_prefix('*').unwrap_or(word) == name;
    let fits = words.next().is_none_or(names_it) && words.next().is_none();
    fits.then(|| digest.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    fn file(filename: &str, os: &str, arch: &str, version: &str) -> serde_json::Value {
        serde_json::json!({
            "filename": filename, "os": os, "arch": arch, "version": version,
            "sha256": DIGEST, "size": 7, "kind": "archive",
        })
    }

    fn index(version: &str, files: &[serde_json::Value]) -> Vec<u8> {
        let release = serde_json::json!({ "version": version, "stable": true, "files": files });
        serde_json::to_vec(&[release]).unwrap()
    }

    #[test]
    fn releases_come_newest_first() {
        let json = format!(
            "[{},{}]",
            serde_json::json!({ "version": "go1.9", "stable": false, "files": [] }),
            serde_json::json!({ "version": "go1.27.1", "stable": true, "files": [
                file("go1.27.1.linux-armv6l.tar.gz", "linux", "armv6l", "go1.27.1"),
                file("go1.27.1.windows-amd64.zip", "windows", "amd64", "go1.27.1"),
            ]}),
        );
        let releases = parse_index(json.as_bytes()).unwrap();
        assert_eq!(releases[0].version.to_string(), "go1.27.1");
        assert_eq!(releases[1].version.to_string(), "go1.9");
        assert_eq!(
            releases[0].files[0],
            File {
                platform: Platform::parse("linux/arm").unwrap(),
                name: "go1.27.1.linux-armv6l.tar.gz".to_owned(),
                sha256: Some(DIGEST.to_owned()),
                size: Some(7),
            }
        );
        assert_eq!(releases[0].files[1].name, "go1.27.1.windows-amd64.zip");
    }

    #[test]
    fn what_is_unknown_is_passed_over() {
        let mut no_digest = file("go1.4.2.linux-386.tar.gz", "linux", "386", "go1.4.2");
        no_digest["sha256"] = "".into();
        no_digest["size"] = 0.into();
        let mut installer = file("go1.4.2.darwin-amd64.pkg", "darwin", "amd64", "go1.4.2");
        installer["kind"] = "installer".into();
        let json = index(
            "go1.4.2",
            &[
                file("go1.4.2.darwin-amd64-osx10.6.tar.gz", "darwin", "amd64", "go1.4.2"),
                file("go1.4.2.darwin-amd64-osx10.8.tar.gz", "darwin", "amd64", "go1.4.2"),
                file("go1.4.2.beos-m68k.tar.gz", "beos", "m68k", "go1.4.2"),
                file("go1.4-bootstrap-20170531.tar.gz", "", "bootstrap", "go1"),
                installer,
                no_digest,
            ],
        );
        let releases = parse_index(&json).unwrap();
        assert_eq!(releases.len(), 1);
        let files = &releases[0].files;
        assert_eq!(files.len(), 1);
        assert_eq!((files[0].sha256.as_deref(), files[0].size), (None, None));
        for version in ["go1.9.2rc2", "go1.27", "1.27.1", "go1.20.0", "../../x", ""] {
            assert_eq!(parse_index(&index(version, &[])).unwrap(), [], "{version}");
        }
    }

    #[test]
    fn lies_are_refused() {
        let good = || file("go1.27.1.linux-amd64.tar.gz", "linux", "amd64", "go1.27.1");
        let with = |key: &str, value: serde_json::Value| {
            let mut file = good();
            file[key] = value;
            index("go1.27.1", &[file])
        };
        let upper = DIGEST.to_uppercase();
        let cases = [
            (
                with("filename", "../go1.27.1.linux-amd64.tar.gz".into()),
                "`../go1.27.1.linux-amd64.tar.gz` is where `go1.27.1.linux-amd64.tar.gz` \
                 belongs",
            ),
            (
                with("filename", "go1.26.1.linux-amd64.tar.gz".into()),
                "`go1.26.1.linux-amd64.tar.gz` is where `go1.27.1.linux-amd64.tar.gz` belongs",
            ),
            (
                with("version", "go1.26.1".into()),
                "`go1.27.1.linux-amd64.tar.gz` is where `go1.27.1.linux-amd64.tar.gz` belongs",
            ),
            (
                with("filename", "go1.27.1.linux-amd64-osx10.8.zip".into()),
                "`go1.27.1.linux-amd64-osx10.8.zip` is where `go1.27.1.linux-amd64.tar.gz` \
                 belongs",
            ),
            (
                with("sha256", "abc".into()),
                "the sha256 of `go1.27.1.linux-amd64.tar.gz` is `abc`, not 64 lower-case \
                 hexadecimal digits",
            ),
            (
                with("sha256", upper.into()),
                "the sha256 of `go1.27.1.linux-amd64.tar.gz` is \
                 `AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA`, not 64 \
                 lower-case hexadecimal digits",
            ),
            (
                with("size", 300_000_001.into()),
                "`go1.27.1.linux-amd64.tar.gz` is said to have 300000001 bytes",
            ),
            (index("go1.27.1", &[good(), good()]), "it lists `go1.27.1.linux-amd64.tar.gz` twice"),
            (
                br#"[{"version":"go1.9","files":[]},{"version":"go1.9","files":[]}]"#.to_vec(),
                "it lists go1.9 twice",
            ),
        ];
        for (json, why) in cases {
            let error = Error::from(parse_index(&json).unwrap_err());
            assert_eq!(error.to_string(), format!("goward: the index is refused: {why}"));
            assert_eq!(error.kind(), Kind::Network);
        }
        let nested = "[".repeat(100_000);
        for json in ["", "{}", "[1]", "<html>", "[{\"version\":\"go1.9\"}]", "[] []", &nested] {
            assert!(parse_index(json.as_bytes()).is_err(), "{json:.20}");
        }
        assert!(parse_index(&with("size", (-1).into())).is_err());
        assert!(parse_index(&vec![b' '; (16 << 20) + 1]).is_err());
    }

    #[test]
    fn digest_files() {
        let fits = [
            DIGEST.to_owned(),
            format!("{DIGEST}\n"),
            format!("{DIGEST}  x.tar.gz\n"),
            format!("{DIGEST} *x.tar.gz\r\n"),
        ];
        for text in fits {
            assert_eq!(
                parse_digest(text.as_bytes(), "x.tar.gz").as_deref(),
                Some(DIGEST),
                "{text}"
            );
        }
        let refused = [
            String::new(),
            DIGEST[1..].to_owned(),
            DIGEST.to_uppercase(),
            format!("{DIGEST}  y.tar.gz"),
            format!("{DIGEST}  x.tar.gz more"),
            format!("{DIGEST}\n{DIGEST}"),
            "<html></html>".to_owned(),
        ];
        for text in refused {
            assert_eq!(parse_digest(text.as_bytes(), "x.tar.gz"), None, "{text}");
        }
        assert_eq!(parse_digest(b"\xff\xfe", "x.tar.gz"), None);
    }
}
