//! `goward godebug`, on a small release and on those that are built in.

use super::{mirror, sandbox};
use crate::common::Sandbox;
use serde_json::{Value, json};

fn line<'o>(output: &'o str, name: &str) -> &'o str {
    output.lines().find(|line| line.split(' ').next() == Some(name)).unwrap_or_default()
}

#[test]
fn what_is_set_and_who_says_so() {
    let server = mirror();
    let sandbox = sandbox(&server)
        .file("project/go.mod", "module m\n\ngo 1.19\n\ngodebug netdns=go\n")
        .file("project/cmd/x/main.go", "//go:debug http2debug=2\npackage main\n")
        .file("home/.config/go/env", "GODEBUG=panicnil=0\n");
    assert_eq!(sandbox.goward(["use", "1.99.1", "--debug", "http2debug=1"]).code, Some(0));
    let sandbox = sandbox.var("GODEBUG", "gctrace=1");
    let outcome = sandbox.goward(["godebug"]);
    assert_eq!(
        outcome.says(),
        "goward: go1.99.1, by its own source; programs get the defaults of Go 1.19 by `[PROJECT]/go.mod`\n\
         goward: `GODEBUG=panicnil=0` does not count here (go env -w, [HOME]/.config/go/env)\n\
         goward: `GODEBUG=gctrace=1` does not count here (environment)\n"
    );
    let cases = [
        "gctrace                          always     1: prints a line at each collection",
        "http2debug                  1    1.21-      1 or 2: logs what HTTP/2 does ([PROJECT]/goward.lock:15)",
        "netdns                      go   1.21-      go or cgo: which resolver looks up names; a number: logs it ([PROJECT]/go.mod:5)",
        "panicnil                    1    1.21-      1: panic(nil) is allowed; default until 1.20 (go line)",
        "tls3des                     -    1.23-1.26  1: cipher suites with 3DES are among the defaults; never among the defaults since go1.27",
        "toolchaintrace                   1.24-      1: the go command explains which toolchain it chooses",
        "tlskyber                    -    1.23       0: TLS does not offer X25519Kyber768Draft00; the draft is gone since go1.24; tlsmlkem is about its successor",
    ];
    for want in cases {
        assert_eq!(line(&outcome.stdout, want.split(' ').next().unwrap()), want);
    }
    let outcome = sandbox.goward(["godebug", "--json"]);
    let list: Value = serde_json::from_str(outcome.data()).unwrap();
    assert_eq!((&list["module"], &list["defaults"]), (&json!("[PROJECT]/go.mod"), &json!("1.19")));
    let find = |name: &str| {
        let mut rows = list["settings"].as_array().unwrap().iter();
        rows.find(|row| row["name"] == name).unwrap().clone()
    };
    let http2 = find("http2debug");
    let places: Vec<_> = http2["set"].as_array().unwrap().iter().map(|set| &set["place"]).collect();
    assert_eq!(places, ["[PROJECT]/cmd/x/main.go:1", "[PROJECT]/goward.lock:15"]);
    let gone = find("asynctimerchan");
    assert_eq!(
        gone,
        json!({
            "name": "asynctimerchan", "state": "removed", "removed": "1.27", "fatal": ["1", "2"],
            "package": "time", "default": null, "value": null, "changed": null, "old": null,
            "since": "1.23", "until": "1.26", "instead": "timer channels are always unbuffered since go1.27",
            "meaning": "1: channels of timers are buffered, as before go1.23; 2: so, with the new timers",
            "set": [],
        })
    );
}

/// Lines and comments count from the release on that reads them.
#[test]
fn older_releases_do_not_read_all_of_it() {
    let server = mirror();
    let sandbox = sandbox(&server)
        .file("project/go.mod", "module m\n\ngo 1.19\n\ngodebug netdns=go\n")
        .file("project/main.go", "//go:debug http2debug=2\npackage main\n");
    let shown = |go: &str| {
        let outcome = sandbox.goward(["-q", "godebug", "--go", go]);
        ["netdns", "http2debug", "panicnil"]
            .map(|name| line(&outcome.stdout, name)[28..32].trim().to_owned())
    };
    assert_eq!(shown("1.23"), ["go", "2", "1"]);
    assert_eq!(shown("1.22"), ["", "2", "1"]);
    assert_eq!(shown("1.19"), ["-", "-", "-"]);
}

