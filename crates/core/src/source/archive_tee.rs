//! Another source whose archives are copied as they are opened: what is verified is what is handed on.

use crate::error::{Advice, Error, Kind};
use crate::fs::File;
use crate::net::Progress;
use crate::source::{
    Artifact, ArtifactKind, ArtifactRequest, Body, Digests, Listing, Release, Source, SourceError,
};
use std::io::{self, Seek};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// The copy of an archive.
#[derive(Debug)]
pub struct ArchiveCopy {
    /// How it is packed.
    pub kind: ArtifactKind,
    /// What its source says of its content.
    pub listing: Listing,
    /// Its bytes.
    pub file: File,
}

/// The copy of the archive that was opened last.
#[derive(Clone, Debug, Default)]
pub struct CopySlot(Arc<Mutex<Option<ArchiveCopy>>>);

impl CopySlot {
    /// Takes the copy out, if there is one.
    pub fn take(&self) -> Option<ArchiveCopy> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Makes the file for an archive of this name.
type MakeFile<'a> = dyn Fn(&str) -> io::Result<File> + Send + Sync + 'a;

/// A source, and where its archives are copied to.
pub struct ArchiveTee<'a> {
    inner: Box<dyn Source + 'a>,
    make_file: Box<MakeFile<'a>>,
    slot: CopySlot,
    /// Whether it has to be a release archive with its digest, or a module, to be handed on.
    needs_release: bool,
}

impl<'a> ArchiveTee<'a> {
    /// Copies every archive into a file that `make_file` makes for its name.
    pub fn new(
        inner: Box<dyn Source + 'a>,
        slot: CopySlot,
        make_file: impl Fn(&str) -> io::Result<File> + Send + Sync + 'a,
    ) -> Self {
        Self { inner, make_file: Box::new(make_file), slot, needs_release: false }
    }

    /// Asks for the digest that the source lists, and refuses packages that lack files.
    #[must_use]
    pub fn of_releases(self) -> Self {
        Self { needs_release: true, ..self }
    }
}

impl Source for ArchiveTee<'_> {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn releases(&self) -> Result<Option<Vec<Release>>, SourceError> {
        self.inner.releases()
    }

    fn list_place(&self) -> Option<String> {
        self.inner.list_place()
    }

    fn digests(&self) -> Digests {
        self.inner.digests()
    }

    fn has(&self, wanted: &ArtifactRequest) -> bool {
        self.inner.has(wanted)
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
        let ask_digest = wanted.ask_digest || self.needs_release;
        let wanted = ArtifactRequest { ask_digest, ..*wanted };
        let mut artifact = self.inner.open(&wanted, scratch, progress)?;
        if self.needs_release && artifact.kind == ArtifactKind::Wheel {
            let (name, version) = (self.inner.name(), wanted.version);
            let message = format!("{name} has no release archive of {version}");
            return Err(Error::new(Kind::NotFound, message).hint(Advice::NameFullSource).into());
        }
        let mut file = (self.make_file)(&artifact.name)?;
        if let Err(error) = io::copy(&mut artifact.body, &mut file) {
            return Err(artifact.body.failure().map_or(error.into(), SourceError::from));
        }
        file.rewind()?;
        let (kind, listing) = (artifact.kind, artifact.listing.clone());
        let copy = ArchiveCopy { kind, listing, file: file.try_clone()? };
        *self.slot.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(copy);
        Ok(Artifact { body: Body::File(file), ..artifact })
    }
}
