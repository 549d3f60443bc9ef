//! What the HTTP library's errors mean.

use super::{Problem, Url, shown};
use crate::error::untrusted;
use rustls::{AlertDescription, CertificateError, Error as TlsError};
use std::error::Error as StdError;
use std::io;
use std::time::Duration;

/// What a server has to have of TLS.
const NEEDED: &str = "TLS 1.3, or TLS 1.2 with ECDHE and AES-GCM or ChaCha20-Poly1305; suites with CBC are not enough";

/// What hyper-util says of a proxy that answers CONNECT with the status 407; its error has no fields.
const WANTS_LOGIN: &str = "proxy authorization required";

/// Says what went wrong before there was an answer from `url`, which was asked through `proxy`.
pub(super) fn explain(
    error: &reqwest::Error,
    url: &Url,
    proxy: Option<&Url>,
    stall: Duration,
) -> Problem {
    if let Some(proxy) = proxy
        && chain(error).any(|cause| cause.to_string().contains(WANTS_LOGIN))
    {
        return proxy_denied(proxy);
    }
    if let Some(problem) = chain(error).find_map(|cause| cause.downcast_ref::<TlsError>())
        && let Some(problem) = explain_tls(problem, url)
    {
        return problem;
    }
    let through =
        proxy.map_or_else(String::new, |proxy| format!(" through the proxy `{}`", shown(proxy)));
    if error.is_connect() {
        Problem::Connection(format!("cannot connect{through}: {}", root_cause(error)))
    } else if is_timeout(error) {
        Problem::Silent(stall)
    } else {
        Problem::Connection(format!("no answer{through}: {}", root_cause(error)))
    }
}

/// Says that a proxy does not let this user through.
pub(super) fn proxy_denied(proxy: &Url) -> Problem {
    let had_password = !proxy.username().is_empty() || proxy.password().is_some();
    Problem::ProxyDenied { proxy: shown(proxy), had_password }
}

fn explain_tls(error: &TlsError, url: &Url) -> Option<Problem> {
    let certificate = match error {
        TlsError::InvalidCertificate(problem) => problem,
        TlsError::AlertReceived(
            AlertDescription::HandshakeFailure
            | AlertDescription::InsufficientSecurity
            | AlertDescription::ProtocolVersion,
        )
        | TlsError::PeerIncompatible(_) => {
            return Some(Problem::Handshake(format!(
                "the server has no TLS that goward speaks: it needs {NEEDED}"
            )));
        }
        _ => return None,
    };
    let wrong = |what: &str| format!("the server's certificate {what}");
    Some(match certificate {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            Problem::CertificateDate(wrong("has expired"))
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            Problem::CertificateDate(wrong("is not valid yet"))
        }
        CertificateError::UnknownIssuer => Problem::Certificate(
            "this machine does not trust the issuer of the server's certificate".to_owned(),
        ),
        CertificateError::NotValidForName => Problem::CertificateName(wrong("is for another name")),
        CertificateError::NotValidForNameContext { presented, .. } => {
            let host = untrusted(url.host_str().unwrap_or_default());
            Problem::CertificateName(wrong(&format!(
                "is for {}, not for `{host}`",
                list(presented)
            )))
        }
        other => {
            Problem::Certificate(wrong(&format!("is not valid: {}", untrusted(other.to_string()))))
        }
    })
}

/// Lists the names in a certificate, of which there may be hundreds. The library has them as in
/// `DnsName("localhost")`.
fn list(presented: &[String]) -> String {
    const MOST: usize = 5;
    let name = |text: &String| {
        let bare = text.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
        format!("`{}`", untrusted(bare.unwrap_or(text).trim_matches('"')))
    };
    let mut names: Vec<String> = presented.iter().take(MOST).map(name).collect();
    if presented.len() > MOST {
        names.push(format!("{} more", presented.len() - MOST));
    }
    if names.is_empty() { "no name".to_owned() } else { names.join(", ") }
}

fn chain<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| {
        // An io::Error hides what it was made from from `source`.
        match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner as &(dyn StdError + 'static)),
            None => error.source(),
        }
    })
}

pub(super) fn is_timeout(error: &(dyn StdError + 'static)) -> bool {
    chain(error).any(|cause| {
        cause.downcast_ref::<reqwest::Error>().is_some_and(reqwest::Error::is_timeout)
            || cause
                .downcast_ref::<io::Error>()
                .is_some_and(|cause| cause.kind() == io::ErrorKind::TimedOut)
    })
}

pub(super) fn root_cause(error: &(dyn StdError + 'static)) -> String {
    let cause = chain(error).last().map(ToString::to_string).unwrap_or_default();
    untrusted(cause)
}
