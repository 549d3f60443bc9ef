//! Calls inside of calls: whose Go, whose environment.

use super::sandbox::{Outcome, Sandbox, lock, shown};
use std::fs;

const OUTER: &str = "\n[pins]\nCGO_ENABLED = \"0\"\nGOAMD64 = \"v3\"\nGODEBUG = \"netdns=go\"\n\
                     GOEXPERIMENT = \"jsonv2\"\nGOFLAGS = \"-trimpath -tags=outer\"\n";
const INNER: &str = "\n[pins]\nCGO_ENABLED = \"1\"\nGOFLAGS = \"-tags=inner\"\n";

/// Two projects, a directory without a lock, and a default of a third version.
fn sandbox() -> Sandbox {
    Sandbox::new()
        .toolchain("go1.27.1")
        .toolchain("go1.26.2")
        .toolchain("go1.25.0")
        .file("project/goward.lock", lock("go1.27.1", OUTER))
        .file("other/goward.lock", lock("go1.26.2", INNER))
        .file("store/default.lock", lock("go1.25.0", ""))
        .foreign_go("system")
}

/// The version that a call ended in.
fn version(sandbox: &Sandbox, outcome: &Outcome) -> String {
    let program = outcome.program();
    let is_it = |version: &&str| program.starts_with(&shown(sandbox.tree(version).join("libexec")));
    let versions = ["go1.27.1", "go1.26.2", "go1.25.0"];
    versions.iter().find(|version| is_it(version)).map_or(program.clone(), ToString::to_string)
}

#[test]
fn outside_of_projects_a_call_is_that_of_the_one_around_it() {
    let sandbox = sandbox();
    let outer = sandbox.run();
    assert_eq!(version(&sandbox, &outer), "go1.27.1");
    let shim = sandbox.path("store/shims/go");
    let program = sandbox.tree("go1.27.1").join("bin/go");
    // By PATH, by `$GOROOT/bin/go`; with another home, none, and a PATH without goward.
    for way in [&shim, &program] {
        for more in [
            &[][..],
            &[("HOME", "/no-home")],
            &[("HOME", ""), ("GOWARD_HOME", "")],
            &[("PATH", "/usr/bin:/bin"), ("GOWARD_HOME", "")],
        ] {
            let nested = sandbox.run_inside(&outer, way, "elsewhere", more);
            assert_eq!(version(&sandbox, &nested), "go1.27.1", "{more:?}");
            // Its environment is as it was given.
            for name in ["GOFLAGS", "GOAMD64", "GODEBUG", "GOTOOLCHAIN", "GOENV", "GOWARD_CALLER"] {
                assert_eq!(nested.variable(name), outer.variable(name), "{name}");
            }
            let depth = nested.variable("GOWARD_DEPTH").unwrap();
            assert_eq!(depth, "2");
        }
    }
    let gofmt = sandbox.run_inside(&outer, sandbox.path("store/shims/gofmt"), "elsewhere", &[]);
    assert!(gofmt.program().ends_with("/libexec/gofmt"));
    assert_eq!(version(&sandbox, &gofmt), "go1.27.1");
}

#[test]
fn a_toolchain_that_is_gone_is_passed_over() {
    let sandbox = sandbox();
    let outer = sandbox.run();
    fs::rename(sandbox.tree("go1.27.1"), sandbox.path("gone")).unwrap();
    let nested = sandbox.run_inside(&outer, sandbox.path("store/shims/go"), "elsewhere", &[]);
    assert_eq!(version(&sandbox, &nested), "go1.25.0");
}

#[test]
fn another_project_has_its_own_toolchain_and_nothing_of_the_outer_one() {
    let sandbox = sandbox().var("GOFLAGS", "-v").var("GODEBUG", "callers=1").var("GOENV", "off");
    let outer = sandbox.run();
    assert_eq!(outer.variable("GOFLAGS").as_deref(), Some("-trimpath -tags=outer -v"));
    for way in [sandbox.path("store/shims/go"), sandbox.tree("go1.27.1").join("bin/go")] {
        let inner = sandbox.run_inside(&outer, way, "other", &[]);
        assert_eq!(version(&sandbox, &inner), "go1.26.2");
        let got = |name| inner.variable(name);
        assert_eq!(got("GOFLAGS").as_deref(), Some("-tags=inner -v"));
        assert_eq!(got("CGO_ENABLED").as_deref(), Some("1"));
        for name in ["GOAMD64", "GODEBUG", "GOEXPERIMENT", "GOROOT"] {
            assert_eq!(got(name), None, "{name}");
        }
        // And the way back: what the first caller had is still known.
        let back = sandbox.run_inside(&inner, sandbox.path("store/shims/go"), "project", &[]);
        assert_eq!(version(&sandbox, &back), "go1.27.1");
        assert_eq!(back.variable("GOFLAGS"), outer.variable("GOFLAGS"));
        assert_eq!(back.variable("GOWARD_CALLER"), outer.variable("GOWARD_CALLER"));
    }
}

