//! The structure of a zip archive, read strictly.
//!
//! A zip says everything twice, once before each file and once in its central directory, and
//! readers differ in which one they believe and in what they overlook. Here the whole file has to
//! be accounted for: entries end to end from the first byte, then the central directory, then its
//! end record without a comment, then nothing. Both descriptions of an entry have to agree. What
//! passes looks the same to every reader, among them the `zip` crate that then inflates it.
//!
//! The directory is read as a whole and first; [`check_place`] reads what an entry says of itself.

use crate::archive::Limits;
use crate::archive::entry_validator::{UnpackError, entry};
use std::cmp::Ordering;
use std::io::{Read, Seek, SeekFrom};

const END_SIGNATURE: u32 = 0x0605_4b50;

const CENTRAL_SIGNATURE: u32 = 0x0201_4b50;

const LOCAL_SIGNATURE: u32 = 0x0403_4b50;

const DESCRIPTOR_SIGNATURE: u32 = 0x0807_4b50;

pub(super) const END_SIZE: usize = 22;

const CENTRAL_SIZE: usize = 46;

pub(super) const LOCAL_SIZE: usize = 30;

const DESCRIPTOR_SIZE: usize = 16;

const ENCRYPTED: u16 = 1;

const DESCRIPTOR: u16 = 1 << 3;

const UTF8: u16 = 1 << 11;

/// Two bits that say how hard the compressor tried.
const EFFORT: u16 = 0b110;

/// The version of the format that is needed to read what is written here.
const VERSION: u16 = 20;

const STORED: u16 = 0;

const DEFLATED: u16 = 8;

/// Extra fields that say nothing about name, place or contents: NTFS and Unix times, Unix owner.
const HARMLESS_EXTRA: [u16; 3] = [0x000a, 0x5455, 0x7875];

/// What is wrong with an entry that ends before the next one begins.
const UNLISTED: &str = "is followed by data that the directory does not list";

/// What is wrong with one that ends later.
const RUNS_OVER: &str = "runs into what comes after it";

const TYPE_MASK: u32 = 0o170_000;

const TYPE_FILE: u32 = 0o100_000;

const TYPE_DIRECTORY: u32 = 0o040_000;

/// One entry of the central directory.
#[derive(Debug)]
pub(super) struct ZipEntry {
    pub(super) name: Vec<u8>,
    pub(super) size: u64,
    pub(super) compressed: u64,
    pub(super) crc: u32,
    pub(super) offset: u64,
    /// Where the next one begins, or the directory.
    pub(super) end: u64,
    flags: u16,
    method: u16,
}

impl ZipEntry {
    pub(super) fn is_directory(&self) -> bool {
        self.name.ends_with(b"/")
    }

    /// Returns true when the contents are deflated, false when they are stored.
    pub(super) fn is_deflated(&self) -> bool {
        self.method == DEFLATED
    }

    /// Returns the entry as it is described where its contents are stored, without a descriptor after
    /// them.
    pub(super) fn stored(self) -> Self {
        let flags = self.flags & UTF8;
        Self { compressed: self.size, flags, method: STORED, ..self }
    }

    /// Returns the entry as it is described in another place.
    pub(super) fn at(self, offset: u64) -> Self {
        Self { offset, ..self }
    }

    /// Writes what stands before the contents.
    pub(super) fn write_local(&self, to: &mut Vec<u8>) {
        to.extend(LOCAL_SIGNATURE.to_le_bytes());
        self.write_common(to);
        to.extend(0_u16.to_le_bytes());
        to.extend(&self.name);
    }

    /// Writes the entry of the central directory, which says nothing but what is known here.
    pub(super) fn write_central(&self, to: &mut Vec<u8>) {
        to.extend(CENTRAL_SIGNATURE.to_le_bytes());
        to.extend(VERSION.to_le_bytes());
        self.write_common(to);
        // Neither extra fields nor a comment; the first disk; no attributes.
        to.extend([0; 12]);
        to.extend(low(self.offset).to_le_bytes());
        to.extend(&self.name);
    }

    /// Writes what both have, from the version that is needed to the length of the name.
    fn write_common(&self, to: &mut Vec<u8>) {
        for number in [VERSION, self.flags, self.method, 0, 0] {
            to.extend(number.to_le_bytes());
        }
        for number in [self.crc, low(self.compressed), low(self.size)] {
            to.extend(number.to_le_bytes());
        }
        to.extend(u16::try_from(self.name.len()).unwrap_or_default().to_le_bytes());
    }
}

/// Writes the end record of a directory with so many entries.
pub(super) fn write_end(to: &mut Vec<u8>, start: u64, size: u64, total: u16) {
    to.extend(END_SIGNATURE.to_le_bytes());
    to.extend([0; 4]);
    to.extend([total, total].map(u16::to_le_bytes).as_flattened());
    to.extend([low(size), low(start)].map(u32::to_le_bytes).as_flattened());
    to.extend([0; 2]);
}

