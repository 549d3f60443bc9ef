//! Tools in the store that nobody ran for a while.

use crate::Tools;
use crate::receipt::{FILE, Receipt};
use goward_core::error::Result;
use goward_core::fs;
use goward_shim::names::TOOLS_DIRECTORY;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// How long a tool stays that nobody runs.
const KEPT_FOR: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// How often it is written down that a tool was run.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A tool in the store that nobody ran for a while.
#[derive(Clone, Debug)]
pub struct UnusedTool {
    /// Its name in the store.
    pub name: String,
    /// Its size on disk.
    pub bytes: u64,
    path: PathBuf,
}

impl Tools<'_> {
    /// Returns the tools that nobody ran for 30 days, sorted; what is needed again is built again.
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    pub fn unused(&self) -> Result<Vec<UnusedTool>> {
        let store = self.session.store()?;
        let directory = store.home().join(TOOLS_DIRECTORY);
        let entries = match fs::read_dir(&directory) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let now = SystemTime::now();
        let is_unused = |path: &Path| {
            let used = fs::symlink_metadata(path).and_then(|found| found.modified());
            used.is_ok_and(|used| now.duration_since(used).unwrap_or_default() >= KEPT_FOR)
        };
        let mut unused = Vec::new();
        for entry in entries {
            let path = entry.path();
            let receipt = path.join(FILE);
            let mark = if receipt.symlink_metadata().is_ok() { &receipt } else { &path };
            if is_unused(mark) {
                let name = entry.file_name().to_string_lossy().into_owned();
                unused.push(UnusedTool { name, bytes: store.size_of(&path), path });
            }
        }
        unused.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(unused)
    }

    /// Removes a tool from the store.
    pub fn remove(&self, tool: &UnusedTool) -> Result<()> {
        let is_directory = fs::symlink_metadata(&tool.path)?.is_dir();
        if is_directory {
            fs::remove_dir_all(&tool.path)?;
        } else {
            fs::remove_file(&tool.path)?;
        }
        Ok(())
    }
}

/// Notes that a tool is run, by the time of its receipt: at most once a day, and where it can be.
pub(crate) fn note_use(program: &Path) {
    let Some(directory) = program.parent().and_then(Path::parent) else { return };
    let path = directory.join(FILE);
    let age = fs::symlink_metadata(&path).and_then(|found| found.modified());
    let is_old = age.is_ok_and(|used| used.elapsed().unwrap_or_default() >= DAY);
    if is_old && let Some(receipt) = Receipt::read(directory) {
        // It only says when.
        _ = receipt.write(directory);
    }
}
