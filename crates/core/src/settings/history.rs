//! History of experiments and GODEBUG settings, which no release tells of the others.
//!
//! A release's own source has the names that it knows. Why a name is not among them, since when and
//! until when there was one, and what it means in a line is here, from the sources of Go 1.19 to
//! 1.27: `crates/core/data/experiments.tsv`, `crates/core/data/godebug.tsv` and `crates/core/data/meanings.tsv`. A test holds them
//! against those sources. [`Settings::built_in`](super::Settings::built_in) makes the tables of a
//! release from them where its tree is not at hand.

use super::condition::Condition;
use super::table::{Span, number, some, span};
use crate::facts::{EXPERIMENTS, GODEBUG, MEANINGS};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::LazyLock;

/// The oldest minor version whose sources the tables are from.
const OLDEST: u32 = 19;

/// The life of an experiment, in minor versions of Go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Life {
    /// Its name.
    pub name: &'static str,
    /// The first version that knows it; `None` when that is older than 1.19.
    pub first: Option<u32>,
    /// The last version that knows it; `None` while the newest does.
    pub last: Option<u32>,
    /// The first version in which it is on by default, on linux/amd64.
    pub default: Option<u32>,
    /// What there is instead.
    pub instead: Option<&'static str>,
}

/// Sorted by name.
pub static LIVES: LazyLock<Vec<Life>> = LazyLock::new(|| {
    let mut lives: Vec<Life> = Vec::new();
    for row in experiment_rows() {
        let starts = row.default.holds_on("linux", "amd64");
        let start = starts.then_some(row.span.first.unwrap_or(OLDEST));
        match lives.last_mut().filter(|life| life.name == row.name) {
            Some(life) => {
                life.last = row.span.last;
                life.default = life.default.or(start);
            }
            None => lives.push(Life {
                name: row.name,
                first: row.span.first,
                last: row.span.last,
                default: start,
                instead: meaning(Variable::Experiment, row.name).and_then(|words| words.instead),
            }),
        }
    }
    lives
});

/// The life of a GODEBUG setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DebugLife {
    /// Its name.
    pub name: &'static str,
    /// The package that reads it.
    pub package: &'static str,
    /// The versions that know it.
    pub span: Span,
    /// The version that took it away, where Go says so.
    pub removed: Option<u32>,
    /// The first version in which programs end at their start with an old value, and these values. Go
    /// 1.26 has removed settings in its table, and lets them be.
    pub fatal: Option<(u32, &'static str)>,
}

/// Sorted by name.
pub static DEBUG_LIVES: LazyLock<Vec<DebugLife>> = LazyLock::new(|| {
    let mut lives: Vec<DebugLife> = Vec::new();
    for row in debug_rows() {
        let life = lives.last_mut().filter(|life| life.name == row.name);
        match (life, row.is("removed")) {
            (Some(life), true) => {
                life.removed = row.changed;
                life.fatal = life.fatal.or(row.span.first.zip(row.old));
            }
            (Some(life), false) => life.span = life.span.to(row.span),
            // A name that was removed was there before.
            (None, true) => {}
            (None, false) => lives.push(DebugLife {
                name: row.name,
                package: row.package,
                span: row.span,
                removed: None,
                fatal: None,
            }),
        }
    }
    lives
});

/// A variable whose names have meanings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Variable {
    /// GOEXPERIMENT.
    Experiment,
    /// GODEBUG.
    Debug,
}

/// What there is to say of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words {
    /// What it does.
    pub meaning: &'static str,
    /// What there is instead, where it is gone.
    pub instead: Option<&'static str>,
}

/// Returns what a name means, whether or not a release knows it.
pub fn meaning(variable: Variable, name: &str) -> Option<Words> {
    static WORDS: LazyLock<BTreeMap<(Variable, &'static str), Words>> = LazyLock::new(|| {
        let words = MEANINGS.rows().filter_map(|[variable, name, meaning, instead]| {
            let variable = match variable {
                "GODEBUG" => Variable::Debug,
                "GOEXPERIMENT" => Variable::Experiment,
                _ => return None,
            };
            Some(((variable, name), Words { meaning, instead: some(instead) }))
        });
        words.collect()
    });
    WORDS.get(&(variable, name)).copied()
}

/// A line of `crates/core/data/experiments.tsv`.
pub(super) struct ExperimentRow {
    pub(super) name: &'static str,
    pub(super) span: Span,
    /// Where it is on by default.
    pub(super) default: Condition,
    /// Where it is always on.
    pub(super) forced: Condition,
}

pub(super) fn experiment_rows() -> impl Iterator<Item = ExperimentRow> {
    EXPERIMENTS.rows().filter_map(|[name, first, last, default, forced]| {
        Some(ExperimentRow {
            name,
            span: span(first, last)?,
            default: Condition::of_table(default)?,
            forced: Condition::of_table(forced)?,
        })
    })
}

/// A line of `crates/core/data/godebug.tsv`.
pub(super) struct DebugRow {
    pub(super) name: &'static str,
    pub(super) span: Span,
    pub(super) package: &'static str,
    pub(super) changed: Option<u32>,
    pub(super) old: Option<&'static str>,
    kinds: &'static str,
}

impl DebugRow {
    pub(super) fn is(&self, kind: &str) -> bool {
        self.kinds.split(',').any(|known| known == kind)
    }
}

