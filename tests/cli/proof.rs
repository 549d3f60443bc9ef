//! A proof that arrives after the toolchain: installed while the log was out of reach, proved later.

use super::bundle::{create, install as install_bundle, offline, world};
use super::log::Own;
use super::{archive, key};
use goward_core::error::Kind;
use goward_core::install::Installer;
use goward_core::install::request::Fetch;
use goward_core::lockfile::Locker;
use goward_core::lockfile::lock::LockOptions;
use goward_core::lockfile::r#use::UseOptions;
use goward_core::platform::Platform;
use goward_core::toolchains::Toolchains;
use goward_core::toolchains::verify::{Plan, Which};
use goward_core::verify::Level;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Ways in which a proof arrives, and the level that it brings. Each begins with go1.99.1 installed as
/// `listed` and a project that asks for it.
type Way = (&'static str, fn(&Own) -> Result<(), goward_core::error::Error>, Level);

const WAYS: [Way; 6] = [
    (
        "install",
        |own| {
            Installer::new(&own.session())
                .install_for("1.99.1", host(), false, &own.fetch())
                .map(drop)
        },
        Level::Logged,
    ),
    (
        "install in a project",
        |own| {
            Locker::new(&own.session())
                .install_project(host(), false, false, &own.fetch())
                .map(drop)
        },
        Level::Logged,
    ),
    (
        "lock",
        |own| Locker::new(&own.session()).lock(LockOptions::default(), &accepting(own)).map(drop),
        Level::Logged,
    ),
    (
        "use",
        |own| {
            let wish = UseOptions { request: Some("1.99.1".to_owned()), ..UseOptions::default() };
            Locker::new(&own.session()).use_toolchain(&wish, &accepting(own)).map(drop)
        },
        Level::Logged,
    ),
    (
        "verify",
        |own| Toolchains::new(&own.session()).verify(&Which::All, &Plan::default(), &mut |_| {}),
        Level::Logged,
    ),
    (
        "a bundle",
        |own| install_bundle(&offline(own, "home"), &own.sandbox.path("tools.tar")).map(drop),
        Level::Stapled,
    ),
];

fn host() -> Platform {
    Platform::host()
}

fn accepting(own: &Own) -> Fetch {
    Fetch { accept: Some(Level::Listed), ..own.fetch() }
}

/// A world in which go1.99.1 was installed while nobody could be asked, and a bundle that proves it.
fn installed_unproved() -> Own {
    let own = world();
    create(&own, &["go1.99.1"], "tools.tar");
    fs::rename(own.sandbox.path("home"), own.sandbox.path("maker")).unwrap();
    fs::create_dir(own.sandbox.path("home")).unwrap();
    let url = own.mirror.url("/");
    let arguments = ["install", "1.99.1", "--accept", "listed", "--source", &url];
    assert_eq!(own.sandbox.goward(arguments).code, Some(0));
    own.sandbox.write("project/goward.toml", "[toolchain]\ngo = \"1.99.1\"\n");
    own
}

fn receipt(own: &Own) -> serde_json::Value {
    let path = own.sandbox.store().join("meta").join(key("go1.99.1"));
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn list(own: &Own) -> String {
    let name = format!("{}.files", key("go1.99.1"));
    fs::read_to_string(own.sandbox.store().join("meta").join(name)).unwrap()
}

fn archives_fetched(own: &Own) -> usize {
    let name = archive("go1.99.1");
    own.mirror.log().iter().filter(|request| request.target.ends_with(&name)).count()
}

/// The file that is changed.
fn source(own: &Own) -> PathBuf {
    own.sandbox.store().join("tree").join(key("go1.99.1")).join("src/fmt/print.go")
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn the_level_rises_and_nothing_is_fetched_or_written_anew() {
    for (name, way, level) in WAYS {
        let own = installed_unproved();
        let (mut before, files, fetched) = (receipt(&own), list(&own), archives_fetched(&own));
        assert_eq!(before["level"], "listed");
        way(&own).unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut after = receipt(&own);
        assert_eq!(after["level"], level.name(), "{name}");
        assert_eq!((&after["log_record"], &after["log_size"]), (&1.into(), &304.into()), "{name}");
        for key in ["level", "log_record", "log_size"] {
            before.as_object_mut().unwrap().remove(key);
            after.as_object_mut().unwrap().remove(key);
        }
        assert_eq!(after, before, "{name}");
        assert_eq!((list(&own), archives_fetched(&own)), (files, fetched), "{name}");
        let verified = own.sandbox.goward(["verify", "1.99.1"]);
        assert_eq!(verified.code, Some(0), "{name}: {}", verified.stderr);
        // What is proved is not proved again.
        let asked = own.server.log().len();
        Toolchains::new(&own.session()).verify(&Which::All, &Plan::default(), &mut |_| {}).unwrap();
        assert_eq!(own.server.log().len(), asked, "{name}");
    }
}

#[test]
fn a_tree_that_was_changed_is_replaced_or_refused_and_never_proved() {
    for (name, way, level) in WAYS {
        let own = installed_unproved();
        let file = source(&own);
        let right = fs::read(&file).unwrap();
        set_mode(&file, 0o644);
        fs::write(&file, "package evil\n").unwrap();
        set_mode(&file, 0o444);
        let outcome = way(&own);
        let now = receipt(&own)["level"].as_str().unwrap().to_owned();
        if now == "listed" {
            assert!(["lock", "use", "verify"].contains(&name), "{name} gave up");
            assert_ne!(fs::read(&file).unwrap(), right, "{name}");
            assert_eq!(own.sandbox.goward(["verify", "1.99.1"]).code, Some(4), "{name}");
        } else {
            assert_eq!((now.as_str(), fs::read(&file).unwrap()), (level.name(), right), "{name}");
            assert_eq!(own.sandbox.goward(["verify", "1.99.1"]).code, Some(0), "{name}");
        }
        if name == "verify" {
            assert_eq!(outcome.unwrap_err().kind(), Kind::Verification);
        }
    }
}

#[test]
fn a_store_that_cannot_be_written_keeps_its_level() {
    let own = installed_unproved();
    let store = own.sandbox.store();
    let before = receipt(&own);
    let lock = store.join("locks");
    fs::rename(&lock, store.join("away")).unwrap();
    fs::write(&lock, "").unwrap();
    Toolchains::new(&own.session()).verify(&Which::All, &Plan::default(), &mut |_| {}).unwrap();
    Locker::new(&own.session()).lock(LockOptions::default(), &accepting(&own)).unwrap();
    assert_eq!(receipt(&own), before);
}
