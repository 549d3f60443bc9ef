//! `goward reproduce`, with a stand-in for Go: where each build runs, with what, and what is compared.

use super::mirror;
use crate::common::server::Server;
use crate::common::{Outcome, Sandbox};
use std::fs;

pub(super) fn project() -> (Server, Sandbox) {
    let server = mirror();
    // Not below this repository, which would be copied.
    let sandbox = Sandbox::below(&std::env::temp_dir());
    let sandbox = sandbox.source(server.url("/").trim_end_matches('/'));
    let place = sandbox.path("tmp");
    fs::create_dir_all(&place).unwrap();
    let sandbox = sandbox.var("TMPDIR", place);
    assert_eq!(sandbox.goward(["use", "1.99.1", "--experiment", "jsonv2"]).code, Some(0));
    (server, sandbox)
}

/// Builds with a script; what the builds leave in the place for temporary files is gone afterwards.
fn reproduce(sandbox: &Sandbox, script: &str) -> Outcome {
    let outcome = sandbox.goward(["reproduce", "--", "sh", "-c", script]);
    let left: Vec<_> = fs::read_dir(sandbox.path("tmp")).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
    outcome
}

#[test]
fn the_same_bytes() {
    let (_server, sandbox) = project();
    sandbox.write("project/input", "one\n");
    sandbox.write("project/deep/input", "two\n");
    let outcome = reproduce(
        &sandbox,
        "cat input deep/input >out; echo $GOEXPERIMENT >>input; mkdir -p bin; ln -s x bin/link; go version",
    );
    assert_eq!(
        (outcome.code, outcome.stdout.as_str()),
        (
            Some(0),
            "input  the same, 11 B, sha256 5fd92d12e353abc5195a648d9f17b096aa0b79f30ed8fa5e415abb74225a9a14\n\
             out  the same, 8 B, sha256 c3f9c8c283a2b1f2f1896f27a01cbe3cddc0c9d93f752e4639035a0f5b36f6e8\n"
        )
    );
    // What the command prints is no data.
    assert!(outcome.stderr.contains("go version go1.99.1 version\n"), "{}", outcome.stderr);
    let says = "goward: built twice, in different places: 2 files, the same bytes\n";
    assert!(outcome.stderr.ends_with(says), "{}", outcome.stderr);
    assert_eq!(sandbox.read("project/input"), "one\n");
    assert!(!sandbox.path("project/out").exists());
}

/// Each build has its own directory, store, build cache and place for temporary files; nothing else differs.
#[test]
fn nothing_but_the_pins_is_shared() {
    let (_server, sandbox) = project();
    let script = "pwd >a; echo $GOCACHE >b; go env >/dev/null; echo $GOROOT >c; mktemp -u >d; \
                  go version >e; env | sort | grep -v 1- >/dev/null; echo $0 >f";
    let outcome = reproduce(&sandbox, script);
    assert_eq!(outcome.code, Some(6), "{outcome:?}");
    let whys: Vec<_> = outcome.stdout.lines().filter(|line| line.starts_with("  why")).collect();
    assert_eq!(
        whys,
        [
            "  why: paths of the project's directory are inside: no -trimpath",
            "  why: paths of the build cache are inside: no -trimpath",
            "  why: paths of GOROOT are inside: no -trimpath",
            "  why: paths of the directory for temporary files are inside: no -trimpath",
        ]
    );
    for same in ["e  the same", "f  the same"] {
        assert!(outcome.stdout.contains(same), "{}", outcome.stdout);
    }
    let hint = "leave paths out of what ships: `goward use --trimpath && \
                export GOWARD_PROFILE=release`";
    let says = format!("goward: 4 of 6 files differ between two builds\nhint: {hint}\n");
    assert!(outcome.stderr.ends_with(&says), "{}", outcome.stderr);
}

