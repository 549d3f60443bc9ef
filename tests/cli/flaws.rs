//! Releases with known flaws are never installed because a lock asks for them.

use super::{archive, sandbox, tree};
use crate::common::server::{Mirror, Server};
use crate::common::{Sandbox, machine};
use goward::platform::Platform;
use goward::version::GoVersion;
use goward::version::flaws::KnownFlaws;

/// An old release that no built-in record speaks of.
const OLD: &str = "go1.22.4";

/// What is said of it; its words have a test beside the code.
fn flaws() -> String {
    let (known, version) = (KnownFlaws::built_in(), GoVersion::parse(OLD).unwrap());
    known.warning(version, Platform::host()).unwrap()
}

/// The first release that is recommended in its place.
fn clean() -> String {
    let (known, version) = (KnownFlaws::built_in(), GoVersion::parse(OLD).unwrap());
    known.check(version, Platform::host()).unwrap().clean[0].number()
}

fn old() -> (Server, Sandbox) {
    let bytes = tree(OLD, &Platform::host().lock_name()).tar_gz();
    let server = Mirror::new().release(OLD, [(archive(OLD).as_str(), bytes)]).start();
    let sandbox = sandbox(&server).file("project/goward.toml", "[toolchain]\ngo = \"1.22.4\"\n");
    assert_eq!(sandbox.goward(["setup", "--no-modify-path"]).code, Some(0));
    (server, sandbox)
}

fn refusal() -> String {
    let (flaws, clean) = (flaws(), clean());
    format!(
        "goward: {OLD} is not installed (wanted by `[PROJECT]/goward.lock`)\n  {flaws}\n  \
         so that it is not installed because a lock asks for it\n\
         hint: take a newer one: `goward use {clean}`\n\
         hint: or install this one knowingly: `goward install 1.22.4`"
    )
}

const RAN: &str = "go version go1.22.4 version\n";
const RAN_LOCKED: &str = "go version go1.22.4 version\nGOTOOLCHAIN=local\n";

#[test]
fn a_lock_alone_installs_no_flawed_release() {
    let (server, sandbox) = old();
    let said = sandbox.goward(["lock"]);
    assert!(said.says().starts_with(&format!("goward: warning: {}\n", flaws())), "{}", said.stderr);
    let asked = server.log().len();
    sandbox.go(["version"]).fails(127, &refusal());
    sandbox.goward(["exec", "--", "go", "version"]).fails(127, &refusal());
    assert_eq!(server.log().len(), asked, "nothing is downloaded either");
    // Trust in the lock is about its owner and its pins.
    assert_eq!(sandbox.goward(["trust"]).code, Some(0));
    sandbox.go(["version"]).fails(127, &refusal());
    let installed = sandbox.goward(["install", "1.22.4"]);
    assert!(installed.says().starts_with(&format!("goward: warning: {}\n", flaws())));
    assert_eq!(sandbox.go(["version"]).data(), RAN_LOCKED, "what is installed was wished for");
}

#[test]
fn whoever_asks_for_it_gets_it_with_a_warning() {
    let warning = format!("goward: warning: {}\n", flaws());
    for args in [
        &["install"][..],
        &["use", "1.22.4"],
        &["default", "1.22.4"],
        &["exec", "--go", "1.22.4", "--", "true"],
    ] {
        let (_server, sandbox) = old();
        let outcome = sandbox.goward(args);
        assert!(outcome.says().contains(&warning), "{args:?}: {}", outcome.stderr);
        assert_eq!(outcome.stderr.matches("has flaws through which").count(), 1, "{args:?}");
    }
    let (_server, sandbox) = old();
    let outcome = sandbox.go(["+1.22.4", "version"]);
    assert!(outcome.says().ends_with(&warning), "{}", outcome.stderr);
    assert_eq!(outcome.stdout, RAN);
    assert_eq!(sandbox.go(["+1.22.4", "version"]).data(), RAN);
}

#[test]
fn a_default_that_went_missing_comes_back_with_a_warning() {
    let (_server, sandbox) = old();
    assert_eq!(sandbox.goward(["default", "1.22.4"]).code, Some(0));
    for part in ["meta", "tree"] {
        let path = sandbox.store().join(part);
        let made_writable = machine::command("chmod").args(["-R", "u+w"]).arg(&path).status();
        assert!(made_writable.unwrap().success());
        std::fs::remove_dir_all(path).unwrap();
    }
    let outcome = sandbox.go_in("elsewhere", ["version"]);
    assert!(outcome.says().starts_with(&format!("goward: warning: {}\n", flaws())));
    assert_eq!(outcome.stdout, RAN);
}
