//! Real releases in the packings that Go publishes, put together from the Python index's wheels.
//!
//! The wheels leave out six text files. They are Go's, not ours to ship: `GOWARD_TEST_FIXTURES` names a
//! directory with `complete_tree/go1.NN/` (default `../shared/fixtures`), and without it the tests
//! that need them say that they did not run.

use super::wheel_for;
use crate::common::archives::{ABSENT, gzip};
use crate::common::skip;
use std::fs::{self, File};
use std::io::{Cursor, Read, Write};
use std::path::{Path, PathBuf};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

/// Returns the directory with the six files, if there is one.
pub(crate) fn fixtures() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/fixtures");
    let directory = std::env::var_os("GOWARD_TEST_FIXTURES").map_or(beside, PathBuf::from);
    let found = directory.join("complete_tree").is_dir().then_some(directory);
    if found.is_none() {
        skip("real release archives: no directory with Go's six top-level text files");
    }
    found
}

/// Returns the path in GOROOT of an entry of a wheel.
fn in_goroot(name: &str) -> Option<&str> {
    name.strip_prefix("go/").filter(|name| *name != "__init__.py" && !name.ends_with('/'))
}

/// Returns the six files of a release.
fn absent(version: &str, fixtures: &Path) -> impl Iterator<Item = (&'static str, Vec<u8>)> {
    let series = version.rsplit_once('.').unwrap().0;
    let directory = fixtures.join("complete_tree").join(format!("go{series}"));
    ABSENT.into_iter().map(move |name| (name, fs::read(directory.join(name)).unwrap()))
}

/// Returns a release archive of a toolchain for Linux on x86-64.
pub(crate) fn release(version: &str, fixtures: &Path) -> Vec<u8> {
    tar_gz(version, "linux-amd64", fixtures)
}

/// Returns a release archive of a toolchain, and what its name ends with.
pub(super) fn release_for(
    version: &str,
    platform: &str,
    fixtures: &Path,
) -> (&'static str, Vec<u8>) {
    if platform.starts_with("windows-") {
        (".zip", zip(version, platform, Some(fixtures), |path| Some(format!("go/{path}"))))
    } else {
        (".tar.gz", tar_gz(version, platform, fixtures))
    }
}

fn tar_gz(version: &str, platform: &str, fixtures: &Path) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    let mut add = |name: &str, content: &[u8]| {
        let mut header = tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, format!("go/{name}"), content).unwrap();
    };
    let mut wheel = ZipArchive::new(File::open(wheel_for(version, platform)).unwrap()).unwrap();
    for index in 0..wheel.len() {
        let mut entry = wheel.by_index(index).unwrap();
        let name = entry.name().unwrap().into_owned();
        let Some(name) = in_goroot(&name) else { continue };
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        add(name, &content);
    }
    for (name, content) in absent(version, fixtures) {
        add(name, &content);
    }
    gzip(&tar.into_inner().unwrap())
}

/// Returns the zip of the module that a toolchain for Linux on x86-64 is; without `fixtures`, one that
/// lacks the six files.
pub(crate) fn module(version: &str, fixtures: Option<&Path>) -> Vec<u8> {
    module_for(version, "linux-amd64", fixtures)
}

/// The same for a platform.
pub(super) fn module_for(version: &str, platform: &str, fixtures: Option<&Path>) -> Vec<u8> {
    let prefix = format!("golang.org/toolchain@v0.0.1-go{version}.{platform}");
    zip(version, platform, fixtures, |path| {
        let (directory, name) = path.split_at(path.rfind('/').map_or(0, |slash| slash + 1));
        let name = if name == "go.mod" { "_go.mod" } else { name };
        (!directory.starts_with("misc/")).then(|| format!("{prefix}/{directory}{name}"))
    })
}

/// Packs a toolchain, with each path in GOROOT called what `rename` says, if anything.
fn zip(
    version: &str,
    platform: &str,
    fixtures: Option<&Path>,
    rename: impl Fn(&str) -> Option<String>,
) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let mut wheel = ZipArchive::new(File::open(wheel_for(version, platform)).unwrap()).unwrap();
    for index in 0..wheel.len() {
        // As it is packed: to deflate 12,000 files once more takes longer than everything else.
        let entry = wheel.by_index_raw(index).unwrap();
        let name = entry.name().unwrap().into_owned();
        if let Some(name) = in_goroot(&name).and_then(&rename) {
            zip.raw_copy_file_rename(entry, name).unwrap();
        }
    }
    for (name, content) in fixtures.into_iter().flat_map(|fixtures| absent(version, fixtures)) {
        zip.start_file(rename(name).unwrap(), SimpleFileOptions::default()).unwrap();
        zip.write_all(&content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}
