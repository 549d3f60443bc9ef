//! `goward targets`, with real toolchains, compilers and, where it is installed, QEMU.

use super::{Lab, lab};
use crate::common::json_keys::are_documented;
use crate::common::skip;
use goward_shim::pins::Isolation;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::OnceLock;

/// Returns the directory of a project with the newest Go.
fn project(lab: &Lab) -> &'static str {
    static MADE: OnceLock<()> = OnceLock::new();
    let newest = lab.gos.last().unwrap();
    MADE.get_or_init(|| lab.project("targets", newest, Isolation::Pinned, &[]));
    "targets"
}

/// Checks a platform; returns the report as JSON and the exit code.
fn check(lab: &Lab, target: &str, variables: &[(&str, &str)]) -> (Value, Option<i32>, String) {
    let program = lab.sandbox.path("bin/goward");
    let mut command = lab.sandbox.command(&program, project(lab));
    command.args(["targets", "--json", "--check", target]);
    let outcome = lab.sandbox.finish(command.envs(variables.iter().copied()));
    let report = serde_json::from_str(&outcome.stdout).unwrap_or(Value::Null);
    (report, outcome.code, outcome.stderr)
}

#[test]
fn the_list_is_that_of_the_toolchain() {
    let Some(lab) = lab() else { return };
    for go in &lab.gos {
        let directory = format!("targets-{}", go.release);
        lab.project(&directory, go, Isolation::Pinned, &[]);
        let outcome = lab.sandbox.goward_in(&directory, ["targets"]);
        let listed = lab.run(lab.real(go, &directory).args(["tool", "dist", "list"]));
        let names = |text: &str| -> Vec<String> {
            let mut names: Vec<String> = text
                .lines()
                .filter(|line| !line.ends_with("broken"))
                .map(|line| line.split(' ').next().unwrap().to_owned())
                .collect();
            names.sort();
            names
        };
        assert_eq!(names(&outcome.stdout), names(&listed), "{}", go.release);
        assert!(outcome.stdout.contains("linux/amd64        first class, cgo\n"));
        let count = outcome.stdout.lines().count();
        assert_eq!(outcome.says(), format!("goward: {count} platforms, by go{}\n", go.release));
    }
}

#[test]
fn a_program_is_built_and_run() {
    let Some(lab) = lab() else { return };
    let (report, code, _) = check(lab, "linux/amd64", &[("CGO_ENABLED", "0")]);
    assert_eq!(code, Some(0), "{report}");
    assert_eq!(report["cgo"], json!({"enabled": false, "why": "said"}));
    assert_eq!(report["run"], json!({"state": "good", "by": null, "said": null}));
    let why = ["said", "unsupported", "cross", "no-compiler", "native"];
    let states = ["good", "bad", "no-runner", "not-built"];
    are_documented(
        "targets --check",
        std::slice::from_ref(&report),
        &[],
        &[&why[..], &states].concat(),
    );
    let list = lab.sandbox.goward_in(project(lab), ["targets", "--json"]);
    are_documented("targets", &[serde_json::from_str(list.data()).unwrap()], &[], &[]);
    assert!(report["build"]["bytes"].as_u64().unwrap() > 1_000_000);
    let (report, code, _) = check(lab, "js/wasm", &[("CC", "/proc/nowhere/cc")]);
    assert_eq!((code, &report["cgo"]["why"]), (Some(0), &json!("unsupported")));
    assert_eq!(
        (&report["compiler"]["program"], &report["run"]["state"]),
        (&Value::Null, &json!("no-runner"))
    );
    let (_, code, error) = check(lab, "linux/amd46", &[]);
    assert_eq!(code, Some(3));
    assert!(
        error.ends_with(" cannot build for `linux/amd46`\nhint: did you mean `linux/amd64`?\n"),
        "{error}"
    );
}

/// What Go calls is asked, with what its flags say.
#[test]
fn the_compiler_and_pkg_config_are_asked() {
    let Some(lab) = lab() else { return };
    if !Path::new("/usr/bin/gcc").exists() {
        skip("targets: no gcc to ask");
        return;
    }
    let (report, code, _) = check(
        lab,
        "linux/amd64",
        &[("CGO_CFLAGS", "--sysroot=/"), ("PKG_CONFIG", "/proc/nowhere/pkg-config")],
    );
    assert_eq!(
        (code, &report["cgo"]),
        (Some(0), &json!({"enabled": true, "why": "native"})),
        "{report}"
    );
    assert_eq!(
        (&report["compiler"]["fits"], &report["compiler"]["sysroot"]),
        (&json!(true), &json!("/"))
    );
    assert_eq!(report["pkg_config"]["program"], Value::Null);
    // Another platform with the machine's own compiler: said before, and by the build.
    let (report, code, error) = check(lab, "linux/arm64", &[("CGO_ENABLED", "1"), ("CC", "gcc")]);
    assert_eq!((code, &report["compiler"]["fits"]), (Some(6), &json!(false)));
    assert_eq!(
        (&report["build"]["good"], &report["run"]["state"]),
        (&json!(false), &json!("not-built"))
    );
    assert!(
        error.ends_with("\nhint: let CC name a compiler for linux/arm64, or set CGO_ENABLED=0\n"),
        "{error}"
    );
    let version = format!("go{}", lab.gos.last().unwrap().release);
    assert!(
        error.starts_with(&format!(
            "goward: a small program for linux/arm64 cannot be built here by {version}\n  "
        )),
        "{error}"
    );
}

#[test]
fn another_platform_runs_in_qemu() {
    let Some(lab) = lab() else { return };
    let is_there = |name: &str| Path::new("/usr/bin").join(name).exists();
    if !is_there("qemu-aarch64") && !is_there("qemu-aarch64-static") {
        skip("targets: no qemu-aarch64 to run a program for linux/arm64");
        return;
    }
    let (report, code, _) = check(lab, "linux/arm64", &[]);
    assert_eq!((code, &report["cgo"]), (Some(0), &json!({"enabled": false, "why": "cross"})));
    assert_eq!(report["run"], json!({"state": "good", "by": "qemu-aarch64", "said": null}));
    let compiler = "aarch64-linux-gnu-gcc";
    // The compiler comes without the C library.
    let has_library = Path::new("/usr/aarch64-linux-gnu/include/stdlib.h").exists();
    if !is_there(compiler) || !has_library {
        skip("targets: no aarch64-linux-gnu-gcc with libc to build a cgo program for linux/arm64");
        return;
    }
    let (report, code, _) = check(lab, "linux/arm64", &[("CGO_ENABLED", "1"), ("CC", compiler)]);
    assert_eq!((code, &report["cgo"]["enabled"]), (Some(0), &json!(true)), "{report}");
    assert_eq!(
        (&report["compiler"]["fits"], &report["compiler"]["machine"]),
        (&json!(true), &json!("aarch64-linux-gnu"))
    );
    assert_eq!(report["run"]["state"], "good", "{report}");
}
