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
use crate::verify::sumdb::access::{self, Known, LogAccess};
use crate::verify::sumdb::remote::Remote;
use crate::verify::sumdb::route::{GoSettings, Route, Way};
use crate::verify::sumdb::{Log, LogError, Logged};
use crate::verify::{Digest, Records};
use crate::version::GoVersion;
use gosumdb::{Hash, Head, ProofBundle, SignedHead, TrustRoot};
use std::fmt::Write as _;
use std::sync::Arc;
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

/// How somebody asks the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// Waiting for the answer.
    Alone,
    /// Beside a download, with less patience.
    Beside,
}

/// A question to the log that nobody has answered yet. It can be asked in any thread.
#[derive(Clone)]
pub(crate) struct Question {
    authority: TrustRoot,
    remote: Arc<Remote>,
    version: GoVersion,
    platform: Platform,
    head: Option<SignedHead>,
    /// Who asks, by which an outage is remembered.
    asker: String,
}

impl Question {
    /// Asks the log.
    pub(crate) fn ask(&self) -> Result<Logged, LogError> {
        let log = Log::new(&self.authority, &*self.remote);
        log.lookup(self.version, self.platform, self.head.as_ref())
    }

    fn key(&self) -> access::Question {
        let note = self.head.as_ref().map(|head| head.note().to_owned());
        (self.version, self.platform, note)
    }
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
        match self.question(want, head, Asked::Alone)? {
            Ok(question) => self.settle(want, &question, question.ask()),
            Err(known) => Ok(known),
        }
    }

    /// Returns what to ask the log; as `Err` what it says, where that is known without asking.
    pub(crate) fn question(
        &self,
        want: &ToolchainRequest,
        head: Option<&LockedHead>,
        how: Asked,
    ) -> Result<Result<Question, Option<Logged>>> {
        let log = &self.session.log;
        let authority = log.authority()?.into_owned();
        let head = head.map(|head| open_head(log, head)).transpose()?;
        let name = authority.key.name();
        if self.forbids_asking(name).is_some() {
            return Ok(Err(None));
        }
        if log.outage.get().is_some() {
            return Ok(Err(None));
        }
        let note = head.as_ref().map(|head| head.note().to_owned());
        if let Some(Known(logged)) = log.known(&(want.version, want.platform, note)) {
            logged.as_ref().map_or(Ok(()), |logged| check(want, logged, name))?;
            return Ok(Err(logged));
        }
        let remote = match self.log_remote() {
            Ok(Some(remote)) => remote,
            Ok(None) => return Ok(Err(None)),
            Err(error) => {
                let reason = format!("{name} could not be asked: {}", error.message());
                _ = log.outage.set(reason);
                return Ok(Err(None));
            }
        };
        let alone = self.asker()?;
        // An answer that came too late for a download may be in time for who waits for it.
        let beside = format!("{alone} beside a download");
        let askers = [Some(&alone), (how == Asked::Beside).then_some(&beside)];
        let recent = askers.into_iter().flatten().find_map(|asker| remote.recent_outage(asker));
        if let Some((reason, seconds)) = recent {
            _ = log.outage.set(format!("{reason} ({seconds} s ago)"));
            return Ok(Err(None));
        }
        let (version, platform, remote) = (want.version, want.platform, Arc::clone(remote));
        Ok(Ok(Question { authority, remote, version, platform, head, asker: alone }))
    }

    /// Returns why the log may not be asked, where the network is off or the user wants it so.
    pub(crate) fn forbids_asking(&self, name: &str) -> Option<String> {
        let why = if self.session.ctx.is_offline() {
            NETWORK_IS_OFF.to_owned()
        } else if self.session.config.log.ask == Ask::Never {
            format!("`log.ask` is `never` in {}", self.session.config.place_of("log.ask"))
        } else {
            return None;
        };
        let why = format!("{name} was not asked: {why}");
        _ = self.session.log.silence.set(why.clone());
        Some(why)
    }

    /// Takes an answer; `None` where the log says nothing, which is remembered.
    pub(crate) fn settle(
        &self,
        want: &ToolchainRequest,
        question: &Question,
        answer: Result<Logged, LogError>,
    ) -> Result<Option<Logged>> {
        let (log, name) = (&self.session.log, question.authority.key.name());
        let logged = match answer {
            Ok(logged) => {
                self.tell_of_log(name, &logged, &question.remote);
                Some(logged)
            }
            Err(LogError::Absent(what)) => {
                let reason = LogError::Absent(what).explain(name).message().to_owned();
                _ = log.absence.set(reason);
                None
            }
            Err(error) if error.is_inconclusive() => {
                let reason = error.explain(name).message().to_owned();
                question.remote.note_outage(&question.asker, &reason);
                _ = log.outage.set(reason);
                return Ok(None);
            }
            Err(error) => return Err(error.explain(name).detail("nothing was changed")),
        };
        question.remote.forget_outage();
        log.answers().insert(question.key(), Known(logged.clone()));
        logged.as_ref().map_or(Ok(()), |logged| check(want, logged, name))?;
        Ok(logged)
    }

    /// Remembers that the log did not answer in time.
    pub(crate) fn give_up(&self, question: &Question, why: &str) {
        let reason = format!("{} {why}", question.authority.key.name());
        let asker = format!("{} beside a download", question.asker);
        question.remote.note_outage(&asker, &reason);
        _ = self.session.log.outage.set(reason);
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
        match Log::new(&authority, &**remote).proof_bundle(toolchains.iter().copied(), known) {
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
    pub(crate) fn log_remote(&self) -> Result<Option<&Arc<Remote>>> {
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
        Ok(Some(self.session.log.remote.get_or_init(|| Arc::new(remote))))
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
