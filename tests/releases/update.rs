//! `goward self update`.

use super::{Dist, Key, TARGET, VERSION, program};
use crate::common::server::{Route, Server};
use crate::common::{Outcome, Sandbox};
use std::fs;
use std::path::Path;

/// A sandbox in which `install.sh` has installed goward below `prefix`, and which knows a server and a key.
fn installed(server: &Server, owner: &str) -> Sandbox {
    let sandbox = Sandbox::new()
        .var("GOWARD_RELEASES", server.url("/"))
        .var("GOWARD_RELEASES_KEY", &Key::good().public)
        .file("prefix/lib/goward/installed-by", format!("{owner}\n"));
    for name in ["goward", "goward-shim"] {
        let place = sandbox.path("prefix/bin").join(name);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::hard_link(sandbox.path("bin").join(name), &place).unwrap();
    }
    sandbox
}

fn update(sandbox: &Sandbox, words: &[&str]) -> Outcome {
    let goward = sandbox.path("prefix/bin/goward");
    sandbox.finish(sandbox.command(&goward, "project").args(["self", "update"]).args(words))
}

/// Whether both programs are still the tests' own.
fn is_untouched(sandbox: &Sandbox) -> bool {
    let names = fs::read_dir(sandbox.path("prefix/bin")).unwrap().count();
    let same = |name: &str| {
        let read = |place: &str| fs::read(sandbox.path(place).join(name)).unwrap();
        read("bin") == read("prefix/bin")
    };
    names == 2 && same("goward") && same("goward-shim")
}

#[test]
fn a_newer_release_takes_the_place_of_both_programs() {
    let server = Server::start();
    Dist::scripts("99.0.0").publish(&server, true);
    let sandbox = installed(&server, "install.sh");
    let told = update(&sandbox, &["--check"]);
    assert_eq!(told.data(), format!("goward 99.0.0 is available; this is goward {VERSION}\n"));
    assert!(is_untouched(&sandbox));
    // A link on PATH is not replaced: what it leads to is.
    std::os::unix::fs::symlink("../prefix/bin/goward", sandbox.path("bin/linked")).unwrap();
    let linked = sandbox.path("bin/linked");
    let outcome = sandbox.finish(sandbox.command(&linked, "project").args(["self", "update"]));
    assert_eq!(outcome.says(), format!("goward: goward {VERSION} was replaced by goward 99.0.0\n"));
    assert!(fs::symlink_metadata(linked).unwrap().is_symlink());
    for name in ["goward", "goward-shim"] {
        let text = fs::read_to_string(sandbox.path("prefix/bin").join(name)).unwrap();
        assert!(text.contains(&format!("{name} 99.0.0")), "{text}");
    }
    assert_eq!(fs::read_dir(sandbox.path("prefix/bin")).unwrap().count(), 2);
}

#[test]
fn the_shims_of_the_store_follow() {
    let server = Server::start();
    Dist::scripts("99.0.0").publish(&server, true);
    let sandbox = installed(&server, "install.sh");
    let goward = sandbox.path("prefix/bin/goward");
    let set_up =
        sandbox.finish(sandbox.command(&goward, "project").args(["setup", "--no-modify-path"]));
    set_up.says();
    let outcome = update(&sandbox, &[]);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    // The stub notes how it was called.
    let called = sandbox.read("prefix/called");
    assert_eq!(called, "version\nsetup --no-modify-path --quiet\n");
}

#[test]
fn an_older_release_is_refused_until_it_is_named() {
    let server = Server::start();
    Dist::scripts("0.0.1").publish(&server, true);
    let sandbox = installed(&server, "install.sh");
    let report = format!(
        "goward: the newest release there is goward 0.0.1, and this is goward {VERSION}: nothing \
         was changed\nhint: to go back: `goward self update 0.0.1`"
    );
    update(&sandbox, &[]).fails(4, &report);
    update(&sandbox, &["--check"]).fails(4, &report);
    assert!(is_untouched(&sandbox));
    let outcome = update(&sandbox, &["v0.0.1"]);
    assert_eq!(outcome.says(), format!("goward: goward {VERSION} was replaced by goward 0.0.1\n"));
    assert!(!is_untouched(&sandbox));
}

