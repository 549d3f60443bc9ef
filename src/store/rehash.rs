//! The hash of a tree as it is on disk now.

use crate::archive::EntryPath;
use crate::error::{Error, Kind, Result, untrusted};
use crate::platform::Platform;
use crate::verify::dirhash::{is_covered, tree_h1};
use crate::verify::{Digest, Entry, H1, Hasher};
use crate::version::GoVersion;
use fs_err as fs;
use fs_err::os::unix::fs::OpenOptionsExt;
use rustix::fs::OFlags;
use std::collections::BTreeMap;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// How much is read at a time.
const BUFFER: usize = 256 << 10;
/// The most files that are read at a time.
const MAX_HANDS: usize = 8;

/// What a tree on disk amounts to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rehashed {
    /// Its hash, absent files included.
    pub h1: H1,
    /// Each file's path, digest and size, sorted by path.
    pub files: BTreeMap<String, Entry>,
}

impl Rehashed {
    /// Returns the size of all files together.
    pub fn bytes(&self) -> u64 {
        self.files.values().map(|file| file.size).sum()
    }
}

/// Reads every file of the tree in `directory`, on all cores. `absent` are files that count although
/// they are not there.
///
/// # Errors
///
/// [`Kind::Verification`] for anything that no installed tree has: links, special files, names that
/// no Go release has. Otherwise when something cannot be read.
pub fn rehash(
    directory: &Path,
    version: GoVersion,
    platform: Platform,
    absent: &[(String, Digest)],
) -> Result<Rehashed> {
    let mut paths = Vec::new();
    list(directory, "", &mut paths).map_err(|error| match error.kind() {
        Kind::Verification => error.detail(format!("found in `{}`", directory.display())),
        _ => error,
    })?;
    let files = read_all(&paths)?;
    let present = files.iter().map(|(path, entry)| (path.as_str(), entry.digest));
    let left_out = absent.iter().filter(|(path, _)| !files.contains_key(path));
    let left_out = left_out.map(|(path, digest)| (path.as_str(), *digest));
    let h1 = tree_h1(version, platform, present.chain(left_out))?;
    Ok(Rehashed { h1, files })
}

/// Collects the files: the path in the tree, and where it is.
fn list(directory: &Path, prefix: &str, found: &mut Vec<(String, PathBuf)>) -> Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name();
        let path = format!("{prefix}{}", name.to_string_lossy());
        let foreign = || {
            let path = untrusted(&path);
            Error::new(Kind::Verification, format!("`{path}` does not belong to the toolchain"))
        };
        let kind = entry.file_type()?;
        if name.to_str().is_none() || EntryPath::parse(format!("go/{path}").as_bytes()).is_err() {
            return Err(foreign());
        }
        if kind.is_dir() {
            list(&entry.path(), &format!("{path}/"), found)?;
        } else if kind.is_file() && is_covered(&path) {
            found.push((path, entry.path()));
        } else {
            return Err(foreign());
        }
    }
    Ok(())
}

/// Digests files, each core its share.
pub(super) fn read_all(paths: &[(String, PathBuf)]) -> Result<BTreeMap<String, Entry>> {
    let next = AtomicUsize::new(0);
    let work = || {
        let (mut done, mut buffer) = (Vec::new(), vec![0; BUFFER]);
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some((_, place)) = paths.get(index) else { return Ok(done) };
            match read(place, &mut buffer) {
                Ok(entry) => done.push((index, entry)),
                Err(error) => {
                    next.store(paths.len(), Ordering::Relaxed);
                    return Err(error);
                }
            }
        }
    };
    let hands = thread::available_parallelism().map_or(1, usize::from).min(MAX_HANDS);
    let done: Result<Vec<Vec<_>>> = thread::scope(|scope| {
        let hands: Vec<_> = (0..hands).map(|_| scope.spawn(work)).collect();
        let join = |hand: thread::ScopedJoinHandle<'_, _>| {
            hand.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        hands.into_iter().map(join).collect()
    });
    let entry = |(index, entry): (usize, Entry)| (paths[index].0.clone(), entry);
    Ok(done?.into_iter().flatten().map(entry).collect())
}

fn read(path: &Path, buffer: &mut [u8]) -> Result<Entry> {
    let flags = i32::try_from((OFlags::NOFOLLOW | OFlags::CLOEXEC).bits()).unwrap_or_default();
    let mut file = fs::OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    let (mut hasher, mut size) = (Hasher::default(), 0);
    loop {
        match file.read(buffer) {
            Ok(0) => return Ok(Entry { digest: hasher.finish(), size }),
            Ok(count) => {
                hasher.update(&buffer[..count]);
                size += count as u64;
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
}
