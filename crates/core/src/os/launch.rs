//! Programs that take this one's place, and how programs ended.

use std::ffi::OsStr;
use std::io;
use std::process::{Command, ExitStatus};

/// Becomes the program of a command; returns only when that fails. Where a process cannot become
/// another program, it waits for that as the shim does, and ends as it ended.
pub fn become_program(command: &mut Command) -> io::Error {
    #[cfg(unix)]
    return std::os::unix::process::CommandExt::exec(command);
    #[cfg(windows)]
    return goward_shim::sys::replace_process(command);
}

/// Gives a program another name for itself than its path, where systems have such a thing.
pub fn call_it(command: &mut Command, name: &OsStr) {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::arg0(command, name);
    #[cfg(windows)]
    let _ = (command, name);
}

/// Returns the signal that ended a program.
pub fn signal_of(status: ExitStatus) -> Option<i32> {
    #[cfg(unix)]
    return std::os::unix::process::ExitStatusExt::signal(&status);
    #[cfg(windows)]
    {
        _ = status;
        None
    }
}
