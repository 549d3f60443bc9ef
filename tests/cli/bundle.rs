//! Bundles: made where the network is, installed where it is not.
//!
//! As with the log, what is proved is shown with the library and a log of our own; the program believes
//! Google's key alone.

use super::log::{GO_MOD, OTHER_H1, Own};
use super::{archive, h1, key, mirror, tree};
use crate::common::log::record_of;
use crate::common::random::Random;
use crate::common::server::{Route as Answer, Server};
use crate::common::{Sandbox, machine};
use goward_core::error::{Error, Kind};
use goward_core::install::Installer;
use goward_core::install::request::Fetch;
use goward_core::install::request::InstallOutcome;
use goward_core::lockfile::Locker;
use goward_core::lockfile::lock::LockOptions;
use goward_core::platform::Platform;
use goward_core::session::Session;
use goward_core::toolchains::Toolchains;
use goward_core::verify::Level;
use goward_core::version::GoVersion;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

/// The releases that the log of these tests knows, for the host and for Plan 9.
const LOGGED: [&str; 2] = ["go1.98.3", "go1.99.1"];

fn record(version: &str, platform: Platform) -> String {
    let module = platform.module_version(GoVersion::parse(version).unwrap());
    record_of("golang.org/toolchain", &module, &h1(version, &platform.to_string()), GO_MOD)
}

/// A log with the records of [`LOGGED`] at its beginning and its end, and a mirror.
pub(super) fn world() -> Own {
    let plan9 = Platform::parse("plan9/386").unwrap();
    let others =
        (0..300).map(|id| record_of("example.com/module", &format!("v1.{id}.0"), OTHER_H1, GO_MOD));
    let first = LOGGED.map(|version| record(version, Platform::host()));
    let last = LOGGED.map(|version| record(version, plan9));
    let world =
        Own::of(Sandbox::new(), mirror(), first.into_iter().chain(others).chain(last).collect());
    for version in LOGGED {
        world.sandbox.write(&format!("{version}/goward.lock"), lock(version));
    }
    world
}

/// A lock of a release, for the host and for Plan 9.
pub(super) fn lock(version: &str) -> String {
    let host = Platform::host();
    let mut platforms = [host.lock_name(), "plan9-386".to_owned()];
    platforms.sort();
    let request = version.trim_start_matches("go");
    let mut text = format!(
        "schema = 1\n\n[toolchain]\nversion = \"{version}\"\nrequest = \"{request}\"\nlevel = \"logged\"\n"
    );
    for platform in platforms {
        let h1 = h1(version, &platform.replace('-', "/"));
        write!(text, "\n[toolchain.{platform}]\nh1 = \"{h1}\"\n").unwrap();
    }
    text
}

/// Makes a bundle of these locks, below the sandbox.
pub(super) fn create(world: &Own, versions: &[&str], name: &str) -> PathBuf {
    let locks: Vec<PathBuf> = versions.iter().map(|version| world.sandbox.path(version)).collect();
    let path = world.sandbox.path(name);
    let bundled = Toolchains::new(&world.session())
        .bundle_create(&locks, &path, false, None, &world.fetch())
        .unwrap();
    assert_eq!((bundled.warnings.len(), bundled.toolchains), (0, versions.len() * 2));
    let (metadata, plain) = (fs::metadata(&path).unwrap(), world.sandbox.path("plain"));
    fs::write(&plain, "").unwrap();
    assert_eq!(bundled.bytes, metadata.len());
    // As readable as other files of this user.
    assert_eq!(metadata.permissions(), fs::metadata(plain).unwrap().permissions());
    path
}

/// A session that opens no socket.
pub(super) fn offline(world: &Own, home: &str) -> Session {
    let mut session = world.session_of(home);
    session.ctx.variables.insert("GOWARD_OFFLINE".into(), "1".into());
    session
}

pub(super) fn install(
    session: &Session,
    path: &std::path::Path,
) -> Result<Vec<InstallOutcome>, Error> {
    install_accepting(session, path, None)
}

fn install_accepting(
    session: &Session,
    path: &std::path::Path,
    accept: Option<Level>,
) -> Result<Vec<InstallOutcome>, Error> {
    let mut outcomes = Vec::new();
    let fetch = Fetch { accept, ..Fetch::default() };
    Installer::new(session)
        .bundle_install(path, Platform::host(), &fetch, &mut |o| outcomes.push(o.clone()))?;
    Ok(outcomes)
}

