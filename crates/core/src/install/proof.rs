//! What proves a toolchain that is on its way: known already, or being asked for beside the download.
//!
//! The checksum database needs a few round trips, a download many more. So it is asked by a thread of
//! its own, and its answer decides once the tree is complete, before anything is published.

use crate::error::Result;
use crate::install::Installer;
use crate::install::request::{Fetch, InstallSource, ToolchainRequest};
use crate::install::sumdb::{Asked, Question};
use crate::threads;
use crate::verify::sumdb::{LogError, Logged};
use std::cell::OnceCell;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

/// How long the database has to answer, from when it was asked, where the toolchain is verified well
/// enough without it. Downloads usually take longer.
const PATIENCE: Duration = Duration::from_secs(1);

/// What the checksum database proves of a toolchain, now or later.
pub struct Proof {
    settled: OnceCell<Result<Option<Logged>>>,
    pending: Option<Pending>,
    /// Whether Go's own copy of the database counts where this one says nothing, and whether to say
    /// what is wrong with it.
    cached: Option<bool>,
}

/// A question that a thread asks.
struct Pending {
    question: Question,
    answer: Receiver<Result<Logged, LogError>>,
    since: Instant,
}

impl From<Option<Logged>> for Proof {
    fn from(logged: Option<Logged>) -> Self {
        Self { settled: OnceCell::from(Ok(logged)), pending: None, cached: None }
    }
}

impl Proof {
    /// Returns what is proved as far as it is known now; waits for nobody.
    pub fn now(&self) -> Option<&Logged> {
        self.settled.get()?.as_ref().ok()?.as_ref()
    }

    /// Returns true until an answer was waited for.
    pub(crate) fn is_open(&self) -> bool {
        self.settled.get().is_none()
    }

    /// Returns true when the database cannot be believed, or contradicts what is known. Then nothing
    /// goes on, wherever the bytes come from.
    pub(crate) fn is_refused(&self) -> bool {
        matches!(self.settled.get(), Some(Err(_)))
    }
}

impl Installer<'_> {
    /// Begins to find out what proves a toolchain: what came with it, else what the checksum database
    /// says, which is asked meanwhile.
    pub fn begin_proof(
        &self,
        want: &ToolchainRequest,
        supply: &InstallSource<'_>,
    ) -> Result<Proof> {
        if let InstallSource::Given { logged, .. } = supply {
            return Ok(Proof::from(logged.cloned()));
        }
        let head = want.locked.as_ref().and_then(|locked| locked.head.as_ref());
        let question = match self.question(want, head, Asked::Beside)? {
            Ok(question) => question,
            Err(known) => return Ok(Proof::from(known)),
        };
        let (send, answer) = mpsc::channel();
        let asker = question.clone();
        let started = threads::start_alone(move || {
            _ = send.send(asker.ask());
        });
        if started.is_err() {
            return Ok(Proof::from(self.settle(want, &question, question.ask())?));
        }
        let pending = Pending { question, answer, since: Instant::now() };
        Ok(Proof { settled: OnceCell::new(), pending: Some(pending), cached: None })
    }

    /// The same; what Go's module cache has of the database counts where this says nothing, unless
    /// nobody may look there.
    pub(crate) fn begin_proof_here(
        &self,
        want: &ToolchainRequest,
        fetch: &Fetch,
        supply: &InstallSource<'_>,
    ) -> Result<Proof> {
        let proof = self.begin_proof(want, supply)?;
        if matches!(supply, InstallSource::Given { .. }) || !self.looks_around(fetch)? {
            return Ok(proof);
        }
        if let Some(Ok(None)) = proof.settled.get() {
            return Ok(Proof::from(self.cached_proof(want, fetch.verbose)?));
        }
        Ok(Proof { cached: Some(fetch.verbose), ..proof })
    }

    /// Returns what is proved. Waits for the database as long as it takes where the toolchain `needs`
    /// the answer, else for a moment only.
    pub(crate) fn conclude<'p>(
        &self,
        want: &ToolchainRequest,
        proof: &'p Proof,
        needs: bool,
    ) -> Result<Option<&'p Logged>> {
        let settled = proof.settled.get_or_init(|| {
            let logged = match &proof.pending {
                Some(pending) => self.wait(want, pending, needs)?,
                None => None,
            };
            match (logged, proof.cached) {
                (None, Some(is_verbose)) => self.cached_proof(want, is_verbose),
                (logged, _) => Ok(logged),
            }
        });
        settled.as_ref().map(Option::as_ref).map_err(Clone::clone)
    }

    fn wait(
        &self,
        want: &ToolchainRequest,
        pending: &Pending,
        needs: bool,
    ) -> Result<Option<Logged>> {
        let left = PATIENCE.saturating_sub(pending.since.elapsed());
        let answer = if needs {
            pending.answer.recv().map_err(|_| RecvTimeoutError::Disconnected)
        } else {
            pending.answer.recv_timeout(left)
        };
        match answer {
            Ok(answer) => self.settle(want, &pending.question, answer),
            // Its thread ended in a panic, which was printed; who needs an answer has none.
            Err(RecvTimeoutError::Disconnected) => Ok(None),
            Err(RecvTimeoutError::Timeout) => {
                let seconds = PATIENCE.as_secs();
                self.give_up(&pending.question, &format!("did not answer within {seconds} s"));
                Ok(None)
            }
        }
    }
}
