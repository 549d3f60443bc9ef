//! Releases as `.tar.gz`.
//!
//! Accepts what Go's `archive/tar` writes for a release, and no more: one gzip member; USTAR headers,
//! regular files and directories; a PAX header with the next entry's path where USTAR has no room
//! for it; two zero blocks at the end and nothing but padding after them. Everything that readers
//! of tar disagree on is thus refused: other sizes in PAX, GNU extensions, trailing data.
//!
//! The input is read once, front to back, to its end, so it can be a download in progress that is
//! digested on the way.

use crate::archive::entry_validator::{
    ByteCounter, EntryValidator, Inflated, Input, UnpackError, entry, hand,
};
use crate::archive::{Contents, Limits, Sink, parallel_writer};
use crate::error::Result;
use flate2::bufread::GzDecoder;
use std::io::{BufRead, BufReader, Read};
use std::sync::Arc;
use tar::{Archive, EntryType, Header};

const BLOCK: u64 = 512;

/// Zeros allowed after the last entry: two blocks, and padding to whole records, as some tools do.
const MAX_END: u64 = 64 << 10;

/// How much is inflated at a time, in bytes: the decompressor is slow at both ends of its output.
const INFLATED: usize = 128 << 10;

/// Largest PAX header, in bytes.
const MAX_PAX: u64 = 16 << 10;

