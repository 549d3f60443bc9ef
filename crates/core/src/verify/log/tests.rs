//! The client against a log in memory that can be made to lie in every tile.

use super::samples::{Signer, TestLog, record_of};
use super::tiles::TileProblem;
use super::*;
use crate::net::Url;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

const GO_MOD: &str = "h1:8wlg68NqwW7eMnI1aABk/C2pDYXj8mrMY4TyRfiLeS0=";

/// What a log serves, and what was remembered of it.
#[derive(Default)]
pub(super) struct Memory {
    pub(super) files: Rc<BTreeMap<String, Vec<u8>>>,
    /// What it serves in place of some of them, or besides.
    pub(super) lies: RefCell<BTreeMap<String, Vec<u8>>>,
    pub(super) head: RefCell<Option<Vec<u8>>>,
    pub(super) tiles: RefCell<BTreeMap<String, Vec<u8>>>,
    pub(super) evidence: RefCell<Option<String>>,
    pub(super) asked: RefCell<Vec<String>>,
    /// The heads of staples.
    pub(super) stapled: RefCell<Vec<Vec<u8>>>,
    /// What it does not have, it does not say that it has not.
    is_down: bool,
    /// What another process writes down just before we do.
    rival: RefCell<Option<String>>,
}

impl Memory {
    pub(super) fn of(files: impl Into<Rc<BTreeMap<String, Vec<u8>>>>) -> Self {
        Self { files: files.into(), ..Self::default() }
    }

    pub(super) fn serve(&self, path: impl Into<String>, body: impl Into<Vec<u8>>) {
        self.lies.borrow_mut().insert(path.into(), body.into());
    }

    pub(super) fn remembers(self, note: &str) -> Self {
        *self.head.borrow_mut() = Some(note.as_bytes().to_vec());
        self
    }

    pub(super) fn remembered(&self) -> String {
        String::from_utf8(self.head.borrow().clone().unwrap_or_default()).unwrap()
    }
}

impl Outside for Memory {
    fn fetch(&self, path: &str, _limit: u64) -> Result<Vec<u8>, NetError> {
        self.asked.borrow_mut().push(path.to_owned());
        let found = self.lies.borrow().get(path).or(self.files.get(path)).cloned();
        found.ok_or_else(|| {
            let url = Url::parse("https://log.example").unwrap();
            let down = || Problem::Answer("down for maintenance".to_owned());
            let problem = if self.is_down { down() } else { Problem::NotFound(404) };
            NetError::new("a part of the log", &url, problem, 1)
        })
    }

    fn read_head(&self) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.head.borrow().clone())
    }

    fn replace_head(&self, old: Option<&[u8]>, new: &str) -> Result<bool, Error> {
        if let Some(rival) = self.rival.borrow_mut().take() {
            *self.head.borrow_mut() = Some(rival.into_bytes());
        }
        let same = self.head.borrow().as_deref() == old;
        if same {
            *self.head.borrow_mut() = Some(new.as_bytes().to_vec());
        }
        Ok(same)
    }

    fn head_place(&self) -> String {
        "/state/latest".to_owned()
    }

    fn read_stapled(&self) -> Result<Vec<Vec<u8>>, Error> {
        Ok(self.stapled.borrow().clone())
    }

    fn keep_stapled(&self, _size: u64, note: &str) -> Result<(), Error> {
        self.stapled.borrow_mut().push(note.as_bytes().to_vec());
        Ok(())
    }

    fn forget_stapled(&self) {
        self.stapled.borrow_mut().clear();
    }

    fn stapled_place(&self) -> String {
        "/state/stapled".to_owned()
    }

    fn read_tile(&self, path: &str) -> Option<Vec<u8>> {
        self.tiles.borrow().get(path).cloned()
    }

    fn write_tile(&self, tile: &AuthenticTile) {
        self.tiles.borrow_mut().insert(tile.path(), tile.bytes());
    }

    fn write_evidence(&self, evidence: &str) -> Result<Option<PathBuf>, Error> {
        *self.evidence.borrow_mut() = Some(evidence.to_owned());
        Ok(Some(PathBuf::from("/state/fork")))
    }
}

pub(super) fn version(id: usize) -> GoVersion {
    GoVersion::parse(&format!("1.{}.{}", 21 + id / 1000, id % 1000)).unwrap()
}

pub(super) fn linux() -> Platform {
    Platform::parse("linux/amd64").unwrap()
}

pub(super) fn h1(id: usize, variant: u8) -> String {
    let bytes = [&id.to_be_bytes()[..], &[variant; 24]].concat();
    format!("h1:{}", Hash::from(<[u8; 32]>::try_from(bytes).unwrap()))
}

