//! A Go that a module refuses, and platforms and releases that are known without anybody.

use super::{mirror, sandbox};
use crate::common::Sandbox;
use goward_core::platform::Platform;

/// A module that needs a newer Go than the one that is asked for.
const MODULE: &str = "module m\n\ngo 1.99.1\n";

#[test]
fn what_cannot_build_the_module_is_refused_unless_it_is_forced() {
    let server = mirror();
    let sandbox = sandbox(&server).file("project/go.mod", MODULE);
    let refused = |anyway: &str| {
        format!(
            "goward: go1.98.3 cannot build `[PROJECT]/go.mod:3`: it needs Go 1.99.1 or newer\n  \
             nothing was changed\nhint: choose a newer one: `goward use 1.99`\n\
             hint: or lock it anyway: `{anyway}`"
        )
    };
    sandbox.goward(["use", "1.98.3"]).fails(2, &refused("goward use '1.98.3' --force"));
    assert!(!sandbox.path("project/goward.toml").exists());
    assert_eq!(sandbox.goward(["list"]).stdout, "", "nothing was installed");
    sandbox.write("project/goward.toml", "[toolchain]\ngo = \"1.98\"\n");
    sandbox.goward(["lock"]).fails(2, &refused("goward lock --force"));
    assert!(!sandbox.path("project/goward.lock").exists());
    let told = "goward: warning: go1.98.3 cannot build `[PROJECT]/go.mod:3`: it needs Go 1.99.1 or newer\n";
    for args in [
        &["lock", "--force"][..],
        &["use", "1.98.3", "--force"],
        &["lock", "--check"],
        &["install", "--locked"],
    ] {
        assert!(sandbox.goward(args).says().contains(told), "{args:?}");
    }
    assert_eq!(sandbox.goward(["use", "1.99.1"]).code, Some(0));
}

#[test]
fn a_workspace_counts_in_its_members_and_other_modules_are_told() {
    let server = mirror();
    let sandbox = sandbox(&server)
        .file("project/.git/HEAD", "")
        .file("project/go.work", "go 1.99\n\nuse ./svc\n")
        .file("project/svc/go.mod", "module svc\n\ngo 1.98\n");
    let outcome = sandbox.goward_in("project/svc", ["use", "--here", "1.98.3"]);
    assert_eq!(outcome.code, Some(2));
    assert!(
        outcome.stderr.starts_with(
            "goward: go1.98.3 cannot build `[PROJECT]/go.work:1`: it needs Go 1.99 or newer\n"
        ),
        "{}",
        outcome.stderr
    );
    let off = sandbox.var("GOWORK", "off");
    assert_eq!(off.goward_in("project/svc", ["use", "--here", "1.98.3"]).code, Some(0));
    std::fs::remove_file(off.path("project/go.work")).unwrap();
    off.write("project/other/go.mod", MODULE);
    let told = "goward: warning: go1.98.3 cannot build `[PROJECT]/other/go.mod:3`: it needs Go 1.99.1 or newer\n";
    assert!(off.goward(["use", "1.98.3"]).says().contains(told));
}

#[test]
fn files_that_cannot_be_read_stop_nobody_who_chooses() {
    let server = mirror();
    for (name, text) in [
        (".tool-versions", "golang ref:master\n"),
        (".tool-versions", "golang path:/opt/go-fork\n"),
        (".go-version", "1.98.3-fips\n"),
        ("mise.toml", "[tools\n"),
        ("go.mod", "module m\n\ngo \"1.98\"\n"),
        ("go.mod", "module m\n\ngo 1.98\ntoolchain corp\n"),
    ] {
        let sandbox = || sandbox(&server).file(&format!("project/{name}"), text);
        for args in [&["use", "1.99.1"][..], &["init", "1.99.1"]] {
            let sandbox = sandbox();
            let outcome = sandbox.goward(args);
            let warning = format!("goward: warning: `[PROJECT]/{name}:");
            assert!(outcome.says().contains(&warning), "{name} {args:?}: {}", outcome.stderr);
            assert!(sandbox.read("project/goward.toml").contains("go = \"1.99.1\""));
        }
        assert_eq!(sandbox().goward(["matrix", "--go", "1.99.1", "--", "true"]).code, Some(0));
        let sandbox = sandbox();
        let outcome = sandbox.goward(["init"]);
        assert_eq!(outcome.code, Some(2), "{name}");
        assert!(
            outcome.stderr.starts_with(&format!("goward: `[PROJECT]/{name}:")),
            "{}",
            outcome.stderr
        );
        assert!(!sandbox.path("project/goward.toml").exists());
    }
}

