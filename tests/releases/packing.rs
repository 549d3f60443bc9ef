//! `cargo xtask dist`: the same programs give the same bytes, and one list says what was made.

use super::{Dist, Key, TARGET, URL, VERSION};
use crate::common::machine::{self, python_package};
use crate::common::{is_full, skip};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        _ = write!(text, "{byte:02x}");
        text
    })
}

#[test]
fn every_file_is_in_the_list_and_nothing_else() {
    let dist = Dist::scripts("1.2.3");
    let files = dist.files();
    let list = String::from_utf8(fs::read(dist.path("SHA256SUMS")).unwrap()).unwrap();
    let others = files.iter().filter(|(name, _)| !name.starts_with("SHA256SUMS"));
    let want: Vec<_> = others.map(|(name, bytes)| format!("{}  {name}", hex(bytes))).collect();
    assert_eq!(list.lines().collect::<Vec<_>>(), want);
    let names: BTreeSet<_> = files.iter().map(|(name, _)| name.as_str()).collect();
    let wheel = "goward-1.2.3-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.\
                 musllinux_1_1_x86_64.whl";
    let archive = dist.archive();
    let expected = [
        "PKGBUILD",
        "SHA256SUMS",
        "SHA256SUMS.minisig",
        "flake.nix",
        "goward-1.2.3-1.x86_64.rpm",
        "goward-1.2.3.cdx.json",
        "goward-1.2.3.tgz",
        "goward-linux-x64-1.2.3.tgz",
        "goward.rb",
        "goward_1.2.3_amd64.deb",
        archive.as_str(),
        "install.ps1",
        "install.sh",
        wheel,
    ];
    assert_eq!(names, BTreeSet::from(expected));
}

#[test]
fn packing_twice_gives_the_same_bytes() {
    // The signature has a random part.
    let packed = || {
        let mut files = Dist::scripts("1.2.3").files();
        files.retain(|(name, _)| name != "SHA256SUMS.minisig");
        files
    };
    let (first, second) = (packed(), packed());
    for ((name, one), (other_name, other)) in first.iter().zip(&second) {
        assert_eq!(name, other_name);
        assert!(one == other, "{name} is not the same");
    }
    assert_eq!(first.len(), second.len());
}

#[test]
fn an_archive_holds_programs_documents_and_licences() {
    let dist = Dist::scripts("1.2.3");
    let output = machine::command("tar").arg("-tvzf").arg(dist.path(&dist.archive())).output();
    let text = String::from_utf8(output.unwrap().stdout).unwrap();
    let root = format!("goward-1.2.3-{TARGET}");
    for (mode, name) in [
        ("-rwxr-xr-x", "goward"),
        ("-rwxr-xr-x", "goward-shim"),
        ("-rw-r--r--", "LICENSE-MIT"),
        ("-rw-r--r--", "LICENSE-APACHE"),
        ("-rw-r--r--", "THIRD-PARTY.md"),
        ("-rw-r--r--", "man/man1/goward.1"),
        ("-rw-r--r--", "man/man1/goward-self-update.1"),
        ("-rw-r--r--", "completions/_goward"),
        ("-rw-r--r--", "completions/goward.bash"),
        ("-rw-r--r--", "completions/goward.fish"),
    ] {
        let end = format!(" {root}/{name}");
        let line = text.lines().find(|line| line.ends_with(&end));
        let line = line.unwrap_or_else(|| panic!("{name} is not in\n{text}"));
        assert!(line.starts_with(&format!("{mode} 0/0 ")), "{line}");
    }
    assert!(text.lines().all(|line| line.contains(&format!(" {root}/"))), "{text}");
}

