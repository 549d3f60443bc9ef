//! Behind `exec` and the shim's slow path: become a program, with a toolchain's environment.

use super::governing::{Governing, Toolchain};
use super::overrides::Overrides;
use super::{Fetch, Session, refusal};
use crate::ctx::take_callers_umask;
use crate::error::{Error, Kind, Result, untrusted, untrusted_line};
use goward_shim::launch::Selection;
use goward_shim::launch::{self, Launch};
use goward_shim::sys::{OwnedText, Text};
use goward_shim::{Call, Environment, Tool, barrier, names, own_programs, resolve};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
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
    /// Returns what goward changes in the environment of a call that gets `toolchain`.
    ///
    /// # Errors
    ///
    /// When there is no store.
    pub fn environment(&self, toolchain: &Toolchain) -> Result<Changes> {
        let home = self.home_of(toolchain)?;
        let pins = borrowed(&toolchain.pins);
        let entries = self.ctx.entries();
        let env = Environment::of(&entries);
        let home = home.as_os_str().as_bytes();
        let barriers = self.barrier_home(toolchain, &env)?;
        let barrier = barrier::locate(barriers.as_os_str().as_bytes(), toolchain.isolation, &env);
        let selection = selection(home, toolchain, &pins, &barrier);
        let launch = launch::toolchain(&selection, Tool::Go, &env);
        let kept: BTreeSet<&[u8]> = launch.entries().map(Text::name).collect();
        let removed = self.ctx.variables.keys().filter(|name| !kept.contains(name.as_bytes()));
        // A name that is none would be read as commands by the shell that evaluates the answer.
        let removed = removed.filter_map(|name| name.to_str()).filter(|name| is_name(name));
        let mut changes: BTreeMap<String, Option<OsString>> =
            removed.map(|name| (name.to_owned(), None)).collect();
        for (name, value) in launch.set.iter().filter_map(|text| text.as_text().variable()) {
            let value = OsString::from_vec(value.to_vec());
            changes.insert(String::from_utf8_lossy(name).into_owned(), Some(value));
        }
        Ok(changes.into_iter().collect())
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

    /// Returns the store that has the copy of the file of `go env -w` for a call; makes it if it is
    /// missing.
    fn barrier_home(&self, toolchain: &Toolchain, env: &Environment) -> Result<PathBuf> {
        let isolation = toolchain.isolation;
        let Err(error) = self.ready_barrier(isolation, env) else { return self.ctx.home() };
        // The user's own store cannot be written; for most users the system's has what they need.
        let system = self
            .config
            .system_store(&self.ctx)?
            .filter(|home| barrier::locate(home.as_os_str().as_bytes(), isolation, env).is_ready());
        system.ok_or(error)
    }

    /// Returns PATH with the root's `bin` in front.
    ///
    /// # Errors
    ///
    /// When there is no store, or its path holds a colon.
    pub fn path_with(&self, toolchain: &Toolchain) -> Result<OsString> {
        let bin = self.root(toolchain)?.join("bin");
        let path = self.ctx.variable("PATH").unwrap_or_default();
        let entries = std::iter::once(bin).chain(std::env::split_paths(path));
        std::env::join_paths(entries).map_err(|_| {
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
            let lock = overridden.lock.into_os_string();
            changes.push((names::LOCK_VAR.to_owned(), Some(lock)));
            changes.push((names::GO_VAR.to_owned(), None));
            changes.push((names::PROFILE_VAR.to_owned(), None));
            overridden.toolchain
        };
        self.provide(&toolchain, fetch)?;
        self.recheck_governing(&toolchain)?;
        if !self.root(&toolchain)?.join("bin/go").exists() {
            // Without it the `go` on PATH would be another one.
            self.place_shims()?;
        }
        changes.extend(self.environment(&toolchain)?);
        changes.push(("PATH".to_owned(), Some(self.path_with(&toolchain)?)));
        Ok(Some(Execution { toolchain, changes, warnings }))
    }

    /// Becomes the tool of `call` from `toolchain`, with `extra` variables; returns only when that
    /// fails.
    pub fn become_tool(&self, toolchain: &Toolchain, call: &Call, extra: &[(&str, &str)]) -> Error {
        let ready = leaves_programs_alone(call)
            .and_then(|()| self.recheck_governing(toolchain))
            .and_then(|()| self.barrier_home(toolchain, &call.env))
            .and_then(|barriers| Ok((barriers, self.home_of(toolchain)?)));
        let (barriers, home) = match ready {
            Ok(homes) => homes,
            Err(error) => return error,
        };
        let home = home.as_os_str().as_bytes();
        let barriers = barriers.as_os_str().as_bytes();
        let barrier = barrier::locate(barriers, toolchain.isolation, &call.env);
        let pins = borrowed(&toolchain.pins);
        let selection = selection(home, toolchain, &pins, &barrier);
        let mut launch = launch::toolchain(&selection, call.tool(), &call.env);
        if call.tool() == Tool::Go && barrier::changes_settings(call.args()) {
            return self.change_settings(call, launch, &barrier, None);
        }
        if let Err(refusal) = resolve::count(&mut launch, &call.env) {
            return refusal::explain(&self.ctx, &refusal);
        }
        let extra = extra.iter().map(|(name, value)| OwnedText::entry(name, value.as_bytes()));
        launch.set.extend(extra);
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

/// Becomes what a launch says; returns only when that fails, with an explanation.
pub fn become_program(call: &Call, launch: &Launch) -> Error {
    let os = |bytes| OsStr::from_bytes(bytes);
    let program: PathBuf = os(&launch.program).into();
    let mut child = Command::new(&program);
    if let Some((name, args)) = call.argv.split_first() {
        child.arg0(os(name.to_bytes())).args(args.iter().map(|arg| os(arg.to_bytes())));
    }
    child.env_clear();
    for (name, value) in launch.entries().filter_map(Text::variable) {
        child.env(os(name), os(value));
    }
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

/// Returns what a launch of `toolchain` from the store `home` is made of.
fn selection<'s>(
    home: &'s [u8],
    toolchain: &'s Toolchain,
    pins: &'s [(&'s str, &'s str)],
    barrier: &'s barrier::Barrier<'s>,
) -> Selection<'s> {
    Selection {
        home,
        key: toolchain.key.as_bytes(),
        goroot: toolchain.goroot.as_deref(),
        isolation: toolchain.isolation,
        pins,
        barrier,
    }
}

fn borrowed(pins: &[(String, String)]) -> Vec<(&str, &str)> {
    pins.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}