#[test]
fn a_bundle_installs_with_its_proofs_where_nobody_can_be_asked() {
    let world = world();
    let path = create(&world, &LOGGED, "tools.tar");
    // Equal content is equal bytes, in whatever order the locks are given.
    let again = create(&world, &[LOGGED[1], LOGGED[0]], "again.tar");
    assert!(fs::read(&path).unwrap() == fs::read(again).unwrap());
    let asked = (world.server.log().len(), world.mirror.log().len());
    let session = offline(&world, "second");
    let outcomes = install(&session, &path).unwrap();
    let said: Vec<_> = outcomes
        .iter()
        .map(|o| (o.installed.key.clone(), o.is_new, o.warnings.len(), o.installed.receipt.level))
        .collect();
    let want = LOGGED.map(|version| (key(version), true, 0, Level::Stapled));
    assert_eq!(said, want);
    let receipt = &outcomes[1].installed.receipt;
    assert_eq!(receipt.logged, Some((1, 304)));
    assert_eq!(receipt.source, path.to_str().unwrap());
    assert_eq!((world.server.log().len(), world.mirror.log().len()), asked);
    // The same trees as from the mirror.
    let host = Platform::host();
    let first = Installer::new(&world.session())
        .install_for("1.99.1", host, false, &world.fetch())
        .unwrap();
    assert_eq!(first.installed.receipt.files, receipt.files);
    assert_eq!(first.installed.receipt.archive, receipt.archive);
    // Everything that reports a level shows this one.
    let home = world.sandbox.path("second");
    let goward = |arguments: &[&str]| {
        let mut command = world.sandbox.command(&world.sandbox.path("bin/goward"), LOGGED[1]);
        command.args(arguments).env("HOME", &home).env("GOWARD_OFFLINE", "1");
        world.sandbox.finish(&mut command)
    };
    assert!(goward(&["list", "--json"]).data().contains("\"level\": \"stapled\""));
    assert!(goward(&["list"]).data().contains("stapled"));
    let said = format!("goward: go1.99.1 for {host} is installed (stapled)\n");
    assert_eq!(goward(&["install"]).says(), said);
    assert_eq!(goward(&["install", "--accept", "stapled", "1.99.1"]).says(), said);
    goward(&["install", "--accept", "logged", "1.99.1"]).fails(
        4,
        "goward: go1.99.1 is installed, but verified only at level `stapled`; `logged` is required\n  \
         file:///nowhere has no go1.99.1 for linux/amd64; wanted /nowhere/go1.99.1.linux-amd64.tar.gz\n\
         hint: accept what is installed, for this call: `--accept stapled`",
    );
    world.sandbox.write("second/.config/goward/config.toml", "accept = \"stapled\"\n");
    assert_eq!(goward(&["install"]).says(), said);
    world.sandbox.write(
        "third/goward.toml",
        "[toolchain]\ngo = \"1.99.1\"\n[policy]\nlevel = \"stapled\"\n",
    );
    let mut session = offline(&world, "second");
    session.ctx.cwd = world.sandbox.path("third");
    let written = Locker::new(&session).lock(LockOptions::default(), &Fetch::default()).unwrap();
    assert_eq!(written.level, Level::Stapled);
    assert!(world.sandbox.read("third/goward.lock").contains("level = \"stapled\""));
    // Again is nothing new.
    assert!(install(&session, &path).unwrap().iter().all(|outcome| !outcome.is_new));
}

#[test]
fn the_floor_holds_for_bundles() {
    let world = world();
    let path = create(&world, &["go1.99.1"], "tools.tar");
    let session = offline(&world, "second");
    let error = install_accepting(&session, &path, Some(Level::Logged)).unwrap_err();
    let host = Platform::host();
    let report =
        format!("go1.99.1 for {host} is verified only at level `stapled`; `logged` is required");
    assert_eq!((error.message(), error.kind()), (&*report, Kind::Verification));
    assert_eq!(install_accepting(&session, &path, Some(Level::Stapled)).unwrap().len(), 1);
    let fetch = Fetch::default();
    let amiga = Platform::parse("aix/ppc64").unwrap();
    let error =
        Installer::new(&session).bundle_install(&path, amiga, &fetch, &mut |_| {}).unwrap_err();
    assert_eq!(error.kind(), Kind::NotFound);
    assert!(error.details()[0].contains("it has go1.99.1 for "), "{error}");
    let plan9 = Platform::parse("plan9/386").unwrap();
    Installer::new(&session).bundle_install(&path, plan9, &fetch, &mut |_| {}).unwrap();
}

