//! The client against a log in memory that can be made to lie in every tile.

use crate::log::Signer;
use crate::memory::{Failure, Memory, ask, h1, head_of, height, log, module, parted, trust_root};
use gosumdb::{Client, Error, Fork, Hash, SignedHead, TileError, Tiles};
use std::rc::Rc;

#[test]
fn an_honest_log_proves_every_record_of_every_size() {
    let trust_root = trust_root(None);
    for height in [1, 2, 3, 8] {
        let log = log(70, height);
        for size in 1..=log.size() {
            let memory = Memory::of(log.files(size));
            for id in 0..size {
                let found = ask(&memory, &trust_root, height, id).unwrap();
                assert_eq!(found.h1.to_string(), h1(id, 0), "height {height}, size {size}");
                assert_eq!((found.id, found.head.size()), (id as u64, size as u64));
            }
            assert_eq!(memory.remembered(), log.note(size));
        }
    }
}

#[test]
fn every_smaller_head_is_on_the_timeline() {
    for height in [1, 2, 8] {
        let log = log(300, height);
        for (old, new) in
            [(1, 2), (1, 300), (127, 128), (128, 129), (255, 256), (256, 300), (299, 300)]
        {
            let (older, newer) = (log.note(old), log.note(new));
            let memory = Memory::of(log.files(new)).remembers(&older);
            ask(&memory, &trust_root(None), height, 0).unwrap();
            assert_eq!(memory.remembered(), newer, "height {height}, {old} before {new}");
            // An answer of the past changes nothing.
            let memory = Memory::of(log.files(new)).remembers(&newer);
            memory.serve(log.lookup_path(0), log.answer(0, old));
            assert_eq!(ask(&memory, &trust_root(None), height, 0).unwrap().head.note(), newer);
            assert_eq!(memory.remembered(), newer, "height {height}, {old} after {new}");
            // The head that is built in counts like one that is remembered.
            let memory = Memory::of(log.files(new));
            ask(&memory, &trust_root(Some(&older)), height, 0).unwrap();
            assert_eq!(memory.remembered(), newer);
        }
    }
}

#[test]
fn what_is_announced_is_what_is_asked_for() {
    for height in [1, 2, 3, 8] {
        let log = log(300, height);
        for (old, new) in [(0, 1), (0, 256), (1, 2), (7, 8), (127, 129), (130, 257), (256, 300)] {
            for id in [0, new / 2, new - 1] {
                let memory = Memory::of(log.files(new));
                let older = log.note(old.max(1));
                let seed = (old > 0).then_some(older.as_str());
                ask(&memory, &trust_root(seed), height, id).unwrap();
                let sorted = |paths: Vec<String>| {
                    let tiles = paths.into_iter().filter(|path| path.starts_with("/tile/"));
                    let mut tiles: Vec<String> = tiles.collect();
                    tiles.sort_unstable();
                    tiles
                };
                let (asked, announced) =
                    (sorted(memory.asked.take()), sorted(memory.announced.take()));
                assert_eq!(announced, asked, "height {height}, {old} before {new}, record {id}");
            }
        }
    }
}

/// Proves one record, as a lookup does after it checked the signature.
fn prove(memory: &Memory, head: &SignedHead, tile_height: u32, id: usize) -> Result<Hash, Failure> {
    Tiles::open(head, height(tile_height), memory)?.subtree(0, id as u64)
}

