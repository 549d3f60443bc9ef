//! Results of finished cells, kept so that an interrupted run can go on.
//!
//! They stand in the user's cache, one file a cell, named after everything that the result depends
//! on as far as goward knows: the files of the project, the toolchain, the environment, the command.
//! Files of another state of the project can never fit again and are removed.

use crate::matrix::Results;
use crate::matrix::jobs::MatrixJob;
use goward_core::ctx::Ctx;
use goward_core::error::Result;
use goward_core::fs;
use goward_core::io::file;
use goward_core::os::bytes::Bytes;
use goward_core::verify::{Digest, Hasher};
use serde::{Deserialize, Serialize};
use std::ffi::{OsStr, OsString};
use std::io::Read;
use std::path::{Path, PathBuf};

/// With another form of the file this changes.
const FORM: u32 = 1;

/// A longer file is none of ours, in bytes.
const MAX_SIZE: u64 = 256 * 1024 * 1024;

/// A project with more files is not looked through.
const MAX_FILES: usize = 200_000;

/// Variables that change from terminal to terminal and that no build reads.
const PASSING: [&str; 14] = [
    "_",
    "COLUMNS",
    "LINES",
    "OLDPWD",
    "SHLVL",
    "SSH_AUTH_SOCK",
    "SSH_CLIENT",
    "SSH_CONNECTION",
    "SSH_TTY",
    "STY",
    "TERM_SESSION_ID",
    "TMUX",
    "TMUX_PANE",
    "WINDOWID",
];

/// What is kept of a project in its present state.
#[derive(Debug)]
pub(crate) struct Memory {
    directory: PathBuf,
    /// The state of the project.
    state: String,
}

#[derive(Serialize)]
struct Keep<'r> {
    form: u32,
    results: &'r Results,
}

#[derive(Deserialize)]
struct StoredRun {
    form: u32,
    results: Results,
}

impl Memory {
    /// Looks at the project in `root`, `reports` aside; returns nothing where there is no cache or
    /// the project is too large.
    pub(crate) fn open(ctx: &Ctx, root: &Path, reports: &[PathBuf]) -> Option<Self> {
        let cache = ctx.cache_directory()?;
        let project = Digest::of(root.as_os_str().as_bytes()).to_string();
        let state = state_of(root, reports)?;
        let directory = cache.join("matrix").join("cells").join(&project[..16]);
        Some(Self { directory, state })
    }

    /// Removes what can never be used again.
    pub(crate) fn forget_others(&self) {
        let Ok(entries) = fs::read_dir(&self.directory) else { return };
        for entry in entries {
            let name = entry.file_name();
            if !name.as_bytes().starts_with(self.state.as_bytes()) {
                _ = fs::remove_file(entry.path());
            }
        }
    }

    /// Returns where the results of a cell are.
    pub(crate) fn place(
        &self,
        cell: &MatrixJob,
        directory: &Path,
        command: &[OsString],
    ) -> PathBuf {
        let mut hasher = Hasher::default();
        let mut add = |bytes: &[u8]| {
            hasher.update(bytes.len().to_string().as_bytes());
            hasher.update(b":");
            hasher.update(bytes);
        };
        add(env!("CARGO_PKG_VERSION").as_bytes());
        add(cell.toolchain.key.as_bytes());
        add(cell.toolchain.h1.as_bytes());
        add(directory.as_os_str().as_bytes());
        add(command.len().to_string().as_bytes());
        for word in command {
            add(word.as_bytes());
        }
        let lasting = |name: &OsStr| !PASSING.iter().any(|passing| name == *passing);
        for (name, value) in cell.environment.iter().filter(|(name, _)| lasting(name)) {
            add(name.as_bytes());
            add(value.as_bytes());
        }
        let key = hasher.finish().to_string();
        self.directory.join(format!("{}-{}.json", self.state, &key[..32]))
    }
}

/// Reads the results of a cell; what cannot be read is not there.
pub(crate) fn recall(place: &Path) -> Option<Results> {
    let mut text = Vec::new();
    let file = fs::open_regular(place).ok()?;
    file.take(MAX_SIZE).read_to_end(&mut text).ok()?;
    let kept: StoredRun = serde_json::from_slice(&text).ok()?;
    (kept.form == FORM).then_some(kept.results)
}

/// Keeps the results of a cell.
pub(crate) fn keep(place: &Path, results: &Results) -> Result<()> {
    let text = serde_json::to_vec(&Keep { form: FORM, results }).map_err(std::io::Error::from)?;
    replace(place, &text)
}

/// Writes a file as a whole or not at all, and the directories that it takes.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    if let Some(directory) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        fs::create_dir_all(directory)?;
    }
    file::replace(path, bytes)
}

/// Returns a hash over names, sizes and times of all files below `root`; the time of the last change
/// of the inode cannot be set back.
fn state_of(root: &Path, reports: &[PathBuf]) -> Option<String> {
    let mut directories = vec![root.to_path_buf()];
    let mut lines = Vec::new();
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(&directory).ok()? {
            let path = entry.path();
            if reports.contains(&path) {
                continue;
            }
            let metadata = fs::symlink_metadata(&path).ok()?;
            if metadata.is_dir() {
                // What git does is no change of what is built, apart from what it checks out.
                if path.file_name() != Some(OsStr::new(".git")) {
                    directories.push(path);
                }
                continue;
            }
            let (written, changed) = (metadata.modified_at(), metadata.changed_at());
            let times = (written.0, written.1, changed.0, changed.1);
            let mut line = path.as_os_str().as_bytes().to_vec();
            line.extend(format!("\0{} {} {times:?}", metadata.len(), metadata.mode()).bytes());
            lines.push(line);
            if lines.len() > MAX_FILES {
                return None;
            }
        }
    }
    lines.sort_unstable();
    let mut hasher = Hasher::default();
    for line in &lines {
        hasher.update(line);
        hasher.update(b"\n");
    }
    Some(hasher.finish().to_string()[..16].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    #[test]
    fn the_state_changes_with_every_file_but_the_reports() {
        let project = TempDir::new().unwrap();
        let root = project.path();
        let report = root.join("report.html");
        let state = || state_of(root, std::slice::from_ref(&report)).unwrap();
        fs_err::write(root.join("a.go"), "package a").unwrap();
        let first = state();
        assert_eq!(state(), first);
        fs_err::write(&report, "x").unwrap();
        fs_err::create_dir(root.join(".git")).unwrap();
        fs_err::write(root.join(".git/index"), "x").unwrap();
        assert_eq!(state(), first);
        fs_err::create_dir(root.join("deep")).unwrap();
        fs_err::write(root.join("deep/b.txt"), "").unwrap();
        let second = state();
        assert_ne!(second, first);
        // The same size; the times alone tell, and their clock ticks every few milliseconds.
        std::thread::sleep(std::time::Duration::from_millis(30));
        fs_err::write(root.join("a.go"), "package b").unwrap();
        assert_ne!(state(), second);
    }

    #[test]
    fn what_is_damaged_is_not_there() {
        let cache = TempDir::new().unwrap();
        let place = cache.path().join("deep/cell.json");
        assert_eq!(recall(&place), None);
        let reader = crate::matrix::events::Reader::default();
        let results = reader.finish(crate::matrix::results::Ending::Code(0), 2.0);
        keep(&place, &results).unwrap();
        assert_eq!(recall(&place), Some(results));
        let text = fs_err::read(&place).unwrap();
        for cut in 0..text.len() {
            fs_err::write(&place, &text[..cut]).unwrap();
            assert_eq!(recall(&place), None);
        }
    }
}