#[test]
fn the_newest_release_changes_nothing() {
    let server = Server::start();
    Dist::scripts(VERSION).publish(&server, true);
    let sandbox = installed(&server, "install.sh");
    let outcome = update(&sandbox, &[]);
    assert_eq!(outcome.says(), format!("goward: goward {VERSION} is the newest release\n"));
    let outcome = update(&sandbox, &[VERSION]);
    assert_eq!(outcome.says(), format!("goward: goward {VERSION} is installed already\n"));
    assert!(is_untouched(&sandbox));
}

/// What a mirror, or whoever stands before it, may do: each makes the update fail, and changes nothing.
#[test]
fn what_is_not_signed_or_not_listed_is_refused() {
    let dist = Dist::scripts("99.0.0");
    let list = fs::read(dist.path("SHA256SUMS")).unwrap();
    let archive = format!("/download/v99.0.0/{}", dist.archive());
    let other_list = String::from_utf8(list.clone()).unwrap().replace("99.0.0", "99.0.1");
    let other_key = Dist::scripts_by("99.0.0", &Key::new());
    let old = Dist::scripts("98.0.0");
    let at = "/latest/download/SHA256SUMS";
    let sign = "/latest/download/SHA256SUMS.minisig";
    let signature = |dist: &Dist| Route::new(fs::read(dist.path("SHA256SUMS.minisig")).unwrap());
    let unsigned =
        "the signature of `[URL]/latest/download/SHA256SUMS` is not by the key of releases";
    let short = Route::new(fs::read(dist.path(&dist.archive())).unwrap()[..1000].to_vec());
    let cases: [(&str, &str, Route, u8, &str); 6] = [
        ("a list that was changed", at, Route::new(other_list), 4, unsigned),
        ("a signature of another list", sign, signature(&old), 4, unsigned),
        ("a signature by another key", sign, signature(&other_key), 4, unsigned),
        ("no signature", sign, Route::new("x"), 4, unsigned),
        ("another archive", &archive, Route::new("x"), 4, "is not what its list says"),
        ("an archive that was cut", &archive, short, 4, "is not what its list says"),
    ];
    for (what, target, route, code, message) in cases {
        let server = Server::start();
        dist.publish(&server, true);
        server.route(target, route);
        let sandbox = installed(&server, "install.sh");
        let outcome = update(&sandbox, &[]);
        let said = outcome.stderr.replace(&server.url(""), "[URL]");
        assert_eq!(outcome.code, Some(i32::from(code)), "{what}: {said}");
        assert!(said.contains(message), "{what}: {said}");
        assert!(is_untouched(&sandbox), "{what}");
    }
    // A list that another release's name leads to.
    let server = Server::start();
    for name in ["SHA256SUMS", "SHA256SUMS.minisig"] {
        let route = Route::new(fs::read(old.path(name)).unwrap());
        server.route(&format!("/download/v99.0.0/{name}"), route);
    }
    let sandbox = installed(&server, "install.sh");
    let report = format!("goward: the list has no archive of goward 99.0.0 for {TARGET}");
    update(&sandbox, &["99.0.0"]).fails(3, &report);
    assert!(is_untouched(&sandbox));
}

#[test]
fn a_program_that_does_not_start_is_not_installed() {
    let programs = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    for name in ["goward", "goward-shim"] {
        program(&programs.path().join(TARGET).join(name), "#!/bin/sh\nexit 1\n");
    }
    let server = Server::start();
    Dist::pack("99.0.0", programs.path(), TARGET, Key::good()).publish(&server, true);
    let sandbox = installed(&server, "install.sh");
    let report = "goward: the new goward does not start on this machine; nothing was changed";
    update(&sandbox, &[]).fails(126, report);
    assert!(is_untouched(&sandbox));
}

