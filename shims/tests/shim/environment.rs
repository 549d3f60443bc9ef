//! What the program that runs sees: every row of the pins table.

use crate::sandbox::{Sandbox, lock};
use goward_shim::pins::{PINS, Rule};

/// Every row inherited with some value, and a lock that mentions none of them.
fn inherited() -> Sandbox {
    let sandbox =
        Sandbox::new().toolchain("go1.27.1").file("project/goward.lock", lock("go1.27.1", ""));
    PINS.iter()
        .filter(|row| row.name != "GOTOOLCHAIN")
        .fold(sandbox, |sandbox, row| sandbox.var(row.name, "inherited"))
}

#[test]
fn nothing_of_the_table_leaks_in() {
    let sandbox = inherited();
    let outcome = sandbox.run();
    for row in PINS {
        let got = outcome.variable(row.name);
        match row.rule {
            Rule::Pin | Rule::Remove => assert_eq!(got, None, "{}", row.name),
            Rule::Set => assert!(got.is_some_and(|value| value != "inherited"), "{}", row.name),
        }
    }
    assert_eq!(outcome.variable("GOROOT").unwrap(), sandbox.root("go1.27.1").to_str().unwrap());
    assert_eq!(outcome.variable("GOTOOLCHAIN").as_deref(), Some("local"));
}

#[test]
fn pins_arrive_exactly() {
    let pins = "\n[pins]\nGODEBUG = \"http2debug=1,netdns=go\"\nGOEXPERIMENT = \"jsonv2\"\nGOROOT_FINAL = \"/usr/local/go\"\n";
    let outcome = inherited().file("project/goward.lock", lock("go1.27.1", pins)).run();
    assert_eq!(outcome.variable("GODEBUG").as_deref(), Some("http2debug=1,netdns=go"));
    assert_eq!(outcome.variable("GOEXPERIMENT").as_deref(), Some("jsonv2"));
    assert_eq!(outcome.variable("GOROOT_FINAL").as_deref(), Some("/usr/local/go"));
}

#[test]
fn a_profile_replaces_the_pins() {
    let pins = "\n[pins]\nGOEXPERIMENT = \"jsonv2\"\n\n[profile.ci]\nGODEBUG = \"netdns=go\"\n";
    let sandbox =
        inherited().file("project/goward.lock", lock("go1.27.1", pins)).var("GOWARD_PROFILE", "ci");
    let outcome = sandbox.run();
    assert_eq!(outcome.variable("GODEBUG").as_deref(), Some("netdns=go"));
    assert_eq!(outcome.variable("GOEXPERIMENT"), None);
}

#[test]
fn everything_else_passes_unchanged() {
    let outcome = inherited()
        .var("GOFLAGS", "-mod=mod")
        .var("GOPROXY", "off")
        .var("EMPTY", "")
        .var("UNICODE", "ä€")
        .run();
    assert_eq!(outcome.variable("GOFLAGS").as_deref(), Some("-mod=mod"));
    assert_eq!(outcome.variable("GOPROXY").as_deref(), Some("off"));
    assert_eq!(outcome.variable("EMPTY").as_deref(), Some(""));
    assert_eq!(outcome.variable("UNICODE").as_deref(), Some("ä€"));
    assert_eq!(outcome.variable("GOWARD_DEPTH"), None);
}

#[test]
fn a_gotoolchain_that_asks_for_something_else_is_refused() {
    let with = |value| inherited().var("GOTOOLCHAIN", value);
    for fine in ["", "local", "auto", "local+auto", "go1.27.1"] {
        let sandbox = with(fine);
        assert_eq!(
            sandbox.run().program(),
            sandbox.tree("go1.27.1").join("bin/go").to_str().unwrap()
        );
    }
    for other in ["go1.26.2", "path", "local+path", "go1.27.1+auto", "go1.27.1+path", "junk"] {
        let sandbox = with(other);
        assert_eq!(
            sandbox.run().program(),
            sandbox.path("bin/goward").to_str().unwrap(),
            "{other}"
        );
    }
}

#[test]
fn a_nested_call_in_another_project_drops_every_pin_of_the_outer_one() {
    let pins = "\n[pins]\nGODEBUG = \"netdns=go\"\nGOEXPERIMENT = \"jsonv2\"\n";
    let sandbox = Sandbox::new()
        .toolchain("go1.27.1")
        .toolchain("go1.26.2")
        .file("project/goward.lock", lock("go1.27.1", pins))
        .file("other/goward.lock", lock("go1.26.2", ""));
    let outer = sandbox.run();
    // As `go test` does: the environment of the outer call, `$GOROOT/bin` first on PATH.
    let nested = sandbox.root("go1.27.1").join("bin/go");
    let mut command = std::process::Command::new(nested);
    command.env_clear().current_dir(sandbox.path("other"));
    for line in outer.lines("env") {
        let (name, value) = line.split_once('=').unwrap();
        command.env(name, value);
    }
    let output = String::from_utf8(command.output().unwrap().stdout).unwrap();
    assert!(output.contains(&format!("exe {}", sandbox.tree("go1.26.2").join("bin/go").display())));
    assert!(!output.contains("GOEXPERIMENT") && !output.contains("GODEBUG"));
    assert!(output.contains(&format!("GOROOT={}", sandbox.root("go1.26.2").display())));
}

#[test]
fn a_nested_call_outside_of_projects_gets_the_system_go_without_our_values() {
    let sandbox = Sandbox::new().foreign_go("system").cwd("elsewhere");
    let (path, goroot) = (sandbox.path("system"), sandbox.root("go1.27.1"));
    let outcome =
        sandbox.var("PATH", path).var("GOROOT", goroot).var("GOEXPERIMENT", "jsonv2").run();
    assert_eq!((outcome.variable("GOROOT"), outcome.variable("GOEXPERIMENT")), (None, None));
}

#[test]
fn the_callers_own_goenv_is_put_aside_and_given_back() {
    let own = |sandbox: &Sandbox| sandbox.path("project/own").to_str().unwrap().to_owned();
    let sandbox = inherited().file("project/own", "");
    let goenv = own(&sandbox);
    let sandbox = sandbox.var("GOENV", "off");
    let outcome = sandbox.run();
    assert!(outcome.variable("GOENV").unwrap().ends_with("/store/goenv/none"));
    assert_eq!(outcome.variable("GOWARD_GOENV").as_deref(), Some("off"));
    // A `go` that is not ours gets it back.
    let copy = sandbox.path("store/goenv/none");
    let nested = Sandbox::new().foreign_go("system").cwd("elsewhere");
    let (path, root, store) =
        (nested.path("system"), sandbox.root("go1.27.1"), sandbox.path("store"));
    let nested = nested.var("PATH", path).var("GOROOT", root).var("GOWARD_HOME", store);
    let outcome = nested.var("GOENV", copy).var("GOWARD_GOENV", &goenv).run();
    assert_eq!(outcome.variable("GOENV").as_deref(), Some(goenv.as_str()));
    assert_eq!(outcome.variable("GOWARD_GOENV"), None);
}
