//! Notes and proofs against another implementation, the crates `signed_note` and `tlog_tiles`: what
//! one takes and the other refuses is a fault of one of them, or one of the few differences written
//! down here.

use crate::log::Signer;
use crate::memory::{Memory, head_of, log, signer};
use gosumdb::{Hash, SUM_GOLANG_ORG, TileHeight, Tiles, TrustRoot, VerifierKey};
use signed_note::{Note, StandardVerifier, VerifierList};
use std::collections::BTreeMap;
use tlog_tiles::{
    HashReader, Tile, TileHashReader, TileReader, check_record, check_tree, prove_record,
    prove_tree, stored_hash_index,
};

/// The size of the log.
const SIZE: usize = 300;

/// Numbers with equal sequences for equal seeds (`SplitMix64`).
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `end`, which is not 0.
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % end as u64).unwrap()
    }
}

/// The text of a note that the other implementation believes.
fn theirs(note: &[u8], key: &str) -> Option<String> {
    let known = VerifierList::new(vec![Box::new(StandardVerifier::new(key).unwrap())]);
    let note = Note::from_bytes(note).ok()?;
    note.verify(&known).ok()?;
    Some(String::from_utf8(note.text().to_vec()).unwrap())
}

/// The text of a note that this crate believes.
fn ours(note: &[u8], key: &str) -> Option<String> {
    let key = VerifierKey::parse(key).unwrap();
    let note = gosumdb::note::open(note, &key).ok()?;
    Some(note.text.to_owned())
}

#[test]
fn the_same_notes_are_believed() {
    let (log, key) = (log(SIZE, 8), signer().key_text());
    let mut random = Random::new(1);
    let other = Signer::new("witness.example", 3);
    let mut believed = 0;
    for round in 0..4000 {
        let size = 1 + random.below(SIZE);
        let mut note = log.note(size).into_bytes();
        if round % 5 == 0 {
            note.extend(other.line(&log.head(size)).into_bytes());
        }
        // A note as it is, and others that were changed a little.
        for _ in 0..random.below(3) {
            let at = random.below(note.len());
            match random.below(5) {
                0 => note[at] ^= 1 << random.below(8),
                1 => drop(note.remove(at)),
                2 => note.insert(at, b"\n \tA=\x80"[random.below(6)]),
                3 => note.truncate(at),
                _ => {
                    let end = (at + random.below(40)).min(note.len());
                    let part = note[at..end].to_vec();
                    note.splice(at..at, part);
                }
            }
            if note.is_empty() {
                break;
            }
        }
        let (ours, theirs) = (ours(&note, &key), theirs(&note, &key));
        let shown = String::from_utf8_lossy(&note);
        // A second signature by the key that is wrong is a reason for this crate alone.
        if ours.is_none() && theirs.is_some() {
            let marks = shown.matches("\u{2014} log.example ").count();
            assert!(marks > 1, "only this crate refuses it:\n{shown}");
            continue;
        }
        assert_eq!(ours, theirs, "{shown}");
        believed += usize::from(ours.is_some());
    }
    assert!(believed > 500 && believed < 3000, "{believed}");
}

#[test]
fn go_signed_what_both_believe() {
    let key = SUM_GOLANG_ORG;
    let note = TrustRoot::sum_golang_org().unwrap().seed.unwrap();
    let text = ours(note.note().as_bytes(), key).unwrap();
    assert_eq!(theirs(note.note().as_bytes(), key), Some(text));
    assert_eq!(theirs(note.note().replace('1', "2").as_bytes(), key), None);
}

/// The tiles of a log, as the other implementation reads them.
struct Served(BTreeMap<String, Vec<u8>>);

impl TileReader for Served {
    fn height(&self) -> u8 {
        8
    }

    fn read_tiles(&self, tiles: &[Tile]) -> Result<Vec<Vec<u8>>, tlog_tiles::Error> {
        let read = |tile: &Tile| {
            let found = self.0.get(&format!("/{}", tile.path())).cloned();
            found.ok_or(tlog_tiles::Error::InvalidTile)
        };
        tiles.iter().map(read).collect()
    }

