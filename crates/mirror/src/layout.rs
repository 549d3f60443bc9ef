//! Paths of the files of a mirror.
//!
//! Two layouts stand side by side below one URL: that of go.dev/dl, and that of a module proxy with
//! the checksum database (`GOPROXY`). Names of the two never meet.

use gosumdb::escape;
use goward_core::archive;
use goward_core::platform::Platform;
use goward_core::version::GoVersion;
use serde_json::json;

/// The release index, as go.dev answers it to `?mode=json&include=all`.
pub(crate) const INDEX: &str = "index.json";

/// What goward itself notes of the mirror; no client reads it.
pub(crate) const MANIFEST: &str = "goward-mirror.json";

/// The versions that the module proxy has.
pub(crate) const LIST: &str = "golang.org/toolchain/@v/list";

/// The `go.mod` of every toolchain.
pub(crate) const GO_MOD: &str = "module golang.org/toolchain\n";

/// The directory of the module proxy.
const MODULE: &str = "golang.org/toolchain/@v/";

/// What the names of a log's files begin with; its name follows.
const SUMDB: &str = "sumdb/";

/// Returns the path of a toolchain's file in the module proxy; `ending` is as in `.zip`.
pub(crate) fn module_file(version: GoVersion, platform: Platform, ending: &str) -> String {
    format!("{MODULE}{}{ending}", escape(&platform.module_version(version)))
}

/// Returns the path of a file of the log called `name`; `path` begins with a slash.
pub(crate) fn log_file(name: &str, path: &str) -> String {
    format!("{SUMDB}{name}{path}")
}

/// Returns the path of the digest file beside an archive.
pub(crate) fn digest_file(archive: &str) -> String {
    format!("{archive}.sha256")
}

/// Returns what the module proxy says of a version.
pub(crate) fn info(version: GoVersion, platform: Platform) -> String {
    json!({ "Version": platform.module_version(version) }).to_string()
}

/// Reads the version of the module that a toolchain is.
pub(crate) fn parse_module_version(text: &str) -> Option<(GoVersion, Platform)> {
    let (version, platform) = text.strip_prefix("v0.0.1-")?.rsplit_once('.')?;
    let (version, platform) = (GoVersion::parse(version).ok()?, Platform::find(platform)?);
    (platform.module_version(version) == text).then_some((version, platform))
}

/// Returns true for the names that files of a mirror have, and no others: what else lies there is
/// somebody else's.
pub(crate) fn is_ours(path: &str) -> bool {
    let name = path.strip_suffix(".sha256").unwrap_or(path);
    let is_archive = !path.contains('/')
        && name.starts_with("go1")
        && matches!(archive::Kind::of(name), Some(archive::Kind::TarGz | archive::Kind::Zip));
    let is_module = path
        .strip_prefix(MODULE)
        .is_some_and(|name| name.starts_with("v0.0.1-go") && !name.contains('/'));
    let is_log =
        path.strip_prefix(SUMDB).and_then(|rest| rest.split_once('/')).is_some_and(|(_, rest)| {
            rest.starts_with("tile/8/") || rest.starts_with("lookup/golang.org/toolchain@")
        });
    let is_delta = path
        .strip_prefix("deltas/go1.")
        .and_then(|name| name.strip_suffix(".delta"))
        .is_some_and(|name| !name.contains('/'));
    is_archive || is_module || is_log || is_delta
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_that_clients_ask_for() {
        let version = GoVersion::parse("1.27.1").unwrap();
        let platform = Platform::parse("linux/arm").unwrap();
        assert_eq!(
            module_file(version, platform, ".zip"),
            "golang.org/toolchain/@v/v0.0.1-go1.27.1.linux-arm.zip"
        );
        assert_eq!(log_file("sum.golang.org", "/latest"), "sumdb/sum.golang.org/latest");
        assert_eq!(info(version, platform), r#"{"Version":"v0.0.1-go1.27.1.linux-arm"}"#);
        let text = platform.module_version(version);
        assert_eq!(parse_module_version(&text), Some((version, platform)));
        for bad in ["v0.0.1-go1.27.1", "v0.0.1-1.27.1.linux-arm", "v0.0.2-go1.27.1.linux-arm", ""] {
            assert_eq!(parse_module_version(bad), None, "{bad}");
        }
    }

    #[test]
    fn only_files_of_a_mirror_may_be_removed() {
        for path in [
            "go1.27.1.linux-amd64.tar.gz",
            "go1.27.1.windows-amd64.zip",
            "go1.27.1.linux-amd64.tar.gz.sha256",
            "golang.org/toolchain/@v/v0.0.1-go1.27.1.linux-amd64.zip",
            "sumdb/sum.golang.org/tile/8/0/x001/002.p/3",
            "deltas/go1.27.1-go1.27.3.linux-amd64.delta",
            "sumdb/sum.golang.org/lookup/golang.org/toolchain@v0.0.1-go1.27.1.linux-amd64",
        ] {
            assert!(is_ours(path), "{path}");
        }
        for path in [
            "",
            "index.html",
            "index.json",
            "old/go1.27.1.linux-amd64.tar.gz",
            "deltas/old/go1.27.1-go1.27.3.linux-amd64.delta",
            "go.mod",
            "golang.org/toolchain/@v/list",
            "golang.org/x/mod/@v/v0.1.0.zip",
            "sumdb/sum.golang.org/latest",
            "sumdb/sum.golang.org/lookup/golang.org/x/mod@v0.1.0",
        ] {
            assert!(!is_ours(path), "{path}");
        }
    }
}
