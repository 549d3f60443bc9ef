//! `NO_PROXY`: who is asked directly. Read as Go 1.26 reads it (`http/httpproxy` of
//! `golang.org/x/net`).

use super::{Url, url};
use std::net::IpAddr;

/// Who is asked directly, although there is a proxy. This machine always is.
#[derive(Clone, Debug, Default)]
pub(super) struct Bypass {
    rules: Vec<Rule>,
}

#[derive(Clone, Debug)]
enum Rule {
    Address {
        address: IpAddr,
        port: Option<String>,
    },
    Everybody,
    /// The hosts whose names end so; the text begins with a dot.
    Names {
        end: String,
        /// Whether the host without the dot is one of them.
        is_inclusive: bool,
        port: Option<String>,
    },
    Network {
        address: IpAddr,
        bits: u32,
    },
}

impl Bypass {
    /// Reads a list that is separated by commas.
    pub(super) fn parse(list: &str) -> Self {
        Self { rules: list.split(',').filter_map(Rule::parse).collect() }
    }

    /// Returns true when a URL is asked for directly.
    pub(super) fn covers(&self, url: &Url) -> bool {
        let Some(host) = url.host_str() else { return true };
        if url::is_loopback(url) {
            return true;
        }
        let host = host.trim_matches(['[', ']']).to_ascii_lowercase();
        let address = host.parse::<IpAddr>().ok();
        let port = url.port_or_known_default().unwrap_or_default().to_string();
        self.rules.iter().any(|rule| rule.covers(&host, address, &port))
    }
}

impl Rule {
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_lowercase();
        if text == "*" {
            return Some(Self::Everybody);
        }
        if let Some((address, bits)) = text.split_once('/') {
            let (address, bits) = (address.parse::<IpAddr>().ok()?, bits.parse().ok()?);
            return Some(Self::Network { address, bits });
        }
        let (host, port) = split_port(&text);
        let host = host.trim_matches(['[', ']']);
        let port = port.map(str::to_owned);
        if let Ok(address) = host.parse::<IpAddr>() {
            return Some(Self::Address { address, port });
        }
        let end = host.strip_prefix('*').filter(|rest| rest.starts_with('.')).unwrap_or(host);
        let is_inclusive = !end.starts_with('.');
        let dot = if is_inclusive { "." } else { "" };
        (!end.is_empty()).then(|| Self::Names { end: format!("{dot}{end}"), is_inclusive, port })
    }

    fn covers(&self, host: &str, of_host: Option<IpAddr>, asked_port: &str) -> bool {
        let fits = |port: &Option<String>| port.as_deref().is_none_or(|port| port == asked_port);
        match self {
            Self::Everybody => true,
            Self::Address { address, port } => of_host == Some(*address) && fits(port),
            Self::Network { address, bits } => {
                of_host.is_some_and(|host| is_within(host, *address, *bits))
            }
            Self::Names { end, is_inclusive, port } => {
                let is_it = *is_inclusive && host == &end[1..];
                (is_it || host.ends_with(end)) && fits(port)
            }
        }
    }
}

/// Splits `host:port`; an IPv6 address has its port behind brackets only.
fn split_port(text: &str) -> (&str, Option<&str>) {
    match text.rsplit_once(':') {
        Some((host, port)) if host.ends_with(']') || !host.contains(':') => (host, Some(port)),
        _ => (text, None),
    }
}

/// Returns true when the first `bits` bits of two addresses of one kind are the same.
fn is_within(address: IpAddr, network: IpAddr, bits: u32) -> bool {
    let (left, right, size) = match (address, network) {
        (IpAddr::V4(left), IpAddr::V4(right)) => {
            (u128::from(left.to_bits()), u128::from(right.to_bits()), 32)
        }
        (IpAddr::V6(left), IpAddr::V6(right)) => (left.to_bits(), right.to_bits(), 128),
        _ => return false,
    };
    bits <= size && (left ^ right).checked_shr(size - bits).unwrap_or_default() == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each was held against Go's own function.
    #[test]
    fn hosts_are_those_that_go_asks_directly() {
        for (list, target, want) in [
            ("", "https://a.example/", false),
            ("", "https://localhost/", true),
            ("", "https://127.8.8.8/", true),
            ("", "https://[::1]:81/", true),
            ("*", "https://a.example/", true),
            ("b.example, a.example", "https://a.example/", true),
            ("a.example", "https://A.EXAMPLE:8443/", true),
            ("a.example", "https://x.a.example/", true),
            ("a.example", "https://xa.example/", false),
            (".a.example", "https://a.example/", false),
            (".a.example", "https://x.a.example/", true),
            ("*.a.example", "https://a.example/", false),
            ("*.a.example", "https://x.a.example/", true),
            ("a.example:8443", "https://a.example:8443/", true),
            ("a.example:8443", "https://x.a.example:8443/", true),
            ("a.example:8443", "https://a.example/", false),
            ("a.example:443", "https://a.example/", true),
            ("a.example:80", "http://a.example/", true),
            ("10.1.2.3", "https://10.1.2.3:5/", true),
            ("10.1.2.3:5", "https://10.1.2.3:5/", true),
            ("10.1.2.3:6", "https://10.1.2.3:5/", false),
            ("10.0.0.0/8", "https://10.1.2.3/", true),
            ("10.0.0.0/8", "https://11.1.2.3/", false),
            ("10.0.0.0/33", "https://10.0.0.0/", false),
            ("0.0.0.0/0", "https://11.1.2.3/", true),
            ("0.0.0.0/0", "https://[2001:db8::1]/", false),
            ("::/0", "https://[2001:db8::1]/", true),
            ("2001:db8::/32", "https://[2001:db8::1]/", true),
            ("2001:db8::1", "https://[2001:db8::1]/", true),
            ("[2001:db8::1]:443", "https://[2001:db8::1]/", true),
            ("[2001:db8::1]:444", "https://[2001:db8::1]/", false),
            (",,:80,/8,", "https://a.example/", false),
        ] {
            let url = Url::parse(target).unwrap();
            assert_eq!(Bypass::parse(list).covers(&url), want, "{list} {target}");
        }
    }
}
