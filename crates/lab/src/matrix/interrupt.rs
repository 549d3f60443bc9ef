//! Signals that end goward, kept until what it started has ended.

use goward_core::error::Result;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag::{register_conditional_default, register_usize};
use signal_hook::low_level::emulate_default_handler;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Remembers an interrupt while something runs that has to be ended first; otherwise it ends goward
/// at once.
#[derive(Debug)]
pub struct Interrupts {
    which: Arc<AtomicUsize>,
    is_idle: Arc<AtomicBool>,
    busy: Mutex<usize>,
}

/// As long as it lives, an interrupt is only remembered.
#[derive(Debug)]
pub struct Busy<'i>(&'i Interrupts);

impl Interrupts {
    /// Starts to take interrupts.
    pub fn take() -> Result<Self> {
        let which = Arc::new(AtomicUsize::new(0));
        let is_idle = Arc::new(AtomicBool::new(true));
        for signal in [SIGHUP, SIGINT, SIGTERM] {
            register_conditional_default(signal, Arc::clone(&is_idle))?;
            register_usize(signal, Arc::clone(&which), usize::try_from(signal).unwrap_or(1))?;
        }
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
        self.which.load(Ordering::SeqCst) != 0
    }

    /// Ends the process as the signal would have, if one has come.
    pub fn obey(&self) {
        if let Ok(signal @ 1..) = i32::try_from(self.which.load(Ordering::SeqCst)) {
            _ = emulate_default_handler(signal);
        }
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.count(|busy| busy.saturating_sub(1));
    }
}
