//! What is read from any place while it arrives.
//!
//! A zip is read from its end. So the end is fetched beside the file itself, and each place before it
//! is read as soon as the download is there: entries are unpacked while the next ones arrive. Whether
//! both are of one file is told by size and `ETag`, and in the end by the hash of the tree.

use crate::error::Error;
use crate::fs;
use crate::io::read_at::ReadAt;
use crate::net::{Download, Net, NetError, Problem, Progress, RemoteFile, Url};
use crate::threads;
use std::collections::BTreeMap;
use std::io::{self, Read};
use std::ops::Range;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How much of the end is fetched beside the file, in bytes: the directory of a release takes 1.6 MB.
const END: u64 = 2 << 20;

/// A smaller file is there at once.
const WORTH: u64 = 4 * END;

/// How much is written at a time, in bytes.
const CHUNK: usize = 256 << 10;

/// How long to wait for the last piece of what nobody wants any more.
const LAST: Duration = Duration::from_secs(1);

/// A file without a name into which a thread writes what it gets from the network.
#[derive(Debug)]
struct Shared {
    file: fs::File,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// What is here: where each piece begins and ends.
    pieces: BTreeMap<u64, u64>,
    failure: Option<NetError>,
    /// Whether nobody reads any more.
    is_closed: bool,
    /// Whether nobody writes any more.
    is_over: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes a piece, or what follows one.
    fn write(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        if self.lock().is_closed {
            return Err(io::Error::other("nobody reads it"));
        }
        self.file.write_all_at(bytes, at)?;
        let mut state = self.lock();
        let end = at + bytes.len() as u64;
        match state.pieces.range_mut(..=at).next_back() {
            Some((_, known)) if *known == at => *known = end,
            _ => _ = state.pieces.insert(at, end),
        }
        drop(state);
        self.changed.notify_all();
        Ok(())
    }

    /// Says that nothing comes any more.
    fn end(&self, failure: Option<NetError>) {
        let mut state = self.lock();
        (state.failure, state.is_over) = (failure, true);
        drop(state);
        self.changed.notify_all();
    }

