//! The network and the sources against a server that misbehaves.

mod compressed;
mod download;
mod fetch;
mod kinds;
pub(crate) mod log;
mod module_proxy;
mod rules;
mod source;
mod split_download;
mod tls;

use crate::common::random::Random;
use crate::common::server::Fault;
use goward_core::ctx::Ctx;
use goward_core::net::{Denial, HttpRules, Net, Patience, Problem, Url};
use std::time::Duration;

/// How long a server that stalls on purpose is waited for.
const STALL: Duration = Duration::from_millis(500);

/// Times that a test can wait for, and that a busy machine does not exceed by accident.
fn patience(faults: &[Fault]) -> Patience {
    let stalls = |fault: &Fault| {
        use Fault::{Drip, DripHeader, Silence, StallAfter};
        matches!(fault, Silence | StallAfter(_) | Drip(_) | DripHeader(_))
    };
    let stall = if faults.iter().any(stalls) { STALL } else { Duration::from_secs(20) };
    Patience { stall, backoff: Duration::from_millis(1), ..Patience::default() }
}

/// A network whose patience is made for these faults.
pub(crate) fn net_despite(variables: &[(&str, &str)], faults: &[Fault]) -> Net {
    Net::with_patience(&ctx(variables), rules(&[]), patience(faults)).unwrap()
}

/// Permits plain http to these hosts, and passwords to the servers of the tests.
fn rules(http_hosts: &[&str]) -> HttpRules {
    let hosts = http_hosts.iter().map(|host| (*host).to_owned()).collect();
    let password_hosts = vec!["127.0.0.1".to_owned()];
    HttpRules { hosts, password_hosts, ..HttpRules::default() }
}

/// A refusal by a server that got no credentials.
fn denied(code: u16) -> Problem {
    Problem::Denied(Denial { code, ..Denial::default() })
}

/// Any other status without a word.
fn status(code: u16) -> Problem {
    Problem::Status { code, retry_after: None, reason: None }
}

pub(crate) fn ctx(variables: &[(&str, &str)]) -> Ctx {
    let variables = variables.iter().map(|(name, value)| (name.into(), value.into())).collect();
    Ctx { variables, ..Ctx::default() }
}

fn net() -> Net {
    net_with(&[], &[])
}

fn net_for(faults: &[Fault]) -> Net {
    Net::with_patience(&Ctx::default(), Vec::new(), patience(faults)).unwrap()
}

fn net_with(variables: &[(&str, &str)], http_hosts: &[&str]) -> Net {
    Net::with_patience(&ctx(variables), rules(http_hosts), patience(&[])).unwrap()
}

pub(crate) fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

pub(crate) fn sample(size: usize) -> Vec<u8> {
    Random::new(1).bytes(size)
}