#[test]
fn whoever_owns_the_programs_updates_them() {
    let server = Server::start();
    Dist::scripts("99.0.0").publish(&server, true);
    for (owner, message, hint) in [
        ("deb", "belongs to a package (deb)", "`apt-get install --only-upgrade goward`"),
        (
            "wheel",
            "belongs to a package (wheel)",
            "`uv tool upgrade goward`, or `pip install --upgrade goward`",
        ),
        ("other", "belongs to a package (other)", "update the package"),
        ("checkout", "was built from a checkout", "in the checkout: `git pull && ./install.sh`"),
    ] {
        let sandbox = installed(&server, owner);
        let report = format!("goward: `[BASE]/prefix/bin/goward` {message}\nhint: {hint}");
        update(&sandbox, &[]).fails(2, &report);
        assert!(update(&sandbox, &["--check"]).data().starts_with("goward 99.0.0 is available"));
        assert!(is_untouched(&sandbox));
    }
    let sandbox = installed(&server, "");
    update(&sandbox, &[]).fails(
        2,
        "goward: nothing says who installed `[BASE]/prefix/bin/goward`\nhint: update it by what \
         installed it, such as `cargo install goward`",
    );
}

#[test]
fn what_is_missing_is_said() {
    let server = Server::start();
    let sandbox = installed(&server, "install.sh").without_var("GOWARD_RELEASES");
    update(&sandbox, &[]).fails(
        3,
        "goward: goward has no published releases yet\nhint: `GOWARD_RELEASES` and \
         `GOWARD_RELEASES_KEY` name a mirror of your own",
    );
    let sandbox = installed(&server, "install.sh").without_var("GOWARD_RELEASES_KEY");
    update(&sandbox, &[]).fails(
        2,
        "goward: there is no key to check releases by: `GOWARD_RELEASES_KEY` is unset\nhint: set \
         it to the public key of whoever signs these releases",
    );
    let sandbox = installed(&server, "install.sh").var("GOWARD_RELEASES_KEY", "x\u{1b}");
    update(&sandbox, &[]).fails(
        2,
        "goward: `x\\u{1b}` is no public key of minisign\nhint: take the second line of the `.pub` \
         file",
    );
    let sandbox = installed(&server, "install.sh");
    update(&sandbox, &["newest"]).fails(
        2,
        "goward: `newest` is no version of goward\nhint: write it as in `goward self update \
         0.2.0`",
    );
    // Nothing is there, and then nobody answers.
    assert_eq!(update(&sandbox, &[]).code, Some(5));
    drop(server);
    assert_eq!(update(&sandbox, &[]).code, Some(5));
    let sandbox = sandbox.var("GOWARD_OFFLINE", "1");
    update(&sandbox, &[]).fails(
        5,
        "goward: releases are not looked for: network is off (`GOWARD_OFFLINE=1`)\nhint: unset \
         `GOWARD_OFFLINE`",
    );
    assert!(is_untouched(&sandbox));
}

/// Both know where releases are, by which key they are signed, and what the targets are called.
#[test]
fn install_sh_and_self_update_know_the_same() {
    let read =
        |path: &str| fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
    let (script, update) = (read("install.sh"), read("crates/core/src/update/mod.rs"));
    for (name, constant) in [("releases", "RELEASES"), ("release_key", "KEY")] {
        let line = script.lines().find(|line| line.starts_with(&format!("{name}="))).unwrap();
        let (_, value) = line.split_once('=').unwrap();
        let want = if value.is_empty() { "None".to_owned() } else { format!("Some(\"{value}\")") };
        assert!(update.contains(&format!("const {constant}: Option<&str> = {want};")), "{name}");
    }
    for target in xtask::dist::targets::TARGETS {
        assert!(update.contains(&format!("(\"{}\", \"{}\")", target.go, target.rust)));
        let is_installed_by_it = !target.is_windows();
        assert_eq!(script.contains(&format!("target={}", target.rust)), is_installed_by_it);
    }
}
