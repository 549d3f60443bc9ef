//! A database in memory that can be made to lie, and what its client remembers.

use crate::log::{Signer, TestLog, record_of};
use gosumdb::{
    AuthenticTile, Client, ClientOps, Error, ErrorOf, Hash, Module, Record, SignedHead, TileHeight,
    TrustRoot, VerifierKey,
};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt;
use std::rc::Rc;

const GO_MOD: &str = "h1:8wlg68NqwW7eMnI1aABk/C2pDYXj8mrMY4TyRfiLeS0=";

/// Why a file was not served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unserved {
    NotFound,
    Down,
}

impl fmt::Display for Unserved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl std::error::Error for Unserved {}

/// The error of a client of [`Memory`].
pub(crate) type Failure = Error<Unserved, Infallible>;

/// What a log serves, and what was remembered of it.
#[derive(Default)]
pub(crate) struct Memory {
    pub(crate) files: Rc<BTreeMap<String, Vec<u8>>>,
    /// What it serves in place of some of them, or besides.
    pub(crate) lies: RefCell<BTreeMap<String, Vec<u8>>>,
    pub(crate) head: RefCell<Option<Vec<u8>>>,
    pub(crate) tiles: RefCell<BTreeMap<String, Vec<u8>>>,
    pub(crate) answers: RefCell<BTreeMap<String, Vec<u8>>>,
    /// What the database itself has, where `files` is a copy of it.
    pub(crate) log_files: Option<BTreeMap<String, Vec<u8>>>,
    pub(crate) evidence: RefCell<Option<String>>,
    pub(crate) asked: RefCell<Vec<String>>,
    /// What was announced before it was asked for.
    pub(crate) announced: RefCell<Vec<String>>,
    /// The heads of offline proofs.
    pub(crate) offline_heads: RefCell<Vec<Vec<u8>>>,
    /// What it does not have, it does not say that it has not.
    pub(crate) is_down: bool,
    /// What other clients write down just before this one does, in turn.
    pub(crate) rivals: RefCell<Vec<String>>,
}

impl Memory {
    pub(crate) fn of(files: impl Into<Rc<BTreeMap<String, Vec<u8>>>>) -> Self {
        Self { files: files.into(), ..Self::default() }
    }

    pub(crate) fn serve(&self, path: impl Into<String>, body: impl Into<Vec<u8>>) {
        self.lies.borrow_mut().insert(path.into(), body.into());
    }

    pub(crate) fn remembers(self, note: &str) -> Self {
        *self.head.borrow_mut() = Some(note.as_bytes().to_vec());
        self
    }

    pub(crate) fn remembered(&self) -> String {
        String::from_utf8(self.head.borrow().clone().unwrap_or_default()).unwrap()
    }
}

impl ClientOps for Memory {
    type FetchError = Unserved;
    type StorageError = Infallible;

    fn fetch(&self, path: &str, _limit: u64) -> Result<Vec<u8>, Unserved> {
        self.asked.borrow_mut().push(path.to_owned());
        let found = self.lies.borrow().get(path).or(self.files.get(path)).cloned();
        found.ok_or(if self.is_down { Unserved::Down } else { Unserved::NotFound })
    }

    fn prefetch(&self, paths: &[String], _limit: u64) {
        self.announced.borrow_mut().extend_from_slice(paths);
    }

    fn fetch_from_log(&self, path: &str, _limit: u64) -> Option<Result<Vec<u8>, Unserved>> {
        self.asked.borrow_mut().push(format!("log:{path}"));
        Some(self.log_files.as_ref()?.get(path).cloned().ok_or(Unserved::NotFound))
    }

    fn is_not_found(&self, error: &Unserved) -> bool {
        *error == Unserved::NotFound
    }

    fn read_head(&self) -> Result<Option<Vec<u8>>, Infallible> {
        Ok(self.head.borrow().clone())
    }

