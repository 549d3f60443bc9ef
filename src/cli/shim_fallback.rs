//! The shim's slow path: find its decision again, install what is missing, run it or explain.

use crate::cli::args::ShimFallback;
use crate::cli::tools;
use goward_core::error::{Error, Kind, Result, untrusted};
use goward_core::install::Installer;
use goward_core::os::bytes::Bytes;
use goward_core::resolve::Resolver;
use goward_core::resolve::resolved_go::{ResolvedGo, ResolvedToolchain};
use goward_core::resolve::shim_errors::explain_call;
use goward_core::run::Runner;
use goward_core::run::exec::{become_program, leaves_programs_alone};
use goward_core::run::newer_go::end_like;
use goward_core::session::Session;
use goward_shim::caller::Undo;
use goward_shim::find::Found;
use goward_shim::launch::Launch;
use goward_shim::resolve::{Choice, Step, Way, choose};
use goward_shim::sys::{OwnedText, Text};
use goward_shim::{Call, Refusal, remote, resolve, trace};
use std::process::ExitCode;

/// Becomes the program that the call is for, or runs it and returns its exit code.
///
/// # Errors
///
/// When nothing could be run, with an exit code that no `go` has: 126, or 127 for what is not installed.
pub(super) fn run(session: &Session, miss: &ShimFallback) -> Result<ExitCode> {
    serve(session, miss).map_err(|error| match error.kind() {
        Kind::NotFound | Kind::NotInstalled => error.with_kind(Kind::NotInstalled),
        _ => error.with_kind(Kind::CannotRun),
    })
}

fn serve(session: &Session, miss: &ShimFallback) -> Result<ExitCode> {
    let argv: Vec<OwnedText> =
        miss.argv.iter().map(|word| OwnedText::of([word.as_bytes()])).collect();
    let argv: Vec<Text> = argv.iter().map(OwnedText::as_text).collect();
    let entries = session.ctx.entries();
    let env = session.ctx.environment(&entries);
    let undo = Undo::of(&env);
    let cwd = session.ctx.cwd.as_os_str().as_bytes();
    let call = Call::new(&argv, env, cwd, undo.as_ref());
    if let Some(name) = call.other_name() {
        let name = String::from_utf8_lossy(name);
        return Err(tools::run_named(session, &name, miss.argv.get(1..).unwrap_or_default()));
    }
    let choice = choose(&call).map_err(|refused| explain_call(&session.ctx, &refused, &call))?;
    serve_choice(session, &call, &choice, undo.as_ref())
}

/// Becomes what a launch says; returns only when that fails.
fn become_traced(session: &Session, call: &Call, choice: &Choice, launch: &Launch) -> Error {
    if call.env.is_traced() {
        session.ui.say(&trace::line(call, choice, launch));
    }
    become_program(call, launch)
}

fn serve_choice(
    session: &Session,
    call: &Call,
    choice: &Choice,
    undo: Option<&Undo>,
) -> Result<ExitCode> {
    leaves_programs_alone(call)?;
    let refused = |refusal: Refusal| explain_call(&session.ctx, &refusal, call);
    match choice {
        Choice::Request { request, way } => {
            return requested(session, call, choice, (request, *way), undo);
        }
        Choice::Project(found) => return locked(session, call, choice, found),
        Choice::Default(_) => {
            let toolchain = provided(session, call)?;
            if Resolver::new(session).is_out_of_reach(&toolchain)? {
                return Err(Runner::new(session).become_tool(&toolchain, call));
            }
        }
        Choice::Goroot { .. } | Choice::Bypass | Choice::Nobody => {}
    }
    match resolve(call, choice).map_err(refused)? {
        Step::Exec(launch) => Err(become_traced(session, call, choice, &launch)),
        Step::Manager(_) => {
            Err(Error::new(Kind::CannotRun, "what decides about this call changed meanwhile")
                .hint("try again"))
        }
    }
}

/// A call with `+REQUEST`, `GOWARD_GO` or the name of a release; what it starts is to get the same Go.
fn requested(
    session: &Session,
    call: &Call,
    choice: &Choice,
    (request, way): (&[u8], Way),
    undo: Option<&Undo>,
) -> Result<ExitCode> {
    let request = String::from_utf8_lossy(request);
    let toolchain = Installer::new(session).requested_or_installed(&request)?;
    Installer::new(session).check_resolved(&toolchain)?;
    let version = toolchain.version.to_string();
    let same = toolchain.link.as_ref().unwrap_or(&version);
    // Without the `+REQUEST` after the program's name.
    let skipped = usize::from(way == Way::Argument);
    let argv: Vec<Text> =
        call.argv.iter().take(1).chain(call.argv.iter().skip(1 + skipped)).copied().collect();
    let call = Call::new(&argv, call.env.clone(), call.cwd, undo);
    leaves_programs_alone(&call)?;
    let root = Resolver::new(session).root(&toolchain)?;
    let launch = resolve::requested(&call, root.as_os_str().as_bytes(), same.as_bytes(), way);
    let launch = launch.map_err(|refusal| explain_call(&session.ctx, &refusal, &call))?;
    Err(become_traced(session, &call, choice, &launch))
}

/// Returns the toolchain that governs a call; installs it if it is missing.
fn provided(session: &Session, call: &Call) -> Result<ResolvedToolchain> {
    match Resolver::new(session).resolve_call(call)? {
        ResolvedGo::Toolchain(toolchain) => {
            Installer::new(session).auto_install(&toolchain)?;
            Installer::new(session).check_resolved(&toolchain)?;
            if !Resolver::new(session).has(&toolchain)? {
                return Err(Installer::new(session).explain_missing(&toolchain));
            }
            Ok(*toolchain)
        }
        ResolvedGo::Foreign { .. } => {
            Err(Error::new(Kind::CannotRun, "what decides about this call changed meanwhile")
                .hint("try again"))
        }
    }
}

/// A call that a lock decides, and that lacked its toolchain or its barrier, is `go env -w`, or may need a
/// newer Go.
fn locked(session: &Session, call: &Call, choice: &Choice, found: &Found) -> Result<ExitCode> {
    let refused = |refusal: Refusal| explain_call(&session.ctx, &refusal, call);
    resolve::locked(call, found).map_err(refused)?;
    let toolchain = provided(session, call)?;
    if Resolver::new(session).is_out_of_reach(&toolchain)? {
        return Err(Runner::new(session).become_tool(&toolchain, call));
    }
    let goenv = Resolver::new(session).goenv(toolchain.isolation, call.caller());
    let mut launch = resolve::locked(call, found).map_err(refused)?.launch;
    if call.changes_settings() {
        let lock = untrusted(String::from_utf8_lossy(&found.path));
        return Err(Runner::new(session).change_settings(call, launch, &goenv, &lock));
    }
    launch.put("GOENV", Some(&goenv.path));
    let Some(module) = remote::module(call) else {
        return Err(become_traced(session, call, choice, &launch));
    };
    if call.env.is_traced() {
        session.ui.say(&trace::line(call, choice, &launch));
    }
    let status = Runner::new(session).run_with_hint(call, &launch, &toolchain, module)?;
    Ok(ExitCode::from(end_like(status)))
}
