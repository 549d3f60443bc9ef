//! Releases as `.zip`.
//!
//! `zip_layout` reads the structure strictly; the `zip` crate, as a second reader that has
//! to see the same, inflates and compares checksums.

use super::gate::{Gate, Input, Meter, Stop, entry, exceeds_ratio};
use super::zip_layout::{self, ZipEntry};
use super::{Contents, Limits, Sink};
use crate::error::{Result, untrusted};
use std::io::{Read, Seek};
use std::rc::Rc;
use zip::ZipArchive;
use zip::result::ZipError;

/// Hands each regular file to `sink`; see [`super::unpack`].
///
/// # Errors
///
/// As [`super::unpack`].
pub fn unpack(
    name: &str,
    input: impl Read + Seek,
    limits: &Limits,
    sink: &mut Sink<'_>,
) -> Result<Contents> {
    unpack_some(name, input, limits, sink, |_| true)
}

/// The same for the entries that `is_wanted` says, by raw name. The others have to be sound too.
pub(super) fn unpack_some(
    name: &str,
    input: impl Read + Seek,
    limits: &Limits,
    sink: &mut Sink<'_>,
    is_wanted: impl Fn(&[u8]) -> bool,
) -> Result<Contents> {
    let meter = Rc::new(Meter::default());
    let mut gate = Gate::new(limits, sink);
    match read_entries(Input::new(input, &meter), limits, &mut gate, is_wanted) {
        Ok(()) => Ok(gate.contents()),
        Err(stop) => Err(stop.into_error(name, &meter)),
    }
}

fn read_entries(
    mut input: impl Read + Seek,
    limits: &Limits,
    gate: &mut Gate<'_, '_>,
    is_wanted: impl Fn(&[u8]) -> bool,
) -> Result<(), Stop> {
    let entries = zip_layout::read(&mut input, limits)?;
    check_ratio(&entries, limits)?;
    let mut archive = ZipArchive::new(input).map_err(damaged)?;
    // The crate keeps the last of two entries with one name.
    if archive.len() != entries.len() {
        return Err(Stop::refused(match first_twin(&entries) {
            Some(twin) => format!("entry `{}` comes twice", untrusted(twin)),
            None => "it is read differently by different programs".to_owned(),
        }));
    }
    for (index, found) in entries.iter().enumerate() {
        let mut file = archive.by_index(index).map_err(damaged)?;
        let same = file.name_raw() == found.name
            && (file.header_start(), file.crc32()) == (found.offset, found.crc)
            && (file.size(), file.compressed_size()) == (found.size, found.compressed);
        if !same {
            return Err(entry(&found.name, "is described in two different ways"));
        }
        match is_wanted(&found.name) {
            true if found.is_directory() => gate.directory(&found.name)?,
            true => gate.file(&found.name, found.size, &mut file)?,
            false => {}
        }
    }
    Ok(())
}

/// Entries cannot overlap, so the sizes in the directory are enough to see a bomb.
fn check_ratio(entries: &[ZipEntry], limits: &Limits) -> Result<(), Stop> {
    let sum = |size: fn(&ZipEntry) -> u64| entries.iter().map(size).sum();
    if exceeds_ratio(sum(|found| found.size), sum(|found| found.compressed), limits.ratio) {
        return Err(Stop::refused("it holds far more than its size allows"));
    }
    Ok(())
}

fn first_twin(entries: &[ZipEntry]) -> Option<String> {
    let mut names: Vec<_> = entries.iter().map(|found| &found.name).collect();
    names.sort_unstable();
    let twin = names.windows(2).find(|pair| pair[0] == pair[1])?;
    Some(String::from_utf8_lossy(twin[0]).into_owned())
}

fn damaged(error: ZipError) -> Stop {
    match error {
        ZipError::Io(error) => Stop::damaged(&error),
        error => Stop::Refused(format!("it is damaged: {}", untrusted(error.to_string()))),
    }
}
