//! `goward which`.

use super::{key, mirror, sandbox};
use crate::common::machine;
use goward_core::platform::Platform;

#[test]
fn the_program_and_why() {
    let server = mirror();
    let sandbox = sandbox(&server);
    assert_eq!(sandbox.goward(["use", "1.99.1", "--experiment", "jsonv2"]).code, Some(0));
    let outcome = sandbox.goward(["which"]);
    let key = key("go1.99.1");
    assert_eq!(outcome.stdout, format!("[STORE]/tree/{key}/libexec/go\n"));
    assert_eq!(outcome.says(), "goward: go1.99.1 (listed), chosen by `[PROJECT]/goward.lock`\n");
    assert_eq!(
        sandbox.goward(["-q", "which", "gofmt"]).data(),
        format!("[STORE]/tree/{key}/libexec/gofmt\n")
    );
    let json: serde_json::Value =
        serde_json::from_str(sandbox.goward(["which", "--json"]).data()).unwrap();
    assert_eq!(json["version"], "go1.99.1");
    assert_eq!(json["level"], "listed");
    assert_eq!(json["lock"], "[PROJECT]/goward.lock");
    assert_eq!(json["root"], format!("[STORE]/tree/{key}"));
    assert_eq!(json["pins"], serde_json::json!({"GOEXPERIMENT": "jsonv2"}));
}

#[test]
fn not_installed() {
    let server = mirror();
    let sandbox = sandbox(&server).file("project/goward.toml", "[toolchain]\ngo = \"1.99.1\"\n");
    assert_eq!(sandbox.goward(["lock"]).code, Some(0));
    sandbox.goward(["which"]).fails(
        127,
        "goward: go1.99.1 is not installed (wanted by `[PROJECT]/goward.lock`)\n\
         hint: run `goward install` in this project",
    );
}

#[test]
fn outside_of_projects() {
    let server = mirror();
    let sandbox = sandbox(&server);
    sandbox.goward(["which"]).fails(
        127,
        "goward: there is no `go` for `[PROJECT]`: no `goward.lock` here or above, no default, and no \
         other `go` on PATH\n\
         hint: for this project: `goward use stable`\n\
         hint: for everywhere else: `goward default stable`",
    );
    assert_eq!(sandbox.goward(["default", "1.98"]).code, Some(0));
    let outcome = sandbox.goward(["which"]);
    assert_eq!(
        outcome.says(),
        "goward: go1.98.3 (listed), chosen by the default, `[STORE]/default.lock`\n"
    );
}

#[test]
fn refusals_are_explained() {
    let server = mirror();
    let sandbox = sandbox(&server);
    assert_eq!(sandbox.goward(["use", "1.99.1"]).code, Some(0));
    let host = Platform::host();
    let lock = sandbox.read("project/goward.lock");
    let cases: [(&str, &str, &str); 4] = [
        (
            "schema = 1",
            "shcema = 1",
            "goward: `[PROJECT]/goward.lock:2`: unknown key `shcema`; did you mean `schema`?\n\
             hint: the file is written by `goward lock`; format: docs/lock-file.md",
        ),
        (
            "schema = 1",
            "schema = 2",
            "goward: `[PROJECT]/goward.lock:2`: written by a newer goward\nhint: update goward on this machine",
        ),
        (
            "[toolchain.",
            "[pins]\nGODEBUG = \"execerrdot=0\"\n\n[toolchain.",
            "goward: `[PROJECT]/goward.lock:10`: `execerrdot=0` takes effect only in a lock that you trust: it lets programs run from the current directory\n\
             hint: read it, and trust it as it is: `goward trust [PROJECT]/goward.lock`",
        ),
        (
            &host.lock_name(),
            "plan9-386",
            &format!(
                "goward: `[PROJECT]/goward.lock` has no toolchain for {host}\n\
                 hint: add it, and commit that: `goward use --platform {host}`"
            ),
        ),
    ];
    for (from, to, report) in cases {
        sandbox.write("project/goward.lock", lock.replacen(from, to, 1));
        sandbox.goward(["which"]).fails(126, report);
    }
    sandbox.write("project/goward.lock", &lock);
    let sandbox = sandbox.var("GOTOOLCHAIN", "go1.98.3");
    sandbox.goward(["which"]).fails(
        126,
        "goward: `GOTOOLCHAIN=go1.98.3` contradicts `[PROJECT]/goward.lock`, which has go1.99.1\n\
         hint: unset it: `env -u GOTOOLCHAIN go version`\n\
         hint: or choose for one call: `go +1.98.3 version`",
    );
    let sandbox = sandbox.without_var("GOTOOLCHAIN").var("GOWARD_PROFILE", "ci");
    sandbox.goward(["which"]).fails(
        126,
        "goward: `[PROJECT]/goward.lock` has no profile `ci`\n  `--profile` or `GOWARD_PROFILE` chose it\n\
         hint: for the pins without a profile: `GOWARD_PROFILE=none`",
    );
}

