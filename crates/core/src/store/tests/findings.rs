//! What checking and measuring find.

use crate::archive::samples::ABSENT;
#[cfg(unix)]
use crate::store::check::{Fault, Finding};
#[cfg(unix)]
use crate::store::disk_usage::SeenInodes;
use crate::store::tests::*;
#[cfg(unix)]
use std::os::unix::fs::MetadataExt;
#[cfg(unix)]
use std::process::Command;

/// A toolchain that no record is about.
fn unknown() -> Tree {
    Tree::new("go1.99.1", "linux-amd64").with("lib/wasm/wasm_exec.js", "x")
}

fn findings(store: &Store, installed: &InstalledToolchain) -> Vec<(String, &'static str)> {
    let found = store.check(installed).unwrap().findings;
    found.iter().map(|one| (one.path.clone(), one.fault.name())).collect()
}

#[cfg(unix)]
fn change_mode(path: &Path, mode: u32) {
    fs::set_mode(path, mode).unwrap();
}

#[cfg(unix)] // Where owners are numbers.
#[test]
fn rights_that_others_should_not_have_and_those_that_are_missing_are_found() {
    let (_directory, store) = store();
    let installed = install(&store, &unknown(), false, Level::Listed);
    assert_eq!(findings(&store, &installed), []);
    let tree = &installed.tree;
    let [file, program, directory] = ["src/fmt/print.go", "libexec/go", "src/fmt"];
    let [shim, copied] = ["bin/go", "lib/wasm/wasm_exec.js"];
    for (path, mode, is_found) in [
        (file, 0o444, false),
        (file, 0o400, false),
        (file, 0o644, true),
        (file, 0o464, true),
        (file, 0o446, true),
        (file, 0o044, true),
        (file, 0o4444, true),
        (file, 0o2444, true),
        (program, 0o500, false),
        (program, 0o444, true),
        (program, 0o111, true),
        (shim, 0o500, false),
        (shim, 0o755, true),
        (shim, 0o444, true),
        (copied, 0o644, false),
        (copied, 0o444, false),
        (copied, 0o664, true),
        (directory, 0o500, false),
        (directory, 0o2755, false),
        (directory, 0o775, true),
        (directory, 0o757, true),
        (directory, 0o400, true),
        (directory, 0o100, true),
    ] {
        let path_on_disk = tree.join(path);
        let before = fs::metadata(&path_on_disk).unwrap().mode() & 0o7777;
        change_mode(&path_on_disk, mode);
        // Only root can look into what nobody may look into.
        let found = store.check(&installed).map(|checked| checked.findings);
        change_mode(&path_on_disk, before);
        let modes = found.map(|found| {
            let is_mode = |one: &&Finding| matches!(one.fault, Fault::Mode(_));
            found.iter().filter(is_mode).map(|one| one.path.clone()).collect::<Vec<_>>()
        });
        if !rustix::process::geteuid().is_root() {
            println!("SKIPPED: only root can look everywhere");
            return;
        }
        let want = if is_found { vec![path.to_owned()] } else { Vec::new() };
        assert_eq!(modes.unwrap(), want, "{path} {mode:o}");
    }
}

#[test]
fn a_list_that_does_not_say_what_is_there_is_found() {
    let (_directory, store) = store();
    let installed = install(&store, &unknown(), false, Level::Listed);
    let path = store.home().join("meta").join(format!("{}.files", installed.key));
    let right = fs::read_to_string(&path).unwrap();
    let (line, rest) = right.split_once('\n').unwrap();
    let (digest, size_and_path) = line.split_once(' ').unwrap();
    for wrong in [
        String::new(),
        rest.to_owned(),
        format!("{right}{line}\n"),
        // The hash says nothing of sizes.
        format!("{digest} 1{size_and_path}\n{rest}"),
    ] {
        fs::write(&path, &wrong).unwrap();
        assert_eq!(findings(&store, &installed), [(String::new(), "list")], "{wrong}");
    }
    fs::remove_file(&path).unwrap();
    assert_eq!(findings(&store, &installed), [(String::new(), "list")]);
    fs::write(&path, right).unwrap();
    assert_eq!(findings(&store, &installed), []);
}

#[cfg(unix)] // Where owners are numbers.
#[test]
fn files_of_somebody_else_are_found() {
    let (_directory, store) = store();
    let installed = install(&store, &unknown(), false, Level::Listed);
    let path = installed.tree.join("src/fmt/print.go");
    if std::os::unix::fs::chown(&path, Some(12345), None).is_err() {
        println!("SKIPPED: only root can give files away");
        return;
    }
    assert_eq!(findings(&store, &installed), [("src/fmt/print.go".to_owned(), "owner")]);
    let found = &store.check(&installed).unwrap().findings[0];
    assert_eq!(found.to_string(), "owner: src/fmt/print.go belongs to user 12345");
    assert!(found.fault.needs_release() && !found.fault.is_content());
    // Root may keep the files of a store that is somebody else's.
    let marker = store.home().join(names::STORE_MARKER);
    std::os::unix::fs::chown(&marker, Some(12345), None).unwrap();
    assert_eq!(findings(&store, &installed), []);
}

#[test]
fn a_tree_that_is_not_the_release_of_its_name_is_found() {
    let (_directory, store) = store();
    let records = Records::built_in();
    let known =
        |version: &GoVersion| records.get(*version, linux()).and_then(|record| record.h1.clone());
    let version = records.releases().into_iter().find(|version| known(version).is_some());
    let version = version.expect("records with hashes are compiled in");
    let ours = Tree::new(&version.to_string(), "linux-amd64");
    let installed = install(&store, &ours, false, Level::Listed);
    assert_eq!(findings(&store, &installed), [(String::new(), "record")]);
    let found = &store.check(&installed).unwrap().findings[0];
    assert_eq!(found.to_string(), format!("record: the release has {}", known(&version).unwrap()));
}

