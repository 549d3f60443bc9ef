//! What the program that runs sees: every row of the pins table.

use super::sandbox::{Outcome, Sandbox, lock};
use goward_shim::pins::{Isolation, PINS, Rule};

/// A value for every variable that a lock may hold.
const LOCKED: &[(&str, &str)] = &[
    ("CGO_ENABLED", "0"),
    ("GO386", "softfloat"),
    ("GOAMD64", "v3"),
    ("GOARM", "7,softfloat"),
    ("GOARM64", "v8.1,lse"),
    ("GODEBUG", "http2debug=1,netdns=go"),
    ("GOEXPERIMENT", "jsonv2"),
    ("GOFIPS140", "v1.0.0"),
    ("GOFLAGS", "-trimpath -tags=netgo,osusergo"),
    ("GOMIPS", "softfloat"),
    ("GOMIPS64", "hardfloat"),
    ("GOPPC64", "power9"),
    ("GORISCV64", "rva22u64"),
    ("GOROOT_FINAL", "/usr/local/go"),
    ("GOWASM", "satconv,signext"),
];

/// The variable that stands for a row: its own, or one of those that a row with `*` covers.
fn variable(row: &str) -> String {
    row.replace('*', "X")
}

/// A lock without pins, or with those of [`LOCKED`].
fn lock_in(isolation: Isolation, with_pins: bool) -> String {
    let mut text = lock("go1.27.1", "");
    if isolation == Isolation::Hermetic {
        text = text.replacen("built-in\"\n", "built-in\"\nisolation = \"hermetic\"\n", 1);
    }
    if with_pins {
        text += "\n[pins]\n";
        text.extend(LOCKED.iter().map(|(name, value)| format!("{name} = \"{value}\"\n")));
    }
    text
}

/// Every row inherited with some value, and a lock that mentions none of them.
fn inherited() -> Sandbox {
    let sandbox = Sandbox::new()
        .toolchain("go1.27.1")
        .file("project/goward.lock", lock_in(Isolation::Pinned, false));
    PINS.iter()
        .filter(|row| row.name != "GOTOOLCHAIN")
        .fold(sandbox, |sandbox, row| sandbox.var(&variable(row.name), "inherited"))
}

/// Checks for every row whether the caller's value arrived, where goward sets none.
fn assert_passes(outcome: &Outcome, passes: impl Fn(Rule) -> bool) {
    for row in PINS {
        let got = outcome.variable(&variable(row.name));
        if row.rule == Rule::Set {
            assert!(got.is_some_and(|value| value != "inherited"), "{}", row.name);
        } else {
            let want = passes(row.rule).then_some("inherited");
            assert_eq!(got.as_deref(), want, "{}", row.name);
        }
    }
}

#[test]
fn inherited_under_a_pinned_lock() {
    let sandbox = inherited();
    let outcome = sandbox.run();
    assert_passes(&outcome, |rule| matches!(rule, Rule::Choose | Rule::Pass | Rule::Scrub));
    assert_eq!(outcome.variable("GOROOT").unwrap(), sandbox.tree("go1.27.1").to_str().unwrap());
    assert_eq!(outcome.variable("GOTOOLCHAIN").as_deref(), Some("local"));
    assert_eq!(outcome.variable("GOWARD_PINNED"), None);
}

#[test]
fn inherited_under_a_hermetic_lock() {
    let sandbox = inherited().file("project/goward.lock", lock_in(Isolation::Hermetic, false));
    assert_passes(&sandbox.run(), |rule| rule == Rule::Pass);
}

#[test]
fn inherited_under_a_hermetic_lock_and_allowed() {
    let sandbox = inherited().file("project/goward.lock", lock_in(Isolation::Hermetic, false));
    let names: Vec<String> = PINS.iter().map(|row| variable(row.name)).collect();
    let patterns: Vec<&str> = PINS.iter().map(|row| row.name).collect();
    let sandbox = sandbox.var("GOWARD_ALLOW", names.join(","));
    let allowed = |rule| matches!(rule, Rule::Choose | Rule::Pass | Rule::Scrub);
    assert_passes(&sandbox.run(), allowed);
    assert_passes(&sandbox.var("GOWARD_ALLOW", patterns.join(", ")).run(), allowed);
}

#[test]
fn each_allowed_name_lets_no_other_through() {
    let sandbox = inherited().file("project/goward.lock", lock_in(Isolation::Hermetic, false));
    let allowable = || PINS.iter().filter(|row| row.rule.is_allowable());
    allowable().fold(sandbox, |sandbox, row| {
        let sandbox = sandbox.var("GOWARD_ALLOW", row.name);
        let outcome = sandbox.run();
        for other in allowable() {
            let passed = outcome.variable(&variable(other.name)).is_some();
            assert_eq!(passed, other.name == row.name, "{} for {}", other.name, row.name);
        }
        sandbox
    });
}

