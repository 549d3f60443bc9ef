//! A directory, which a static server then serves.

use crate::storage::{Contents, Storage, StorageReader, StoredFile, digest, too_large};
use goward_core::error::{Error, Kind, Result, untrusted};
use goward_core::fs;
use goward_core::fs::{Draft, File, Metadata};
use goward_core::verify::Digest;
use std::io;
use std::io::{ErrorKind, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What the names of files begin with that are being written.
const DRAFT: &str = ".goward-";

/// How long a file is not written to any more until whoever wrote it is certainly gone.
const ABANDONED: Duration = Duration::from_secs(24 * 60 * 60);

/// Deeper than any file of a mirror lies.
const MAX_DEPTH: usize = 16;

/// One directory.
pub(super) struct Directory {
    name: String,
    path: PathBuf,
}

impl Directory {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { name: untrusted(path.to_string_lossy()), path }
    }

    /// Opens a file to read it; `None` when it is not there. A link is not followed out of the mirror.
    fn find(&self, path: &str) -> Result<Option<(File, u64)>> {
        let path = self.path.join(path);
        match fs::symlink_metadata(&path) {
            Ok(metadata) if metadata.is_file() => Ok(Some((File::open(&path)?, metadata.len()))),
            Ok(_) => {
                let shown = untrusted(path.to_string_lossy());
                Err(Error::new(Kind::Failed, format!("`{shown}` is not a regular file")))
            }
            Err(error) if is_absence(error.kind()) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn list_below(&self, directory: &Path, depth: usize, found: &mut Vec<String>) -> Result<()> {
        let entries = match fs::read_dir(directory) {
            Err(error) if is_absence(error.kind()) => return Ok(()),
            entries => entries?,
        };
        for entry in entries {
            let kind = entry.file_type()?;
            if kind.is_dir() && depth < MAX_DEPTH {
                self.list_below(&entry.path(), depth + 1, found)?;
            } else if entry.file_name().to_string_lossy().starts_with(DRAFT) {
                // A process that was killed left it, and nobody else knows the name.
                if is_abandoned(&entry.metadata()?) {
                    fs::remove_file(entry.path())?;
                }
            } else if kind.is_file()
                && let Some(path) =
                    entry.path().strip_prefix(&self.path).ok().and_then(Path::to_str)
            {
                found.push(path.to_owned());
            }
        }
        Ok(())
    }
}

fn is_abandoned(draft: &Metadata) -> bool {
    let age = draft.modified().ok().and_then(|time| time.elapsed().ok());
    draft.is_file() && age.is_some_and(|age| age > ABANDONED)
}

fn is_absence(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::NotFound | ErrorKind::NotADirectory)
}

impl StorageReader for Directory {
    fn name(&self) -> &str {
        &self.name
    }

    fn read(&self, path: &str, limit: u64) -> Result<Option<Vec<u8>>> {
        let Some((file, _)) = self.find(path)? else { return Ok(None) };
        let mut bytes = Vec::new();
        file.take(limit + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > limit { Err(too_large(path, limit)) } else { Ok(Some(bytes)) }
    }

    fn save(&self, path: &str, limit: u64, file: &mut File) -> Result<bool> {
        let Some((from, size)) = self.find(path)? else { return Ok(false) };
        if size > limit || io::copy(&mut from.take(limit + 1), file)? > limit {
            return Err(too_large(path, limit));
        }
        file.rewind()?;
        Ok(true)
    }
}

impl Storage for Directory {
    fn holds(&self, path: &str, stored: &StoredFile) -> Result<bool> {
        match self.find(path)? {
            Some((_, size)) if size == stored.size => {
                Ok(digest(&self.path.join(path))?.0 == stored.sha256)
            }
            _ => Ok(false),
        }
    }

    fn put(&self, path: &str, contents: Contents<'_>) -> Result<StoredFile> {
        let target = self.path.join(path);
        let directory = target.parent().unwrap_or(&self.path);
        fs::create_dir_all(directory)?;
        let mut draft = Draft::private(directory, DRAFT)?;
        let (sha256, size) = match contents {
            Contents::Bytes(bytes) => {
                draft.write_all(bytes)?;
                (Digest::of(bytes), bytes.len() as u64)
            }
            Contents::File(from) => {
                io::copy(&mut File::open(from)?, &mut draft)?;
                digest(draft.file().path())?
            }
        };
        // Who serves it is another user.
        draft.file().set_mode(0o644)?;
        draft.file().sync_all()?;
        draft.persist(&target)?;
        File::open(directory)?.sync_all()?;
        Ok(StoredFile { sha256, size, etag: None })
    }

    fn list(&self) -> Result<Vec<String>> {
        let mut found = Vec::new();
        self.list_below(&self.path, 0, &mut found)?;
        found.sort();
        Ok(found)
    }

    fn remove(&self, path: &str) -> Result<()> {
        match fs::remove_file(self.path.join(path)) {
            Err(error) if !is_absence(error.kind()) => Err(error.into()),
            _ => Ok(()),
        }
    }
}
