//! `goward experiments`, on a small release and on those that are built in.

use super::{mirror, sandbox};
use serde_json::{Value, json};

/// The line about `name`.
fn line<'o>(output: &'o str, name: &str) -> &'o str {
    output.lines().find(|line| line.split(' ').next() == Some(name)).unwrap_or_default()
}

#[test]
fn what_is_on_and_who_says_so() {
    let server = mirror();
    let sandbox = sandbox(&server).file("home/.config/go/env", "GOEXPERIMENT=simd\n");
    let pins = ["use", "1.99.1", "--experiment", "nogreenteagc", "--experiment", "jsonv2"];
    assert_eq!(sandbox.goward(pins).code, Some(0));
    let sandbox =
        sandbox.var("GOEXPERIMENT", "fieldtrack").var("GOOS", "linux").var("GOARCH", "s390x");
    let outcome = sandbox.goward(["experiments"]);
    assert_eq!(
        outcome.says(),
        "goward: go1.99.1 on linux/s390x, by its own source\n\
         goward: `GOEXPERIMENT=simd` does not count here (go env -w, [HOME]/.config/go/env)\n\
         goward: `GOEXPERIMENT=fieldtrack` does not count here (environment)\n"
    );
    let cases = [
        "greenteagc             off 1.25-      the Green Tea garbage collector; default since 1.26 (nogreenteagc [PROJECT]/goward.lock:15)",
        "jsonv2                 on  1.25-      encoding/json/v2, which encoding/json is then made of; default since 1.27 (jsonv2 [PROJECT]/goward.lock:15)",
        "fieldtrack             off always     the linker reports which fields marked `go:\"track\"` are used",
        "regabiargs             on  always     arguments and results in registers",
        // The small release does not have it, whatever the others do.
        "simd                   -   1.26-      package `simd`, vector instructions",
        "swissmap               -   1.24-1.25  maps as Swiss tables; always on since go1.26",
    ];
    for want in cases {
        let name = want.split(' ').next().unwrap();
        assert_eq!(line(&outcome.stdout, name), want);
    }
    let names: Vec<&str> =
        outcome.stdout.lines().map(|line| line.split(' ').next().unwrap()).collect();
    assert!(names.is_sorted() && names.len() > 30, "{names:?}");
}

#[test]
fn json_has_the_same() {
    let server = mirror();
    let sandbox = sandbox(&server);
    assert_eq!(sandbox.goward(["use", "1.99.1", "--experiment", "nogreenteagc"]).code, Some(0));
    let outcome = sandbox.var("GOEXPERIMENT", "none").goward(["experiments", "--json"]);
    let list: Value = serde_json::from_str(outcome.data()).unwrap();
    let keys = ["version", "source"].map(|key| list[key].as_str().unwrap());
    assert_eq!(keys, ["go1.99.1", "tree"]);
    let find = |name: &str| {
        let mut rows = list["experiments"].as_array().unwrap().iter();
        rows.find(|row| row["name"] == name).unwrap().clone()
    };
    let environment =
        json!({"value": "none", "by": "environment", "place": "environment", "counts": false});
    let pin = json!({"value": "nogreenteagc", "by": "pin", "place": "[PROJECT]/goward.lock:15", "counts": true});
    assert_eq!(
        find("greenteagc"),
        json!({
            "name": "greenteagc", "known": true, "default": true, "enabled": false,
            "since": "1.25", "until": null, "default_since": "1.26",
            "meaning": "the Green Tea garbage collector", "instead": null, "doc": "",
            "set": [environment, pin],
        })
    );
    assert_eq!(list["said"], json!([environment, pin]));
    let gone = find("range");
    assert_eq!((&gone["known"], &gone["until"]), (&json!(false), &json!("1.22")));
    assert_eq!((&gone["default"], &gone["enabled"]), (&Value::Null, &Value::Null));
}

#[test]
fn a_release_that_is_not_installed() {
    let server = mirror();
    let sandbox = sandbox(&server).var("GOARCH", "386");
    let outcome = sandbox.goward(["experiments", "--go", "1.24.7"]);
    assert_eq!(
        outcome.says(),
        "goward: go1.24.7 on linux/386, not installed, by what goward has built in\n"
    );
    let on = |name| line(&outcome.stdout, name).split_whitespace().nth(1).unwrap().to_owned();
    let shown = ["swissmap", "spinbitmutex", "regabiargs", "synctest", "jsonv2"].map(on);
    assert_eq!(shown, ["on", "on", "off", "off", "-"]);
    // What governs nothing is not asked, and what the caller sets would count.
    let sandbox = sandbox.var("GOEXPERIMENT", "synctest,nosuch");
    let outcome = sandbox.goward(["experiments", "--go", "1.24"]);
    assert_eq!(
        outcome.says(),
        "goward: warning: `such` is not an experiment of go1.24\n\
         goward: go1.24 on linux/386, not installed, by what goward has built in\n"
    );
    assert!(
        line(&outcome.stdout, "synctest").ends_with(" (synctest environment)"),
        "{}",
        outcome.stdout
    );
    sandbox.goward(["experiments", "--go", "1.20"]).fails(
        3,
        "goward: no installed toolchain fits `1.20`, and nothing is built in\n\
         hint: install one: `goward install '1.20'`",
    );
}

#[test]
fn a_profile_is_named_and_a_missing_toolchain_does_not_matter() {
    let server = mirror();
    let manifest = "[toolchain]\ngo = \"1.99.1\"\n[profile.ci]\nexperiments = [\"jsonv2\"]\n";
    let sandbox = sandbox(&server).file("project/goward.toml", manifest);
    assert_eq!(sandbox.goward(["lock"]).code, Some(0));
    let sandbox = sandbox.var("GOWARD_PROFILE", "ci");
    // 1.99 is not built in.
    assert_eq!(sandbox.goward(["experiments"]).code, Some(127));
    assert_eq!(sandbox.goward(["install"]).code, Some(0));
    let outcome = sandbox.goward(["experiments"]);
    let shown = line(&outcome.stdout, "jsonv2");
    assert!(shown.ends_with(" (jsonv2 [PROJECT]/goward.lock:15, profile ci)"), "{shown}");
    let sandbox = sandbox.without_var("GOWARD_PROFILE");
    let outcome = sandbox.goward_in("elsewhere", ["experiments"]);
    assert_eq!(outcome.code, Some(127), "{}", outcome.stderr);
}
