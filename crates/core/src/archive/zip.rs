//! Releases as `.zip`.
//!
//! `zip_layout` reads the structure strictly, the `zip` crate, as a second reader, has to see the same
//! and says where contents are. All of the directory is admitted before the first entry is handed over;
//! what an entry says of itself is read with it, so that an archive can be unpacked while it arrives.
//! Each sink inflates for itself, what is not too large with libdeflate, which takes two thirds of the
//! time and needs all of it in memory. `flate2` inflates the rest, and says what is wrong with an entry.

use crate::archive::entry_validator::{
    AHEAD, ByteCounter, EntryValidator, Input, UnpackError, entry, exceeds_ratio, hand,
};
use crate::archive::zip_layout::ZipEntry;
use crate::archive::{Contents, EntryPath, Limits, Sink, zip_layout};
use crate::error::{Result, untrusted};
use crate::io::read_at::{Cursor, ReadAt};
use crate::threads;
use flate2::CrcReader;
use flate2::bufread::DeflateDecoder;
use libdeflater::Decompressor;
use std::borrow::Cow;
use std::io::{BufReader, ErrorKind, Read};
use std::ops::Range;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::{io, thread};
use zip::ZipArchive;
use zip::read::ZipFile;
use zip::result::ZipError;

/// How much of compressed contents is read at a time, in bytes: decompressors begin anew with each piece.
const COMPRESSED: usize = 64 << 10;

type Archive<'a> = ZipArchive<Input<Cursor<'a>>>;

/// Hands each regular file to one of `sinks`; see [`super::unpack`].
pub fn unpack(
    name: &str,
    input: &dyn ReadAt,
    limits: &Limits,
    sinks: &mut [&mut Sink<'_>],
) -> Result<Contents> {
    unpack_some(name, input, limits, sinks, |raw| Ok(Some(raw.into())))
}

/// The same for the entries to which `place` gives a name below `go/`, by the name that they have.
/// Those to which it gives none have to be sound too.
pub(super) fn unpack_some(
    name: &str,
    input: &dyn ReadAt,
    limits: &Limits,
    sinks: &mut [&mut Sink<'_>],
    place: impl Fn(&[u8]) -> Result<Option<Cow<'_, [u8]>>, UnpackError>,
) -> Result<Contents> {
    let counter = Arc::new(ByteCounter::default());
    let mut validator = EntryValidator::new(limits);
    let read = admit(Input::new(Cursor::new(input), &counter), limits, &mut validator, place);
    let handed = read.and_then(|admitted| {
        hand_all(&admitted, limits.whole, sinks)?;
        admitted.check_others()
    });
    match handed {
        Ok(()) => Ok(validator.contents()),
        Err(stop) => Err(stop.into_error(name, &counter)),
    }
}

/// An archive whose entries may be handed over.
struct ValidArchive<'a> {
    input: Input<Cursor<'a>>,
    archive: Archive<'a>,
    entries: Vec<ZipEntry>,
    /// The files, and where each is among the entries.
    files: Vec<(usize, EntryPath)>,
    /// Entries that nothing is done with.
    others: Vec<usize>,
}

/// Checks the directory.
fn admit<'a>(
    mut input: Input<Cursor<'a>>,
    limits: &Limits,
    validator: &mut EntryValidator<'_>,
    place: impl Fn(&[u8]) -> Result<Option<Cow<'_, [u8]>>, UnpackError>,
) -> Result<ValidArchive<'a>, UnpackError> {
    let entries = zip_layout::read(&mut input, limits)?;
    check_ratio(&entries, limits)?;
    // Both take their time.
    let open = || ZipArchive::new(input.clone()).map_err(damaged);
    let (archive, sorted) = threads::both(open, || sort_out(&entries, validator, place));
    let archive = archive?;
    // The crate keeps the last of two entries with one name.
    if archive.len() != entries.len() {
        return Err(UnpackError::refused(match first_twin(&entries) {
            Some(twin) => format!("entry `{}` comes twice", untrusted(twin)),
            None => "it is read differently by different programs".to_owned(),
        }));
    }
    let ZipEntries { files, others } = sorted?;
    Ok(ValidArchive { input, archive, entries, files, others })
}

/// Files that pass the gate, and entries that nothing is done with.
#[derive(Default)]
struct ZipEntries {
    files: Vec<(usize, EntryPath)>,
    others: Vec<usize>,
}

fn sort_out(
    entries: &[ZipEntry],
    validator: &mut EntryValidator<'_>,
    place: impl Fn(&[u8]) -> Result<Option<Cow<'_, [u8]>>, UnpackError>,
) -> Result<ZipEntries, UnpackError> {
    let mut sorted = ZipEntries::default();
    for (index, found) in entries.iter().enumerate() {
        match place(&found.name)? {
            Some(name) if !found.is_directory() => {
                sorted.files.push((index, validator.file(&name, found.size)?));
                continue;
            }
            Some(name) => validator.directory(&name)?,
            None => {}
        }
        sorted.others.push(index);
    }
    Ok(sorted)
}

