//! PATH, read once for every check that asks which `go` runs.

use crate::fs;
use std::path::{Path, PathBuf};

/// The names under which the shim is on PATH.
pub const TOOLS: [&str; 2] = if cfg!(windows) { ["go.exe", "gofmt.exe"] } else { ["go", "gofmt"] };

/// The directories of PATH, in their order, and the shims' directory.
#[derive(Clone, Debug, Default)]
pub struct SearchPath {
    /// The directories.
    pub entries: Vec<PathBuf>,
    /// Where the shims are; people put it on PATH.
    pub shims: PathBuf,
}

impl SearchPath {
    /// Returns the place of a directory in the list; the same directory by another path counts.
    pub fn position(&self, directory: &Path) -> Option<usize> {
        self.entries.iter().position(|entry| is_same(entry, directory))
    }

    /// Returns every program of a name but goward's, each with its place in the list.
    pub fn others(&self, tool: &str) -> Vec<(usize, PathBuf)> {
        let shim = self.shims.join(tool);
        let found = self.entries.iter().enumerate().map(|(at, place)| (at, place.join(tool)));
        // Roots have the shim, too, and `go` puts theirs first for what it runs.
        found.filter(|(_, other)| is_program(other) && !is_same(other, &shim)).collect()
    }

    /// Returns the programs that run instead of goward's.
    pub fn before_shims(&self, tool: &str) -> Vec<PathBuf> {
        let ours = self.position(&self.shims).unwrap_or(usize::MAX);
        self.others(tool).into_iter().filter(|(at, _)| *at < ours).map(|(_, path)| path).collect()
    }
}

/// Returns true for a file that can be run.
fn is_program(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| found.is_program())
}

/// Returns true when both paths lead to the same place.
pub(super) fn is_same(one: &Path, other: &Path) -> bool {
    one == other
        || matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
        || cfg!(windows) && fs::is_link_of(one, other)
}
