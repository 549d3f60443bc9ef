//! The process as std hands it over: on systems other than Linux, and in programs for tests.

use alloc::ffi::CString;
use alloc::vec::Vec;
use goward_shim::Environment;
use goward_shim::sys::{OwnedText, Text};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

/// Calls `run` with the process's arguments and environment.
#[expect(clippy::disallowed_methods, reason = "this module is where the process is read")]
pub(super) fn start(run: impl for<'a> FnOnce(&'a [Text<'a>], Environment<'a>) -> u8) -> ExitCode {
    // What the kernel hands over has no NUL inside.
    let text = |text: OsString| CString::new(text.into_vec()).unwrap_or_default();
    let argv: Vec<CString> = std::env::args_os().map(text).collect();
    let argv: Vec<Text> = argv.iter().map(|word| Text::new(word)).collect();
    let entries = std::env::vars_os().map(|(mut name, value)| {
        name.push("=");
        name.push(value);
        text(name)
    });
    let entries: Vec<CString> = entries.collect();
    ExitCode::from(run(&argv, Environment::of(&entries)))
}

/// Replaces this process; returns only on failure, with the operating system's error number. Std ignores
/// SIGPIPE when it starts, and has its default here again.
pub(super) fn exec(program: Text, argv: &[Text], env: Vec<Text>, more: &[OwnedText]) -> i32 {
    let os = |bytes| OsStr::from_bytes(bytes);
    let mut command = Command::new(os(program.to_bytes()));
    if let Some((name, args)) = argv.split_first() {
        command.arg0(os(name.to_bytes())).args(args.iter().map(|arg| os(arg.to_bytes())));
    }
    command.env_clear();
    let entries = env.into_iter().chain(more.iter().map(OwnedText::as_text));
    for (name, value) in entries.filter_map(Text::variable) {
        command.env(os(name), os(value));
    }
    command.exec().raw_os_error().unwrap_or(0)
}
