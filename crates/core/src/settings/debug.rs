//! GODEBUG: the settings that a release knows, and those that it no longer has.

use super::table::Span;
use std::collections::BTreeMap;

/// What a release knows of GODEBUG.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DebugSettings {
    pub(super) known: BTreeMap<String, DebugSetting>,
    pub(super) removed: BTreeMap<String, RemovedSetting>,
    /// Without a table, which came in Go 1.21, only the runtime's own settings are known.
    pub(super) has_table: bool,
}

/// One setting.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "what Go's own tables say of it")]
pub struct DebugSetting {
    /// The minor version in which its default changed.
    pub changed: Option<u32>,
    /// The value that brings the old default back.
    pub old: Option<String>,
    /// Whether `runtime/metrics` says nothing of it.
    pub is_opaque: bool,
    /// Whether it cannot change after the start of a program.
    pub is_immutable: bool,
    /// Whether the runtime reads it, as a whole number.
    pub is_number: bool,
    /// Whether the table has it, and not only the runtime.
    pub is_in_table: bool,
}

/// A setting that is no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemovedSetting {
    /// The minor version in which it went.
    pub minor: u32,
    /// The values with which no program of this release starts; none in Go 1.26.
    pub old: Vec<String>,
}

/// Settings that Go keeps out of its table (`New("#name")`): the name, and the minor versions in
/// which it is known and in no table.
const UNDOCUMENTED: &[(&str, u32, u32)] = &[
    ("cmdgonetlimit", 21, u32::MAX),
    ("execwait", 21, u32::MAX),
    ("fuzzdebug", 21, u32::MAX),
    ("gofsystrace", 21, u32::MAX),
    ("gofsystracelog", 21, u32::MAX),
    ("gofsystracestack", 21, u32::MAX),
    ("goindex", 21, u32::MAX),
    ("gotoolchainexec", 21, u32::MAX),
    ("gotypesalias", 22, 22),
    ("intern", 21, 22),
    ("multipartfiles", 21, u32::MAX),
    ("simd", 27, u32::MAX),
    ("toolchaintrace", 24, u32::MAX),
];

/// Returns true for a setting that works in Go 1.`minor` although no table has it.
pub(super) fn is_undocumented(key: &str, minor: u32) -> bool {
    UNDOCUMENTED.iter().any(|(name, first, last)| *name == key && (*first..=*last).contains(&minor))
}

/// Returns those settings, sorted, with the minor versions in which they are in no table.
pub fn undocumented() -> impl Iterator<Item = (&'static str, Span)> {
    UNDOCUMENTED.iter().map(|(name, first, last)| {
        let last = Some(*last).filter(|last| *last != u32::MAX);
        (*name, Span { first: Some(*first), last })
    })
}

impl DebugSettings {
    /// Returns every name, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.known.keys().map(String::as_str)
    }

    /// Returns the setting called `name`.
    pub fn get(&self, name: &str) -> Option<&DebugSetting> {
        self.known.get(name)
    }

    /// Returns the settings that are no more, sorted by name.
    pub fn removed(&self) -> impl Iterator<Item = (&str, &RemovedSetting)> {
        self.removed.iter().map(|(name, removed)| (name.as_str(), removed))
    }

    /// Says why a setting cannot be a default of binaries, if it cannot: Go takes those of its table
    /// only (`cmd/go/internal/load/godebug.go`).
    pub fn bake_obstacle(&self, name: &str) -> Option<String> {
        if let Some(removed) = self.removed.get(name) {
            return Some(format!("it was removed in go1.{}", removed.minor));
        }
        match self.known.get(name) {
            Some(setting) if setting.is_in_table => None,
            Some(_) => Some("only the runtime reads it, and only in the environment".to_owned()),
            None => Some("it is not in Go's table of settings".to_owned()),
        }
    }

    /// Returns the value that programs get for a setting because their module asks, by its `go` line,
    /// for the defaults of Go 1.`minor`; `None` for today's default. Without a module nothing asks.
    pub fn old_default(&self, name: &str, minor: Option<u32>) -> Option<&str> {
        let setting = self.known.get(name).filter(|setting| setting.is_in_table)?;
        let (changed, minor) = (setting.changed?, minor?);
        setting.old.as_deref().filter(|_| minor < changed)
    }

    /// Returns true when the release has a table of all its settings, and not only of the runtime's.
    pub fn has_table(&self) -> bool {
        self.has_table
    }
}
