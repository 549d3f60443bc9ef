//! Proofs that are carried along, on a log in memory.

use crate::log::TestLog;
use crate::memory::{Memory, h1, height, log, module, parted, records, signer, trust_root};
use gosumdb::{Client, Error, MissingFile, OfflineProof, Record, Recording};
use std::convert::Infallible;

/// Asks for some records, and returns what proves them.
fn proof_of(log: &TestLog, tile_height: u32, ids: &[usize]) -> OfflineProof {
    let (memory, trust_root) = (Memory::of(log.files(log.size())), trust_root(None));
    let recording = Recording::new(&memory);
    let client = Client::new(&trust_root, &recording).tile_height(height(tile_height));
    recording.start();
    for id in ids {
        client.lookup(&module(*id), None).unwrap();
    }
    OfflineProof { head: log.note(log.size()), files: recording.files() }
}

fn check(
    memory: &Memory,
    proof: &OfflineProof,
    tile_height: u32,
    id: usize,
) -> Result<Record, Error<MissingFile, Infallible>> {
    let trust_root = trust_root(None);
    let client = Client::new(&trust_root, memory).tile_height(height(tile_height));
    client.check_offline(proof, &module(id))
}

#[test]
fn a_recording_proves_the_same_with_nobody_to_ask() {
    for size in (1..=40).chain([255, 256, 257, 300]) {
        for height in [2, 8] {
            let log = log(size, height);
            let ids = [0, size / 2, size - 1];
            let proof = proof_of(&log, height, &ids);
            let nobody = Memory::default();
            for id in ids {
                let found = check(&nobody, &proof, height, id).unwrap();
                assert_eq!((found.h1.to_string(), found.id), (h1(id, 0), id as u64));
                assert_eq!(found.head.size(), size as u64);
            }
            assert!(nobody.asked.borrow().is_empty() && nobody.remembered().is_empty());
            // Nothing in it is there for nothing, but for the proofs of the others.
            let proof = proof_of(&log, height, &ids[1..2]);
            for path in proof.files.keys() {
                let mut less = proof.clone();
                less.files.remove(path);
                // What was proved before is in the cache.
                let error = check(&Memory::default(), &less, height, ids[1]).unwrap_err();
                assert!(error.is_inconclusive(), "{size} {height} {path}: {error}");
            }
        }
    }
}

#[test]
fn no_byte_of_a_proof_can_be_changed() {
    for (size, height) in [(1, 8), (7, 2), (300, 8)] {
        let log = log(size, height);
        let id = size / 3;
        let proof = proof_of(&log, height, &[id]);
        let nobody = Memory::default();
        let mut changed = 0;
        for (path, bytes) in &proof.files {
            // Every byte of what is signed, and of tiles one in each hash.
            let step = if path.starts_with("/tile/") { 31 } else { 1 };
            for at in (0..bytes.len()).step_by(step) {
                let mut lie = proof.clone();
                lie.files.get_mut(path).unwrap()[at] ^= 1;
                check(&nobody, &lie, height, id).expect_err(path);
                changed += 1;
            }
        }
        for at in 0..proof.head.len() {
            let mut bytes = proof.head.clone().into_bytes();
            bytes[at] ^= 1;
            let Ok(head) = String::from_utf8(bytes) else { continue };
            let lie = OfflineProof { head, ..proof.clone() };
            check(&nobody, &lie, height, id).unwrap_err();
        }
        assert!(changed > 300, "{changed}");
    }
}

#[test]
fn a_proof_is_compared_with_what_is_remembered() {
    let small = log(200, 8);
    let proof = proof_of(&log(300, 8), 8, &[7]);
    // It has no tiles for a tree of 200 records, but one of 256 begins with a tile that it has.
    check(&Memory::default().remembers(&small.note(200)), &proof, 8, 7).unwrap();
    check(&Memory::default().remembers(&log(300, 8).note(300)), &proof, 8, 7).unwrap();
    let older = check(&Memory::default().remembers(&log(301, 8).note(301)), &proof, 8, 7);
    assert!(matches!(older, Err(Error::OlderHead { proof: 300, known: 301 })), "{older:?}");
    let forked = |size| TestLog::with_height(signer(), records(size, 5, 1), 8).note(size);
    for size in [256, 300] {
        let memory = Memory::default().remembers(&forked(size));
        let error = check(&memory, &proof, 8, 7).unwrap_err();
        assert!(matches!(error, Error::Fork { .. }), "{size}: {error}");
        assert!(memory.evidence.borrow().is_some());
    }
}

