//! `goward godebug`, on a small release and on those that are built in.

use super::{mirror, sandbox};
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
        line(&outcome.stdout, "asynctimerchan").contains(" 1    1.23-1.26 "),
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
