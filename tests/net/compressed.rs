//! Answers that a server packs although nobody asked for it.

use super::{net, net_for, patience, sample, url};
use crate::common::server::{Fault, Route, Server, packed};
use goward_core::ctx::Ctx;
use goward_core::net::{Download, Job, Net, Patience, Problem};
use std::io::Read;
use tempfile::TempDir;

const SIZE: usize = 300_000;

fn by(then: Fault) -> Fault {
    Fault::Packed(Box::new(then))
}

fn download(server: &Server, net: &Net, size: Option<u64>) -> Result<Vec<u8>, Problem> {
    let scratch = TempDir::new().unwrap();
    let target = url(&server.url("/x.zip"));
    let job = Job {
        what: "x",
        url: &target,
        name: "x",
        directory: scratch.path(),
        size,
        is_known: false,
    };
    let opened = Download::open(net, job, Box::new(|_, _| {}));
    let mut download = opened.map_err(|error| error.problem)?;
    let mut bytes = Vec::new();
    let read = download.read_to_end(&mut bytes);
    read.map(|_| bytes).map_err(|_| download.failure().unwrap().problem.clone())
}

#[test]
fn it_is_unpacked_whatever_happens_to_the_connection() {
    for faults in [
        vec![by(Fault::None)],
        vec![by(Fault::Chunked { cut: false })],
        vec![by(Fault::CutAfter(1000)), by(Fault::None)],
        vec![by(Fault::CutAfter(150_000)), by(Fault::CutAfter(200_000)), by(Fault::None)],
        vec![by(Fault::Chunked { cut: true }), by(Fault::None)],
        // A part of the packed file is none of the file.
        vec![Fault::CutAfter(100_000), by(Fault::None), by(Fault::None)],
        vec![by(Fault::CutAfter(100_000)), Fault::None],
        vec![by(Fault::CutAfter(150_000)), Fault::CutAfter(200_000), Fault::None],
    ] {
        for size in [Some(SIZE as u64), None] {
            let route = Route::new(sample(SIZE)).faults(faults.clone());
            let server = Server::with("/x.zip", route);
            let got = download(&server, &net_for(&faults), size);
            assert!(got == Ok(sample(SIZE)), "{faults:?} {size:?}: {:?}", got.map(|b| b.len()));
        }
    }
}

#[test]
fn a_packed_archive_of_a_published_name_is_the_archive() {
    let archive = packed(&sample(SIZE));
    let name = "/go1.27.1.linux-amd64.tar.gz";
    for header in ["Content-Encoding: gzip", "Content-Encoding: x-gzip"] {
        let server = Server::with(name, Route::new(archive.clone()).always(Fault::Header(header)));
        let got = net().fetch_small("x", &url(&server.url(name)), 1 << 20).unwrap();
        assert!(got.body == archive, "{header}");
    }
}

#[test]
fn nothing_is_unpacked_beyond_the_limit_nor_for_ever() {
    let zeros = Route::new(vec![0; 50_000_000]).always(by(Fault::None));
    let server = Server::with("/x.zip", zeros);
    let fetched = net().fetch_small("x", &url(&server.url("/x.zip")), 1000);
    assert_eq!(fetched.unwrap_err().problem, Problem::TooLarge(1000));
    assert!(server.sent() < 1_000_000, "{}", server.sent());
    assert_eq!(download(&server, &net(), Some(1000)).unwrap().len(), 1000);
    // Members of which each is empty, without end.
    let empty = packed(b"").repeat(200_000);
    let server = Server::with("/x.zip", {
        Route::new(empty).always(Fault::Header("Content-Encoding: gzip"))
    });
    let problem =
        Problem::Answer("the gzip stream of the server unpacks to next to nothing".to_owned());
    assert_eq!(download(&server, &net(), None), Err(problem));
    // A byte now and then.
    let slow = Patience { stall: super::STALL, ..patience(&[]) };
    let net = Net::with_patience(&Ctx::default(), Vec::new(), slow).unwrap();
    let drip = Fault::Drip(std::time::Duration::from_millis(20));
    let server = Server::with("/x.zip", Route::new(sample(SIZE)).always(by(drip)));
    assert_eq!(download(&server, &net, None), Err(Problem::Stalled(super::STALL)));
}