    fn save_tiles(&self, _: &[Tile], _: &[Vec<u8>]) {}
}

fn hash(hash: &Hash) -> tlog_tiles::Hash {
    tlog_tiles::Hash(*hash.as_bytes())
}

#[test]
fn the_same_tiles_prove_the_same_things() {
    let log = log(SIZE, 8);
    let mut random = Random::new(2);
    let (mut proved, mut refused) = (0, 0);
    for round in 0..60 {
        let size = 2 + random.below(SIZE - 1);
        let mut tiles = log.tiles(size);
        let names: Vec<String> = tiles.keys().cloned().collect();
        // Every other time one bit of a tile is another one.
        let mut changed = None;
        if round % 2 == 1 {
            let name = &names[random.below(names.len())];
            changed = Some(name);
            let tile = tiles.get_mut(name).unwrap();
            let at = random.below(tile.len());
            tile[at] ^= 1 << random.below(8);
        }
        let memory = Memory::of(tiles.clone());
        let reference = Served(tiles);
        let signed = head_of(&log, size);
        let head = signed.head();
        let reader = TileHashReader::new(head.size, hash(&head.hash), &reference);
        for _ in 0..4 {
            // A record, and an older tree that this one has to begin with.
            let (id, old) = (random.below(size) as u64, 1 + random.below(size) as u64);
            let leaf = Hash::of_record(log.record(usize::try_from(id).unwrap()));
            let mut ours = Tiles::open(&signed, TileHeight::default(), &memory);
            let record = ours
                .as_mut()
                .is_ok_and(|tiles| tiles.subtree(0, id).is_ok_and(|found| found == leaf));
            let begins = ours.as_mut().ok().and_then(|tiles| tiles.range(0, old).ok());
            let th = hash(&head.hash);
            let their_record = reader
                .read_hashes(&[stored_hash_index(0, id)])
                .is_ok_and(|found| found[0] == hash(&leaf));
            let their_old = tlog_tiles::tree_hash(old, &reader).ok();
            // The order in which the two read tiles differs: one that is wrong and not needed counts for
            // neither, so what is compared is what they say of the same question.
            // The other one passes over a full tile that is not what the tile above says, if the tree's hash is
            // of more parts than tiles (CVE-2026-56865).
            let is_passed_over = changed.is_some_and(|name| !name.contains(".p/"));
            if !(is_passed_over && !record && their_record) {
                assert_eq!(record, their_record, "{size} {id} {round}");
            }
            if !(is_passed_over && begins.is_none() && their_old.is_some()) {
                assert_eq!(begins.as_ref().map(hash), their_old, "{size} {old} {round}");
            }
            if record {
                let proof = prove_record(head.size, id, &reader);
                if let Ok(proof) = proof {
                    check_record(&proof, head.size, th, id, hash(&leaf)).unwrap();
                }
                proved += 1;
            } else {
                refused += 1;
            }
            if let Some(begins) = begins {
                let honest = head_of(&log, usize::try_from(old).unwrap());
                assert_eq!(begins, honest.head().hash);
                if let Ok(proof) = prove_tree(head.size, old, &reader) {
                    check_tree(&proof, head.size, th, old, hash(&begins)).unwrap();
                }
            }
        }
    }
    assert!(proved > 100 && refused > 10, "{proved} {refused}");
}

#[test]
fn tiles_have_the_same_names() {
    for (size, height) in [(300_u64, 8_u8), (70_835_252, 8), (1, 8), (256, 8), (65_536, 8)] {
        for tile in Tile::new_tiles(height, 0, size).iter().rev().take(6) {
            let path = tile.path();
            let parsed = Tile::from_path(&path).unwrap();
            assert_eq!(&parsed, tile);
        }
    }
    let log = log(SIZE, 8);
    let theirs: Vec<String> =
        Tile::new_tiles(8, 0, SIZE as u64).iter().map(|tile| format!("/{}", tile.path())).collect();
    let mut served: Vec<String> = log.tiles(SIZE).into_keys().collect();
    let mut theirs = theirs;
    theirs.sort();
    served.sort();
    assert_eq!(theirs, served);
}