#[test]
fn what_was_set_on_purpose_in_between_is_the_callers() {
    let sandbox = sandbox();
    let outer = sandbox.run();
    let shim = sandbox.path("store/shims/go");
    let inner = sandbox.run_inside(&outer, &shim, "other", &[("GOFLAGS", "-mod=mod")]);
    assert_eq!(inner.variable("GOFLAGS").as_deref(), Some("-tags=inner -mod=mod"));
    let manager = sandbox.goward();
    let inner = sandbox.run_inside(&outer, &shim, "other", &[("CGO_ENABLED", "0 ")]);
    assert_eq!(inner.variable("CGO_ENABLED").as_deref(), Some("1"));
    // What contradicts the inner lock is refused, as from anybody.
    let other = lock("go1.26.2", "\n[pins]\nGOAMD64 = \"v2\"\n");
    let sandbox = sandbox.file("third/goward.lock", other);
    let third = sandbox.run_inside(&outer, &shim, "third", &[("GOAMD64", "v4")]);
    assert_eq!(third.program(), shown(&manager));
    let third = sandbox.run_inside(&outer, &shim, "third", &[]);
    assert_eq!(third.variable("GOAMD64").as_deref(), Some("v2"));
}

/// What cmd/go exports to generators and to tools is not what somebody asked for.
#[test]
fn what_the_go_command_exports_to_its_tools_is_refused_nowhere() {
    let sandbox = sandbox();
    let outer = sandbox.run();
    let shim = sandbox.path("store/shims/go");
    let exported =
        [("GOTOOLDIR", "/t"), ("GOVERSION", "go1.27.1"), ("CGO_ENABLED", "0"), ("GOROOT", "/r")];
    let levels = [("GOAMD64", "v1"), ("GOFLAGS", "-mod=mod"), ("CC", "gcc")];
    let all = [&exported[..], &levels].concat();
    for directory in ["project", "other"] {
        let inner = sandbox.run_inside(&outer, &shim, directory, &all);
        assert!(inner.program().ends_with("/libexec/go"), "{directory}: {inner:?}");
        let want = if directory == "project" { "0" } else { "1" };
        assert_eq!(inner.variable("CGO_ENABLED").as_deref(), Some(want));
    }
    // Under the same lock nothing is refused: its pins hold, and other flags come after them.
    let more = [("CGO_ENABLED", "1"), ("GOFLAGS", "-trimpath=false -v"), ("GOTOOLCHAIN", "go1.2")];
    let inner = sandbox.run_inside(&outer, &shim, "project", &more);
    assert_eq!(inner.variable("CGO_ENABLED").as_deref(), Some("0"));
    assert_eq!(inner.variable("GOFLAGS").as_deref(), Some("-trimpath -tags=outer -v"));
}

#[test]
#[cfg_attr(windows, ignore = "needs links, which Wine does not make")]
fn a_request_inside_of_a_call_has_none_of_the_outer_pins() {
    let sandbox = sandbox().var("GOFLAGS", "-v");
    let outer = sandbox.run();
    let named = sandbox.run_inside(&outer, sandbox.path("store/shims/go1.26.2"), "project", &[]);
    assert_eq!(version(&sandbox, &named), "go1.26.2");
    assert_eq!(named.variable("GOFLAGS").as_deref(), Some("-v"));
    for name in ["CGO_ENABLED", "GOAMD64", "GODEBUG", "GOTOOLCHAIN", "GOENV", "GOWARD_CALLER"] {
        assert_eq!(named.variable(name), None, "{name}");
    }
    assert_eq!(named.variable("GOWARD_GO").as_deref(), Some("go1.26.2"));
    // What it starts is the same toolchain, in every project.
    let inner = sandbox.run_inside(&named, sandbox.path("store/shims/go"), "project", &[]);
    assert_eq!(version(&sandbox, &inner), "go1.26.2");
    let system = sandbox.path("system");
    let bypassed = [("GOWARD_BYPASS", "1"), ("PATH", system.to_str().unwrap())];
    let foreign = sandbox.run_inside(&outer, sandbox.path("store/shims/go"), "project", &bypassed);
    assert_eq!(foreign.program(), shown(sandbox.path("system/go")));
    assert_eq!(foreign.variable("GOFLAGS").as_deref(), Some("-v"));
    for name in ["CGO_ENABLED", "GOTOOLCHAIN", "GOENV", "GOWARD_CALLER", "GOWARD_TOOLCHAIN"] {
        assert_eq!(foreign.variable(name), None, "{name}");
    }
}

/// A call that Go's own switching makes serves one project: others in it keep their locks.
#[test]
#[cfg_attr(windows, ignore = "needs links, which Wine does not make")]
fn switching_of_go_hands_down_only_the_toolchain() {
    let sandbox = sandbox();
    let switch = [("GOTOOLCHAIN_INTERNAL_SWITCH_VERSION", "go1.26.2")];
    let mut command = std::process::Command::new(sandbox.path("store/shims/go1.26.2"));
    // cmd/go keeps its own `argv[0]`.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::arg0(&mut command, "go");
    command.env_clear().envs(switch).current_dir(sandbox.path("project"));
    command.env("GOWARD_HOME", sandbox.path("store")).env("FAKE_GO", "");
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let want = sandbox.tree("go1.26.2").join("libexec/go");
    assert!(text.contains(&format!("exe {}\n", want.display())), "{text}");
    assert!(text.contains("env GOTOOLCHAIN_INTERNAL_SWITCH_VERSION=go1.26.2\n"), "{text}");
    assert!(!text.contains("GOWARD_GO="), "{text}");
}

#[test]
fn go_env_w_in_a_nested_call_changes_the_users_own_file() {
    let sandbox = sandbox().var("GOENV", "off");
    let outer = sandbox.run();
    assert!(shown(outer.variable("GOENV").unwrap()).contains("/goenv/"));
    let shim = sandbox.path("store/shims/go");
    let sandbox = sandbox.arg("env").arg("-w").arg("GOPROXY=off");
    let nested = sandbox.run_inside(&outer, shim, "elsewhere", &[]);
    assert_eq!(nested.variable("GOENV").as_deref(), Some("off"));
}
