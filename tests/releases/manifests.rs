//! Descriptions for package managers: they name the archives of the list, with its digests, and are well-formed.

use super::{Dist, Key, URL};
use crate::common::{machine, skip};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Releases for Linux and for Windows, whose archives are what descriptions name.
fn releases() -> Vec<Dist> {
    let programs = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let targets = [
        ("x86_64-unknown-linux-musl", ""),
        ("aarch64-apple-darwin", ""),
        ("x86_64-pc-windows-gnu", ".exe"),
    ];
    let pack = |(target, suffix): (&str, &str)| {
        for name in ["goward", "goward-shim"] {
            let path = programs.path().join(target).join(format!("{name}{suffix}"));
            super::program(&path, name);
        }
        Dist::pack("1.2.3", programs.path(), target, Key::good())
    };
    targets.into_iter().map(pack).collect()
}

/// Every 64 hexadecimal digits in a text, in lower case.
fn digests(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_ascii_hexdigit())
        .filter(|word| word.len() == 64)
        .map(str::to_lowercase)
        .collect()
}

#[test]
fn digests_and_addresses_are_those_of_the_list() {
    let mut looked_at = 0;
    for dist in releases() {
        let list = fs::read_to_string(dist.path("SHA256SUMS")).unwrap();
        let known: BTreeMap<&str, &str> =
            list.lines().map(|line| line.split_once("  ").unwrap()).collect();
        for (name, bytes) in dist.files() {
            let is_description = ["goward.rb", "flake.nix", "PKGBUILD", "goward.json"];
            let is_winget = name.ends_with(".installer.yaml");
            if !is_winget && !is_description.contains(&name.as_str()) {
                continue;
            }
            let text = String::from_utf8(bytes).unwrap();
            for digest in digests(&text) {
                let file = known.get(digest.as_str()).unwrap_or_else(|| panic!("{name}: {digest}"));
                assert!(text.contains(&format!("{URL}/{file}")), "{name}: {file}");
                looked_at += 1;
            }
            assert!(text.contains("1.2.3"), "{name}");
        }
    }
    // Homebrew, Nix and Arch have Linux, Homebrew and Nix macOS, Scoop and winget Windows.
    assert_eq!(looked_at, 7);
}

/// Runs a checker of the machine; says so where it is missing.
fn check(program: &str, arguments: &[&str], file: &Path) {
    let Some(program) = machine::find(program) else {
        skip(&format!("{program} is not installed: `{}` is not read", file.display()));
        return;
    };
    let output = machine::command(program).args(arguments).arg(file).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{}: {}", file.display(), String::from_utf8_lossy(&said));
}

#[test]
fn descriptions_are_well_formed() {
    let dists = releases();
    check("ruby", &["-c"], &dists[0].path("goward.rb"));
    check("ruby", &["-c"], &dists[1].path("goward.rb"));
    check("bash", &["-n"], &dists[0].path("PKGBUILD"));
    check("nix-instantiate", &["--parse"], &dists[0].path("flake.nix"));
    let windows = &dists[2];
    let scoop: serde_json::Value =
        serde_json::from_slice(&fs::read(windows.path("goward.json")).unwrap()).unwrap();
    assert_eq!(scoop["architecture"]["64bit"]["extract_dir"], "goward-1.2.3-x86_64-pc-windows-gnu");
    for name in ["installer", "locale.en-US", "goward"] {
        let name = if name == "goward" {
            "goward.goward.yaml".to_owned()
        } else {
            format!("goward.goward.{name}.yaml")
        };
        let text = fs::read_to_string(windows.path(&name)).unwrap();
        assert!(
            text.starts_with("PackageIdentifier: goward.goward\nPackageVersion: 1.2.3\n"),
            "{text}"
        );
        assert!(text.ends_with("ManifestVersion: 1.6.0\n"), "{text}");
    }
}

/// The functions of the PKGBUILD, run as makepkg runs them, with the archive unpacked beside it.
#[test]
fn the_pkgbuild_installs_what_the_archive_holds() {
    let dist = Dist::scripts("1.2.3");
    let place = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let unpacked = machine::command("tar")
        .arg("-xzf")
        .arg(dist.path(&dist.archive()))
        .current_dir(place.path())
        .status()
        .unwrap();
    assert!(unpacked.success());
    let script = format!(
        "set -eu; CARCH=x86_64 pkgdir=$PWD/pkg; . '{}'; package",
        dist.path("PKGBUILD").display()
    );
    let output =
        machine::command("bash").args(["-c", &script]).current_dir(place.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let pkg = place.path().join("pkg");
    assert_eq!(fs::read_to_string(pkg.join("usr/lib/goward/installed-by")).unwrap(), "aur\n");
    for name in ["usr/bin/goward", "usr/bin/goward-shim", "usr/share/man/man1/goward.1"] {
        assert!(pkg.join(name).is_file(), "{name}");
    }
}
