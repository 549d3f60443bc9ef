//! Exit codes, signals, streams and file descriptors are Go's.

use super::sandbox::{Sandbox, exe, lock, write_script};

fn project(todo: &str) -> Sandbox {
    let sandbox =
        Sandbox::new().toolchain("go1.27.1").file("project/goward.lock", lock("go1.27.1", ""));
    sandbox.var("FAKE_GO", todo).var("PATH", "/usr/bin:/bin")
}

#[test]
fn exit_codes() {
    for code in [0, 1, 2, 42, 126, 127, 255] {
        let outcome = project(&format!("exit {code}")).run();
        assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(code), ""));
    }
}

#[test]
#[cfg_attr(windows, ignore = "there are no signals and descriptors")]
fn signals() {
    assert_eq!(project("kill").run().signal, Some(15));
}

#[test]
fn standard_input_is_passed_on() {
    assert_eq!(project("cat").stdin("hello").run().lines("stdin"), ["hello"]);
}

#[test]
#[cfg_attr(windows, ignore = "there are no signals and descriptors")]
fn an_open_file_descriptor_is_inherited() {
    let sandbox = project("").file("open", "open");
    let shim = sandbox.path("store/shims/go");
    let script = format!("exec 7<'{}'; exec '{}'", sandbox.path("open").display(), shim.display());
    let command = sandbox.command();
    let mut shell = std::process::Command::new("/bin/sh");
    shell.args(["-c", &script]).current_dir(sandbox.path("project")).env_clear();
    for (name, value) in command.get_envs() {
        shell.env(name, value.unwrap());
    }
    shell.env("FAKE_GO", "fd 7");
    let output = shell.output().unwrap();
    assert!(String::from_utf8_lossy(&output.stdout).contains("fd open"), "{output:?}");
}

/// Rust programs ignore SIGPIPE, and an ignored signal stays ignored across exec; std's exec resets
/// it to the default, so that `go list | head -1` ends `go`.
#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "`/proc` says which signals are ignored")]
fn sigpipe_is_at_its_default() {
    let sandbox = project("");
    let go = sandbox.tree("go1.27.1").join("libexec/go");
    write_script(&go, "#!/bin/sh\nexec grep SigIgn: /proc/self/status\n");
    let stdout = String::from_utf8(sandbox.run().stdout).unwrap();
    let mask = u64::from_str_radix(stdout.trim_start_matches("SigIgn:").trim(), 16).unwrap();
    assert_eq!(mask >> 12 & 1, 0);
}

#[test]
fn a_trace_is_one_line_on_standard_error() {
    let sandbox = project("").var("GOWARD_TRACE", "1");
    let (program, lock) = (
        sandbox.tree("go1.27.1").join("libexec").join(exe("go")),
        sandbox.path("project/goward.lock"),
    );
    let want = format!("goward: runs `{}`, decided by `{}`\n", program.display(), lock.display());
    assert_eq!(sandbox.run().stderr, want);
}
