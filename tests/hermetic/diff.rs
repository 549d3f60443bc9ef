//! What `goward diff` says of real releases, and the facts of `data/` that no source has.

use super::{Go, Lab, lab};
use crate::common::is_full;
use goward_core::settings::{changes, platforms};
use goward_shim::pins::Isolation;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const LINES: [u32; 5] = [19, 21, 22, 24, 26];

/// Returns the settings that the real go builds into a program whose `go` line is 1.`line`.
fn defaults(lab: &Lab, go: &Go, line: u32) -> BTreeSet<String> {
    let directory = format!("diff/{}-{line}", go.release);
    lab.sandbox.write(&format!("{directory}/go.mod"), format!("module m\n\ngo 1.{line}\n"));
    lab.sandbox.write(&format!("{directory}/main.go"), "package main\n\nfunc main() {}\n");
    let mut command = lab.real(go, &directory);
    command.env("GOTOOLCHAIN", "local").env("GOENV", "off");
    let printed = lab.run(command.args(["list", "-f", "{{.DefaultGODEBUG}}", "."]));
    let settings = printed.trim().split(',').filter_map(|setting| setting.split_once('='));
    settings.map(|(name, _)| name.to_owned()).collect()
}

/// For each pair of releases and each `go` line: what the older one builds in and the newer one does not
/// are the defaults that flip.
#[test]
fn defaults_flip_where_the_real_go_stops_building_them_in() {
    let Some(lab) = lab() else { return };
    let gos: Vec<&Go> = lab.gos.iter().filter(|go| go.minor >= 21).collect();
    let mut compared = 0;
    for pair in gos.windows(2) {
        let (old, new) = (pair[0], pair[1]);
        for line in LINES.into_iter().filter(|line| *line <= old.minor) {
            let directory = format!("diff/{}-{line}", old.release);
            let (before, after) = (defaults(lab, old, line), defaults(lab, new, line));
            let mut command = lab.sandbox.command(&lab.sandbox.path("bin/goward"), &directory);
            let printed = lab.run(command.env("GOVULNDB", "off").args([
                "diff",
                old.request,
                new.request,
                "--json",
            ]));
            let diff: Value = serde_json::from_str(&printed).unwrap();
            assert_eq!(
                (&diff["from"]["source"], &diff["to"]["source"]),
                (&"tree".into(), &"tree".into())
            );
            let flips = diff["godebug"]["flips"].as_array().unwrap().iter();
            let flips: BTreeSet<&str> = flips.map(|flip| flip["name"].as_str().unwrap()).collect();
            // Go took away what this one was about.
            let gone =
                before.difference(&after).map(String::as_str).filter(|name| *name != "tlskyber");
            // A fix of a later patch release came with a default that the line already asks for.
            let fixes = ["urlmaxqueryparams", "httpservecontentmaxranges"];
            let flips = flips.into_iter().filter(|name| !fixes.contains(name));
            assert_eq!(
                flips.collect::<Vec<_>>(),
                gone.collect::<Vec<_>>(),
                "{} to {} with go 1.{line}",
                old.release,
                new.release
            );
            compared += 1;
        }
    }
    assert!(compared > 4, "{compared}");
}

