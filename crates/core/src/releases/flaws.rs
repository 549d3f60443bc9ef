//! Releases with known flaws, and the newer releases that do not have them.
//!
//! A flaw of the *commands* lets what is only built or fetched run code, or gets it past the checks of cgo, on
//! the machine that builds: `crates/core/data/flaws.tsv`, and whatever Go's vulnerability database has about the module
//! `toolchain`. A release with one is not installed because a lock asks for it. Flaws of the *library*, which
//! only the database has, are those of built programs. No release with either is recommended, and none of
//! a line that Go no longer supports.

use crate::calendar::{Day, today};
use crate::facts;
use crate::platform::Platform;
use crate::releases::schedule;
use crate::version::GoVersion;
use semver::Version;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// How many names a message has.
const MAX_NAMES: usize = 3;

/// Where a flaw is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum Part {
    /// In what builds and fetches.
    Commands,
    /// In what is built in.
    Library,
}

/// A flaw, and the releases that have it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Flaw {
    /// The CVE, or the name in Go's database where there is none.
    pub id: String,
    /// Where it is.
    pub part: Part,
    /// The only GOOS on which it matters; empty for all.
    pub systems: Vec<String>,
    /// The releases that have it.
    pub ranges: Vec<Range>,
}

/// Releases from one up to, and without, another.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Range {
    /// The first.
    pub first: Version,
    /// The one that ends it, if one does.
    pub fixed: Option<Version>,
}

impl Flaw {
    fn is_in(&self, version: GoVersion, platform: Platform) -> bool {
        let at = version.to_semver();
        let has = |range: &Range| {
            range.first <= at && range.fixed.as_ref().is_none_or(|fixed| at < *fixed)
        };
        let is_here =
            self.systems.is_empty() || self.systems.iter().any(|system| system == platform.os());
        is_here && self.ranges.iter().any(has)
    }

    /// Reads a row of the table.
    fn of_row([id, system, ranges]: [&str; 3]) -> Option<Self> {
        let range = |text: &str| {
            let (first, fixed) = text.split_once('-')?;
            let first = match first.split_once('.') {
                None => "0.0.0-0".to_owned(),
                Some((major, minor)) => format!("{major}.{minor}.0-0"),
            };
            let fixed = Some(GoVersion::parse(fixed).ok()?.to_semver());
            Some(Range { first: Version::parse(&first).ok()?, fixed })
        };
        Some(Self {
            id: id.to_owned(),
            part: Part::Commands,
            systems: Some(system.to_owned()).filter(|system| system != "-").into_iter().collect(),
            ranges: ranges.split(',').map(range).collect::<Option<_>>()?,
        })
    }
}

/// All flaws that are known.
#[derive(Clone, Debug)]
pub struct KnownFlaws {
    flaws: Vec<Flaw>,
    /// When that was known, in words.
    known: String,
    today: Day,
}

/// What is known to be wrong with a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownFlaw {
    /// The names of the flaws, sorted.
    pub flaws: Vec<String>,
    /// The first later release of each supported line without any flaw, oldest first.
    pub clean: Vec<GoVersion>,
    /// When all that was known.
    pub known: String,
}

impl KnownFlaw {
    /// Returns what to say to somebody who chooses `version`, the release that was checked.
    pub fn warning(&self, version: GoVersion) -> String {
        let newest: Vec<&str> =
            self.flaws.iter().rev().take(MAX_NAMES).map(String::as_str).collect();
        let mut names = newest.join(", ");
        if let Some(more @ 1..) = self.flaws.len().checked_sub(MAX_NAMES) {
            names = format!("{names} and {more} more");
        }
        let known = &self.known;
        let clean = match self.clean.as_slice() {
            [] => format!("no supported release without them was {known}"),
            [one] => format!("{one} has none {known}"),
            several => {
                let releases: Vec<String> = several.iter().map(ToString::to_string).collect();
                format!("{} have none {known}", releases.join(" and "))
            }
        };
        format!(
            "{version} has flaws through which what it builds or fetches can run code ({names}); {clean}"
        )
    }

    /// Returns the line to type for a newer release, where there is one to recommend.
    pub fn suggestion(&self) -> Option<String> {
        self.clean.first().map(|clean| format!("goward use {}", clean.number()))
    }
}

impl KnownFlaws {
    /// Returns those of the table that is built in.
    pub fn built_in() -> Self {
        Self::on(today())
    }

    fn on(today: Day) -> Self {
        let flaws = facts::FLAWS.rows().filter_map(Flaw::of_row).collect();
        Self { flaws, known: facts::known(facts::FLAWS.checked(), today), today }
    }

