//! Reading files, and asking about them.

#![expect(unsafe_code, reason = "std does not say which file it is, nor when it last changed")]

use super::wide::{os_string, text};
use super::win32::{self, BasicInformation, FileInformation};
use super::{Text, User, user};
use crate::path;
use crate::sys::{Identity, OwnedFile, ReadError, SHORT, Stamp, Status, is_text};
use alloc::vec::Vec;
use core::ffi::c_void;
use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::os::windows::fs::OpenOptionsExt;
use std::os::windows::io::AsRawHandle;
use std::path::Path;

/// Directories can be opened with it.
const FILE_FLAG_BACKUP_SEMANTICS: u32 = 0x0200_0000;
/// A link is opened itself.
const FILE_FLAG_OPEN_REPARSE_POINT: u32 = 0x0020_0000;
const FILE_READ_ATTRIBUTES: u32 = 0x80;
const READ_CONTROL: u32 = 0x0002_0000;
const FILE_ATTRIBUTE_DIRECTORY: u32 = 0x10;

/// What scanners cause: another process has the file for itself, or a part of it.
const SHARING_VIOLATION: i32 = 32;
const LOCK_VIOLATION: i32 = 33;
/// How long it is waited for them, in milliseconds.
const PAUSES: [u32; 5] = [1, 5, 20, 80, 300];

/// A file that was open: nothing keeps it from being removed while the real program runs.
#[derive(Debug, PartialEq, Eq)]
pub struct File(());

/// Returns the path without links, `.` and `..`, if it leads somewhere: as people write it,
/// without the `\\?\` that switches off the reading of paths.
pub fn canonical(path: &[u8]) -> Option<Vec<u8>> {
    Some(plain(text(fs::canonicalize(os_string(path)).ok()?)))
}

/// Returns a path without `\\?\`, where it means the same without.
fn plain(path: Vec<u8>) -> Vec<u8> {
    let is_odd = |name: &[u8]| matches!(name.last(), Some(b'.' | b' '));
    if path::names(&path).any(is_odd) {
        return path;
    }
    if let Some(rest) = path.strip_prefix(br"\\?\UNC\") {
        return [br"\\", rest].concat();
    }
    match path.strip_prefix(br"\\?\") {
        Some(rest @ [_, b':', b'\\', ..]) => rest.into(),
        _ => path,
    }
}

/// Returns the text of the link at `path`, if that is one.
pub fn link(path: &[u8]) -> Option<Vec<u8>> {
    Some(plain(text(fs::read_link(os_string(path)).ok()?)))
}

/// Opens a file itself, whatever it is. Another process that has it for itself for a moment, as a
/// virus scanner has, is waited for.
fn open(path: Text) -> io::Result<fs::File> {
    let mut options = OpenOptions::new();
    options.read(true).custom_flags(FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT);
    let path = os_string(path.to_bytes());
    for pause in PAUSES {
        match options.open(&path) {
            Err(error) if is_passing(&error) => win32::Sleep(pause),
            opened => return opened,
        }
    }
    options.open(&path)
}

fn is_passing(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(SHARING_VIOLATION | LOCK_VIOLATION))
}

/// Reads a regular file of at most `limit` bytes; `None` when there is none. Owner and text are
/// those of one handle.
///
/// # Errors
///
/// See [`ReadError`]. Links are not followed.
pub(in crate::sys) fn read_owned(path: Text, limit: usize) -> Result<Option<OwnedFile>, ReadError> {
    let os = |error: io::Error| ReadError::Os(error.raw_os_error().unwrap_or(0));
    let file = match open(path) {
        Ok(file) => file,
        Err(error) if is_absent(&error) => return Ok(None),
        Err(error) => return Err(os(error)),
    };
    let metadata = file.metadata().map_err(os)?;
    if metadata.is_symlink() {
        return Err(ReadError::Link);
    }
    if !metadata.is_file() {
        return Err(ReadError::NotRegular);
    }
    if metadata.len() > limit as u64 {
        return Err(ReadError::TooLarge);
    }
    let mut text = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0) + 1);
    (&file).take(limit as u64 + 1).read_to_end(&mut text).map_err(os)?;
    if text.len() > limit {
        return Err(ReadError::TooLarge);
    }
    Ok(Some(OwnedFile { text, owner: user::owner(&file), file: File(()) }))
}

/// A name that cannot be one of a file here is of none: `a?b`, and a server that is not there.
fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::InvalidFilename
    )
}

/// Opens the file that `path` leads to, if it holds `text`, of less than 64 bytes, or that and a
/// line feed.
pub fn open_if(path: Text, text: &[u8]) -> Option<File> {
    let file = open(path).ok()?;
    let mut bytes = [0; SHORT];
    let length = (&file).read(&mut bytes).ok()?;
    is_text(bytes.get(..length)?, text).then_some(File(()))
}

