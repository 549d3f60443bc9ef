//! The network and the sources against a server that misbehaves.

mod download;
mod fetch;
mod rules;
mod source;
mod tls;

use goward::ctx::Ctx;
use goward::net::{Net, Patience, Url};
use std::time::Duration;

/// Times that a test can wait for.
fn patience() -> Patience {
    Patience {
        connect: Duration::from_secs(5),
        stall: Duration::from_millis(400),
        backoff: Duration::from_millis(1),
        ..Patience::default()
    }
}

fn ctx(variables: &[(&str, &str)]) -> Ctx {
    let variables = variables.iter().map(|(name, value)| (name.into(), value.into())).collect();
    Ctx { variables, ..Ctx::default() }
}

fn net() -> Net {
    net_with(&[], &[])
}

fn net_with(variables: &[(&str, &str)], http_hosts: &[&str]) -> Net {
    let hosts = http_hosts.iter().map(|host| (*host).to_owned()).collect();
    Net::with_patience(&ctx(variables), hosts, patience()).unwrap()
}

fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

/// Bytes without a pattern that a mistake with offsets could hide in.
fn sample(size: usize) -> Vec<u8> {
    let mut state = 1_u32;
    std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    })
    .take(size)
    .collect()
}
