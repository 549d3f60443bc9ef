//! Mirrors with deltas: what they hold, who uses them, and what is done where one is of no use.

use super::{Lab, Toolchain, files, h1_of, serve};
use crate::common::Sandbox;
use crate::common::archives::Tree;
use crate::common::random::Random;
use crate::common::server::Server;
use goward_core::install::Installer;
use goward_core::install::request::{Fetch, InstallOutcome};
use goward_core::platform::Platform;
use goward_core::session::Session;
use goward_mirror::{MirrorPlan, MirrorReport, Mirrors};
use std::fs;

pub(super) const HERE: &str = goward_shim::layout::HOST_PLATFORM;

/// A release with a program that differs a little from that of the others.
pub(super) fn release(version: &'static str, platform: &'static str) -> Toolchain {
    let number = version.as_bytes()[version.len() - 1];
    let mut program = Random::new(1).bytes(200_000);
    program.iter_mut().step_by(1000).for_each(|byte| *byte = number);
    let tool = format!("pkg/tool/{}/compile", platform.replace('-', "_"));
    let tree = Tree::new(version, platform).with(&tool, program);
    let archive = if platform.starts_with("windows") { tree.zip() } else { tree.tar_gz() };
    Toolchain { version, platform, archive, h1: h1_of(&tree, version, platform) }
}

