//! `action.yml`, step by step as GitHub's runner runs it, and the lines that its problem matchers find.

use super::{Releases, answering_project, git, ours, program};
use crate::common::machine::{self, python_package};
use crate::common::{Outcome, Sandbox, skip};
use serde_json::Value;
use std::path::Path;

/// Runs the action on a machine that has nothing but what the cache keeps.
fn act(sandbox: &Sandbox, packages: &Path, inputs: &[&str]) -> (Outcome, Value) {
    for used in ["home/.local", "tmp"] {
        _ = std::fs::remove_dir_all(sandbox.path(used));
    }
    std::fs::create_dir_all(sandbox.path("tmp")).unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut command = sandbox.command(&machine::python().unwrap().program, "project");
    command.arg(root.join("tests/integrations/action.py")).arg(root.join("action.yml"));
    command.arg(sandbox.path("cache")).args(inputs);
    command.env("PYTHONPATH", packages).env("TMPDIR", sandbox.path("tmp"));
    let outcome = sandbox.finish(command.env("PATH", machine::PATH));
    let answer = serde_json::from_str(&outcome.stdout).unwrap_or_default();
    (outcome, answer)
}

#[test]
fn the_action_installs_the_locked_go() {
    let Some(packages) = python_package("check-jsonschema==0.39.0", &["check-jsonschema"]) else {
        return;
    };
    let (sandbox, mirror) = answering_project(&["1.99.1"]);
    let Some(releases) = Releases::start(&sandbox) else { return };
    let key = format!("key={}", releases.key);
    let releases = format!("releases={}", releases.url());
    let archives = || mirror.log().iter().filter(|one| one.target.ends_with(".tar.gz")).count();
    let before = archives();
    let (said, cold) = act(&sandbox, &packages, &[&releases, &key]);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert_eq!(cold["outputs"]["version"], "go1.99.1", "{said:?}");
    assert_eq!(cold["outputs"]["cache-hit"], "", "{said:?}");
    assert_eq!(cold["later"], "go version go1.99.1\n", "{said:?}");
    let goroot = cold["outputs"]["goroot"].as_str().unwrap();
    assert!(goroot.contains("/tree/"), "{goroot}");
    assert!(said.stderr.contains("::add-matcher::"), "{said:?}");
    let after = archives();
    assert!(after > before);
    // The next job on another machine: nobody is asked for the archive again.
    let (said, warm) = act(&sandbox, &packages, &[&releases, &key]);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert_eq!(warm["outputs"]["cache-hit"], "true", "{said:?}");
    assert_eq!(warm["later"], "go version go1.99.1\n", "{said:?}");
    assert_eq!(archives(), after);
}

