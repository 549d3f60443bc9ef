//! A source whose archive is kept on disk while it is verified, to be handed on as it is.

use goward_core::error::{Error, Kind, Result};
use goward_core::fs;
use goward_core::fs::File;
use goward_core::net::Progress;
use goward_core::source::SourceError;
use goward_core::source::{
    Artifact, ArtifactKind, ArtifactRequest, Body, Listing, Release, Source,
};
use std::io;
use std::io::Seek;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// What the source said of the archive that was kept.
pub(crate) type ListingSlot = Arc<Mutex<Option<Listing>>>;

/// Another source, and where its archive is kept.
pub(crate) struct ArchiveTee {
    inner: Box<dyn Source>,
    path: PathBuf,
    said: ListingSlot,
}

impl ArchiveTee {
    pub(crate) fn new(inner: Box<dyn Source>, path: PathBuf, said: ListingSlot) -> Self {
        Self { inner, path, said }
    }
}

impl Source for ArchiveTee {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn releases(&self) -> Result<Option<Vec<Release>>, SourceError> {
        self.inner.releases()
    }

    fn resumes(&self) -> bool {
        self.inner.resumes()
    }

    fn open(
        &self,
        wanted: &ArtifactRequest,
        scratch: &Path,
        progress: Progress,
    ) -> Result<Artifact, SourceError> {
        // What the source lists decides whether the archive may be handed on as a whole.
        let wanted = ArtifactRequest { ask_digest: true, ..*wanted };
        let mut artifact = self.inner.open(&wanted, scratch, progress)?;
        if !matches!(artifact.kind, ArtifactKind::TarGz | ArtifactKind::Zip) {
            let (name, version) = (self.inner.name(), wanted.version);
            let message = format!("{name} has no release archive of {version}");
            let error = Error::new(Kind::NotFound, message)
                .hint("a mirror needs the whole release: `--source go.dev`, or another mirror");
            return Err(error.into());
        }
        let mut options = fs::OpenOptions::new();
        let mut file: File =
            options.read(true).write(true).create(true).truncate(true).open(&self.path)?;
        if let Err(error) = io::copy(&mut artifact.body, &mut file) {
            return Err(artifact.body.failure().map_or(error.into(), SourceError::from));
        }
        file.rewind()?;
        *self.said.lock().unwrap_or_else(PoisonError::into_inner) = Some(artifact.listing.clone());
        artifact.body = Body::File(file);
        Ok(artifact)
    }
}
