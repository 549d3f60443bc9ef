//! `goward godebug bake`, in front of a `go` that edits as the real one does.

use super::{archive, mirror, sandbox, tree};
use crate::common::Sandbox;
use crate::common::server::{Mirror, Server};
use goward_core::platform::Platform;
use std::os::unix::fs::symlink;

/// Knows `go env -json GOWORK GOMOD` and `go mod edit -print -godebug=... FILE`.
const GO: &str = r#"#!/bin/sh
case "$1 $2" in
'env -json') printf '{"GOMOD": "%s", "GOWORK": "%s"}\n' "${FAKE_GOMOD-$PWD/go.mod}" "$FAKE_GOWORK" ;;
'mod edit' | 'work edit')
    shift 3
    for file; do :; done
    grep -q broken "$file" && echo "go: errors parsing $file" >&2 && exit 1
    cat "$file"
    for flag; do
        line="godebug ${flag#-godebug=}"
        case $flag in -godebug=*) grep -qx "$line" "$file" || echo "$line" ;; esac
    done ;;
*) exit 3 ;;
esac
"#;

fn serving(version: &str) -> Server {
    let tree = tree(version, &Platform::host().lock_name()).with("bin/go", GO);
    Mirror::new().release(version, [(archive(version).as_str(), tree.tar_gz())]).start()
}

/// A project with a module, and pins of `settings`.
fn project(server: &Server, version: &str, settings: &[&str]) -> Sandbox {
    let sandbox = sandbox(server).file("project/go.mod", "module x\n\ngo 1.99\n");
    let pins = settings.iter().flat_map(|setting| ["--debug", setting]);
    let args = ["use", version, "--force"].into_iter().chain(pins);
    assert_eq!(sandbox.goward(args).code, Some(0));
    sandbox
}

#[test]
fn the_pins_become_lines_of_go_mod_once() {
    let server = serving("go1.99.1");
    let sandbox = project(&server, "1.99.1", &["netdns=go", "http2debug=1"]);
    sandbox.write("project/go.mod", "module x\n\ngo 1.99\ngodebug panicnil=1\n");
    sandbox.goward(["godebug", "bake", "--check"]).fails(
        1,
        "goward: `[PROJECT]/go.mod` does not have the GODEBUG pins of `[PROJECT]/goward.lock`\n  \
         godebug http2debug=1\n  godebug netdns=go\nhint: write them: `goward godebug bake`",
    );
    let before = "module x\n\ngo 1.99\ngodebug panicnil=1\n";
    assert_eq!(sandbox.read("project/go.mod"), before);
    assert_eq!(
        sandbox.goward(["godebug", "bake"]).says(),
        "goward: wrote into `[PROJECT]/go.mod`: `godebug http2debug=1`, `godebug netdns=go`\n"
    );
    let after = format!("{before}godebug http2debug=1\ngodebug netdns=go\n");
    assert_eq!(sandbox.read("project/go.mod"), after);
    for args in [&["godebug", "bake"][..], &["godebug", "bake", "--check"]] {
        assert_eq!(
            sandbox.goward(args).says(),
            "goward: `[PROJECT]/go.mod` has the GODEBUG pins of `[PROJECT]/goward.lock`\n"
        );
    }
    assert_eq!(sandbox.goward(["-q", "godebug", "bake"]).data(), "");
    assert_eq!(sandbox.read("project/go.mod"), after);
}