/// Holds what the `zip` crate sees in an entry against what is seen here.
fn compare<R: Read>(file: &ZipFile<'_, R>, found: &ZipEntry) -> Result<(), UnpackError> {
    let same = file.name_raw() == found.name
        && (file.header_start(), file.crc32()) == (found.offset, found.crc)
        && (file.size(), file.compressed_size()) == (found.size, found.compressed);
    if same { Ok(()) } else { Err(entry(&found.name, "is described in two different ways")) }
}

/// Gives each file to a sink. Of several that fail, the first in the archive is reported.
fn hand_all(
    admitted: &ValidArchive<'_>,
    memory: u64,
    sinks: &mut [&mut Sink<'_>],
) -> Result<(), UnpackError> {
    let jobs = admitted.jobs();
    let memory = AtomicU64::new(memory);
    let next = AtomicUsize::new(0);
    let failed: Mutex<Option<(usize, UnpackError)>> = Mutex::new(None);
    let work = |sink: &mut Sink<'_>| {
        let mut reader = admitted.reader();
        let (mut inflater, mut buffer) = (Inflater::new(&memory), Vec::new());
        while let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
            for at in job.clone() {
                let Err(stop) = admitted.hand(at, &mut reader, &mut inflater, &mut buffer, sink)
                else {
                    continue;
                };
                // What comes before is in somebody's hands already.
                next.store(jobs.len(), Ordering::Relaxed);
                let mut failed = failed.lock().unwrap_or_else(PoisonError::into_inner);
                if failed.as_ref().is_none_or(|(first, _)| at < *first) {
                    *failed = Some((at, stop));
                }
                return;
            }
        }
    };
    if let Some((mine, others)) = sinks.split_last_mut() {
        thread::scope(|scope| {
            for sink in others {
                // Without more threads the others do more.
                if threads::start(scope, || work(&mut **sink)).is_err() {
                    break;
                }
            }
            work(&mut **mine);
        });
    }
    match failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some((_, stop)) => Err(stop),
        None => Ok(()),
    }
}

/// What one thread reads an archive with.
struct ArchiveReader<'a> {
    input: Input<Cursor<'a>>,
    archive: Archive<'a>,
}

impl<'a> ArchiveReader<'a> {
    /// Returns an entry, in which everything but its contents agrees with the directory.
    fn entry(
        &mut self,
        index: usize,
        found: &ZipEntry,
    ) -> Result<ZipFile<'_, Input<Cursor<'a>>>, UnpackError> {
        zip_layout::check_place(&mut self.input, found)?;
        let file = self.archive.by_index_raw(index).map_err(damaged)?;
        compare(&file, found)?;
        Ok(file)
    }
}

impl<'a> ValidArchive<'a> {
    fn reader(&self) -> ArchiveReader<'a> {
        ArchiveReader { input: self.input.clone(), archive: self.archive.clone() }
    }

    /// Checks the entries that nothing is done with.
    fn check_others(&self) -> Result<(), UnpackError> {
        let mut reader = self.reader();
        self.others
            .iter()
            .try_for_each(|index| reader.entry(*index, &self.entries[*index]).map(drop))
    }

    /// Cuts the files into runs that are worth a thread's while.
    fn jobs(&self) -> Vec<Range<usize>> {
        let mut jobs = Vec::new();
        let (mut start, mut bytes) = (0, 0);
        for (at, (index, _)) in self.files.iter().enumerate() {
            bytes += self.entries[*index].size;
            if bytes >= AHEAD as u64 || at + 1 == self.files.len() {
                jobs.push(start..at + 1);
                (start, bytes) = (at + 1, 0);
            }
        }
        jobs
    }

    /// Gives one of the files to a sink.
    fn hand(
        &self,
        at: usize,
        reader: &mut ArchiveReader<'a>,
        inflater: &mut Inflater<'_>,
        buffer: &mut Vec<u8>,
        sink: &mut Sink<'_>,
    ) -> Result<(), UnpackError> {
        let (index, path) = &self.files[at];
        let found = &self.entries[*index];
        let mut file = reader.entry(*index, found)?;
        if found.is_deflated()
            && let Some(inflated) = inflater.inflate(found, &mut file)
        {
            let mut contents = inflated.contents();
            return hand(&found.name, path, found.size, &mut contents, buffer, &mut |p, s, b| {
                sink(p, s, b)
            });
        }
        // Some of it may have been read.
        drop(file);
        let file = reader.archive.by_index_raw(*index).map_err(damaged)?;
        let most = usize::try_from(found.compressed).unwrap_or(usize::MAX).min(COMPRESSED);
        let mut file = BufReader::with_capacity(most, file);
        let mut contents: &mut dyn Read = &mut file;
        let mut streamed;
        if found.is_deflated() {
            streamed = DeflateDecoder::new(file);
            contents = &mut streamed;
        }
        let mut contents = ChecksumReader { inner: CrcReader::new(contents), crc: found.crc };
        hand(&found.name, path, found.size, &mut contents, buffer, &mut |path, size, body| {
            sink(path, size, body)
        })
    }
}

