//! Asking the checksum database what a toolchain is.
//!
//! It is asked whenever somebody may be asked at all. When nobody answers, less is proved, and what is
//! left has to be enough; when an answer is wrong, nothing goes on.

use crate::config::Ask;
use crate::error::advice::NETWORK_IS_OFF;
use crate::error::{Error, Kind, Result};
use crate::install::Installer;
use crate::install::request::ToolchainRequest;
use crate::net::{Net, Patience, parse_url};
use crate::platform::Platform;
use crate::project::lock::LockedHead;
use crate::verify::sumdb::Explain;
use crate::verify::sumdb::access::Known;
use crate::verify::sumdb::access::LogAccess;
use crate::verify::sumdb::remote::Remote;
use crate::verify::sumdb::route::{GoSettings, Route, Way};
use crate::verify::sumdb::{Log, LogError, Logged};
use crate::verify::{Digest, Records};
use crate::version::GoVersion;
use gosumdb::{Hash, Head, ProofBundle, SignedHead, TrustRoot};
use std::fmt::Write as _;
use std::sync::PoisonError;
use std::time::Duration;

/// Go's settings that say whom to ask.
const GO_SETTINGS: [&str; 4] = ["GOPROXY", "GOSUMDB", "GONOSUMDB", "GOPRIVATE"];

/// Settings that say how.
const PROXY_SETTINGS: [&str; 6] =
    ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy"];

