//! A directory that keeps archives, for machines that begin empty: those of CI restore it in place of
//! a store, which has thousands of files.
//!
//! It is a source that nobody trusts, with the names of go.dev/dl, and is asked first. What another
//! source delivers is kept in it once it was verified.

use crate::error::Result;
use crate::fs::{self, Draft};
use crate::install::request::ToolchainRequest;
use crate::source::archive_tee::{ArchiveTee, CopySlot};
use crate::source::{self, Source, SourceSpec};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The place of one archive.
pub(crate) struct ArchiveCache<'a> {
    directory: &'a Path,
    path: PathBuf,
    slot: CopySlot,
    /// The copy that is being written, which is gone when nobody keeps it.
    draft: Mutex<Option<Draft>>,
}

impl<'a> ArchiveCache<'a> {
    /// Makes the directory if it is missing.
    pub(crate) fn open(directory: &'a Path, want: &ToolchainRequest) -> Result<Self> {
        fs::create_dir_all(directory)?;
        let path = directory.join(want.platform.archive_name(want.version));
        Ok(Self { directory, path, slot: CopySlot::default(), draft: Mutex::default() })
    }

    /// Returns the sources to ask: the archive that is kept, if there is one, then `sources`, whose
    /// archives are copied.
    pub(crate) fn before(&self, sources: Vec<Box<dyn Source>>) -> Vec<Box<dyn Source + '_>> {
        let mut all: Vec<Box<dyn Source + '_>> = Vec::new();
        if self.path.is_file() {
            let spec = SourceSpec::Directory(self.directory.to_owned());
            all.push(source::directory(&spec.to_string(), self.directory));
        }
        for source in sources {
            let make_file = |_: &str| {
                let draft = Draft::usual(self.directory, ".goward-")?;
                let file = draft.file().try_clone()?;
                *self.draft.lock().unwrap_or_else(PoisonError::into_inner) = Some(draft);
                Ok(file)
            };
            all.push(Box::new(ArchiveTee::new(source, self.slot.clone(), make_file)));
        }
        all
    }

    /// Keeps the archive that was copied last, which was verified; returns why it is not kept, if it
    /// should be.
    pub(crate) fn keep(self) -> Option<String> {
        let draft = self.draft.into_inner().unwrap_or_else(PoisonError::into_inner)?;
        if !self.slot.take().is_some_and(|copy| copy.kind.is_release()) {
            return None;
        }
        let error = draft.persist(&self.path).err()?;
        Some(format!("the archive is not kept: {error}"))
    }
}
