//! Mirrors: what any static server can serve, and what plain `go` and other tools can use too.
//!
//! Nothing gets into a mirror that was not verified as for an installation. Files come before the
//! indexes that name them, so that a reader never sees the name of something that is missing, and a
//! run that was interrupted is finished by the next one.

pub mod artifact;
mod deltas;
mod findings;
mod layout;
mod log;
mod manifest;
mod oci;
pub mod oci_source;
mod pack;
pub mod registry;
pub mod storage;
pub mod store_client;
mod verify;

use crate::storage::{Contents, Storage};
pub use findings::MirrorCheck;
use gosumdb::ProofBundle;
use goward_core::error::{Error, Kind, Result, one_line, untrusted};
use goward_core::install::Installer;
use goward_core::install::request::{Fetch, ToolchainRequest};
use goward_core::lockfile::Locker;
use goward_core::platform::Platform;
use goward_core::session::Session;
use goward_core::source::{Digests, REGISTRY_SCHEME, delta_path};
use goward_core::version::GoVersion;
use layout::{INDEX, LIST, MANIFEST};
use manifest::Manifest;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// Makes mirrors and bundles.
#[derive(Clone, Debug)]
pub struct Mirrors<'s> {
    pub(crate) session: &'s Session,
    pub(crate) installer: Installer<'s>,
    pub(crate) locker: Locker<'s>,
}

impl<'s> Mirrors<'s> {
    /// Returns one that works in `session`.
    pub fn new(session: &'s Session) -> Self {
        Self { session, installer: Installer::new(session), locker: Locker::new(session) }
    }
}

/// Longest manifest and index that is read, in bytes.
const MAX_MANIFEST: u64 = 16 << 20;

/// What a mirror is to hold, and where.
#[derive(Clone, Debug)]
pub struct MirrorPlan {
    /// The locks whose toolchains it holds.
    pub locks: Vec<PathBuf>,
    /// Where it is.
    pub to: String,
    /// Whether to remove what no lock names.
    pub prune: bool,
    /// From how many releases of the same line before it a release has deltas.
    pub deltas: usize,
}

/// What became of a mirror.
#[derive(Clone, Debug, Default)]
pub struct MirrorReport {
    /// Toolchains that were put there, and those that were there.
    pub added: usize,
    /// Toolchains of the locks that were there, and right.
    pub kept: usize,
    /// Deltas that were made.
    pub deltas: usize,
    /// Files that were removed.
    pub removed: usize,
    /// What did not go as it should.
    pub warnings: Vec<String>,
}

impl Mirrors<'_> {
    /// Makes a mirror of the toolchains that locks name, or brings it up to date.
    pub fn create_mirror(&self, plan: &MirrorPlan, fetch: &Fetch) -> Result<MirrorReport> {
        if let Some(place) = plan.to.strip_prefix(REGISTRY_SCHEME) {
            return self.create_in_registry(place, plan, fetch);
        }
        let wants = self.locker.wants_of(&plan.locks)?;
        let net = || self.session.net();
        let storage = storage::open(&plan.to, &self.session.ctx, net)?;
        let storage = storage.as_ref();
        let mut mirrored = MirrorReport::default();
        let mut manifest = match storage.read(MANIFEST, MAX_MANIFEST)? {
            None => {
                check_empty(storage)?;
                Manifest::default()
            }
            Some(bytes) => Manifest::parse(&bytes).unwrap_or_else(|| {
                let name = storage.name();
                mirrored.warnings.push(format!(
                    "`{MANIFEST}` in {name} cannot be read: everything is fetched again"
                ));
                Manifest::default()
            }),
        };
        for want in &wants {
            let (version, platform) = (want.version, want.platform);
            let mut sources = self.installer.sources(fetch)?;
            let held = if self.is_mirrored(storage, &manifest, want, fetch)? {
                manifest.toolchains.get(&(version, platform))
            } else {
                None
            };
            if held.is_some() {
                // What lacks the archive is asked for once more where there are archives.
                sources.retain(|source| source.digests() == Digests::Published);
            }
            let is_whole = held.is_some_and(|held| held.archive.is_some());
            if is_whole || sources.is_empty() {
                mirrored.kept += 1;
                continue;
            }
            let had_module = held.is_some();
            let (held, warnings) = match self.mirror_one(storage, want, sources, fetch, &manifest) {
                Err(error)
                    if had_module && matches!(error.kind(), Kind::NotFound | Kind::Network) =>
                {
                    let why = one_line(&error);
                    mirrored.warnings.push(format!("{}: {why}", only_module(version, platform)));
                    mirrored.kept += 1;
                    continue;
                }
                made => made?,
            };
            mirrored.warnings.extend(warnings);
            if held.archive.is_none() {
                mirrored.warnings.push(only_module(version, platform));
            }
            self.session.ui.say(&format!("mirrored {version} for {platform} ({})", held.level));
            manifest.toolchains.insert((version, platform), held);
            mirrored.added += 1;
            // A later run need not do it again, whatever happens to this one.
            put(storage, MANIFEST, manifest.render())?;
        }
        if plan.prune {
            let named: BTreeSet<_> =
                wants.iter().map(|want| (want.version, want.platform)).collect();
            manifest.toolchains.retain(|key, _| named.contains(key));
        }
        let held = &manifest.toolchains;
        manifest.deltas.retain(|key, _| {
            [key.from, key.to].iter().all(|end| held.contains_key(&(*end, key.platform)))
        });
        mirrored.deltas = self.mirror_deltas(storage, &mut manifest, plan.deltas)?;
        let proof_bundle =
            self.mirror_log(storage, &wants, &mut manifest, &mut mirrored.warnings)?;
        write_indexes(storage, &manifest)?;
        if plan.prune {
            mirrored.removed = prune(storage, &manifest, proof_bundle.as_ref())?;
        }
        Ok(mirrored)
    }

    /// Returns true when the mirror has what is wanted, or at least its module, verified well enough.
    fn is_mirrored(
        &self,
        storage: &dyn Storage,
        manifest: &Manifest,
        want: &ToolchainRequest,
        fetch: &Fetch,
    ) -> Result<bool> {
        let (version, platform) = (want.version, want.platform);
        let Some(held) = manifest.toolchains.get(&(version, platform)) else { return Ok(false) };
        let locked = want.locked.as_ref().is_none_or(|locked| locked.h1 == held.h1.as_str());
        Ok(locked
            && held.level >= self.installer.floor(want, fetch)?
            && storage.holds(&layout::module_file(version, platform, ".zip"), &held.zip)?
            && match &held.archive {
                Some(archive) => storage.holds(&platform.archive_name(version), archive)?,
                None => true,
            })
    }
}

