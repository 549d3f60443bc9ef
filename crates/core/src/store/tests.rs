//! Installing, removing, and what is left when a process ends in between.

mod ages;
mod damage;
#[cfg(unix)]
mod failing;
mod findings;
mod halves;
mod layers;
mod twice;
mod users;

use crate::archive::samples::{Scratch, Tree};
use crate::archive::{Kind, Limits, unpack};
use crate::error::Error;
use crate::lock_holder::LockHolder;
use crate::store::check::{Fault, Finding};
use crate::store::{durable, *};
use crate::verify::{Digest, Evidence, Level, Quarantine, Record, Records, VerifiedTree, mode};
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

fn go() -> GoVersion {
    GoVersion::parse("1.27.1").unwrap()
}

fn linux() -> Platform {
    Platform::parse("linux/amd64").unwrap()
}

pub(super) fn store() -> (Scratch, Store) {
    let directory = Scratch::new();
    let store = with_shim(Store::new(directory.path().join("home")), directory.path());
    store.prepare().unwrap();
    (directory, store)
}

/// What is `go` in the stores of these tests.
pub(super) const SHIM: &str = "#!/bin/sh\necho shim\n";

/// Gives a store a shim, which is in `directory`.
pub(super) fn with_shim(store: Store, directory: &Path) -> Store {
    let shim = directory.join(names::SHIM);
    fs::write(&shim, SHIM).unwrap();
    store.with_shim(shim)
}

fn verified(staging: &Staging, tree: &Tree, full: bool, level: Level) -> VerifiedTree {
    verified_for(staging, tree, full, level, "linux/amd64")
}

fn verified_for(
    staging: &Staging,
    tree: &Tree,
    full: bool,
    level: Level,
    platform: &str,
) -> VerifiedTree {
    let mut quarantine = Quarantine::new(staging.path(), full).unwrap();
    let version = String::from_utf8(tree.0["VERSION"].clone()).unwrap();
    let version = GoVersion::parse(version.lines().next().unwrap()).unwrap();
    let bytes = tree.tar_gz();
    let size = bytes.len() as u64;
    let archive = Digest::of(&bytes);
    quarantine
        .fill(2, |sinks, _| unpack(Kind::TarGz, "x", &bytes, &Limits::default(), sinks))
        .unwrap();
    let record =
        (level == Level::BuiltIn).then(|| Record { sha256: Some(archive), ..Record::default() });
    let evidence = Evidence {
        archive: Some((archive, size)),
        listed: Some(archive),
        record,
        floor: level,
        ..Evidence::default()
    };
    let platform = Platform::parse(platform).unwrap();
    quarantine.finish(version, platform).unwrap().verify(&evidence).unwrap()
}

pub(super) fn install(store: &Store, tree: &Tree, extra: bool, level: Level) -> InstalledToolchain {
    let staging = store.stage("test").unwrap();
    store.publish(&verified(&staging, tree, extra, level), "https://go.dev/dl/").unwrap()
}

pub(super) fn tree() -> Tree {
    Tree::new("go1.27.1", "linux-amd64").with("bin/other", "x").without("misc/")
}

/// What is wrong with a toolchain, whatever the records have for the release that it pretends to be.
pub(super) fn faults(store: &Store, installed: &InstalledToolchain) -> Vec<Finding> {
    let mut findings = store.check(installed).unwrap().findings;
    findings.retain(|finding| !matches!(finding.fault, Fault::Record(_)));
    findings
}

/// A toolchain that no record is about.
fn unlisted() -> Tree {
    Tree::new("go1.99.1", "linux-amd64")
}

