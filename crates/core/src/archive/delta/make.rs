//! Making a delta, from two trees that are known to be right.
//!
//! Equal trees give equal bytes. Where a patch is no smaller than the file, the file goes in.

use super::list::{Word, render_header, render_line};
use super::patch::write_number;
use super::{MAGIC, patch};
use crate::error::{Error, Kind, Result, untrusted};
use crate::threads;
use bidiff::{DiffParams, Match};
use flate2::Compression;
use flate2::write::DeflateEncoder;
use std::io::{self, Write};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Fewer bytes than these between two that change are a part of the change.
const MIN_KEPT: usize = 2;

/// The most files that are compared at once: each takes six times its size in memory.
const MAX_HANDS: usize = 4;

/// A file of the new tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewFile<'a> {
    /// Its path, relative to GOROOT.
    pub path: &'a str,
    /// Its size in bytes.
    pub size: u64,
    /// What the old tree has there.
    pub before: Before,
}

/// What an old tree has of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Before {
    /// Nothing.
    Nothing,
    /// Other bytes.
    Other,
    /// The same bytes.
    Same,
}

/// Reads a file of a tree.
pub type ReadFile<'a> = dyn Fn(&str) -> Result<Vec<u8>> + Sync + 'a;

/// Writes what makes the tree with the hash `to` of that with the hash `from`.
pub fn make(
    out: &mut dyn Write,
    (from, to): (&str, &str),
    files: &[NewFile<'_>],
    old: &ReadFile<'_>,
    new: &ReadFile<'_>,
) -> Result<()> {
    let mut files = files.to_vec();
    files.sort_unstable_by_key(|file| file.path);
    let mut changed: Vec<(usize, &NewFile<'_>)> =
        files.iter().enumerate().filter(|(_, file)| file.before != Before::Same).collect();
    changed.sort_by_key(|(_, file)| std::cmp::Reverse(file.size));
    let next = AtomicUsize::new(0);
    let work = || -> Result<Vec<(usize, Word, Vec<u8>)>> {
        let mut made = Vec::new();
        while let Some((index, file)) = changed.get(next.fetch_add(1, Ordering::Relaxed)) {
            let (word, piece) = make_piece(file, old, new)?;
            made.push((*index, word, piece));
        }
        Ok(made)
    };
    let hands = std::thread::available_parallelism().map_or(1, usize::from).min(MAX_HANDS);
    let mut made = Vec::new();
    for part in threads::side_by_side(hands, work) {
        made.extend(part?);
    }
    made.sort_unstable_by_key(|(index, ..)| *index);
    let mut text = String::new();
    let mut pieces = made.iter().peekable();
    for (index, file) in files.iter().enumerate() {
        let piece = pieces.next_if(|(of, ..)| *of == index);
        let how = piece.map_or(&Word::Same, |(_, word, _)| word);
        render_line(&mut text, how, file.size, file.path);
    }
    let list = deflate(text.as_bytes())?;
    out.write_all(MAGIC.as_bytes())?;
    out.write_all(render_header(from, to, list.len(), text.len()).as_bytes())?;
    out.write_all(&list)?;
    for (_, _, piece) in &made {
        out.write_all(piece)?;
    }
    out.flush()?;
    Ok(())
}

fn make_piece(
    file: &NewFile<'_>,
    old: &ReadFile<'_>,
    new: &ReadFile<'_>,
) -> Result<(Word, Vec<u8>)> {
    let contents = new(file.path)?;
    if contents.len() as u64 != file.size {
        let message = format!("`{}` changed while it was read", untrusted(file.path));
        return Err(Error::new(Kind::Failed, message));
    }
    let whole = deflate(&contents)?;
    if file.before == Before::Other {
        let patch = make_patch(&old(file.path)?, &contents)?;
        if patch.len() < whole.len() {
            return Ok((Word::Patch(patch.len()), patch));
        }
    }
    Ok((Word::New(whole.len()), whole))
}

/// Writes the patch that makes `new` of `old`; see [`super::patch`].
pub fn make_patch(old: &[u8], new: &[u8]) -> Result<Vec<u8>> {
    let mut streams: [Vec<u8>; patch::STREAMS] = Default::default();
    let mut at = 0_i64;
    let place = |index: usize| i64::try_from(index).unwrap_or(i64::MAX);
    let params = DiffParams::new(1, None)
        .map_err(|error| Error::new(Kind::Failed, untrusted(error.to_string())))?;
    let mut write = |found: Match| -> io::Result<()> {
        let from = &old[found.add_old_start..][..found.add_length];
        let to = &new[found.add_new_start..][..found.add_length];
        let inserted = &new[found.copy_start()..found.copy_end];
        if from.is_empty() && inserted.is_empty() {
            return Ok(());
        }
        let [control, runs, changes, inserts] = &mut streams;
        let seek = place(found.add_old_start) - at;
        at = place(found.add_old_start + found.add_length);
        write_number(control, ((seek << 1) ^ (seek >> 63)).cast_unsigned());
        write_number(control, from.len() as u64);
        write_number(control, inserted.len() as u64);
        write_runs(runs, changes, from, to);
        inserts.extend_from_slice(inserted);
        Ok(())
    };
    if old.is_empty() || new.is_empty() {
        // It has nothing to look for, or nothing to look in.
        write(Match { add_old_start: 0, add_new_start: 0, add_length: 0, copy_end: new.len() })?;
    } else {
        bidiff::diff(old, new, &params, write)?;
    }
    let mut packed = Vec::new();
    let mut patch = Vec::new();
    for stream in &streams {
        let stream = deflate(stream)?;
        let length = u32::try_from(stream.len())
            .map_err(|_| Error::new(Kind::Failed, "a patch is too large"))?;
        patch.extend_from_slice(&length.to_le_bytes());
        packed.extend_from_slice(&stream);
    }
    patch.append(&mut packed);
    Ok(patch)
}

/// Writes how many bytes stay and how many change, in turns, and what is added to those.
fn write_runs(runs: &mut Vec<u8>, changes: &mut Vec<u8>, from: &[u8], to: &[u8]) {
    let is_equal = |index: usize| from[index] == to[index];
    let mut done = 0;
    while done < to.len() {
        let kept = (done..to.len()).take_while(|index| is_equal(*index)).count();
        let start = done + kept;
        let (mut end, mut index) = (start, start);
        while index < to.len() && index - end < MIN_KEPT {
            index += 1;
            if !is_equal(index - 1) {
                end = index;
            }
        }
        write_number(runs, kept as u64);
        write_number(runs, (end - start) as u64);
        changes.extend((start..end).map(|index| to[index].wrapping_sub(from[index])));
        done = end;
    }
}

fn deflate(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    encoder.finish()
}
