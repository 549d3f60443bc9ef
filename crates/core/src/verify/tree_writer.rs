//! Writes files of a quarantine, one thread's share of them.
//!
//! Everything goes through open directories, so that no path is walked twice and none can be led
//! astray: a directory is opened in the one above it, links are never followed, and a file that is
//! there already is an error.

use crate::archive::EntryPath;
use crate::error::Result;
use crate::fs::{self, retry};
use crate::os::directory::Directory;
use crate::os::{mode, position};
use crate::verify::mode::{of_file, stays_writable};
use crate::verify::quarantine::{Entry, Place, VersionFile, check_size};
use crate::verify::{Digest, FileIndex, Hasher};
use std::fs::{File, FileTimes};
use std::io;
use std::io::{BufRead, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

/// The path of the file that names the release.
pub(super) const VERSION: &str = "VERSION";

/// How much of a file is read at a time.
const BUFFER: usize = 128 << 10;

/// Longest `VERSION`; those of Go have two lines.
const MAX_VERSION: usize = 4096;

/// What one scribe wrote.
#[derive(Debug, Default)]
pub(super) struct WriterOutput {
    /// Files that were digested while they were written.
    pub(super) files: Vec<(String, Entry)>,
    /// Files that were written before the time of the release was known.
    pub(super) untimed: Vec<PathBuf>,
}

/// Writes files into the directories of a quarantine.
#[derive(Debug)]
pub(super) struct TreeWriter<'a> {
    place: &'a Place,
    tree: Branch<'a>,
    written: WriterOutput,
}

impl<'a> TreeWriter<'a> {
    pub(super) fn new(place: &'a Place) -> Self {
        let (path, base) = &place.tree;
        let tree = Branch { path, base, open: Vec::new() };
        Self { place, tree, written: WriterOutput::default() }
    }

    /// Returns what takes a file from an archive.
    pub(super) fn sink(
        &mut self,
    ) -> impl FnMut(&EntryPath, u64, &mut dyn BufRead) -> Result<()> + use<'_, 'a> {
        |path, size, contents| self.write(path, size, contents)
    }

    pub(super) fn finish(self) -> WriterOutput {
        self.written
    }

    /// Writes a file of exactly `size` bytes, and digests it if the hash covers it.
    pub(super) fn write(
        &mut self,
        path: &EntryPath,
        size: u64,
        contents: &mut dyn BufRead,
    ) -> Result<()> {
        if !self.place.keeps(path.as_str()) {
            return drop_file(path, size, contents);
        }
        self.write_into(path, size, contents, None)
    }

    /// Copies a file of exactly `size` bytes. As long as `shares` holds, the file system has the bytes
    /// of both once, and what is digested is the copy, which nobody else can change. The first file
    /// with which that fails ends it.
    pub(super) fn copy(
        &mut self,
        path: &EntryPath,
        size: u64,
        source: &fs::File,
        contents: &mut dyn BufRead,
        shares: &AtomicBool,
    ) -> Result<()> {
        let name = path.as_str();
        // `VERSION` says what time the others get.
        let is_fit = size > 0 && name != VERSION && self.place.keeps(name);
        if !is_fit || !shares.load(Ordering::Relaxed) {
            return self.write(path, size, contents);
        }
        let (file, cloned) = self.tree.begin_clone(name, source.file())?;
        if cloned.is_ok() {
            let entry = digest_of(&file).map_err(|error| self.tree.error("read", name, &error))?;
            check_size(path, size, entry.size)?;
            self.set_time_of(name, &file)?;
            self.written.files.push((name.to_owned(), entry));
            return Ok(());
        }
        shares.store(false, Ordering::Relaxed);
        self.write_into(path, size, contents, Some(FileStart::New(file)))
    }

    /// Writes a file that may have been made already, and is empty then.
    fn write_into(
        &mut self,
        path: &EntryPath,
        size: u64,
        contents: &mut dyn BufRead,
        mut begun: Option<FileStart>,
    ) -> Result<()> {
        let name = path.as_str();
        let branch = &mut self.tree;
        let mut count = 0;
        let mut hasher = Hasher::default();
        let mut version = (name == VERSION).then(Vec::new);
        loop {
            // Where it comes from, what the system interrupted was started over.
            let chunk = contents.fill_buf()?;
            let length = chunk.len();
            count += length as u64;
            if count > size {
                break;
            }
            hasher.update(chunk);
            if begun.is_none() {
                let is_shared = version.is_none() && !stays_writable(name);
                let file_index = self.place.file_index.as_ref().filter(|_| is_shared);
                let file_index = file_index.filter(|_| length as u64 == size);
                let file_index = file_index.map(|file_index| (file_index, hasher.clone().finish()));
                begun = Some(branch.begin(name, chunk, file_index)?);
            } else if let Some(FileStart::New(file)) = &begun {
                write_all(file, chunk).map_err(|error| branch.error("write to", name, &error))?;
            }
            if length == 0 {
                break;
            }
            if let Some(version) = &mut version {
                version.extend_from_slice(&chunk[..length.min(MAX_VERSION - version.len())]);
            }
            contents.consume(length);
        }
        check_size(path, size, count)?;
        if let Some(version) = version {
            // There is one `VERSION`; the gate of the archive sees to that.
            _ = self.place.version.set(VersionFile::read(&version));
        }
        if let Some(FileStart::New(file)) = &begun {
            self.set_time_of(name, file)?;
        }
        let entry = Entry { digest: hasher.finish(), size };
        self.written.files.push((name.to_owned(), entry));
        Ok(())
    }