/// Says that `go` and goward can use what other tools cannot.
fn only_module(version: GoVersion, platform: Platform) -> String {
    format!("the mirror has the module of {version} for {platform}, and no archive")
}

/// Refuses to make a mirror of a place that is not empty: what is there is somebody else's, and would be written
/// over.
fn check_empty(storage: &dyn Storage) -> Result<()> {
    if let Some(other) = storage.list()?.first() {
        let message = format!("{} is not a mirror of goward: it holds other files", storage.name());
        return Err(Error::new(Kind::Usage, message)
            .detail(format!("such as `{}`; nothing was changed", untrusted(other)))
            .hint("name an empty or new place"));
    }
    Ok(())
}

/// Writes a small file, unless it is there.
fn put(storage: &dyn Storage, path: &str, text: impl AsRef<[u8]>) -> Result<()> {
    let bytes = text.as_ref();
    let there = storage.read(path, bytes.len() as u64 + MAX_MANIFEST)?;
    if there.as_deref() != Some(bytes) {
        storage.put(path, Contents::Bytes(bytes))?;
    }
    Ok(())
}

/// Writes what names the files: first what leads to one toolchain, then the lists of all.
fn write_indexes(storage: &dyn Storage, manifest: &Manifest) -> Result<()> {
    for (version, platform) in manifest.toolchains.keys().copied() {
        put(storage, &layout::module_file(version, platform, ".mod"), layout::GO_MOD)?;
        let info = layout::info(version, platform);
        put(storage, &layout::module_file(version, platform, ".info"), info)?;
    }
    put(storage, LIST, manifest.module_list())?;
    put(storage, INDEX, manifest.release_index())?;
    put(storage, MANIFEST, manifest.render())
}

/// Removes files of toolchains that the manifest does not have; nothing names them any more. What the
/// log proves is only thinned out when all of it was written just now.
fn prune(
    storage: &dyn Storage,
    manifest: &Manifest,
    proof_bundle: Option<&(String, ProofBundle)>,
) -> Result<usize> {
    let mut wanted = BTreeSet::new();
    for ((version, platform), held) in &manifest.toolchains {
        let (version, platform) = (*version, *platform);
        if held.archive.is_some() {
            let archive = platform.archive_name(version);
            wanted.extend([layout::digest_file(&archive), archive]);
        }
        wanted.extend(
            [".info", ".mod", ".zip"].map(|end| layout::module_file(version, platform, end)),
        );
    }
    let deltas = manifest.deltas.keys();
    wanted.extend(deltas.map(|delta| delta_path(delta.from, delta.to, delta.platform)));
    if let Some((name, proof_bundle)) = proof_bundle {
        let paths = proof_bundle.tiles.keys().chain(proof_bundle.answers.keys());
        wanted.extend(paths.map(|path| layout::log_file(name, path)));
    }
    let mut removed = 0;
    for path in storage.list()? {
        let is_log = path.starts_with("sumdb/");
        if layout::is_ours(&path) && !wanted.contains(&path) && (proof_bundle.is_some() || !is_log)
        {
            storage.remove(&path)?;
            removed += 1;
        }
    }
    Ok(removed)
}