/// Checks the head in a lock: everybody can copy one, but only the log can make one.
pub fn open_head(log: &LogAccess, locked: &LockedHead) -> Result<SignedHead> {
    let authority = log.authority()?;
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

impl Installer<'_> {
    /// Returns what the checksum database proves of a toolchain; `None` when nobody may be asked, and
    /// when nobody answers (`LogAccess::why_not`). `head` is the one in a lock, which the log has to
    /// continue.
    ///
    /// # Errors
    ///
    /// [`Kind::Log`] when the log cannot be believed, [`Kind::Verification`] when it contradicts the
    /// built-in records or the lock, and when the head in the lock is not its own.
    pub fn ask_log(
        &self,
        want: &ToolchainRequest,
        head: Option<&LockedHead>,
    ) -> Result<Option<Logged>> {
        let authority = self.session.log.authority()?;
        let head = head.map(|head| open_head(&self.session.log, head)).transpose()?;
        let name = authority.key.name();
        if self.session.ctx.is_offline() {
            let why = format!("{name} was not asked: {NETWORK_IS_OFF}");
            _ = self.session.log.silence.set(why);
            return Ok(None);
        }
        if self.session.config.log.ask == Ask::Never {
            let place = self.session.config.place_of("log.ask");
            let why = format!("{name} was not asked: `log.ask` is `never` in {place}");
            _ = self.session.log.silence.set(why);
            return Ok(None);
        }
        let note = head.as_ref().map(|head| head.note().to_owned());
        let question = (want.version, want.platform, note);
        let waiting = self.session.log.answered.get().is_none();
        let _asking =
            waiting.then(|| self.session.log.asking.lock().unwrap_or_else(PoisonError::into_inner));
        if self.session.log.outage.get().is_some() {
            return Ok(None);
        }
        let known = self.session.log.known(&question);
        let logged = match known {
            Some(Known(known)) => known,
            None => self.look_up(&authority, want, head.as_ref())?,
        };
        if self.session.log.outage.get().is_none() {
            self.session.log.answers().insert(question, Known(logged.clone()));
        }
        logged.as_ref().map_or(Ok(()), |logged| check(want, logged, name))?;
        Ok(logged)
    }

    /// Asks the log; `None` where it says nothing, which is remembered.
    fn look_up(
        &self,
        authority: &TrustRoot,
        want: &ToolchainRequest,
        head: Option<&SignedHead>,
    ) -> Result<Option<Logged>> {
        let name = authority.key.name();
        let remote = match self.log_remote() {
            Ok(Some(remote)) => remote,
            Ok(None) => return Ok(None),
            Err(error) => {
                let reason = format!("{name} could not be asked: {}", error.message());
                _ = self.session.log.outage.set(reason);
                return Ok(None);
            }
        };
        let asker = self.asker()?;
        if let Some((reason, seconds)) = remote.recent_outage(&asker) {
            _ = self.session.log.outage.set(format!("{reason} ({seconds} s ago)"));
            return Ok(None);
        }
        match Log::new(authority, remote).lookup(want.version, want.platform, head) {
            Ok(logged) => {
                _ = self.session.log.answered.set(());
                remote.forget_outage();
                self.tell_of_log(name, &logged, remote);
                Ok(Some(logged))
            }
            Err(LogError::Absent(what)) => {
                _ = self.session.log.answered.set(());
                remote.forget_outage();
                let reason = LogError::Absent(what).explain(name).message().to_owned();
                _ = self.session.log.absence.set(reason);
                Ok(None)
            }
            Err(error) if error.is_inconclusive() => {
                let reason = error.explain(name).message().to_owned();
                remote.note_outage(&asker, &reason);
                _ = self.session.log.outage.set(reason);
                Ok(None)
            }
            Err(error) => Err(error.explain(name).detail("nothing was changed")),
        }
    }

    /// Tells, once each, what a proof lacks and what is not remembered of it.
    fn tell_of_log(&self, name: &str, logged: &Logged, remote: &Remote) {
        let [uncompared, unremembered] = &self.session.log.told;
        if logged.is_stapled && uncompared.set(()).is_ok() {
            self.session.ui.warn(&format!(
                "the copy of {name} that was asked cannot show that it continues the tree built into \
                 goward, and {name} itself could not be reached: a copy with another history would \
                 not have been noticed"
            ));
        }
        if let Some(why) = remote.unremembered()
            && unremembered.set(()).is_ok()
        {
            self.session.ui.warn(why);
        }
    }

    /// Returns a name for the way in which this process asks: who changes it is not held up by an
    /// outage of a moment ago. It is a digest, since proxies may have passwords.
    fn asker(&self) -> Result<String> {
        let mut text = format!("{:?} {:?}", self.session.log.other, self.session.config.network);
        for name in GO_SETTINGS.into_iter().chain(PROXY_SETTINGS) {
            let value = if GO_SETTINGS.contains(&name) {
                self.resolver.go_setting(name)?
            } else {
                self.session.ctx.variable(name).map(|value| value.to_string_lossy().into_owned())
            };
            _ = writeln!(text, "{name}={value:?}");
        }
        Ok(Digest::of(text.as_bytes()).to_string())
    }

    /// Returns what proves these toolchains to others, or why it cannot be had now. `known` are heads
    /// that they may know.
    ///
    /// # Errors
    ///
    /// [`Kind::Log`] when the log cannot be believed.
    pub fn log_excerpt(
        &self,
        toolchains: &[(GoVersion, Platform)],
        known: &[SignedHead],
    ) -> Result<Result<Option<ProofBundle>, String>> {
        let authority = self.session.log.authority()?;
        if self.session.ctx.is_offline() {
            return Ok(Err("network is off (`GOWARD_OFFLINE=1`)".to_owned()));
        }
        let remote = match self.log_remote() {
            Ok(Some(remote)) => remote,
            Ok(None) => {
                let why = self.session.log.silence.get().cloned();
                return Ok(Err(why.unwrap_or_else(|| "`GOPROXY` is `off`".to_owned())));
            }
            Err(error) => return Ok(Err(error.message().to_owned())),
        };
        match Log::new(&authority, remote).proof_bundle(toolchains.iter().copied(), known) {
            Ok(excerpt) => Ok(Ok(excerpt)),
            Err(error) if error.is_inconclusive() => {
                Ok(Err(error.explain(authority.key.name()).message().to_owned()))
            }
            Err(error) => Err(error.explain(authority.key.name())),
        }
    }

    /// Returns what is remembered of the log, with no way to ask it that anybody would use.
    pub(crate) fn log_memory(&self) -> Result<Remote> {
        let authority = self.session.log.authority()?;
        let name = authority.key.name();
        let route = Route::at(name, parse_url(&format!("https://{name}"))?);
        let net = Net::new(&self.session.ctx, Vec::new())?;
        let (state, cache) =
            (self.session.ctx.state_directory(), self.session.ctx.cache_directory());
        Ok(Remote::new(net, route, state.as_deref(), cache.as_deref()))
    }

    /// Returns the way to the log; `None` when Go's settings say that nobody is asked.
    pub(crate) fn log_remote(&self) -> Result<Option<&Remote>> {
        if let Some(remote) = self.session.log.remote.get() {
            return Ok(Some(remote));
        }
        let route = if let Some((_, route)) = &self.session.log.other {
            route.clone()
        } else {
            let [goproxy, gosumdb, gonosumdb, goprivate] =
                GO_SETTINGS.map(|name| self.resolver.go_setting(name));
            let (goproxy, gosumdb) = (goproxy?, gosumdb?);
            let gonosumdb = gonosumdb?.or(goprivate?);
            let settings = GoSettings {
                goproxy: goproxy.as_deref(),
                gosumdb: gosumdb.as_deref(),
                gonosumdb: gonosumdb.as_deref(),
            };
            match Way::parse(settings)? {
                Way::Ask(route) => *route,
                Way::Nobody(why) => {
                    let name = self.session.log.name()?;
                    _ = self.session.log.silence.set(format!("{name} was not asked: {why}"));
                    return Ok(None);
                }
            }
        };
        // It is asked on the way to something else, which may be possible without it.
        let patience = Patience {
            connect: Duration::from_secs(5),
            attempts: 2,
            backoff: Duration::from_millis(200),
            ..Patience::default()
        };
        let (_, net) = self.resolver.module_net(patience)?;
        let (state, cache) =
            (self.session.ctx.state_directory(), self.session.ctx.cache_directory());
        let remote = Remote::new(net, route, state.as_deref(), cache.as_deref());
        Ok(Some(self.session.log.remote.get_or_init(|| remote)))
    }
}

/// Holds what the log proves against what else is known.
pub(crate) fn check(want: &ToolchainRequest, logged: &Logged, name: &str) -> Result<()> {
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
