//! `go` and `gofmt` on PATH: decides, then becomes the real program.
//!
//! Whatever is not a plain exec is the manager's: it can install, and it can explain.

use goward_shim::profile::Applied;
use goward_shim::resolve::{Choice, applied, choose};
use goward_shim::{Call, Environment, Step, layout, lock, names, resolve, sys};
use std::process::ExitCode;

extern crate alloc;
use alloc::borrow::Cow;

/// The shell's exit code for a program that is there and cannot be run.
const CANNOT_RUN: u8 = 126;

fn main() -> ExitCode {
    let argv = sys::arguments();
    let argv: Vec<&[u8]> = argv.iter().map(Vec::as_slice).collect();
    let entries = sys::environment();
    let env = Environment::of(&entries);
    if let Some(cwd) = sys::working_directory(env.get("PWD")) {
        let call = Call { argv: &argv, env: env.clone(), cwd: &cwd };
        if let Ok(Step::Exec(launch)) = resolve(&call) {
            if env.is_on(names::TRACE_VAR) {
                trace(&call, &launch.program);
            }
            sys::exec(&launch.program, &launch.argv, &launch.env);
        }
    }
    hand_over(&argv, &env)
}

/// Says what runs and who decided that.
fn trace(call: &Call, program: &[u8]) {
    let path = |path: &[u8]| String::from_utf8_lossy(path).escape_debug().to_string();
    let decided = match choose(call) {
        Ok(Choice::Project(found)) => {
            let lock = lock::parse(&found.text).ok();
            let applied = lock.as_ref().and_then(|lock| applied(lock, &found.path, &call.env).ok());
            let applied = applied.filter(Applied::is_worth_saying);
            let applied = applied.map_or_else(String::new, |applied| format!(", {applied}"));
            format!("`{}`{applied}", path(&found.path))
        }
        Ok(Choice::Default(found)) => format!("the default, `{}`", path(&found.path)),
        Ok(Choice::Bypass) => format!("`{}=1`", names::BYPASS_VAR),
        _ => "nobody: no lock here or above, and no default".to_owned(),
    };
    sys::complain(&format!("goward: runs `{}`, decided by {decided}\n", path(program)));
}

/// Becomes the manager, which finds the same decision again and acts on it.
fn hand_over(argv: &[&[u8]], env: &Environment) -> ExitCode {
    let manager = layout::beside(&sys::own_path().unwrap_or_default(), names::MANAGER);
    let mut arguments = vec![names::MANAGER.as_bytes(), names::MISS_COMMAND.as_bytes(), b"--"];
    arguments.extend(argv);
    let entries: Vec<Cow<[u8]>> = env.iter().map(Cow::Borrowed).collect();
    let code = sys::exec(&manager, &arguments, &entries);
    sys::complain(&format!(
        "goward: cannot run `{}` (error {code})\nhint: reinstall goward: its two programs belong \
         in one directory\n",
        String::from_utf8_lossy(&manager).escape_debug(),
    ));
    ExitCode::from(CANNOT_RUN)
}