#[test]
fn set_by_the_lock() {
    for isolation in Isolation::ALL {
        for allow in ["", "GOFLAGS,GODEBUG,GOAMD64"] {
            let sandbox = inherited()
                .file("project/goward.lock", lock_in(isolation, true))
                .var("GOWARD_ALLOW", allow);
            let entries = sandbox.run().lines("env");
            for row in PINS.iter().filter(|row| row.rule.is_lockable()) {
                let want = LOCKED.iter().find(|(name, _)| *name == row.name).map(|pin| pin.1);
                assert!(want.is_some(), "{} has no value here", row.name);
                let prefix = format!("{}=", row.name);
                let all = entries.iter().filter_map(|line| line.strip_prefix(&prefix));
                assert_eq!(all.collect::<Vec<_>>(), Vec::from_iter(want), "{}", row.name);
            }
        }
    }
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
    assert_eq!(outcome.variable("GOWARD_DEPTH").as_deref(), Some("1"));
}

#[test]
fn a_gotoolchain_that_asks_for_something_else_is_refused() {
    let with = |value| inherited().var("GOTOOLCHAIN", value);
    for fine in ["", "local", "auto", "local+auto", "go1.27.1"] {
        let sandbox = with(fine);
        assert_eq!(
            sandbox.run().program(),
            sandbox.tree("go1.27.1").join("libexec/go").to_str().unwrap()
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
    let nested = sandbox.tree("go1.27.1").join("bin/go");
    let mut command = std::process::Command::new(nested);
    command.env_clear().current_dir(sandbox.path("other"));
    for line in outer.lines("env") {
        let (name, value) = line.split_once('=').unwrap();
        command.env(name, value);
    }
    let output = String::from_utf8(command.output().unwrap().stdout).unwrap();
    assert!(
        output.contains(&format!("exe {}", sandbox.tree("go1.26.2").join("libexec/go").display()))
    );
    assert!(!output.contains("GOEXPERIMENT") && !output.contains("GODEBUG"));
    assert!(output.contains(&format!("GOROOT={}", sandbox.tree("go1.26.2").display())));
}

#[test]
fn a_nested_call_drops_what_the_outer_lock_chose_and_keeps_what_the_caller_chose() {
    let outer = inherited().file("project/goward.lock", lock_in(Isolation::Pinned, true)).run();
    assert_eq!(outer.variable("GOFLAGS").as_deref(), Some("-trimpath -tags=netgo,osusergo"));
    let inner_lock = lock("go1.26.2", "\n[pins]\nGOAMD64 = \"v2\"\n");
    let mut nested =
        Sandbox::new().toolchain("go1.26.2").file("other/goward.lock", inner_lock).cwd("other");
    for line in outer.lines("env").iter().filter(|line| !line.starts_with("GOWARD_HOME=")) {
        let (name, value) = line.split_once('=').unwrap();
        nested = nested.var(name, value);
    }
    let inner = nested.run();
    for (name, _) in LOCKED {
        let want = (*name == "GOAMD64").then_some("v2");
        assert_eq!(inner.variable(name).as_deref(), want, "{name}");
    }
    assert_eq!(inner.variable("CC").as_deref(), Some("inherited"));
    assert_eq!(inner.variable("GOWARD_PINNED").as_deref(), Some("GOAMD64=v2"));
    let on_purpose = nested.var("GOFLAGS", "-mod=mod").run();
    assert_eq!(on_purpose.variable("GOFLAGS").as_deref(), Some("-mod=mod"));
}

#[test]
fn a_nested_call_outside_of_projects_gets_the_system_go_without_our_values() {
    let sandbox = Sandbox::new().foreign_go("system").cwd("elsewhere");
    let (path, goroot) = (sandbox.path("system"), sandbox.tree("go1.27.1"));
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
    assert!(outcome.variable("GOENV").unwrap().ends_with("/store/goenv/pinned-none"));
    assert_eq!(outcome.variable("GOWARD_GOENV").as_deref(), Some("off"));
    // A `go` that is not ours gets it back.
    let copy = sandbox.path("store/goenv/pinned-none");
    let nested = Sandbox::new().foreign_go("system").cwd("elsewhere");
    let (path, root, store) =
        (nested.path("system"), sandbox.tree("go1.27.1"), sandbox.path("store"));
    let nested = nested.var("PATH", path).var("GOROOT", root).var("GOWARD_HOME", store);
    let outcome = nested.var("GOENV", copy).var("GOWARD_GOENV", &goenv).run();
    assert_eq!(outcome.variable("GOENV").as_deref(), Some(goenv.as_str()));
    assert_eq!(outcome.variable("GOWARD_GOENV"), None);
}
