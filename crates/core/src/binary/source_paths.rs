//! The paths of sources that a program has left inside, for its tracebacks.
//!
//! Every program of Go has a table of its functions, and in it one of files (`runtime.pclntab`; the header
//! is in `cmd/link/internal/ld/pcln.go` and `debug/gosym` of Go 1.27). It is in a section of its own, or
//! somewhere in data that is only read, where its first bytes give it away.

use super::image::{Image, text};
use super::pool::Part;
use super::{BadBinary, Section};

/// What a program says of where it was built.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourcePaths {
    /// Where Go's library was; none when it was built with `-trimpath`.
    pub goroots: Vec<String>,
    /// How many absolute paths of other files there are.
    pub others: u64,
    /// The first of these.
    pub example: Option<String>,
}

/// Sections that hold only the table.
const OWN: &[&str] = &[".gopclntab", ".data.rel.ro.gopclntab", "__gopclntab"];
/// Sections that hold the table among other things.
const SHARED: &[&str] = &[".rdata", ".data.rel.ro", ".rodata", "__rodata", "__const", ".text"];
/// A file of Go's library that every program is built of.
const KNOWN_FILE: &str = "/src/runtime/proc.go";
/// The longest header of a table.
const HEADER: usize = 8 + 8 * 8;
const CHUNK: usize = 1 << 20;
/// More places are not told apart.
const MAX_GOROOTS: usize = 8;
const MAX_PATH: usize = 4096;

/// Returns the paths in a program, if it has a table that is understood.
pub(super) fn read(image: &Image, data: Part<'_>) -> Result<Option<SourcePaths>, BadBinary> {
    let Some(table) = find(image, data)? else { return Ok(None) };
    let mut paths = SourcePaths::default();
    table.each(data, &mut |path| {
        let goroot = path.strip_suffix(KNOWN_FILE).filter(|root| is_absolute(root));
        if let Some(goroot) = goroot {
            let new = !paths.goroots.iter().any(|known| known == goroot);
            if new && paths.goroots.len() < MAX_GOROOTS {
                paths.goroots.push(goroot.to_owned());
            }
        }
    })?;
    let is_below = |path: &str, root: &String| {
        path.strip_prefix(root.as_str()).is_some_and(|rest| rest.starts_with('/'))
    };
    let (mut others, mut example) = (0, None);
    table.each(data, &mut |path| {
        if is_absolute(path) && !paths.goroots.iter().any(|root| is_below(path, root)) {
            others += 1;
            example.get_or_insert_with(|| path.to_owned());
        }
    })?;
    Ok(Some(SourcePaths { others, example, ..paths }))
}

/// Returns true for a path from the root, of this system or of Windows.
fn is_absolute(path: &str) -> bool {
    match path.as_bytes() {
        [b'/', ..] => true,
        [drive, b':', b'/' | b'\\', ..] => drive.is_ascii_alphabetic(),
        _ => false,
    }
}

/// Where the table of files is.
struct Table {
    offset: u64,
    size: u64,
}

fn find(image: &Image, data: Part<'_>) -> Result<Option<Table>, BadBinary> {
    let named = |names: &'static [&'static str]| {
        image.sections.iter().filter(|section| names.contains(&section.name.as_str()))
    };
    for section in named(OWN) {
        let mut header = [0; HEADER];
        let count = data.read_into(section.offset, &mut header)?;
        if let Some(table) = table_of(&header[..count], section, 0) {
            return Ok(Some(table));
        }
    }
    for section in named(SHARED) {
        if let Some(table) = search(section, data)? {
            return Ok(Some(table));
        }
    }
    Ok(None)
}

/// Looks for the table in a section.
fn search(section: &Section, data: Part<'_>) -> Result<Option<Table>, BadBinary> {
    let mut chunk = vec![0; CHUNK + HEADER];
    let mut done = 0;
    while done < section.size {
        let wanted = (section.size - done).min(chunk.len() as u64);
        let wanted = usize::try_from(wanted).unwrap_or(chunk.len());
        let count = data.read_into(section.offset.saturating_add(done), &mut chunk[..wanted])?;
        for start in (0..count.min(CHUNK)).step_by(4) {
            let found =
                table_of(&chunk[start..count.min(start + HEADER)], section, done + start as u64);
            if found.is_some() {
                return Ok(found);
            }
        }
        if count < wanted {
            break;
        }
        done += CHUNK as u64;
    }
    Ok(None)
}

/// Reads the header of a table that begins `place` bytes behind the start of a section.
fn table_of(header: &[u8], section: &Section, place: u64) -> Option<Table> {
    let (&magic, rest) = header.split_first_chunk::<4>()?;
    let &[0, 0, 1 | 2 | 4, pointer @ (4 | 8), ..] = rest else { return None };
    // The last byte tells the order of bytes.
    let (magic, big) = match magic {
        [last, 0xff, 0xff, 0xff] => (last, false),
        [0xff, 0xff, 0xff, last] => (last, true),
        _ => return None,
    };
    // Go 1.20, 1.18 and 1.16: where the table of files is among the numbers of the header.
    let files = match magic {
        0xf1 | 0xf0 => 5,
        0xfa => 4,
        _ => return None,
    };
    let number = |index: usize| {
        let size = usize::from(pointer);
        let bytes = rest.get(4 + index * size..4 + (index + 1) * size)?;
        let digit = |value: u64, byte: &u8| value << 8 | u64::from(*byte);
        Some(if big { bytes.iter().fold(0, digit) } else { bytes.iter().rev().fold(0, digit) })
    };
    let (start, end) = (number(files)?, number(files + 1)?);
    let left = section.size.checked_sub(place)?;
    if start < 8 || end <= start || end > left {
        return None;
    }
    let offset = section.offset.checked_add(place)?.checked_add(start)?;
    Some(Table { offset, size: end - start })
}

impl Table {
    /// Calls `each` with every path.
    fn each(&self, data: Part<'_>, each: &mut dyn FnMut(&str)) -> Result<(), BadBinary> {
        let mut chunk = vec![0; CHUNK];
        let (mut done, mut path) = (0, Vec::new());
        while done < self.size {
            let wanted = usize::try_from(self.size - done).unwrap_or(CHUNK).min(CHUNK);
            let count = data.read_into(self.offset.saturating_add(done), &mut chunk[..wanted])?;
            for &byte in &chunk[..count] {
                if byte == 0 {
                    if !path.is_empty() {
                        each(&text(&path));
                    }
                    path.clear();
                } else if path.len() < MAX_PATH {
                    path.push(byte);
                }
            }
            if count < wanted {
                break;
            }
            done += count as u64;
        }
        Ok(())
    }
}
