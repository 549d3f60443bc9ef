//! The tables that are compiled into goward from `data/`: lines of cells with tabs between them, and the day
//! on which each was last compared with its sources.
//!
//! What they say was so on that day. Whatever is said by one of them names the day ([`Table::known`]), and
//! that it is long past. They are small and read when they are first asked. A line of another form is
//! passed over; a test proves that there is none. `cargo xtask go-release` writes what can be read from a release.

use crate::calendar::{Day, days_between, parse_day, shown, today};

/// A table is old after so many days: Go publishes releases every month.
pub const OLD: u32 = 90;

/// A table.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// Its name, and that of its file in `data/`.
    pub name: &'static str,
    /// What it has, for people.
    pub about: &'static str,
    text: &'static str,
}

macro_rules! table {
    ($name:literal, $about:literal) => {
        Table { name: $name, about: $about, text: include_str!(concat!("../data/", $name, ".tsv")) }
    };
}

/// Text files that packages on the Python index leave out.
pub const ABSENT: Table = table!("absent", "text files that Python packages leave out");
/// What lines of Go changed.
pub const CHANGES: Table = table!("changes", "what release lines changed");
/// The names in GOEXPERIMENT.
pub const EXPERIMENTS: Table = table!("experiments", "names in GOEXPERIMENT");
/// Releases that let what they build run code.
pub const FLAWS: Table = table!("flaws", "releases that let what they build run code");
/// The names in GODEBUG.
pub const GODEBUG: Table = table!("godebug", "names in GODEBUG");
/// When lines of Go came out.
pub const LINES: Table = table!("lines", "release lines and their end of support");
/// What the names mean.
pub const MEANINGS: Table = table!("meanings", "what names in GOEXPERIMENT and GODEBUG mean");
/// What lines of Go build for.
pub const PLATFORMS: Table = table!("platforms", "platforms");
/// Hashes that Go published.
pub const RELEASES: Table = table!("releases", "hashes of releases");

/// Every table, sorted by name.
pub const TABLES: [Table; 9] =
    [ABSENT, CHANGES, EXPERIMENTS, FLAWS, GODEBUG, LINES, MEANINGS, PLATFORMS, RELEASES];

/// What the line with the day begins with.
const CHECKED: &str = "# Checked ";

impl Table {
    /// Returns the text.
    pub fn text(&self) -> &'static str {
        self.text
    }

    /// Returns the cells of each line that is no comment and has `N` of them.
    pub fn rows<const N: usize>(&self) -> impl Iterator<Item = [&'static str; N]> + use<N> {
        rows(self.text)
    }

    /// Returns the day on which it was last compared with its sources.
    pub fn checked(&self) -> Day {
        // A test proves that each table has one.
        checked_in(self.text).unwrap_or_default()
    }

    /// Says how old its knowledge is, on one line: `known on 2026-11-30`, and what to do when that is long ago.
    pub fn known(&self) -> String {
        known(self.checked(), today())
    }
}

/// Returns the cells of each line that is no comment and has `N` of them.
pub fn rows<const N: usize>(text: &str) -> impl Iterator<Item = [&str; N]> {
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.filter_map(|line| line.split('\t').collect::<Vec<_>>().try_into().ok())
}

/// Returns the day in the comments of a table.
pub fn checked_in(text: &str) -> Option<Day> {
    let mut days = text.lines().filter_map(|line| line.strip_prefix(CHECKED)?.strip_suffix('.'));
    parse_day(days.next()?)
}

/// Returns the comment with the day.
pub fn checked_line(day: Day) -> String {
    format!("{CHECKED}{}.", shown(day))
}

/// Returns how many days ago something was known, where that is long ago.
pub fn old_days(day: Day, today: Day) -> Option<u32> {
    Some(days_between(day, today)).filter(|days| *days > OLD)
}

/// Says when something was known.
pub fn known(day: Day, today: Day) -> String {
    let when = format!("known on {}", shown(day));
    match old_days(day, today) {
        Some(days) => format!("{when}, {days} days ago: update goward"),
        None => when,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_has_a_day_and_is_listed() {
        for table in TABLES {
            assert!(
                checked_in(table.text).is_some_and(|day| day >= (2026, 11, 30)),
                "{}",
                table.name
            );
        }
        assert!(TABLES.is_sorted_by(|a, b| a.name < b.name));
        let files = fs_err::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/data")).unwrap();
        let mut files: Vec<_> =
            files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        files.sort();
        assert_eq!(files, TABLES.map(|table| format!("{}.tsv", table.name)));
    }

    #[test]
    fn what_is_old_says_so() {
        let known_after = |today| known((2026, 11, 30), today);
        assert_eq!(known_after((2027, 2, 28)), "known on 2026-11-30");
        let old = "known on 2026-11-30, 91 days ago: update goward";
        assert_eq!(known_after((2027, 3, 1)), old);
        // A clock that is wrong makes nothing old.
        assert_eq!(known_after((1970, 1, 1)), "known on 2026-11-30");
    }
}