pub(super) fn names(directory: &Path) -> Vec<String> {
    let mut names: Vec<_> = entries(directory)
        .unwrap()
        .iter()
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

pub(super) fn make_writable(path: &Path) {
    fs::set_mode(path, 0o755).unwrap();
}

/// Nothing in the places where things are only on their way.
fn is_tidy(store: &Store) -> bool {
    ["tmp", "trash"].iter().all(|name| names(&store.home().join(name)).is_empty())
}

#[cfg_attr(windows, ignore = "its toolchain is one of Unix, which has no shims there")]
#[test]
fn an_installed_toolchain_is_found() {
    let (_directory, store) = store();
    let installed = install(&store, &tree(), false, Level::Listed);
    assert!(installed.key.starts_with("go1.27.1-linux-amd64-"));
    assert!(is_tidy(&store));
    assert_eq!(names(&store.home().join("tree")), [installed.key.as_str()]);
    assert!(!installed.receipt.full && installed.receipt.uncovered.is_none());

    let h1 = installed.receipt.h1.clone();
    for wanted in [None, Some(&h1)] {
        let found = store.find(go(), linux(), wanted).unwrap().unwrap();
        assert_eq!(found.receipt, installed.receipt);
    }
    let other = H1::parse("h1:MeqkXdYlyiVdqJXENOTyX7xd8QjDM/mxR52RKOFBS0M=").unwrap();
    assert!(store.find(go(), linux(), Some(&other)).unwrap().is_none());
    let older = GoVersion::parse("1.27.0").unwrap();
    assert!(store.find(older, linux(), None).unwrap().is_none());
    let darwin = Platform::parse("darwin/amd64").unwrap();
    assert!(store.find(go(), darwin, None).unwrap().is_none());

    let rehashed = rehash(&installed.tree, go(), linux(), &[]).unwrap();
    assert_eq!(rehashed.h1, h1);
    assert_eq!(rehashed.files.len() as u64, installed.receipt.files);
    assert_eq!(rehashed.files.values().map(|file| file.size).sum::<u64>(), installed.receipt.bytes);
    assert_eq!(store.files(&installed).unwrap(), Some(rehashed.files));
    let mode = |path: &Path| fs::metadata(path).unwrap().mode();
    assert_eq!(mode(&installed.tree) & 0o700, 0o700);
    assert_eq!(mode(&installed.tree.join("src/fmt/print.go")) & 0o222, 0);
    for program in ["bin/go", "libexec/go"] {
        assert_eq!(mode(&installed.tree.join(program)) & 0o300, 0o100);
    }
}

#[cfg_attr(windows, ignore = "its toolchain is one of Unix, which has no shims there")]
#[test]
fn receipts_are_canonical_json() {
    let (_directory, store) = store();
    let mut receipt = install(&store, &tree(), false, Level::Listed).receipt;
    let path = store.home().join("meta").join(receipt.key());
    assert_eq!(fs::read_to_string(path).unwrap(), receipt.render());
    receipt.absent = vec![("LICENSE".to_owned(), Digest::of(b"x"))];
    receipt.archive = Some((Digest::of(b"a"), 7));
    assert!(receipt.disk.is_some_and(|room| !room.shared), "{:?}", receipt.disk);
    receipt.disk = Some(Room { bytes: 4096, shared: true });
    receipt.uncovered = Some(Digest::of(b"u"));
    let (u, shim) = (Digest::of(b"u"), Digest::of(SHIM.as_bytes()));
    let (h1, a, x) = (receipt.h1.clone(), Digest::of(b"a"), Digest::of(b"x"));
    let (files, bytes) = (receipt.files, receipt.bytes);
    let text = format!(
        r#"{{
  "schema": 2,
  "version": "go1.27.1",
  "platform": "linux/amd64",
  "h1": "{h1}",
  "archive_sha256": "{a}",
  "archive_size": 7,
  "level": "listed",
  "source": "https://go.dev/dl/",
  "files": {files},
  "bytes": {bytes},
  "absent": [
    {{
      "path": "LICENSE",
      "sha256": "{x}"
    }}
  ],
  "full": false,
  "uncovered_sha256": "{u}",
  "shims": {{
    "shim": "{shim}",
    "copies": {{
      "go": "{shim}",
      "gofmt": "{shim}"
    }}
  }},
  "disk": {{
    "bytes": 4096,
    "shared": true
  }}
}}
"#
    );
    assert_eq!(receipt.render(), text);
    assert_eq!(Receipt::parse(text.as_bytes()), Some(receipt));
    for (from, to) in [
        ("\"schema\": 2", "\"schema\": 3"),
        ("go1.27.1", "../x"),
        ("linux/amd64", "linux"),
        ("h1:", "h2:"),
        ("\"archive_size\": 7,", ""),
        ("listed", "best"),
        (&*a.to_string(), "A"),
        ("\"full\": false", "\"full\": 0"),
        (&*u.to_string(), "U"),
        ("\n}\n", "\n"),
    ] {
        let damaged = text.replacen(from, to, 1);
        assert_ne!(damaged, text);
        assert_eq!(Receipt::parse(damaged.as_bytes()), None, "{to}");
    }
}

