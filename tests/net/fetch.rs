//! Small bodies: each fault of a server ends in the right problem, after the right number of
//! requests.

use super::{STALL, denied, net, net_for, status, url};
use crate::common::server::{Fault, Route, Server};
use goward_core::net::{NetError, Problem, SmallBody};
use std::time::{Duration, Instant};

const BODY: &[u8] = b"0123456789abcdef";
const LIMIT: u64 = 1000;

fn fetch(server: &Server) -> Result<SmallBody, NetError> {
    fetch_despite(server, &[])
}

fn fetch_despite(server: &Server, faults: &[Fault]) -> Result<SmallBody, NetError> {
    net_for(faults).fetch_small("the index", &url(&server.url("/x")), LIMIT)
}

#[test]
fn a_body_and_its_type() {
    let route = Route::new(BODY).always(Fault::Header("Content-Type: Application/JSON; x=y"));
    let server = Server::with("/x", route);
    let want = SmallBody { body: BODY.to_vec(), content_type: Some("application/json".to_owned()) };
    assert_eq!(fetch(&server), Ok(want));
    let log = server.log();
    assert_eq!(log.len(), 1);
    let agent = concat!("Go-http-client/1.1 goward/", env!("CARGO_PKG_VERSION"));
    assert_eq!(log[0].header("user-agent"), Some(agent));
    assert_eq!(log[0].header("accept-encoding"), Some("identity"));
    assert_eq!(log[0].header("authorization"), None);
    assert_eq!(log[0].header("referer"), None);
}

#[test]
fn faults_that_pass() {
    let cases: Vec<Vec<Fault>> = vec![
        vec![Fault::Status(500, "")],
        vec![Fault::Status(503, ""), Fault::Status(502, "")],
        vec![Fault::Status(408, "")],
        vec![Fault::Status(429, "Retry-After: 0")],
        vec![Fault::Status(503, "Retry-After: 0"), Fault::Status(503, "Retry-After: 0")],
        vec![Fault::Status(429, "Retry-After: Wed, 21 Oct 2026 07:28:00 GMT")],
        vec![Fault::CutAfter(0)],
        vec![Fault::CutAfter(5), Fault::CutAfter(15)],
        vec![Fault::CutHeader],
        vec![Fault::Chunked { cut: true }],
        vec![Fault::Length(5)],
        vec![Fault::StallAfter(3)],
    ];
    for faults in cases {
        let count = faults.len();
        let server = Server::with("/x", Route::new(BODY).faults(faults.clone()));
        let got = fetch_despite(&server, &faults).map(|fetched| fetched.body);
        assert_eq!(got, Ok(BODY.to_vec()), "{faults:?}");
        assert_eq!(server.log().len(), count + 1, "{faults:?}");
    }
}

#[test]
fn faults_that_stay() {
    let encoded =
        |name| Problem::Answer(format!("the server encodes it as `{name}`, although asked not to"));
    let cases = [
        (Fault::Status(404, ""), Problem::absent(404), 1),
        (Fault::Status(410, ""), Problem::absent(410), 1),
        (Fault::Status(401, ""), denied(401), 1),
        (Fault::Status(403, ""), denied(403), 1),
        (Fault::Status(407, ""), denied(407), 1),
        (Fault::Status(400, ""), status(400), 1),
        (Fault::Status(418, ""), status(418), 1),
        (Fault::Status(204, ""), status(204), 1),
        (Fault::Status(304, ""), status(304), 1),
        (Fault::Status(500, ""), status(500), 3),
        (Fault::Status(503, ""), status(503), 3),
        (Fault::Status(408, ""), status(408), 3),
        (Fault::Status(500, "Retry-After: 3600"), status(500), 3),
        (
            Fault::Status(429, "Retry-After: 3600"),
            Problem::Status {
                code: 429,
                retry_after: Some(Duration::from_secs(3600)),
                reason: None,
            },
            1,
        ),
        (
            Fault::Status(503, "Retry-After: 0"),
            Problem::Status { code: 503, retry_after: Some(Duration::ZERO), reason: None },
            3,
        ),
        (Fault::Status(429, "Retry-After: -1"), status(429), 3),
        (Fault::CutAfter(7), Problem::Cut(7), 3),
        (Fault::Length(1), Problem::Cut(16), 3),
        (Fault::Length(1_000_000), Problem::TooLarge(LIMIT), 1),
        // Waited for once, however slowly the answer begins.
        (Fault::Silence, Problem::Silent(STALL), 1),
        (Fault::DripHeader(Duration::from_millis(20)), Problem::Silent(STALL), 1),
        (Fault::StallAfter(7), Problem::Stalled(STALL), 3),
        (Fault::Drip(Duration::from_millis(60)), Problem::Stalled(STALL), 3),
        (Fault::Endless, Problem::TooLarge(LIMIT), 1),
        (
            Fault::Header("Content-Encoding: gzip"),
            Problem::Answer("the server labels it gzip, and it is not".to_owned()),
            1,
        ),
        (Fault::Header("Content-Encoding: deflate"), encoded("deflate"), 1),
        (Fault::Header("Content-Encoding: br, gzip"), encoded("br, gzip"), 1),
    ];
    for (fault, problem, requests) in cases {
        let server = Server::with("/x", Route::new(BODY).always(fault.clone()));
        let start = Instant::now();
        let error = fetch_despite(&server, std::slice::from_ref(&fault)).unwrap_err();
        assert_eq!(error.problem, problem, "{fault:?}");
        assert_eq!(
            (server.log().len(), error.attempts),
            (requests, requests.try_into().unwrap()),
            "{fault:?}"
        );
        assert!(start.elapsed() < Duration::from_secs(10), "{fault:?}");
        // The buffers of the two sockets and of the library hold some megabytes.
        assert!(server.sent() < 30_000_000, "{fault:?} {}", server.sent());
    }
}

#[test]
fn a_broken_header_is_a_broken_connection() {
    let server = Server::with("/x", Route::new(BODY).always(Fault::CutHeader));
    let error = fetch(&server).unwrap_err();
    assert!(matches!(&error.problem, Problem::Connection(why) if why.starts_with("no answer: ")));
    assert_eq!(server.log().len(), 3);
}

#[test]
fn a_length_that_is_too_short_cuts_the_body() {
    let server = Server::with("/x", Route::new(BODY).always(Fault::Length(-6)));
    assert_eq!(fetch(&server).unwrap().body, &BODY[..10]);
}

#[test]
fn an_encoding_of_identity_is_none() {
    let route = Route::new(BODY).always(Fault::Header("Content-Encoding: Identity"));
    assert_eq!(fetch(&Server::with("/x", route)).unwrap().body, BODY);
}

#[test]
fn a_body_may_have_exactly_the_limit() {
    for (size, fits) in [(1000, true), (1001, false)] {
        for fault in [Fault::None, Fault::Chunked { cut: false }] {
            let server = Server::with("/x", Route::new(vec![b'x'; size]).always(fault.clone()));
            assert_eq!(fetch(&server).is_ok(), fits, "{size} {fault:?}");
        }
    }
}

#[test]
fn nobody_listens() {
    let server = Server::start();
    let gone = url(&server.url("/x"));
    drop(server);
    let error = net().fetch_small("the index", &gone, LIMIT).unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot download the index: cannot connect: Connection refused (os error 111)"
            .replace("111", &connection_refused().to_string())
    );
    assert_eq!(error.attempts, 3);
}

fn connection_refused() -> i32 {
    rustix::io::Errno::CONNREFUSED.raw_os_error()
}
