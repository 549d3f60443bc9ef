//! Making a bundle from what locks name.

use crate::bundle;
use crate::bundle::{Extra, Manifest, Packing, Toolchain};
use crate::error::{Error, Kind, Result, one_line};
use crate::fs::{self, Draft};
use crate::install::fetch::{digest_file, gather, nobody_delivered};
use crate::install::offline_proof::Stapled;
use crate::install::proof::Proof;
use crate::install::request::{Fetch, ToolchainRequest};
use crate::install::unpack::FetchedTree;
use crate::os::bytes::Bytes;
use crate::platform::Platform;
use crate::source::archive_tee::{ArchiveCopy, ArchiveTee, CopySlot};
use crate::source::{ArtifactKind, Source};
use crate::store::Store;
use crate::toolchains::Toolchains;
use crate::toolchains::installed_source::InstalledSource;
use crate::verify::delta::{DeltaEnd, delta_h1, read_delta, write_delta};
use crate::verify::{Digest, H1};
use crate::vulndb::Snapshot;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{BufWriter, IntoInnerError, Seek};
use std::path::{Path, PathBuf};

/// A bundle that was made.
#[derive(Clone, Debug)]
pub struct BundleReport {
    /// Where it is.
    pub path: PathBuf,
    /// How many toolchains are in it.
    pub toolchains: usize,
    /// Its size in bytes.
    pub bytes: u64,
    /// The copy of a vulnerability database in it.
    pub vulnerabilities: Option<Snapshot>,
    /// What is not proved, and sources that failed.
    pub warnings: Vec<String>,
}

impl Toolchains<'_> {
    /// Writes a bundle with every toolchain that the locks name, for all their platforms, and the proofs
    /// for them. Each archive is unpacked and verified before it goes in. `vulndb` names a vulnerability
    /// database to copy.
    ///
    /// # Errors
    ///
    /// When a lock or the database cannot be read, a source delivers nothing, or the log has no proof for a toolchain,
    /// unless `without_proof` permits that. The file is then what it was before.
    pub fn bundle_create(
        &self,
        locks: &[PathBuf],
        output: &Path,
        without_proof: bool,
        vulndb: Option<&str>,
        fetch: &Fetch,
    ) -> Result<BundleReport> {
        let wants = self.locker.wants_of(locks)?;
        let store = self.session.store()?;
        self.installer.prepare_store(&store)?;
        let stapled = self.installer.offline_proof(&wants)?;
        let mut warnings = unproved(&wants, &stapled, without_proof)?;
        // The small one before the large ones.
        let snapshot =
            vulndb.map(|place| self.installer.database(place)?.snapshot()).transpose()?;
        let copied = snapshot.as_ref().map(Snapshot::render);
        let output = self.session.ctx.cwd.join(output);
        // Whether it can be written is known before anything is fetched.
        drop(draft(&output)?);
        let staging = store.stage("bundle")?;
        let mut manifest = Manifest {
            log: stapled.log.clone(),
            head: stapled.offline_proof.as_ref().map(|offline_proof| offline_proof.head.clone()),
            toolchains: Vec::new(),
            vulndb: copied
                .as_ref()
                .map(|text| Extra { size: text.len() as u64, sha256: Digest::of(text.as_bytes()) }),
        };
        let mut archives = Vec::new();
        // The first release of each line of which there are more; what follows is made of it.
        let mut bases: BTreeMap<(Platform, u32), FetchedTree> = BTreeMap::new();
        for (want, proof) in wants.iter().zip(&stapled.proofs) {
            let proof = Proof::from(proof.as_ref().ok().cloned());
            let mut kept = self.keep(&store, want, &proof, staging.path(), fetch)?;
            warnings.append(&mut kept.said);
            let line = line_of(want);
            match bases.get(&line) {
                Some(base) => self.replace_by_delta(&mut kept, base, staging.path())?,
                None if wants.iter().filter(|other| line_of(other) == line).count() > 1 => {
                    bases.insert(line, kept.delivery);
                }
                None => {}
            }
            manifest.toolchains.push(kept.toolchain);
            archives.push(kept.file);
        }
        drop(bases);
        let mut writer = BufWriter::new(draft(&output)?);
        let offline_proof = stapled.offline_proof.as_ref();
        bundle::write(&mut writer, &manifest, offline_proof, copied.as_deref(), &mut archives)?;
        let to = writer.into_inner().map_err(IntoInnerError::into_error)?;
        to.file().sync_all()?;
        let bytes = to.file().metadata()?.len();
        to.persist(&output).map_err(|error| {
            Error::from(error).context(format!("cannot write `{}`", output.display()))
        })?;
        let toolchains = wants.len();
        Ok(BundleReport { path: output, toolchains, bytes, vulnerabilities: snapshot, warnings })
    }

    /// Fetches the archive of a toolchain, verifies it, and keeps it in a file without a name.
    fn keep(
        &self,
        store: &Store,
        want: &ToolchainRequest,
        proof: &Proof,
        directory: &Path,
        fetch: &Fetch,
    ) -> Result<KeptArchive> {
        let slot = CopySlot::default();
        let mut failures = Vec::new();
        let mut sources = self.installer.sources(fetch)?;
        // What is here need not be fetched, unless a source was named.
        if fetch.source.is_none()
            && let Some(installed) = InstalledSource::find(store, want)?
        {
            sources.insert(0, Box::new(installed));
        }
        for source in sources {
            let make_file = |name: &str| fs::unnamed_in(directory, name);
            let source = ArchiveTee::new(source, slot.clone(), make_file);
            match self.installer.deliver(store, want, proof, &source, fetch) {
                Ok(delivery) => {
                    let h1 = delivery.tree.h1().clone();
                    let said =
                        failures.iter().map(|(name, error)| format!("{name}: {}", one_line(error)));
                    let said = said.collect();
                    let Some(copy) = slot.take() else { break };
                    let (toolchain, file) = describe(want, h1, proof.now().is_some(), copy)?;
                    return Ok(KeptArchive { toolchain, file, said, delivery });
                }
                Err(error) => failures.push((source.name().to_owned(), error)),
            }
        }
        Err(nobody_delivered(want, failures))
    }

    /// Puts a delta from `base` in the place of an archive, if it is the smaller one.
    fn replace_by_delta(
        &self,
        kept: &mut KeptArchive,
        base: &FetchedTree,
        directory: &Path,
    ) -> Result<()> {
        let (old, new) = (&base.tree, &kept.delivery.tree);
        let [from, to] = [old, new].map(|tree| DeltaEnd {
            h1: tree.h1(),
            tree: tree.tree(),
            files: tree.files(),
        });
        let mut file = fs::unnamed_in(directory, "delta")?;
        let bar = self.session.ui.bar(&format!("{} from {}", new.version(), old.version()));
        let written = write_delta(&mut BufWriter::new(&mut file), &from, &to);
        bar.finish_and_clear();
        written?;
        file.rewind()?;
        let (sha256, size) = digest_file(&file)?;
        if size >= kept.toolchain.size {
            return Ok(());
        }
        let absent = new.absent();
        let made = read_delta("delta", &file)?
            .map(|delta| delta_h1(new.version(), new.platform(), &delta, old.tree(), absent))
            .transpose()?;
        if made.as_ref() != Some(new.h1()) {
            let message = format!("the delta to {} was written wrongly", new.version());
            return Err(Error::new(Kind::Verification, message).detail("nothing was written"));
        }
        let (packing, base) = (Packing::Delta, Some(old.version()));
        kept.toolchain = Toolchain { packing, base, size, sha256, ..kept.toolchain.clone() };
        kept.file = file;
        Ok(())
    }
}

