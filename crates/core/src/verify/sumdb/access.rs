//! The checksum database, as far as one run of the program got to know it.

use crate::error::{Advice, Error, Kind, Result};
use crate::platform::Platform;
use crate::verify::sumdb::remote::Remote;
use crate::verify::sumdb::route::Route;
use crate::verify::sumdb::{Logged, trust_root};
use crate::version::GoVersion;
use gosumdb::{SignedHead, TrustRoot};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// The checksum database, as far as one run of the program got to know it.
#[derive(Debug, Default)]
pub struct LogAccess {
    /// Another log than Go's. No setting leads here.
    pub(crate) other: Option<(TrustRoot, Route)>,
    pub(crate) remote: OnceLock<Arc<Remote>>,
    /// Why nobody can be asked.
    pub(crate) outage: OnceLock<String>,
    /// What the log did not know.
    pub(crate) absence: OnceLock<String>,
    /// The user's setting for which nobody is asked.
    pub(crate) silence: OnceLock<String>,
    /// Whether it was told that a tree was not compared with the built-in head, and that one is not
    /// remembered.
    pub(crate) told: [OnceLock<()>; 2],
    pub(crate) answers: Mutex<BTreeMap<Question, Known>>,
}

/// What is asked: a toolchain, and the head in a lock.
pub(crate) type Question = (GoVersion, Platform, Option<String>);

/// What the log said: what it proves, or nothing.
#[derive(Clone, Debug)]
pub(crate) struct Known(pub(crate) Option<Logged>);

impl LogAccess {
    /// Believes another log than Go's: for programs that use this library, such as the tests. The
    /// program goward has no way to it.
    pub fn of(authority: TrustRoot, route: Route) -> Self {
        Self { other: Some((authority, route)), ..Self::default() }
    }

    pub fn authority(&self) -> Result<Cow<'_, TrustRoot>> {
        match &self.other {
            Some((authority, _)) => Ok(Cow::Borrowed(authority)),
            None => trust_root().map(Cow::Owned),
        }
    }

    /// Returns the log's name.
    pub fn name(&self) -> Result<String> {
        Ok(self.authority()?.key.name().to_owned())
    }

    /// Checks a head that is written down as a note.
    pub fn open_note(&self, note: &str) -> Result<SignedHead> {
        let authority = self.authority()?;
        SignedHead::open(note.as_bytes(), &authority.key).map_err(|problem| {
            let name = authority.key.name();
            let message = format!("a head is not that of {name}: {problem}");
            Error::new(Kind::Verification, message)
                .detail("nothing was changed")
                .hint(Advice::CheckMirror)
        })
    }

    /// Returns why nothing was proved, if something stood in the way.
    pub(crate) fn why_not(&self) -> Option<String> {
        self.outage.get().or(self.absence.get()).cloned()
    }

    /// Returns why nothing was proved, also when the user wants it so.
    pub(crate) fn why_unproved(&self) -> Option<String> {
        self.why_not().or_else(|| self.silence.get().cloned())
    }

    /// Returns what was answered before. Who asked without a head got one, which may be the lock's now.
    pub(crate) fn known(&self, question: &Question) -> Option<Known> {
        let answers = self.answers();
        let (version, platform, note) = question;
        let without = || {
            let logged = answers.get(&(*version, *platform, None))?.0.as_ref()?;
            (note.as_deref() == Some(logged.head.note())).then(|| Known(Some(logged.clone())))
        };
        answers.get(question).cloned().or_else(without)
    }

    pub(crate) fn answers(&self) -> MutexGuard<'_, BTreeMap<Question, Known>> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
