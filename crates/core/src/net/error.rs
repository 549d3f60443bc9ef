//! Errors between goward and a server, and their words.
//!
//! Callers branch on [`Problem`]: a missing file is often an answer, not a failure. Everything else
//! becomes an [`Error`] whose message names the thing, the cause and the URL, never credentials.

use super::{Url, shown};
use crate::calendar;
use crate::error::{Advice, Error, Hint, Kind, advice};
use crate::version::GoVersion;
use std::time::{Duration, SystemTime};

/// Why a request did not get what it asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The bytes of the answer are not acceptable: wrong length, encoded, a web page.
    #[error("{0}")]
    Answer(String),
    /// The value of this variable is no proxy, and one is needed.
    #[error("the value of `{0}` is not a usable proxy")]
    BadProxy(String),
    /// The certificate of the server is not valid now, which may be our clock.
    #[error("{0}")]
    CertificateDate(String),
    /// The certificate of the server is not one that this machine trusts.
    #[error("{0}")]
    Certificate(String),
    /// The certificate of the server is that of others.
    #[error("{0}")]
    CertificateName(String),
    /// The file changed between two parts of it.
    #[error("the file changed on the server while it was being downloaded")]
    Changed,
    /// The URL has a password, and would be asked without TLS.
    #[error("a password would be sent to `{0}` over http, where anybody on the way can read it")]
    ClearPassword(String),
    /// No connection, or one that broke before the answer.
    #[error("{0}")]
    Connection(String),
    /// The connection ended before the body did.
    #[error("the connection was cut after {0} bytes")]
    Cut(u64),
    /// 401, 403, or 407 of a server that is no proxy.
    #[error("access was denied (HTTP status {})", .0.code)]
    Denied(Denial),
    /// There is no TLS that both speak.
    #[error("{0}")]
    Handshake(String),
    /// A file of ours could not be read or written.
    #[error("{0}")]
    Local(String),
    /// 404 or 410.
    #[error("there is no such file (HTTP status {code})")]
    NotFound {
        /// The status.
        code: u16,
        /// What the server says to it.
        reason: Option<String>,
    },
    /// The user wants no network.
    #[error("{}", advice::NETWORK_IS_OFF)]
    Offline,
    /// Plain http to a host that the user did not list.
    #[error("`{0}` would be asked over http, which anybody on the way can read and change")]
    PlainHttp(String),
    /// 407: a proxy on the way does not let this user through.
    #[error("the proxy `{proxy}` {} (HTTP status 407)", wants(*.had_password))]
    ProxyDenied {
        /// The proxy as it may be shown.
        proxy: String,
        /// Whether it was given a user or a password.
        had_password: bool,
    },
    /// Forbidden by our own rules.
    #[error("{0}")]
    Refused(String),
    /// No answer began in time. Not asked again: who waits so long three times waits for minutes.
    #[error("the server did not answer within {} seconds", .0.as_secs_f32())]
    Silent(Duration),
    /// Nothing came for too long, or too little.
    #[error("the server sent too little for {} seconds", .0.as_secs_f32())]
    Stalled(Duration),
    /// Any other status.
    #[error("HTTP status {code}{}", asked_to_wait(*.retry_after))]
    Status {
        /// The status code.
        code: u16,
        /// The server's wish, if it has one.
        retry_after: Option<Duration>,
        /// What the server says to it, escaped.
        reason: Option<String>,
    },
    /// The body is larger than it may be.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(u64),
}

/// A refusal by a server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Denial {
    /// The status.
    pub code: u16,
    /// Whose credentials it was given.
    pub sent: Sent,
    /// Whether it takes tokens and no passwords.
    pub wants_token: bool,
    /// What it says to it, escaped.
    pub reason: Option<String>,
}

/// Which credentials a server was given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sent {
    /// Nobody has any for it.
    #[default]
    Nothing,
    /// None: GOAUTH leaves netrc out.
    NetrcIsOff,
    /// Those of netrc.
    Netrc,
    /// Those in the URL.
    Url,
    /// None, although netrc has some: there is no TLS.
    Withheld,
}

fn wants(had_password: bool) -> &'static str {
    if had_password {
        "does not take the user and password that it was given"
    } else {
        "wants a user and a password"
    }
}

fn asked_to_wait(retry_after: Option<Duration>) -> String {
    retry_after.map_or_else(String::new, |wait| {
        format!("; the server asks to wait {} seconds", wait.as_secs())
    })
}

impl Problem {
    /// Makes one for what is not there, of which no server says more.
    pub fn absent(code: u16) -> Self {
        Self::NotFound { code, reason: None }
    }

    /// Returns true when the same request may succeed later.
    pub fn may_pass(&self) -> bool {
        self.is_transient() || matches!(self, Self::Silent(_))
    }

    /// Returns what the server says to it, if it says something.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Denied(Denial { reason, .. })
            | Self::NotFound { reason, .. }
            | Self::Status { reason, .. } => reason.as_deref(),
            _ => None,
        }
    }

    /// Returns true when the same request may succeed a moment later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Connection(_) | Self::Cut(_) | Self::Stalled(_) => true,
            Self::Status { code, .. } => matches!(code, 408 | 429 | 500..=599),
            _ => false,
        }
    }
}