/// An archive that goes into a bundle, and the tree that came out of it.
struct KeptArchive {
    toolchain: Toolchain,
    file: fs::File,
    /// Why others did not deliver it.
    said: Vec<String>,
    delivery: FetchedTree,
}

/// Releases of one line for one platform have most of their files in common.
fn line_of(want: &ToolchainRequest) -> (Platform, u32) {
    (want.platform, want.version.minor())
}

/// Returns what the list of a bundle has for an archive.
fn describe(
    want: &ToolchainRequest,
    h1: H1,
    is_proved: bool,
    copy: ArchiveCopy,
) -> Result<(Toolchain, fs::File)> {
    let packing = match copy.kind {
        ArtifactKind::Module => Packing::Module,
        ArtifactKind::TarGz => Packing::TarGz,
        ArtifactKind::Wheel => Packing::Wheel,
        ArtifactKind::Zip => Packing::Zip,
        ArtifactKind::Tree => {
            return Err(Error::new(Kind::Failed, "a directory is no archive for a bundle"));
        }
    };
    let mut file = copy.file;
    file.rewind()?;
    let (sha256, size) = digest_file(&file)?;
    let ToolchainRequest { version, platform, .. } = *want;
    let base = None;
    Ok((Toolchain { version, platform, h1, is_proved, packing, base, size, sha256 }, file))
}

/// Makes a file beside a bundle, so that this appears at once or not at all, and clears away those of
/// processes that were killed: each holds the lock of its own as long as it lives.
fn draft(output: &Path) -> Result<Draft> {
    let directory = output.parent().unwrap_or(output);
    let mut prefix = OsString::from(".");
    prefix.push(output.file_name().unwrap_or_default());
    prefix.push(".goward-");
    for entry in fs::read_dir(directory)? {
        let is_draft = entry.file_name().as_bytes().starts_with(prefix.as_bytes());
        if is_draft
            && fs::open_regular(&entry.path())
                .is_ok_and(|file| file.try_lock().is_ok_and(|locked| locked))
        {
            _ = fs::remove_file(entry.path());
        }
    }
    let draft = Draft::usual(directory, &prefix)?;
    // Without locks it stays after a kill.
    _ = draft.file().try_lock();
    Ok(draft)
}

/// Says what has no proof: as an error, unless that is permitted.
fn unproved(
    wants: &[ToolchainRequest],
    stapled: &Stapled,
    is_permitted: bool,
) -> Result<Vec<String>> {
    let failures: Vec<(String, Error)> = wants
        .iter()
        .zip(&stapled.proofs)
        .filter_map(|(want, proof)| {
            let name = format!("{} for {}", want.version, want.platform);
            Some((name, proof.as_ref().err()?.clone()))
        })
        .collect();
    if failures.is_empty() {
        return Ok(Vec::new());
    }
    if is_permitted {
        let said = failures
            .iter()
            .map(|(name, error)| format!("{name} goes in without a proof: {}", error.message()));
        return Ok(said.collect());
    }
    Err(gather("the bundle would lack proofs".to_owned(), &failures, |error| {
        error.detail("nothing was written").hint(
            "machines that know them by a built-in record, or accept less, can do without: \
             `--without-proof`",
        )
    }))
}