#[test]
fn a_suffix_of_a_toolchain_does_not_count() {
    let server = mirror();
    let module = "module m\n\ngo 1.98\n\ntoolchain go1.99.1-corp\n";
    let sandbox = sandbox(&server).file("project/go.mod", module);
    assert!(sandbox.goward(["init"]).says().contains("for Go 1.99.1, from `[PROJECT]/go.mod:5`"));
    assert_eq!(sandbox.goward(["lock"]).code, Some(0));
    assert!(sandbox.read("project/goward.lock").contains("go1.99.1"));
}

#[test]
fn a_lock_covers_the_ports_that_are_known() {
    let host = Platform::host().to_string();
    if host != "linux/amd64" {
        return crate::common::skip("the records of go1.27.1 are those of linux/amd64");
    }
    let sandbox = Sandbox::new().file("project/goward.toml", "[toolchain]\ngo = \"1.27.1\"\n");
    let outcome = sandbox.goward(["lock"]);
    let lock = sandbox.read("project/goward.lock");
    for port in Platform::first_class() {
        let table = format!("[toolchain.{}]", port.lock_name());
        let is_told = outcome.says().contains(&port.to_string());
        assert_ne!(lock.contains(&table), is_told, "{port}: {}\n{lock}", outcome.stderr);
    }
    assert!(lock.matches("[toolchain.").count() > 1, "{lock}");
    assert_eq!(sandbox.goward(["lock", "--check"]).code, Some(0));
    let again = sandbox.goward(["lock"]);
    assert!(again.says().contains("goward: up to date"), "{again:?}");
    // What a colleague added stays, also when nobody here knows it.
    let h1 = lock.lines().find(|line| line.starts_with("h1 = ")).unwrap();
    let more = lock.replacen(
        "[toolchain.darwin",
        &format!("[toolchain.aix-ppc64]\n{h1}\n\n[toolchain.darwin"),
        1,
    );
    sandbox.write("project/goward.lock", &more);
    assert_eq!(sandbox.goward(["lock", "--check"]).code, Some(0));
    // A list says what is wanted, and no more.
    sandbox.write(
        "project/goward.toml",
        "[toolchain]\ngo = \"1.27.1\"\nplatforms = [\"linux/amd64\"]\n",
    );
    assert_eq!(sandbox.goward(["lock", "--check"]).code, Some(1));
    assert_eq!(sandbox.goward(["lock"]).code, Some(0));
    assert_eq!(sandbox.read("project/goward.lock").matches("[toolchain.").count(), 1);
}

#[test]
fn a_lock_without_this_platform_is_mended_with_one_line() {
    let server = mirror();
    let sandbox = sandbox(&server);
    let host = Platform::host();
    assert_eq!(sandbox.goward(["use", "1.99.1", "--platform", "plan9/386"]).code, Some(0));
    let lock = sandbox.read("project/goward.lock");
    let start = lock.find(&format!("[toolchain.{}]", host.lock_name())).unwrap();
    let end = lock[start..].find("\n\n").unwrap();
    let (before, after) = (&lock[..start], &lock[start + end + 2..]);
    sandbox.write("project/goward.lock", format!("{before}{after}"));
    let report = |code: i32, args: &[&str]| {
        let outcome = if args.is_empty() { sandbox.go(["version"]) } else { sandbox.goward(args) };
        assert_eq!(outcome.code, Some(code), "{outcome:?}");
        outcome.stderr
    };
    let cure = format!("goward use --platform {host}");
    assert!(report(126, &[]).contains(&cure));
    assert_eq!(report(1, &["install"]).matches("is missing in the lock").count(), 1);
    assert_eq!(sandbox.goward(cure.split(' ').skip(1)).code, Some(0));
    assert_eq!(sandbox.read("project/goward.lock"), lock);
    assert_eq!(sandbox.go(["version"]).code, Some(0));
}

