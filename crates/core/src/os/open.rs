//! Opening what somebody else may have put there.

use std::fs::OpenOptions;

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
