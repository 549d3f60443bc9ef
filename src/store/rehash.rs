//! The hash of a tree as it is on disk now.

use crate::archive::EntryPath;
use crate::error::{Error, Kind, Result, untrusted};
use crate::platform::Platform;
use crate::verify::dirhash::{is_covered, tree_h1};
use crate::verify::{Digest, H1, Hashing};
use crate::version::GoVersion;
use fs_err as fs;
use std::collections::BTreeMap;
use std::io;
use std::path::Path;

/// What a tree on disk amounts to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rehashed {
    /// Its hash, absent files included.
    pub h1: H1,
    /// Each file's path and digest, sorted by path.
    pub files: BTreeMap<String, Digest>,
    /// Size of all files together.
    pub bytes: u64,
}

/// Reads every file of the tree in `directory`. `absent` are files that count although they are
/// not there.
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
    let mut found =
        Rehashed { h1: tree_h1(version, platform, [])?, files: BTreeMap::new(), bytes: 0 };
    read_directory(directory, "", &mut found).map_err(|error| match error.kind() {
        Kind::Verification => error.detail(format!("found in `{}`", directory.display())),
        _ => error,
    })?;
    let present = found.files.iter().map(|(path, digest)| (path.as_str(), *digest));
    let left_out = absent.iter().filter(|(path, _)| !found.files.contains_key(path));
    let left_out = left_out.map(|(path, digest)| (path.as_str(), *digest));
    found.h1 = tree_h1(version, platform, present.chain(left_out))?;
    Ok(found)
}

/// Returns digest and size of a file.
pub(super) fn digest_file(path: &Path) -> Result<(Digest, u64)> {
    let mut reader = Hashing::new(fs::File::open(path)?);
    io::copy(&mut reader, &mut io::sink())?;
    Ok(reader.finish())
}

fn read_directory(directory: &Path, prefix: &str, found: &mut Rehashed) -> Result<()> {
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
            read_directory(&entry.path(), &format!("{path}/"), found)?;
        } else if kind.is_file() && is_covered(&path) {
            let (digest, size) = digest_file(&entry.path())?;
            found.bytes += size;
            found.files.insert(path, digest);
        } else {
            return Err(foreign());
        }
    }
    Ok(())
}
