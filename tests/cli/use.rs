//! `goward use`.

use super::{VERSIONS, h1, mirror, sandbox, uncovered};
use goward_core::platform::Platform;

#[test]
fn manifest_lock_and_toolchain_in_one_step() {
    let server = mirror();
    let sandbox = sandbox(&server);
    let host = Platform::host();
    let args = [
        "use",
        "1.99",
        "--experiment",
        "jsonv2",
        "--debug",
        "http2debug=1",
        "--platform",
        "plan9/386",
    ];
    assert_eq!(
        sandbox.goward(args).says(),
        format!(
            "goward: wrote `[PROJECT]/goward.toml` and `[PROJECT]/goward.lock`: go1.99.1\n\
             goward: GODEBUG acts on `go`, tests and `go run`; a shipped binary's default comes from go.mod: `goward godebug bake`\n\
             goward: installed go1.99.1 for {host} (listed) from [URL]/\n{}",
            uncovered()
        )
    );
    let lock = sandbox.read("project/goward.lock");
    let mut lines = lock.lines();
    assert_eq!(
        lines.next(),
        Some("# Written by goward from goward.toml; edit that file and run `goward lock`.")
    );
    for expected in [
        "version = \"go1.99.1\"".to_owned(),
        "request = \"1.99\"".to_owned(),
        "level = \"listed\"".to_owned(),
        format!("[toolchain.{}]", host.lock_name()),
        format!("h1 = \"{}\"", h1("go1.99.1", &host.to_string())),
        "[toolchain.plan9-386]".to_owned(),
        format!("h1 = \"{}\"", h1("go1.99.1", "plan9/386")),
        "GODEBUG = \"http2debug=1\"".to_owned(),
        "GOEXPERIMENT = \"jsonv2\"".to_owned(),
    ] {
        assert!(lock.lines().any(|line| line == expected), "{expected} is not in\n{lock}");
    }
    assert_eq!(
        sandbox.goward(["lock"]).says(),
        "goward: up to date: `[PROJECT]/goward.lock`: go1.99.1 (listed)\n"
    );
    assert_eq!(
        sandbox.goward(["lock", "--check"]).says(),
        "goward: `[PROJECT]/goward.lock` matches its manifest\n"
    );
    assert_eq!(sandbox.read("project/goward.lock"), lock);
    assert_eq!(sandbox.goward(["-q", "use", "1.99", "--debug", "http2debug=1"]).data(), "");
    assert_eq!(sandbox.read("project/goward.lock"), lock);
    // Only the host's toolchain stays; that of the other platform was hashed and thrown away.
    assert_eq!(sandbox.goward(["list"]).data().lines().count(), 2);
}

#[test]
fn comments_and_other_values_stay() {
    let server = mirror();
    let text = "# why 1.98: see the wiki\n[toolchain]\ngo = \"1.98\" # here\n\n[pins]\nexperiments = [\"nojsonv2\", \"cgocheck2\"]\n";
    let sandbox = sandbox(&server).file("project/goward.toml", text);
    assert_eq!(sandbox.goward(["use", "1.99.0", "--experiment", "jsonv2"]).code, Some(0));
    let edited = sandbox.read("project/goward.toml");
    assert!(
        edited.starts_with("# why 1.98: see the wiki\n[toolchain]\ngo = \"1.99.0\" # here\n"),
        "{edited}"
    );
    assert!(
        !edited.contains("nojsonv2")
            && edited.contains("jsonv2")
            && edited.contains("\"cgocheck2\""),
        "{edited}"
    );
}

#[test]
fn a_failure_changes_neither_file() {
    let server = mirror();
    let sandbox = sandbox(&server);
    assert_eq!(sandbox.goward(["use", "1.99.0"]).code, Some(0));
    let before = (sandbox.read("project/goward.toml"), sandbox.read("project/goward.lock"));
    let failing: [(&[&str], i32); 6] = [
        (&["use", "1.97"], 3),
        (&["use", "1.99.1", "--experiment", "JSON"], 2),
        (&["use", "1.99.1", "--debug", "http2debug"], 2),
        (&["use", "1.99.1", "--debug", "tls10server=1"], 2),
        (&["use", "1.99.1", "--platform", "linux/amd46"], 2),
        (&["use", "1.99.1", "--goroot-final", "/usr/local/go"], 2),
    ];
    for (args, code) in failing {
        let outcome = sandbox.goward(args);
        assert_eq!(outcome.code, Some(code), "{args:?}: {}", outcome.stderr);
        assert_eq!(
            (sandbox.read("project/goward.toml"), sandbox.read("project/goward.lock")),
            before,
            "{args:?}"
        );
    }
}

