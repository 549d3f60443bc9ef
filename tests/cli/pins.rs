//! Pins held against the tables in the toolchain's own source.

use super::{archive, mirror, sandbox, tree, uncovered};
use crate::common::server::Mirror;
use goward_core::platform::Platform;

const UNKNOWN: &str = "goward: `jsnv2` is not an experiment of go1.99.1\n";
const TRACE: &str = "goward: warning: `gctrace=1` makes the compiler and every other tool print; \
                     the go command keeps that in its build cache and repeats it\n";

#[test]
fn use_refuses_what_the_release_does_not_know() {
    let server = mirror();
    let sandbox = sandbox(&server);
    sandbox.goward(["use", "1.99.1", "--experiment", "nojsnv2"]).fails(
        2,
        &format!("{UNKNOWN}  manifest and lock are as they were\nhint: did you mean `nojsonv2`?"),
    );
    sandbox.goward(["use", "1.99.1", "--experiment", "swissmap", "--debug", "mmap=1"]).fails(
        2,
        "goward: 2 pins do not fit go1.99.1\n  \
         `mmap` is not a GODEBUG setting of go1.99.1\n    \
         go ignores what it does not know\n    \
         https://go.dev/doc/godebug has them all\n  \
         `swissmap` is not an experiment of go1.99.1\n    \
         known in go1.24 to go1.25; on by default since go1.24; always on since go1.26\n    \
         leave `swissmap` out\n  \
         manifest and lock are as they were",
    );
    assert!(!sandbox.path("project/goward.toml").exists());
    assert!(!sandbox.path("project/goward.lock").exists());
}

#[test]
fn use_warns_of_what_is_not_what_it_seems() {
    let server = mirror();
    let sandbox = sandbox(&server);
    let args = ["use", "1.99.1", "--experiment", "greenteagc", "--debug", "gctrace=1"];
    let outcome = sandbox.goward(args);
    let said = outcome.says();
    assert!(said.contains(TRACE), "{said}");
    assert!(
        said.contains(
            "goward: warning: `GOEXPERIMENT=greenteagc` is what go1.99.1 does without it; it only \
             changes the build info of binaries, so leave it out\n"
        ),
        "{said}"
    );
    assert!(sandbox.read("project/goward.lock").contains("GOEXPERIMENT = \"greenteagc\""));
}

#[test]
fn lock_checks_every_profile_once_the_release_is_there() {
    let manifest = "[toolchain]\ngo = \"1.99.1\"\n[pins]\nexperiments = [\"jsonv2\"]\n\
                    debug = { gctrace = 1 }\n\
                    [profile.ci]\nexperiments = [\"jsnv2\"]\n\
                    [profile.local.debug]\ntls3des = 0\n";
    let server = mirror();
    let sandbox = sandbox(&server).file("project/goward.toml", manifest);
    assert_eq!(
        sandbox.goward(["lock"]).says(),
        format!(
            "goward: warning: the names in GODEBUG and GOEXPERIMENT are checked when go1.99.1 is \
             installed: `goward install`\n\
             goward: wrote `[PROJECT]/goward.lock`: go1.99.1 (listed)\n{}",
            uncovered()
        )
    );
    let lock = sandbox.read("project/goward.lock");
    sandbox.goward(["install"]).fails(
        2,
        "goward: profile `ci`: `jsnv2` is not an experiment of go1.99.1\n  \
         go1.99.1 is installed; `[PROJECT]/goward.lock` has the pins\n\
         hint: did you mean `jsonv2`?",
    );
    assert_eq!(sandbox.goward(["list"]).data().lines().count(), 2);

    sandbox.write("project/goward.toml", manifest.replace("gctrace = 1", "gctrace = 2"));
    sandbox.goward(["lock"]).fails(
        2,
        "goward: profile `ci`: `jsnv2` is not an experiment of go1.99.1\n  \
         nothing was changed\n\
         hint: did you mean `jsonv2`?",
    );
    assert_eq!(sandbox.read("project/goward.lock"), lock);

    sandbox.write("project/goward.toml", manifest.replace("jsnv2", "nogreenteagc"));
    let removed = "goward: warning: profile `local`: `tls3des=0` does nothing in go1.99.1: the \
                   setting was removed in go1.27\n";
    assert_eq!(
        sandbox.goward(["lock"]).says(),
        format!(
            "{TRACE}{removed}goward: wrote `[PROJECT]/goward.lock`: go1.99.1 (listed)\n{}",
            uncovered()
        )
    );
    let host = Platform::host();
    assert_eq!(
        sandbox.goward(["install"]).says(),
        format!("{TRACE}{removed}goward: go1.99.1 for {host} is installed (listed)\n")
    );
}

