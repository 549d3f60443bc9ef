//! `goward lock`.

use super::{mirror, sandbox, uncovered};
use crate::common::server::INDEX;

#[test]
fn without_a_manifest() {
    sandbox(&mirror()).goward(["lock"]).fails(
        3,
        "goward: `[PROJECT]/goward.toml` does not exist\nhint: for this project: `goward use stable`",
    );
    sandbox(&mirror()).file("project/.go-version", "1.99\n").goward(["lock"]).fails(
        3,
        "goward: `[PROJECT]/goward.toml` does not exist\n\
         hint: for this project, as `.go-version` asks: `goward init && goward install`",
    );
}

#[test]
fn the_locked_version_stays_until_it_is_upgraded() {
    let server = mirror();
    let sandbox = sandbox(&server).file("project/goward.toml", "[toolchain]\ngo = \"1.99.0\"\n");
    assert_eq!(
        sandbox.goward(["lock"]).says(),
        format!("goward: wrote `[PROJECT]/goward.lock`: go1.99.0 (listed)\n{}", uncovered())
    );
    sandbox.write("project/goward.toml", "[toolchain]\ngo = \"1.99\"\n");
    assert_eq!(
        sandbox.goward(["lock"]).says(),
        format!("goward: wrote `[PROJECT]/goward.lock`: go1.99.0 (listed)\n{}", uncovered())
    );
    let requests = server.log().len();
    assert_eq!(
        sandbox.goward(["lock"]).says(),
        "goward: up to date: `[PROJECT]/goward.lock`: go1.99.0 (listed)\n"
    );
    assert_eq!(server.log().len(), requests, "an unchanged lock needs no network");
    assert_eq!(
        sandbox.goward(["lock", "--upgrade"]).says(),
        format!("goward: wrote `[PROJECT]/goward.lock`: go1.99.1 (listed)\n{}", uncovered())
    );
    assert!(server.log().iter().any(|request| request.target == INDEX));
}

#[test]
fn check_lists_every_difference_and_changes_nothing() {
    let server = mirror();
    let sandbox = sandbox(&server).file(
        "project/goward.toml",
        "[toolchain]\ngo = \"1.99\"\n[profile.ci]\nexperiments = [\"x\"]\n",
    );
    assert_eq!(sandbox.goward(["lock"]).code, Some(0));
    let lock = sandbox.read("project/goward.lock");
    let manifest = "[toolchain]\ngo = \"1.98\"\nplatforms = [\"plan9/386\"]\n[pins]\nexperiments = [\"jsonv2\"]\n[profile.prod]\n[policy]\nlevel = \"logged\"\nisolation = \"hermetic\"\n";
    sandbox.write("project/goward.toml", manifest);
    let host = goward_core::platform::Platform::host();
    let sandbox = sandbox.var("GOWARD_OFFLINE", "1");
    sandbox.goward(["lock", "--check"]).fails(
        1,
        &format!(
            "goward: `[PROJECT]/goward.lock` does not match `goward.toml`\n  \
             the manifest asks for 1.98, the lock has go1.99.1 for 1.99\n  \
             plan9/386 is missing in the lock\n  \
             {host} is not in the manifest\n  \
             the manifest asks for isolation `hermetic`, the lock has `pinned`\n  \
             the pins differ\n  \
             the profile `prod` differs\n  \
             the profile `ci` is not in the manifest\n  \
             the policy asks for a better level than the lock's, `listed`\n\
             hint: run `goward lock` and commit the result"
        ),
    );
    let sandbox = sandbox.var("GOWARD_OFFLINE", "0");
    assert_eq!(sandbox.read("project/goward.lock"), lock);
    let sandbox =
        super::sandbox(&server).file("project/goward.toml", "[toolchain]\ngo = \"1.99\"\n");
    sandbox
        .goward(["lock", "--check"])
        .fails(3, "goward: `[PROJECT]/goward.lock` does not exist\nhint: write it: `goward lock`");
}

#[test]
fn a_merge_conflict_is_written_anew_and_a_newer_schema_is_not() {
    let server = mirror();
    let sandbox = sandbox(&server).file("project/goward.toml", "[toolchain]\ngo = \"1.99\"\n");
    sandbox.write("project/goward.lock", "schema = 1\n<<<<<<< ours\n");
    let outcome = sandbox.goward(["lock"]);
    assert_eq!(
        outcome.says(),
        format!(
            "goward: warning: `[PROJECT]/goward.lock:2`: not a line of a goward lock; it is written again\n\
             goward: wrote `[PROJECT]/goward.lock`: go1.99.1 (listed)\n{}",
            uncovered()
        )
    );
    sandbox.write("project/goward.lock", "schema = 2\n");
    sandbox.goward(["lock"]).fails(
        2,
        "goward: `[PROJECT]/goward.lock:1`: written by a newer goward\nhint: update goward on this machine",
    );
    assert_eq!(sandbox.read("project/goward.lock"), "schema = 2\n");
}

