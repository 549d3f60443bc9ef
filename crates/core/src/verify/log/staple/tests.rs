//! Proofs that are carried along, on a log in memory.

use super::*;
use crate::verify::Level;
use crate::verify::log::recording::Recording;
use crate::verify::log::samples::TestLog;
use crate::verify::log::tests::{
    Memory, authority, h1, linux, log, parted, records, signer, version,
};

/// Asks for some records, and returns what proves them.
fn staple_of(log: &TestLog, height: u32, ids: &[usize]) -> Staple {
    let (memory, authority) = (Memory::of(log.files(log.size())), authority(None));
    let recording = Recording::new(&memory);
    let client = Log { height, ..Log::new(&authority, &recording) };
    recording.start();
    for id in ids {
        client.lookup(version(*id), linux(), None).unwrap();
    }
    Staple { head: log.note(log.size()), files: recording.files() }
}

fn check(memory: &Memory, staple: &Staple, height: u32, id: usize) -> Result<Logged, LogError> {
    let authority = authority(None);
    let client = Log { height, ..Log::new(&authority, memory) };
    client.check(staple, version(id), linux())
}

#[test]
fn what_was_recorded_proves_the_same_with_nobody_to_ask() {
    for size in (1..=40).chain([255, 256, 257, 300]) {
        for height in [2, 8] {
            let log = log(size, height);
            let ids = [0, size / 2, size - 1];
            let staple = staple_of(&log, height, &ids);
            let nobody = Memory::default();
            for id in ids {
                let logged = check(&nobody, &staple, height, id).unwrap();
                assert_eq!((logged.h1.as_str(), logged.record), (&*h1(id, 0), id as u64));
                assert_eq!((logged.level(), logged.head.size()), (Level::Stapled, size as u64));
            }
            assert!(nobody.asked.borrow().is_empty() && nobody.remembered().is_empty());
            // Nothing in it is there for nothing, but for the proofs of the others.
            let staple = staple_of(&log, height, &ids[1..2]);
            for path in staple.files.keys() {
                let mut less = staple.clone();
                less.files.remove(path);
                // What was proved before is in the cache.
                let error = check(&Memory::default(), &less, height, ids[1]).unwrap_err();
                assert!(error.is_outage(), "{size} {height} {path}: {error}");
            }
        }
    }
}

#[test]
fn no_byte_of_a_staple_can_be_changed() {
    for (size, height) in [(1, 8), (7, 2), (300, 8)] {
        let log = log(size, height);
        let id = size / 3;
        let staple = staple_of(&log, height, &[id]);
        let nobody = Memory::default();
        let mut changed = 0;
        for (path, bytes) in &staple.files {
            // Every byte of what is signed, and of tiles one in each hash.
            let step = if path.starts_with("/tile/") { 31 } else { 1 };
            for at in (0..bytes.len()).step_by(step) {
                let mut lie = staple.clone();
                lie.files.get_mut(path).unwrap()[at] ^= 1;
                let error = check(&nobody, &lie, height, id).expect_err(path);
                assert!(!matches!(error, LogError::Local(_)), "{path} {at}: {error}");
                changed += 1;
            }
        }
        for at in 0..staple.head.len() {
            let mut bytes = staple.head.clone().into_bytes();
            bytes[at] ^= 1;
            let Ok(head) = String::from_utf8(bytes) else { continue };
            let lie = Staple { head, ..staple.clone() };
            check(&nobody, &lie, height, id).unwrap_err();
        }
        assert!(changed > 300, "{changed}");
    }
}

#[test]
fn a_staple_is_held_against_what_is_remembered() {
    let small = log(200, 8);
    let staple = staple_of(&log(300, 8), 8, &[7]);
    // It has no tiles for a tree of 200 records, but one of 256 begins with a tile that it has.
    check(&Memory::default().remembers(&small.note(200)), &staple, 8, 7).unwrap();
    check(&Memory::default().remembers(&log(300, 8).note(300)), &staple, 8, 7).unwrap();
    let older = check(&Memory::default().remembers(&log(301, 8).note(301)), &staple, 8, 7);
    assert!(matches!(older, Err(LogError::OlderHead { carried: 300, known: 301 })), "{older:?}");
    let forked = |size| TestLog::with_height(signer(), records(size, 5, 1), 8).note(size);
    for size in [256, 300] {
        let memory = Memory::default().remembers(&forked(size));
        let error = check(&memory, &staple, 8, 7).unwrap_err();
        assert!(matches!(error, LogError::Fork { .. }), "{size}: {error}");
        assert!(memory.evidence.borrow().is_some());
    }
}

