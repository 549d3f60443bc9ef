//! Signals that end goward, kept until what it started has ended.

use goward_core::error::Result;
use goward_core::os::signal::{self, Taken};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Remembers an interrupt while something runs that has to be ended first; otherwise it ends goward
/// at once.
#[derive(Debug)]
pub struct Interrupts {
    which: Taken,
    is_idle: Arc<AtomicBool>,
    busy: Mutex<usize>,
}

/// As long as it lives, an interrupt is only remembered.
#[derive(Debug)]
pub struct Busy<'i>(&'i Interrupts);

impl Interrupts {
    /// Starts to take interrupts.
    pub fn take() -> Result<Self> {
        let is_idle = Arc::new(AtomicBool::new(true));
        let which = Taken::unless_idle(&is_idle)?;
        Ok(Self { which, is_idle, busy: Mutex::new(0) })
    }

    /// Says that something runs.
    pub fn busy(&self) -> Busy<'_> {
        self.count(|busy| busy + 1);
        Busy(self)
    }

    fn count(&self, change: impl Fn(usize) -> usize) {
        let mut busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        *busy = change(*busy);
        self.is_idle.store(*busy == 0, Ordering::SeqCst);
    }

    /// Returns true when everything has to end.
    pub fn has_come(&self) -> bool {
        self.which.get().is_some()
    }

    /// Ends the process as the signal would have, if one has come.
    pub fn obey(&self) {
        if let Some(signal) = self.which.get() {
            signal::end_by(signal);
        }
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.count(|busy| busy.saturating_sub(1));
    }
}
