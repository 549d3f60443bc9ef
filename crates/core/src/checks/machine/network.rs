//! Proxies and certificates.

use super::Facts;
use crate::checks::{Check, Finding, Group, Place, Severity};
use crate::error::untrusted;
use crate::net::{Url, shown};
use std::path::PathBuf;

pub(super) const CHECK: Check<Facts> = Check::new(
    "network",
    Group::Machine,
    "proxy variables, SSL_CERT_FILE and SSL_CERT_DIR: their form, and whether the files are there",
    |facts| Ok(run(facts)),
);

const PROXIES: [&str; 2] = ["HTTPS_PROXY", "HTTP_PROXY"];
const CERTIFICATES: [&str; 2] = ["SSL_CERT_FILE", "SSL_CERT_DIR"];

pub(super) fn run(facts: &Facts) -> Vec<Finding> {
    let mut findings = Vec::new();
    let place = |name: &str| Place::Variable(name.to_owned());
    for upper in PROXIES {
        let lower = upper.to_ascii_lowercase();
        let [big, small] = [upper, &lower].map(|name| facts.settings.variable(name));
        if let (Some(big), Some(small)) = (big, small)
            && big != small
        {
            // golang.org/x/net/http/httpproxy, FromEnvironment: upper case first; curl's way is the other.
            findings.push(Finding::new(
                Severity::Error,
                place(upper),
                format!("{upper} and {lower} differ"),
                "Go takes the first, other programs the second",
                "give both the same value",
            ));
        }
        for (name, value) in [(upper, big), (&lower, small)] {
            let Some(value) = value.map(|value| value.to_string_lossy()) else { continue };
            findings.push(if let Some(url) = parse_proxy(&value) {
                let message = format!("{name} is {}", shown(&url));
                Finding::plain(Severity::Note, place(name), message)
            } else {
                let message = format!("{name} is `{}`, which is no proxy", untrusted(value));
                let fix = "write it as `http://host:port`";
                Finding::plain(Severity::Error, place(name), message).fix(fix)
            });
        }
    }
    for name in CERTIFICATES {
        let Some(value) = facts.settings.variable(name) else { continue };
        // A list of directories, as in PATH (crypto/x509, root_unix.go).
        let mut places = std::env::split_paths(value);
        if let Some(missing) = places.find(|path: &PathBuf| !path.exists()) {
            let message = format!("{name} names `{}`, which is not there", missing.display());
            let finding = Finding::plain(Severity::Error, place(name), message);
            findings.push(finding.fix(format!("unset {name}, or correct it")));
        }
    }
    findings
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
