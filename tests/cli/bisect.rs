//! `goward bisect`, with commands that know from which release on they fail.

use super::{archive, mirror, sandbox, tree};
use crate::common::go_sources::TABLE;
use crate::common::server::{Fault, Mirror, Route, Server};
use crate::common::{Outcome, Sandbox};
use goward_core::platform::Platform;
use serde_json::json;

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

/// A release that cannot be had is not the end; after two in a row nobody is asked any more.
#[test]
fn what_cannot_be_had_is_passed_over() {
    let host = Platform::host().lock_name();
    let versions =
        ["go1.98.3", "go1.99.0", "go1.99.1", "go1.99.2", "go1.99.3", "go1.99.4", "go1.99.5"];
    let server = versions
        .iter()
        .fold(Mirror::new(), |mirror, version| {
            let name = archive(version);
            mirror.release(version, [(name.as_str(), tree(version, &host).tar_gz())])
        })
        .start();
    let sandbox = sandbox(&server);
    assert_eq!(sandbox.goward(["install", "1.98.3", "1.99.4", "1.99.5"]).code, Some(0));
    for version in &versions[1..5] {
        let gone = Route::new("").always(Fault::Status(404, ""));
        server.route(&format!("/{}", archive(version)), gone);
    }
    let script = "case $(go version) in *n?go1.98*) ;; *) exit 1;; esac";
    let args =
        ["bisect", "--json", "--good", "1.98.3", "--bad", "1.99.5", "--", "sh", "-c", script];
    let outcome = sandbox.goward(args);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    // The one in the middle, then the one in the middle of what is left.
    let warned: Vec<&str> =
        outcome.stderr.lines().filter(|line| line.contains("passed over")).collect();
    let want = ["go1.99.2", "go1.99.1"].map(|version| {
        let name = archive(version);
        format!(
            "goward: warning: {version} is passed over: [URL]/ has no {version} for {}; wanted [URL]/{name}",
            Platform::host()
        )
    });
    assert_eq!(warned, want);
    for version in ["go1.99.0", "go1.99.3"] {
        let target = format!("/{}", archive(version));
        assert!(server.log().iter().all(|request| request.target != target), "{version}");
    }
    let found: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
    // The ends, one release, and the language of the older one, which is another.
    let shows = format!("goward exec --go 1.99.4 -- sh -c '{script}'");
    assert_eq!(
        found,
        json!({
            "lastGood": "go1.98.3", "firstBad": "go1.99.4", "cannotTell": [], "gap": true,
            "cause": null, "command": shows, "runs": 4,
        })
    );
}

/// Of two releases whose tables differ in one default.
#[test]
fn a_cause_is_named_with_what_shows_it() {
    let host = Platform::host().lock_name();
    let with = |version: &str, row: &str| {
        let table = TABLE.replace("\t{Name: \"netdns\"", &format!("{row}\t{{Name: \"netdns\""));
        assert_ne!(table, TABLE);
        tree(version, &host).with("src/internal/godebugs/table.go", table).tar_gz()
    };
    let before = with("go1.98.3", "\t{Name: \"mydefault\", Package: \"m\"},\n");
    let row = "\t{Name: \"mydefault\", Package: \"m\", Changed: 99, Old: \"1\"},\n";
    let after = with("go1.99.1", row);
    let names = ["go1.98.3", "go1.99.1"].map(archive);
    let server = Mirror::new()
        .release("go1.98.3", [(names[0].as_str(), before)])
        .release("go1.99.1", [(names[1].as_str(), after)])
        .start();
    let sandbox = sandbox(&server);
    let script = "case $(go version) in *n?go1.98*|*mydefault=1*) ;; *) exit 1;; esac";
    let outcome = bisect(&sandbox, &["--json"], script);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    let found: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
    let reason = "the default of the GODEBUG setting `mydefault` changed in go1.99; with `mydefault=1` it passes";
    let shows = format!("goward exec --go 1.99.1 --debug mydefault=1 -- sh -c '{script}'");
    assert_eq!(
        found,
        json!({
            "lastGood": "go1.98.3", "firstBad": "go1.99.1", "cannotTell": [], "gap": false,
            "cause": {
                "kind": "godebug-default", "name": "mydefault", "reason": reason, "passes": true,
            },
            "command": shows, "runs": 3,
        })
    );
}

#[test]
fn a_command_that_is_killed_fails() {
    let (_server, sandbox) = project();
    let outcome =
        bisect(&sandbox, &[], "case $(go version) in *n?go1.98*) ;; *) kill -KILL $$;; esac");
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    assert!(outcome.stdout.contains(" fails with go1.99.0, the next release, "), "{outcome:?}");
    assert!(outcome.stderr.contains("go1.99.0: fails (signal 9), "), "{}", outcome.stderr);
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
