//! Deltas: what makes one toolchain of another one of the same line.
//!
//! A delta is a text, a list, and pieces:
//!
//! ```text
//! goward-delta 1
//! from h1:…
//! to h1:…
//! list 81234 1048576
//! ```
//!
//! The numbers are the sizes of the list, deflated and plain. The list follows, a line for every file of
//! the new tree, sorted by path: `same SIZE PATH`, `patch SIZE LENGTH PATH` or `new SIZE LENGTH PATH`.
//! Then come the pieces of the last two, `LENGTH` bytes each, in the order of the list, and nothing
//! else. A new file is deflated; a patch is described in [`patch`].
//!
//! A delta is as little trusted as an archive, and so is the tree that it is applied to: paths and sizes
//! pass the same gate, everything is read in pieces of a fixed size, and whether the right tree comes out is
//! for the hash to say.

mod list;
pub mod make;
pub mod patch;

use crate::archive::entry_validator::{Body, UnpackError, entry, hand};
use crate::archive::{Contents, EntryPath, Limits, Sink};
use crate::error::{Error, Kind, Result, untrusted};
use crate::io::read_at::{ReadAt, fill};
use crate::threads;
use flate2::bufread::DeflateDecoder;
use patch::{Patched, Section};
use std::io::{self, BufReader, Read};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

/// What every delta begins with; the number is the version of the format.
const MAGIC: &str = "goward-delta 1\n";

/// Longest text at the beginning, in bytes.
const MAX_HEADER: usize = 512;

/// Longest list, in bytes.
const MAX_LIST: u64 = 16 << 20;

/// Opens a file of the tree that a delta is applied to; `None` for one that the tree may lack, which the
/// new one then lacks, too.
pub type OpenOld<'a> = dyn Fn(&str) -> Result<Option<Box<dyn ReadAt>>> + Sync + 'a;

/// A delta, of which all but the pieces is read.
pub struct Delta<'a> {
    input: &'a dyn ReadAt,
    name: &'a str,
    /// The hash of the tree that it is applied to.
    pub from: String,
    /// The hash of the tree that comes out.
    pub to: String,
    files: Vec<DeltaFile>,
    contents: Contents,
}

/// A file of the new tree.
struct DeltaFile {
    path: EntryPath,
    size: u64,
    how: How,
}

/// Where the bytes of a file come from.
#[derive(Clone, Copy)]
enum How {
    /// The old tree has it.
    Same,
    /// The old tree has another one; the patch is this piece.
    Patch(Section),
    /// All of it is in this piece.
    New(Section),
}

impl<'a> Delta<'a> {
    /// Reads a delta; `None` when it is something else. `name` is for messages.
    pub fn read(name: &'a str, input: &'a dyn ReadAt, limits: &Limits) -> Result<Option<Self>> {
        let mut bytes = [0; MAX_HEADER];
        let count = fill(input, 0, &mut bytes)?;
        let Some(text) = bytes[..count].strip_prefix(MAGIC.as_bytes()) else { return Ok(None) };
        let refuse = |error: UnpackError| refusal(name, error);
        let header = list::parse_header(text).map_err(refuse)?;
        let start = MAGIC.len() as u64 + header.length;
        let text = read_list(input, start, header.packed, header.plain).map_err(refuse)?;
        let end = start + header.packed;
        let (files, contents) = list::parse(&text, end, input.length()?, limits).map_err(refuse)?;
        let (from, to) = (header.from, header.to);
        Ok(Some(Self { input, name, from, to, files, contents }))
    }