/// Inflates entries whole, as far as there is memory for it.
struct Inflater<'a> {
    decompressor: Decompressor,
    /// What all of them have left.
    memory: &'a AtomicU64,
    packed: Vec<u8>,
    unpacked: Vec<u8>,
}

impl<'a> Inflater<'a> {
    /// What one keeps of its buffers between two entries.
    const KEPT: usize = 1 << 20;

    fn new(memory: &'a AtomicU64) -> Self {
        let decompressor = Decompressor::new();
        Self { decompressor, memory, packed: Vec::new(), unpacked: Vec::new() }
    }

    /// Returns the contents of an entry; `None` where there is no room now, and where anything is
    /// wrong with it.
    fn inflate<'i>(
        &'i mut self,
        found: &ZipEntry,
        mut file: impl Read,
    ) -> Option<Inflated<'i, 'a>> {
        let bytes = found.size.checked_add(found.compressed)?;
        let take = |left: u64| left.checked_sub(bytes);
        self.memory.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).ok()?;
        // Given back when dropped.
        let inflated = Inflated { size: usize::try_from(found.size).ok()?, bytes, inflater: self };
        let Self { decompressor, packed, unpacked, .. } = &mut *inflated.inflater;
        let packed = room(packed, usize::try_from(found.compressed).ok()?);
        let unpacked = room(unpacked, inflated.size);
        file.read_exact(packed).ok()?;
        let size = decompressor.deflate_decompress(packed, unpacked).ok()?;
        let is_right = size == inflated.size && libdeflater::crc32(unpacked) == found.crc;
        is_right.then_some(inflated)
    }
}

/// Returns the first `size` bytes of a buffer, which grows where it is shorter.
fn room(buffer: &mut Vec<u8>, size: usize) -> &mut [u8] {
    if buffer.len() < size {
        buffer.resize(size, 0);
    }
    &mut buffer[..size]
}

/// Contents of an entry, in the memory of an [`Inflater`].
struct Inflated<'i, 'a> {
    inflater: &'i mut Inflater<'a>,
    size: usize,
    /// What it was given of the memory.
    bytes: u64,
}

impl Inflated<'_, '_> {
    fn contents(&self) -> &[u8] {
        self.inflater.unpacked.get(..self.size).unwrap_or_default()
    }
}

impl Drop for Inflated<'_, '_> {
    fn drop(&mut self) {
        for buffer in [&mut self.inflater.packed, &mut self.inflater.unpacked] {
            if buffer.len() > Inflater::KEPT {
                *buffer = Vec::new();
            }
        }
        self.inflater.memory.fetch_add(self.bytes, Ordering::Relaxed);
    }
}

/// Contents whose checksum is compared at their end.
struct ChecksumReader<R> {
    inner: CrcReader<R>,
    crc: u32,
}

impl<R: Read> Read for ChecksumReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        if count == 0 && !buffer.is_empty() && self.inner.crc().sum() != self.crc {
            return Err(io::Error::new(ErrorKind::InvalidData, "wrong checksum"));
        }
        Ok(count)
    }
}

/// Entries cannot overlap, so the sizes in the directory are enough to see a bomb.
fn check_ratio(entries: &[ZipEntry], limits: &Limits) -> Result<(), UnpackError> {
    let sum = |size: fn(&ZipEntry) -> u64| entries.iter().map(size).sum();
    if exceeds_ratio(sum(|found| found.size), sum(|found| found.compressed), limits.ratio) {
        return Err(UnpackError::refused("it holds far more than its size allows"));
    }
    Ok(())
}

fn first_twin(entries: &[ZipEntry]) -> Option<String> {
    let mut names: Vec<_> = entries.iter().map(|found| &found.name).collect();
    names.sort_unstable();
    let twin = names.windows(2).find(|pair| pair[0] == pair[1])?;
    Some(String::from_utf8_lossy(twin[0]).into_owned())
}

fn damaged(error: ZipError) -> UnpackError {
    match error {
        ZipError::Io(error) => UnpackError::damaged(&error),
        error => UnpackError::Refused(format!("it is damaged: {}", untrusted(error.to_string()))),
    }
}