    /// Adds what a vulnerability database says; `by` is its name and day.
    #[must_use]
    pub fn with(mut self, flaws: Vec<Flaw>, by: &str) -> Self {
        self.flaws.extend(flaws);
        self.known = format!("{}, and by {by}", self.known);
        self
    }

    /// Returns what is known to be wrong with the commands of a release on a platform; `None` for one that
    /// nothing is known against.
    pub fn check(&self, version: GoVersion, platform: Platform) -> Option<KnownFlaw> {
        let of_commands = |flaw: &&Flaw| flaw.part == Part::Commands;
        let found = self.flaws.iter().filter(of_commands);
        let found = found.filter(|flaw| flaw.is_in(version, platform));
        let flaws: BTreeSet<String> = found.map(|flaw| flaw.id.clone()).collect();
        (!flaws.is_empty()).then(|| KnownFlaw {
            flaws: flaws.into_iter().collect(),
            clean: self.clean_after(version, platform),
            known: self.known.clone(),
        })
    }

    /// Returns what to say to somebody who chooses a release; `None` where there is nothing to say.
    pub fn warning(&self, version: GoVersion, platform: Platform) -> Option<String> {
        self.check(version, platform).map(|flawed| flawed.warning(version))
    }

    /// Returns the first release after `version` of each supported line that is known to have no flaw,
    /// oldest first.
    fn clean_after(&self, version: GoVersion, platform: Platform) -> Vec<GoVersion> {
        let ranges = self.flaws.iter().flat_map(|flaw| &flaw.ranges);
        let fixed = ranges.filter_map(|range| GoVersion::from_semver(range.fixed.as_ref()?));
        let is_clean = |release: &GoVersion| {
            *release > version
                && release.is_final()
                && schedule::support(release.minor(), self.today).is_supported()
                && !self.flaws.iter().any(|flaw| flaw.is_in(*release, platform))
        };
        let mut clean: Vec<GoVersion> = fixed.filter(is_clean).collect();
        clean.sort_unstable();
        clean.dedup_by_key(|release| release.minor());
        clean
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: Day = (2026, 11, 30);

    /// As the table was with the flaws of November 2026 as its last.
    fn november(today: Day) -> KnownFlaws {
        let mut known = KnownFlaws::on(today);
        known.flaws.retain(|flaw| flaw.id.as_str() <= "CVE-2026-97043");
        known
    }

    fn checked(version: &str, platform: &str, today: Day) -> Option<(usize, String)> {
        let platform = Platform::parse(platform).unwrap();
        let found = november(today).check(GoVersion::parse(version).unwrap(), platform)?;
        let clean: Vec<String> = found.clean.iter().map(|release| release.number()).collect();
        Some((found.flaws.len(), clean.join(" ")))
    }

    #[test]
    fn each_release_has_its_flaws_and_only_clean_supported_releases_are_named() {
        let cases: &[(&str, Option<(usize, &str)>)] = &[
            ("1.4", Some((18, "1.26.11 1.27.4"))),
            ("1.19.9", Some((18, "1.26.11 1.27.4"))),
            ("1.19.10", Some((15, "1.26.11 1.27.4"))),
            ("1.20.5", Some((15, "1.26.11 1.27.4"))),
            ("1.21.0", Some((16, "1.26.11 1.27.4"))),
            ("1.21.2", Some((14, "1.26.11 1.27.4"))),
            ("1.22.10", Some((14, "1.26.11 1.27.4"))),
            ("1.23.11", Some((13, "1.26.11 1.27.4"))),
            ("1.24.4", Some((15, "1.26.11 1.27.4"))),
            ("1.25rc1", Some((14, "1.26.11 1.27.4"))),
            ("1.25.9", Some((10, "1.26.11 1.27.4"))),
            ("1.25.30", Some((10, "1.26.11 1.27.4"))),
            ("1.26rc1", Some((11, "1.26.11 1.27.4"))),
            ("1.26.2", Some((10, "1.26.11 1.27.4"))),
            ("1.26.10", Some((10, "1.26.11 1.27.4"))),
            ("1.26.11", None),
            ("1.27rc1", Some((10, "1.27.4"))),
            ("1.27.0", Some((10, "1.27.4"))),
            ("1.27.3", Some((10, "1.27.4"))),
            ("1.27.4", None),
            ("1.28rc1", None),
            ("1.99.1", None),
        ];
        for (version, want) in cases {
            let want = want.map(|(count, clean)| (count, clean.to_owned()));
            assert_eq!(checked(version, "linux/amd64", TODAY), want, "{version}");
        }
    }

    #[test]
    fn what_is_recommended_depends_on_the_day() {
        let clean = |today| checked("1.25.5", "linux/amd64", today).unwrap().1;
        assert_eq!(clean((2026, 8, 18)), "1.26.11 1.27.4");
        // By its schedule Go supports 1.26 until 1.28 comes out.
        assert_eq!(clean((2027, 3, 10)), "1.27.4");
        assert_eq!(clean((2027, 9, 19)), "");
    }

    #[test]
    fn a_flaw_of_one_system_counts_there_only() {
        let count = |platform| checked("1.22.2", platform, TODAY).map(|(count, _)| count);
        assert_eq!((count("linux/amd64"), count("darwin/arm64")), (Some(14), Some(15)));
    }

    #[test]
    fn messages_name_the_newest_flaws_and_the_day() {
        let flawed = |flaws: &[&str], clean: &[&str]| KnownFlaw {
            flaws: flaws.iter().map(ToString::to_string).collect(),
            clean: clean.iter().map(|text| GoVersion::parse(text).unwrap()).collect(),
            known: "known on 2026-11-30".to_owned(),
        };
        let version = GoVersion::parse("1.26.2").unwrap();
        let start = "go1.26.2 has flaws through which what it builds or fetches can run code ";
        let cases = [
            (
                flawed(&["A"], &["1.27.4"]),
                "(A); go1.27.4 has none known on 2026-11-30",
                Some("goward use 1.27.4"),
            ),
            (
                flawed(&["A", "B", "C", "D", "E"], &["1.26.11", "1.27.4"]),
                "(E, D, C and 2 more); go1.26.11 and go1.27.4 have none known on 2026-11-30",
                Some("goward use 1.26.11"),
            ),
            (
                flawed(&["A", "B", "C"], &[]),
                "(C, B, A); no supported release without them was known on 2026-11-30",
                None,
            ),
        ];
        for (flawed, want, suggestion) in cases {
            assert_eq!(flawed.warning(version), format!("{start}{want}"));
            assert_eq!(flawed.suggestion().as_deref(), suggestion);
        }
    }

    /// What the database has against the commands is a flaw like those of the table; what it has against the
    /// library keeps a release from being recommended.
    #[test]
    fn a_database_decides_together_with_the_table() {
        let flaw = |id: &str, part, first: &str, fixed: Option<&str>| Flaw {
            id: id.to_owned(),
            part,
            systems: Vec::new(),
            ranges: vec![Range {
                first: Version::parse(first).unwrap(),
                fixed: fixed.map(|fixed| Version::parse(fixed).unwrap()),
            }],
        };
        let flaws = vec![
            flaw("CVE-2027-1", Part::Library, "0.0.0-0", Some("1.26.12")),
            flaw("CVE-2027-1", Part::Library, "1.27.0-0", Some("1.27.5")),
            flaw("CVE-2027-2", Part::Commands, "1.27.4", Some("1.27.6")),
        ];
        let known = november(TODAY).with(flaws.clone(), "the database of today");
        let check = |version: &str| {
            let found = known.check(
                GoVersion::parse(version).unwrap(),
                Platform::parse("linux/amd64").unwrap(),
            )?;
            let clean: Vec<String> = found.clean.iter().map(|release| release.number()).collect();
            Some((found.flaws.len(), clean.join(" "), found.known))
        };
        let (count, clean, said) = check("1.26.2").unwrap();
        assert_eq!((count, clean.as_str()), (10, "1.26.12 1.27.6"));
        assert!(said.ends_with(", and by the database of today"), "{said}");
        assert_eq!(
            check("1.27.4").map(|(count, clean, _)| (count, clean)),
            Some((1, "1.27.6".into()))
        );
        // A flaw of the library stops nothing.
        assert_eq!(check("1.26.11"), None);
        let forever = vec![flaw("CVE-2027-3", Part::Commands, "0.0.0-0", None)];
        let known = november(TODAY).with(forever, "x");
        let linux = Platform::parse("linux/amd64").unwrap();
        assert_eq!(known.check(GoVersion::parse("1.27.9").unwrap(), linux).unwrap().clean, []);
        let text = serde_json::to_string(&flaws).unwrap();
        let read: Vec<Flaw> = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), text);
    }

    #[test]
    fn every_row_is_read_and_the_table_is_sorted() {
        let rows = facts::FLAWS.text().lines().filter(|line| !line.starts_with('#')).count();
        let flaws = KnownFlaws::built_in().flaws;
        assert_eq!(flaws.len(), rows);
        assert!(flaws.is_sorted_by(|a, b| a.id < b.id));
        for flaw in &flaws {
            let ends: Vec<&Version> = flaw
                .ranges
                .iter()
                .flat_map(|r| [Some(&r.first), r.fixed.as_ref()])
                .flatten()
                .collect();
            assert!(ends.is_sorted_by(|a, b| a < b), "{}", flaw.id);
        }
    }
}
