//! The environment that a `go` gets here, and the `go` of a toolchain that answers questions.

use crate::error::{Error, Kind, Result, untrusted_line};
use crate::os::ABSOLUTE_PATH;
use crate::os::bytes::{self, Bytes};
use crate::resolve::Resolver;
use crate::resolve::resolved_go::{Origin, ResolvedToolchain};
use goward_shim::caller::By;
use goward_shim::launch::{Launch, LeftOut, Selection};
use goward_shim::sys::Text;
use goward_shim::{Call, Tool, goflags, launch, names, pins};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Variables to set (`Some`) and to remove (`None`), sorted by name.
pub type Changes = Vec<(String, Option<OsString>)>;

/// How many lines of a failed `go` are shown.
const MAX_LINES: usize = 6;

impl Resolver<'_> {
    /// Returns what goward changes in the environment of a `go` of `toolchain`, and of what it starts.
    pub fn environment(&self, toolchain: &ResolvedToolchain) -> Result<Changes> {
        self.environment_by(toolchain, By::Go)
    }

    /// The same for what `by` starts.
    pub fn environment_by(&self, toolchain: &ResolvedToolchain, by: By) -> Result<Changes> {
        let root = self.root(toolchain)?;
        Ok(self.with_call(Tool::Go, |call| {
            let launch = self.launch(toolchain, &root, call, by);
            self.changes_of(&launch)
        }))
    }

    /// Returns what of this process's environment a lock lets through to no `go` of `toolchain`.
    pub(crate) fn left_out(&self, toolchain: &ResolvedToolchain) -> Result<Vec<LeftOut>> {
        let root = self.root(toolchain)?;
        Ok(self.with_call(Tool::Go, |call| self.launch(toolchain, &root, call, By::Go).left_out()))
    }

    /// Returns what a launch changes in this process's environment. Names that are none are left out: a
    /// shell that evaluates the answer would read them as commands.
    fn changes_of(&self, launch: &Launch) -> Changes {
        let mut wanted: BTreeMap<Cow<OsStr>, Cow<OsStr>> = BTreeMap::new();
        for (name, value) in launch.entries().filter_map(Text::variable) {
            wanted.entry(bytes::name(name)).or_insert(bytes::name(value));
        }
        let set = |name: &str| launch.set.iter().any(|it| it.as_text().name() == name.as_bytes());
        let names = self
            .session
            .ctx
            .variables
            .keys()
            .map(OsString::as_os_str)
            .chain(wanted.keys().map(Cow::as_ref));
        let names = names.filter_map(OsStr::to_str).filter(|name| is_name(name));
        let mut changes: BTreeMap<String, Option<OsString>> = BTreeMap::new();
        for name in names.filter(|name| *name != names::DEPTH_VAR) {
            let now = self.session.ctx.variables.get(OsStr::new(name)).map(OsString::as_os_str);
            let then = wanted.get(OsStr::new(name)).map(Cow::as_ref);
            if now != then || set(name) {
                changes.insert(name.to_owned(), then.map(OsStr::to_owned));
            }
        }
        changes.into_iter().collect()
    }

    /// Returns the launch of a toolchain with this GOROOT: as its lock says, or as it is.
    pub(crate) fn launch<'a>(
        &self,
        toolchain: &ResolvedToolchain,
        root: &Path,
        call: &Call<'a>,
        by: By,
    ) -> Launch<'a> {
        let root = root.as_os_str().as_bytes();
        let Origin::Lock(lock) = &toolchain.origin else {
            // A call inside of another one has what it was given, and so has the default's `go`.
            let is_given = match toolchain.origin {
                Origin::Call(_) => true,
                Origin::Default(_) => by == By::Go,
                _ => false,
            };
            let env = if is_given { &call.env } else { call.caller() };
            return launch::plain(root, call.tool(), env);
        };
        let pins: Vec<(&str, &str)> =
            toolchain.pins.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let goenv = self.goenv(toolchain.isolation, call.caller());
        // What does not fit was refused when the lock was found.
        let flags = goflags::of_call(call.caller(), toolchain.isolation, &pins, &goenv, || true);
        let flags = flags.unwrap_or_default();
        let is_linked = toolchain.link.is_some();
        launch::toolchain(
            &Selection {
                root,
                goroot: toolchain
                    .goroot
                    .as_deref()
                    .map(str::as_bytes)
                    .or(is_linked.then_some(root)),
                isolation: toolchain.isolation,
                pins: &pins,
                chooses: pins::choose(&pins),
                flags: flags.as_deref(),
                goenv: &goenv,
                lock: lock.as_os_str().as_bytes(),
                profile: toolchain.profile.as_deref(),
                by,
            },
            call.tool(),
            call.caller(),
        )
    }

    /// Runs the real `go` of an installed toolchain, in the environment that the shim would give it
    /// here; returns what it prints.
    pub fn ask_go<A: AsRef<OsStr>>(
        &self,
        toolchain: &ResolvedToolchain,
        args: &[A],
    ) -> Result<String> {
        self.ask_go_with(toolchain, args, Changes::new())
    }

    /// Like [`Resolver::ask_go`], with changes on top of that environment.
    pub fn ask_go_with<A: AsRef<OsStr>>(
        &self,
        toolchain: &ResolvedToolchain,
        args: &[A],
        changes: Changes,
    ) -> Result<String> {
        let mut command = self.go_command(toolchain)?;
        command.args(args);
        change(&mut command, changes);
        let failed = |why: &str| {
            let words = args.iter().map(|word| word.as_ref().to_string_lossy());
            let words: Vec<_> = words.map(untrusted_line).collect();
            let error = Error::new(Kind::CannotRun, format!("`go {}` fails here", words.join(" ")));
            let lines: Vec<&str> = why.lines().rev().take(MAX_LINES).collect();
            lines.into_iter().rev().fold(error, |error, line| error.detail(untrusted_line(line)))
        };
        let output = command.output().map_err(|error| failed(&error.to_string()))?;
        if !output.status.success() {
            return Err(failed(String::from_utf8_lossy(&output.stderr).trim()));
        }
        String::from_utf8(output.stdout).map_err(|error| failed(&error.to_string()))
    }

    /// Returns the real `go` of an installed toolchain, in the environment that the shim would give it
    /// here.
    pub fn go_command(&self, toolchain: &ResolvedToolchain) -> Result<Command> {
        let mut command = Command::new(self.program(toolchain, Tool::Go)?);
        command.env_clear().envs(&self.session.ctx.variables);
        command.current_dir(&self.session.ctx.cwd).stdin(Stdio::null());
        change(&mut command, self.environment(toolchain)?);
        Ok(command)
    }

    /// Returns PATH with the root's `bin` in front.
    pub fn path_with(&self, toolchain: &ResolvedToolchain) -> Result<OsString> {
        self.path_from(self.root(toolchain)?.join("bin"))
    }

    /// Returns PATH with this directory in front, and nowhere else.
    pub(crate) fn path_from(&self, first: PathBuf) -> Result<OsString> {
        // An empty part would be the working directory.
        let path = self.session.ctx.variable("PATH").map(std::env::split_paths);
        let others = path.into_iter().flatten();
        let others: Vec<PathBuf> = others.filter(|other| *other != first).collect();
        std::env::join_paths(std::iter::once(first).chain(others)).map_err(|_| {
            Error::new(Kind::Usage, "the store cannot be on PATH").hint(format!(
                "choose a store whose path has no `{SEPARATOR}`: `GOWARD_HOME={ABSOLUTE_PATH}`"
            ))
        })
    }
}

/// What stands between the entries of PATH.
const SEPARATOR: char = if cfg!(windows) { ';' } else { ':' };

/// Makes changes to the environment of a command.
pub fn change(command: &mut Command, changes: Changes) {
    for (name, value) in changes {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
}

fn is_name(name: &str) -> bool {
    name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}
