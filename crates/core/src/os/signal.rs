//! Signals: taking those that would end this process, and sending them to others.

use std::io;
use std::process::Child;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

#[cfg(unix)]
use rustix::process::{Pid, Signal, kill_process};
#[cfg(unix)]
use signal_hook::consts::{SIGHUP, SIGQUIT};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag::{register_conditional_default, register_usize};
use signal_hook::low_level::emulate_default_handler;

/// Signals with which somebody ends a program.
#[cfg(unix)]
const ENDING: [i32; 3] = [SIGHUP, SIGINT, SIGTERM];
#[cfg(windows)]
const ENDING: [i32; 2] = [SIGINT, SIGTERM];

/// The same, and the one of a terminal that asks for a dump besides.
#[cfg(unix)]
const ALL: [i32; 4] = [SIGHUP, SIGINT, SIGQUIT, SIGTERM];
#[cfg(windows)]
const ALL: [i32; 2] = ENDING;

/// Whether somebody takes signals.
static IS_TAKEN: AtomicBool = AtomicBool::new(false);

/// How often to look whether one came.
const LOOK: Duration = Duration::from_millis(50);

/// Remembers the last signal that came.
#[derive(Clone, Debug, Default)]
pub struct Taken(Arc<AtomicUsize>);

impl Taken {
    /// Takes every signal that would end this process. They end it no more.
    pub fn all() -> io::Result<Self> {
        let taken = Self::default();
        IS_TAKEN.store(true, Ordering::SeqCst);
        for signal in ALL {
            taken.register(signal)?;
        }
        Ok(taken)
    }

    /// Takes the signals with which somebody ends a program. As long as `is_idle`, they end it at once.
    pub fn unless_idle(is_idle: &Arc<AtomicBool>) -> io::Result<Self> {
        let taken = Self::default();
        IS_TAKEN.store(true, Ordering::SeqCst);
        for signal in ENDING {
            register_conditional_default(signal, Arc::clone(is_idle))?;
            taken.register(signal)?;
        }
        Ok(taken)
    }

    fn register(&self, signal: i32) -> io::Result<()> {
        let number = usize::try_from(signal).unwrap_or(1);
        register_usize(signal, Arc::clone(&self.0), number).map(drop)
    }

    /// Returns the signal that came, and keeps it.
    pub fn get(&self) -> Option<i32> {
        i32::try_from(self.0.load(Ordering::SeqCst)).ok().filter(|signal| *signal != 0)
    }

    /// Returns the signal that came, once.
    pub fn take(&self) -> Option<i32> {
        i32::try_from(self.0.swap(0, Ordering::SeqCst)).ok().filter(|signal| *signal != 0)
    }
}

/// From now on, a signal with which somebody ends this program has `say` called in a thread of its own before it
/// does what it does. Where somebody takes signals, before or after this, it is theirs.
pub fn say_before_end(say: impl Fn() + Send + 'static) -> io::Result<()> {
    let came = Taken::default();
    let watch = came.clone();
    // Before the signals are taken: without it nothing would end the program.
    thread::Builder::new().spawn(move || {
        loop {
            thread::sleep(LOOK);
            if let Some(signal) = watch.take().filter(|_| !IS_TAKEN.load(Ordering::SeqCst)) {
                say();
                end_by(signal);
            }
        }
    })?;
    ENDING.into_iter().try_for_each(|signal| came.register(signal))
}

/// Sends a signal to a child that was not waited for yet, so that its number is not another's. Where a
/// terminal sends signals to all its programs at once, nothing is sent twice.
pub fn send(child: &Child, signal: i32) {
    #[cfg(unix)]
    {
        let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        if let (Some(pid), Some(signal)) = (pid, Signal::from_named_raw(signal)) {
            _ = kill_process(pid, signal);
        }
    }
    #[cfg(windows)]
    let _ = (child, signal);
}

/// Ends this process as the signal would have, if it is one that does.
pub fn end_by(signal: i32) {
    _ = emulate_default_handler(signal);
}
