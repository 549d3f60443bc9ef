//! Every way in which an install fails: the whole report, the exit code, and a store without
//! a trace of it.

use super::{archive, key, mirror, sandbox, tree};
use crate::common::archives::{self, Tree};
use crate::common::server::{Fault, INDEX, Mirror, Route, Server, hex_sha256};
use crate::common::{Outcome, Sandbox, is_full};
use goward_core::platform::Platform;

/// Runs `goward install 1.99.1` and requires that nothing is installed or left in staging.
fn fails(sandbox: &Sandbox, code: i32, report: &str) {
    let outcome = sandbox.goward(["install", "1.99.1"]);
    outcome.fails(code, report);
    assert_nothing(sandbox, &outcome);
}

fn assert_nothing(sandbox: &Sandbox, outcome: &Outcome) {
    let found: Vec<String> = sandbox
        .store_listing()
        .into_iter()
        .filter(|path| {
            ["tree/", "meta/", "tmp/", "trash/"].iter().any(|part| path.starts_with(part))
        })
        .collect();
    assert_eq!(found, Vec::<String>::new(), "{outcome:?}");
}

fn host() -> String {
    Platform::host().to_string()
}

fn good() -> Tree {
    tree("go1.99.1", &Platform::host().lock_name())
}

/// A mirror whose only release is `bytes`, honestly listed.
fn serving(bytes: Vec<u8>) -> Server {
    Mirror::new().release("go1.99.1", [(archive("go1.99.1").as_str(), bytes)]).start()
}

#[test]
fn a_request_that_is_none() {
    sandbox(&mirror()).goward(["install", "1.2x"]).fails(
        2,
        "goward: `1.2x` is not a version, a line (`1.27`), a range (`>=1.25,<1.27`), `stable`, `oldstable` or `latest`\n\
         hint: see what there is: `goward list --remote`",
    );
}

#[test]
fn an_unknown_version() {
    let server = mirror();
    let report = format!(
        "goward: no Go release matches `1.97` for {}\nhint: newest is go1.99.1; `goward list --remote` shows all",
        host()
    );
    sandbox(&server).goward(["install", "1.97"]).fails(3, &report);
    let report = format!(
        "goward: [URL]/ has no go1.97.5 for {}\n  wanted [URL]/{}\n\
         hint: the newest that is known here is {}",
        host(),
        archive("go1.97.5"),
        goward_core::verify::Records::built_in().releases().iter().max().unwrap()
    );
    sandbox(&server).goward(["install", "1.97.5"]).fails(3, &report);
}

#[test]
fn no_network() {
    let sandbox = sandbox(&mirror()).var("GOWARD_OFFLINE", "1");
    fails(
        &sandbox,
        5,
        "goward: cannot download go1.99.1: network is off (`GOWARD_OFFLINE=1`)\n  \
         wanted [URL]/?mode=json&include=all\n\
         hint: unset `GOWARD_OFFLINE`, or give a directory: `GOWARD_SOURCE=file:///path goward install go1.99.1`",
    );
}

#[test]
fn nobody_listens() {
    let server = mirror();
    let sandbox = sandbox(&server);
    drop(server);
    let outcome = sandbox.goward(["install", "1.99.1"]);
    assert_eq!(outcome.code, Some(5));
    assert!(outcome.stderr.starts_with("goward: cannot download go1.99.1: "), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("wanted [URL]/"), "{}", outcome.stderr);
    assert_nothing(&sandbox, &outcome);
}

#[test]
fn plain_http_to_a_host() {
    let sandbox = Sandbox::new().source("http://mirror.example/go");
    let outcome = sandbox.goward(["install", "1.99.1"]);
    assert_eq!(outcome.code, Some(5), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("http-hosts"), "{}", outcome.stderr);
}

#[test]
fn a_truncated_archive() {
    let bytes = good().tar_gz();
    let server = serving(bytes[..bytes.len() / 2].to_vec());
    fails(
        &sandbox(&server),
        4,
        &format!(
            "goward: refusing to unpack `{0}`: entry `go/src/internal/buildcfg/exp.go` is cut short\n  nothing was installed\n  \
             from [URL]/{0}\n\
             hint: ask a second source: `goward install go1.99.1 --source go.dev`",
            archive("go1.99.1")
        ),
    );
}