#[test]
fn a_profile_has_pins_of_its_own_and_a_workspace_its_own_file() {
    let server = serving("go1.99.1");
    let sandbox = project(&server, "1.99.1", &["netdns=go", "gctrace=1"]);
    let manifest = sandbox.read("project/goward.toml");
    let profile = "[profile.ship.debug]\ngctrace = \"\"\npanicnil = 1\n";
    sandbox.write("project/goward.toml", manifest + profile);
    assert_eq!(sandbox.goward(["lock"]).code, Some(0));
    let work = sandbox.path("project/go.work");
    let sandbox = sandbox.var("FAKE_GOWORK", &work).file("project/go.work", "go 1.22\n");
    assert_eq!(
        sandbox.goward(["godebug", "bake", "--profile", "ship"]).says(),
        "goward: warning: `[PROJECT]/go.work` asks for go 1.22, and Go before 1.23 cannot read its \
         `godebug` lines\n\
         goward: wrote into `[PROJECT]/go.work`: `godebug netdns=go`, `godebug panicnil=1`\n"
    );
    assert_eq!(sandbox.read("project/go.work"), "go 1.22\ngodebug netdns=go\ngodebug panicnil=1\n");
    assert_eq!(sandbox.read("project/go.mod"), "module x\n\ngo 1.99\n");
    sandbox.goward(["godebug", "bake", "--profile", "shop"]).fails(
        126,
        "goward: `[PROJECT]/goward.lock` has no profile `shop`\n  \
         `--profile` or `GOWARD_PROFILE` chose it\nhint: did you mean `ship`?\n\
         hint: for the pins without a profile: `GOWARD_PROFILE=none`",
    );
    // Without the profile one of the pins is for the environment alone.
    sandbox.goward(["godebug", "bake"]).fails(
        2,
        "goward: not every GODEBUG pin can be a default of go1.99.1's binaries\n  \
         `gctrace`: only the runtime reads it, and only in the environment\n  \
         nothing was changed\n\
         hint: take the pins of a profile without it: `goward godebug bake --profile NAME`",
    );
}

#[test]
fn without_lines_there_are_comments_to_paste() {
    let server = serving("go1.22.99");
    let sandbox = project(&server, "1.22.99", &["panicnil=1", "netdns=go"]);
    // A line that Go supports.
    let minor = goward_core::releases::schedule::recommended(23);
    sandbox.goward(["godebug", "bake"]).fails(
        2,
        &format!(
            "goward: go1.22.99 has no `godebug` lines in go.mod; they came with Go 1.23\n  \
             //go:debug netdns=go\n  //go:debug panicnil=1\n  nothing was changed\n\
             hint: put the lines above `package main` in each main package, or: `goward use 1.{minor}`"
        ),
    );
    let server = serving("go1.20.99");
    project(&server, "1.20.99", &["gctrace=1"]).goward(["godebug", "bake"]).fails(
        2,
        &format!(
            "goward: go1.20.99 cannot build GODEBUG settings into binaries\n  \
             Go has `//go:debug` comments from 1.21 and `godebug` lines from 1.23\n  \
             nothing was changed\nhint: choose a newer one: `goward use 1.{minor}`"
        ),
    );
}

#[test]
fn where_there_is_nothing_to_bake_or_nowhere() {
    let server = serving("go1.99.1");
    let sandbox = project(&server, "1.99.1", &[]);
    assert_eq!(
        sandbox.goward(["godebug", "bake"]).says(),
        "goward: `[PROJECT]/goward.lock` pins no GODEBUG setting\n"
    );
    let sandbox = project(&server, "1.99.1", &["netdns=go"]);
    let elsewhere = sandbox.var("FAKE_GOMOD", "/dev/null");
    elsewhere.goward(["godebug", "bake"]).fails(
        3,
        "goward: there is no `go.mod` for `[PROJECT]`\n  nothing was changed\n\
         hint: go to the module whose programs are shipped",
    );
    let sandbox = elsewhere.without_var("FAKE_GOMOD");
    let module = sandbox.path("project/go.mod");
    std::fs::rename(&module, sandbox.path("shared.mod")).unwrap();
    symlink("../shared.mod", &module).unwrap();
    sandbox.goward(["godebug", "bake"]).fails(
        2,
        "goward: cannot write `[PROJECT]/go.mod`; it was left as it was\n  \
         it is a link to `[BASE]/shared.mod`\nhint: change the file there: `cd [BASE]`",
    );
    assert_eq!(sandbox.read("shared.mod"), "module x\n\ngo 1.99\n");
    sandbox.write("shared.mod", "broken\n");
    let outcome = sandbox.goward(["godebug", "bake"]);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    let words = "fails here\n  go: errors parsing [PROJECT]/go.mod\n  nothing was changed\n";
    assert!(outcome.stderr.ends_with(words), "{outcome:?}");
    let sandbox = super::sandbox(&mirror());
    sandbox.goward(["godebug", "bake"]).fails(
        127,
        "goward: there is no `go` for `[PROJECT]`: no `goward.lock` here or above, no default, and \
         no other `go` on PATH\nhint: for this project: `goward use stable`\n\
         hint: for everywhere else: `goward default stable`",
    );
}
