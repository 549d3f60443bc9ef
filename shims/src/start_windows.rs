//! The process as Windows hands it over.

use crate::Environment;
use crate::sys::{self, OwnedText, Text};
use alloc::vec::Vec;
use std::process::ExitCode;

/// Calls `run` with the process's arguments and environment. Windows says by which path the program
/// was started.
#[expect(clippy::disallowed_methods, reason = "this module is where the process is read")]
pub(crate) fn start(
    run: impl for<'a> FnOnce(&'a [Text<'a>], Environment<'a>, Option<&'a [u8]>) -> u8,
) -> ExitCode {
    let argv: Vec<OwnedText> =
        std::env::args_os().map(|word| OwnedText::of([&sys::text(word)])).collect();
    let argv: Vec<Text> = argv.iter().map(OwnedText::as_text).collect();
    let entries = std::env::vars_os()
        .map(|(name, value)| OwnedText::of([&sys::text(name), b"=", &sys::text(value)]));
    let entries: Vec<OwnedText> = entries.collect();
    let started_by = sys::started_by();
    ExitCode::from(run(&argv, Environment::of(&entries), started_by.as_deref()))
}
