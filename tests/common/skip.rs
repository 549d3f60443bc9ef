//! What is left out of a run.

#![allow(dead_code, reason = "included by the tests of the shim, too")]

use std::io::Write as _;

/// Says that a test, or a part of one, is left out because something is missing: on the terminal even when
/// output is captured, and in the file that `GOWARD_TEST_LEFT_OUT` names. With `GOWARD_TEST_REQUIRE=all` that is
/// an error.
#[track_caller]
pub(crate) fn skip(why: &str) {
    let required = std::env::var_os("GOWARD_TEST_REQUIRE").is_some_and(|value| value == "all");
    assert!(!required, "left out in spite of `GOWARD_TEST_REQUIRE=all`: {why}");
    _ = writeln!(std::io::stderr().lock(), "SKIPPED: {why}");
    if let Some(path) = std::env::var_os("GOWARD_TEST_LEFT_OUT").filter(|path| !path.is_empty()) {
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path).unwrap();
        file.write_all(format!("{}\n", why.replace('\n', " ")).as_bytes()).unwrap();
    }
}

/// Says that only `GOWARD_TEST_FULL=1` runs something.
pub(crate) fn sample(why: &str) {
    _ = writeln!(std::io::stderr().lock(), "SAMPLED: {why}");
}
