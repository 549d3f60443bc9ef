//! Releases in which code of others runs when it is only built or fetched.
//!
//! What this goward knows, and no more: flaws of `go build`, `go list` and `go get` through which a
//! module runs code, or smuggles it past the checks of cgo, on the machine that builds. The ranges are
//! those of Go's own database (vuln.go.dev) and of Go's announcements, which agree. What needs a
//! hostile proxy or checksum database is another matter, and not here.

use super::GoVersion;
use crate::platform::Platform;

/// A flaw, and the releases that have it.
struct Flaw {
    id: &'static str,
    /// The only GOOS of the machine on which it matters.
    os: Option<&'static str>,
    /// From the first release of a minor version up to, and without, a release.
    ranges: &'static [(u32, GoVersion)],
}

const FLAWS: [Flaw; 11] = [
    Flaw { id: "CVE-2023-29402", os: None, ranges: &[(0, fixed(19, 10)), (20, fixed(20, 5))] },
    Flaw { id: "CVE-2023-29404", os: None, ranges: &[(0, fixed(19, 10)), (20, fixed(20, 5))] },
    Flaw { id: "CVE-2023-29405", os: None, ranges: &[(0, fixed(19, 10)), (20, fixed(20, 5))] },
    Flaw { id: "CVE-2023-39320", os: None, ranges: &[(21, fixed(21, 1))] },
    Flaw { id: "CVE-2023-39323", os: None, ranges: &[(0, fixed(20, 9)), (21, fixed(21, 2))] },
    Flaw {
        id: "CVE-2024-24787",
        os: Some("darwin"),
        ranges: &[(0, fixed(21, 10)), (22, fixed(22, 3))],
    },
    Flaw { id: "CVE-2025-4674", os: None, ranges: &[(0, fixed(23, 11)), (24, fixed(24, 5))] },
    Flaw { id: "CVE-2025-61731", os: None, ranges: &[(0, fixed(24, 12)), (25, fixed(25, 6))] },
    Flaw { id: "CVE-2025-61732", os: None, ranges: &[(0, fixed(24, 13)), (25, fixed(25, 7))] },
    Flaw { id: "CVE-2025-68119", os: None, ranges: &[(24, fixed(24, 12)), (25, fixed(25, 6))] },
    Flaw { id: "CVE-2026-27140", os: None, ranges: &[(0, fixed(25, 9)), (26, fixed(26, 2))] },
];

const fn fixed(minor: u32, patch: u32) -> GoVersion {
    GoVersion::released(minor, patch)
}

impl Flaw {
    fn is_in(&self, version: GoVersion, platform: Platform) -> bool {
        let in_range =
            |(first, fixed): &(u32, GoVersion)| *first <= version.minor() && version < *fixed;
        self.os.is_none_or(|os| os == platform.os()) && self.ranges.iter().any(in_range)
    }
}

/// What is known to be wrong with a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BelowFloor {
    /// Names of the flaws, sorted.
    pub flaws: Vec<&'static str>,
    /// The first later release without any of those that goward knows.
    pub fixed: GoVersion,
}

impl BelowFloor {
    /// Returns what to say to somebody who chooses `version`, the release that was checked.
    pub fn warning(&self, version: GoVersion) -> String {
        let (flaws, fixed) = (self.flaws.join(", "), self.fixed);
        format!(
            "{version} has flaws through which what it builds or fetches can run code ({flaws}); \
             {fixed} has none of them"
        )
    }
}

/// Returns what is known to be wrong with a release on a platform; `None` for one that goward knows
/// nothing against.
pub fn check(version: GoVersion, platform: Platform) -> Option<BelowFloor> {
    let flaws_of = |version| FLAWS.iter().filter(move |flaw| flaw.is_in(version, platform));
    let flaws: Vec<_> = flaws_of(version).map(|flaw| flaw.id).collect();
    let releases = FLAWS.iter().flat_map(|flaw| flaw.ranges).map(|(_, fixed)| *fixed);
    let clean = |fixed: &GoVersion| *fixed > version && flaws_of(*fixed).next().is_none();
    let fixed = releases.filter(clean).min()?;
    (!flaws.is_empty()).then_some(BelowFloor { flaws, fixed })
}

/// Returns what to say to somebody who chooses a release; `None` where there is nothing to say.
pub fn warning(version: GoVersion, platform: Platform) -> Option<String> {
    check(version, platform).map(|below| below.warning(version))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(version: &str, platform: &str) -> Option<(usize, String)> {
        let platform = Platform::parse(platform).unwrap();
        let found = check(GoVersion::parse(version).unwrap(), platform)?;
        Some((found.flaws.len(), found.fixed.to_string()))
    }

    #[test]
    fn each_line_has_its_floor() {
        let cases: &[(&str, Option<(usize, &str)>)] = &[
            ("1.4", Some((8, "go1.25.9"))),
            ("1.19.9", Some((8, "go1.25.9"))),
            ("1.19.10", Some((5, "go1.25.9"))),
            ("1.20.5", Some((5, "go1.25.9"))),
            ("1.21.0", Some((6, "go1.25.9"))),
            ("1.21.2", Some((4, "go1.25.9"))),
            ("1.22.10", Some((4, "go1.25.9"))),
            ("1.23.11", Some((3, "go1.25.9"))),
            ("1.24.4", Some((5, "go1.25.9"))),
            ("1.24.12", Some((2, "go1.25.9"))),
            ("1.24.13", Some((1, "go1.25.9"))),
            ("1.25rc1", Some((4, "go1.25.9"))),
            ("1.25.8", Some((1, "go1.25.9"))),
            ("1.25.9", None),
            ("1.25.30", None),
            ("1.26rc1", Some((1, "go1.26.2"))),
            ("1.26.1", Some((1, "go1.26.2"))),
            ("1.26.2", None),
            ("1.27.0", None),
            ("1.99.1", None),
        ];
        for (version, want) in cases {
            let want = want.map(|(count, fixed)| (count, fixed.to_owned()));
            assert_eq!(checked(version, "linux/amd64"), want, "{version}");
        }
    }

    #[test]
    fn a_flaw_of_one_system_counts_there_only() {
        let count = |platform| checked("1.22.2", platform).map(|(count, _)| count);
        assert_eq!((count("linux/amd64"), count("darwin/arm64")), (Some(4), Some(5)));
    }

    #[test]
    fn the_table_is_sorted_and_its_ranges_do_not_overlap() {
        assert!(FLAWS.is_sorted_by(|a, b| a.id < b.id));
        for flaw in &FLAWS {
            let ends = flaw.ranges.windows(2).all(|pair| pair[0].1.minor() < pair[1].0);
            assert!(ends && flaw.ranges.iter().all(|(first, fixed)| *first <= fixed.minor()));
        }
    }
}
