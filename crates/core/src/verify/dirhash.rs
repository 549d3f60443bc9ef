//! The h1 hash: what `sum.golang.org` publishes for a toolchain.
//!
//! It is the `dirhash.Hash1` of the module `golang.org/toolchain@v0.0.1-goX.os-arch`, so it can be
//! computed from whatever holds the same files: a release archive, a module zip, a repackaging, an
//! installed tree. It covers names and contents, but neither modes nor times, and not the
//! directories that the module leaves out (`cmd/distpack`, `pack.go`).

use super::sha256::{Digest, Hasher};
use crate::archive::module_zip;
use crate::platform::Platform;
use crate::verify::error::{Result, VerifyError};
use crate::version::GoVersion;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::borrow::Cow;
use std::fmt::{self, Display, Write as _};

/// The identity of a toolchain: `h1:` and the base64 of a SHA-256.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct H1(String);

impl H1 {
    /// Reads `h1:` and the canonical base64 of 32 bytes, the only spelling there is.
    pub fn parse(text: &str) -> Option<Self> {
        goward_shim::lock::is_h1(text).then(|| Self(text.to_owned()))
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the SHA-256 in it.
    pub fn digest(&self) -> Digest {
        let bytes = self.0.strip_prefix("h1:").and_then(|text| STANDARD.decode(text).ok());
        // Every value has the form that was checked when it was made.
        let bytes: Option<[u8; 32]> = bytes.and_then(|bytes| bytes.try_into().ok());
        Digest::from(bytes.unwrap_or_default())
    }
}

impl Display for H1 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<gosumdb::H1> for H1 {
    fn from(h1: gosumdb::H1) -> Self {
        Self(h1.to_string())
    }
}

/// The directories of GOROOT that the module leaves out. `.github` was in archives before Go 1.21.
pub const NOT_COVERED: [&str; 5] = [".github", "api", "doc", "misc", "test"];

/// Returns true when the hash covers the file at `path`, relative to GOROOT.
pub fn is_covered(path: &str) -> bool {
    let first = path.split_once('/').map(|(first, _)| first);
    first.is_none_or(|first| !NOT_COVERED.contains(&first))
}

/// Returns the digest of the files that the hash does not cover, one line for each; `None` when there are none.
pub fn uncovered_digest<'a>(files: impl IntoIterator<Item = (&'a str, Digest)>) -> Option<Digest> {
    let mut lines: Vec<_> = files.into_iter().filter(|(path, _)| !is_covered(path)).collect();
    lines.sort();
    let mut hasher = Hasher::default();
    for (path, digest) in &lines {
        hasher.update(format!("{digest}  {path}\n").as_bytes());
    }
    (!lines.is_empty()).then(|| hasher.finish())
}

/// Returns the module that a release is: `golang.org/toolchain@v0.0.1-go1.27.1.linux-amd64`.
pub fn module_of(version: GoVersion, platform: Platform) -> String {
    format!("golang.org/toolchain@{}", platform.module_version(version))
}

/// Returns the hash of a tree: `files` are paths relative to GOROOT, in any order. Files that the
/// hash does not cover are passed over.
pub fn tree_h1<'a>(
    version: GoVersion,
    platform: Platform,
    files: impl IntoIterator<Item = (&'a str, Digest)>,
) -> Result<H1> {
    let mut lines = Vec::new();
    for (path, digest) in files.into_iter().filter(|(path, _)| is_covered(path)) {
        lines.push((module_name(path)?, digest));
    }
    // What comes sorted by path is nearly so, which this kind of sorting makes use of.
    lines.sort();
    let module = module_of(version, platform);
    let (mut hasher, mut line) = (Hasher::default(), String::new());
    for (name, digest) in &lines {
        line.clear();
        _ = writeln!(line, "{digest}  {module}/{name}");
        hasher.update(line.as_bytes());
    }
    Ok(H1(format!("h1:{}", STANDARD.encode(hasher.finish().as_bytes()))))
}

/// Returns the name of a file in the module, where `go.mod` would start a module of its own.
fn module_name(path: &str) -> Result<Cow<'_, str>> {
    let name = path.rsplit('/').next().unwrap_or(path);
    if name == "_go.mod" || path.chars().any(char::is_control) {
        return Err(VerifyError::ForeignName(path.to_owned()));
    }
    Ok(module_zip::entry_name(path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    fn tree() -> Vec<(&'static str, Digest)> {
        [
            ("src/go.mod", "module std\n"),
            ("VERSION", "go1.27.1\n"),
            ("src/fmt/print.go", "package fmt\n"),
            ("bin/go", "#!"),
            ("go.mod", "x"),
        ]
        .map(|(path, content)| (path, Digest::of(content.as_bytes())))
        .to_vec()
    }

    fn h1(files: &[(&str, Digest)]) -> H1 {
        let version = GoVersion::parse("1.27.1").unwrap();
        tree_h1(version, Platform::parse("linux/amd64").unwrap(), files.iter().copied()).unwrap()
    }

    #[test]
    fn the_hash_is_that_of_the_module() {
        // Computed from the same five files with another implementation of the rule.
        assert_eq!(h1(&tree()).as_str(), "h1:oZ/8sErC6CctHQF2k/lFhjevmWtoN20LJQnjgkn5MTQ=");
    }

    #[test]
    fn order_and_uncovered_directories_do_not_matter() {
        let want = h1(&tree());
        let mut other = tree();
        other.reverse();
        for path in ["api/go1.txt", "doc/x/go.mod", "misc/_go.mod", "test/a.go", ".github/x"] {
            other.push((path, Digest::of(b"anything")));
        }
        assert_eq!(h1(&other), want);
        for path in ["apis/x", "api", "src/api/x"] {
            let mut more = tree();
            more.push((path, Digest::of(b"")));
            assert_ne!(h1(&more), want, "{path}");
        }
    }

    #[test]
    fn platform_version_and_content_matter() {
        let version = GoVersion::parse("1.27.2").unwrap();
        let linux = Platform::parse("linux/amd64").unwrap();
        let darwin = Platform::parse("darwin/amd64").unwrap();
        let want = h1(&tree());
        assert_ne!(tree_h1(version, linux, tree()).unwrap(), want);
        let version = GoVersion::parse("1.27.1").unwrap();
        assert_ne!(tree_h1(version, darwin, tree()).unwrap(), want);
        let mut changed = tree();
        changed[3].1 = Digest::of(b"#?");
        assert_ne!(h1(&changed), want);
    }

    #[test]
    fn names_that_would_be_ambiguous_are_refused() {
        let version = GoVersion::parse("1.27.1").unwrap();
        let platform = Platform::parse("linux/amd64").unwrap();
        for (path, shown) in [("src/_go.mod", "src/_go.mod"), ("src/a\nb", "src/a\\u{a}b")] {
            let error = tree_h1(version, platform, [(path, Digest::of(b""))]).unwrap_err();
            let want = format!("goward: `{shown}` has a name that no file of a Go toolchain has");
            assert_eq!(Error::from(error).to_string(), want);
        }
    }

    #[test]
    fn only_one_spelling_is_read() {
        let good = "h1:MeqkXdYlyiVdqJXENOTyX7xd8QjDM/mxR52RKOFBS0M=";
        assert_eq!(H1::parse(good).unwrap().to_string(), good);
        for bad in ["", "h1:", &good[3..], &good[..good.len() - 1], &good.replace("M=", "N=")] {
            assert_eq!(H1::parse(bad), None, "{bad}");
        }
    }
}
