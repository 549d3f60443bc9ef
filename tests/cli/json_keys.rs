//! The keys of every command with `--json`, against `docs/json.md` and the schemas. Those that take a real Go are
//! in `tests/hermetic/targets.rs`.

use super::{mirror, sandbox};
use crate::common::json_keys::{are_documented, fit_their_schema};
use crate::common::programs::elf;
use crate::common::server::Server;
use crate::common::{Sandbox, vulndb};
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

/// How checks end.
const OUTCOMES: [&str; 3] = ["passed", "skipped", "found"];

/// A project with pins, and its release.
fn project() -> (Server, Sandbox) {
    let server = mirror();
    let sandbox = sandbox(&server);
    let args = ["use", "1.99.1", "--debug", "http2debug=1", "--experiment", "jsonv2"];
    assert_eq!(sandbox.goward(args).code, Some(0));
    (server, sandbox)
}

/// What a command prints, however it ends.
#[track_caller]
fn json(sandbox: &Sandbox, args: &[&str]) -> Value {
    // A command of its own comes last.
    let more = if args.contains(&"--json") { None } else { Some("--json") };
    let outcome = sandbox.goward(args.iter().copied().chain(more));
    serde_json::from_str(&outcome.stdout).unwrap_or_else(|_| panic!("{args:?}: {outcome:?}"))
}

#[test]
fn of_what_is_installed() {
    let (_server, sandbox) = project();
    let store = sandbox.store();
    are_documented("list", &[json(&sandbox, &["list"])], &[], &[]);
    let trees = fs::read_dir(store.join("tree")).unwrap().map(|entry| entry.unwrap().path());
    let program = trees.last().unwrap().join("libexec/go");
    let verified = json(&sandbox, &["verify", "1.99.1"]);
    // One that was changed has findings; the other one's archive is the source's.
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    fs::write(&program, "#!/bin/sh\n").unwrap();
    let changed = json(&sandbox, &["verify", "1.99.1"]);
    let states = ["intact", "different", "repaired", "unknown", "unproved"];
    let second = ["source", "differences"];
    are_documented("verify", &[verified, changed], &[], &[&states[..], &second].concat());
    // Something to clear up, and something that cannot be.
    fs::create_dir(store.join("tmp/go.1.x")).unwrap();
    fs::write(store.join("tmp/go.1.x.lock"), "").unwrap();
    are_documented("doctor", &[json(&sandbox, &["doctor", "--fix"])], &[], &OUTCOMES);
    let keepers = ["default", "link", "project", "process", "recent", "newest"];
    assert_eq!(sandbox.goward(["install", "1.98.3"]).code, Some(0));
    assert_eq!(sandbox.goward(["uninstall", "1.98.3"]).code, Some(0));
    // A tool that nobody ran for a year.
    let tool = sandbox.store().join("tools/greet@v1.0.0-0123456789abcdef");
    fs::create_dir_all(&tool).unwrap();
    let year = std::time::Duration::from_secs(365 * 24 * 60 * 60);
    let then = std::time::SystemTime::now() - year;
    fs::File::open(&tool).unwrap().set_modified(then).unwrap();
    are_documented("gc", &[json(&sandbox, &["gc", "--now", "--dry-run"])], &[], &keepers);
    are_documented("list --remote", &[json(&sandbox, &["list", "--remote"])], &[], &[]);
    are_documented("version", &[json(&sandbox, &["version"])], &[], &[]);
}

#[test]
fn of_what_governs() {
    let (_server, sandbox) = project();
    let here = json(&sandbox, &["which"]);
    let aside = sandbox.path("other");
    sandbox.write("other/go", "#!/bin/sh\n");
    fs::set_permissions(aside.join("go"), fs::Permissions::from_mode(0o755)).unwrap();
    let sandbox = sandbox.var("PATH", format!("{}:/usr/bin:/bin", aside.display()));
    let other = sandbox.goward_in("elsewhere", ["which", "--json"]);
    let other = serde_json::from_str(&other.stdout).unwrap();
    are_documented("which", &[here, other], &["pins"], &["go"]);
    fit_their_schema("env", &[json(&sandbox, &["env"])]);
    assert_eq!(sandbox.goward(["trust"]).code, Some(0));
    fit_their_schema("trust-list", &[json(&sandbox, &["trust", "--list"])]);
    let sources = ["tree", "built-in"];
    are_documented("experiments", &[json(&sandbox, &["experiments"])], &[], &sources);
    let states = ["known", "undocumented", "unknown"];
    let verdicts = ["taken", "ignored", "refused", "off", "outside", "workspace"];
    are_documented(
        "godebug",
        &[json(&sandbox, &["godebug"])],
        &[],
        &[&sources[..], &states, &verdicts].concat(),
    );
}

