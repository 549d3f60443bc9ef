//! From an archive that a source opened to a tree in quarantine, which is held against nothing yet.

use crate::archive::{self, Limits};
use crate::config::Dedupe;
use crate::error::{Error, Kind, Result, untrusted};
use crate::install::Installer;
use crate::install::request::ToolchainRequest;
use crate::net::Progress;
use crate::source::{Artifact, ArtifactKind, ArtifactRequest, Source};
use crate::store::{Staging, Store};
use crate::verify::policy;
use crate::verify::{
    Digest, MissingFiles, Quarantine, Sharing, UnverifiedFiles, VerifiedTree, dirhash,
};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// The most threads that write files; one that inflates cannot feed more.
const MAX_HANDS: usize = 8;

impl Installer<'_> {
    /// Unpacks an artifact into quarantine. What came out is held against nothing.
    pub(crate) fn take_in(
        &self,
        store: &Store,
        want: &ToolchainRequest,
        incoming: OpenArchive,
    ) -> Result<UnverifiedTree> {
        let OpenArchive { mut artifact, staging } = incoming;
        let mut quarantine = Quarantine::new(staging.path(), want.full)?;
        self.share_files(store, want, staging.path(), &mut quarantine)?;
        let archive = fill(&mut quarantine, &mut artifact, want, self.sharing())
            .map_err(|error| explain_archive(error, want, &artifact.origin))?;
        let unpacked = quarantine.finish(want.version, want.platform)?;
        Ok(UnverifiedTree { unpacked, archive, artifact, staging })
    }

    /// Lets files in quarantine share their bytes with those of other toolchains, where the user wants it.
    pub(super) fn share_files(
        &self,
        store: &Store,
        want: &ToolchainRequest,
        staging: &Path,
        quarantine: &mut Quarantine,
    ) -> Result<()> {
        if let Some(how) = self.sharing() {
            let candidates = store.dedup_candidates(want.version, want.platform, how, staging)?;
            quarantine.share_with(candidates);
        }
        Ok(())
    }

    /// Returns how the user wants equal files to share their bytes.
    fn sharing(&self) -> Option<Sharing> {
        match self.session.config.store.dedupe {
            Dedupe::Reflink => Some(Sharing::Clone),
            Dedupe::Hardlink => Some(Sharing::Link),
            Dedupe::Off => None,
        }
    }
}

/// Says from where an archive is that cannot be unpacked, and what else there is, if it came over
/// the network.
fn explain_archive(error: Error, want: &ToolchainRequest, origin: &str) -> Error {
    if !error.is_verification() || !origin.starts_with("http") {
        return error;
    }
    let hint = policy::second_source(want.version, origin);
    error.detail(format!("from {}", untrusted(origin))).hint(hint)
}

/// Opens an artifact of a source; nothing of it is read yet.
pub(crate) fn open(
    store: &Store,
    want: &ToolchainRequest,
    ask_digest: bool,
    source: &dyn Source,
    progress: Progress,
) -> Result<OpenArchive> {
    let (version, platform) = (want.version, want.platform);
    let wanted = ArtifactRequest { version, platform, size: None, ask_digest };
    let staging = stage(store, want)?;
    // What a killed download left is worth keeping only if it can go on.
    let downloads = store.downloads();
    let scratch = if source.resumes() { downloads.as_path() } else { staging.path() };
    let artifact = source.open(&wanted, scratch, progress)?;
    let lacking = match artifact.kind {
        ArtifactKind::Module => Some("module"),
        ArtifactKind::Wheel => Some("Python package"),
        ArtifactKind::Tree => Some("copy"),
        ArtifactKind::TarGz | ArtifactKind::Zip => None,
    };
    if let Some(packaging) = lacking.filter(|_| want.full) {
        let message = format!("the {packaging} of {version} lacks `api`, `doc` and `test`");
        return Err(Error::new(Kind::NotFound, message)
            .hint("take the whole release from another source: `--source go.dev`")
            .hint(format!("or install it without them: `goward install {version}`")));
    }
    Ok(OpenArchive { artifact, staging })
}