pub(super) fn lab(versions: &[&'static str]) -> Lab {
    let toolchains: Vec<Toolchain> =
        versions.iter().map(|version| release(version, HERE)).collect();
    let lab = Lab::new(Sandbox::new(), &toolchains.iter().collect::<Vec<_>>());
    for toolchain in &toolchains {
        lab.lock(&format!("{}.lock", toolchain.version), &[toolchain]);
    }
    lab
}

fn create(lab: &Lab, versions: &[&str], deltas: usize, prune: bool) -> MirrorReport {
    let locks = versions.iter().map(|version| format!("{version}.lock").into()).collect();
    let plan = MirrorPlan { locks, to: "../mirror".to_owned(), prune, deltas };
    Mirrors::new(&lab.session()).create_mirror(&plan, &lab.fetch()).unwrap()
}

fn names(lab: &Lab) -> Vec<String> {
    let found = files(&lab.sandbox.path("mirror")).into_keys();
    found.filter(|path| path.starts_with("deltas/")).collect()
}

fn path(from: &str, to: &str) -> String {
    format!("deltas/{from}-{to}.{HERE}.delta")
}

pub(super) fn install(session: &Session, source: &str, version: &str) -> InstallOutcome {
    let fetch = Fetch { source: Some(source.to_owned()), ..Fetch::default() };
    Installer::new(session).install_for(version, Platform::host(), false, &fetch).unwrap()
}

/// What was asked for since `before`, without the answers of the log.
fn asked(server: &Server, before: usize) -> Vec<String> {
    let targets =
        server.log()[before..].iter().map(|request| request.target.clone()).collect::<Vec<_>>();
    targets
        .into_iter()
        .filter(|target| target.contains(HERE) && !target.contains("sumdb"))
        .collect()
}

#[test]
fn every_release_has_deltas_from_the_last_ones_of_its_line() {
    const ALL: [&str; 4] = ["go1.98.3", "go1.99.1", "go1.99.2", "go1.99.3"];
    let lab = lab(&ALL);
    assert_eq!(create(&lab, &ALL, 0, false).deltas, 0);
    assert_eq!(names(&lab), Vec::<String>::new());
    assert_eq!(create(&lab, &ALL, 1, false).deltas, 2);
    let near = [path("go1.99.1", "go1.99.2"), path("go1.99.2", "go1.99.3")];
    assert_eq!(names(&lab), near);
    // What is there is not made again.
    let report = create(&lab, &ALL, 2, false);
    assert_eq!((report.added, report.deltas), (0, 1));
    let far = path("go1.99.1", "go1.99.3");
    assert_eq!(names(&lab), [near[0].clone(), far, near[1].clone()]);
    let checked = lab.verify("../mirror").unwrap();
    assert_eq!((checked.deltas, checked.problems), (3, Vec::new()));
    let before = files(&lab.sandbox.path("mirror"));
    fs::remove_dir_all(lab.sandbox.path("mirror/deltas")).unwrap();
    assert_eq!(create(&lab, &ALL, 2, false).deltas, 3);
    assert!(files(&lab.sandbox.path("mirror")) == before);
    // They go with what they are between.
    create(&lab, &["go1.99.2", "go1.99.3"], 2, true);
    assert_eq!(names(&lab), [path("go1.99.2", "go1.99.3")]);
}

#[test]
fn an_upgrade_fetches_the_delta_alone() {
    let lab = lab(&["go1.99.1", "go1.99.2"]);
    create(&lab, &["go1.99.1", "go1.99.2"], 1, false);
    let server = serve(&lab.sandbox.path("mirror"));
    let directory = format!("file://{}", lab.sandbox.path("mirror").display());
    for (number, source) in [server.url(""), directory].into_iter().enumerate() {
        let mut session = lab.session();
        let home = lab.sandbox.path(&format!("store-{number}"));
        session.ctx.variables.insert("GOWARD_HOME".into(), home.into());
        install(&session, &source, "1.99.1");
        let before = server.log().len();
        let receipt = install(&session, &source, "1.99.2").installed.receipt;
        assert_eq!(receipt.h1.as_str(), release("go1.99.2", HERE).h1);
        assert_eq!((receipt.level.name(), receipt.archive), ("logged", None));
        let delta = format!("/{}", path("go1.99.1", "go1.99.2"));
        assert_eq!(asked(&server, before), if number == 0 { vec![delta] } else { Vec::new() });
        let store = session.store().unwrap();
        let found = store.list().unwrap();
        assert!(found.iter().all(|one| store.check(one).unwrap().findings.is_empty()));
    }
}

/// Whatever is wrong with a delta or with the tree that it is applied to, the archive is there.
#[test]
fn a_delta_that_is_of_no_use_costs_only_its_own_bytes() {
    let lab = lab(&["go1.99.1", "go1.99.2", "go1.99.3"]);
    create(&lab, &["go1.99.1", "go1.99.2", "go1.99.3"], 2, false);
    let mirror = lab.sandbox.path("mirror");
    let right = fs::read(mirror.join(path("go1.99.1", "go1.99.2"))).unwrap();
    let other = fs::read(mirror.join(path("go1.99.1", "go1.99.3"))).unwrap();
    let text = String::from_utf8_lossy(&right).into_owned();
    let from = text.lines().nth(1).unwrap().to_owned();
    let mut flipped = right.clone();
    let start = flipped.len() - 40;
    flipped[start..].iter_mut().for_each(|byte| *byte ^= 0x55);
    let renamed = [b"goward-delta 1\nfrom h1:", &right[from.len() + 15..]].concat();
    let forged = {
        let end = other.windows(6).position(|part| part == b"\nlist ").unwrap();
        let start = right.windows(6).position(|part| part == b"\nlist ").unwrap();
        [&right[..start], &other[end..]].concat()
    };
    let archive = format!("/{}", release("go1.99.2", HERE).name());
    for (what, delta) in [
        ("cut short", &right[..right.len() / 2]),
        ("damaged", &flipped),
        ("to another release", &other),
        ("from another tree", &renamed),
        ("forged", &forged),
        ("no delta", b"<html>"),
        ("empty", b""),
        ("a number of terabytes", b"goward-delta 1\nfrom x\nto y\nlist 5 99999999999999\n12345"),
    ] {
        fs::write(mirror.join(path("go1.99.1", "go1.99.2")), delta).unwrap();
        let server = serve(&mirror);
        let home = lab.sandbox.path(&what.replace(' ', "-"));
        let mut session = lab.session();
        session.ctx.variables.insert("GOWARD_HOME".into(), home.into());
        install(&session, &server.url(""), "1.99.1");
        let before = server.log().len();
        let receipt = install(&session, &server.url(""), "1.99.2").installed.receipt;
        assert_eq!(receipt.h1.as_str(), release("go1.99.2", HERE).h1, "{what}");
        assert!(asked(&server, before).contains(&archive), "{what}: {:?}", asked(&server, before));
        if !delta.is_empty() {
            let problems = lab.verify("../mirror").unwrap().problems;
            assert_eq!(problems.len(), 1, "{what}: {problems:?}");
            assert!(problems[0].contains("deltas/go1.99.1-go1.99.2"), "{what}: {problems:?}");
        }
    }
    // A right delta, and a tree in which a byte was changed, or a file is missing.
    fs::write(mirror.join(path("go1.99.1", "go1.99.2")), &right).unwrap();
    let server = serve(&mirror);
    for is_there in [true, false] {
        let home = lab.sandbox.path(&format!("tampered-{is_there}"));
        let mut session = lab.session();
        session.ctx.variables.insert("GOWARD_HOME".into(), home.into());
        let tree = install(&session, &server.url(""), "1.99.1").installed.tree;
        let file = tree.join(format!("pkg/tool/{}/compile", HERE.replace('-', "_")));
        let mut bytes = fs::read(&file).unwrap();
        bytes[100] ^= 1;
        fs::remove_file(&file).unwrap();
        if is_there {
            fs::write(&file, bytes).unwrap();
        }
        let before = server.log().len();
        let receipt = install(&session, &server.url(""), "1.99.2").installed.receipt;
        assert_eq!(receipt.h1.as_str(), release("go1.99.2", HERE).h1);
        let delta = format!("/{}", path("go1.99.1", "go1.99.2"));
        let asked = asked(&server, before);
        assert!(asked.contains(&delta) && asked.contains(&archive), "{asked:?}");
    }
}
