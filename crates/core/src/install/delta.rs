//! A patch upgrade by delta: what an installed toolchain of the line already has is not fetched again.
//!
//! The delta and the installed tree are trusted with nothing: what comes out is digested while it is written,
//! and has to have the hash that is wanted. Whatever is wrong, the whole archive is fetched, with a line
//! that says so.

use crate::archive::delta::Delta;
use crate::error::{Error, Kind, Result};
use crate::fs;
use crate::install::Installer;
use crate::install::evidence::{Claim, best_level};
use crate::install::request::ToolchainRequest;
use crate::install::unpack::{FetchedTree, open, share};
use crate::io::read_at::ReadAt;
use crate::source::{ArtifactRequest, Source};
use crate::store::{InstalledToolchain, Staging, Store, place_in};
use crate::verify::policy::judge;
use crate::verify::{Evidence, H1, Level, MissingFiles, Quarantine, UnverifiedFiles};
use crate::version::GoVersion;
use std::io::ErrorKind;
use std::path::Path;

/// How many installed releases a source is asked about; the nearest come first.
const MAX_ASKED: usize = 3;

/// A tree that a delta made, in its staging directory.
struct DeltaTree {
    unpacked: UnverifiedFiles,
    staging: Staging,
    /// The release that it was made of, for messages.
    origin: String,
}

/// A tree that a delta is applied to.
struct OldTree<'a> {
    version: GoVersion,
    h1: &'a H1,
    tree: &'a Path,
}

