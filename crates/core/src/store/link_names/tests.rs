//! Toolchains that stand elsewhere: linking, names, and that nothing is done to them.

use crate::archive::samples::{Scratch, Tree};
use crate::archive::{Kind as ArchiveKind, Limits, unpack};
use crate::error::{Error, Kind};
use crate::fs::symlink;
use crate::os::{Identity, Moment};
use crate::platform::Platform;
use crate::store::link_names::*;
use crate::store::tests::{SHIM, with_shim};
use crate::store::{LinkTarget, RecoveryReport, hash_linked_tree};
use crate::verify::{Digest, Evidence, Level, Quarantine, Record, Records, dirhash};
use crate::version::GoVersion;
use goward_shim::names;

fn go() -> GoVersion {
    GoVersion::parse("1.27.1").unwrap()
}

fn linux() -> Platform {
    Platform::parse("linux/amd64").unwrap()
}

fn name(text: &str) -> LinkName {
    LinkName::parse(text).unwrap()
}

fn tree() -> Tree {
    Tree::new("go1.27.1", "linux-amd64")
}

/// A directory for a store, and one for what a distribution installed.
fn places() -> (Scratch, Store) {
    let directory = Scratch::new();
    let store = with_shim(Store::new(directory.path().join("home")), directory.path());
    store.prepare().unwrap();
    (directory, store)
}

/// Puts a toolchain in place as a distribution does: its parts in two directories, with links.
fn distribution(directory: &Path, tree: &Tree) -> PathBuf {
    let (lib, share) = (directory.join("lib/go"), directory.join("share/go"));
    for (path, content) in &tree.0 {
        let base = if path.starts_with("src/") || path.starts_with("api/") { &share } else { &lib };
        let place = base.join(path);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(&place, content).unwrap();
        let mode = if path.starts_with("bin/") { 0o755 } else { 0o644 };
        fs::set_mode(&place, mode).unwrap();
    }
    for shared in ["src", "api"] {
        symlink(Path::new("../../share/go").join(shared), lib.join(shared)).unwrap();
    }
    fs::canonicalize(lib).unwrap()
}

fn receipt(path: &Path) -> Receipt {
    let linked = LinkTarget::look_at(path).unwrap();
    let found = hash_linked_tree(path, go(), linux()).unwrap();
    Receipt::of_linked(go(), linux(), &found, linked)
}

/// Everything below a directory, with what goward could have changed of it.
fn state(directory: &Path) -> Vec<(PathBuf, u32, Moment, Moment, Identity)> {
    let mut found = Vec::new();
    let mut todo = vec![directory.to_owned()];
    while let Some(path) = todo.pop() {
        let metadata = fs::symlink_metadata(&path).unwrap();
        if metadata.is_dir() {
            todo.extend(entries(&path).unwrap().iter().map(fs::DirEntry::path));
        }
        let times = (metadata.modified_at(), metadata.changed_at());
        found.push((path, metadata.mode(), times.0, times.1, metadata.identity()));
    }
    found.sort();
    found
}