#[test]
fn goroot_final_is_refused_where_nothing_reads_it() {
    sandbox(&mirror()).goward(["use", "1.99.1", "--goroot-final", "/usr/local/go"]).fails(
        2,
        "goward: `goroot-final` does nothing in go1.99.1: Go stopped reading GOROOT_FINAL in 1.23\n  \
         nothing was changed\n\
         hint: for binaries without paths: `goward use '1.99.1' --trimpath --goroot-final ''`\n\
         hint: for that path as GOROOT: `goward use '1.99.1' --goroot-final '/usr/local/go' --goroot fixed`",
    );
}

#[test]
fn the_first_way_out_of_that_is_trimpath() {
    let server = mirror();
    let sandbox = sandbox(&server);
    assert_eq!(sandbox.goward(["use", "1.99.1"]).code, Some(0));
    let manifest = sandbox.read("project/goward.toml");
    let pins = "\n[pins]\nflags = [\"-tags=a\"]\ngoroot-final = \"/usr/local/go\"\n";
    sandbox.write("project/goward.toml", manifest + pins);
    assert_eq!(sandbox.goward(["lock"]).code, Some(2));
    let args = ["use", "1.99.1", "--trimpath", "--goroot-final", ""];
    assert_eq!(sandbox.goward(args).code, Some(0));
    let manifest = sandbox.read("project/goward.toml");
    let want = "\n[pins]\nflags = [\"-tags=a\"]\n\n[profile.release]\ntrimpath = true\n";
    assert!(manifest.ends_with(want), "{manifest}");
    let printed =
        |flags: &str| format!("go version go1.99.1 build\nGOFLAGS={flags}\nGOTOOLCHAIN=local\n");
    assert_eq!(sandbox.go(["build"]).data(), printed("-tags=a"));
    let sandbox = sandbox.var("GOWARD_PROFILE", "release");
    assert_eq!(sandbox.go(["build"]).data(), printed("-trimpath -tags=a"));
}