/// What the programs are made of, by name: each is in the bill, and its licence among the notices.
#[test]
fn the_bill_and_the_notices_name_every_package() {
    let dist = Dist::scripts("1.2.3");
    let bill: serde_json::Value =
        serde_json::from_slice(&fs::read(dist.path("goward-1.2.3.cdx.json")).unwrap()).unwrap();
    assert_eq!(bill["metadata"]["component"]["name"], "goward");
    let tree = machine::inheriting(env!("CARGO"))
        .args(["tree", "--locked", "--offline", "-p", "goward", "-e", "normal,no-proc-macro"])
        .args(["--prefix", "none", "--target", "all", "--format", "{p}"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let tree = String::from_utf8(tree.stdout).unwrap();
    let mut want: BTreeSet<String> = BTreeSet::new();
    for line in tree.lines() {
        let mut words = line.split(' ');
        let (name, version) = (words.next().unwrap(), words.next().unwrap_or_default());
        want.insert(format!("pkg:cargo/{name}@{}", version.trim_start_matches('v')));
    }
    let components = bill["components"].as_array().unwrap();
    let got: BTreeSet<String> =
        components.iter().map(|one| one["purl"].as_str().unwrap().to_owned()).collect();
    want.remove(&format!("pkg:cargo/goward@{VERSION}"));
    assert_eq!(got, want);
    let output = machine::command("tar")
        .args(["-xzOf"])
        .arg(dist.path(&dist.archive()))
        .arg(format!("goward-1.2.3-{TARGET}/THIRD-PARTY.md"))
        .output()
        .unwrap();
    let notices = String::from_utf8(output.stdout).unwrap();
    for component in components.iter().filter(|one| !one["hashes"].is_null()) {
        let (name, version) = (&component["name"], &component["version"]);
        let row = format!("| {} {} | ", name.as_str().unwrap(), version.as_str().unwrap());
        assert!(notices.contains(&row), "{row}");
        assert!(!component["licenses"].is_null(), "{name}");
    }
}

/// As the library of `CycloneDX` itself reads it.
#[test]
fn the_bill_has_the_form_that_its_schema_wants() {
    let (name, requirement) =
        ("cyclonedx-python-lib==11.12.0", "cyclonedx-python-lib[json-validation]");
    let Some(packages) = python_package(name, &[requirement]) else { return };
    let dist = Dist::scripts("1.2.3");
    let script = "import sys\nfrom cyclonedx.schema import SchemaVersion\n\
                  from cyclonedx.validation.json import JsonStrictValidator\n\
                  text = open(sys.argv[1]).read()\n\
                  sys.exit(JsonStrictValidator(SchemaVersion.V1_5).validate_str(text))\n";
    let output = machine::command(&machine::python().unwrap().program)
        .env("PYTHONPATH", &packages)
        .args(["-c", script])
        .arg(dist.path("goward-1.2.3.cdx.json"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn minisign_accepts_the_signature_and_no_other_key_does() {
    let Some(minisign) = machine::find("minisign") else {
        skip("minisign is not installed");
        return;
    };
    let dist = Dist::scripts("1.2.3");
    let verify = |key: &Key| {
        let mut command = machine::command(&minisign);
        command.arg("-Vm").arg(dist.path("SHA256SUMS")).args(["-P", &key.public]);
        command.output().unwrap()
    };
    let output = verify(Key::good());
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && said.contains("Trusted comment: goward 1.2.3\n"), "{said}");
    assert!(!verify(&Key::new()).status.success());
}

/// Copies of the repository in two places, built with two HOMEs: the shim, and with all cases goward, too.
#[test]
fn building_twice_in_different_places_gives_the_same_programs() {
    let base = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    let registry = std::env::var("CARGO_HOME")
        .ok()
        .unwrap_or_else(|| format!("{}/.cargo", std::env::var("HOME").unwrap_or_default()));
    let mut built = Vec::new();
    for (place, home) in [("one", "h1"), ("another/deeper place", "users/h2")] {
        let (place, home) = (base.path().join(place), base.path().join(home));
        fs::create_dir_all(&place).unwrap();
        fs::create_dir_all(&home).unwrap();
        copy(repository, &place);
        // Another CARGO_HOME, too: only what was fetched is shared.
        let cargo = home.join("cargo");
        fs::create_dir_all(&cargo).unwrap();
        for part in ["registry", "bin"] {
            let from = Path::new(&registry).join(part);
            std::os::unix::fs::symlink(from, cargo.join(part)).unwrap();
        }
        let mut command = machine::inheriting(place.join("tests/platforms/build"));
        command.env("HOME", &home).env("CARGO_HOME", &cargo).env_remove("CARGO_TARGET_DIR");
        keep_rustup(&mut command);
        if !is_full() {
            command.args(["--program", "goward-shim"]);
        }
        // Both have zig from where this repository has it.
        let tools =
            Path::new(env!("CARGO_BIN_EXE_goward")).ancestors().nth(2).unwrap().join("tools");
        fs::create_dir_all(&tools).unwrap();
        fs::create_dir_all(place.join("target")).unwrap();
        std::os::unix::fs::symlink(tools, place.join("target/tools")).unwrap();
        command.arg(TARGET);
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
        if said.contains("not built: ") {
            skip(&format!("reproducible programs: {}", said.trim_end()));
            return;
        }
        let programs = ["goward", "goward-shim"].map(|name| {
            let path = place.join("dist").join(TARGET).join(name);
            (name, fs::read(path).unwrap_or_default())
        });
        let used = programs.iter().filter(|(_, bytes)| !bytes.is_empty());
        let names = [place.to_str().unwrap(), home.to_str().unwrap()];
        for (program, bytes) in used {
            for name in names {
                let found = bytes.windows(name.len()).any(|window| window == name.as_bytes());
                assert!(!found, "{program} holds `{name}`");
            }
        }
        built.push(programs);
        fs::remove_dir_all(&place).unwrap();
    }
    assert!(!built[0][1].1.is_empty());
    assert!(built[0] == built[1], "the programs differ");
}

/// rustup finds its toolchains in HOME, unless it is told where they are.
fn keep_rustup(command: &mut Command) {
    if std::env::var_os("RUSTUP_HOME").is_none() {
        let home = std::env::var("HOME").unwrap_or_default();
        command.env("RUSTUP_HOME", format!("{home}/.rustup"));
    }
}

/// Copies what git knows of the repository, as it is now.
fn copy(repository: &Path, place: &Path) {
    let list = machine::command("git")
        .args([
            "-c",
            "safe.directory=*",
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .current_dir(repository)
        .output()
        .unwrap();
    assert!(list.status.success());
    for name in String::from_utf8(list.stdout).unwrap().split_terminator('\0') {
        let (from, to) = (repository.join(name), place.join(name));
        // What was deleted is still in the index.
        if from.is_file() {
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::copy(from, to).unwrap();
        }
    }
}

#[test]
fn without_programs_there_is_no_release() {
    let empty = tempfile::tempdir().unwrap();
    let release = xtask::dist::Release {
        version: "1.2.3".to_owned(),
        root: env!("CARGO_MANIFEST_DIR").into(),
        programs: empty.path().into(),
        manager: env!("CARGO_BIN_EXE_goward").into(),
        targets: Vec::new(),
        key: None,
        places: Some(xtask::dist::Places { url: URL.to_owned(), homepage: URL.to_owned() }),
        out: empty.path().join("out"),
    };
    let error = release.make().unwrap_err().to_string();
    assert!(error.contains("there are no programs in"), "{error}");
    let unknown = xtask::dist::Release { targets: vec!["mips".to_owned()], ..release };
    let error = unknown.make().unwrap_err().to_string();
    assert!(error.contains("`mips` is no target of releases"), "{error}");
}
