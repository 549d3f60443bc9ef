//! A mirror in an OCI registry: most companies already run one.
//!
//! Blobs and manifests are named by their digests, so nothing is ever half there; the tag of a release
//! is moved last. Registries rarely let a client delete, so nothing is pruned.

use crate::artifact::{Entry, Layer};
use crate::deltas::{ArchiveEnd, check, make, wanted};
use crate::findings::{MirrorCheck, is_finding};
use crate::manifest::DeltaKey;
use crate::oci_source::fetch_layer;
use crate::pack::repack;
use crate::registry::{INDEX, MANIFEST, Registry};
use crate::{MirrorPlan, MirrorReport, Mirrors, ToolchainRequest, artifact};
use goward_core::error::{Error, Kind, Result, untrusted};
use goward_core::fs::{self, File};
use goward_core::install::fetch::digest_file;
use goward_core::install::proof::Proof;
use goward_core::install::request::Fetch;
use goward_core::platform::Platform;
use goward_core::source::REGISTRY_SCHEME;
use goward_core::store::Store;
use goward_core::verify::{Digest, H1};
use goward_core::version::GoVersion;
use std::collections::BTreeMap;
use std::path::Path;

impl Mirrors<'_> {
    /// Puts the toolchains that locks name into a registry.
    pub(crate) fn create_in_registry(
        &self,
        place: &str,
        plan: &MirrorPlan,
        fetch: &Fetch,
    ) -> Result<MirrorReport> {
        if plan.prune {
            let message = "a registry deletes by its own rules: `--prune` is not available there";
            return Err(Error::new(Kind::Usage, message)
                .hint("give it a rule that removes old tags, and leave out `--prune`"));
        }
        let wants = self.locker.wants_of(&plan.locks)?;
        let net = self.session.net()?;
        let registry = Registry::open(place, &self.session.ctx, &net)?;
        let mut mirrored = MirrorReport::default();
        for want in &wants {
            let tag = artifact::release_tag(want.version);
            let mut entries = match registry.by_tag(&tag)? {
                Some(index) => artifact::parse_index(&index)?,
                None => Vec::new(),
            };
            if is_there(&registry, &entries, want)? {
                mirrored.kept += 1;
                continue;
            }
            let entry = self.push(&registry, want, fetch, &mut mirrored.warnings)?;
            entries.retain(|known| known.platform != want.platform);
            entries.push(entry);
            entries.sort_by_key(|entry| entry.platform);
            registry.put_manifest(&tag, INDEX, &artifact::index(want.version, &entries))?;
            self.session.ui.say(&format!("mirrored {} for {}", want.version, want.platform));
            mirrored.added += 1;
        }
        if plan.deltas > 0 {
            mirrored.deltas = self.push_deltas(&registry, plan.deltas)?;
        }
        Ok(mirrored)
    }

    /// Makes what is missing of the deltas to each release in a registry, from the last `count` releases
    /// before it of the same line. Returns how many were made.
    fn push_deltas(&self, registry: &Registry, count: usize) -> Result<usize> {
        let store = self.session.store()?;
        let held = held(registry)?;
        let mut made = 0;
        for key in wanted(held.keys().copied(), count) {
            let DeltaKey { from, to, platform } = key;
            let tag = artifact::delta_tag(from, to, platform);
            let ends = [&held[&(from, platform)], &held[&(to, platform)]];
            let hashes = ends.map(|end| end.h1.as_str());
            if let Some(manifest) = registry.by_tag(&tag)?
                && artifact::delta_ends(&manifest).is_some_and(|known| known == hashes)
                && registry.has_blob(&artifact::parse_manifest(&manifest)?.digest())?
            {
                continue;
            }
            let staging = store.stage("delta")?;
            let [old, new] = ends;
            let both = [
                fetch_end(registry, staging.path(), (from, platform), old)?,
                fetch_end(registry, staging.path(), (to, platform), new)?,
            ];
            let path = make(staging.path(), key, &both)?;
            let layer = put_layer(registry, &path)?;
            let manifest = artifact::delta_manifest(hashes, &layer);
            registry.put_manifest(&tag, MANIFEST, &manifest)?;
            self.say_made(key, layer.size);
            made += 1;
        }
        Ok(made)
    }

    /// Fetches all that a registry lists, as its clients do, and checks it.
    pub(crate) fn verify_registry(&self, place: &str, fetch: &Fetch) -> Result<MirrorCheck> {
        let store = self.session.store()?;
        let fetch = Fetch { source: Some(place.to_owned()), ..fetch.clone() };
        let mut checked = MirrorCheck::default();
        let mut is_empty = true;
        for source in self.installer.sources(&fetch)? {
            let releases = source.releases()?.unwrap_or_default().into_iter();
            let listed = releases.flat_map(|release| {
                release.files.into_iter().map(move |file| (release.version, file.platform))
            });
            for (version, platform) in listed {
                is_empty = false;
                let want = ToolchainRequest::new(version, platform);
                let proof = Proof::from(self.installer.ask_log(&want, None)?);
                let delivered =
                    self.installer.deliver(&store, &want, &proof, source.as_ref(), &fetch);
                match delivered {
                    Ok(_) => checked.archives += 1,
                    Err(error) if is_finding(&error) => {
                        let name = artifact::platform_tag(version, platform);
                        let what = untrusted(error.message());
                        checked.problems.push(format!("`{name}`: {what}"));
                    }
                    Err(error) => return Err(error),
                }
            }
        }
        if is_empty {
            let message = format!("there are no toolchains at {}", untrusted(place));
            return Err(Error::new(Kind::NotFound, message));
        }
        let place = place.strip_prefix(REGISTRY_SCHEME).unwrap_or(place);
        let registry = Registry::open(place, &self.session.ctx, &self.session.net()?)?;
        verify_deltas(&registry, &store, &mut checked)?;
        Ok(checked)
    }

    fn push(
        &self,
        registry: &Registry,
        want: &ToolchainRequest,
        fetch: &Fetch,
        warnings: &mut Vec<String>,
    ) -> Result<Entry> {
        let store = self.session.store()?;
        store.recover()?;
        let packed = self.pack(&store, want, self.installer.sources(fetch)?, fetch)?;
        let archive = match packed.archive {
            Some(archive) => archive,
            // A registry has archives alone.
            None => repack(&packed.tree, packed.staging.path())?,
        };
        let layer = put_layer(registry, &archive)?;
        if !registry.has_blob(artifact::EMPTY_DIGEST)? {
            let empty = packed.staging.path().join("empty");
            fs::replace(&empty, artifact::EMPTY)?;
            registry.put_blob(artifact::EMPTY_DIGEST, artifact::EMPTY.len() as u64, &empty)?;
        }
        let (version, platform, h1) = (want.version, want.platform, packed.tree.h1().to_string());
        let manifest = artifact::manifest(version, platform, &h1, &layer);
        registry.put_manifest(&artifact::platform_tag(version, platform), MANIFEST, &manifest)?;
        warnings.extend(packed.warnings);
        let digest = format!("sha256:{}", Digest::of(&manifest));
        Ok(Entry { platform, digest, size: manifest.len() as u64, h1 })
    }
}

