//! One request, redirects included, and the reading of its body.
//!
//! Turns the HTTP library's errors into [`Problem`]s. Nothing here tries twice.

use super::body::{Body, header, media_type};
use super::error::{Denial, Sent};
use super::explain::{explain, proxy_denied, root_cause};
use super::settings::{Settings, is_same_origin};
use super::url::{check, copy_credentials, follow};
use super::{Patience, Problem, Url};
use crate::error::untrusted;
use crate::ui::Ui;
use reqwest::blocking::{Client, ClientBuilder, Response};
use reqwest::header::{
    ACCEPT_ENCODING, AUTHORIZATION, HeaderMap, HeaderValue, IF_RANGE, LOCATION, RANGE, RETRY_AFTER,
    WWW_AUTHENTICATE,
};
use reqwest::{Method, StatusCode, redirect};
use rustls::{ClientConfig, RootCertStore};
use std::collections::BTreeSet;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::ops::Range;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// What servers are told of who asks. It begins as `go` says it up to 1.26, because some module
/// proxies let nobody else in.
pub const USER_AGENT: &str = concat!("Go-http-client/1.1 goward/", env!("CARGO_PKG_VERSION"));
/// How often a redirect is followed: as often as by `go` (`checkRedirect` in
/// `src/cmd/go/internal/web/http.go` of Go 1.27).
const MAX_REDIRECTS: usize = 9;
/// How much is read of what a server says to a refusal, and for how long.
const MAX_REASON: u64 = 4 << 10;
const TIME_FOR_REASON: Duration = Duration::from_secs(2);

/// Proxies that did not take our password. It is not sent again: some lock a user out after a few.
static DENYING_PROXIES: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// A part of a file, on condition that it is still the same file.
#[derive(Clone, Debug)]
pub(super) struct RangeRequest {
    pub(super) span: Span,
    /// An `ETag` or `Last-Modified` value.
    pub(super) validator: Option<HeaderValue>,
}

/// Which part of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Span {
    /// From here to its end.
    From(u64),
    /// So many bytes at its end.
    Last(u64),
    /// What is between two places.
    Within(Range<u64>),
}

impl Span {
    /// Returns the value of the header `Range`.
    fn header(&self) -> String {
        match self {
            Self::From(start) => format!("bytes={start}-"),
            Self::Last(count) => format!("bytes=-{count}"),
            Self::Within(span) => format!("bytes={}-{}", span.start, span.end.saturating_sub(1)),
        }
    }
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

    /// Returns how many connections one download may take.
    pub(super) fn connections(&self) -> usize {
        usize::from(self.settings.connections.max(1))
    }

    /// Refuses what our rules forbid, without opening anything.
    pub fn require_permission(&self, url: &Url) -> Result<(), Problem> {
        if self.settings.offline {
            return Err(Problem::Offline);
        }
        check(url, &self.settings.http_hosts)?;
        self.settings.check_password(url)?;
        self.settings.proxies.find(url).map(drop)
    }

    /// Asks once, following redirects by our own rules, and returns the answer, whatever its status.
    pub(super) fn send(&self, url: &Url, range: Option<&RangeRequest>) -> Result<Answer, Problem> {
        self.send_by(&Method::GET, url, range)
    }

    /// Like [`Clients::send`], with another method.
    pub(super) fn send_by(
        &self,
        method: &Method,
        url: &Url,
        range: Option<&RangeRequest>,
    ) -> Result<Answer, Problem> {
        self.require_permission(url)?;
        let login = self.settings.login(url);
        let mut at = url.clone();
        for _ in 0..=MAX_REDIRECTS {
            let is_home = is_same_origin(url, &at);
            let authorization = login.authorization.as_ref().filter(|_| is_home);
            let response = self.ask(method, &at, authorization, range)?;
            let Some(location) = find_redirect(&response)? else {
                let sent = if is_home { login.sent } else { Sent::Nothing };
                return Ok(Answer { response, sent });
            };
            at = follow(&at, &location, &self.settings.http_hosts)?;
            if is_same_origin(url, &at) {
                copy_credentials(url, &mut at);
            }
        }
        Err(Problem::Refused(format!("it redirects more than {MAX_REDIRECTS} times")))
    }

