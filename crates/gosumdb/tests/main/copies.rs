//! Copies of a database that lack a part of it, and what is kept of a lookup.

use crate::memory::{Memory, Unserved, ask, head_of, log, parted, trust_root};
use gosumdb::{Client, Error};
use std::collections::BTreeMap;

const HEIGHT: u32 = 2;

/// What a copy has that was made for the lookup of one record in a tree of `size`.
fn copy_for(log: &crate::log::TestLog, size: usize, id: usize) -> BTreeMap<String, Vec<u8>> {
    let memory = Memory::of(log.files(size));
    ask(&memory, &trust_root(None), HEIGHT, id).unwrap();
    let asked = memory.asked.take();
    let mut files = BTreeMap::from_iter(log.files(size));
    files.retain(|path, _| asked.contains(path));
    files
}

/// The sizes of the tree of a copy and of the built-in head: in either order, and the same.
const SIZES: [(usize, usize); 4] = [(300, 77), (300, 299), (77, 300), (300, 300)];

#[test]
fn the_log_is_asked_for_what_a_copy_lacks_of_the_built_in_head() {
    let log = log(300, HEIGHT);
    for (size, seed) in SIZES {
        let mut memory = Memory::of(copy_for(&log, size, 5));
        memory.log_files = Some(log.files(300).into_iter().chain(log.files(size)).collect());
        let record = ask(&memory, &trust_root(Some(&log.note(seed))), HEIGHT, 5).unwrap();
        assert!(record.is_compared, "{size} {seed}");
        assert_eq!(memory.remembered(), log.note(size.max(seed)));
        assert!(memory.offline_heads.borrow().is_empty());
        let of_log = memory.asked.take().iter().filter(|path| path.starts_with("log:")).count();
        assert_eq!(of_log > 0, size != seed, "{size} {seed}");
    }
}

#[test]
fn what_cannot_be_compared_with_the_built_in_head_is_an_offline_proof() {
    let log = log(300, HEIGHT);
    for (size, seed) in SIZES.into_iter().filter(|(size, seed)| size != seed) {
        let root = trust_root(Some(&log.note(seed)));
        for is_down in [false, true] {
            let memory = Memory { is_down, ..Memory::of(copy_for(&log, size, 5)) };
            let record = ask(&memory, &root, HEIGHT, 5).unwrap();
            assert_eq!((record.is_compared, record.head.size()), (false, size as u64));
            assert_eq!((memory.remembered(), memory.answers.borrow().len()), (String::new(), 0));
            assert_eq!(*memory.offline_heads.borrow(), [log.note(size).into_bytes()]);
            // The same again: the head that is kept is one that the copy can prove.
            assert!(!ask(&memory, &root, HEIGHT, 5).unwrap().is_compared);
            // As soon as the log can be asked, it is.
            let whole = Memory::of(BTreeMap::from_iter(log.files(300)));
            *whole.offline_heads.borrow_mut() = memory.offline_heads.take();
            assert!(ask(&whole, &root, HEIGHT, 5).unwrap().is_compared);
            assert!(whole.offline_heads.borrow().is_empty());
        }
    }
}

#[test]
fn a_remembered_head_is_always_proved() {
    let log = log(300, HEIGHT);
    for (size, other) in [(300, 77), (77, 300)] {
        let copy = copy_for(&log, size, 5);
        let memory = Memory::of(copy.clone()).remembers(&log.note(other));
        for seed in [None, Some(log.note(other)), Some(log.note(50))] {
            let error = ask(&memory, &trust_root(seed.as_deref()), HEIGHT, 5).unwrap_err();
            assert!(matches!(error, Error::Unreachable(Unserved::NotFound)), "{size}: {error}");
        }
        // So is one from elsewhere.
        let (memory, root) = (Memory::of(copy), trust_root(None));
        let client = Client::new(&root, &memory).tile_height(crate::memory::height(HEIGHT));
        let known = head_of(&log, other);
        client.lookup(&crate::memory::module(5), Some(&known)).unwrap_err();
        assert_eq!(memory.remembered(), "");
    }
}

