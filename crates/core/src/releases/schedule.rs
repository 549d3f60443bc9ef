//! When the lines of Go came out, and until when they are supported: `crates/core/data/lines.tsv`.
//!
//! Go supports a line until there are two newer ones (go.dev/doc/devel/release), which come every
//! February and August.

use crate::calendar::{Day, days_between, parse_day, today};
use crate::facts;
use crate::version::GoVersion;
use std::sync::LazyLock;

/// The first release of each line, oldest first.
static FIRST_RELEASES: LazyLock<Vec<(u32, Day)>> = LazyLock::new(|| {
    let rows = facts::LINES.rows();
    rows.filter_map(|[minor, day, _]| Some((minor.parse().ok()?, parse_day(day)?))).collect()
});

/// The release of each line from whose sources the built-in tables are, oldest first.
pub static LOOKED_INTO: LazyLock<Vec<GoVersion>> = LazyLock::new(|| {
    facts::LINES.rows().filter_map(|[_, _, release]| GoVersion::parse(release).ok()).collect()
});

/// Returns true for a minor version whose sources the built-in tables are from.
pub fn is_looked_into(minor: u32) -> bool {
    LOOKED_INTO.iter().any(|release| release.minor() == minor)
}

/// How many lines are supported at a time.
pub const SUPPORTED: u32 = 2;

/// Months from the first release of a line to the second after it, with one to spare.
const MONTHS: u16 = 13;

/// Whether Go still supports a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Support {
    /// It does; by its schedule until this day, where goward knows when the line came out.
    Until(Option<Day>),
    /// By its schedule it does not since this day, and goward does not know better.
    Overdue(Day),
    /// It does not, since this day, where goward knows it.
    Ended(Option<Day>),
}

impl Support {
    /// Returns true for a line that is supported as far as goward knows.
    pub fn is_supported(self) -> bool {
        matches!(self, Self::Until(_))
    }
}

/// Returns whether Go 1.`minor` is supported on a day. Older lines than goward knows are not.
pub fn support(minor: u32, today: Day) -> Support {
    let ender = first_release(minor + SUPPORTED);
    let is_older = FIRST_RELEASES.first().is_some_and(|(oldest, _)| minor < *oldest);
    if is_older || ender.is_some_and(|day| day <= today) {
        return Support::Ended(ender);
    }
    match expected_end(minor) {
        Some(end) if end <= today => Support::Overdue(end),
        end => Support::Until(ender.or(end)),
    }
}

/// Returns the oldest line that Go supports on a day, as far as goward knows.
pub fn oldest_supported(today: Day) -> u32 {
    let lines = || FIRST_RELEASES.iter().map(|(minor, _)| *minor);
    lines().find(|minor| support(*minor, today).is_supported()).or(lines().next_back()).unwrap_or(0)
}

/// Returns the line to recommend to somebody who needs what came with Go 1.`first`: that one, or the
/// oldest that Go supports.
pub fn recommended(first: u32) -> u32 {
    first.max(oldest_supported(today()))
}

/// Returns the newest line that goward was built for.
pub fn newest_known() -> u32 {
    FIRST_RELEASES.last().map_or(0, |(minor, _)| *minor)
}

/// Days between two lines of Go at the least: they come every six months.
const PACE: u32 = 150;

/// Returns what goward cannot know of Go 1.`minor`, which came out after it was built; `None` for a line that
/// it knows.
pub fn unknown(minor: u32, today: Day) -> Option<String> {
    let newest = newest_known();
    (minor > newest).then(|| {
        format!(
            "this goward was built for Go up to go1.{newest}: it knows neither the end of support of go1.{minor} nor \
             flaws that no database has ({})",
            facts::known(facts::LINES.checked(), today)
        )
    })
}