#[test]
fn a_connection_that_always_breaks() {
    let server = mirror();
    server.change(&format!("/{}", archive("go1.99.1")), |route| route.always(Fault::CutHeader));
    let sandbox = sandbox(&server);
    let outcome = sandbox.goward(["install", "1.99.1"]);
    assert_eq!(outcome.code, Some(5), "{}", outcome.stderr);
    assert!(outcome.stderr.starts_with("goward: cannot download go1.99.1: "), "{}", outcome.stderr);
    assert_nothing(&sandbox, &outcome);
}

#[test]
fn a_flipped_bit_anywhere_in_an_archive_is_noticed() {
    let bytes = good().tar_gz();
    for at in (0..bytes.len()).step_by(bytes.len() / 12) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x10;
        let server = mirror();
        server.route(&format!("/{}", archive("go1.99.1")), Route::new(damaged));
        let sandbox = sandbox(&server);
        let outcome = sandbox.goward(["install", "1.99.1"]);
        assert_eq!(outcome.code, Some(4), "byte {at}: {}", outcome.stderr);
        assert_nothing(&sandbox, &outcome);
    }
}

#[test]
fn an_archive_that_is_not_what_its_index_lists() {
    let bytes = good().with("src/fmt/print.go", "package evl\n").tar_gz();
    let (want, got) = (hex_sha256(&good().tar_gz()), hex_sha256(&bytes));
    let server = mirror();
    let name = archive("go1.99.1");
    server.route(&format!("/{name}"), Route::new(bytes));
    // Without the index nobody knows the size, so that the digest has to tell.
    server.change(INDEX, |route| route.always(Fault::Status(404, "")));
    fails(
        &sandbox(&server),
        4,
        &format!(
            "goward: checksum mismatch for `{name}`\n  expected sha256:{want} (index of [URL]/{name})\n  \
             received sha256:{got} ([URL]/{name})\n  nothing was installed\n\
             hint: ask a second source: `goward install go1.99.1 --source go.dev`"
        ),
    );
}

/// The index, the digest beside the archive and the archive agree with each other; goward's own
/// record of the release does not.
#[test]
fn an_index_that_lies_about_a_recorded_release() {
    let host = Platform::host();
    let name = archive("go1.27.1");
    let server = Mirror::new()
        .release("go1.27.1", [(name.as_str(), tree("go1.27.1", &host.lock_name()).tar_gz())])
        .start();
    let sandbox = sandbox(&server).var("GOWARD_ACCEPT", "none");
    let outcome = sandbox.goward(["install", "1.27.1"]);
    assert_eq!(outcome.code, Some(4), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("built-in record"), "{}", outcome.stderr);
    assert_nothing(&sandbox, &outcome);
}

#[test]
fn a_level_that_is_too_low() {
    let server = mirror();
    let sandbox = sandbox(&server).without_var("GOWARD_ACCEPT");
    fails(
        &sandbox,
        4,
        &format!(
            "goward: go1.99.1 for {} is verified only at level `listed`; `built-in` is required\n  \
             sum.golang.org was not asked: `GOPROXY` is `off`\n  nothing was installed\n\
             hint: accept it for this call: `--accept listed`",
            host()
        ),
    );
    assert_eq!(sandbox.goward(["install", "1.99.1", "--accept", "listed"]).code, Some(0));
}

#[test]
fn an_archive_that_escapes() {
    let hostile = archives::hostile_tar_gz();
    assert!(hostile.len() > 60);
    for case in hostile {
        let server = serving(case.bytes);
        let sandbox = sandbox(&server);
        let outcome = sandbox.goward(["install", "1.99.1"]);
        assert_eq!(outcome.code, Some(4), "{}: {}", case.name, outcome.stderr);
        assert!(outcome.stderr.contains(case.cause), "{}: {}", case.name, outcome.stderr);
        assert!(outcome.stderr.bytes().all(|b| b == b'\n' || b >= b' '), "{}", case.name);
        assert_nothing(&sandbox, &outcome);
        let escaped: Vec<_> = std::fs::read_dir(sandbox.path(""))
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(escaped.len(), 3, "{}: {escaped:?}", case.name);
    }
}

#[test]
fn another_toolchain_under_this_name() {
    let other = tree("go1.99.0", &Platform::host().lock_name());
    fails(
        &sandbox(&serving(other.tar_gz())),
        4,
        &format!(
            "goward: this is not a complete go1.99.1 for {}: `VERSION` says `go1.99.0`\n  nothing was installed",
            host()
        ),
    );
}

