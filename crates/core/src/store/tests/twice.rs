//! One hash that comes twice: in every packaging over every other, with a better, the same or a worse
//! proof, over a right tree and over one that was changed.

use super::*;
use crate::archive::samples::ABSENT;
use crate::verify::dirhash;
use crate::verify::sumdb::Logged;
use crate::verify::sumdb::trust_root;

fn version() -> GoVersion {
    GoVersion::parse("1.99.1").unwrap()
}

/// A toolchain that no record is about, with all that a release archive has.
fn release() -> Tree {
    Tree::new("go1.99.1", "linux-amd64").without("misc/")
}

fn h1() -> H1 {
    let files: Vec<_> =
        release().0.into_iter().filter(|(path, _)| dirhash::is_covered(path)).collect();
    let files = files.iter().map(|(path, content)| (path.as_str(), Digest::of(content)));
    dirhash::tree_h1(version(), linux(), files).unwrap()
}

fn proof(is_stapled: bool) -> Logged {
    let head = trust_root().unwrap().seed.unwrap();
    Logged { h1: h1(), record: 7, head, is_stapled }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Packing {
    TarGz,
    Full,
    Module,
    Wheel,
}

use Packing::{Full, Module, TarGz, Wheel};

const PACKINGS: [Packing; 4] = [TarGz, Full, Module, Wheel];

const LEVELS: [Level; 5] =
    [Level::None, Level::Listed, Level::BuiltIn, Level::Stapled, Level::Logged];

/// Unpacks the release as it is packed, and verifies it at exactly `level`.
fn packed(staging: &Staging, packing: Packing, level: Level) -> VerifiedTree {
    let mut quarantine = Quarantine::new(staging.path(), packing == Full).unwrap();
    let tree = release();
    let bytes = match packing {
        TarGz | Full => tree.tar_gz(),
        Module => tree.module("v0.0.1-go1.99.1.linux-amd64"),
        Wheel => tree.wheel(),
    };
    let limits = Limits::default();
    quarantine
        .fill(2, |sinks, _| match packing {
            TarGz | Full => unpack(Kind::TarGz, "x", &bytes, &limits, sinks),
            Wheel => unpack(Kind::Wheel, "x", &bytes, &limits, sinks),
            Module => {
                let staged = staging.path().join("module.zip");
                fs::write(&staged, &bytes).unwrap();
                let file = fs::File::open(&staged).unwrap();
                let name = dirhash::module_of(version(), linux());
                crate::archive::module::unpack(
                    "x",
                    &file,
                    &limits,
                    sinks,
                    &name,
                    dirhash::is_covered,
                )
            }
        })
        .unwrap();
    if packing == Wheel {
        for path in ABSENT {
            quarantine.add_absent(path, Digest::of(&tree.0[path]));
        }
    }
    let archive = matches!(packing, TarGz | Full).then(|| Digest::of(&bytes));
    let evidence = Evidence {
        archive: archive.map(|digest| (digest, bytes.len() as u64)),
        listed: archive.filter(|_| level == Level::Listed || packing == Full),
        listed_by_index: level == Level::Listed && archive.is_none(),
        record: (level == Level::BuiltIn).then(|| Record { h1: Some(h1()), ..Record::default() }),
        logged: (level >= Level::Stapled).then(|| proof(level == Level::Stapled)),
        floor: Level::None,
        ..Evidence::default()
    };
    let tree = quarantine.finish(version(), linux()).unwrap().verify(&evidence).unwrap();
    assert_eq!(tree.level(), if packing == Full { level.max(Level::Listed) } else { level });
    tree
}

fn publish(store: &Store, packing: Packing, level: Level) -> InstalledToolchain {
    let staging = store.stage("test").unwrap();
    let tree = packed(&staging, packing, level);
    store.publish(&tree, &format!("{packing:?}")).unwrap()
}

fn change(installed: &InstalledToolchain) {
    let file = installed.tree.join("src/fmt/print.go");
    make_writable(&file);
    fs::write(&file, "package evil\n").unwrap();
    fs::set_mode(&file, 0o444).unwrap();
}

/// Checks that receipt, list and tree are one, and that nothing is left over. The tree is that of
/// `packing`.
fn is_in_order(store: &Store, packing: Packing, what: &str) -> Receipt {
    let found = store.list().unwrap();
    let [installed] = found.as_slice() else { panic!("{what}: {found:?}") };
    assert_eq!(store.check(installed).unwrap().findings, [], "{what}");
    let receipt = &installed.receipt;
    let there = rehash(&installed.tree, version(), linux(), &receipt.absent).unwrap();
    assert_eq!((&there.h1, &receipt.h1), (&h1(), &h1()), "{what}");
    assert_eq!(store.files(installed).unwrap().as_ref(), Some(&there.files), "{what}");
    assert_eq!((receipt.files, receipt.bytes), publish::count_covered(&there.files), "{what}");
    assert_eq!(there.files.contains_key("LICENSE"), packing != Wheel, "{what}");
    let absent: Vec<_> = receipt.absent.iter().map(|(path, _)| path.as_str()).collect();
    let mut left_out = if packing == Wheel { ABSENT.to_vec() } else { Vec::new() };
    left_out.sort_unstable();
    assert_eq!(absent, left_out, "{what}");
    assert_eq!(receipt.source, format!("{packing:?}"), "{what}");
    assert_eq!(receipt.archive.is_some(), matches!(packing, TarGz | Full), "{what}");
    assert_eq!(receipt.logged.is_some(), receipt.level >= Level::Stapled, "{what}");
    assert_eq!(installed.tree.join("api/go1.txt").exists(), receipt.full, "{what}");
    assert!(is_tidy(store), "{what}");
    assert_eq!(names(&store.home().join("tree")), [installed.key.as_str()], "{what}");
    receipt.clone()
}

#[test]
fn every_packaging_over_every_other_is_the_toolchain_that_is_there() {
    for first in PACKINGS {
        for second in PACKINGS {
            for (old, new) in [
                (Level::Listed, Level::Logged),
                (Level::BuiltIn, Level::Stapled),
                (Level::Listed, Level::Listed),
                (Level::Logged, Level::None),
            ] {
                let what = format!("{second:?} ({new}) over {first:?} ({old})");
                let (_directory, store) = store();
                let before = publish(&store, first, old).receipt;
                publish(&store, second, new);
                let adds =
                    new.max(before.level) > before.level || (second == Full && first != Full);
                let receipt = is_in_order(&store, if adds { second } else { first }, &what);
                assert_eq!(receipt.level, before.level.max(new), "{what}");
                assert_eq!(receipt.full, first == Full || second == Full, "{what}");
                if !adds {
                    assert_eq!(receipt, before, "{what}");
                }
            }
        }
    }
}

#[test]
fn a_proof_raises_the_level_of_what_was_read_and_changes_nothing_else() {
    for packing in PACKINGS {
        for (number, old) in LEVELS.into_iter().enumerate() {
            let stapled = number % 2 == 1;
            let what = format!("{packing:?} ({old}), {stapled}");
            let (_directory, store) = store();
            let before = publish(&store, packing, old);
            let old = before.receipt.level;
            let files = store.files(&before).unwrap();
            let read = store.check(&before).unwrap().h1;
            let proof = proof(stapled);
            let raised = store.raise(&before, read.as_ref(), &proof).unwrap().unwrap();
            let receipt = is_in_order(&store, packing, &what);
            assert_eq!(raised.receipt, receipt, "{what}");
            assert_eq!(receipt.level, old.max(proof.level()), "{what}");
            let Receipt { level, logged, .. } = before.receipt;
            assert_eq!(Receipt { level, logged, ..receipt }, before.receipt, "{what}");
            assert_eq!(store.files(&raised).unwrap(), files, "{what}");
        }
    }
}

#[test]
fn a_changed_tree_is_not_proved_but_replaced() {
    for first in PACKINGS {
        for second in PACKINGS {
            let what = format!("{second:?} over {first:?}");
            let (_directory, store) = store();
            let before = publish(&store, first, Level::Listed);
            change(&before);
            let read = store.check(&before).unwrap().h1;
            assert!(store.raise(&before, read.as_ref(), &proof(false)).unwrap().is_none());
            // It could not be read as a whole, or is another toolchain.
            let mut other = proof(false);
            other.h1 = read.unwrap();
            assert!(store.raise(&before, Some(&other.h1), &other).unwrap().is_none());
            assert!(store.raise(&before, None, &proof(false)).unwrap().is_none());
            assert_eq!(store.list().unwrap()[0].receipt, before.receipt, "{what}");
            publish(&store, second, Level::Logged);
            let receipt = is_in_order(&store, second, &what);
            assert_eq!(receipt.level, Level::Logged, "{what}");

            // Repaired from there, it keeps its proof.
            change(&store.list().unwrap()[0]);
            let damaged = store.list().unwrap().remove(0);
            let staging = store.stage("test").unwrap();
            let tree = packed(&staging, first, Level::Listed);
            store.replace(&damaged, &tree, &format!("{first:?}")).unwrap();
            drop(staging);
            let receipt = is_in_order(&store, first, &what);
            assert_eq!((receipt.level, receipt.logged), (Level::Logged, damaged.receipt.logged));
        }
    }
}

#[cfg_attr(windows, ignore = "makes symbolic links")]
#[test]
fn what_is_removed_or_linked_meanwhile_is_not_proved() {
    let (directory, store) = store();
    let installed = publish(&store, TarGz, Level::Listed);
    let outside = directory.path().join("outside");
    std::process::Command::new("cp").arg("-a").args([&installed.tree, &outside]).status().unwrap();
    store.remove(&installed).unwrap();
    assert!(store.raise(&installed, Some(&h1()), &proof(false)).unwrap().is_none());
    let found = hash_linked_tree(&outside, version(), linux()).unwrap();
    let linked = LinkTarget::look_at(&outside).unwrap();
    let receipt = Receipt::of_linked(version(), linux(), &found, linked);
    let name = crate::version::link_name::LinkName::parse("mine").unwrap();
    let linked = store.link(&name, &receipt).unwrap();
    assert_eq!(linked.key, installed.key);
    assert!(store.raise(&linked, Some(&h1()), &proof(false)).unwrap().is_none());
    // A tree takes its place, whichever way it is packed; the name then means that.
    for packing in PACKINGS {
        let raised = publish(&store, packing, Level::Logged);
        assert_eq!(store.linked(&name).unwrap().unwrap().receipt, raised.receipt);
        is_in_order(&store, packing, "over a link");
        // The same directory once more changes nothing.
        assert_eq!(store.link(&name, &receipt).unwrap().receipt, raised.receipt);
        is_in_order(&store, packing, "below a link");
        store.remove(&raised).unwrap();
        store.link(&name, &receipt).unwrap();
    }
}

#[test]
fn a_tree_without_a_receipt_gets_the_one_of_its_own_packaging() {
    for first in PACKINGS {
        for second in PACKINGS {
            let what = format!("{second:?} over {first:?}");
            let (_directory, store) = store();
            let left = publish(&store, first, Level::Listed);
            let modified = |path: &Path| fs::metadata(path).unwrap().modified().unwrap();
            let before = modified(&left.tree);
            fs::remove_file(store.receipt_path(&left.key)).unwrap();
            fs::remove_file(store.list_path(&left.key)).unwrap();
            let installed = publish(&store, second, Level::Logged);
            assert_eq!(store.check(&installed).unwrap().findings, [], "{what}");
            let there = rehash(&left.tree, version(), linux(), &installed.receipt.absent).unwrap();
            assert_eq!(store.files(&installed).unwrap(), Some(there.files), "{what}");
            assert_eq!(there.h1, h1(), "{what}");
            // Only who knows what a wheel leaves out can tell that it is whole, and nobody what the hash
            // does not cover.
            let is_kept =
                (first != Wheel || second == Wheel) && (first == Full) == (second == Full);
            assert_eq!(modified(&left.tree) == before, is_kept, "{what}");
            let there = if is_kept { first } else { second };
            assert_eq!(left.tree.join("LICENSE").exists(), there != Wheel, "{what}");
            assert_eq!(left.tree.join("api").exists(), there == Full, "{what}");
        }
    }
}

/// Every state in which a process can end that puts one packaging in the place of another.
#[test]
fn whatever_is_there_when_an_exchange_ends_early_is_in_order() {
    for (first, second) in [(Wheel, Module), (Module, Wheel), (Wheel, Full), (Full, Wheel)] {
        for swapped in [false, true] {
            for listed in [false, true] {
                let what = format!("{second:?} over {first:?}, {swapped}, {listed}");
                let (_directory, store) = store();
                let before = publish(&store, first, Level::Listed);
                let staging = store.stage("test").unwrap();
                let tree = packed(&staging, second, Level::Logged);
                let receipt = publish::receipt_of(&tree, "second");
                publish::of_both(&before.receipt, &receipt)
                    .write(&store.home().join("meta"), staging.path())
                    .unwrap();
                store.dress(tree.tree(), linux(), tree.h1()).unwrap();
                let mut list = tree.all_files();
                if first == Full {
                    list.extend(store.take_along(&before, &tree).unwrap());
                }
                if swapped {
                    store.put(tree.tree(), &before.tree).unwrap();
                }
                if swapped && listed {
                    files::write(&list, &store.list_path(&before.key), staging.path()).unwrap();
                }
                drop(staging);
                store.recover().unwrap();
                let found = store.list().unwrap().remove(0);
                assert_eq!(found.receipt.level, before.receipt.level, "{what}");
                let findings = store.check(&found).unwrap().findings;
                // What was added and is not in the receipt yet is all that is odd.
                let is_added = |one: &&Finding| {
                    second == Full && matches!(one.fault, Fault::Extra | Fault::Hash(_))
                };
                let findings: Vec<_> = findings
                    .iter()
                    .filter(|one| !is_added(one) && one.fault != Fault::List)
                    .collect();
                assert!(findings.is_empty(), "{what}: {findings:?}");
                publish(&store, second, Level::Logged);
                is_in_order(&store, second, &what);
            }
        }
    }
}

#[cfg_attr(windows, ignore = "its toolchain is one of Unix, which has no shims there")]
#[test]
fn two_packagings_at_once_are_one_toolchain() {
    for round in 0..5 {
        let (_directory, store) = store();
        let start = Barrier::new(PACKINGS.len());
        thread::scope(|scope| {
            for (number, packing) in PACKINGS.into_iter().enumerate() {
                let (store, start) = (&store, &start);
                scope.spawn(move || {
                    let level = LEVELS[(number + round) % LEVELS.len()];
                    let staging = store.stage("test").unwrap();
                    let tree = packed(&staging, packing, level);
                    start.wait();
                    let installed = store.publish(&tree, &format!("{packing:?}")).unwrap();
                    drop(staging);
                    let read = store.check(&installed).unwrap().h1;
                    _ = store.raise(&installed, read.as_ref(), &proof(true)).unwrap();
                });
            }
        });
        let installed = store.list().unwrap().remove(0);
        let what = format!("round {round}: {}", installed.receipt.source);
        let packing = PACKINGS.into_iter().find(|p| format!("{p:?}") == installed.receipt.source);
        let receipt = is_in_order(&store, packing.unwrap(), &what);
        assert!(receipt.level >= Level::Stapled, "{what}: {}", receipt.level);
    }
}
