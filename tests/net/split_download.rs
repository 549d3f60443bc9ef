//! Downloads from servers that are slow for each connection.

use super::{ctx, patience, rules, sample, url};
use crate::common::server::{Fault, Route, Server};
use goward_core::net::{Download, HttpRules, Job, Net, Problem};
use std::io::Read;
use std::path::Path;
use tempfile::TempDir;

const SIZE: usize = 12 << 20;

/// What a connection gets in a second: less than what is slow, and enough that a test ends.
const PACE: u64 = 5 << 20;

fn net(connections: u8) -> Net {
    let rules = HttpRules { connections, ..rules(&[]) };
    Net::with_patience(&ctx(&[]), rules, patience(&[])).unwrap()
}

fn open(server: &Server, net: &Net, directory: &Path) -> Download {
    let target = url(&server.url("/x"));
    let job =
        Job { what: "go1.27.1", url: &target, name: "x", directory, size: None, is_known: false };
    Download::open(net, job, Box::new(|_, _| {})).unwrap()
}

fn get(server: &Server, connections: u8) -> Result<Vec<u8>, Problem> {
    let scratch = TempDir::new().unwrap();
    let mut download = open(server, &net(connections), scratch.path());
    let mut bytes = Vec::new();
    match download.read_to_end(&mut bytes) {
        Ok(_) => Ok(bytes),
        Err(_) => Err(download.failure().unwrap().problem.clone()),
    }
}

fn slow() -> Route {
    Route::new(sample(SIZE)).pace(PACE)
}

/// Returns how many requests were for a part with an end.
fn parts(server: &Server) -> usize {
    let log = server.log();
    let ranges = log.iter().filter_map(|request| request.header("range"));
    ranges.filter(|range| !range.ends_with('-')).count()
}

#[test]
fn what_is_slow_comes_over_several_connections() {
    for connections in [2, 4] {
        let server = Server::with("/x", slow());
        assert!(get(&server, connections).unwrap() == sample(SIZE));
        assert!(parts(&server) >= 4, "{}", parts(&server));
        // The first one may still be sending what nobody reads, and the server may notice later than
        // the reader that a piece has come.
        let most = server.most_at_once();
        assert!((2..=2 * u64::from(connections) + 1).contains(&most), "{most}");
        let twice = server.sent().saturating_sub(SIZE as u64);
        assert!(twice < 4 << 20, "{twice}");
    }
}

#[test]
fn one_connection_stays_alone() {
    let fast = Route::new(sample(SIZE));
    let unsteady = slow().etag(None).last_modified("Mon, 30 Nov 2026 12:00:00 GMT");
    for (route, connections) in [
        (slow(), 1),
        (fast, 4),
        (unsteady, 4),
        (slow().etag(Some("W/\"1\"")), 4),
        (slow().always(Fault::IgnoreRange), 4),
        // What is left is not worth it.
        (Route::new(sample(4 << 20)).pace(PACE), 4),
    ] {
        let server = Server::with("/x", route);
        get(&server, connections).unwrap();
        assert_eq!((server.log().len(), server.most_at_once()), (1, 1));
    }
}

/// One connection goes on where several do not work, and finds out why.
#[test]
fn several_that_fail_leave_one() {
    let refused = Fault::Status(503, "");
    let server = Server::with("/x", slow());
    server.change("/x", |route| {
        // As often as four of them ask before they give up, and then the one.
        route.faults([vec![Fault::None], vec![refused; 12]].concat())
    });
    assert!(get(&server, 4).unwrap() == sample(SIZE));
    let rest = server
        .log()
        .into_iter()
        .filter(|request| request.header("range").is_some_and(|range| range.ends_with('-')));
    assert!(rest.count() >= 1);
    // One that breaks off goes on.
    let cuts = [Fault::None, Fault::None, Fault::ETag("\"other\"")];
    let server = Server::with("/x", slow().faults(cuts));
    assert!(get(&server, 4).unwrap() == sample(SIZE));
}

#[test]
fn a_file_that_changes_meanwhile_is_told() {
    let (first, second) = (slow(), Route::new(vec![1; SIZE]).pace(PACE));
    let server = Server::with("/x", first);
    let scratch = TempDir::new().unwrap();
    let mut download = open(&server, &net(4), scratch.path());
    // Before the first pieces have come.
    download.read_exact(&mut vec![0; 2 << 20]).unwrap();
    server.route("/x", second);
    download.read_to_end(&mut Vec::new()).unwrap_err();
    assert_eq!(download.failure().unwrap().problem, Problem::Changed);
}

#[test]
fn a_killed_download_over_several_connections_goes_on() {
    let server = Server::with("/x", slow());
    let scratch = TempDir::new().unwrap();
    let saved = TempDir::new().unwrap();
    {
        let mut download = open(&server, &net(4), scratch.path());
        download.read_exact(&mut vec![0; 8 << 20]).unwrap();
        for name in ["x.part", "x.part.json"] {
            fs_err::copy(scratch.path().join(name), saved.path().join(name)).unwrap();
        }
    }
    let kept = fs_err::metadata(saved.path().join("x.part")).unwrap().len();
    assert!(kept >= 8 << 20, "{kept}");
    let target = url(&server.url("/x"));
    let job = Job {
        what: "go1.27.1",
        url: &target,
        name: "x",
        directory: saved.path(),
        size: None,
        is_known: false,
    };
    let before = server.log().len();
    let mut download = Download::open(&net(4), job, Box::new(|_, _| {})).unwrap();
    let mut bytes = Vec::new();
    download.read_to_end(&mut bytes).unwrap();
    assert!(bytes == sample(SIZE));
    let asked = server.log()[before].header("range").unwrap().to_owned();
    assert_eq!(asked, format!("bytes={kept}-"));
}
