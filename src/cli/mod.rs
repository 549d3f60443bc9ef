//! The command line: parse, dispatch to one module per command, render errors.
//!
//! Each module turns its arguments into calls of the core, and prints what they return.

pub mod args;
mod bake;
#[cfg(feature = "lab")]
mod bisect;
mod bundle;
mod changes;
mod check;
mod completions;
mod config;
mod default;
#[cfg(feature = "lab")]
mod diff;
#[cfg(feature = "lab")]
mod diff_sections;
mod doctor;
mod editor;
mod env;
mod examples;
mod exec;
#[cfg(feature = "lab")]
mod experiments;
mod export;
mod findings;
mod gc;
#[cfg(feature = "lab")]
mod godebug;
mod init;
#[cfg(feature = "lab")]
mod inspect;
#[cfg(feature = "lab")]
mod inspect_vulnerabilities;
mod install;
mod link;
pub(crate) mod list;
mod lock;
#[cfg(feature = "lab")]
mod matrix;
#[cfg(feature = "mirror")]
mod mirror;
mod outdated;
mod overview;
mod records;
#[cfg(feature = "lab")]
mod reproduce;
mod self_command;
#[cfg(feature = "lab")]
mod settings_args;
mod setup;
mod setup_goroot;
mod shim_fallback;
#[cfg(feature = "lab")]
mod spread;
mod table;
#[cfg(feature = "lab")]
mod targets;
mod tools;
mod tools_import;
mod tools_outdated;
mod tools_upgrade;
mod trust;
mod undo;
mod uninstall;
mod upgrade;
mod usage_error;
mod r#use;
mod value_completion;
mod verify;
mod version;
mod which;

use args::{Cli, Command, Godebug, GodebugCommand, Own, SelfCommand, Setup, SetupCommand};
use clap::Parser;
use clap::error::ErrorKind;
use goward_core::config::Config;
use goward_core::ctx::{Ctx, take_own_umask};
use goward_core::error::{Error, Kind, Result};
use goward_core::install::request::Fetch;
use goward_core::os::machine::stack_limit;
use goward_core::session::Session;
use goward_core::source::OpenRegistry;
use goward_core::ui::{Ui, columns_of_output, has_lost_data};
#[cfg(feature = "lab")]
use goward_lab::matrix::interrupt::Interrupts;
use goward_shim::names;
use std::ffi::OsString;
use std::process::ExitCode;
use std::thread;

/// A stack that is enough, in bytes.
const STACK: usize = 2 << 20;

/// Runs goward with `arguments`, the program's name included.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    if value_completion::answer(&arguments) {
        return ExitCode::SUCCESS;
    }
    let stack = stack_limit();
    if stack.is_none_or(|stack| stack >= STACK as u64) {
        return run_here(&arguments);
    }
    // This thread has less than goward was tried with.
    let copy = arguments.clone();
    match thread::Builder::new().stack_size(STACK).spawn(move || run_here(&copy)) {
        Ok(roomy) => roomy.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
        Err(_) => run_here(&arguments),
    }
}

fn run_here(arguments: &[OsString]) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => return explain(&error, arguments),
    };
    let ui = Ui::new(cli.quiet);
    match prepare(&cli.command, ui).and_then(|session| dispatch(&cli.command, &session)) {
        Ok(_) if has_lost_data() => {
            ui.error(&Error::new(Kind::Failed, "cannot write to standard output"));
            ExitCode::from(Kind::Failed.exit_code())
        }
        Ok(code) => code,
        Err(error) => {
            ui.error(&error);
            ExitCode::from(error.kind().exit_code())
        }
    }
}

/// Reads the process and the settings, as the command wants them.
fn prepare(command: &Command, ui: Ui) -> Result<Session> {
    let mut ctx = Ctx::from_process()?;
    take_own_umask();
    if let Some(profile) = chosen_profile(command) {
        ctx.variables.insert(names::PROFILE_VAR.into(), profile.into());
    }
    if let Command::ShimFallback(args) = command {
        ctx.called = args.called.clone().filter(|called| called.is_absolute());
    }
    let config = match command {
        // These have to work whatever the settings hold.
        Command::Setup(Setup { command: None, .. })
        | Command::Version(_)
        | Command::Own(Own { command: SelfCommand::Completions(_) | SelfCommand::Uninstall(_) }) => {
            Config::default()
        }
        _ => Config::read(&ctx)?,
    };
    for overruled in config.overruled() {
        ui.warn(&overruled);
    }
    Ok(Session { registries: registries(), ..Session::new(ctx, ui, config) })
}