/// Records of toolchains; those from `fork` on are other ones for each `variant`.
pub(super) fn records(size: usize, fork: usize, variant: u8) -> Vec<String> {
    let record = |id: usize| {
        let version = format!("v0.0.1-{}.linux-amd64", version(id));
        let h1 = h1(id, if id < fork { 0 } else { variant });
        record_of("golang.org/toolchain", &version, &h1, GO_MOD)
    };
    (0..size).map(record).collect()
}

pub(super) fn signer() -> Signer {
    Signer::new("log.example", 1)
}

pub(super) fn log(size: usize, height: u32) -> TestLog {
    TestLog::with_height(signer(), records(size, size, 0), height)
}

pub(super) fn authority(seed: Option<&str>) -> Authority {
    let key = signer().key();
    let seed = seed.map(|note| SignedHead::open(note.as_bytes(), &key).unwrap());
    Authority { key, seed }
}

pub(super) fn ask(
    memory: &Memory,
    authority: &Authority,
    height: u32,
    id: usize,
) -> Result<Logged, LogError> {
    let log = Log { height, ..Log::new(authority, memory) };
    log.lookup(version(id), linux(), None)
}

#[test]
fn an_honest_log_proves_every_record_of_every_size() {
    let authority = authority(None);
    for height in [1, 2, 3, 8] {
        let log = log(70, height);
        for size in 1..=log.size() {
            let memory = Memory::of(log.files(size));
            for id in 0..size {
                let logged = ask(&memory, &authority, height, id).unwrap();
                assert_eq!(logged.h1.as_str(), h1(id, 0), "height {height}, size {size}");
                assert_eq!((logged.record, logged.head.size()), (id as u64, size as u64));
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
            ask(&memory, &authority(None), height, 0).unwrap();
            assert_eq!(memory.remembered(), newer, "height {height}, {old} before {new}");
            // An answer of the past changes nothing.
            let memory = Memory::of(log.files(new)).remembers(&newer);
            memory.serve(log.lookup_path(0), log.answer(0, old));
            assert_eq!(ask(&memory, &authority(None), height, 0).unwrap().head.note(), newer);
            assert_eq!(memory.remembered(), newer, "height {height}, {old} after {new}");
            // The head that is built in counts like one that is remembered.
            let memory = Memory::of(log.files(new));
            ask(&memory, &authority(Some(&older)), height, 0).unwrap();
            assert_eq!(memory.remembered(), newer);
        }
    }
}

/// Proves one record, as a lookup does after it checked the signature.
fn prove(memory: &Memory, head: Head, height: u32, id: usize) -> Result<Hash, LogError> {
    Tiles::open(head, height, memory)?.subtree(0, id as u64)
}

/// Tells lies about the tiles of a tree; returns how many. Each has to be noticed.
fn sweep(size: usize, height: u32, ids: &[usize]) -> usize {
    let log = log(size, height);
    let head = Head::parse(&log.head(size)).unwrap();
    let honest = Rc::new(log.tiles(size));
    let mut lies = 0;
    for &id in ids {
        let memory = Memory::of(honest.clone());
        assert_eq!(prove(&memory, head, height, id).unwrap(), Hash::of_record(log.record(id)));
        let tiles = memory.asked.take();
        let mut lie = |changes: &[(&String, &[u8])]| {
            let memory = Memory::of(honest.clone());
            for (path, bytes) in changes {
                memory.serve(*path, *bytes);
            }
            lies += 1;
            let proved = prove(&memory, head, height, id);
            for (path, bytes) in &*memory.tiles.borrow() {
                assert_eq!(honest.get(path), Some(bytes), "{path} was kept");
            }
            match proved {
                Err(LogError::Tile { problem, .. }) => problem,
                other => panic!("size {size}, height {height}, record {id}: {other:?}"),
            }
        };
        let mut flipped = Vec::new();
        for path in &tiles {
            let bytes = &honest[path];
            let wrong = if path.contains(".p/") { TileProblem::Edge } else { TileProblem::Above };
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
                let want = TileProblem::Length(changed.len(), end);
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
        let error = ask(&memory, &authority(None), 8, 3).unwrap_err();
        assert!(matches!(error, LogError::Tile { .. }) && !error.is_outage(), "{path}: {error}");
        assert_eq!(memory.remembered(), log.note(7));
        assert_eq!(memory.tiles.borrow().len(), 0);
    }
}

/// Two logs with one key that part at record `at`; returns the older and the newer one.
pub(super) fn parted(at: usize, size: usize) -> [TestLog; 2] {
    [0, 1].map(|variant| TestLog::new(signer(), records(size, at, variant)))
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
            let error = ask(&memory, &authority(None), 8, 0).unwrap_err();
            let LogError::Fork { fork, evidence } = error else {
                panic!("{at} {old} {new}: {error}")
            };
            assert_eq!(evidence, Some(PathBuf::from("/state/fork")));
            assert_eq!(memory.remembered(), remembered, "what was remembered stays");
            let text = memory.evidence.borrow().clone().unwrap();
            for head in [&fork.older, &fork.newer] {
                assert!(text.contains(head.note()), "{text}");
            }
            assert_ne!(fork.older.head().hash, fork.newer.head().hash);
            check_proof(&fork);
            // It does not heal: the same again is the same error.
            assert!(matches!(ask(&memory, &authority(None), 8, 0), Err(LogError::Fork { .. })));
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
    let error = ask(&memory, &authority(Some(&ours.note(10))), 8, 0).unwrap_err();
    assert!(matches!(error, LogError::Fork { .. }), "{error}");
    let known = SignedHead::open(ours.note(10).as_bytes(), &signer().key()).unwrap();
    let authority = authority(None);
    let error =
        Log::new(&authority, &memory).lookup(version(0), linux(), Some(&known)).unwrap_err();
    assert!(matches!(error, LogError::Fork { .. }), "{error}");
    assert_eq!(memory.remembered(), "");
    // Before they parted they were one.
    let known = SignedHead::open(ours.note(5).as_bytes(), &signer().key()).unwrap();
    Log::new(&authority, &memory).lookup(version(0), linux(), Some(&known)).unwrap();
}

#[test]
fn a_damaged_memory_is_not_forgotten() {
    let log = log(10, 8);
    let good = log.note(5);
    let other = Signer::new("log.example", 2).note(&log.head(5));
    for damaged in ["", "\n", &good[..good.len() - 5], &good.replace("\n5\n", "\n4\n"), &other] {
        let memory = Memory::of(log.files(10)).remembers(damaged);
        let error = ask(&memory, &authority(None), 8, 0).unwrap_err();
        assert!(matches!(error, LogError::Memory { .. }), "{damaged:?}: {error}");
        assert!(!error.is_outage());
        assert_eq!((memory.remembered().as_str(), memory.asked.take().len()), (damaged, 0));
    }
}

#[test]
fn the_larger_of_two_heads_stays_when_two_processes_write() {
    let log = log(300, 8);
    for (rival, want) in [(7, 200), (250, 250), (200, 200)] {
        let memory = Memory::of(log.files(200)).remembers(&log.note(5));
        *memory.rival.borrow_mut() = Some(log.note(rival));
        memory.lies.borrow_mut().extend(log.tiles(rival));
        assert_eq!(ask(&memory, &authority(None), 8, 0).unwrap().head.size(), 200);
        assert_eq!(memory.remembered(), log.note(want), "{rival}");
    }
    // What the other process was told is another history.
    let [ours, theirs] = parted(5, 300);
    let memory = Memory::of(ours.files(200)).remembers(&ours.note(5));
    *memory.rival.borrow_mut() = Some(theirs.note(100));
    let error = ask(&memory, &authority(None), 8, 0).unwrap_err();
    assert!(matches!(error, LogError::Fork { .. }), "{error}");
    assert_eq!(memory.remembered(), theirs.note(100));
}

#[test]
fn tiles_are_kept_and_a_damaged_one_is_fetched_again() {
    let log = log(600, 8);
    let memory = Memory::of(log.files(600));
    ask(&memory, &authority(None), 8, 0).unwrap();
    let kept: Vec<String> = memory.tiles.borrow().keys().cloned().collect();
    assert_eq!(kept, ["/tile/8/0/000"]);
    let fetched = |memory: &Memory| memory.asked.take().iter().any(|path| path == "/tile/8/0/000");
    assert!(fetched(&memory));
    ask(&memory, &authority(None), 8, 1).unwrap();
    assert!(!fetched(&memory));
    for damaged in [Vec::new(), vec![0; 8192], vec![0; 10]] {
        memory.tiles.borrow_mut().insert("/tile/8/0/000".to_owned(), damaged);
        ask(&memory, &authority(None), 8, 1).unwrap();
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
        let error = ask(&memory, &authority(None), 8, 0).unwrap_err();
        assert!(error.is_outage(), "{error}");
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
    assert_eq!(ask(&memory, &authority(None), 8, 0).unwrap().head.size(), 100);
}
