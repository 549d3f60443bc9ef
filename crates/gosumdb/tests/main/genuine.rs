//! What sum.golang.org answered about go1.27.3, for the key and the head that are built in. A log
//! of our own shows what the client does; this shows that it does it with Go's.
//!
//! `tests/data/` has the answers, as published on 2026-11-29: the record, the signed head, and the
//! tiles that prove the record and that the tree begins with those of 66,746,896 and 66,746,981
//! records.

use crate::memory::{Failure, Memory};
use crate::samples::{GO1_21_9, HEADS, X_MOD};
use gosumdb::{Client, Module, OfflineProof, Record, Recording, SignedHead, TrustRoot};
use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;

const LOOKUP: &str = "/lookup/golang.org/toolchain@v0.0.1-go1.27.3.linux-amd64";
const H1_OF_1_27_3: &str = "h1:r0ub+FnqzZxoWm/dSUOI9DcIqYWn/mNYGFJcv7PyBzs=";

/// Everything that it answered, by path.
fn files() -> Rc<BTreeMap<String, Vec<u8>>> {
    let base = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/sumdb/sum.golang.org");
    let (mut found, mut todo) = (BTreeMap::new(), vec![base.clone()]);
    while let Some(directory) = todo.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                todo.push(path);
            } else {
                let name = format!("/{}", path.strip_prefix(&base).unwrap().display());
                found.insert(name, std::fs::read(path).unwrap());
            }
        }
    }
    Rc::new(found)
}

fn module() -> Module {
    Module::toolchain("v0.0.1-go1.27.3.linux-amd64").unwrap()
}

fn go() -> TrustRoot {
    TrustRoot::sum_golang_org().unwrap()
}

fn look_up(memory: &Memory) -> Result<Record, Failure> {
    Client::new(&go(), memory).lookup(&module(), None)
}

/// Heads that the log signed before, as notes: the one that was built in until now, and one more.
fn older_heads() -> [String; 2] {
    let (size, hash, signature) = HEADS[0];
    let (_, note) = X_MOD.split_once("\n\n").unwrap();
    let line = format!("\u{2014} sum.golang.org {signature}");
    [note.to_owned(), format!("go.sum database tree\n{size}\n{hash}\n\n{line}\n")]
}

fn trust_root(seed: Option<&str>) -> TrustRoot {
    let key = go().key;
    let seed = seed.map(|note| SignedHead::open(note.as_bytes(), &key).unwrap());
    TrustRoot { key, seed }
}

#[test]
fn the_record_is_proved_and_the_head_remembered() {
    let memory = Memory::of(files());
    let record = look_up(&memory).unwrap();
    assert_eq!((&*record.h1.to_string(), record.id), (H1_OF_1_27_3, 69_478_030));
    assert_eq!(record.head.size(), 70_835_252);
    assert_eq!(memory.remembered().as_bytes(), files()["/latest"]);
    // That head is the one that is built in.
    assert_eq!(go().seed.unwrap(), record.head);
}

#[test]
fn the_tree_begins_with_those_of_older_heads() {
    for older in older_heads() {
        let memory = Memory::of(files()).remembers(&older);
        assert_eq!(look_up(&memory).unwrap().head.size(), 70_835_252);
        assert_eq!(memory.remembered().as_bytes(), files()["/latest"]);
        // The same for who has the older one built in, and nothing remembered.
        let (memory, trust_root) = (Memory::of(files()), trust_root(Some(&older)));
        Client::new(&trust_root, &memory).lookup(&module(), None).unwrap();
    }
}

/// Answers with `lies` in place of what the log has; requires that nobody believes that, whatever
/// is remembered.
fn refuses(lies: &[(&str, &[u8])], what: &str) {
    for older in [None, Some(&older_heads()[0])] {
        let mut memory = Memory::of(files());
        memory = older.into_iter().fold(memory, |memory, note| memory.remembers(note));
        for (path, bytes) in lies {
            memory.serve(*path, *bytes);
        }
        let before = memory.remembered();
        let error = look_up(&memory).expect_err(what);
        // With another number, an answer is about a record whose tiles are not here.
        let is_answer = lies.iter().any(|(path, _)| *path == LOOKUP);
        assert!(is_answer || !error.is_inconclusive(), "{what}: {error}");
        assert_eq!(memory.remembered(), before, "{what}");
        // What was proved before may be kept, and is what the log has.
        let genuine = files();
        assert!(memory.tiles.borrow().iter().all(|(path, tile)| genuine[path] == *tile), "{what}");
    }
}

/// What a lookup asks for when an older head is remembered.
fn asked() -> Vec<String> {
    let memory = Memory::of(files()).remembers(&older_heads()[0]);
    look_up(&memory).unwrap();
    let mut asked = memory.asked.take();
    asked.sort();
    asked.dedup();
    asked
}

