//! What the locked `go` works with here: who chose each value, what Go takes by itself, and what the
//! release can build for.

use super::Session;
use super::explain::{Lock, own_file};
use super::governing::{Governing, Origin, Toolchain};
use super::launch::Changes;
use super::pick::one_line;
use super::targets;
use crate::check::{Chosen, GoFacts, Known, Missing, Place};
use crate::error::{Error, Kind, Result, untrusted};
use goward_shim::Tool;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Variables that checks look at.
const NAMES: [&str; 23] = [
    "CC",
    "CGO_ENABLED",
    "GO111MODULE",
    "GO386",
    "GOAMD64",
    "GOARCH",
    "GOARM",
    "GOARM64",
    "GOBIN",
    "GOCACHE",
    "GOEXPERIMENT",
    "GOFLAGS",
    "GOHOSTARCH",
    "GOHOSTOS",
    "GOMIPS",
    "GOMIPS64",
    "GOOS",
    "GOPATH",
    "GOPPC64",
    "GORISCV64",
    "GOROOT",
    "GOWASM",
    "GOWORK",
];

/// Those that Go is asked about as they were chosen: the rest of its answer depends on them.
const KEPT: [&str; 5] = ["CC", "GOARCH", "GOOS", "GOPATH", "GOROOT"];

impl Session {
    /// Asks the toolchain in `tree`, which is the one that the lock at `lock_path` names.
    pub(super) fn go_facts(&self, lock_path: &Path, tree: &Path) -> Known<GoFacts> {
        let lacking = |error: &Error| {
            let mend = "see what it says: `goward env --explain`".to_owned();
            Missing::Lacking(one_line(error), mend)
        };
        let toolchain = match self.governing(Tool::Go).map_err(|error| lacking(&error))? {
            Governing::Toolchain(toolchain) => *toolchain,
            Governing::Foreign { reason, .. } => {
                return Err(Missing::Lacking(reason.to_owned(), "go to the project".to_owned()));
            }
        };
        if toolchain.origin != Origin::Lock(lock_path.into()) {
            let why = format!("{} decides here, and not the project's lock", toolchain.origin);
            return Err(Missing::Lacking(why, "unset `GOWARD_GO` and `GOWARD_LOCK`".to_owned()));
        }
        self.ask_facts(&toolchain, lock_path, tree).map_err(|error| lacking(&error))
    }

    fn ask_facts(&self, toolchain: &Toolchain, lock_path: &Path, tree: &Path) -> Result<GoFacts> {
        let chosen = self.chosen_settings(toolchain, lock_path)?;
        let mut changes: Changes = NAMES
            .iter()
            .filter(|name| !KEPT.contains(name))
            .chain(&["GODEBUG"])
            .map(|name| ((*name).to_owned(), None))
            .collect();
        for name in KEPT {
            if let Some(chosen) = chosen.get(name) {
                changes.push((name.to_owned(), Some(OsString::from(&chosen.value))));
            }
        }
        // The root of a fixed GOROOT may not be there yet.
        changes.push(("GOROOT".to_owned(), Some(tree.into())));
        changes.push(("GOENV".to_owned(), Some("off".into())));
        let mut args = vec!["env", "-json"];
        args.extend(NAMES);
        let answer = self.ask_go_with(toolchain, &args, changes)?;
        let defaults = parse(&answer)?;
        let targets = targets::of_tree(tree, toolchain.version)?;
        let mut facts = GoFacts { chosen, defaults, targets, compiler: None };
        if facts.value("CGO_ENABLED") == "1" && facts.chosen("CGO_ENABLED").is_some() {
            let root = lock_path.parent().unwrap_or(lock_path);
            facts.compiler = Some(self.c_compiler(toolchain, &facts, root)?);
        }
        Ok(facts)
    }

    /// Returns who chose what, in Go's own order: lock, caller, the file of `go env -w`.
    fn chosen_settings(
        &self,
        toolchain: &Toolchain,
        lock_path: &Path,
    ) -> Result<BTreeMap<String, Chosen>> {
        let changes: BTreeMap<String, Option<OsString>> =
            self.environment(toolchain)?.into_iter().collect();
        let file = own_file(self, toolchain.isolation)?;
        let lock = Lock::read(toolchain);
        let mut chosen = BTreeMap::new();
        for name in NAMES {
            let found = if let Some(change) = changes.get(name) {
                let line = lock.line(name).and_then(|line| u32::try_from(line).ok()).unwrap_or(1);
                change.as_ref().map(|value| {
                    (value.to_string_lossy().into_owned(), Place::Line(lock_path.into(), line))
                })
            } else if let Some(value) = self.ctx.variable(name) {
                Some((value.to_string_lossy().into_owned(), Place::Variable(name.to_owned())))
            } else {
                file.as_ref().and_then(|file| file.find(name))
            };
            if let Some((value, place)) = found {
                chosen.insert(name.to_owned(), Chosen { value, place });
            }
        }
        Ok(chosen)
    }
}

/// The user's own settings, as far as they reach Go.
pub(super) struct OwnFile {
    /// The user's file.
    pub(super) path: PathBuf,
    /// Its lines.
    pub(super) text: String,
    /// The settings of it that get through.
    pub(super) passed: BTreeMap<String, String>,
}

impl OwnFile {
    fn find(&self, name: &str) -> Option<(String, Place)> {
        let value = self.passed.get(name).filter(|value| !value.is_empty())?;
        let line = line_of(&self.text, &format!("{name}="));
        Some((value.clone(), Place::Line(self.path.clone(), line)))
    }
}

/// Returns the number of the last line that starts with `start`, else 1.
fn line_of(text: &str, start: &str) -> u32 {
    let lines = (1..).zip(text.lines()).filter(|(_, line)| line.starts_with(start));
    lines.last().map_or(1, |(number, _)| number)
}

fn parse(answer: &str) -> Result<BTreeMap<String, String>> {
    serde_json::from_str(answer).map_err(|error| {
        let why = untrusted(error.to_string());
        let message = format!("`go env -json` prints something else than before: {why}");
        Error::new(Kind::CannotRun, message)
    })
}
