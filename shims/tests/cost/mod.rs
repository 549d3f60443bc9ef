//! What a call costs before the real `go` starts, counted exactly, so that it can stop a change.
//!
//! 60 variables, ten of which do not pass, and a lock six levels up: the limits are those of
//! `docs/performance.md`.

use crate::shim::sandbox::{Sandbox, lock};
use std::path::PathBuf;
use std::process::Command;

/// System calls besides two for each directory below that of the lock, one for each of the two names: the
/// working directory; the lock, what it is, and its text; the toolchain's whole hash, which is opened and
/// read; the user's go env file, and its copy.
const FEW: usize = 8;
const DEPTH: usize = 6;
/// Instructions in user mode; a little more than there are. The directories of the tests have long names.
const INSTRUCTIONS: usize = 9_000;

/// What was counted.
#[derive(Debug)]
struct Cost {
    instructions: usize,
    cpuid: usize,
    faults: usize,
    calls: usize,
}

fn cost(sandbox: &Sandbox) -> Cost {
    let command = sandbox.command();
    let mut step = Command::new(stepper());
    step.arg(command.get_program()).args(command.get_args()).env_clear();
    step.current_dir(command.get_current_dir().unwrap());
    for (name, value) in command.get_envs() {
        step.env(name, value.unwrap());
    }
    let output = step.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let count = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim().parse().unwrap()
    };
    Cost {
        instructions: count("instructions "),
        cpuid: count("cpuid "),
        faults: count("faults "),
        calls: count("calls "),
    }
}

/// The counting program, compiled once.
fn stepper() -> PathBuf {
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let program = directory.join(format!("step-{}", std::process::id()));
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cost/step.c");
    let status = Command::new("cc").args(["-O2", "-o"]).arg(&program).arg(source).status().unwrap();
    assert!(status.success(), "cannot compile {source}");
    program
}

/// What else a shell has in a desktop session.
#[rustfmt::skip]
const SESSION: [&str; 46] = [
    "AWS_PROFILE", "CARGO_HOME", "COLORTERM", "DBUS_SESSION_BUS_ADDRESS", "DESKTOP_SESSION", "DISPLAY",
    "DOCKER_HOST", "EDITOR", "GPG_AGENT_INFO", "GTK_MODULES", "HISTCONTROL", "HISTSIZE", "HOSTNAME",
    "JAVA_HOME", "KUBECONFIG", "LANG", "LANGUAGE", "LC_ALL", "LESS", "LOGNAME", "LS_COLORS", "MAIL",
    "NO_PROXY", "OLDPWD", "PAGER", "PYENV_ROOT", "RUSTUP_HOME", "SHELL", "SHLVL", "SSH_AGENT_PID",
    "SSH_AUTH_SOCK", "SSH_CLIENT", "SSH_TTY", "TERM", "TERM_PROGRAM", "TERM_PROGRAM_VERSION", "TMUX",
    "TMUX_PANE", "USER", "VIRTUAL_ENV", "WAYLAND_DISPLAY", "XAUTHORITY", "XDG_CURRENT_DESKTOP",
    "XDG_RUNTIME_DIR", "XDG_SESSION_TYPE", "_",
];

/// A project six levels up, and an environment like that of a shell.
fn project(lock: String) -> Sandbox {
    let below = "/directory".repeat(DEPTH);
    let mut sandbox = Sandbox::new()
        .toolchain("go1.27.1")
        .file("project/goward.lock", lock)
        .cwd(&format!("project{below}"));
    let cwd = sandbox.path(&format!("project{below}"));
    sandbox = sandbox.var("PWD", cwd);
    for name in ["GOROOT", "GOEXPERIMENT", "GODEBUG", "GOTOOLDIR", "GOARM", "GOWASM"] {
        sandbox = sandbox.var(name, "what the caller has");
    }
    for name in ["GOAMD64", "GOFIPS140", "GO386", "GOROOT_FINAL"] {
        sandbox = sandbox.var(name, "v1");
    }
    for (number, name) in SESSION.iter().enumerate() {
        sandbox = sandbox.var(name, "value".repeat(number % 16));
    }
    assert_eq!(sandbox.command().get_envs().count(), 60);
    sandbox
}

fn assert_within_limits(sandbox: &Sandbox) {
    let cost = cost(sandbox);
    assert!(cost.instructions <= INSTRUCTIONS, "{cost:?}");
    assert_eq!(cost.cpuid, 0);
    assert!(cost.faults <= 16, "{cost:?}");
    assert!(cost.calls <= 2 * DEPTH + FEW, "{cost:?}");
}

#[test]
fn a_call_stays_within_its_limits() {
    let pins = "\n[pins]\nGODEBUG = \"netdns=go\"\nGOEXPERIMENT = \"jsonv2\"\n";
    let sandbox = project(lock("go1.27.1", pins));
    assert_within_limits(&sandbox);
    // As most people have it: nothing says where the store is but the path of the program.
    assert_within_limits(&sandbox.without_var("GOWARD_HOME"));
}