#[test]
fn a_pin_that_the_release_does_not_take_is_named() {
    let server = mirror();
    let sandbox = sandbox(&server);
    assert_eq!(sandbox.goward(["use", "1.99.1", "--debug", "panicnil=1"]).code, Some(0));
    let lock = sandbox.read("project/goward.lock");
    sandbox.write("project/goward.lock", lock.replace("panicnil=1", "asynctimerchan=1"));
    let outcome = sandbox.goward(["-q", "godebug"]);
    assert_eq!(
        outcome.stderr,
        "goward: warning: with `asynctimerchan=1` nothing of go1.99.1 starts, not even the go command\n"
    );
    assert_eq!(outcome.code, Some(0));
    assert!(
        line(&outcome.stdout, "asynctimerchan").contains(" -    1.23-1.26 "),
        "{}",
        outcome.stdout
    );
}

/// Two programs of a module may ask for different things; the table has room for one.
#[test]
fn of_several_programs_the_last_is_shown_and_json_has_all() {
    let server = mirror();
    let sandbox = sandbox(&server)
        .file("project/go.mod", "module m\n\ngo 1.23\n")
        .file("project/cmd/a/main.go", "//go:debug panicnil=1\npackage main\n")
        .file("project/cmd/b/main.go", "//go:debug panicnil=0\npackage main\n")
        // Not a program, and not a test.
        .file("project/lib/lib.go", "//go:debug panicnil=2\npackage lib\n");
    let outcome = sandbox.goward(["-q", "godebug", "--go", "1.23"]);
    let shown = line(&outcome.stdout, "panicnil");
    assert!(
        shown.contains(" 0    1.21- ") && shown.ends_with(" ([PROJECT]/cmd/b/main.go:1)"),
        "{shown}"
    );
    let json = sandbox.goward(["-q", "godebug", "--go", "1.23", "--json"]);
    let list: Value = serde_json::from_str(json.data()).unwrap();
    let rows = list["settings"].as_array().unwrap();
    let row = rows.iter().find(|row| row["name"] == "panicnil").unwrap();
    let set: Vec<_> =
        row["set"].as_array().unwrap().iter().map(|set| (&set["value"], &set["place"])).collect();
    let [a, b] = ["a", "b"].map(|name| json!(format!("[PROJECT]/cmd/{name}/main.go:1")));
    assert_eq!(set, [(&json!("1"), &a), (&json!("0"), &b)]);
}

/// What Go refuses, or passes over, does not count, wherever it is written.
#[test]
fn what_go_does_not_take_does_not_count() {
    let server = mirror();
    let sandbox = sandbox(&server)
        .file(
            "project/go.mod",
            "module m\n\ngo 1.23\n\ngodebug (\n\ttls3des=1\n\ttls3des=0\n\tgctrace=1\n\tnosuch=1\n\
             \tdefault=1.21\n\tdefault=go1.999\n)\n",
        )
        .file("project/main_test.go", "//go:debug netdns=cgo\npackage main\n");
    assert_eq!(sandbox.goward(["use", "1.99.1"]).code, Some(0));
    let outcome = sandbox.goward(["godebug"]);
    let refused = |setting: &str, why: &str, line: u32| {
        format!(
            "goward: warning: `godebug {setting}` is refused by go1.99.1: {why} ([PROJECT]/go.mod:{line})\n"
        )
    };
    let said = [
        refused("tls3des=1", "it was removed in go1.27", 6),
        refused("gctrace=1", "only the runtime reads it, and only in the environment", 8),
        refused("nosuch=1", "it is not in Go's table of settings", 9),
        refused("default=1.21", "its value must be a version such as `go1.21`", 10),
        refused("default=go1.999", "`go1.999` is newer than go1.99.1", 11),
        "goward: go1.99.1, by its own source; programs get the defaults of Go 1.23 by `[PROJECT]/go.mod`\n"
            .to_owned(),
        "goward: `godebug tls3des=0` does nothing: it was removed in go1.27 ([PROJECT]/go.mod:7)\n".to_owned(),
    ];
    assert_eq!(outcome.says(), said.concat());
    let shown = line(&outcome.stdout, "netdns");
    assert!(shown.starts_with("netdns                           1.21-"), "{shown}");
    assert!(shown.ends_with(" (in tests cgo: [PROJECT]/main_test.go:1)"), "{shown}");
    assert!(
        line(&outcome.stdout, "gctrace").starts_with("gctrace                          always")
    );
    let outcome = sandbox.goward(["-q", "godebug", "--json"]);
    let list: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let said: Vec<_> = list["said"]
        .as_array()
        .unwrap()
        .iter()
        .map(|said| {
            (said["value"].as_str().unwrap(), said["verdict"].as_str().unwrap(), &said["counts"])
        })
        .collect();
    assert_eq!(
        said,
        [
            ("tls3des=1", "refused", &json!(false)),
            ("tls3des=0", "ignored", &json!(false)),
            ("gctrace=1", "refused", &json!(false)),
            ("nosuch=1", "refused", &json!(false)),
            ("default=1.21", "refused", &json!(false)),
            ("default=go1.999", "refused", &json!(false)),
            ("netdns=cgo", "taken", &json!(true)),
        ]
    );
    assert_eq!(list["problems"].as_array().unwrap().len(), 5);
    assert_eq!(list["said"][6]["by"], "test-comment");
}

