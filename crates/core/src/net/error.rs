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
    /// The certificate of the server is not valid now, which may be our clock.
    #[error("{0}")]
    CertificateDate(String),
    /// The certificate of the server is not one that this machine trusts.
    #[error("{0}")]
    Certificate(String),
    /// The file changed between two parts of it.
    #[error("the file changed on the server while it was being downloaded")]
    Changed,
    /// No connection, or one that broke before the answer.
    #[error("{0}")]
    Connection(String),
    /// The connection ended before the body did.
    #[error("the connection was cut after {0} bytes")]
    Cut(u64),
    /// 401, 403 or 407.
    #[error("access was denied (HTTP status {0})")]
    Denied(u16),
    /// A file of ours could not be read or written.
    #[error("{0}")]
    Local(String),
    /// 404 or 410.
    #[error("there is no such file (HTTP status {0})")]
    NotFound(u16),
    /// The user wants no network.
    #[error("{}", advice::NETWORK_IS_OFF)]
    Offline,
    /// Plain http to a host that the user did not list.
    #[error("`{0}` would be asked over http, which anybody on the way can read and change")]
    PlainHttp(String),
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
    },
    /// The body is larger than it may be.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(u64),
}

fn asked_to_wait(retry_after: Option<Duration>) -> String {
    retry_after.map_or_else(String::new, |wait| {
        format!("; the server asks to wait {} seconds", wait.as_secs())
    })
}

impl Problem {
    /// Returns true when the same request may succeed later.
    pub fn may_pass(&self) -> bool {
        self.is_transient() || matches!(self, Self::Silent(_))
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
        matches!(self.problem, Problem::NotFound(_))
    }

    /// Tells it to people, as a failure of `kind`.
    pub fn report(&self, kind: Kind) -> Error {
        let mut shown = Error::new(kind, self.to_string()).detail(format!("wanted {}", self.url));
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
                "update the system's certificates (Debian: `apt-get install ca-certificates`), or \
                 if your network inspects TLS, name the file with its certificate: \
                 `SSL_CERT_FILE=/path/to/ca.pem`"
                    .into()
            }
            Problem::Connection(_) | Problem::Silent(_) | Problem::Stalled(_) => {
                Advice::CheckNetworkOrSource { source: other() }.into()
            }
            Problem::Denied(407) => {
                "give the proxy's user and password: `HTTPS_PROXY=http://user:password@host:port`"
                    .into()
            }
            Problem::Denied(_) => {
                Advice::GiveCredentialsOrSource { source: "go.dev".to_owned() }.into()
            }
            Problem::PlainHttp(_) => {
                "write `https://`, or list the host as `http-hosts` in your own configuration"
                    .into()
            }
            Problem::Answer(_) | Problem::Cut(_) | Problem::Changed | Problem::Status { .. } => {
                Advice::TryLaterOrSource { source: other() }.into()
            }
            Problem::Local(_)
            | Problem::NotFound(_)
            | Problem::Refused(_)
            | Problem::TooLarge(_) => return None,
        })
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
mod tests {
    use super::*;
    use std::time::UNIX_EPOCH;

    fn report(what: &str, problem: Problem, attempts: u32) -> String {
        let url = Url::parse("https://user:secret@go.dev/dl/x.tar.gz?token=1").unwrap();
        Error::from(NetError::new(what, &url, problem, attempts)).to_string()
    }

