//! Collecting the proofs that a bundle carries.

use crate::error::{Error, Kind, Result};
use crate::install::Installer;
use crate::install::request::ToolchainRequest;
use crate::install::sumdb::{check, open_head};
use crate::verify::sumdb::Explain;
use crate::verify::sumdb::{Log, LogError, Logged};
use gosumdb::{OfflineProof, Recording, SignedHead};

/// How often the log may grow while it is asked.
const MAX_ROUNDS: usize = 5;

/// Proofs under one head.
#[derive(Debug, Default)]
pub(crate) struct Stapled {
    /// What carries them; `None` when nothing was proved.
    pub(crate) offline_proof: Option<OfflineProof>,
    /// The name of the log.
    pub(crate) log: String,
    /// What was proved of each toolchain, or why nothing was.
    pub(crate) proofs: Vec<Result<Logged>>,
}

impl Installer<'_> {
    /// Asks the log for each of `wants`, and keeps the proofs, all under one head.
    pub(crate) fn offline_proof(&self, wants: &[ToolchainRequest]) -> Result<Stapled> {
        let authority = self.session.log.authority()?;
        let name = authority.key.name().to_owned();
        let nobody = |error: &Error| Stapled {
            offline_proof: None,
            log: name.clone(),
            proofs: wants.iter().map(|_| Err(error.clone())).collect(),
        };
        let remote = match self.log_remote() {
            Ok(Some(remote)) => remote,
            Ok(None) => {
                let message = self.session.log.why_unproved();
                let message = message.unwrap_or_else(|| format!("{name} cannot be asked"));
                return Ok(nobody(&Error::new(Kind::Network, message)));
            }
            Err(error) => return Ok(nobody(&error)),
        };
        let recording = Recording::new(&**remote);
        let log = Log::new(&authority, &recording);
        let mut known: Option<SignedHead> = None;
        for want in wants {
            let locked = want.locked.as_ref().and_then(|locked| locked.head.as_ref());
            let head = locked.map(|head| open_head(&self.session.log, head)).transpose()?;
            known = known.into_iter().chain(head).max_by_key(SignedHead::size);
        }
        for _ in 0..MAX_ROUNDS {
            recording.start();
            let mut proofs = Vec::new();
            for want in wants {
                proofs.push(match log.lookup(want.version, want.platform, known.as_ref()) {
                    Ok(logged) => {
                        check(want, &logged, &name)?;
                        Ok(logged)
                    }
                    Err(error) if error.is_inconclusive() => {
                        let is_lost = matches!(error, LogError::Unreachable(_));
                        let error = error.explain(&name);
                        // Who does not answer now makes one wait for every other, too.
                        if is_lost {
                            return Ok(nobody(&error));
                        }
                        Err(error)
                    }
                    Err(error) => return Err(error.explain(&name)),
                });
            }
            let heads = || proofs.iter().flatten().map(|logged: &Logged| &logged.head);
            let Some(newest) = heads().max_by_key(|head| head.size()).cloned() else {
                return Ok(Stapled { offline_proof: None, log: name, proofs });
            };
            if heads().all(|head| head.size() == newest.size()) {
                let offline_proof =
                    OfflineProof { head: newest.note().to_owned(), files: recording.files() };
                return Ok(Stapled { offline_proof: Some(offline_proof), log: name, proofs });
            }
            known = Some(newest);
        }
        Err(Error::new(Kind::Network, format!("{name} grows faster than it can be asked"))
            .hint("try again"))
    }
}
