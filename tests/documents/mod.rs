//! The `console` blocks of README and docs, run word for word by `tests/documents/run` with real toolchains
//! from an index on this machine.

use crate::common::{is_full, machine, programs, skip};
use crate::real::enabled;
use std::path::Path;

/// Runs the script; requires that it succeeds.
#[track_caller]
fn run(words: &[&str]) {
    let releases: &[&str] = &["1.22.10", "1.24.11", "1.26.2", "1.26.6", "1.27.1", "1.27.3"];
    if !enabled(releases) {
        return;
    }
    let Some(python) = machine::python() else { return skip("documents: there is no python3") };
    let [(_, goward), (_, shim)] = programs();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut command = machine::command(&python.program);
    command.arg(root.join("tests/documents/run")).args(words);
    command.env("GOWARD_BIN", goward.parent().unwrap()).env("GOWARD_SHIM", shim);
    command.env("GOWARD_TEST_WHEELS", machine::wheels());
    command.env("GOWARD_TEST_FULL", if is_full() { "1" } else { "0" });
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}{error}");
}

#[test]
fn every_console_block_prints_what_it_shows() {
    run(&["blocks"]);
}

#[test]
fn the_recorded_session_is_what_goward_prints() {
    run(&["session"]);
}
