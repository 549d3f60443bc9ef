//! What is known of a toolchain before and while it is fetched, and what is enough.

use crate::error::{Error, Result};
use crate::install::Installer;
use crate::install::proof::Proof;
use crate::install::request::{Fetch, LockEntry, ToolchainRequest};
use crate::shell;
use crate::source::{ArtifactRequest, Digests, Source};
use crate::verify::{Choice, Digest, Evidence, H1, Level, Records, VerifyError};

/// What one source is to deliver.
#[derive(Clone, Copy)]
pub(crate) struct Claim<'a> {
    pub(crate) want: &'a ToolchainRequest,
    pub(crate) fetch: &'a Fetch,
    pub(crate) proof: &'a Proof,
    /// The source, for messages.
    pub(crate) origin: &'a str,
}

impl Installer<'_> {
    /// Returns the weakest level that both the user and the project accept.
    pub fn floor(&self, want: &ToolchainRequest, fetch: &Fetch) -> Result<Level> {
        Ok(self.user_floor(want, fetch)?.max(want.demand))
    }

    /// Returns the weakest level that the user accepts.
    fn user_floor(&self, want: &ToolchainRequest, fetch: &Fetch) -> Result<Level> {
        let mut user = self.session.config.floor(&self.session.ctx, fetch.accept)?;
        if fetch.accept.is_none()
            && self.session.config.locked_by("accept").is_none()
            && let Some(lock) = want.locked.as_ref().and_then(LockEntry::file)
            && let Some(accepted) = self.resolver.accepted_for(lock)
        {
            user = user.min(accepted);
        }
        Ok(user)
    }

    /// Collects what is known about a toolchain now, before anything is fetched.
    pub(crate) fn evidence(&self, claim: &Claim<'_>) -> Result<Evidence> {
        let Claim { want, fetch, proof, origin } = *claim;
        let locked = want.locked.as_ref();
        // A name is not all of an address: what is compared with it begins with the scheme.
        let origin = if origin == "go.dev" { "https://go.dev/" } else { origin };
        Ok(Evidence {
            archive: None,
            listed: None,
            listed_by_index: false,
            locked_h1: locked.and_then(|locked| H1::parse(&locked.h1)),
            locked_sha256: locked.and_then(|locked| Digest::parse(locked.sha256.as_deref()?)),
            record: Records::built_in().get(want.version, want.platform).cloned(),
            logged: proof.now().cloned(),
            unlogged: self.session.log.why_unproved(),
            floor: self.floor(want, fetch)?,
            choices: self.choices(want, fetch),
            origin: origin.to_owned(),
            lock: locked.map(|locked| locked.path.clone()).unwrap_or_default(),
        })
    }

    /// Refuses a source before anything is asked of it, where nothing that it has can be proved well
    /// enough. What is nowhere is not found, whatever it would prove.
    pub(crate) fn refuse_early(&self, claim: &Claim<'_>, source: &dyn Source) -> Result<()> {
        let (version, platform) = (claim.want.version, claim.want.platform);
        let refusal = match source.digests() {
            Digests::None => self.require_possible(claim, false, false),
            Digests::Own => self.require_possible(claim, false, true),
            Digests::Published => self.wait_if_needed(claim, true, true),
        };
        let wanted = ArtifactRequest { version, platform, size: None, ask_digest: false };
        if claim.proof.is_refused() || (refusal.is_err() && source.has(&wanted)) {
            refusal?;
        }
        Ok(())
    }

    /// Refuses an archive that cannot be proved well enough: one that Go published (`is_published`),
    /// or whose digest its source lists (`is_listed`).
    pub(crate) fn require_possible(
        &self,
        claim: &Claim<'_>,
        is_published: bool,
        is_listed: bool,
    ) -> Result<()> {
        self.wait_if_needed(claim, is_published, is_listed)?;
        let known = self.evidence(claim)?;
        let level = best_level(&known, is_published, is_listed);
        let required = known.require_level(claim.want.version, claim.want.platform, level);
        required.map_err(|error| self.explain_demand(error, claim.want, claim.fetch))
    }

    /// Waits for the checksum database where only its answer can be enough: what is refused then is
    /// not fetched before.
    fn wait_if_needed(&self, claim: &Claim<'_>, is_published: bool, is_listed: bool) -> Result<()> {
        if claim.proof.is_open() {
            let known = self.evidence(claim)?;
            if best_level(&known, is_published, is_listed) < known.floor {
                self.conclude(claim.want, claim.proof, true)?;
            }
        }
        Ok(())
    }

    /// Says so where it is the project that wants more than the user.
    pub(crate) fn explain_demand(
        &self,
        error: VerifyError,
        want: &ToolchainRequest,
        fetch: &Fetch,
    ) -> Error {
        let error = Error::from(error);
        let demanded = want.demand > self.user_floor(want, fetch).unwrap_or(Level::None);
        if demanded { error.detail("the project's manifest demands it") } else { error }
    }

    /// Returns what the user may type to accept a toolchain at the level that was reached; nothing
    /// where the machine locks what has to be reached.
    fn choices(&self, want: &ToolchainRequest, fetch: &Fetch) -> Vec<(Level, Choice)> {
        let mut choices = Vec::new();
        if self.session.config.locked_by("accept").is_some() {
            return choices;
        }
        // The project's demand is no user's to lower.
        let least = want.demand.max(Level::Listed);
        if fetch.has_option {
            choices.push((least, Choice::Call));
        } else {
            choices.push((least, Choice::Install(want.version.number())));
        }
        if let Some(lock) = want.locked.as_ref().and_then(LockEntry::file)
            && want.demand <= Level::Listed
        {
            choices.push((Level::Listed, Choice::Repository(shell::word(lock))));
        }
        choices
    }
}

/// Returns the best level that can come of what is known and of an archive: one that Go published
/// (`is_published`), or whose digest its source lists (`is_listed`).
pub(super) fn best_level(known: &Evidence, is_published: bool, is_listed: bool) -> Level {
    let record = known.record.as_ref();
    let has_h1 = record.is_some_and(|record| record.h1.is_some());
    let has_digest = record.is_some_and(|record| record.sha256.is_some());
    match &known.logged {
        Some(logged) => logged.level(),
        None if has_h1 || (has_digest && is_published) => Level::BuiltIn,
        None if is_listed => Level::Listed,
        None => Level::None,
    }
}
