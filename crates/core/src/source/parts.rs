//! Zips of which only that is fetched which an installed toolchain does not have.
//!
//! Most files of a patch release are those of the one before it. The directory at the end of a zip has
//! size and checksum of each, so that a server which sends parts is asked for the others alone. The
//! checksum is a hint: what comes together is verified like any other archive.

use super::arriving_file::ArrivingBytes;
use crate::archive::Limits;
use crate::archive::partial_zip::{Described, PartialZip, ZipPacking, ZipPlan};
use crate::error::{Error, Result};
use crate::fs;
use crate::io::read_at;
use crate::net::{Net, NetError, Problem, Progress, RemoteFile, Url};
use crate::store::place_in;
use crate::threads;
use flate2::Crc;
use std::collections::HashMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{io, thread};

/// The most threads that read files.
const MAX_HANDS: usize = 8;

/// How much of a file is read at a time, in bytes.
const CHUNK: usize = 256 << 10;

/// What an entry of a directory takes beside its name, in bytes.
const RECORD: u64 = 46;

/// How much is fetched with the directory beside what it should take, in bytes.
const SLACK: u64 = 16 << 10;

/// The largest directory that is read, in bytes; those of releases have a tenth of it.
const MAX_DIRECTORY: u64 = 16 << 20;

/// Of a hundred bytes, how many may have to be fetched: where it is more, all are.
const WORTH: u64 = 85;

/// The files of an installed toolchain.
#[derive(Debug)]
pub struct InstalledFiles {
    /// Which toolchain it is, for messages.
    pub name: String,
    /// Where it is.
    pub tree: PathBuf,
    /// The path in GOROOT of each file, and its size.
    pub files: Vec<(String, u64)>,
}

/// A zip that is to be fetched in parts.
pub(super) struct Job<'a> {
    /// For messages: `go1.27.1`.
    pub(super) what: &'a str,
    pub(super) url: &'a Url,
    /// Its file name.
    pub(super) name: &'a str,
    /// A directory for what is fetched.
    pub(super) directory: &'a Path,
    pub(super) packing: ZipPacking<'a>,
}

/// Whether a zip was fetched in parts.
pub(super) enum Parts {
    /// It is on its way.
    Fetched(Box<PartialZip>, Arc<ArrivingBytes>),
    /// It was not, and this is why.
    Not(String),
}

impl InstalledFiles {
    /// Returns how large the end of a zip with these files should be.
    fn directory_size(&self, packing: ZipPacking<'_>) -> u64 {
        let name = packing.prefix_len() as u64 + 1;
        let entries = self.files.iter().map(|(path, _)| RECORD + name + path.len() as u64);
        entries.sum::<u64>() + SLACK
    }

    /// Reads the files; returns where each is, with its size and checksum. One that cannot be read, or
    /// is not what it was, is left out.
    fn checksums(&self) -> HashMap<&str, (PathBuf, u64, u32)> {
        let next = AtomicUsize::new(0);
        let work = || {
            let (mut mine, mut buffer) = (Vec::new(), vec![0; CHUNK]);
            while let Some((path, size)) = self.files.get(next.fetch_add(1, Ordering::Relaxed)) {
                let place = place_in(&self.tree, path);
                if let Ok(Some(crc)) = checksum(&place, *size, &mut buffer) {
                    mine.push((path.as_str(), (place, *size, crc)));
                }
            }
            mine
        };
        let hands = thread::available_parallelism().map_or(1, usize::from).min(MAX_HANDS);
        threads::side_by_side(hands, work).into_iter().flatten().collect()
    }
}

/// Returns the checksum of a regular file of `size` bytes; `None` if it has fewer or more.
fn checksum(path: &Path, size: u64, buffer: &mut [u8]) -> io::Result<Option<u32>> {
    let file = fs::open_regular(path)?;
    let (mut crc, mut read) = (Crc::new(), 0);
    while read <= size {
        let count = read_at::fill(&file, read, buffer)?;
        crc.update(&buffer[..count]);
        read += count as u64;
        if count < buffer.len() {
            break;
        }
    }
    Ok((read == size).then(|| crc.sum()))
}

/// Fetches of a zip what `installed` does not have; it arrives while the zip is read.
///
/// # Errors
///
/// [`Problem::NotFound`] when the server does not have it.
pub(super) fn fetch(
    net: &Net,
    job: &Job<'_>,
    installed: &InstalledFiles,
    progress: Progress,
) -> Result<Parts, NetError> {
    let Job { what, url, name, .. } = *job;
    let refused = |error: &Error| Ok(Parts::Not(error.message().to_owned()));
    // What a download that was cut left is more than what can be left out.
    if fs::metadata(job.directory.join(format!("{name}.part"))).is_ok_and(|part| part.len() > 0) {
        return Ok(Parts::Not("a download of it goes on".to_owned()));
    }
    let size = installed.directory_size(job.packing);
    let Some((remote, mut end)) = RemoteFile::open(net, what, url, size)? else {
        return Ok(Parts::Not("the server sends no parts of a file".to_owned()));
    };
    let (limits, total) = (Limits::default(), remote.total());
    if total > crate::net::MAX_SIZE {
        return Ok(Parts::Not(Problem::TooLarge(crate::net::MAX_SIZE).to_string()));
    }
    let start = match ZipPlan::directory_start(name, &end, total, &limits) {
        Ok(start) => start,
        Err(error) => return refused(&error),
    };
    let first = total - end.len() as u64;
    if total - start > MAX_DIRECTORY {
        return Ok(Parts::Not("its directory is too large".to_owned()));
    }
    if start < first {
        let before = fetch_span(&remote, start..first)?;
        end.splice(..0, before);
    }
    let mut plan = match ZipPlan::read(name, &end, total, &limits) {
        Ok(plan) => plan,
        Err(error) => return refused(&error),
    };
    let known = installed.checksums();
    plan.look_for(job.packing, |Described { path, size, crc }| {
        let (place, known_size, known_crc) = known.get(path)?;
        ((size, crc) == (*known_size, *known_crc)).then(|| place.clone())
    });
    let spans = plan.spans();
    let needed = end.len() as u64 + spans.iter().map(|span| span.end - span.start).sum::<u64>();
    if needed > total / 100 * WORTH {
        return Ok(Parts::Not(format!("{} has too little of it", installed.name)));
    }
    let local = |why: &Error| NetError::new(what, url, Problem::Local(why.message().to_owned()), 1);
    fs::create_dir_all(job.directory).map_err(|error| local(&error.into()))?;
    let place = (job.directory, name);
    let bytes = ArrivingBytes::of_spans(remote, spans, place, progress);
    let bytes = Arc::new(bytes.map_err(|error| local(&error))?);
    match plan.assemble(name, Box::new(Arc::clone(&bytes))) {
        Ok(zip) => Ok(Parts::Fetched(Box::new(zip), bytes)),
        Err(error) => refused(&error),
    }
}

fn fetch_span(remote: &RemoteFile, span: Range<u64>) -> Result<Vec<u8>, NetError> {
    let bytes = std::sync::Mutex::new(Vec::new());
    let store = |chunk: &[u8], _| {
        bytes.lock().unwrap_or_else(std::sync::PoisonError::into_inner).extend_from_slice(chunk);
        Ok(())
    };
    // One span comes in order.
    remote.fetch(&[span], &store, Box::new(|_, _| {}))?;
    Ok(bytes.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner))
}
