//! Container images that carry a Go: which release a reference to one asks for.

use crate::checks::project::env_expand::TracedText;
use crate::checks::project::facts::Facts;
use crate::checks::project::version_drift::{DriftKind, VersionRef, judge};
use crate::checks::{Finding, Place, Severity};
use crate::error::untrusted;
use std::path::Path;

/// Images whose tags name the release of Go in them, by the end of their names. Names of a project's
/// own are in its manifest: `[check] images`.
const NAMES: [&str; 16] = [
    "beats-dev/golang-crossbuild",
    "chainguard/go",
    "cgr.dev/*/go",
    "cimg/go",
    "crazymax/goxx",
    "devcontainers/go",
    "go-toolset",
    "golang",
    "golang-base",
    "golang-build",
    "golang-builder",
    "golang-cross",
    "goreleaser-cross",
    "openshift/release",
    "techknowlogick/xgo",
    "x1unix/go-mingw",
];

/// A reference to an image with Go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Image<'a> {
    /// The whole reference.
    pub(super) reference: &'a str,
    /// What its tag says of the release; `latest` where it says nothing.
    pub(super) version: &'a str,
    /// Where the version begins; the end of the name where there is none.
    pub(super) at: usize,
    /// The tag.
    tag: Option<&'a str>,
    /// What decides which image it is, whatever the tag says.
    pub(super) digest: Option<&'a str>,
}

impl<'a> Image<'a> {
    /// Reads a reference; `None` when it is no image with Go. `own` are the project's names.
    pub(super) fn parse(reference: &'a str, own: &[String]) -> Option<Self> {
        let reference = reference.trim();
        let (name_and_tag, digest) = match reference.split_once('@') {
            Some((name, digest)) => (name, Some(digest)),
            None => (reference, None),
        };
        let (path, tag) = match name_and_tag.rsplit_once(':') {
            // A colon before a slash belongs to the port of a registry.
            Some((path, tag)) if !tag.contains('/') => (path, Some(tag)),
            _ => (name_and_tag, None),
        };
        let mut names = NAMES.into_iter().chain(own.iter().map(String::as_str));
        names.find(|name| ends_in(path, name))?;
        let version = tag.and_then(version_of);
        // Images of other things have such names, too; only those with Go have such tags.
        if ends_in(path, "openshift/release") && version.is_none() {
            return None;
        }
        let at = version.map_or(path.len(), |version| {
            let tag_at = path.len() + 1;
            tag_at + tag.and_then(|tag| tag.find(version)).unwrap_or_default()
        });
        Some(Self { reference, version: version.unwrap_or("latest"), at, tag, digest })
    }

    /// Returns the reference for messages.
    pub(super) fn shown(&self) -> String {
        untrusted(self.reference)
    }

    /// Returns what to write for another release.
    fn with(&self, number: &str) -> String {
        let name = self.reference.split('@').next().unwrap_or(self.reference);
        if self.version == "latest" {
            // A tag without a number says what else is in the image, or nothing.
            let (path, variant) = match self.tag {
                Some(tag) => (&name[..name.len() - tag.len() - 1], format!("-{tag}")),
                None => (name, String::new()),
            };
            let variant = if variant == "-latest" { String::new() } else { variant };
            return untrusted(format!("{path}:{number}{variant}"));
        }
        untrusted(format!("{}{number}{}", &name[..self.at], &name[self.at + self.version.len()..]))
    }
}

/// Returns true when the last parts of a path are those of `name`; `*` is any part.
fn ends_in(path: &str, name: &str) -> bool {
    let mut parts = path.rsplit('/');
    name.rsplit('/').all(|wanted| parts.next().is_some_and(|part| wanted == "*" || part == wanted))
}

/// Returns the release that a tag names: `1.27.1` of `1.27.1-alpine3.22`, of `1-1.27.1-bookworm` and of
/// `go-1.27.1`; a whole tag `1` is `1`.
fn version_of(tag: &str) -> Option<&str> {
    let is_number = |piece: &&str| {
        piece.trim_start_matches("go").trim_start_matches('v').starts_with("1.")
            || piece.contains('$')
    };
    let mut pieces = tag.split('-');
    let first = tag.split('-').next().filter(|piece| *piece == "1");
    pieces.find(is_number).or(first)
}