/// A request that failed for good.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot download {what}: {problem}")]
pub struct NetError {
    /// What was wanted, for people: `go1.27.1`, "the list of releases".
    pub what: String,
    /// The URL as it may be shown.
    pub url: String,
    /// Why it failed, the last time.
    pub problem: Problem,
    /// How often it was tried in a row.
    pub attempts: u32,
}

impl NetError {
    /// Describes the failure of a request for `what`.
    pub fn new(what: &str, url: &Url, problem: Problem, attempts: u32) -> Self {
        Self { what: what.to_owned(), url: shown(url), problem, attempts }
    }

    /// Returns true when the server says that there is no such file.
    pub fn is_absence(&self) -> bool {
        matches!(self.problem, Problem::NotFound { .. })
    }

    /// Says it in one line: where, what, and what the server says to it.
    pub fn in_one_line(&self) -> String {
        let reason = self.problem.reason().map(|reason| format!(": {reason}"));
        format!("{}: {}{}", self.url, self.problem, reason.unwrap_or_default())
    }

    /// Tells it to people, as a failure of `kind`.
    pub fn report(&self, kind: Kind) -> Error {
        let mut shown = Error::new(kind, self.to_string()).detail(format!("wanted {}", self.url));
        if let Some(reason) = self.problem.reason() {
            shown = shown.detail(format!("the server says: {reason}"));
        }
        if self.attempts > 1 {
            shown = shown.detail(format!("tried {} times", self.attempts));
        }
        match self.hint() {
            Some(hint) => shown.hint(hint),
            None => shown,
        }
    }

    fn hint(&self) -> Option<Hint> {
        let other = || "python-index".to_owned();
        Some(match &self.problem {
            Problem::Offline => {
                let wanted = GoVersion::parse(&self.what);
                wanted.map_or(Advice::LeaveOffline, Advice::leave_offline_for).into()
            }
            Problem::CertificateDate(_) => format!(
                "system clock is {}; if that is wrong, set it and try again",
                clock(SystemTime::now())
            )
            .into(),
            Problem::Certificate(_) => {
                if cfg!(windows) {
                    "update Windows, which has the certificates, or if your network inspects TLS, \
                     have its certificate among the trusted roots of Windows"
                        .into()
                } else {
                    "update the system's certificates (Debian: `apt-get install \
                     ca-certificates`), or if your network inspects TLS, name the file with its \
                     certificate: `SSL_CERT_FILE=/path/to/ca.pem`"
                        .into()
                }
            }
            Problem::Connection(_) | Problem::Silent(_) | Problem::Stalled(_) => {
                Advice::CheckNetworkOrSource { source: other() }.into()
            }
            Problem::ProxyDenied { .. } | Problem::Denied(Denial { code: 407, .. }) => {
                "give the proxy's user and password: `HTTPS_PROXY=http://user:password@host:port`"
                    .into()
            }
            Problem::BadProxy(variable) => {
                format!("write it as in `{variable}=http://proxy.example:3128`").into()
            }
            Problem::Denied(denial) => denial.hint(),
            Problem::CertificateName(_) => {
                "write the server's own name into the URL, or have its certificate name this one"
                    .into()
            }
            Problem::ClearPassword(host) => Advice::SendOverTls { host: host.clone() }.into(),
            Problem::Handshake(_) => {
                "have one of these switched on for the server, or put a proxy that has it before it"
                    .into()
            }
            Problem::PlainHttp(_) => {
                "write `https://`, or list the host as `http-hosts` in your own configuration"
                    .into()
            }
            Problem::Answer(_) | Problem::Cut(_) | Problem::Changed | Problem::Status { .. } => {
                Advice::TryLaterOrSource { source: other() }.into()
            }
            Problem::Local(_)
            | Problem::NotFound { .. }
            | Problem::Refused(_)
            | Problem::TooLarge(_) => return None,
        })
    }
}

impl Denial {
    /// Returns what helps against it.
    fn hint(&self) -> Hint {
        let advice = match self.sent {
            _ if self.wants_token => Advice::GiveToken,
            Sent::Url => Advice::CorrectUrlPassword,
            Sent::Netrc => Advice::CorrectNetrc,
            Sent::NetrcIsOff => Advice::SwitchNetrcOn,
            Sent::Withheld => Advice::SendNetrcOverTls,
            Sent::Nothing => Advice::GiveCredentialsOrSource { source: "go.dev".to_owned() },
        };
        advice.into()
    }
}

impl From<NetError> for Error {
    fn from(error: NetError) -> Self {
        error.report(match error.problem {
            Problem::Local(_) => Kind::Failed,
            _ => Kind::Network,
        })
    }
}

/// Returns date and time in UTC, as in `2026-11-21 20:55 UTC`.
fn clock(now: SystemTime) -> String {
    calendar::utc(now).format("%Y-%m-%d %H:%M UTC").to_string()
}

#[cfg(test)]
mod tests;
