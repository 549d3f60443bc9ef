//! The rules that every entry of every kind of archive has to pass.
//!
//! [`EntryValidator`] parses names, keeps paths apart and counts; [`hand`] gives a sink exactly the bytes of one
//! file; [`Input`] and [`Inflated`] watch the bytes on both sides of the decompressor; [`UnpackError`] keeps
//! an archive that is refused apart from a disk that failed.

#[cfg(test)]
mod tests;

use crate::archive::{Contents, EntryPath, EntryPathError, Limits};
use crate::error::{Error, Kind, Result, untrusted};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io;
use std::io::{BufRead, Read, Seek, SeekFrom};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// How much of a file is handed over at a time.
pub(super) const AHEAD: usize = 1 << 20;

/// How much more there is room for where a file is inflated to its end, in bytes: decompressors are slow at the end of
/// theirs.
const MARGIN: usize = 512;

/// Contents may be this much larger than [`Limits::ratio`] allows: decompressors read ahead, and a
/// few very regular files at the start are no bomb.
const RATIO_SLACK: u64 = 16 << 20;

/// Why unpacking ends early.
#[derive(Debug)]
pub(super) enum UnpackError {
    /// The archive is at fault.
    Refused(String),
    /// Something else failed.
    Failed(Error),
}

impl UnpackError {
    pub(super) fn refused(cause: impl Into<String>) -> Self {
        Self::Refused(cause.into())
    }

    /// Turns an error of a parser over bytes of the archive into a refusal.
    pub(super) fn damaged(error: &io::Error) -> Self {
        Self::Refused(format!("it {}", damage(error)))
    }

    /// Makes the error that people see.
    pub(super) fn into_error(self, name: &str, counter: &ByteCounter) -> Error {
        if let Some(error) = take(&counter.failed) {
            return read_error(name, error);
        }
        match (take(&counter.refused), self) {
            (None, Self::Failed(error)) => error,
            (Some(cause), _) | (None, Self::Refused(cause)) => Error::new(
                Kind::Verification,
                format!("refusing to unpack `{}`: {cause}", untrusted(name)),
            )
            .detail("nothing was installed"),
        }
    }
}

/// A reader over a download may carry an error of goward's own, which says more.
fn read_error(name: &str, error: io::Error) -> Error {
    match error.downcast::<Error>() {
        Ok(own) => own,
        Err(error) => Error::from(error).context(format!("cannot read `{}`", untrusted(name))),
    }
}

impl From<EntryPathError> for UnpackError {
    fn from(error: EntryPathError) -> Self {
        Self::Refused(error.to_string())
    }
}

/// Says what is wrong with bytes; the text of the error can repeat them.
fn damage(error: &io::Error) -> String {
    if error.kind() == io::ErrorKind::UnexpectedEof {
        return "is cut short".to_owned();
    }
    format!("is damaged: {}", untrusted(error.to_string()))
}

/// Names an entry in a refusal.
pub(super) fn entry(name: &[u8], cause: &str) -> UnpackError {
    UnpackError::Refused(format!("entry `{}` {cause}", untrusted(String::from_utf8_lossy(name))))
}

/// What [`Input`] and [`Inflated`] saw; read errors pass through parsers that reword them.
#[derive(Debug, Default)]
pub(super) struct ByteCounter {
    compressed: AtomicU64,
    failed: Mutex<Option<io::Error>>,
    refused: Mutex<Option<String>>,
}

fn take<T>(slot: &Mutex<Option<T>>) -> Option<T> {
    slot.lock().unwrap_or_else(PoisonError::into_inner).take()
}

fn put<T>(slot: &Mutex<Option<T>>, value: T) {
    slot.lock().unwrap_or_else(PoisonError::into_inner).replace(value);
}

/// The archive itself, watched.
#[derive(Clone)]
pub(super) struct Input<R> {
    inner: R,
    counter: Arc<ByteCounter>,
}

impl<R> Input<R> {
    pub(super) fn new(inner: R, counter: &Arc<ByteCounter>) -> Self {
        Self { inner, counter: Arc::clone(counter) }
    }

    fn watch<T>(&self, result: io::Result<T>) -> io::Result<T> {
        result.map_err(|error| {
            let kind = error.kind();
            put(&self.counter.failed, error);
            io::Error::from(kind)
        })
    }
}

impl<R: Read> Read for Input<R> {
    /// Goes on after an interruption, which parsers and decompressors take for damage.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let result = loop {
            match self.inner.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => break result,
            }
        };
        let count = self.watch(result)?;
        self.counter.compressed.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

impl<R: Seek> Seek for Input<R> {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        let result = self.inner.seek(position);
        self.watch(result)
    }
}

