//! Digests what an archive holds while it is unpacked, and the archive along with it.
//!
//! Whoever unpacks puts on a queue what there is to digest, and threads take it from there: a file that was
//! written, with its contents where they are small, and the archive as a stream of what was read of it. Where
//! files are digested on the way instead ([`Queue::takes_files`]), the archive goes here alone.

use super::Entry;
use super::lanes::{self, Message, digest_files};
use crate::error::Result;
use crate::hands as threads;
use std::io::{self, Cursor, Read};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;

/// How much of an archive is passed on at a time.
const CHUNK: usize = 256 << 10;
/// How many chunks may wait.
const WAITING: usize = 4;
/// The largest file whose contents are kept until it is digested, in bytes; others are read once more.
const SMALL: usize = 64 << 10;
/// What is kept at a time, in bytes.
const KEPT: usize = 4 << 20;
/// Threads that one digesting thread keeps up with.
const FED: usize = 4;

/// A covered file that was written: its path and size.
type Finished = (String, u64);

/// Something on the way to a thread that digests.
enum Upcoming {
    File(Finished, Option<Kept>),
    /// With true, reading it waits until it was read elsewhere.
    Archive(Box<dyn Read + Send>, bool),
}

/// What the digesting threads found.
#[derive(Default)]
pub(super) struct Digested {
    pub(super) files: Vec<(Finished, io::Result<Entry>)>,
    pub(super) archive: Option<io::Result<Entry>>,
}

/// Where things are put that are to be digested.
#[derive(Clone, Debug)]
pub(super) struct Queue {
    upcoming: mpsc::Sender<Upcoming>,
    kept: Arc<AtomicUsize>,
    takes_files: bool,
}

/// Has `work` put things on a queue, and digests them meanwhile and after it. Files are looked for below `base`;
/// `takes_files` says whether they come here at all, from so many `hands`.
pub(super) fn digest_along<T>(
    hands: usize,
    takes_files: bool,
    base: &Path,
    work: impl FnOnce(Queue) -> T,
) -> io::Result<(T, Digested)> {
    let (upcoming, inbox) = mpsc::channel();
    let inbox = Mutex::new(inbox);
    let next = |may_wait| {
        let upcoming = if may_wait {
            inbox.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()?
        } else {
            // Another thread that waits has it until there is something.
            inbox.try_lock().ok()?.try_recv().ok()?
        };
        Some(match upcoming {
            Upcoming::Archive(reader, is_stream) => {
                Message { key: None, reader: Ok(reader), is_stream }
            }
            Upcoming::File(file, contents) => {
                let reader: io::Result<Box<dyn Read + Send>> = match contents {
                    Some(contents) => Ok(Box::new(contents)),
                    None => lanes::open(&base.join(&file.0)).map(|file| Box::new(file) as _),
                };
                Message { key: Some(file), reader, is_stream: false }
            }
        })
    };
    let digesting = if takes_files { hands.div_ceil(FED) } else { 1 };
    thread::scope(|scope| {
        let digesting = threads::start(scope, || digest_files(digesting, next))?;
        let kept = Arc::default();
        let worked = work(Queue { upcoming, kept, takes_files });
        // The queue is gone, so this ends.
        let all = threads::join(digesting);
        let mut digested = Digested::default();
        for (key, entry) in all {
            match key {
                Some(file) => digested.files.push((file, entry)),
                None => digested.archive = Some(entry),
            }
        }
        Ok((worked, digested))
    })
}

impl Queue {
    /// Returns true when files are to be put here; else whoever writes one digests it on the way.
    pub(super) fn takes_files(&self) -> bool {
        self.takes_files
    }

    /// Puts a file here, once it was written.
    pub(super) fn put(&self, path: &str, size: u64, contents: Option<Kept>) {
        // There are takers as long as there is a queue.
        _ = self.upcoming.send(Upcoming::File((path.to_owned(), size), contents));
    }

