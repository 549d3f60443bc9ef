//! A log is asked through a recording as it is asked without.

use crate::memory::{Memory, log, module, trust_root};
use gosumdb::{Client, ClientOps, Recording};

fn ask<O: ClientOps>(ops: &O, id: usize) {
    Client::new(&trust_root(None), ops).lookup(&module(id), None).unwrap();
}

#[test]
fn what_is_learned_is_kept_as_without_a_recording() {
    let log = log(300, 8);
    let [with, without] = [(); 2].map(|()| Memory::of(log.files(300)));
    ask(&Recording::new(&with), 7);
    ask(&without, 7);
    assert_eq!(with.remembered(), log.note(300));
    assert_eq!(with.tiles, without.tiles);
    assert!(!with.tiles.borrow().is_empty());
    assert_eq!(with.asked, without.asked);
}

#[test]
fn a_record_has_what_was_used_since_it_was_begun() {
    let log = log(300, 8);
    let memory = Memory::of(log.files(300));
    let recording = Recording::new(&memory);
    let all = |id| {
        recording.start();
        ask(&recording, id);
        let files = recording.files();
        assert!(files.iter().all(|(path, bytes)| log.files(300)[path] == *bytes));
        files.into_keys().collect::<Vec<_>>()
    };
    let edge = ["/tile/8/0/001.p/44", "/tile/8/1/000.p/1"];
    let want = |id| {
        let mut want = vec![log.lookup_path(id)];
        want.extend(["/tile/8/0/000", edge[0], edge[1]].map(str::to_owned));
        want
    };
    for id in [7, 9, 7] {
        assert_eq!(all(id), want(id));
    }
    // The same question has the same answer; a full tile comes from the cache.
    let asked = memory.asked.borrow();
    let times = |path: &str| asked.iter().filter(|asked| *asked == path).count();
    assert_eq!((times(&log.lookup_path(7)), times("/tile/8/0/000")), (1, 1));
}

#[test]
fn a_tile_that_was_wrong_in_the_cache_is_asked_for() {
    let log = log(300, 8);
    let memory = Memory::of(log.files(300));
    let mut damaged = log.files(300)["/tile/8/0/000"].clone();
    damaged[3] ^= 1;
    memory.tiles.borrow_mut().insert("/tile/8/0/000".to_owned(), damaged);
    let recording = Recording::new(&memory);
    ask(&recording, 7);
    assert_eq!(recording.files()["/tile/8/0/000"], log.files(300)["/tile/8/0/000"]);
}
