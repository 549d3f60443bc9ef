//! Behind `exec` and the shim's slow path: become a program, with a toolchain's environment.

use crate::ctx::take_callers_umask;
use crate::error::{Error, Kind, Result, untrusted};
use crate::install::request::Fetch;
use crate::os;
use crate::os::bytes;
use crate::resolve::environment::{Changes, change};
use crate::resolve::resolved_go::{Origin, ResolvedGo, ResolvedToolchain};
use crate::resolve::shim_errors;
use crate::run::Runner;
use crate::run::overrides::Overrides;
use crate::session::Session;
use goward_shim::caller::By;
use goward_shim::launch::Launch;
use goward_shim::sys::Text;
use goward_shim::{Call, Tool, cmd_install_guard, names, resolve};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

/// What a command gets.
pub struct Execution {
    /// What `go` is in it.
    pub toolchain: ResolvedToolchain,
    /// Its environment.
    pub changes: Changes,
    /// What is odd about the pins.
    pub warnings: Vec<String>,
}

impl Runner<'_> {
    /// Returns the environment of a command that is to get what `go` gets here, with `overrides`,
    /// and warnings about these; installs the toolchain if it is missing.
    pub fn execution(
        &self,
        overrides: &Overrides,
        fetch: &Fetch,
    ) -> Result<(Changes, Vec<String>)> {
        let execution = self.execution_of(overrides, fetch)?;
        let execution = execution.map(|execution| (execution.changes, execution.warnings));
        Ok(execution.unwrap_or_default())
    }

    /// Like [`Runner::execution`], with the toolchain; returns nothing where none of goward's
    /// governs.
    pub fn execution_of(&self, overrides: &Overrides, fetch: &Fetch) -> Result<Option<Execution>> {
        let mut changes = Changes::new();
        let mut warnings = Vec::new();
        let toolchain = if overrides.is_empty() {
            match self.resolver.governing(Tool::Go)? {
                ResolvedGo::Foreign { .. } => return Ok(None),
                ResolvedGo::Toolchain(toolchain) => *toolchain,
            }
        } else {
            let overridden = self.overridden(overrides, fetch)?;
            warnings = overridden.warnings;
            let path = overridden.lock;
            changes.push((names::LOCK_VAR.to_owned(), Some(path.clone().into_os_string())));
            changes.push((names::GO_VAR.to_owned(), None));
            changes.push((names::PROFILE_VAR.to_owned(), None));
            ResolvedToolchain { origin: Origin::Lock(path), profile: None, ..overridden.toolchain }
        };
        self.installer.ensure_installed(&toolchain, fetch)?;
        self.installer.check_resolved(&toolchain)?;
        let of_lock = self.resolver.environment_by(&toolchain, By::Command)?.into_iter();
        let is_ours = |name: &str| changes.iter().any(|(known, _)| known == name);
        let of_lock: Changes = of_lock.filter(|(name, _)| !is_ours(name)).collect();
        changes.extend(of_lock);
        changes.push(("PATH".to_owned(), Some(self.resolver.path_with(&toolchain)?)));
        Ok(Some(Execution { toolchain, changes, warnings }))
    }

    /// Becomes the tool of `call` from `toolchain`, wherever that is; returns only when that fails.
    pub fn become_tool(&self, toolchain: &ResolvedToolchain, call: &Call) -> Error {
        let root = match self
            .installer
            .check_resolved(toolchain)
            .and_then(|()| self.resolver.root(toolchain))
        {
            Ok(root) => root,
            Err(error) => return error,
        };
        let mut launch = self.resolver.launch(toolchain, &root, call, By::Go);
        if let Err(refusal) = resolve::count(&mut launch, &call.env) {
            return shim_errors::explain(&self.session.ctx, &refusal);
        }
        become_program(call, &launch)
    }

    /// Returns what a shell has to change to give its programs what `go` gets here: besides the variables of Go
    /// where the store is, and goward's `go` on PATH. With `has_goroot` it says which GOROOT that is, too.
    pub fn shell_environment(&self, has_goroot: bool) -> Result<Changes> {
        let toolchain = match self.resolver.governing(Tool::Go)? {
            ResolvedGo::Foreign { .. } => return Ok(Changes::new()),
            ResolvedGo::Toolchain(toolchain) => *toolchain,
        };
        let changes = self.resolver.environment_by(&toolchain, By::Command)?.into_iter();
        // What marks the programs that a call started is not for a shell, which goes elsewhere.
        let changes = changes.filter(|(name, _)| name != names::TOOLCHAIN_VAR);
        let mut changes: BTreeMap<String, Option<OsString>> = changes.collect();
        let home = self.session.ctx.home()?;
        changes.insert(
            "PATH".to_owned(),
            Some(self.resolver.path_from(home.join(names::SHIMS_DIRECTORY))?),
        );
        changes.insert(names::HOME_VAR.to_owned(), Some(home.into_os_string()));
        if has_goroot && !self.resolver.has(&toolchain)? {
            return Err(self.installer.explain_missing(&toolchain));
        }
        if has_goroot && toolchain.goroot.is_none() {
            changes.insert(
                "GOROOT".to_owned(),
                Some(self.resolver.root(&toolchain)?.into_os_string()),
            );
        }
        Ok(changes.into_iter().collect())
    }
}

/// Refuses a call that would write where a toolchain's own programs are.
///
/// # Errors
///
/// [`Kind::Failed`] for such a call; nothing was run.
pub fn leaves_programs_alone(call: &Call) -> Result<()> {
    let changed =
        (call.tool() == Tool::Go).then(|| cmd_install_guard::changed(call.args())).flatten();
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
pub(crate) fn command_of(call: &Call, launch: &Launch) -> Command {
    let name_of = bytes::name;
    let mut command = Command::new(name_of(&launch.program));
    if let Some((name, args)) = call.argv.split_first() {
        os::launch::call_it(&mut command, &name_of(name.to_bytes()));
        command.args(args.iter().map(|arg| name_of(arg.to_bytes())));
    }
    command.env_clear();
    for (name, value) in launch.entries().filter_map(Text::variable) {
        command.env(name_of(name), name_of(value));
    }
    command
}

/// Becomes what a launch says; returns only when that fails, with an explanation.
pub fn become_program(call: &Call, launch: &Launch) -> Error {
    let mut child = command_of(call, launch);
    let program = PathBuf::from(child.get_program());
    take_callers_umask();
    let why = os::launch::become_program(&mut child);
    let message = format!("cannot run `{}`: {why}", program.display());
    let is_missing = why.kind() == std::io::ErrorKind::NotFound;
    // It was there a moment ago.
    if is_missing && program.symlink_metadata().is_err() {
        return Error::new(Kind::NotInstalled, message)
            .detail("it was removed meanwhile")
            .hint("try again: it is installed then");
    }
    let error = Error::new(Kind::CannotRun, message);
    if is_missing && !cfg!(windows) {
        return error
            .detail("the file is there; what is missing is the program loader that it names")
            .hint("Go 1.20 and older need the glibc loader; choose 1.21 or newer on this system");
    }
    error.hint(if cfg!(windows) {
        "does a virus scanner or a policy keep it from running?"
    } else {
        "is the store on a file system mounted with `noexec`?"
    })
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
    Error::cannot_run(program, &os::launch::become_program(&mut child))
}