/// Judges a reference to an image; one without Go is passed by, and so is one that a run decides.
pub(super) fn judged(
    facts: &Facts,
    path: &Path,
    reference: &TracedText,
    who: &str,
) -> Option<Finding> {
    let image = Image::parse(&reference.text, &facts.rules.images)?;
    if image.version.contains(['$', '<', '{']) {
        return None;
    }
    let line = reference.line_at(image.at);
    let number = facts.number();
    let target = image.with(&number);
    let asked = VersionRef {
        path,
        line,
        value: image.version,
        what: format!("`{}`", image.shown()),
        who,
        edit: None,
    };
    let Some(digest) = image.digest else {
        // A variable on another line may hold the version alone.
        let fix = if reference.line_at(0) == line {
            format!("write `{target}`")
        } else {
            format!("write `{number}` there: the image is then `{target}`")
        };
        return asked.judged(facts).map(|finding| finding.fix(fix));
    };
    // Who changes the tag alone changes nothing.
    let both = format!(
        "write `{target}` and its digest, together: `docker buildx imagetools inspect {target}`"
    );
    let verdict = judge(image.version, facts.version());
    if matches!(verdict, DriftKind::Other | DriftKind::Unknown) {
        let finding = asked.judged(facts)?;
        let why = format!("{}; the digest decides which image it is, not the tag", finding.why);
        return Some(Finding { why, ..finding }.fix(both));
    }
    let named = match verdict {
        _ if image.version == "latest" => "names no release",
        DriftKind::Same => "has the right tag",
        _ => "names a line of releases",
    };
    Some(Finding::new(
        Severity::Note,
        Place::Line(path.into(), line),
        format!("`{}` {named}, and its digest was not compared", image.shown()),
        format!(
            "the digest decides which image it is, not the tag; nobody here knows what is in `{}`",
            untrusted(digest)
        ),
        format!("compare it: `docker buildx imagetools inspect {target}`"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_of_images_with_go() {
        let cases = [
            ("golang:1.27.1", Some("1.27.1")),
            ("golang:1.27-alpine", Some("1.27")),
            ("golang:1", Some("1")),
            ("golang:1-alpine3.22", Some("1")),
            ("golang:1.28rc1-bookworm", Some("1.28rc1")),
            ("golang", Some("latest")),
            ("golang:alpine", Some("latest")),
            ("golang:alpine3.18", Some("latest")),
            ("golang:latest", Some("latest")),
            ("docker.io/library/golang:1.27.1@sha256:0123", Some("1.27.1")),
            ("golang@sha256:0123", Some("latest")),
            ("localhost:5000/golang", Some("latest")),
            ("localhost:5000/golang:1.26", Some("1.26")),
            ("mirror.example/x/golang:1.26-alpine3.20", Some("1.26")),
            ("golang:${GO_VERSION}-alpine", Some("${GO_VERSION}")),
            ("quay.io/prometheus/golang-builder:1.26-base", Some("1.26")),
            ("mcr.microsoft.com/oss/go/microsoft/golang:1.26.2-1-azurelinux3.0", Some("1.26.2")),
            ("mcr.microsoft.com/devcontainers/go:1-1.26-bookworm", Some("1.26")),
            ("mcr.microsoft.com/devcontainers/go:dev-1.26", Some("1.26")),
            ("bitnami/golang:1.26.2-debian-12-r0", Some("1.26.2")),
            ("cgr.dev/chainguard/go:latest-dev", Some("latest")),
            ("cgr.dev/corp.example/go:1.26", Some("1.26")),
            ("ghcr.io/goreleaser/goreleaser-cross:v1.26.2", Some("v1.26.2")),
            ("techknowlogick/xgo:go-1.26.x", Some("1.26.x")),
            (
                "registry.ci.openshift.org/openshift/release:rhel-9-release-golang-1.26-openshift-4.21",
                Some("1.26"),
            ),
            ("registry.ci.openshift.org/openshift/release:rhel-9", None),
            ("corp.example/base/go-ci:1.26", Some("1.26")),
            ("corp.example/other/go-ci:1.26", None),
            ("other/go:1.26", None),
            ("golangci/golangci-lint:v2.1", None),
            ("ghcr.io/me/golang-app:1.2.3", None),
            ("alpine:3.22", None),
            ("scratch", None),
            ("", None),
        ];
        let own = ["base/go-ci".to_owned()];
        for (reference, want) in cases {
            let found = Image::parse(reference, &own);
            assert_eq!(found.as_ref().map(|image| image.version), want, "{reference}");
            if let Some(image) = found.filter(|image| image.version != "latest") {
                assert!(reference[image.at..].starts_with(image.version), "{reference}");
            }
        }
    }

    #[test]
    fn the_cure_keeps_what_else_the_tag_says() {
        let cases = [
            ("golang:1.26.6-bookworm@sha256:00", "golang:1.27.1-bookworm"),
            ("golang", "golang:1.27.1"),
            ("golang:latest", "golang:1.27.1"),
            ("golang:alpine", "golang:1.27.1-alpine"),
            ("x/devcontainers/go:1-1.26-bookworm", "x/devcontainers/go:1-1.27.1-bookworm"),
            ("localhost:5000/golang@sha256:00", "localhost:5000/golang:1.27.1"),
        ];
        for (reference, want) in cases {
            assert_eq!(Image::parse(reference, &[]).unwrap().with("1.27.1"), want);
        }
    }
}
