//! Names that a file system takes for one another: on a Mac they differ neither in case nor in the form
//! of accents.

use super::{archive, mirror, sandbox, tree};
use crate::common::server::{Mirror, Server};
use crate::common::{Sandbox, machine, skip};
use goward_core::platform::Platform;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// `Grün`, with its accent behind its letter, as names of old Macs have it.
const DECOMPOSED: &str = "Gru\u{308}n";

/// A directory in which names are folded: of the machine, or a file system of ours.
struct Folding {
    base: PathBuf,
    server: Option<Child>,
}

impl Folding {
    /// Makes one; `None`, after saying so, where that cannot be.
    fn new() -> Option<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("folding-{}-{number}", std::process::id());
        let base = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let mut made = Self { base, server: None };
        let (origin, at) = (made.base.join("origin"), made.at());
        for directory in [&origin, &at] {
            fs::create_dir_all(directory).unwrap();
        }
        let folds = |place: &Path| place.join("GR\u{dc}N").exists();
        fs::write(origin.join(DECOMPOSED), "").unwrap();
        if folds(&origin) {
            return Some(made);
        }
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/folding.py");
        let mut command = machine::command("python3");
        command.arg(script).args([&origin, &at]).stdin(Stdio::null()).stderr(Stdio::null());
        let started = Instant::now();
        let server = made.server.insert(command.spawn().ok()?);
        while !folds(&at) {
            if server.try_wait().unwrap().is_some() || started.elapsed().as_secs() > 60 {
                skip("no file system folds names: that takes python3-fusepy, and root");
                return None;
            }
            sleep(Duration::from_millis(20));
        }
        Some(made)
    }

    fn at(&self) -> PathBuf {
        self.base.join("at")
    }

    fn sandbox(&self, server: &Server) -> Sandbox {
        Sandbox::below(&self.at()).source(server.url("/").trim_end_matches('/'))
    }
}

impl Drop for Folding {
    fn drop(&mut self) {
        if let Some(mut server) = self.server.take() {
            _ = machine::command("umount").arg("-l").arg(self.at()).stderr(Stdio::null()).status();
            // Another test's namespace may hold it.
            _ = server.kill();
            _ = server.wait();
        }
        _ = fs::remove_dir_all(&self.base);
    }
}

#[track_caller]
fn runs_go(sandbox: &Sandbox, directory: &str) {
    let said = sandbox.go_in(directory, ["version"]);
    assert!(said.data().starts_with("go version go1.99.1 version\n"), "{said:?}");
}

/// Says why each release stays, by what `goward gc` would do.
fn keepers(sandbox: &Sandbox) -> Vec<String> {
    let report = sandbox.goward(["gc", "--dry-run", "--json"]);
    let report: Value = serde_json::from_str(&report.stdout).unwrap();
    let toolchains = report["toolchains"].as_array().unwrap().iter();
    toolchains.map(|one| one["keeper"].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn a_project_may_have_a_name_in_any_form() {
    let server = mirror();
    let sandbox = sandbox(&server);
    for name in [DECOMPOSED, "Gr\u{fc}n", "日本 \u{1112}\u{1161}\u{11ab}"] {
        let directory = format!("{name}/app");
        assert_eq!(sandbox.goward_in(&directory, ["use", "1.99.1"]).code, Some(0));
        runs_go(&sandbox, &directory);
        assert_eq!(sandbox.goward_in(&directory, ["lock", "--check"]).code, Some(0));
        let which = sandbox.goward_in(&directory, ["which", "--json"]);
        assert!(which.data().contains(&format!("{directory}/goward.lock")), "{which:?}");
    }
    assert_eq!(keepers(&sandbox), ["project"]);
}

#[test]
fn a_project_and_a_store_are_found_by_every_spelling() {
    let Some(place) = Folding::new() else { return };
    let server = mirror();
    let sandbox = place.sandbox(&server);
    let (named, other) = (format!("Work/{DECOMPOSED}"), "wORK/GR\u{dc}N");
    assert_eq!(sandbox.goward_in(&named, ["use", "1.99.1"]).code, Some(0));
    for directory in [named.as_str(), other] {
        runs_go(&sandbox, directory);
        assert_eq!(sandbox.goward_in(directory, ["lock", "--check"]).code, Some(0));
    }
    assert_eq!(keepers(&sandbox), ["project"]);
    assert_eq!(sandbox.goward(["install", "1.98.3", "--full"]).code, Some(0));
    assert_eq!(sandbox.goward(["verify", "--all"]).code, Some(0));
    let store = sandbox.store();
    let spelled = store.with_file_name(store.file_name().unwrap().to_ascii_uppercase());
    let sandbox = sandbox.var("GOWARD_HOME", spelled);
    assert_eq!(sandbox.goward(["verify", "--all"]).code, Some(0));
    runs_go(&sandbox, other);
    assert_eq!(sandbox.goward(["uninstall", "1.98.3", "--now"]).code, Some(0));
    assert_eq!(sandbox.goward(["install", "1.98.3"]).code, Some(0));
    assert_eq!(sandbox.goward(["verify", "--all"]).code, Some(0));
}

#[test]
fn names_that_would_be_one_file_are_refused_on_every_file_system() {
    let host = Platform::host().lock_name();
    let twice = tree("go1.98.3", &host).with("src/FMT/scan.go", "package fmt\n");
    let accents = tree("go1.99.0", &host).with(&format!("test/{DECOMPOSED}.go"), "package main\n");
    let (one, other) = (archive("go1.98.3"), archive("go1.99.0"));
    let server = Mirror::new()
        .release("go1.98.3", [(one.as_str(), twice.tar_gz())])
        .release("go1.99.0", [(other.as_str(), accents.tar_gz())])
        .start();
    let try_both = |sandbox: &Sandbox| {
        for (version, why) in [
            ("1.98.3", "only in letter case"),
            ("1.99.0", "has characters that do not belong in a file name"),
        ] {
            let outcome = sandbox.goward(["install", version]);
            assert!(outcome.code != Some(0) && outcome.stderr.contains(why), "{outcome:?}");
        }
        let left = sandbox.store_listing();
        assert!(
            !left.iter().any(|path| path.contains("tree/") || path.contains("tmp/")),
            "{left:?}"
        );
    };
    try_both(&sandbox(&server));
    if let Some(place) = Folding::new() {
        try_both(&place.sandbox(&server));
    }
}
