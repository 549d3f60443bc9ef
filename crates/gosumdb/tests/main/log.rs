//! A log of our own: its key, its tree, and what it answers, honestly.
//!
//! Written without the code of the client, so that the two can be compared; that this one speaks
//! the real protocol is shown by the real `go` (`tests/real/log.rs` of goward). Tests that need
//! lies change the answers.

#![allow(dead_code, reason = "included by unit tests and by tests/")]

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{Ed25519KeyPair, KeyPair};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;

type Hash = [u8; 32];

/// A key that signs.
pub(crate) struct Signer {
    name: String,
    pair: Ed25519KeyPair,
}

impl Signer {
    /// Makes the key that belongs to a number.
    pub(crate) fn new(name: &str, number: u8) -> Self {
        let pair = Ed25519KeyPair::from_seed_unchecked(&[number; 32]).unwrap();
        Self { name: name.to_owned(), pair }
    }

    fn encoded(&self) -> Vec<u8> {
        [&[1], self.pair.public_key().as_ref()].concat()
    }

    fn id(&self) -> [u8; 4] {
        let sum = Sha256::digest([self.name.as_bytes(), b"\n", &self.encoded()].concat());
        sum[..4].try_into().unwrap()
    }

    /// Returns the key to check with, as in GOSUMDB.
    pub(crate) fn key_text(&self) -> String {
        let id = u32::from_be_bytes(self.id());
        format!("{}+{id:08x}+{}", self.name, STANDARD.encode(self.encoded()))
    }

    /// Returns the signature of a text in base64.
    pub(crate) fn signature(&self, text: &str) -> String {
        STANDARD.encode([&self.id(), self.pair.sign(text.as_bytes()).as_ref()].concat())
    }

    /// Returns the line that a note has for the signature.
    pub(crate) fn line(&self, text: &str) -> String {
        format!("\u{2014} {} {}\n", self.name, self.signature(text))
    }

    /// Returns a signed note.
    pub(crate) fn note(&self, text: &str) -> String {
        format!("{text}\n{}", self.line(text))
    }
}

/// Returns what the log's record of a module says, for `path` and `version` with these hashes.
pub(crate) fn record_of(path: &str, version: &str, h1: &str, go_mod: &str) -> String {
    format!("{path} {version} {h1}\n{path} {version}/go.mod {go_mod}\n")
}

/// A log that tells the truth about its records.
pub(crate) struct TestLog {
    signer: Signer,
    height: u32,
    records: Vec<String>,
    /// The hashes of all complete subtrees, by level.
    levels: Vec<Vec<Hash>>,
}

fn pair(left: &Hash, right: &Hash) -> Hash {
    Sha256::digest([&[1], left.as_slice(), right].concat()).into()
}

impl TestLog {
    /// Makes a log of these records, with tiles of height 8.
    pub(crate) fn new(signer: Signer, records: Vec<String>) -> Self {
        Self::with_height(signer, records, 8)
    }

    /// Makes a log with tiles of another height.
    pub(crate) fn with_height(signer: Signer, records: Vec<String>, height: u32) -> Self {
        let leaf = |record: &String| Sha256::digest([&[0], record.as_bytes()].concat()).into();
        let mut levels: Vec<Vec<Hash>> = vec![records.iter().map(leaf).collect()];
        while levels.last().is_some_and(|level| level.len() > 1) {
            let below = levels.last().unwrap().chunks_exact(2);
            levels.push(below.map(|two| pair(&two[0], &two[1])).collect());
        }
        Self { signer, height, records, levels }
    }

    /// Returns who signs its heads.
    pub(crate) fn signer(&self) -> &Signer {
        &self.signer
    }

    /// Returns the number of its records.
    pub(crate) fn size(&self) -> usize {
        self.records.len()
    }

    /// Returns a record.
    pub(crate) fn record(&self, id: usize) -> &str {
        &self.records[id]
    }

    /// Returns the hash of the leaves `low..high` (RFC 6962, 2.1).
    fn hash(&self, low: usize, high: usize) -> Hash {
        let size = high - low;
        if size.is_power_of_two() && low.is_multiple_of(size) {
            let level = size.ilog2();
            return self.levels[level as usize][low >> level];
        }
        let middle = low + (1 << (size - 1).ilog2());
        pair(&self.hash(low, middle), &self.hash(middle, high))
    }

    /// Returns the text of the head of the first `size` records.
    pub(crate) fn head(&self, size: usize) -> String {
        format!("go.sum database tree\n{size}\n{}\n", STANDARD.encode(self.hash(0, size)))
    }

    /// Returns the head, signed.
    pub(crate) fn note(&self, size: usize) -> String {
        self.signer.note(&self.head(size))
    }

    /// Returns the answer to a lookup of a record, with the head of the first `size`.
    pub(crate) fn answer(&self, id: usize, size: usize) -> String {
        format!("{id}\n{}\n{}", self.records[id], self.note(size))
    }

    /// Returns where a record is asked for.
    pub(crate) fn lookup_path(&self, id: usize) -> String {
        let mut words = self.records[id].split(' ');
        format!("/lookup/{}@{}", words.next().unwrap(), words.next().unwrap())
    }

    /// Returns all that the log has when it has `size` records, by path. Of the tiles that are not
    /// full it has those at the edge, and no longer those of smaller trees.
    pub(crate) fn files(&self, size: usize) -> BTreeMap<String, Vec<u8>> {
        let note = self.note(size);
        let mut files = self.tiles(size);
        for id in 0..size {
            let answer = format!("{id}\n{}\n{note}", self.records[id]);
            files.entry(self.lookup_path(id)).or_insert(answer.into_bytes());
        }
        files.insert("/latest".to_owned(), note.into_bytes());
        files
    }

    /// Returns the tiles of the first `size` records, by path.
    pub(crate) fn tiles(&self, size: usize) -> BTreeMap<String, Vec<u8>> {
        let mut tiles = BTreeMap::new();
        for level in (0..).take_while(|level| size >> (level * self.height) > 0) {
            let entries = size >> (level * self.height);
            let hashes = &self.levels[(level * self.height) as usize][..entries];
            for (index, tile) in hashes.chunks(1 << self.height).enumerate() {
                let mut path = format!("/tile/{}/{level}/", self.height);
                if index >= 1000 {
                    _ = write!(path, "x{:03}/", index / 1000);
                }
                _ = write!(path, "{:03}", index % 1000);
                if tile.len() < 1 << self.height {
                    _ = write!(path, ".p/{}", tile.len());
                }
                tiles.insert(path, tile.concat());
            }
        }
        tiles
    }
}
