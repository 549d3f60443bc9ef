//! Tools of a project from day to day: what is newer, and what other files
//! name.

use super::enabled;
use super::tools::{GREET, NEW, OLD, projects};
use crate::common::json_keys::{are_documented, fit_their_schema};
use crate::common::vulndb;
use serde_json::{Value, json};
use std::fs;

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

#[test]
fn tools_of_other_files_are_taken_with_their_places() {
    if !enabled(&[OLD, NEW]) {
        return;
    }
    let (sandbox, _proxy) = projects();
    let goward = |arguments: &[&str]| sandbox.goward_in("b", arguments);
    let nothing = goward(&["tools", "import"]);
    assert!(nothing.code == Some(0) && nothing.stderr.contains("nothing to add to"), "{nothing:?}");
    for (file, text) in [
        (
            "go.mod",
            "module b.example\n\ngo 1.24\n\ntool (\n\tb.example/cmd/gen\n\ttools.example/newer\n)\n\n\
             require (\n\ttools.example/greet v1.0.0\n\ttools.example/newer v1.0.0\n)\n",
        ),
        (
            "tools/tools.go",
            "//go:build tools\n\npackage tools\n\nimport _ \"tools.example/greet\"\n",
        ),
        (".bingo/greet.mod", "module _\n\nrequire tools.example/greet v1.1.0\n"),
        (".bingo/other.mod", "module _\n\nrequire tools.example/other v0.1.0 // cmd/o -tags=a\n"),
        (
            "mise.toml",
            "[tools]\n\"go:tools.example/mine\" = \"2.0.0\"\ngolangci-lint = \"2.1.6\"\n",
        ),
        (".tool-versions", "nodejs 22\ngo:tools.example/newer 1.0.0\n"),
        ("aqua.yaml", "packages:\n  - name: mvdan/gofumpt@v0.9.0\n"),
        (".golangci-lint-version", "v2.1.6\n"),
    ] {
        sandbox.write(&format!("b/{file}"), text);
    }
    let manifest = sandbox.read("b/goward.toml");
    let manifest = format!("{manifest}\n[tools]\nmine = \"tools.example/mine@v1.0.0\"\n");
    sandbox.write("b/goward.toml", &manifest);
    let lint = "github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.1.6";
    let said = format!(
        "goward: left out `require tools.example/greet v1.1.0` of `.bingo/greet.mod:3`: \
         `tools/tools.go:5` has `tools.example/greet@v1.0.0`\n\
         goward: left out `name: mvdan/gofumpt@v0.9.0` of `aqua.yaml:2`: its name is not the path of \
         a Go package\n\
         goward: left out `go:tools.example/newer 1.0.0` of `.tool-versions:2`: `go.mod:7` has it, in \
         the same version\n\
         goward: left out `go:tools.example/mine = \"2.0.0\"` of `mise.toml:2`: `[tools]` has \
         `tools.example/mine@v1.0.0`\n\
         goward: left out `golangci-lint = \"2.1.6\"` of `mise.toml:3`: `.golangci-lint-version:1` \
         has it, in the same version\n\
         goward: gen = \"./cmd/gen\", from `go.mod:6`\n\
         goward: newer = \"tools.example/newer@v1.0.0\", from `go.mod:7`\n\
         goward: greet = \"tools.example/greet@v1.0.0\", from `tools/tools.go:5`\n\
         goward: other = \"tools.example/other/cmd/o@v0.1.0\", from `.bingo/other.mod:3`\n\
         goward: golangci-lint = \"{lint}\", from `.golangci-lint-version:1`\n"
    );
    let dry = goward(&["tools", "import", "--dry-run", "--json"]);
    assert_eq!(dry.code, Some(0), "{dry:?}");
    let (before, last) = dry.stderr.split_at(dry.stderr.trim_end().rfind('\n').unwrap() + 1);
    assert_eq!(before, said);
    assert!(last.contains("would add these to "), "{last}");
    let printed: Value = serde_json::from_str(&dry.stdout).unwrap();
    are_documented("tools import", std::slice::from_ref(&printed), &[], &[]);
    assert_eq!(printed["added"][3]["tags"], json!(["a"]));
    assert_eq!(printed["leftOut"].as_array().unwrap().len(), 5);
    assert_eq!(sandbox.read("b/goward.toml"), manifest);
    let imported = goward(&["tools", "import"]);
    assert_eq!(imported.code, Some(0), "{imported:?}");
    let added = format!(
        "gen = \"./cmd/gen\"\nnewer = \"tools.example/newer@v1.0.0\"\n\
         greet = \"tools.example/greet@v1.0.0\"\n\
         other = {{ package = \"tools.example/other/cmd/o@v0.1.0\", tags = [\"a\"] }}\n\
         golangci-lint = \"{lint}\"\n"
    );
    assert_eq!(sandbox.read("b/goward.toml"), format!("{manifest}{added}"));
    assert!(!sandbox.path("b/goward-tools.lock").exists());
    let again = goward(&["tools", "import"]);
    assert!(again.stderr.contains("nothing to add to"), "{again:?}");
    // What was taken can be locked.
    let removed = goward(&["tools", "remove", "other", "mine", "golangci-lint", "gen"]);
    assert_eq!(removed.code, Some(0), "{removed:?}");
    let dry = goward(&["lock", "--dry-run"]);
    assert!(dry.stderr.ends_with("\ngoward: would lock greet, newer\n"), "{dry:?}");
    assert!(!sandbox.path("b/goward-tools.lock").exists());
    assert_eq!(goward(&["lock"]).code, Some(0));
    assert_eq!(goward(&["tool", "greet"]).stdout, "hello v1.0.0 go1.27.1 []\n");
}

