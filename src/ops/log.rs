//! Asking the checksum database what a toolchain is.
//!
//! It is asked whenever somebody may be asked at all. When nobody answers, less is proved, and what is
//! left has to be enough; when an answer is wrong, nothing goes on.

use super::Session;
use super::install::Want;
use crate::error::{Error, Kind, Result};
use crate::net::{Net, Patience, parse_url};
use crate::platform::Platform;
use crate::project::lock::LockedHead;
use crate::verify::Records;
use crate::verify::log::remote::{Remote, Route};
use crate::verify::log::{Authority, Excerpt, Hash, Head, Log, LogError, Logged, SignedHead};
use crate::version::GoVersion;
use std::borrow::Cow;
use std::sync::OnceLock;
use std::time::Duration;

/// The checksum database, as far as one run of the program got to know it.
#[derive(Debug, Default)]
pub struct LogAccess {
    /// Another log than Go's. No setting leads here.
    other: Option<(Authority, Route)>,
    remote: OnceLock<Remote>,
    /// Why nobody can be asked.
    outage: OnceLock<String>,
    /// What the log did not know.
    absence: OnceLock<String>,
}

impl LogAccess {
    /// Believes another log than Go's: for programs that use this library, such as the tests. The
    /// program goward has no way to it.
    pub fn of(authority: Authority, route: Route) -> Self {
        Self { other: Some((authority, route)), ..Self::default() }
    }

    pub(super) fn authority(&self) -> Result<Cow<'_, Authority>> {
        match &self.other {
            Some((authority, _)) => Ok(Cow::Borrowed(authority)),
            None => Authority::of_go().map(Cow::Owned),
        }
    }

    /// Checks the head in a lock: everybody can copy one, but only the log can make one.
    ///
    /// # Errors
    ///
    /// [`Kind::Verification`] when the log has not signed it.
    pub(super) fn open_head(&self, locked: &LockedHead) -> Result<SignedHead> {
        let authority = self.authority()?;
        let head = Hash::parse(&locked.hash).map(|hash| Head { size: locked.size, hash });
        let signed = head.map(|h| SignedHead::from_parts(h, &locked.signature, &authority.key));
        signed.and_then(Result::ok).ok_or_else(|| {
            let name = authority.key.name();
            let message = format!("the head in the lock is not signed by {name}");
            Error::new(Kind::Verification, message)
                .detail("nothing was changed")
                .hint("find out who changed the lock: `git log -p goward.lock`")
        })
    }

    /// Returns the log's name.
    pub(super) fn name(&self) -> Result<String> {
        Ok(self.authority()?.key.name().to_owned())
    }

    /// Checks a head that is written down as a note.
    ///
    /// # Errors
    ///
    /// [`Kind::Verification`] when the log has not signed it.
    pub(super) fn open_note(&self, note: &str) -> Result<SignedHead> {
        let authority = self.authority()?;
        SignedHead::open(note.as_bytes(), &authority.key).map_err(|problem| {
            let name = authority.key.name();
            let message = format!("a head is not that of {name}: {problem}");
            Error::new(Kind::Verification, message)
                .detail("nothing was changed")
                .hint("somebody changed the mirror; check it: `goward mirror verify URL`")
        })
    }

    /// Returns why nothing was proved, if something stood in the way.
    pub(super) fn why_not(&self) -> Option<String> {
        self.outage.get().or(self.absence.get()).cloned()
    }
}

impl Session {
    /// Returns what the checksum database proves of a toolchain; `None` when nobody may be asked, and
    /// when nobody answers ([`LogAccess::why_not`]). `head` is the one in a lock, which the log has to
    /// continue.
    ///
    /// # Errors
    ///
    /// [`Kind::Log`] when the log cannot be believed, [`Kind::Verification`] when it contradicts the
    /// built-in records or the lock, and when the head in the lock is not its own.
    pub(super) fn ask_log(&self, want: &Want, head: Option<&LockedHead>) -> Result<Option<Logged>> {
        let authority = self.log.authority()?;
        let head = head.map(|head| self.log.open_head(head)).transpose()?;
        let name = authority.key.name();
        if self.ctx.is_offline() || self.log.outage.get().is_some() {
            return Ok(None);
        }
        let remote = match self.log_remote() {
            Ok(Some(remote)) => remote,
            Ok(None) => return Ok(None),
            Err(error) => {
                let reason = format!("{name} could not be asked: {}", error.message());
                _ = self.log.outage.set(reason);
                return Ok(None);
            }
        };
        match Log::new(&authority, remote).lookup(want.version, want.platform, head.as_ref()) {
            Ok(logged) => check(want, &logged, name).map(|()| Some(logged)),
            Err(error) if error.is_outage() => {
                let is_absent = matches!(error, LogError::Absent(_));
                let slot = if is_absent { &self.log.absence } else { &self.log.outage };
                _ = slot.set(error.explain(name).message().to_owned());
                Ok(None)
            }
            Err(error) => Err(error.explain(name).detail("nothing was changed")),
        }
    }

