//! Reading files, and asking about them.

use super::Text;
use super::kernel::{
    AT_FDCWD, AT_SYMLINK_NOFOLLOW, EINTR, ELOOP, ENOENT, ENOTDIR, Stat, call, number, stat,
    stat_with,
};
use crate::sys::{Identity, OwnedFile, OwnedText, ReadError, SHORT, Stamp, Status, is_text};
use alloc::vec::Vec;
use core::mem::MaybeUninit;

/// `O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW`; the last one differs.
#[cfg(target_arch = "x86_64")]
const OPEN: usize = 0o2_000_000 | 0o4000 | 0o400_000;
#[cfg(target_arch = "aarch64")]
const OPEN: usize = 0o2_000_000 | 0o4000 | 0o100_000;

/// An open file, closed when it is dropped: an exec closes it too, at no cost.
#[derive(Debug, PartialEq, Eq)]
pub struct File(usize);

impl Drop for File {
    fn drop(&mut self) {
        // SAFETY: the descriptor is ours, and nobody uses it after this.
        _ = unsafe { call(number::CLOSE, [self.0, 0, 0, 0]) };
    }
}

/// Reads a regular file of at most `limit` bytes; `None` when there is none. Owner and text are
/// those of one descriptor.
///
/// # Errors
///
/// See [`ReadError`]. Links are not followed, and a pipe does not block.
#[inline]
pub(in crate::sys) fn read_owned(path: Text, limit: usize) -> Result<Option<OwnedFile>, ReadError> {
    // SAFETY: the path ends with NUL.
    let opened = unsafe { call(number::OPENAT, [AT_FDCWD, path.address(), OPEN, 0]) };
    match opened {
        Ok(descriptor) => read(File(descriptor), limit).map(Some),
        Err(ENOENT | ENOTDIR) => Ok(None),
        Err(ELOOP) => Err(ReadError::Link),
        Err(code) => Err(ReadError::Os(code)),
    }
}

/// Reads an open file, if that is a regular one.
#[inline(never)]
fn read(file: File, limit: usize) -> Result<OwnedFile, ReadError> {
    let mut stat = MaybeUninit::<Stat>::uninit();
    let place = stat.as_mut_ptr().expose_provenance();
    // SAFETY: the kernel fills the whole structure when it succeeds.
    let stat = unsafe {
        call(number::FSTAT, [file.0, place, 0, 0]).map_err(ReadError::Os)?;
        stat.assume_init()
    };
    if !stat.is_file() {
        return Err(ReadError::NotRegular);
    }
    let size = usize::try_from(stat.size).unwrap_or(usize::MAX);
    if size > limit {
        return Err(ReadError::TooLarge);
    }
    let text = read_to_end(&file, size, limit)?;
    Ok(OwnedFile { text, owner: stat.user, file })
}

/// Reads what a file of `size` bytes holds: with one call, unless it changes meanwhile.
fn read_to_end(file: &File, size: usize, limit: usize) -> Result<Vec<u8>, ReadError> {
    // One byte more than the file has, to notice that it grew.
    let mut text: Vec<u8> = Vec::with_capacity(size + 1);
    loop {
        let room = text.spare_capacity_mut();
        let arguments = [file.0, room.as_mut_ptr().expose_provenance(), room.len(), 0];
        // SAFETY: the kernel writes at most as many bytes as there is room for.
        match unsafe { call(number::READ, arguments) } {
            Err(EINTR) => {}
            Err(code) => return Err(ReadError::Os(code)),
            Ok(read) => {
                // SAFETY: so many bytes were just written behind the text.
                unsafe { text.set_len(text.len() + read) };
                if text.len() > limit {
                    return Err(ReadError::TooLarge);
                }
                if read == 0 || text.len() == size {
                    return Ok(text);
                }
                text.reserve(1);
            }
        }
    }
}

/// Opens the file that `path` leads to, if it holds `text`, of less than 64 bytes, or that and a
/// line feed.
pub fn open_if(path: Text, text: &[u8]) -> Option<File> {
    // SAFETY: the path ends with NUL.
    let opened = unsafe { call(number::OPENAT, [AT_FDCWD, path.address(), OPEN, 0]) };
    let file = File(opened.ok()?);
    let mut bytes = MaybeUninit::<[u8; SHORT]>::uninit();
    let arguments = [file.0, bytes.as_mut_ptr().expose_provenance(), SHORT, 0];
    // SAFETY: the kernel writes at most as many bytes as there is room for, and says how many.
    let read = unsafe {
        let length = call(number::READ, arguments).ok()?;
        core::slice::from_raw_parts(bytes.as_ptr().cast::<u8>(), length)
    };
    is_text(read, text).then_some(file)
}

/// Returns which file `path` leads to, if that is an executable regular file.
pub fn executable(path: &[u8]) -> Option<Identity> {
    let stat = stat(OwnedText::of([path]).as_text()).ok()?;
    (stat.is_file() && stat.mode & 0o111 != 0).then(|| stat.identity())
}

/// Returns whose the file or link at `path` is, if there is one.
pub fn status(path: Text) -> Option<Status> {
    let stat = stat_with(path, AT_SYMLINK_NOFOLLOW).ok()?;
    Some(Status { owner: stat.user, mode: stat.mode })
}

/// Returns the state of the file that `path` leads to.
pub fn stamp(path: Text) -> Option<Stamp> {
    let stat = stat(path).ok()?;
    let seconds = i128::from(stat.changed) * 1_000_000_000;
    Some(Stamp {
        identity: stat.identity(),
        size: u64::try_from(stat.size).unwrap_or(0),
        changed: seconds + i128::from(stat.changed_nanoseconds),
    })
}
