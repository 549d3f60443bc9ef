//! Explanation of each variable of Go here: set by the lock, the caller, the user's own file,
//! `go.env`, or Go itself.
//!
//! The values are those that the real `go env -json` reports in the environment of the shim; the
//! layers are looked at in Go's own order (`cmd/go/internal/cfg`, `Getenv`, Go 1.21 and newer):
//! environment, the file that `GOENV` names, `GOROOT/go.env`, default.

use crate::error::{Error, Kind, Result, untrusted};
use crate::fs;
use crate::os::bytes;
use crate::resolve::Resolver;
use crate::resolve::resolved_go::{Origin, ResolvedToolchain};
use goward_shim::launch::LeftOut;
use goward_shim::pins::Rule;
use goward_shim::{Tool, names, pins};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt;
use std::fmt::Display;
use std::path::{Path, PathBuf};

/// Longest file of settings that is read.
const MAX_FILE: u64 = 1 << 20;

/// One variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VariableExplanation {
    /// Its name.
    pub name: String,
    /// The value that Go works with.
    pub value: String,
    /// Who decided.
    pub layer: Layer,
    /// What the caller has in the environment, and did not get through.
    pub dropped: Option<String>,
    /// What the file of `go env -w` has, and did not get through.
    pub dropped_from_file: Option<String>,
}

/// Something of the caller's that does not reach Go, because a lock decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotPassed {
    /// From the environment.
    Environment(LeftOut),
    /// From the file of `go env -w`: path, name and value.
    File(String, String, String),
}

impl Display for NotPassed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment(left_out) => write!(f, "{left_out} of the environment"),
            Self::File(path, name, _) => write!(f, "{name} of `go env -w`, {path}"),
        }
    }
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

impl Resolver<'_> {
    /// Explains every variable that `go env` prints here, and every one that goward decides.
    pub fn explain_environment(
        &self,
        toolchain: &ResolvedToolchain,
    ) -> Result<Vec<VariableExplanation>> {
        let changes: BTreeMap<String, Option<_>> =
            self.environment(toolchain)?.into_iter().collect();
        let not_passed = self.not_passed(toolchain)?;
        let failed = |error: Error| error.hint("see what it says: `go env`");
        let reported = self.ask_go(toolchain, &["env", "-json"]).map_err(failed)?;
        let reported: Map<String, Value> = serde_json::from_str(&reported).map_err(|error| {
            let message =
                format!("`go env -json` prints no JSON: {}", untrusted(error.to_string()));
            failed(Error::new(Kind::CannotRun, message))
        })?;
        let files = self.files(toolchain);
        let toolchain_file = settings(&self.root(toolchain)?.join("go.env"));
        let lock = Lock::read(toolchain);

        // What one call hands down to others is none of Go's.
        let is_own = |name: &String| *name == names::CALLER_VAR || *name == names::TOOLCHAIN_VAR;
        let mut names: Vec<&String> =
            reported.keys().chain(changes.keys()).filter(|name| !is_own(name)).collect();
        names.sort();
        names.dedup();
        let explained = names.into_iter().map(|name| {
            let value = reported.get(name).and_then(Value::as_str).map(str::to_owned);
            let ours = changes.get(name);
            let set =
                ours.and_then(Option::as_ref).map(|value| value.to_string_lossy().into_owned());
            let caller =
                self.session.ctx.variable(name).map(|value| value.to_string_lossy().into_owned());
            let is_set =
                |file: &BTreeMap<String, String>| file.get(name).is_some_and(|v| !v.is_empty());
            let layer = if ours.is_some() {
                Layer::Goward(lock.place(name))
            } else if caller.is_some() {
                Layer::Caller
            } else if let Some(path) = files.own.as_deref().filter(|_| is_set(&files.passed)) {
                Layer::GoEnvFile(untrusted(path.to_string_lossy()))
            } else if !files.passed.contains_key(name) && is_set(&toolchain_file) {
                Layer::ToolchainFile
            } else {
                Layer::Default
            };
            let value = set.or(value).unwrap_or_default();
            let (mut dropped, mut dropped_from_file) = (Vec::new(), None);
            for it in &not_passed {
                match it {
                    NotPassed::Environment(it) if it.name == *name => {
                        dropped.push(it.value.clone());
                    }
                    NotPassed::File(_, other, value) if other == name => {
                        dropped_from_file = Some(value.clone());
                    }
                    _ => {}
                }
            }
            let is_exact = || pins::row(name.as_bytes()).is_some_and(|row| row.rule == Rule::Pin);
            let is_replaced = |caller: &String| {
                (name == "GOTOOLCHAIN" || is_exact())
                    && *caller != value
                    && !dropped.contains(caller)
            };
            let replaced = caller.filter(|caller| ours.is_some() && is_replaced(caller));
            dropped.extend(replaced);
            let dropped = Some(dropped.join(" ")).filter(|dropped| !dropped.is_empty());
            VariableExplanation { name: name.clone(), value, layer, dropped, dropped_from_file }
        });
        Ok(explained.collect())
    }

    /// Returns what of the caller's environment and file does not reach Go.
    pub fn not_passed(&self, toolchain: &ResolvedToolchain) -> Result<Vec<NotPassed>> {
        let Origin::Lock(_) = toolchain.origin else { return Ok(Vec::new()) };
        let environment = self.left_out(toolchain)?.into_iter().map(NotPassed::Environment);
        let files = self.files(toolchain);
        let Some(path) = files.own else { return Ok(environment.collect()) };
        let path = untrusted(path.to_string_lossy());
        let is_pinned = |name: &str, value: &str| {
            let pin = toolchain.pins.iter().find(|(pin, _)| pin == name);
            name != "GOFLAGS" && pin.is_some_and(|(_, pinned)| pinned != value)
        };
        let is_stopped = |(name, value): &(String, String)| {
            let passes = files.passed.get(name) == Some(value);
            !value.is_empty() && (!passes || is_pinned(name, value))
        };
        let stopped = settings_of(&files.text).into_iter().filter(is_stopped);
        let from_file = stopped.map(|(name, value)| NotPassed::File(path.clone(), name, value));
        Ok(environment.chain(from_file).collect())
    }

    /// Returns the user's own file of `go env -w`, and what of it reaches Go.
    fn files(&self, toolchain: &ResolvedToolchain) -> Files {
        self.with_call(Tool::Go, |call| {
            let goenv = self.goenv(toolchain.isolation, call.caller());
            let own = goenv.own.as_deref().map(|path| bytes::path(path).into_owned());
            let text = own.as_deref().map(|path| fs::read(path).unwrap_or_default());
            let text = String::from_utf8_lossy(&text.unwrap_or_default()).into_owned();
            let passed = match toolchain.origin {
                Origin::Lock(_) => settings(&bytes::path(&goenv.path)),
                _ => settings_of(&text),
            };
            Files { own, text, passed }
        })
    }
}

