//! Whom files belong to.

use super::Metadata;
use std::fs::File;
use std::io;

/// The user that a file belongs to, or that a process acts as.
pub type User = u32;

/// The user who may do anything.
pub const ROOT: User = 0;

/// Returns the user as which this process acts.
pub fn current() -> User {
    #[cfg(unix)]
    return rustix::process::geteuid().as_raw();
    #[cfg(windows)]
    return ROOT;
}

/// Gives a file the owner and the group of another.
pub fn give(file: &File, like: &Metadata) -> io::Result<()> {
    #[cfg(unix)]
    return std::os::unix::fs::fchown(file, Some(like.owner()), Some(like.group()));
    #[cfg(windows)]
    {
        _ = (file, like);
        Ok(())
    }
}
