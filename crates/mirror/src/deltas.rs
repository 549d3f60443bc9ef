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
use goward_core::verify::delta::{DeltaEnd, delta_h1, read_delta, write_delta};
use goward_core::verify::{H1, Quarantine, UnverifiedFiles, dirhash};
use goward_core::version::GoVersion;
use std::collections::BTreeMap;
use std::io::{BufWriter, IntoInnerError};
use std::path::{Path, PathBuf};

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
        for key in wanted(manifest.toolchains.keys().copied(), count) {
            let DeltaKey { from, to, platform } = key;
            let ends = [from, to].map(|version| manifest.toolchains[&(version, platform)].clone());
            if let Some(known) = manifest.deltas.get(&key)
                && known.ends == ends.each_ref().map(|end| end.h1.clone())
                && storage.holds(&delta_path(from, to, platform), &known.file)?
            {
                continue;
            }
            let staging = store.stage("delta")?;
            let end = |version, end: &MirrorEntry| {
                let name = layout::module_file(version, platform, ".zip");
                let file = fs::unnamed_in(staging.path(), "module.zip")?;
                Ok::<_, Error>(ArchiveEnd { name, file, h1: end.h1.clone() })
            };
            let mut both = [end(from, &ends[0])?, end(to, &ends[1])?];
            for ArchiveEnd { name, file, .. } in &mut both {
                if !storage.save(name, MAX_SIZE, file)? {
                    let message = format!("`{name}` is not in the mirror");
                    return Err(Error::new(Kind::NotFound, message));
                }
            }
            let path = make(staging.path(), key, &both)?;
            let file = storage.put(&delta_path(from, to, platform), Contents::File(&path))?;
            self.say_made(key, file.size);
            let entry = DeltaEntry { ends: both.map(|end| end.h1), file };
            manifest.deltas.insert(key, entry);
            put(storage, layout::MANIFEST, manifest.render())?;
            made += 1;
        }
        Ok(made)
    }

    /// Says that a delta was made.
    pub(crate) fn say_made(&self, DeltaKey { from, to, platform }: DeltaKey, size: u64) {
        let megabytes = precise(size);
        let made = format!("made the delta from {from} to {to} for {platform}");
        self.session.ui.say(&format!("{made} ({megabytes:.1} MB)"));
    }
}

fn precise(bytes: u64) -> f64 {
    f64::from(u32::try_from(bytes / 1000).unwrap_or(u32::MAX)) / 1000.0
}

/// Returns the deltas that a mirror of these toolchains, the oldest first, is to have.
pub(crate) fn wanted(
    toolchains: impl Iterator<Item = (GoVersion, Platform)>,
    count: usize,
) -> Vec<DeltaKey> {
    let mut lines: BTreeMap<(Platform, u32), Vec<GoVersion>> = BTreeMap::new();
    for (version, platform) in toolchains {
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

/// What a delta is made of: an archive of one of the releases that it is between.
pub(crate) struct ArchiveEnd {
    /// Its path in the mirror, which says how it is packed.
    pub(crate) name: String,
    pub(crate) file: File,
    /// What it has to come to.
    pub(crate) h1: H1,
}

/// Makes a delta from the first of two archives to the second, and tries it. Returns where it is in
/// `staging`.
pub(crate) fn make(staging: &Path, key: DeltaKey, ends: &[ArchiveEnd; 2]) -> Result<PathBuf> {
    let DeltaKey { from, to, platform } = key;
    let mut trees = Vec::new();
    for (version, end) in [from, to].into_iter().zip(ends) {
        let directory = staging.join(version.to_string());
        fs::create_dir(&directory)?;
        let tree = unpack(&end.name, version, platform, &end.file, &directory)?;
        require(&end.name, &end.h1, tree.h1())?;
        trees.push(tree);
    }
    let [old, new] = [&trees[0], &trees[1]].map(|tree| DeltaEnd {
        h1: tree.h1(),
        tree: tree.tree(),
        files: tree.files(),
    });
    let path = staging.join("delta");
    let mut out = BufWriter::new(File::create(&path)?);
    write_delta(&mut out, &old, &new)?;
    out.into_inner().map_err(IntoInnerError::into_error)?;
    let name = delta_path(from, to, platform);
    let file = File::open(&path)?;
    let delta = read_delta(&name, &file)?;
    let delta = delta.ok_or_else(|| Error::new(Kind::Failed, format!("`{name}` is no delta")))?;
    require(&name, new.h1, &delta_h1(to, platform, &delta, old.tree, &[])?)?;
    Ok(path)
}

/// Checks that a delta makes the second of two trees of the first, for which there is an archive.
pub(crate) fn check(
    scratch: &Path,
    key: DeltaKey,
    (name, file): (&str, &File),
    old: &ArchiveEnd,
    wanted: &H1,
) -> Result<()> {
    let wrong = |what: &str| Error::new(Kind::Verification, what);
    let delta = read_delta(name, file)?.ok_or_else(|| wrong("it is no delta"))?;
    if delta.from != old.h1.as_str() || delta.to != wanted.as_str() {
        return Err(wrong("it is between other trees than its name says"));
    }
    let directory = scratch.join("tree");
    fs::create_dir(&directory)?;
    let tree = unpack(&old.name, key.from, key.platform, &old.file, &directory);
    let found = tree.and_then(|old| delta_h1(key.to, key.platform, &delta, old.tree(), &[]));
    fs::remove_dir_all(&directory)?;
    if found? == *wanted { Ok(()) } else { Err(wrong("it comes to another tree")) }
}

/// Unpacks an archive of a mirror, whose path says what it is, into `directory`.
fn unpack(
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
