//! The shim's slow path: find its decision again, install what is missing, run it or explain.

use super::args::Miss;
use crate::error::{Error, Kind};
use crate::ops::Session;
use crate::ops::governing::Governing;
use crate::ops::launch::become_program;
use crate::ops::refusal::explain;
use goward_shim::resolve::{Choice, Step, choose, resolve};
use goward_shim::{Call, Environment, names};
use std::os::unix::ffi::OsStrExt;

/// Becomes the program that the call is for; returns only on failure, with an exit code that no
/// `go` has: 126, or 127 for what is not installed.
pub(super) fn run(session: &Session, miss: &Miss) -> Error {
    let error = serve(session, miss);
    if error.kind() == Kind::NotInstalled { error } else { error.with_kind(Kind::CannotRun) }
}

fn serve(session: &Session, miss: &Miss) -> Error {
    let argv: Vec<&[u8]> = miss.argv.iter().map(|word| word.as_bytes()).collect();
    let entries = session.ctx.entries();
    let env = Environment::of(&entries);
    let call = Call { argv: &argv, env: env.clone(), cwd: session.ctx.cwd.as_os_str().as_bytes() };
    match choose(&call) {
        Err(refused) => explain(&session.ctx, &refused),
        Ok(Choice::Request { request, argument }) => {
            let request = String::from_utf8_lossy(request);
            match session.requested_or_installed(&request, &env) {
                Err(error) => error,
                Ok(toolchain) => {
                    // What the call starts is to get the same Go.
                    let version = toolchain.version.to_string();
                    let rest = if argument { without_request(&argv) } else { argv.clone() };
                    let extra = [(names::GO_VAR, version.as_str())];
                    session.become_tool(&toolchain, call.tool(), &rest, &extra)
                }
            }
        }
        Ok(_) => match resolve(&call) {
            Err(refused) => explain(&session.ctx, &refused),
            Ok(Step::Manager) => Error::new(Kind::CannotRun, "the lock changed during the call"),
            Ok(Step::Exec(launch)) => {
                if let Ok(Governing::Toolchain(toolchain)) = session.governing_call(&call)
                    && let Err(error) = session.provide_by_itself(&toolchain)
                {
                    return error;
                }
                become_program(&launch)
            }
        },
    }
}

/// `argv` without the `+REQUEST` after the program's name.
fn without_request<'a>(argv: &[&'a [u8]]) -> Vec<&'a [u8]> {
    argv.iter().take(1).chain(argv.iter().skip(2)).copied().collect()
}
