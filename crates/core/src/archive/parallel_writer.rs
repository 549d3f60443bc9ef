//! One reader, several sinks: what is inflated on one core is digested and written on the others.
//!
//! A `.tar.gz` can only be read front to back. Its files go to the sinks in batches, small ones many
//! at a time and large ones in parts to one sink; every sink gets whole files, and sees each as if it
//! were the only one. There are only so many batches, so that memory does not depend on the archive;
//! there are enough of them that a sink with a large file does not hold up the others.

use crate::archive::entry_validator::{AHEAD, Body, UnpackError, drain};
use crate::archive::{EntryPath, Sink};
use crate::error::Result;
use crate::threads;
use std::io::{BufRead, Read};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::sync::mpsc::{Receiver, Sender};
use std::{io, thread};

/// What takes one admitted file from a parser.
pub(super) type EntryHandler<'a> = dyn FnMut(&EntryPath, u64, &mut Body) -> Result<()> + 'a;

/// Files, or the parts of one, on their way to a sink.
#[derive(Default)]
struct Batch {
    /// Room for [`AHEAD`] bytes, once it was used.
    bytes: Vec<u8>,
    filled: usize,
    parts: Vec<Part>,
}

struct Part {
    /// The file that begins here, with its size; `None` goes on with the one before.
    file: Option<(EntryPath, u64)>,
    length: usize,
}

