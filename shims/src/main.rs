//! `go` and `gofmt` on PATH: decides, then becomes the real program.
//!
//! Whatever is not a plain exec is the manager's: it can install, and it can explain.

#![cfg_attr(bare, no_std, no_main)]

extern crate alloc;

#[cfg(all(bare, not(panic = "abort")))]
compile_error!("without std nothing unwinds: set `panic = \"abort\"` for release builds");

#[cfg(bare)]
mod bare;
#[cfg(not(bare))]
mod hosted;
#[cfg(not(bare))]
use hosted::exec;
#[cfg(bare)]
use sys::exec;

use alloc::format;
use alloc::string::{String, ToString};
use goward_shim::profile::Applied;
use goward_shim::resolve::{Choice, applied};
use goward_shim::sys::{OwnedText, Text};
use goward_shim::{Call, Environment, Step, choose, layout, lock, names, resolve, sys};

/// The shell's exit code for a program that is there and cannot be run.
const CANNOT_RUN: u8 = 126;

#[cfg(not(bare))]
fn main() -> std::process::ExitCode {
    hosted::start(run)
}

/// Becomes the program that the call is for; returns only when nothing could be run, with the exit
/// code.
fn run<'a>(argv: &'a [Text<'a>], env: Environment<'a>) -> u8 {
    if let Some(cwd) = sys::working_directory(env.working_directory()) {
        let call = Call::new(argv, env, &cwd);
        if let Ok(choice) = choose(&call)
            && let Ok(Step::Exec(launch)) = resolve(&call, &choice)
        {
            if call.env.is_traced() {
                trace(&call, &choice, &launch.program);
            }
            exec(launch.program.as_text(), argv, launch.kept, &launch.set);
        }
        return hand_over(argv, &call.env);
    }
    hand_over(argv, &env)
}

/// Says what runs and who decided that.
#[cold]
fn trace(call: &Call, choice: &Choice, program: &[u8]) {
    let path = |path: &[u8]| String::from_utf8_lossy(path).escape_debug().to_string();
    let decided = match choice {
        Choice::Project(found) => {
            let lock = lock::parse(&found.text).ok();
            let applied = lock.as_ref().and_then(|lock| applied(lock, &found.path, &call.env).ok());
            let applied = applied.filter(Applied::is_worth_saying);
            let applied = applied.map_or_else(String::new, |applied| format!(", {applied}"));
            format!("`{}`{applied}", path(&found.path))
        }
        Choice::Default(found) => format!("the default, `{}`", path(&found.path)),
        Choice::Bypass => format!("`{}=1`", names::BYPASS_VAR),
        Choice::Nobody | Choice::Request { .. } => {
            "nobody: no lock here or above, and no default".into()
        }
    };
    sys::complain(&format!("goward: runs `{}`, decided by {decided}\n", path(program)));
}

/// Becomes the manager, which finds the same decision again and acts on it.
#[cold]
fn hand_over(argv: &[Text], env: &Environment) -> u8 {
    let own = sys::own_path().unwrap_or_default();
    // A copy in a toolchain has no manager beside it; the store's `go` leads to the program that has.
    let shim = layout::shim_of_store(&own).and_then(|shim| sys::link(&shim)).unwrap_or(own);
    let manager = layout::beside(&shim, names::MANAGER);
    let mut arguments = [c"goward", c"miss", c"--"].map(Text::new).to_vec();
    arguments.extend_from_slice(argv);
    let program = OwnedText::of([&manager]);
    let code = exec(program.as_text(), &arguments, env.texts().to_vec(), &[]);
    sys::complain(&format!(
        "goward: cannot run `{}` (error {code})\nhint: reinstall goward: its two programs belong \
         in one directory\n",
        String::from_utf8_lossy(&manager).escape_debug(),
    ));
    CANNOT_RUN
}