/// Returns true when Go 1.`minor` may be out on a day, or a candidate of it: Go publishes a line every six
/// months. A number far beyond is somebody else's, and nobody expects support for it.
pub fn may_be_out(minor: u32, today: Day) -> bool {
    let age = FIRST_RELEASES.last().map_or(0, |(_, first)| days_between(*first, today));
    minor <= newest_known() + 1 + age / PACE
}

/// Returns the day on which Go 1.`minor` came out, where goward knows it.
pub fn first_release(minor: u32) -> Option<Day> {
    FIRST_RELEASES.iter().find(|(line, _)| *line == minor).map(|(_, day)| *day)
}

/// Returns the day by which, if Go keeps its schedule, Go 1.`minor` is no longer supported.
pub fn expected_end(minor: u32) -> Option<Day> {
    let (year, month, day) = first_release(minor)?;
    let months = year * 12 + u16::from(month) - 1 + MONTHS;
    Some((months / 12, u8::try_from(months % 12).unwrap_or(0) + 1, day))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::shown;

    #[test]
    fn lines_follow_each_other() {
        let rows = facts::LINES.text().lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(FIRST_RELEASES.len(), rows);
        assert!(
            FIRST_RELEASES.windows(2).all(|two| two[0].0 + 1 == two[1].0 && two[0].1 < two[1].1)
        );
        let minors = LOOKED_INTO.iter().map(|release| release.minor());
        let lines = FIRST_RELEASES.iter().map(|(minor, _)| *minor).filter(|minor| *minor != 20);
        assert!(minors.eq(lines));
        assert_eq!(first_release(18), None);
        let ends = |minor| expected_end(minor).map(shown).unwrap();
        assert_eq!((ends(25).as_str(), ends(26).as_str()), ("2026-09-12", "2027-03-10"));
        // What the next lines but one did was in time.
        for (minor, _) in FIRST_RELEASES.iter().take(FIRST_RELEASES.len() - 2) {
            assert!(first_release(minor + SUPPORTED) < expected_end(*minor), "{minor}");
        }
    }

    #[test]
    fn what_is_not_known_of_a_newer_line_is_said_of_lines_that_can_be_out() {
        assert_eq!(unknown(27, (2026, 11, 30)), None);
        let said = unknown(28, (2026, 11, 30)).unwrap();
        assert!(said.starts_with("this goward was built for Go up to go1.27: "), "{said}");
        assert!(said.contains("the end of support of go1.28 nor flaws"), "{said}");
        let newest = |today| (20..200).filter(|minor| may_be_out(*minor, today)).max();
        let days = [(2026, 11, 30), (2027, 2, 28), (2027, 8, 31), (2028, 8, 31)];
        assert_eq!(days.map(newest), [Some(28), Some(29), Some(30), Some(32)]);
        assert!(!may_be_out(98, today()));
    }

    #[test]
    fn support_ends_with_the_second_newer_line() {
        use Support::{Ended, Overdue, Until};
        let cases = [
            (10, (2026, 11, 30), Ended(None)),
            (18, (2026, 11, 30), Ended(Some((2023, 2, 1)))),
            (24, (2026, 11, 30), Ended(Some((2026, 2, 10)))),
            (25, (2026, 8, 18), Until(Some((2026, 8, 19)))),
            (25, (2026, 8, 19), Ended(Some((2026, 8, 19)))),
            (26, (2026, 11, 30), Until(Some((2027, 3, 10)))),
            (26, (2027, 3, 10), Overdue((2027, 3, 10))),
            (27, (2027, 3, 10), Until(Some((2027, 9, 19)))),
            (28, (2026, 11, 30), Until(None)),
            (99, (2036, 11, 30), Until(None)),
        ];
        for (minor, today, want) in cases {
            assert_eq!(support(minor, today), want, "1.{minor} on {today:?}");
        }
        let oldest =
            [(2026, 8, 18), (2026, 11, 30), (2027, 3, 10), (2036, 1, 1)].map(oldest_supported);
        assert_eq!(oldest, [25, 26, 27, 27]);
    }
}
