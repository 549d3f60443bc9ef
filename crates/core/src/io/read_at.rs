//! Bytes that several threads read at once, each wherever it likes.

use crate::fs::File;
use std::io;
use std::io::{Read, Seek, SeekFrom};
use std::sync::Arc;

/// Something of a known length that can be read from any place.
pub trait ReadAt: Sync {
    /// Reads some bytes from `offset` on; 0 at the end.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Returns the length.
    fn length(&self) -> io::Result<u64>;
}

/// Reads until the buffer is full or the file ends.
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

impl ReadAt for File {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        File::read_at(self, buffer, offset)
    }

    fn length(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }
}

impl<T: ReadAt + Send> ReadAt for Arc<T> {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        T::read_at(self, buffer, offset)
    }

    fn length(&self) -> io::Result<u64> {
        T::length(self)
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

/// How much is read at a time where little is wanted, in bytes.
const AHEAD: usize = 4 << 10;

/// A reader with a place of its own. It reads a little ahead: parsers take a few bytes at a time.
#[derive(Clone)]
pub(crate) struct Cursor<'a> {
    input: &'a dyn ReadAt,
    position: u64,
    /// What was read ahead, and where it stands in the input.
    ahead: Vec<u8>,
    start: u64,
}

impl<'a> Cursor<'a> {
    /// Starts at the beginning.
    pub(crate) fn new(input: &'a dyn ReadAt) -> Self {
        Self { input, position: 0, ahead: Vec::new(), start: 0 }
    }

    /// Returns what was read ahead and comes next.
    fn next(&self) -> &[u8] {
        let offset = self.position.checked_sub(self.start).and_then(|at| usize::try_from(at).ok());
        offset.and_then(|offset| self.ahead.get(offset..)).unwrap_or_default()
    }

    fn read_ahead(&mut self) -> io::Result<()> {
        self.ahead.resize(AHEAD, 0);
        let read = self.input.read_at(&mut self.ahead, self.position);
        self.ahead.truncate(*read.as_ref().unwrap_or(&0));
        self.start = self.position;
        read.map(|_| ())
    }
}

impl Read for Cursor<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = if !self.next().is_empty() || buffer.len() < AHEAD {
            if self.next().is_empty() {
                self.read_ahead()?;
            }
            self.next().read(buffer)?
        } else {
            self.input.read_at(buffer, self.position)?
        };
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Whatever is read in whatever pieces from whatever places is what stands there.
        #[test]
        fn reading_ahead_changes_nothing(
            length in 0..3 * AHEAD,
            steps in prop::collection::vec((0..3 * AHEAD as u64, 0..2 * AHEAD, any::<bool>()), 0..30),
        ) {
            let bytes: Vec<u8> = (0..=250).cycle().take(length).collect();
            let mut cursor = Cursor::new(&bytes);
            let mut plain = io::Cursor::new(&bytes);
            for (place, count, seeks) in steps {
                if seeks {
                    let place = SeekFrom::Start(place);
                    prop_assert_eq!(cursor.seek(place).unwrap(), plain.seek(place).unwrap());
                }
                let (mut found, mut wanted) = (Vec::new(), Vec::new());
                (&mut cursor).take(count as u64).read_to_end(&mut found).unwrap();
                (&mut plain).take(count as u64).read_to_end(&mut wanted).unwrap();
                prop_assert!(found == wanted);
            }
        }
    }
}
