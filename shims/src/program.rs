//! The order of events of a call: decide, then become the real program.
//!
//! Whatever is not a plain exec is the manager's: it can install, and it can explain.

use crate::caller::Undo;
use crate::resolve::Without;
#[cfg(not(any(libc_free, windows)))]
use crate::start_std::{exec, start};
#[cfg(windows)]
use crate::start_windows::start;
#[cfg(any(libc_free, windows))]
use crate::sys::exec;
use crate::sys::{OwnedText, Text};
use crate::{
    Call, Environment, Refusal, Step, Tool, choose, home, layout, names, path, resolve, sys, trace,
};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;

/// The shell's exit code for a program that is there and cannot be run.
pub const CANNOT_RUN: u8 = 126;
/// The shell's exit code for a program that is not there.
const NOT_FOUND: u8 = 127;

/// The program, where std starts it.
#[cfg(not(libc_free))]
pub fn main() -> std::process::ExitCode {
    start(run)
}

/// Becomes the program that the call is for; returns only when nothing could be run, with the exit
/// code. `started_by` is the path of this program, as far as the system says.
pub fn run<'a>(argv: &'a [Text<'a>], env: Environment<'a>, started_by: Option<&'a [u8]>) -> u8 {
    let Some(cwd) = sys::working_directory(env.working_directory()) else {
        return hand_over(argv, &env, Without::default());
    };
    // A relative path is one of the working directory.
    let absolute = started_by
        .map(|path| if path::is_absolute(path) { Vec::new() } else { path::join(&cwd, path) });
    let started_by = match &absolute {
        Some(path) if !path.is_empty() => Some(&path[..]),
        _ => started_by,
    };
    let env = match started_by {
        Some(path) => env.of_call(path),
        None => env,
    };
    let undo = Undo::of(&env);
    let call = Call::new(argv, env, &cwd, undo.as_ref());
    let mut without = Without::default();
    if call.other_name().is_some() {
        return hand_over(argv, &call.env, without);
    }
    if let Ok(choice) = choose(&call) {
        match resolve(&call, &choice) {
            Ok(Step::Exec(launch)) => {
                if call.env.is_traced() {
                    let line = trace::line(&call, &choice, &launch);
                    sys::complain(&format!("goward: {line}\n"));
                }
                exec(launch.program.as_text(), argv, launch.kept, &launch.set);
            }
            Ok(Step::Manager(instead)) => without = instead,
            Err(refusal) => without.is_missing = refusal == Refusal::NothingToRun,
        }
    }
    hand_over(argv, &call.env, without)
}

/// Becomes the manager, which finds the same decision again and acts on it.
#[cold]
fn hand_over(argv: &[Text], env: &Environment, without: Without) -> u8 {
    let mut words = Vec::from([&b"goward"[..], names::FALLBACK_COMMAND.as_bytes()]);
    if let Some(called) = env.started_by() {
        words.extend([b"--called", called]);
    }
    words.push(b"--");
    let words: Vec<OwnedText> = words.into_iter().map(|word| OwnedText::of([word])).collect();
    let mut arguments: Vec<Text> = words.iter().map(OwnedText::as_text).collect();
    arguments.extend_from_slice(argv);
    let shims = home::home(env).map(|home| layout::shim(&home, Tool::Go.name()));
    let beside = |path: Vec<u8>| path::beside(&path, names::MANAGER);
    let places = [
        env.started_by().and_then(sys::canonical).map(beside),
        sys::own_path().map(beside),
        shims.as_deref().and_then(sys::canonical).map(beside),
    ];
    let mut failures = String::new();
    let mut tried = Vec::new();
    for place in places.into_iter().flatten() {
        if tried.contains(&place) {
            continue;
        }
        let program = OwnedText::of([&place]);
        let code = exec(program.as_text(), &arguments, env.texts().to_vec(), &[]);
        let shown = path::shown(&place);
        _ = writeln!(failures, "  tried `{shown}`: error {code}");
        tried.push(place);
    }
    if let Some(launch) = without.launch {
        exec(launch.program.as_text(), argv, launch.kept, &launch.set);
    }
    if tried.is_empty() {
        sys::complain(
            "goward: cannot tell where this program is, and so not where `goward` is\n\
             hint: mount /proc: `mount -t proc proc /proc`\n",
        );
        return CANNOT_RUN;
    }
    let (what, code) = if without.is_missing {
        (
            "the toolchain for this call is not installed, and there is no `goward` to install it",
            NOT_FOUND,
        )
    } else {
        ("this call cannot be served, and there is no `goward` to say why", CANNOT_RUN)
    };
    sys::complain(&format!(
        "goward: {what}\n{failures}hint: reinstall goward: its two programs belong in one directory\n"
    ));
    code
}
