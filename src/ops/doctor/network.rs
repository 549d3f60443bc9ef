//! Proxies, certificates, and the places that toolchains come from.

use super::{Found, Problem};
use crate::error::{Result, untrusted};
use crate::net::{Url, shown};
use crate::ops::{Fetch, Session};
use crate::store::Store;
use std::path::Path;

const PROXIES: [&str; 2] = ["HTTPS_PROXY", "HTTP_PROXY"];
const CERTIFICATES: [&str; 2] = ["SSL_CERT_FILE", "SSL_CERT_DIR"];

#[expect(clippy::unnecessary_wraps, reason = "every check has this form")]
pub(super) fn look(session: &Session, _: &Store) -> Result<Found> {
    let mut found = Found::default();
    if session.ctx.is_offline() {
        found.notes.push("network is off (`GOWARD_OFFLINE=1`)".to_owned());
    }
    for upper in PROXIES {
        let lower = upper.to_ascii_lowercase();
        let [big, small] = [upper, &lower].map(|name| session.ctx.variable(name));
        if let (Some(big), Some(small)) = (big, small)
            && big != small
        {
            // golang.org/x/net/http/httpproxy, FromEnvironment: upper case first; curl's way is the other.
            let text = format!("{upper} and {lower} differ: Go takes the first, others the second");
            found.problems.push(Problem::new(text).hint("give both the same value"));
        }
        for (name, value) in [(upper, big), (&lower, small)] {
            let Some(value) = value.map(|value| value.to_string_lossy()) else { continue };
            if let Some(url) = parse_proxy(&value) {
                found.notes.push(format!("{name} is {}", shown(&url)));
            } else {
                let text = format!("{name} is `{}`, which is no proxy", untrusted(value));
                found.problems.push(Problem::new(text).hint("as in `http://host:port`"));
            }
        }
    }
    for name in CERTIFICATES {
        let Some(value) = session.ctx.variable(name) else { continue };
        // A list of directories, as in PATH (crypto/x509, root_unix.go).
        let mut places = std::env::split_paths(value);
        if let Some(place) = places.find(|place: &std::path::PathBuf| !Path::new(place).exists()) {
            let text = format!("{name} names `{}`, which is not there", place.display());
            found.problems.push(Problem::new(text).hint(format!("unset {name}, or mend it")));
        }
    }
    // Sources ask through the proxies and certificates.
    if !found.problems.is_empty() {
        return Ok(found);
    }
    if let Err(error) = session.sources(&Fetch::default()) {
        let hint = error.hints().first().cloned();
        let problem = Problem::new(format!("sources cannot be used: {}", error.message()));
        found.problems.push(Problem { hint, ..problem });
    }
    Ok(found)
}

/// Reads a proxy as Go does: a URL, or a host without `http://`.
fn parse_proxy(value: &str) -> Option<Url> {
    let has_host = |url: &Url| url.host_str().is_some_and(|host| !host.is_empty());
    let is_proxy = |url: &Url| matches!(url.scheme(), "http" | "https" | "socks5" | "socks5h");
    let whole = Url::parse(value).ok().filter(|url| is_proxy(url) && has_host(url));
    let bare = (!value.contains("://")).then_some(value);
    whole.or_else(|| Url::parse(&format!("http://{}", bare?)).ok().filter(has_host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxies_are_read_as_go_does() {
        for value in ["http://p.example:3128", "p.example:3128", "socks5://p.example", "p.example"]
        {
            assert!(parse_proxy(value).is_some(), "{value}");
        }
        for value in ["", "http://", "://x", "p example"] {
            assert!(parse_proxy(value).is_none(), "{value}");
        }
    }
}
