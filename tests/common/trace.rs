//! What a run asks of the system.

use super::{Outcome, Sandbox, skip};
use std::path::Path;

/// Runs `goward` in a directory of a sandbox under strace; `None`, after saying so, where that is not
/// possible. The calls are in the file `trace`.
pub(crate) fn traced(
    sandbox: &Sandbox,
    directory: &str,
    options: &[&str],
    args: &[&str],
) -> Option<Outcome> {
    traced_program(sandbox, &sandbox.path("bin/goward"), directory, options, args)
}

/// The same with another program.
pub(crate) fn traced_program(
    sandbox: &Sandbox,
    program: &Path,
    directory: &str,
    options: &[&str],
    args: &[&str],
) -> Option<Outcome> {
    let strace = Path::new("/usr/bin/strace");
    if !strace.exists() {
        skip("strace is not installed");
        return None;
    }
    let mut command = sandbox.command(strace, directory);
    command.args(["-f", "-qq", "-o"]).arg(sandbox.path("trace")).args(options);
    let outcome = sandbox.finish(command.arg(program).args(args));
    if outcome.stderr.contains("ptrace") {
        skip("strace may not trace here");
        return None;
    }
    Some(outcome)
}
