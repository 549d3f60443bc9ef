//! Opening what somebody else may have put there.

use std::fs::OpenOptions;

/// Opens directories, too, where that has to be said.
pub fn directories_too(options: &mut OpenOptions) {
    #[cfg(windows)]
    {
        const FILE_FLAG_BACKUP_SEMANTICS: u32 = 0x0200_0000;
        std::os::windows::fs::OpenOptionsExt::custom_flags(options, FILE_FLAG_BACKUP_SEMANTICS);
    }
    #[cfg(unix)]
    let _ = options;
}

/// Opens a pipe without waiting for somebody at its other end.
pub fn never_wait(options: &mut OpenOptions) {
    #[cfg(unix)]
    set(options, rustix::fs::OFlags::NONBLOCK);
    #[cfg(windows)]
    let _ = options;
}

/// The same, and fails at a link: it is not followed.
pub fn never_follow(options: &mut OpenOptions) {
    #[cfg(unix)]
    set(options, rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK);
    #[cfg(windows)]
    let _ = options;
}

#[cfg(unix)]
fn set(options: &mut OpenOptions, flags: rustix::fs::OFlags) {
    std::os::unix::fs::OpenOptionsExt::custom_flags(options, flags.bits().cast_signed());
}
