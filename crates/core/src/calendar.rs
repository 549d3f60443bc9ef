//! Times of the system on the calendar, and days.

mod min_age;

pub use min_age::{FORM as MIN_AGE_FORM, MinAge};

use chrono::{DateTime, Datelike, Days, NaiveDate, Utc};
use std::time::{SystemTime, UNIX_EPOCH};

/// Returns a time in UTC, to the second. What is before 1970 is 1970, and what no calendar reaches, as the time
/// of a file can be, is its last moment.
pub fn utc(time: SystemTime) -> DateTime<Utc> {
    let seconds = time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
    DateTime::from_timestamp(seconds, 0).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// A day: year, month, day.
pub type Day = (u16, u8, u8);

/// Returns today in UTC, by the clock of this machine.
pub fn today() -> Day {
    day_of(SystemTime::now())
}

/// Returns the day, in UTC, that a time is on.
pub fn day_of(time: SystemTime) -> Day {
    let date = utc(time).date_naive();
    let [month, day] = [date.month(), date.day()].map(|part| u8::try_from(part).unwrap_or(0));
    (u16::try_from(date.year()).unwrap_or(0), month, day)
}

/// Reads what begins with `2026-08-19`.
pub fn parse_day(text: &str) -> Option<Day> {
    let mut parts = text.get(..10)?.split('-');
    let day =
        (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    parts.next().is_none().then_some(day)
}

/// Returns how many days are between two days; none when the second is the earlier one, or when one is on
/// no calendar.
pub fn days_between(first: Day, second: Day) -> u32 {
    let date = |(year, month, day): Day| {
        NaiveDate::from_ymd_opt(i32::from(year), u32::from(month), u32::from(day))
    };
    let days = date(first).zip(date(second)).map(|(first, second)| (second - first).num_days());
    days.and_then(|days| u32::try_from(days).ok()).unwrap_or(0)
}

/// Returns the day that is so many days after another; the same where no calendar reaches it.
pub fn day_after((year, month, day): Day, days: u32) -> Day {
    let date = NaiveDate::from_ymd_opt(i32::from(year), u32::from(month), u32::from(day));
    let later = date.and_then(|date| date.checked_add_days(Days::new(u64::from(days))));
    let part = |part: u32| u8::try_from(part).unwrap_or(0);
    later.map_or((year, month, day), |date| {
        (u16::try_from(date.year()).unwrap_or(0), part(date.month()), part(date.day()))
    })
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
    fn times_are_those_of_the_calendar() {
        let shown = |time| utc(time).format("%Y-%m-%d %H:%M:%S").to_string();
        let cases = [
            (0, "1970-01-01 00:00:00"),
            (951_782_400, "2000-02-29 00:00:00"),
            (951_868_799, "2000-02-29 23:59:59"),
            (951_868_800, "2000-03-01 00:00:00"),
            (1_709_164_800, "2024-02-29 00:00:00"),
            (1_767_225_599, "2025-12-31 23:59:59"),
            (4_107_542_400, "2100-03-01 00:00:00"),
        ];
        for (seconds, want) in cases {
            assert_eq!(shown(UNIX_EPOCH + Duration::from_secs(seconds)), want);
        }
        assert_eq!(shown(UNIX_EPOCH - Duration::from_secs(1)), "1970-01-01 00:00:00");
        // Where the system has so late a time.
        if let Some(far) = UNIX_EPOCH.checked_add(Duration::from_secs(i64::MAX as u64)) {
            assert_eq!(utc(far), DateTime::<Utc>::MAX_UTC);
        }
    }

    #[test]
    fn days_are_counted() {
        let between = |a: &str, b: &str| days_between(parse_day(a).unwrap(), parse_day(b).unwrap());
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
        let now = UNIX_EPOCH + Duration::from_secs(1_709_251_199);
        assert_eq!(day_of(now), (2024, 2, 29));
        for wrong in ["", "2026-1", "2026-08-xx", "2026-08-1\u{fc}", "20-260819x"] {
            assert_eq!(parse_day(wrong), None, "{wrong}");
        }
    }
}