#[test]
fn exec_checks_what_it_adds() {
    let server = mirror();
    let sandbox = sandbox(&server);
    assert_eq!(sandbox.goward(["use", "1.99.1", "--debug", "gctrace=1"]).code, Some(0));
    sandbox
        .goward(["exec", "--experiment", "jsnv2", "--", "true"])
        .fails(2, &format!("{UNKNOWN}hint: did you mean `jsonv2`?"));
    sandbox.goward(["exec", "--go", "1.98", "--debug", "asynctimerchan=1", "--", "true"]).fails(
        2,
        "goward: with `asynctimerchan=1` nothing of go1.98.3 starts, not even the go command\n  \
         the setting was removed in go1.27\n\
         hint: leave `asynctimerchan` out",
    );
    let outcome = sandbox.goward(["exec", "--experiment", "jsonv2", "--", "go", "version"]);
    assert!(outcome.data().contains("GODEBUG=gctrace=1\nGOEXPERIMENT=jsonv2\n"));
    let outcome = sandbox.goward(["exec", "--debug", "netdns=go", "--", "go", "version"]);
    assert_eq!(outcome.says(), TRACE);
}

#[test]
fn a_release_with_tables_of_another_form_can_be_used() {
    let host = Platform::host().lock_name();
    let tree = tree("go1.99.1", &host).with("src/internal/buildcfg/exp.go", "package buildcfg\n");
    let name = archive("go1.99.1");
    let server = Mirror::new().release("go1.99.1", [(name.as_str(), tree.tar_gz())]).start();
    let sandbox = sandbox(&server);
    let outcome = sandbox.goward(["use", "1.99.1", "--experiment", "whatever"]);
    assert!(
        outcome.says().contains(
            "goward: warning: the names in GOEXPERIMENT were not checked: \
             `src/internal/buildcfg/exp.go` of go1.99.1 has no `func ParseGOEXPERIMENT(`\n"
        ),
        "{}",
        outcome.stderr
    );
}

/// Which modules there are differs between releases of one line.
#[test]
fn a_fips_pin_is_held_against_the_release() {
    let host = Platform::host().lock_name();
    let tree = tree("go1.99.1", &host)
        .with("lib/fips140/fips140.sum", "v1.0.0-abc.zip aa\n")
        .with("lib/fips140/v1.0.0.txt", "v1.0.0-abc\n")
        .with("lib/fips140/inprocess.txt", "v1.0.0-abc\n");
    let name = archive("go1.99.1");
    let server = Mirror::new().release("go1.99.1", [(name.as_str(), tree.tar_gz())]).start();
    let manifest =
        |module: &str| format!("[toolchain]\ngo = \"1.99.1\"\n[pins]\nfips140 = \"{module}\"\n");
    let sandbox = sandbox(&server).file("project/goward.toml", manifest("certified"));
    let outcome = sandbox.goward(["lock"]);
    let later = "the names in GOFIPS140 are checked when go1.99.1 is installed: `goward install`";
    assert!(outcome.says().contains(later), "{}", outcome.stderr);
    sandbox.goward(["install"]).fails(
        2,
        "goward: `certified` is not a FIPS 140 module of go1.99.1\n  \
         go1.99.1 is installed; `[PROJECT]/goward.lock` has the pins\n\
         hint: go1.99.1 has `inprocess`, `latest`, `off`, `v1.0.0`",
    );
    sandbox.write("project/goward.toml", manifest("v1.9.9"));
    let outcome = sandbox.goward(["lock"]);
    assert!(outcome.stderr.starts_with("goward: `v1.9.9` is not a FIPS 140 module of go1.99.1\n"));
    for module in ["inprocess", "latest", "off", "v1.0.0"] {
        sandbox.write("project/goward.toml", manifest(module));
        assert_eq!(sandbox.goward(["lock"]).code, Some(0), "{module}");
    }
}