/// Makes the directory in which a tree comes into being.
pub(super) fn stage(store: &Store, want: &ToolchainRequest) -> Result<Staging> {
    Ok(store.stage(&format!("{}-{}", want.version, want.platform.lock_name()))?)
}

/// A verified tree in its staging directory.
pub struct FetchedTree {
    pub tree: VerifiedTree,
    /// Removes what is left of it when dropped.
    pub staging: Staging,
    /// Who delivered it.
    pub source: String,
}

/// An archive that a source opened, and where it will be unpacked.
pub(crate) struct OpenArchive {
    pub(crate) artifact: Artifact,
    pub(super) staging: Staging,
}

/// An archive that was unpacked, and held against nothing.
pub(crate) struct UnverifiedTree {
    pub(crate) unpacked: UnverifiedFiles,
    pub(super) archive: Option<(Digest, u64)>,
    pub(super) artifact: Artifact,
    /// Removes the tree when dropped.
    pub(super) staging: Staging,
}

/// Unpacks an artifact into quarantine; returns digest and size of the archive, if it is of the
/// kind that Go publishes.
fn fill(
    quarantine: &mut Quarantine,
    artifact: &mut Artifact,
    want: &ToolchainRequest,
    sharing: Option<Sharing>,
) -> Result<Option<(Digest, u64)>> {
    let version = want.version;
    if artifact.kind == ArtifactKind::Wheel {
        for (path, digest) in MissingFiles::require(version)?.files {
            quarantine.add_absent(path, digest);
        }
    }
    let (hands, limits) = share();
    if artifact.kind == ArtifactKind::Tree {
        // Packages of others leave out text files, as those of the Python index do.
        for (path, digest) in MissingFiles::of(version).into_iter().flat_map(|them| them.files) {
            quarantine.add_absent(path, digest);
        }
        let shares = sharing == Some(Sharing::Clone);
        quarantine.copy(hands, artifact.body.files(), &limits, shares)?;
        return Ok(None);
    }
    let (name, body) = (&artifact.name, &mut artifact.body);
    let unpacked = quarantine.fill(hands, |sinks, archive| match artifact.kind {
        ArtifactKind::TarGz => archive::tar_gz::unpack(name, archive.of(body)?, &limits, sinks),
        ArtifactKind::Zip => {
            let file = &*body.require_file(name)?;
            archive.of_file(file)?;
            archive::zip::unpack(name, file, &limits, sinks)
        }
        ArtifactKind::Module => {
            let module = dirhash::module_of(version, want.platform);
            let zip = body.require_read_at(name)?;
            archive::module::unpack(name, zip, &limits, sinks, &module, dirhash::is_covered)
        }
        ArtifactKind::Wheel | ArtifactKind::Tree => {
            archive::wheel::unpack(name, body.require_read_at(name)?, &limits, sinks)
        }
    });
    // A parser says that its input ended; the network knows why.
    let (_, archive) = unpacked.map_err(|error| artifact.body.failure().unwrap_or(error))?;
    Ok(archive)
}

/// How many installs go on side by side in this process, and divide its cores and memory.
static SIDE_BY_SIDE: AtomicUsize = AtomicUsize::new(1);

/// Divides cores and memory among `count` installs from now on.
pub(crate) fn divide_among(count: usize) {
    SIDE_BY_SIDE.store(count.max(1), Ordering::Relaxed);
}

/// Returns how many threads write files for one install, and what may be on the way to them.
pub(super) fn share() -> (usize, Limits) {
    let count = SIDE_BY_SIDE.load(Ordering::Relaxed);
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let limits = Limits::default();
    let (memory, whole) = (limits.memory / count as u64, limits.whole / count as u64);
    (cores.min(MAX_HANDS).div_ceil(count), Limits { memory, whole, ..limits })
}
