//! Behind `exec` and the shim's slow path: become a program, with a toolchain's environment.

use super::governing::{Governing, Origin, Toolchain};
use super::overrides::Overrides;
use super::{Fetch, Session, refusal};
use crate::ctx::take_callers_umask;
use crate::error::{Error, Kind, Result, untrusted, untrusted_line};
use goward_shim::caller::By;
use goward_shim::launch::{self, Launch, LeftOut, Selection};
use goward_shim::sys::Text;
use goward_shim::{Call, Tool, goflags, names, own_programs, pins, resolve};
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Variables to set (`Some`) and to remove (`None`), sorted by name.
pub type Changes = Vec<(String, Option<OsString>)>;

/// What a command gets.
pub(super) struct Execution {
    /// What `go` is in it.
    pub(super) toolchain: Toolchain,
    /// Its environment.
    pub(super) changes: Changes,
    /// What is odd about the pins.
    pub(super) warnings: Vec<String>,
}

/// How many lines of a failed `go` are shown.
const MAX_LINES: usize = 6;

impl Session {
    /// Returns what goward changes in the environment of a `go` of `toolchain`, and of what it starts.
    ///
    /// # Errors
    ///
    /// When there is no store.
    pub fn environment(&self, toolchain: &Toolchain) -> Result<Changes> {
        self.environment_by(toolchain, By::Go)
    }

    /// The same for what `by` starts.
    ///
    /// # Errors
    ///
    /// As [`Session::environment`].
    pub fn environment_by(&self, toolchain: &Toolchain, by: By) -> Result<Changes> {
        let root = self.root(toolchain)?;
        Ok(self.with_call(Tool::Go, |call| {
            let launch = self.launch(toolchain, &root, call, by);
            self.changes_of(&launch)
        }))
    }

    /// Returns what a shell has to change to give its programs what `go` gets here: besides the variables of Go
    /// where the store is, and goward's `go` on PATH. With `has_goroot` it says which GOROOT that is, too.
    ///
    /// # Errors
    ///
    /// When what runs here cannot be told, or the store's path cannot be on PATH.
    pub fn shell_environment(&self, has_goroot: bool) -> Result<Changes> {
        let toolchain = match self.governing(Tool::Go)? {
            Governing::Foreign { .. } => return Ok(Changes::new()),
            Governing::Toolchain(toolchain) => *toolchain,
        };
        let changes = self.environment_by(&toolchain, By::Command)?.into_iter();
        // What marks the programs that a call started is not for a shell, which goes elsewhere.
        let changes = changes.filter(|(name, _)| name != names::TOOLCHAIN_VAR);
        let mut changes: BTreeMap<String, Option<OsString>> = changes.collect();
        let home = self.ctx.home()?;
        changes.insert("PATH".to_owned(), Some(self.path_from(home.join(names::SHIMS_DIRECTORY))?));
        changes.insert(names::HOME_VAR.to_owned(), Some(home.into_os_string()));
        if has_goroot && !self.has(&toolchain)? {
            return Err(self.explain_missing(&toolchain));
        }
        if has_goroot && toolchain.goroot.is_none() {
            changes.insert("GOROOT".to_owned(), Some(self.root(&toolchain)?.into_os_string()));
        }
        Ok(changes.into_iter().collect())
    }

    /// Returns what of this process's environment a lock lets through to no `go` of `toolchain`.
    pub(super) fn left_out(&self, toolchain: &Toolchain) -> Result<Vec<LeftOut>> {
        let root = self.root(toolchain)?;
        Ok(self.with_call(Tool::Go, |call| self.launch(toolchain, &root, call, By::Go).left_out()))
    }

    /// Returns what a launch changes in this process's environment. Names that are none are left out: a
    /// shell that evaluates the answer would read them as commands.
    fn changes_of(&self, launch: &Launch) -> Changes {
        let mut wanted: BTreeMap<&OsStr, &OsStr> = BTreeMap::new();
        for (name, value) in launch.entries().filter_map(Text::variable) {
            wanted.entry(OsStr::from_bytes(name)).or_insert(OsStr::from_bytes(value));
        }
        let set = |name: &str| launch.set.iter().any(|it| it.as_text().name() == name.as_bytes());
        let names =
            self.ctx.variables.keys().map(OsString::as_os_str).chain(wanted.keys().copied());
        let names = names.filter_map(OsStr::to_str).filter(|name| is_name(name));
        let mut changes: BTreeMap<String, Option<OsString>> = BTreeMap::new();
        for name in names.filter(|name| *name != names::DEPTH_VAR) {
            let now = self.ctx.variables.get(OsStr::new(name)).map(OsString::as_os_str);
            let then = wanted.get(OsStr::new(name)).copied();
            if now != then || set(name) {
                changes.insert(name.to_owned(), then.map(OsStr::to_owned));
            }
        }
        changes.into_iter().collect()
    }