#[cfg_attr(windows, ignore = "makes symbolic links")]
#[test]
fn without_receipt_or_tree_nothing_is_installed() {
    let (_directory, store) = store();
    let installed = install(&store, &tree(), false, Level::Listed);
    let receipt = store.home().join("meta").join(&installed.key);
    let good = fs::read(&receipt).unwrap();

    fs::write(receipt.with_file_name("go1.27.1-linux-amd64-000000000000"), &good).unwrap();
    assert_eq!(store.list().unwrap().len(), 1);
    for bad in [&b""[..], b"{}", &good[..good.len() / 2], &vec![b' '; 100_000]] {
        fs::write(&receipt, bad).unwrap();
        assert!(store.list().unwrap().is_empty());
    }
    fs::write(&receipt, &good).unwrap();
    fs::rename(&installed.tree, store.home().join("elsewhere")).unwrap();
    assert!(store.list().unwrap().is_empty());
    fs::symlink("../elsewhere", &installed.tree).unwrap();
    assert!(store.list().unwrap().is_empty());
}

#[test]
fn a_store_that_is_not_there_is_empty() {
    let directory = Scratch::new();
    let store = Store::new(directory.path().join("home"));
    assert!(store.list().unwrap().is_empty());
    assert!(store.find(go(), linux(), None).unwrap().is_none());
    assert!(!store.home().exists());
}

#[test]
fn the_list_is_in_gos_order() {
    let (_directory, store) = store();
    for version in ["go1.27.10", "go1.27rc1", "go1.9", "go1.27.2"] {
        install(&store, &Tree::new(version, "linux-amd64"), false, Level::Listed);
    }
    let list = store.list().unwrap();
    let versions: Vec<_> = list.iter().map(|found| found.receipt.version.to_string()).collect();
    assert_eq!(versions, ["go1.9", "go1.27rc1", "go1.27.2", "go1.27.10"]);
}

#[test]
fn of_two_trees_of_one_version_the_better_verified_is_found() {
    let (_directory, store) = store();
    let good = install(&store, &tree(), false, Level::BuiltIn);
    for content in ["a", "b", "c", "d"] {
        install(&store, &tree().with("src/x", content), false, Level::Listed);
    }
    assert_eq!(store.list().unwrap().len(), 5);
    assert_eq!(store.find(go(), linux(), None).unwrap().unwrap().key, good.key);
}

#[cfg_attr(windows, ignore = "its toolchain is one of Unix, which has no shims there")]
#[test]
fn a_tree_is_an_ordinary_directory_whose_go_is_the_shim() {
    let (_directory, store) = store();
    let files = Tree::new("go1.27.1", "linux-amd64").with("bin/other", "x");
    let installed = install(&store, &files, true, Level::Listed);
    let read = |path: &str| fs::read(installed.tree.join(path)).unwrap();
    for tool in ["go", "gofmt"] {
        assert_eq!(read(&format!("bin/{tool}")), SHIM.as_bytes());
        assert_eq!(read(&format!("libexec/{tool}")), files.0[&format!("bin/{tool}")]);
    }
    assert_eq!(read(names::IDENTITY_FILE), format!("{}\n", installed.receipt.h1).into_bytes());
    // All of the release is there, as files and directories that everybody can walk.
    for (path, contents) in &files.0 {
        assert_eq!(fs::read(place_in(&installed.tree, path)).unwrap(), *contents, "{path}");
    }
    let mut count = 0;
    for found in survey::survey(&installed.tree).unwrap() {
        assert!(found.what != survey::EntryKind::Other, "{}", found.path);
        let is_file = found.what == survey::EntryKind::File;
        count += usize::from(is_file);
        let writable = !is_file || mode::stays_writable(&found.path);
        assert_eq!(found.mode & 0o222, if writable { 0o200 } else { 0 }, "{}", found.path);
    }
    assert_eq!(count, files.0.len() + 3);
    assert_eq!(faults(&store, &installed), []);
}

