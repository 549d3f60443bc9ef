//! A store with many toolchains, and a project that has one of them locked.

use goward_core::platform::Platform;
use goward_core::store::{Receipt, Room};
use goward_core::verify::{Digest, H1, Level, MissingFiles, dirhash};
use goward_core::version::GoVersion;
use std::fs;
use std::path::Path;

/// Puts `count` toolchains into the store at `home`, each with a few files and a receipt as of a release,
/// and manifest and lock of the last one into `project`.
pub(crate) fn crowd(home: &Path, project: &Path, count: usize) {
    for part in ["tree", "meta", "link", "shims"] {
        fs::create_dir_all(home.join(part)).unwrap();
    }
    fs::write(home.join("goward-store"), "goward store 2\n").unwrap();
    let platform = Platform::host();
    for number in 0..count {
        let version =
            GoVersion::parse(&format!("1.{}.{}", 200 + number / 10, number % 10)).unwrap();
        let name = format!("{version}");
        let h1 = dirhash::tree_h1(version, platform, [("x", Digest::of(name.as_bytes()))]).unwrap();
        let receipt = receipt(version, platform, h1);
        let key = receipt.key();
        let tree = home.join("tree").join(&key);
        fs::create_dir_all(tree.join("bin")).unwrap();
        fs::create_dir_all(tree.join("src/fmt")).unwrap();
        fs::create_dir_all(tree.join("libexec")).unwrap();
        for (path, text) in [
            ("bin/go", "#!/bin/sh\n"),
            ("libexec/go", "#!/bin/sh\n"),
            ("VERSION", &name),
            ("src/fmt/a.go", "x"),
        ] {
            fs::write(tree.join(path), text).unwrap();
        }
        fs::write(tree.join("libexec/goward-h1"), format!("{}\n", receipt.h1)).unwrap();
        fs::write(home.join("meta").join(&key), receipt.render()).unwrap();
        fs::write(home.join(format!("meta/{key}.files")), "x\n").unwrap();
        if number + 1 == count {
            lock(project, &receipt);
        }
    }
}

fn receipt(version: GoVersion, platform: Platform, h1: H1) -> Receipt {
    let absent = MissingFiles::of(GoVersion::parse("1.27.1").unwrap()).unwrap().files;
    Receipt {
        version,
        platform,
        h1,
        archive: Some((Digest::of(b"archive"), 70_000_000)),
        level: Level::Logged,
        logged: Some((1, 2)),
        source: "go.dev".to_owned(),
        files: 12_000,
        bytes: 236_000_000,
        absent: absent.into_iter().map(|(path, digest)| (path.to_owned(), digest)).collect(),
        full: false,
        uncovered: None,
        shims: None,
        disk: Some(Room { bytes: 260_000_000, shared: false }),
        linked: None,
    }
}

fn lock(project: &Path, receipt: &Receipt) {
    let Receipt { version, platform, h1, .. } = receipt;
    let plain = version.to_string();
    let plain = plain.trim_start_matches("go");
    fs::create_dir_all(project).unwrap();
    let manifest = format!("[toolchain]\ngo = \"{plain}\"\nplatforms = [\"{platform}\"]\n");
    fs::write(project.join("goward.toml"), manifest).unwrap();
    let name = platform.lock_name();
    let text = format!(
        "# Written by goward from goward.toml; edit that file and run `goward lock`.\nschema = 1\n\n\
         [toolchain]\nversion = \"{version}\"\nrequest = \"{plain}\"\nlevel = \"built-in\"\n\n\
         [toolchain.{name}]\nh1 = \"{h1}\"\n"
    );
    fs::write(project.join("goward.lock"), text).unwrap();
}