#[test]
fn the_defaults_are_those_that_go_takes() {
    let server = mirror();
    let sandbox = sandbox(&server);
    assert_eq!(sandbox.goward(["use", "1.99.1"]).code, Some(0));
    let shown = |sandbox: &Sandbox, go_mod: &str| {
        sandbox.write("project/go.mod", format!("module m\n{go_mod}"));
        let outcome = sandbox.goward(["godebug"]);
        let by =
            outcome.says().lines().next().unwrap().split_once("; ").map(|(_, by)| by.to_owned());
        (by.unwrap_or_default(), line(&outcome.stdout, "panicnil")[28..32].trim().to_owned())
    };
    let by = |what: &str| format!("programs get {what} by `[PROJECT]/go.mod`");
    let cases = [
        ("go 1.20\n", by("the defaults of Go 1.20"), "1"),
        ("", by("the defaults of Go 1.16"), "1"),
        // Go takes no older defaults for a candidate of a line.
        ("go 1.20rc1\n", by("the newest defaults"), ""),
        ("go 1.23\ngodebug default=go1.20\n", by("the defaults of Go 1.20"), "1"),
        ("go 1.23\ngodebug default=1.20\n", by("the defaults of Go 1.23"), ""),
    ];
    for (text, by, value) in cases {
        let (got, shown) = shown(&sandbox, text);
        // A refused line is told before.
        assert!(got == by || text.contains("=1.20"), "{text}: {got}");
        assert_eq!(shown, value, "{text}");
    }
    let off = "modules are off (`GO111MODULE`), and programs get the defaults of Go 1.20";
    let sandbox = sandbox.var("GO111MODULE", "off");
    assert_eq!(shown(&sandbox, "go 1.27\n"), (off.to_owned(), "1".to_owned()));
    // The file of `go env -w` counts where the variable does not.
    let sandbox =
        sandbox.without_var("GO111MODULE").file("home/.config/go/env", "GO111MODULE=off\n");
    assert_eq!(shown(&sandbox, "go 1.27\n").0, off);
}

#[test]
fn in_a_workspace_only_its_own_lines_count() {
    let server = mirror();
    let sandbox = sandbox(&server)
        .file("project/go.work", "go 1.23\n\ngodebug netdns=cgo\n\nuse ./m\n")
        .file("project/m/go.mod", "module m\n\ngo 1.20\n\ngodebug netdns=go\n");
    assert_eq!(sandbox.goward(["use", "1.99.1"]).code, Some(0));
    let outcome = sandbox.goward_in("project/m", ["godebug"]);
    assert_eq!(
        outcome.says(),
        "goward: go1.99.1, by its own source; programs get the defaults of Go 1.23 by `[PROJECT]/go.work`\n\
         goward: `godebug netdns=go` does nothing: in a workspace those of `go.work` count \
         ([PROJECT]/m/go.mod:5)\n"
    );
    assert!(line(&outcome.stdout, "netdns").starts_with("netdns                      cgo "));
}
