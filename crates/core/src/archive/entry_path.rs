//! The name of an entry, parsed into a path that cannot leave the target directory.
//!
//! Parsers of archives hand over the raw bytes of a name and get an [`EntryPath`] or the reason why
//! not; nothing else in goward makes paths from archives. The rules are stricter than any one
//! system needs, so that an archive means the same on all of them, and every file of a Go release
//! passes them.

use crate::error::untrusted;
use std::fmt::{self, Display};
use std::ops::RangeInclusive;

/// Longest name, in bytes.
const MAX_LENGTH: usize = 512;
/// Longest part of a name, in bytes.
const MAX_PART: usize = 255;
/// Most parts of a name.
const MAX_DEPTH: usize = 32;
/// Where names need not be ASCII: Go's tests have a few such.
const NON_ASCII_BELOW: [&str; 4] = ["api/", "doc/", "misc/", "test/"];
/// Names that are devices on Windows, in any directory and with any extension.
const DEVICES: [&str; 6] = ["AUX", "CON", "CONIN$", "CONOUT$", "NUL", "PRN"];
/// How long those are, and `COM¹`, in bytes.
const DEVICE_LENGTHS: RangeInclusive<usize> = 3..=7;

/// A path relative to GOROOT: plain names joined by slashes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryPath(String);

/// Why an entry has no place in a toolchain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("entry `{}` {problem}", untrusted(.entry))]
pub struct EntryPathError {
    /// The entry's name; bytes that are not UTF-8 are replaced.
    pub entry: String,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What is wrong with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// It is absolute or goes up.
    Escapes,
    /// It has empty or `.` parts.
    NotPlain,
    /// It is not below `go/`.
    Outside,
    /// It has control characters, characters special to Windows, or is not UTF-8.
    Characters,
    /// It has letters beyond ASCII, which differ between file systems.
    NotAscii,
    /// A part of it is a device on Windows.
    Device,
    /// A part of it ends in a dot or a space, which Windows drops.
    Ending,
    /// It, or a part of it, is too long.
    TooLong,
    /// It has too many parts.
    TooDeep,
}

impl Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Escapes => "leaves the target directory",
            Self::NotPlain => "is not a plain path",
            Self::Outside => "is not below `go/`",
            Self::Characters => "has characters that do not belong in a file name",
            Self::NotAscii => "has letters that are not the same on every file system",
            Self::Device => "has the name of a device on Windows",
            Self::Ending => "has a part that ends in a dot or a space",
            Self::TooLong => "has a name that is too long",
            Self::TooDeep => "is too deep",
        })
    }
}

impl EntryPath {
    /// Reads the name of a file as it stands in an archive: below `go/`.
    pub fn parse(raw: &[u8]) -> Result<Self, EntryPathError> {
        let refused =
            |problem| EntryPathError { entry: String::from_utf8_lossy(raw).into_owned(), problem };
        let name = std::str::from_utf8(raw).map_err(|_| refused(Problem::Characters))?;
        check(name).map(|path| Self(path.to_owned())).map_err(refused)
    }

    /// Reads the name of a directory, with or without its final slash; `None` is GOROOT itself.
    pub fn parse_directory(raw: &[u8]) -> Result<Option<Self>, EntryPathError> {
        match raw.strip_suffix(b"/").unwrap_or(raw) {
            b"go" => Ok(None),
            raw => Self::parse(raw).map(Some),
        }
    }

    /// Returns the path.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Display for EntryPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&untrusted(&self.0))
    }
}