#[test]
fn the_action_fails_where_something_is_wrong() {
    let Some(packages) = python_package("check-jsonschema==0.39.0", &["check-jsonschema"]) else {
        return;
    };
    let (sandbox, _mirror) = answering_project(&["1.99.1"]);
    let Some(releases) = Releases::start(&sandbox) else { return };
    let key = format!("key={}", releases.key);
    let releases = format!("releases={}", releases.url());
    sandbox.write("project/.go-version", "1.98.3\n");
    let sarif = sandbox.path("goward.sarif");
    let sarif = format!("sarif={}", sarif.display());
    let (said, _) = act(&sandbox, &packages, &[&releases, &key, &sarif, "cache=false"]);
    assert_eq!(said.code, Some(6), "{said:?}");
    assert!(said.stderr.contains("the step `Check the project` ended with 6"), "{said:?}");
    let report: Value = serde_json::from_str(&sandbox.read("goward.sarif")).unwrap();
    assert_eq!(report["runs"][0]["results"][0]["ruleId"], "version-files", "{report}");
    // Who wants no check gets none.
    let (said, answer) = act(&sandbox, &packages, &[&releases, &key, "check=false", "cache=false"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert_eq!(answer["outputs"]["version"], "go1.99.1", "{said:?}");
    // A lock that is not what the manifest asks for ends the job before anything is installed.
    sandbox.write("project/goward.toml", "[toolchain]\ngo = \"1.98.3\"\n");
    let (said, _) = act(&sandbox, &packages, &[&releases, &key]);
    assert!(said.stderr.contains("the step `Install Go` ended with"), "{said:?}");
}

/// The lines of what goward and Go print, through the patterns as the runner reads them.
#[test]
fn problem_matchers_find_lines() {
    let lines = [
        (
            ".github/workflows/ci.yml:22: error: `go-version: 1.20` is the number 1.2 [x]",
            "goward-check",
        ),
        ("./main.go:7:2: undefined: x", "goward-go"),
        ("    main_test.go:12: got 1, want 2", "goward-go"),
        ("vet: ./main.go:7:2: undefined: x", "goward-go"),
    ];
    let script = "import json, re, sys\n\
                  matchers = json.load(open(sys.argv[1]))['problemMatcher']\n\
                  for line in sys.stdin.read().splitlines():\n  \
                  found = [(m['owner'], re.search(m['pattern'][0]['regexp'], line)) for m in matchers]\n  \
                  print(*[owner + ' ' + match[1] + ' ' + match[2] for owner, match in found if match])\n";
    let sandbox = Sandbox::new();
    sandbox.write(
        "lines",
        lines.map(|(line, _)| line).join("\n") + "\n? example.com/x [no test files]\n",
    );
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut command = sandbox.command(&machine::python().unwrap().program, ".");
    command.args(["-c", script]).arg(root.join("ci/github/matchers.json"));
    let output =
        command.stdin(std::fs::File::open(sandbox.path("lines")).unwrap()).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let want = "goward-check .github/workflows/ci.yml 22\ngoward-go ./main.go 7\n\
                goward-go main_test.go 12\ngoward-go ./main.go 7\n\n";
    assert_eq!(said, want);
    assert!(lines.iter().all(|(_, owner)| ours("ci/github/matchers.json").contains(owner)));
}

/// The scheduled workflow, up to the pull request: what it would tell GitHub's own client is written down.
#[test]
fn the_workflow_opens_a_pull_request_once() {
    let Some(packages) = python_package("check-jsonschema==0.39.0", &["check-jsonschema"]) else {
        return;
    };
    if machine::find("jq").is_none() {
        skip("jq is not installed (Debian: apt-get install jq)");
        return;
    }
    let mirror = crate::cli::mirror();
    let sandbox = Sandbox::new().source(&mirror.url(""));
    assert_eq!(sandbox.goward(["use", "1.99.0"]).code, Some(0));
    for file in ["project/goward.toml", "project/goward.lock"] {
        sandbox.write(file, sandbox.read(file).replace("\"1.99.0\"", "\"1.99\""));
    }
    let gh = "#!/bin/sh\nprintf '%s\\n' \"$*\" >>\"$RUNNER_TEMP/gh\"\n";
    sandbox.write("bin/gh", gh);
    let all = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(sandbox.path("bin/gh"), all).unwrap();
    git(&sandbox, "remote", &["init", "-q", "--bare"]);
    git(&sandbox, "project", &["init", "-q"]);
    git(&sandbox, "project", &["add", "."]);
    git(&sandbox, "project", &["commit", "-qm", "x"]);
    git(
        &sandbox,
        "project",
        &["remote", "add", "origin", &sandbox.path("remote").display().to_string()],
    );
    let extract = "import sys, ruamel.yaml\n\
                   steps = ruamel.yaml.YAML(typ='safe').load(open(sys.argv[1]))['jobs']['upgrade']['steps']\n\
                   print([step['run'] for step in steps if step.get('name') == sys.argv[2]][0])\n";
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let step = |name: &str, to: &str| -> Outcome {
        let mut python = sandbox.command(&machine::python().unwrap().program, ".");
        python.args(["-c", extract]).arg(root.join("ci/github/upgrade.yml")).arg(name);
        let script = sandbox.finish(python.env("PYTHONPATH", &packages));
        sandbox.write("step.sh", script.data());
        let bash = machine::find("bash").unwrap();
        let mut command = program(&sandbox, &bash, "project");
        command
            .args(["--noprofile", "--norc", "-e", "-o", "pipefail"])
            .arg(sandbox.path("step.sh"));
        command.env("RUNNER_TEMP", sandbox.path("")).env("GITHUB_OUTPUT", sandbox.path("output"));
        sandbox.finish(command.env("TO", to))
    };
    let look = step("Look for an upgrade, and describe it", "");
    assert_eq!(look.code, Some(0), "{look:?}");
    assert_eq!(sandbox.read("output"), "to=go1.99.1\n");
    assert!(sandbox.read("body.md").contains("1.99.1"), "{}", sandbox.read("body.md"));
    let opened = step("Open a pull request", "go1.99.1");
    assert_eq!(opened.code, Some(0), "{opened:?}");
    let said = sandbox.read("gh");
    assert!(
        said.contains("pr create --head upgrade-go1.99.1 --title Upgrade to go1.99.1"),
        "{said}"
    );
    let pushed =
        git(&sandbox, "remote", &["show", "--name-only", "--format=%s", "upgrade-go1.99.1"]);
    assert_eq!(pushed, "Upgrade to go1.99.1\n\ngoward.lock");
    // Tomorrow it is there already.
    assert_eq!(step("Open a pull request", "go1.99.1").code, Some(0));
    assert_eq!(sandbox.read("gh"), said);
    // Where nothing is newer, nothing follows.
    std::fs::remove_file(sandbox.path("output")).unwrap();
    assert_eq!(step("Look for an upgrade, and describe it", "").code, Some(0));
    assert!(!sandbox.path("output").exists());
}