/// Tells lies about the tiles of a tree; returns how many. Each has to be noticed.
fn sweep(size: usize, height: u32, ids: &[usize]) -> usize {
    let log = log(size, height);
    let head = head_of(&log, size);
    let honest = Rc::new(log.tiles(size));
    let mut lies = 0;
    for &id in ids {
        let memory = Memory::of(honest.clone());
        assert_eq!(prove(&memory, &head, height, id).unwrap(), Hash::of_record(log.record(id)));
        let tiles = memory.asked.take();
        let mut lie = |changes: &[(&String, &[u8])]| {
            let memory = Memory::of(honest.clone());
            for (path, bytes) in changes {
                memory.serve(*path, *bytes);
            }
            lies += 1;
            let proved = prove(&memory, &head, height, id);
            for (path, bytes) in &*memory.tiles.borrow() {
                assert_eq!(honest.get(path), Some(bytes), "{path} was kept");
            }
            match proved {
                Err(Error::Tile { problem, .. }) => problem,
                other => panic!("size {size}, height {height}, record {id}: {other:?}"),
            }
        };
        let mut flipped = Vec::new();
        for path in &tiles {
            let bytes = &honest[path];
            let wrong = if path.contains(".p/") { TileError::Edge } else { TileError::Above };
            // One bit in each of its hashes, so also in those that nobody asked for.
            for at in (0..bytes.len()).step_by(32) {
                let mut changed = bytes.clone();
                changed[at + id % 32] ^= 1 << (at / 32 % 8);
                assert_eq!(lie(&[(path, &changed)]), wrong);
                if at == 0 {
                    flipped.push((path, changed));
                }
            }
            let longer = [&bytes[..], &bytes[..32]].concat();
            let end = bytes.len();
            for changed in [&bytes[..end - 1], &bytes[..end - 32], &[], &longer] {
                let want = TileError::Length(changed.len(), end);
                assert_eq!(lie(&[(path, changed)]), want);
            }
        }
        // Two at once, and two in each other's place.
        for two in flipped.windows(2) {
            let [(first, one), (second, other)] = two else { continue };
            lie(&[(first, one), (second, other)]);
            if honest[*first] != honest[*second] {
                lie(&[(first, &honest[*second]), (second, &honest[*first])]);
            }
        }
    }
    lies
}

/// A sample unless `GOWARD_TEST_FULL=1`: sizes around what a tile holds, and some records of each.
#[test]
fn cve_2026_56865_no_changed_tile_is_ever_believed() {
    #[expect(clippy::disallowed_methods, reason = "only to choose how much is tested")]
    let full = std::env::var_os("GOWARD_TEST_FULL").is_some_and(|value| value == "1");
    let mut lies = 0;
    for size in 1..=if full { 600 } else { 40 } {
        let many: Vec<usize> = (0..size).step_by(1 + size / 41).collect();
        lies += sweep(size, 2, &many);
        lies += sweep(size, 1, &[0, size / 3, size - 1]);
    }
    let sizes: &[usize] =
        if full { &[255, 256, 257, 300, 511, 512, 513, 600] } else { &[256, 257, 513] };
    for &size in sizes {
        lies += sweep(size, 8, &[0, size / 2, size - 1]);
    }
    assert!(lies > 10_000, "{lies}");
    println!("{lies} lies, all noticed");
}

#[test]
fn a_lookup_with_a_changed_tile_leaves_nothing_behind() {
    let log = log(300, 8);
    for path in log.tiles(300).keys().filter(|path| !path.starts_with("/tile/8/0/000.")) {
        let memory = Memory::of(log.files(300)).remembers(&log.note(7));
        let mut changed = memory.files[path].clone();
        changed[4] ^= 1;
        memory.serve(path, changed);
        let error = ask(&memory, &trust_root(None), 8, 3).unwrap_err();
        assert!(matches!(error, Error::Tile { .. }) && !error.is_inconclusive(), "{path}: {error}");
        assert_eq!(memory.remembered(), log.note(7));
        assert!(memory.answers.borrow().is_empty());
        let kept = memory.tiles.borrow();
        assert!(kept.iter().all(|(path, tile)| memory.files[path] == *tile), "{path}");
    }
}

