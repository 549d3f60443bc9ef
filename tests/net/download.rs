//! Downloads that are interrupted, resumed, lied to.

use super::{STALL, denied, net_for, patience, rules, sample, status, url};
use crate::common::server::{Fault, Route, Server};
use goward_core::ctx::Ctx;
use goward_core::net::{Download, Job, Net, Patience, Problem, Progress};
use std::io::Read;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const SIZE: usize = 64 * 1024;

/// A server with one archive, and the directory that part files go to.
struct Case {
    server: Server,
    scratch: TempDir,
    content: Vec<u8>,
    size: Option<u64>,
    is_known: bool,
    net: Net,
}

impl Case {
    fn new(faults: impl Into<Vec<Fault>>) -> Self {
        let content = sample(SIZE);
        let faults = faults.into();
        let net = net_for(&faults);
        let server = Server::with("/x", Route::new(content.clone()).faults(faults));
        let scratch = TempDir::new().unwrap();
        Self { server, scratch, content, size: Some(SIZE as u64), is_known: false, net }
    }

    fn always(fault: Fault) -> Self {
        let case = Self::new([]);
        case.server.change("/x", |route| route.always(fault));
        case
    }

    fn open(&self, progress: Progress) -> Result<Download, Problem> {
        let target = url(&self.server.url("/x"));
        let job = Job {
            what: "go1.27.1",
            url: &target,
            name: "x",
            directory: self.scratch.path(),
            size: self.size,
            is_known: self.is_known,
        };
        Download::open(&self.net, job, progress).map_err(|error| error.problem)
    }

    /// Downloads everything.
    fn get(&self) -> Result<Vec<u8>, Problem> {
        let mut download = self.open(Box::new(|_, _| {}))?;
        let mut bytes = Vec::new();
        match download.read_to_end(&mut bytes) {
            Ok(_) => Ok(bytes),
            Err(_) => Err(download.failure().unwrap().problem.clone()),
        }
    }

    /// Reads `count` bytes and is killed.
    fn get_killed(&self, count: usize) {
        let mut download = self.open(Box::new(|_, _| {})).unwrap();
        download.read_exact(&mut vec![0; count]).unwrap();
        // What a killed process leaves: files, but no lock.
        let saved = TempDir::new().unwrap();
        for name in ["x.part", "x.part.json"] {
            fs_err::copy(self.scratch.path().join(name), saved.path().join(name)).unwrap();
        }
        drop(download);
        for name in ["x.part", "x.part.json"] {
            fs_err::copy(saved.path().join(name), self.scratch.path().join(name)).unwrap();
        }
    }

    fn left(&self) -> Vec<String> {
        names(self.scratch.path())
    }

    /// The `Range` headers of the requests since the `from`-th.
    fn ranges(&self, from: usize) -> Vec<Option<String>> {
        let log = self.server.log();
        log[from..].iter().map(|request| request.header("range").map(str::to_owned)).collect()
    }
}

