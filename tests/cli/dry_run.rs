//! `--dry-run` of every command that writes: it says what would change, as text and as JSON, and changes nothing.

use super::{mirror, sandbox};
use crate::common::Sandbox;
use crate::common::json_keys::fit_their_schema;
use goward::cli::args::Cli;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// What a call would change: action, and the end of the path or what else names it.
type Changes = &'static [(&'static str, &'static str)];

/// Calls while the lock is not trusted.
const TRUST: &[(&[&str], Changes)] = &[
    (&["trust"], &[("trust", "goward.lock")]),
    (&["trust", "--accept", "listed"], &[("trust", "[PROJECT]")]),
    (&["trust", "--undo"], &[]),
];

/// Calls in a project with pins, with what each would change.
const CALLS: &[(&[&str], Changes)] = &[
    (
        &["use", "1.99.1", "--debug", "http2debug=2"],
        &[("write", "goward.toml"), ("write", "goward.lock"), ("install", "go1.99.1")],
    ),
    (&["use", "1.98.3"], &[]),
    (&["lock", "--upgrade"], &[]),
    (&["undo"], &[("write", "goward.toml"), ("write", "goward.lock")]),
    (&["init", "1.99.1", "--here"], &[("write", "goward.toml")]),
    (&["install", "1.99.1", "1.98.3"], &[("install", "go1.99.1")]),
    (&["install"], &[]),
    (&["uninstall", "1.98.3"], &[("uninstall", "go1.98.3")]),
    (&["default", "1.99.1"], &[("install", "go1.99.1"), ("write", "default.lock")]),
    (&["editor", "vscode", "--write"], &[("write", "settings.json")]),
    (&["setup", "--no-modify-path"], &[("write", "env")]),
    (&["setup", "--undo"], &[("remove", "shims")]),
    (&["gc"], &[]),
    (&["upgrade"], &[]),
];

/// Commands whose dry runs are tried where they have what they need.
const ELSEWHERE: [&str; 6] =
    ["export", "godebug bake", "link", "self uninstall", "setup goroot", "tools import"];

/// Every file of a sandbox with its bytes, but for those that are locked and say who holds them.
fn snapshot(sandbox: &Sandbox) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut todo = vec![sandbox.path("home"), sandbox.path("project")];
    while let Some(next) = todo.pop() {
        for entry in fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.is_symlink() {
                found.insert(path.clone(), Vec::new());
                todo.extend(Some(path).filter(|path| !path.ends_with("goward/locks")));
            } else if path.file_name() != Some("lock".as_ref()) {
                let bytes = fs::read(&path).unwrap_or_default();
                found.insert(path, bytes);
            }
        }
    }
    found
}

fn changes(report: &Value) -> Vec<(String, String)> {
    let list = report["changes"].as_array().unwrap().iter();
    list.map(|change| {
        let text = |key: &str| change[key].as_str().map(str::to_owned);
        let path = text("path").map(|path| path.rsplit('/').next().unwrap().to_owned());
        let subject = text("name").or_else(|| path.or_else(|| text("version")));
        (text("action").unwrap(), subject.unwrap())
    })
    .collect()
}

#[test]
fn changes_nothing_and_says_what_would_change() {
    let server = mirror();
    let sandbox = sandbox(&server).var("SHELL", "/bin/bash");
    sandbox.write("home/.bashrc", "alias x=y\n");
    for words in [&["use", "1.98.3"][..], &["use", "--debug", "cgocheck=0"]] {
        assert_eq!(sandbox.goward(words.iter().copied()).code, Some(0), "{words:?}");
    }
    fs::create_dir_all(sandbox.path("project/module")).unwrap();
    fs::create_dir(sandbox.path("project/.git")).unwrap();
    try_each(&sandbox, TRUST);
    assert_eq!(sandbox.goward(["trust"]).code, Some(0));
    try_each(&sandbox, &[(&["trust", "--undo"], &[("revoke", "goward.lock")])]);
    try_each(&sandbox, CALLS);
    let setup = sandbox.goward(["setup", "--dry-run"]);
    assert!(setup.says().contains("\ngoward: would edit `[HOME]/.bashrc`\n"), "{setup:?}");
    assert_eq!(sandbox.read("home/.bashrc"), "alias x=y\n");
}