#[test]
fn two_histories_are_noticed_and_proved() {
    for (at, old, new) in
        [(0, 1, 1), (5, 10, 10), (5, 10, 300), (299, 300, 300), (256, 257, 600), (511, 512, 600)]
    {
        let [ours, theirs] = parted(at, 600);
        let remembered = ours.note(old);
        // The log shows another history than before, whichever of the two is longer.
        for (shown, newer_size) in [(new, new), (old.min(at + 1), old)] {
            let memory = Memory::of(theirs.files(newer_size.max(shown))).remembers(&remembered);
            memory.serve(theirs.lookup_path(0), theirs.answer(0, shown));
            if shown < old {
                memory.lies.borrow_mut().extend(ours.tiles(old));
            }
            let error = ask(&memory, &trust_root(None), 8, 0).unwrap_err();
            let Error::Fork { fork, evidence } = error else { panic!("{at} {old} {new}: {error}") };
            assert_eq!(evidence.as_deref(), Some("/state/fork"));
            assert_eq!(memory.remembered(), remembered, "what was remembered stays");
            let text = memory.evidence.borrow().clone().unwrap();
            for head in [&fork.older, &fork.newer] {
                assert!(text.contains(head.note()), "{text}");
            }
            assert_ne!(fork.older.head().hash, fork.newer.head().hash);
            check_proof(&fork);
            // It does not heal: the same again is the same error.
            assert!(matches!(ask(&memory, &trust_root(None), 8, 0), Err(Error::Fork { .. })));
        }
    }
}

/// Follows RFC 6962, 2.1.4.2, as somebody would who was shown the evidence.
fn check_proof(fork: &Fork) {
    let (older, newer) = (fork.older.size(), fork.newer.size());
    assert_ne!(fork.found, fork.older.head().hash);
    if older == newer {
        assert_eq!((fork.found, fork.proof.len()), (fork.newer.head().hash, 0));
        return;
    }
    let mut path = fork.proof.clone();
    if older.is_power_of_two() {
        path.insert(0, fork.found);
    }
    let (mut fn_, mut sn) = (older - 1, newer - 1);
    while fn_ & 1 == 1 {
        (fn_, sn) = (fn_ >> 1, sn >> 1);
    }
    let (mut fr, mut sr) = (path[0], path[0]);
    for &c in &path[1..] {
        assert_ne!(sn, 0);
        if fn_ & 1 == 1 || fn_ == sn {
            (fr, sr) = (Hash::of_pair(c, fr), Hash::of_pair(c, sr));
            while fn_ & 1 == 0 && fn_ != 0 {
                (fn_, sn) = (fn_ >> 1, sn >> 1);
            }
        } else {
            sr = Hash::of_pair(sr, c);
        }
        (fn_, sn) = (fn_ >> 1, sn >> 1);
    }
    assert_eq!((fr, sr, sn), (fork.found, fork.newer.head().hash, 0));
}

#[test]
fn the_built_in_head_and_a_known_one_are_held_against_the_log_too() {
    let [ours, theirs] = parted(5, 300);
    let memory = Memory::of(theirs.files(300));
    let error = ask(&memory, &trust_root(Some(&ours.note(10))), 8, 0).unwrap_err();
    assert!(matches!(error, Error::Fork { .. }), "{error}");
    let known = head_of(&ours, 10);
    let trust_root = trust_root(None);
    let error = Client::new(&trust_root, &memory).lookup(&module(0), Some(&known)).unwrap_err();
    assert!(matches!(error, Error::Fork { .. }), "{error}");
    assert_eq!(memory.remembered(), "");
    // Before they parted they were one.
    let known = head_of(&ours, 5);
    Client::new(&trust_root, &memory).lookup(&module(0), Some(&known)).unwrap();
}

#[test]
fn a_damaged_memory_is_not_forgotten() {
    let log = log(10, 8);
    let good = log.note(5);
    let other = Signer::new("log.example", 2).note(&log.head(5));
    for damaged in ["", "\n", &good[..good.len() - 5], &good.replace("\n5\n", "\n4\n"), &other] {
        let memory = Memory::of(log.files(10)).remembers(damaged);
        let error = ask(&memory, &trust_root(None), 8, 0).unwrap_err();
        assert!(matches!(error, Error::DamagedHead { .. }), "{damaged:?}: {error}");
        assert!(!error.is_inconclusive());
        assert_eq!((memory.remembered().as_str(), memory.asked.take().len()), (damaged, 0));
    }
}

