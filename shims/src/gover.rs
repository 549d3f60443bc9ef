//! Versions of Go as its own commands read and compare them.
//!
//! The rules are those of Go's `internal/gover` and `cmd/go/internal/gover`, which GOTOOLCHAIN,
//! VERSION files and the `go` and `toolchain` lines of `go.mod` and `go.work` go by. They take more
//! than releases are called, such as `1.27alpha1` and numbers of any length.

use core::cmp::Ordering;

/// A version such as `1.27`, `1.27rc1` or `1.27.1`: its parts as digits and letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version<'a> {
    major: &'a [u8],
    minor: &'a [u8],
    patch: &'a [u8],
    kind: &'a [u8],
    pre: &'a [u8],
}

impl<'a> Version<'a> {
    /// Reads a version, as a `go` line has it: without `go` in front.
    pub fn parse(text: &'a [u8]) -> Option<Self> {
        let (major, rest) = cut_number(text)?;
        let mut version = Self { major, minor: b"", patch: b"", kind: b"", pre: b"" };
        if rest.is_empty() {
            return Some(Self { minor: b"0", patch: b"0", ..version });
        }
        let (minor, rest) = cut_number(rest.strip_prefix(b".")?)?;
        version.minor = minor;
        if rest.is_empty() {
            // From 1.21 on, this is the language, and its first release has a zero.
            let is_release = compare_numbers(minor, b"21").is_lt();
            return Some(Self { patch: if is_release { b"0" } else { b"" }, ..version });
        }
        if let Some(rest) = rest.strip_prefix(b".") {
            let (patch, rest) = cut_number(rest)?;
            return rest.is_empty().then_some(Self { patch, ..version });
        }
        let is_letter = |byte: &u8| byte.is_ascii_lowercase();
        let (kind, rest) = rest.split_at(rest.iter().take_while(|byte| is_letter(byte)).count());
        version.kind = kind;
        if rest.is_empty() {
            return Some(version);
        }
        let (pre, rest) = cut_number(rest)?;
        (rest.is_empty() && !kind.is_empty()).then_some(Self { pre, ..version })
    }

    /// Reads the name of a toolchain, such as `go1.27.1`, `go1.27.1-corp` or `go1.27.1 X:jsonv2`:
    /// what follows a hyphen or a space is its builder's, and does not count.
    pub fn of_toolchain(name: &'a [u8]) -> Option<Self> {
        // It would be looked for there.
        if name.iter().any(|byte| matches!(byte, b'/' | b'\\')) {
            return None;
        }
        let version = name.strip_prefix(b"go")?;
        let end = version.iter().position(|byte| matches!(byte, b' ' | b'\t' | b'-'));
        Self::parse(&version[..end.unwrap_or(version.len())])
    }
}

impl Ord for Version<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let numbers =
            [(self.major, other.major), (self.minor, other.minor), (self.patch, other.patch)];
        let numbers = numbers.into_iter().map(|(one, two)| compare_numbers(one, two));
        let kinds = self.kind.cmp(other.kind);
        numbers
            .fold(Ordering::Equal, Ordering::then)
            .then(kinds)
            .then_with(|| compare_numbers(self.pre, other.pre))
    }
}

impl PartialOrd for Version<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Returns true for what a `go` line of `go.mod` may say (`modfile.GoVersionRE`). That is more than
/// can be compared, such as `1.27.0rc1`.
pub fn is_go_line(value: &[u8]) -> bool {
    let fits = || {
        let (major, rest) = cut_number(value)?;
        let (_, rest) = cut_number(rest.strip_prefix(b".")?)?;
        let rest = match rest.strip_prefix(b".") {
            Some(patch) => cut_number(patch)?.1,
            None => rest,
        };
        let letters = rest.iter().take_while(|byte| byte.is_ascii_lowercase()).count();
        let digits = &rest[letters..];
        let is_pre = letters > 0 && !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
        Some(major != b"0" && (rest.is_empty() || is_pre))
    };
    fits().unwrap_or(false)
}

/// Splits behind the number that `text` begins with, which has no zeros in front.
fn cut_number(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let length = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let is_number = length == 1 || length > 1 && text[0] != b'0';
    is_number.then(|| text.split_at(length))
}

/// Compares two numbers; what is left out comes first.
fn compare_numbers(one: &[u8], two: &[u8]) -> Ordering {
    one.len().cmp(&two.len()).then_with(|| one.cmp(two))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    #[test]
    fn order_is_gos_own() {
        let sorted = [
            "0",
            "0.1",
            "1",
            "1.1",
            "1.20alpha1",
            "1.20rc1",
            "1.20rc2",
            "1.20",
            "1.20.1",
            "1.21",
            "1.21alpha",
            "1.21alpha2",
            "1.21beta1",
            "1.21rc2",
            "1.21rc10",
            "1.21.0",
            "1.21.9",
            "1.21.10",
            "1.99999999999",
            "2",
        ];
        let versions: Vec<Version> =
            sorted.iter().map(|text| Version::parse(text.as_bytes()).unwrap()).collect();
        for (at, one) in versions.iter().enumerate() {
            for (other_at, other) in versions.iter().enumerate() {
                assert_eq!(
                    one.cmp(other),
                    at.cmp(&other_at),
                    "{} {}",
                    sorted[at],
                    sorted[other_at]
                );
            }
        }
        let parse = |text: &'static str| Version::parse(text.as_bytes()).unwrap();
        assert_eq!((parse("1"), parse("1.20")), (parse("1.0.0"), parse("1.20.0")));
    }

    #[test]
    fn what_is_no_version_is_none() {
        for text in [
            "",
            "go1.27",
            "v1.27",
            ".1",
            "1.",
            "01.2",
            "1.02",
            "1.27.",
            "1.27.01",
            "1.27.1rc1",
            "1.27.1.1",
            "1.27rc01",
            "1.27-1",
            "1.27RC1",
            "1.27rc1x",
            "1.27rc1.1",
            "1.x",
            " 1.27",
            "1.27 ",
            "1.27\n",
            "1.27\u{e9}",
        ] {
            assert_eq!(Version::parse(text.as_bytes()), None, "{text:?}");
        }
    }

    #[test]
    fn a_go_line_has_a_form_of_its_own() {
        for text in
            ["1.20", "1.20.3", "1.27rc1", "1.27.0rc1", "1.27alpha01", "2.0", "1.99999999999"]
        {
            assert!(is_go_line(text.as_bytes()), "{text}");
        }
        for text in [
            "", "1", "0.1", "1.", "01.2", "1.02", "1.2.", "1.2.03", "1.27rc", "1.27rc1x", "v1.27",
            "1.27-x",
        ] {
            assert!(!is_go_line(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn the_name_of_a_toolchain_may_have_a_suffix() {
        let version = |name: &'static str| Version::of_toolchain(name.as_bytes());
        for name in [
            "go1.27.1",
            "go1.27.1-corp",
            "go1.27.1 X:jsonv2",
            "go1.27.1\tx",
            "go1.27.1-",
            "go1.27.1-x y",
        ] {
            assert_eq!(version(name), Version::parse(b"1.27.1"), "{name}");
        }
        for name in [
            "",
            "1.27.1",
            "go",
            "go-1.27.1",
            "corp-go1.27.1",
            "go1.27.1-a/b",
            "go1.27.1-a\\b",
            "go1.27.1corp",
            "local",
            "go1.27.1+auto",
            "default",
        ] {
            assert_eq!(version(name), None, "{name}");
        }
    }
}