    /// Returns the launch of a toolchain with this GOROOT: as its lock says, or as it is.
    fn launch<'a>(
        &self,
        toolchain: &Toolchain,
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
        let barrier = self.barrier(toolchain.isolation, call.caller());
        // What does not fit was refused when the lock was found.
        let flags = goflags::of_call(call.caller(), toolchain.isolation, &pins, &barrier, || true);
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
                barrier: &barrier,
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
    ///
    /// # Errors
    ///
    /// When it cannot be run or fails, with the end of what it says.
    pub fn ask_go<A: AsRef<OsStr>>(&self, toolchain: &Toolchain, args: &[A]) -> Result<String> {
        self.ask_go_with(toolchain, args, Changes::new())
    }

    /// Like [`Session::ask_go`], with changes on top of that environment.
    ///
    /// # Errors
    ///
    /// As [`Session::ask_go`].
    pub fn ask_go_with<A: AsRef<OsStr>>(
        &self,
        toolchain: &Toolchain,
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
    ///
    /// # Errors
    ///
    /// When there is no store.
    pub(super) fn go_command(&self, toolchain: &Toolchain) -> Result<Command> {
        let mut command = Command::new(self.program(toolchain, Tool::Go)?);
        command.env_clear().envs(&self.ctx.variables);
        command.current_dir(&self.ctx.cwd).stdin(Stdio::null());
        change(&mut command, self.environment(toolchain)?);
        Ok(command)
    }

    /// Returns PATH with the root's `bin` in front.
    ///
    /// # Errors
    ///
    /// When there is no store, or its path holds a colon.
    pub fn path_with(&self, toolchain: &Toolchain) -> Result<OsString> {
        self.path_from(self.root(toolchain)?.join("bin"))
    }

    /// Returns PATH with this directory in front, and nowhere else.
    fn path_from(&self, first: PathBuf) -> Result<OsString> {
        let path = self.ctx.variable("PATH").unwrap_or_default();
        let others: Vec<PathBuf> =
            std::env::split_paths(path).filter(|other| *other != first).collect();
        std::env::join_paths(std::iter::once(first).chain(others)).map_err(|_| {
            Error::new(Kind::Usage, "the store cannot stand on PATH")
                .hint("choose a store whose path has no colon: `GOWARD_HOME=/absolute/path`")
        })
    }

    /// Returns the environment of a command that is to get what `go` gets here, with `overrides`,
    /// and warnings about these; installs the toolchain if it is missing.
    ///
    /// # Errors
    ///
    /// When the toolchain cannot be found or had, or an override is wrong.
    pub fn execution(
        &self,
        overrides: &Overrides,
        fetch: &Fetch,
    ) -> Result<(Changes, Vec<String>)> {
        let execution = self.execution_of(overrides, fetch)?;
        let execution = execution.map(|execution| (execution.changes, execution.warnings));
        Ok(execution.unwrap_or_default())
    }

    /// Like [`Session::execution`], with the toolchain; returns nothing where none of goward's
    /// governs.
    ///
    /// # Errors
    ///
    /// As [`Session::execution`].
    pub(super) fn execution_of(
        &self,
        overrides: &Overrides,
        fetch: &Fetch,
    ) -> Result<Option<Execution>> {
        let mut changes = Changes::new();
        let mut warnings = Vec::new();
        let toolchain = if overrides.is_empty() {
            match self.governing(Tool::Go)? {
                Governing::Foreign { .. } => return Ok(None),
                Governing::Toolchain(toolchain) => *toolchain,
            }
        } else {
            let overridden = self.overridden(overrides, fetch)?;
            warnings = overridden.warnings;
            let path = overridden.lock;
            changes.push((names::LOCK_VAR.to_owned(), Some(path.clone().into_os_string())));
            changes.push((names::GO_VAR.to_owned(), None));
            changes.push((names::PROFILE_VAR.to_owned(), None));
            Toolchain { origin: Origin::Lock(path), profile: None, ..overridden.toolchain }
        };
        self.provide(&toolchain, fetch)?;
        self.recheck_governing(&toolchain)?;
        let of_lock = self.environment_by(&toolchain, By::Command)?.into_iter();
        let is_ours = |name: &str| changes.iter().any(|(known, _)| known == name);
        let of_lock: Changes = of_lock.filter(|(name, _)| !is_ours(name)).collect();
        changes.extend(of_lock);
        changes.push(("PATH".to_owned(), Some(self.path_with(&toolchain)?)));
        Ok(Some(Execution { toolchain, changes, warnings }))
    }

    /// Becomes the tool of `call` from `toolchain`, wherever that is; returns only when that fails.
    pub fn become_tool(&self, toolchain: &Toolchain, call: &Call) -> Error {
        let root = match self.recheck_governing(toolchain).and_then(|()| self.root(toolchain)) {
            Ok(root) => root,
            Err(error) => return error,
        };
        let mut launch = self.launch(toolchain, &root, call, By::Go);
        if let Err(refusal) = resolve::count(&mut launch, &call.env) {
            return refusal::explain(&self.ctx, &refusal);
        }
        become_program(call, &launch)
    }
}

/// Refuses a call that would write where a toolchain's own programs are.
///
/// # Errors
///
/// [`Kind::Failed`] for such a call; nothing was run.
pub fn leaves_programs_alone(call: &Call) -> Result<()> {
    let changed = (call.tool() == Tool::Go).then(|| own_programs::changed(call.args())).flatten();
    let Some(package) = changed.map(|package| untrusted(String::from_utf8_lossy(package))) else {
        return Ok(());
    };
    Err(Error::new(
        Kind::Failed,
        format!("`{package}` is part of the toolchain, which stays as it is"),
    )
    .detail("nothing was changed")
    .hint(format!("build it elsewhere: `go build -o DIRECTORY/ {package}`")))
}

/// Returns the command that a launch is.
pub(super) fn command_of(call: &Call, launch: &Launch) -> Command {
    let os = |bytes| OsStr::from_bytes(bytes);
    let mut command = Command::new(os(&launch.program));
    if let Some((name, args)) = call.argv.split_first() {
        command.arg0(os(name.to_bytes())).args(args.iter().map(|arg| os(arg.to_bytes())));
    }
    command.env_clear();
    for (name, value) in launch.entries().filter_map(Text::variable) {
        command.env(os(name), os(value));
    }
    command
}

/// Becomes what a launch says; returns only when that fails, with an explanation.
pub fn become_program(call: &Call, launch: &Launch) -> Error {
    let mut child = command_of(call, launch);
    let program = PathBuf::from(child.get_program());
    take_callers_umask();
    let why = child.exec();
    let message = format!("cannot run `{}`: {why}", program.display());
    let is_missing = why.kind() == std::io::ErrorKind::NotFound;
    // It was there a moment ago.
    if is_missing && program.symlink_metadata().is_err() {
        return Error::new(Kind::NotInstalled, message)
            .detail("it was removed meanwhile")
            .hint("try again: it is installed then");
    }
    let error = Error::new(Kind::CannotRun, message);
    if is_missing {
        return error
            .detail("the file is there; what is missing is the program loader that it names")
            .hint("Go 1.20 and older need the glibc loader; choose 1.21 or newer on this system");
    }
    error.hint("is the store on a file system mounted with `noexec`?")
}

/// Becomes `command` with changes to the environment; returns only when that fails.
pub fn become_command(session: &Session, command: &[OsString], changes: Changes) -> Error {
    let Some((program, arguments)) = command.split_first() else {
        return Error::new(Kind::Usage, "there is no command to run");
    };
    let mut child = Command::new(program);
    child.args(arguments).env_clear().envs(&session.ctx.variables);
    change(&mut child, changes);
    take_callers_umask();
    Error::cannot_run(program, &child.exec())
}

/// Makes changes to the environment of a command.
pub(super) fn change(command: &mut Command, changes: Changes) {
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
