//! The shim's slow path: what `go` does when the shim alone cannot serve the call.

use super::{mirror, sandbox};
use crate::common::server::Server;
use crate::common::{Sandbox, machine};

/// A project whose toolchain is locked and not installed.
fn locked() -> (Server, Sandbox) {
    let server = mirror();
    let sandbox = sandbox(&server).file(
        "project/goward.toml",
        "[toolchain]\ngo = \"1.99.1\"\n[pins]\nexperiments = [\"jsonv2\"]\n",
    );
    assert_eq!(sandbox.goward(["lock"]).code, Some(0));
    assert_eq!(sandbox.goward(["setup", "--no-modify-path"]).code, Some(0));
    (server, sandbox)
}

const RAN: &str = "go version go1.99.1 version\nGOEXPERIMENT=jsonv2\nGOTOOLCHAIN=local\n";

#[test]
fn the_first_call_installs_and_says_so() {
    let (_server, sandbox) = locked();
    let outcome = sandbox.go(["version"]);
    assert_eq!(outcome.stdout, RAN, "that is Go's alone");
    assert_eq!(
        outcome.says(),
        "goward: installing go1.99.1, which `[PROJECT]/goward.lock` asks for\n\
         goward: installed go1.99.1 (listed) from [URL]/\n"
    );
    assert_eq!(sandbox.var("GOWARD_OFFLINE", "1").go(["version"]).data(), RAN);
}

#[test]
fn when_installing_is_forbidden_or_fails() {
    let (_server, sandbox) = locked();
    let sandbox = sandbox.var("GOWARD_AUTO_INSTALL", "0");
    sandbox.go(["version"]).fails(
        127,
        "goward: go1.99.1 is not installed (wanted by `[PROJECT]/goward.lock`)\n  \
         it was not installed now: `GOWARD_AUTO_INSTALL=0`\n\
         hint: run `goward install` in this project",
    );
    let sandbox = sandbox.without_var("GOWARD_AUTO_INSTALL").var("GOWARD_OFFLINE", "1");
    let outcome = sandbox.go(["version"]);
    assert_eq!(outcome.code, Some(127));
    assert!(outcome.stderr.starts_with("goward: installing go1.99.1, which `[PROJECT]/goward.lock` asks for\ngoward: go1.99.1 is not installed (wanted by `[PROJECT]/goward.lock`)\n  cannot download go1.99.1: network is off"), "{}", outcome.stderr);
}

#[test]
fn whether_a_call_installs_is_the_users_choice() {
    let (_server, sandbox) = locked();
    let choose = |word: &str| {
        sandbox.write("home/.config/goward/config.toml", format!("auto-install = \"{word}\"\n"));
    };
    let refused = |why: &str| {
        format!(
            "goward: go1.99.1 is not installed (wanted by `[PROJECT]/goward.lock`)\n  \
             it was not installed now: {why}\nhint: run `goward install` in this project"
        )
    };
    choose("never");
    sandbox.go(["version"]).fails(127, &refused("`auto-install` in your `config.toml`"));
    choose("ask");
    let why = "`auto-install` in your `config.toml` says to ask, and there is no terminal";
    sandbox.go(["version"]).fails(127, &refused(why));
    choose("sometimes");
    let outcome = sandbox.go(["version"]);
    assert_eq!(outcome.code, Some(2));
    assert!(outcome.stderr.contains("config.toml:1"), "{}", outcome.stderr);
    choose("never");
    let sandbox = sandbox.var("GOWARD_AUTO_INSTALL", "1");
    assert_eq!(sandbox.go(["version"]).stdout, RAN);
}

#[test]
fn a_request_for_one_call() {
    let (_server, sandbox) = locked();
    assert_eq!(sandbox.goward(["install", "1.98.3"]).code, Some(0));
    assert_eq!(sandbox.go(["+1.98", "version"]).data(), "go version go1.98.3 version\n");
    let with_variable = sandbox.var("GOWARD_GO", "1.98");
    assert_eq!(with_variable.go(["version"]).data(), "go version go1.98.3 version\n");
}