#[cfg_attr(windows, ignore = "makes symbolic links")]
#[test]
fn what_goward_adds_is_repaired_and_left_alone_where_it_is_right() {
    let (directory, store) = store();
    let installed = install(&store, &unlisted(), false, Level::Listed);
    let tree = &installed.tree;
    let inode = |path: &Path| fs::metadata(path).unwrap().identity();
    let (go, identity) = (tree.join("bin/go"), tree.join(names::IDENTITY_FILE));
    let before = inode(&go);
    store.ensure_shims(&installed).unwrap();
    assert_eq!(inode(&go), before);
    let damages: [(&dyn Fn(), &str); 5] = [
        (&|| fs::remove_file(&go).unwrap(), "bin/go"),
        (
            &|| {
                fs::remove_file(&go).unwrap();
                fs::copy(tree.join("libexec/go"), &go).unwrap();
            },
            "bin/go",
        ),
        (
            &|| {
                fs::remove_file(&go).unwrap();
                fs::symlink("/bin/true", &go).unwrap();
            },
            "bin/go",
        ),
        (&|| fs::remove_file(&identity).unwrap(), names::IDENTITY_FILE),
        (
            &|| {
                fs::remove_file(&identity).unwrap();
                fs::write(&identity, "h1:MeqkXdYlyiVdqJXENOTyX7xd8QjDM/mxR52RKOFBS0M=\n").unwrap();
            },
            names::IDENTITY_FILE,
        ),
    ];
    for (damage, path) in damages {
        for by_check in [false, true] {
            damage();
            let checked = store.check(&installed).unwrap();
            let shims = |one: &&Finding| one.fault == Fault::Shim;
            let found: Vec<_> = checked.findings.iter().filter(shims).map(|f| &*f.path).collect();
            assert_eq!(found, [path]);
            assert!(!checked.findings.iter().any(|finding| finding.fault.needs_release()));
            if by_check {
                store.tidy(&installed, &checked).unwrap();
            } else {
                store.ensure_shims(&installed).unwrap();
            }
            assert_eq!(faults(&store, &installed), []);
            assert_eq!(fs::read_to_string(&go).unwrap(), SHIM);
            assert!(is_tidy(&store));
        }
    }
    // Another goward has another shim: the old one is right until it is replaced, everywhere at once.
    fs::write(directory.path().join(names::SHIM), "#!/bin/sh\n").unwrap();
    assert_eq!(faults(&store, &installed), []);
    assert!(store.has_old_shims(&installed).unwrap());
    assert_eq!(store.refresh_shims().unwrap().len(), 1);
    assert_eq!(fs::read_to_string(&go).unwrap(), "#!/bin/sh\n");
    assert!(store.refresh_shims().unwrap().is_empty());
    let installed = store.list().unwrap().remove(0);
    assert!(!store.has_old_shims(&installed).unwrap());
    assert_eq!(faults(&store, &installed), []);
}

#[test]
fn a_toolchain_of_another_platform_is_as_it_was_packed() {
    let (_directory, store) = store();
    let staging = store.stage("test").unwrap();
    let (name, platform, go) = if cfg!(windows) {
        ("linux-amd64", "linux/amd64", "bin/go")
    } else {
        ("windows-amd64", "windows/amd64", "bin/go.exe")
    };
    let files = Tree::new("go1.99.1", name);
    let verified = verified_for(&staging, &files, false, Level::Listed, platform);
    let installed = store.publish(&verified, "x").unwrap();
    assert!(!installed.tree.join("libexec").exists());
    assert_eq!(installed.receipt.shims, None);
    assert_eq!(fs::read(installed.tree.join(go)).unwrap(), files.0[go]);
    assert_eq!(faults(&store, &installed), []);
    assert!(store.refresh_shims().unwrap().is_empty());
}

