//! One toolchain: from a source, verified, into both layouts of a mirror.

use crate::layout::MANIFEST;
use crate::manifest::{Manifest, MirrorEntry};
use crate::storage::{Contents, Storage};
use crate::{Mirrors, ToolchainRequest, layout, put};
use goward_core::archive::pack::Member;
use goward_core::archive::{module_zip, pack};
use goward_core::error::{Error, Kind, Result};
use goward_core::fs::{self, File};
use goward_core::install::request::{Fetch, InstallSource};
use goward_core::source::archive_tee::{ArchiveTee, CopySlot};
use goward_core::source::{Listing, Source};
use goward_core::store::{Staging, Store};
use goward_core::verify::mode::is_executable;
use goward_core::verify::policy::judge;
use goward_core::verify::{Digest, Evidence, Level, Records, VerifiedTree, archive_hash, dirhash};
use std::io::{BufReader, BufWriter, Read};
use std::path::{Path, PathBuf};

/// A toolchain that may be handed on, on disk.
pub(crate) struct PackedToolchain {
    pub(crate) tree: VerifiedTree,
    /// The release archive: the source's own if all of it is verified, else packed anew; none when the
    /// source has modules alone.
    pub(crate) archive: Option<PathBuf>,
    /// What was odd on the way.
    pub(crate) warnings: Vec<String>,
    /// Has all files, and removes them when dropped.
    pub(crate) staging: Staging,
    _delivery: Staging,
}

impl Mirrors<'_> {
    /// Fetches a toolchain from one of `sources`, verifies it, and keeps a release archive of it.
    ///
    /// The hash of a toolchain does not cover all of an archive. An archive that is not verified as a
    /// whole is not handed on: what the hash covers is packed anew.
    pub(crate) fn pack(
        &self,
        store: &Store,
        want: &ToolchainRequest,
        sources: Vec<Box<dyn Source>>,
        fetch: &Fetch,
    ) -> Result<PackedToolchain> {
        let staging = store.stage("mirror")?;
        let kept = staging.path().join("kept");
        let slot = CopySlot::default();
        let keep = |source| {
            let path = kept.clone();
            let make_file = move |_: &str| {
                let mut options = fs::OpenOptions::new();
                options.read(true).write(true).create(true).truncate(true).open(&path)
            };
            Box::new(ArchiveTee::new(source, slot.clone(), make_file).of_releases())
                as Box<dyn Source>
        };
        let sources = sources.into_iter().map(keep).collect();
        let proof = self.installer.begin_proof(want, &InstallSource::Sources)?;
        let (delivery, warnings) =
            self.installer.fetch_from_sources(store, want, &proof, sources, fetch)?;
        let copy = slot.take();
        let is_release = copy.as_ref().is_some_and(|copy| copy.kind.is_release());
        let listing = copy.map(|copy| copy.listing);
        let archive = if !is_release {
            None
        } else if archive_level(&delivery.tree, listing.as_ref())
            >= self.installer.floor(want, fetch)?
        {
            Some(kept)
        } else {
            Some(repack(&delivery.tree, staging.path())?)
        };
        Ok(PackedToolchain {
            tree: delivery.tree,
            archive,
            warnings,
            staging,
            _delivery: delivery.staging,
        })
    }

    /// Puts a toolchain into a mirror.
    pub(crate) fn mirror_one(
        &self,
        storage: &dyn Storage,
        want: &ToolchainRequest,
        sources: Vec<Box<dyn Source>>,
        fetch: &Fetch,
        manifest: &Manifest,
    ) -> Result<(MirrorEntry, Vec<String>)> {
        let store = self.session.store()?;
        store.recover()?;
        let packed = self.pack(&store, want, sources, fetch)?;
        let (tree, version, platform) = (&packed.tree, want.version, want.platform);
        let module = packed.staging.path().join("module.zip");
        write_module(tree, &module)?;
        // The first file of a mirror: a run that is interrupted knows the place again.
        put(storage, MANIFEST, manifest.render())?;
        let zip = layout::module_file(version, platform, ".zip");
        let zip = storage.put(&zip, Contents::File(&module))?;
        let name = platform.archive_name(version);
        let archive = match &packed.archive {
            None => None,
            Some(path) => {
                let archive = storage.put(&name, Contents::File(path))?;
                put(storage, &layout::digest_file(&name), archive.sha256.to_string())?;
                Some(archive)
            }
        };
        let held = MirrorEntry { h1: tree.h1().clone(), level: tree.level(), archive, zip };
        Ok((held, packed.warnings))
    }
}

/// Returns how well the whole archive is verified that a tree came in.
fn archive_level(tree: &VerifiedTree, listing: Option<&Listing>) -> Level {
    let evidence = Evidence {
        archive: tree.archive(),
        listed: match listing {
            Some(Listing::Sha256(digest)) => Digest::parse(digest),
            _ => None,
        },
        record: Records::built_in().get(tree.version(), tree.platform()).cloned(),
        logged: tree.logged().cloned(),
        ..Evidence::default()
    };
    judge(tree.h1(), &evidence).map_or(Level::None, |verdict| verdict.archive)
}

/// Packs what the hash covers, and nothing else.
pub(crate) fn repack(tree: &VerifiedTree, directory: &Path) -> Result<PathBuf> {
    let path = directory.join("archive");
    let out = BufWriter::new(File::create(&path)?);
    let members = members(tree)?;
    if tree.platform().os() == "windows" {
        pack::zip(out, &members, &opener(tree))?;
    } else {
        pack::tar_gz(out, &members, &opener(tree))?;
    }
    Ok(path)
}

/// Writes the module that a toolchain is, and makes sure that it has the toolchain's hash.
fn write_module(tree: &VerifiedTree, path: &Path) -> Result<()> {
    let module = dirhash::module_of(tree.version(), tree.platform());
    let out = BufWriter::new(File::create(path)?);
    module_zip::write(out, &module, &members(tree)?, &opener(tree))?;
    let found = archive_hash::module_h1(tree.version(), tree.platform(), &File::open(path)?)?;
    if found == *tree.h1() {
        return Ok(());
    }
    let message = format!("the zip of {module} was written wrongly");
    Err(Error::new(Kind::Verification, message)
        .detail(format!("expected {}", tree.h1()))
        .detail(format!("received {found}"))
        .hint(
            "the disk may be failing; try again with another store: `GOWARD_HOME=/absolute/path`",
        ))
}

fn members(tree: &VerifiedTree) -> Result<Vec<Member<'_>>> {
    if let Some((path, _)) = tree.absent().first() {
        let message = format!("{} came without `{path}`", tree.version());
        return Err(Error::new(Kind::NotFound, message));
    }
    let files = tree.files().iter();
    Ok(files
        .map(|(path, entry)| Member { path, size: entry.size, is_executable: is_executable(path) })
        .collect())
}

fn opener(tree: &VerifiedTree) -> impl Fn(&str) -> Result<Box<dyn Read>> {
    let tree = tree.tree().to_path_buf();
    move |path| Ok(Box::new(BufReader::new(File::open(tree.join(path))?)))
}