/// What is printed first is about the packages that the module is built from; the rest is counted.
#[test]
fn what_touches_the_module_comes_first() {
    let Some(lab) = lab() else { return };
    let find = |minor: u32| lab.gos.iter().find(|go| go.minor == minor);
    let (Some(old), Some(new)) = (find(22), find(24)) else { return };
    let diff = |name: &str, import: &str, args: &[&str]| {
        let directory = format!("touch/{name}");
        lab.sandbox.write(&format!("{directory}/go.mod"), "module m\n\ngo 1.22\n");
        let source = format!("package main\n\nimport _ \"{import}\"\n\nfunc main() {{}}\n");
        lab.sandbox.write(&format!("{directory}/main.go"), source);
        let args = [&["diff", old.request, new.request, "--vulndb", "off"], args].concat();
        lab.sandbox.goward_in(&directory, args)
    };
    let has = |text: &str, name: &str| text.contains(&format!(" {name} "));
    let plain = diff("plain", "errors", &[]);
    assert!(!has(&plain.stdout, "tlsmlkem"), "{}", plain.stderr);
    // The garbage collector and the maps of every program.
    assert!(has(&plain.stdout, "swissmap"), "{}", plain.stdout);
    let counted = plain.stderr.contains("not of this module, and left out: ");
    assert!(counted && plain.stderr.contains(" of platforms"), "{}", plain.stderr);
    // net/http is built from crypto/tls.
    let web = diff("web", "net/http", &[]);
    assert!(has(&web.stdout, "tlsmlkem") && !has(&web.stdout, "gotypesalias"), "{}", web.stdout);
    let all = diff("plain", "errors", &["--all"]);
    let (first, rest) = all.stdout.split_once("GODEBUG, not of this module\n").unwrap();
    assert!(!has(first, "tlsmlkem") && has(rest, "tlsmlkem"), "{}", all.stdout);
    assert!(!all.stderr.contains("left out: "), "{}", all.stderr);
    let folded = diff("web", "net/http", &["--markdown"]);
    assert!(folded.stdout.contains("<details><summary>Not of this module: "));
    let report = diff("web", "net/http", &["--json"]);
    let report: Value = serde_json::from_str(&report.stdout).unwrap();
    let (touches, name) = (&report["touches"], |line: &Value| line["name"] == "tlsmlkem");
    assert_eq!(touches["known"], true);
    assert!(touches["lines"].as_array().unwrap().iter().any(name), "{touches}");
    assert!(touches["packages"].as_array().unwrap().contains(&"crypto/tls".into()));
    // What is not on this machine is not guessed.
    lab.sandbox.write("touch/absent/extra.go", "package main\n\nimport _ \"example.com/x\"\n");
    let absent = diff("absent", "errors", &[]);
    assert!(has(&absent.stdout, "tlsmlkem"), "{}", absent.stdout);
    assert!(absent.stderr.contains("what of this touches the module is not known: "));
}

/// The built-in list of platforms is that of each real release.
#[test]
fn platforms_are_those_of_the_releases() {
    let Some(lab) = lab() else { return };
    for go in &lab.gos {
        let mut command = lab.real(go, "platforms");
        command.env("GOTOOLCHAIN", "local").args(["tool", "dist", "list", "-json"]);
        if go.minor >= 21 {
            command.arg("-broken");
        }
        let listed = platforms::parse(&lab.run(&mut command)).unwrap();
        assert_eq!(platforms::built_in(go.minor).unwrap(), listed, "{}", go.release);
    }
}

/// Scripts that show each change, before and after. `env` rows that only say what `go env` shows are
/// compared with what it shows.
const SHOWN: &[(&str, &str, &str, &str)] = &[
    ("file go.env", "test -f [GOROOT]/go.env; echo $?", "1", "0"),
    (
        "build-info DefaultGODEBUG",
        "go mod edit -go=1.18; go build -o a . && go version -m a | grep -c DefaultGODEBUG",
        "0",
        "1",
    ),
    (
        "source //go:debug",
        "sed -i '1i //go:debug panicnil=banana=' main.go; sed -i '1i //go:debug nosuch=1' main.go; go build -o a . >/dev/null 2>&1; echo $?",
        "0",
        "1",
    ),
    (
        "env GOROOT_FINAL",
        "GOROOT_FINAL=/final go build -o a .; grep -aq /final/src/runtime a; echo $?",
        "0",
        "1",
    ),
    ("env GOARM64", "GOARCH=arm64 go env GOARM64", "", "v8.0"),
    ("env GORISCV64", "GOARCH=riscv64 go env GORISCV64", "", "rva20u64"),
    ("env GOAMD64", "GOAMD64=v9 go list . >/dev/null 2>&1; echo $?", "2", "0"),
    (
        "source godebug",
        "echo 'godebug panicnil=1' >>go.mod; go list . >/dev/null 2>&1; echo $?",
        "1",
        "0",
    ),
    ("tools nm", "test -f [GOROOT]/pkg/tool/linux_amd64/nm; echo $?", "0", "1"),
    (
        "build-info version",
        "GOEXPERIMENT=fieldtrack go build -o a . && go version a | grep -c -e -X:fieldtrack",
        "0",
        "1",
    ),
    ("env GOBIN", "env HOME=/h go env GOBIN", "", "/h/go/bin"),
    ("env GOROOT", "go env -w GOROOT=[GOROOT] >/dev/null 2>&1; echo $?", "0", "1"),
];

