//! What somebody who ends goward during a download is told: what stays, and how to go on.

use crate::fs;
use crate::os::signal;
use crate::ui::Ui;
use indicatif::HumanBytes;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

/// Where downloads that run keep what they have.
static RUNNING: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// As long as it lives, a signal that ends goward has it say so.
#[derive(Debug)]
pub(super) struct Interruption(PathBuf);

impl Interruption {
    /// Starts with a download that keeps what it has in `downloads`.
    pub(super) fn during(ui: Ui, downloads: &Path) -> Self {
        static IS_WATCHED: OnceLock<bool> = OnceLock::new();
        // Where no thread can be had, the signal ends goward without a word.
        IS_WATCHED.get_or_init(|| signal::say_before_end(move || tell(ui)).is_ok());
        running().push(downloads.to_path_buf());
        Self(downloads.to_path_buf())
    }
}

impl Drop for Interruption {
    fn drop(&mut self) {
        let mut running = running();
        if let Some(at) = running.iter().position(|path| *path == self.0) {
            running.swap_remove(at);
        }
    }
}

fn running() -> std::sync::MutexGuard<'static, Vec<PathBuf>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

fn tell(ui: Ui) {
    let Some(downloads) = running().first().cloned() else { return };
    let kept = kept_in(&downloads);
    if kept == 0 {
        ui.say("interrupted; nothing was installed");
    } else {
        let (kept, place) = (HumanBytes(kept), downloads.display());
        ui.say(&format!(
            "interrupted; {kept} stay in `{place}`, and the same command goes on from there"
        ));
    }
}

/// Returns how many bytes of interrupted downloads there are.
fn kept_in(downloads: &Path) -> u64 {
    let entries = fs::read_dir(downloads).unwrap_or_default();
    let parts = entries
        .iter()
        .filter(|entry| entry.path().extension().is_some_and(|extension| extension == "part"));
    parts.filter_map(|entry| entry.metadata().ok()).map(|metadata| metadata.len()).sum()
}
