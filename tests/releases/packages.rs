//! Packages of a real release, installed by the real package managers from files, run, and removed.

use super::{VERSION, real};
use crate::cli::mirror;
use crate::common::machine::{self, python_package};
use crate::common::skip::sample;
use crate::common::{Outcome, Sandbox, is_full, skip};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Returns a program of the machine; says so where it is missing.
fn tool(name: &str) -> Option<PathBuf> {
    let found = machine::find(name);
    if found.is_none() {
        skip(&format!("packages: `{name}` is not installed"));
    }
    found
}

/// Returns the only file of the release whose name begins and ends so.
fn file(start: &str, end: &str) -> PathBuf {
    let names = real().files().into_iter().map(|(name, _)| name);
    let found: Vec<_> =
        names.filter(|name| name.starts_with(start) && name.ends_with(end)).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    real().path(&found[0])
}

/// Runs a program of a package: it is this goward, it finds its shim, sets up, installs Go and runs it, and leaves
/// its own programs to the package.
#[track_caller]
fn try_out(sandbox: &Sandbox, goward: &Path, owner: &str) {
    let run = |words: &[&str]| sandbox.finish(sandbox.command(goward, "project").args(words));
    let version = run(&["version"]);
    assert!(version.data().starts_with(&format!("goward {VERSION} ")), "{version:?}");
    run(&["setup", "--no-modify-path"]).says();
    run(&["use", "1.99.1"]).says();
    let go = sandbox.go(["version"]);
    assert!(go.data().starts_with("go version go1.99.1"), "{go:?}");
    let update = run(&["self", "update"]);
    assert_eq!(update.code, Some(2), "{update:?}");
    let said = format!("belongs to a package ({owner})");
    assert!(update.stderr.contains(&said), "{update:?}");
}

#[track_caller]
fn succeeds(outcome: &Outcome) {
    assert_eq!(outcome.code, Some(0), "{}{}", outcome.stdout, outcome.stderr);
}

/// A sandbox of which no program of ours is on PATH.
fn sandbox() -> (Sandbox, crate::common::server::Server) {
    let go = mirror();
    let sandbox = Sandbox::new().source(&go.url("")).var("PATH", machine::PATH);
    (sandbox, go)
}

#[test]
fn the_wheel_installs_with_pip_and_uv() {
    let Some(python) = machine::python() else {
        skip("there is no python3");
        return;
    };
    let wheel = file("goward-", ".whl");
    let (sandbox, _go) = sandbox();
    let venv = sandbox.path("venv");
    let mut make = sandbox.command(&python.program, "project");
    succeeds(&sandbox.finish(make.args(["-m", "venv"]).arg(&venv)));
    let pip = |words: &[&str]| {
        let mut command = sandbox.command(&venv.join("bin/python"), "project");
        command.args(["-m", "pip", "--disable-pip-version-check"]).args(words);
        sandbox.finish(&mut command)
    };
    let name = wheel.to_str().unwrap();
    succeeds(&pip(&["install", "--no-index", name]));
    try_out(&sandbox, &venv.join("bin/goward"), "wheel");
    succeeds(&pip(&["check"]));
    succeeds(&pip(&["uninstall", "--yes", "goward"]));
    assert!(!venv.join("bin/goward").exists() && !venv.join("bin/goward-shim").exists());
    assert!(!venv.join("lib/goward").exists());

    let Some(packages) = python_package("uv==0.13.9", &["uv"]) else { return };
    let uv = |name: &str, words: &[&str]| -> Command {
        let mut command = sandbox.command(&packages.join("bin").join(name), "project");
        command.args(words).env("UV_OFFLINE", "1").env("UV_PYTHON", &python.program);
        command.env("UV_TOOL_DIR", sandbox.path("tools")).env("UV_CACHE_DIR", sandbox.path("uv"));
        command.env("UV_TOOL_BIN_DIR", sandbox.path("tools-bin"));
        command.env("UV_PYTHON_DOWNLOADS", "never");
        command
    };
    succeeds(&sandbox.finish(&mut uv("uv", &["tool", "install", name])));
    try_out(&sandbox, &sandbox.path("tools-bin/goward"), "wheel");
    assert!(sandbox.path("tools-bin/goward-shim").exists());
    succeeds(&sandbox.finish(&mut uv("uv", &["tool", "uninstall", "goward"])));
    assert!(!sandbox.path("tools-bin/goward").exists());
    let outcome = sandbox.finish(&mut uv("uvx", &["--from", name, "goward", "version"]));
    assert!(outcome.stdout.starts_with(&format!("goward {VERSION} ")), "{outcome:?}");
}

