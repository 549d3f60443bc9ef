//! Words for the time in which somebody else is waited for.

use crate::lock_holder::LockHolder;
use crate::store::Lock;
use crate::ui::Ui;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How often it is said again who is being waited for.
const AGAIN: Duration = Duration::from_secs(10);

/// One wait for a lock.
#[derive(Debug)]
pub struct LockWaitReporter {
    ui: Ui,
    told: Option<Instant>,
}

impl LockWaitReporter {
    /// Returns one that has told nothing yet.
    pub fn new(ui: Ui) -> Self {
        Self { ui, told: None }
    }

    /// Says who has the lock, at first and then now and again.
    pub fn tell(&mut self, holder: &LockHolder) {
        if self.told.is_none_or(|told| told.elapsed() >= AGAIN) {
            self.told = Some(Instant::now());
            self.ui.say(&format!("waiting for {holder}"));
        }
    }
}

/// Warns of a lock that could not be had, after which the work is done all the same.
pub(crate) fn warn_without(ui: Ui, lock: &Lock, what: &str) {
    static TOLD: AtomicBool = AtomicBool::new(false);
    if let Some(holder) = lock.holder() {
        ui.warn(&format!("{holder} holds the lock for too long; going on without it: {what}"));
    } else if !lock.is_supported() && !TOLD.swap(true, Ordering::Relaxed) {
        ui.warn(&format!("locks do not work on the file system of the store: {what}"));
    }
}
