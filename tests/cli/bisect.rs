//! `goward bisect`, with commands that know from which release on they fail.

use super::{mirror, sandbox};
use crate::common::server::Server;
use crate::common::{Outcome, Sandbox};

fn project() -> (Server, Sandbox) {
    let server = mirror();
    let sandbox = sandbox(&server);
    (server, sandbox)
}

fn bisect(sandbox: &Sandbox, args: &[&str], script: &str) -> Outcome {
    let ends = ["bisect", "--good", "1.98.3", "--bad", "1.99.1"];
    sandbox.goward(ends.iter().chain(args).chain(&["--", "sh", "-c", script]))
}

/// Of what sources list, candidates aside; what is missing is installed.
#[test]
fn the_first_release_that_fails_is_found() {
    let (_server, sandbox) = project();
    let outcome = bisect(&sandbox, &[], "case $(go version) in *n?go1.98*) ;; *) exit 1;; esac");
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    assert_eq!(
        outcome.stdout,
        "`sh -c 'case $(go version) in *n?go1.98*) ;; *) exit 1;; esac'` passes with go1.98.3 and fails with \
         go1.99.0, the next release, and no setting, experiment or language alone makes the difference: \
         `goward exec --go 1.99.0 -- sh -c 'case $(go version) in *n?go1.98*) ;; *) exit 1;; esac'`\n"
    );
    for said in
        ["go1.98.3: passes, ", "go1.99.1: fails (exit code 1), ", "go1.99.0: fails (exit code 1), "]
    {
        assert!(outcome.stderr.contains(said), "{}", outcome.stderr);
    }
    // What was missing is installed.
    let list = sandbox.goward(["list"]).stdout;
    for version in ["go1.98.3", "go1.99.0", "go1.99.1"] {
        assert!(list.contains(version), "{list}");
    }
}

#[test]
fn a_release_that_cannot_tell_is_named() {
    let (_server, sandbox) = project();
    let script = "case $(go version) in *n?go1.98*) ;; *n?go1.99.0*) exit 125;; *) exit 1;; esac";
    let outcome = bisect(&sandbox, &["--json"], script);
    let found: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(found["lastGood"], "go1.98.3");
    assert_eq!(found["firstBad"], "go1.99.1");
    assert_eq!(found["cannotTell"], serde_json::json!(["go1.99.0"]));
    assert_eq!(found["cause"], serde_json::Value::Null);
}

#[test]
fn only_what_is_installed_if_that_is_wanted() {
    let (_server, sandbox) = project();
    let script = "case $(go version) in *n?go1.98*) ;; *) exit 1;; esac";
    let outcome = bisect(&sandbox, &["--installed"], script);
    assert!(
        outcome.stdout.contains("fails with go1.99.1, the next that was tried,"),
        "{outcome:?}"
    );
    let list = sandbox.goward(["list"]).stdout;
    assert!(!list.contains("go1.99.0"), "{list}");
}

#[test]
fn there_has_to_be_something_to_find() {
    let (_server, sandbox) = project();
    let fails = bisect(&sandbox, &[], "echo 'no\u{1b}[31m'; exit 3");
    assert_eq!(fails.code, Some(1));
    let want = "goward: the command fails with go1.98.3 already (exit code 3)\n  no\\u{1b}[31m\n\
                hint: name a release with which it passes as `--good`\n";
    assert!(fails.stderr.ends_with(want), "{}", fails.stderr);
    let passes = bisect(&sandbox, &[], "true");
    let want = "goward: the command passes with go1.99.1, too\n\
                hint: name a release with which it fails as `--bad`\n";
    assert!(passes.stderr.ends_with(want), "{}", passes.stderr);
    let untold = bisect(&sandbox, &[], "exit 125");
    let want = "goward: the command cannot tell with go1.98.3: it ended with exit code 125\n";
    assert!(untold.stderr.ends_with(want), "{}", untold.stderr);
    sandbox
        .goward(["bisect", "--good", "1.99.1", "--bad", "1.98.3", "--", "true"])
        .fails(2, "goward: `--good` is go1.99.1, which is not older than go1.98.3");
}