/// What comes out of the decompressor, watched: ends a bomb before it fills anything.
pub(super) struct Inflated<R> {
    inner: R,
    count: u64,
    ratio: u64,
    most: u64,
    counter: Arc<ByteCounter>,
}

impl<R> Inflated<R> {
    pub(super) fn new(inner: R, limits: &Limits, counter: &Arc<ByteCounter>) -> Self {
        // Headers and padding of tar come on top of the files.
        let most = limits.total.saturating_add(limits.entries.saturating_mul(4 * 512));
        Self { inner, count: 0, ratio: limits.ratio, most, counter: Arc::clone(counter) }
    }

    pub(super) fn into_inner(self) -> R {
        self.inner
    }

    /// Returns the number of bytes read so far.
    pub(super) fn count(&self) -> u64 {
        self.count
    }
}

impl<R: Read> Read for Inflated<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.count += count as u64;
        let compressed = self.counter.compressed.load(Ordering::Relaxed);
        let bomb = exceeds_ratio(self.count, compressed, self.ratio);
        if bomb || self.count > self.most {
            let cause = "it holds far more than its size allows";
            put(&self.counter.refused, cause.to_owned());
            return Err(io::Error::other(cause));
        }
        Ok(count)
    }
}

/// Returns true when `size` bytes are too many to come from `compressed` bytes.
pub(super) fn exceeds_ratio(size: u64, compressed: u64, ratio: u64) -> bool {
    size > compressed.saturating_mul(ratio).saturating_add(RATIO_SLACK)
}

/// What a path is in the archive.
#[derive(Clone, Copy)]
enum Role {
    File,
    /// A directory with an entry of its own.
    Directory,
    /// A directory because something is in it.
    Parent,
}

/// What every entry has to pass before anything is done with it.
pub(super) struct EntryValidator<'a> {
    limits: &'a Limits,
    /// By lower-case path: the spelling, if it is another, and the role.
    paths: HashMap<String, (Option<String>, Role)>,
    /// The directory of the last path, which is known, or nothing.
    parent: String,
    entries: u64,
    contents: Contents,
}

impl<'a> EntryValidator<'a> {
    pub(super) fn new(limits: &'a Limits) -> Self {
        let (paths, parent) = (HashMap::new(), String::new());
        Self { limits, paths, parent, entries: 0, contents: Contents::default() }
    }

    pub(super) fn contents(&self) -> Contents {
        self.contents
    }

    /// Admits a regular file of `size` bytes.
    pub(super) fn file(&mut self, raw: &[u8], size: u64) -> Result<EntryPath, UnpackError> {
        self.count()?;
        let path = EntryPath::parse(raw)?;
        self.enter(&path, Role::File)?;
        self.contents.files += 1;
        self.contents.bytes = self.contents.bytes.saturating_add(size);
        if size > self.limits.file {
            return Err(entry(raw, "is too large"));
        }
        if self.contents.bytes > self.limits.total {
            return Err(entry(raw, "makes the contents too large"));
        }
        Ok(path)
    }

    /// Admits a directory.
    pub(super) fn directory(&mut self, raw: &[u8]) -> Result<(), UnpackError> {
        self.count()?;
        match EntryPath::parse_directory(raw)? {
            Some(path) => self.enter(&path, Role::Directory),
            None => Ok(()),
        }
    }

    fn count(&mut self) -> Result<(), UnpackError> {
        self.entries += 1;
        if self.entries > self.limits.entries {
            return Err(UnpackError::refused("it has too many entries"));
        }
        Ok(())
    }

    /// Notes a path and all above it.
    fn enter(&mut self, path: &EntryPath, mut role: Role) -> Result<(), UnpackError> {
        let mut path = path.as_str();
        let parent = parent_of(path);
        while self.note(path, role)? {
            match parent_of(path) {
                // Most entries lie where the one before them lies.
                Some(above) if above != self.parent => (path, role) = (above, Role::Parent),
                _ => break,
            }
        }
        if let Some(parent) = parent.filter(|parent| *parent != self.parent) {
            parent.clone_into(&mut self.parent);
        }
        Ok(())
    }

