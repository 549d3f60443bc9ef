//! Deltas between the releases of a mirror: what a client that has one needs to make the next.

use crate::manifest::{DeltaEntry, DeltaKey, Manifest, MirrorEntry};
use crate::storage::{Contents, Storage};
use crate::{Mirrors, layout, put};
use goward_core::archive::{self, Limits};
use goward_core::error::{Error, Kind, Result};
use goward_core::fs::{self, File};
use goward_core::net::MAX_SIZE;
use goward_core::platform::Platform;
use goward_core::source::delta_path;
use goward_core::store::Store;
use goward_core::verify::delta::{DeltaEnd, delta_h1, read_delta, write_delta};
use goward_core::verify::{H1, Quarantine, UnverifiedFiles, dirhash};
use goward_core::version::GoVersion;
use std::collections::BTreeMap;
use std::io::{BufWriter, IntoInnerError};
use std::path::Path;

impl Mirrors<'_> {
    /// Makes what is missing of the deltas to each release of a mirror, from the last `count` releases before
    /// it of the same line. Returns how many were made.
    pub(crate) fn mirror_deltas(
        &self,
        storage: &dyn Storage,
        manifest: &mut Manifest,
        count: usize,
    ) -> Result<usize> {
        let store = self.session.store()?;
        let mut made = 0;
        for key in wanted(manifest, count) {
            let DeltaKey { from, to, platform } = key;
            let ends = [from, to].map(|version| manifest.toolchains[&(version, platform)].clone());
            if let Some(known) = manifest.deltas.get(&key)
                && known.ends == ends.each_ref().map(|end| end.h1.clone())
                && storage.holds(&delta_path(from, to, platform), &known.file)?
            {
                continue;
            }
            let entry = make(&store, storage, key, &ends)?;
            let megabytes = format!("{:.1} MB", precise(entry.file.size));
            let shown = format!("made the delta from {from} to {to} for {platform} ({megabytes})");
            self.session.ui.say(&shown);
            manifest.deltas.insert(key, entry);
            put(storage, layout::MANIFEST, manifest.render())?;
            made += 1;
        }
        Ok(made)
    }
}

fn precise(bytes: u64) -> f64 {
    f64::from(u32::try_from(bytes / 1000).unwrap_or(u32::MAX)) / 1000.0
}

/// Returns the deltas that a mirror is to have.
fn wanted(manifest: &Manifest, count: usize) -> Vec<DeltaKey> {
    let mut lines: BTreeMap<(Platform, u32), Vec<GoVersion>> = BTreeMap::new();
    for (version, platform) in manifest.toolchains.keys().copied() {
        lines.entry((platform, version.minor())).or_default().push(version);
    }
    let mut keys = Vec::new();
    for ((platform, _), versions) in lines {
        for (index, to) in versions.iter().copied().enumerate() {
            let before = &versions[index.saturating_sub(count)..index];
            keys.extend(before.iter().map(|from| DeltaKey { from: *from, to, platform }));
        }
    }
    keys
}

/// Makes a delta of what a mirror has, and tries it before it goes in.
fn make(
    store: &Store,
    storage: &dyn Storage,
    key: DeltaKey,
    ends: &[MirrorEntry; 2],
) -> Result<DeltaEntry> {
    let DeltaKey { from, to, platform } = key;
    let staging = store.stage("delta")?;
    let mut trees = Vec::new();
    for (version, end) in [from, to].into_iter().zip(ends) {
        let directory = staging.path().join(version.to_string());
        fs::create_dir(&directory)?;
        let path = layout::module_file(version, platform, ".zip");
        let mut zip = fs::unnamed_in(staging.path(), "module.zip")?;
        if !storage.save(&path, MAX_SIZE, &mut zip)? {
            return Err(Error::new(Kind::NotFound, format!("`{path}` is not in the mirror")));
        }
        let tree = unpack(&path, version, platform, &zip, &directory)?;
        require(&path, &end.h1, tree.h1())?;
        trees.push(tree);
    }
    let [old, new] = [&trees[0], &trees[1]].map(|tree| DeltaEnd {
        h1: tree.h1(),
        tree: tree.tree(),
        files: tree.files(),
    });
    let path = staging.path().join("delta");
    let mut out = BufWriter::new(File::create(&path)?);
    write_delta(&mut out, &old, &new)?;
    out.into_inner().map_err(IntoInnerError::into_error)?;
    let name = delta_path(from, to, platform);
    let file = File::open(&path)?;
    let delta = read_delta(&name, &file)?;
    let delta = delta.ok_or_else(|| Error::new(Kind::Failed, format!("`{name}` is no delta")))?;
    require(&name, new.h1, &delta_h1(to, platform, &delta, old.tree, &[])?)?;
    let file = storage.put(&name, Contents::File(&path))?;
    Ok(DeltaEntry { ends: [old.h1.clone(), new.h1.clone()], file })
}

/// Unpacks an archive of a mirror, whose path says what it is, into `directory`.
pub(crate) fn unpack(
    path: &str,
    version: GoVersion,
    platform: Platform,
    file: &File,
    directory: &Path,
) -> Result<UnverifiedFiles> {
    let mut quarantine = Quarantine::new(directory, false)?;
    let limits = Limits::default();
    quarantine.fill(1, |sinks, _| {
        if path.contains('/') {
            let module = dirhash::module_of(version, platform);
            let is_covered = dirhash::is_covered;
            return archive::module::unpack(path, file, &limits, sinks, &module, is_covered);
        }
        let kind = archive::Kind::of(path).unwrap_or(archive::Kind::TarGz);
        archive::unpack(kind, path, file, &limits, sinks)
    })?;
    Ok(quarantine.finish(version, platform)?)
}

fn require(name: &str, expected: &H1, received: &H1) -> Result<()> {
    if expected == received {
        return Ok(());
    }
    let message = format!("`{name}` does not come to what it should");
    Err(Error::new(Kind::Verification, message)
        .detail(format!("expected {expected}"))
        .detail(format!("received {received}")))
}
