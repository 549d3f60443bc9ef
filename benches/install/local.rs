//! A release that is on the machine: goward copies a GOROOT, plain `go` unpacks the zip of a module.

use crate::{Prepared, VERSION, WHEEL, Way, command};
use std::fs;
use std::path::Path;

const GO: &str = "go, module zip in a directory";

/// The two ways. Neither asks anybody; goward syncs what it wrote, `go` does not.
pub(crate) fn ways(prepared: &Prepared) -> Vec<Way> {
    let mut trees = fs::read_dir(prepared.store.join("tree")).unwrap();
    let tree = trees.next().unwrap().unwrap().path();
    let goroot = prepared.goroot.clone();
    let proxy = format!("file://{}", prepared.proxy.display());
    let go = move |directory: &Path| {
        // What it unpacks is another release than it says, with which `go` does not go on.
        let unpacked = format!("modules/golang.org/toolchain@v0.0.1-{VERSION}.linux-amd64/bin/go");
        let script = format!("\"$GOROOT/libexec/go\" version >go.out 2>&1; test -x {unpacked}");
        let mut command = command("sh", ["-c", &script], directory);
        command.env("GOROOT", &tree).env("GOTOOLCHAIN", VERSION).env("GOPROXY", &proxy);
        command.env("GONOSUMDB", "golang.org/toolchain");
        command.env("GOMODCACHE", directory.join("modules"));
        command
    };
    let goward = move |directory: &Path| {
        let words = ["--quiet", "install", WHEEL];
        let mut command = command(env!("CARGO_BIN_EXE_goward"), words, directory);
        command.env("GOWARD_HOME", directory.join("store")).env("GOROOT", &goroot);
        command.env("GOPROXY", "off").env("GOWARD_OFFLINE", "1");
        command
    };
    vec![
        Way { name: GO, against: GO, run: Box::new(go) },
        Way { name: "goward, from a GOROOT, offline", against: GO, run: Box::new(goward) },
    ]
}
