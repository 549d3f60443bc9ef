//! Times of the system on the calendar.

use chrono::{DateTime, Utc};
use std::time::{SystemTime, UNIX_EPOCH};

/// Returns a time in UTC, to the second. What is before 1970 is 1970, and what no calendar reaches, as the time
/// of a file can be, is its last moment.
pub fn utc(time: SystemTime) -> DateTime<Utc> {
    let seconds = time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
    DateTime::from_timestamp(seconds, 0).unwrap_or(DateTime::<Utc>::MAX_UTC)
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
        let far = UNIX_EPOCH + Duration::from_secs(i64::MAX as u64);
        assert_eq!(utc(far), DateTime::<Utc>::MAX_UTC);
    }
}
