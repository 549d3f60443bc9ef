//! One request, redirects included, and the reading of its body.
//!
//! Turns the HTTP library's errors into [`Problem`]s. Nothing here tries twice.

use super::netrc::Credentials;
use super::settings::{Settings, is_same_origin};
use super::url::{check, copy_credentials, follow};
use super::{Patience, Problem, Url};
use crate::error::untrusted;
use reqwest::blocking::{Client, ClientBuilder, Response};
use reqwest::header::{
    ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, HeaderMap, HeaderName, HeaderValue, IF_RANGE,
    LOCATION, RANGE, RETRY_AFTER,
};
use reqwest::{StatusCode, redirect};
use rustls::{CertificateError, ClientConfig, RootCertStore};
use std::error::Error as StdError;
use std::io::Read;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

/// What servers are told of who asks.
pub const USER_AGENT: &str = concat!("goward/", env!("CARGO_PKG_VERSION"));
/// How often a redirect is followed.
const MAX_REDIRECTS: usize = 5;

/// The rest of a file, on condition that it is still the same file.
#[derive(Clone, Debug)]
pub(super) struct RangeRequest {
    pub(super) start: u64,
    /// An `ETag` or `Last-Modified` value.
    pub(super) validator: Option<HeaderValue>,
}

/// The HTTP clients, made when they are first needed.
#[derive(Debug)]
pub struct Clients {
    pub settings: Settings,
    pub patience: Patience,
    /// Knows the certificate authorities, which takes time to read and may be missing.
    secure: OnceLock<Client>,
    /// For plain http: trusts no certificate at all.
    plain: OnceLock<Client>,
}

impl Clients {
    pub(super) fn new(settings: Settings, patience: Patience) -> Self {
        Self { settings, patience, secure: OnceLock::new(), plain: OnceLock::new() }
    }

    /// Refuses what our rules forbid, without opening anything.
    pub fn require_permission(&self, url: &Url) -> Result<(), Problem> {
        if self.settings.offline {
            return Err(Problem::Offline);
        }
        check(url, &self.settings.http_hosts)
    }

    /// Asks once, following redirects by our own rules, and returns the answer, whatever its status.
    pub(super) fn send(
        &self,
        url: &Url,
        range: Option<&RangeRequest>,
    ) -> Result<Response, Problem> {
        self.require_permission(url)?;
        let authorization = self.find_authorization(url);
        let mut at = url.clone();
        for _ in 0..=MAX_REDIRECTS {
            let mut request = self.client(&at)?.get(at.clone());
            if let Some(value) = authorization.as_ref().filter(|_| is_same_origin(url, &at)) {
                request = request.header(AUTHORIZATION, value);
            }
            if let Some(range) = range {
                request = request.header(RANGE, format!("bytes={}-", range.start));
                if let Some(validator) = &range.validator {
                    request = request.header(IF_RANGE, validator);
                }
            }
            let response = request.send().map_err(|error| explain(&error, self.patience.stall))?;
            let Some(location) = find_redirect(&response)? else {
                return Ok(response);
            };
            at = follow(&at, &location, &self.settings.http_hosts)?;
            if is_same_origin(url, &at) {
                copy_credentials(url, &mut at);
            }
        }
        Err(Problem::Refused(format!("it redirects more than {MAX_REDIRECTS} times")))
    }

    fn client(&self, url: &Url) -> Result<&Client, Problem> {
        let (slot, is_secure) = match url.scheme() {
            "https" => (&self.secure, true),
            _ => (&self.plain, false),
        };
        if let Some(client) = slot.get() {
            return Ok(client);
        }
        let client = self.build(is_secure).map_err(|error| {
            let cause = root_cause(&error);
            Problem::Certificate(format!("this machine has no certificate authorities: {cause}"))
        })?;
        Ok(slot.get_or_init(|| client))
    }

    /// Returns the `Authorization` for a host from netrc.
    pub fn find_authorization(&self, url: &Url) -> Option<String> {
        self.settings.find_credentials(url).map(Credentials::authorization)
    }

