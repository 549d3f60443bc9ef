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
use crate::common::random::Random;
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

/// Returns true when cases are left out by their names, so that a suite may have none.
pub(super) fn is_part() -> bool {
    env::var_os("GOWARD_TORTURE_ONLY").is_some()
}

/// The numbers of a suite, or of one case of it.
pub(super) fn random(suite: &str, case: usize) -> Random {
    let start = suite
        .bytes()
        .fold(seed(), |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    Random::new(start ^ (case as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15))
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

    /// A case is the same whatever the counts are, so that the command with its name repeats it.
    pub(super) fn failed(&mut self, case: impl Display, why: impl Display) {
        let repeat = self.repeat(&format!(" GOWARD_TORTURE_ONLY='{case}'"));
        self.failures.push(format!("{case}: {why}\n  repeat: {repeat}"));
    }

    /// For what no case has done alone.
    pub(super) fn failed_as_a_whole(&mut self, why: impl Display) {
        self.failures.push(format!("all: {why}\n  repeat: {}", self.repeat("")));
    }

    fn repeat(&self, only: &str) -> String {
        let count = env::var("GOWARD_TORTURE").ok();
        let count = count.map(|said| format!(" GOWARD_TORTURE={said}")).unwrap_or_default();
        format!(
            "GOWARD_TEST_FULL=1 GOWARD_SEED={}{count}{only} cargo test --test main -- {}",
            seed(),
            self.test
        )
    }

    /// Says what was tried, `cases` of them to their end, and fails when something failed.
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
        assert!(cases > 0 || is_part(), "{name}: nothing was tried");
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