#[test]
fn where_nobody_can_be_asked_what_is_installed_serves() {
    let server = mirror();
    let sandbox = sandbox(&server);
    assert_eq!(sandbox.goward(["install", "1.98.3", "1.99.0"]).code, Some(0));
    let tried = |sandbox: &Sandbox| {
        let said = |request: &str, version: &str| {
            format!("goward: took {version}, the newest installed release for `{request}`: ")
        };
        let requests = [
            ("1.99", "go1.99.0"),
            ("stable", "go1.99.0"),
            ("oldstable", "go1.98.3"),
            ("~1.98", "go1.98.3"),
        ];
        for command in ["install", "use", "default"] {
            for (request, version) in requests {
                let outcome = sandbox.goward([command, request]);
                let what = format!("{command} {request}: {}", outcome.stderr);
                assert!(outcome.says().contains(&said(request, version)), "{what}");
            }
        }
        let outcome = sandbox.goward(["exec", "--go", "1.99", "--", "go", "version"]);
        assert!(outcome.stdout.starts_with("go version go1.99.0"), "{outcome:?}");
        assert!(sandbox.go(["+1.99", "version"]).stdout.starts_with("go version go1.99.0"));
    };
    let sandbox = sandbox.var("GOWARD_OFFLINE", "1");
    tried(&sandbox);
    let sandbox = sandbox.without_var("GOWARD_OFFLINE").var("GOWARD_SOURCE", "file:///nowhere");
    tried(&sandbox);
    let sandbox = sandbox.source(server.url("/").trim_end_matches('/'));
    // Where somebody answers, what they say counts.
    assert!(!sandbox.goward(["install", "1.99"]).says().contains("took"));
    assert!(sandbox.goward(["install", "1.99"]).says().contains("go1.99.1"));
}

#[test]
fn what_is_installed_less_well_verified_is_told_with_its_cure() {
    let server = mirror();
    let sandbox = sandbox(&server);
    assert_eq!(sandbox.goward(["install", "1.99.1"]).code, Some(0));
    let sandbox = sandbox.without_var("GOWARD_ACCEPT").var("GOWARD_OFFLINE", "1");
    let message = "goward: go1.99.1 is installed, but verified only at level `listed`; `built-in` is required\n";
    let hint = "hint: accept what is installed, for this call: `--accept listed`\n";
    for args in
        [&["use", "1.99.1"][..], &["use", "1.99"], &["install", "1.99.1"], &["default", "1.99.1"]]
    {
        let outcome = sandbox.goward(args);
        assert_eq!(outcome.code, Some(4), "{args:?} {outcome:?}");
        assert!(
            outcome.stderr.contains(message) && outcome.stderr.contains(hint),
            "{args:?} {}",
            outcome.stderr
        );
        let accepting = [args, &["--accept", "listed"]].concat();
        assert_eq!(sandbox.goward(accepting).code, Some(0), "{args:?}");
        for name in ["goward.toml", "goward.lock"] {
            _ = std::fs::remove_file(sandbox.path("project").join(name));
        }
    }
    sandbox.write("project/goward.toml", "[toolchain]\ngo = \"1.99.1\"\n");
    assert!(sandbox.goward(["lock"]).stderr.contains(message));
}

#[test]
fn a_release_that_does_not_exist_is_told_with_the_newest() {
    let sandbox = Sandbox::new();
    let outcome = sandbox.goward(["use", "1.27.99"]);
    assert!(
        outcome.stderr.contains("hint: the newest of 1.27 that is known here is go1.27."),
        "{}",
        outcome.stderr
    );
}

#[test]
fn a_source_that_is_none_is_refused_also_where_nobody_asks_it() {
    let server = mirror();
    let sandbox = sandbox(&server);
    assert_eq!(sandbox.goward(["use", "1.99.1"]).code, Some(0));
    for args in [
        &["use", "1.99.1"][..],
        &["install", "1.99.1"],
        &["install"],
        &["lock"],
        &["default", "1.99.1"],
    ] {
        let outcome = sandbox.goward([args, &["--source", "htp://x"]].concat());
        assert_eq!(outcome.code, Some(2), "{args:?} {outcome:?}");
    }
}