    /// Makes a client that does not block, for libraries that want one. Without limits on the time
    /// that a whole answer takes: what is sent can be large.
    pub fn build_async(&self) -> reqwest::Result<reqwest::Client> {
        _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = reqwest::Client::builder()
            .user_agent(USER_AGENT)
            .redirect(redirect::Policy::none())
            .referer(false)
            .connect_timeout(self.patience.connect)
            .read_timeout(self.patience.stall)
            .no_proxy();
        for proxy in self.settings.proxies.each() {
            builder = builder.proxy(proxy?);
        }
        match self.settings.authorities.clone().and_then(tls_config) {
            Some(config) => builder.tls_backend_preconfigured(config).build(),
            None => builder.build(),
        }
    }

    fn build(&self, is_secure: bool) -> reqwest::Result<Client> {
        // The process-wide choice is what the platform's verifier asks for. Only the first call
        // can succeed, and any of them is as good.
        _ = rustls::crypto::ring::default_provider().install_default();
        let mut headers = HeaderMap::new();
        // Digests are of the bytes as published.
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        let mut builder = Client::builder()
            .user_agent(USER_AGENT)
            .default_headers(headers)
            .redirect(redirect::Policy::none())
            .referer(false)
            .connect_timeout(self.patience.connect)
            .timeout(self.patience.stall)
            // Plain http is permitted to this name, so it has to be this machine.
            .resolve_to_addrs(
                "localhost",
                &[
                    SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
                    SocketAddr::from((Ipv6Addr::LOCALHOST, 0)),
                ],
            )
            .no_proxy();
        for proxy in self.settings.proxies.each() {
            builder = builder.proxy(proxy?);
        }
        let authorities = match (&self.settings.authorities, is_secure) {
            (Some(authorities), _) => Some(authorities.clone()),
            (None, true) => None,
            (None, false) => Some(RootCertStore::empty()),
        };
        trust(builder, authorities).build()
    }
}

/// Sets the authorities that are trusted; `None` for the platform's.
fn trust(builder: ClientBuilder, authorities: Option<RootCertStore>) -> ClientBuilder {
    match authorities.and_then(tls_config) {
        Some(config) => builder.tls_backend_preconfigured(config),
        None => builder,
    }
}

/// Returns TLS that trusts these authorities alone; ring has every protocol version there is.
fn tls_config(authorities: RootCertStore) -> Option<ClientConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider);
    let config = config.with_safe_default_protocol_versions().ok()?;
    Some(config.with_root_certificates(authorities).with_no_client_auth())
}

/// Returns the target of a redirect; other answers are `None`.
fn find_redirect(response: &Response) -> Result<Option<String>, Problem> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    match header(response, &LOCATION) {
        Some(location) => Ok(Some(location.to_owned())),
        None => Err(Problem::Answer("it redirects to nowhere".to_owned())),
    }
}

/// Returns a header's value if it is text.
pub(super) fn header<'a>(response: &'a Response, name: &HeaderName) -> Option<&'a str> {
    response.headers().get(name)?.to_str().ok()
}

/// Turns an answer that has not the file in it into a problem.
pub(super) fn require_success(response: Response) -> Result<Response, Problem> {
    let status = response.status();
    match status.as_u16() {
        200 | 206 => {}
        404 | 410 => return Err(Problem::NotFound(status.as_u16())),
        401 | 403 | 407 => return Err(Problem::Denied(status.as_u16())),
        code => return Err(Problem::Status { code, retry_after: find_retry_after(&response) }),
    }
    let encoding = header(&response, &CONTENT_ENCODING).unwrap_or("identity").trim();
    if !encoding.is_empty() && !encoding.eq_ignore_ascii_case("identity") {
        return Err(Problem::Answer(format!(
            "the server encodes it as `{}`, although asked not to",
            untrusted(encoding)
        )));
    }
    Ok(response)
}

/// Reads `Retry-After` in seconds. Its other form, a date, depends on two clocks and is ignored.
fn find_retry_after(response: &Response) -> Option<Duration> {
    let waits = matches!(
        response.status(),
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE
    );
    let seconds = header(response, &RETRY_AFTER).filter(|_| waits)?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// The body of an answer, read with an eye on the clock.
#[derive(Debug)]
pub(super) struct Body {
    response: Response,
    /// The length that the server announced.
    pub(super) length: Option<u64>,
    received: u64,
    pace: Pace,
}

impl Body {
    pub(super) fn new(response: Response, patience: &Patience) -> Self {
        let length = response.content_length();
        Self { response, length, received: 0, pace: Pace::new(patience) }
    }

    /// Reads some bytes; 0 at the end. An end before the announced length is a problem.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Problem> {
        let start = Instant::now();
        let count = loop {
            match self.response.read(buffer) {
                Ok(count) => break count,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) if is_timeout(&error) => {
                    return Err(Problem::Stalled(self.pace.stall));
                }
                Err(_) => return Err(Problem::Cut(self.received)),
            }
        };
        self.received += count as u64;
        if count > 0 && !self.pace.is_kept(count as u64, start.elapsed()) {
            return Err(Problem::Stalled(self.pace.stall));
        }
        Ok(count)
    }
}