#[test]
fn modules_and_wheels_go_in_as_they_are() {
    let world = world();
    let host = Platform::host();
    let module = host.module_version(GoVersion::parse("go1.99.1").unwrap());
    let proxy = Server::with(
        &format!("/golang.org/toolchain/@v/{module}.zip"),
        Answer::new(tree("go1.99.1", &host.lock_name()).module(&module)),
    );
    let lock = lock("go1.99.1");
    // Only the host's.
    let plan9 = lock.find("\n[toolchain.plan9").unwrap();
    let (before, after) = lock.split_at(plan9);
    let after = after[1..].find("\n[toolchain").map_or("", |at| &after[1 + at..]);
    world.sandbox.write("module/goward.lock", format!("{before}{after}"));
    let fetch = Fetch { source: Some(format!("goproxy+{}", proxy.url(""))), ..Fetch::default() };
    let (locks, path) = ([world.sandbox.path("module")], world.sandbox.path("module.tar"));
    Toolchains::new(&world.session()).bundle_create(&locks, &path, false, None, &fetch).unwrap();
    let outcomes = install(&offline(&world, "second"), &path).unwrap();
    let receipt = &outcomes[0].installed.receipt;
    assert_eq!(
        (receipt.level, outcomes[0].installed.key.clone()),
        (Level::Stapled, key("go1.99.1"))
    );
    // The release archive's digest is not known from a module.
    assert_eq!(receipt.archive, None);
    // What tar makes of it, which has nothing of ours.
    let listed = machine::command("tar").arg("tf").arg(&path).output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    let names: Vec<&str> = listed.lines().collect();
    assert_eq!(names[0], "goward-bundle.json");
    assert_eq!(names[1], format!("sumdb/lookup/golang.org/toolchain@{module}"));
    assert_eq!(names.last(), Some(&&*format!("archives/go1.99.1.{}.module.zip", host.lock_name())));
}

#[test]
fn what_has_no_proof_goes_in_only_if_that_is_said() {
    let world = world();
    let host = Platform::host();
    let text = lock("go1.99.0");
    world.sandbox.write("unknown/goward.lock", text);
    let locks = [world.sandbox.path("unknown"), world.sandbox.path("go1.99.1")];
    let path = world.sandbox.path("tools.tar");
    let fetch = Fetch { accept: Some(Level::Listed), ..world.fetch() };
    let error = Toolchains::new(&world.session())
        .bundle_create(&locks, &path, false, None, &fetch)
        .unwrap_err();
    assert_eq!(error.message(), "the bundle would lack proofs");
    assert_eq!(error.kind(), Kind::NotFound);
    assert!(error.to_string().contains("log.example does not know it"), "{error}");
    assert!(!path.exists() && world.mirror.log().is_empty());
    let bundled =
        Toolchains::new(&world.session()).bundle_create(&locks, &path, true, None, &fetch).unwrap();
    assert_eq!(bundled.warnings.len(), 2, "{:?}", bundled.warnings);
    let warning =
        format!("go1.99.0 for {host} goes in without a proof: log.example does not know it");
    assert!(
        bundled.warnings.iter().any(|said| said.starts_with(&warning)),
        "{:?}",
        bundled.warnings
    );
    // Then it is worth what it would be without a bundle; the other one is proved all the same.
    let session = offline(&world, "second");
    let error = install(&session, &path).unwrap_err();
    assert!(error.message().contains("only at level `none`; `built-in` is required"), "{error}");
    let outcomes = install_accepting(&session, &path, Some(Level::None)).unwrap();
    let levels: Vec<Level> = outcomes.iter().map(|o| o.installed.receipt.level).collect();
    assert_eq!(levels, [Level::None, Level::Stapled]);
    let warning = format!("`{}` has no proof for go1.99.0 for {host}", path.display());
    assert_eq!(outcomes[0].warnings, [warning]);
}