    /// Waits until the byte at `offset` is here; returns where its piece ends.
    fn wait_for(&self, offset: u64) -> io::Result<u64> {
        let mut state = self.lock();
        loop {
            let piece = state.pieces.range(..=offset).next_back();
            if let Some((_, end)) = piece.filter(|(_, end)| **end > offset) {
                return Ok(*end);
            }
            if let Some(failure) = &state.failure {
                return Err(io::Error::other(failure.clone()));
            }
            if state.is_over {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// The reader of such a file; what is still to come is given up with it.
#[derive(Debug)]
pub struct ArrivingBytes {
    shared: Arc<Shared>,
    length: u64,
}

impl ArrivingBytes {
    /// Has `fetch` write `length` bytes into a file in `directory`; `name` is for messages.
    fn start(
        (directory, name): (&Path, &str),
        length: u64,
        fetch: impl FnOnce(&Shared) -> Option<NetError> + Send + 'static,
    ) -> Result<Self, Error> {
        let file = fs::unnamed_in(directory, name)?;
        let (state, changed) = Default::default();
        let shared = Arc::new(Shared { file, state, changed });
        let writer = Arc::clone(&shared);
        threads::start_alone(move || {
            let failure = fetch(&writer);
            writer.end(failure);
        })?;
        Ok(Self { shared, length })
    }

    /// Fetches `spans` of a file, which follow each other in what is read.
    pub(super) fn of_spans(
        remote: RemoteFile,
        spans: Vec<Range<u64>>,
        place: (&Path, &str),
        progress: Progress,
    ) -> Result<Self, Error> {
        let length = spans.iter().map(|span| span.end - span.start).sum();
        Self::start(place, length, move |shared| {
            remote.fetch(&spans, &|bytes, at| shared.write(bytes, at), progress).err()
        })
    }

    /// Returns why the rest does not arrive.
    pub fn failure(&self) -> Option<NetError> {
        self.shared.lock().failure.clone()
    }
}

impl ReadAt for ArrivingBytes {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        if offset >= self.length || buffer.is_empty() {
            return Ok(0);
        }
        let end = self.shared.wait_for(offset)?.min(self.length);
        let most = usize::try_from(end - offset).unwrap_or(usize::MAX).min(buffer.len());
        self.shared.file.read_at(&mut buffer[..most], offset)
    }

    fn length(&self) -> io::Result<u64> {
        Ok(self.length)
    }
}

impl Drop for ArrivingBytes {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.is_closed = true;
        // What a download leaves on disk is removed before anybody goes on.
        let over = self.shared.changed.wait_timeout_while(state, LAST, |state| !state.is_over);
        drop(over);
    }
}

/// A file of which only a part is here yet. It is gone when closed.
#[derive(Debug)]
pub struct ArrivingFile {
    /// All but the end.
    bytes: ArrivingBytes,
    /// The last bytes of the file, of which none is downloaded twice.
    end: Vec<u8>,
    /// Where the next byte is read from by who reads in order.
    position: u64,
}

impl ArrivingFile {
    /// Takes a download whose server sends parts of a file; gives it back where it is too small, or of
    /// unknown size. The file is made in `place`: a directory, and a name for messages.
    ///
    /// # Errors
    ///
    /// [`Problem::Local`] when the file cannot be made.
    pub(super) fn start(
        net: &Net,
        what: &str,
        url: &Url,
        download: Download,
        place: (&Path, &str),
    ) -> Result<Result<Self, Download>, NetError> {
        let size = download.size().filter(|size| *size >= WORTH && download.sends_parts());
        let Some(total) = size else { return Ok(Err(download)) };
        let etag = download.etag().map(str::to_owned);
        let wanted = download.end();
        let started = ArrivingBytes::start(place, total, move |shared| copy(shared, download));
        let mut bytes = started.map_err(|error| {
            NetError::new(what, url, Problem::Local(error.message().to_owned()), 1)
        })?;
        // Without it the file is read when all of it is here.
        let end = match RemoteFile::open(net, what, url, END) {
            Ok(Some((remote, end)))
                if remote.total() == total && remote.etag() == etag.as_deref() =>
            {
                end
            }
            _ => Vec::new(),
        };
        bytes.length = total - end.len() as u64;
        wanted.store(bytes.length, Ordering::Relaxed);
        Ok(Ok(Self { bytes, end, position: 0 }))
    }

    /// Returns the size of all of it.
    pub(super) fn total(&self) -> u64 {
        self.bytes.length + self.end.len() as u64
    }

    /// Returns why the rest does not arrive.
    pub fn failure(&self) -> Option<NetError> {
        self.bytes.failure()
    }
}

/// Writes what a download brings, until that is enough or nobody reads it.
fn copy(shared: &Shared, mut download: Download) -> Option<NetError> {
    let (mut buffer, mut at) = (vec![0; CHUNK], 0);
    let (total, end) = (download.size().unwrap_or(u64::MAX), download.end());
    while at < end.load(Ordering::Relaxed).min(total) {
        let read = match download.read(&mut buffer) {
            Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            read => read,
        };
        let written = read.and_then(|count| {
            shared.write(&buffer[..count], at)?;
            Ok(count)
        });
        match written {
            Ok(count) => at += count as u64,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => {
                return Some(download.failure().cloned().unwrap_or_else(|| {
                    let why = Error::from(error).message().to_owned();
                    download.failed(Problem::Local(why))
                }));
            }
        }
    }
    None
}

impl ReadAt for ArrivingFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        match offset.checked_sub(self.bytes.length) {
            Some(at) => self.end.read_at(buffer, at),
            None => self.bytes.read_at(buffer, offset),
        }
    }

    fn length(&self) -> io::Result<u64> {
        Ok(self.total())
    }
}

impl Read for ArrivingFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.read_at(buffer, self.position)?;
        self.position += count as u64;
        Ok(count)
    }
}
