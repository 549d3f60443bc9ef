//! When the lines of Go came out, and until when they are supported.
//!
//! Go supports a line until there are two newer ones (go.dev/doc/devel/release), which come every
//! February and August. The days are those of Go's release history.

use crate::calendar;
use chrono::{Datelike, NaiveDate};
use std::time::SystemTime;

/// A day: year, month, day.
pub type Day = (u16, u8, u8);

/// The first release of each line.
const FIRST_RELEASES: [(u32, Day); 9] = [
    (19, (2022, 8, 2)),
    (20, (2023, 2, 1)),
    (21, (2023, 8, 8)),
    (22, (2024, 2, 6)),
    (23, (2024, 8, 13)),
    (24, (2025, 2, 11)),
    (25, (2025, 8, 12)),
    (26, (2026, 2, 10)),
    (27, (2026, 8, 19)),
];

/// How many lines are supported at a time.
pub const SUPPORTED: u32 = 2;

/// Months from the first release of a line to the second after it, with one to spare.
const MONTHS: u16 = 13;

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

/// Reads what begins with `2026-08-19`.
pub fn parse(text: &str) -> Option<Day> {
    let mut parts = text.get(..10)?.split('-');
    let day =
        (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    parts.next().is_none().then_some(day)
}

/// Returns the day, in UTC, that a time is on.
pub fn of(time: SystemTime) -> Day {
    let date = calendar::utc(time).date_naive();
    let [month, day] = [date.month(), date.day()].map(|part| u8::try_from(part).unwrap_or(0));
    (u16::try_from(date.year()).unwrap_or(0), month, day)
}

/// Returns how many days lie between two days; none when the second is the earlier one, or when one is on
/// no calendar.
pub fn days_between(first: Day, second: Day) -> u32 {
    let date = |(year, month, day): Day| {
        NaiveDate::from_ymd_opt(i32::from(year), u32::from(month), u32::from(day))
    };
    let days = date(first).zip(date(second)).map(|(first, second)| (second - first).num_days());
    days.and_then(|days| u32::try_from(days).ok()).unwrap_or(0)
}

/// Returns a day as `2026-08-19`.
pub fn shown((year, month, day): Day) -> String {
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn days_are_counted() {
        let between = |a: &str, b: &str| days_between(parse(a).unwrap(), parse(b).unwrap());
        let cases = [
            ("2026-11-01", "2026-11-22", 21),
            ("2026-11-22", "2026-11-01", 0),
            ("2024-02-28", "2024-03-01", 2),
            ("2023-02-28", "2023-03-01", 1),
            ("1900-02-28T00:00:00Z", "1900-03-01", 1),
            ("2000-01-01", "2001-01-01", 366),
            ("1970-01-01", "2026-01-01", 20_454),
            ("2025-12-31", "2026-01-01", 1),
        ];
        for (first, second, want) in cases {
            assert_eq!(between(first, second), want, "{first} {second}");
        }
        assert_eq!(days_between((2026, 13, 1), (2026, 11, 22)), 0);
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_709_251_199);
        assert_eq!(of(now), (2024, 2, 29));
        for wrong in ["", "2026-1", "2026-08-xx", "2026-08-1\u{fc}", "20-260819x"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn lines_follow_each_other() {
        assert!(
            FIRST_RELEASES.windows(2).all(|two| two[0].0 + 1 == two[1].0 && two[0].1 < two[1].1)
        );
        assert_eq!(first_release(18), None);
        let ends = |minor| expected_end(minor).map(shown).unwrap();
        assert_eq!((ends(25).as_str(), ends(26).as_str()), ("2026-09-12", "2027-03-10"));
        // What the next lines but one did was in time.
        for (minor, _) in FIRST_RELEASES.iter().take(FIRST_RELEASES.len() - 2) {
            assert!(first_release(minor + SUPPORTED) < expected_end(*minor), "{minor}");
        }
    }
}