/// Returns what follows `go/`.
fn check(name: &str) -> Result<&str, Problem> {
    if !name.chars().all(belongs) {
        return Err(Problem::Characters);
    }
    let mut depth = 0;
    let (mut goes_up, mut is_plain, mut is_short) = (false, true, name.len() <= MAX_LENGTH);
    let (mut ends_well, mut has_device) = (true, false);
    for part in name.split('/') {
        depth += 1;
        goes_up |= part == "..";
        is_plain &= !part.is_empty() && part != ".";
        is_short &= part.len() <= MAX_PART;
        ends_well &= !part.ends_with(['.', ' ']);
        has_device |= is_device(part);
    }
    let path = name.strip_prefix("go/");
    let is_far = |path: &str| NON_ASCII_BELOW.iter().any(|directory| path.starts_with(directory));
    match path {
        _ if goes_up || name.starts_with('/') => Err(Problem::Escapes),
        _ if !is_plain => Err(Problem::NotPlain),
        None => Err(Problem::Outside),
        _ if !is_short => Err(Problem::TooLong),
        // Of which `go` is one.
        _ if depth > MAX_DEPTH + 1 => Err(Problem::TooDeep),
        _ if !ends_well => Err(Problem::Ending),
        _ if has_device => Err(Problem::Device),
        Some(path) if !path.is_ascii() && !is_far(path) => Err(Problem::NotAscii),
        Some(path) => Ok(path),
    }
}

/// Beyond ASCII only letters and digits: no combining marks, so that two spellings of one name
/// cannot both be there, and no format characters, which make a name look like another.
fn belongs(character: char) -> bool {
    if character.is_ascii() {
        !character.is_ascii_control()
            && !matches!(character, '<' | '>' | ':' | '"' | '|' | '?' | '*' | '\\')
    } else {
        character.is_alphanumeric()
    }
}