    /// Asks once, and follows no redirect.
    fn ask(
        &self,
        method: &Method,
        url: &Url,
        authorization: Option<&String>,
        range: Option<&RangeRequest>,
    ) -> Result<Response, Problem> {
        let proxy = self.settings.proxies.find(url)?;
        let denying = || DENYING_PROXIES.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(proxy) = proxy.filter(|proxy| denying().contains(proxy.as_str())) {
            return Err(proxy_denied(proxy));
        }
        let mut request = self.client(url)?.request(method.clone(), url.clone());
        if let Some(value) = authorization {
            request = request.header(AUTHORIZATION, value);
        }
        if let Some(range) = range {
            request = request.header(RANGE, range.span.header());
            if let Some(validator) = &range.validator {
                request = request.header(IF_RANGE, validator);
            }
        }
        let wait = Ui::wait_for(url.host_str().unwrap_or_default(), self.patience.stall);
        let answer = request.send();
        drop(wait);
        let problem = match (answer, proxy) {
            (Ok(response), Some(proxy)) if response.status().as_u16() == 407 => proxy_denied(proxy),
            (Ok(response), _) => return Ok(response),
            (Err(error), proxy) => explain(&error, url, proxy, self.patience.stall),
        };
        if let (Problem::ProxyDenied { .. }, Some(proxy)) = (&problem, proxy) {
            denying().insert(proxy.to_string());
        }
        Err(problem)
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
        self.settings.login(url).authorization
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
        if let Some(proxy) = self.settings.proxies.as_proxy() {
            builder = builder.proxy(proxy);
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
        if let Some(proxy) = self.settings.proxies.as_proxy() {
            builder = builder.proxy(proxy);
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

/// An answer, whatever its status.
pub(super) struct Answer {
    pub(super) response: Response,
    /// Whose credentials the server that answered was given.
    sent: Sent,
}

impl Answer {
    /// Turns an answer that has not the file in it into a problem.
    pub(super) fn require_success(self, patience: &Patience) -> Result<Response, Problem> {
        let Self { response, sent } = self;
        match response.status().as_u16() {
            200 | 206 => Ok(response),
            code @ (404 | 410) => {
                Err(Problem::NotFound { code, reason: read_reason(response, patience) })
            }
            code @ (401 | 403 | 407) => {
                let schemes = response.headers().get_all(WWW_AUTHENTICATE).iter();
                let wants_token = wants_token(schemes.filter_map(|value| value.to_str().ok()));
                let reason = read_reason(response, patience);
                Err(Problem::Denied(Denial { code, sent, wants_token, reason }))
            }
            code => {
                let retry_after = find_retry_after(&response);
                Err(Problem::Status { code, retry_after, reason: read_reason(response, patience) })
            }
        }
    }
}

/// Returns true when a server takes tokens and no passwords.
fn wants_token<'a>(mut schemes: impl Iterator<Item = &'a str>) -> bool {
    let is_bearer = |text: &str| text.get(..6).is_some_and(|s| s.eq_ignore_ascii_case("bearer"));
    let first = schemes.next().is_some_and(is_bearer);
    first && schemes.all(is_bearer)
}

/// Returns the first line of what a server says to its refusal, if it is plain text, as for `go`
/// (`src/cmd/go/internal/web/api.go`).
fn read_reason(response: Response, patience: &Patience) -> Option<String> {
    if media_type(&response).as_deref() != Some("text/plain") {
        return None;
    }
    let mut body = Body::new(response, patience, "").ok()?;
    let (start, mut bytes) = (Instant::now(), Vec::new());
    let mut buffer = [0; 1024];
    while (bytes.len() as u64) < MAX_REASON && start.elapsed() < TIME_FOR_REASON {
        match body.read(&mut buffer) {
            Ok(0) | Err(_) => break,
            Ok(count) => bytes.extend_from_slice(&buffer[..count]),
        }
    }
    let text = String::from_utf8_lossy(&bytes);
    let line = text.lines().map(str::trim).find(|line| !line.is_empty())?;
    Some(untrusted(line))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_wanted_by_who_takes_nothing_else() {
        for (schemes, want) in [
            (&["Bearer realm=\"x\""][..], true),
            (&["bearer"], true),
            (&["Bearer", "Basic realm=\"x\""], false),
            (&["Basic"], false),
            (&["B"], false),
            (&[], false),
        ] {
            assert_eq!(wants_token(schemes.iter().copied()), want, "{schemes:?}");
        }
    }
}
