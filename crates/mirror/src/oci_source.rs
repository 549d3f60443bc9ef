//! An OCI registry with toolchains that `goward mirror create --to oci://` put there.

use crate::artifact::{
    Layer, delta_tag, parse_index, parse_manifest, parse_platform_tag, release_tag,
};
use crate::registry::Registry;
use goward_core::ctx::Ctx;
use goward_core::error::{Error, Kind, Result};
use goward_core::fs;
use goward_core::net::{MAX_SIZE, Net, Progress};
use goward_core::source::SourceError;
use goward_core::source::{
    Artifact, ArtifactRequest, Body, File, Listing, Release, Source, archive_kind, not_there,
};
use goward_core::version::GoVersion;
use std::collections::BTreeMap;
use std::path::Path;

/// One repository of a registry.
struct Oci {
    name: String,
    place: String,
    ctx: Ctx,
    net: Net,
}

/// Opens one for [`Session::registries`](goward_core::session::Session::registries).
pub fn open(name: String, place: String, ctx: Ctx, net: Net) -> Box<dyn Source> {
    Box::new(Oci { name, place, ctx, net })
}

impl Oci {
    fn registry(&self) -> Result<Registry> {
        Registry::open(&self.place, &self.ctx, &self.net)
    }
}

impl Source for Oci {
    fn name(&self) -> &str {
        &self.name
    }

    fn releases(&self) -> Result<Option<Vec<Release>>, SourceError> {
        let mut found: BTreeMap<GoVersion, Vec<File>> = BTreeMap::new();
        for (version, platform) in
            self.registry()?.tags()?.iter().filter_map(|tag| parse_platform_tag(tag))
        {
            let name = platform.archive_name(version);
            let file = File { platform, name, sha256: None, size: None };
            found.entry(version).or_default().push(file);
        }
        let newest_first = found.into_iter().rev();
        Ok(Some(newest_first.map(|(version, files)| Release { version, files }).collect()))
    }

    fn resumes(&self) -> bool {
        false
    }

    fn open(
        &self,
        wanted: &ArtifactRequest,
        scratch: &Path,
        mut progress: Progress,
    ) -> Result<Artifact, SourceError> {
        let registry = self.registry()?;
        let name = wanted.platform.archive_name(wanted.version);
        let origin = format!("{}:{}", self.name, release_tag(wanted.version));
        let absent = || not_there(&self.name, wanted, &origin);
        let index = registry.by_tag(&release_tag(wanted.version))?.ok_or_else(absent)?;
        let entries = parse_index(&index)?;
        let entry = entries.into_iter().find(|entry| entry.platform == wanted.platform);
        let manifest = registry.manifest(&entry.ok_or_else(absent)?.digest)?.ok_or_else(absent)?;
        let layer = parse_manifest(&manifest)?;
        if wanted.size.is_some_and(|size| size != layer.size) {
            let message = format!("`{name}` has {} bytes in {}", layer.size, self.name);
            return Err(Error::new(Kind::Verification, message).into());
        }
        let file = fetch_layer(&registry, &layer, (scratch, &name), &mut |done| {
            progress(done, Some(layer.size));
        })?;
        Ok(Artifact {
            kind: archive_kind(wanted.platform),
            name,
            origin,
            listing: Listing::Sha256(layer.sha256),
            size: Some(layer.size),
            body: Body::File(file),
        })
    }

    fn open_delta(
        &self,
        from: GoVersion,
        wanted: &ArtifactRequest,
        scratch: &Path,
    ) -> Result<Option<fs::File>, SourceError> {
        let registry = self.registry()?;
        let name = delta_tag(from, wanted.version, wanted.platform);
        let Some(manifest) = registry.by_tag(&name)? else { return Ok(None) };
        let layer = parse_manifest(&manifest)?;
        let file = fetch_layer(&registry, &layer, (scratch, &name), &mut |_| {})?;
        Ok(Some(file))
    }
}

/// Fetches the layer of a manifest into a file in `scratch` that has no name; `name` is for messages.
///
/// # Errors
///
/// [`Kind::Verification`] for one that is larger than anything that is downloaded.
pub(crate) fn fetch_layer(
    registry: &Registry,
    layer: &Layer,
    (scratch, name): (&Path, &str),
    told: &mut dyn FnMut(u64),
) -> Result<fs::File> {
    if layer.size > MAX_SIZE {
        let message = format!("`{name}` has {} bytes in the registry", layer.size);
        return Err(Error::new(Kind::Verification, message));
    }
    let mut file = fs::unnamed_in(scratch, name)?;
    registry.save_blob(&layer.digest(), layer.size, &mut file, told)?;
    Ok(file)
}