#[test]
fn a_lock_with_another_hash() {
    let server = mirror();
    let sandbox = sandbox(&server).file("project/goward.toml", "[toolchain]\ngo = \"1.99.1\"\n");
    assert_eq!(sandbox.goward(["lock"]).code, Some(0));
    let right = super::h1("go1.99.1", &host());
    let wrong = "h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    sandbox
        .write("project/goward.lock", sandbox.read("project/goward.lock").replace(&right, wrong));
    let outcome = sandbox.goward(["install"]);
    assert_eq!(outcome.code, Some(4));
    assert!(
        outcome.stderr.contains(wrong) && outcome.stderr.contains(&right),
        "{}",
        outcome.stderr
    );
    assert!(outcome.stderr.contains("[PROJECT]/goward.lock"), "{}", outcome.stderr);
    assert_nothing(&sandbox, &outcome);
}

#[test]
fn an_index_of_nonsense() {
    for index in [
        "",
        "{",
        "[1]",
        "null",
        "[{\"version\":\"go1.99.1\",\"files\":[{\"filename\":\"../../x\"}]}]",
    ] {
        let server = mirror();
        server.route(INDEX, Route::new(index));
        let outcome = sandbox(&server).goward(["install", "1.99"]);
        assert!(matches!(outcome.code, Some(3 | 5)), "{index}: {}", outcome.stderr);
        let report = "goward: no release known here matches `1.99` for";
        let empty = "goward: no Go release matches `1.99` for";
        assert!(
            outcome.stderr.starts_with(report) || outcome.stderr.starts_with(empty),
            "{}",
            outcome.stderr
        );
    }
}

#[test]
fn an_unwritable_store() {
    let server = mirror();
    let sandbox = sandbox(&server).var("GOWARD_HOME", "/proc/goward");
    let outcome = sandbox.goward(["install", "1.99.1"]);
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.stderr.contains("/proc/goward"), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("hint: "), "{}", outcome.stderr);
    assert_eq!(server.log().len(), 0, "nothing is downloaded for a store that cannot take it");
}

#[test]
fn no_home() {
    let server = mirror();
    let sandbox = sandbox(&server).without_var("HOME");
    sandbox.goward(["install", "1.99.1"]).fails(
        2,
        "goward: there is no place for toolchains: `GOWARD_HOME`, `XDG_DATA_HOME` and `HOME` are all unset or \
         not absolute\nhint: choose one: `GOWARD_HOME=/absolute/path`",
    );
    let store = sandbox.path("elsewhere");
    let sandbox = sandbox.var("GOWARD_HOME", store);
    assert_eq!(sandbox.goward(["install", "1.99.1"]).code, Some(0));
    assert!(sandbox.path("elsewhere/tree").join(key("go1.99.1")).exists());
}

#[test]
fn an_unknown_source() {
    sandbox(&mirror())
        .goward(["install", "1.99.1", "--source", "go.def"])
        .fails(2, "goward: `go.def` is not a source\nhint: did you mean `go.dev`?");
}

#[test]
fn a_damaged_lock_never_runs_anything_else() {
    let server = mirror();
    let sandbox = sandbox(&server);
    assert_eq!(sandbox.goward(["use", "1.99.1"]).code, Some(0));
    assert_eq!(sandbox.goward(["setup", "--no-modify-path"]).code, Some(0));
    let sandbox = sandbox.var("GOWARD_OFFLINE", "1");
    let lock = sandbox.read("project/goward.lock");
    // The parser itself is tried at every byte with every value (`shims/src/lock/tests.rs`).
    let step = if is_full() { 1 } else { 7 };
    for at in (0..lock.len()).step_by(step) {
        let mut damaged = lock.clone().into_bytes();
        damaged[at] ^= 1;
        sandbox.write("project/goward.lock", &damaged);
        let outcome = sandbox.go(["version"]);
        let ran = outcome.stdout.contains("go version go1.99.1");
        let refused =
            matches!(outcome.code, Some(126 | 127)) && outcome.stderr.starts_with("goward: ");
        assert!(ran ^ refused, "byte {at}: {outcome:?}");
        assert!(outcome.stdout.is_empty() || ran, "byte {at}: {outcome:?}");
    }
}
