//! GOTOOLCHAIN, as the go command reads it.
//!
//! The rules are those of `cmd/go/internal/toolchain` (`Select`) and `internal/gover` (`Compare`), which
//! are the same in Go 1.21 to 1.27.

use core::cmp::Ordering;

/// Returns true when a toolchain of this version, such as `go1.27.1`, is what the value asks for or allows.
pub fn is_satisfied(value: &[u8], version: &str) -> bool {
    if matches!(value, b"local" | b"auto" | b"path" | b"default" | b"local+auto" | b"local+path") {
        return true;
    }
    let plus = value.iter().position(|&byte| byte == b'+');
    let (minimum, mode) = value.split_at(plus.unwrap_or(value.len()));
    let order = version_of(minimum).zip(version_of(version.as_bytes()));
    match (mode, order.map(|(minimum, version)| minimum.cmp(&version))) {
        (b"", Some(Ordering::Equal)) => true,
        (b"+auto" | b"+path", Some(order)) => order.is_le(),
        _ => false,
    }
}

/// Returns the version in a toolchain's name: `go1.27.1`, or `go1.27.1-corp` of a vendor.
pub fn version_of(name: &[u8]) -> Option<Version<'_>> {
    if name.iter().any(|byte| matches!(byte, b'/' | b'\\')) {
        return None;
    }
    let rest = name.strip_prefix(b"go")?;
    let end = rest.iter().position(|byte| matches!(byte, b' ' | b'\t' | b'-'));
    Version::parse(&rest[..end.unwrap_or(rest.len())])
}

/// A version of Go, in Go's order: 1.21 < 1.21rc1 < 1.21.0. Numbers are their digits, of any length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version<'a> {
    major: &'a [u8],
    minor: &'a [u8],
    patch: &'a [u8],
    kind: &'a [u8],
    pre: &'a [u8],
}

impl<'a> Version<'a> {
    /// Reads what follows `go`.
    pub fn parse(text: &'a [u8]) -> Option<Self> {
        let (major, rest) = number(text)?;
        let version = Self { major, minor: b"0", patch: b"0", kind: b"", pre: b"" };
        if rest.is_empty() {
            return Some(version);
        }
        let (minor, rest) = number(rest.strip_prefix(b".")?)?;
        if rest.is_empty() {
            // Since Go 1.21 a version without patch is the language, not its first release.
            let patch: &[u8] = if compare(minor, b"21").is_lt() { b"0" } else { b"" };
            return Some(Self { minor, patch, ..version });
        }
        if let Some(rest) = rest.strip_prefix(b".") {
            let (patch, rest) = number(rest)?;
            return rest.is_empty().then_some(Self { minor, patch, ..version });
        }
        let end = rest.iter().position(u8::is_ascii_digit).unwrap_or(rest.len());
        let (kind, pre) = rest.split_at(end);
        let is_kind = !kind.is_empty() && kind.iter().all(u8::is_ascii_lowercase);
        let is_pre = pre.is_empty() || number(pre).is_some_and(|(_, rest)| rest.is_empty());
        (is_kind && is_pre).then_some(Self { minor, patch: b"", kind, pre, ..version })
    }
}

impl Ord for Version<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        compare(self.major, other.major)
            .then_with(|| compare(self.minor, other.minor))
            .then_with(|| compare(self.patch, other.patch))
            .then_with(|| self.kind.cmp(other.kind))
            .then_with(|| compare(self.pre, other.pre))
    }
}

impl PartialOrd for Version<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Splits a decimal number without a leading zero off.
fn number(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    let is_right = end > 0 && (text[0] != b'0' || end == 1);
    is_right.then(|| text.split_at(end))
}

/// Compares numbers by their digits; none at all is the least.
fn compare(one: &[u8], other: &[u8]) -> Ordering {
    one.len().cmp(&other.len()).then_with(|| one.cmp(other))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn versions_are_in_the_order_of_go() {
        let sorted = [
            "1",
            "1.2",
            "1.4rc1",
            "1.20",
            "1.21",
            "1.21alpha1",
            "1.21beta",
            "1.21rc1",
            "1.21rc2",
            "1.21.0",
            "1.21.1",
            "1.21.10",
            "1.22",
            "1.99999999999999999999",
            "2",
        ];
        let versions: Vec<_> =
            sorted.iter().map(|text| Version::parse(text.as_bytes()).unwrap()).collect();
        // Before Go 1.21 a candidate has no patch, which its first release has.
        assert!(versions.is_sorted_by(|a, b| a < b), "{versions:?}");
        for (one, other) in [("1", "1.0"), ("1.20", "1.20.0"), ("1.2", "1.2.0")] {
            let parse = |text: &'static str| Version::parse(text.as_bytes()).unwrap();
            assert_eq!(parse(one).cmp(&parse(other)), Ordering::Equal, "{one} {other}");
        }
        let wrong = [
            "",
            "x",
            "01",
            "1.",
            "1.x",
            "1.01",
            "1.21.",
            "1.21.0rc1",
            "1.21.0.1",
            "1.21rc01",
            "1.21RC1",
            "1.21rc1x",
            "1.21 ",
            "-1",
            "1.21-",
        ];
        for text in wrong {
            assert_eq!(Version::parse(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn names_may_have_a_suffix() {
        let version = version_of(b"go1.26.6");
        assert!(version.is_some());
        for name in ["go1.26.6-corp", "go1.26.6-X:jsonv2", "go1.26.6 X:jsonv2", "go1.26.6\tx"] {
            assert_eq!(version_of(name.as_bytes()), version, "{name}");
        }
        for name in ["1.26.6", "go", "gox", "go1.26.6/x", "go1.26.6\\x", "gccgo-go1.26.6", "-go1.2"]
        {
            assert_eq!(version_of(name.as_bytes()), None, "{name}");
        }
    }

    #[test]
    fn what_a_lock_satisfies() {
        let with = |value: &str| is_satisfied(value.as_bytes(), "go1.26.2");
        for value in [
            "local",
            "auto",
            "path",
            "default",
            "local+auto",
            "local+path",
            "go1.26.2",
            "go1.26.2-corp",
            "go1.26.2+auto",
            "go1.26.2+path",
            "go1.26.2-corp+auto",
            "go1.25.0+auto",
            "go1.26rc1+path",
            "go1.26+auto",
            "go1.21+path",
        ] {
            assert!(with(value), "{value}");
        }
        for value in [
            "go1.26.3",
            "go1.26.1",
            "go1.26",
            "go1.27.0+auto",
            "go1.26.3+path",
            "go1.27rc1+auto",
            "junk",
            "1.26.2",
            "go1.26.2+junk",
            "go1.26.2+",
            "auto+go1.26.2",
            "path+auto",
            "local+x",
            "+auto",
            "go1.26.2+auto+path",
        ] {
            assert!(!with(value), "{value}");
        }
    }
}