    /// Gives a file the time of the release, or notes that it has not got it yet.
    fn set_time_of(&mut self, name: &str, file: &File) -> Result<()> {
        match self.place.time() {
            Some(time) => set_time(file, time)
                .map_err(|error| self.tree.error("set the time of", name, &error))?,
            None => self.written.untimed.push(self.tree.path.join(name)),
        }
        Ok(())
    }
}

/// How a file came into being.
enum FileStart {
    /// Made here, with its first bytes in it.
    New(File),
    /// Another name of a file that was there, which stays as it is.
    Linked,
}

/// A directory of the quarantine, and the directories below it that lead to the last file.
#[derive(Debug)]
struct Branch<'a> {
    path: &'a Path,
    base: &'a Directory,
    open: Vec<(String, Directory)>,
}

impl Branch<'_> {
    /// Makes a file that is not there yet and begins with `chunk`. With `file_index` and the digest, `chunk` is all there is, and may be shared.
    fn begin(
        &mut self,
        path: &str,
        chunk: &[u8],
        file_index: Option<(&FileIndex, Digest)>,
    ) -> Result<FileStart> {
        let name = self.enter_parent(path)?;
        let (parent, bits) = (self.last(), of_file(path));
        let made = match &file_index {
            Some((files, digest)) if files.link(digest, chunk, parent, name, bits) => {
                return Ok(FileStart::Linked);
            }
            Some((files, digest)) => files.make(digest, chunk, parent, name, bits),
            None => parent.make_file(name, bits).map(|file| (file, false)),
        };
        let (file, is_shared) = made.map_err(|error| self.error("create file", path, &error))?;
        if !is_shared {
            write_all(&file, chunk).map_err(|error| self.error("write to", path, &error))?;
        }
        Ok(FileStart::New(file))
    }

    /// Makes a file that is not there yet and has the bytes of `source`; if that cannot be, an empty one, and says why.
    fn begin_clone(&mut self, path: &str, source: &File) -> Result<(File, io::Result<()>)> {
        let name = self.enter_parent(path)?;
        let made = self.last().make_clone(name, of_file(path), source);
        made.map_err(|error| self.error("create file", path, &error))
    }

    /// Opens the directory of a file; returns the file's name in it.
    fn enter_parent<'p>(&mut self, path: &'p str) -> Result<&'p str> {
        let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
        self.enter(directory)?;
        Ok(name)
    }

    /// Returns the directory that was opened last.
    fn last(&self) -> &Directory {
        self.open.last().map_or(self.base, |(_, directory)| directory)
    }

    /// Opens a directory, in which the next files are likely to be too.
    fn enter(&mut self, directory: &str) -> Result<()> {
        let parts: Vec<&str> = directory.split('/').filter(|part| !part.is_empty()).collect();
        let is_open = |((open, _), part): &(&(String, Directory), &&str)| open == *part;
        let shared = self.open.iter().zip(&parts).take_while(is_open).count();
        self.open.truncate(shared);
        for depth in shared..parts.len() {
            let here = || parts[..=depth].join("/");
            let (above, part) = (self.last(), parts[depth]);
            match above.make_directory(part, 0o755) {
                Err(error) if error.kind() != ErrorKind::AlreadyExists => {
                    return Err(self.error("create directory", &here(), &error));
                }
                _ => {}
            }
            let directory = above
                .open_directory(part)
                .map_err(|error| self.error("open directory", &here(), &error))?;
            self.open.push((part.to_owned(), directory));
        }
        Ok(())
    }

    /// Says what failed, as errors of files do.
    fn error(&self, what: &str, path: &str, error: &io::Error) -> crate::error::Error {
        let path = self.path.join(path);
        let message = format!("failed to {what} `{}`: {error}", path.display());
        io::Error::new(error.kind(), message).into()
    }
}

fn write_all(mut file: &File, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match retry(|| file.write(bytes))? {
            0 => return Err(ErrorKind::WriteZero.into()),
            count => bytes = &bytes[count..],
        }
    }
    Ok(())
}

/// Digests a file from its start, wherever it was read or written last.
fn digest_of(file: &File) -> io::Result<Entry> {
    let (mut hasher, mut size, mut buffer) = (Hasher::default(), 0, vec![0; BUFFER]);
    loop {
        match position::read_at(file, &mut buffer[..], size)? {
            0 => return Ok(Entry { digest: hasher.finish(), size }),
            count => {
                hasher.update(&buffer[..count]);
                size += count as u64;
            }
        }
    }
}

/// Sets when a file was changed last, in seconds since 1970.
pub(super) fn set_time(file: &File, seconds: i64) -> io::Result<()> {
    let distance = Duration::from_secs(seconds.unsigned_abs());
    let moment = if seconds < 0 {
        SystemTime::UNIX_EPOCH.checked_sub(distance)
    } else {
        SystemTime::UNIX_EPOCH.checked_add(distance)
    };
    let moment = moment.ok_or(ErrorKind::InvalidInput)?;
    let times = FileTimes::new().set_accessed(moment).set_modified(moment);
    mode::keep(file, || retry(|| file.set_times(times)))
}

fn drop_file(path: &EntryPath, size: u64, contents: &mut dyn BufRead) -> Result<()> {
    let most = size.saturating_add(1);
    let read = io::copy(&mut io::Read::take(contents, most), &mut io::sink())?;
    Ok(check_size(path, size, read)?)
}
