//! The real `go` as the judge: with GOPROXY at a mirror behind nginx and GOSUMDB at the tests' log, it
//! changes to a toolchain that comes from there, and from nowhere else.

use super::{Lab, Toolchain, servers};
use crate::common::archives::Tree;
use crate::common::{Outcome, Sandbox, is_full};
use crate::real::packing::{h1_of, module, release};
use crate::real::{enabled, place_go, sandbox};
use goward_core::install::Installer;
use goward_core::install::request::Fetch;
use goward_core::platform::Platform;
use goward_core::verify::archive_hash;
use goward_core::version::GoVersion;
use std::fs;

/// Lets a real `go` in `goroot` change to `version` through the mirror.
fn change(lab: &Lab, goroot: &str, version: &str, url: &str, cache: &str) -> Outcome {
    let goroot = lab.sandbox.path(goroot);
    let mut command = lab.sandbox.command(&goroot.join("bin/go"), "project");
    command
        .arg("version")
        .env("GOROOT", &goroot)
        .env("GOTOOLCHAIN", version)
        .env("GOPATH", lab.sandbox.path(cache))
        .env("GOMODCACHE", lab.sandbox.path(cache).join("pkg/mod"))
        .env("GOFLAGS", "-modcacherw")
        .env("GOPROXY", url)
        // A name and a key, and no URL: the mirror has to serve the log too.
        .env("GOSUMDB", lab.log.signer().key_text());
    lab.sandbox.finish(&mut command)
}

fn small_lab(sandbox: Sandbox) -> (Lab, Toolchain) {
    let toolchain = Toolchain::small("go1.99.1", "linux-amd64");
    let lab = Lab::new(sandbox, &[&toolchain]);
    lab.lock("a.lock", &[&toolchain]);
    (lab, toolchain)
}

#[test]
fn go_1_24_and_1_27_take_a_toolchain_from_a_mirror() {
    if !enabled(&["1.24.11", "1.27.1"]) {
        return;
    }
    let (mut lab, toolchain) = small_lab(sandbox());
    for (version, goroot) in [("1.24.11", "go-1.24"), ("1.27.1", "go-1.27")] {
        place_go(&lab.sandbox, version, goroot);
    }
    lab.create(&["a.lock"], "../mirror", false).unwrap();
    let mirror = lab.sandbox.path("mirror");
    let Some(nginx) = servers::nginx(&mirror, &lab.sandbox.path("nginx"), None) else { return };
    let url = format!("http://127.0.0.1:{}", nginx.port);
    for goroot in ["go-1.24", "go-1.27"] {
        let outcome = change(&lab, goroot, "go1.99.1", &url, &format!("cache-{goroot}"));
        assert_eq!(outcome.stdout, "go version go1.99.1\n", "{goroot}: {outcome:?}");
    }
    let answered = fs::read_to_string(lab.sandbox.path("nginx/access.log")).unwrap();
    for path in [
        "/sumdb/log.example/supported",
        "/sumdb/log.example/lookup/",
        "/sumdb/log.example/tile/8/0/000",
    ] {
        assert!(answered.contains(path), "{path}: {answered}");
    }
    assert!(!answered.contains(" 404 "), "{answered}");

    // The log grows, the mirror is renewed, and a `go` that remembers the old head is content.
    lab.grow(5000);
    lab.create(&["a.lock"], "../mirror", false).unwrap();
    fs::remove_dir_all(lab.sandbox.path("cache-go-1.27/pkg/mod")).unwrap();
    let outcome = change(&lab, "go-1.27", "go1.99.1", &url, "cache-go-1.27");
    assert_eq!(outcome.stdout, "go version go1.99.1\n", "{outcome:?}");
    let latest = lab.sandbox.path("cache-go-1.27/pkg/sumdb/log.example/latest");
    assert_eq!(fs::read_to_string(latest).unwrap(), lab.log.note(5000));

    // goward installs by the other layout of the same mirror, and by the question that setup-go asks.
    let index = goward_core::net::Net::new(&lab.session().ctx, Vec::new()).unwrap().fetch_small(
        "the index",
        &goward_core::net::Url::parse(&format!("{url}/?mode=json&include=all")).unwrap(),
        1 << 20,
    );
    assert_eq!(index.unwrap().body, fs::read(mirror.join("index.json")).unwrap());
    let fetch = Fetch { source: Some(url.clone()), ..Fetch::default() };
    let installed = Installer::new(&lab.session())
        .install_for("1.99", Platform::host(), false, &fetch)
        .unwrap();
    assert_eq!(installed.installed.receipt.level.name(), "logged");

    // A trojan in the mirror: the module is another one, and its file says nothing of that.
    let trojan = Tree::new("go1.99.1", "linux-amd64").with("bin/go", "#!/bin/sh\ntouch owned\n");
    let other = Toolchain {
        h1: super::h1_of(&trojan, "go1.99.1", "linux-amd64"),
        archive: trojan.tar_gz(),
        ..Toolchain::small("go1.99.1", "linux-amd64")
    };
    let attacker = Lab::new(Sandbox::new(), &[&other]);
    attacker.lock("a.lock", &[&other]);
    attacker.create(&["a.lock"], "../mirror", false).unwrap();
    let zip = toolchain.module(".zip");
    fs::copy(attacker.sandbox.path("mirror").join(&zip), mirror.join(&zip)).unwrap();
    let outcome = change(&lab, "go-1.27", "go1.99.1", &url, "cache-trojan");
    assert_ne!(outcome.code, Some(0), "{outcome:?}");
    assert!(outcome.stderr.contains("checksum mismatch"), "{}", outcome.stderr);
    assert!(!lab.sandbox.path("project/owned").exists());
}

/// The module that is made of a real release has the hash of the release, and the real go1.24 changes to
/// it.
#[test]
fn modules_of_real_releases_have_their_hash_and_go_takes_them() {
    // Without the six files that packages lack, these are not what Go published; goward must not know better.
    let pairs = [("1.26.6", "go1.26.6"), ("1.25.5", "go1.25.5")];
    let pairs = if is_full() { &pairs[..] } else { &pairs[..1] };
    if !enabled(&["1.24.11", "1.26.6"]) || is_full() && !enabled(&["1.25.5"]) {
        return;
    }
    for &(number, version) in pairs {
        let (archive, h1) = (release(number), h1_of(&module(number), number));
        let real = Toolchain { version, platform: "linux-amd64", archive, h1: h1.clone() };
        let lab = Lab::new(sandbox(), &[&real]);
        lab.lock("a.lock", &[&real]);
        lab.create(&["a.lock"], "../mirror", false).unwrap();
        let mirror = lab.sandbox.path("mirror");
        let zip = goward_core::fs::File::open(mirror.join(real.module(".zip"))).unwrap();
        let (version_of, host) = (GoVersion::parse(number).unwrap(), Platform::host());
        let found = archive_hash::module_h1(version_of, host, &zip).unwrap();
        assert_eq!(found.as_str(), h1, "{version}");
        place_go(&lab.sandbox, "1.24.11", "go-1.24");
        let work = lab.sandbox.path("nginx");
        let Some(nginx) = servers::nginx(&mirror, &work, None) else { return };
        let url = format!("http://127.0.0.1:{}", nginx.port);
        let outcome = change(&lab, "go-1.24", version, &url, "cache");
        assert_eq!(outcome.stdout, format!("go version {version} linux/amd64\n"), "{outcome:?}");
    }
}