fn is_device(part: &str) -> bool {
    let stem = part.split('.').next().unwrap_or(part).trim_end();
    if !DEVICE_LENGTHS.contains(&stem.len()) {
        return false;
    }
    let is_port = stem.split_at_checked(3).is_some_and(|(kind, number)| {
        let mut characters = number.chars();
        let is_number = matches!(
            (characters.next(), characters.next()),
            (Some('0'..='9' | '¹' | '²' | '³'), None)
        );
        is_number && ["COM", "LPT"].iter().any(|port| port.eq_ignore_ascii_case(kind))
    });
    is_port || DEVICES.iter().any(|device| device.eq_ignore_ascii_case(stem))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_of_go_releases_pass() {
        for (raw, path) in [
            ("go/VERSION", "VERSION"),
            ("go/src/cmd/go/testdata/mod/rsc.io_!c!g!o_v1.0.0.txt", ""),
            ("go/src/cmd/go/internal/imports/testdata/android/.h.go", ""),
            ("go/test/fixedbugs/issue27836.dir/Þfoo.go", ""),
            ("go/src/a@v1,b=c+d~e%f (g).txt", ""),
            ("go/src/console.go", ""),
            ("go/src/comma", ""),
            ("go/go/x", "go/x"),
        ] {
            let parsed = EntryPath::parse(raw.as_bytes()).unwrap();
            let want = if path.is_empty() { &raw[3..] } else { path };
            assert_eq!(parsed.as_str(), want);
        }
    }

    #[test]
    fn other_names_are_refused_with_the_reason() {
        use Problem::*;
        let long_part = format!("go/{}", "x".repeat(256));
        let long = format!("go/{}", "x/".repeat(300));
        let deep = format!("go/{}y", "x/".repeat(32));
        for (raw, problem) in [
            ("../x", Escapes),
            ("../../.bashrc", Escapes),
            ("go/../../x", Escapes),
            ("go/..", Escapes),
            ("/etc/x", Escapes),
            ("//x", Escapes),
            ("go//x", NotPlain),
            ("./go/x", NotPlain),
            ("go/./x", NotPlain),
            ("go/x/", NotPlain),
            ("", NotPlain),
            ("go", Outside),
            ("VERSION", Outside),
            ("gox/x", Outside),
            ("GO/x", Outside),
            ("other/x", Outside),
            ("go\\..\\x", Characters),
            ("C:\\x", Characters),
            ("C:x", Characters),
            ("\\\\srv\\x", Characters),
            ("go/a:b", Characters),
            ("go/a\0b", Characters),
            ("go/a\nb", Characters),
            ("go/\u{1b}[31m", Characters),
            ("go/a\u{7f}", Characters),
            ("go/a\u{85}", Characters),
            ("go/test/a\u{202e}b", Characters),
            ("go/test/a\u{200b}b", Characters),
            ("go/test/e\u{301}", Characters),
            ("go/src/é", NotAscii),
            ("go/tests/é", NotAscii),
            ("go/CON", Device),
            ("go/NUL.txt", Device),
            ("go/src/nul .x/y", Device),
            ("go/com1", Device),
            ("go/test/LPT².x", Device),
            ("go/aux.", Ending),
            ("go/x.", Ending),
            ("go/x /y", Ending),
            (&long_part, TooLong),
            (&long[..long.len() - 1], TooLong),
            (&deep, TooDeep),
        ] {
            let error = EntryPath::parse(raw.as_bytes()).unwrap_err();
            assert_eq!(error.problem, problem, "{raw:?}");
        }
    }

    #[test]
    fn limits_hold_to_the_byte() {
        let of = |name: String| EntryPath::parse(name.as_bytes()).map_err(|error| error.problem);
        let part = |length| format!("go/{}", "x".repeat(length));
        assert!(of(part(MAX_PART)).is_ok());
        assert_eq!(of(part(MAX_PART + 1)), Err(Problem::TooLong));
        let long = |length| format!("go/{0}/{0}/{1}", "x".repeat(200), "y".repeat(length - 405));
        assert_eq!(long(MAX_LENGTH).len(), MAX_LENGTH);
        assert!(of(long(MAX_LENGTH)).is_ok());
        assert_eq!(of(long(MAX_LENGTH + 1)), Err(Problem::TooLong));
        let deep = |parts| format!("go{}", "/x".repeat(parts));
        assert!(of(deep(MAX_DEPTH)).is_ok());
        assert_eq!(of(deep(MAX_DEPTH + 1)), Err(Problem::TooDeep));
    }

    #[test]
    fn names_that_are_not_utf8_are_refused() {
        for raw in [&b"go/\xff"[..], b"go/\xc0\xae\xc0\xae/x", b"go/\xed\xa0\x80"] {
            assert_eq!(EntryPath::parse(raw).unwrap_err().problem, Problem::Characters);
        }
    }

    #[test]
    fn messages_name_the_entry_and_cannot_harm_a_terminal() {
        let cases: [(&[u8], &str); 9] = [
            (b"../../.bashrc", "entry `../../.bashrc` leaves the target directory"),
            (b"go//x", "entry `go//x` is not a plain path"),
            (b"x", "entry `x` is not below `go/`"),
            (
                b"go/\x1b[2J\xff",
                "entry `go/\\u{1b}[2J\\u{fffd}` has characters that do not belong in a file name",
            ),
            (b"go/\xc3\xa9", "entry `go/é` has letters that are not the same on every file system"),
            (b"go/nul", "entry `go/nul` has the name of a device on Windows"),
            (b"go/x.", "entry `go/x.` has a part that ends in a dot or a space"),
            (&[b"go/".as_slice(), &[b'x'; 256]].concat(), ""),
            (&b"go/".repeat(80), ""),
        ];
        for (raw, want) in cases {
            let message =
                EntryPath::parse(raw.strip_suffix(b"/").unwrap_or(raw)).unwrap_err().to_string();
            match want {
                "" => assert!(
                    message.ends_with("...` has a name that is too long")
                        || message.ends_with("...` is too deep")
                ),
                want => assert_eq!(message, want),
            }
        }
    }

    #[test]
    fn directories_may_end_in_a_slash() {
        assert_eq!(EntryPath::parse_directory(b"go/"), Ok(None));
        assert_eq!(EntryPath::parse_directory(b"go"), Ok(None));
        let src = EntryPath::parse_directory(b"go/src/").unwrap().unwrap();
        assert_eq!(src.as_str(), "src");
        assert!(EntryPath::parse_directory(b"go//").is_err());
        assert!(EntryPath::parse_directory(b"/").is_err());
    }

    proptest! {
        #[test]
        fn what_passes_stays_inside(raw in "(go/)?[a-z./\\\\:\u{0}-\u{20}é]{0,12}(/\\.\\.|//|/\\.|x)?") {
            if let Ok(path) = EntryPath::parse(raw.as_bytes()) {
                let path = std::path::Path::new(path.as_str());
                let plain = |part| matches!(part, std::path::Component::Normal(_));
                prop_assert!(path.components().all(plain));
                prop_assert!(path.components().count() > 0);
            }
        }
    }
}
