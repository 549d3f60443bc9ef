//! The log of the tests, as the real `go` sees it.
//!
//! If `go` takes a toolchain on its word, the log speaks the real protocol, and what goward does with it
//! means something. Where `go` refuses a lie, goward refuses it too (`tests/net/log.rs`).

use super::{enabled, place_go, sandbox};
use crate::common::archives::Tree;
use crate::common::log::{Signer, TestLog, record_of};
use crate::common::server::{Fault, Route, Server};
use crate::common::{Outcome, Sandbox};
use goward_core::platform::Platform;
use goward_core::verify::{Digest, dirhash};
use goward_core::version::GoVersion;
use std::fs;

const GO_MOD: &str = "h1:8wlg68NqwW7eMnI1aABk/C2pDYXj8mrMY4TyRfiLeS0=";

const MODULE: &str = "golang.org/toolchain";

const VERSION: &str = "v0.0.1-go1.99.1.linux-amd64";

/// A toolchain that says its version, and nothing more.
fn tree() -> Tree {
    Tree::new("go1.99.1", "linux-amd64")
}

fn h1() -> String {
    let tree = tree();
    let files = tree.0.iter().map(|(path, content)| (path.as_str(), Digest::of(content)));
    let version = GoVersion::parse("1.99.1").unwrap();
    dirhash::tree_h1(version, Platform::parse("linux/amd64").unwrap(), files).unwrap().to_string()
}

/// Returns a log that has `h1` for the toolchain, among 300 others.
fn log(h1: &str) -> TestLog {
    let record = |id: usize| match id {
        3 => record_of(MODULE, VERSION, h1, GO_MOD),
        _ => record_of("example.com/module", &format!("v1.{id}.0"), GO_MOD, GO_MOD),
    };
    TestLog::new(Signer::new("log.example", 1), (0..300).map(record).collect())
}

/// Serves a log and the module beside it.
fn serve(log: &TestLog) -> Server {
    let server = Server::start();
    for (path, body) in log.files(log.size()) {
        server.route(&path, Route::new(body));
    }
    let module = format!("/{MODULE}/@v/{VERSION}");
    server.route(&format!("{module}.info"), Route::new(format!("{{\"Version\":\"{VERSION}\"}}")));
    server.route(&format!("{module}.mod"), Route::new("module golang.org/toolchain\n"));
    server.route(&format!("{module}.zip"), Route::new(tree().module(VERSION)));
    server
}

/// Lets the real `go` change to go1.99.1, with caches of its own in `name`.
fn run(sandbox: &Sandbox, server: &Server, log: &TestLog, name: &str) -> Outcome {
    let goroot = sandbox.path("goroot");
    let mut command = sandbox.command(&goroot.join("bin/go"), "project");
    command
        .arg("version")
        .env("GOROOT", &goroot)
        .env("GOTOOLCHAIN", "go1.99.1")
        .env("GOPATH", sandbox.path(name))
        .env("GOMODCACHE", sandbox.path(name).join("pkg/mod"))
        .env("GOFLAGS", "-modcacherw")
        .env("GOPROXY", server.url(""))
        .env("GOSUMDB", format!("{} {}", log.signer().key_text(), server.url("")));
    sandbox.finish(&mut command)
}

#[test]
fn the_real_go_takes_a_toolchain_on_the_word_of_our_log() {
    if !enabled(&["1.27.1"]) {
        return;
    }
    let sandbox = sandbox();
    place_go(&sandbox, "1.27.1", "goroot");
    let honest = log(&h1());
    let server = serve(&honest);
    let outcome = run(&sandbox, &server, &honest, "honest");
    assert_eq!(
        (outcome.code, outcome.stdout.as_str()),
        (Some(0), "go version go1.99.1\n"),
        "{outcome:?}"
    );
    let asked = |path: &str| server.log().iter().any(|request| request.target == path);
    for path in [&honest.lookup_path(3), "/tile/8/0/001.p/44", "/tile/8/1/000.p/1", "/tile/8/0/000"]
    {
        assert!(asked(path), "{path}");
    }
    let latest = sandbox.path("honest/pkg/sumdb/log.example/latest");
    assert_eq!(fs::read_to_string(latest).unwrap(), honest.note(300));

    // The lies that this go refuses too, in its own words.
    let lookup = honest.lookup_path(3);
    let flip = |path: &str, bit: usize| (path.to_owned(), Fault::FlipBit(bit));
    for (number, (path, fault), want) in [
        (1, flip(&lookup, 8 * 100), "cannot authenticate record data"),
        (2, flip("/tile/8/0/001.p/44", 9), "downloaded inconsistent tile"),
        (3, flip("/tile/8/1/000.p/1", 9), "downloaded inconsistent tile"),
        (4, flip("/tile/8/0/000", 8 * 32 * 200), "downloaded inconsistent tile"),
    ] {
        let server = serve(&honest);
        server.change(&path, |route| route.always(fault));
        let outcome = run(&sandbox, &server, &honest, &format!("lie-{number}"));
        assert_eq!(outcome.code, Some(1), "{path}: {outcome:?}");
        assert!(outcome.stderr.contains(want), "{path}: {}", outcome.stderr);
    }
    let other = log(GO_MOD);
    let outcome = run(&sandbox, &serve(&other), &other, "other");
    assert!(outcome.stderr.contains("checksum mismatch"), "{}", outcome.stderr);
}
