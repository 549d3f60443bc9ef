//! The day on which each release was published, and whether it mends security problems: Go's release
//! history (<https://go.dev/doc/devel/release>), which is a page for people.
//!
//! Nothing else says it. The index of go.dev has no days, and the time in a release's own `VERSION`,
//! which its module has, too, is when it was put together: of seven releases from 1.21.13 to 1.26.6
//! two to eleven days before anybody could have it.

use crate::calendar::{Day, parse_day};
use crate::version::GoVersion;
use std::collections::BTreeMap;

/// What stands before the name of a release.
const ANCHOR: &str = "id=\"go";

/// What stands before the day.
const RELEASED: &str = "(released ";

/// What is said of a release that mends security problems.
const SECURITY: &str = "security fix";

/// More of one entry is not looked at, in bytes.
const MAX_ENTRY: usize = 16 * 1024;

/// More releases are not read.
const MAX_RELEASES: usize = 4_000;

/// What the history has of one release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Published {
    /// The day, in UTC.
    pub day: Day,
    /// Whether security problems were mended.
    pub is_security: bool,
}

/// The history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReleaseHistory(BTreeMap<GoVersion, Published>);

impl ReleaseHistory {
    /// Reads the page; what has another form is passed over.
    pub fn parse(page: &str) -> Self {
        let mut found = BTreeMap::new();
        for part in page.split(ANCHOR).skip(1).take(MAX_RELEASES) {
            let end = (0..=MAX_ENTRY.min(part.len())).rev().find(|at| part.is_char_boundary(*at));
            let entry = &part[..end.unwrap_or(0)];
            let name = entry.split('"').next().unwrap_or_default();
            let Ok(version) = GoVersion::parse(name) else { continue };
            // A line's first release stands in a heading, and what was mended later below it.
            let entry = entry.split("<h3").next().unwrap_or_default();
            let Some((_, after)) = entry.split_once(RELEASED) else { continue };
            let Some(day) = parse_day(after) else { continue };
            let said = after.split_whitespace().collect::<Vec<_>>().join(" ");
            found.entry(version).or_insert(Published { day, is_security: said.contains(SECURITY) });
        }
        Self(found)
    }

    /// Returns what it has of a release.
    pub fn get(&self, version: GoVersion) -> Option<Published> {
        self.0.get(&version).copied()
    }

    /// Returns true where it has no release.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As go.dev has it.
    const PAGE: &str = "<h2 id=\"policy\">Release Policy</h2>\n\
        <h2 id=\"go1.27.0\">go1.27.0 (released 2026-08-11)</h2>\n<p>\nGo 1.27.0 is a major release of Go.\n</p>\n\
        <h3 id=\"go1.27.minor\">Minor revisions</h3>\n\
        <p id=\"go1.27.1\">\n\t\tgo1.27.1\n\t\t(released 2026-09-02)\n\t\t\n\t\t\tincludes\n\t\t\tsecurity\n\
        fixes</p>\n<p id=\"go1.27.2\">\n\t\tgo1.27.2\n\t\t(released 2026-10-07)\n\
        includes a security fix to the <code>net</code> package.</p>\n\
        <p id=\"go1.27.3\">go1.27.3 (released 2026-11-04) includes fixes to the compiler.</p>\n\
        <p id=\"go1.27.4\">go1.27.4 (planned for 2026-12-02) will include security fixes.</p>\n\
        <h2 id=\"go1.20\">go1.20 (released 2023-02-01)</h2>";

    fn version(text: &str) -> GoVersion {
        GoVersion::parse(text).unwrap()
    }

    #[test]
    fn days_are_those_of_the_page() {
        let history = ReleaseHistory::parse(PAGE);
        let day = |name: &str| history.get(version(name)).map(|one| (one.day, one.is_security));
        assert_eq!(day("1.27.0"), Some(((2026, 8, 11), false)));
        // The page breaks lines anywhere.
        assert_eq!(day("1.27.1"), Some(((2026, 9, 2), true)));
        assert_eq!(day("1.27.2"), Some(((2026, 10, 7), true)));
        assert_eq!(day("1.27.3"), Some(((2026, 11, 4), false)));
        assert_eq!(day("1.20"), Some(((2023, 2, 1), false)));
        // What is planned is not published.
        assert_eq!(day("1.27.4"), None);
        assert_eq!(day("1.26.0"), None);
    }

    #[test]
    fn what_is_no_history_is_empty() {
        for page in ["", "id=\"go", "id=\"go1.27.1\" (released 2026", "<html>id=\"go\u{e9}"] {
            assert!(ReleaseHistory::parse(page).is_empty(), "{page}");
        }
        let long = format!("id=\"go1.27.1\">{}(released 2026-01-01)", "\u{e9}".repeat(MAX_ENTRY));
        assert!(ReleaseHistory::parse(&long).is_empty());
    }
}
