//! Patch upgrades from a module proxy: what an installed toolchain has is not fetched.

use crate::common::archives::Tree;
use crate::common::machine::command;
use crate::common::random::Random;
use crate::common::server::{Fault, Route, Server};
use crate::common::{Outcome, Sandbox};
use goward_core::platform::Platform;
use goward_core::verify::{Digest, dirhash};
use goward_core::version::GoVersion;
use std::fs;
use std::path::PathBuf;

const OLD: &str = "go1.98.3";

const NEW: &str = "go1.98.4";

/// A release with large files, of which some are those of every other.
fn tree(version: &str) -> Tree {
    let own: u64 = version.as_bytes().iter().map(|byte| u64::from(*byte)).sum();
    let mut tree = super::tree(version, &Platform::host().lock_name());
    for (at, name) in ["src/a", "src/c", "src/e", "src/g"].into_iter().enumerate() {
        tree = tree.with(name, Random::new(at as u64).bytes(400_000));
    }
    for (at, name) in ["src/b", "src/d"].into_iter().enumerate() {
        tree = tree.with(name, Random::new(own + at as u64).bytes(200_000));
    }
    tree
}

fn h1(version: &str) -> String {
    let files: Vec<(String, Digest)> = tree(version)
        .0
        .iter()
        .filter(|(path, _)| dirhash::is_covered(path))
        .map(|(path, content)| (path.clone(), Digest::of(content)))
        .collect();
    let files = files.iter().map(|(path, digest)| (path.as_str(), *digest));
    let version = GoVersion::parse(version).unwrap();
    dirhash::tree_h1(version, Platform::host(), files).unwrap().to_string()
}

fn module_version(version: &str) -> String {
    Platform::host().module_version(GoVersion::parse(version).unwrap())
}

fn target(version: &str) -> String {
    format!("/golang.org/toolchain/@v/{}.zip", module_version(version))
}

fn module(version: &str) -> Vec<u8> {
    tree(version).module(&module_version(version))
}

/// A proxy, and a sandbox in which the old release is installed and a lock names the new one.
struct World {
    proxy: Server,
    sandbox: Sandbox,
    /// The size of the zip of the new release.
    whole: u64,
}

impl World {
    fn new() -> Self {
        let proxy = Server::start();
        proxy.keep_connections();
        for version in [OLD, NEW] {
            proxy.route(&target(version), Route::new(module(version)));
        }
        let sandbox = Sandbox::new()
            .var("GOWARD_SOURCE", "goproxy")
            .var("GOWARD_ACCEPT", "none")
            .var("GOPROXY", proxy.url(""))
            .var("GOSUMDB", "off");
        let installed = sandbox.goward(["install", OLD.trim_start_matches("go")]);
        assert_eq!(installed.code, Some(0), "{}", installed.stderr);
        let lock = format!(
            "schema = 1\n\n[toolchain]\nversion = \"{NEW}\"\nrequest = \"1.98.4\"\nlevel = \"none\"\n\n\
             [toolchain.{}]\nh1 = \"{}\"\n",
            Platform::host().lock_name(),
            h1(NEW)
        );
        sandbox.write("project/goward.toml", "[toolchain]\ngo = \"1.98.4\"\n");
        sandbox.write("project/goward.lock", lock);
        let whole = module(NEW).len() as u64;
        Self { proxy, sandbox, whole }
    }

    fn installed(&self, version: &str) -> PathBuf {
        let host = Platform::host().lock_name();
        self.sandbox.store().join("tree").join(goward_shim::layout::key(
            version,
            &host,
            &h1(version),
        ))
    }

    /// Goes wrong like this from now on.
    fn faults(&self, faults: impl Into<Vec<Fault>>) {
        self.proxy.change(&target(NEW), |route| route.faults(faults));
    }

    /// Installs what the lock names; returns what was said, and how many bytes were sent.
    fn upgrade(&self) -> (Outcome, u64) {
        let before = self.proxy.sent();
        let outcome = self.sandbox.goward_in("project", ["install", "-v"]);
        (outcome, self.proxy.sent() - before)
    }

    #[track_caller]
    fn is_right(&self, outcome: &Outcome) {
        assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
        let tree = tree(NEW);
        let covered = tree.0.iter().filter(|(path, _)| dirhash::is_covered(path));
        for (path, content) in covered.filter(|(path, _)| !path.starts_with("bin/")) {
            assert!(fs::read(self.installed(NEW).join(path)).unwrap() == *content, "{path}");
        }
        let verified = self.sandbox.goward(["verify", "1.98.4"]);
        assert_eq!(verified.code, Some(0), "{}", verified.stderr);
        let downloads = self.sandbox.store().join("dl");
        assert_eq!(fs::read_dir(downloads).map_or(0, Iterator::count), 0);
    }

    /// Returns how many requests asked for all of the new release.
    fn whole_requests(&self) -> usize {
        let log = self.proxy.log();
        let whole = log
            .iter()
            .filter(|request| request.target == target(NEW) && request.header("range").is_none());
        whole.filter(|request| request.method == "GET").count()
    }
}