#[test]
fn the_packages_of_npm_install_and_run_nothing() {
    let Some(npm) = tool("npm") else { return };
    let (main, platform) =
        (file(&format!("goward-{VERSION}"), ".tgz"), file("goward-linux-x64-", ".tgz"));
    let (sandbox, _go) = sandbox();
    let run = |words: &[&str]| {
        let mut command = sandbox.command(&npm, "node");
        command.args(["--offline", "--no-audit", "--no-fund", "--no-update-notifier"]).args(words);
        sandbox.finish(&mut command)
    };
    sandbox.write("node/package.json", "{\"private\": true}\n");
    let files = [platform.to_str().unwrap(), main.to_str().unwrap()];
    // Whatever scripts there were would fail.
    succeeds(&run(&["install", "--script-shell=/bin/false", files[0], files[1]]));
    try_out(&sandbox, &sandbox.path("node/node_modules/.bin/goward"), "npm");
    for name in ["goward", "@goward/linux-x64"] {
        let text = sandbox.read(&format!("node/node_modules/{name}/package.json"));
        assert!(!text.contains("scripts"), "{text}");
    }
    // Exit codes and signals are goward's.
    let launcher = sandbox.path("node/node_modules/.bin/goward");
    let wrong = sandbox.finish(sandbox.command(&launcher, "project").arg("nonsense"));
    assert_eq!(wrong.code, Some(2), "{wrong:?}");
    succeeds(&run(&["uninstall", "@goward/linux-x64"]));
    fs::remove_dir_all(sandbox.path("node/node_modules/@goward")).ok();
    let lone = sandbox.finish(sandbox.command(&launcher, "project").arg("version"));
    assert_eq!(lone.code, Some(127), "{lone:?}");
    assert!(lone.stderr.starts_with("goward: the package @goward/linux-x64 is not installed\n"));
}

#[test]
fn the_deb_installs_and_goes_without_a_trace() {
    let Some(dpkg) = tool("dpkg") else { return };
    if !machine::can_give_away() {
        return;
    }
    let (sandbox, _go) = sandbox();
    let root = sandbox.path("root");
    for directory in ["info", "updates", "triggers"] {
        fs::create_dir_all(root.join("var/lib/dpkg").join(directory)).unwrap();
    }
    fs::write(root.join("var/lib/dpkg/status"), "").unwrap();
    let run = |words: &[&str]| {
        let mut command = sandbox.command(&dpkg, "project");
        command.arg(format!("--root={}", root.display())).args(words);
        sandbox.finish(&mut command)
    };
    let package = file("goward_", ".deb");
    succeeds(&run(&["--install", package.to_str().unwrap()]));
    try_out(&sandbox, &root.join("usr/bin/goward"), "deb");
    assert!(root.join("usr/share/man/man1/goward.1.gz").is_file());
    let status = run(&["--status", "goward"]);
    assert!(status.stdout.contains("Status: install ok installed"), "{status:?}");
    succeeds(&run(&["--purge", "goward"]));
    assert!(!root.join("usr").exists(), "files of the package are left");
    lint("lintian", &["--fail-on", "error"], &package);
}

