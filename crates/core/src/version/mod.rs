//! Go versions: parsing, order, Go's own spelling.
//!
//! The rules are those of Go's `internal/gover` (Go 1.21 and newer), not semver: from 1.21 on the
//! bare `1.21` names the language and comes before `1.21rc1`, which comes before `1.21.0`; up to
//! 1.20 the bare `1.20` is the first release itself.

pub mod link_name;
pub mod module_version;
pub mod request;
pub mod vendor_version;

use goward_shim::gover::Version;
use std::cmp::Ordering;
use std::fmt::{self, Display};

/// The first minor version whose first release is spelled with `.0`.
const FIRST_MINOR_WITH_ZERO: u32 = 21;

/// A Go version such as `go1.27.1`, `go1.28rc1` or `go1.20`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GoVersion {
    minor: u32,
    stage: Stage,
}

/// What follows `1.N`; variants in Go's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Stage {
    /// Bare `1.N` with N >= 21: the language, of which there is no release.
    Language,
    Beta(u32),
    ReleaseCandidate(u32),
    /// `1.N.P`; bare `1.N` with N <= 20 is `1.N.0`.
    Patch(u32),
}

/// The text is not a Go version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not a Go version", crate::error::untrusted(.0))]
pub struct ParseVersionError(String);

impl GoVersion {
    /// Reads `go1.27.1`, `1.27.1`, `v1.27.1`, `1.28rc1` and semver's `1.28.0-rc.1`.
    pub fn parse(text: &str) -> Result<Self, ParseVersionError> {
        let number = text.strip_prefix("go").or_else(|| text.strip_prefix('v')).unwrap_or(text);
        let spelled = match number.split_once('-') {
            // `1.28.0-rc.1` and `1.28.0-rc1` are what semver tools make of `1.28rc1`.
            Some((core, pre)) => match core.strip_suffix(".0") {
                Some(line) => format!("go{line}{}", pre.replacen('.', "", 1)),
                None => return Err(ParseVersionError(text.to_owned())),
            },
            None => format!("go{number}"),
        };
        if !goward_shim::lock::is_version(&spelled) {
            return Err(ParseVersionError(text.to_owned()));
        }
        Self::from_checked(&spelled).ok_or_else(|| ParseVersionError(text.to_owned()))
    }

    /// Reads the name of a toolchain as Go does: what a builder put behind the version, as in
    /// `go1.27.1-corp` or `go1.27.1 X:jsonv2`, does not count. `None` for what is no name, and for a version
    /// that no release can have.
    pub fn of_toolchain(name: &str) -> Option<Self> {
        Version::of_toolchain(name.as_bytes())?;
        let version = name.split([' ', '\t', '-']).next()?;
        Self::parse(version).ok()
    }

    /// Returns it as other tools spell it, without `go`: `1.27.1`.
    pub fn number(self) -> String {
        self.to_string().split_off("go".len())
    }

    fn from_checked(spelled: &str) -> Option<Self> {
        let rest = spelled.strip_prefix("go1")?;
        let Some(rest) = rest.strip_prefix('.') else {
            return Some(Self { minor: 0, stage: Stage::Patch(0) });
        };
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let minor = rest[..end].parse().ok()?;
        let rest = &rest[end..];
        let stage = if rest.is_empty() {
            if minor < FIRST_MINOR_WITH_ZERO { Stage::Patch(0) } else { Stage::Language }
        } else if let Some(patch) = rest.strip_prefix('.') {
            Stage::Patch(patch.parse().ok()?)
        } else if let Some(number) = rest.strip_prefix("rc") {
            Stage::ReleaseCandidate(number.parse().ok()?)
        } else {
            Stage::Beta(rest.strip_prefix("beta")?.parse().ok()?)
        };
        Some(Self { minor, stage })
    }

    /// Returns N of `1.N`.
    pub fn minor(self) -> u32 {
        self.minor
    }

    /// Returns true for a release that is not a beta or release candidate.
    pub fn is_final(self) -> bool {
        matches!(self.stage, Stage::Patch(_))
    }

    /// Returns true for a release that only mends an earlier one of its line.
    pub fn is_patch(self) -> bool {
        matches!(self.stage, Stage::Patch(1..))
    }

    /// Returns true for a bare `1.N` with N >= 21: a language version, of which there is no release.
    pub fn is_language(self) -> bool {
        self.stage == Stage::Language
    }

    /// Returns the release that a semver version is; for the start of a line, `1.21.0-0`, that is `go1.21.0`.
    pub fn from_semver(version: &semver::Version) -> Option<Self> {
        let pre = |name: &str| version.pre.as_str().strip_prefix(name)?.parse().ok();
        let stage = match version.pre.as_str() {
            "" | "0" => Stage::Patch(u32::try_from(version.patch).ok()?),
            _ => {
                pre("rc.").map(Stage::ReleaseCandidate).or_else(|| pre("beta.").map(Stage::Beta))?
            }
        };
        let minor = u32::try_from(version.minor).ok().filter(|_| version.major == 1)?;
        Some(Self { minor, stage })
    }

