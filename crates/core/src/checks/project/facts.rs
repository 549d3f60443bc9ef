//! The facts that checks look at; `examine` gathers them.

use super::files::Files;
use crate::calendar::Day;
use crate::checks::{Caches, ChosenValue, Fact, LockState, Place, SearchPath, UserSettings};
use crate::project::lock::{LockFile, Pins};
use crate::project::manifest::CheckRules;
use crate::settings::Settings;
use crate::settings::platforms::Target;
use crate::version::GoVersion;
use crate::vulndb::DatabaseAnswer;
use gosumdb::Module;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// Everything that is known of a project and its Go.
#[derive(Debug)]
pub struct Facts {
    /// The directory with the lock.
    pub root: PathBuf,
    /// The lock.
    pub lock: LockFile,
    /// What the manifest says about checks.
    pub rules: CheckRules,
    /// Where it is.
    pub lock_path: PathBuf,
    /// Its lines, to point at.
    pub lock_text: String,
    /// Whether it is what its manifest asks for.
    pub state: LockState,
    /// Files of the project.
    pub files: Files,
    /// What this user set for every Go.
    pub user: UserSettings,
    /// PATH.
    pub path: SearchPath,
    /// Where Go keeps what it builds and downloads.
    pub caches: Fact<Caches>,
    /// The names that the locked release knows.
    pub settings: Fact<Settings>,
    /// Why the locked `go` does not start with what reaches it here, if it does not.
    pub go_start: Fact<Option<String>>,
    /// What the locked `go` says here.
    pub go: Fact<GoFacts>,
    /// The day of the release, as its VERSION file has it: `2026-08-28`.
    pub released: Option<String>,
    /// What day it is.
    pub today: Day,
    /// The newest final release that is known here.
    pub newest: GoVersion,
    /// The project's tools.
    pub tools: Fact<Vec<LockedTool>>,
    /// Known vulnerabilities of the locked release.
    pub vulnerabilities: Fact<DatabaseAnswer>,
}

/// A tool of the project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockedTool {
    /// What it is called.
    pub name: String,
    /// The import path of its package.
    pub package: String,
    /// What is locked, or the one version that is asked for.
    pub version: Option<String>,
    /// The Go that builds it, where it is locked.
    pub go: Option<GoVersion>,
    /// The modules that it is built of, where it is locked.
    pub modules: Vec<Module>,
}

/// What the locked `go` works with here.
#[derive(Clone, Debug, Default)]
pub struct GoFacts {
    /// Values that somebody chose, and who.
    pub chosen: BTreeMap<String, ChosenValue>,
    /// What Go takes where nobody chose.
    pub defaults: BTreeMap<String, String>,
    /// What the release can build for.
    pub targets: Vec<Target>,
    /// The C compiler, where somebody chose that there be one.
    pub compiler: Option<CCompiler>,
}

/// The C compiler that Go would call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CCompiler {
    /// `CC`.
    pub command: String,
    /// Whether it is on PATH.
    pub is_there: bool,
    /// What it compiles for, if it says so.
    pub machine: Option<String>,
    /// Whether that is what is built for.
    pub fits: Option<bool>,
}

impl GoFacts {
    /// Returns the value that Go works with; empty when it has none.
    pub fn value(&self, name: &str) -> &str {
        let chosen = self.chosen.get(name).map(|chosen| chosen.value.as_str());
        chosen.filter(|value| !value.is_empty()).unwrap_or_else(|| self.default(name))
    }

    /// Returns the value that somebody chose, if it is not empty.
    pub fn chosen(&self, name: &str) -> Option<&ChosenValue> {
        self.chosen.get(name).filter(|chosen| !chosen.value.is_empty())
    }

    /// Returns what Go takes by itself.
    pub fn default(&self, name: &str) -> &str {
        self.defaults.get(name).map_or("", String::as_str)
    }

    /// Returns true when builds are for another platform than the one that builds.
    pub fn is_cross(&self) -> bool {
        self.value("GOOS") != self.value("GOHOSTOS")
            || self.value("GOARCH") != self.value("GOHOSTARCH")
    }

    /// Returns the row of what is built for.
    pub fn target(&self) -> Option<&Target> {
        let (os, arch) = (self.value("GOOS"), self.value("GOARCH"));
        self.targets.iter().find(|target| target.os == os && target.arch == arch)
    }
}

impl Facts {
    /// Returns the locked release.
    pub fn version(&self) -> GoVersion {
        self.lock.version
    }

    /// Returns true when the lock names a Go that somebody linked.
    pub fn is_linked(&self) -> bool {
        self.lock.level == goward_shim::lock::Level::Linked
    }

    /// Returns the locked release as other tools spell it: `1.27.1`.
    pub fn number(&self) -> String {
        self.version().number()
    }

    /// Returns a variable of the caller; set but empty counts as unset.
    pub fn variable(&self, name: &str) -> Option<&OsStr> {
        self.user.variable(name)
    }

    /// Returns each table of pins in the lock with the line of its heading: the base, then profiles.
    pub fn tables(&self) -> Vec<(Option<&str>, &Pins)> {
        let profiles = self.lock.profiles.iter().map(|(name, pins)| (Some(name.as_str()), pins));
        std::iter::once((None, &self.lock.pins)).chain(profiles).collect()
    }

    /// Returns every place where the lock pins `name`, with the value. A profile that has what the
    /// base has is left out: its value comes from there.
    pub fn pinned(&self, name: &str) -> Vec<(Place, Option<&str>, &str)> {
        let value_in =
            |pins: &'_ Pins| -> Option<usize> { pins.iter().position(|pin| pin.0 == name) };
        let base = value_in(&self.lock.pins).map(|at| self.lock.pins[at].1.as_str());
        let mut found = Vec::new();
        for (profile, pins) in self.tables() {
            let Some(at) = value_in(pins) else { continue };
            let value = pins[at].1.as_str();
            if profile.is_some() && base == Some(value) {
                continue;
            }
            found.push((self.pin_place(profile, name), profile, value));
        }
        found
    }

    /// Returns where the lock has a pin.
    pub fn pin_place(&self, profile: Option<&str>, name: &str) -> Place {
        let table = profile.map_or("[pins]".to_owned(), |name| format!("[profile.{name}]"));
        self.line_in(&table, &format!("{name} = "))
    }

    /// Returns where the lock names its release.
    pub fn version_place(&self) -> Place {
        self.line_in("[toolchain]", "version = ")
    }

    fn line_in(&self, table: &str, start: &str) -> Place {
        let mut inside = false;
        for (number, line) in (1..).zip(self.lock_text.lines()) {
            if line.starts_with('[') {
                inside = line == table;
            } else if inside && line.starts_with(start) {
                return Place::Line(self.lock_path.clone(), number);
            }
        }
        Place::Line(self.lock_path.clone(), 1)
    }

    /// Returns the lock's name for messages.
    pub fn lock_name(&self) -> String {
        self.shown(&self.lock_path)
    }

    /// Returns a path for messages: below the project without its root.
    pub fn shown(&self, path: &Path) -> String {
        path.strip_prefix(&self.root).unwrap_or(path).display().to_string()
    }
}
