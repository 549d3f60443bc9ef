//! Several connections for one file, where one is slow.
//!
//! Some servers, and what is on the way to them, give each connection a share of its own. What comes
//! over one connection is timed ([`Speed`]); when that is slow, [`SplitDownload`] fetches the rest in pieces over
//! several, and gives them in order, with only so much ahead of the reader.

use super::Problem;
use super::remote_file::Ranges;
use crate::threads;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How many bytes are asked for at once.
const PIECE: u64 = 2 << 20;

/// How many pieces may be on their way or wait for the reader.
const AHEAD: u64 = 8;

/// How much has to have come before a connection is found slow, in bytes.
const ENOUGH: u64 = 1 << 20;

/// How long it has to have been waited for.
const LONG_ENOUGH: Duration = Duration::from_millis(300);

/// What is slow: fewer bytes in a second (100 Mbit/s).
const SLOW: u64 = 12_500_000;

/// How fast a connection is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Speed {
    bytes: u64,
    waited: Duration,
}

impl Speed {
    /// Counts bytes and the time spent waiting for them, not the time that the reader took.
    pub(super) fn count(&mut self, bytes: usize, waited: Duration) {
        self.bytes += bytes as u64;
        self.waited += waited;
    }

    /// Returns true once enough has come to know that it comes slowly.
    pub(super) fn is_slow(self) -> bool {
        let could = u128::from(SLOW) * self.waited.as_millis() / 1000;
        self.bytes >= ENOUGH && self.waited >= LONG_ENOUGH && u128::from(self.bytes) < could
    }
}

/// The rest of a file, over several connections.
#[derive(Debug)]
pub(super) struct SplitDownload {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    ranges: Ranges,
    /// Where the first piece begins.
    start: u64,
    /// Where the reader will stop.
    end: Arc<AtomicU64>,
    /// How often a piece broke off.
    interruptions: AtomicU32,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// What has come of each piece that was begun and not read yet.
    pieces: BTreeMap<u64, Piece>,
    /// The piece that is begun next.
    next: u64,
    /// The piece that is read.
    read: u64,
    /// Nobody begins another piece.
    is_over: bool,
}

#[derive(Debug, Default)]
struct Piece {
    bytes: Vec<u8>,
    /// How many it will have.
    length: u64,
    /// How many of them the reader has.
    read: usize,
    failed: Option<Problem>,
}

impl SplitDownload {
    /// Begins to fetch a file from `start` to `end`, over `count` connections.
    pub(super) fn start(ranges: Ranges, start: u64, end: Arc<AtomicU64>, count: usize) -> Self {
        let (state, changed, interruptions) = Default::default();
        let shared = Arc::new(Shared { ranges, start, end, interruptions, state, changed });
        let started = (0..count).map_while(|_| {
            let shared = Arc::clone(&shared);
            threads::start_alone(move || shared.work()).ok()
        });
        if started.count() == 0 {
            // The reader goes on alone.
            let failed = Some(Problem::Cut(start));
            shared.lock().pieces.insert(0, Piece { failed, ..Piece::default() });
        }
        Self { shared }
    }

    /// Reads some bytes, in order; waits for them.
    ///
    /// # Errors
    ///
    /// Why a piece cannot be had. What came of it before was read.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Problem> {
        let shared = &*self.shared;
        let mut state = shared.lock();
        loop {
            let read = state.read;
            let Some(piece) = state.pieces.get_mut(&read) else {
                state = shared.wait(state);
                continue;
            };
            let ready = &piece.bytes[piece.read..];
            if !ready.is_empty() {
                let count = ready.len().min(buffer.len());
                buffer[..count].copy_from_slice(&ready[..count]);
                piece.read += count;
                if piece.read as u64 == piece.length {
                    state.pieces.remove(&read);
                    state.read += 1;
                    shared.changed.notify_all();
                }
                return Ok(count);
            }
            if let Some(problem) = piece.failed.take() {
                return Err(problem);
            }
            state = shared.wait(state);
        }
    }
}

impl Drop for SplitDownload {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.is_over = true;
        state.pieces.clear();
        self.shared.changed.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        self.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns what a piece has of the file, if there is such a piece.
    fn span(&self, index: u64) -> Option<Range<u64>> {
        let begin = self.start + index * PIECE;
        let end = self.ranges.total.min(self.end.load(Ordering::Relaxed)).min(begin + PIECE);
        (begin < end).then_some(begin..end)
    }

    /// Fetches pieces until there are none, or one cannot be had.
    fn work(&self) {
        while let Some((index, span)) = self.take() {
            if let Err(problem) = self.fetch(index, &span) {
                let mut state = self.lock();
                state.is_over = true;
                if let Some(piece) = state.pieces.get_mut(&index) {
                    piece.failed = Some(problem);
                }
                self.changed.notify_all();
            }
        }
    }

    /// Waits until another piece may be begun, and begins it.
    fn take(&self) -> Option<(u64, Range<u64>)> {
        let mut state = self.lock();
        loop {
            if state.is_over {
                return None;
            }
            let index = state.next;
            let span = self.span(index)?;
            if index < state.read + AHEAD {
                state.next += 1;
                let length = span.end - span.start;
                state.pieces.insert(index, Piece { length, ..Piece::default() });
                return Some((index, span));
            }
            state = self.wait(state);
        }
    }

    fn fetch(&self, index: u64, span: &Range<u64>) -> Result<(), Problem> {
        let store = |chunk: &[u8], _| {
            let mut state = self.lock();
            // The reader may be gone.
            let Some(piece) = state.pieces.get_mut(&index) else {
                return Err(Problem::Local("nobody reads it".to_owned()));
            };
            piece.bytes.extend_from_slice(chunk);
            self.changed.notify_all();
            Ok(())
        };
        self.ranges.fetch(span, &self.interruptions, store).map_err(|(problem, _)| problem)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_watched_long_enough_is_slow() {
        let millisecond = Duration::from_millis(1);
        for (bytes, times, each, want) in [
            // 20 Mbit/s.
            (2_500, 1000, millisecond, true),
            (2_500, 400, millisecond, false),
            // 99 and 101 Mbit/s.
            (12_375, 301, millisecond, true),
            (12_625, 1000, millisecond, false),
            (12_375, 299, millisecond, false),
            // A reader that is slow finds everything there.
            (65_536, 1000, Duration::from_micros(10), false),
        ] {
            let mut speed = Speed::default();
            (0..times).for_each(|_| speed.count(bytes, each));
            assert_eq!(speed.is_slow(), want, "{bytes} {times}");
        }
    }
}
