//! Settings of the locked `go` here: who chose each value, what Go takes by itself, and what the
//! release can build for.

use crate::checks::project::GoFacts;
use crate::checks::{ChosenValue, Fact, Place, SettingsFile, SkipReason, UserSettings};
use crate::error::{Error, Kind, Result, one_line, untrusted};
use crate::os::bytes::{self, Bytes};
use crate::resolve::Resolver;
use crate::resolve::env_explain::Lock;
use crate::resolve::environment::Changes;
use crate::resolve::goenv_file::read_settings;
use crate::resolve::resolved_go::{Origin, ResolvedGo, ResolvedToolchain};
use crate::settings::platforms;
use crate::settings::platforms::Target;
use crate::store::place_in;
use crate::version::GoVersion;
use goward_shim::pins::Isolation;
use goward_shim::{Tool, goenv_file, names, pins};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Stdio};

/// The first minor version of Go whose list can have the broken ones.
const FIRST_WITH_BROKEN: u32 = 21;

/// Variables that checks look at.
const NAMES: [&str; 24] = [
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
    "GOFIPS140",
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

/// Calls that do nothing but start `go` and read what it was given: the first looks at GOFLAGS, the
/// second at the rest.
const START: [&[&str]; 2] = [&["version"], &["env", "GOROOT"]];

/// What the toolchain of a lock says.
pub(crate) struct GoAnswer {
    /// Why it does not start with what reaches it here, if it does not.
    pub(crate) start: Fact<Option<String>>,
    /// What it works with.
    pub(crate) facts: Fact<GoFacts>,
}

impl Resolver<'_> {
    /// Returns what this user set for every Go.
    pub(crate) fn user_settings(&self) -> UserSettings {
        UserSettings { variables: self.session.ctx.variables.clone(), file: self.settings_file() }
    }

    /// Reads the file of `go env -w`, if there is a place for one.
    fn settings_file(&self) -> Fact<Option<SettingsFile>> {
        let entries = self.session.ctx.entries();
        let home = self.session.ctx.home()?;
        let env = self.session.ctx.environment(&entries);
        let found = goenv_file::locate(home.as_os_str().as_bytes(), Isolation::Pinned, &env);
        let Some(own) = found.own else { return Ok(None) };
        let own = bytes::path(&own);
        let text = read_settings(&own).map_err(|error| {
            let fix = "see that it is a readable text file, or set `GOENV=off`".to_owned();
            SkipReason::Unable(one_line(&error), fix)
        })?;
        Ok(Some(SettingsFile::parse(&own, &text)))
    }

    /// Asks the toolchain in `tree`, which is the one that the lock at `lock_path` names.
    pub(crate) fn go_facts(&self, lock_path: &Path, tree: &Path, user: &UserSettings) -> GoAnswer {
        let toolchain = match self.locked_toolchain(lock_path) {
            Ok(toolchain) => toolchain,
            Err(skipped) => return GoAnswer { start: Err(skipped.clone()), facts: Err(skipped) },
        };
        let start = START.iter().find_map(|args| self.ask_go(&toolchain, args).err());
        let facts = self.ask_facts(&toolchain, lock_path, tree, user);
        let facts = facts.map_err(|error| {
            let error = error
                .details()
                .iter()
                .fold(Error::new(Kind::CannotRun, "`go env` fails here"), Error::detail);
            unable(&error)
        });
        GoAnswer { start: Ok(start.map(|error| error.details().join("; "))), facts }
    }

    fn locked_toolchain(&self, lock_path: &Path) -> Fact<ResolvedToolchain> {
        let toolchain = match self.governing(Tool::Go).map_err(|error| unable(&error))? {
            ResolvedGo::Toolchain(toolchain) => *toolchain,
            ResolvedGo::Foreign { reason, .. } => {
                return Err(SkipReason::Unable(reason.to_owned(), "go to the project".to_owned()));
            }
        };
        if toolchain.origin == Origin::Lock(lock_path.into()) {
            return Ok(toolchain);
        }
        let why = format!("{} decides here, and not the project's lock", toolchain.origin);
        Err(SkipReason::Unable(why, "unset `GOWARD_GO` and `GOWARD_LOCK`".to_owned()))
    }

    fn ask_facts(
        &self,
        toolchain: &ResolvedToolchain,
        lock_path: &Path,
        tree: &Path,
        user: &UserSettings,
    ) -> Result<GoFacts> {
        let chosen = self.chosen_settings(toolchain, lock_path, user)?;
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
        let targets = targets_of(tree, toolchain.version)?;
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
        toolchain: &ResolvedToolchain,
        lock_path: &Path,
        user: &UserSettings,
    ) -> Result<BTreeMap<String, ChosenValue>> {
        let changes: BTreeMap<String, Option<OsString>> =
            self.environment(toolchain)?.into_iter().collect();
        let lock = Lock::read(toolchain);
        let passes = |name: &str| {
            pins::row(name.as_bytes())
                .is_none_or(|row| row.rule.passes_from_file(toolchain.isolation))
        };
        let mut chosen = BTreeMap::new();
        for name in NAMES {
            let found = if let Some(change) = changes.get(name) {
                let line = lock.line(name).and_then(|line| u32::try_from(line).ok()).unwrap_or(1);
                change.as_ref().map(|value| ChosenValue {
                    value: value.to_string_lossy().into_owned(),
                    place: Place::Line(lock_path.into(), line),
                })
            } else {
                let of_file = |found: &ChosenValue| !matches!(found.place, Place::Variable(_));
                user.find(name).filter(|found| !of_file(found) || passes(name))
            };
            chosen.extend(found.map(|found| (name.to_owned(), found)));
        }
        Ok(chosen)
    }
}

fn unable(error: &Error) -> SkipReason {
    SkipReason::Unable(one_line(error), "see what it says: `goward env --explain`".to_owned())
}

fn parse(answer: &str) -> Result<BTreeMap<String, String>> {
    serde_json::from_str(answer).map_err(|error| {
        let why = untrusted(error.to_string());
        let message = format!("`go env -json` prints something else than before: {why}");
        Error::new(Kind::CannotRun, message)
    })
}

/// Asks the `go` of a tree, with nothing in its environment that could send it elsewhere.
pub fn targets_of(tree: &Path, version: GoVersion) -> Result<Vec<Target>> {
    let mut command = Command::new(place_in(tree, names::GO));
    command.args(["tool", "dist", "list", "-json"]);
    if version.minor() >= FIRST_WITH_BROKEN {
        command.arg("-broken");
    }
    command.env_clear().env("GOROOT", tree).env("GOTOOLCHAIN", "local").env("GOENV", "off");
    // Go 1.19 asks `uname` for the machine.
    command.env("PATH", "/usr/bin:/bin");
    command.current_dir(tree).stdin(Stdio::null());
    let failed = |why: &str| {
        let message = format!("`go tool dist list` of {version} fails");
        Error::new(Kind::CannotRun, message).detail(untrusted(why))
    };
    let output = command.output().map_err(|error| failed(&error.to_string()))?;
    if !output.status.success() {
        return Err(failed(String::from_utf8_lossy(&output.stderr).trim()));
    }
    platforms::parse(&String::from_utf8_lossy(&output.stdout))
}
