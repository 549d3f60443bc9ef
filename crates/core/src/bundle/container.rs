//! The tar around a bundle, of which there is only one spelling.
//!
//! A header is a function of name and size: the writer makes it, and the reader makes it again and
//! compares. So whatever readers of tar could disagree on, links, other types, long names, owners, is
//! refused without being looked at. After the last entry come two blocks of zeros and nothing else.

use crate::error::{Error, Kind, Result, untrusted};
use crate::fs;
use std::io::{self, Read, Write};
use tar::{EntryType, Header};

type Block = [u8; 512];

const BLOCK: u64 = 512;
/// A block of zeros, which pads entries and ends the file.
const ZEROS: Block = [0; 512];
/// Most entries; a bundle of a hundred toolchains has some hundreds.
const MAX_ENTRIES: usize = 20_000;

/// What is wrong with the tar.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ContainerProblem {
    /// It ends too early.
    #[error("it is cut short")]
    Truncated,
    /// Something follows its end.
    #[error("it goes on after its end")]
    TrailingData,
    /// A header that no bundle has; the name is what can be read of it.
    #[error("entry `{0}` has a header that no bundle has")]
    Header(String),
    /// Something else than zeros after the bytes of an entry.
    #[error("entry `{0}` is followed by something else than zeros")]
    Padding(String),
    /// More entries than a bundle has.
    #[error("it has more than {MAX_ENTRIES} entries")]
    TooMany,
}

/// Where the bytes of an entry are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// The offset of its first byte.
    pub start: u64,
    /// The number of its bytes.
    pub size: u64,
}

/// Returns the header of an entry; `None` for a name that has no room in it.
fn header(name: &str, size: u64) -> Option<Header> {
    let mut header = Header::new_ustar();
    header.set_path(name).ok()?;
    // Slashes that tar would take away, and the like.
    if header.path_bytes() != name.as_bytes() {
        return None;
    }
    header.set_entry_type(EntryType::Regular);
    header.set_mode(0o644);
    header.set_size(size);
    header.set_mtime(0);
    header.set_uid(0);
    header.set_gid(0);
    header.set_cksum();
    Some(header)
}

/// Writes one entry of `size` bytes.
pub fn write_entry(
    to: &mut dyn Write,
    name: &str,
    size: u64,
    contents: &mut dyn Read,
) -> Result<()> {
    let header = header(name, size).ok_or_else(|| {
        Error::new(Kind::Failed, format!("`{}` is no name for a bundle", untrusted(name)))
    })?;
    to.write_all(header.as_bytes())?;
    if io::copy(&mut contents.take(size), to)? != size {
        return Err(Error::new(Kind::Failed, format!("`{}` became shorter", untrusted(name))));
    }
    let padding = usize::try_from(size.next_multiple_of(BLOCK) - size).unwrap_or_default();
    to.write_all(&ZEROS[..padding])?;
    Ok(())
}

/// Writes the end.
pub fn write_end(to: &mut dyn Write) -> io::Result<()> {
    to.write_all(&[ZEROS, ZEROS].concat())
}

/// Returns the entries of a file in order, with only their headers read.
pub fn entries(file: &fs::File) -> Result<Result<Vec<Entry>, ContainerProblem>> {
    let length = file.metadata()?.len();
    let mut found = Vec::new();
    let mut at = 0;
    loop {
        if length.saturating_sub(at) < 2 * BLOCK {
            return Ok(Err(ContainerProblem::Truncated));
        }
        let block = read_block(file, at)?;
        at += BLOCK;
        if block == ZEROS {
            let is_end = read_block(file, at)? == ZEROS && at + BLOCK == length;
            return Ok(if is_end { Ok(found) } else { Err(ContainerProblem::TrailingData) });
        }
        let (name, size) = match read_header(&block) {
            Ok(read) => read,
            Err(problem) => return Ok(Err(problem)),
        };
        if found.len() == MAX_ENTRIES {
            return Ok(Err(ContainerProblem::TooMany));
        }
        let rest = length - at;
        let Some(padded) = size.checked_next_multiple_of(BLOCK).filter(|size| *size <= rest) else {
            return Ok(Err(ContainerProblem::Truncated));
        };
        let mut padding = vec![0; usize::try_from(padded - size).unwrap_or_default()];
        file.read_exact_at(&mut padding, at + size)?;
        if padding.iter().any(|byte| *byte != 0) {
            return Ok(Err(ContainerProblem::Padding(untrusted(name))));
        }
        found.push(Entry { name, start: at, size });
        at += padded;
    }
}

fn read_block(file: &fs::File, at: u64) -> io::Result<Block> {
    let mut block = ZEROS;
    file.read_exact_at(&mut block, at)?;
    Ok(block)
}

/// Reads name and size, and requires that everything else is what follows from them.
fn read_header(block: &Block) -> Result<(String, u64), ContainerProblem> {
    let read = Header::from_byte_slice(block);
    let name = String::from_utf8_lossy(&read.path_bytes()).into_owned();
    let problem = || ContainerProblem::Header(untrusted(&name));
    let size = read.entry_size().map_err(|_| problem())?;
    match header(&name, size) {
        Some(made) if made.as_bytes() == block => Ok((name, size)),
        _ => Err(problem()),
    }
}