/// Runs a checker of packages where there is one.
fn lint(program: &str, words: &[&str], package: &Path) {
    let Some(program) = machine::find(program) else { return };
    let output = machine::command(program).args(words).arg(package).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn the_rpm_installs_and_goes_without_a_trace() {
    let Some(rpm) = tool("rpm") else { return };
    if !machine::can_give_away() {
        return;
    }
    let (sandbox, _go) = sandbox();
    let root = sandbox.path("root");
    fs::create_dir_all(root.join("var/lib/rpm")).unwrap();
    let run = |words: &[&str]| {
        let mut command = sandbox.command(&rpm, "project");
        command.arg("--root").arg(&root).args(words);
        sandbox.finish(&mut command)
    };
    let package = file("goward-", ".rpm");
    let name = package.to_str().unwrap();
    // Debian's rpm asks to be used for other systems only.
    succeeds(&run(&["--install", "--nodeps", "--force-debian", name]));
    try_out(&sandbox, &root.join("usr/bin/goward"), "rpm");
    let verified = run(&["--verify", "--nodeps", "goward"]);
    succeeds(&verified);
    assert_eq!(verified.stdout, "");
    let query = ["--query", "--queryformat", "%{VERSION} %{ARCH} %{LICENSE}", "goward"];
    assert_eq!(run(&query).stdout, format!("{VERSION} x86_64 MIT OR Apache-2.0"));
    succeeds(&run(&["--erase", "--force-debian", "goward"]));
    for name in ["usr/bin/goward", "usr/lib/goward", "usr/share/doc/goward"] {
        assert!(!root.join(name).exists(), "{name} is left");
    }
}

/// What is published: goward, and what it is made of.
const CRATES: [&str; 6] =
    ["goward", "goward-core", "goward-lab", "goward-mirror", "goward-shim", "gosumdb"];

/// Packs every crate; they are in `package` below the directory.
fn pack(target: &Path) {
    let output = machine::inheriting(env!("CARGO"))
        .args(["package", "--workspace", "--exclude", "xtask", "--no-verify", "--allow-dirty"])
        .args(["--locked", "--offline", "--target-dir"])
        .arg(target)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
}

/// Every crate is packed, with what an index asks for.
#[test]
fn every_crate_can_be_packed() {
    let target = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    pack(target.path());
    for name in CRATES {
        let file = target.path().join(format!("package/{name}-{VERSION}.crate"));
        let list = machine::command("tar").arg("-tzf").arg(&file).output().unwrap();
        let list = String::from_utf8(list.stdout).unwrap();
        assert!(list.contains("/Cargo.toml\n") && list.contains("/README.md\n"), "{name}: {list}");
        assert!(name != "goward" || !list.contains("/tests/"), "{name}: {list}");
        let manifest = machine::command("tar")
            .arg("-xzOf")
            .arg(&file)
            .arg(format!("{name}-{VERSION}/Cargo.toml"))
            .output()
            .unwrap();
        let manifest = String::from_utf8(manifest.stdout).unwrap();
        for key in ["description", "license", "rust-version", "readme", "keywords", "categories"] {
            assert!(manifest.contains(&format!("\n{key} = ")), "{name} has no {key}");
        }
        if name == "goward" {
            for program in ["goward", "goward-shim"] {
                let section = format!("[[bin]]\nname = \"{program}\"\n");
                assert!(manifest.contains(&section), "{program}: {manifest}");
            }
        }
    }
}

/// The packed crates, which stand in for those of an index, and one command.
#[test]
fn cargo_installs_both_programs() {
    if !is_full() {
        sample("both programs are installed by `cargo install`, which builds them anew");
        return;
    }
    let (sandbox, _go) = sandbox();
    let root = sandbox.path("cargo-root");
    // Not below this workspace, which the packages are no members of.
    let directory = tempfile::tempdir().unwrap();
    pack(directory.path());
    let mut install = machine::inheriting(env!("CARGO"));
    install.args(["install", "--quiet", "--offline", "--debug", "--no-track", "--root"]).arg(&root);
    install.arg("--target-dir").arg(directory.path().join("target"));
    for name in CRATES {
        let packed = directory.path().join(format!("package/{name}-{VERSION}.crate"));
        let mut unpack = machine::command("tar");
        unpack.arg("-xzf").arg(packed).arg("-C").arg(directory.path());
        assert!(unpack.status().unwrap().success());
        let place = directory.path().join(format!("{name}-{VERSION}"));
        if name == "goward" {
            install.arg("--path").arg(place);
        } else {
            let stands_in = format!("patch.crates-io.{name}.path = '{}'", place.display());
            install.arg("--config").arg(stands_in);
        }
    }
    let output = install.env("CARGO_PROFILE_DEV_DEBUG", "0").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let goward = root.join("bin/goward");
    let run = |words: &[&str]| sandbox.finish(sandbox.command(&goward, "project").args(words));
    run(&["setup", "--no-modify-path"]).says();
    run(&["use", "1.99.1"]).says();
    assert!(sandbox.go(["version"]).data().starts_with("go version go1.99.1"));
    let shim = fs::canonicalize(sandbox.store().join("shims/go")).unwrap();
    assert_eq!(shim, fs::canonicalize(root.join("bin/goward-shim")).unwrap());
    // What the shim leaves to goward gets there, too.
    let other = sandbox.go(["+1.99.0", "version"]);
    assert!(other.stdout.starts_with("go version go1.99.0"), "{other:?}");
    assert!(run(&["self", "update"]).stderr.contains("nothing says who installed"));
}