#[test]
fn a_head_that_there_are_no_tiles_for_is_compared_as_soon_as_there_are() {
    let [ours, theirs] =
        [0, 1].map(|variant| TestLog::with_height(signer(), records(300, 5, variant), 2));
    let staple = staple_of(&ours, 2, &[299]);
    let compare = |memory: &Memory, note: &str| {
        *memory.head.borrow_mut() = Some(note.as_bytes().to_vec());
        check(memory, &staple, 2, 299)
    };
    let memory = Memory::default();
    // Neither the staple nor the cache has what these heads are made of.
    compare(&memory, &ours.note(37)).unwrap();
    compare(&memory, &theirs.note(37)).unwrap();
    memory.tiles.replace(ours.tiles(300).into_iter().collect());
    compare(&memory, &ours.note(37)).unwrap();
    let error = compare(&memory, &theirs.note(37)).unwrap_err();
    assert!(matches!(error, LogError::Fork { .. }), "{error}");
    // So it is with the heads of other staples.
    let with = |log: &TestLog, size| {
        let memory = Memory::default();
        memory.tiles.replace(ours.tiles(300).into_iter().collect());
        memory.stapled.borrow_mut().push(log.note(size).into_bytes());
        check(&memory, &staple, 2, 299)
    };
    with(&ours, 37).unwrap();
    with(&ours, 300).unwrap();
    for size in [37, 300] {
        let error = with(&theirs, size).unwrap_err();
        assert!(matches!(error, LogError::Fork { .. }), "{size}: {error}");
    }
}

#[test]
fn the_head_of_a_staple_is_kept_until_the_log_is_asked() {
    let log = log(300, 8);
    let memory = Memory::of(log.files(300));
    check(&memory, &staple_of(&log, 8, &[7]), 8, 7).unwrap();
    // What was proved stays in the cache; what is newest only the log itself says.
    assert_eq!(memory.tiles.borrow()["/tile/8/0/000"], log.files(300)["/tile/8/0/000"]);
    assert_eq!(memory.remembered(), "");
    assert_eq!(*memory.stapled.borrow(), [log.note(300).into_bytes()]);
    // Whoever writes down the answers asks the log all the same.
    let (authority, recording) = (authority(None), Recording::new(&memory));
    Log::new(&authority, &recording).lookup(version(7), linux(), None).unwrap();
    assert!(memory.stapled.borrow().is_empty());
}

#[test]
fn what_stands_in_between_says_where_the_memory_is_damaged() {
    let log = log(300, 8);
    let (staple, authority) = (staple_of(&log, 8, &[7]), authority(None));
    let place = |error: LogError| match error {
        LogError::Memory { place, .. } => place,
        other => panic!("{other}"),
    };
    let damaged = Memory::of(log.files(300)).remembers("x");
    let recorded = |memory: &Memory| {
        let recording = Recording::new(memory);
        Log::new(&authority, &recording).lookup(version(7), linux(), None).unwrap_err()
    };
    assert_eq!(place(check(&damaged, &staple, 8, 7).unwrap_err()), "/state/latest");
    assert_eq!(place(recorded(&damaged)), "/state/latest");
    let damaged = Memory::of(log.files(300));
    damaged.stapled.borrow_mut().push(b"x".to_vec());
    assert_eq!(place(check(&damaged, &staple, 8, 7).unwrap_err()), "/state/stapled");
}

#[test]
fn two_histories_are_proved_also_when_answers_are_written_down() {
    let [ours, theirs] = parted(5, 300);
    let memory = Memory::of(ours.files(300)).remembers(&theirs.note(200));
    let (authority, recording) = (authority(None), Recording::new(&memory));
    let error = Log::new(&authority, &recording).lookup(version(7), linux(), None).unwrap_err();
    let LogError::Fork { evidence, .. } = error else { panic!("{error}") };
    assert_eq!(evidence, Some(PathBuf::from("/state/fork")));
    assert!(memory.evidence.borrow().is_some());
}
