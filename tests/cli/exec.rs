//! `goward exec`.

use super::{mirror, sandbox};
use crate::common::Sandbox;

fn project() -> (crate::common::server::Server, Sandbox) {
    let server = mirror();
    let sandbox = sandbox(&server);
    assert_eq!(sandbox.goward(["use", "1.99.1", "--experiment", "jsonv2"]).code, Some(0));
    (server, sandbox)
}

#[test]
fn a_program_gets_what_go_gets() {
    let (_server, sandbox) = project();
    let outcome =
        sandbox.goward(["exec", "--", "sh", "-c", "echo $GOEXPERIMENT $GOTOOLCHAIN; go version"]);
    assert_eq!(
        outcome.data(),
        "jsonv2 local\ngo version go1.99.1 version\nGOEXPERIMENT=jsonv2\nGOTOOLCHAIN=local\n"
    );
}

#[test]
fn overrides_reach_the_go_that_a_program_starts() {
    let (_server, sandbox) = project();
    let args = [
        "exec",
        "--experiment",
        "nogreenteagc",
        "--debug",
        "http2debug=1",
        "--",
        "sh",
        "-c",
        "cd /; go version",
    ];
    assert_eq!(
        sandbox.goward(args).data(),
        "go version go1.99.1 version\nGODEBUG=http2debug=1\nGOEXPERIMENT=jsonv2,nogreenteagc\nGOTOOLCHAIN=local\n"
    );
}

#[test]
fn another_go_comes_without_the_pins_and_is_installed() {
    let (_server, sandbox) = project();
    let args = ["exec", "--go", "1.98", "--", "go", "build"];
    assert_eq!(sandbox.goward(args).data(), "go version go1.98.3 build\nGOTOOLCHAIN=local\n");
}

#[test]
fn exit_codes_and_missing_programs() {
    let (_server, sandbox) = project();
    assert_eq!(sandbox.goward(["exec", "--", "sh", "-c", "exit 42"]).code, Some(42));
    let outcome = sandbox.goward(["exec", "--", "no-such-program"]);
    assert_eq!(outcome.code, Some(127));
    assert!(
        outcome.stderr.starts_with("goward: cannot run `no-such-program`: "),
        "{}",
        outcome.stderr
    );
    assert_eq!(sandbox.goward(["exec", "--debug", "x", "--", "true"]).code, Some(2));
    sandbox.goward(["exec", "--experiment", "A", "--", "true"]).fails(
        2,
        "goward: `A` does not fit GOEXPERIMENT: it is a list such as \"jsonv2,nogreenteagc\"",
    );
    sandbox.goward(["exec", "--experiment", "none", "--", "true"]).fails(
        2,
        "goward: `--experiment none` would switch off Go's own default experiments, too\n\
         hint: name those to switch off, as in `--experiment nojsonv2`",
    );
}

#[test]
fn an_override_takes_the_place_of_the_pin_about_the_same() {
    let (_server, sandbox) = project();
    let shown = |options: &[&str]| {
        let args = ["exec"].iter().chain(options).chain(&["--", "go", "env"]);
        let outcome = sandbox.goward(args);
        assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
        outcome.stdout.lines().skip(1).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(shown(&["--experiment", "jsonv2"]), "GOEXPERIMENT=jsonv2 GOTOOLCHAIN=local");
    assert_eq!(shown(&["--experiment", "nojsonv2"]), "GOEXPERIMENT=nojsonv2 GOTOOLCHAIN=local");
    let debug = ["--debug", "netdns=go", "--debug", "http2debug=1", "--debug", "netdns=cgo"];
    assert_eq!(
        shown(&debug),
        "GODEBUG=http2debug=1,netdns=cgo GOEXPERIMENT=jsonv2 GOTOOLCHAIN=local"
    );
}

#[test]
fn a_missing_toolchain_is_installed_first() {
    let server = mirror();
    let sandbox = sandbox(&server).file("project/goward.toml", "[toolchain]\ngo = \"1.99.1\"\n");
    assert_eq!(sandbox.goward(["lock"]).code, Some(0));
    assert_eq!(
        sandbox.goward(["exec", "--", "go", "env"]).stdout,
        "go version go1.99.1 env\nGOTOOLCHAIN=local\n"
    );
}

#[test]
fn a_program_without_the_two_hyphens() {
    let (_server, sandbox) = project();
    sandbox.goward(["exec", "go", "version"]).fails(
        2,
        "goward: `goward exec` takes no argument `go`\n\
         hint: the program comes after `--`, as in `goward exec -- go version`\nhint: see `goward exec --help`",
    );
}
