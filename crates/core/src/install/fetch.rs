//! From sources to a verified tree in quarantine.
//!
//! A source delivers a stream; it is digested and unpacked in one pass, and what came out is held
//! against all evidence. When a source fails, the next one is asked, and if none delivers, the error
//! has every reason.

use crate::error::{Error, Hint, Kind, Result, one_line};
use crate::fs;
use crate::install::Installer;
use crate::install::evidence::Claim;
use crate::install::interruption::Interruption;
use crate::install::proof::Proof;
use crate::install::request::{Fetch, ToolchainRequest};
use crate::install::unpack::{FetchedTree, OpenArchive, UnverifiedTree, open, stage};
use crate::net::Progress;
use crate::source::{DEFAULT_SOURCES, Listing, Source, SourceSpec};
use crate::store::Store;
use crate::ui::Bar;
use crate::verify::policy::judge;
use crate::verify::{Digest, Evidence, Hashing, Level, Records};
use std::collections::BTreeMap;

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
        let (version, name) = (want.version, source.name());
        let bar = self.session.ui.bar(&format!("asking {name} for {version}"));
        let text = format!("downloading {version} from {name}");
        let after = format!("unpacking {version}");
        let progress = || -> Progress { Box::new(bar.counter(&text, &after)) };
        let interruption = Interruption::during(self.session.ui, &store.downloads());
        let delivered = self.unpack(store, want, proof, source, (&progress, &bar), fetch);
        drop(interruption);
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
        (progress, bar): (&dyn Fn() -> Progress, &Bar),
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
            match self.judge(store, &claim, incoming, source, bar) {
                Ok(tree) => return Ok(tree),
                Err(error) if proof.is_refused() => return Err(error),
                Err(error) => self.tell_whole(&claim, &parts.from, &one_line(&error)),
            }
        }
        let incoming = open(store, want, ask_digest, source, progress())?;
        self.judge(store, &claim, incoming, source, bar)
    }

    /// Unpacks an artifact into quarantine, and holds it against the evidence.
    fn judge(
        &self,
        store: &Store,
        claim: &Claim<'_>,
        incoming: OpenArchive,
        source: &dyn Source,
        bar: &Bar,
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
            bar.phase(&format!("asking the checksum database for {}", want.version));
            self.conclude(want, proof, level < known.floor)?;
        }
        bar.phase(&format!("verifying {}", want.version));
        let evidence = of_archive(self.evidence(claim)?);
        let tree =
            unpacked.verify(&evidence).map_err(|error| self.explain_demand(error, want, fetch))?;
        Ok(FetchedTree { tree, staging, source: source.name().to_owned() })
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