#[test]
fn one_changed_bit_is_noticed_in_every_tile_line_and_signature() {
    let (files, asked) = (files(), asked());
    let fresh = Memory::of(Rc::clone(&files));
    look_up(&fresh).unwrap();
    assert!(asked.len() >= 9, "{asked:?}");
    for path in &asked {
        // Who remembers nothing needs fewer of them.
        let everybody = fresh.asked.borrow().contains(path);
        let bytes = &files[path];
        // Every byte of what is signed; of tiles one in every fourth hash.
        let step = if path.starts_with("/tile/") { 4 * 32 + 1 } else { 1 };
        for at in (0..bytes.len()).step_by(step) {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            let what = format!("{path}: byte {at}");
            if everybody {
                refuses(&[(path, &changed)], &what);
                continue;
            }
            let memory = Memory::of(Rc::clone(&files)).remembers(&older_heads()[0]);
            memory.serve(path, changed);
            let error = look_up(&memory).expect_err(&what);
            assert!(!error.is_inconclusive(), "{what}: {error}");
        }
    }
}

#[test]
fn a_genuine_tile_in_the_place_of_another_is_noticed() {
    let files = files();
    let fresh = Memory::of(Rc::clone(&files));
    look_up(&fresh).unwrap();
    let mut tried = 0;
    for path in fresh.asked.take().iter().filter(|path| path.starts_with("/tile/")) {
        for (other, bytes) in files.iter().filter(|(other, _)| other.starts_with("/tile/")) {
            if other != path {
                refuses(&[(path, bytes)], &format!("{other} as {path}"));
                tried += 1;
            }
        }
    }
    assert!(tried > 50, "{tried}");
}

#[test]
fn an_answer_that_is_cut_short_or_about_something_else_is_refused() {
    let files = files();
    let answer = &files[LOOKUP];
    for length in 0..answer.len() {
        refuses(&[(LOOKUP, &answer[..length])], &format!("{length} bytes"));
    }
    let text = String::from_utf8(answer.clone()).unwrap();
    for (from, to) in [
        ("go1.27.3.linux-amd64", "go1.27.2.linux-amd64"),
        ("linux-amd64", "linux-arm64"),
        ("69478030\n", "69478031\n"),
    ] {
        refuses(&[(LOOKUP, text.replace(from, to).as_bytes())], to);
    }
    // Genuine records of other releases, and of other modules.
    for other in [GO1_21_9, X_MOD] {
        let memory = Memory::of(Rc::clone(&files));
        memory.serve(LOOKUP, other);
        look_up(&memory).unwrap_err();
        assert_eq!(memory.remembered(), "");
    }
}

/// A head that the log signed before the record was in it.
#[test]
fn a_shorter_tree_proves_nothing_and_takes_nothing_back() {
    let text = String::from_utf8(files()[LOOKUP].clone()).unwrap();
    let (record, _) = text.split_once("\n\n").unwrap();
    for older in older_heads() {
        let answer = format!("{record}\n\n{older}");
        let memory = Memory::of(files());
        memory.serve(LOOKUP, answer.clone());
        assert_eq!(look_up(&memory).unwrap().head.size(), 70_835_252);
        let (memory, naive) = (Memory::of(files()), trust_root(None));
        memory.serve(LOOKUP, answer);
        Client::new(&naive, &memory).lookup(&module(), None).unwrap_err();
        assert_eq!(memory.remembered(), "");
    }
}

#[test]
fn the_proof_can_be_carried_to_who_can_ask_nobody() {
    let (memory, go) = (Memory::of(files()), go());
    let recording = Recording::new(&memory);
    recording.start();
    let record = Client::new(&go, &recording).lookup(&module(), None).unwrap();
    let proof = OfflineProof { head: record.head.note().to_owned(), files: recording.files() };
    let check = |proof: &OfflineProof, nobody: &Memory| {
        Client::new(&go, nobody).check_offline(proof, &module())
    };
    let nobody = Memory::default();
    let found = check(&proof, &nobody).unwrap();
    assert_eq!(found.h1.to_string(), H1_OF_1_27_3);
    assert!(nobody.asked.borrow().is_empty());
    for (path, bytes) in &proof.files {
        let step = if path.starts_with("/tile/") { 4 * 32 + 1 } else { 7 };
        for at in (0..bytes.len()).step_by(step) {
            let mut lie = proof.clone();
            lie.files.get_mut(path).unwrap()[at] ^= 1;
            check(&lie, &Memory::default()).expect_err(path);
        }
    }
}

/// What a mirror serves of it convinces who knows nothing yet, and who knows an older head.
#[test]
fn the_part_of_a_mirror_proves_it() {
    let (memory, go) = (Memory::of(files()), go());
    let older = older_heads().map(|note| SignedHead::open(note.as_bytes(), &go.key).unwrap());
    let client = Client::new(&go, &memory);
    let bundle = client.proof_bundle([module()], &older).unwrap().unwrap();
    let answers = bundle.answers.into_iter().map(|(path, text)| (path, text.into_bytes()));
    let served: Rc<BTreeMap<_, _>> = Rc::new(bundle.tiles.into_iter().chain(answers).collect());
    assert!(served.len() < files().len());
    assert_eq!(look_up(&Memory::of(Rc::clone(&served))).unwrap().h1.to_string(), H1_OF_1_27_3);
    for note in older_heads() {
        look_up(&Memory::of(Rc::clone(&served)).remembers(&note)).unwrap();
    }
}
