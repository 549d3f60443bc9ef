//! Programs that Go built, wherever they are shipped: in directories, tar archives and images of
//! containers.
//!
//! Of an image every layer counts, whether or not a later one hides what it has: who has the image has
//! the file. Everything is untrusted: an archive is read as a stream, nothing of it is unpacked but one
//! program at a time, into a file without a name.

use crate::Lab;
use flate2::read::MultiGzDecoder;
use goward_core::binary::{self, BadBinary, Binary, Format};
use goward_core::error::{Error, Kind, Result, one_line, untrusted};
use goward_core::fs;
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::path::Path;

/// How deep directories may be below the one that is named.
const MAX_DEPTH: usize = 64;

/// How often an archive may be in another: an archive of an image has layers, which are packed.
const MAX_NESTING: usize = 4;

/// The largest program in an archive that is looked at, in bytes.
const MAX_PROGRAM: u64 = 2 << 30;

/// What tells an archive from a program: the name of the format in a header of tar.
const TAR_MAGIC: (usize, &[u8]) = (257, b"ustar");

/// How much of a file is looked at to tell what it is, in bytes.
const START: usize = 512;

/// How gzip and zstd begin.
const GZIP: &[u8] = &[0x1f, 0x8b];
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

/// A program, and where it is.
#[derive(Debug)]
pub struct FoundProgram {
    /// The path, and below an archive the names in it, with `!` between: `app.tar!usr/bin/app`.
    pub place: String,
    /// What it says of itself.
    pub binary: Binary,
}

/// What a search came to.
#[derive(Debug, Default)]
pub struct FoundPrograms {
    /// What Go built, in the order of the search: directories by name, archives as they are.
    pub programs: Vec<FoundProgram>,
    /// Programs that Go did not build, or that do not say so.
    pub others: usize,
    /// What could not be read, and why.
    pub unread: Vec<(String, String)>,
}

impl Lab<'_> {
    /// Looks for programs in a file, a directory or an archive; links in directories are not followed.
    ///
    /// # Errors
    ///
    /// [`Kind::NotFound`] when there is nothing, and an error when the directory cannot be listed.
    pub fn find_programs(&self, path: &Path) -> Result<FoundPrograms> {
        let place = self.session.ctx.cwd.join(path);
        let metadata = fs::metadata(&place).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => {
                Error::new(Kind::NotFound, format!("`{}` does not exist", path.display()))
            }
            _ => error.into(),
        })?;
        let mut found = FoundPrograms::default();
        let shown = path.display().to_string();
        if metadata.is_dir() {
            found.walk(&place, &shown, 0)?;
        } else {
            found.open(&place, &shown);
        }
        Ok(found)
    }
}

impl FoundPrograms {
    fn walk(&mut self, directory: &Path, shown: &str, depth: usize) -> Result<()> {
        if depth > MAX_DEPTH {
            self.unread.push((shown.to_owned(), "it is too deep".to_owned()));
            return Ok(());
        }
        let mut entries = fs::read_dir(directory)?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let name = untrusted(entry.file_name().to_string_lossy());
            let shown = format!("{}/{name}", shown.trim_end_matches('/'));
            let kind = entry.file_type()?;
            if kind.is_dir() {
                if let Err(error) = self.walk(&entry.path(), &shown, depth + 1) {
                    self.unread.push((shown, one_line(&error)));
                }
            } else if kind.is_file() {
                self.open(&entry.path(), &shown);
            }
        }
        Ok(())
    }

    /// Looks at a file of the machine.
    fn open(&mut self, path: &Path, shown: &str) {
        let looked = fs::open_regular(path).and_then(|mut file| {
            let start = start_of(&mut file)?;
            if Format::of(&start).is_some() {
                return Ok(Some(binary::read(&file)));
            }
            file.seek(SeekFrom::Start(0))?;
            self.stream(&mut file, shown, 0)?;
            Ok(None)
        });
        match looked {
            Ok(Some(read)) => self.judge(shown, read),
            Ok(None) => {}
            Err(error) => self.unread.push((shown.to_owned(), untrusted(error.to_string()))),
        }
    }

    /// Looks at a file that comes as a stream.
    fn stream(&mut self, input: &mut dyn Read, shown: &str, nesting: usize) -> io::Result<()> {
        let start = start_of(input)?;
        let whole = Cursor::new(&start).chain(input);
        let (at, magic) = TAR_MAGIC;
        let is_archive =
            start.starts_with(GZIP) || start.get(at..).is_some_and(|rest| rest.starts_with(magic));
        if Format::of(&start).is_some() {
            let mut file = tempfile::tempfile()?;
            let size = io::copy(&mut whole.take(MAX_PROGRAM + 1), &mut file)?;
            if size > MAX_PROGRAM {
                return Err(io::Error::other(format!("it is larger than {MAX_PROGRAM} bytes")));
            }
            self.judge(shown, binary::read(&fs::File::from_parts(file, shown)));
        } else if start.starts_with(ZSTD) {
            return Err(io::Error::other("it is packed with zstd, which is not read"));
        } else if is_archive && nesting == MAX_NESTING {
            return Err(io::Error::other("it is an archive in too many others"));
        } else if start.starts_with(GZIP) {
            self.stream(&mut MultiGzDecoder::new(whole), shown, nesting + 1)?;
        } else if is_archive {
            let mut archive = tar::Archive::new(whole);
            for entry in archive.entries()? {
                let mut entry = entry?;
                if entry.header().entry_type().is_file() {
                    let name = untrusted(String::from_utf8_lossy(&entry.path_bytes()));
                    let shown = format!("{shown}!{name}");
                    if let Err(error) = self.stream(&mut entry, &shown, nesting + 1) {
                        self.unread.push((shown, untrusted(error.to_string())));
                    }
                }
            }
        }
        Ok(())
    }

    fn judge(&mut self, shown: &str, read: Result<Binary, BadBinary>) {
        match read {
            Ok(binary) => {
                self.programs.push(FoundProgram { place: shown.to_owned(), binary });
            }
            Err(BadBinary::NotGo | BadBinary::Unknown) => self.others += 1,
            Err(error) => self.unread.push((shown.to_owned(), untrusted(error.to_string()))),
        }
    }
}

/// Reads the first bytes of a file.
fn start_of(input: &mut dyn Read) -> io::Result<Vec<u8>> {
    let mut start = Vec::new();
    input.take(START as u64).read_to_end(&mut start)?;
    Ok(start)
}
