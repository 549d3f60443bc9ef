//! Real toolchains as release archives: from a mirror on loopback and from a directory.

use super::packing::{fixtures, release};
use super::{H1_OF_1_27_1, enabled, sandbox};
use crate::common::archives::ABSENT;
use crate::common::server::Mirror;
use std::path::Path;

#[test]
fn from_a_mirror_and_from_a_directory() {
    let Some(fixtures) = enabled(&["1.22.10", "1.26.2", "1.27.1"]).then(fixtures).flatten() else {
        return;
    };
    let archive = release("1.27.1", &fixtures);
    let other = release("1.26.2", &fixtures);
    let repackaged = release("1.22.10", &fixtures);
    let server = Mirror::new()
        .release("go1.27.1", [("go1.27.1.linux-amd64.tar.gz", archive.clone())])
        .release("go1.26.2", [("go1.26.2.linux-amd64.tar.gz", other.clone())])
        .release("go1.22.10", [("go1.22.10.linux-amd64.tar.gz", repackaged)])
        .start();
    let sandbox = sandbox().var("GOWARD_SOURCE", server.url("/"));
    let outcome = sandbox.goward(["use", "1.27"]);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    assert!(
        outcome.stderr.contains("installed go1.27.1 for linux/amd64 (built-in)"),
        "{}",
        outcome.stderr
    );
    assert!(sandbox.read("project/goward.lock").contains(H1_OF_1_27_1));
    assert_eq!(sandbox.go(["version"]).data(), "go version go1.27.1 linux/amd64\n");
    // Complete, so that what a tool like `go version` reads of it is all there.
    let tree = sandbox
        .goward(["which"])
        .stdout
        .replace("/libexec/go\n", "")
        .replace("[STORE]", sandbox.store().to_str().unwrap());
    for name in ABSENT {
        assert!(Path::new(&tree).join(name).is_file(), "{name}");
    }

    // Both of them from both places, into a store of its own.
    let outcome = sandbox.goward(["install", "1.26.2"]);
    assert!(outcome.says().contains("installed go1.26.2 for linux/amd64 (built-in)"));
    assert_eq!(sandbox.goward(["uninstall", "1.26.2"]).code, Some(0));
    sandbox.write("releases/go1.27.1.linux-amd64.tar.gz", archive);
    sandbox.write("releases/go1.26.2.linux-amd64.tar.gz", other);
    let source = format!("file://{}", sandbox.path("releases").display());
    let sandbox = sandbox.var("GOWARD_SOURCE", source).var("GOWARD_OFFLINE", "1");
    let outcome = sandbox.goward_in("other", ["use", "1.26.2"]);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("(built-in)"), "{}", outcome.stderr);
    assert_eq!(sandbox.go_in("other", ["version"]).data(), "go version go1.26.2 linux/amd64\n");
    assert_eq!(sandbox.go(["version"]).data(), "go version go1.27.1 linux/amd64\n");

    let store = sandbox.path("second-store");
    let sandbox = sandbox.var("GOWARD_HOME", store);
    let outcome = sandbox.goward(["install"]);
    assert!(outcome.says().contains("installed go1.27.1 for linux/amd64 (built-in)"));

    // Of 1.22.10 goward has the archive's digest and no h1: nothing proves a repackaging of it.
    let sandbox = sandbox.var("GOWARD_SOURCE", server.url("/")).without_var("GOWARD_OFFLINE");
    let outcome = sandbox.goward_in("third", ["install", "1.22.10", "--accept", "none"]);
    assert_eq!(outcome.code, Some(4), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("built-in record"), "{}", outcome.stderr);
}
