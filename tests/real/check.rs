//! `goward check` with the real Go: a project with every mistake, its corrected twin, and what Go
//! itself says of the mistakes.

use super::check_samples::Samples;
use super::{enabled, sandbox};
use crate::common::{Outcome, Sandbox, skip, vulndb};
use goward_core::checks::project::CHECKS;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// Variables that exclude each other, and what each run finds.
const TARGETS: &[(&[(&str, &str)], &str)] = &[
    (&[("GOARCH", "arm65")], "environment GOARCH target-valid error\n"),
    (&[("GOOS", "linuxx")], "environment GOOS target-valid error\n"),
    (&[("GOARCH", "sparc64"), ("CGO_ENABLED", "0")], "environment GOARCH target-supported error\n"),
    (&[("GOARCH", "arm64")], "environment GOARCH cgo warning\n"),
    (&[("GOARCH", "arm"), ("CGO_ENABLED", "0")], "goward.lock:5 arch-levels note\n"),
    (&[("CGO_ENABLED", "7")], "environment CGO_ENABLED cgo warning\n"),
    (
        &[("GO111MODULE", "banana")],
        "environment GO111MODULE go-start error\nenvironment GO111MODULE module-mode error\n",
    ),
    (&[("GOFLAGS", "-nosuch")], "environment GOFLAGS go-start error\n"),
    (&[("GOCACHE", "relative")], "environment GOCACHE caches error\n"),
    (&[("GOBIN", "relative")], "environment GOBIN gobin error\n"),
    (&[("GOWORK", "/proc/nowhere/go.work")], "environment GOWORK workspace error\n"),
    (&[("GOEXPERIMENT", "arenas")], "environment GOEXPERIMENT experiments note\n"),
];

/// A vulnerability database with one entry, which has these ranges.
fn database(sandbox: &Sandbox, ranges: &'static [(&'static str, &'static str)]) {
    vulndb::write_with(sandbox, "vulndb", &[vulndb::Entry { ranges, ..vulndb::ENTRIES[2] }]);
}

fn check(sandbox: &Sandbox, variables: &[(&str, &str)], args: &[&str]) -> Outcome {
    let mut command = sandbox.command(&sandbox.path("bin/goward"), "project");
    command.envs(variables.iter().copied()).args(["check", "--vulndb", "../vulndb"]).args(args);
    sandbox.finish(&mut command)
}

/// Returns the findings of a run with `--json`, one a line.
fn findings(outcome: &Outcome) -> String {
    let report: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let checks = report["checks"].as_array().unwrap();
    assert!(checks.iter().all(|check| check["outcome"] != "skipped"), "{outcome:?}");
    let line = |finding: &Value| {
        let text = |key: &str| finding[key].as_str().unwrap_or_default().to_owned();
        let place = match &finding["file"] {
            Value::String(file) => format!("{file}:{}", finding["line"]),
            _ => format!("environment {}", text("variable")),
        };
        format!("{place} {} {}\n", text("check"), text("severity"))
    };
    report["findings"].as_array().unwrap().iter().map(line).collect()
}

#[test]
fn every_mistake_is_found_once_and_the_corrected_twin_has_none() {
    if !enabled(&["1.27.1"]) {
        return;
    }
    let sandbox = sandbox();
    let outcome = sandbox.goward(["use", "1.27.1"]);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    database(&sandbox, &[("0", "1.27.1")]);
    let samples = Samples::read();
    samples.write_corrected(&sandbox);
    let outcome = check(&sandbox, &[], &["--strict"]);
    let nothing =
        format!("goward: go1.27.1 of `goward.lock`: nothing is wrong ({} checks)\n", CHECKS.len());
    assert_eq!((outcome.stdout.as_str(), outcome.stderr), ("", nothing));
    assert_eq!(outcome.code, Some(0));

    go_says_so(&sandbox);
    targets(&sandbox);
    compilers(&sandbox);

    database(&sandbox, &[("0", "1.27.2")]);
    samples.write_mistaken(&sandbox);
    let lock = sandbox.read("project/goward.lock");
    sandbox.write("project/goward.lock", format!("{lock}{}", samples.pins()));
    // What cannot be run hides nothing.
    fs::set_permissions(sandbox.path("gobin/go"), fs::Permissions::from_mode(0o755)).unwrap();
    let variables = samples.variables(&sandbox);
    let variables: Vec<_> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let outcome = check(&sandbox, &variables, &["--json"]);
    assert_eq!(outcome.code, Some(6), "{}", outcome.stderr);
    assert_eq!(sorted(&findings(&outcome)), samples.findings());
    let [errors, warnings, notes] = ["error", "warning", "note"].map(|name| samples.count(name));
    assert_eq!(
        outcome.stderr,
        format!(
            "goward: go1.27.1 of `goward.lock`: {errors} errors, {warnings} warnings, {notes} \
             notes\nhint: change what needs no decision: `goward check --fix`\n"
        )
    );
    mended(&sandbox, &samples, &variables);
}

