//! The program with sum.golang.org's own answers about go1.27.3, by the key that is built in: no network, and
//! nothing that stands in for the log. `crates/gosumdb/tests/data/README.md` says where the answers come from.

use super::packing::module;
use super::{enabled, sandbox};
use crate::common::server::{Fault, Route, Server};
use crate::common::{Outcome, Sandbox};
use crate::mirror::files;
use std::path::{Path, PathBuf};

const H1_OF_1_27_3: &str = "h1:r0ub+FnqzZxoWm/dSUOI9DcIqYWn/mNYGFJcv7PyBzs=";

pub(super) fn log() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/gosumdb/tests/data")
}

/// A sandbox that asks a module proxy which serves those answers.
fn with_log(proxy: &str) -> Sandbox {
    sandbox().var("GOPROXY", proxy)
}

/// Runs goward in another home, where nobody can be asked.
fn elsewhere(sandbox: &Sandbox, arguments: &[&str]) -> Outcome {
    let mut command = sandbox.command(&sandbox.path("bin/goward"), "elsewhere");
    command.args(arguments).env("HOME", sandbox.path("second-home"));
    sandbox.finish(command.env("GOPROXY", "off").env("GOWARD_OFFLINE", "1"))
}

#[test]
fn go1_27_3_is_logged_and_stapled_where_nobody_can_be_asked() {
    if !enabled(&["1.27.3"]) {
        return;
    }
    // A directory, as GOPROXY may name one.
    let sandbox = with_log(&format!("file://{}", log().display()));
    let outcome = sandbox.goward(["use", "1.27.3"]);
    assert!(outcome.says().contains("installed go1.27.3 for linux/amd64 (logged)"), "{outcome:?}");
    let lock = sandbox.read("project/goward.lock");
    assert!(lock.contains("level = \"logged\"") && lock.contains(H1_OF_1_27_3), "{lock}");
    assert!(lock.contains("size = 70835252\n"), "{lock}");
    let list: serde_json::Value =
        serde_json::from_str(sandbox.goward(["list", "--json"]).data()).unwrap();
    assert_eq!((&list[0]["level"], &list[0]["h1"]), (&"logged".into(), &H1_OF_1_27_3.into()));
    let latest = std::fs::read(log().join("sumdb/sum.golang.org/latest")).unwrap();
    let remembered = sandbox.read("home/.local/state/goward/sumdb/sum.golang.org/latest");
    assert_eq!(remembered.as_bytes(), latest);
    assert_eq!(sandbox.goward(["verify", "1.27.3"]).code, Some(0));

    let created = sandbox.goward(["bundle", "create", "--output", "../bundle"]);
    assert_eq!(created.code, Some(0), "{created:?}");
    let bundle = sandbox.path("bundle");
    let outcome = elsewhere(&sandbox, &["bundle", "install", bundle.to_str().unwrap()]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let list: serde_json::Value =
        serde_json::from_str(elsewhere(&sandbox, &["list", "--json"]).data()).unwrap();
    assert_eq!((&list[0]["level"], &list[0]["h1"]), (&"stapled".into(), &H1_OF_1_27_3.into()));
}

/// Serves the answers below a module proxy.
fn proxy() -> Server {
    let server = Server::start();
    for (path, body) in files(&log()) {
        server.route(&format!("/{path}"), Route::new(body));
    }
    server
}

#[test]
fn one_changed_bit_stops_everything() {
    if !enabled(&["1.27.3"]) {
        return;
    }
    let honest = proxy();
    let outcome = with_log(&honest.url("")).goward(["install", "1.27.3"]);
    assert!(outcome.says().contains("(logged)"), "{outcome:?}");
    let mut asked: Vec<String> = honest.log().into_iter().map(|request| request.target).collect();
    asked.retain(|path| !path.ends_with("/supported"));
    assert!(asked.len() >= 7, "{asked:?}");
    for path in asked {
        let server = proxy();
        server.change(&path, |route| route.always(Fault::FlipBit(8 * 40 + 1)));
        let sandbox = with_log(&server.url("")).var("GOWARD_ACCEPT", "none");
        let outcome = sandbox.goward(["install", "1.27.3"]);
        assert_eq!(outcome.code, Some(7), "{path}: {outcome:?}");
        assert!(outcome.stderr.contains("sum.golang.org cannot be believed"), "{outcome:?}");
        assert!(!sandbox.path("home/.local/state/goward").exists(), "{path}");
        assert!(!sandbox.store_listing().iter().any(|path| path.starts_with("tree/")), "{path}");
    }
}

/// The module of go1.27.3, but for six text files.
#[test]
fn a_module_that_is_not_what_the_log_has_is_refused() {
    if !enabled(&["1.27.3"]) {
        return;
    }
    let server = proxy();
    let zip = "/golang.org/toolchain/@v/v0.0.1-go1.27.3.linux-amd64.zip";
    server.route(zip, Route::new(module("1.27.3")));
    let sandbox = with_log(&server.url("")).var("GOWARD_SOURCE", "goproxy");
    let outcome = sandbox.goward(["install", "1.27.3", "--accept", "none"]);
    assert_eq!(outcome.code, Some(4), "{outcome:?}");
    let expected = format!("expected {H1_OF_1_27_3} (built-in records)");
    assert!(outcome.stderr.contains(&expected), "{outcome:?}");
    assert!(!sandbox.store_listing().iter().any(|path| path.starts_with("tree/")));
}