#[test]
fn tools_move_together_with_the_go_of_their_project() {
    if !enabled(&[OLD, NEW]) {
        return;
    }
    let (sandbox, proxy) = projects();
    let goward = |arguments: &[&str]| sandbox.goward_in("a", arguments);
    let manifest = sandbox.read("a/goward.toml");
    let tools =
        "[tools]\ngreet = \"tools.example/greet@v1.0\"\nnewer = \"tools.example/newer@latest\"\n";
    sandbox.write("a/goward.toml", format!("{manifest}\n{tools}"));
    assert_eq!(goward(&["lock"]).code, Some(0));
    let lock = sandbox.read("a/goward-tools.lock");
    let files = [
        ("go.mod", "module tools.example/greet\n\ngo 1.21\n\nrequire tools.example/word v1.0.0\n"),
        ("main.go", GREET),
    ];
    proxy.add("tools.example/greet", "v1.0.7", &files);
    let dry = goward(&["upgrade", "--dry-run", "--json"]);
    assert_eq!(dry.code, Some(0), "{dry:?}");
    assert!(
        dry.stderr.contains(
            "goward: .: greet would move from v1.0.0 to v1.0.7\n\
             goward: .: nothing newer than v1.0.0 of newer fits `tools.example/newer@latest`\n"
        ),
        "{dry:?}"
    );
    let printed: Value = serde_json::from_str(&dry.stdout).unwrap();
    fit_their_schema("upgrade", std::slice::from_ref(&printed));
    let upgraded = [0, 1].map(|at| printed[0]["tools"][at]["upgradedTo"].as_str());
    assert_eq!(upgraded, [Some("v1.0.7"), None]);
    assert_eq!(sandbox.read("a/goward-tools.lock"), lock);
    // It installs nothing.
    let tree = sandbox.store().join("tree");
    fs::rename(&tree, sandbox.path("aside")).unwrap();
    let dry = goward(&["upgrade", "--dry-run"]);
    let said = "goward: .: its tools are not compared: its Go is not installed\n";
    assert!(dry.code == Some(0) && dry.stderr.ends_with(said) && !tree.exists(), "{dry:?}");
    fs::rename(sandbox.path("aside"), &tree).unwrap();
    let upgraded = goward(&["upgrade"]);
    assert_eq!(upgraded.code, Some(0), "{upgraded:?}");
    let moved = "goward: .: greet moved from v1.0.0 to v1.0.7\n";
    assert!(upgraded.stderr.contains(moved), "{upgraded:?}");
    assert_eq!(goward(&["tool", "greet"]).stdout, "hello v1.0.7 go1.26.2 []\n");
    let again = goward(&["upgrade"]);
    assert!(!again.stderr.contains("moved"), "{again:?}");
    // Another Go builds what it can.
    let dry = goward(&["use", NEW, "--dry-run"]);
    let said = "goward: go1.27.1 would build greet again, unless one needs a newer Go\n";
    assert!(dry.code == Some(0) && dry.stderr.contains(said), "{dry:?}");
    let used = goward(&["use", NEW]);
    assert!(
        used.stderr.contains(
            "goward: go1.27.1 builds greet again: at the next call, or `goward tools install`\n"
        ),
        "{used:?}"
    );
    let used = goward(&["use", OLD]);
    assert!(
        used.stderr.contains(
            "goward: tools.example/newer needs Go 1.27.0: it is built by go1.27.1, not by go1.26.2\n"
        ) && used.stderr.contains("goward: go1.26.2 builds greet again: "),
        "{used:?}"
    );
}