fn found(store: &Store, kind: &str) -> Vec<String> {
    let all = entries(&store.home().join(kind)).unwrap();
    let mut names: Vec<_> =
        all.iter().map(|entry| entry.file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Nothing of a toolchain, and nothing on its way.
fn is_empty(store: &Store) -> bool {
    let kinds = ["tree", "meta", "link", "tmp", "trash"];
    kinds.iter().all(|kind| found(store, kind).is_empty())
}

/// Installs the same content as an archive.
fn install(store: &Store, tree: &Tree) -> InstalledToolchain {
    let staging = store.stage("test").unwrap();
    let mut quarantine = Quarantine::new(staging.path(), false).unwrap();
    let bytes = tree.tar_gz();
    let archive = (Digest::of(&bytes), bytes.len() as u64);
    quarantine
        .fill(2, |sinks, _| unpack(ArchiveKind::TarGz, "x", &bytes, &Limits::default(), sinks))
        .unwrap();
    let evidence = Evidence {
        archive: Some(archive),
        listed: Some(archive.0),
        floor: Level::Listed,
        ..Evidence::default()
    };
    let verified = quarantine.finish(go(), linux()).unwrap().verify(&evidence).unwrap();
    store.publish(&verified, "https://go.dev/dl/").unwrap()
}

#[cfg_attr(windows, ignore = "makes symbolic links")]
#[test]
fn a_linked_directory_is_installed_and_nothing_is_done_to_it() {
    let (directory, store) = places();
    let path = distribution(directory.path(), &tree());
    let before = [state(&directory.path().join("lib")), state(&directory.path().join("share"))];
    let check = |what: &str| {
        let after = [state(&directory.path().join("lib")), state(&directory.path().join("share"))];
        assert_eq!(after, before, "{what}");
    };
    let receipt = receipt(&path);
    let installed = store.link(&name("debian"), &receipt).unwrap();
    assert!(installed.is_linked() && found(&store, "tmp").is_empty());
    let tree = &installed.tree;
    assert_eq!(fs::read_link(tree.join("src")).unwrap(), path.join("src"));
    assert_eq!(fs::read_link(tree.join("libexec/go")).unwrap(), path.join("bin/go"));
    assert_eq!(fs::read_to_string(tree.join("src/fmt/print.go")).unwrap(), "package fmt\n");
    assert_eq!(fs::read_to_string(tree.join("bin/go")).unwrap(), SHIM);
    assert!(is_directory(tree) && store.has_shims(&installed).unwrap());
    let shims = installed.receipt.shims.clone();
    assert!(shims.is_some());
    let receipt = Receipt { shims, ..receipt };
    assert_eq!(store.linked(&name("debian")).unwrap().unwrap().receipt, receipt);
    assert_eq!(store.list().unwrap().len(), 1);
    assert_eq!(store.links().unwrap(), BTreeMap::from([(name("debian"), installed.key.clone())]));
    check("link");

    let by_hash = store.find(go(), linux(), Some(&receipt.h1)).unwrap();
    assert_eq!(by_hash.unwrap().key, installed.key);
    assert!(store.find(go(), linux(), None).unwrap().is_none(), "it answers to its name only");

    store.link(&name("debian"), &receipt).unwrap();
    for damaged in ["bin/go", "src", "libexec/go", names::IDENTITY_FILE] {
        fs::remove_file(installed.tree.join(damaged)).unwrap();
        assert!(!store.has_shims(&installed).unwrap(), "{damaged}");
        store.ensure_shims(&installed).unwrap();
        assert!(store.has_shims(&installed).unwrap(), "{damaged}");
    }
    fs::write(installed.tree.join("stray"), "x").unwrap();
    assert!(!store.has_shims(&installed).unwrap());
    store.ensure_shims(&installed).unwrap();
    assert!(store.has_shims(&installed).unwrap());
    assert_eq!(store.recover().unwrap(), RecoveryReport::default());
    check("again, repair, recover");

    let unlinked = store.unlink(&name("debian")).unwrap().unwrap();
    assert!(unlinked.key == installed.key && is_empty(&store));
    assert!(store.unlink(&name("debian")).unwrap().is_none());
    check("unlink");

    let installed = store.link(&name("debian"), &receipt).unwrap();
    store.remove(&installed).unwrap();
    assert!(is_empty(&store));
    check("remove");
}

#[cfg_attr(windows, ignore = "makes symbolic links")]
#[test]
fn without_gofmt_the_tree_has_none() {
    let (directory, store) = places();
    let path = distribution(directory.path(), &tree().without("bin/gofmt").with("bin/vendor", "x"));
    let installed = store.link(&name("corp"), &receipt(&path)).unwrap();
    let mut all: Vec<_> =
        entries(&installed.tree.join("bin")).unwrap().iter().map(fs::DirEntry::file_name).collect();
    all.sort();
    assert_eq!(all, ["go", "vendor"]);
}

#[cfg_attr(windows, ignore = "makes symbolic links")]
#[test]
fn the_hash_is_that_of_the_module_wherever_the_parts_lie() {
    let (directory, _store) = places();
    let tree = tree();
    let path = distribution(directory.path(), &tree);
    let files: Vec<(&str, Digest)> =
        tree.0.iter().map(|(name, text)| (name.as_str(), Digest::of(text))).collect();
    let want = dirhash::tree_h1(go(), linux(), files.iter().copied()).unwrap();
    let found = hash_linked_tree(&path, go(), linux()).unwrap();
    assert_eq!(found.h1, want);
    let covered = || tree.0.iter().filter(|(name, _)| dirhash::is_covered(name));
    assert_eq!(found.files.len(), covered().count());
    assert_eq!(found.bytes(), covered().map(|(_, text)| text.len() as u64).sum::<u64>());

    // What only a build needs, and a second way to a directory.
    for leftover in ["pkg/obj/go-build/x", "pkg/bootstrap/x", "pkg/distpack/x", ".git/config"] {
        fs::create_dir_all(path.join(leftover).parent().unwrap()).unwrap();
        fs::write(path.join(leftover), leftover).unwrap();
    }
    symlink("src", path.join("zzz")).unwrap();
    assert_eq!(hash_linked_tree(&path, go(), linux()).unwrap().h1, want);
    // A link to a file is that file.
    symlink("../VERSION", path.join("lib/version")).unwrap();
    let with_file = hash_linked_tree(&path, go(), linux()).unwrap();
    assert_eq!(with_file.files["lib/version"], with_file.files["VERSION"]);
    assert_ne!(with_file.h1, want);
}

#[cfg_attr(windows, ignore = "makes symbolic links")]
#[test]
fn what_cannot_be_followed_is_an_error_that_names_it() {
    type Damage = fn(&Path);
    let cases: [(Damage, &str); 5] = [
        (
            |lib| symlink(".", lib.join("loop")).unwrap(),
            "`[LIB]/loop` is a link to a directory above it",
        ),
        (
            |lib| symlink("../../go", lib.join("pkg/up")).unwrap(),
            "`[LIB]/pkg/up` is a link to a directory above it",
        ),
        (|lib| symlink("gone", lib.join("dangling")).unwrap(), "`[LIB]/dangling`"),
        (|lib| symlink("round", lib.join("round")).unwrap(), "`[LIB]/round`"),
        (
            |lib| {
                let made = std::process::Command::new("mkfifo").arg(lib.join("pipe")).status();
                assert!(made.unwrap().success());
            },
            "`[LIB]/pipe` is neither a file nor a directory",
        ),
    ];
    for (damage, want) in cases {
        let (directory, _store) = places();
        let path = distribution(directory.path(), &tree());
        damage(&path);
        let message =
            hash_linked_tree(&path, go(), linux()).map_err(Error::from).unwrap_err().to_string();
        let message = message.replace(path.to_str().unwrap(), "[LIB]");
        assert!(message.contains(want), "{message}");
    }
}

/// An archive sets dates, and a file system gives the inode of a file that was deleted to the next one.
#[cfg_attr(windows, ignore = "makes symbolic links")]
#[test]
fn a_program_of_the_same_size_inode_and_date_is_another_one() {
    let (directory, store) = places();
    let path = distribution(directory.path(), &tree());
    let link = store.link(&name("debian"), &receipt(&path)).unwrap().receipt.linked.unwrap();
    let program = path.join("bin/go");
    let before = fs::metadata(&program).unwrap();
    // Longer than the unit of a file system's clock.
    std::thread::sleep(std::time::Duration::from_millis(20));
    let other = vec![b'x'; usize::try_from(before.len()).unwrap()];
    fs::write(&program, other).unwrap();
    let file = std::fs::File::options().append(true).open(&program).unwrap();
    file.set_modified(before.modified().unwrap()).unwrap();
    assert_eq!(fs::metadata(&program).unwrap().modified().unwrap(), before.modified().unwrap());
    assert!(!link.is_unchanged());
}

#[cfg_attr(windows, ignore = "makes symbolic links")]
#[test]
fn a_name_that_is_given_again_means_what_is_there_now() {
    let (directory, store) = places();
    let path = distribution(directory.path(), &tree());
    let first = store.link(&name("debian"), &receipt(&path)).unwrap();
    assert!(first.receipt.linked.as_ref().unwrap().is_unchanged());
    fs::write(path.join("src/fmt/print.go"), "package fmt // newer\n").unwrap();
    assert!(first.receipt.linked.as_ref().unwrap().is_unchanged(), "not one of the two");
    fs::write(path.join("bin/go"), "#!/bin/sh\n# newer\n").unwrap();
    let report = first
        .receipt
        .linked
        .as_ref()
        .unwrap()
        .check_unchanged("debian")
        .map_err(Error::from)
        .unwrap_err();
    let want = format!(
        "goward: `{0}` changed since it was linked\n  it is linked as `debian` and was `go1.27.1`\n\
         hint: look at it again: `goward link debian {0}`",
        path.display()
    );
    assert_eq!((report.kind(), report.to_string()), (Kind::Verification, want));

    let second = store.link(&name("debian"), &receipt(&path)).unwrap();
    assert_ne!(second.key, first.key);
    for kind in ["tree", "meta"] {
        assert_eq!(found(&store, kind), [second.key.as_str()], "{kind}");
    }
    assert!(second.receipt.linked.as_ref().unwrap().is_unchanged());
    fs::remove_dir_all(path.join("bin")).unwrap();
    assert!(!second.receipt.linked.as_ref().unwrap().is_unchanged());
    // A directory that is gone can still be unlinked.
    fs::remove_dir_all(&path).unwrap();
    assert!(store.unlink(&name("debian")).unwrap().is_some() && is_empty(&store));
}

#[cfg_attr(windows, ignore = "makes symbolic links")]
#[test]
fn the_last_name_takes_the_toolchain_with_it() {
    let (directory, store) = places();
    let receipt = receipt(&distribution(directory.path(), &tree()));
    store.link(&name("a"), &receipt).unwrap();
    store.link(&name("b"), &receipt).unwrap();
    assert_eq!(store.list().unwrap().len(), 1);
    store.unlink(&name("a")).unwrap();
    assert!(store.linked(&name("a")).unwrap().is_none());
    assert!(store.linked(&name("b")).unwrap().is_some());
    store.unlink(&name("b")).unwrap();
    assert!(is_empty(&store));
}

#[cfg_attr(windows, ignore = "makes symbolic links")]
#[test]
fn an_installed_tree_with_the_same_hash_is_what_the_name_means() {
    let (directory, store) = places();
    let path = distribution(directory.path(), &tree());
    let before = state(&path);
    for install_first in [true, false] {
        if install_first {
            install(&store, &tree());
        }
        let linked = store.link(&name("own"), &receipt(&path)).unwrap();
        assert_eq!(linked.is_linked(), !install_first);
        let installed = install(&store, &tree());
        assert_eq!((installed.receipt.level, installed.is_linked()), (Level::Listed, false));
        assert!(is_directory(&installed.tree) && !installed.tree.join("src").is_symlink());
        assert_eq!(found(&store, "tree"), [installed.key.as_str()]);
        assert!(!installed.tree.join("api").exists(), "the tree is the installed one");
        let named = store.linked(&name("own")).unwrap().unwrap();
        assert_eq!(named.receipt, installed.receipt);
        // The name goes, the toolchain stays; with the toolchain the name goes.
        store.unlink(&name("own")).unwrap();
        assert_eq!(store.list().unwrap().len(), 1);
        store.link(&name("own"), &receipt(&path)).unwrap();
        store.remove(&installed).unwrap();
        assert!(is_empty(&store));
    }
    assert_eq!(state(&path), before);
}

#[cfg_attr(windows, ignore = "makes symbolic links")]
#[test]
fn what_a_killed_link_leaves_is_cleared_away() {
    let (directory, store) = places();
    let path = distribution(directory.path(), &tree());
    let before = state(&path);
    let receipt = receipt(&path);
    let mut records = Records::default();
    let h1 = Some(receipt.h1.clone());
    records.merge(go(), linux(), Record { h1, ..Record::default() }).unwrap();
    let relink = || store.link(&name("debian"), &receipt).unwrap();
    let meta = |installed: &InstalledToolchain| store.home().join("meta").join(&installed.key);

    // Before the name: a receipt, a tree and a root.
    relink();
    fs::remove_file(store.home().join("link/debian")).unwrap();
    let recovered = store.recover_with(&records).unwrap();
    assert_eq!(recovered, RecoveryReport { removed: 1, adopted: Vec::new() });
    assert!(is_empty(&store));
    // Before the receipt. A link is never adopted, whatever it leads to.
    let installed = relink();
    fs::remove_file(meta(&installed)).unwrap();
    fs::remove_file(store.home().join("link/debian")).unwrap();
    assert_eq!(store.recover_with(&records).unwrap().adopted, Vec::<String>::new());
    assert!(is_empty(&store));
    // A name of something that is gone, as after an uninstall that was killed.
    let installed = relink();
    fs::remove_file(meta(&installed)).unwrap();
    assert!(store.linked(&name("debian")).unwrap().is_none());
    assert_eq!(store.recover_with(&records).unwrap().removed, 2);
    assert!(is_empty(&store));
    // What is no name, and what a newer goward installed, stays.
    let installed = relink();
    let text = fs::read_to_string(meta(&installed)).unwrap();
    fs::write(meta(&installed), text.replacen("\"schema\": 2", "\"schema\": 3", 1)).unwrap();
    fs::write(store.home().join("link/Not a name"), "x").unwrap();
    fs::write(store.home().join("link/odd"), "../../etc\n").unwrap();
    assert_eq!(store.recover_with(&records).unwrap(), RecoveryReport::default());
    assert_eq!(found(&store, "link"), ["Not a name", "debian", "odd"]);
    assert_eq!(store.links().unwrap().len(), 1);
    assert_eq!(state(&path), before);
}

#[cfg_attr(windows, ignore = "makes symbolic links")]
#[test]
fn a_name_is_a_file_with_a_key_and_nothing_else() {
    let (directory, store) = places();
    let path = distribution(directory.path(), &tree());
    let installed = store.link(&name("debian"), &receipt(&path)).unwrap();
    let file = store.home().join("link/debian");
    let key = &installed.key;
    for text in [String::new(), key.clone(), format!("{key}\nx"), format!("{key}x\n")] {
        fs::write(&file, text).unwrap();
        assert!(store.linked(&name("debian")).unwrap().is_none());
    }
    fs::write(&file, b"\xff\n").unwrap();
    assert!(store.linked(&name("debian")).unwrap().is_none());
    assert!(store.linked(&name("other")).unwrap().is_none());
    // What cannot be read is not taken for a name that means nothing.
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    store.linked(&name("debian")).map_err(Error::from).unwrap_err();
    // A name that somebody else took away is away; one that cannot be is told.
    store.forget(&name("other")).unwrap();
    store.forget(&name("debian")).map_err(Error::from).unwrap_err();
}

#[cfg_attr(windows, ignore = "makes symbolic links")]
#[test]
fn a_tree_that_is_another_link_is_not_the_one_of_the_receipt() {
    let (directory, store) = places();
    let path = distribution(directory.path(), &tree());
    let installed = store.link(&name("debian"), &receipt(&path)).unwrap();
    let other = directory.path().join("other");
    fs::create_dir(&other).unwrap();
    fs::write(other.join("precious"), "x").unwrap();
    fs::remove_dir_all(&installed.tree).unwrap();
    symlink(&other, &installed.tree).unwrap();
    assert!(store.list().unwrap().is_empty());
    store.recover().unwrap();
    assert!(found(&store, "tree").is_empty() && other.join("precious").exists());
    assert!(path.join("bin/go").exists());
}

#[cfg_attr(windows, ignore = "makes symbolic links")]
#[test]
fn the_receipt_of_a_linked_toolchain() {
    let (directory, _store) = places();
    let path =
        distribution(directory.path(), &tree().with("VERSION", "go1.27.1-corp X:foo\ntime x\n"));
    let receipt = receipt(&path);
    let text = receipt.render();
    assert_eq!(Receipt::parse(text.as_bytes()), Some(receipt));
    assert!(text.contains("\"text\": \"go1.27.1-corp X:foo\""), "{text}");
    assert_eq!(Receipt::parse(text.replace("\"linked\",", "\"built-in\",").as_bytes()), None);
    let without = text.replace("\"linked\": {", "\"other\": {");
    assert_eq!(Receipt::parse(without.as_bytes()), None);
}

#[cfg_attr(windows, ignore = "makes symbolic links")]
#[test]
fn what_is_no_toolchain() {
    type Damage = fn(&Path);
    let cases: [(Damage, &str); 7] = [
        (
            |lib| fs::remove_file(lib.join("bin/go")).unwrap(),
            "`bin/go` is missing, or not a program",
        ),
        (
            |lib| {
                fs::set_mode(lib.join("bin/go"), 0o644).unwrap();
            },
            "`bin/go` is missing, or not a program",
        ),
        (|lib| fs::remove_dir_all(lib.join("pkg")).unwrap(), "`pkg/tool` is missing"),
        (|lib| fs::remove_file(lib.join("src")).unwrap(), "`src` is missing"),
        (|lib| fs::remove_file(lib.join("VERSION")).unwrap(), "`VERSION` is missing"),
        (|lib| fs::write(lib.join("VERSION"), b"go\xff").unwrap(), "`VERSION` is not text"),
        (|lib| fs::remove_dir_all(lib).unwrap(), "`bin/go` is missing, or not a program"),
    ];
    for (damage, why) in cases {
        let (directory, _store) = places();
        let path = distribution(directory.path(), &tree());
        damage(&path);
        let want = format!(
            "goward: `{}` is not a Go toolchain: {why}\n  nothing was linked\n\
             hint: name the directory that its own `bin/go env GOROOT` prints",
            path.display()
        );
        assert_eq!(LinkTarget::look_at(&path).map_err(Error::from).unwrap_err().to_string(), want);
    }
    let (directory, _store) = places();
    let path = distribution(directory.path(), &tree().without("VERSION"));
    fs::write(path.join("VERSION.cache"), "devel go1.28-0123 Thu\n").unwrap();
    assert_eq!(LinkTarget::look_at(&path).unwrap().text, "devel go1.28-0123 Thu");
    let odd = directory.path().join("a\nb");
    fs::rename(&path, &odd).unwrap();
    assert!(
        LinkTarget::look_at(&odd)
            .map_err(Error::from)
            .unwrap_err()
            .message()
            .ends_with("its path is not plain UTF-8")
    );
}
