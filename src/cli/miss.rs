//! The shim's slow path: find its decision again, install what is missing, run it or explain.

use super::args::Miss;
use crate::error::{Error, Kind, Result, untrusted};
use crate::ops::Session;
use crate::ops::governing::Governing;
use crate::ops::launch::{become_program, leaves_programs_alone};
use crate::ops::refusal::explain;
use goward_shim::barrier::changes_settings;
use goward_shim::find::Found;
use goward_shim::resolve::{Choice, Step, choose, resolve};
use goward_shim::sys::Text;
use goward_shim::{Call, Environment, Tool, names};
use std::convert::Infallible;
use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;

/// Becomes the program that the call is for; returns only on failure, with an exit code that no
/// `go` has: 126, or 127 for what is not installed.
pub(super) fn run(session: &Session, miss: &Miss) -> Error {
    let error = serve(session, miss);
    match error.kind() {
        Kind::NotFound | Kind::NotInstalled => error.with_kind(Kind::NotInstalled),
        _ => error.with_kind(Kind::CannotRun),
    }
}

fn serve(session: &Session, miss: &Miss) -> Error {
    let argv: Vec<CString> =
        miss.argv.iter().map(|word| CString::new(word.as_bytes()).unwrap_or_default()).collect();
    let argv: Vec<Text> = argv.iter().map(|word| Text::new(word)).collect();
    let entries = session.ctx.entries();
    let cwd = session.ctx.cwd.as_os_str().as_bytes();
    let call = Call::new(&argv, Environment::of(&entries), cwd);
    let served = match choose(&call) {
        Err(refused) => Err(explain(&session.ctx, &refused)),
        Ok(Choice::Request { request, argument }) => requested(session, &call, request, argument),
        Ok(Choice::Project(found) | Choice::Default(found)) => locked(session, &call, &found),
        Ok(choice @ (Choice::Bypass | Choice::Nobody)) => match resolve(&call, &choice) {
            Err(refused) => Err(explain(&session.ctx, &refused)),
            Ok(Step::Manager) => {
                Err(Error::new(Kind::CannotRun, "a lock appeared during the call"))
            }
            Ok(Step::Exec(launch)) => Err(become_program(&call, &launch)),
        },
    };
    match served {
        Ok(never) => match never {},
        Err(error) => error,
    }
}

/// A call with `+REQUEST` or `GOWARD_GO`; what it starts is to get the same Go.
fn requested(session: &Session, call: &Call, request: &[u8], argument: bool) -> Result<Infallible> {
    let request = String::from_utf8_lossy(request);
    let toolchain = session.requested_or_installed(&request, &call.env)?;
    let version = toolchain.version.to_string();
    let same = toolchain.link.as_ref().unwrap_or(&version);
    // Without the `+REQUEST` after the program's name.
    let skipped = usize::from(argument);
    let argv: Vec<Text> =
        call.argv.iter().take(1).chain(call.argv.iter().skip(1 + skipped)).copied().collect();
    let call = Call::new(&argv, call.env.clone(), call.cwd);
    Err(session.become_tool(&toolchain, &call, &[(names::GO_VAR, same)]))
}

/// A call that a lock decides, and that lacked its toolchain or its barrier, or is `go env -w`.
fn locked(session: &Session, call: &Call, found: &Found) -> Result<Infallible> {
    let refused = |refusal| explain(&session.ctx, &refusal);
    goward_shim::resolve::locked(call, found).map_err(refused)?;
    leaves_programs_alone(call)?;
    if let Governing::Toolchain(toolchain) = session.governing_call(call)? {
        session.provide_by_itself(&toolchain)?;
        session.recheck_governing(&toolchain)?;
        if session.is_out_of_reach(&toolchain)? {
            return Err(session.become_tool(&toolchain, call, &[]));
        }
        session.ready_barrier(toolchain.isolation, &call.env)?;
    }
    let locked = goward_shim::resolve::locked(call, found).map_err(refused)?;
    if call.tool() == Tool::Go && changes_settings(call.args()) {
        let lock = String::from_utf8_lossy(&found.path);
        return Err(session.change_settings(
            call,
            locked.launch,
            &locked.barrier,
            Some(&untrusted(lock)),
        ));
    }
    Err(become_program(call, &locked.launch))
}