#[test]
fn a_copy_of_another_history_is_found_out_by_the_tiles_of_the_log() {
    let [ours, theirs] = parted(60, 300);
    let mut memory = Memory::of(BTreeMap::from_iter(theirs.files(300)));
    memory.log_files = Some(BTreeMap::from_iter(ours.files(300)));
    for seed in [77, 300] {
        let root = trust_root(Some(&ours.note(seed)));
        let error = ask(&memory, &root, 8, 5).unwrap_err();
        assert!(matches!(error, Error::Fork { .. }), "{seed}: {error}");
        assert_eq!(memory.remembered(), "");
    }
}

#[test]
fn a_record_that_was_proved_needs_no_request() {
    let log = log(300, HEIGHT);
    for seed in [None, Some(log.note(50)), Some(log.note(300))] {
        let root = trust_root(seed.as_deref());
        for size in [200, 256, 300] {
            let memory = Memory::of(
                log.files(300).into_iter().chain(log.files(size)).collect::<BTreeMap<_, _>>(),
            );
            let first = ask(&memory, &root, HEIGHT, 5).unwrap();
            memory.asked.take();
            assert_eq!(ask(&memory, &root, HEIGHT, 5).unwrap(), first);
            assert_eq!(memory.asked.take(), [""; 0]);
            // Another record of the same tree needs its answer, and the tiles that it alone is in.
            ask(&memory, &root, HEIGHT, 6).unwrap();
            assert_eq!(memory.asked.take(), [log.lookup_path(6)]);
            // The tree grows. What was proved in the older one stays proved.
            let grown = Memory::of(log.files(300));
            for (from, to) in [(&memory.tiles, &grown.tiles), (&memory.answers, &grown.answers)] {
                *to.borrow_mut() = from.borrow().clone();
            }
            let grown = grown.remembers(&memory.remembered());
            ask(&grown, &root, HEIGHT, 250).unwrap();
            grown.asked.take();
            assert_eq!(ask(&grown, &root, HEIGHT, 5).unwrap().h1, first.h1);
            assert_eq!(grown.asked.take(), [""; 0], "{size}");
        }
    }
}

/// What others are served is of the newest tree, whatever is kept.
#[test]
fn a_proof_bundle_is_asked_for_anew() {
    let log = log(300, HEIGHT);
    let root = trust_root(None);
    let memory = Memory::of(log.files(200));
    ask(&memory, &root, HEIGHT, 5).unwrap();
    let grown = Memory::of(log.files(300)).remembers(&log.note(200));
    *grown.tiles.borrow_mut() = memory.tiles.take();
    *grown.answers.borrow_mut() = memory.answers.take();
    let client = Client::new(&root, &grown).tile_height(crate::memory::height(HEIGHT));
    let bundle = client.proof_bundle([crate::memory::module(5)], &[]).unwrap().unwrap();
    assert_eq!((bundle.head.size(), grown.remembered()), (300, log.note(300)));
}

#[test]
fn what_is_kept_is_proved_like_everything_else() {
    let log = log(300, HEIGHT);
    let root = trust_root(Some(&log.note(50)));
    let memory = Memory::of(log.files(300));
    let honest = ask(&memory, &root, HEIGHT, 5).unwrap();
    let path = log.lookup_path(5);
    let answer = String::from_utf8(memory.answers.borrow()[&path].clone()).unwrap();
    for wrong in [
        String::new(),
        answer.replacen("h1:", "h1:A", 1),
        answer.replacen('5', "6", 1),
        answer.replace("300", "301"),
        log.answer(6, 300),
    ] {
        memory.answers.borrow_mut().insert(path.clone(), wrong.into_bytes());
        memory.asked.take();
        assert_eq!(ask(&memory, &root, HEIGHT, 5).unwrap(), honest);
        assert_eq!(memory.asked.take(), std::slice::from_ref(&path));
        assert_eq!(memory.answers.borrow()[&path], answer.as_bytes());
    }
    // Wrong tiles at the edge are fetched again.
    for tile in memory.tiles.borrow_mut().values_mut() {
        tile[0] ^= 1;
    }
    assert_eq!(ask(&memory, &root, HEIGHT, 6).unwrap().head, honest.head);
    // A history that parted is one, wherever it was kept.
    let [_, theirs] = parted(60, 300);
    let memory = Memory::of(theirs.files(300));
    ask(&memory, &trust_root(None), 8, 5).unwrap();
    let error = ask(&memory, &trust_root(Some(&parted(60, 300)[0].note(77))), 8, 5).unwrap_err();
    assert!(matches!(error, Error::Fork { .. }), "{error}");
}
