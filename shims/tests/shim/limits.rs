//! What is absurd and still allowed is served; what is more is left to the manager.

use super::sandbox::{Sandbox, lock};

/// A lock of exactly so many bytes.
fn lock_of(size: usize) -> String {
    let text = lock("go1.27.1", "\n[pins]\nGODEBUG = \"netdns=go\"\n");
    let line = format!("# {}\n", "x".repeat(1021));
    let text = text + &line.repeat(size / line.len() - 1);
    let rest = size - text.len() - 2;
    let text = text + "#" + &"x".repeat(rest) + "\n";
    assert_eq!(text.len(), size);
    text
}

#[test]
#[cfg_attr(windows, ignore = "a working directory has at most 258 units there")]
fn a_lock_fifty_directories_up() {
    let sandbox = Sandbox::new().toolchain("go1.27.1");
    let sandbox = sandbox.file("project/goward.lock", lock("go1.27.1", ""));
    let outcome = sandbox.cwd(&format!("project{}", "/directory".repeat(50))).run();
    assert!(outcome.program().ends_with("/libexec/go"), "{outcome:?}");
    assert_eq!(outcome.variable("GOTOOLCHAIN").unwrap(), "local");
}

#[test]
fn ten_thousand_variables() {
    let sandbox = Sandbox::new().toolchain("go1.27.1");
    let mut sandbox = sandbox.file("project/goward.lock", lock("go1.27.1", ""));
    for number in 0..10_000 {
        // Every tenth is one of a family that goward knows.
        let family = if number % 10 == 0 { "GIT_" } else { "VARIABLE_" };
        sandbox = sandbox.new_var(&format!("{family}{number}"), "value");
    }
    let outcome = sandbox.var("GOEXPERIMENT", "none").run();
    assert_eq!(outcome.variable("GIT_9990").unwrap(), "value");
    assert_eq!(outcome.variable("VARIABLE_9999").unwrap(), "value");
    assert_eq!(outcome.variable("GOEXPERIMENT"), None);
    let passed = outcome.lines("env").into_iter().filter(|line| line.contains("=value")).count();
    assert_eq!(passed, 10_000);
}

#[test]
fn a_lock_of_256_kib_and_no_more() {
    let project = |size| {
        let sandbox = Sandbox::new().toolchain("go1.27.1");
        sandbox.file("project/goward.lock", lock_of(size)).run()
    };
    let outcome = project(256 * 1024);
    assert_eq!(outcome.variable("GODEBUG").unwrap(), "netdns=go");
    let outcome = project(256 * 1024 + 1);
    assert!(outcome.program().ends_with("/goward"), "{outcome:?}");
}
