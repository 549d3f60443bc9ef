//! Reading and writing at a place of a file, whatever was read or written before.
//!
//! Where a system has no such thing without moving the file's own place, that place has no meaning
//! for whoever uses these functions.

use std::fs::File;
use std::io;

/// Reads some bytes from `offset` on; 0 at the end.
pub fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    #[cfg(unix)]
    return super::retry(|| std::os::unix::fs::FileExt::read_at(file, buffer, offset));
    #[cfg(windows)]
    return super::retry(|| std::os::windows::fs::FileExt::seek_read(file, buffer, offset));
}

/// Writes some bytes from `offset` on.
pub fn write_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<usize> {
    #[cfg(unix)]
    return super::retry(|| std::os::unix::fs::FileExt::write_at(file, bytes, offset));
    #[cfg(windows)]
    return super::retry(|| std::os::windows::fs::FileExt::seek_write(file, bytes, offset));
}