#[track_caller]
fn try_each(sandbox: &Sandbox, calls: &[(&[&str], Changes)]) {
    let before = snapshot(sandbox);
    for (words, want) in calls {
        let directory = if words[0] == "init" { "project/module" } else { "project" };
        let call = |more: &[&str]| sandbox.goward_in(directory, words.iter().chain(more).copied());
        let said = call(&["--dry-run"]);
        assert_eq!(said.code, Some(0), "{words:?}: {said:?}");
        let done = call(&["--dry-run", "--json"]);
        assert_eq!(done.code, Some(0), "{words:?}: {done:?}");
        let report: Value = serde_json::from_str(&done.stdout).unwrap();
        if !["gc", "upgrade"].contains(&words[0]) {
            let want: Vec<_> =
                want.iter().map(|(action, path)| ((*action).into(), (*path).into())).collect();
            assert_eq!(changes(&report), want, "{words:?}: {said:?}");
            assert_eq!(report["dry_run"], true);
            assert_eq!(done.stderr, said.stderr, "{words:?}");
            assert_eq!(said.stderr.contains("would "), !want.is_empty(), "{words:?}: {said:?}");
            fit_their_schema("changes", &[report]);
        }
        let after = snapshot(sandbox);
        let changed: Vec<&Path> = after
            .iter()
            .filter(|(path, bytes)| before.get(*path) != Some(*bytes))
            .map(|(path, _)| path.as_path())
            .collect();
        assert!(changed.is_empty() && after.len() == before.len(), "{words:?}: {changed:?}");
    }
}

/// What is set up already, or not set up at all, is not said to change.
#[test]
fn a_second_setup_and_a_second_undo_have_nothing_to_change() {
    let sandbox = Sandbox::new();
    let undo = ["setup", "--undo", "--no-modify-path", "--dry-run"];
    assert_eq!(sandbox.goward(undo).says(), "goward: nothing to do\n");
    // Nobody knows of this project, and asking leaves no trace.
    let before = snapshot(&sandbox);
    for words in [["undo", "--dry-run"], ["undo", "--list"]] {
        assert_eq!(sandbox.goward(words).code, Some(3));
    }
    assert_eq!(snapshot(&sandbox), before);
    assert_eq!(sandbox.goward(["setup", "--no-modify-path"]).code, Some(0));
    let report = sandbox.goward(["setup", "--no-modify-path", "--dry-run", "--json"]);
    let report: Value = serde_json::from_str(&report.stdout).unwrap();
    assert_eq!(changes(&report), []);
}

/// The same keys when something is changed.
#[test]
fn what_was_changed_is_listed_the_same_way() {
    let server = mirror();
    let sandbox = sandbox(&server);
    let json = |words: &[&str]| -> Value {
        let outcome = sandbox.goward(words.iter().copied().chain(["--json"]));
        assert_eq!(outcome.code, Some(0), "{words:?}: {outcome:?}");
        let report: Value = serde_json::from_str(&outcome.stdout).unwrap();
        assert_eq!(report["dry_run"], false);
        fit_their_schema("changes", std::slice::from_ref(&report));
        report
    };
    let used = json(&["use", "1.98.3"]);
    let tree = used["changes"][2]["path"].as_str().unwrap();
    assert!(tree.starts_with("[STORE]/tree/go1.98.3-"), "{used}");
    let actions: Vec<_> = changes(&used).into_iter().map(|(action, _)| action).collect();
    assert_eq!(actions, ["write", "write", "install"]);
    assert_eq!(changes(&json(&["lock"])), []);
    assert_eq!(changes(&json(&["use", "1.98.3"])), []);
    let again = sandbox.goward(["use", "1.98.3"]);
    assert!(again.says().starts_with("goward: up to date: `[PROJECT]/goward.toml`"), "{again:?}");
    let made = json(&["default", "1.98.3"]);
    assert_eq!(changes(&made), [("write".to_owned(), "default.lock".to_owned())]);
    assert_eq!(made["changes"][0]["version"], "go1.98.3");
    assert_eq!(changes(&json(&["default", "--none"]))[0].0, "remove");
    assert_eq!(changes(&json(&["uninstall", "1.98.3"]))[0].0, "uninstall");
}

/// A command that has one of the two options has both, and is tried here.
#[test]
fn every_command_that_writes_has_both_options() {
    let command = Cli::whole();
    let mut with = BTreeSet::new();
    let mut todo: Vec<_> =
        command.get_subcommands().map(|one| (one.get_name().to_owned(), one.clone())).collect();
    while let Some((name, one)) = todo.pop() {
        let has = |option: &str| one.get_arguments().any(|it| it.get_long() == Some(option));
        if has("dry-run") {
            assert!(has("json"), "{name}");
            with.insert(name.clone());
        }
        let below = one.get_subcommands();
        todo.extend(below.map(|below| (format!("{name} {}", below.get_name()), below.clone())));
    }
    let tried = CALLS.iter().chain(TRUST).map(|(words, _)| words[0].to_owned());
    let tried: BTreeSet<String> = tried.chain(ELSEWHERE.map(str::to_owned)).collect();
    assert_eq!(with, tried);
}
