//! What the process takes from the modes of what it makes.

#[cfg(unix)]
use rustix::{fs::Mode, process::umask};
#[cfg(unix)]
use std::sync::OnceLock;

/// The caller's umask, while this process has its own.
#[cfg(unix)]
static CALLERS: OnceLock<Mode> = OnceLock::new();

/// Sees to it that what this process makes can be used by its owner and changed by nobody else,
/// whatever the caller's umask says; what that keeps from others stays kept from them.
pub fn take_own() {
    #[cfg(unix)]
    {
        let callers = *CALLERS.get_or_init(|| umask(Mode::RWXG | Mode::RWXO));
        umask((callers | Mode::WGRP | Mode::WOTH) - Mode::RWXU);
    }
}

/// Takes the caller's umask again, for what is the caller's own.
pub fn take_callers() {
    #[cfg(unix)]
    if let Some(callers) = CALLERS.get() {
        umask(*callers);
    }
}
