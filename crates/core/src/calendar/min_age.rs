//! How old a release has to be before it is chosen: `policy.min-age`.

use super::{Day, day_after, days_between};
use serde::Deserialize;
use std::fmt;

/// A number of days; 0 for no wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct MinAge(u32);

/// What is said of anything else.
pub const FORM: &str = "a number of days or weeks, such as `3d` or `2w`";

/// The longest wait, in days.
const MAX_DAYS: u32 = 3_650;

impl MinAge {
    /// Reads `3d` or `2w`. The day is all that is known of a release, so there are no hours.
    pub fn parse(text: &str) -> Option<Self> {
        let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
        let days = match unit {
            "d" => 1,
            "w" => 7,
            _ => return None,
        };
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let days = number.parse::<u32>().ok()?.checked_mul(days)?;
        (days <= MAX_DAYS).then_some(Self(days))
    }

    /// Returns true where nothing has to wait.
    pub fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// Returns true for what was published on `day`, where it is `today`.
    pub fn is_reached(self, day: Day, today: Day) -> bool {
        days_between(day, today) >= self.0
    }

    /// Returns the first day on which that is so.
    pub fn end(self, day: Day) -> Day {
        day_after(day, self.0)
    }
}

impl TryFrom<String> for MinAge {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("`min-age` must be {FORM}"))
    }
}

impl fmt::Display for MinAge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}d", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_days_and_weeks() {
        assert_eq!(MinAge::parse("3d"), Some(MinAge(3)));
        assert_eq!(MinAge::parse("2w"), Some(MinAge(14)));
        assert_eq!(MinAge::parse("0d").map(MinAge::is_zero), Some(true));
        for wrong in ["", "d", "3", "3h", "-3d", "+3d", "3 d", "99999d", "99999999999w", "3\u{e9}"]
        {
            assert_eq!(MinAge::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_age_is_reached_on_its_last_day() {
        let (age, day) = (MinAge(3), (2026, 11, 29));
        assert_eq!(age.end(day), (2026, 12, 2));
        assert!(!age.is_reached(day, (2026, 12, 1)));
        assert!(age.is_reached(day, (2026, 12, 2)));
        assert!(!age.is_reached((2027, 1, 1), day));
        assert!(MinAge(0).is_reached((2027, 1, 1), day));
    }
}