    /// Keeps the contents of a small file, if there is room.
    pub(super) fn keep(&self, contents: &[u8]) -> Option<Kept> {
        if contents.len() > SMALL || !self.takes_files {
            return None;
        }
        let length = contents.len();
        let total = self.kept.fetch_add(length, Ordering::Relaxed) + length;
        // Made before there is anything to keep, because it gives back what it does not use.
        let mut kept = Kept { contents: Cursor::default(), length, total: self.kept.clone() };
        (total <= KEPT).then(|| {
            kept.contents = Cursor::new(contents.to_vec());
            kept
        })
    }
}

/// Contents of a file, which nobody waits for but its digest.
#[derive(Debug)]
pub(super) struct Kept {
    contents: Cursor<Vec<u8>>,
    length: usize,
    /// The bytes of all that are kept.
    total: Arc<AtomicUsize>,
}

impl Read for Kept {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.contents.read(buffer)
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.total.fetch_sub(self.length, Ordering::Relaxed);
    }
}

/// Has an archive digested while it is unpacked.
#[derive(Debug)]
pub struct ArchiveDigest<'a>(pub(super) &'a Queue);

impl ArchiveDigest<'_> {
    /// Returns a reader of the same; what is read through it until it is dropped is the archive.
    pub fn of<R: Read>(&self, inner: R) -> impl Read + use<R> {
        let (outbox, inbox) = mpsc::sync_channel(WAITING);
        let (used, free) = mpsc::channel();
        let passed = Passed { inbox, used, chunk: Vec::new(), at: 0 };
        _ = self.0.upcoming.send(Upcoming::Archive(Box::new(passed), true));
        Passing { inner, chunk: Vec::with_capacity(CHUNK), outbox, free }
    }

    /// Takes a whole file as the archive, from where it is read to its end.
    ///
    /// # Errors
    ///
    /// When the file cannot be opened once more.
    pub fn of_file(&self, file: &fs_err::File) -> Result<()> {
        let file = Box::new(file.try_clone()?);
        _ = self.0.upcoming.send(Upcoming::Archive(file, false));
        Ok(())
    }
}

/// A reader that passes on a copy of what is read through it.
struct Passing<R> {
    inner: R,
    chunk: Vec<u8>,
    outbox: mpsc::SyncSender<Vec<u8>>,
    free: mpsc::Receiver<Vec<u8>>,
}

impl<R> Passing<R> {
    fn send(&mut self) {
        let next = self.free.try_recv().unwrap_or_else(|_| Vec::with_capacity(CHUNK));
        // The other end takes chunks until this one is gone.
        _ = self.outbox.send(std::mem::replace(&mut self.chunk, next));
    }
}

impl<R: Read> Read for Passing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.chunk.extend_from_slice(&buffer[..count]);
        if self.chunk.len() >= CHUNK {
            self.send();
        }
        Ok(count)
    }
}

impl<R> Drop for Passing<R> {
    fn drop(&mut self) {
        self.send();
    }
}

/// The other end: reads what was passed on, once it was.
struct Passed {
    inbox: mpsc::Receiver<Vec<u8>>,
    used: mpsc::Sender<Vec<u8>>,
    chunk: Vec<u8>,
    at: usize,
}

impl Read for Passed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.chunk.len() {
            let Ok(chunk) = self.inbox.recv() else { return Ok(0) };
            let mut used = std::mem::replace(&mut self.chunk, chunk);
            used.clear();
            // The one that passes may be gone.
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
    use crate::verify::Digest;
    use fs_err as fs;
    use fs_err::os::unix::fs::symlink;

    fn entry(bytes: &[u8]) -> Entry {
        Entry { digest: Digest::of(bytes), size: bytes.len() as u64 }
    }

    fn bytes(length: usize) -> Vec<u8> {
        (0..=250).cycle().take(length).collect()
    }

