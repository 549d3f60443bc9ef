//! An open file.

use super::retry;
use crate::os::{Metadata, failpoint, mode, open, owner, position, sync};
use std::fs::TryLockError;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// How a file is opened, as in [`std::fs::OpenOptions`].
#[derive(Clone, Debug)]
pub struct OpenOptions(fs_err::OpenOptions);

macro_rules! options {
    ($($name:ident),+) => {$(
        /// See the option of the same name in [`std::fs::OpenOptions`].
        pub fn $name(&mut self, on: bool) -> &mut Self {
            self.0.$name(on);
            self
        }
    )+};
}

impl OpenOptions {
    /// See [`std::fs::OpenOptions::new`].
    #[expect(clippy::new_without_default, reason = "as in std::fs; nobody needs a default")]
    pub fn new() -> Self {
        Self(fs_err::OpenOptions::new())
    }

    options!(read, write, append, truncate, create, create_new);

    /// Waits for nobody who would write to a pipe.
    pub fn never_wait(&mut self) -> &mut Self {
        open::never_wait(self.0.options_mut());
        self
    }

    /// The same, and fails at a link instead of following it.
    pub fn never_follow(&mut self) -> &mut Self {
        open::never_follow(self.0.options_mut());
        self
    }

    /// Sets the mode of a file that is created.
    pub fn mode(&mut self, mode: u32) -> &mut Self {
        mode::of_file(self.0.options_mut(), mode);
        self
    }

    /// See [`std::fs::OpenOptions::open`].
    pub fn open(&self, path: impl AsRef<Path>) -> io::Result<File> {
        let path = path.as_ref();
        retry(|| {
            failpoint!(Open);
            self.0.open(path)
        })
        .map(File)
    }
}

/// A file that knows its path, as in [`std::fs::File`].
#[derive(Debug)]
pub struct File(fs_err::File);

impl File {
    /// See [`std::fs::File::open`].
    pub fn open(path: impl AsRef<Path>) -> io::Result<Self> {
        let path = path.as_ref();
        let mut options = fs_err::OpenOptions::new();
        open::directories_too(options.read(true).options_mut());
        retry(|| {
            failpoint!(Open);
            options.open(path)
        })
        .map(Self)
    }

    /// See [`std::fs::File::create`].
    pub fn create(path: impl AsRef<Path>) -> io::Result<Self> {
        let path = path.as_ref();
        retry(|| {
            failpoint!(Open);
            fs_err::File::create(path)
        })
        .map(Self)
    }

    /// See [`std::fs::File::create_new`].
    pub fn create_new(path: impl AsRef<Path>) -> io::Result<Self> {
        OpenOptions::new().write(true).create_new(true).open(path)
    }

    /// Gives an open file the path that its errors name.
    pub fn from_parts(file: std::fs::File, path: impl Into<PathBuf>) -> Self {
        Self(fs_err::File::from_parts(file, path))
    }

    /// Returns the file without its path.
    pub fn into_file(self) -> std::fs::File {
        self.0.into_file()
    }

    /// Returns the file without its path.
    pub fn file(&self) -> &std::fs::File {
        self.0.file()
    }

    /// Returns the path it was opened by.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// See [`std::fs::File::metadata`].
    pub fn metadata(&self) -> io::Result<Metadata> {
        retry(|| Metadata::of_file(self.0.file()))
            .map_err(|error| self.explain("query metadata of", &error))
    }

    /// Gives it this mode.
    pub fn set_mode(&self, mode: u32) -> io::Result<()> {
        let now = || self.0.metadata().map(|found| found.permissions());
        retry(|| self.0.set_permissions(mode::permissions(mode, now)?))
    }

    /// Gives it the owner and the group of another.
    pub fn give_to(&self, like: &Metadata) -> io::Result<()> {
        retry(|| owner::give(self.0.file(), like))
    }

    /// See [`std::fs::File::set_len`].
    pub fn set_len(&self, size: u64) -> io::Result<()> {
        retry(|| self.0.set_len(size))
    }

    /// See [`std::fs::File::sync_all`].
    pub fn sync_all(&self) -> io::Result<()> {
        retry(|| sync::file(&self.0))
    }

    /// Locks it if nobody else has; returns whether it is locked now. The lock goes with the file.
    pub fn try_lock(&self) -> io::Result<bool> {
        retry(|| {
            failpoint!(Lock);
            match self.0.file().try_lock() {
                Ok(()) => Ok(true),
                Err(TryLockError::WouldBlock) => Ok(false),
                Err(TryLockError::Error(error)) => Err(error),
            }
        })
    }

    /// See [`std::fs::File::try_clone`].
    pub fn try_clone(&self) -> io::Result<Self> {
        retry(|| self.0.try_clone()).map(Self)
    }

    /// Reads some bytes from `offset` on; 0 at the end.
    pub fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        position::read_at(self.file(), buffer, offset)
            .map_err(|error| self.explain("read with offset from", &error))
    }

    /// Reads from `offset` on until the buffer is full.
    pub fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let mut count = 0;
        while count < buffer.len() {
            match self.read_at(&mut buffer[count..], offset + count as u64)? {
                0 => return Err(self.explain("read", &ErrorKind::UnexpectedEof.into())),
                more => count += more,
            }
        }
        Ok(())
    }

    /// Writes some bytes from `offset` on.
    pub fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        position::write_at(self.file(), bytes, offset)
            .map_err(|error| self.explain("write with offset to", &error))
    }

    /// Writes all bytes from `offset` on.
    pub fn write_all_at(&self, mut bytes: &[u8], mut offset: u64) -> io::Result<()> {
        while !bytes.is_empty() {
            let count = self.write_at(bytes, offset)?;
            if count == 0 {
                return Err(ErrorKind::WriteZero.into());
            }
            bytes = &bytes[count..];
            offset += count as u64;
        }
        Ok(())
    }

    fn explain(&self, what: &str, error: &io::Error) -> io::Error {
        let message = format!("failed to {what} `{}`: {error}", self.path().display());
        io::Error::new(error.kind(), message)
    }
}

macro_rules! streams {
    ($($file:ty),+) => {$(
        impl Read for $file {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                retry(|| (&self.0).read(buffer))
            }
        }

        impl Write for $file {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                retry(|| {
                    failpoint!(Write);
                    (&self.0).write(bytes)
                })
            }

            fn flush(&mut self) -> io::Result<()> {
                retry(|| (&self.0).flush())
            }
        }

        impl Seek for $file {
            fn seek(&mut self, place: SeekFrom) -> io::Result<u64> {
                retry(|| (&self.0).seek(place))
            }
        }
    )+};
}

streams!(File, &File);
