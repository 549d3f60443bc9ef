//! Who decides each variable of Go here: lock, caller, the user's own file, `go.env`, or Go itself.
//!
//! The values are those that the real `go env -json` reports in the environment of the shim; the
//! layers are looked at in Go's own order (`cmd/go/internal/cfg`, `Getenv`, Go 1.21 and newer):
//! environment, the file that `GOENV` names, `GOROOT/go.env`, default.

use super::Session;
use super::governing::{Origin, Toolchain};
use crate::error::{Error, Kind, Result, untrusted};
use goward_shim::{Environment, barrier};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fmt::{self, Display};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// One variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// Its name.
    pub name: String,
    /// The value that Go works with.
    pub value: String,
    /// Who decided.
    pub layer: Layer,
    /// The caller's value, where it did not get through.
    pub dropped: Option<String>,
}

/// Who decides a variable, strongest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Layer {
    /// A line of the lock, or goward for every lock: path, with the line where there is one.
    Goward(String),
    /// The environment of the caller.
    Caller,
    /// The user's own file, written with `go env -w`.
    GoEnvFile(String),
    /// The toolchain's own file.
    ToolchainFile,
    /// Go.
    Default,
}

impl Layer {
    /// Returns the layer's name in JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Goward(_) => "goward",
            Self::Caller => "caller",
            Self::GoEnvFile(_) => "go-env-file",
            Self::ToolchainFile => "toolchain-file",
            Self::Default => "default",
        }
    }
}

impl Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Goward(place) => f.write_str(place),
            Self::Caller => f.write_str("environment"),
            Self::GoEnvFile(path) => write!(f, "go env -w, {path}"),
            Self::ToolchainFile => f.write_str("go.env of the toolchain"),
            Self::Default => f.write_str("default"),
        }
    }
}

impl Session {
    /// Explains every variable that `go env` prints here, and every one that goward decides.
    ///
    /// # Errors
    ///
    /// When the toolchain cannot be run.
    pub fn explain_environment(&self, toolchain: &Toolchain) -> Result<Vec<Explained>> {
        let changes: BTreeMap<String, Option<_>> =
            self.environment(toolchain)?.into_iter().collect();
        let failed = |error: Error| error.hint("see what it says: `go env`");
        let reported = self.ask_go(toolchain, &["env", "-json"]).map_err(failed)?;
        let reported: Map<String, Value> = serde_json::from_str(&reported).map_err(|error| {
            let message =
                format!("`go env -json` prints no JSON: {}", untrusted(error.to_string()));
            failed(Error::new(Kind::CannotRun, message))
        })?;
        let entries = self.ctx.entries();
        let home = self.ctx.home()?;
        let barrier = barrier::locate(
            home.as_os_str().as_bytes(),
            toolchain.isolation,
            &Environment::of(&entries),
        );
        let own = barrier.own.as_deref().map(|path| Path::new(OsStr::from_bytes(path)));
        let copy = settings(Path::new(OsStr::from_bytes(&barrier.path)));
        let toolchain_file = settings(&self.root(toolchain)?.join("go.env"));
        let lock = Lock::read(toolchain);

        let mut names: Vec<&String> = reported.keys().chain(changes.keys()).collect();
        names.sort();
        names.dedup();
        let explained = names.into_iter().map(|name| {
            let value = reported.get(name).and_then(Value::as_str).map(str::to_owned);
            let ours = changes.get(name);
            let set =
                ours.and_then(Option::as_ref).map(|value| value.to_string_lossy().into_owned());
            let caller = self.ctx.variable(name).map(|value| value.to_string_lossy().into_owned());
            let is_set =
                |file: &BTreeMap<String, String>| file.get(name).is_some_and(|v| !v.is_empty());
            let layer = if ours.is_some() {
                Layer::Goward(lock.place(name))
            } else if caller.is_some() {
                Layer::Caller
            } else if let Some(path) = own.filter(|_| is_set(&copy)) {
                Layer::GoEnvFile(untrusted(path.to_string_lossy()))
            } else if !copy.contains_key(name) && is_set(&toolchain_file) {
                Layer::ToolchainFile
            } else {
                Layer::Default
            };
            let value = set.or(value).unwrap_or_default();
            let dropped = caller.filter(|caller| ours.is_some() && *caller != value);
            Explained { name: name.clone(), value, layer, dropped }
        });
        Ok(explained.collect())
    }
}

/// The lines of the lock that governs, to point at.
pub(super) struct Lock {
    path: Option<String>,
    lines: Vec<String>,
    /// The table whose pins apply.
    pins: String,
}

impl Lock {
    pub(super) fn read(toolchain: &Toolchain) -> Self {
        let path = match &toolchain.origin {
            Origin::Default(path) | Origin::Lock(path) => path,
            Origin::Request(_) => {
                return Self { path: None, lines: Vec::new(), pins: String::new() };
            }
        };
        let text = fs_err::read_to_string(path).unwrap_or_default();
        let lines = text.lines().map(str::to_owned).collect();
        let pins = match &toolchain.profile {
            Some(name) => format!("[profile.{name}]"),
            None => "[pins]".to_owned(),
        };
        Self { path: Some(path.display().to_string()), lines, pins }
    }

    /// Returns where the lock decides `name`: its line, or that of the version, from which the rest
    /// follows.
    pub(super) fn place(&self, name: &str) -> String {
        let Some(path) = &self.path else { return "goward".to_owned() };
        match self.line(name) {
            Some(line) => format!("{path}:{line}"),
            None => path.clone(),
        }
    }

    /// Returns the number of that line.
    pub(super) fn line(&self, name: &str) -> Option<usize> {
        let line_in = |table: &str, key: &str| {
            let prefix = format!("{key} = ");
            let start = self.lines.iter().position(|line| line == table)? + 1;
            let table = self.lines[start..].iter().take_while(|line| !line.starts_with('['));
            table.zip(start..).find(|(line, _)| line.starts_with(&prefix)).map(|(_, at)| at)
        };
        let fixed = || (name == "GOROOT").then(|| line_in("[toolchain]", "goroot")).flatten();
        let version = || line_in("[toolchain]", "version");
        line_in(&self.pins, name).or_else(fixed).or_else(version).map(|at| at + 1)
    }
}

/// Reads `NAME=value` lines; what cannot be read holds none.
pub(super) fn settings(path: &Path) -> BTreeMap<String, String> {
    let text = fs_err::read(path).unwrap_or_default();
    String::from_utf8_lossy(&text)
        .lines()
        .filter_map(|line| line.split_once('='))
        .filter(|(name, _)| name.starts_with(|c: char| c.is_ascii_uppercase()))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}