#[test]
fn a_project_can_raise_the_level_but_not_lower_it() {
    let server = mirror();
    let manifest = "[toolchain]\ngo = \"1.99\"\n[policy]\nlevel = \"built-in\"\n";
    let outcome = sandbox(&server).file("project/goward.toml", manifest).goward(["lock"]);
    assert_eq!(outcome.code, Some(4), "{}", outcome.stderr);
    let manifest = "[toolchain]\ngo = \"1.99\"\n[policy]\nlevel = \"none\"\n";
    let sandbox =
        sandbox(&server).file("project/goward.toml", manifest).without_var("GOWARD_ACCEPT");
    let outcome = sandbox.goward(["lock"]);
    assert_eq!(outcome.code, Some(4), "{}", outcome.stderr);
    assert!(!sandbox.path("project/goward.lock").exists());
}

#[test]
fn a_typing_error_in_the_manifest() {
    let sandbox =
        sandbox(&mirror()).file("project/goward.toml", "[toolchain]\ngo = \"1.99\"\n[pin]\n");
    let outcome = sandbox.goward(["lock"]);
    assert_eq!(outcome.code, Some(2));
    assert!(outcome.stderr.contains("goward.toml:3"), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("did you mean `pins`?"), "{}", outcome.stderr);
}

#[test]
fn what_the_policy_demands_holds_for_every_way_to_a_lock() {
    let server = mirror();
    let sandbox = sandbox(&server).file(
        "project/goward.toml",
        "[toolchain]\ngo = \"1.27.1\"\n[policy]\nlevel = \"logged\"\n",
    );
    let outcome = sandbox.goward(["lock"]);
    assert_eq!(outcome.code, Some(4));
    let host = goward_core::platform::Platform::host();
    let report = format!(
        "goward: go1.27.1 for {host} can only be verified at level `built-in`; `logged` is required\n"
    );
    assert!(
        outcome.stderr.starts_with(&report) || host.to_string() != "linux/amd64",
        "{}",
        outcome.stderr
    );
    // Neither the store nor an old lock is a way around the user's own floor.
    sandbox.write("project/goward.toml", "[toolchain]\ngo = \"1.99\"\n");
    assert_eq!(sandbox.goward(["install", "1.99"]).code, Some(0));
    assert_eq!(sandbox.goward(["lock"]).code, Some(0));
    let sandbox = sandbox.var("GOWARD_ACCEPT", "built-in");
    assert_eq!(sandbox.goward(["lock"]).code, Some(4));
    sandbox.goward(["install"]).fails(
        4,
        "goward: go1.99.1 is installed, but verified only at level `listed`; `built-in` is required\n\
         hint: accept what is installed, for this call: `--accept listed`",
    );
}

#[test]
fn use_does_not_replace_the_lock_of_a_newer_goward() {
    let server = mirror();
    let sandbox = sandbox(&server).file("project/goward.lock", "schema = 2\n");
    assert_eq!(sandbox.goward(["use", "1.99"]).code, Some(2));
    assert_eq!(sandbox.read("project/goward.lock"), "schema = 2\n");
    assert!(!sandbox.path("project/goward.toml").exists());
}

#[test]
fn every_pin_of_the_manifest_and_the_isolation_reach_the_lock() {
    let server = mirror();
    let sandbox = sandbox(&server).file(
        "project/goward.toml",
        "[toolchain]\ngo = \"1.99\"\n\n[pins]\ncgo = false\nfips140 = \"latest\"\n\
         flags = [\"-trimpath\", \"-tags=a,b\"]\nlevels = { GOAMD64 = \"v3\" }\n\n\
         [profile.ci]\nlevels = { GOAMD64 = \"\" }\n\n[policy]\nisolation = \"hermetic\"\n",
    );
    assert_eq!(sandbox.goward(["lock"]).code, Some(0));
    let lock = sandbox.read("project/goward.lock");
    assert!(lock.contains("level = \"listed\"\nisolation = \"hermetic\"\n\n"), "{lock}");
    let rest = "CGO_ENABLED = \"0\"\n";
    let tail = "GOFIPS140 = \"latest\"\nGOFLAGS = \"-trimpath -tags=a,b\"\n";
    let pins = format!("[pins]\n{rest}GOAMD64 = \"v3\"\n{tail}\n[profile.ci]\n{rest}{tail}");
    assert!(lock.ends_with(&pins), "{lock}");
    assert_eq!(sandbox.goward(["lock", "--check"]).code, Some(0));
}
