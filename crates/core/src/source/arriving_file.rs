//! A download that is read from any place while it arrives.
//!
//! A zip is read from its end. So the end is fetched beside the file itself, and each place before it
//! is read as soon as the download is there: entries are unpacked while the next ones arrive. Whether
//! both are of one file is told by size and `ETag`, and in the end by the hash of the tree.

use crate::fs;
use crate::io::read_at::ReadAt;
use crate::net::{Download, Net, NetError, Problem, RemoteFile, Url};
use crate::threads;
use std::io::{self, Read};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How much of the end is fetched beside the file, in bytes: the directory of a release takes 1.6 MB.
const END: u64 = 2 << 20;

/// A smaller file is there at once.
const WORTH: u64 = 4 * END;

/// How much is written at a time, in bytes.
const CHUNK: usize = 256 << 10;

/// How long to wait for the last piece of a download that nobody wants any more.
const LAST: Duration = Duration::from_secs(1);

/// A file of which only a part is here yet. It is gone when closed.
#[derive(Debug)]
pub struct ArrivingFile {
    shared: Arc<Shared>,
    /// The last bytes of the file, of which none is downloaded twice.
    end: Vec<u8>,
    total: u64,
    /// Where the next byte is read from by who reads in order.
    position: u64,
}

#[derive(Debug)]
struct Shared {
    file: fs::File,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    /// How many bytes are here, from the first on.
    arrived: u64,
    /// How many have to come.
    wanted: u64,
    failure: Option<NetError>,
    /// Whether nobody reads any more.
    is_closed: bool,
    /// Whether nobody writes any more.
    is_over: bool,
}

impl ArrivingFile {
    /// Takes a download whose server sends parts of a file; gives it back where it is too small, or of
    /// unknown size. The file is made in `directory`; `name` is for messages.
    ///
    /// # Errors
    ///
    /// [`Problem::Local`] when the file cannot be made.
    pub(super) fn start(
        net: &Net,
        what: &str,
        url: &Url,
        download: Download,
        (directory, name): (&Path, &str),
    ) -> Result<Result<Self, Download>, NetError> {
        let size = download.size().filter(|size| *size >= WORTH && download.sends_parts());
        let Some(total) = size else { return Ok(Err(download)) };
        let local = |error: io::Error| {
            let why = crate::error::Error::from(error).message().to_owned();
            NetError::new(what, url, Problem::Local(why), 1)
        };
        let file = fs::unnamed_in(directory, name).map_err(local)?;
        let (failure, is_closed, is_over) = (None, false, false);
        let state = State { arrived: 0, wanted: total, failure, is_closed, is_over };
        let shared = Arc::new(Shared { file, state: Mutex::new(state), changed: Condvar::new() });
        let etag = download.etag().map(str::to_owned);
        let writer = Arc::clone(&shared);
        threads::start_alone(move || writer.write(download)).map_err(|error| {
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
        shared.lock().wanted = total - end.len() as u64;
        Ok(Ok(Self { shared, end, total, position: 0 }))
    }

    /// Returns the size of all of it.
    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// Returns why the rest does not arrive.
    pub fn failure(&self) -> Option<NetError> {
        self.shared.lock().failure.clone()
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes what arrives, until that is enough or nobody reads it.
    fn write(&self, mut download: Download) {
        let written = self.copy(&mut download);
        let mut state = self.lock();
        if let Err(error) = written {
            state.failure = Some(download.failure().cloned().unwrap_or_else(|| {
                let why = crate::error::Error::from(error).message().to_owned();
                NetError::new(download.what(), download.url(), Problem::Local(why), 1)
            }));
        }
        drop(state);
        // What it leaves on disk is removed before anybody goes on.
        drop(download);
        self.lock().is_over = true;
        self.changed.notify_all();
    }

    fn copy(&self, download: &mut Download) -> io::Result<()> {
        let (mut buffer, mut at) = (vec![0; CHUNK], 0);
        loop {
            let state = self.lock();
            if state.is_closed || at >= state.wanted {
                return Ok(());
            }
            drop(state);
            let count = match download.read(&mut buffer) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            self.file.write_all_at(&buffer[..count], at)?;
            at += count as u64;
            self.lock().arrived = at;
            self.changed.notify_all();
        }
    }

    /// Waits until the byte at `offset` is here; returns how many are, from the first on.
    fn wait_for(&self, offset: u64) -> io::Result<u64> {
        let mut state = self.lock();
        loop {
            if state.arrived > offset {
                return Ok(state.arrived);
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

impl ReadAt for ArrivingFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        if offset >= self.total || buffer.is_empty() {
            return Ok(0);
        }
        let end = self.total - self.end.len() as u64;
        if let Some(at) = offset.checked_sub(end) {
            return self.end.read_at(buffer, at);
        }
        let here = self.shared.wait_for(offset)?.min(end);
        let most = usize::try_from(here - offset).unwrap_or(usize::MAX).min(buffer.len());
        self.shared.file.read_at(&mut buffer[..most], offset)
    }

    fn length(&self) -> io::Result<u64> {
        Ok(self.total)
    }
}

impl Read for ArrivingFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.read_at(buffer, self.position)?;
        self.position += count as u64;
        Ok(count)
    }
}

impl Drop for ArrivingFile {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.is_closed = true;
        let over = self.shared.changed.wait_timeout_while(state, LAST, |state| !state.is_over);
        drop(over);
    }
}
