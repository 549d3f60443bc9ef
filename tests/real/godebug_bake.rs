//! Whom a pin of GODEBUG reaches, by the real `go`: its tests and `go run`, and a binary only after
//! `goward godebug bake`.

use super::{enabled, sandbox};
use crate::common::{Sandbox, is_full};

/// Prints `true` where `panic(nil)` is what it was before Go 1.21.
const PROGRAM: &str = "package main\n\nfunc main() {\n\
                       \tdefer func() { print(recover() == nil) }()\n\tpanic(nil)\n}\n";

fn project(version: &str) -> Sandbox {
    let (line, _) = version.rsplit_once('.').unwrap();
    let sandbox = sandbox()
        .var("GOWARD_ACCEPT", "listed")
        .var("CGO_ENABLED", "0")
        .file("project/go.mod", format!("module example.com/p\n\ngo {line}\n"))
        .file("project/main.go", PROGRAM);
    let outcome = sandbox.goward(["use", version, "--debug", "panicnil=1", "--debug", "netdns=go"]);
    let scope = "goward: GODEBUG acts on `go`, tests and `go run`; a shipped binary's default comes \
                 from go.mod: `goward godebug bake`\n";
    assert!(outcome.says().contains(scope), "{outcome:?}");
    sandbox
}

/// Builds the program; returns the default that it was given, and what it prints.
fn built(sandbox: &Sandbox) -> (Option<String>, String) {
    assert_eq!(sandbox.go(["build", "-o", "program", "."]).data(), "");
    let info = sandbox.go(["version", "-m", "program"]);
    let default =
        info.data().lines().find_map(|line| line.trim().strip_prefix("build\tDefaultGODEBUG="));
    let program = sandbox.path("project/program");
    let printed = sandbox.finish(&mut sandbox.command(&program, "project"));
    (default.map(str::to_owned), printed.says().to_owned())
}

fn in_the_binary() -> (Option<String>, String) {
    (Some("netdns=go,panicnil=1".to_owned()), "true".to_owned())
}

fn not_in_the_binary() -> (Option<String>, String) {
    (None, "false".to_owned())
}

fn check(version: &str) {
    let sandbox = project(version);
    // The pin alone: what go starts has it, and what it leaves behind has not.
    assert_eq!(sandbox.go(["run", "."]).says(), "true");
    assert_eq!(built(&sandbox), not_in_the_binary());

    let before = sandbox.read("project/go.mod");
    sandbox.goward(["godebug", "bake", "--check"]).fails(
        1,
        "goward: `[PROJECT]/go.mod` does not have the GODEBUG pins of `[PROJECT]/goward.lock`\n  \
         godebug netdns=go\n  godebug panicnil=1\nhint: write them: `goward godebug bake`",
    );
    assert_eq!(sandbox.read("project/go.mod"), before);
    assert_eq!(
        sandbox.goward(["godebug", "bake"]).says(),
        "goward: wrote into `[PROJECT]/go.mod`: `godebug netdns=go`, `godebug panicnil=1`\n"
    );
    let block = "\ngodebug (\n\tnetdns=go\n\tpanicnil=1\n)\n";
    assert_eq!(sandbox.read("project/go.mod"), format!("{before}{block}"));
    assert_eq!(built(&sandbox), in_the_binary());
    for args in [&["godebug", "bake"][..], &["godebug", "bake", "--check"]] {
        let said = "goward: `[PROJECT]/go.mod` has the GODEBUG pins of `[PROJECT]/goward.lock`\n";
        assert_eq!(sandbox.goward(args).says(), said);
    }

    // What is written stays, a value that changed is replaced, and a trace is for the environment.
    assert_eq!(sandbox.goward(["use", version, "--debug", "netdns=cgo"]).code, Some(0));
    assert_eq!(
        sandbox.goward(["godebug", "bake"]).says(),
        "goward: wrote into `[PROJECT]/go.mod`: `godebug netdns=cgo`\n"
    );
    let other = block.replace("netdns=go", "netdns=cgo");
    assert_eq!(sandbox.read("project/go.mod"), format!("{before}{other}"));
    let args = ["use", version, "--debug", "netdns=go", "--debug", "gctrace=1"];
    assert_eq!(sandbox.goward(args).code, Some(0));
    let refused = sandbox.goward(["godebug", "bake"]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert_eq!(sandbox.read("project/go.mod"), format!("{before}{other}"));
    assert_eq!(sandbox.goward(["use", version, "--debug", "gctrace="]).code, Some(0));

    // In a workspace only its own lines count.
    let (_, go) = before.rsplit_once("\n\n").unwrap();
    sandbox.write("project/go.work", format!("{go}\nuse .\n"));
    assert_eq!(built(&sandbox), not_in_the_binary());
    assert_eq!(
        sandbox.goward(["godebug", "bake"]).says(),
        "goward: wrote into `[PROJECT]/go.work`: `godebug netdns=go`, `godebug panicnil=1`\n"
    );
    assert_eq!(sandbox.read("project/go.work"), format!("{go}\nuse .\n{block}"));
    assert_eq!(sandbox.read("project/go.mod"), format!("{before}{other}"));
    assert_eq!(built(&sandbox), in_the_binary());
}

#[test]
fn a_binary_has_the_pins_only_when_they_are_baked() {
    let versions = ["1.27.1", "1.23.9", "1.22.10", "1.21.13"];
    if !enabled(if is_full() { &versions } else { &versions[..1] }) {
        return;
    }
    check("1.27.1");
    if is_full() {
        check("1.23.9");
        comments("1.22.10");
        comments("1.21.13");
    }
}

/// Before Go 1.23: the lines that the error shows, pasted.
fn comments(version: &str) {
    let sandbox = project(version);
    let error = sandbox.goward(["godebug", "bake"]);
    assert_eq!(error.code, Some(2), "{error:?}");
    let lines: Vec<&str> =
        error.stderr.lines().map(str::trim).filter(|line| line.starts_with("//")).collect();
    assert_eq!(lines.len(), 2, "{error:?}");
    assert_eq!(built(&sandbox), not_in_the_binary());
    sandbox.write("project/main.go", format!("{}\n{PROGRAM}", lines.join("\n")));
    assert_eq!(built(&sandbox), in_the_binary());
}
