//! A bundle as a source of the toolchains in it.

use super::{Artifact, ArtifactKind, ArtifactRequest, Body, Listing, Source, not_there};
use crate::bundle::{Bundle, Packing, Toolchain};
use crate::error::Result;
use crate::fs;
use crate::net::Progress;
use crate::source::SourceError;
use crate::version::GoVersion;
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

    fn find(&self, wanted: &ArtifactRequest) -> Option<&'a Toolchain> {
        self.bundle.toolchains().iter().find(|toolchain| {
            (toolchain.version, toolchain.platform) == (wanted.version, wanted.platform)
        })
    }
}

impl Source for BundleSource<'_> {
    fn name(&self) -> &str {
        self.bundle.name()
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
        let toolchain =
            self.find(wanted).ok_or_else(|| not_there(self.name(), wanted, self.bundle.name()))?;
        let name = toolchain.entry();
        Ok(Artifact {
            kind: match toolchain.packing {
                // It is asked for as what it is.
                Packing::Delta => return Err(not_there(self.name(), wanted, &name)),
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

    fn open_delta(
        &self,
        from: GoVersion,
        wanted: &ArtifactRequest,
        scratch: &Path,
    ) -> Result<Option<fs::File>, SourceError> {
        let found = self.find(wanted).filter(|toolchain| toolchain.base == Some(from));
        Ok(found.map(|toolchain| self.bundle.extract(toolchain, scratch)).transpose()?)
    }

    fn delta_base(&self, wanted: &ArtifactRequest) -> Option<GoVersion> {
        self.find(wanted)?.base
    }
}