#[test]
fn of_what_a_project_and_a_move_are_told() {
    let (_server, sandbox) = project();
    vulndb::write(&sandbox, "vulndb");
    sandbox.write("project/.go-version", "1.26\n");
    let lock = sandbox.read("project/goward.lock");
    let off = json(&sandbox, &["check"]);
    let mended = json(&sandbox, &["check", "--fix", "--vulndb", "../vulndb"]);
    are_documented("check", &[off, mended], &[], &OUTCOMES);
    sandbox.write("project/goward.lock", lock);
    sandbox.write("project/go.mod", "module m\n\ngo 1.21\n\ngodebug x509sha1=1\n");
    let moves = [
        json(&sandbox, &["diff", "1.23.5", "1.27.1", "--vulndb", "../vulndb"]),
        json(&sandbox, &["diff", "1.27.1", "1.19.8", "--vulndb", "../vulndb"]),
        json(&sandbox, &["diff", "1.26", "1.27"]),
    ];
    are_documented("diff", &moves, &[], &["tree", "built-in"]);
}

#[test]
fn of_programs_and_their_builds() {
    // Not below this repository, which would be copied.
    let (_server, sandbox) = super::reproduce::project();
    let lines = "path\tm\nmod\tm\t(devel)\t\ndep\tm/a\tv0.1.0\n=>\t../a\t(devel)\t\n\
                 build\tGOOS=linux\nbuild\tGOARCH=amd64\n";
    sandbox.write("project/one", elf("go1.99.0", lines));
    sandbox.write("project/two", elf("go1.99.0", &lines.replace("v0.1.0", "v0.1.1")));
    let one = json(&sandbox, &["inspect", "one"]);
    let against = json(&sandbox, &["inspect", "--against", ".", "one"]);
    let linkages = ["static", "static-pie", "dynamic", "shared", "plugin"];
    // A made-up program has no table of sources, and so no keys of it.
    let others = ["musl", "bionic", "example"];
    are_documented("inspect", &[one, against], &["settings"], &[&linkages[..], &others].concat());
    let script = "case $PWD in */first/*) cat one >out;; *) cat two >out;; esac; mktemp -u >paths";
    let report = json(&sandbox, &["reproduce", "--json", "--", "sh", "-c", script]);
    let kinds = ["paths", "vcs", "settings", "cgo", "build-id", "unknown"];
    are_documented("reproduce", &[report], &[], &kinds);
}

#[test]
fn of_searches() {
    let (_server, sandbox) = project();
    let event = |action: &str, test: &str| {
        json!({"Action": action, "Package": "m", "Test": test, "Elapsed": 0.5}).to_string() + "\n"
    };
    let line =
        json!({"Action": "output", "Package": "m", "Output": "BenchmarkA-2 \t 100\t 7.5 ns/op\n"});
    let build = json!({"ImportPath": "m/b", "Action": "build-output", "Output": "no\n"});
    let failed = json!({"ImportPath": "m/b", "Action": "build-fail"});
    let end = json!({"Action": "fail", "Package": "m/b", "FailedBuild": "m/b", "Elapsed": 0});
    sandbox.write("good.json", format!("{}{line}\n", event("pass", "TestA")));
    sandbox
        .write("bad.json", format!("{}{line}\n{build}\n{failed}\n{end}\n", event("fail", "TestA")));
    let script =
        "case $(go version) in *go1.99.1*) cat ../bad.json; exit 1;; esac; cat ../good.json";
    let with_tests = ["matrix", "--go", "1.98.3,1.99.1", "--json", "--", "sh", "-c", script];
    let experiments = ["--go", "1.99.1", "--experiment", "none", "--experiment", "jsonv3"];
    let left_out = [&["matrix", "--json"], &experiments[..], &["--", "true"]].concat();
    let script = "case $(go version) in *n?go1.98*) ;; *) exit 1;; esac";
    let command = ["matrix", "--go", "1.98.3,1.99.1", "--json", "--", "sh", "-c", script];
    let reports = [&with_tests[..], &left_out, &command].map(|args| json(&sandbox, args));
    let verdicts = ["same", "differs", "failed", "left out", "lost"];
    let kinds = ["build", "command"];
    are_documented("matrix", &reports, &[], &[&verdicts[..], &kinds].concat());
    let ends =
        ["bisect", "--good", "1.98.3", "--bad", "1.99.1", "--json", "--", "sh", "-c", script];
    // `tests/cli/bisect.rs` has one with a cause.
    let cause = ["kind", "name", "reason", "passes"];
    are_documented("bisect", &[json(&sandbox, &ends)], &[], &cause);
}