impl Installer<'_> {
    /// Makes what is wanted of what is installed, where `source` has a delta for that.
    pub(super) fn by_delta(
        &self,
        store: &Store,
        claim: &Claim<'_>,
        source: &dyn Source,
    ) -> Result<Option<FetchedTree>> {
        let Claim { want, fetch, proof, .. } = *claim;
        let base = source.delta_base(&artifact_of(want));
        if want.full || (base.is_none() && older(store, want).is_empty()) {
            return Ok(None);
        }
        let mut known = self.evidence(claim)?;
        // Of a lock's own hash nothing better can be known; it has to be good enough.
        let is_proved = |known: &Evidence| {
            let level = best_level(known, false, false);
            level >= Level::BuiltIn || (known.locked_h1.is_some() && level >= known.floor)
        };
        if proof.is_open() && base.is_none() && !is_proved(&known) {
            // Only the log knows the hash.
            self.conclude(want, proof, best_level(&known, true, true) < known.floor)?;
            known = self.evidence(claim)?;
        }
        // What is proved of the tree alone is enough, else an archive may prove more.
        if !is_proved(&known) && base.is_none() {
            return Ok(None);
        }
        let recorded = || known.record.as_ref().and_then(|record| record.h1.as_ref());
        let logged = known.logged.as_ref().map(|logged| &logged.h1);
        let h1 = known.locked_h1.as_ref().or(logged).or_else(recorded);
        let Some(h1) = h1 else { return Ok(None) };
        let made = match (self.fetch_delta(store, want, h1, source), base) {
            (Some(made), _) => made,
            (None, Some(base)) => self.fetch_base(store, want, h1, source, base)?,
            (None, None) => return Ok(None),
        };
        if proof.is_open() {
            let level = judge(h1, &known).map_or(Level::None, |verdict| verdict.tree);
            self.conclude(want, proof, level < known.floor)?;
        }
        let evidence = Evidence { origin: made.origin, ..self.evidence(claim)? };
        let tree = made.unpacked.verify(&evidence);
        let tree = tree.map_err(|error| self.explain_demand(error, want, fetch))?;
        let source = source.name().to_owned();
        Ok(Some(FetchedTree { tree, staging: made.staging, source }))
    }

    /// Makes the tree with the hash `h1` of one that is installed, by a delta that `source` has; `None` when there is
    /// none, or when it does not come to that tree.
    fn fetch_delta(
        &self,
        store: &Store,
        want: &ToolchainRequest,
        h1: &H1,
        source: &dyn Source,
    ) -> Option<DeltaTree> {
        let base = source.delta_base(&artifact_of(want));
        let mut known = older(store, want);
        known.retain(|one| base.is_none_or(|base| one.receipt.version == base));
        for installed in known.into_iter().take(MAX_ASKED) {
            let from = installed.receipt.version;
            let old = OldTree { version: from, h1: &installed.receipt.h1, tree: &installed.tree };
            match self.try_delta(store, want, h1, source, &old) {
                Ok(None) => {}
                Ok(Some(made)) => return Some(made),
                Err(error) => {
                    let why = explain_delta(store, &installed, &error);
                    let instead = match base {
                        Some(base) => format!("using the {base} that it contains"),
                        None => format!("fetching all of {}", want.version),
                    };
                    let name = source.name();
                    self.session.ui.warn(&format!(
                        "{name}: cannot use the delta from {from}: {why}; {instead}"
                    ));
                    return None;
                }
            }
        }
        None
    }

    /// Makes the tree with the hash `h1` of another release that `source` has, and is not installed, or
    /// was changed.
    fn fetch_base(
        &self,
        store: &Store,
        want: &ToolchainRequest,
        h1: &H1,
        source: &dyn Source,
        base: GoVersion,
    ) -> Result<DeltaTree> {
        let lower = ToolchainRequest::new(base, want.platform);
        let incoming = open(store, &lower, false, source, Box::new(|_, _| {}))?;
        let below = self.take_in(store, &lower, incoming)?;
        let (h1_below, tree) = (below.unpacked.h1(), below.unpacked.tree());
        let old = OldTree { version: base, h1: h1_below, tree };
        let made = self.try_delta(store, want, h1, source, &old)?;
        made.ok_or_else(|| {
            let message = format!("the delta to {} is not from the {base} beside it", want.version);
            Error::new(Kind::Verification, message).detail("nothing was installed")
        })
    }

    fn try_delta(
        &self,
        store: &Store,
        want: &ToolchainRequest,
        h1: &H1,
        source: &dyn Source,
        old: &OldTree<'_>,
    ) -> Result<Option<DeltaTree>> {
        let wanted = artifact_of(want);
        let from = old.version;
        let label = format!("{}-{}", want.version, want.platform.lock_name());
        let staging = store.stage(&label)?;
        let Some(file) = source.open_delta(from, &wanted, staging.path())? else { return Ok(None) };
        let (name, origin) = (format!("from {from}"), format!("{}, from {from}", source.name()));
        let (_, limits) = share();
        // A page that says that nothing is there is no delta.
        let Some(delta) = Delta::read(&name, &file, &limits)? else { return Ok(None) };
        if delta.from != old.h1.as_str() {
            return Ok(None);
        }
        if delta.to != h1.as_str() {
            return Err(Error::new(Kind::Verification, "it makes another tree than is wanted"));
        }
        let unpacked = self.apply(store, want, &delta, old.tree, staging.path())?;
        if unpacked.h1() != h1 {
            let message = format!("it came to {}", unpacked.h1());
            return Err(Error::new(Kind::Verification, message));
        }
        Ok(Some(DeltaTree { unpacked, staging, origin }))
    }

    /// Writes what a delta makes of the tree in `old` into quarantine.
    fn apply(
        &self,
        store: &Store,
        want: &ToolchainRequest,
        delta: &Delta<'_>,
        old: &Path,
        staging: &Path,
    ) -> Result<UnverifiedFiles> {
        let (version, platform) = (want.version, want.platform);
        let mut quarantine = Quarantine::new(staging, false)?;
        self.share_files(store, want, staging, &mut quarantine)?;
        // A package of the Python index lacks them, and so does what is made of it.
        let missing = MissingFiles::of(version).map(|missing| missing.files).unwrap_or_default();
        for (path, digest) in &missing {
            quarantine.add_absent(path, *digest);
        }
        let open = |path: &str| -> Result<Option<Box<dyn ReadAt>>> {
            match fs::open_regular(&place_in(old, path)) {
                Ok(file) => Ok(Some(Box::new(file))),
                Err(error)
                    if error.kind() == ErrorKind::NotFound
                        && missing.iter().any(|(name, _)| *name == path) =>
                {
                    Ok(None)
                }
                Err(error) => Err(error.into()),
            }
        };
        let (hands, _) = share();
        quarantine.fill(hands, |sinks, _| delta.unpack(&open, sinks))?;
        Ok(quarantine.finish(version, platform)?)
    }
}

/// Says why a delta was of no use: where the installed tree is not what it was, that.
fn explain_delta(store: &Store, installed: &InstalledToolchain, error: &Error) -> String {
    let version = installed.receipt.version;
    match store.check(installed) {
        Ok(checked) if !checked.findings.is_empty() => format!(
            "the installed {version} was changed (see `goward verify {}`)",
            version.number()
        ),
        _ => error.message().to_owned(),
    }
}

/// Returns the installed toolchains of the line that are older than what is wanted, the nearest first.
fn older(store: &Store, want: &ToolchainRequest) -> Vec<InstalledToolchain> {
    let mut found = store.list().unwrap_or_default();
    found.retain(|one| {
        let receipt = &one.receipt;
        receipt.platform == want.platform
            && receipt.version.minor() == want.version.minor()
            && receipt.version < want.version
            && !one.is_linked()
    });
    found.sort_by_key(|one| std::cmp::Reverse(one.receipt.version));
    found
}

/// Returns what is asked of a source.
fn artifact_of(want: &ToolchainRequest) -> ArtifactRequest {
    let (version, platform) = (want.version, want.platform);
    ArtifactRequest { version, platform, size: None, ask_digest: false }
}
