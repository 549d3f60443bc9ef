//! What this machine has already, before any source is asked.
//!
//! A tree that lies here is taken only where its hash is known beforehand: from the lock, the
//! built-in records or the log. Whatever is wrong with one, the next is tried, and then the
//! sources.

use crate::error::{Result, one_line};
use crate::install::Installer;
use crate::install::archive_cache::ArchiveCache;
use crate::install::proof::Proof;
use crate::install::request::{Fetch, InstallSource, ToolchainRequest};
use crate::install::unpack::FetchedTree;
use crate::source::Source;
use crate::source::local::{Candidates, LocalRequest, Surroundings, find};
use crate::store::Store;
use crate::verify::{H1, Records};

impl Installer<'_> {
    /// Takes what is wanted from this machine, else asks the sources in turn, until one delivers
    /// it. `proof` is what proves it, which may become known meanwhile.
    pub(crate) fn fetch_tree(
        &self,
        store: &Store,
        want: &ToolchainRequest,
        proof: &Proof,
        fetch: &Fetch,
        supply: &InstallSource<'_>,
    ) -> Result<(FetchedTree, Vec<String>)> {
        if let InstallSource::Given { source, .. } = supply {
            return Ok((self.deliver(store, want, proof, *source, fetch)?, Vec::new()));
        }
        // Nothing is downloaded that is here.
        if let Some(tree) = self.fetch_local(store, want, proof, fetch)? {
            let unlogged = self.session.log.why_not().filter(|_| proof.now().is_none());
            return Ok((tree, unlogged.into_iter().collect()));
        }
        if let Some(cache) = &fetch.cache {
            let cache = ArchiveCache::open(cache, want)?;
            let sources = cache.before(self.sources(fetch)?);
            let (delivery, mut warnings) =
                self.fetch_from_sources(store, want, proof, sources, fetch)?;
            warnings.extend(cache.keep());
            return Ok((delivery, warnings));
        }
        self.fetch_from_sources(store, want, proof, self.sources(fetch)?, fetch)
    }

    /// Takes a toolchain from what is on this machine; `None` when nothing will do, or nobody may
    /// look.
    fn fetch_local(
        &self,
        store: &Store,
        want: &ToolchainRequest,
        proof: &Proof,
        fetch: &Fetch,
    ) -> Result<Option<FetchedTree>> {
        // A copy has not got all that a whole release has.
        if fetch.source.is_some() || want.full || !self.looks_around(fetch)? {
            return Ok(None);
        }
        let tell = |line: &str| {
            if fetch.verbose {
                self.session.ui.say(line);
            }
        };
        let cache = self.module_cache()?;
        let surroundings =
            Surroundings { ctx: &self.session.ctx, module_cache: cache.as_deref(), store };
        let (version, platform) = (want.version, want.platform);
        let look = |h1: Option<&H1>| find(&surroundings, &LocalRequest { version, platform, h1 });
        let mut h1 = known_h1(want, proof);
        let mut found = look(h1.as_ref());
        if h1.is_none() && !found.sources.is_empty() {
            // Only the log can tell what to take.
            self.conclude(want, proof, true)?;
            h1 = known_h1(want, proof);
            found = look(h1.as_ref());
        }
        let Candidates { sources, others } = found;
        for other in others {
            tell(&format!("not taken: {other}"));
        }
        for source in sources {
            let name = source.name();
            if h1.is_none() {
                tell(&format!(
                    "not taken: `{name}`: the hash of {version} is not known beforehand"
                ));
                continue;
            }
            match self.deliver(store, want, proof, &source, fetch) {
                Ok(delivery) => return Ok(Some(delivery)),
                Err(error) if proof.is_refused() => return Err(error),
                Err(error) => tell(&format!("not taken: `{name}`: {}", one_line(&error))),
            }
        }
        Ok(None)
    }
}

/// Returns the hash that a tree has to have.
fn known_h1(want: &ToolchainRequest, proof: &Proof) -> Option<H1> {
    let locked = want.locked.as_ref().and_then(|locked| H1::parse(&locked.h1));
    let recorded = || Records::built_in().get(want.version, want.platform)?.h1.clone();
    locked.or_else(|| proof.now().map(|logged| logged.h1.clone())).or_else(recorded)
}
