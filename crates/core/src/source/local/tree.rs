//! A toolchain in a directory: its files, under the names that they have in the release.

use super::go_env;
use crate::archive::EntryPath;
use crate::error::{Error, Kind};
use crate::fs;
use crate::source::SourceError;
use crate::store::linked_files;
use crate::verify::dirhash::is_covered;
use crate::verify::{CopySource, FileCopy};
use crate::version::GoVersion;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Longest `VERSION` or `go.env`, in bytes; Go's have a few lines.
pub(super) const MAX_TEXT: u64 = 4096;

/// How many files and directories it may have. The largest release has a third of that.
const MAX_FILES: usize = 45_000;

/// Beside what the hash covers: programs that releases up to Go 1.23 have, and that can be verified
/// without it.
const WASM: [&str; 2] = ["misc/", "misc/wasm/"];

/// What a Python package adds to GOROOT.
const MARKERS: [&str; 2] = ["__init__.py/", "__pycache__/"];

/// What the module has in the place of `go.mod`.
const RENAMED: &str = "_go.mod";

/// Lists the files of a release in `directory`; `more` are files of it that lie elsewhere.
pub(super) fn list(
    directory: &Path,
    more: &[(String, PathBuf)],
    version: GoVersion,
) -> Result<Vec<FileCopy>, SourceError> {
    let files = linked_files(directory, more, is_wanted, MAX_FILES).map_err(Error::from)?;
    let mut copies = Vec::with_capacity(files.len());
    for (name, place) in as_released(files) {
        let path = EntryPath::parse(format!("go/{name}").as_bytes())
            .map_err(|error| Error::new(Kind::Verification, error.to_string()))?;
        let mut from = CopySource::File(place);
        if name == go_env::PATH
            && let CopySource::File(place) = &from
            && let Ok(text) = fs::read_regular(place, MAX_TEXT)
            && let Some(restored) = go_env::restore(version, &text)
        {
            from = CopySource::Bytes(restored);
        }
        copies.push(FileCopy { path, from });
    }
    Ok(copies)
}

/// Returns true for what may belong to the release; the name ends with a slash.
fn is_wanted(name: &str) -> bool {
    let is_wasm = name == WASM[0] || name.starts_with(WASM[1]);
    (is_covered(name) || is_wasm) && !MARKERS.contains(&name)
}

/// Gives each `_go.mod` of an unpacked module the name that it has in the release. Beside it `go`
/// puts a copy with that name, which counts for nothing.
fn as_released(mut files: Vec<(String, PathBuf)>) -> Vec<(String, PathBuf)> {
    let own_name = |name: &str| {
        let directory = name.strip_suffix(RENAMED)?;
        (directory.is_empty() || directory.ends_with('/')).then(|| format!("{directory}go.mod"))
    };
    let renamed: BTreeSet<String> = files.iter().filter_map(|(name, _)| own_name(name)).collect();
    files.retain(|(name, _)| !renamed.contains(name));
    for (name, _) in &mut files {
        if let Some(own) = own_name(name) {
            *name = own;
        }
    }
    files
}
