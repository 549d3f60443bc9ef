//! A release that is on the machine: goward copies a GOROOT, or unpacks the zip in Go's module cache, as
//! plain `go` does.

use crate::{Prepared, VERSION, WHEEL, Way, command};
use std::fs;
use std::path::{Path, PathBuf};

const GO: &str = "go, module zip in a directory";

/// The ways. None asks anybody; goward syncs what it wrote, `go` does not.
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
    let (cache, locked) = (module_cache(prepared), lock(prepared));
    let from_cache = move |directory: &Path| {
        for file in ["goward.toml", "goward.lock"] {
            fs::copy(locked.join(file), directory.join(file)).unwrap();
        }
        let words = ["--quiet", "install", "--accept", "none"];
        let mut command = command(env!("CARGO_BIN_EXE_goward"), words, directory);
        command.env("GOWARD_HOME", directory.join("store")).env("GOMODCACHE", &cache);
        command.env("GOPROXY", "off").env("GOWARD_OFFLINE", "1");
        command
    };
    vec![
        Way { name: GO, against: GO, run: Box::new(go) },
        Way { name: "goward, from a GOROOT, offline", against: GO, run: Box::new(goward) },
        Way {
            name: "goward, from the module cache, offline",
            against: GO,
            run: Box::new(from_cache),
        },
    ]
}

/// Makes a module cache that has the zip, as `go mod download` leaves it.
fn module_cache(prepared: &Prepared) -> PathBuf {
    let cache = prepared.base.join("module-cache");
    let module = "golang.org/toolchain/@v";
    let to = cache.join("cache/download").join(module);
    fs::create_dir_all(&to).unwrap();
    for entry in fs::read_dir(prepared.proxy.join(module)).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
    cache
}

/// Locks the release: that says which zip is the right one. Returns the project.
fn lock(prepared: &Prepared) -> PathBuf {
    let project = prepared.base.join("locked");
    fs::create_dir(&project).unwrap();
    let source = format!("goproxy+file://{}", prepared.proxy.display());
    let words = ["--quiet", "use", VERSION, "--source", &source, "--accept", "none"];
    let mut lock = command(env!("CARGO_BIN_EXE_goward"), words, &project);
    lock.env("GOWARD_HOME", prepared.base.join("locked-store")).env("GOPROXY", "off");
    assert!(lock.status().unwrap().success());
    project
}
