//! Deltas between trees whose hashes are known: writing one, and finding out what one comes to.

use crate::archive::delta::make::{Before, NewFile, make};
use crate::archive::delta::{Delta, OpenOld};
use crate::archive::{EntryPath, Limits};
use crate::error::Result;
use crate::fs;
use crate::io::read_at::ReadAt;
use crate::platform::Platform;
use crate::verify::dirhash::tree_h1;
use crate::verify::{Digest, Entry, H1, Hashing};
use crate::version::GoVersion;
use std::collections::BTreeMap;
use std::io::{BufRead, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// One end of a delta: a tree on disk.
#[derive(Clone, Copy, Debug)]
pub struct DeltaEnd<'a> {
    /// Its hash.
    pub h1: &'a H1,
    /// Where it is, as it was in its archive.
    pub tree: &'a Path,
    /// The files that the hash covers.
    pub files: &'a BTreeMap<String, Entry>,
}

/// Writes what makes `to` of `from`.
pub fn write_delta(out: &mut dyn Write, from: &DeltaEnd<'_>, to: &DeltaEnd<'_>) -> Result<()> {
    let before = |path: &String, entry: &Entry| match from.files.get(path) {
        None => Before::Nothing,
        Some(old) if old.digest == entry.digest => Before::Same,
        Some(_) => Before::Other,
    };
    let files: Vec<NewFile<'_>> = to
        .files
        .iter()
        .map(|(path, entry)| NewFile { path, size: entry.size, before: before(path, entry) })
        .collect();
    let old = |path: &str| Ok(fs::read(from.tree.join(path))?);
    let new = |path: &str| Ok(fs::read(to.tree.join(path))?);
    make(out, (from.h1.as_str(), to.h1.as_str()), &files, &old, &new)
}

/// Returns the hash of what a delta makes of the tree in `old`, of which nothing is written. `absent` are
/// files that count although they are not there.
pub fn delta_h1(
    version: GoVersion,
    platform: Platform,
    delta: &Delta<'_>,
    old: &Path,
    absent: &[(String, Digest)],
) -> Result<H1> {
    let found: Mutex<Vec<(String, Digest)>> = Mutex::default();
    let mut sink = |path: &EntryPath, _: u64, contents: &mut dyn BufRead| {
        let (digest, _) = Hashing::new(contents).drain()?;
        let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
        found.push((path.as_str().to_owned(), digest));
        Ok(())
    };
    let open = |path: &str| -> Result<Option<Box<dyn ReadAt>>> {
        Ok(Some(Box::new(fs::open_regular(&old.join(path))?)))
    };
    let open: &OpenOld<'_> = &open;
    delta.unpack(open, &mut [&mut sink])?;
    let found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    let files = found.iter().chain(absent).map(|(path, digest)| (path.as_str(), *digest));
    Ok(tree_h1(version, platform, files)?)
}

/// Reads a delta with the limits of archives; `None` when it is something else.
pub fn read_delta<'a>(name: &'a str, file: &'a fs::File) -> Result<Option<Delta<'a>>> {
    Delta::read(name, file, &Limits::default())
}