/// The user's own file.
struct Files {
    own: Option<PathBuf>,
    text: String,
    /// What of it reaches Go.
    passed: BTreeMap<String, String>,
}

/// The lines of the lock that governs, to point at.
pub(crate) struct Lock {
    path: Option<String>,
    lines: Vec<String>,
    /// The table whose pins apply.
    pins: String,
}

impl Lock {
    pub(crate) fn read(toolchain: &ResolvedToolchain) -> Self {
        let path = match &toolchain.origin {
            Origin::Default(path) | Origin::Lock(path) => path,
            Origin::Call(_) | Origin::Request(_) => {
                return Self { path: None, lines: Vec::new(), pins: String::new() };
            }
        };
        let text = fs::read_text(path, MAX_FILE).unwrap_or_default();
        let lines = text.lines().map(str::to_owned).collect();
        let pins = match &toolchain.profile {
            Some(name) => format!("[profile.{name}]"),
            None => "[pins]".to_owned(),
        };
        Self { path: Some(path.display().to_string()), lines, pins }
    }

    /// Returns where the lock decides `name`: its line, or that of the version, from which the rest
    /// follows.
    pub(crate) fn place(&self, name: &str) -> String {
        let Some(path) = &self.path else { return "goward".to_owned() };
        match self.line(name) {
            Some(line) => format!("{path}:{line}"),
            None => path.clone(),
        }
    }

    /// Returns the number of that line.
    pub(crate) fn line(&self, name: &str) -> Option<usize> {
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
pub(crate) fn settings(path: &Path) -> BTreeMap<String, String> {
    settings_of(&String::from_utf8_lossy(&fs::read_regular(path, MAX_FILE).unwrap_or_default()))
}

fn settings_of(text: &str) -> BTreeMap<String, String> {
    text.lines()
        .filter_map(|line| line.split_once('='))
        .filter(|(name, _)| name.starts_with(|c: char| c.is_ascii_uppercase()))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}
