//! Causes of failures with a newer Go: an experiment, the default of a GODEBUG setting, a setting
//! that is no more, or the language.
//!
//! The candidates are what the tables in the two releases' own sources say has changed between them
//! ([`goward_core::settings`]). Each is tried: a cause is named only if changing it alone changes the
//! outcome.

use crate::matrix::jobs::exec_line;
use goward_core::platform::Platform;
use goward_core::run::overrides::Overrides;
use goward_core::settings::Settings;
use goward_core::settings::history::Life;
use std::ffi::OsString;

/// One thing that changed between two releases, and how to take it back or forth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The default of a GODEBUG setting changed; the old value brings the old behaviour back.
    Default {
        /// The setting.
        key: String,
        /// The old value.
        old: String,
        /// The minor version in which the default changed.
        changed: Option<u32>,
    },
    /// An experiment is on, or off, where it was not.
    Experiment {
        /// Its name.
        name: String,
        /// Whether it is on in the newer release.
        is_on: bool,
    },
    /// A GODEBUG setting is no more, and the release before fails with its new value, too.
    Removed {
        /// The setting.
        key: String,
        /// The value that makes the older release fail.
        new: String,
        /// The minor version in which it went.
        minor: u32,
    },
    /// What the language means.
    Language {
        /// The last version whose language does not make it fail.
        last_good: u32,
    },
}

/// A cause that was tried.
#[derive(Clone, Debug)]
pub struct Cause {
    /// What changed.
    pub change: Change,
    /// The release and the pins with which it was tried, the change included.
    pub overrides: Overrides,
    /// Whether that passes where the newer release fails; else it fails where the older one passes.
    pub passes: bool,
}

impl Change {
    /// Returns the word for its kind.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Default { .. } => "godebug-default",
            Self::Experiment { .. } => "experiment",
            Self::Removed { .. } => "godebug-removed",
            Self::Language { .. } => "language",
        }
    }

    /// Returns what changed: an experiment, a setting, or the first version of the language.
    pub fn name(&self) -> String {
        match self {
            Self::Default { key, .. } | Self::Removed { key, .. } => key.clone(),
            Self::Experiment { name, .. } => name.clone(),
            Self::Language { last_good } => format!("go1.{}", last_good + 1),
        }
    }
}

impl Cause {
    /// Returns the cause in half a sentence.
    pub fn reason(&self) -> String {
        match &self.change {
            Change::Default { key, old, changed } => {
                let since = changed.map(|minor| format!(" in go1.{minor}")).unwrap_or_default();
                format!(
                    "the default of the GODEBUG setting `{key}` changed{since}; with `{key}={old}` it passes"
                )
            }
            Change::Experiment { name, is_on: true } => {
                let default = Life::of(name).and_then(|life| life.default);
                let since = default.map(|minor| format!(" since go1.{minor}")).unwrap_or_default();
                format!(
                    "the experiment `{name}` is on by default{since}; with `no{name}` it passes"
                )
            }
            Change::Experiment { name, is_on: false } => {
                format!(
                    "the experiment `{name}` is no longer on by default; with `{name}` it passes"
                )
            }
            Change::Removed { key, new, minor } => {
                let go = self.overrides.go.as_deref().unwrap_or_default();
                format!(
                    "the GODEBUG setting `{key}` was removed in go1.{minor}, and the old behaviour with it; \
                     go{go} fails with `{key}={new}`, too"
                )
            }
            Change::Language { last_good } => {
                let first = last_good + 1;
                let what =
                    language_change(first).map(|what| format!(": {what}")).unwrap_or_default();
                format!(
                    "the language of go1.{first} is another{what}; with `-lang=go1.{last_good}` it passes"
                )
            }
        }
    }

    /// Returns the command that shows it.
    pub fn shows(&self, command: &[OsString]) -> String {
        let line = exec_line(&self.overrides, command);
        match self.change {
            Change::Language { last_good } => {
                format!("GOFLAGS={} {line}", language_flag(last_good))
            }
            _ => line,
        }
    }
}

/// Returns the flag that chooses a language for the packages that are named.
pub(crate) fn language_flag(minor: u32) -> String {
    format!("-gcflags=-lang=go1.{minor}")
}

/// Returns what a version of the language changed in the meaning of programs that were valid before.
fn language_change(minor: u32) -> Option<&'static str> {
    (minor == 22).then_some("each turn of a `for` loop has variables of its own")
}

/// Returns the settings whose default `new` changed since `old`, with the value that takes it back.
pub(crate) fn changed_defaults(old: &Settings, new: &Settings) -> Vec<Change> {
    let (from, to) = (old.version.minor(), new.version.minor());
    let names = new.debug.names().filter_map(|key| {
        let setting = new.debug.get(key).filter(|setting| setting.is_in_table)?;
        let value = setting.old.clone()?;
        let is_between = setting.changed.is_some_and(|minor| minor > from && minor <= to);
        let is_new = old.debug.has_table() && old.debug.get(key).is_none();
        (is_between || is_new).then(|| Change::Default {
            key: key.to_owned(),
            old: value,
            changed: setting.changed,
        })
    });
    names.collect()
}

/// Returns the experiments that are on in one of the releases by default and not in the other, as far
/// as `new` lets them be changed.
pub(crate) fn changed_experiments(old: &Settings, new: &Settings) -> Vec<Change> {
    let host = Platform::host();
    let (before, after) = (old.experiments.baseline(host), new.experiments.baseline(host));
    let names =
        new.experiments.names().filter(|name| before.contains(name) != after.contains(name));
    let changes =
        names.map(|name| Change::Experiment { name: name.to_owned(), is_on: after.contains(name) });
    let unchanged = new.experiments.enabled("", host);
    // Some platforms do not leave it to GOEXPERIMENT.
    changes
        .filter(|change| match change {
            Change::Experiment { name, is_on } => {
                new.experiments.enabled(&experiment(name, *is_on), host) != unchanged
            }
            _ => false,
        })
        .collect()
}

/// Returns the settings that `old` has and that went until `new`, with the value that is now the only
/// one.
pub(crate) fn removed_settings(old: &Settings, new: &Settings) -> Vec<Change> {
    let gone = new.debug.removed().filter(|(key, _)| old.debug.get(key).is_some());
    let changes = gone.map(|(key, removed)| {
        let is_zero = removed.old.iter().any(|value| value == "0");
        let new = if is_zero { "1" } else { "0" };
        Change::Removed { key: key.to_owned(), new: new.to_owned(), minor: removed.minor }
    });
    changes.collect()
}

/// Returns the item of GOEXPERIMENT that takes an experiment back.
fn experiment(name: &str, is_on: bool) -> String {
    if is_on { format!("no{name}") } else { name.to_owned() }
}

/// Returns `base` with changes taken back, or for settings that are no more, forth.
pub(crate) fn apply(base: &Overrides, changes: &[Change]) -> Overrides {
    let mut overrides = base.clone();
    for change in changes {
        match change {
            Change::Default { key, old: value, .. } | Change::Removed { key, new: value, .. } => {
                overrides.debug.push(format!("{key}={value}"));
            }
            Change::Experiment { name, is_on } => {
                overrides.experiments.push(experiment(name, *is_on));
            }
            Change::Language { .. } => {}
        }
    }
    overrides
}