/// Has `read` hand files to `sinks`: a single one takes them here and now, several take them on
/// threads of their own, with at most `memory` bytes on their way.
///
/// A sink that failed comes before what `read` found, as it does when everything happens in order.
pub(super) fn over<T>(
    sinks: &mut [&mut Sink<'_>],
    memory: u64,
    read: impl FnOnce(&mut EntryHandler<'_>) -> Result<T, UnpackError>,
) -> Result<T, UnpackError> {
    if let [only] = sinks {
        return read(&mut |path, size, body| only(path, size, body));
    }
    let loads: Vec<AtomicUsize> = sinks.iter().map(|_| AtomicUsize::new(0)).collect();
    let has_failed = AtomicBool::new(false);
    let (used, free) = mpsc::channel();
    for _ in 0..(memory / AHEAD as u64).max(2) {
        _ = used.send(Batch::default());
    }
    thread::scope(|scope| {
        let (mut outboxes, mut workers) = (Vec::new(), Vec::new());
        for (sink, load) in sinks.iter_mut().zip(&loads) {
            let (outbox, inbox) = mpsc::channel();
            let (used, has_failed) = (used.clone(), &has_failed);
            let worker = Worker { inbox, used, load, batch: Batch::default(), part: 0, at: 0 };
            match threads::start(scope, move || worker.drain(&mut **sink, has_failed)) {
                Ok(worker) => workers.push(worker),
                // Those that could be started do all of it.
                Err(_) if !workers.is_empty() => break,
                Err(error) => return Err(UnpackError::Failed(threads::refused(&error))),
            }
            outboxes.push((outbox, load));
        }
        let has_failed = &has_failed;
        let mut dispatcher =
            Dispatcher { outboxes, free, has_failed, batch: Batch::default(), to: None };
        let result = read(&mut |path, size, body| dispatcher.take(path, size, body));
        // Also after a refusal: what came before it may fail first.
        let sent = dispatcher.send().map_err(UnpackError::Failed);
        drop(dispatcher);
        let mut failed = None;
        for worker in workers {
            match worker.join() {
                Ok(result) => failed = failed.or(result.err()),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        failed.map_or(result.and_then(|value| sent.map(|()| value)), |error| {
            Err(UnpackError::Failed(error))
        })
    })
}

/// Where the reader packs batches.
struct Dispatcher<'a> {
    outboxes: Vec<(Sender<Batch>, &'a AtomicUsize)>,
    /// The batches there are, when nobody has them.
    free: Receiver<Batch>,
    has_failed: &'a AtomicBool,
    batch: Batch,
    /// The sink that has the beginning of a file whose rest is to follow.
    to: Option<usize>,
}

impl Dispatcher<'_> {
    fn take(&mut self, path: &EntryPath, size: u64, body: &mut dyn Read) -> Result<()> {
        let mut left = usize::try_from(size).unwrap_or(usize::MAX);
        // What fits into one batch is not cut.
        if left > AHEAD - self.batch.filled {
            self.send()?;
        }
        let mut file = Some((path.clone(), size));
        loop {
            let batch = &mut self.batch;
            batch.bytes.resize(AHEAD, 0);
            let length = left.min(AHEAD - batch.filled);
            body.read_exact(&mut batch.bytes[batch.filled..][..length])?;
            batch.filled += length;
            batch.parts.push(Part { file: file.take(), length });
            left -= length;
            if left == 0 {
                return Ok(());
            }
            self.send_on(true)?;
        }
    }

    fn send(&mut self) -> Result<()> {
        self.send_on(false)
    }

    /// Sends the batch to the sink that has the beginning of its first file, else to the one with
    /// the least to do.
    fn send_on(&mut self, goes_on: bool) -> Result<()> {
        if self.batch.parts.is_empty() {
            return Ok(());
        }
        // The sink says why.
        let stopped = || io::Error::from(io::ErrorKind::BrokenPipe);
        if self.has_failed.load(Ordering::Relaxed) {
            return Err(stopped().into());
        }
        let least = || {
            let loads = self.outboxes.iter().map(|(_, load)| load.load(Ordering::Relaxed));
            loads.enumerate().min_by_key(|(_, load)| *load).map_or(0, |(index, _)| index)
        };
        let to = self.to.unwrap_or_else(least);
        self.to = goes_on.then_some(to);
        let (outbox, load) = &self.outboxes[to];
        load.fetch_add(1, Ordering::Relaxed);
        outbox.send(std::mem::take(&mut self.batch)).map_err(|_| stopped())?;
        self.batch = self.free.recv().map_err(|_| stopped())?;
        Ok(())
    }
}

/// Where a sink unpacks batches.
struct Worker<'a> {
    inbox: Receiver<Batch>,
    used: Sender<Batch>,
    load: &'a AtomicUsize,
    batch: Batch,
    /// The part of the batch that comes next.
    part: usize,
    /// Where its bytes begin.
    at: usize,
}

impl Worker<'_> {
    /// Gives everything to `sink`. The reader stopping in the middle of a file is no error of the
    /// sink's.
    fn drain(mut self, sink: &mut Sink<'_>, has_failed: &AtomicBool) -> Result<()> {
        let result = self.give(sink);
        if result.is_err() {
            has_failed.store(true, Ordering::Relaxed);
            // The reader waits for what is in use.
            self.part = self.batch.parts.len();
            while self.reach_part() {
                self.part = self.batch.parts.len();
            }
        }
        result
    }

    fn give(&mut self, sink: &mut Sink<'_>) -> Result<()> {
        while self.reach_part() {
            let Some((path, size)) = self.batch.parts[self.part].file.take() else { break };
            let mut contents = FileContents { worker: self, left: size, is_cut: false };
            let taken = sink(&path, size, &mut contents).and_then(|()| Ok(drain(&mut contents)?));
            if contents.is_cut {
                break;
            }
            taken?;
            if size == 0 {
                self.part += 1;
            }
        }
        Ok(())
    }

    /// Goes to the next part; false when there is none and will be none.
    fn reach_part(&mut self) -> bool {
        while self.part == self.batch.parts.len() {
            if !self.batch.parts.is_empty() {
                let mut batch = std::mem::take(&mut self.batch);
                batch.filled = 0;
                batch.parts.clear();
                self.load.fetch_sub(1, Ordering::Relaxed);
                // The reader may have ended.
                _ = self.used.send(batch);
            }
            match self.inbox.recv() {
                Ok(batch) => (self.batch, self.part, self.at) = (batch, 0, 0),
                Err(_) => return false,
            }
        }
        true
    }
}

/// One file, as a sink sees it.
struct FileContents<'f, 'a> {
    worker: &'f mut Worker<'a>,
    left: u64,
    is_cut: bool,
}

impl BufRead for FileContents<'_, '_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.left == 0 {
            return Ok(&[]);
        }
        if !self.worker.reach_part() {
            self.is_cut = true;
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let worker = &*self.worker;
        Ok(&worker.batch.bytes[worker.at..][..worker.batch.parts[worker.part].length])
    }

    fn consume(&mut self, amount: usize) {
        if amount == 0 {
            return;
        }
        let worker = &mut *self.worker;
        self.left -= amount as u64;
        worker.at += amount;
        worker.batch.parts[worker.part].length -= amount;
        if worker.batch.parts[worker.part].length == 0 {
            worker.part += 1;
        }
    }
}

impl Read for FileContents<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let ready = self.fill_buf()?;
        let count = ready.len().min(buffer.len());
        buffer[..count].copy_from_slice(&ready[..count]);
        self.consume(count);
        Ok(count)
    }
}