fn dispatch(command: &Command, session: &Session) -> Result<ExitCode> {
    match command {
        Command::Init(args) => init::run(session, args),
        Command::Use(args) => r#use::run(session, args),
        Command::Lock(args) => lock::run(session, args),
        Command::Outdated(args) => outdated::run(session, args),
        Command::Upgrade(args) => upgrade::run(session, args),
        Command::Undo(args) => undo::run(session, args),
        Command::Install(args) => install::run(session, args),
        #[cfg(feature = "mirror")]
        Command::Mirror(args) => mirror::run(session, args),
        Command::Bundle(args) => bundle::run(session, args),
        Command::Link(args) => link::run(session, args),
        Command::Export(args) => export::run(session, args),
        Command::Uninstall(args) => uninstall::run(session, args),
        Command::Gc(args) => gc::run(session, args),
        Command::List(args) => list::run(session, args),
        Command::Doctor(args) => doctor::run(session, args),
        Command::Verify(args) => verify::run(session, args),
        Command::Check(args) => check::run(session, args),
        Command::Which(args) => which::run(session, args),
        Command::Env(args) => env::run(session, args),
        #[cfg(feature = "lab")]
        Command::Experiments(args) => experiments::run(session, args),
        Command::Godebug(Godebug { command: Some(GodebugCommand::Bake(args)), .. }) => {
            bake::run(session, args)
        }
        #[cfg(feature = "lab")]
        Command::Godebug(args) => godebug::run(session, &args.settings),
        #[cfg(feature = "lab")]
        Command::Diff(args) => diff::run(session, args),
        #[cfg(feature = "lab")]
        Command::Targets(args) => targets::run(session, args),
        Command::Exec(args) => return Err(exec::run(session, args)),
        #[cfg(feature = "lab")]
        Command::Inspect(args) => inspect::run(session, args),
        #[cfg(feature = "lab")]
        Command::Reproduce(args) => reproduce::run(session, args),
        #[cfg(feature = "lab")]
        Command::Matrix(args) => matrix::run(session, args),
        #[cfg(feature = "lab")]
        Command::Bisect(args) => bisect::run(session, args),
        Command::Default(args) => default::run(session, args),
        Command::Trust(args) => trust::run(session, args),
        Command::Editor(args) => editor::run(session, args),
        Command::Setup(Setup { command: Some(SetupCommand::Goroot(args)), .. }) => {
            setup_goroot::run(session, args)
        }
        Command::Tools(args) => tools::run(session, args.command.as_ref()),
        Command::Tool(args) => return Err(tools::run_tool(session, args)),
        Command::X(args) => return Err(tools::run_once(session, args)),
        Command::Setup(args) => setup::run(session, args),
        Command::Own(args) => self_command::run(session, &args.command),
        Command::Config(args) => config::run(session, args),
        Command::Version(args) => {
            version::run(session, args);
            Ok(())
        }
        Command::Records(args) => records::run(session, args),
        Command::ShimFallback(args) => return shim_fallback::run(session, args),
        #[cfg(not(feature = "lab"))]
        Command::Bisect(_)
        | Command::Diff(_)
        | Command::Experiments(_)
        | Command::Godebug(_)
        | Command::Inspect(_)
        | Command::Matrix(_)
        | Command::Reproduce(_)
        | Command::Targets(_) => Err(left_out("lab")),
        #[cfg(not(feature = "mirror"))]
        Command::Mirror(_) => Err(left_out("mirror")),
    }?;
    Ok(ExitCode::SUCCESS)
}

/// Says that the command is part of a feature that this goward was built without.
#[cfg(not(all(feature = "lab", feature = "mirror")))]
fn left_out(feature: &str) -> Error {
    let message = format!("this goward was built without its feature `{feature}`");
    Error::new(Kind::Usage, message)
        .hint(format!("build one with it: `cargo install goward --features {feature}`"))
}

/// Returns what opens sources in container registries.
#[cfg(feature = "mirror")]
#[expect(clippy::unnecessary_wraps, reason = "it may be left out")]
fn registries() -> Option<OpenRegistry> {
    Some(goward_mirror::oci_source::open)
}

/// The same, without mirrors.
#[cfg(not(feature = "mirror"))]
fn registries() -> Option<OpenRegistry> {
    None
}

/// Returns what `--profile` says for this run and everything that it starts.
fn chosen_profile(command: &Command) -> Option<&str> {
    match command {
        Command::Exec(args) => args.choice.profile.as_deref(),
        Command::Env(args) => args.choice.profile.as_deref(),
        Command::Which(args) => args.choice.profile.as_deref(),
        Command::Inspect(args) => args.choice.profile.as_deref(),
        Command::Reproduce(args) => args.choice.profile.as_deref(),
        Command::Godebug(Godebug { command: Some(GodebugCommand::Bake(args)), .. }) => {
            args.choice.profile.as_deref()
        }
        _ => None,
    }
}

/// Prints what clap has to say: help and version are data, the rest is an error of ours.
fn explain(error: &clap::Error, arguments: &[OsString]) -> ExitCode {
    use ErrorKind::{DisplayHelp, DisplayHelpOnMissingArgumentOrSubcommand};
    let is_help = [DisplayHelp, DisplayHelpOnMissingArgumentOrSubcommand].contains(&error.kind());
    if is_help && !usage_error::names_a_command(arguments) {
        let explained = overview::command(columns_of_output()).try_get_matches_from(arguments);
        _ = explained.err().as_ref().unwrap_or(error).print();
        let is_asked = error.kind() == DisplayHelp;
        return if is_asked { ExitCode::SUCCESS } else { ExitCode::from(Kind::Usage.exit_code()) };
    }
    if is_help && error.kind() == DisplayHelp {
        Ui::new(false).help(&usage_error::help(arguments));
        return ExitCode::SUCCESS;
    }
    if !error.use_stderr() {
        _ = error.print();
        return ExitCode::SUCCESS;
    }
    if is_help {
        Ui::new(false).help_for_error(&usage_error::help(arguments));
    } else {
        Ui::new(false).error(&usage_error::explain(error, arguments));
    }
    ExitCode::from(Kind::Usage.exit_code())
}

#[cfg(feature = "lab")]
/// Does what can be interrupted, and ends as the signal would when one came.
fn interruptible<T>(session: &Session, work: impl FnOnce(&Interrupts) -> Result<T>) -> Result<T> {
    let interrupts = Interrupts::take()?;
    let done = work(&interrupts);
    if let Err(error) = &done
        && interrupts.has_come()
    {
        session.ui.error(error);
        interrupts.obey();
    }
    done
}

/// Returns what the command line says about fetching.
fn fetch(args: &args::Fetching) -> Fetch {
    let args::Fetching { source, accept, no_local, verbose } = args.clone();
    Fetch { source, accept, has_option: true, cache: None, no_local, verbose }
}
