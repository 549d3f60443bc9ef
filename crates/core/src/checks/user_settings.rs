//! Settings of the user for every Go: variables of the environment, and the file of `go env
//! -w`.

use super::Fact;
use super::finding::Place;
use crate::os::USER_HOME;
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// A value that somebody chose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChosenValue {
    /// The value.
    pub value: String,
    /// Where.
    pub place: Place,
}

/// The file of `go env -w`.
#[derive(Clone, Debug, Default)]
pub struct SettingsFile {
    /// Where it is.
    pub path: PathBuf,
    /// Its lines, without those that set nothing: number, name, value.
    pub lines: Vec<(u32, String, String)>,
}

impl SettingsFile {
    /// Reads the text of such a file.
    pub fn parse(path: &Path, text: &[u8]) -> Self {
        let text = String::from_utf8_lossy(text);
        let set = |(number, line): (u32, &str)| {
            let (name, value) = line.trim_end_matches('\r').split_once('=')?;
            let is_name = name.starts_with(|c: char| c.is_ascii_uppercase());
            (is_name && !value.is_empty()).then(|| (number, name.to_owned(), value.to_owned()))
        };
        Self { path: path.into(), lines: (1..).zip(text.lines()).filter_map(set).collect() }
    }

    /// Returns the value of a variable; the last line counts.
    pub fn find(&self, name: &str) -> Option<ChosenValue> {
        let found = self.lines.iter().rev().find(|(_, other, _)| other == name);
        let chosen = |(number, _, value): &(u32, String, String)| ChosenValue {
            value: value.clone(),
            place: Place::Line(self.path.clone(), *number),
        };
        found.map(chosen)
    }
}

/// Both, in the order in which Go takes them.
#[derive(Clone, Debug)]
pub struct UserSettings {
    /// The environment.
    pub variables: BTreeMap<OsString, OsString>,
    /// The file; `None` where there is no place for one.
    pub file: Fact<Option<SettingsFile>>,
}

impl UserSettings {
    /// Returns a variable of the environment; set but empty counts as unset.
    pub fn variable(&self, name: &str) -> Option<&OsStr> {
        let value = self.variables.get(OsStr::new(name)).map(OsString::as_os_str);
        value.filter(|value| !value.is_empty())
    }

    /// Returns the value that Go takes, and who chose it.
    pub fn find(&self, name: &str) -> Option<ChosenValue> {
        let variable = |value: &OsStr| ChosenValue {
            value: value.to_string_lossy().into_owned(),
            place: Place::Variable(name.to_owned()),
        };
        let file = || self.file.as_ref().ok()?.as_ref()?.find(name);
        self.variable(name).map(variable).or_else(file)
    }

    /// Returns the user's cache directory, as `os.UserCacheDir`.
    pub fn cache_directory(&self) -> Option<PathBuf> {
        if cfg!(windows) {
            return self.variable("LOCALAPPDATA").map(PathBuf::from);
        }
        if cfg!(target_os = "macos") {
            return Some(self.home()?.join("Library/Caches"));
        }
        let chosen = self.variable("XDG_CACHE_HOME").map(PathBuf::from);
        chosen.or_else(|| Some(self.home()?.join(".cache")))
    }

    /// Returns the user's configuration directory, as `os.UserConfigDir`.
    pub fn config_directory(&self) -> Option<PathBuf> {
        if cfg!(windows) {
            return self.variable("APPDATA").map(PathBuf::from);
        }
        if cfg!(target_os = "macos") {
            return Some(self.home()?.join("Library/Application Support"));
        }
        let chosen = self.variable("XDG_CONFIG_HOME").map(PathBuf::from);
        chosen.or_else(|| Some(self.home()?.join(".config")))
    }

    /// Returns the home directory, as `os.UserHomeDir`.
    pub fn home(&self) -> Option<PathBuf> {
        self.variable(USER_HOME).map(PathBuf::from)
    }
}