fn names(directory: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs_err::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn faults_that_pass() {
    let sixteenths: Vec<Fault> = (0..16).map(|k| Fault::CutAfter(SIZE * k / 16)).collect();
    let mut cases: Vec<Vec<Fault>> = sixteenths.iter().map(|fault| vec![fault.clone()]).collect();
    cases.extend([
        vec![],
        vec![Fault::Chunked { cut: false }],
        vec![Fault::Chunked { cut: true }],
        vec![Fault::Status(500, "")],
        vec![Fault::Status(503, "Retry-After: 0"), Fault::Status(502, "")],
        vec![Fault::CutHeader],
        vec![Fault::StallAfter(20_000)],
        vec![Fault::CutAfter(20_000), Fault::Status(500, ""), Fault::Status(503, "")],
        // The whole file again, after a part of it was read.
        vec![Fault::CutAfter(20_000), Fault::IgnoreRange],
    ]);
    for faults in cases {
        let case = Case::new(faults.clone());
        assert!(case.get() == Ok(case.content.clone()), "{faults:?}");
        assert_eq!(case.left(), [""; 0], "{faults:?}");
        assert_eq!(case.server.log().len(), faults.iter().filter(|f| goes_on(f)).count() + 1);
    }
}

fn goes_on(fault: &Fault) -> bool {
    !matches!(fault, Fault::Chunked { cut: false } | Fault::IgnoreRange)
}

#[test]
fn each_connection_brings_a_sixteenth() {
    let case = Case::always(Fault::CutAfter(SIZE / 16));
    assert!(case.get() == Ok(case.content.clone()));
    let want: Vec<Option<String>> =
        (0..16).map(|k| (k > 0).then(|| format!("bytes={}-", SIZE * k / 16))).collect();
    assert_eq!(case.ranges(0), want);
    let etag = case.server.log()[1].header("if-range").map(str::to_owned);
    assert!(etag.is_some_and(|etag| etag.starts_with('"')));
}

#[test]
fn faults_that_stay() {
    let answer = |text: &str| Problem::Answer(text.to_owned());
    let cut = Fault::CutAfter(20_000);
    let part = ["x.part", "x.part.json"].as_slice();
    let whole = format!("it should have {SIZE} bytes, but the server sends ");
    let range = "asked for the bytes from 20000 on, the server sent ";
    // (faults in a row, the problem, requests, files left)
    let cases: Vec<(Vec<Fault>, Problem, usize, &[&str])> = vec![
        (vec![Fault::Status(404, "")], Problem::absent(404), 1, &[]),
        (vec![Fault::Status(410, "")], Problem::absent(410), 1, &[]),
        (vec![Fault::Status(403, "")], denied(403), 1, &[]),
        (vec![Fault::Status(401, "")], denied(401), 1, &[]),
        (vec![Fault::Status(500, ""); 3], status(500), 3, &[]),
        (vec![Fault::Html], answer("the server answers with a web page"), 1, &[]),
        (vec![Fault::Length(1)], answer(&format!("{whole}65537")), 1, &[]),
        (vec![Fault::Length(-1)], answer(&format!("{whole}65535")), 1, &[]),
        (
            vec![Fault::Header("Content-Encoding: gzip")],
            answer("the server labels it gzip, and it is not"),
            1,
            &[],
        ),
        (
            vec![Fault::ContentRange("bytes 0-65535/65536".to_owned())],
            answer("the server sends a part without being asked"),
            1,
            &[],
        ),
        (vec![Fault::CutAfter(0); 3], Problem::Cut(0), 3, &[]),
        (vec![Fault::Silence], Problem::Silent(STALL), 1, &[]),
        (vec![Fault::DripHeader(Duration::from_millis(20))], Problem::Silent(STALL), 1, &[]),
        ([vec![cut.clone()], vec![Fault::CutAfter(0); 3]].concat(), Problem::Cut(20_000), 4, part),
        (
            [vec![cut.clone()], vec![Fault::StallAfter(0); 3]].concat(),
            Problem::Stalled(STALL),
            4,
            part,
        ),
        (
            vec![cut.clone(), Fault::Drip(Duration::from_millis(20)), Fault::Silence],
            Problem::Silent(STALL),
            3,
            part,
        ),
        // A byte now and then is no progress.
        (vec![Fault::Drip(Duration::from_millis(20)); 3], Problem::Stalled(STALL), 3, part),
        (vec![cut.clone(), Fault::Status(404, "")], Problem::absent(404), 2, &[]),
        (vec![cut.clone(), Fault::Status(416, "")], Problem::Changed, 2, &[]),
        (vec![cut.clone(), Fault::Html], answer("the server answers with a web page"), 2, &[]),
        (vec![cut.clone(), Fault::ETag("\"other\"")], Problem::Changed, 2, &[]),
        (
            vec![cut.clone(), Fault::ContentRange("bytes 20000-65536/65537".to_owned())],
            Problem::Changed,
            2,
            &[],
        ),
        (
            vec![cut.clone(), Fault::ContentRange("bytes 19999-65535/65536".to_owned())],
            answer(&format!("{range}`bytes 19999-65535/65536`")),
            2,
            &[],
        ),
        (
            vec![cut.clone(), Fault::ContentRange("bytes 20000-30000/65536".to_owned())],
            answer(&format!("{range}`bytes 20000-30000/65536`")),
            2,
            &[],
        ),
        (
            vec![cut.clone(), Fault::ContentRange("bytes x".to_owned())],
            answer(&format!("{range}`bytes x`")),
            2,
            &[],
        ),
    ];
    for (faults, problem, requests, left) in cases {
        fails_with(&faults, problem, requests, left);
    }
}

fn fails_with(faults: &[Fault], problem: Problem, requests: usize, left: &[&str]) {
    let case = Case::new(faults.to_vec());
    let start = Instant::now();
    assert_eq!(case.get().map(|bytes| bytes.len()), Err(problem), "{faults:?}");
    assert_eq!(case.server.log().len(), requests, "{faults:?}");
    assert_eq!(case.left(), left, "{faults:?}");
    assert!(start.elapsed() < Duration::from_secs(10), "{faults:?}");
    assert!(case.server.sent() < 30_000_000, "{faults:?}");
}

#[test]
fn another_file_under_the_same_name_is_noticed() {
    // Ranges are ignored, so the beginning comes again; it is not the same.
    for bit in [0, 8 * 10_000, 8 * 19_999 + 7] {
        let case = Case::new([Fault::CutAfter(20_000)]);
        let mut download = case.open(Box::new(|_, _| {})).unwrap();
        download.read_exact(&mut vec![0; 20_000]).unwrap();
        let mut other = case.content.clone();
        other[bit / 8] ^= 1 << (bit % 8);
        case.server.route("/x", Route::new(other));
        let error = download.read_to_end(&mut Vec::new()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "cannot download go1.27.1: the file changed on the server while it was being downloaded"
        );
        // A reader that goes on does not find an end.
        assert!(download.read(&mut [0; 1]).is_err());
        drop(download);
        assert_eq!(case.left(), [""; 0]);
    }
}

#[test]
fn a_flipped_bit_is_for_others_to_find() {
    let case = Case::new([Fault::FlipBit(8 * 1000)]);
    let got = case.get().unwrap();
    assert_eq!(got.len(), SIZE);
    assert_ne!(got[1000], case.content[1000]);
    assert_eq!(case.left(), [""; 0]);
}

#[test]
fn a_body_without_end_ends_at_the_size() {
    let case = Case::new([Fault::Endless]);
    assert_eq!(case.get().map(|bytes| bytes.len()), Ok(SIZE));
    assert!(case.server.sent() < 30_000_000);
    assert_eq!(case.left(), [""; 0]);
}

#[test]
fn a_file_of_unknown_size() {
    for (fault, resumes) in [(Fault::Chunked { cut: false }, false), (Fault::CutAfter(9), true)] {
        let mut case = Case::new([fault]);
        case.size = None;
        assert!(case.get() == Ok(case.content.clone()));
        assert_eq!(case.server.log().len(), 1 + usize::from(resumes));
    }
    let mut case = Case::new([Fault::Length(300_000_000)]);
    case.size = None;
    assert_eq!(case.get(), Err(Problem::TooLarge(300_000_000)));
}

#[test]
fn interruptions_are_counted_even_with_progress() {
    let mut case = Case::always(Fault::CutAfter(100));
    let few = Patience { interruptions: 5, ..patience(&[]) };
    case.net = Net::with_patience(&Ctx::default(), Vec::new(), few).unwrap();
    assert_eq!(case.get(), Err(Problem::Cut(600)));
    assert_eq!(case.server.log().len(), 6);
}

#[test]
fn a_killed_download_goes_on() {
    for count in [1, 10_000, SIZE - 1] {
        let case = Case::new([Fault::CutAfter(count)]);
        case.get_killed(count);
        assert_eq!(case.left(), ["x.part", "x.part.json"]);
        let before = case.server.log().len();
        assert!(case.get() == Ok(case.content.clone()), "{count}");
        assert_eq!(case.ranges(before), [Some(format!("bytes={count}-"))]);
        assert_eq!(case.left(), [""; 0]);
    }
}

#[test]
fn a_download_that_the_network_ended_goes_on() {
    let mut faults = vec![Fault::CutAfter(0); 4];
    faults[0] = Fault::CutAfter(10_000);
    let case = Case::new(faults);
    assert_eq!(case.get(), Err(Problem::Cut(10_000)));
    assert_eq!(case.left(), ["x.part", "x.part.json"]);
    assert!(case.get() == Ok(case.content.clone()));
    assert_eq!(case.ranges(4), [Some("bytes=10000-".to_owned())]);
    assert_eq!(case.left(), [""; 0]);
}

#[test]
fn a_complete_part_needs_no_request() {
    let case = Case::new([]);
    case.get_killed(SIZE);
    assert!(case.get() == Ok(case.content.clone()));
    assert_eq!(case.server.log().len(), 1);
    assert_eq!(case.left(), [""; 0]);
}

#[test]
fn a_date_serves_where_there_is_no_strong_tag() {
    let case = Case::new([]);
    let date = "Wed, 02 Sep 2026 17:00:00 GMT";
    case.server.change("/x", |route| {
        route.etag(Some("W/\"weak\"")).last_modified(date).faults([Fault::CutAfter(10_000)])
    });
    case.get_killed(10_000);
    assert!(case.get() == Ok(case.content.clone()));
    assert_eq!(case.server.log()[1].header("if-range"), Some(date));
}

/// Without anything to compare files by, the hash of the whole decides, where it is known.
#[test]
fn a_known_hash_serves_where_the_server_says_nothing_of_the_file() {
    for (is_known, range) in [(true, Some("bytes=10000-")), (false, None)] {
        let case = Case { is_known, ..Case::new([]) };
        case.server.change("/x", |route| route.etag(None).faults([Fault::CutAfter(10_000)]));
        case.get_killed(10_000);
        assert!(case.get() == Ok(case.content.clone()));
        assert_eq!(case.server.log()[1].header("range"), range);
    }
}

#[test]
fn parts_that_do_not_fit_are_thrown_away() {
    type Spoil = fn(&Case);
    // (what happens between the runs, the ranges asked for then)
    let asked = || Some("bytes=10000-".to_owned());
    let cases: Vec<(&str, Spoil, Vec<Option<String>>)> = vec![
        ("no description", |case| remove(case, "x.part.json"), vec![None]),
        ("no part", |case| remove(case, "x.part"), vec![None]),
        ("damaged description", |case| write(case, "x.part.json", b"{"), vec![None]),
        ("description of another URL", |case| edit(case, "/x\"", "/y\""), vec![None]),
        ("description of another size", |case| edit(case, "65536", "65535"), vec![None]),
        ("part longer than the file", |case| write(case, "x.part", &sample(SIZE + 1)), vec![None]),
        ("another tag", |case| edit(case, "\"etag\":\"\\\"", "\"etag\":\"\\\"0"), vec![asked()]),
        (
            "416",
            |case| case.server.change("/x", |route| route.faults([Fault::Status(416, "")])),
            vec![asked(), None],
        ),
        (
            "ranges ignored",
            |case| case.server.change("/x", |route| route.faults([Fault::IgnoreRange])),
            vec![asked()],
        ),
        (
            "wrong range",
            |case| {
                let range = Fault::ContentRange("bytes 9999-65535/65536".to_owned());
                case.server.change("/x", |route| route.faults([range]));
            },
            vec![asked(), None],
        ),
        (
            "another file",
            |case| case.server.change("/x", |route| route.etag(Some("\"new\"")).faults([])),
            vec![asked()],
        ),
        (
            "interrupted again",
            |case| {
                case.server.change("/x", |route| {
                    route.faults([Fault::Status(500, ""), Fault::CutAfter(1)])
                });
            },
            vec![asked(), asked(), Some("bytes=10001-".to_owned())],
        ),
    ];
    for (name, spoil, want) in cases {
        let case = Case::new([Fault::CutAfter(10_000)]);
        case.get_killed(10_000);
        spoil(&case);
        let before = case.server.log().len();
        assert!(case.get() == Ok(case.content.clone()), "{name}");
        assert_eq!(case.ranges(before), want, "{name}");
        assert_eq!(case.left(), [""; 0], "{name}");
    }
}

fn remove(case: &Case, name: &str) {
    fs_err::remove_file(case.scratch.path().join(name)).unwrap();
}

fn write(case: &Case, name: &str, bytes: &[u8]) {
    fs_err::write(case.scratch.path().join(name), bytes).unwrap();
}

fn edit(case: &Case, from: &str, to: &str) {
    let path = case.scratch.path().join("x.part.json");
    let text = fs_err::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{text}");
    fs_err::write(path, text.replace(from, to)).unwrap();
}

#[test]
fn a_download_that_nobody_wants_to_the_end_leaves_nothing() {
    let case = Case::new([]);
    let mut download = case.open(Box::new(|_, _| {})).unwrap();
    download.read_exact(&mut [0; 100]).unwrap();
    assert_eq!(case.left(), ["x.part", "x.part.json"]);
    drop(download);
    assert_eq!(case.left(), [""; 0]);
}

#[test]
fn two_downloads_of_one_file_do_not_disturb_each_other() {
    let case = Case::new([]);
    let mut first = case.open(Box::new(|_, _| {})).unwrap();
    first.read_exact(&mut [0; 1000]).unwrap();
    assert!(case.get() == Ok(case.content.clone()));
    assert_eq!(case.left(), ["x.part", "x.part.json"]);
    let mut rest = Vec::new();
    first.read_to_end(&mut rest).unwrap();
    assert!(rest == case.content[1000..]);
    drop(first);
    assert_eq!(case.left(), [""; 0]);
}

#[test]
fn a_part_holds_no_credentials() {
    let mut case = Case::always(Fault::CutAfter(10));
    let once = Patience { interruptions: 0, ..patience(&[]) };
    case.net = Net::with_patience(&Ctx::default(), rules(&[]), once).unwrap();
    let target = url(&case.server.url("/x").replace("http://", "http://anna:s3cret@"));
    let directory = case.scratch.path();
    let job = Job { what: "x", url: &target, name: "x", directory, size: None, is_known: false };
    let mut download = Download::open(&case.net, job, Box::new(|_, _| {})).unwrap();
    assert!(download.read_to_end(&mut Vec::new()).is_err());
    drop(download);
    let text = fs_err::read_to_string(case.scratch.path().join("x.part.json")).unwrap();
    assert!(text.contains("127.0.0.1") && !text.contains("s3cret"), "{text}");
}

#[test]
fn progress_is_told() {
    let case = Case::new([Fault::CutAfter(10_000)]);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&seen);
    let mut download =
        case.open(Box::new(move |done, total| sink.lock().unwrap().push((done, total)))).unwrap();
    assert_eq!(download.size(), Some(SIZE as u64));
    download.read_to_end(&mut Vec::new()).unwrap();
    let seen = seen.lock().unwrap();
    assert!(seen.is_sorted());
    assert_eq!(seen.last(), Some(&(SIZE as u64, Some(SIZE as u64))));
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    let case = Case::new([]);
    let blocked = case.scratch.path().join("file");
    fs_err::write(&blocked, "").unwrap();
    let target = url(&case.server.url("/x"));
    let directory = blocked.join("dl");
    let job = Job {
        what: "x",
        url: &target,
        name: "x",
        directory: &directory,
        size: None,
        is_known: false,
    };
    let error = Download::open(&case.net, job, Box::new(|_, _| {})).unwrap_err();
    let text = error.to_string();
    assert!(text.contains(directory.to_str().unwrap()), "{text}");
    assert!(matches!(error.problem, Problem::Local(_)));
    assert_eq!(case.server.connections(), 0);
}
