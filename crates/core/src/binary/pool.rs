//! Reads of a file whose bytes stay, with a bound on all of them together.
//!
//! The crate `object` wants references to what it reads. Its own cache grows beyond the size of the file
//! when the file wants it to; this one has an end.

use super::BadBinary;
use crate::io::read_at::{ReadAt, fill};
use object::ReadRef;
use std::cell::{Cell, OnceCell};
use std::io;
use std::ops::Range;

/// All tables of one program together, in bytes; those of Kubernetes take less than 1 MB.
const MAX_KEPT: u64 = 64 << 20;
/// What each read counts at least, so that there is an end to their number too.
const MIN_COST: u64 = 64 << 10;
/// A longer string has no end.
const MAX_STRING: u64 = 4 << 10;

/// The bytes that were read so far.
pub(super) struct Pool<'f> {
    file: &'f dyn ReadAt,
    length: u64,
    left: Cell<u64>,
    trouble: Cell<Option<BadBinary>>,
    first: OnceCell<Box<Piece>>,
}

struct Piece {
    bytes: Box<[u8]>,
    next: OnceCell<Box<Self>>,
}

impl<'f> Pool<'f> {
    pub(super) fn new(file: &'f dyn ReadAt) -> io::Result<Self> {
        let length = file.length()?;
        let (trouble, first) = (Cell::new(None), OnceCell::new());
        Ok(Self { file, length, left: Cell::new(MAX_KEPT), trouble, first })
    }

    /// Returns the whole file.
    pub(super) fn all(&self) -> Part<'_> {
        Part { pool: self, start: 0, length: self.length }
    }

    /// Returns why a read failed, when one did for another reason than the end of the file.
    pub(super) fn trouble(&self) -> Option<BadBinary> {
        self.trouble.take()
    }

    fn fail<T>(&self, trouble: BadBinary) -> Result<T, ()> {
        self.trouble.set(Some(trouble));
        Err(())
    }

    fn keep(&self, bytes: Vec<u8>) -> &[u8] {
        let mut slot = &self.first;
        while let Some(piece) = slot.get() {
            slot = &piece.next;
        }
        let piece = || Box::new(Piece { bytes: bytes.into_boxed_slice(), next: OnceCell::new() });
        &slot.get_or_init(piece).bytes
    }

    /// Reads as much of `size` bytes as the file has.
    fn read(&self, offset: u64, size: u64) -> Result<&[u8], ()> {
        let size = size.min(self.length.saturating_sub(offset));
        let Some(left) = self.left.get().checked_sub(size.max(MIN_COST)) else {
            return self.fail(BadBinary::TooLarge);
        };
        self.left.set(left);
        let mut bytes = vec![0; usize::try_from(size).map_err(|_| ())?];
        match fill(self.file, offset, &mut bytes) {
            Ok(count) => bytes.truncate(count),
            Err(error) => return self.fail(error.into()),
        }
        Ok(self.keep(bytes))
    }
}

/// A range of a file; offsets count from its start.
#[derive(Clone, Copy)]
pub(super) struct Part<'p> {
    pool: &'p Pool<'p>,
    start: u64,
    length: u64,
}

impl<'p> Part<'p> {
    /// Returns what is in a range of this range, if that is inside.
    pub(super) fn part(self, offset: u64, length: u64) -> Option<Self> {
        let inside = offset.checked_add(length)? <= self.length;
        inside.then(|| Self { start: self.start + offset, length, ..self })
    }

    /// Reads up to `size` bytes, which stay.
    pub(super) fn up_to(self, offset: u64, size: u64) -> Option<&'p [u8]> {
        let size = size.min(self.length.checked_sub(offset)?);
        self.pool.read(self.start + offset, size).ok()
    }

    /// Fills a buffer as far as there is something; nothing stays.
    pub(super) fn read_into(self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.length.saturating_sub(offset);
        let size = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
        fill(self.pool.file, self.start.saturating_add(offset), &mut buffer[..size])
    }
}

impl<'p> ReadRef<'p> for Part<'p> {
    fn len(self) -> Result<u64, ()> {
        Ok(self.length)
    }

    fn read_bytes_at(self, offset: u64, size: u64) -> Result<&'p [u8], ()> {
        if size == 0 {
            return Ok(&[]);
        }
        if offset.checked_add(size).is_none_or(|end| end > self.length) {
            return Err(());
        }
        let bytes = self.pool.read(self.start + offset, size)?;
        if bytes.len() as u64 == size { Ok(bytes) } else { Err(()) }
    }

    fn read_bytes_at_until(self, range: Range<u64>, delimiter: u8) -> Result<&'p [u8], ()> {
        let size = range.end.checked_sub(range.start).ok_or(())?.min(MAX_STRING);
        let bytes = self.up_to(range.start, size).ok_or(())?;
        let end = bytes.iter().position(|&byte| byte == delimiter).ok_or(())?;
        Ok(&bytes[..end])
    }
}