pub(super) fn debug_rows() -> impl Iterator<Item = DebugRow> {
    GODEBUG.rows().filter_map(|[name, first, last, package, changed, old, kinds]| {
        let (span, changed) = (span(first, last)?, number(changed).ok()?);
        Some(DebugRow { name, span, package, changed, old: some(old), kinds })
    })
}

impl Life {
    /// Returns the life of the experiment called `name`.
    pub fn of(name: &str) -> Option<Self> {
        LIVES.iter().find(|life| life.name == name).copied()
    }

    /// Returns the versions that know it.
    pub fn span(self) -> Span {
        Span { first: self.first, last: self.last }
    }

    /// Returns true for a version that knows the experiment.
    pub fn contains(self, minor: u32) -> bool {
        self.span().contains(minor)
    }

    /// Tells it, without the name.
    pub fn tell(self) -> String {
        let mut told = match (self.first, self.last) {
            (Some(first), Some(last)) if first == last => format!("known only in go1.{first}"),
            (Some(first), Some(last)) => format!("known in go1.{first} to go1.{last}"),
            (Some(first), None) => format!("known since go1.{first}"),
            (None, Some(last)) => format!("known up to go1.{last}"),
            (None, None) => "known in every version".to_owned(),
        };
        if let Some(default) = self.default {
            _ = write!(told, "; on by default since go1.{default}");
        }
        if let Some(instead) = self.instead {
            _ = write!(told, "; {instead}");
        }
        told
    }
}

impl DebugLife {
    /// Returns the life of the setting called `name`.
    pub fn of(name: &str) -> Option<Self> {
        DEBUG_LIVES.iter().find(|life| life.name == name).copied()
    }

    /// Returns the first version whose programs end at their start with `value`, if it is later than Go
    /// 1.`minor`.
    pub fn end_after(self, minor: u32, value: &str) -> Option<u32> {
        let (first, old) = self.fatal?;
        (minor < first && old.split(',').any(|old| old == value)).then_some(first)
    }
}

#[cfg(test)]
mod tests {
    use super::super::debug::undocumented;
    use super::*;

    #[test]
    fn lives_are_sorted_and_told() {
        assert!(LIVES.is_sorted_by(|a, b| a.name < b.name));
        let cases = [
            (
                "swissmap",
                "known in go1.24 to go1.25; on by default since go1.24; always on since go1.26",
            ),
            ("range", "known only in go1.22; part of the language since go1.23"),
            ("jsonv2", "known since go1.25; on by default since go1.27"),
            ("mapsplitgroup", "known since go1.27"),
            ("unified", "known up to go1.20; on by default since go1.20; always on since go1.21"),
        ];
        for (name, want) in cases {
            assert_eq!(Life::of(name).unwrap().tell(), want);
        }
        assert_eq!(Life::of("nothing"), None);
    }

    #[test]
    fn debug_settings_have_lives() {
        assert!(DEBUG_LIVES.is_sorted_by(|a, b| a.name < b.name));
        let told = |name| {
            let life = DebugLife::of(name).unwrap();
            (life.span.tell(), life.removed, life.fatal)
        };
        assert_eq!(told("gctrace"), ("always".to_owned(), None, None));
        assert_eq!(told("panicnil"), ("1.21-".to_owned(), None, None));
        let ended = |span: &str, removed, old| (span.to_owned(), Some(removed), Some((27, old)));
        assert_eq!(told("gotypesalias"), ended("1.22-1.26", 27, "0"));
        assert_eq!(told("asynctimerchan"), ended("1.23-1.26", 27, "1,2"));
        assert_eq!(told("tlskyber"), ended("1.23", 24, "0"));
        assert_eq!(told("x509sha1"), ended("1.21-1.23", 24, "1"));
        assert_eq!(told("allocfreetrace"), ("-1.22".to_owned(), None, None));
        let timers = DebugLife::of("asynctimerchan").unwrap();
        let ends = [(26, "1"), (26, "2"), (26, "0"), (26, "1,2"), (27, "1")];
        let ends = ends.map(|(minor, value)| timers.end_after(minor, value));
        assert_eq!(ends, [Some(27), Some(27), None, None, None]);
        assert_eq!(DebugLife::of("mmap"), None);
    }

    /// No line is passed over, and every name that there is has a meaning; what is gone says what
    /// there is instead.
    #[test]
    fn every_line_is_read() {
        let lines = |text: &str| text.lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(experiment_rows().count(), lines(EXPERIMENTS.text()));
        assert_eq!(debug_rows().count(), lines(GODEBUG.text()));
        for life in LIVES.iter() {
            let words = meaning(Variable::Experiment, life.name);
            assert!(words.is_some_and(|words| !words.meaning.is_empty()), "{}", life.name);
            assert_eq!(life.last.is_some(), life.instead.is_some(), "{}", life.name);
        }
        for life in DEBUG_LIVES.iter() {
            let words = meaning(Variable::Debug, life.name);
            let words = words.unwrap_or_else(|| panic!("{}", life.name));
            assert!(!words.meaning.is_empty(), "{}", life.name);
            assert_eq!(life.span.last.is_some(), words.instead.is_some(), "{}", life.name);
        }
        let named = MEANINGS.rows::<4>().count();
        let undocumented = undocumented().filter(|(name, _)| *name != "gotypesalias");
        // `cargo xtask go-release` writes this where a person has to say it.
        assert!(!MEANINGS.text().contains("not described yet"));
        // `cpu.*` stands for many.
        assert_eq!(named, LIVES.len() + DEBUG_LIVES.len() + undocumented.count() + 1);
        assert_eq!(named, lines(MEANINGS.text()));
    }
}