#[test]
fn a_head_that_there_are_no_tiles_for_is_compared_as_soon_as_there_are() {
    let [ours, theirs] =
        [0, 1].map(|variant| TestLog::with_height(signer(), records(300, 5, variant), 2));
    let proof = proof_of(&ours, 2, &[299]);
    let compare = |memory: &Memory, note: &str| {
        *memory.head.borrow_mut() = Some(note.as_bytes().to_vec());
        check(memory, &proof, 2, 299)
    };
    let memory = Memory::default();
    // Neither the proof nor the cache has what these heads are made of.
    compare(&memory, &ours.note(37)).unwrap();
    compare(&memory, &theirs.note(37)).unwrap();
    memory.tiles.replace(ours.tiles(300).into_iter().collect());
    compare(&memory, &ours.note(37)).unwrap();
    let error = compare(&memory, &theirs.note(37)).unwrap_err();
    assert!(matches!(error, Error::Fork { .. }), "{error}");
    // So it is with the heads of other proofs.
    let with = |log: &TestLog, size| {
        let memory = Memory::default();
        memory.tiles.replace(ours.tiles(300).into_iter().collect());
        memory.offline_heads.borrow_mut().push(log.note(size).into_bytes());
        check(&memory, &proof, 2, 299)
    };
    with(&ours, 37).unwrap();
    with(&ours, 300).unwrap();
    for size in [37, 300] {
        let error = with(&theirs, size).unwrap_err();
        assert!(matches!(error, Error::Fork { .. }), "{size}: {error}");
    }
}

#[test]
fn the_head_of_a_proof_is_kept_until_the_log_is_asked() {
    let log = log(300, 8);
    let memory = Memory::of(log.files(300));
    check(&memory, &proof_of(&log, 8, &[7]), 8, 7).unwrap();
    // What was proved stays in the cache; what is newest only the log itself says.
    assert_eq!(memory.tiles.borrow()["/tile/8/0/000"], log.files(300)["/tile/8/0/000"]);
    assert_eq!(memory.remembered(), "");
    assert_eq!(*memory.offline_heads.borrow(), [log.note(300).into_bytes()]);
    // Whoever writes down the answers asks the log all the same.
    let (trust_root, recording) = (trust_root(None), Recording::new(&memory));
    Client::new(&trust_root, &recording).lookup(&module(7), None).unwrap();
    assert!(memory.offline_heads.borrow().is_empty());
}

fn place<F: std::error::Error>(error: Error<F, Infallible>) -> String {
    match error {
        Error::DamagedHead { location, .. } => location,
        other => panic!("{other}"),
    }
}

#[test]
fn damaged_memory_is_named_through_every_layer() {
    let log = log(300, 8);
    let (proof, trust_root) = (proof_of(&log, 8, &[7]), trust_root(None));
    let damaged = Memory::of(log.files(300)).remembers("x");
    let recorded = |memory: &Memory| {
        let recording = Recording::new(memory);
        Client::new(&trust_root, &recording).lookup(&module(7), None).unwrap_err()
    };
    assert_eq!(place(check(&damaged, &proof, 8, 7).unwrap_err()), "/state/latest");
    assert_eq!(place(recorded(&damaged)), "/state/latest");
    let damaged = Memory::of(log.files(300));
    damaged.offline_heads.borrow_mut().push(b"x".to_vec());
    assert_eq!(place(check(&damaged, &proof, 8, 7).unwrap_err()), "/state/offline");
    assert_eq!(place(recorded(&damaged)), "/state/offline");
}

#[test]
fn two_histories_are_proved_also_when_answers_are_written_down() {
    let [ours, theirs] = parted(5, 300);
    let memory = Memory::of(ours.files(300)).remembers(&theirs.note(200));
    let (trust_root, recording) = (trust_root(None), Recording::new(&memory));
    let error = Client::new(&trust_root, &recording).lookup(&module(7), None).unwrap_err();
    let Error::Fork { evidence, .. } = error else { panic!("{error}") };
    assert_eq!(evidence.as_deref(), Some("/state/fork"));
    assert!(memory.evidence.borrow().is_some());
}
