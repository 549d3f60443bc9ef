//! How much is tried, with which seed, and what is said of it.
//!
//! | variable | meaning |
//! |---|---|
//! | `GOWARD_TEST_FULL=1` | every suite with its full count |
//! | `GOWARD_TORTURE` | this count instead, in every suite |
//! | `GOWARD_SEED` | the seed of everything that is chosen or made up |
//! | `GOWARD_TORTURE_ONLY` | only cases whose name has this in it |
//! | `GOWARD_TORTURE_TABLE` | a file that gets a line for each suite |

use crate::common::is_full;
use std::env;
use std::fmt::Display;
use std::io::Write as _;
use std::time::Instant;

/// A number for everybody who names none: failures of CI can be repeated without looking for it.
const SEED: u64 = 20_260_828;

/// Returns how many cases to try.
pub(super) fn count(small: usize, full: usize) -> usize {
    let said = env::var("GOWARD_TORTURE").ok();
    said.and_then(|said| said.parse().ok()).unwrap_or(if is_full() { full } else { small })
}

pub(super) fn seed() -> u64 {
    env::var("GOWARD_SEED").ok().and_then(|said| said.parse().ok()).unwrap_or(SEED)
}

/// Returns true for a case that is to be tried.
pub(super) fn is_wanted(name: &str) -> bool {
    env::var("GOWARD_TORTURE_ONLY").map_or(true, |only| name.contains(&only))
}

/// A generator of numbers with equal sequences for equal seeds (`SplitMix64`).
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

impl Random {
    /// The sequence of a suite, or of one case of it.
    pub(super) fn new(suite: &str, case: usize) -> Self {
        let start = suite
            .bytes()
            .fold(seed(), |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        let mut random = Self(start ^ (case as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        _ = random.next();
        random
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, which is not 0.
    pub(super) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap()
    }

    pub(super) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    /// `count` of them, spread over all, in their order.
    pub(super) fn sample<T>(&mut self, mut all: Vec<T>, count: usize) -> Vec<T> {
        while all.len() > count {
            let at = self.below(all.len());
            all.remove(at);
        }
        all
    }
}

/// A suite that is running.
pub(super) struct Suite {
    name: &'static str,
    test: &'static str,
    started: Instant,
    failures: Vec<String>,
}

impl Suite {
    /// `test` is the path of the test in this binary.
    pub(super) fn new(name: &'static str, test: &'static str) -> Self {
        Self { name, test, started: Instant::now(), failures: Vec::new() }
    }

    pub(super) fn failed(&mut self, case: impl Display, why: impl Display) {
        let repeat = format!(
            "GOWARD_TEST_FULL=1 GOWARD_SEED={} GOWARD_TORTURE_ONLY='{case}' cargo test --test main -- {}",
            seed(),
            self.test
        );
        self.failures.push(format!("{case}: {why}\n  repeat: {repeat}"));
    }

    /// Says what was tried, and fails when something failed.
    #[track_caller]
    pub(super) fn end(mut self, cases: usize, what: &str) {
        let failures = std::mem::take(&mut self.failures);
        let (name, failed) = (self.name, failures.len());
        let seconds = self.started.elapsed().as_secs_f64();
        let line = format!("{name}\t{cases}\t{failed}\t{seconds:.0}\t{}\t{what}\n", seed());
        if let Some(table) = env::var_os("GOWARD_TORTURE_TABLE") {
            let table = std::fs::OpenOptions::new().create(true).append(true).open(table);
            table.unwrap().write_all(line.as_bytes()).unwrap();
        }
        _ = write!(std::io::stderr().lock(), "TORTURE: {line}");
        let is_part = env::var_os("GOWARD_TORTURE_ONLY").is_some();
        assert!(cases > 0 || is_part, "{name}: nothing was tried");
        let shown: Vec<_> = failures.iter().take(25).map(String::as_str).collect();
        assert!(failed == 0, "{name}: {failed} of {cases} failed\n{}", shown.join("\n"));
    }
}

/// A suite that stops early, because something is missing, has failed where it failed.
impl Drop for Suite {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert!(self.failures.is_empty(), "{}: {}", self.name, self.failures.join("\n"));
        }
    }
}
