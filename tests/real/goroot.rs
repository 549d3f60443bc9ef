//! The same binary from two stores: GOROOT_FINAL, `-trimpath`, and a fixed GOROOT.
//!
//! Each store has a build cache of its own, so that nothing is the same because it was built once.
//! `GOWARD_TEST_FULL=1` takes every line of Go from 1.21 on, and programs that use the network.

use super::{enabled, sandbox};
use crate::common::{Outcome, Sandbox, is_full, machine, skip};
use goward_core::verify::Digest;
use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

const MODULE: &str = "module example.com/p\n\ngo 1.21\n";

const PROGRAM: &str =
    "package main\n\nimport \"runtime\"\n\nfunc main() { print(runtime.GOROOT()) }\n";

const TEST: &str =
    "package main\n\nimport \"testing\"\n\nfunc TestNothing(t *testing.T) { t.Log(t.Name()) }\n";

/// Name of the output, `CGO_ENABLED`, and arguments of `go`.
type Build = (&'static str, &'static str, &'static [&'static str]);

/// What is built.
const BUILDS: [Build; 3] = [
    ("plain", "0", &["build", "-o", "plain", "."]),
    ("test", "0", &["test", "-c", "-o", "test", "."]),
    ("cgo", "1", &["build", "-o", "cgo", "./cgo.d"]),
];

/// The path that binaries of Go 1.22 and older are to have.
const FINAL: &str = "/usr/local/go";

/// A program with C in it: its own, and that of the packages it uses.
fn cgo_program() -> String {
    let (package, used) =
        if is_full() { ("net", "net.LookupHost") } else { ("os/user", "user.Current") };
    format!(
        "package main\n\n// static int answer(void) {{ return 42; }}\nimport \"C\"\n\n\
         import {package:?}\n\nvar used = {used}\n\nfunc main() {{ println(C.answer(), used != nil) }}\n"
    )
}

/// Returns all of [`BUILDS`], or the plain one, which is made of few packages: a cache is soon full.
fn sample() -> &'static [Build] {
    if is_full() { &BUILDS } else { &BUILDS[..1] }
}

/// A project and two stores.
struct Stores {
    sandbox: Sandbox,
    version: &'static str,
    has_c_compiler: bool,
}