/// In the base it would keep debuggers and tests from finding sources.
#[test]
fn trimpath_goes_to_a_profile() {
    let server = mirror();
    let sandbox = sandbox(&server);
    let outcome = sandbox.goward(["use", "1.99.1", "--trimpath", "--debug", "netdns=go"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let said = "goward: `-trimpath` is in `[profile.release]`, for builds that ship: \
                `goward exec --profile release -- go build`\n";
    assert!(outcome.stderr.contains(said), "{outcome:?}");
    let lock = sandbox.read("project/goward.lock");
    let pins = "[pins]\nGODEBUG = \"netdns=go\"\n\n\
                [profile.release]\nGODEBUG = \"netdns=go\"\nGOFLAGS = \"-trimpath\"\n";
    assert!(lock.ends_with(pins), "{lock}");
    // Nothing in it says so twice.
    assert_eq!(sandbox.goward(["use", "--trimpath"]).code, Some(0));
    assert_eq!(sandbox.read("project/goward.lock"), lock);
    let outcome = sandbox.goward(["use", "--profile", "prod", "--trimpath"]);
    assert!(!outcome.stderr.contains("[profile.release]"), "{outcome:?}");
    assert!(sandbox.read("project/goward.toml").contains("[profile.prod]\ntrimpath = true\n"));
}

#[test]
fn the_project_is_where_its_module_is() {
    let server = mirror();
    let sandbox = sandbox(&server).file("project/go.mod", "module x\n\ngo 1.98\n");
    assert_eq!(sandbox.goward_in("project/cmd/tool", ["use", "stable"]).code, Some(0));
    assert!(sandbox.path("project/goward.lock").is_file());
    assert!(!sandbox.path("project/cmd/tool/goward.lock").exists());
}

#[test]
fn every_kind_of_request() {
    let server = mirror();
    let cases = [
        ("stable", 2),
        ("latest", 2),
        ("oldstable", 0),
        ("1.99.x", 2),
        ("~1.98", 0),
        (">=1.98,<1.99.1", 1),
        ("go1.100rc1", 3),
        ("1.100.0-rc.1", 3),
        ("1.100", 3),
    ];
    for (request, version) in cases {
        let sandbox = sandbox(&server);
        assert_eq!(sandbox.goward(["use", request]).code, Some(0), "{request}");
        let version = VERSIONS[version];
        assert!(
            sandbox.read("project/goward.lock").contains(&format!("version = \"{version}\"")),
            "{request}"
        );
    }
}

/// asdf keeps its file there; a project below is not that.
#[test]
fn a_version_file_in_the_home_directory_is_no_project() {
    let server = mirror();
    let sandbox = sandbox(&server).file("home/.tool-versions", "golang 1.98.3\n");
    assert_eq!(sandbox.goward_in("home/src/new", ["use", "1.99.1"]).code, Some(0));
    assert!(sandbox.path("home/src/new/goward.lock").is_file());
    assert!(!sandbox.path("home/goward.lock").exists());
}

#[test]
fn pins_can_be_taken_out() {
    let server = mirror();
    let sandbox = sandbox(&server);
    let base = "[toolchain]\ngo = \"1.99.1\" # why\n\n";
    let pins = "[pins]\nexperiments = [\"jsonv2\", \"nogreenteagc\"]\ntrimpath = true\n\n\
                [pins.debug]\nnetdns = \"go\"\nhttp2debug = \"1\"\n";
    let lock = || {
        let text = sandbox.read("project/goward.lock");
        text.split_once("[pins]\n").map_or(String::new(), |(_, pins)| pins.to_owned())
    };
    let used = |args: &[&str]| {
        let outcome = sandbox.goward(["use"].iter().chain(args));
        assert_eq!(outcome.code, Some(0), "{args:?}: {}", outcome.stderr);
        lock()
    };
    let reset = || sandbox.write("project/goward.toml", format!("{base}{pins}"));
    reset();
    // By either name of what is pinned.
    assert_eq!(
        used(&["--no-experiment", "nojsonv2", "--no-debug", "netdns"]),
        "GODEBUG = \"http2debug=1\"\nGOEXPERIMENT = \"nogreenteagc\"\nGOFLAGS = \"-trimpath\"\n"
    );
    assert_eq!(
        used(&["--no-experiment", "greenteagc", "--no-debug", "http2debug"]),
        "GOFLAGS = \"-trimpath\"\n"
    );
    assert_eq!(used(&["--clear"]), "");
    let manifest = sandbox.read("project/goward.toml");
    assert!(manifest.starts_with(base) && !manifest.contains("netdns"), "{manifest}");
    // What is given beside it is set.
    reset();
    assert_eq!(used(&["--clear", "--experiment", "jsonv2"]), "GOEXPERIMENT = \"jsonv2\"\n");

    let before = sandbox.read("project/goward.toml");
    sandbox.goward(["use", "--no-experiment", "jsnv2"]).fails(
        3,
        "goward: the experiment `jsnv2` is not pinned in `[PROJECT]/goward.toml`\n  nothing was changed\n\
         hint: did you mean `jsonv2`?",
    );
    sandbox.goward(["use", "--no-debug", "netdns"]).fails(
        3,
        "goward: the GODEBUG setting `netdns` is not pinned in `[PROJECT]/goward.toml`\n  nothing was changed\n\
         hint: look at what is pinned: `goward which -v`",
    );
    assert_eq!(sandbox.read("project/goward.toml"), before);
}

#[test]
fn pins_can_be_taken_out_of_a_profile_alone() {
    let server = mirror();
    let sandbox = sandbox(&server);
    let manifest = "[toolchain]\ngo = \"1.99.1\"\n[pins]\nexperiments = [\"jsonv2\"]\n\
                    debug = { netdns = \"go\" }\n[profile.p]\ntrimpath = true\n";
    sandbox.write("project/goward.toml", manifest);
    let args = ["use", "--profile", "p", "--no-experiment", "jsonv2", "--no-debug", "netdns"];
    assert_eq!(sandbox.goward(args).code, Some(0));
    let lock = sandbox.read("project/goward.lock");
    let (base, profile) = lock.split_once("[profile.p]\n").unwrap();
    assert!(base.contains("GODEBUG = \"netdns=go\"\nGOEXPERIMENT = \"jsonv2\"\n"), "{lock}");
    assert_eq!(profile, "GOFLAGS = \"-trimpath\"\n");
    assert_eq!(sandbox.goward(["use", "--profile", "p", "--clear"]).code, Some(0));
    let lock = sandbox.read("project/goward.lock");
    assert!(!lock.contains("-trimpath"), "{lock}");
}

/// Go would switch its own defaults off; nobody who types it means that.
#[test]
fn none_is_no_experiment() {
    let server = mirror();
    let sandbox = sandbox(&server);
    sandbox.goward(["use", "1.99.1", "--experiment", "none"]).fails(
        2,
        "goward: `--experiment none` would switch off Go's own default experiments, too\n  \
         nothing was changed\nhint: no experiment is pinned; leave the option out",
    );
    assert_eq!(sandbox.goward(["use", "1.99.1", "--experiment", "jsonv2"]).code, Some(0));
    sandbox.goward(["use", "--experiment", "none"]).fails(
        2,
        "goward: `--experiment none` would switch off Go's own default experiments, too\n  \
         nothing was changed\nhint: take out what is pinned: `goward use --no-experiment jsonv2`",
    );
    let manifest = "[toolchain]\ngo = \"1.99.1\"\n[pins]\nexperiments = [\"none\"]\n";
    sandbox.write("project/goward.toml", manifest);
    sandbox.goward(["lock"]).fails(
        2,
        "goward: `[PROJECT]/goward.toml:4`: `none` would switch every experiment off, the defaults of Go \
         included; name those to switch off, as in `nojsonv2`",
    );
}