    /// Notes one path; returns true when it was not known, so that what is above it may not be either.
    fn note(&mut self, path: &str, role: Role) -> Result<bool, UnpackError> {
        let mut taken = match self.paths.entry(path.to_lowercase()) {
            Entry::Vacant(free) => {
                let spelling = (free.key() != path).then(|| path.to_owned());
                free.insert((spelling, role));
                return Ok(true);
            }
            Entry::Occupied(taken) => taken,
        };
        let refused = |cause: &str| Err(entry(&[b"go/", path.as_bytes()].concat(), cause));
        let other = taken.get().0.as_ref().unwrap_or(taken.key());
        if other != path {
            let other = untrusted(other);
            return refused(&format!("differs from `go/{other}` only in letter case"));
        }
        let (_, known) = taken.get_mut();
        match (*known, role) {
            (Role::File, Role::File) | (Role::Directory, Role::Directory) => refused("comes twice"),
            (Role::File, _) | (_, Role::File) => refused("is both a file and a directory"),
            // What is above a known directory is known too.
            (_, Role::Parent) => Ok(false),
            (Role::Parent, Role::Directory) => {
                *known = role;
                Ok(false)
            }
        }
    }
}

fn parent_of(path: &str) -> Option<&str> {
    path.rsplit_once('/').map(|(above, _)| above)
}

/// The one way from an admitted file to a sink. `body` may have more than `size` bytes, or fewer; that
/// is refused.
pub(super) fn hand(
    raw: &[u8],
    path: &EntryPath,
    size: u64,
    body: &mut dyn Read,
    buffer: &mut Vec<u8>,
    sink: &mut dyn FnMut(&EntryPath, u64, &mut Body) -> Result<()>,
) -> Result<(), UnpackError> {
    let mut body =
        Body { inner: body, left: size, failed: None, is_longer: false, buffer, start: 0, end: 0 };
    let handed = sink(path, size, &mut body).and_then(|()| Ok(drain(&mut body)?));
    match (handed, body.failed) {
        (Err(_), Some(error)) => Err(entry(raw, &damage(&error))),
        (Err(error), None) => Err(UnpackError::Failed(error)),
        // Reading on also makes decompressors compare the checksum.
        (Ok(()), _) => match body.inner.read(&mut [0]) {
            Ok(0) if !body.is_longer => Ok(()),
            Ok(_) => Err(entry(raw, "is longer than it says")),
            Err(error) => Err(entry(raw, &damage(&error))),
        },
    }
}

/// Reads what a sink left.
pub(super) fn drain(body: &mut impl BufRead) -> io::Result<()> {
    loop {
        match body.fill_buf()?.len() {
            0 => return Ok(()),
            count => body.consume(count),
        }
    }
}

/// Exactly the bytes of one file; remembers whether reading or the sink failed.
pub(super) struct Body<'a> {
    inner: &'a mut dyn Read,
    left: u64,
    failed: Option<io::Error>,
    /// There was more to read.
    is_longer: bool,
    /// Has what was read ahead, from `start` to `end`.
    buffer: &'a mut Vec<u8>,
    start: usize,
    end: usize,
}

impl Body<'_> {
    /// Reads past what was read ahead. The buffer may be larger than what is left.
    fn read_on(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.left).unwrap_or(usize::MAX);
        if left == 0 || buffer.is_empty() {
            return Ok(0);
        }
        let read = match self.inner.read(buffer) {
            Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            read => read,
        };
        match read {
            Ok(count) => {
                self.is_longer |= count > left;
                let count = count.min(left);
                self.left -= count as u64;
                Ok(count)
            }
            Err(error) => {
                let told = io::Error::new(error.kind(), error.to_string());
                self.failed = Some(error);
                Err(told)
            }
        }
    }
}

impl Read for Body<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let ahead = &self.buffer[self.start..self.end];
        if ahead.is_empty() {
            return self.read_on(buffer);
        }
        let count = ahead.len().min(buffer.len());
        buffer[..count].copy_from_slice(&ahead[..count]);
        self.start += count;
        Ok(count)
    }
}

impl BufRead for Body<'_> {
    /// Gives the whole file if it is not larger than [`AHEAD`].
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.start == self.end && self.left > 0 {
            let mut ahead = std::mem::take(self.buffer);
            let left = usize::try_from(self.left).unwrap_or(usize::MAX);
            let most = if left > AHEAD { AHEAD } else { left + MARGIN };
            // It only grows, so little of it is ever cleared.
            if ahead.len() < most {
                ahead.resize(most, 0);
            }
            (self.start, self.end) = (0, 0);
            let failed = loop {
                match self.read_on(&mut ahead[self.end..most]) {
                    Ok(0) => break None,
                    Ok(count) => self.end += count,
                    Err(error) => break Some(error),
                }
            };
            *self.buffer = ahead;
            if let Some(error) = failed {
                return Err(error);
            }
        }
        Ok(&self.buffer[self.start..self.end])
    }

    fn consume(&mut self, amount: usize) {
        self.start = (self.start + amount).min(self.end);
    }
}