/// Returns a number that has 32 bits in this format; callers see to it that it fits.
fn low(number: u64) -> u32 {
    u32::try_from(number).unwrap_or_default()
}

/// Reads and checks the directory, in its order.
pub(super) fn read<R: Read + Seek>(
    input: &mut R,
    limits: &Limits,
) -> Result<Vec<ZipEntry>, UnpackError> {
    let length = input.seek(SeekFrom::End(0)).map_err(|error| UnpackError::damaged(&error))?;
    let Some(end_offset) = length.checked_sub(END_SIZE as u64) else {
        return Err(UnpackError::refused("it is cut short"));
    };
    let (start, total) = read_end(&read_at(input, end_offset)?, end_offset, limits)?;
    let size = end_offset - start;
    let mut directory = vec![0; usize::try_from(size).unwrap_or(usize::MAX)];
    input.seek(SeekFrom::Start(start)).map_err(|error| UnpackError::damaged(&error))?;
    input.read_exact(&mut directory).map_err(|error| UnpackError::damaged(&error))?;
    read_directory(&directory, start, total)
}

/// Reads the end record, which is at `end_offset`; returns where the directory begins and how many
/// entries it has.
pub(super) fn read_end(
    end: &[u8; END_SIZE],
    end_offset: u64,
    limits: &Limits,
) -> Result<(u64, u16), UnpackError> {
    if u32_at(end, 0) != END_SIGNATURE || u16_at(end, 20) != 0 {
        return Err(UnpackError::refused("it does not end with its directory"));
    }
    let [disk, first_disk, here, total] = [4, 6, 8, 10].map(|offset| u16_at(end, offset));
    let [size, start] = [12, 16].map(|offset| u64::from(u32_at(end, offset)));
    if (disk, first_disk) != (0, 0) || here != total || start + size != end_offset {
        return Err(UnpackError::refused("its directory is not where its end record puts it"));
    }
    if u64::from(total) > limits.entries {
        return Err(UnpackError::refused("it has too many entries"));
    }
    Ok((start, total))
}

/// Reads the directory, which begins at `start` and has to have `total` entries and nothing else.
pub(super) fn read_directory(
    mut rest: &[u8],
    start: u64,
    total: u16,
) -> Result<Vec<ZipEntry>, UnpackError> {
    let mut entries = Vec::with_capacity(usize::from(total));
    while !rest.is_empty() {
        let (entry, after) = read_central(rest)?;
        entries.push(entry);
        rest = after;
    }
    if entries.len() != usize::from(total) {
        return Err(UnpackError::refused("its directory does not have as many entries as it says"));
    }
    set_ends(&mut entries, start)?;
    Ok(entries)
}

/// Says of each entry where it has to end, so that no byte before the directory is left over.
fn set_ends(entries: &mut [ZipEntry], start: u64) -> Result<(), UnpackError> {
    let mut sorted: Vec<&mut ZipEntry> = entries.iter_mut().collect();
    sorted.sort_by_key(|found| found.offset);
    if sorted.first().map_or(start, |first| first.offset) != 0 {
        return Err(UnpackError::refused("it has data that its directory does not list"));
    }
    let mut next = start;
    for found in sorted.into_iter().rev() {
        let least = found.compressed + (LOCAL_SIZE + found.name.len()) as u64;
        if next.checked_sub(found.offset).is_none_or(|length| length < least) {
            return Err(entry(&found.name, RUNS_OVER));
        }
        found.end = next;
        next = found.offset;
    }
    Ok(())
}

fn read_central(bytes: &[u8]) -> Result<(ZipEntry, &[u8]), UnpackError> {
    let damaged = || UnpackError::refused("its directory is damaged");
    let (header, rest) = bytes.split_at_checked(CENTRAL_SIZE).ok_or_else(damaged)?;
    if u32_at(header, 0) != CENTRAL_SIGNATURE {
        return Err(damaged());
    }
    let [name, extra, comment] = [28, 30, 32].map(|offset| usize::from(u16_at(header, offset)));
    let (name, rest) = rest.split_at_checked(name).ok_or_else(damaged)?;
    let (extra, rest) = rest.split_at_checked(extra).ok_or_else(damaged)?;
    let found = ZipEntry {
        name: name.to_vec(),
        flags: u16_at(header, 8),
        method: u16_at(header, 10),
        crc: u32_at(header, 16),
        compressed: u64::from(u32_at(header, 20)),
        size: u64::from(u32_at(header, 24)),
        offset: u64::from(u32_at(header, 42)),
        end: 0,
    };
    if comment != 0 || u16_at(header, 34) != 0 {
        return Err(entry(name, "has a comment or is in another file"));
    }
    check_entry(&found, u32_at(header, 38) >> 16)?;
    check_extra(name, extra)?;
    Ok((found, rest))
}