#[test]
fn the_program_makes_and_installs_bundles() {
    let mirror = mirror();
    let sandbox = Sandbox::new().source(&mirror.url(""));
    sandbox.write("project/goward.lock", lock("go1.99.1"));
    let outcome = sandbox.goward(["bundle", "create", "-o", "../tools.tar"]);
    assert_eq!(outcome.code, Some(5), "{}", outcome.stderr);
    let report = "goward: the bundle would lack proofs\n";
    assert!(outcome.stderr.starts_with(report), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("sum.golang.org was not asked: `GOPROXY` is `off`"));
    let outcome = sandbox.goward([
        "bundle",
        "create",
        "--lock",
        "goward.lock",
        "-o",
        "../tools.tar",
        "--without-proof",
    ]);
    let said = outcome.says();
    assert!(
        said.ends_with("goward: wrote `[PROJECT]/../tools.tar`: 2 toolchains, 1 MB\n"),
        "{said}"
    );
    let second = Sandbox::new();
    fs::copy(sandbox.path("tools.tar"), second.path("tools.tar")).unwrap();
    let outcome = second.goward(["bundle", "install", "../tools.tar", "--accept", "none"]);
    let host = Platform::host();
    assert_eq!(
        outcome.says().lines().last(),
        Some(&*format!("goward: installed go1.99.1 for {host} (none) from [PROJECT]/../tools.tar"))
    );
    // Having been installed proves nothing.
    assert_eq!(second.goward(["bundle", "install", "../tools.tar"]).code, Some(4));
    let missing = second.goward(["bundle", "install", "../none.tar"]);
    missing.fails(3, "goward: `[PROJECT]/../none.tar` does not exist");
    let directory = second.goward(["bundle", "install", ".."]);
    assert!(directory.stderr.contains(": it is not a bundle\n"), "{}", directory.stderr);
    // Somebody else's log proves nothing to the program.
    let world = world();
    let path = create(&world, &["go1.99.1"], "tools.tar");
    fs::copy(path, second.path("other.tar")).unwrap();
    let third = Sandbox::new().var("GOWARD_ACCEPT", "none");
    fs::copy(second.path("other.tar"), third.path("other.tar")).unwrap();
    third.goward(["bundle", "install", "../other.tar"]).fails(
        4,
        "goward: the proofs in `[PROJECT]/../other.tar` are of `log.example`, and goward believes \
         sum.golang.org\n  nothing was installed",
    );
}

#[test]
fn two_locks_that_disagree_make_no_bundle() {
    let world = world();
    let host = Platform::host().to_string();
    let other = lock("go1.99.1").replace(&h1("go1.99.1", &host), OTHER_H1);
    world.sandbox.write("other/goward.lock", other);
    let locks = [world.sandbox.path("go1.99.1"), world.sandbox.path("other")];
    let path = world.sandbox.path("tools.tar");
    let error = Toolchains::new(&world.session())
        .bundle_create(&locks, &path, false, None, &world.fetch())
        .unwrap_err();
    assert_eq!(error.message(), format!("two locks disagree on go1.99.1 for {host}"));
    // A trojan in a mirror does not get in either.
    let trojan =
        tree("go1.99.1", &Platform::host().lock_name()).with("bin/go", "#!/bin/sh\nexit 7\n");
    let name = archive("go1.99.1");
    world.mirror.route(&format!("/{name}"), Answer::new(trojan.tar_gz()));
    let locks = [world.sandbox.path("go1.99.1")];
    let error = Toolchains::new(&world.session())
        .bundle_create(&locks, &path, false, None, &world.fetch())
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Verification);
    assert!(error.message().starts_with("checksum mismatch"), "{error}");
    assert!(!path.exists());
}

#[test]
fn what_is_installed_is_not_fetched_again() {
    let world = world();
    let mut session = world.session();
    session.ctx.variables.insert("GOWARD_SOURCE".into(), world.mirror.url("").into());
    let (host, fetch) = (Platform::host(), Fetch::default());
    let outcome = Installer::new(&session).install_for("1.99.1", host, false, &fetch).unwrap();
    let name = archive("go1.99.1");
    let asked =
        || world.mirror.log().iter().filter(|request| request.target.ends_with(&name)).count();
    let before = asked();
    let (locks, path) = ([world.sandbox.path("go1.99.1")], world.sandbox.path("tools.tar"));
    let create =
        || Toolchains::new(&session).bundle_create(&locks, &path, false, None, &fetch).unwrap();
    assert_eq!((create().warnings, asked()), (Vec::new(), before));
    let outcomes = install(&offline(&world, "second"), &path).unwrap();
    assert_eq!(outcomes[0].installed.key, key("go1.99.1"));
    // A tree that was changed is found out, and is not what the bundle gets.
    let tool = format!("pkg/tool/{}/compile", host.lock_name().replace('-', "_"));
    let file = outcome.installed.tree.join(tool);
    let mut bytes = fs::read(&file).unwrap();
    bytes[0] ^= 1;
    fs::remove_file(&file).unwrap();
    fs::write(&file, bytes).unwrap();
    let warnings = create().warnings;
    assert_eq!((warnings.len(), asked()), (1, before + 1), "{warnings:?}");
    assert!(warnings[0].starts_with(&*outcome.installed.tree.to_string_lossy()), "{warnings:?}");
    assert_eq!(
        install(&offline(&world, "third"), &path).unwrap()[0].installed.key,
        key("go1.99.1")
    );
}