#[cfg_attr(windows, ignore = "its toolchain is one of Unix, which has no shims there")]
#[test]
fn installed_releases_have_names_beside_go() {
    let (_directory, store) = store();
    let shims = |store: &Store| names(&store.shims());
    // Without `go` there is nothing that a name could lead to.
    let first = install(&store, &tree(), false, Level::Listed);
    assert!(!store.shims().exists());
    fs::create_dir(store.shims()).unwrap();
    fs::write(store.shims().join("go"), "").unwrap();
    store.recover().unwrap();
    assert_eq!(shims(&store), ["go", "go1.27.1"]);
    let second = install(&store, &tree().with("src/x", "x"), false, Level::Listed);
    install(&store, &Tree::new("go1.28rc1", "linux-amd64"), false, Level::Listed);
    assert_eq!(shims(&store), ["go", "go1.27.1", "go1.28rc1"]);
    let name = store.shims().join("go1.27.1");
    assert_eq!(fs::read_link(&name).unwrap(), Path::new("go"));
    // The name is there while one of the release is.
    store.retire(&first).unwrap();
    assert_eq!(shims(&store), ["go", "go1.27.1", "go1.28rc1"]);
    store.remove(&second).unwrap();
    assert_eq!(shims(&store), ["go", "go1.28rc1"]);
    // What a killed process left, and what is not a release's.
    for stray in ["go1.27.1", "go1.027", "gofmt", "go1.27.1.exe"] {
        fs::write(store.shims().join(stray), "").unwrap();
    }
    fs::remove_file(store.shims().join("go1.28rc1")).unwrap();
    assert_eq!(store.missing_release_names().unwrap(), ["go1.28rc1"]);
    assert_eq!(store.idle_release_names().unwrap(), ["go1.27.1"]);
    store.recover().unwrap();
    assert_eq!(shims(&store), ["go", "go1.027", "go1.27.1.exe", "go1.28rc1", "gofmt"]);
}

#[test]
fn a_second_install_adds_what_it_knows_better() {
    let (_directory, store) = store();
    let first = install(&store, &tree(), false, Level::Listed);
    let again = install(&store, &tree(), false, Level::Listed);
    assert_eq!(again.receipt, first.receipt);

    let stronger = install(&store, &tree(), false, Level::BuiltIn);
    assert_eq!((stronger.receipt.level, stronger.receipt.full), (Level::BuiltIn, false));
    let full = install(&store, &tree(), true, Level::Listed);
    assert_eq!((full.receipt.level, full.receipt.full), (Level::BuiltIn, true));
    assert!(full.receipt.uncovered.is_some());
    for added in ["api", "doc", "test"] {
        assert!(is_directory(&full.tree.join(added)));
    }
    let files = store.files(&full).unwrap().unwrap();
    assert!(files.contains_key("api/go1.txt") && files.contains_key("bin/go"));
    let lean = install(&store, &tree(), false, Level::BuiltIn);
    assert!(lean.receipt.full && is_tidy(&store));
    assert_eq!(faults(&store, &lean), []);
    assert_eq!(store.list().unwrap().len(), 1);
}

#[test]
fn a_tree_that_was_left_without_a_receipt_is_kept_only_if_it_is_right() {
    let (_directory, store) = store();
    let installed = install(&store, &tree(), false, Level::Listed);
    let receipt = store.home().join("meta").join(&installed.key);
    for damage in [false, true] {
        fs::remove_file(&receipt).unwrap();
        let file = installed.tree.join("src/fmt/print.go");
        if damage {
            make_writable(&file);
            fs::write(&file, "package evil\n").unwrap();
        }
        let again = install(&store, &tree(), false, Level::Listed);
        assert_eq!(again.key, installed.key);
        assert_eq!(fs::read_to_string(&file).unwrap(), "package fmt\n");
        assert!(is_tidy(&store));
    }
}

