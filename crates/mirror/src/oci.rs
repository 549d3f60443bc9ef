//! A mirror in an OCI registry: most companies already run one.
//!
//! Blobs and manifests are named by their digests, so nothing is ever half there; the tag of a release
//! is moved last. Registries rarely let a client delete, so nothing is pruned.

use crate::artifact::{Entry, Layer};
use crate::findings::{MirrorCheck, is_finding};
use crate::pack::repack;
use crate::registry::{INDEX, MANIFEST, Registry};
use crate::{MirrorPlan, MirrorReport, Mirrors, ToolchainRequest, artifact};
use goward_core::error::{Error, Kind, Result, untrusted};
use goward_core::fs::{self, File};
use goward_core::install::fetch::digest_file;
use goward_core::install::proof::Proof;
use goward_core::install::request::Fetch;
use goward_core::verify::Digest;

impl Mirrors<'_> {
    /// Puts the toolchains that locks name into a registry.
    pub(crate) fn create_in_registry(
        &self,
        place: &str,
        plan: &MirrorPlan,
        fetch: &Fetch,
    ) -> Result<MirrorReport> {
        if plan.prune {
            let message = "a registry deletes by its own rules: `--prune` cannot be had there";
            return Err(Error::new(Kind::Usage, message)
                .hint("give it a rule that removes old tags, and leave out `--prune`"));
        }
        if plan.deltas > 0 {
            let message = "a registry has whole archives alone: `--deltas` cannot be had there";
            return Err(Error::new(Kind::Usage, message)
                .hint("make a mirror with deltas in a directory or a bucket"));
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
        Ok(mirrored)
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
        let (sha256, size) = digest_file(&File::open(&archive)?)?;
        let digest = format!("sha256:{sha256}");
        if !registry.has_blob(&digest)? {
            registry.put_blob(&digest, size, &archive)?;
        }
        if !registry.has_blob(artifact::EMPTY_DIGEST)? {
            let empty = packed.staging.path().join("empty");
            fs::replace(&empty, artifact::EMPTY)?;
            registry.put_blob(artifact::EMPTY_DIGEST, artifact::EMPTY.len() as u64, &empty)?;
        }
        let (version, platform, h1) = (want.version, want.platform, packed.tree.h1().to_string());
        let layer = Layer { sha256: sha256.to_string(), size };
        let manifest = artifact::manifest(version, platform, &h1, &layer);
        registry.put_manifest(&artifact::platform_tag(version, platform), MANIFEST, &manifest)?;
        warnings.extend(packed.warnings);
        let digest = format!("sha256:{}", Digest::of(&manifest));
        Ok(Entry { platform, digest, size: manifest.len() as u64, h1 })
    }
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
    registry.has_blob(&format!("sha256:{}", layer.sha256))
}
