//! The text at the beginning of a delta, and its list of files.

use super::patch::Section;
use super::{DeltaFile, How};
use crate::archive::entry_validator::{EntryValidator, UnpackError};
use crate::archive::{Contents, Limits};
use std::fmt::Write as _;

/// The text at the beginning.
pub(super) struct Header {
    pub(super) from: String,
    pub(super) to: String,
    /// The size of the list, deflated.
    pub(super) packed: u64,
    /// The size of the list.
    pub(super) plain: u64,
    /// The length of the text itself.
    pub(super) length: u64,
}

/// Writes the lines after the first.
pub(super) fn render_header(from: &str, to: &str, packed: usize, plain: usize) -> String {
    format!("from {from}\nto {to}\nlist {packed} {plain}\n")
}

/// Reads the lines after the first.
pub(super) fn parse_header(bytes: &[u8]) -> Result<Header, UnpackError> {
    let read = || {
        let mut lines = bytes.split_inclusive(|byte| *byte == b'\n').take(3);
        let mut length = 0;
        let mut line = |start: &str| {
            let line = std::str::from_utf8(lines.next()?).ok()?;
            length += line.len() as u64;
            line.strip_suffix('\n')?.strip_prefix(start)
        };
        let (from, to) = (line("from ")?.to_owned(), line("to ")?.to_owned());
        let (packed, plain) = line("list ")?.split_once(' ')?;
        let (packed, plain) = (number(packed)?, number(plain)?);
        Some(Header { from, to, packed, plain, length })
    };
    read().ok_or_else(|| UnpackError::refused("it does not begin as deltas do"))
}

/// How the bytes of a file are had, for the list.
pub(super) enum Word {
    Same,
    Patch(usize),
    New(usize),
}

/// Writes the line of a file.
pub(super) fn render_line(text: &mut String, word: &Word, size: u64, path: &str) {
    _ = match word {
        Word::Same => writeln!(text, "same {size} {path}"),
        Word::Patch(length) => writeln!(text, "patch {size} {length} {path}"),
        Word::New(length) => writeln!(text, "new {size} {length} {path}"),
    };
}

/// Reads the list; its pieces go from `at` to `end`.
pub(super) fn parse(
    text: &[u8],
    mut at: u64,
    end: u64,
    limits: &Limits,
) -> Result<(Vec<DeltaFile>, Contents), UnpackError> {
    let wrong = || UnpackError::refused("its list is damaged");
    let text = std::str::from_utf8(text).map_err(|_| wrong())?;
    let mut validator = EntryValidator::new(limits);
    let mut files: Vec<DeltaFile> = Vec::new();
    for line in text.split_inclusive('\n') {
        let line = line.strip_suffix('\n').ok_or_else(wrong)?;
        let (word, rest) = line.split_once(' ').ok_or_else(wrong)?;
        let (size, rest) = rest.split_once(' ').ok_or_else(wrong)?;
        let size = number(size).ok_or_else(wrong)?;
        let mut piece = || -> Result<_, UnpackError> {
            let (length, path) = rest.split_once(' ').ok_or_else(wrong)?;
            let length = number(length).ok_or_else(wrong)?;
            let section = Section { at, length };
            at = at.checked_add(length).filter(|at| *at <= end).ok_or_else(wrong)?;
            Ok((section, path))
        };
        let (how, path) = match word {
            "same" => (How::Same, rest),
            "patch" => piece().map(|(section, path)| (How::Patch(section), path))?,
            "new" => piece().map(|(section, path)| (How::New(section), path))?,
            _ => return Err(wrong()),
        };
        let path = validator.file(format!("go/{path}").as_bytes(), size)?;
        if files.last().is_some_and(|last| last.path >= path) {
            return Err(wrong());
        }
        files.push(DeltaFile { path, size, how });
    }
    if at != end {
        return Err(UnpackError::refused("it has another size than its list says"));
    }
    Ok((files, validator.contents()))
}

/// Reads a number in its only spelling.
fn number(text: &str) -> Option<u64> {
    text.parse().ok().filter(|number: &u64| number.to_string() == text)
}