#[test]
fn a_patch_upgrade_fetches_what_changed() {
    let world = World::new();
    let (outcome, sent) = world.upgrade();
    world.is_right(&outcome);
    assert!(!outcome.stderr.contains("as an update of"), "{}", outcome.stderr);
    assert!(sent * 100 < world.whole * 25, "{sent} of {}", world.whole);
    assert_eq!(world.whole_requests(), 0);
    // As many at a time as one download may have connections.
    assert!(world.proxy.most_at_once() <= 4);
    let host = Platform::host().lock_name();
    let key = goward_shim::layout::key(NEW, &host, &h1(NEW));
    let receipt = world.sandbox.read(&format!("home/.local/share/goward/meta/{key}"));
    let receipt: serde_json::Value = serde_json::from_str(&receipt).unwrap();
    assert!(receipt["archive_sha256"].is_null() && receipt["h1"] == h1(NEW));
}

/// What nothing proves is fetched as it is.
#[test]
fn without_a_known_hash_everything_is_fetched() {
    let world = World::new();
    let outcome = world.sandbox.goward(["install", "-v", "1.98.4"]);
    world.is_right(&outcome);
    assert_eq!(world.whole_requests(), 1);
}

#[test]
fn any_doubt_has_everything_fetched() {
    let changed = "cannot download go1.98.4: the file changed on the server while it was being \
                   downloaded";
    let refused = Fault::Status(403, "");
    let lie = Fault::ContentRange("bytes 0-9/20".to_owned());
    for (faults, why) in [
        (vec![Fault::IgnoreRange], "the server sends no parts of a file"),
        (vec![Fault::None, Fault::ETag("\"other\"")], changed),
        (vec![Fault::None, Fault::IgnoreRange], changed),
        (
            vec![Fault::None, refused],
            "cannot download go1.98.4: access was denied (HTTP status 403)",
        ),
        (vec![lie], "cannot download go1.98.4: asked for the end, the server sent `bytes 0-9/20`"),
        (vec![Fault::Packed(Box::new(Fault::None))], "the server sends no parts of a file"),
    ] {
        let world = World::new();
        world.faults(faults);
        let (outcome, _) = world.upgrade();
        world.is_right(&outcome);
        let start = format!("goward: goproxy: cannot fetch {NEW} as an update of {OLD}: {why}");
        assert!(outcome.stderr.contains(&start), "{}", outcome.stderr);
        assert_eq!(outcome.stderr.matches("as an update of").count(), 1);
        assert_eq!(world.whole_requests(), 1);
    }
}

#[test]
fn a_server_that_cuts_is_asked_for_the_rest() {
    let world = World::new();
    world.faults([Fault::None, Fault::CutAfter(70_000), Fault::CutAfter(9), Fault::CutHeader]);
    let (outcome, sent) = world.upgrade();
    world.is_right(&outcome);
    assert!(!outcome.stderr.contains("as an update of"), "{}", outcome.stderr);
    assert!(sent * 100 < world.whole * 25, "{sent} of {}", world.whole);
}

/// A file that is not what it was is fetched; who only looked at its name and size would not know.
#[test]
fn a_tree_that_was_changed_is_no_harm() {
    for how in ["changed", "cut", "gone", "pipe"] {
        let world = World::new();
        let file = world.installed(OLD).join("src/a");
        let mut content = fs::read(&file).unwrap();
        fs::remove_file(&file).unwrap();
        match how {
            "changed" => {
                content[300_000] ^= 1;
                fs::write(&file, &content).unwrap();
            }
            "cut" => fs::write(&file, &content[..9]).unwrap(),
            "gone" => {}
            _ => assert!(command("mkfifo").arg(&file).status().unwrap().success()),
        }
        let (outcome, sent) = world.upgrade();
        world.is_right(&outcome);
        assert!(!outcome.stderr.contains("as an update of"), "{how}: {}", outcome.stderr);
        // One large file more than of the tree as it was.
        let range = world.whole * 35 / 100..world.whole / 2;
        assert!(range.contains(&sent), "{how}: {sent} of {}", world.whole);
    }
}

/// A zip whose directory says of a file that changed that it did not.
#[test]
fn a_directory_that_lies_installs_nothing_else() {
    let world = World::new();
    let mut zip = module(NEW);
    let crc = |version: &str| {
        let mut crc = flate2::Crc::new();
        crc.update(&tree(version).0["src/b"]);
        crc.sum().to_le_bytes()
    };
    let (old, new) = (crc(OLD), crc(NEW));
    let places: Vec<usize> = (0..zip.len() - 4).filter(|at| zip[*at..at + 4] == new).collect();
    // In the local header, and in the directory.
    assert_eq!(places.len(), 2);
    for at in places {
        zip[at..at + 4].copy_from_slice(&old);
    }
    world.proxy.route(&target(NEW), Route::new(zip));
    let (outcome, _) = world.upgrade();
    assert_eq!(outcome.code, Some(4), "{}", outcome.stderr);
    let start = format!("goward: goproxy: cannot fetch {NEW} as an update of {OLD}: ");
    assert!(outcome.stderr.contains(&start), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("src/b` is damaged: wrong checksum"), "{}", outcome.stderr);
    assert_eq!(world.whole_requests(), 1);
    assert!(!world.installed(NEW).exists());
}
