//! A module proxy on loopback with real toolchains, which the real `go` and goward both install from.

use super::packing::{h1_of, module, module_called, release_called};
use super::{enabled, sandbox, wheel};
use crate::common::Sandbox;
use crate::common::log::{Signer, TestLog, record_of};
use crate::common::server::{Route, Server};
use gosumdb::{TrustRoot, VerifierKey};
use goward_core::config::Config;
use goward_core::ctx::Ctx;
use goward_core::install::Installer;
use goward_core::install::request::Fetch;
use goward_core::platform::Platform;
use goward_core::session::Session;
use goward_core::ui::Ui;
use goward_core::verify::Digest;
use goward_core::verify::sumdb::access::LogAccess;
use goward_core::verify::sumdb::route;
use goward_shim::names;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use zip::ZipArchive;

const GO_MOD: &str = "h1:8wlg68NqwW7eMnI1aABk/C2pDYXj8mrMY4TyRfiLeS0=";

const MODULE: &str = "golang.org/toolchain";

/// A proxy with one toolchain and a log that knows it, which it serves too.
pub(super) fn proxy(version: &str, zip: &[u8], h1: &str) -> (Server, TestLog) {
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

/// goward as a library that believes the test's log, behind the module proxy at `url`.
pub(super) fn session(sandbox: &Sandbox, url: &str, log: &TestLog) -> Session {
    let mut ctx = Ctx {
        cwd: sandbox.path("project"),
        executable: sandbox.path("bin/goward"),
        ..Ctx::default()
    };
    ctx.variables.insert("HOME".into(), sandbox.path("home").into());
    ctx.variables.insert("GOPROXY".into(), url.into());
    let key = VerifierKey::parse(&log.signer().key_text()).unwrap();
    let url = goward_core::net::Url::parse(url).unwrap();
    let route = route::Route::at("log.example", url);
    let log = LogAccess::of(TrustRoot { key, seed: None }, route);
    Session {
        log,
        registries: Some(goward_mirror::oci_source::open),
        ..Session::new(ctx, Ui::new(true), Config::default())
    }
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
    if !enabled(&["1.26.6", "1.27.1"]) {
        return;
    }
    let zip = module("1.26.6");
    let h1 = h1_of(&zip, "1.26.6");
    let (server, log) = proxy("1.26.6", &zip, &h1);
    drop(zip);
    let sandbox = sandbox();

    // go 1.27.1 changes to it, by its own GOPROXY and GOSUMDB.
    super::place_go(&sandbox, "1.27.1", "goroot");
    let goroot = sandbox.path("goroot");
    let mut command = sandbox.command(&goroot.join("bin/go"), "project");
    command
        .arg("version")
        .env("GOROOT", &goroot)
        .env("GOTOOLCHAIN", "go1.26.6")
        .env("GOPATH", sandbox.path("gopath"))
        .env("GOMODCACHE", sandbox.path("gopath/pkg/mod"))
        .env("GOFLAGS", "-modcacherw")
        .env("GOPROXY", server.url(""))
        .env("GOSUMDB", log.signer().key_text());
    let outcome = sandbox.finish(&mut command);
    let said = (outcome.stdout.as_str(), outcome.stderr.as_str());
    let want = ("go version go1.26.6 linux/amd64\n", "go: downloading go1.26.6 (linux/amd64)\n");
    assert_eq!(said, want);
    let asked = |path: &str| server.log().iter().any(|request| request.target == path);
    assert!(asked("/sumdb/log.example/tile/8/0/001.p/44"));

    // goward does, by the same.
    let session = session(&sandbox, &server.url(""), &log);
    let fetch = Fetch { source: Some("goproxy".to_owned()), ..Fetch::default() };
    let linux = Platform::parse("linux/amd64").unwrap();
    let installed =
        Installer::new(&session).install_for("1.26.6", linux, false, &fetch).unwrap().installed;
    assert_eq!((installed.receipt.level.name(), installed.receipt.h1.as_str()), ("logged", &*h1));

    // Both have the same files, but for go's copies of what it cannot rename.
    let module = sandbox.path("gopath/pkg/mod/golang.org/toolchain@v0.0.1-go1.26.6.linux-amd64");
    let mut theirs = digests(&module);
    let kept: Vec<String> =
        theirs.keys().filter(|path| path.ends_with("_go.mod")).cloned().collect();
    assert!(kept.contains(&"src/_go.mod".to_owned()) && kept.len() > 2, "{kept:?}");
    for path in kept {
        theirs.remove(&path);
    }
    let mut ours = digests(&installed.tree);
    // The release's own programs are beside the tree's hash, and copies of the shim in their place.
    for tool in ["go", "gofmt"] {
        let own = ours.remove(&format!("libexec/{tool}")).unwrap();
        ours.insert(format!("bin/{tool}"), own);
    }
    ours.remove(names::IDENTITY_FILE).unwrap();
    assert!(ours == theirs, "{} and {} files", ours.len(), theirs.len());
}

/// A release that was never made.
const CALLED: &str = "1.26.99";

/// One identity, whatever the packing.
#[test]
fn a_module_of_a_release_is_the_release() {
    if !enabled(&["1.26.6"]) {
        return;
    }
    // goward knows the digests of what Go published, and this has stand-ins for six files.
    let zip = module_called("1.26.6", CALLED);
    let h1 = h1_of(&zip, CALLED);
    let (server, _) = proxy(CALLED, &zip, &h1);
    drop(zip);
    let sandbox = sandbox();
    let name = format!("releases/go{CALLED}.linux-amd64.tar.gz");
    sandbox.write(&name, release_called("1.26.6", CALLED));
    let releases = format!("file://{}", sandbox.path("releases").display());
    let mut trees = Vec::new();
    for source in [format!("goproxy+{}", server.url("")), releases] {
        let args = ["install", CALLED, "--accept", "none", "--source", &source];
        let outcome = sandbox.goward(args);
        assert!(
            outcome.says().contains("installed go1.26.99 for linux/amd64 (none)"),
            "{outcome:?}"
        );
        let list = sandbox.goward(["list", "--json"]);
        let list: serde_json::Value = serde_json::from_str(list.data()).unwrap();
        assert_eq!((list.as_array().unwrap().len(), &list[0]["h1"]), (1, &h1.as_str().into()));
        let tree = fs::read_dir(sandbox.store().join("tree")).unwrap().next().unwrap().unwrap();
        trees.push((tree.file_name(), digests(&tree.path())));
        assert_eq!(sandbox.goward(["uninstall", CALLED, "--now"]).code, Some(0));
    }
    // The module has no `misc/wasm`.
    trees[1].1.retain(|path, _| !path.starts_with("misc/wasm/"));
    assert!(trees[0] == trees[1], "{} and {} files", trees[0].1.len(), trees[1].1.len());
    // And what the wheel has.
    let mut wheel = ZipArchive::new(File::open(wheel("1.26.6")).unwrap()).unwrap();
    for name in ["libexec/go", "src/go.mod", "src/cmd/go.mod"] {
        let mut content = Vec::new();
        let packed = name.replace("libexec/", "bin/");
        wheel.by_name(&format!("go/{packed}")).unwrap().read_to_end(&mut content).unwrap();
        assert_eq!(trees[0].1[name], Digest::of(&content), "{name}");
    }
}
