//! What the program that runs sees where a lock decides: every row of the pins table.

use super::sandbox::{Outcome, Sandbox, lock, own_settings, shown};
use goward_shim::pins::{Isolation, PINS, Pin, Rule};
use goward_shim::sys::OwnedText;

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

/// What the caller has for a row; it differs from what the lock has, and it changes something.
fn callers(row: &Pin) -> &'static str {
    match row.name {
        "CGO_ENABLED" => "1",
        "GOFLAGS" => "-ldflags=-s",
        _ => "inherited",
    }
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

fn project(isolation: Isolation, with_pins: bool) -> Sandbox {
    let lock = lock_in(isolation, with_pins);
    Sandbox::new().toolchain("go1.27.1").file("project/goward.lock", lock)
}

/// Gives the caller a value for each row that is chosen.
fn with(sandbox: Sandbox, is_chosen: impl Fn(&Pin) -> bool) -> Sandbox {
    let rows = PINS.iter().filter(|row| row.name != "GOTOOLCHAIN" && is_chosen(row));
    rows.fold(sandbox, |sandbox, row| sandbox.var(&variable(row.name), callers(row)))
}

/// The manager got the call: it refuses it.
fn is_refused(sandbox: &Sandbox) -> bool {
    sandbox.run().program() == shown(sandbox.goward())
}

/// Checks for every row whether the caller's value arrived, where goward sets none.
fn assert_passes(outcome: &Outcome, passes: impl Fn(Rule) -> bool) {
    for row in PINS {
        let got = outcome.variable(&variable(row.name));
        if row.rule == Rule::Set {
            assert!(got.is_some_and(|value| value != callers(row)), "{}", row.name);
        } else {
            let want = passes(row.rule).then_some(callers(row));
            assert_eq!(got.as_deref(), want, "{}", row.name);
        }
    }
}

/// What passes under a pinned lock that mentions nothing.
fn passes_pinned(rule: Rule) -> bool {
    !matches!(rule, Rule::Pin | Rule::Remove | Rule::Set)
}

#[test]
fn inherited_under_a_pinned_lock() {
    let sandbox = with(project(Isolation::Pinned, false), |_| true);
    let outcome = sandbox.run();
    assert_passes(&outcome, passes_pinned);
    assert_eq!(outcome.variable("GOTOOLCHAIN").as_deref(), Some("local"));
    let tree = sandbox.tree("go1.27.1");
    assert_eq!(outcome.variable("GOWARD_TOOLCHAIN").as_deref(), tree.to_str());
}

#[test]
fn inherited_under_a_hermetic_lock() {
    let sandbox = with(project(Isolation::Hermetic, false), |row| !row.rule.is_refused());
    let target = |rule| matches!(rule, Rule::Level | Rule::Pass | Rule::Target);
    assert_passes(&sandbox.run(), target);
}

/// Each choice that changes the output is refused under a hermetic lock, alone, unless nothing comes of it.
#[test]
fn choices_under_a_hermetic_lock() {
    let rows = || PINS.iter().filter(|row| row.rule.is_refused());
    assert!(rows().count() > 5);
    for row in rows() {
        let sandbox = with(project(Isolation::Hermetic, false), |other| other.name == row.name);
        assert!(is_refused(&sandbox), "{}", row.name);
        let sandbox = sandbox.var("GOWARD_ALLOW", row.name);
        assert_eq!(sandbox.run().variable(row.name).as_deref(), Some(callers(row)), "{}", row.name);
    }
    let without_effect =
        [("CGO_ENABLED", "yes"), ("GO111MODULE", "on"), ("GOFIPS140", "off"), ("GOWORK", "off")];
    for (name, value) in without_effect {
        let sandbox = project(Isolation::Hermetic, false).var(name, value);
        assert!(!is_refused(&sandbox), "{name}={value}");
    }
    let sandbox = project(Isolation::Hermetic, false).file("go.work", "go 1.27\n");
    assert!(is_refused(&sandbox.var("GOWORK", "off")));
    // Whatever `auto` finds: without a module it switches them off.
    let sandbox = project(Isolation::Hermetic, false).var("GO111MODULE", "auto");
    assert!(is_refused(&sandbox));
    let sandbox = sandbox.file("project/go.mod", "module m\n");
    assert!(!is_refused(&sandbox));
    assert!(is_refused(&sandbox.var("GO111MODULE", "off")));
}

