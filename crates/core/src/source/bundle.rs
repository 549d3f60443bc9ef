//! A bundle as a source of the toolchains in it.

use super::{Artifact, ArtifactKind, ArtifactRequest, Body, Listing, Release, Source, not_there};
use crate::bundle::{Bundle, Packing};
use crate::error::Result;
use crate::net::Progress;
use crate::source::SourceError;
use std::path::Path;

/// The archives of one bundle.
#[derive(Debug)]
pub struct BundleSource<'a> {
    bundle: &'a Bundle,
}

impl<'a> BundleSource<'a> {
    /// Delivers what is in `bundle`.
    pub fn new(bundle: &'a Bundle) -> Self {
        Self { bundle }
    }
}

impl Source for BundleSource<'_> {
    fn name(&self) -> &str {
        self.bundle.name()
    }

    fn releases(&self) -> Result<Option<Vec<Release>>, SourceError> {
        Ok(None)
    }

    fn resumes(&self) -> bool {
        false
    }

    fn open(
        &self,
        wanted: &ArtifactRequest,
        scratch: &Path,
        _progress: Progress,
    ) -> Result<Artifact, SourceError> {
        let found = self.bundle.toolchains().iter().find(|toolchain| {
            (toolchain.version, toolchain.platform) == (wanted.version, wanted.platform)
        });
        let toolchain = found.ok_or_else(|| not_there(self.name(), wanted, self.bundle.name()))?;
        let name = toolchain.entry();
        Ok(Artifact {
            kind: match toolchain.packing {
                Packing::Module => ArtifactKind::Module,
                Packing::TarGz => ArtifactKind::TarGz,
                Packing::Wheel => ArtifactKind::Wheel,
                Packing::Zip => ArtifactKind::Zip,
            },
            origin: format!("{}, {name}", self.bundle.name()),
            name,
            listing: Listing::Nothing,
            size: Some(toolchain.size),
            body: Body::File(self.bundle.extract(toolchain, scratch)?),
        })
    }
}
