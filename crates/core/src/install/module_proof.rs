//! What the checksum database says of modules other than toolchains: those that tools are built of.

use crate::error::{Error, Kind, Result};
use crate::install::Installer;
use crate::threads;
use crate::verify::sumdb::route::matches_prefix;
use crate::verify::sumdb::{Explain, LogError, LogOps};
use gosumdb::{Client, H1, Module};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many modules the log is asked for at once.
const QUESTIONS: usize = 8;

/// The hashes of one module, as `go.sum` has them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ModuleHashes {
    /// That of its files, where they are needed.
    pub files: Option<H1>,
    /// That of its `go.mod`.
    pub go_mod: Option<H1>,
}

/// How modules are verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModuleProof {
    /// The checksum database has every one of them.
    Logged,
    /// It has all but those that Go's settings keep from it (GONOSUMDB, GOPRIVATE).
    Private,
    /// It could not be asked, for this reason.
    Unasked(String),
}

impl Installer<'_> {
    /// Holds the hashes of modules against the checksum database.
    ///
    /// # Errors
    ///
    /// [`Kind::Verification`] when it has another hash, [`Kind::NotFound`] when it does not know a
    /// module, [`Kind::Log`] when it cannot be believed.
    pub fn prove_modules(&self, modules: &BTreeMap<Module, ModuleHashes>) -> Result<ModuleProof> {
        let private = self.resolver.go_setting("GONOSUMDB")?;
        let private = private.or(self.resolver.go_setting("GOPRIVATE")?).unwrap_or_default();
        let (kept, asked): (Vec<_>, Vec<_>) =
            modules.iter().partition(|(module, _)| matches_prefix(&private, module.path()));
        let unasked = if asked.is_empty() { None } else { self.ask_of_modules(&asked)? };
        Ok(match unasked {
            Some(why) => ModuleProof::Unasked(why),
            None if kept.is_empty() => ModuleProof::Logged,
            None => ModuleProof::Private,
        })
    }

    /// Asks the log of modules; returns why it could not be asked.
    fn ask_of_modules(&self, modules: &[(&Module, &ModuleHashes)]) -> Result<Option<String>> {
        let log = &self.session.log;
        let authority = log.authority()?.into_owned();
        let name = authority.key.name();
        if let Some(why) = self.forbids_asking(name) {
            return Ok(Some(why));
        }
        let remote = match self.log_remote() {
            Ok(Some(remote)) => remote,
            Ok(None) => {
                let why = log.silence.get().cloned();
                return Ok(Some(why.unwrap_or_else(|| format!("{name} was not asked"))));
            }
            Err(error) => {
                return Ok(Some(format!("{name} could not be asked: {}", error.message())));
            }
        };
        let next = AtomicUsize::new(0);
        let ask = || -> Result<Option<String>> {
            let ops: &LogOps<'_> = &**remote;
            let client = Client::new(&authority, ops);
            while let Some((module, hashes)) = modules.get(next.fetch_add(1, Ordering::Relaxed)) {
                let record = match client.lookup(module, None) {
                    Ok(record) => record,
                    Err(error @ LogError::Absent(_)) => return Err(error.explain(name)),
                    Err(error) if error.is_inconclusive() => {
                        return Ok(Some(error.explain(name).message().to_owned()));
                    }
                    Err(error) => return Err(error.explain(name)),
                };
                let found =
                    [("", hashes.files, record.h1), ("/go.mod", hashes.go_mod, record.go_mod_h1)];
                for (what, known, logged) in found {
                    if let Some(known) = known.filter(|known| *known != logged) {
                        return Err(differs(name, &format!("{module}{what}"), known, logged));
                    }
                }
            }
            Ok(None)
        };
        let mut unasked = None;
        for answer in threads::side_by_side(QUESTIONS.min(modules.len()), ask) {
            unasked = unasked.or(answer?);
        }
        Ok(unasked)
    }
}

fn differs(log: &str, module: &str, known: H1, logged: H1) -> Error {
    Error::new(Kind::Verification, format!("`{module}` is not what {log} has"))
        .detail(format!("expected {logged} ({log})"))
        .detail(format!("received {known}"))
        .detail("nothing was changed")
        .hint("find out who changes modules between here and their origin: `go env GOPROXY`")
}