#[test]
fn inherited_under_a_hermetic_lock_and_allowed() {
    let names: Vec<String> = PINS.iter().map(|row| variable(row.name)).collect();
    let patterns: Vec<&str> = PINS.iter().map(|row| row.name).collect();
    let sandbox = with(project(Isolation::Hermetic, false), |_| true);
    let sandbox = sandbox.var("GOWARD_ALLOW", names.join(","));
    assert_passes(&sandbox.run(), passes_pinned);
    assert_passes(&sandbox.var("GOWARD_ALLOW", patterns.join(", ")).run(), passes_pinned);
}

#[test]
fn each_allowed_name_lets_no_other_through() {
    let sandbox = with(project(Isolation::Hermetic, false), |row| row.rule == Rule::Scrub);
    let scrubbed = || PINS.iter().filter(|row| row.rule == Rule::Scrub);
    scrubbed().fold(sandbox, |sandbox, row| {
        let sandbox = sandbox.var("GOWARD_ALLOW", row.name);
        let outcome = sandbox.run();
        for other in scrubbed() {
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
            // What selects experiments and debugging is replaced, whatever the caller has.
            let sandbox = with(project(isolation, true), |row| row.rule == Rule::Pin);
            let entries = sandbox.var("GOWARD_ALLOW", allow).run().lines("env");
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

/// What switches something on or off is as the lock says, or the call is refused; the same value is fine.
#[test]
fn another_value_than_that_of_the_lock_is_a_contradiction() {
    let decides = |row: &&Pin| matches!(row.rule, Rule::Choose | Rule::Level);
    for row in PINS.iter().filter(decides).filter(|row| row.name != "GOFLAGS") {
        for isolation in Isolation::ALL {
            let sandbox = with(project(isolation, true), |other| other.name == row.name);
            assert!(is_refused(&sandbox), "{}", row.name);
            // The user cannot allow what the lock decides.
            assert!(is_refused(&sandbox.var("GOWARD_ALLOW", row.name)), "{}", row.name);
            let same = LOCKED.iter().find(|(name, _)| *name == row.name).unwrap().1;
            let sandbox = project(isolation, true).var(row.name, same);
            assert_eq!(sandbox.run().variable(row.name).as_deref(), Some(same), "{}", row.name);
        }
    }
    // Go does not look at it.
    let sandbox = project(Isolation::Pinned, true).var("CGO_ENABLED", "yes");
    assert_eq!(sandbox.run().variable("CGO_ENABLED").as_deref(), Some("0"));
}

#[test]
fn flags_of_the_caller_come_after_those_of_the_lock() {
    let run = |isolation, flags: &str| project(isolation, true).var("GOFLAGS", flags);
    let merged = |isolation, flags: &str| run(isolation, flags).run().variable("GOFLAGS");
    let pinned = "-trimpath -tags=netgo,osusergo";
    for (flags, want) in [
        ("-v", "-trimpath -tags=netgo,osusergo -v"),
        ("-tags=integration", "-trimpath -tags=netgo,osusergo,integration"),
        ("-trimpath", pinned),
        ("'-ldflags=-s -w'", "-trimpath -tags=netgo,osusergo '-ldflags=-s -w'"),
        (" ", pinned),
    ] {
        assert_eq!(merged(Isolation::Pinned, flags).as_deref(), Some(want), "{flags}");
    }
    assert!(is_refused(&run(Isolation::Pinned, "-trimpath=false")));
    for (flags, want) in
        [("-v -count=1", "-trimpath -tags=netgo,osusergo -v -count=1"), ("-toolexec=x", pinned)]
    {
        assert_eq!(merged(Isolation::Hermetic, flags).as_deref(), Some(want), "{flags}");
    }
    for flags in ["-tags=integration", "-ldflags=-s", "-trimpath=false"] {
        assert!(is_refused(&run(Isolation::Hermetic, flags)), "{flags}");
    }
    let allowed = run(Isolation::Hermetic, "-tags=x").var("GOWARD_ALLOW", "GOFLAGS").run();
    let want = Some("-trimpath -tags=netgo,osusergo,x");
    assert_eq!(allowed.variable("GOFLAGS").as_deref(), want);
}

#[test]
fn a_profile_replaces_the_pins() {
    let pins = "\n[pins]\nGOEXPERIMENT = \"jsonv2\"\n\n[profile.ci]\nGODEBUG = \"netdns=go\"\n";
    let sandbox = with(project(Isolation::Pinned, false), |row| row.rule == Rule::Pin)
        .file("project/goward.lock", lock("go1.27.1", pins))
        .var("GOWARD_PROFILE", "ci");
    let outcome = sandbox.run();
    assert_eq!(outcome.variable("GODEBUG").as_deref(), Some("netdns=go"));
    assert_eq!(outcome.variable("GOEXPERIMENT"), None);
}

#[test]
fn everything_else_passes_unchanged() {
    let outcome = with(project(Isolation::Pinned, false), |_| true)
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
fn a_gotoolchain_that_the_lock_does_not_satisfy_is_refused() {
    let with = |value| project(Isolation::Pinned, false).var("GOTOOLCHAIN", value);
    let fine = ["", "local", "auto", "path", "default", "local+auto", "go1.27.1", "go1.27.1-corp"];
    let older = ["go1.27.1+auto", "go1.27.1+path", "go1.26.9+auto", "go1.27+path"];
    for value in fine.into_iter().chain(older) {
        let outcome = with(value).run();
        assert!(outcome.program().ends_with("/libexec/go"), "{value}: {outcome:?}");
        assert_eq!(outcome.variable("GOTOOLCHAIN").as_deref(), Some("local"));
    }
    for value in ["go1.26.2", "go1.27.2", "go1.27.2+auto", "go1.28rc1+path", "junk", "go1.27.1+x"] {
        assert!(is_refused(&with(value)), "{value}");
    }
}

#[test]
fn flags_of_go_env_w_count_where_the_caller_has_none() {
    let sandbox = project(Isolation::Pinned, true).file(own_settings(), "GOFLAGS=-mod=mod\n");
    let copy = |sandbox: &Sandbox, text: &str| {
        let places =
            [("HOME", "home"), ("GOWARD_HOME", "store"), ("APPDATA", "home/AppData/Roaming")];
        let entries = places.map(|(name, place)| {
            OwnedText::entry(name, sandbox.path(place).as_os_str().as_encoded_bytes())
        });
        let env = goward_shim::Environment::of(&entries);
        let home = sandbox.path("store").into_os_string().into_encoded_bytes();
        let goenv = goward_shim::goenv_file::locate(&home, Isolation::Pinned, &env);
        let path = String::from_utf8(goenv.path.to_vec()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    copy(&sandbox, "GOFLAGS=-mod=mod -tags=file\nGOPROXY=off\n");
    let flags = |sandbox: &Sandbox| sandbox.run().variable("GOFLAGS");
    let want = "-trimpath -tags=netgo,osusergo,file -mod=mod";
    assert_eq!(flags(&sandbox).as_deref(), Some(want));
    // In Go the environment replaces the file.
    let sandbox = sandbox.var("GOFLAGS", "-v");
    assert_eq!(flags(&sandbox).as_deref(), Some("-trimpath -tags=netgo,osusergo -v"));
    let sandbox = sandbox.var("GOFLAGS", "");
    copy(&sandbox, "GOFLAGS=-trimpath=false\n");
    assert!(is_refused(&sandbox));
}