#[test]
fn many_installs_at_once_are_one() {
    const PROCESSES: usize = 8;
    let (_directory, store) = store();
    let start = Barrier::new(PROCESSES);
    let keys: Vec<String> = thread::scope(|scope| {
        let threads: Vec<_> = (0..PROCESSES)
            .map(|_| {
                scope.spawn(|| {
                    let staging = store.stage("test").unwrap();
                    let verified = verified(&staging, &tree(), true, Level::Listed);
                    start.wait();
                    let installed = store.publish(&verified, "x").unwrap();
                    store.recover().unwrap();
                    installed.key
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let list = store.list().unwrap();
    assert_eq!(list.len(), 1);
    assert!(keys.iter().all(|key| *key == list[0].key));
    assert_eq!(rehash(&list[0].tree, go(), linux(), &[]).unwrap().h1, list[0].receipt.h1);
    store.recover().unwrap();
    assert!(is_tidy(&store));
}

#[cfg_attr(windows, ignore = "Windows exchanges no directories, so the lock is needed")]
#[test]
fn many_installs_at_once_are_one_without_locks_too() {
    const PROCESSES: usize = 8;
    for _ in 0..8 {
        let (_directory, store) = store();
        let start = Barrier::new(PROCESSES);
        thread::scope(|scope| {
            for _ in 0..PROCESSES {
                scope.spawn(|| {
                    let staging = store.stage("test").unwrap();
                    let verified = verified(&staging, &tree(), false, Level::Listed);
                    start.wait();
                    let shims = store.dress(verified.tree(), linux(), verified.h1()).unwrap();
                    let receipt = publish::receipt_of(&verified, "x");
                    store.commit(&verified, Receipt { shims, ..receipt }).unwrap();
                });
            }
        });
        let list = store.list().unwrap();
        assert_eq!(list.len(), 1);
        assert_eq!(rehash(&list[0].tree, go(), linux(), &[]).unwrap().h1, list[0].receipt.h1);
        assert_eq!(faults(&store, &list[0]), []);
        assert!(is_tidy(&store));
    }
}

#[cfg_attr(windows, ignore = "makes symbolic links")]
#[test]
fn removing_takes_everything_and_follows_no_link() {
    let (directory, store) = store();
    let outside = directory.path().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("precious"), "x").unwrap();
    let installed = install(&store, &tree(), true, Level::Listed);
    fs::symlink(&outside, installed.tree.join("link")).unwrap();
    store.remove(&installed).unwrap();
    for kind in ["tree", "meta", "tmp", "trash"] {
        assert!(names(&store.home().join(kind)).is_empty(), "{kind}");
    }
    assert_eq!(names(&outside), ["precious"]);
    store.remove(&installed).unwrap();

    // A link in the place of a tree is removed, not what it points to.
    let installed = install(&store, &tree(), false, Level::Listed);
    delete::tree(&installed.tree).unwrap();
    fs::symlink(&outside, &installed.tree).unwrap();
    store.remove(&installed).unwrap();
    assert_eq!(names(&outside), ["precious"]);
    assert!(names(&store.home().join("tree")).is_empty());
}

#[test]
fn leftovers_of_dead_processes_go_and_those_of_living_ones_stay() {
    let (_directory, store) = store();
    let tmp = store.home().join("tmp");
    let living = store.stage("living").unwrap();
    fs::write(living.path().join("file"), "x").unwrap();
    // A process that was killed: its lock is free.
    let read_only = tmp.join("dead.1.x/tree/src");
    fs::create_dir_all(&read_only).unwrap();
    fs::write(read_only.join("file"), "x").unwrap();
    fs::set_mode(&read_only, 0o555).unwrap();
    fs::write(tmp.join("dead.1.x.lock"), "").unwrap();
    // One killed before it made its directory, and one while it removed it.
    fs::write(tmp.join("early.1.x.lock"), "").unwrap();
    fs::create_dir(tmp.join("late.1.x")).unwrap();
    // Removals that were not finished.
    fs::create_dir_all(store.home().join("trash/removed-x/y")).unwrap();

    // What goward did not make is nobody's leftover.
    for other in ["tmp/mine", "trash/mine", "tree/oak"] {
        fs::create_dir_all(store.home().join(other)).unwrap();
    }
    let recovered = store.recover().unwrap();
    assert_eq!(recovered, RecoveryReport { removed: 3, adopted: Vec::new() });
    for other in ["tmp/mine", "trash/mine", "tree/oak"] {
        fs::remove_dir(store.home().join(other)).unwrap();
    }
    assert_eq!(names(living.path()), ["file"]);
    let name = living.path().file_name().unwrap().to_str().unwrap().to_owned();
    assert_eq!(names(&tmp), [name.clone(), format!("{name}.lock")]);
    assert_eq!(store.recover().unwrap(), RecoveryReport::default());
    drop(living);
    assert!(is_tidy(&store));
}

#[cfg_attr(windows, ignore = "files have modes")]
#[test]
fn staging_directories_are_private() {
    let (_directory, store) = store();
    let staging = store.stage("test").unwrap();
    let mode = fs::metadata(staging.path()).unwrap().mode();
    assert_eq!(mode & 0o777, 0o700);
    let other = store.stage("test").unwrap();
    assert_ne!(staging.path(), other.path());
}

#[test]
fn trees_without_receipts_are_adopted_if_known_and_removed_if_not() {
    let (_directory, store) = store();
    let known = install(&store, &tree(), false, Level::Listed);
    let unknown = install(&store, &tree().with("src/x", "x"), true, Level::Listed);
    let kept = install(&store, &Tree::new("go1.26.2", "linux-amd64"), true, Level::Listed);
    for lost in [&known, &unknown] {
        fs::remove_file(store.home().join("meta").join(&lost.key)).unwrap();
    }
    let mut records = Records::default();
    let h1 = Some(known.receipt.h1.clone());
    records.merge(go(), linux(), Record { h1, ..Record::default() }).unwrap();

    // Whoever publishes right now is left alone.
    let busy = store.lock(durable::LOCK, "test", Duration::ZERO, &mut |_| {}).unwrap();
    assert!(busy.is_held());
    assert_eq!(store.recover_with(&records).unwrap(), RecoveryReport::default());
    drop(busy);

    let recovered = store.recover_with(&records).unwrap();
    assert_eq!(recovered, RecoveryReport { removed: 1, adopted: vec![known.key.clone()] });
    let list = store.list().unwrap();
    let keys: Vec<_> = list.iter().map(|found| found.key.as_str()).collect();
    assert_eq!(keys, [kept.key.as_str(), known.key.as_str()]);
    assert_eq!(list[1].receipt.level, Level::BuiltIn);
    assert!(list[0].receipt.full && list[1].tree.join("bin/go").exists());
    assert!(list.iter().all(|one| faults(&store, one).is_empty()));
    assert_eq!(store.recover_with(&records).unwrap(), RecoveryReport::default());
}

#[cfg_attr(windows, ignore = "makes symbolic links")]
#[test]
fn rehashing_notices_what_does_not_belong() {
    let (_directory, store) = store();
    let installed = install(&store, &tree(), false, Level::Listed);
    let src = installed.tree.join("src");
    let check = || rehash(&installed.tree, go(), linux(), &[]);
    fs::write(src.join("new"), "x").unwrap();
    assert_ne!(check().unwrap().h1, installed.receipt.h1);
    fs::remove_file(src.join("new")).unwrap();
    assert_eq!(check().unwrap().h1, installed.receipt.h1);

    fs::symlink("go.mod", src.join("link")).unwrap();
    let want = format!(
        "goward: `src/link` does not belong to the toolchain\n  found in `{}`",
        installed.tree.display()
    );
    assert_eq!(check().map_err(Error::from).unwrap_err().to_string(), want);
    fs::remove_file(src.join("link")).unwrap();
    // What the hash does not cover is told all the same.
    fs::create_dir(installed.tree.join("api")).unwrap();
    fs::write(installed.tree.join("api/x"), "x").unwrap();
    let found = check().unwrap();
    assert!(found.h1 == installed.receipt.h1 && found.files.contains_key("api/x"));
    let findings = faults(&store, &installed);
    assert_eq!((&*findings[0].path, &findings[0].fault), ("api/x", &Fault::Extra));
    // Neither does anything belong beside the programs.
    fs::write(installed.tree.join("libexec/goward-evil"), "x").unwrap();
    assert_ne!(check().unwrap().h1, installed.receipt.h1);
}

#[test]
fn a_list_counts_only_if_it_comes_to_the_hash() {
    let (_directory, store) = store();
    let installed = install(&store, &tree(), false, Level::Listed);
    let path = store.list_path(&installed.key);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.lines().is_sorted_by_key(|line| line.splitn(3, ' ').nth(2)));
    let last = text.lines().last().unwrap();
    let without_last = text.strip_suffix(&format!("{last}\n")).unwrap().to_owned();
    for changed in [
        String::new(),
        text[..text.len() - 1].to_owned(),
        text[1..].to_owned(),
        without_last,
        text.replacen(" bin/go\n", " bin/../go\n", 1),
        text.replacen(" bin/go\n", " bin/g\n", 1),
    ] {
        assert_ne!(changed, text);
        fs::write(&path, changed).unwrap();
        assert_eq!(store.files(&installed).unwrap(), None);
    }
    // The next install of the same tree writes it again.
    install(&store, &tree(), false, Level::Listed);
    assert_eq!(fs::read_to_string(&path).unwrap(), text);

    store.remove(&installed).unwrap();
    assert!(!path.exists());
    assert_eq!(store.files(&installed).unwrap(), None);
    fs::write(&path, text).unwrap();
    fs::write(store.home().join("meta/mine.files"), "x").unwrap();
    store.recover().unwrap();
    assert_eq!(names(&store.home().join("meta")), ["mine.files"]);
}

#[test]
fn locks_tell_who_holds_them() {
    let (_directory, store) = store();
    let held = store.lock("key", "install go1.27.1", Duration::ZERO, &mut |_| {}).unwrap();
    assert!(held.is_held());
    let mut seen = Vec::new();
    let patience = Duration::from_millis(20);
    let given_up =
        store.lock("key", "x", patience, &mut |holder| seen.push(holder.clone())).unwrap();
    assert!(!given_up.is_held() && !seen.is_empty());
    assert_eq!(seen[0].pid, std::process::id().to_string());
    assert_eq!(seen[0].what, "install go1.27.1");
    assert!(seen[0].since.is_some_and(|since| since > 1_700_000_000));
    assert!(seen[0].to_string().contains(" (install go1.27.1, for "), "{}", seen[0]);
    assert_eq!(given_up.holder(), Some(&seen[0]));
    let other = store.lock("other", "x", Duration::ZERO, &mut |_| {}).unwrap();
    assert!(other.is_held());
    drop(held);
    let mut asked = 0;
    let next = store.lock("key", "x", Duration::ZERO, &mut |_| asked += 1).unwrap();
    assert!(next.is_held() && asked == 0);

    let holder = LockHolder {
        pid: "12".to_owned(),
        host: "h\u{1b}[0m".to_owned(),
        what: "x".to_owned(),
        since: None,
    };
    assert_eq!(holder.to_string(), "process 12 on h\\u{1b}[0m (x)");
    assert_eq!(LockHolder::default().to_string(), "another process");
}

#[test]
fn a_lock_is_waited_for() {
    let (_directory, store) = store();
    let mut held = Some(store.lock("key", "x", Duration::ZERO, &mut |_| {}).unwrap());
    let next = store.lock("key", "y", Duration::from_secs(60), &mut |_| held = None).unwrap();
    assert!(next.is_held());
}

#[test]
fn a_store_that_cannot_be_written_in_full() {
    let directory = Scratch::new();
    let file = directory.path().join("file");
    fs::write(&file, "").unwrap();
    let home = file.join("home");
    let store = Store::new(home.clone());
    // In the words of the system.
    let why = io::Error::from_raw_os_error(if cfg!(windows) { 183 } else { 20 });
    let want = format!(
        "goward: cannot write to the store `{0}`\n  failed to create directory `{0}`: {why}\n\
         hint: choose another place: `GOWARD_HOME={1}`",
        home.display(),
        crate::os::ABSOLUTE_PATH
    );
    assert_eq!(store.prepare().map_err(Error::from).unwrap_err().to_string(), want);
    assert_eq!(store.recover().map_err(Error::from).unwrap_err().to_string(), want);
    assert_eq!(store.stage("x").map_err(Error::from).unwrap_err().to_string(), want);
}

#[test]
fn somebody_elses_directory_does_not_become_a_store() {
    let directory = Scratch::new();
    fs::create_dir_all(directory.path().join("tmp/mine")).unwrap();
    let store = Store::new(directory.path().to_owned());
    let want = format!(
        "goward: `{}` is not a store of goward: it holds other files\n  such as `tmp`; nothing was \
         changed\nhint: name an empty or new directory: `GOWARD_HOME={}`",
        directory.path().display(),
        crate::os::ABSOLUTE_PATH
    );
    assert_eq!(store.recover().map_err(Error::from).unwrap_err().to_string(), want);
    assert_eq!(store.stage("x").map_err(Error::from).unwrap_err().to_string(), want);
    assert!(directory.path().join("tmp/mine").is_dir());
    assert_eq!(names(directory.path()), ["tmp"]);
}

#[test]
fn several_may_make_the_same_store_at_once() {
    for _ in 0..200 {
        let directory = Scratch::new();
        let store = Store::new(directory.path().join("home"));
        let made = thread::scope(|scope| {
            let makers = [(); 4].map(|()| scope.spawn(|| store.prepare()));
            makers.map(|maker| maker.join().unwrap())
        });
        for made in made {
            made.unwrap();
        }
    }
}

#[test]
fn what_a_newer_goward_installed_is_left_alone() {
    let (_directory, store) = store();
    let installed = install(&store, &tree(), false, Level::Listed);
    let receipt = store.home().join("meta").join(&installed.key);
    let text = fs::read_to_string(&receipt).unwrap();
    fs::write(&receipt, text.replacen("\"schema\": 2", "\"schema\": 3", 1)).unwrap();
    assert!(store.list().unwrap().is_empty());
    store.recover().unwrap();
    assert!(installed.tree.is_dir());
}
