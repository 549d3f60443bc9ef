//! Files that two toolchains have in common.

use super::{archive, tree};
use crate::common::archives::Tree;
use crate::common::random::Random;
use crate::common::server::hex_sha256;
use crate::common::{Sandbox, machine, skip};
use goward_core::platform::Platform;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// What each toolchain of these tests has beside what differs.
const COMMON: usize = 8 << 20;

fn with_common_files(tree: Tree) -> Tree {
    let mut random = Random::new(1);
    (0..8).fold(tree, |tree, number| {
        tree.with(&format!("src/common/{number}"), random.bytes(COMMON / 8))
    })
}

/// A sandbox below `place` that installs from a directory, with these settings.
fn sandbox(place: &Path, settings: &str) -> Sandbox {
    let mut sandbox = Sandbox::below(place).file("home/.config/goward/config.toml", settings);
    for version in ["go1.99.0", "go1.99.1"] {
        let bytes = with_common_files(tree(version, &Platform::host().lock_name())).tar_gz();
        sandbox = sandbox
            .file(&format!("mirror/{}.sha256", archive(version)), hex_sha256(&bytes))
            .file(&format!("mirror/{}", archive(version)), bytes);
    }
    let source = format!("file://{}", sandbox.path("mirror").display());
    sandbox.source(&source)
}

fn keys(sandbox: &Sandbox) -> Vec<PathBuf> {
    let trees = fs::read_dir(sandbox.store().join("tree")).unwrap();
    let mut trees: Vec<_> = trees.map(|entry| entry.unwrap().path()).collect();
    trees.sort();
    trees
}

fn list(sandbox: &Sandbox) -> Vec<(u64, u64)> {
    let json: serde_json::Value =
        serde_json::from_str(sandbox.goward(["list", "--json"]).data()).unwrap();
    let sizes = |entry: &serde_json::Value| {
        (entry["bytes"].as_u64().unwrap(), entry["disk"].as_u64().unwrap())
    };
    json.as_array().unwrap().iter().map(sizes).collect()
}

#[test]
fn hard_links_if_the_user_wants_them() {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let sandbox = sandbox(place, "[store]\ndedupe = \"hardlink\"\n");
    assert_eq!(sandbox.goward(["install", "1.99.0"]).code, Some(0));
    let first = keys(&sandbox).remove(0);
    // Somebody changed a file after it was installed; the next toolchain is right all the same.
    let damaged = first.join("src/common/3");
    let right = fs::read(&damaged).unwrap();
    let mut permissions = fs::metadata(&damaged).unwrap().permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o644);
    fs::set_permissions(&damaged, permissions.clone()).unwrap();
    let mut wrong = right.clone();
    wrong[COMMON / 8 - 1] ^= 1;
    fs::write(&damaged, wrong).unwrap();
    std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o444);
    fs::set_permissions(&damaged, permissions).unwrap();

    assert_eq!(sandbox.goward(["install", "1.99.1"]).code, Some(0));
    let second = keys(&sandbox).remove(1);
    let inode = |tree: &Path, path: &str| fs::metadata(tree.join(path)).unwrap().ino();
    let is_shared = |path| inode(&first, path) == inode(&second, path);
    for path in ["src/common/0", "src/fmt/print.go", "libexec/gofmt"] {
        assert!(is_shared(path), "{path}");
    }
    for path in ["VERSION", "bin/go", "bin/gofmt", "libexec/go", "src/common/3"] {
        assert!(!is_shared(path), "{path}");
    }
    assert_eq!(fs::read(second.join("src/common/3")).unwrap(), right);
    let [(_, all), (bytes, rest)] = list(&sandbox)[..] else { panic!() };
    assert!(bytes > COMMON as u64 && all > COMMON as u64, "{bytes} {all}");
    assert!(rest < 2 << 20, "{rest}");
    let text = sandbox.goward(["list"]).stdout;
    assert!(text.starts_with("VERSION ") && text.contains("ON DISK"), "{text}");

    // Each stands alone.
    assert_eq!(sandbox.goward(["uninstall", "1.99.0"]).code, Some(0));
    assert_eq!(fs::read(second.join("src/common/0")).unwrap().len(), COMMON / 8);
    let [(_, alone)] = list(&sandbox)[..] else { panic!() };
    assert!(alone > COMMON as u64, "{alone}");
}

#[test]
fn nothing_is_shared_if_the_user_does_not_want_it() {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR"));
    for settings in ["", "[store]\ndedupe = \"off\"\n"] {
        let sandbox = sandbox(place, settings);
        assert_eq!(sandbox.goward(["install", "1.99.0", "1.99.1"]).code, Some(0));
        for tree in keys(&sandbox) {
            assert_eq!(fs::metadata(tree.join("src/common/0")).unwrap().nlink(), 1);
        }
    }
}