    fn replace_head(&self, old: Option<&[u8]>, new: &str) -> Result<bool, Infallible> {
        if let Some(rival) = self.rivals.borrow_mut().pop() {
            *self.head.borrow_mut() = Some(rival.into_bytes());
        }
        let same = self.head.borrow().as_deref() == old;
        if same {
            *self.head.borrow_mut() = Some(new.as_bytes().to_vec());
        }
        Ok(same)
    }

    fn head_location(&self) -> String {
        "/state/latest".to_owned()
    }

    fn read_offline_heads(&self) -> Result<Vec<Vec<u8>>, Infallible> {
        Ok(self.offline_heads.borrow().clone())
    }

    fn add_offline_head(&self, _size: u64, note: &str) -> Result<(), Infallible> {
        self.offline_heads.borrow_mut().push(note.as_bytes().to_vec());
        Ok(())
    }

    fn clear_offline_heads(&self) {
        self.offline_heads.borrow_mut().clear();
    }

    fn offline_heads_location(&self) -> String {
        "/state/offline".to_owned()
    }

    fn read_tile(&self, path: &str) -> Option<Vec<u8>> {
        self.tiles.borrow().get(path).cloned()
    }

    fn write_tile(&self, tile: &AuthenticTile) {
        self.tiles.borrow_mut().insert(tile.path(), tile.bytes());
    }

    fn read_answer(&self, path: &str) -> Option<Vec<u8>> {
        self.answers.borrow().get(path).cloned()
    }

    fn write_answer(&self, path: &str, answer: &[u8]) {
        self.answers.borrow_mut().insert(path.to_owned(), answer.to_vec());
    }

    fn write_evidence(&self, evidence: &str) -> Result<Option<String>, Infallible> {
        *self.evidence.borrow_mut() = Some(evidence.to_owned());
        Ok(Some("/state/fork".to_owned()))
    }
}

/// The module of record `id`.
pub(crate) fn module(id: usize) -> Module {
    Module::toolchain(&version(id)).unwrap()
}

fn version(id: usize) -> String {
    format!("v0.0.1-go1.{}.{}.linux-amd64", 21 + id / 1000, id % 1000)
}

pub(crate) fn h1(id: usize, variant: u8) -> String {
    let bytes = [&id.to_be_bytes()[..], &[variant; 24]].concat();
    format!("h1:{}", Hash::from(<[u8; 32]>::try_from(bytes).unwrap()))
}

/// Records of toolchains; those from `fork` on are other ones for each `variant`.
pub(crate) fn records(size: usize, fork: usize, variant: u8) -> Vec<String> {
    let record = |id: usize| {
        let h1 = h1(id, if id < fork { 0 } else { variant });
        record_of("golang.org/toolchain", &version(id), &h1, GO_MOD)
    };
    (0..size).map(record).collect()
}

pub(crate) fn signer() -> Signer {
    Signer::new("log.example", 1)
}

pub(crate) fn key() -> VerifierKey {
    VerifierKey::parse(&signer().key_text()).unwrap()
}

/// The signed head of the first `size` records.
pub(crate) fn head_of(log: &TestLog, size: usize) -> SignedHead {
    SignedHead::open(log.note(size).as_bytes(), &key()).unwrap()
}

pub(crate) fn height(height: u32) -> TileHeight {
    TileHeight::new(height).unwrap()
}

pub(crate) fn log(size: usize, height: u32) -> TestLog {
    TestLog::with_height(signer(), records(size, size, 0), height)
}

/// Two logs with one key that part at record `at`.
pub(crate) fn parted(at: usize, size: usize) -> [TestLog; 2] {
    [0, 1].map(|variant| TestLog::new(signer(), records(size, at, variant)))
}

pub(crate) fn trust_root(seed: Option<&str>) -> TrustRoot {
    let key = key();
    let seed = seed.map(|note| SignedHead::open(note.as_bytes(), &key).unwrap());
    TrustRoot { key, seed }
}

pub(crate) fn ask<O: ClientOps>(
    ops: &O,
    trust_root: &TrustRoot,
    tile_height: u32,
    id: usize,
) -> Result<Record, ErrorOf<O>> {
    Client::new(trust_root, ops).tile_height(height(tile_height)).lookup(&module(id), None)
}
