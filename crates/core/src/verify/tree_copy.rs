//! Files that lie on this machine, copied into a quarantine.
//!
//! Whose they are does not matter: each is opened once, has to be a regular file, and is digested
//! while it is copied, so that what is judged is the copy.

use crate::archive::{EntryPath, Limits};
use crate::error::{Error, Kind, Result, untrusted};
use crate::fs;
use crate::threads;
use crate::verify::Quarantine;
use crate::verify::tree_writer::TreeWriter;
use std::io::{self, BufRead, Read};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// How much of a file is read at a time: most are in one piece.
const BUFFER: usize = 256 << 10;

/// How many files a thread takes at a time.
const RUN: usize = 32;

/// A file to copy.
#[derive(Clone, Debug)]
pub struct FileCopy {
    /// Its path in the tree.
    pub path: EntryPath,
    /// Where it comes from.
    pub from: CopySource,
}

/// Where the bytes of a file come from.
#[derive(Clone, Debug)]
pub enum CopySource {
    /// They are these.
    Bytes(Vec<u8>),
    /// They are in a file, of whomever. Links are followed.
    File(PathBuf),
}

impl Quarantine {
    /// Copies files on `hands` threads, within `limits`. With `shares` the file system keeps the
    /// bytes of both once, if it can.
    ///
    /// # Errors
    ///
    /// When a file cannot be read or is no regular file, when there are too many bytes, and when
    /// writing fails. What was written by then counts for nothing.
    pub fn copy(
        &mut self,
        hands: usize,
        files: &[FileCopy],
        limits: &Limits,
        shares: bool,
    ) -> Result<()> {
        let job = Job {
            files,
            limits,
            bytes: AtomicU64::new(0),
            next: AtomicUsize::new(0),
            shares: AtomicBool::new(shares),
        };
        self.write_with(hands, |writers| job.run(writers))
    }
}

/// What the threads share.
struct Job<'a> {
    files: &'a [FileCopy],
    limits: &'a Limits,
    /// How many bytes there were so far.
    bytes: AtomicU64,
    /// The first file that nobody has taken.
    next: AtomicUsize,
    shares: AtomicBool,
}

impl Job<'_> {
    fn run(&self, writers: &mut [TreeWriter<'_>]) -> Result<()> {
        let failed: Mutex<Option<Error>> = Mutex::new(None);
        let work = |writer: &mut TreeWriter<'_>| {
            if let Err(error) = self.work(writer) {
                // The others need not go on.
                self.next.store(self.files.len(), Ordering::Relaxed);
                failed.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
            }
        };
        if let Some((mine, others)) = writers.split_last_mut() {
            thread::scope(|scope| {
                for writer in others {
                    // Without more threads the others do more.
                    if threads::start(scope, || work(writer)).is_err() {
                        break;
                    }
                }
                work(mine);
            });
        }
        failed.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
    }

    /// Copies files for as long as there are any.
    fn work(&self, writer: &mut TreeWriter<'_>) -> Result<()> {
        let mut buffer = vec![0; BUFFER];
        loop {
            let start = self.next.fetch_add(RUN, Ordering::Relaxed);
            if start >= self.files.len() {
                return Ok(());
            }
            let end = self.files.len().min(start + RUN);
            for file in &self.files[start..end] {
                self.copy(file, writer, &mut buffer)?;
            }
        }
    }

    fn copy(&self, file: &FileCopy, writer: &mut TreeWriter<'_>, buffer: &mut [u8]) -> Result<()> {
        match &file.from {
            CopySource::Bytes(bytes) => {
                self.count(bytes.len() as u64)?;
                writer.write(&file.path, bytes.len() as u64, &mut &bytes[..])
            }
            CopySource::File(place) => {
                let source = fs::open_regular(place)?;
                let size = source.metadata()?.len();
                if size > self.limits.file {
                    return Err(refused(format!(
                        "`{}` is too large",
                        untrusted(place.to_string_lossy())
                    )));
                }
                self.count(size)?;
                // What is added meanwhile is not read.
                let mut contents =
                    Contents { input: (&source).take(size), buffer, at: 0, filled: 0 };
                writer.copy(&file.path, size, &source, &mut contents, &self.shares)
            }
        }
    }

    /// Adds to what all files have together.
    fn count(&self, bytes: u64) -> Result<()> {
        let before = self.bytes.fetch_add(bytes, Ordering::Relaxed);
        if before.saturating_add(bytes) > self.limits.total {
            return Err(refused("the files are too large".to_owned()));
        }
        Ok(())
    }
}

fn refused(message: String) -> Error {
    Error::new(Kind::Verification, message)
}

/// A reader with a buffer that the next one takes over.
struct Contents<'a, R> {
    input: R,
    buffer: &'a mut [u8],
    at: usize,
    filled: usize,
}

impl<R: Read> BufRead for Contents<'_, R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.at == self.filled {
            (self.at, self.filled) = (0, self.input.read(self.buffer)?);
        }
        Ok(&self.buffer[self.at..self.filled])
    }

    fn consume(&mut self, amount: usize) {
        self.at += amount;
    }
}

impl<R: Read> Read for Contents<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(buffer)?;
        self.consume(count);
        Ok(count)
    }
}
