//! Files and directories. Errors name the path, and what fails only for a moment is done again.
//!
//! Everything that goward does to files goes through here: the functions have the names and meanings of
//! those in [`std::fs`].

mod draft;
mod entry;
mod file;
mod programs;

pub use crate::os::{Metadata, Passing, retry};

pub use draft::{Draft, replace, replace_durably, unnamed_in};
pub use entry::DirEntry;
pub use file::{File, OpenOptions};
pub use programs::on_path;

use crate::os::{link, mode, remove, rename};
use std::fs::DirBuilder;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

macro_rules! calls {
    ($($(#[$doc:meta])* $name:ident($($path:ident),+) -> $value:ty;)+) => {$(
        $(#[$doc])*
        pub fn $name($($path: impl AsRef<Path>),+) -> io::Result<$value> {
            $(let $path = $path.as_ref();)+
            retry(|| fs_err::$name($($path),+))
        }
    )+};
}

calls! {
    /// See [`std::fs::copy`].
    copy(from, to) -> u64;
    /// See [`std::fs::create_dir`].
    create_dir(path) -> ();
    /// See [`std::fs::create_dir_all`].
    create_dir_all(path) -> ();
    /// See [`std::fs::read`].
    read(path) -> Vec<u8>;
    /// See [`std::fs::read_link`].
    read_link(path) -> PathBuf;
    /// See [`std::fs::read_to_string`].
    read_to_string(path) -> String;
    /// See [`std::fs::remove_dir`].
    remove_dir(path) -> ();
    /// See [`std::fs::remove_dir_all`].
    remove_dir_all(path) -> ();
    /// See [`std::fs::remove_file`].
    remove_file(path) -> ();
}

/// See [`std::fs::canonicalize`], and [`link::canonical`].
pub fn canonicalize(path: impl AsRef<Path>) -> io::Result<PathBuf> {
    let path = path.as_ref();
    retry(|| link::canonical(path))
}

/// See [`std::fs::hard_link`].
pub fn hard_link(original: impl AsRef<Path>, link: impl AsRef<Path>) -> io::Result<()> {
    let (original, place) = (original.as_ref(), link.as_ref());
    retry(|| link::hard(original, place))
}

/// See [`std::fs::rename`], and [`rename::replacing`].
pub fn rename(from: impl AsRef<Path>, to: impl AsRef<Path>) -> io::Result<()> {
    let (from, to) = (from.as_ref(), to.as_ref());
    retry(|| rename::replacing(from, to))
}

/// Removes a program, see [`remove::program`].
pub fn remove_program(path: impl AsRef<Path>, aside: impl AsRef<Path>) -> io::Result<()> {
    let (path, aside) = (path.as_ref(), aside.as_ref());
    retry(|| remove::program(path, aside))
}

/// See [`std::fs::metadata`].
pub fn metadata(path: impl AsRef<Path>) -> io::Result<Metadata> {
    let path = path.as_ref();
    retry(|| Metadata::of(path))
}

/// See [`std::fs::symlink_metadata`].
pub fn symlink_metadata(path: impl AsRef<Path>) -> io::Result<Metadata> {
    let path = path.as_ref();
    retry(|| Metadata::of_link(path))
}

/// Returns what is in a directory, in no order.
pub fn read_dir(path: impl AsRef<Path>) -> io::Result<Vec<DirEntry>> {
    read_dir_up_to(path, usize::MAX)
}

/// Returns some of what is in a directory that anybody may have filled: at most `limit` entries.
pub fn read_dir_up_to(path: impl AsRef<Path>, limit: usize) -> io::Result<Vec<DirEntry>> {
    let path = path.as_ref();
    retry(|| fs_err::read_dir(path)?.take(limit).map(|entry| entry.map(DirEntry)).collect())
}

/// Gives a file or directory this mode.
pub fn set_mode(path: impl AsRef<Path>, mode: u32) -> io::Result<()> {
    let path = path.as_ref();
    let now = || fs_err::metadata(path).map(|found| found.permissions());
    retry(|| fs_err::set_permissions(path, mode::permissions(mode, now)?))
}

/// Makes a directory with this mode, less what the umask takes.
pub fn create_dir_with_mode(path: impl AsRef<Path>, mode: u32) -> io::Result<()> {
    let path = path.as_ref();
    let mut builder = DirBuilder::new();
    mode::of_directory(&mut builder, mode);
    retry(|| builder.create(path)).map_err(|error| explain_create(path, &error))
}

/// The same with the directories above it; what is there stays as it is.
pub fn create_dir_all_with_mode(path: impl AsRef<Path>, mode: u32) -> io::Result<()> {
    let path = path.as_ref();
    let mut builder = DirBuilder::new();
    mode::of_directory(builder.recursive(true), mode);
    retry(|| builder.create(path)).map_err(|error| explain_create(path, &error))
}

fn explain_create(path: &Path, error: &io::Error) -> io::Error {
    let message = format!("failed to create directory `{}`: {error}", path.display());
    io::Error::new(error.kind(), message)
}

/// Makes a symbolic link at `link` that leads to `target`.
pub fn symlink(target: impl AsRef<Path>, link: impl AsRef<Path>) -> io::Result<()> {
    let (target, place) = (target.as_ref(), link.as_ref());
    retry(|| link::symlink(target, place))
}

/// Writes at the end of a file, which is made if it is not there.
pub fn append(path: impl AsRef<Path>, contents: impl AsRef<[u8]>) -> io::Result<()> {
    let mut options = OpenOptions::new();
    let mut file = options.append(true).create(true).open(path)?;
    io::Write::write_all(&mut file, contents.as_ref())
}

/// Makes `link` a name of the program `target`: a symbolic link, on Windows a hard link, else a copy.
pub fn link_program(target: impl AsRef<Path>, link: impl AsRef<Path>) -> io::Result<()> {
    let (target, place) = (target.as_ref(), link.as_ref());
    retry(|| link::program(target, place))
}

/// Returns true for what [`link_program`] makes.
pub fn is_link_of(target: impl AsRef<Path>, link: impl AsRef<Path>) -> bool {
    link::is_of(target.as_ref(), link.as_ref())
}

/// See [`std::fs::write`].
pub fn write(path: impl AsRef<Path>, contents: impl AsRef<[u8]>) -> io::Result<()> {
    let (path, contents) = (path.as_ref(), contents.as_ref());
    retry(|| fs_err::write(path, contents))
}

/// Opens a regular file for reading. Anything else is an error: whoever opens a pipe waits for somebody
/// who writes to it.
pub fn open_regular(path: &Path) -> io::Result<File> {
    match OpenOptions::new().read(true).never_wait().open(path) {
        Ok(file) if file.metadata()?.is_file() => return Ok(file),
        // Windows opens no directory.
        Err(error) if !(cfg!(windows) && path.is_dir()) => return Err(error),
        _ => {}
    }
    let message = format!("`{}` is not a regular file", path.display());
    Err(io::Error::new(ErrorKind::InvalidInput, message))
}

/// Reads a regular file of at most `limit` bytes.
pub fn read_regular(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    // The file may have been replaced while it was read, which servers of files tell by ESTALE.
    let bytes = retry(|| {
        let mut bytes = Vec::new();
        open_regular(path)?.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
        io::Result::Ok(bytes)
    })?;
    if bytes.len() as u64 > limit {
        let message = format!("`{}` has more than {limit} bytes", path.display());
        return Err(io::Error::new(ErrorKind::FileTooLarge, message));
    }
    Ok(bytes)
}

/// Reads a regular file of text, of at most `limit` bytes.
pub fn read_text(path: &Path, limit: u64) -> io::Result<String> {
    String::from_utf8(read_regular(path, limit)?).map_err(|_| {
        io::Error::new(ErrorKind::InvalidData, format!("`{}` is not UTF-8", path.display()))
    })
}
