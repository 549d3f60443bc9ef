//! Releases with known flaws are never installed because a lock asks for them.

use super::{archive, sandbox, tree};
use crate::common::server::{Fault, Mirror, Route, Server};
use crate::common::{Sandbox, machine, vulndb};
use goward_core::platform::Platform;
use goward_core::releases::flaws::KnownFlaws;
use goward_core::version::GoVersion;

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

/// What it says under a lock, and where none governs.
const RAN: &str = "go version go1.22.4 version\nGOTOOLCHAIN=local\n";

const RAN_PLAIN: &str = "go version go1.22.4 version\n";

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
    assert_eq!(sandbox.go(["version"]).data(), RAN, "what is installed was wished for");
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
    assert_eq!(outcome.stdout, RAN_PLAIN);
    assert_eq!(sandbox.go(["+1.22.4", "version"]).data(), RAN_PLAIN);
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
    assert_eq!(outcome.stdout, RAN_PLAIN);
}

/// Two that nobody published: one of the commands, which 1.99.2 does not have, and one of the library, which 1.99.4 is
/// the first without.
const FOUND: [vulndb::Entry; 2] = [
    vulndb::Entry {
        id: "GO-2099-0011",
        module: "toolchain",
        package: "cmd/go",
        cve: "CVE-2099-11",
        summary: "Made up",
        ranges: &[("1.99.0-0", "1.99.2")],
    },
    vulndb::Entry {
        id: "GO-2099-0012",
        module: "stdlib",
        package: "net/http",
        cve: "CVE-2099-12",
        summary: "Made up",
        ranges: &[("1.99.0-0", "1.99.4")],
    },
];

fn new() -> (Server, Sandbox) {
    let release = "go1.99.1";
    let bytes = tree(release, &Platform::host().lock_name()).tar_gz();
    let server = Mirror::new().release(release, [(archive(release).as_str(), bytes)]).start();
    let sandbox = sandbox(&server).file("project/goward.toml", "[toolchain]\ngo = \"1.99.1\"\n");
    assert_eq!(sandbox.goward(["setup", "--no-modify-path"]).code, Some(0));
    assert_eq!(sandbox.goward(["lock"]).code, Some(0));
    (server, sandbox)
}

fn refused(by: &str) -> String {
    let day = goward_core::facts::FLAWS.known();
    format!(
        "goward: go1.99.1 is not installed (wanted by `[PROJECT]/goward.lock`)\n  \
         go1.99.1 has flaws through which what it builds or fetches can run code (CVE-2099-11); go1.99.4 has none \
         {day}, and by {by}, of {MODIFIED}\n  \
         so that it is not installed because a lock asks for it\n\
         hint: take a newer one: `goward use 1.99.4`\n\
         hint: or install this one knowingly: `goward install 1.99.1`",
        MODIFIED = vulndb::MODIFIED
    )
}

/// The table is as old as goward; the database is not.
#[test]
fn the_vulnerability_database_decides_together_with_the_table() {
    let (_server, sandbox) = new();
    vulndb::write_with(&sandbox, "vulndb", &FOUND);
    let sandbox = sandbox.var("GOVULNDB", "../vulndb");
    let by = "`[PROJECT]/../vulndb`";
    sandbox.go(["version"]).fails(127, &refused(by));
    sandbox.goward(["exec", "--", "go", "version"]).fails(127, &refused(by));
    // Whoever asks for it knows.
    for args in [&["lock"][..], &["install", "1.99.1"]] {
        let outcome = sandbox.goward(args);
        let warning = "goward: warning: go1.99.1 has flaws through which";
        assert!(
            outcome.code == Some(0) && outcome.stderr.contains(warning),
            "{args:?}: {outcome:?}"
        );
    }
}

/// A site is asked once a day; what it said holds without a network, and no site that is out of reach stops anything.
#[test]
fn a_site_is_asked_once_and_remembered() {
    let (_server, sandbox) = new();
    let database = Server::start();
    for (name, text) in vulndb::files(&FOUND) {
        database.route(&format!("/{name}"), Route::new(text));
    }
    let url = database.url("");
    let sandbox = sandbox.var("GOVULNDB", &url);
    sandbox.go(["version"]).fails(127, &refused(&url));
    let asked = database.log().len();
    assert_eq!(asked, 4, "two indexes and two entries");
    sandbox.go(["version"]).fails(127, &refused(&url));
    let sandbox = sandbox.var("GOWARD_OFFLINE", "1");
    sandbox.goward(["exec", "--", "true"]).fails(127, &refused(&url));
    let sandbox = sandbox.without_var("GOWARD_OFFLINE");
    assert_eq!(database.log().len(), asked, "within a day nobody is asked again");

    // Two days later the site is gone: what it said counts still, and it is not asked twice in an hour.
    let path = "home/.cache/goward/flaws.json";
    let mut kept: serde_json::Value = serde_json::from_str(&sandbox.read(path)).unwrap();
    kept["asked"] = (kept["asked"].as_u64().unwrap() - 2 * 24 * 60 * 60).into();
    sandbox.write(path, kept.to_string());
    for (name, _) in vulndb::files(&FOUND) {
        database.route(&format!("/{name}"), Route::new("").always(Fault::Status(503, "")));
    }
    sandbox.go(["version"]).fails(127, &refused(&url));
    assert_eq!(database.log().len(), asked + 1);
    sandbox.go(["version"]).fails(127, &refused(&url));
    assert_eq!(database.log().len(), asked + 1);

    // Without any answer the table decides alone.
    std::fs::remove_file(sandbox.path(path)).unwrap();
    assert!(sandbox.go(["version"]).says().contains("installed go1.99.1"));
    assert_eq!(database.log().len(), asked + 2);
}

/// A hint leads to a line that Go supports.
#[test]
fn nothing_recommends_a_line_out_of_support() {
    let server = super::mirror();
    let sandbox = sandbox(&server).file("project/go.mod", "module m\n\ngo 1.22\n");
    let old = "go1.21.4";
    let bytes = tree(old, &Platform::host().lock_name()).tar_gz();
    Mirror::new().release(old, [(archive(old).as_str(), bytes)]).add_to(&server);
    let outcome = sandbox.goward(["use", "1.21.4"]);
    let line = goward_core::releases::schedule::recommended(22);
    assert!(line > 22);
    let hint = format!("hint: choose a newer one: `goward use 1.{line}`");
    assert!(outcome.code == Some(2) && outcome.stderr.contains(&hint), "{outcome:?}");
}
