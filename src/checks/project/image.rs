//! Container images that carry a Go: which release a reference to one asks for.

use crate::error::untrusted;

/// Names of such images: the last part, and the one before it where that is needed.
const NAMES: [(&str, Option<&str>); 2] = [("golang", None), ("go", Some("cimg"))];

/// A reference to an image with Go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Image<'a> {
    /// The whole reference.
    pub(super) reference: &'a str,
    /// What its tag says of the release; `latest` where it says nothing.
    pub(super) version: &'a str,
}

impl<'a> Image<'a> {
    /// Reads a reference; `None` when it is no image with Go.
    pub(super) fn parse(reference: &'a str) -> Option<Self> {
        let reference = reference.trim();
        let name_and_tag = reference.split('@').next().unwrap_or(reference);
        let (path, tag) = match name_and_tag.rsplit_once(':') {
            // A colon before a slash belongs to the port of a registry.
            Some((path, tag)) if !tag.contains('/') => (path, Some(tag)),
            _ => (name_and_tag, None),
        };
        let mut parts = path.rsplit('/');
        let (last, before) = (parts.next()?, parts.next());
        let fits = |(name, above): &(&str, Option<&str>)| {
            *name == last && above.is_none_or(|above| before == Some(above))
        };
        NAMES.iter().find(|name| fits(name))?;
        Some(Self { reference, version: version_of(tag.unwrap_or("latest")) })
    }

    /// Returns the reference for messages.
    pub(super) fn shown(&self) -> String {
        untrusted(self.reference)
    }
}

/// `1.27.1-alpine3.22` is 1.27.1; a tag without a number leaves it open.
fn version_of(tag: &str) -> &str {
    let version = tag.split('-').next().unwrap_or(tag);
    let is_number = version.trim_start_matches("go").starts_with(|c: char| c.is_ascii_digit());
    if is_number || version.contains('$') { version } else { "latest" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_of_images_with_go() {
        let cases = [
            ("golang:1.27.1", Some("1.27.1")),
            ("golang:1.27-alpine", Some("1.27")),
            ("golang:1.28rc1-bookworm", Some("1.28rc1")),
            ("golang", Some("latest")),
            ("golang:alpine", Some("latest")),
            ("golang:latest", Some("latest")),
            ("docker.io/library/golang:1.27.1@sha256:0123", Some("1.27.1")),
            ("localhost:5000/golang", Some("latest")),
            ("localhost:5000/golang:1.26", Some("1.26")),
            ("mirror.example/x/golang:1.26-alpine3.20", Some("1.26")),
            ("golang:${GO_VERSION}-alpine", Some("${GO_VERSION}")),
            ("other/go:1.26", None),
            ("golangci/golangci-lint:v2.1", None),
            ("alpine:3.22", None),
            ("scratch", None),
            ("", None),
        ];
        for (reference, want) in cases {
            assert_eq!(Image::parse(reference).map(|image| image.version), want, "{reference}");
        }
    }
}