/// Checks what the central directory says about an entry.
fn check_entry(found: &ZipEntry, unix_mode: u32) -> Result<(), UnpackError> {
    let refused = |cause| Err(entry(&found.name, cause));
    if found.flags & ENCRYPTED != 0 {
        return refused("is encrypted");
    }
    if found.flags & !(DESCRIPTOR | UTF8 | EFFORT) != 0 {
        return refused("has flags that no Go release has");
    }
    if found.method != STORED && found.method != DEFLATED {
        return refused("is compressed with an unsupported method");
    }
    if found.method == STORED && found.size != found.compressed {
        return refused("has two different sizes");
    }
    let wanted = if found.is_directory() { TYPE_DIRECTORY } else { TYPE_FILE };
    if ![0, wanted].contains(&(unix_mode & TYPE_MASK)) {
        return refused("is a link or a special file");
    }
    if found.is_directory() && (found.size, found.compressed) != (0, 0) {
        return refused("is a directory with contents");
    }
    Ok(())
}

fn check_extra(name: &[u8], mut extra: &[u8]) -> Result<(), UnpackError> {
    while !extra.is_empty() {
        let field = extra.split_at_checked(4).and_then(|(header, rest)| {
            let (_, after) = rest.split_at_checked(usize::from(u16_at(header, 2)))?;
            Some((u16_at(header, 0), after))
        });
        match field {
            Some((id, after)) if HARMLESS_EXTRA.contains(&id) => extra = after,
            _ => return Err(entry(name, "has an extra field that no Go release has")),
        }
    }
    Ok(())
}

/// Checks that what an entry says of itself agrees with the directory, and that it ends where it has to.
pub(super) fn check_place<R: Read + Seek>(
    input: &mut R,
    found: &ZipEntry,
) -> Result<(), UnpackError> {
    match check_local(input, found)?.cmp(&found.end) {
        Ordering::Equal => Ok(()),
        Ordering::Less => Err(entry(&found.name, UNLISTED)),
        Ordering::Greater => Err(entry(&found.name, RUNS_OVER)),
    }
}

/// Checks the local header, and the descriptor after the contents; returns where the entry ends.
fn check_local<R: Read + Seek>(input: &mut R, found: &ZipEntry) -> Result<u64, UnpackError> {
    let disagrees = || entry(&found.name, "is described in two different ways");
    // With the name that it should have: one read, if it does.
    let mut header = vec![0; LOCAL_SIZE + found.name.len()];
    read_all_at(input, found.offset, &mut header)?;
    let (header, name) = header.split_at(LOCAL_SIZE);
    if u32_at(header, 0) != LOCAL_SIGNATURE {
        return Err(entry(&found.name, "is not where the directory says"));
    }
    let [name_length, extra_length] = [26, 28].map(|offset| usize::from(u16_at(header, offset)));
    if name_length != name.len() {
        return Err(disagrees());
    }
    let mut extra = vec![0; extra_length];
    input.read_exact(&mut extra).map_err(|error| UnpackError::damaged(&error))?;
    check_extra(&found.name, &extra)?;
    let sums =
        |bytes: &[u8]| (u32_at(bytes, 0), u64::from(u32_at(bytes, 4)), u64::from(u32_at(bytes, 8)));
    let wanted = (found.crc, found.compressed, found.size);
    let has_descriptor = found.flags & DESCRIPTOR != 0;
    let local = sums(&header[14..26]);
    let same = u16_at(header, 6) == found.flags
        && u16_at(header, 8) == found.method
        && name == found.name
        && (local == wanted || has_descriptor && local == (0, 0, 0));
    if !same {
        return Err(disagrees());
    }
    let data = found.offset + (LOCAL_SIZE + name_length + extra_length) as u64;
    let end = data + found.compressed;
    if !has_descriptor {
        return Ok(end);
    }
    let descriptor: [u8; DESCRIPTOR_SIZE] = read_at(input, end)?;
    if u32_at(&descriptor, 0) != DESCRIPTOR_SIGNATURE || sums(&descriptor[4..]) != wanted {
        return Err(disagrees());
    }
    Ok(end + DESCRIPTOR_SIZE as u64)
}

fn read_at<const N: usize, R: Read + Seek>(
    input: &mut R,
    offset: u64,
) -> Result<[u8; N], UnpackError> {
    let mut bytes = [0; N];
    read_all_at(input, offset, &mut bytes)?;
    Ok(bytes)
}

fn read_all_at<R: Read + Seek>(
    input: &mut R,
    offset: u64,
    buffer: &mut [u8],
) -> Result<(), UnpackError> {
    let sought = input.seek(SeekFrom::Start(offset));
    sought.and_then(|_| input.read_exact(buffer)).map_err(|error| UnpackError::damaged(&error))
}

/// Reads two bytes, low byte first; callers pass headers of fixed size.
fn u16_at(bytes: &[u8], offset: usize) -> u16 {
    bytes[offset..].iter().take(2).rev().fold(0, |value, &byte| value << 8 | u16::from(byte))
}

fn u32_at(bytes: &[u8], offset: usize) -> u32 {
    u32::from(u16_at(bytes, offset + 2)) << 16 | u32::from(u16_at(bytes, offset))
}
