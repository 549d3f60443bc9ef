//! Tools of a project from day to day: what is newer.

use super::enabled;
use super::tools::{GREET, NEW, OLD, projects};
use crate::common::json_keys::are_documented;
use serde_json::{Value, json};

#[test]
fn what_is_newer_is_named_and_nothing_changes() {
    if !enabled(&[OLD, NEW]) {
        return;
    }
    let (sandbox, proxy) = projects();
    let goward = |arguments: &[&str]| sandbox.goward_in("a", arguments);
    let none = goward(&["tools", "outdated"]);
    assert_eq!((none.code, &*none.stdout), (Some(0), ""), "{none:?}");
    let manifest = sandbox.read("a/goward.toml");
    sandbox.write(
        "a/goward.toml",
        format!(
            "{manifest}\n[tools]\ngen = \"./cmd/gen\"\ngreet = \"tools.example/greet@v1.0\"\n\
             newer = \"tools.example/newer@latest\"\n"
        ),
    );
    let unlocked = goward(&["tools", "outdated", "greet"]);
    assert_eq!(unlocked.stdout.lines().nth(1), Some("greet  v1.0     -       -        -       -"));
    assert!(unlocked.stderr.contains("hint: lock what is not locked: `goward lock`\n"));
    assert_eq!(goward(&["lock"]).code, Some(0));
    let lock = sandbox.read("a/goward-tools.lock");
    let files = [
        ("go.mod", "module tools.example/greet\n\ngo 1.21\n\nrequire tools.example/word v1.0.0\n"),
        ("main.go", GREET),
    ];
    for version in ["v1.0.7", "v1.3.0-rc.1"] {
        proxy.add("tools.example/greet", version, &files);
    }
    let outdated = goward(&["tools", "outdated"]);
    assert_eq!(outdated.code, Some(0), "{outdated:?}");
    assert_eq!(
        outdated.stdout,
        "tool   request    locked  allowed  newest  built with\n\
         gen    ./cmd/gen  -       -        -       -\n\
         greet  v1.0       v1.0.0  v1.0.7   v1.1.0  go1.26.2\n\
         newer  latest     v1.0.0  v1.0.0   v1.0.0  go1.27.1\n"
    );
    assert!(
        outdated.stderr.ends_with("there are upgrades: `goward tools upgrade greet`\n"),
        "{outdated:?}"
    );
    let printed = goward(&["tools", "outdated", "--json", "greet", "newer"]);
    let printed: Value = serde_json::from_str(&printed.stdout).unwrap();
    are_documented("tools outdated", std::slice::from_ref(&printed), &[], &[]);
    assert_eq!(
        printed[0],
        json!({
            "name": "greet", "source": "tools.example/greet@v1.0", "request": "v1.0",
            "locked": "v1.0.0", "allowed": "v1.0.7", "newest": "v1.1.0", "outdated": true,
            "go": "go1.26.2",
        })
    );
    assert_eq!(printed[1]["outdated"], json!(false));
    assert_eq!(sandbox.read("a/goward-tools.lock"), lock);
    let unknown = goward(&["tools", "outdated", "gree"]);
    assert_eq!(unknown.code, Some(3), "{unknown:?}");
    assert!(unknown.stderr.contains("hint: did you mean `greet`?"), "{unknown:?}");
}