/// Two releases of a line whose programs differ a little, in a world of their own.
fn line() -> Own {
    let host = Platform::host();
    let lock_name = host.lock_name();
    let of = |version: &str| {
        let number = version.as_bytes()[version.len() - 1];
        let mut program = Random::new(1).bytes(300_000);
        program.iter_mut().step_by(1000).for_each(|byte| *byte = number);
        let tool = format!("pkg/tool/{}/compile", lock_name.replace('-', "_"));
        tree(version, &lock_name).with(&tool, program)
    };
    let versions = ["go1.97.1", "go1.97.2", "go1.97.3"];
    let mut mirror = crate::common::server::Mirror::new();
    let mut records = Vec::new();
    let mut locks = Vec::new();
    for version in versions {
        let tree = of(version);
        mirror = mirror.release(version, [(&*archive(version), tree.tar_gz())]);
        let h1 = crate::mirror::h1_of(&tree, version, &lock_name);
        let module = host.module_version(GoVersion::parse(version).unwrap());
        records.push(record_of("golang.org/toolchain", &module, &h1, GO_MOD));
        let request = version.trim_start_matches("go");
        locks.push(format!(
            "schema = 1\n\n[toolchain]\nversion = \"{version}\"\nrequest = \"{request}\"\n\
             level = \"logged\"\n\n[toolchain.{lock_name}]\nh1 = \"{h1}\"\n"
        ));
    }
    let world = Own::of(Sandbox::new(), mirror.start(), records);
    for (version, lock) in versions.iter().zip(locks) {
        world.sandbox.write(&format!("{version}/goward.lock"), lock);
    }
    world
}

#[test]
fn several_releases_of_a_line_take_little_more_room_than_one() {
    let world = line();
    let pack = |versions: &[&str], name: &str| {
        let locks: Vec<PathBuf> =
            versions.iter().map(|version| world.sandbox.path(version)).collect();
        let path = world.sandbox.path(name);
        Toolchains::new(&world.session())
            .bundle_create(&locks, &path, false, None, &world.fetch())
            .unwrap();
        path
    };
    let one = fs::metadata(pack(&["go1.97.1"], "one.tar")).unwrap().len();
    let path = pack(&["go1.97.1", "go1.97.2", "go1.97.3"], "three.tar");
    let three = fs::metadata(&path).unwrap().len();
    assert!(three * 100 < one * 115, "{three} and {one}");
    assert!(
        fs::read(pack(&["go1.97.3", "go1.97.2", "go1.97.1"], "again.tar")).unwrap()
            == fs::read(&path).unwrap()
    );
    let listed = machine::command("tar").arg("tf").arg(&path).output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    assert!(
        listed.contains(&format!("archives/go1.97.3.{}.delta\n", Platform::host().lock_name())),
        "{listed}"
    );
    let levels = |outcomes: Vec<InstallOutcome>| {
        let of = |o: &InstallOutcome| (o.is_new, o.installed.receipt.level);
        outcomes.iter().map(of).collect::<Vec<_>>()
    };
    let session = offline(&world, "second");
    assert_eq!(levels(install(&session, &path).unwrap()), [(true, Level::Stapled); 3]);
    let store = session.store().unwrap();
    for one in store.list().unwrap() {
        assert_eq!(store.check(&one).unwrap().findings, []);
    }
    // Where the first one was changed since, that of the bundle is taken.
    let session = offline(&world, "third");
    let first = pack(&["go1.97.1"], "first.tar");
    let goroot = install(&session, &first).unwrap()[0].installed.tree.clone();
    let file = goroot.join("src/fmt/print.go");
    let mut bytes = fs::read(&file).unwrap();
    bytes[0] ^= 1;
    fs::remove_file(&file).unwrap();
    fs::write(&file, bytes).unwrap();
    let installed = levels(install(&session, &path).unwrap());
    assert_eq!(
        installed,
        [(false, Level::Stapled), (true, Level::Stapled), (true, Level::Stapled)]
    );
}
