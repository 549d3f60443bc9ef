//! Renovate with the preset of `ci/renovate`: the real one finds the update, by an index on this machine, and the
//! preset's own command brings the lock along. With `--platform=local` Renovate changes no files, so what it would
//! write is written here.

use super::{git, node, ours, project};
use crate::common::is_full;
use crate::common::machine::npm_package;
use crate::common::server::{Route, Server};
use crate::common::skip::sample;
use serde_json::{Value, json};

#[test]
fn renovate_moves_an_exact_release_and_the_lock() {
    if !is_full() {
        sample("Renovate, of which npm fetches 340 MB");
        return;
    }
    let Some(node) = node() else { return };
    let Some(renovate) = npm_package("renovate@44.121.2") else { return };
    let (sandbox, _mirror) = project();
    assert_eq!(sandbox.goward(["use", "1.98.3"]).code, Some(0));
    // A line is moved by goward, and what is below another manifest with it.
    sandbox.write("project/line/goward.toml", "[toolchain]\ngo = \"1.98\"\n");
    let release =
        |version: &str, stable: bool| json!({"version": version, "stable": stable, "files": []});
    let index =
        json!([release("go1.100rc1", false), release("go1.99.1", true), release("go1.98.3", true)]);
    let server = Server::with("/index", Route::new(index.to_string()));
    let preset: Value = serde_json::from_str(&ours("ci/renovate/goward.json")).unwrap();
    let mut settings = preset.clone();
    settings["customDatasources"]["goward"]["defaultRegistryUrlTemplate"] =
        server.url("/index").into();
    settings["enabledManagers"] = json!(["custom.regex"]);
    sandbox.write("project/renovate.json", settings.to_string());
    git(&sandbox, "project", &["init", "-q"]);
    git(&sandbox, "project", &["add", "."]);
    git(&sandbox, "project", &["commit", "-qm", "x"]);
    let mut command = super::program(&sandbox, &node, "project");
    command.arg(renovate.join("node_modules/renovate/dist/renovate.js"));
    command.args(["--platform=local", "--dry-run=lookup", "--report-type=file"]);
    command.arg(format!("--report-path={}", sandbox.path("report.json").display()));
    command.arg(format!("--base-dir={}", sandbox.path("renovate").display()));
    let said = sandbox.finish(&mut command);
    assert_eq!(said.code, Some(0), "{said:?}");
    let report: Value = serde_json::from_str(&sandbox.read("report.json")).unwrap();
    let files = &report["repositories"]["local"]["packageFiles"]["regex"];
    assert_eq!(files.as_array().map(Vec::len), Some(1), "{report:#}");
    assert_eq!(files[0]["packageFile"], "goward.toml", "{report:#}");
    let updates = &files[0]["deps"][0]["updates"];
    assert_eq!(updates[0]["newValue"], "1.99.1", "{report:#}");
    assert_eq!(updates.as_array().map(Vec::len), Some(1), "{report:#}");

    let manifest = sandbox.read("project/goward.toml").replace("1.98.3", "1.99.1");
    sandbox.write("project/goward.toml", manifest);
    assert_ne!(sandbox.goward(["lock", "--check"]).code, Some(0));
    let task = &preset["packageRules"][0]["postUpgradeTasks"];
    let words: Vec<&str> = task["commands"][0].as_str().unwrap().split(' ').collect();
    assert_eq!(words[0], "goward");
    assert_eq!(sandbox.goward(&words[1..]).code, Some(0));
    assert_eq!(sandbox.goward(["lock", "--check"]).code, Some(0));
    // What it commits.
    assert_eq!(git(&sandbox, "project", &["diff", "--name-only"]), "goward.lock\ngoward.toml");
}
