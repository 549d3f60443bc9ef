//! Bytes that several threads read at once, each wherever it likes.

use fs_err::os::unix::fs::FileExt;
use std::io::{self, Read, Seek, SeekFrom};

/// Something of a known length that can be read from any place.
pub trait ReadAt: Sync {
    /// Reads some bytes from `offset` on; 0 at the end.
    ///
    /// # Errors
    ///
    /// When they cannot be read.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Returns the length.
    ///
    /// # Errors
    ///
    /// When it cannot be found out.
    fn length(&self) -> io::Result<u64>;
}

/// Reads until the buffer is full or the file ends.
///
/// # Errors
///
/// Those of reading, but no interruptions.
pub fn fill(file: &dyn ReadAt, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
    let mut count = 0;
    while count < buffer.len() {
        match file.read_at(&mut buffer[count..], offset.saturating_add(count as u64)) {
            Ok(0) => break,
            Ok(more) => count += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(count)
}

impl ReadAt for fs_err::File {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        FileExt::read_at(self, buffer, offset)
    }

    fn length(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }
}

impl ReadAt for Vec<u8> {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(self.len());
        (&self[start..]).read(buffer)
    }

    fn length(&self) -> io::Result<u64> {
        Ok(self.len() as u64)
    }
}

/// A reader with a place of its own.
#[derive(Clone)]
pub(super) struct Cursor<'a> {
    input: &'a dyn ReadAt,
    position: u64,
}

impl<'a> Cursor<'a> {
    /// Starts at the beginning.
    pub(super) fn new(input: &'a dyn ReadAt) -> Self {
        Self { input, position: 0 }
    }
}

impl Read for Cursor<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read_at(buffer, self.position)?;
        self.position += count as u64;
        Ok(count)
    }
}

impl Seek for Cursor<'_> {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        let found = match position {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::End(offset) => self.input.length()?.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        self.position = found.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}
