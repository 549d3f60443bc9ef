//! From sources to a verified tree in quarantine.
//!
//! A source delivers a stream; it is digested and unpacked in one pass, and what came out is held
//! against all evidence. When a source fails, the next one is asked, and if none delivers, the error
//! has every reason.

use crate::archive;
use crate::archive::Limits;
use crate::config::Dedupe;
use crate::error::{Error, Hint, Kind, Result, one_line, untrusted};
use crate::fs;
use crate::install::Installer;
use crate::install::evidence::Claim;
use crate::install::proof::Proof;
use crate::install::request::{Fetch, ToolchainRequest};
use crate::net::Progress;
use crate::source::{
    Artifact, ArtifactKind, ArtifactRequest, DEFAULT_SOURCES, Listing, Source, SourceSpec,
};
use crate::store::{Staging, Store};
use crate::verify::policy::{self, judge};
use crate::verify::{
    Digest, Evidence, Hashing, Level, MissingFiles, Quarantine, Records, Sharing, UnverifiedFiles,
    VerifiedTree, dirhash,
};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// The most threads that write files; one that inflates cannot feed more.
const MAX_HANDS: usize = 8;

impl Installer<'_> {
    /// Asks these sources in turn.
    pub fn fetch_from_sources(
        &self,
        store: &Store,
        want: &ToolchainRequest,
        proof: &Proof,
        sources: Vec<Box<dyn Source + '_>>,
        fetch: &Fetch,
    ) -> Result<(FetchedTree, Vec<String>)> {
        let mut failures: Vec<(String, Error)> = Vec::new();
        for source in sources {
            match self.deliver(store, want, proof, source.as_ref(), fetch) {
                Ok(delivery) => {
                    let unlogged = self.session.log.why_not().filter(|_| proof.now().is_none());
                    let failed =
                        failures.iter().map(|(name, error)| format!("{name}: {}", one_line(error)));
                    return Ok((delivery, failed.chain(unlogged).collect()));
                }
                Err(error) if proof.is_refused() => return Err(error),
                Err(error) => failures.push((source.name().to_owned(), error)),
            }
        }
        // That the log cannot be believed is worse than that nobody delivers.
        self.conclude(want, proof, false)?;
        Err(nobody_delivered(want, failures))
    }

    /// Fetches from one source into quarantine, and verifies.
    pub fn deliver(
        &self,
        store: &Store,
        want: &ToolchainRequest,
        proof: &Proof,
        source: &dyn Source,
        fetch: &Fetch,
    ) -> Result<FetchedTree> {
        let bar = self.session.ui.bar(&format!("{} {}", want.version, source.name()));
        let progress = || -> Progress {
            let shown = bar.clone();
            Box::new(move |done, total: Option<u64>| {
                if let Some(total) = total {
                    shown.set_length(total);
                }
                shown.set_position(done);
            })
        };
        let delivered = self.unpack(store, want, proof, source, &progress, fetch);
        bar.finish_and_clear();
        delivered
    }

    /// Opens an artifact of a source, unpacks it into quarantine, and holds it against the evidence.
    fn unpack(
        &self,
        store: &Store,
        want: &ToolchainRequest,
        proof: &Proof,
        source: &dyn Source,
        progress: &dyn Fn() -> Progress,
        fetch: &Fetch,
    ) -> Result<FetchedTree> {
        let record = Records::built_in().get(want.version, want.platform);
        let claim = Claim { want, fetch, proof, origin: source.name() };
        self.refuse_early(&claim, source)?;
        if let Some(tree) = self.by_delta(store, &claim, source)? {
            return Ok(tree);
        }
        // Where the hash is known, what the source lists adds nothing.
        let ask_digest = proof.now().is_none() && record.is_none_or(|record| record.h1.is_none());
        if let Some(parts) = self.open_parts(store, &claim, source, progress)? {
            let incoming = OpenArchive { artifact: parts.artifact, staging: stage(store, want)? };
            match self.judge(store, &claim, incoming, source) {
                Ok(tree) => return Ok(tree),
                Err(error) if proof.is_refused() => return Err(error),
                Err(error) => self.tell_whole(&claim, &parts.from, &one_line(&error)),
            }
        }
        self.judge(store, &claim, open(store, want, ask_digest, source, progress())?, source)
    }

    /// Unpacks an artifact into quarantine, and holds it against the evidence.
    fn judge(
        &self,
        store: &Store,
        claim: &Claim<'_>,
        incoming: OpenArchive,
        source: &dyn Source,
    ) -> Result<FetchedTree> {
        let Claim { want, fetch, proof, .. } = *claim;
        // Before its body is read.
        let (kind, listing) = (incoming.artifact.kind, &incoming.artifact.listing);
        self.require_possible(claim, kind.is_release(), *listing != Listing::Nothing)?;
        let size = incoming.artifact.size;
        let what = want.version.to_string();
        store.check_room(&what, size)?;
        let UnverifiedTree { unpacked, archive, artifact, staging } = self
            .take_in(store, want, incoming)
            .map_err(|error| store.explain_room(error, &what, size))?;
        let listed = match &artifact.listing {
            Listing::Sha256(digest) => Digest::parse(digest),
            Listing::CheckedByPip | Listing::Nothing => None,
        };
        let listed_by_index = artifact.listing == Listing::CheckedByPip;
        let of_archive = |known| {
            let origin = artifact.origin.clone();
            Evidence { archive, listed, listed_by_index, origin, ..known }
        };
        if proof.is_open() {
            let known = of_archive(self.evidence(claim)?);
            let level = judge(unpacked.h1(), &known).map_or(Level::None, |verdict| verdict.tree);
            self.conclude(want, proof, level < known.floor)?;
        }
        let evidence = of_archive(self.evidence(claim)?);
        let tree =
            unpacked.verify(&evidence).map_err(|error| self.explain_demand(error, want, fetch))?;
        Ok(FetchedTree { tree, staging, source: source.name().to_owned() })
    }

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

    /// Returns the sources to ask, in order.
    pub fn sources(&self, fetch: &Fetch) -> Result<Vec<Box<dyn Source>>> {
        let named = self.session.config.sources(&self.session.ctx, fetch.source.as_deref())?;
        let specs = SourceSpec::parse(named.as_deref().unwrap_or(DEFAULT_SOURCES))?;
        let net = || self.session.net();
        crate::source::sources(
            &specs,
            &self.session.ctx,
            &net,
            &|list| self.resolver.modules(list),
            self.session.registries,
        )
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
fn stage(store: &Store, want: &ToolchainRequest) -> Result<Staging> {
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
    staging: Staging,
}

/// An archive that was unpacked, and held against nothing.
pub(crate) struct UnverifiedTree {
    pub(crate) unpacked: UnverifiedFiles,
    archive: Option<(Digest, u64)>,
    artifact: Artifact,
    /// Removes the tree when dropped.
    staging: Staging,
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
            archive::wheel::unpack(name, body.require_file(name)?, &limits, sinks)
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

/// Returns digest and size of what follows in a file.
pub fn digest_file(file: &fs::File) -> Result<(Digest, u64)> {
    Ok(Hashing::new(file).drain()?)
}

/// Says that no source delivers, and why each does not.
pub(crate) fn nobody_delivered(
    want: &ToolchainRequest,
    mut failures: Vec<(String, Error)>,
) -> Error {
    if failures.len() == 1
        && let Some((name, error)) = failures.pop()
    {
        return error.without_sources(&[&name]);
    }
    let message = format!("no source delivers {} for {}", want.version, want.platform);
    gather(message, &failures, |report| report.detail("nothing was installed"))
}

/// Puts several failures into one report, of the most serious kind; `end` adds what holds for all.
pub(crate) fn gather(
    message: String,
    failures: &[(String, Error)],
    end: impl FnOnce(Error) -> Error,
) -> Error {
    let has = |kind| failures.iter().any(|(_, error)| error.kind() == kind);
    let kind = [Kind::Verification, Kind::Failed, Kind::Network, Kind::NotFound, Kind::Findings]
        .into_iter()
        .find(|kind| has(*kind))
        .unwrap_or(Kind::Failed);
    let mut report = Error::new(kind, message);
    for (name, error) in failures {
        report = report.detail(format!("{name}: {}", error.message()));
        for detail in error.details() {
            report = report.detail(format!("  {detail}"));
        }
    }
    // What helps with the most serious failure helps; sources that failed do not.
    let tried: Vec<&str> = failures.iter().map(|(name, _)| name.as_str()).collect();
    let serious = failures.iter().filter(|(_, error)| error.kind() == kind);
    let hints = serious.flat_map(|(_, error)| error.hints());
    let hints = hints.map(|hint| hint.clone().without_sources(&tried));
    let hints: BTreeMap<String, Hint> = hints.map(|hint| (hint.to_string(), hint)).collect();
    hints.into_values().fold(end(report), Error::hint)
}