    /// Returns what proves these toolchains to others, or why it cannot be had now. `known` are heads
    /// that they may know.
    ///
    /// # Errors
    ///
    /// [`Kind::Log`] when the log cannot be believed.
    pub(super) fn log_excerpt(
        &self,
        toolchains: &[(GoVersion, Platform)],
        known: &[SignedHead],
    ) -> Result<Result<Option<Excerpt>, String>> {
        let authority = self.log.authority()?;
        if self.ctx.is_offline() {
            return Ok(Err("network is off (`GOWARD_OFFLINE=1`)".to_owned()));
        }
        let remote = match self.log_remote() {
            Ok(Some(remote)) => remote,
            Ok(None) => return Ok(Err("`GOPROXY` is `off`".to_owned())),
            Err(error) => return Ok(Err(error.message().to_owned())),
        };
        match Log::new(&authority, remote).excerpt(toolchains.iter().copied(), known) {
            Ok(excerpt) => Ok(Ok(excerpt)),
            Err(error) if error.is_outage() => {
                Ok(Err(error.explain(authority.key.name()).message().to_owned()))
            }
            Err(error) => Err(error.explain(authority.key.name())),
        }
    }

    /// Returns what is remembered of the log, with no way to ask it that anybody would use.
    pub(super) fn log_memory(&self) -> Result<Remote> {
        let authority = self.log.authority()?;
        let name = authority.key.name();
        let route = Route::at(name, parse_url(&format!("https://{name}"))?);
        let net = Net::new(&self.ctx, Vec::new())?;
        let (state, cache) = (self.ctx.state_directory(), self.ctx.cache_directory());
        Ok(Remote::new(net, route, state.as_deref(), cache.as_deref()))
    }

    /// Returns the way to the log; `None` when GOPROXY says that there is none.
    pub(super) fn log_remote(&self) -> Result<Option<&Remote>> {
        if let Some(remote) = self.log.remote.get() {
            return Ok(Some(remote));
        }
        let route = if let Some((_, route)) = &self.log.other {
            Some(route.clone())
        } else {
            let (goproxy, gosumdb) = (self.go_setting("GOPROXY")?, self.go_setting("GOSUMDB")?);
            Route::parse(goproxy.as_deref(), gosumdb.as_deref())?
        };
        let Some(route) = route else { return Ok(None) };
        // It is asked on the way to something else, which may be possible without it.
        let patience = Patience {
            connect: Duration::from_secs(5),
            attempts: 2,
            backoff: Duration::from_millis(200),
            ..Patience::default()
        };
        let (_, net) = self.module_net(patience)?;
        let (state, cache) = (self.ctx.state_directory(), self.ctx.cache_directory());
        let remote = Remote::new(net, route, state.as_deref(), cache.as_deref());
        Ok(Some(self.log.remote.get_or_init(|| remote)))
    }
}

/// Holds what the log proves against what else is known.
pub(super) fn check(want: &Want, logged: &Logged, name: &str) -> Result<()> {
    let (version, platform) = (want.version, want.platform);
    let differs = |known: &str| known != logged.h1.as_str();
    let recorded = Records::built_in().get(version, platform).and_then(|record| record.h1.as_ref());
    let (known, place, hint) = match (recorded, &want.locked) {
        (Some(h1), _) if differs(h1.as_str()) => (
            h1.as_str(),
            "built-in records".to_owned(),
            "one of the two is wrong; show both to others, and to the Go team: https://go.dev/security",
        ),
        (_, Some(locked)) if differs(&locked.h1) => (
            locked.h1.as_str(),
            format!("`{}`", locked.path),
            "find out who changed the lock: `git log -p goward.lock`",
        ),
        _ => return Ok(()),
    };
    let message = format!("{name} has another {version} for {platform} than is known here");
    Err(Error::new(Kind::Verification, message)
        .detail(format!("expected {known} ({place})"))
        .detail(format!("received {} ({name}, record {})", logged.h1, logged.record))
        .detail("nothing was changed")
        .hint(hint))
}
