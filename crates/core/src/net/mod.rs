//! The only place that opens sockets: one HTTP client, its rules and its patience.
//!
//! Sources and the log client fetch through [`Net`]; nothing else asks the network for anything.
//! It promises: https, except to this machine and to hosts that the user listed; at most
//! five redirects, never to a weaker scheme, and no credentials for another host; bodies that are
//! never longer than the caller's limit; an end in bounded time; and not one socket when
//! `GOWARD_OFFLINE=1`. Small bodies come as bytes ([`Net::fetch_small`]), archives as a stream that
//! resumes itself ([`Download`]).

pub mod client;
mod download;
mod error;
mod goauth;
mod goproxy;
mod netrc;
mod part;
mod retry;
mod settings;
mod url;

use crate::ctx::Ctx;
use crate::error::Result;
use client::{Body, Clients};
pub use download::{Download, Job, MAX_SIZE, Progress};
pub use error::{NetError, Problem};
pub use goauth::GoAuth;
pub use goproxy::{GoProxy, Place};
pub use reqwest::Url;
use reqwest::header::CONTENT_TYPE;
use settings::Settings;
pub use settings::is_proxy;
use std::sync::Arc;
use std::time::Duration;
pub use url::{join, parse_url, shown};

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
    /// Returns true for a web page, which is what portals answer instead of a file.
    pub fn is_html(&self) -> bool {
        let says_so = self.content_type.as_deref() == Some("text/html");
        says_so || self.body.trim_ascii_start().starts_with(b"<")
    }
}

impl Net {
    /// Reads proxies, credentials and certificate settings from `ctx`; opens nothing.
    ///
    /// `http_hosts` are the hosts (`name` or `name:port`) that the *user* trusts to be asked over
    /// plain http.
    pub fn new(ctx: &Ctx, http_hosts: Vec<String>) -> Result<Self> {
        Self::with_patience(ctx, http_hosts, Patience::default())
    }

    /// Like [`Net::new`], with other times and counts.
    pub fn with_patience(ctx: &Ctx, http_hosts: Vec<String>, patience: Patience) -> Result<Self> {
        let settings = Settings::from_ctx(ctx, http_hosts)?;
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

    /// Like [`Net::with_patience`], without the credentials of netrc.
    pub fn without_netrc(ctx: &Ctx, http_hosts: Vec<String>, patience: Patience) -> Result<Self> {
        let settings = Settings::from_ctx(ctx, http_hosts)?.without_netrc();
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
        let response = client::require_success(self.clients.send(url, None)?)?;
        let content_type = media_type(&response);
        let mut body = Body::new(response, &self.clients.patience);
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

fn media_type(response: &reqwest::blocking::Response) -> Option<String> {
    let value = response.headers().get(CONTENT_TYPE)?.to_str().ok()?;
    Some(value.split(';').next()?.trim().to_ascii_lowercase())
}