/// The manager answers for the shim, so the shim on PATH is not another `go`.
#[test]
fn the_shims_on_path_are_not_another_go() {
    let server = mirror();
    let sandbox = sandbox(&server);
    assert_eq!(sandbox.goward(["setup", "--no-modify-path"]).code, Some(0));
    let path = format!("{}:/usr/bin:/bin", sandbox.store().join("shims").display());
    let sandbox = sandbox.var("PATH", &path);
    let nothing = "goward: there is no `go` for `[PROJECT]`: no `goward.lock` here or above, no default, and no other `go` on PATH\n\
                   hint: for this project: `goward use stable`\nhint: for everywhere else: `goward default stable`";
    sandbox.goward(["which"]).fails(127, nothing);
    sandbox.go(["version"]).fails(127, nothing);
    let sandbox = sandbox.var("GOWARD_BYPASS", "1");
    sandbox.go(["version"]).fails(127, nothing);

    let sandbox = sandbox.file("system/placeholder", "");
    let script = sandbox.path("system/go");
    let made = machine::command("sh")
        .args(["-c", "printf '#!/bin/sh\\necho system\\n' >\"$0\" && chmod +x \"$0\""])
        .arg(&script)
        .status();
    assert!(made.unwrap().success());
    let path = format!("{path}:{}", sandbox.path("system").display());
    let sandbox = sandbox.var("PATH", path).without_var("GOWARD_BYPASS");
    let outcome = sandbox.goward(["which"]);
    assert_eq!(outcome.stdout, "[BASE]/system/go\n");
    assert_eq!(outcome.says(), "goward: not goward's: no lock here or above, and no default\n");
    assert_eq!(sandbox.go(["version"]).data(), "system\n");
}

#[test]
fn every_place_that_was_looked_at() {
    let server = mirror();
    let sandbox = sandbox(&server);
    assert_eq!(sandbox.goward(["use", "1.99.1"]).code, Some(0));
    let outcome = sandbox.goward_in("project/deep", ["which", "-v"]);
    assert_eq!(
        outcome.says(),
        "goward: `GOWARD_BYPASS` is unset\ngoward: `GOWARD_GO` is unset\ngoward: `GOWARD_LOCK` is unset\n\
         goward: `[PROJECT]/deep/goward.lock` does not exist\n\
         goward: `[PROJECT]/deep/goward.toml` does not exist\n\
         goward: `[PROJECT]/goward.lock` is there\n\
         goward: go1.99.1 (listed), chosen by `[PROJECT]/goward.lock`\n"
    );
    let outcome = sandbox.goward_in("elsewhere", ["which", "-v"]);
    assert_eq!(outcome.code, Some(127));
    assert!(outcome.stderr.contains("goward: `/goward.lock` does not exist\ngoward: `/goward.toml` does not exist\ngoward: `GOWARD_TOOLCHAIN` is unset\ngoward: `GOROOT` is unset\ngoward: `[STORE]/default.lock` does not exist\ngoward: there is no other `go` on PATH\n"), "{}", outcome.stderr);
    let outcome = sandbox.var("GOWARD_GO", "1.99").goward(["which", "-v"]);
    assert!(outcome.says().contains("goward: `GOWARD_GO` is `1.99`\ngoward: go1.99.1 (listed), chosen by the request `1.99`\n"), "{}", outcome.stderr);
}

#[test]
fn a_lock_is_no_evidence_for_its_own_level() {
    let server = mirror();
    let sandbox = sandbox(&server).file("project/goward.toml", "[toolchain]\ngo = \"1.99.1\"\n");
    assert_eq!(sandbox.goward(["use", "1.99.1"]).code, Some(0));
    let lock = sandbox.read("project/goward.lock");
    let forged = lock.replace("level = \"listed\"", "level = \"logged\"");
    sandbox.write("project/goward.lock", &forged);
    assert_eq!(
        sandbox.goward(["which"]).says(),
        "goward: go1.99.1 (listed), chosen by `[PROJECT]/goward.lock`\n"
    );
    sandbox.write(
        "project/goward.toml",
        "[toolchain]\ngo = \"1.99.1\"\n[policy]\nlevel = \"logged\"\n",
    );
    assert_eq!(sandbox.goward(["lock", "--check"]).code, Some(1));
    assert_eq!(sandbox.goward(["lock"]).code, Some(4));
}