fn sorted(findings: &str) -> Vec<String> {
    let mut lines: Vec<String> = findings.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

/// What `--fix` writes is what the corrected twin has.
fn mended(sandbox: &Sandbox, samples: &Samples, variables: &[(&str, &str)]) {
    let outcome = check(sandbox, variables, &["--fix", "--json"]);
    assert_eq!(outcome.code, Some(6));
    for file in [".go-version", ".tool-versions", ".github/workflows/release.yml"] {
        assert_eq!(sandbox.read(&format!("project/{file}")), samples.corrected(file), "{file}");
    }
    // Which of several versions follows the lock is a decision, and so is a range.
    for file in ["mise.toml", ".github/workflows/ci.yml"] {
        assert_eq!(sandbox.read(&format!("project/{file}")), samples.mistaken(file), "{file}");
    }
    let left = sorted(&findings(&outcome));
    let gone = [
        ".circleci/config.yml:10 ",
        ".circleci/config.yml:14 ",
        ".buildkite/pipeline.yml:9 ",
        ".devcontainer/devcontainer.json:5 ",
        ".pre-commit-config.yaml:12 ",
        "MODULE.bazel:6 ",
        "azure-pipelines.yml:9 ",
        "devbox.json:2 ",
        "called.yml:6 ",
        "called.yml:20 ",
        "called.yml:29 ",
        "lint.yml:8 ",
        "release.yml:",
        "Makefile:2 ",
        "aqua.yaml:2 ",
        ".go-version",
        ".tool-versions",
    ];
    let stays = |line: &&String| !gone.iter().any(|gone| line.contains(gone));
    let want: Vec<&String> = samples.findings().iter().filter(stays).collect();
    assert_eq!(left.iter().collect::<Vec<_>>(), want);
}

/// Targets that exclude each other, one run each.
fn targets(sandbox: &Sandbox) {
    for (variables, want) in TARGETS {
        let outcome = check(sandbox, variables, &["--json"]);
        assert_eq!(findings(&outcome), *want, "{variables:?}");
    }
    // Where Go answers nothing, checks that ask it have not looked, and nobody says otherwise.
    let outcome = check(sandbox, &[("GOPATH", "relative")], &[]);
    assert_eq!(outcome.code, Some(6));
    assert!(
        outcome.stdout.contains(
            "environment: GOPATH: error: `go` of go1.27.1 does not start here [go-start]\n"
        )
    );
    let skipped = format!("2 errors; 7 of {} checks could not look", CHECKS.len());
    assert!(outcome.stderr.contains(&skipped), "{outcome:?}");
}

/// What `CGO_ENABLED=1` comes to with compilers that are missing, for something else, or right.
fn compilers(sandbox: &Sandbox) {
    let script = |name: &str, text: &str| {
        sandbox.write(name, format!("#!/bin/sh\n{text}\n"));
        let path = sandbox.path(name);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path.display().to_string()
    };
    // As a real one: it says what it is for, and must be asked nothing else.
    let says = |machine: &str| format!("test \"$*\" = -dumpmachine && echo {machine}");
    let arm = script("tools/arm-cc", &says("aarch64-linux-gnu"));
    let own = script("tools/gcc", &says("x86_64-linux-gnu"));
    let silent = script("tools/silent-cc", "exit 1");
    let wordless = script("tools/wordless-cc", "exit 0");
    let marker = sandbox.path("ran").display().to_string();
    let hostile = script("project/cc", &format!("touch {marker}; echo aarch64-linux-gnu"));
    let path = format!("{}:/usr/bin:/bin", sandbox.path("tools").display());
    let what = |variables: &[(&str, &str)]| {
        let variables = [&[("CGO_ENABLED", "1"), ("PATH", path.as_str())], variables].concat();
        let outcome = check(sandbox, &variables, &["--json"]);
        let report: Value = serde_json::from_str(&outcome.stdout).unwrap();
        let found = report["findings"].as_array().unwrap().iter();
        let found = found.filter(|found| found["check"] == "cgo");
        let text = |key: &str, found: &Value| found[key].as_str().unwrap().to_owned();
        found.map(|found| (text("message", found), text("why", found))).next()
    };
    assert_eq!(what(&[]), None);
    assert_eq!(what(&[("GOARCH", "386")]), None);
    assert_eq!(what(&[("GOARCH", "arm64"), ("CC", "arm-cc")]), None);
    assert_eq!(what(&[("GOARCH", "arm64"), ("CC", &arm)]), None);
    assert_eq!(what(&[("GOARCH", "arm64"), ("CC", &silent)]), None);
    assert_eq!(what(&[("GOARCH", "arm64"), ("CC", &wordless)]), None);
    let (said, why) = what(&[("CC", "no-such-cc -m64")]).unwrap();
    assert_eq!(said, "`CGO_ENABLED=1`, and there is no C compiler `no-such-cc -m64`");
    assert!(why.contains("it is not on PATH"), "{why}");
    let (said, why) = what(&[("GOARCH", "arm64"), ("CC", &own)]).unwrap();
    assert_eq!(said, "`CGO_ENABLED=1` for linux/arm64 with a compiler for another one");
    let want = "CC is `[BASE]/tools/gcc`, which compiles for x86_64-linux-gnu by its own word";
    assert!(why.starts_with(want), "{why}");
    let (said, why) = what(&[("GOARCH", "arm64")]).unwrap();
    assert_eq!(said, "`CGO_ENABLED=1` for linux/arm64 without a compiler for it");
    assert!(
        why.starts_with("CC is not set, and Go takes `gcc`, which compiles for x86_64"),
        "{why}"
    );
    // What lies in the project is not run, whoever named it.
    let below = format!("{}:{path}", sandbox.path("project").display());
    for variables in [
        [("CC", hostile.as_str()), ("GOARCH", "arm64")],
        [("CC", "./cc"), ("GOARCH", "arm64")],
        [("CC", "cc"), ("PATH", below.as_str())],
    ] {
        what(&variables);
    }
    assert!(!Path::new(&marker).exists());
    fs::remove_file(sandbox.path("project/cc")).unwrap();
}

/// The findings rest on what the real go1.27.1 does.
fn go_says_so(sandbox: &Sandbox) {
    sandbox.write("facts/main.go", "package main\n\nfunc main() {}\n");
    let go = |variables: &[(&str, &str)], args: &[&str]| real_go(sandbox, variables, args);
    let module = |text: &str| sandbox.write("facts/go.mod", format!("module m\n\n{text}\n"));
    module("go 1.28");
    assert_eq!(
        go(&[], &["list", "-m"]),
        "go: go.mod requires go >= 1.28 (running go 1.27.1; GOTOOLCHAIN=local)"
    );
    module("go 1.27\ntoolchain go1.27.2");
    assert_eq!(go(&[], &["list", "-m"]), "m");
    module("go 1.27\ngodebug nosuch=1");
    assert!(go(&[], &["list", "."]).ends_with("unknown godebug \"nosuch\""));
    module("go 1.27\ngodebug default=go1.99");
    assert!(go(&[], &["list", "."]).ends_with("default=go1.99 too new (toolchain is go1.27.1)"));
    let before = sandbox.read("project/go.mod");
    for wrong in ["\"netdns=go\"", "`netdns=go`", "netdns=go,a=1", "netdns=go x=1", "netdns"] {
        module(&format!("go 1.27\ngodebug {wrong}"));
        assert!(go(&[], &["list", "."]).contains("usage: godebug key=value"), "{wrong}");
        sandbox.write("project/go.mod", sandbox.read("facts/go.mod"));
        let outcome = check(sandbox, &[], &[]);
        let want =
            format!("go.mod:4: error: `godebug {wrong}` is refused by go1.27.1 [debug-lines]");
        assert!(outcome.stdout.contains(&want), "{}", outcome.stdout);
    }
    sandbox.write("project/go.mod", before);
    module("go 1.27");
    let list = ["list", "-f", "ok", "."];
    // Wrong targets and modes: some are only noticed by a build.
    assert_eq!(go(&[("GOARCH", "arm65")], &list), "ok");
    assert_eq!(
        go(&[("GOARCH", "arm65")], &["build"]),
        "go: unsupported GOOS/GOARCH pair linux/arm65"
    );
    assert_eq!(
        go(&[("GO111MODULE", "banana")], &list),
        "go: unknown environment setting GO111MODULE=banana"
    );
    assert!(
        go(&[("GOCACHE", "relative")], &["build"]).ends_with("GOCACHE is not an absolute path")
    );
    assert_eq!(
        go(&[("GOBIN", "relative")], &["install"]),
        "cannot install, GOBIN must be an absolute path"
    );
    for (arch, cgo, want) in [("arm64", "", "0"), ("amd64", "7", "1"), ("arm64", "7", "0")] {
        let variables = [("GOARCH", arch), ("CGO_ENABLED", cgo), ("CC", "sh")];
        assert_eq!(go(&variables, &["env", "CGO_ENABLED"]), want, "{arch} {cgo}");
    }
    assert_eq!(go(&[("PATH", "/proc/nowhere")], &["env", "CGO_ENABLED"]), "0");
    go_says_so_of_levels(sandbox);
}

/// Returns what the release's own `go` prints in the directory `facts`.
fn real_go(sandbox: &Sandbox, variables: &[(&str, &str)], args: &[&str]) -> String {
    let tree = fs::read_dir(sandbox.store().join("tree")).unwrap().next().unwrap();
    let program = tree.unwrap().path().join("libexec/go");
    let mut command = sandbox.command(&program, "facts");
    command.envs(variables.iter().copied()).env("GOTOOLCHAIN", "local");
    let outcome = sandbox.finish(command.args(args));
    format!("{}{}", outcome.stdout, outcome.stderr).trim().to_owned()
}

/// Two levels are dropped without a word, one is left to the compiler, the others are refused. goward says
/// which is which.
fn go_says_so_of_levels(sandbox: &Sandbox) {
    let go = |variables: &[(&str, &str)], args: &[&str]| real_go(sandbox, variables, args);
    let list = ["list", "-f", "ok", "."];
    let told = |arch: &str, name: &str| {
        let variables = [("GOARCH", arch), (name, "bogus"), ("CGO_ENABLED", "0")];
        let outcome = check(sandbox, &variables, &["--json"]);
        let report: Value = serde_json::from_str(&outcome.stdout).unwrap();
        let found = report["findings"].as_array().unwrap().iter();
        let found = found.filter(|found| found["check"] == "arch-levels");
        let what: Vec<&str> = found.map(|found| found["message"].as_str().unwrap()).collect();
        assert_eq!(what.len(), 1, "{what:?}");
        what[0].to_owned()
    };
    for (arch, name) in [("amd64", "GOAMD64"), ("arm", "GOARM")] {
        assert_eq!(go(&[("GOARCH", arch), (name, "bogus")], &list), "ok", "{name}");
        let want = format!("go1.27.1 ignores `{name}=bogus` silently");
        assert_eq!(told(arch, name), want);
    }
    let wrong = [("GOARCH", "386"), ("GO386", "bogus")];
    assert_eq!(go(&wrong, &list), "ok");
    assert!(go(&wrong, &["build"]).starts_with("unsupported setting GO386=bogus"));
    assert_eq!(told("386", "GO386"), "the compiler of go1.27.1 refuses `GO386=bogus`");
    for (arch, name) in [
        ("arm64", "GOARM64"),
        ("mips", "GOMIPS"),
        ("mips64", "GOMIPS64"),
        ("ppc64", "GOPPC64"),
        ("riscv64", "GORISCV64"),
    ] {
        let said = go(&[("GOARCH", arch), (name, "bogus")], &list);
        assert!(said.starts_with(&format!("go: invalid {name}")), "{name}: {said}");
        assert_eq!(told(arch, name), format!("go1.27.1 refuses `{name}=bogus`"));
    }
}

/// A lock of a release that Go no longer supports.
const OLD_LOCK: &str = "schema = 1\n\n[toolchain]\nversion = \"go1.19.8\"\nrequest = \"1.19.8\"\n\
    level = \"built-in\"\n\n[toolchain.linux-amd64]\n\
    h1 = \"h1:MeqkXdYlyiVdqJXENOTyX7xd8QjDM/mxR52RKOFBS0M=\"\n";

/// A check that finds nothing anywhere would be a promise without anybody who looks. What is found in the worlds of
/// the samples and [`TARGETS`] another test sees.
#[test]
fn every_check_has_a_world_in_which_it_finds_something() {
    let sandbox = Sandbox::new().file("project/goward.lock", OLD_LOCK);
    let outcome = sandbox.goward(["check", "--json", "--vulndb", "off"]);
    let report: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let names = |list: &str| -> BTreeSet<String> {
        let entries = report[list].as_array().unwrap().iter();
        entries.map(|one| one["check"].as_str().unwrap().to_owned()).collect()
    };
    let all = names("checks");
    assert_eq!(all.len(), CHECKS.len());
    let mut found = names("findings");
    let samples = Samples::read();
    let of_targets = TARGETS.iter().flat_map(|(_, found)| found.lines());
    for line in of_targets.chain(samples.findings().iter().map(String::as_str)) {
        let [.., name, _] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
        found.insert(name.to_owned());
    }
    let lacking: Vec<&String> = all.difference(&found).collect();
    assert!(lacking.is_empty(), "no world for them: {lacking:?}");
}

/// What goward says of Go 1.20 and older is what Debian's 1.19.8 does.
#[test]
fn an_old_go_cannot_read_newer_lines() {
    let program = Path::new("/usr/lib/go-1.19/bin/go");
    if !program.exists() {
        skip("a distribution's Go: `/usr/lib/go-1.19` does not exist");
        return;
    }
    let sandbox = Sandbox::new().file("project/goward.lock", OLD_LOCK);
    let cases = [
        (
            "go 1.22.0",
            "invalid go version '1.22.0': must match format 1.23",
            "go.mod:3: error: `go 1.22.0` is more than go1.19.8 can read [go-mod]",
        ),
        (
            "go 1.19\ntoolchain go1.19.8",
            "unknown directive: toolchain",
            "go.mod:4: error: `toolchain go1.19.8` is more than go1.19.8 can read [go-mod]",
        ),
        // It builds what asks for more, as long as it compiles.
        (
            "go 1.30",
            "",
            "go.mod:3: warning: `go 1.30` is newer than go1.19.8 in `goward.lock` [go-mod]",
        ),
    ];
    for (lines, refusal, finding) in cases {
        sandbox.write("project/go.mod", format!("module m\n\n{lines}\n"));
        let said = sandbox.finish(sandbox.command(program, "project").args(["list", "-m"]));
        assert_eq!(said.code == Some(0), refusal.is_empty(), "{said:?}");
        assert!(said.stderr.contains(refusal), "{}", said.stderr);
        let outcome = sandbox.goward(["check", "--vulndb", "off"]);
        assert!(outcome.stdout.contains(finding), "{}", outcome.stdout);
    }
}

#[test]
fn what_ends_a_later_release_is_told_before() {
    if !enabled(&["1.26.2"]) {
        return;
    }
    let sandbox = sandbox();
    assert_eq!(sandbox.goward(["use", "1.26.2"]).code, Some(0));
    let pins = "\n[pins]\nGODEBUG = \"asynctimerchan=1,gotypesalias=1,tlskyber=0,x509sha1=1\"\n";
    let lock = sandbox.read("project/goward.lock") + pins;
    let line = lock.lines().count();
    sandbox.write("project/goward.lock", lock);
    let outcome = sandbox.goward(["check", "--vulndb", "off"]);
    for (setting, removed) in [("asynctimerchan=1", 27), ("tlskyber=0", 24), ("x509sha1=1", 24)] {
        let (name, _) = setting.split_once('=').unwrap();
        let want = format!(
            "goward.lock:{line}: warning: go1.27 does not start with `{setting}` [deprecated]\n  \
             why: it was removed in go1.{removed}; programs of go1.27 end with `fatal error: removed \
             GODEBUG \"{name}\" set to old value` (`internal/godebugs/table.go`)\n"
        );
        assert!(outcome.stdout.contains(&want), "{want}\n{}", outcome.stdout);
    }
    assert!(!outcome.stdout.contains("start with `gotypesalias"), "{}", outcome.stdout);
}

/// Every command of Go in a member of a workspace reads the workspace.
#[test]
fn a_workspace_above_that_needs_a_newer_go_is_an_error() {
    if !enabled(&["1.26.2"]) {
        return;
    }
    let sandbox = sandbox();
    assert_eq!(sandbox.goward(["use", "1.26.2"]).code, Some(0));
    sandbox.write("project/go.mod", "module m\n\ngo 1.26\n");
    sandbox.write("go.work", "go 1.27\n\nuse ./project\n");
    let outcome = sandbox.goward(["check", "--vulndb", "off"]);
    let want =
        "[BASE]/go.work:1: error: `go 1.27` is newer than go1.26.2 in `goward.lock` [go-mod]\n";
    assert!(outcome.stdout.contains(want), "{outcome:?}");
}
