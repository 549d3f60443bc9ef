//! Patches: how a file is made of another one.
//!
//! A program that was linked again is the old one with a few bytes changed in many places, since
//! addresses moved, and with parts put in and taken out. So a patch says, in four streams, each deflated for
//! itself:
//!
//! - control: how far to move in the old file (zigzag), how many bytes to take from there, and how many to insert
//!   after them;
//! - runs: of the bytes that are taken, how many stay as they are, and how many after those change, in
//!   turns;
//! - changes: what is added to each byte that changes;
//! - inserts: the bytes that the old file does not have.
//!
//! Numbers are LEB128. Before the streams come their four lengths, 4 bytes each, the lowest first.
//!
//! Reading takes a few fixed buffers, whatever the patch says: the result has a size that is known
//! before, every step yields at least a byte of it, and no position leaves the old file.

use crate::io::read_at::{ReadAt, fill};
use flate2::bufread::DeflateDecoder;
use std::io::{self, BufRead, BufReader, ErrorKind, Read};

/// How much of a stream is read ahead, in bytes.
const AHEAD: usize = 32 << 10;

/// The streams of a patch.
pub(super) const STREAMS: usize = 4;

/// A part of a delta.
#[derive(Clone, Copy, Debug)]
pub struct Section {
    /// Where it begins.
    pub at: u64,
    /// Its length.
    pub length: u64,
}

impl Section {
    /// Reads it from `input`.
    pub fn reader(self, input: &dyn ReadAt) -> SectionReader<'_> {
        SectionReader { input, at: self.at, left: self.length }
    }
}

/// Reads a part of a delta, and ends early where the delta ends.
pub struct SectionReader<'a> {
    input: &'a dyn ReadAt,
    at: u64,
    left: u64,
}

impl Read for SectionReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let count = self.input.read_at(&mut buffer[..most], self.at)?;
        self.at += count as u64;
        self.left -= count as u64;
        Ok(count)
    }
}

/// One stream of a patch.
type Stream<'a> = BufReader<DeflateDecoder<BufReader<SectionReader<'a>>>>;

/// The file that a patch makes.
pub struct Patched<'a> {
    old: &'a dyn ReadAt,
    old_size: u64,
    /// The place in the old file.
    at: u64,
    /// How many bytes are still to come: of all, of what is taken from the old file, of the runs in it, and
    /// of what is inserted.
    left: u64,
    take: u64,
    keep: u64,
    change: u64,
    insert: u64,
    control: Stream<'a>,
    runs: Stream<'a>,
    changes: Stream<'a>,
    inserts: Stream<'a>,
}

impl<'a> Patched<'a> {
    /// Applies the patch that is `piece` of `input` to `old`; what comes out has `size` bytes.
    pub fn new(
        old: &'a dyn ReadAt,
        input: &'a dyn ReadAt,
        piece: Section,
        size: u64,
    ) -> io::Result<Self> {
        let mut header = [0; STREAMS * 4];
        piece.reader(input).read_exact(&mut header)?;
        let mut at = piece.at + header.len() as u64;
        let end = piece.at + piece.length;
        let mut streams = Vec::with_capacity(STREAMS);
        for length in header.chunks_exact(4) {
            let length =
                u64::from(u32::from_le_bytes([length[0], length[1], length[2], length[3]]));
            let section = Section { at, length };
            at += length;
            let packed = BufReader::with_capacity(AHEAD, section.reader(input));
            streams.push(BufReader::with_capacity(AHEAD, DeflateDecoder::new(packed)));
        }
        let streams: Result<[Stream<'a>; STREAMS], _> = streams.try_into();
        let Ok([control, runs, changes, inserts]) = streams else { return Err(wrong()) };
        if at != end {
            return Err(wrong());
        }
        let old_size = old.length()?;
        let (take, keep, change, insert) = (0, 0, 0, 0);
        let left = size;
        Ok(Self {
            old,
            old_size,
            at: 0,
            left,
            take,
            keep,
            change,
            insert,
            control,
            runs,
            changes,
            inserts,
        })
    }

    /// Reads what comes next: bytes of the old file, then bytes that are inserted.
    fn step(&mut self) -> io::Result<()> {
        let seek = number(&mut self.control)?;
        self.take = number(&mut self.control)?;
        self.insert = number(&mut self.control)?;
        let seek = (seek >> 1).cast_signed() ^ -(seek & 1).cast_signed();
        let at = self.at.checked_add_signed(seek).ok_or_else(wrong)?;
        let end = at.checked_add(self.take).ok_or_else(wrong)?;
        let sum = self.take.checked_add(self.insert).ok_or_else(wrong)?;
        if end > self.old_size || sum == 0 || sum > self.left {
            return Err(wrong());
        }
        self.at = at;
        Ok(())
    }

    /// Takes bytes from the old file, and changes those that change.
    fn take(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.take).unwrap_or(usize::MAX).min(buffer.len());
        let buffer = &mut buffer[..most];
        if fill(self.old, self.at, buffer)? != most {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        self.at += most as u64;
        let mut done = 0;
        while done < most {
            if self.keep == 0 && self.change == 0 {
                self.keep = number(&mut self.runs)?;
                self.change = number(&mut self.runs)?;
                let sum = self.keep.checked_add(self.change).ok_or_else(wrong)?;
                if sum == 0 || sum > self.take - done as u64 {
                    return Err(wrong());
                }
            }
            let rest = most - done;
            let kept = usize::try_from(self.keep).unwrap_or(usize::MAX).min(rest);
            self.keep -= kept as u64;
            done += kept;
            let changed = usize::try_from(self.change).unwrap_or(usize::MAX).min(most - done);
            add(&mut self.changes, &mut buffer[done..done + changed])?;
            self.change -= changed as u64;
            done += changed;
        }
        self.take -= most as u64;
        Ok(most)
    }
}

impl Read for Patched<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 || buffer.is_empty() {
            return Ok(0);
        }
        if self.take == 0 && self.insert == 0 {
            self.step()?;
        }
        let count = if self.take > 0 {
            self.take(buffer)?
        } else {
            let most = usize::try_from(self.insert).unwrap_or(usize::MAX).min(buffer.len());
            self.inserts.read_exact(&mut buffer[..most])?;
            self.insert -= most as u64;
            most
        };
        self.left -= count as u64;
        Ok(count)
    }
}

/// Adds the next bytes of a stream to those of a buffer.
fn add(changes: &mut impl BufRead, mut buffer: &mut [u8]) -> io::Result<()> {
    while !buffer.is_empty() {
        let next = changes.fill_buf()?;
        if next.is_empty() {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        let count = next.len().min(buffer.len());
        let (now, later) = buffer.split_at_mut(count);
        now.iter_mut().zip(next).for_each(|(byte, change)| *byte = byte.wrapping_add(*change));
        changes.consume(count);
        buffer = later;
    }
    Ok(())
}

/// Reads a number.
fn number(stream: &mut impl BufRead) -> io::Result<u64> {
    let mut number = 0_u64;
    for shift in (0..63).step_by(7) {
        let byte = *stream.fill_buf()?.first().ok_or(ErrorKind::UnexpectedEof)?;
        stream.consume(1);
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Ok(number);
        }
    }
    Err(wrong())
}

/// Writes a number.
pub(super) fn write_number(to: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        to.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    to.push(number.to_le_bytes()[0]);
}

fn wrong() -> io::Error {
    io::Error::new(ErrorKind::InvalidData, "the patch does not fit")
}