#[test]
fn a_directory_name_cannot_harm_the_terminal() {
    let sandbox = sandbox(&mirror());
    let place = "x\u{1b}]0;name\u{7}\u{1b}[31m";
    sandbox.write(&format!("{place}/goward.lock"), "schema = 1\n<<<<\n");
    for args in [&["which"][..], &["install", "--locked"], &["lock", "--check"]] {
        let outcome = sandbox.goward_in(place, args);
        assert_ne!(outcome.code, Some(0));
        assert!(
            outcome.stderr.bytes().all(|b| b == b'\n' || b >= b' '),
            "{args:?}: {:?}",
            outcome.stderr
        );
    }
}

#[test]
fn a_profile_is_a_projects_and_does_not_stop_the_default() {
    let server = mirror();
    let sandbox = sandbox(&server).var("GOWARD_PROFILE", "ci");
    assert_eq!(sandbox.goward(["default", "1.98"]).code, Some(0));
    assert_eq!(sandbox.goward_in("elsewhere", ["which"]).code, Some(0));
    assert_eq!(sandbox.go_in("elsewhere", ["version"]).code, Some(0));
}

#[test]
fn output_that_cannot_be_written_is_a_failure() {
    let server = mirror();
    let sandbox = sandbox(&server);
    assert_eq!(sandbox.goward(["install", "1.98"]).code, Some(0));
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let mut command = sandbox.command(&sandbox.path("bin/goward"), "project");
    let child =
        command.arg("list").stdout(full).stderr(std::process::Stdio::piped()).spawn().unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "goward: cannot write to standard output\n"
    );
}

/// What a prompt shows: nothing is installed, said or failed, whatever is there.
#[test]
fn in_one_word_for_a_prompt() {
    let server = mirror();
    let sandbox = sandbox(&server);
    let short = || {
        let outcome = sandbox.goward(["which", "--short"]);
        assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(0), ""));
        outcome.stdout
    };
    assert_eq!(short(), "");
    assert_eq!(sandbox.goward(["default", "1.99.0"]).code, Some(0));
    assert_eq!(short(), "");
    assert_eq!(sandbox.goward(["use", "1.99.1", "--profile", "ci", "--trimpath"]).code, Some(0));
    assert_eq!(short(), "go1.99.1\n");
    let of_profile = sandbox.goward(["which", "--short", "--profile", "ci"]);
    assert_eq!(of_profile.data(), "go1.99.1 ci\n");

    let document = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/integrations.md");
    let document = std::fs::read_to_string(document).unwrap();
    let line_for = |shell: &str| {
        let mut lines = document.lines().filter(|line| line.contains("which --short"));
        let line = lines.find(|line| line.ends_with(&format!("# {shell}"))).unwrap();
        line.rsplit_once('#').unwrap().0.to_owned()
    };
    for (shell, show) in [
        ("bash", "printf '%s\n' \"${PS1@P}\""),
        ("zsh", "print -rP \"$PROMPT\""),
        ("fish", "fish_right_prompt"),
    ] {
        let Some(program) = machine::find(shell) else { continue };
        let mut command = sandbox.command(&program, "project");
        let path = format!("{}:{}", sandbox.path("bin").display(), machine::PATH);
        command.env("PATH", path).args(["-c", &format!("{}\n{show}", line_for(shell))]);
        let outcome = sandbox.finish(&mut command);
        assert!(outcome.stdout.starts_with("go1.99.1"), "{shell}: {outcome:?}");
    }

    let manifest = sandbox.read("project/goward.toml").replace("1.99.1", "1.99.0");
    sandbox.write("project/goward.toml", manifest);
    assert_eq!(sandbox.goward(["uninstall", "--now", "1.99.1"]).code, Some(0));
    assert_eq!(short(), "go1.99.1 missing stale\n");
    sandbox.write("project/goward.lock", "schema = 1\n");
    assert_eq!(short(), "go?\n");
}
