//! Digests an archive while it is unpacked, on a thread of its own.

use crate::error::Result;
use crate::fs;
use crate::threads;
use crate::verify::{Digest, Hashing};
use std::io::{Read, Seek};
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread::{Scope, ScopedJoinHandle};
use std::{io, thread};

/// How much of an archive is passed on at a time.
const CHUNK: usize = 256 << 10;

/// How many chunks may wait.
const WAITING: usize = 4;

type Handle<'scope> = ScopedJoinHandle<'scope, io::Result<(Digest, u64)>>;

/// Digests one archive while it is unpacked.
#[derive(Debug)]
pub struct ArchiveDigest<'scope, 'env> {
    scope: &'scope Scope<'scope, 'env>,
    thread: Mutex<Option<Handle<'scope>>>,
}

/// Runs `work`, which may have an archive digested meanwhile; returns what it returns, and digest and
/// size of the archive.
pub(super) fn digest_along<T>(
    work: impl for<'scope, 'env> FnOnce(&ArchiveDigest<'scope, 'env>) -> Result<T>,
) -> Result<(T, Option<(Digest, u64)>)> {
    thread::scope(|scope| {
        let archive = ArchiveDigest { scope, thread: Mutex::default() };
        let worked = work(&archive);
        let thread = archive.thread.into_inner().unwrap_or_else(PoisonError::into_inner);
        Ok((worked?, thread.map(threads::join).transpose()?))
    })
}

impl<'scope> ArchiveDigest<'scope, '_> {
    /// Returns a reader of the same; what is read through it until it is dropped is the archive.
    pub fn of<R: Read>(&self, inner: R) -> Result<impl Read + use<R>> {
        let (outbox, inbox) = mpsc::sync_channel(WAITING);
        let (used, free) = mpsc::channel();
        self.start(Receiver { inbox, used, chunk: Vec::new(), at: 0 })?;
        Ok(Sender { inner, chunk: Vec::with_capacity(CHUNK), outbox, free })
    }

    /// Takes a whole file as the archive, from where it is read to its end.
    pub fn of_file(&self, file: &fs::File) -> Result<()> {
        let mut file = file.try_clone()?;
        let at = file.stream_position()?;
        self.start(FromHere { file, at })
    }

    fn start(&self, reader: impl Read + Send + 'scope) -> Result<()> {
        let digest = || Hashing::new(reader).drain();
        let thread =
            threads::start(self.scope, digest).map_err(|error| threads::refused(&error))?;
        *self.thread.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread);
        Ok(())
    }
}

/// The rest of a file, with a place of its own: on Windows whoever reads elsewhere in the file moves the
/// file's.
struct FromHere {
    file: fs::File,
    at: u64,
}

impl Read for FromHere {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read_at(buffer, self.at)?;
        self.at += count as u64;
        Ok(count)
    }
}

/// A reader that passes on a copy of what is read through it.
struct Sender<R> {
    inner: R,
    chunk: Vec<u8>,
    outbox: mpsc::SyncSender<Vec<u8>>,
    free: mpsc::Receiver<Vec<u8>>,
}

impl<R> Sender<R> {
    fn send(&mut self) {
        let next = self.free.try_recv().unwrap_or_else(|_| Vec::with_capacity(CHUNK));
        // The other end takes chunks until this one is gone.
        _ = self.outbox.send(std::mem::replace(&mut self.chunk, next));
    }
}

impl<R: Read> Read for Sender<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.chunk.extend_from_slice(&buffer[..count]);
        if self.chunk.len() >= CHUNK {
            self.send();
        }
        Ok(count)
    }
}

impl<R> Drop for Sender<R> {
    fn drop(&mut self) {
        self.send();
    }
}

/// The other end: reads what was passed on.
struct Receiver {
    inbox: mpsc::Receiver<Vec<u8>>,
    used: mpsc::Sender<Vec<u8>>,
    chunk: Vec<u8>,
    at: usize,
}

impl Read for Receiver {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.chunk.len() {
            let Ok(chunk) = self.inbox.recv() else { return Ok(0) };
            let mut used = std::mem::replace(&mut self.chunk, chunk);
            used.clear();
            // The sender may be gone.
            _ = self.used.send(used);
            self.at = 0;
        }
        let count = (&self.chunk[self.at..]).read(buffer)?;
        self.at += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Error, Kind};
    use crate::fs;

    fn bytes(length: usize) -> Vec<u8> {
        (0..=250).cycle().take(length).collect()
    }

    fn digest(bytes: &[u8]) -> (Digest, u64) {
        (Digest::of(bytes), bytes.len() as u64)
    }

    #[test]
    fn what_is_read_of_an_archive_is_digested() {
        for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 7 * CHUNK + 1] {
            let all = bytes(length);
            // Only what was read counts.
            let most = length as u64 - u64::from(length == 1);
            let (copied, found) = digest_along(|archive| {
                let reader = archive.of(&all[..])?;
                Ok(io::copy(&mut reader.take(most), &mut io::sink())?)
            })
            .unwrap();
            assert_eq!(copied, most);
            assert_eq!(found.unwrap(), digest(&all[..usize::try_from(most).unwrap()]), "{length}");
        }
    }

    #[test]
    fn a_whole_file_can_be_the_archive() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x.zip");
        fs::write(&path, bytes(3 * CHUNK)).unwrap();
        let file = fs::File::open(&path).unwrap();
        let ((), found) = digest_along(|archive| archive.of_file(&file)).unwrap();
        assert_eq!(found.unwrap(), digest(&bytes(3 * CHUNK)));
    }

    #[test]
    fn work_that_needs_no_digest_has_none_and_its_error_ends_the_digest() {
        assert_eq!(digest_along(|_| Ok(7)).unwrap(), (7, None));
        let all = bytes(9 * CHUNK);
        let failed = digest_along(|archive| -> Result<()> {
            let mut reader = archive.of(&all[..])?;
            reader.read_exact(&mut [0; 9])?;
            Err(Error::new(Kind::Failed, "the disk is full"))
        });
        assert_eq!(failed.unwrap_err().message(), "the disk is full");
    }
}