#[test]
fn a_file_that_is_there_counts_and_not_what_is_said_of_it() {
    let (_directory, store) = store();
    let installed = install(&store, &tree(), false, Level::Listed);
    let absent = [("VERSION".to_owned(), Digest::of(b""))];
    let rehashed = rehash(&installed.tree, go(), linux(), &absent).unwrap();
    assert_eq!(rehashed.h1, installed.receipt.h1);
    // What is no directory is an error for all who look at it side by side.
    rehash(&installed.tree.join("VERSION"), go(), linux(), &[]).map_err(Error::from).unwrap_err();
}

#[cfg(unix)]
/// What `du` says that a directory takes.
fn du(directory: &Path) -> u64 {
    let said = Command::new("du").arg("-sk").arg(directory).output().unwrap();
    let said = String::from_utf8(said.stdout).unwrap();
    said.split_whitespace().next().unwrap().parse::<u64>().unwrap() * 1024
}

#[cfg(unix)] // Where files have the numbers of Unix.
#[test]
fn a_toolchain_takes_the_room_that_du_says() {
    let (_directory, store) = store();
    let big = tree().with("src/big", vec![b'x'; 100_000]).with("src/small", "x");
    let installed = install(&store, &big, false, Level::Listed);
    let room = Room { bytes: du(&installed.tree), shared: false };
    assert_eq!(installed.receipt.disk, Some(room));
    assert_eq!(store.size_of(&installed.tree), room.bytes);
    let mut unmeasured = installed;
    unmeasured.receipt.disk = None;
    assert_eq!(store.disk(&unmeasured, &mut SeenInodes::new()).unwrap(), room.bytes);
    // A file with two names counts once for one who counts, and not at all for a new directory.
    let directory = unmeasured.tree.join("src");
    fs::hard_link(directory.join("big"), directory.join("again")).unwrap();
    let blocks = fs::metadata(directory.join("big")).unwrap().blocks() * 512;
    assert_eq!(store.size_of(&unmeasured.tree), du(&unmeasured.tree));
    let new = Room::of_new(&unmeasured.tree).unwrap();
    assert_eq!(new, Room { bytes: du(&unmeasured.tree) - blocks, shared: true });
    let mut counted = SeenInodes::new();
    let first = store.disk(&unmeasured, &mut counted).unwrap();
    let second = store.disk(&unmeasured, &mut counted).unwrap();
    assert_eq!((first, second), (du(&unmeasured.tree), new.bytes));
}

#[test]
fn a_repaired_toolchain_has_the_files_that_were_received_and_what_was_known_before() {
    let (_directory, store) = store();
    let before = install(&store, &unknown(), true, Level::Listed);
    let mut damaged = before.clone();
    damaged.receipt.files = 1;
    damaged.receipt.bytes = 1;
    damaged.receipt.absent = vec![("LICENSE".to_owned(), Digest::of(b"x"))];
    damaged.receipt.disk = Some(Room { bytes: 1, shared: false });
    damaged.receipt.source = "before".to_owned();
    let repair = |level| {
        let staging = store.stage("test").unwrap();
        let verified = verified(&staging, &unknown(), true, level);
        store.replace(&damaged, &verified, "received").unwrap().receipt
    };
    let want = Receipt { source: "received".to_owned(), ..before.receipt.clone() };
    assert_eq!(repair(Level::Listed), want);
    assert_eq!(repair(Level::BuiltIn), Receipt { level: Level::BuiltIn, ..want });
    // Another toolchain is none for this place.
    let staging = store.stage("test").unwrap();
    let other = verified(&staging, &unknown().with("src/x", "x"), false, Level::Listed);
    let error = store.replace(&damaged, &other, "received").map_err(Error::from).unwrap_err();
    assert!(error.message().ends_with("is not what is installed"), "{error}");
    assert_eq!(findings(&store, &before), []);
}

#[test]
fn what_a_packaging_leaves_out_is_in_the_receipt_and_nobody_misses_it() {
    let (_directory, store) = store();
    let tree = unknown();
    let staging = store.stage("test").unwrap();
    let mut quarantine = Quarantine::new(staging.path(), false).unwrap();
    let wheel = tree.wheel();
    quarantine
        .fill(2, |sinks, _| unpack(Kind::Wheel, "x", &wheel, &Limits::default(), sinks))
        .unwrap();
    for path in ABSENT {
        quarantine.add_absent(path, Digest::of(&tree.0[path]));
    }
    let unpacked = quarantine.finish(GoVersion::parse("1.99.1").unwrap(), linux()).unwrap();
    let whole = install(&store, &tree, false, Level::Listed);
    assert_eq!(*unpacked.h1(), whole.receipt.h1);
    store.remove(&whole).unwrap();
    let record = Some(Record { h1: Some(whole.receipt.h1.clone()), ..Record::default() });
    let evidence = Evidence { record, floor: Level::BuiltIn, ..Evidence::default() };
    let verified = unpacked.verify(&evidence).unwrap();
    let installed = store.publish(&verified, "index").unwrap();
    let left_out: Vec<_> = installed.receipt.absent.iter().map(|(path, _)| path.as_str()).collect();
    let mut want = ABSENT.to_vec();
    want.sort_unstable();
    assert_eq!(left_out, want);
    assert_eq!(findings(&store, &installed), []);
    assert_eq!(installed.receipt.files, whole.receipt.files - want.len() as u64);
}