#[test]
fn the_larger_of_two_heads_stays_when_two_processes_write() {
    let log = log(300, 8);
    for (rival, want) in [(7, 200), (250, 250), (200, 200)] {
        let memory = Memory::of(log.files(200)).remembers(&log.note(5));
        memory.rivals.borrow_mut().push(log.note(rival));
        memory.lies.borrow_mut().extend(log.tiles(rival));
        assert_eq!(ask(&memory, &trust_root(None), 8, 0).unwrap().head.size(), 200);
        assert_eq!(memory.remembered(), log.note(want), "{rival}");
    }
    // What the other process was told is another history.
    let [ours, theirs] = parted(5, 300);
    let memory = Memory::of(ours.files(200)).remembers(&ours.note(5));
    memory.rivals.borrow_mut().push(theirs.note(100));
    let error = ask(&memory, &trust_root(None), 8, 0).unwrap_err();
    assert!(matches!(error, Error::Fork { .. }), "{error}");
    assert_eq!(memory.remembered(), theirs.note(100));
    // Others that are always faster.
    let memory = Memory::of(log.files(200)).remembers(&log.note(5));
    for size in 6..150 {
        memory.rivals.borrow_mut().push(log.note(size));
        memory.lies.borrow_mut().extend(log.tiles(size));
    }
    let error = ask(&memory, &trust_root(None), 8, 0).unwrap_err();
    assert!(matches!(error, Error::Contended { .. }), "{error}");
}

#[test]
fn tiles_are_kept_and_a_damaged_one_is_fetched_again() {
    let log = log(600, 8);
    let memory = Memory::of(log.files(600));
    ask(&memory, &trust_root(None), 8, 0).unwrap();
    let kept: Vec<String> = memory.tiles.borrow().keys().cloned().collect();
    assert_eq!(kept, ["/tile/8/0/000", "/tile/8/0/002.p/88", "/tile/8/1/000.p/2"]);
    let fetched = |memory: &Memory| memory.asked.take().iter().any(|path| path == "/tile/8/0/000");
    assert!(fetched(&memory));
    ask(&memory, &trust_root(None), 8, 1).unwrap();
    assert!(!fetched(&memory));
    for damaged in [Vec::new(), vec![0; 8192], vec![0; 10]] {
        memory.tiles.borrow_mut().insert("/tile/8/0/000".to_owned(), damaged);
        ask(&memory, &trust_root(None), 8, 1).unwrap();
        assert!(fetched(&memory));
        assert_eq!(memory.tiles.borrow()["/tile/8/0/000"], log.tiles(600)["/tile/8/0/000"]);
    }
}

#[test]
fn only_a_tile_that_is_not_there_is_asked_for_in_another_way() {
    let log = log(100, 8);
    let mut files = log.files(100);
    files.remove("/tile/8/0/000.p/100");
    for is_down in [false, true] {
        let memory = Memory { is_down, ..Memory::of(files.clone()) };
        let error = ask(&memory, &trust_root(None), 8, 0).unwrap_err();
        assert!(error.is_inconclusive(), "{error}");
        let tiles = ["/tile/8/0/000.p/100", "/tile/8/0/000"];
        let want = if is_down { &tiles[..1] } else { &tiles[..] };
        assert_eq!(memory.asked.borrow()[1..], *want);
    }
}

#[test]
fn a_full_tile_stands_for_one_at_the_edge_of_a_smaller_tree() {
    let log = log(600, 8);
    let memory = Memory::of(log.files(600));
    memory.serve(log.lookup_path(0), log.answer(0, 100));
    // Of the tree of 100 there is only the full tile that it became a part of.
    assert!(!memory.files.contains_key("/tile/8/0/000.p/100"));
    assert_eq!(ask(&memory, &trust_root(None), 8, 0).unwrap().head.size(), 100);
}
