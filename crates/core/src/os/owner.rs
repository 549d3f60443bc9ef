//! Whom files belong to.

use super::Metadata;
use std::fs::File;
use std::io;

/// The user that a file belongs to, or that a process acts as.
pub use goward_shim::sys::User;

/// The user who may do anything.
#[cfg(unix)]
pub const ROOT: User = 0;
#[cfg(windows)]
pub const ROOT: User = User::ADMINISTRATORS;

/// Returns the user as which this process acts.
pub fn current() -> User {
    #[cfg(unix)]
    return rustix::process::geteuid().as_raw();
    #[cfg(windows)]
    return goward_shim::sys::effective_user().unwrap_or(ROOT);
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

/// Returns true for the user who may do anything. Where this process sees other users than the machine
/// does, what is that user's is shown as nobody's.
pub fn is_root(user: User) -> bool {
    #[cfg(target_os = "linux")]
    {
        let number = |path: &str| -> Option<String> { fs_err::read_to_string(path).ok() };
        user == ROOT
            || number("/proc/self/uid_map").is_some_and(|map| !covers_everybody(&map))
                && number("/proc/sys/kernel/overflowuid")
                    .is_some_and(|text| text.trim().parse() == Ok(user))
    }
    #[cfg(not(target_os = "linux"))]
    {
        goward_shim::sys::is_root(user)
    }
}

#[cfg(target_os = "linux")]
fn covers_everybody(map: &str) -> bool {
    map.split_whitespace().eq(["0", "0", "4294967295"])
}