/// One of [`BUILDS`], and what came of it.
type Binary = (&'static str, Vec<u8>);

impl Stores {
    fn new(version: &'static str) -> Self {
        let sandbox = sandbox()
            .var("GOWARD_ACCEPT", "listed")
            .file("p/go.mod", MODULE)
            .file("p/main.go", PROGRAM)
            .file("p/main_test.go", TEST)
            .file("p/cgo.d/main.go", cgo_program());
        // For a link below it, only its owner may write there, whatever the umask.
        fs::set_permissions(sandbox.path(""), Permissions::from_mode(0o755)).unwrap();
        let has_c_compiler = machine::command("gcc").arg("--version").output().is_ok();
        if !has_c_compiler {
            skip("binaries with C from two stores: there is no gcc");
        }
        Self { sandbox, version, has_c_compiler }
    }

    fn store(&self, store: &str) -> PathBuf {
        self.sandbox.path(&format!("store-{store}"))
    }

    /// Where GOROOT is to be, for both stores.
    fn fixed(&self) -> PathBuf {
        self.sandbox.path("usr/local/go")
    }

    fn command(&self, store: &str, program: &Path) -> Command {
        let mut command = self.sandbox.command(program, "p");
        command.env("GOWARD_HOME", self.store(store));
        command
    }

    #[track_caller]
    fn goward<A: AsRef<OsStr>>(&self, store: &str, args: impl IntoIterator<Item = A>) -> Outcome {
        let mut command = self.command(store, &self.sandbox.path("bin/goward"));
        let outcome = self.sandbox.finish(command.args(args));
        assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
        outcome
    }

    /// Writes the manifest and makes the lock, the same one in both stores.
    fn pins(&self, pins: &str) {
        let toolchain = format!("[toolchain]\ngo = \"{}\"\n", self.version);
        self.sandbox.write("p/goward.toml", format!("{toolchain}\n[pins]\n{pins}\n"));
        self.goward("a", ["lock"]);
        self.goward("a", ["install"]);
        let lock = self.sandbox.read("p/goward.lock");
        self.goward("b", ["install"]);
        self.goward("b", ["lock"]);
        assert_eq!(self.sandbox.read("p/goward.lock"), lock);
    }

    fn shim(&self, store: &str) -> PathBuf {
        self.store(store).join("shims/go")
    }

    /// Builds through the shim.
    fn build(&self, store: &str, builds: &[Build]) -> Vec<Binary> {
        self.build_with(store, builds, |args, cache| {
            let mut command = self.command(store, &self.shim(store));
            command.args(args).env("GOCACHE", self.sandbox.path(cache));
            command
        })
    }

    fn build_with(
        &self,
        store: &str,
        builds: &[Build],
        go: impl Fn(&[&str], &str) -> Command,
    ) -> Vec<Binary> {
        let builds = builds.iter().filter(|(_, cgo, _)| *cgo == "0" || self.has_c_compiler);
        builds
            .map(|&(name, cgo, args)| {
                let mut command = go(args, &format!("cache-{store}"));
                self.sandbox.finish(command.env("CGO_ENABLED", cgo)).data();
                (name, fs::read(self.sandbox.path("p").join(name)).unwrap())
            })
            .collect()
    }

    /// What the plain program that was built last has as GOROOT.
    fn goroot(&self) -> String {
        let outcome =
            self.sandbox.finish(&mut self.sandbox.command(&self.sandbox.path("p/plain"), "p"));
        outcome.says().to_owned()
    }

    /// Requires that no binary knows where either store is.
    fn assert_without_stores(&self, binaries: &[Binary]) {
        for store in ["a", "b"] {
            let path = self.store(store);
            let path = path.to_str().unwrap().as_bytes();
            for (name, binary) in binaries {
                assert!(!binary.windows(path.len()).any(|part| part == path), "{name} {store}");
            }
        }
    }

    /// GOROOT in the store is in the binaries: without a pin, the comparisons below could fail.
    fn differ_without_pins(&self) {
        self.pins("");
        let [a, b] = ["a", "b"].map(|store| {
            let binaries = self.build(store, sample());
            let root = self.goroot();
            assert!(root.contains(&format!("store-{store}/tree/go{}-", self.version)), "{root}");
            binaries
        });
        for ((name, a), (_, b)) in a.iter().zip(&b) {
            assert_ne!(Digest::of(a), Digest::of(b), "{name}");
        }
    }

    fn same_with_goroot_final(&self) {
        self.pins(&format!("goroot-final = \"{FINAL}\""));
        let [a, b] = ["a", "b"].map(|store| {
            let binaries = self.build(store, &BUILDS);
            assert_eq!(self.goroot(), FINAL);
            binaries
        });
        self.assert_without_stores(&a);
        assert_same(&a, &b);
    }

    /// One store has the path after the other.
    fn same_with_a_fixed_goroot(&self) {
        let fixed = self.fixed();
        self.pins(&format!("goroot-final = \"{}\"\ngoroot = \"fixed\"", fixed.display()));
        let [a, b] = ["a", "b"].map(|store| {
            let mut command = self.command(store, &self.shim(store));
            assert_eq!(self.sandbox.finish(command.arg("version")).code, Some(126));
            self.goward(store, ["setup", "goroot"]);
            let binaries = self.build(store, &BUILDS);
            assert_eq!(self.goroot(), self.sandbox.redact(fixed.to_str().unwrap().as_bytes()));
            self.nested(store);
            self.explained(store);
            self.goward(store, ["setup", "goroot", "--undo"]);
            binaries
        });
        self.assert_without_stores(&a);
        assert_same(&a, &b);
    }

    /// A `go` that a test starts has $GOROOT/bin first on PATH, and still decides for itself.
    fn nested(&self, store: &str) {
        let mut command = self.command(store, &self.fixed().join("bin/go"));
        command.env("GOROOT", self.fixed()).args(["env", "GOROOT", "GOVERSION"]);
        let fixed = self.sandbox.redact(self.fixed().to_str().unwrap().as_bytes());
        let want = format!("{fixed}\ngo{}\n", self.version);
        assert_eq!(self.sandbox.finish(&mut command).data(), want);
    }

    /// Who decides GOROOT is the line of the lock that names the path.
    fn explained(&self, store: &str) {
        let lock = self.sandbox.read("p/goward.lock");
        let line = lock.lines().position(|line| line.starts_with("goroot = ")).unwrap() + 1;
        let fixed = self.sandbox.redact(self.fixed().to_str().unwrap().as_bytes());
        let want = format!("GOROOT={fixed}  ([BASE]/p/goward.lock:{line})");
        let outcome = self.goward(store, ["env", "--explain"]);
        assert!(outcome.stdout.lines().any(|line| line == want), "{want}\n{}", outcome.stdout);
    }

    /// From both stores, and from the tree itself with a third cache.
    fn same_with_trimpath(&self) {
        self.pins("trimpath = true");
        let [a, b] = ["a", "b"].map(|store| {
            let binaries = self.build(store, &BUILDS);
            assert_eq!(self.goroot(), "");
            binaries
        });
        self.assert_without_stores(&a);
        assert_same(&a, &b);
        let tree = fs::read_dir(self.store("a").join("tree")).unwrap().next().unwrap().unwrap();
        let go = tree.path().join("libexec/go");
        let from_tree = self.build_with("tree", sample(), |args, cache| {
            let mut command = self.sandbox.command(&go, "p");
            command.args(args).env("GOROOT", tree.path()).env("GOTOOLCHAIN", "local");
            command.env("GOFLAGS", "-trimpath").env("GOCACHE", self.sandbox.path(cache));
            command
        });
        assert_same(&a[..from_tree.len()], &from_tree);
    }
}

fn assert_same(a: &[Binary], b: &[Binary]) {
    assert_eq!(a.len(), b.len());
    for ((name, a), (_, b)) in a.iter().zip(b) {
        assert_eq!(Digest::of(a), Digest::of(b), "{name}");
    }
}

/// Returns a sample of these versions, the first one, or all.
fn chosen(versions: &[&'static str]) -> Vec<Stores> {
    let count = if is_full() { versions.len() } else { 1 };
    let versions = &versions[..count];
    let versions = if enabled(versions) { versions } else { &[] };
    versions.iter().map(|version| Stores::new(version)).collect()
}

#[test]
fn the_same_from_two_stores_up_to_go_1_22() {
    for stores in chosen(&["1.22.10", "1.21.13"]) {
        stores.same_with_goroot_final();
        stores.differ_without_pins();
        stores.same_with_a_fixed_goroot();
        if is_full() {
            stores.same_with_trimpath();
        }
    }
}

#[test]
fn the_same_from_two_stores_from_go_1_23_on() {
    for stores in chosen(&["1.27.1", "1.23.9", "1.24.11", "1.25.5", "1.26.2"]) {
        stores.same_with_a_fixed_goroot();
        stores.differ_without_pins();
        stores.same_with_trimpath();
    }
}
