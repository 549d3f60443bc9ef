//! Versions of toolchains that are not Go's own.

use crate::version::GoVersion;

/// Returns the release that the first line of a toolchain's `VERSION`, or `go env GOVERSION`, speaks
/// of: without a vendor's suffix and the list of experiments. That of a development build has only
/// the language version (`devel go1.28-abcdef`, `go1.28-devel_abcdef`).
///
/// The rule is Go's own (`cmd/go/internal/gover`: `FromToolchain`).
pub fn release_of(text: &str) -> Option<GoVersion> {
    let text = text.strip_prefix("devel ").unwrap_or(text);
    let spelled = text.split([' ', '\t', '-']).next()?;
    GoVersion::parse(spelled).ok().filter(|_| spelled.starts_with("go"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_vendors_and_development_builds() {
        let cases = [
            ("go1.19.8", Some("go1.19.8")),
            ("go1.20", Some("go1.20")),
            ("go1.28rc1", Some("go1.28rc1")),
            ("go1.27.3-corp", Some("go1.27.3")),
            ("go1.27.3-corp-2 X:foo", Some("go1.27.3")),
            ("go1.26.1 X:foo,bar", Some("go1.26.1")),
            ("go1.28rc1\tx", Some("go1.28rc1")),
            ("devel go1.28-abcdef0123 Thu Aug 27 10:00:00 2026 +0000", Some("go1.28")),
            ("go1.28-devel_abcdef0123", Some("go1.28")),
            ("go1.28-devel_abcdef0123 Thu Aug 27", Some("go1.28")),
            ("devel +abcdef Thu Aug 27", None),
            ("devel", None),
            ("1.27.1", None),
            ("v1.27.1", None),
            ("go1.27.1+corp", None),
            ("corp-go1.27.1", None),
            ("", None),
            ("go1.27.1/..", None),
        ];
        for (text, want) in cases {
            let got = release_of(text).map(|version| version.to_string());
            assert_eq!(got.as_deref(), want, "{text}");
        }
    }
}
