//! `goward list`.

use super::{mirror, sandbox};
use crate::common::json_keys::section;
use goward_core::platform::Platform;

#[test]
fn nothing_yet() {
    let outcome = sandbox(&mirror()).goward(["list"]);
    assert_eq!(
        outcome.says(),
        "goward: no toolchain is installed; `goward install stable` installs one\n"
    );
    assert_eq!(outcome.stdout, "");
}

#[test]
fn what_is_installed() {
    let server = mirror();
    let sandbox = sandbox(&server);
    assert_eq!(sandbox.goward(["install", "1.99.1", "1.98.3"]).code, Some(0));
    assert_eq!(sandbox.goward(["default", "1.98.3"]).code, Some(0));
    let host = Platform::host().to_string();
    let outcome = sandbox.goward(["list"]);
    let lines: Vec<Vec<&str>> =
        outcome.data().lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[0], ["VERSION", "PLATFORM", "LEVEL", "SIZE", "ON", "DISK"]);
    assert_eq!(lines[1][..3], ["go1.98.3", &host, "listed"]);
    assert!(outcome.stdout.contains("  default, used here: the default, `[STORE]/default.lock`\n"));
    assert_eq!(lines[2][..3], ["go1.99.1", &host, "listed"]);
    // Of a project it is another one, and a request chooses.
    assert_eq!(sandbox.goward_in("app", ["use", "1.99.1"]).code, Some(0));
    let here = sandbox.goward_in("app", ["list", "1.99"]);
    assert_eq!(here.data().lines().count(), 2);
    assert!(here.stdout.ends_with("  used here: `[BASE]/app/goward.lock`\n"), "{here:?}");
    // Without a header, for programs that do not take JSON.
    assert_eq!(sandbox.goward(["-q", "list"]).data().lines().count(), 2);
    let none = sandbox.goward(["list", "1.97"]);
    assert_eq!(none.says(), "goward: nothing that `1.97` allows is installed\n");
    let json: serde_json::Value =
        serde_json::from_str(sandbox.goward(["list", "--json"]).data()).unwrap();
    assert_eq!(json[0]["version"], "go1.98.3");
    assert_eq!(json[0]["default"], true);
    assert_eq!(json[1]["level"], "listed");
    assert_eq!(json[1]["full"], false);
    assert!(json[1]["bytes"].as_u64().unwrap() > 100);
}

#[test]
fn the_releases_of_the_first_source_that_answers() {
    let server = mirror();
    let sandbox = sandbox(&server);
    let outcome = sandbox.goward(["list", "--remote"]);
    let table = "VERSION     RELEASED  SUPPORTED\ngo1.100rc1  -         -\ngo1.99.1    -         -\n\
                 go1.99.0    -         -\ngo1.98.3    -         -\n";
    assert_eq!(outcome.stdout, table);
    assert_eq!(outcome.says(), "goward: 4 releases, from [URL]/\n");
    let json: serde_json::Value =
        serde_json::from_str(&sandbox.goward(["list", "--remote", "--json"]).stdout).unwrap();
    let of = |version: &str, stable: bool, installed: bool| {
        serde_json::json!({
            "version": version, "stable": stable, "installed": installed, "supported": null,
            "endOfSupport": null, "flaws": [], "published": null,
        })
    };
    assert_eq!(json["releases"][0], of("go1.100rc1", false, false));
    assert_eq!(sandbox.goward(["install", "1.99.1"]).code, Some(0));
    let history = "<p id=\"go1.99.1\">go1.99.1 (released 2026-11-04) includes fixes.</p>";
    sandbox.write("history", history);
    let config = format!("[policy]\nrelease-history = \"{}\"\n", sandbox.path("history").display());
    sandbox.write("home/.config/goward/config.toml", config);
    let outcome = sandbox.goward(["list", "--remote", "1.99"]);
    let table = "VERSION   RELEASED    SUPPORTED\ngo1.99.1  2026-11-04  -          installed\n\
                 go1.99.0  -           -\n";
    assert_eq!(outcome.stdout, table);
    std::fs::remove_file(sandbox.path("home/.config/goward/config.toml")).unwrap();
    let json: serde_json::Value =
        serde_json::from_str(&sandbox.goward(["list", "--remote", "--json"]).stdout).unwrap();
    assert_eq!(json["releases"][1], of("go1.99.1", true, true));
}

#[test]
fn without_network_the_built_in_records_answer() {
    let sandbox = sandbox(&mirror()).var("GOWARD_OFFLINE", "1");
    let outcome = sandbox.goward(["list", "--remote"]);
    // Days of a line that has ended, and flaws, are those of the built-in tables.
    for (start, end) in [
        ("go1.27.1 ", "has known flaws"),
        ("go1.22.10 ", "  -         ended 2025-02-11  has known flaws"),
    ] {
        let has = |line: &str| line.starts_with(start) && line.ends_with(end);
        assert!(outcome.stdout.lines().any(has), "{}", outcome.stdout);
    }
    let json: serde_json::Value =
        serde_json::from_str(&sandbox.goward(["list", "--remote", "--json"]).stdout).unwrap();
    let old = json["releases"].as_array().unwrap().iter().find(|it| it["version"] == "go1.22.10");
    let old = old.unwrap();
    assert_eq!((&old["supported"], &old["endOfSupport"]), (&false.into(), &"2025-02-11".into()));
    assert!(old["flaws"].as_array().unwrap().contains(&"CVE-2026-97033".into()), "{old}");
    assert!(outcome.says().contains("network is off"), "{}", outcome.stderr);
    assert!(
        outcome.stderr.ends_with("releases, from the built-in records\n"),
        "{}",
        outcome.stderr
    );
}

/// The part of a command's JSON whose keys are documented.
type Object = fn(&serde_json::Value) -> &serde_json::Value;

/// The keys that `docs/json.md` promises are those that are printed.
#[test]
fn json_has_the_documented_keys() {
    let server = mirror();
    let sandbox = sandbox(&server);
    assert_eq!(sandbox.goward(["use", "1.99.1"]).code, Some(0));
    let cases: [(&[&str], Object); 8] = [
        (&["doctor", "--json"], |value| value),
        (&["list", "--json"], |list| &list[0]),
        (&["gc", "--json"], |value| value),
        (&["gc", "--json"], |value| &value["toolchains"][0]),
        (&["list", "--remote", "--json"], |value| value),
        (&["verify", "--json"], |list| &list[0]),
        (&["which", "--json"], |value| value),
        (&["version", "--json"], |value| value),
    ];
    for (args, object) in cases {
        let value: serde_json::Value = serde_json::from_str(&sandbox.goward(args).stdout).unwrap();
        let row = section(args.join(" ").trim_end_matches(" --json"));
        for key in object(&value).as_object().unwrap().keys() {
            assert!(row.contains(&format!("`{key}`")), "{args:?}: `{key}` is not documented");
        }
    }
}