/// Hands each regular file to one of `sinks`; see [`super::unpack`].
pub fn unpack(
    name: &str,
    input: impl Read,
    limits: &Limits,
    sinks: &mut [&mut Sink<'_>],
) -> Result<Contents> {
    let counter = Arc::new(ByteCounter::default());
    let mut validator = EntryValidator::new(limits);
    let buffered = BufReader::with_capacity(64 << 10, Input::new(input, &counter));
    let ahead = BufReader::with_capacity(INFLATED, GzDecoder::new(buffered));
    let inflated = Inflated::new(ahead, limits, &counter);
    let read = parallel_writer::over(sinks, limits.memory, |sink| {
        read_entries(inflated, &mut validator, sink).and_then(read_end)
    });
    match read {
        Ok(()) => Ok(validator.contents()),
        Err(stop) => Err(stop.into_error(name, &counter)),
    }
}

/// Reads up to the zero block that ends the archive.
fn read_entries<R: Read>(
    inflated: Inflated<R>,
    validator: &mut EntryValidator<'_>,
    sink: &mut parallel_writer::EntryHandler<'_>,
) -> Result<Inflated<R>, UnpackError> {
    let mut buffer = Vec::new();
    let mut archive = Archive::new(inflated);
    // Where the next header has to be.
    let mut next = 0;
    // What a PAX header says of the entry after it: its path, if anything.
    let mut extended: Option<Option<Vec<u8>>> = None;
    for item in archive.entries().map_err(|error| UnpackError::damaged(&error))?.raw(true) {
        let mut item = item.map_err(|error| UnpackError::damaged(&error))?;
        let kind = item.header().entry_type();
        let short_name = ustar_name(item.header())?;
        if kind == EntryType::XHeader && extended.is_some() {
            return Err(entry(&short_name, "is a second PAX header"));
        }
        let name = extended.take().flatten().unwrap_or(short_name);
        let size = octal_size(item.header()).filter(|size| *size == item.size());
        let size = size.ok_or_else(|| entry(&name, "has no valid size"))?;
        next = item.raw_file_position() + size.next_multiple_of(BLOCK);
        match kind {
            EntryType::Regular => {
                let path = validator.file(&name, size)?;
                hand(&name, &path, size, &mut item, &mut buffer, sink)?;
            }
            EntryType::Directory if size == 0 => validator.directory(&name)?,
            EntryType::Directory => return Err(entry(&name, "is a directory with contents")),
            EntryType::XHeader => extended = Some(pax_path(&name, size, &mut item)?),
            other => return Err(entry(&name, &format!("is {}", describe(other)))),
        }
    }
    let inflated = archive.into_inner();
    if extended.is_some() {
        return Err(UnpackError::refused("it ends after a header for one more entry"));
    }
    if inflated.count() != next + BLOCK {
        return Err(UnpackError::refused("it is cut short"));
    }
    Ok(inflated)
}

/// Reads the rest: the second zero block, padding, and the end of the gzip member and of the input.
fn read_end<R: BufRead>(
    mut inflated: Inflated<BufReader<GzDecoder<R>>>,
) -> Result<(), UnpackError> {
    let mut rest = Vec::new();
    let read = (&mut inflated).take(MAX_END + 1).read_to_end(&mut rest);
    read.map_err(|error| UnpackError::damaged(&error))?;
    if (rest.len() as u64) < BLOCK {
        return Err(UnpackError::refused("it is cut short"));
    }
    if rest.len() as u64 > MAX_END || rest.iter().any(|&byte| byte != 0) {
        return Err(UnpackError::refused("it goes on after its end"));
    }
    let mut input = inflated.into_inner().into_inner().into_inner();
    match input.fill_buf() {
        Ok([]) => Ok(()),
        Ok(_) => Err(UnpackError::refused("it goes on after its end")),
        Err(error) => Err(UnpackError::damaged(&error)),
    }
}

/// Returns the name in a header, which has to be USTAR.
fn ustar_name(header: &Header) -> Result<Vec<u8>, UnpackError> {
    let name = text_field(&header.as_old().name);
    let Some(ustar) = header.as_ustar() else {
        let name = name.unwrap_or(&header.as_old().name);
        return Err(entry(name, "is not in the format that Go writes"));
    };
    match (name, text_field(&ustar.prefix)) {
        (Some(name), Some([])) => Ok(name.to_vec()),
        (Some(name), Some(prefix)) => Ok([prefix, b"/", name].concat()),
        _ => Err(entry(&ustar.name, "has characters that do not belong in a file name")),
    }
}

/// Returns a field up to its first zero byte; `None` when anything follows that.
fn text_field(field: &[u8]) -> Option<&[u8]> {
    let end = field.iter().position(|&byte| byte == 0).unwrap_or(field.len());
    field[end..].iter().all(|&byte| byte == 0).then_some(&field[..end])
}

/// Returns the size, written as digits: every size allowed here fits.
fn octal_size(header: &Header) -> Option<u64> {
    let digits = header.as_old().size.trim_ascii_end();
    let digits = digits.strip_suffix(b"\0").unwrap_or(digits).trim_ascii_end();
    let octal = !digits.is_empty() && digits.iter().all(|digit| (b'0'..=b'7').contains(digit));
    octal.then(|| digits.iter().fold(0, |size, digit| size << 3 | u64::from(digit - b'0')))
}

/// Reads the records of a PAX header and returns the path among them.
fn pax_path(name: &[u8], size: u64, body: &mut impl Read) -> Result<Option<Vec<u8>>, UnpackError> {
    if size > MAX_PAX {
        return Err(entry(name, "is too large"));
    }
    let mut records = Vec::new();
    body.read_to_end(&mut records).map_err(|error| UnpackError::damaged(&error))?;
    if records.len() as u64 != size {
        return Err(UnpackError::refused("it is cut short"));
    }
    let mut path = None;
    let mut rest = &records[..];
    while !rest.is_empty() {
        let Some((key, value, after)) = pax_record(rest) else {
            return Err(entry(name, "has a malformed PAX record"));
        };
        match key {
            b"path" if path.is_none() => path = Some(value.to_vec()),
            b"mtime" => {}
            _ => return Err(entry(name, "has a PAX record that Go does not write")),
        }
        rest = after;
    }
    Ok(path)
}

/// Splits `<length> <key>=<value>\n` off the front.
fn pax_record(records: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let space = records.iter().position(|&byte| byte == b' ')?;
    let length: usize = std::str::from_utf8(&records[..space]).ok()?.parse().ok()?;
    let record = records.get(space + 1..length)?.strip_suffix(b"\n")?;
    let equals = record.iter().position(|&byte| byte == b'=')?;
    Some((&record[..equals], &record[equals + 1..], &records[length..]))
}

fn describe(kind: EntryType) -> &'static str {
    match kind {
        EntryType::Link => "a hard link",
        EntryType::Symlink => "a symbolic link",
        EntryType::Char | EntryType::Block => "a device",
        EntryType::Fifo => "a FIFO",
        EntryType::Continuous => "a contiguous file",
        EntryType::GNULongName | EntryType::GNULongLink => "a GNU long name",
        EntryType::GNUSparse => "a sparse file",
        EntryType::XGlobalHeader => "a global PAX header",
        _ => "of a type that no Go release has",
    }
}