/// Returns which file `path` leads to, if that is a regular file: what a program is called says
/// whether it can be run.
pub fn executable(path: &[u8]) -> Option<Identity> {
    let file = look(path, FILE_READ_ATTRIBUTES, 0).ok()?;
    let information = information(&file)?;
    (information.attributes & FILE_ATTRIBUTE_DIRECTORY == 0).then(|| identity(&information))
}

/// Opens a file to ask about it.
fn look(path: &[u8], access: u32, flags: u32) -> io::Result<fs::File> {
    look_at(os_string(path).as_ref(), access, flags)
}

fn look_at(path: &Path, access: u32, flags: u32) -> io::Result<fs::File> {
    OpenOptions::new()
        .access_mode(access)
        .custom_flags(FILE_FLAG_BACKUP_SEMANTICS | flags)
        .open(path)
}

/// Returns whose the file or link at `path` is, if there is one. Its mode is what a system of Unix
/// would say of its kind.
pub fn status(path: Text) -> Option<Status> {
    let access = FILE_READ_ATTRIBUTES | READ_CONTROL;
    let file = look(path.to_bytes(), access, FILE_FLAG_OPEN_REPARSE_POINT).ok()?;
    let kind = file.metadata().ok()?.file_type();
    let mode = match (kind.is_symlink(), kind.is_dir()) {
        (true, _) => 0o120_777,
        (_, true) => 0o040_755,
        _ => 0o100_755,
    };
    Some(Status { owner: user::owner(&file), mode })
}

/// Returns the state of the file that `path` leads to.
pub fn stamp(path: Text) -> Option<Stamp> {
    let file = look(path.to_bytes(), FILE_READ_ATTRIBUTES, 0).ok()?;
    let information = information(&file)?;
    Some(Stamp {
        identity: identity(&information),
        size: u64::from(information.size_high) << 32 | u64::from(information.size_low),
        changed: changed(&file)?,
    })
}

/// Returns when anything of a file changed last, in nanoseconds since 1970.
fn changed(file: &fs::File) -> Option<i128> {
    /// From the start of 1601, from which Windows counts, to that of 1970, in units of 100 ns.
    const TO_1970: i64 = 116_444_736_000_000_000;
    let mut basic = BasicInformation::default();
    let size = u32::try_from(size_of_val(&basic)).ok()?;
    let place: *mut BasicInformation = &raw mut basic;
    // SAFETY: the handle is open, and the function writes a structure of that size.
    let read = unsafe {
        win32::GetFileInformationByHandleEx(
            file.as_raw_handle(),
            win32::FILE_BASIC_INFO,
            place.cast::<c_void>(),
            size,
        )
    };
    (read != 0).then(|| i128::from(basic.changed.saturating_sub(TO_1970)) * 100)
}

/// What [`fs::Metadata`] does not have on Windows.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// Which file it is.
    pub identity: Identity,
    /// How many names it has.
    pub names: u64,
    /// Whom it belongs to.
    pub owner: User,
    /// When anything of it changed last, in nanoseconds since 1970.
    pub changed: i128,
}

impl Facts {
    /// Looks at an open file.
    ///
    /// # Errors
    ///
    /// Those of Windows.
    pub fn of(file: &fs::File) -> io::Result<Self> {
        let (Some(information), Some(changed)) = (information(file), changed(file)) else {
            return Err(io::Error::last_os_error());
        };
        let names = information.links.into();
        Ok(Self { identity: identity(&information), names, owner: user::owner(file), changed })
    }

    /// Looks at what `path` leads to, or at what stands there itself.
    ///
    /// # Errors
    ///
    /// Those of Windows.
    pub fn of_path(path: &Path, follows: bool) -> io::Result<Self> {
        let flags = if follows { 0 } else { FILE_FLAG_OPEN_REPARSE_POINT };
        Self::of(&look_at(path, FILE_READ_ATTRIBUTES | READ_CONTROL, flags)?)
    }
}

fn information(file: &fs::File) -> Option<FileInformation> {
    let mut information = FileInformation::default();
    // SAFETY: the handle is open, and the function writes one structure.
    let read =
        unsafe { win32::GetFileInformationByHandle(file.as_raw_handle(), &raw mut information) };
    (read != 0).then_some(information)
}

/// Returns which file it is, as `os.SameFile` of Go tells it: hard links are one.
fn identity(information: &FileInformation) -> Identity {
    Identity {
        device: information.volume.into(),
        inode: u64::from(information.index_high) << 32 | u64::from(information.index_low),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_written_as_people_do() {
        let cases: [(&[u8], &[u8]); 6] = [
            (br"\\?\C:\a b", br"C:\a b"),
            (br"\\?\UNC\server\share\a", br"\\server\share\a"),
            (br"\\?\C:\dot.\a", br"\\?\C:\dot.\a"),
            (br"\\?\C:\space ", br"\\?\C:\space "),
            (br"\\?\Volume{1}\a", br"\\?\Volume{1}\a"),
            (br"C:\a", br"C:\a"),
        ];
        for (path, want) in cases {
            assert_eq!(plain(path.into()), want);
        }
    }
}