#[test]
fn a_wrong_setting_is_refused() {
    let settings = "[store]\ndedupe = \"hardlinks\"\n";
    let outcome = Sandbox::new().file("home/.config/goward/config.toml", settings).goward(["list"]);
    assert_eq!(outcome.code, Some(2));
    assert!(outcome.stderr.starts_with("goward: `[HOME]/.config/goward/config.toml:2`: "));
    assert!(outcome.stderr.contains("hardlinks"), "{}", outcome.stderr);
}

/// A file system with clones, mounted for one test.
struct Mounted {
    image: PathBuf,
    place: PathBuf,
}

impl Mounted {
    fn new() -> Option<Self> {
        let base = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let name = format!("goward-xfs-{}", std::process::id());
        let mounted = Self { image: base.join(format!("{name}.img")), place: base.join(name) };
        fs::create_dir_all(&mounted.place).ok()?;
        fs::File::create(&mounted.image).and_then(|file| file.set_len(512 << 20)).ok()?;
        let run = |program: &str, words: &[&str], paths: &[&Path]| {
            let status = machine::command(program).args(words).args(paths).output();
            status.is_ok_and(|output| output.status.success())
        };
        (run("mkfs.xfs", &["-q", "-m", "reflink=1"], &[&mounted.image])
            && run("mount", &["-o", "loop"], &[&mounted.image, &mounted.place]))
        .then_some(mounted)
    }

    /// The bytes that are in use, on disk.
    fn used(&self) -> u64 {
        assert!(machine::command("sync").arg("-f").arg(&self.place).status().unwrap().success());
        let output =
            machine::command("df").args(["--output=used", "-B1"]).arg(&self.place).output();
        let text = String::from_utf8(output.unwrap().stdout).unwrap();
        text.lines().nth(1).unwrap().trim().parse().unwrap()
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        _ = machine::command("umount").arg(&self.place).output();
        _ = fs::remove_dir(&self.place);
        _ = fs::remove_file(&self.image);
    }
}

#[test]
fn clones_where_the_file_system_has_them() {
    let Some(mounted) = Mounted::new() else {
        return skip("clones: no xfs can be made and mounted here");
    };
    {
        let sandbox = sandbox(&mounted.place, "");
        let before = mounted.used();
        assert_eq!(sandbox.goward(["install", "1.99.0"]).code, Some(0));
        let between = mounted.used();
        assert!(between - before > COMMON as u64, "{before} {between}");
        assert_eq!(sandbox.goward(["install", "1.99.1"]).code, Some(0));
        let after = mounted.used();
        assert!(after - between < COMMON as u64 / 4, "{between} {after}");
        let [first, second] = &keys(&sandbox)[..] else { panic!() };
        for number in 0..8 {
            let path = format!("src/common/{number}");
            let of = |tree: &Path| fs::metadata(tree.join(&path)).unwrap();
            assert_ne!(of(first).ino(), of(second).ino());
            let read = |tree: &Path| fs::read(tree.join(&path)).unwrap();
            assert!(read(first) == read(second));
        }

        // What others put there is cloned, too; nothing is a link to it.
        let [first, _] = &keys(&sandbox)[..] else { panic!() };
        let sdk = sandbox.path("home/sdk/go1.99.0");
        fs::create_dir_all(sdk.parent().unwrap()).unwrap();
        let mut copy = machine::command("cp");
        assert!(
            copy.args(["-r", "--reflink=never"]).args([first, &sdk]).status().unwrap().success()
        );
        for own in ["go", "gofmt"] {
            fs::rename(sdk.join("libexec").join(own), sdk.join("bin").join(own)).unwrap();
        }
        fs::remove_dir_all(sdk.join("libexec")).unwrap();
        assert_eq!(sandbox.goward(["use", "1.99.0"]).code, Some(0));
        fs::remove_dir_all(sandbox.store()).unwrap();
        let before = mounted.used();
        let sandbox = sandbox.var("GOWARD_OFFLINE", "1").var("GOWARD_ACCEPT", "none");
        let outcome = sandbox.goward(["install"]);
        let from = "(none) from [HOME]/sdk/go1.99.0\n";
        assert!(outcome.stderr.ends_with(from), "{outcome:?}");
        let after = mounted.used();
        assert!(after.saturating_sub(before) < COMMON as u64 / 4, "{before} {after}");
        assert_eq!(sandbox.goward(["verify"]).code, Some(0));
        let common = fs::metadata(keys(&sandbox)[0].join("src/common/0")).unwrap();
        assert_eq!(common.nlink(), 1);
    }
    drop(mounted);
}
