//! `policy.verify`: whether an installed toolchain is looked at again before it runs.

use super::{key, mirror, sandbox};
use crate::common::server::Server;
use crate::common::trace::traced;
use crate::common::{Outcome, Sandbox};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

const SETTINGS: &str = "home/.config/goward/config.toml";

fn project(policy: &str) -> (Server, Sandbox) {
    let server = mirror();
    let sandbox = sandbox(&server).file(SETTINGS, format!("[policy]\nverify = \"{policy}\"\n"));
    assert_eq!(sandbox.goward(["use", "1.99.1"]).code, Some(0));
    (server, sandbox)
}

fn file(sandbox: &Sandbox, path: &str) -> PathBuf {
    sandbox.store().join("tree").join(key("go1.99.1")).join(path)
}

/// Changes a file in place, and sets its time back.
fn change(path: &PathBuf, mode: u32) {
    let time = fs::metadata(path).unwrap().modified().unwrap();
    let set = |mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    set(0o755);
    let mut content = fs::read(path).unwrap();
    let last = content.len() - 1;
    content[last] = b'#';
    fs::write(path, content).unwrap();
    set(mode);
    fs::File::open(path).unwrap().set_modified(time).unwrap();
}

fn exec(sandbox: &Sandbox) -> Outcome {
    sandbox.goward(["exec", "--", "go", "version"])
}

#[test]
fn a_program_that_was_changed_does_not_run() {
    let (_server, sandbox) = project("boot");
    assert!(exec(&sandbox).data().starts_with("go version go1.99.1"));
    // A library is not a program: that takes `always`, or `goward verify`.
    change(&file(&sandbox, "src/fmt/print.go"), 0o444);
    assert_eq!(exec(&sandbox).code, Some(0));
    change(&file(&sandbox, "libexec/gofmt"), 0o555);
    let outcome = exec(&sandbox);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(4), ""));
    assert!(outcome.stderr.contains("\n  changed: libexec/gofmt\n"), "{outcome:?}");
    assert!(
        outcome.stderr.contains("hint: repair it: `goward verify --repair 1.99.1`"),
        "{outcome:?}"
    );
    for args in [&["install"][..], &["use", "1.99.1"], &["exec", "--go", "1.99.1", "--", "true"]] {
        assert_eq!(sandbox.goward(args).code, Some(4), "{args:?}");
    }
    assert_eq!(sandbox.go(["+1.99.1", "version"]).code, Some(126));
    assert_eq!(sandbox.goward(["verify", "--repair"]).code, Some(0));
    assert!(exec(&sandbox).data().starts_with("go version go1.99.1"));
}

#[test]
fn what_was_read_once_is_not_read_again() {
    let (_server, sandbox) = project("boot");
    let tree = key("go1.99.1");
    let read = || -> Option<usize> {
        let options = ["-e", "trace=openat,open,execve"];
        let outcome = traced(&sandbox, "project", &options, &["exec", "--", "true"])?;
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        let trace = sandbox.read("trace");
        Some(trace.lines().filter(|line| line.contains(&format!("{tree}/bin/"))).count())
    };
    // It was just installed: what was written was hashed.
    let Some(0) = read() else { return };
    // Another start of the machine.
    let seen = sandbox.path("home/.local/state/goward/seen");
    let entry = fs::read_dir(&seen).unwrap().next().unwrap().unwrap().path();
    let mut memory: serde_json::Value = serde_json::from_slice(&fs::read(&entry).unwrap()).unwrap();
    memory["boot"] = "another".into();
    fs::write(&entry, memory.to_string()).unwrap();
    assert_eq!(read(), Some(2));
    assert_eq!(read(), Some(0));
    // What cannot be understood is no memory.
    fs::write(&entry, "{").unwrap();
    assert_eq!(read(), Some(2));
    assert_eq!(read(), Some(0));
}

#[test]
fn always_is_everything_every_time() {
    let (_server, sandbox) = project("always");
    assert_eq!(exec(&sandbox).code, Some(0));
    change(&file(&sandbox, "src/fmt/print.go"), 0o444);
    for args in [&["install", "--locked"][..], &["use", "1.99.1"], &["exec", "--", "true"]] {
        let outcome = sandbox.goward(args);
        assert_eq!(outcome.code, Some(4), "{args:?}: {outcome:?}");
        assert!(outcome.stderr.contains("\n  changed: src/fmt/print.go\n"), "{outcome:?}");
    }
}

#[test]
fn never_is_never() {
    let (_server, sandbox) = project("never");
    change(&file(&sandbox, "libexec/gofmt"), 0o555);
    assert_eq!(exec(&sandbox).code, Some(0));
    assert!(!sandbox.path("home/.local/state/goward/seen").exists());
    assert_eq!(sandbox.goward(["verify"]).code, Some(4));
}