    #[test]
    fn messages_in_full() {
        let cases = [
            (
                report("go1.24.3", Problem::Offline, 1),
                "goward: cannot download go1.24.3: network is off (`GOWARD_OFFLINE=1`)\n  \
                 wanted https://go.dev/dl/x.tar.gz\n\
                 hint: unset `GOWARD_OFFLINE`, or give a directory: \
                 `GOWARD_SOURCE=file:///path goward install go1.24.3`",
            ),
            (
                report("the list of releases", Problem::Offline, 1),
                "goward: cannot download the list of releases: network is off \
                 (`GOWARD_OFFLINE=1`)\n  wanted https://go.dev/dl/x.tar.gz\n\
                 hint: unset `GOWARD_OFFLINE`, or give a directory: \
                 `GOWARD_SOURCE=file:///path goward install`",
            ),
            (
                report("x", Problem::Connection("connection refused".to_owned()), 3),
                "goward: cannot download x: connection refused\n  \
                 wanted https://go.dev/dl/x.tar.gz\n  tried 3 times\n\
                 hint: check the network and the proxy variables (`HTTPS_PROXY`, `NO_PROXY`), or \
                 give another source: `GOWARD_SOURCE=python-index`",
            ),
            (
                report("x", Problem::Stalled(Duration::from_secs(30)), 3),
                "goward: cannot download x: the server sent too little for 30 seconds\n  \
                 wanted https://go.dev/dl/x.tar.gz\n  tried 3 times\n\
                 hint: check the network and the proxy variables (`HTTPS_PROXY`, `NO_PROXY`), or \
                 give another source: `GOWARD_SOURCE=python-index`",
            ),
            (
                report("x", Problem::Silent(Duration::from_secs(30)), 1),
                "goward: cannot download x: the server did not answer within 30 seconds\n  \
                 wanted https://go.dev/dl/x.tar.gz\n\
                 hint: check the network and the proxy variables (`HTTPS_PROXY`, `NO_PROXY`), or \
                 give another source: `GOWARD_SOURCE=python-index`",
            ),
            (
                report("x", Problem::NotFound(404), 1),
                "goward: cannot download x: there is no such file (HTTP status 404)\n  \
                 wanted https://go.dev/dl/x.tar.gz",
            ),
            (
                report("x", Problem::Denied(403), 1),
                "goward: cannot download x: access was denied (HTTP status 403)\n  \
                 wanted https://go.dev/dl/x.tar.gz\n\
                 hint: put user and password for this host into `~/.netrc`, or give another \
                 source: `GOWARD_SOURCE=go.dev`",
            ),
            (
                report("x", Problem::Denied(407), 1),
                "goward: cannot download x: access was denied (HTTP status 407)\n  \
                 wanted https://go.dev/dl/x.tar.gz\n\
                 hint: give the proxy's user and password: \
                 `HTTPS_PROXY=http://user:password@host:port`",
            ),
            (
                report("x", Problem::PlainHttp("m.example".to_owned()), 1),
                "goward: cannot download x: `m.example` would be asked over http, which anybody \
                 on the way can read and change\n  wanted https://go.dev/dl/x.tar.gz\n\
                 hint: write `https://`, or list the host as `http-hosts` in your own \
                 configuration",
            ),
            (
                report(
                    "x",
                    Problem::Status { code: 429, retry_after: Some(Duration::from_secs(90)) },
                    1,
                ),
                "goward: cannot download x: HTTP status 429; the server asks to wait 90 seconds\n  \
                 wanted https://go.dev/dl/x.tar.gz\n\
                 hint: try again later, or give another source: `GOWARD_SOURCE=python-index`",
            ),
            (
                report("x", Problem::Cut(17), 3),
                "goward: cannot download x: the connection was cut after 17 bytes\n  \
                 wanted https://go.dev/dl/x.tar.gz\n  tried 3 times\n\
                 hint: try again later, or give another source: `GOWARD_SOURCE=python-index`",
            ),
            (
                report("x", Problem::TooLarge(9), 1),
                "goward: cannot download x: the answer is larger than 9 bytes\n  \
                 wanted https://go.dev/dl/x.tar.gz",
            ),
        ];
        for (got, want) in cases {
            assert_eq!(got, want);
        }
    }

    #[test]
    fn a_wrong_date_names_the_clock() {
        let text = report("x", Problem::CertificateDate("it has expired".to_owned()), 1);
        assert!(text.contains("\nhint: system clock is 2"), "{text}");
    }

    #[test]
    fn only_our_own_files_are_no_network_error() {
        let url = Url::parse("https://go.dev/").unwrap();
        let kind = |problem| Error::from(NetError::new("x", &url, problem, 1)).kind();
        assert_eq!(kind(Problem::Local("no space".to_owned())), Kind::Failed);
        assert_eq!(kind(Problem::Changed), Kind::Network);
    }

    #[test]
    fn dates() {
        let cases = [
            (0, "1970-01-01 00:00 UTC"),
            (951_782_400, "2000-02-29 00:00 UTC"),
            (1_000_000_000, "2001-09-09 01:46 UTC"),
            (4_102_444_799, "2099-12-31 23:59 UTC"),
        ];
        for (seconds, want) in cases {
            assert_eq!(clock(UNIX_EPOCH + Duration::from_secs(seconds)), want);
        }
    }
}