#[test]
fn a_request_that_nothing_installed_fits() {
    let (_server, sandbox) = locked();
    let outcome = sandbox.go(["+1.98", "env"]);
    assert_eq!(outcome.stdout, "go version go1.98.3 env\n");
    assert_eq!(
        outcome.says(),
        "goward: installing what fits `1.98`\ngoward: installed go1.98.3 (listed) from [URL]/\n"
    );
    let sandbox = sandbox.var("GOWARD_AUTO_INSTALL", "0");
    sandbox.go(["+1.99.0", "version"]).fails(
        127,
        "goward: no installed toolchain fits `1.99.0`\n  it was not installed now: `GOWARD_AUTO_INSTALL=0`\n\
         hint: install one: `goward install '1.99.0'`",
    );
    assert_eq!(sandbox.go(["+1.9x", "version"]).code, Some(126));
}

#[test]
fn a_tree_that_is_damaged() {
    let (_server, sandbox) = locked();
    assert_eq!(sandbox.go(["version"]).code, Some(0));
    let go = sandbox.store().join("tree").join(super::key("go1.99.1")).join("libexec/go");
    let broken = machine::command("sh")
        .args(["-c", "chmod u+w \"$(dirname \"$0\")\" && rm -f \"$0\" && printf '#!/no/such/loader\\n' >\"$0\" && chmod +x \"$0\""])
        .arg(&go)
        .status();
    assert!(broken.unwrap().success());
    let outcome = sandbox.go(["version"]);
    assert_eq!(outcome.code, Some(126));
    assert!(outcome.stderr.contains("\n  changed: libexec/go\n"), "{}", outcome.stderr);
    // As it is with a toolchain that is as it was, on a system without its loader.
    let never = "[policy]\nverify = \"never\"\n";
    let sandbox = sandbox.file("home/.config/goward/config.toml", never);
    let outcome = sandbox.go(["version"]);
    assert_eq!(outcome.code, Some(126));
    assert!(
        outcome.stderr.contains("what is missing is the program loader that it names"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn nothing_to_run() {
    let (_server, sandbox) = locked();
    let outcome = sandbox.go_in("elsewhere", ["version"]);
    outcome.fails(
        127,
        "goward: there is no `go` for `[BASE]/elsewhere`: no `goward.lock` here or above, no default, and no other `go` on PATH\n\
         hint: for this project: `goward use stable`\nhint: for everywhere else: `goward default stable`",
    );
}

#[test]
fn a_store_that_cannot_be_written_serves_those_without_settings() {
    let (_server, sandbox) = locked();
    assert_eq!(sandbox.goward(["install"]).code, Some(0));
    assert!(sandbox.store().join("goenv/pinned-none").is_file());
    let listing = sandbox.store_listing();
    assert_eq!(sandbox.go(["version"]).data(), RAN);
    assert_eq!(sandbox.store_listing(), listing, "a call that needs nothing writes nothing");
    // With settings, one copy is made, once for each state of the file.
    sandbox.write("home/.config/go/env", "GOPRIVATE=example.com\n");
    assert_eq!(sandbox.go(["version"]).data(), RAN);
    let with_copy = sandbox.store_listing();
    assert_eq!(with_copy.len(), listing.len() + 1);
    assert_eq!(sandbox.go(["version"]).data(), RAN);
    assert_eq!(sandbox.store_listing(), with_copy);
}

#[test]
fn the_programs_of_a_toolchain_stay_as_they_are() {
    let (_server, sandbox) = locked();
    assert_eq!(sandbox.goward(["install"]).code, Some(0));
    for args in [&["install", "cmd/gofmt"][..], &["+1.99.1", "install", "-v", "cmd/gofmt"]] {
        sandbox.go(args).fails(
            126,
            "goward: `cmd/gofmt` is part of the toolchain, which stays as it is\n  \
             nothing was changed\n\
             hint: build it elsewhere: `go build -o DIRECTORY/ cmd/gofmt`",
        );
    }
    assert_eq!(sandbox.go(["clean", "-i", "cmd"]).code, Some(126));
    assert_eq!(sandbox.go(["install", "./cmd/x"]).code, Some(0));
}
