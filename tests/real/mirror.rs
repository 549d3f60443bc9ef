//! Real toolchains as release archives: from a mirror on loopback and from a directory.

use super::packing::{release, release_called};
use super::{enabled, sandbox};
use crate::common::archives::ABSENT;
use crate::common::server::{Mirror, hex_sha256};
use std::path::Path;

#[test]
fn from_a_mirror_and_from_a_directory() {
    if !enabled(&["1.22.10", "1.25.5", "1.26.2"]) {
        return;
    }
    // Of a release that was never made nobody has a record: the archive has stand-ins for six files.
    let archive = release_called("1.25.5", "1.25.99");
    let server = Mirror::new()
        .release("go1.25.99", [("go1.25.99.linux-amd64.tar.gz", archive.clone())])
        .release("go1.26.2", [("go1.26.2.linux-amd64.tar.gz", release("1.26.2"))])
        .release("go1.22.10", [("go1.22.10.linux-amd64.tar.gz", release("1.22.10"))])
        .start();
    let sandbox = sandbox().var("GOWARD_SOURCE", server.url("/")).var("GOWARD_ACCEPT", "listed");
    let installed = "installed go1.25.99 for linux/amd64 (listed)";
    let outcome = sandbox.goward(["use", "1.25"]);
    assert!(outcome.says().contains(installed), "{}", outcome.stderr);
    assert_eq!(sandbox.go(["version"]).data(), "go version go1.25.5 linux/amd64\n");
    // Complete, so that what a tool like `go version` reads of it is all there.
    let tree = sandbox
        .goward(["which"])
        .stdout
        .replace("/libexec/go\n", "")
        .replace("[STORE]", sandbox.store().to_str().unwrap());
    for name in ABSENT {
        assert!(Path::new(&tree).join(name).is_file(), "{name}");
    }

    // The same from a directory, into a store of its own.
    let name = "go1.25.99.linux-amd64.tar.gz";
    sandbox.write(&format!("releases/{name}.sha256"), hex_sha256(&archive));
    sandbox.write(&format!("releases/{name}"), archive);
    let source = format!("file://{}", sandbox.path("releases").display());
    let store = sandbox.path("second-store");
    let offline = sandbox.var("GOWARD_SOURCE", source).var("GOWARD_OFFLINE", "1");
    let offline = offline.var("GOWARD_HOME", store);
    let outcome = offline.goward(["install"]);
    assert!(outcome.says().contains(installed), "{}", outcome.stderr);

    // Of 1.26.2 goward has the hash that Go published, and this is another; of 1.22.10 it has the archive's
    // digest and no hash, so nothing proves a repackaging of it.
    let online = offline.var("GOWARD_SOURCE", server.url("/")).without_var("GOWARD_OFFLINE");
    for version in ["1.26.2", "1.22.10"] {
        // Without what this machine may have in `/usr/local/go`.
        let words = ["install", version, "--accept", "none", "--no-local"];
        let outcome = online.goward_in("third", words);
        assert_eq!(outcome.code, Some(4), "{}", outcome.stderr);
        assert!(outcome.stderr.contains("built-in record"), "{}", outcome.stderr);
    }
}