#[test]
fn other_versions_of_a_locked_tool_are_findings() {
    if !enabled(&[OLD, NEW]) {
        return;
    }
    let (sandbox, _proxy) = projects();
    let goward = |arguments: &[&str]| sandbox.goward_in("b", arguments);
    let found = || {
        let outcome = goward(&["check", "--json", "--vulndb", "off"]);
        let report: Value = serde_json::from_str(&outcome.stdout).unwrap();
        let findings = report["findings"].as_array().unwrap().clone();
        let tools = findings.into_iter().filter(|finding| finding["check"] == "tools");
        let line = |finding: Value| {
            let file = finding["file"].as_str().unwrap().to_owned();
            format!("{file}:{} {}", finding["line"], finding["message"].as_str().unwrap())
        };
        tools.map(line).collect::<Vec<_>>()
    };
    let makefile = "a:\n\tgo run tools.example/greet@v1.1.0\nb:\n\tgo run tools.example/greet@v1.0.0\n\
                    c: # goward: ignore\n\tgo run tools.example/greet@v1.1.0 # goward: ignore tools\n";
    for (file, text) in [
        (
            "go.mod",
            "module b.example\n\ngo 1.24\n\ntool tools.example/greet\n\n\
             require tools.example/greet v1.1.0 // indirect\n",
        ),
        ("Makefile", makefile),
        (".tool-versions", "go:tools.example/greet latest\n"),
        ("hack/old.sh", "go install tools.example/greet@v0.9.0\n"),
    ] {
        sandbox.write(&format!("b/{file}"), text);
    }
    assert_eq!(found(), Vec::<String>::new());
    let manifest = sandbox.read("b/goward.toml");
    sandbox.write(
        "b/goward.toml",
        format!(
            "{manifest}\n[tools]\ngreet = \"tools.example/greet@v1.0\"\n\n\
             [check]\nignore = [{{ path = \"hack\", check = \"tools\" }}]\n"
        ),
    );
    // What is not locked, and is no exact version, is not compared.
    assert_eq!(found(), Vec::<String>::new());
    assert_eq!(goward(&["lock"]).code, Some(0));
    let other = "is another version of `greet` than v1.0.0 of the lock";
    let go_mod = format!("go.mod:5 `tool tools.example/greet` {other}");
    let floats = ".tool-versions:1 `go:tools.example/greet latest` leaves open which version of \
                  `greet` it is"
        .to_owned();
    let run = format!("Makefile:2 `tools.example/greet@v1.1.0` {other}");
    assert_eq!(found(), [floats.clone(), run, go_mod.clone()]);
    assert_eq!(goward(&["check", "--fix", "--vulndb", "off"]).code, Some(6));
    assert_eq!(found(), [floats, go_mod]);
    assert_eq!(sandbox.read("b/Makefile"), makefile.replacen("v1.1.0", "v1.0.0", 1));
    // A lock that cannot be read is an error of its own.
    sandbox.write("b/goward-tools.lock", "schema = 9\n");
    let unread = goward(&["check", "--vulndb", "off"]);
    assert!(unread.code == Some(2) && unread.stderr.contains("is of a newer goward"), "{unread:?}");
}

#[test]
fn known_vulnerabilities_of_a_tools_modules_are_findings() {
    if !enabled(&[OLD, NEW]) {
        return;
    }
    let (sandbox, _proxy) = projects();
    let word = vulndb::Entry {
        id: "GO-2099-0002",
        module: "tools.example/word",
        package: "tools.example/word",
        cve: "CVE-2099-2",
        summary: "Made up",
        ranges: &[("0", "1.1.0")],
    };
    vulndb::write_with(&sandbox, "vulndb", &[word]);
    let check = || sandbox.goward_in("b", ["check", "--vulndb", "../vulndb"]);
    let message = "goward-tools.lock: error: `greet` is built of tools.example/word@v1.0.0, which has \
                   GO-2099-0002 (CVE-2099-2): Made up [vulnerabilities]\n";
    assert!(!check().stdout.contains("vulnerabilities]"));
    let added = sandbox.goward_in("b", ["tools", "add", "tools.example/greet@v1.0.0"]);
    assert_eq!(added.code, Some(0), "{added:?}");
    let found = check();
    assert_eq!(found.code, Some(6), "{found:?}");
    assert!(found.stdout.contains(message), "{found:?}");
    assert!(
        found.stdout.contains("  fix: v1.1.0 of it does not have it: see `goward tools outdated")
    );
    let manifest = sandbox.read("b/goward.toml");
    let ignore =
        "[check]\nignore = [{ path = \"goward-tools.lock\", check = \"vulnerabilities\" }]\n";
    sandbox.write("b/goward.toml", format!("{manifest}\n{ignore}"));
    assert!(!check().stdout.contains("vulnerabilities]"));
}