/// Notices a server that sends a byte now and then, for ever.
#[derive(Debug)]
struct Pace {
    stall: Duration,
    slowest: u64,
    waited: Duration,
    received: u64,
}

impl Pace {
    fn new(patience: &Patience) -> Self {
        Self {
            stall: patience.stall,
            slowest: patience.slowest,
            waited: Duration::ZERO,
            received: 0,
        }
    }

    /// Counts bytes and the time spent waiting for them, not the time that the reader took.
    fn is_kept(&mut self, bytes: u64, waited: Duration) -> bool {
        self.received += bytes;
        self.waited += waited;
        if self.waited < self.stall {
            return true;
        }
        let least = u128::from(self.slowest) * self.waited.as_millis() / 1000;
        let kept = u128::from(self.received) >= least;
        (self.waited, self.received) = (Duration::ZERO, 0);
        kept
    }
}

fn chain<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| {
        // An io::Error hides what it was made from from `source`.
        match error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
            Some(inner) => Some(inner as &(dyn StdError + 'static)),
            None => error.source(),
        }
    })
}

fn is_timeout(error: &(dyn StdError + 'static)) -> bool {
    chain(error).any(|cause| {
        cause.downcast_ref::<reqwest::Error>().is_some_and(reqwest::Error::is_timeout)
            || cause
                .downcast_ref::<std::io::Error>()
                .is_some_and(|cause| cause.kind() == std::io::ErrorKind::TimedOut)
    })
}

fn root_cause(error: &(dyn StdError + 'static)) -> String {
    let cause = chain(error).last().map(ToString::to_string).unwrap_or_default();
    untrusted(cause)
}

/// Says what went wrong before there was an answer.
fn explain(error: &reqwest::Error, stall: Duration) -> Problem {
    let certificate = chain(error).find_map(|cause| match cause.downcast_ref::<rustls::Error>() {
        Some(rustls::Error::InvalidCertificate(problem)) => Some(problem),
        _ => None,
    });
    match certificate {
        Some(CertificateError::Expired | CertificateError::ExpiredContext { .. }) => {
            Problem::CertificateDate("the server's certificate has expired".to_owned())
        }
        Some(CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. }) => {
            Problem::CertificateDate("the server's certificate is not valid yet".to_owned())
        }
        Some(CertificateError::UnknownIssuer) => Problem::Certificate(
            "this machine does not trust the issuer of the server's certificate".to_owned(),
        ),
        Some(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => Problem::Certificate("the server's certificate is for another name".to_owned()),
        Some(other) => Problem::Certificate(format!(
            "the server's certificate is not valid: {}",
            untrusted(other.to_string())
        )),
        None if error.is_connect() => {
            Problem::Connection(format!("cannot connect: {}", root_cause(error)))
        }
        None if is_timeout(error) => Problem::Silent(stall),
        None => Problem::Connection(format!("no answer: {}", root_cause(error))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_server_is_given_up_and_a_slow_reader_is_not() {
        let patience =
            Patience { stall: Duration::from_secs(30), slowest: 100, ..Patience::default() };
        let second = Duration::from_secs(1);
        // (bytes each second, how many seconds are tolerated out of 60)
        for (bytes, tolerated) in [(1, 29), (99, 29), (100, 60), (1000, 60)] {
            let mut pace = Pace::new(&patience);
            let kept = (0..60).take_while(|_| pace.is_kept(bytes, second)).count();
            assert_eq!(kept, tolerated, "{bytes}");
        }
        let mut pace = Pace::new(&patience);
        assert!((0..10_000).all(|_| pace.is_kept(1, Duration::from_micros(1))));
    }
}
