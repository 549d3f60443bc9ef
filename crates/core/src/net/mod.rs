//! The only place that opens sockets: one HTTP client, its rules and its patience.
//!
//! Sources and the log client fetch through [`Net`]; nothing else asks the network for anything.
//! It promises: https, except to this machine and to hosts that the user listed; at most
//! nine redirects, never to a weaker scheme; no credentials for another host, nor without TLS unless
//! the user listed it for that; bodies that are never longer than the caller's limit; an end in
//! bounded time; and not one socket when `GOWARD_OFFLINE=1`. Small bodies come as bytes ([`Net::fetch_small`]), archives as a stream that
//! resumes itself ([`Download`]).

mod body;
mod bypass;
mod certificates;
pub mod client;
mod content_range;
mod download;
mod error;
mod explain;
mod goauth;
mod goproxy;
mod netrc;
mod part;
mod remote_file;
mod retry;
mod settings;
mod split_download;
mod url;

use crate::ctx::Ctx;
use crate::error::Result;
use body::Body;
pub use certificates::check_certificate_file;
use client::Clients;
pub use download::{Download, Job, MAX_SIZE};
pub use error::{Denial, NetError, Problem, Sent};
pub use goauth::GoAuth;
pub use goproxy::{GoProxy, Place};
pub use remote_file::{Progress, RemoteFile};
use reqwest::Method;
pub use reqwest::Url;
use settings::Settings;
pub use settings::is_proxy;
use std::sync::Arc;
use std::time::Duration;
pub(crate) use url::parse_http;
pub use url::{file_path, join, parse_url, shown, shown_typed};

/// How long to wait and how often to try; the defaults are right for everything but tests.
#[derive(Clone, Debug)]
pub struct Patience {
    /// Longest wait for a connection.
    pub connect: Duration,
    /// Longest wait for an answer, and for the next bytes of one.
    pub stall: Duration,
    /// Fewest bytes per second, measured over each `stall`; below it counts as a stall.
    pub slowest: u64,
    /// How often in a row to try without getting any further; what comes below `slowest` is not further.
    pub attempts: u32,
    /// How often one download may be interrupted, even if each time it got further.
    pub interruptions: u32,
    /// The wait before the second attempt; it doubles each time, and varies by half.
    pub backoff: Duration,
    /// The longest `Retry-After` that is obeyed; a server that asks for more is given up.
    pub retry_after: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            stall: Duration::from_secs(30),
            slowest: 1024,
            attempts: 3,
            interruptions: 50,
            backoff: Duration::from_millis(500),
            retry_after: Duration::from_secs(60),
        }
    }
}

/// How many connections one download takes, unless the user says otherwise.
pub const CONNECTIONS: u8 = 4;

/// What the user permits. An entry is a host, as `name` or `name:port`.
#[derive(Clone, Debug)]
pub struct HttpRules {
    /// Who may be asked without TLS, besides this machine.
    pub hosts: Vec<String>,
    /// Who gets passwords so. Nobody does by itself, this machine included.
    pub password_hosts: Vec<String>,
    /// How many connections one download may take.
    pub connections: u8,
}

impl Default for HttpRules {
    fn default() -> Self {
        Self { hosts: Vec::new(), password_hosts: Vec::new(), connections: CONNECTIONS }
    }
}

impl From<Vec<String>> for HttpRules {
    /// Permits it to these hosts, and no passwords.
    fn from(hosts: Vec<String>) -> Self {
        Self { hosts, ..Self::default() }
    }
}

/// The network, under the user's rules. Clones share connections.
#[derive(Clone, Debug)]
pub struct Net {
    clients: Arc<Clients>,
}

/// A small body and what the server says it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmallBody {
    /// The bytes.
    pub body: Vec<u8>,
    /// The media type in lower case without parameters, as in `text/html`.
    pub content_type: Option<String>,
}

impl SmallBody {
    /// Returns true for a web page, which is what portals answer instead of a file. What the server
    /// calls it does not count: static servers call any file one.
    pub fn is_html(&self) -> bool {
        let body = self.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&self.body);
        body.trim_ascii_start().starts_with(b"<")
    }
}

impl Net {
    /// Reads proxies, credentials and certificate settings from `ctx`; opens nothing.
    pub fn new(ctx: &Ctx, rules: impl Into<HttpRules>) -> Result<Self> {
        Self::with_patience(ctx, rules, Patience::default())
    }

    /// Like [`Net::new`], with other times and counts.
    pub fn with_patience(
        ctx: &Ctx,
        rules: impl Into<HttpRules>,
        patience: Patience,
    ) -> Result<Self> {
        let settings = Settings::from_ctx(ctx, rules.into())?;
        Ok(Self { clients: Arc::new(Clients::new(settings, patience)) })
    }

    /// Fetches a body of at most `limit` bytes, trying again where that can help.
    ///
    /// `what` names the thing in messages: "the list of releases".
    ///
    /// # Errors
    ///
    /// [`Problem::NotFound`] when the server has no such file; see [`Problem`] for the rest.
    pub fn fetch_small(&self, what: &str, url: &Url, limit: u64) -> Result<SmallBody, NetError> {
        retry::with_retries(&self.clients.patience, || self.fetch_once(url, limit))
            .map_err(|(problem, attempts)| NetError::new(what, url, problem, attempts))
    }

    /// Asks whether a file can be had, and reads nothing of it.
    pub fn is_there(&self, url: &Url) -> bool {
        let status = |method| {
            let answer = self.clients.send_by(method, url, None).ok()?;
            Some(answer.response.status().as_u16())
        };
        match status(&Method::HEAD) {
            None | Some(404 | 410) => false,
            Some(200..=299) => true,
            // Signed URLs permit GET only, and some servers know nothing else.
            Some(_) => matches!(status(&Method::GET), Some(200..=299)),
        }
    }

    /// Like [`Net::with_patience`], without the credentials of netrc.
    pub fn without_netrc(
        ctx: &Ctx,
        rules: impl Into<HttpRules>,
        patience: Patience,
    ) -> Result<Self> {
        let settings = Settings::from_ctx(ctx, rules.into())?.without_netrc();
        Ok(Self { clients: Arc::new(Clients::new(settings, patience)) })
    }

    /// Returns why the user's netrc cannot be read, if it is there.
    pub fn netrc_problem(&self) -> Option<&str> {
        self.clients.settings.netrc_problem()
    }

    /// Returns the clients, for protocols that other crates speak over them.
    pub fn clients(&self) -> &Arc<Clients> {
        &self.clients
    }

    fn fetch_once(&self, url: &Url, limit: u64) -> Result<SmallBody, Problem> {
        let patience = &self.clients.patience;
        let response = self.clients.send(url, None)?.require_success(patience)?;
        let content_type = body::media_type(&response);
        let mut body = Body::new(response, patience, url.path())?;
        if body.length.is_some_and(|length| length > limit) {
            return Err(Problem::TooLarge(limit));
        }
        let mut bytes = Vec::new();
        let mut buffer = [0; 16 * 1024];
        loop {
            let count = body.read(&mut buffer)?;
            if count == 0 {
                return Ok(SmallBody { body: bytes, content_type });
            }
            if (bytes.len() + count) as u64 > limit {
                return Err(Problem::TooLarge(limit));
            }
            bytes.extend_from_slice(&buffer[..count]);
        }
    }
}
