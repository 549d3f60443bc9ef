//! Other programs that people use goward with: the real ones, as they are installed or fetched here.
//! `docs/integrations.md` has a table of them.

mod cyclonedx;
mod direnv;
mod mise;
mod pre_commit;
mod taplo;

use crate::cli::mirror;
use crate::common::Sandbox;
use crate::common::machine;
use crate::common::server::Server;
use std::process::Command;

/// A project with a lock, and its mirror.
fn project() -> (Sandbox, Server) {
    let mirror = mirror();
    let sandbox = Sandbox::new().source(&mirror.url(""));
    assert_eq!(sandbox.goward(["use", "1.99.1"]).code, Some(0));
    (sandbox, mirror)
}

/// Returns a command of another program in a directory of a sandbox, with goward on its PATH.
fn program(sandbox: &Sandbox, program: &std::path::Path, directory: &str) -> Command {
    let mut command = sandbox.command(program, directory);
    let (bin, shims) = (sandbox.path("bin"), sandbox.store().join("shims"));
    command.env("PATH", format!("{}:{}:{}", shims.display(), bin.display(), machine::PATH));
    command
}

/// Runs git in a directory of a sandbox.
fn git(sandbox: &Sandbox, directory: &str, words: &[&str]) -> String {
    let git = machine::find("git").unwrap();
    let mut command = program(sandbox, &git, directory);
    command.args(["-c", "user.name=x", "-c", "user.email=x@x.example"]).args(words);
    let outcome = sandbox.finish(&mut command);
    assert_eq!(outcome.code, Some(0), "{words:?}: {}", outcome.stderr);
    outcome.stdout.trim_end().to_owned()
}
