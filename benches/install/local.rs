//! A release that is on the machine: goward copies a tree, plain `go` unpacks the zip of a module.

use crate::{Prepared, VERSION, WHEEL, Way, command};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

const GO: &str = "go, module zip in a directory";

/// The two ways. Neither asks anybody; goward syncs what it wrote, `go` does not.
pub(crate) fn ways(prepared: &Prepared) -> Vec<Way> {
    let data = prepared.base.join("data");
    fs::create_dir_all(&data).unwrap();
    symlink(&prepared.store, data.join("goward")).unwrap();
    let mut trees = fs::read_dir(prepared.store.join("tree")).unwrap();
    let goroot = trees.next().unwrap().unwrap().path();
    let proxy = format!("file://{}", prepared.proxy.display());
    let go = move |directory: &Path| {
        // What it unpacks is another release than it says, with which `go` does not go on.
        let unpacked = format!("modules/golang.org/toolchain@v0.0.1-{VERSION}.linux-amd64/bin/go");
        let script = format!("\"$GOROOT/libexec/go\" version >go.out 2>&1; test -x {unpacked}");
        let mut command = command("sh", ["-c", &script], directory);
        command.env("GOROOT", &goroot).env("GOTOOLCHAIN", VERSION).env("GOPROXY", &proxy);
        command.env("GONOSUMDB", "golang.org/toolchain");
        command.env("GOMODCACHE", directory.join("modules"));
        command
    };
    let goward = move |directory: &Path| {
        let words = ["--quiet", "install", WHEEL, "--accept", "built-in"];
        let mut command = command(env!("CARGO_BIN_EXE_goward"), words, directory);
        command.env("GOWARD_HOME", directory.join("store")).env("XDG_DATA_HOME", &data);
        command.env("GOWARD_SOURCE", "file:///nowhere").env("GOPROXY", "off");
        command
    };
    vec![
        Way { name: GO, against: GO, run: Box::new(go) },
        Way { name: "goward, tree on the machine", against: GO, run: Box::new(goward) },
    ]
}