/// Checks the deltas of a registry: each has to make the release that its tag says.
fn verify_deltas(registry: &Registry, store: &Store, checked: &mut MirrorCheck) -> Result<()> {
    let held = held(registry)?;
    for key in wanted(held.keys().copied(), usize::MAX) {
        let DeltaKey { from, to, platform } = key;
        let tag = artifact::delta_tag(from, to, platform);
        let Some(manifest) = registry.by_tag(&tag)? else { continue };
        let staging = store.stage("verify")?;
        let scratch = staging.path();
        let found = || {
            let layer = artifact::parse_manifest(&manifest)?;
            let file = fetch_layer(registry, &layer, (scratch, &tag), &mut |_| {})?;
            let old = fetch_end(registry, scratch, (from, platform), &held[&(from, platform)])?;
            let wanted = parse_h1(&held[&(to, platform)])?;
            check(scratch, key, (&tag, &file), &old, &wanted)
        };
        match found() {
            Ok(()) => checked.deltas += 1,
            Err(error) if is_finding(&error) => {
                checked.problems.push(format!("`{tag}`: {}", untrusted(error.message())));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Returns true when the registry has a toolchain, whole and under the hash of the lock.
fn is_there(registry: &Registry, entries: &[Entry], want: &ToolchainRequest) -> Result<bool> {
    let wanted = want.locked.as_ref().map(|locked| locked.h1.as_str());
    let found = entries.iter().find(|entry| entry.platform == want.platform);
    let Some(entry) = found.filter(|entry| Some(entry.h1.as_str()) == wanted) else {
        return Ok(false);
    };
    let Some(manifest) = registry.manifest(&entry.digest)? else { return Ok(false) };
    let layer = artifact::parse_manifest(&manifest)?;
    registry.has_blob(&layer.digest())
}

/// Puts a file into a registry as the layer of a manifest, unless it is there.
fn put_layer(registry: &Registry, path: &Path) -> Result<Layer> {
    let (sha256, size) = digest_file(&File::open(path)?)?;
    let layer = Layer { sha256: sha256.to_string(), size };
    if !registry.has_blob(&layer.digest())? {
        registry.put_blob(&layer.digest(), size, path)?;
    }
    Ok(layer)
}

/// Returns the toolchains that a registry has, the oldest first.
fn held(registry: &Registry) -> Result<BTreeMap<(GoVersion, Platform), Entry>> {
    let mut held = BTreeMap::new();
    let mut versions: Vec<GoVersion> = Vec::new();
    let tags = registry.tags()?;
    versions.extend(tags.iter().filter_map(|tag| Some(artifact::parse_platform_tag(tag)?.0)));
    versions.sort_unstable();
    versions.dedup();
    for version in versions {
        let Some(index) = registry.by_tag(&artifact::release_tag(version))? else { continue };
        let entries = artifact::parse_index(&index)?;
        held.extend(entries.into_iter().map(|entry| ((version, entry.platform), entry)));
    }
    Ok(held)
}

/// Fetches the archive of a toolchain in a registry.
fn fetch_end(
    registry: &Registry,
    scratch: &Path,
    (version, platform): (GoVersion, Platform),
    entry: &Entry,
) -> Result<ArchiveEnd> {
    let name = platform.archive_name(version);
    let absent = || Error::new(Kind::NotFound, format!("`{name}` is not in the registry"));
    let manifest = registry.manifest(&entry.digest)?.ok_or_else(absent)?;
    let layer = artifact::parse_manifest(&manifest)?;
    let file = fetch_layer(registry, &layer, (scratch, &name), &mut |_| {})?;
    Ok(ArchiveEnd { file, h1: parse_h1(entry)?, name })
}

/// Reads the hash that an entry says it has.
fn parse_h1(entry: &Entry) -> Result<H1> {
    H1::parse(&entry.h1).ok_or_else(|| {
        let message = format!("the registry has no hash of the toolchain for {}", entry.platform);
        Error::new(Kind::Verification, message)
    })
}
