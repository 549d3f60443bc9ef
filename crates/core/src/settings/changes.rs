//! Other changes of release lines, besides experiments, GODEBUG and platforms:
//! `crates/core/data/changes.tsv`.

use crate::facts::CHANGES;

/// One change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// The minor version that came with it.
    pub minor: u32,
    /// `gained`, `lost` or `changed`.
    pub kind: &'static str,
    /// Where: `env`, `file`, `build-info`, `source` or `tools`.
    pub place: &'static str,
    /// What it is about.
    pub name: &'static str,
    /// What is different.
    pub text: &'static str,
}

/// Returns every change, oldest first.
pub fn all() -> impl Iterator<Item = Change> {
    CHANGES.rows().filter_map(|[minor, kind, place, name, text]| {
        Some(Change { minor: minor.parse().ok()?, kind, place, name, text })
    })
}

/// Returns what comes with the versions above `from` up to `to`.
pub fn between(from: u32, to: u32) -> impl Iterator<Item = Change> {
    all().filter(move |change| from < change.minor && change.minor <= to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_read() {
        let lines = CHANGES.text().lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(all().count(), lines);
        assert!(all().is_sorted_by_key(|change| change.minor));
        let known = |change: &Change| {
            ["changed", "gained", "lost"].contains(&change.kind)
                && ["build-info", "env", "file", "source", "tools"].contains(&change.place)
        };
        assert!(all().all(|change| known(&change)));
        let names: Vec<_> = between(22, 23).map(|change| change.name).collect();
        assert!(names.contains(&"GOROOT_FINAL") && !names.contains(&"GOAUTH"), "{names:?}");
        assert_eq!(between(27, 27).count(), 0);
    }
}
