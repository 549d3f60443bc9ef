//! `goward outdated` and `goward upgrade`.

use super::mirror;
use crate::common::Sandbox;
use crate::common::json_keys::are_documented;
use serde_json::Value;

/// Two projects: one that asks for a line and is behind, one that asks for one release.
fn projects() -> (Sandbox, crate::common::server::Server) {
    let mirror = mirror();
    let sandbox = Sandbox::new().source(&mirror.url(""));
    assert_eq!(sandbox.goward_in("project/exact", ["use", "1.98.3"]).code, Some(0));
    assert_eq!(sandbox.goward_in("project/line", ["use", "1.99.0"]).code, Some(0));
    let manifest = "[toolchain]\ngo = \"1.99\"\n";
    sandbox.write("project/line/goward.toml", manifest);
    let lock = sandbox.read("project/line/goward.lock");
    let lock = lock.replace("request = \"1.99.0\"", "request = \"1.99\"");
    sandbox.write("project/line/goward.lock", lock);
    assert_eq!(sandbox.goward_in("project/line", ["lock", "--check"]).code, Some(0));
    (sandbox, mirror)
}

#[test]
fn what_is_behind_is_listed() {
    let (sandbox, _mirror) = projects();
    let outcome = sandbox.goward(["outdated", "exact", "line"]);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    assert_eq!(
        outcome.stdout,
        "project  request  locked    allowed   newest\n\
         exact    1.98.3   go1.98.3  go1.98.3  go1.99.1\n\
         line     1.99     go1.99.0  go1.99.1  go1.99.1\n"
    );
    assert_eq!(
        outcome.stderr,
        "goward: compared with the releases of [URL]/\n\
         goward: there are upgrades: `goward upgrade line`\n"
    );
    let here = sandbox.goward_in("project/line", ["-q", "outdated", "--json"]);
    let entries: Value = serde_json::from_str(here.data()).unwrap();
    let below = ["version", "published", "until"];
    are_documented("outdated", std::slice::from_ref(&entries), &[], &below);
    let entry = &entries[0];
    let texts = ["request", "locked", "allowed", "newestOfLine", "newest"];
    let texts = texts.map(|key| entry[key].as_str().unwrap());
    assert_eq!(texts, ["1.99", "go1.99.0", "go1.99.1", "go1.99.1", "go1.99.1"]);
    assert_eq!(entry["outdated"], true);
    sandbox.goward(["outdated"]).fails(
        3,
        "goward: `[PROJECT]/goward.lock` does not exist\nhint: for this project: `goward use stable`",
    );
}

#[test]
fn what_is_out_of_support_is_told() {
    let (sandbox, _mirror) = projects();
    sandbox.write(
        "project/old/goward.lock",
        "schema = 1\n\n[toolchain]\nversion = \"go1.19.8\"\nrequest = \"1.19.8\"\nlevel = \
         \"built-in\"\n\n[toolchain.linux-amd64]\n\
         h1 = \"h1:MeqkXdYlyiVdqJXENOTyX7xd8QjDM/mxR52RKOFBS0M=\"\n",
    );
    let outcome = sandbox.goward(["-q", "outdated", "old"]);
    let row = outcome.data().lines().nth(1).unwrap();
    assert!(
        row.starts_with("old      1.19.8   go1.19.8  go1.19.8  go1.99.1  out of support"),
        "{row}"
    );
    let entries = sandbox.goward(["-q", "outdated", "--json", "old", "line"]);
    let entries: Value = serde_json::from_str(entries.data()).unwrap();
    assert_eq!((&entries[0]["supported"], &entries[1]["supported"]), (&false.into(), &true.into()));
}

#[test]
fn an_upgrade_locks_and_installs_what_projects_ask_for() {
    let (sandbox, _mirror) = projects();
    let before = sandbox.read("project/line/goward.lock");
    let outcome = sandbox.goward(["upgrade", "--dry-run", "exact", "line"]);
    assert_eq!(
        outcome.says(),
        "goward: compared with the releases of [URL]/\n\
         goward: exact: nothing newer than go1.98.3 fits `1.98.3`\n\
         goward: line: would move from go1.99.0 to go1.99.1\n"
    );
    assert_eq!(sandbox.read("project/line/goward.lock"), before);
    let outcome = sandbox.goward(["upgrade", "--json", "exact", "line"]);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("goward: line: moved from go1.99.0 to go1.99.1\n"));
    assert!(outcome.stderr.contains("goward: installed go1.99.1 for "), "{}", outcome.stderr);
    let entries: Value = serde_json::from_str(&outcome.stdout).unwrap();
    are_documented("upgrade", std::slice::from_ref(&entries), &[], &["outdated"]);
    assert_eq!(
        (&entries[0]["upgradedTo"], entries[1]["upgradedTo"].as_str()),
        (&Value::Null, Some("go1.99.1"))
    );
    assert_eq!(sandbox.goward_in("project/line", ["lock", "--check"]).code, Some(0));
    assert_eq!(sandbox.goward(["-q", "outdated", "line"]).stderr, "");
}
