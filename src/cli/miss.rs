//! The shim's slow path: find its decision again, install what is missing, run it or explain.

use super::args::Miss;
use super::which::not_installed;
use crate::error::{Error, Kind};
use crate::ops::governing::{Governing, Toolchain};
use crate::ops::launch::become_program;
use crate::ops::{Fetch, Session, refusal};
use crate::platform::Platform;
use goward_shim::resolve::{Choice, Step, choose, resolve};
use goward_shim::{Call, Environment, Tool, names};
use std::os::unix::ffi::OsStrExt;

/// Becomes the program that the call is for; returns only on failure, with an exit code that no
/// `go` has: 126, or 127 for what is not installed.
pub(super) fn run(session: &Session, args: &Miss) -> Error {
    let error = serve(session, args);
    if error.kind() == Kind::NotInstalled { error } else { error.with_kind(Kind::CannotRun) }
}

fn serve(session: &Session, miss: &Miss) -> Error {
    let argv: Vec<&[u8]> = miss.argv.iter().map(|word| word.as_bytes()).collect();
    let entries = session.ctx.entries();
    let env = Environment::new(entries.iter().map(Vec::as_slice).collect());
    let call = Call { argv: &argv, env: env.clone(), cwd: session.ctx.cwd.as_os_str().as_bytes() };
    let tool = call.tool();
    let choice = match choose(&call) {
        Ok(choice) => choice,
        Err(refused) => return refusal::explain(&session.ctx, &refused),
    };
    if let Choice::Request { request, argument } = choice {
        let request = String::from_utf8_lossy(request).into_owned();
        return match session
            .requested(&request, &env)
            .or_else(|error| install_request(session, &request, &env, error))
        {
            Ok(toolchain) => {
                let rest: Vec<&[u8]> = if argument { without_first(&argv) } else { argv.clone() };
                let version = toolchain.version.to_string();
                session.become_tool(&toolchain, tool, &rest, &[(names::GO_VAR, &version)])
            }
            Err(error) => error,
        };
    }
    let launch = match resolve(&call) {
        Ok(Step::Exec(launch)) => launch,
        Ok(Step::Manager) => {
            return Error::new(Kind::CannotRun, "the call changed while it was looked at");
        }
        Err(refused) => return refusal::explain(&session.ctx, &refused),
    };
    if let Ok(Governing::Toolchain(toolchain)) = session.governing_call(&call)
        && let Err(error) = provide(session, &toolchain)
    {
        return error;
    }
    become_program(&launch)
}

/// `argv` without the `+REQUEST` after the program's name.
fn without_first<'a>(argv: &[&'a [u8]]) -> Vec<&'a [u8]> {
    argv.iter().take(1).chain(argv.iter().skip(2)).copied().collect()
}

/// Installs what a lock names, if that is allowed and it is missing.
fn provide(session: &Session, toolchain: &Toolchain) -> crate::error::Result<()> {
    if session.program(toolchain, Tool::Go)?.exists() {
        return Ok(());
    }
    let missing = not_installed(&toolchain.version.to_string(), &toolchain.origin);
    if !session.config.auto_install(&session.ctx) {
        return Err(
            missing.detail(format!("it was not installed now: `{}=0`", names::AUTO_INSTALL_VAR))
        );
    }
    session
        .install_governing(toolchain, &Fetch::default())
        .map(drop)
        .map_err(|error| error.context(missing.message()).with_kind(Kind::NotInstalled))
}

/// Installs what a request asks for, if that is allowed and nothing installed fits.
fn install_request(
    session: &Session,
    request: &str,
    env: &Environment,
    error: Error,
) -> crate::error::Result<Toolchain> {
    if error.kind() != Kind::NotInstalled || !session.config.auto_install(&session.ctx) {
        return Err(error);
    }
    session
        .install_for(request, Platform::host(), false, &Fetch::default())
        .map_err(|failed| failed.context(error.message()).with_kind(Kind::NotInstalled))?;
    session.requested(request, env)
}