    /// Returns the version as semver sees it (`1.28rc1` is `1.28.0-rc.1`), for ranges.
    pub fn to_semver(self) -> semver::Version {
        let mut version = semver::Version::new(1, u64::from(self.minor), 0);
        let pre = match self.stage {
            Stage::Language => "0".to_owned(),
            Stage::Beta(number) => format!("beta.{number}"),
            Stage::ReleaseCandidate(number) => format!("rc.{number}"),
            Stage::Patch(patch) => {
                version.patch = u64::from(patch);
                String::new()
            }
        };
        version.pre = semver::Prerelease::new(&pre).unwrap_or(semver::Prerelease::EMPTY);
        version
    }
}

impl Display for GoVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let minor = self.minor;
        match self.stage {
            Stage::Patch(0) if minor == 0 => f.write_str("go1"),
            Stage::Patch(0) if minor < FIRST_MINOR_WITH_ZERO => write!(f, "go1.{minor}"),
            Stage::Patch(patch) => write!(f, "go1.{minor}.{patch}"),
            Stage::ReleaseCandidate(number) => write!(f, "go1.{minor}rc{number}"),
            Stage::Beta(number) => write!(f, "go1.{minor}beta{number}"),
            Stage::Language => write!(f, "go1.{minor}"),
        }
    }
}

impl Ord for GoVersion {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.minor, self.stage).cmp(&(other.minor, other.stage))
    }
}

impl PartialOrd for GoVersion {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings() {
        let cases = [
            ("1.27.1", "go1.27.1"),
            ("go1.27.1", "go1.27.1"),
            ("v1.27.1", "go1.27.1"),
            ("1.28.0-rc.1", "go1.28rc1"),
            ("v1.28.0-beta2", "go1.28beta2"),
            ("1.28rc1", "go1.28rc1"),
            ("1.20", "go1.20"),
            ("1.20.0", "go1.20"),
            ("1.21", "go1.21"),
            ("1.21.0", "go1.21.0"),
            ("go1", "go1"),
            ("1.0", "go1"),
        ];
        for (text, want) in cases {
            assert_eq!(GoVersion::parse(text).unwrap().to_string(), want, "{text}");
        }
    }

    #[test]
    fn not_versions() {
        for text in [
            "",
            "go",
            "2.0",
            "1.27.x",
            "1.27.1-rc.1",
            "1.27.0-rc",
            "1.27.0-alpha.1",
            "1.27.1\n",
            "gogo1.27",
            "1.027",
            "../1.27",
            "1.27.1.1",
            "1.27.0-rc.1.2",
            "1.4294967296",
        ] {
            assert!(GoVersion::parse(text).is_err(), "{text}");
        }
        let message = GoVersion::parse("1.27\u{1b}[0m").unwrap_err().to_string();
        assert_eq!(message, "`1.27\\u{1b}[0m` is not a Go version");
    }

    #[test]
    fn a_toolchain_is_the_release_that_it_was_made_from() {
        let read = |name| GoVersion::of_toolchain(name).map(|version| version.to_string());
        for name in ["go1.26.6", "go1.26.6-corp", "go1.26.6 X:jsonv2", "go1.26.6-1.27.0"] {
            assert_eq!(read(name).as_deref(), Some("go1.26.6"), "{name}");
        }
        assert_eq!(read("go1.27-devel_1a2b").as_deref(), Some("go1.27"));
        for name in
            ["1.26.6", "go", "go1.26.6corp", "go1.26.6-a/b", "corp-go1.26.6", "go1.27alpha1"]
        {
            assert_eq!(read(name), None, "{name}");
        }
    }

    #[test]
    fn order_is_gos_own() {
        let sorted = [
            "1",
            "1.5",
            "1.19.13",
            "1.20beta1",
            "1.20rc3",
            "1.20",
            "1.20.1",
            "1.21",
            "1.21beta1",
            "1.21rc1",
            "1.21rc2",
            "1.21rc10",
            "1.21.0",
            "1.21.9",
            "1.21.10",
            "1.22",
        ];
        let versions: Vec<_> = sorted.iter().map(|text| GoVersion::parse(text).unwrap()).collect();
        assert!(versions.is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn semver_keeps_the_order_of_releases() {
        let sorted = ["1.20rc1", "1.20", "1.21beta1", "1.21rc1", "1.21rc2", "1.21.0", "1.21.1"];
        let versions: Vec<_> =
            sorted.iter().map(|text| GoVersion::parse(text).unwrap().to_semver()).collect();
        assert!(versions.is_sorted_by(|a, b| a < b));
    }
}
