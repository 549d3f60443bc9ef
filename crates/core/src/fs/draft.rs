//! Files that get their names only when they are whole.

use super::{File, retry};
use crate::os::mode;
use std::ffi::OsStr;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use tempfile::{Builder, TempPath};

/// The mode of a file that only its owner reads.
const PRIVATE: u32 = 0o600;
/// What any new file has, before the umask takes its part.
const USUAL: u32 = 0o666;

/// A file with a name that nobody knows, deleted when it is dropped.
#[derive(Debug)]
pub struct Draft {
    file: File,
    path: TempPath,
}

impl Draft {
    /// Makes a file in `directory` that only its owner reads.
    pub fn private(directory: &Path, prefix: impl AsRef<OsStr>) -> io::Result<Self> {
        Self::make(directory, prefix.as_ref(), "", PRIVATE)
    }

    /// The same, with a name that ends with `suffix`.
    pub fn private_with_suffix(directory: &Path, prefix: &str, suffix: &str) -> io::Result<Self> {
        Self::make(directory, prefix.as_ref(), suffix, PRIVATE)
    }

    /// Makes a file in `directory` with the mode of any new file.
    pub fn usual(directory: &Path, prefix: impl AsRef<OsStr>) -> io::Result<Self> {
        Self::make(directory, prefix.as_ref(), "", USUAL)
    }

    fn make(directory: &Path, prefix: &OsStr, suffix: &str, bits: u32) -> io::Result<Self> {
        let mut builder = Builder::new();
        mode::of_random(builder.prefix(prefix).suffix(suffix), bits);
        let (file, path) = retry(|| builder.tempfile_in(directory))?.into_parts();
        Ok(Self { file: File::from_parts(file, path.to_path_buf()), path })
    }

    /// Returns the open file.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Gives it the name `path`, in the place of what had it: a reader sees the old file or this one.
    pub fn persist(self, path: impl AsRef<Path>) -> io::Result<()> {
        super::rename(&self.path, path)?;
        // There is nothing of that name any more.
        _ = self.path.keep();
        Ok(())
    }

    /// Leaves it where it is.
    pub fn keep(self) -> io::Result<(File, PathBuf)> {
        let path = self.path.keep().map_err(|error| error.error)?;
        Ok((self.file, path))
    }
}

impl Write for Draft {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Puts a file that only its owner reads at `path`, in one step. It may be lost with the power, whole.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut draft = Draft::private(directory_of(path), ".new-")?;
    draft.write_all(bytes)?;
    draft.persist(path)
}

/// The same; what is at `path` is there after a power cut, too.
pub fn replace_durably(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let directory = directory_of(path);
    let mut draft = Draft::private(directory, ".new-")?;
    draft.write_all(bytes)?;
    draft.file.sync_all()?;
    draft.persist(path)?;
    File::open(directory)?.sync_all()
}

/// Makes a file without a name in `directory`; errors name it `name`.
pub fn unnamed_in(directory: &Path, name: &str) -> io::Result<File> {
    let file = retry(|| tempfile::tempfile_in(directory))?;
    Ok(File::from_parts(file, directory.join(name)))
}

fn directory_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