/// A build may need what git ignores; the repository comes along, and is no output.
#[test]
fn the_outermost_directory_of_the_project_is_copied() {
    let (_server, sandbox) = project();
    sandbox.write("project/.git/HEAD", "ref: refs/heads/main\n");
    sandbox.write("project/.gitignore", "ignored\n");
    sandbox.write("project/ignored", "kept\n");
    sandbox.write("project/sub/go.mod", "module m\n");
    let script = "cat ../.git/HEAD ../ignored >out; touch ../.git/new ../above";
    let outcome = sandbox.goward_in("project/sub", ["reproduce", "--", "sh", "-c", script]);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    let files: Vec<&str> =
        outcome.stdout.lines().map(|line| line.split("  ").next().unwrap()).collect();
    assert_eq!(files, ["above", "sub/out"]);
    assert!(outcome.stdout.contains("sub/out  the same, 26 B, "), "{}", outcome.stdout);
    assert!(!sandbox.path("project/above").exists() && !sandbox.path("project/.git/new").exists());
}

#[test]
fn what_is_too_large_is_not_copied() {
    let (_server, sandbox) = project();
    // It takes no room: nothing was written into it.
    fs::File::create(sandbox.path("project/disk")).unwrap().set_len(21 << 30).unwrap();
    reproduce(&sandbox, "echo same >out").fails(
        1,
        "goward: `[PROJECT]` is too large to be copied twice\n  \
         it is the outermost directory with a lock, `go.work`, `go.mod` or `.git`\n  nothing was built",
    );
}

#[test]
fn what_nothing_explains() {
    let (_server, sandbox) = project();
    let outcome =
        reproduce(&sandbox, "echo $$ $(date +%N) >out; case $PWD in */first/*) echo >only;; esac");
    assert_eq!(outcome.code, Some(6));
    assert!(outcome.stdout.starts_with("only  only the first build made it\nout  differs, "));
    let why =
        "  why: no path, stamp or setting explains it; is a time or a random number generated?\n";
    assert!(outcome.stdout.ends_with(why), "{}", outcome.stdout);
    let args = ["reproduce", "--json", "--", "sh", "-c", "echo same >a; mktemp -u >b"];
    let outcome = sandbox.goward(args);
    assert_eq!(outcome.code, Some(6));
    let json: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!((&json[0]["path"], &json[0]["same"]), (&"a".into(), &true.into()));
    assert_eq!(json[0]["first"], json[0]["second"]);
    assert_eq!(
        (&json[1]["same"], &json[1]["reasons"][0]["kind"]),
        (&false.into(), &"paths".into())
    );
}

#[test]
fn refusals() {
    let (_server, sandbox) = project();
    sandbox.goward(["reproduce", "--", "go", "build", "-o", "/x/app", "."]).fails(
        2,
        "goward: both builds would write `/x/app`\n  nothing was built\n\
         hint: name an output in the project: `-o app`",
    );
    let outcome = sandbox.goward(["reproduce", "--", "go", "build", "-o=/x/app"]);
    assert_eq!(outcome.code, Some(2));
    reproduce(&sandbox, "true").fails(
        1,
        "goward: the builds left nothing to compare\n  \
         a file counts that was made or changed in the project's directory\n\
         hint: name an output: `goward reproduce -- go build -o app .`",
    );
    reproduce(&sandbox, "exit 3").fails(1, "goward: `sh` failed: exit status: 3");
    reproduce(&sandbox, "case $PWD in */first/*) ;; *) exit 3;; esac").fails(
        6,
        "goward: `sh` failed: exit status: 3\n  the first build, elsewhere, did not fail",
    );
    assert_eq!(sandbox.goward(["reproduce", "--", "no-such-program"]).code, Some(127));
    sandbox.goward_in("elsewhere", ["reproduce", "--", "true"]).fails(
        127,
        "goward: there is no `go` for `[BASE]/elsewhere`: no `goward.lock` here or above, no default, and no \
         other `go` on PATH\n\
         hint: for this project: `goward use stable`\n\
         hint: for everywhere else: `goward default stable`",
    );
    let inside = sandbox.path("project/tmp");
    fs::create_dir_all(&inside).unwrap();
    let sandbox = sandbox.var("TMPDIR", inside);
    sandbox.goward(["reproduce", "--", "true"]).fails(
        2,
        "goward: `[PROJECT]/tmp` is in `[PROJECT]`, which is copied\n\
         hint: choose another place for the copies: `TMPDIR=/absolute/path`",
    );
}