    /// Hands each file of the new tree to one of `sinks`, which work side by side.
    pub fn unpack(&self, old: &OpenOld<'_>, sinks: &mut [&mut Sink<'_>]) -> Result<Contents> {
        // What takes longest begins first.
        let mut order: Vec<&DeltaFile> = self.files.iter().collect();
        order
            .sort_by_key(|file| (!matches!(file.how, How::Patch(_)), std::cmp::Reverse(file.size)));
        let (next, has_failed) = (AtomicUsize::new(0), AtomicBool::new(false));
        let work = |sink: &mut Sink<'_>| -> Result<(), UnpackError> {
            let mut buffer = Vec::new();
            while let Some(file) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
                if has_failed.load(Ordering::Relaxed) {
                    break;
                }
                let handed = self.hand_file(file, old, &mut buffer, sink);
                handed.inspect_err(|_| has_failed.store(true, Ordering::Relaxed))?;
            }
            Ok(())
        };
        let Some((first, others)) = sinks.split_first_mut() else { return Ok(self.contents) };
        let handed = thread::scope(|scope| {
            let start = |sink| threads::start(scope, || work(sink));
            let others: Vec<_> =
                others.iter_mut().map_while(|sink| start(&mut **sink).ok()).collect();
            let mine = work(&mut **first);
            others.into_iter().map(threads::join).fold(mine, Result::and)
        });
        handed.map_err(|error| refusal(self.name, error))?;
        Ok(self.contents)
    }

    fn hand_file(
        &self,
        file: &DeltaFile,
        old: &OpenOld<'_>,
        buffer: &mut Vec<u8>,
        sink: &mut Sink<'_>,
    ) -> Result<(), UnpackError> {
        let path = file.path.as_str();
        let raw = format!("go/{path}");
        let lacks = || entry(raw.as_bytes(), "is not in the tree that it is made from");
        let mut sink = |path: &EntryPath, size: u64, body: &mut Body<'_>| sink(path, size, body);
        match file.how {
            How::Same => {
                let Some(found) = old(path).map_err(UnpackError::Failed)? else { return Ok(()) };
                let mut whole = Whole { file: &*found, at: 0 };
                hand(raw.as_bytes(), &file.path, file.size, &mut whole, buffer, &mut sink)
            }
            How::New(piece) => {
                let mut inflated = DeflateDecoder::new(BufReader::new(piece.reader(self.input)));
                hand(raw.as_bytes(), &file.path, file.size, &mut inflated, buffer, &mut sink)
            }
            How::Patch(piece) => {
                let found = old(path).map_err(UnpackError::Failed)?.ok_or_else(lacks)?;
                let patched = Patched::new(&*found, self.input, piece, file.size);
                let mut patched = patched.map_err(|error| damaged(&raw, &error))?;
                hand(raw.as_bytes(), &file.path, file.size, &mut patched, buffer, &mut sink)
            }
        }
    }
}

fn damaged(raw: &str, error: &io::Error) -> UnpackError {
    entry(raw.as_bytes(), &format!("is damaged: {}", untrusted(error.to_string())))
}

/// Makes the error that people see.
fn refusal(name: &str, error: UnpackError) -> Error {
    match error {
        UnpackError::Failed(error) => error,
        UnpackError::Refused(why) => {
            let message = format!("refusing the delta `{}`: {why}", untrusted(name));
            Error::new(Kind::Verification, message)
        }
    }
}

/// Inflates the list, which has to have the size that it is said to have.
fn read_list(
    input: &dyn ReadAt,
    start: u64,
    packed: u64,
    plain: u64,
) -> Result<Vec<u8>, UnpackError> {
    if plain > MAX_LIST {
        return Err(UnpackError::refused("its list is too long"));
    }
    let section = Section { at: start, length: packed };
    let inflated = DeflateDecoder::new(BufReader::new(section.reader(input)));
    let mut text = Vec::new();
    let read = inflated.take(plain + 1).read_to_end(&mut text);
    read.map_err(|error| UnpackError::damaged(&error))?;
    if text.len() as u64 != plain {
        return Err(UnpackError::refused("its list has another size than it says"));
    }
    Ok(text)
}

/// A file from its beginning.
struct Whole<'a> {
    file: &'a dyn ReadAt,
    at: u64,
}

impl Read for Whole<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read_at(buffer, self.at)?;
        self.at += count as u64;
        Ok(count)
    }
}

#[cfg(test)]
mod tests;