    #[test]
    fn what_is_read_of_an_archive_is_digested() {
        for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 7 * CHUNK + 1] {
            let all = bytes(length);
            // Only what was read counts.
            let most = length as u64 - u64::from(length == 1);
            for takes_files in [false, true] {
                let (copied, digested) = digest_along(2, takes_files, Path::new("/"), |queue| {
                    let archive = ArchiveDigest(&queue).of(&all[..]);
                    io::copy(&mut archive.take(most), &mut io::sink()).unwrap()
                })
                .unwrap();
                assert_eq!(copied, most);
                let read = &all[..usize::try_from(most).unwrap()];
                assert_eq!(digested.archive.unwrap().unwrap(), entry(read), "{length}");
            }
        }
    }

    #[test]
    fn a_whole_file_can_be_the_archive() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x.zip");
        fs::write(&path, bytes(3 * CHUNK)).unwrap();
        let ((), digested) = digest_along(1, true, directory.path(), |queue| {
            ArchiveDigest(&queue).of_file(&fs::File::open(&path).unwrap()).unwrap();
        })
        .unwrap();
        assert_eq!(digested.archive.unwrap().unwrap(), entry(&bytes(3 * CHUNK)));
        assert!(digested.files.is_empty());
    }

    #[test]
    fn files_go_along_with_their_archive() {
        let directory = tempfile::tempdir().unwrap();
        let archive = bytes(9 * CHUNK);
        let files: Vec<_> = (0..60).map(|at| (format!("f{at}"), bytes(at * 5003))).collect();
        let ((), digested) = digest_along(5, true, directory.path(), |queue| {
            let mut reader = ArchiveDigest(&queue).of(&archive[..]);
            for (name, contents) in &files {
                io::copy(&mut (&mut reader).take(CHUNK as u64 / 8), &mut io::sink()).unwrap();
                fs::write(directory.path().join(name), contents).unwrap();
                queue.put(name, contents.len() as u64, queue.keep(contents));
            }
            io::copy(&mut reader, &mut io::sink()).unwrap();
        })
        .unwrap();
        assert_eq!(digested.archive.unwrap().unwrap(), entry(&archive));
        let mut found: Vec<_> =
            digested.files.into_iter().map(|((name, _), entry)| (name, entry.unwrap())).collect();
        found.sort_by_key(|(name, _)| name[1..].parse::<usize>().unwrap());
        let right: Vec<_> =
            files.iter().map(|(name, contents)| (name.clone(), entry(contents))).collect();
        assert_eq!(found, right);
    }

    #[test]
    fn only_so_much_is_kept_and_only_of_small_files() {
        let queue =
            |takes_files| Queue { upcoming: mpsc::channel().0, kept: Arc::default(), takes_files };
        assert!(queue(false).keep(b"x").is_none());
        let queue = queue(true);
        assert!(queue.keep(&bytes(SMALL + 1)).is_none());
        let small = bytes(SMALL);
        let mut kept: Vec<_> = (0..KEPT / SMALL).map(|_| queue.keep(&small).unwrap()).collect();
        assert!(queue.keep(b"x").is_none());
        kept.pop();
        // What was refused takes no room.
        let mut last = queue.keep(&small).unwrap();
        let mut read = Vec::new();
        last.read_to_end(&mut read).unwrap();
        assert!(read == small);
        assert!(queue.keep(b"x").is_none());
    }

    #[test]
    fn a_file_that_is_gone_or_a_link_is_an_error_of_its_own() {
        let directory = tempfile::tempdir().unwrap();
        let real = bytes(SMALL + 1);
        fs::write(directory.path().join("real"), &real).unwrap();
        symlink("real", directory.path().join("link")).unwrap();
        let ((), digested) = digest_along(2, true, directory.path(), |queue| {
            for name in ["gone", "link", "real"] {
                queue.put(name, real.len() as u64, None);
            }
        })
        .unwrap();
        let found = |wanted: &str| {
            let found = digested.files.iter().find(|((name, _), _)| name == wanted);
            found.unwrap().1.as_ref().ok().copied()
        };
        assert_eq!(["gone", "link", "real"].map(found), [None, None, Some(entry(&real))]);
        assert!(digested.archive.is_none());
    }
}