#[test]
fn each_change_came_with_its_version() {
    let Some(lab) = lab() else { return };
    let shown: BTreeMap<&str, BTreeSet<String>> =
        lab.gos.iter().map(|go| (go.release, shown_by_env(lab, go))).collect();
    for change in changes::all() {
        let name = format!("{} {}", change.place, change.name);
        let script = SHOWN.iter().find(|(subject, ..)| *subject == name);
        // The last release before the change, and the first one with it.
        let first = lab.gos.iter().position(|go| go.minor >= change.minor);
        let first = first.unwrap_or(lab.gos.len());
        let beside = first.saturating_sub(1)..=first;
        for (at, go) in lab.gos.iter().enumerate() {
            let is_new = go.minor >= change.minor;
            if let Some((_, script, before, after)) = script {
                if !is_full() && !beside.contains(&at) {
                    continue;
                }
                let got = run(lab, go, script, change.minor);
                let want = if is_new { after } else { before };
                assert_eq!(got, *want, "{} {name}", go.release);
            } else {
                assert_eq!((change.place, change.kind), ("env", "gained"), "{name} has no script");
                let is_shown = shown[go.release].contains(change.name);
                assert_eq!(is_shown, is_new, "{} {name}", go.release);
            }
        }
    }
    // Nothing came or went besides.
    for pair in lab.gos.windows(2) {
        let (old, new) = (&shown[pair[0].release], &shown[pair[1].release]);
        let listed: BTreeSet<String> = changes::between(pair[0].minor, pair[1].minor)
            .filter(|change| (change.place, change.kind) == ("env", "gained"))
            .map(|change| change.name.to_owned())
            .collect();
        let gained: BTreeSet<String> = new.difference(old).cloned().collect();
        assert!(gained.is_subset(&listed) && old.is_subset(new), "{gained:?} {listed:?}");
    }
}

/// Returns the names that `go env` prints.
fn shown_by_env(lab: &Lab, go: &Go) -> BTreeSet<String> {
    let mut command = lab.real(go, "platforms");
    let printed = lab.run(command.env("GOTOOLCHAIN", "local").args(["env", "-json"]));
    let names: BTreeMap<String, Value> = serde_json::from_str(&printed).unwrap();
    names.into_keys().collect()
}

/// Runs a script in a module of its own, with the real go command on PATH.
fn run(lab: &Lab, go: &Go, script: &str, minor: u32) -> String {
    let at = SHOWN.iter().position(|(_, known, ..)| *known == script).unwrap();
    let directory = format!("changes/{}-{minor}-{at}", go.release);
    lab.project(&directory, go, Isolation::Pinned, &[]);
    lab.compile_library(go);
    let tree = go.tree.to_string_lossy();
    let mut command = lab.sandbox.command("/bin/sh".as_ref(), &directory);
    command.args(["-c", &script.replace("[GOROOT]", &tree)]);
    command.env("PATH", format!("{}:/usr/bin:/bin", go.programs().display()));
    command.env("HOME", lab.sandbox.path(&format!("{directory}/home")));
    command.env("GOTOOLCHAIN", "local").env("GOPROXY", "off").env_remove("XDG_CONFIG_HOME");
    lab.sandbox.finish(&mut command).stdout.trim().to_owned()
}
