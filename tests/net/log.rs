//! The checksum database over HTTP, from servers that lie.
//!
//! One log of 300 records, and what happens when one of its answers is another one. Every lie has a
//! name and the one error that it has to lead to; what was remembered before stays.

use super::{net_for, url};
use crate::common::log::{Signer, TestLog, record_of};
use crate::common::server::{Fault, Route as Answer, Server};
use gosumdb::{ClientOps, SignedHead, TrustRoot, VerifierKey};
use goward_core::net::Net;
use goward_core::platform::Platform;
use goward_core::verify::sumdb::Explain;
use goward_core::verify::sumdb::remote::Remote;
use goward_core::verify::sumdb::route::{GoSettings, Route, Way};
use goward_core::verify::sumdb::{Log, LogError, Logged};
use goward_core::version::GoVersion;
use std::fs;
use std::path::PathBuf;
use tempfile::TempDir;

const GO_MOD: &str = "h1:8wlg68NqwW7eMnI1aABk/C2pDYXj8mrMY4TyRfiLeS0=";

const H1: &str = "h1:MeqkXdYlyiVdqJXENOTyX7xd8QjDM/mxR52RKOFBS0M=";

const OTHER_H1: &str = "h1:rRL9rPpsjKfpdDFcppvNgw1/dynUMrpDcTxdIwtyFR0=";

const MODULE: &str = "golang.org/toolchain";

const VERSION: &str = "v0.0.1-go1.99.1.linux-amd64";

/// The number of the record that is asked for.
const ID: usize = 3;

/// The size of the log, and of the tree that was seen before.
pub(crate) const SIZE: usize = 300;

const SEEN: usize = 100;

pub(crate) fn signer() -> Signer {
    Signer::new("log.example", 1)
}

/// Returns a log in which everything from record 50 on depends on `variant`.
pub(crate) fn log_of(variant: u8) -> TestLog {
    let line = |version: &str, h1: &str| format!("{MODULE} {version} {h1}\n");
    let go_mod = line(&format!("{VERSION}/go.mod"), GO_MOD);
    let records = (0..SIZE).map(|id| match id {
        ID => record_of(MODULE, VERSION, H1, GO_MOD),
        // Genuine records that say something else.
        10 => record_of(MODULE, "v0.0.1-go1.99.2.linux-amd64", OTHER_H1, GO_MOD),
        11 => record_of("example.com/module", "v1.0.0", OTHER_H1, GO_MOD),
        12 => go_mod.clone(),
        13 => line(VERSION, H1),
        14 => record_of(MODULE, VERSION, H1, OTHER_H1),
        15 => line(VERSION, H1) + &line(VERSION, OTHER_H1) + &go_mod,
        16 => line(VERSION, "h2:none") + &go_mod,
        50.. => record_of("example.com/module", &format!("v1.{id}.{variant}"), H1, GO_MOD),
        _ => record_of("example.com/module", &format!("v1.{id}.0"), H1, GO_MOD),
    });
    TestLog::new(signer(), records.collect())
}

pub(crate) fn serve(log: &TestLog, size: usize) -> Server {
    let server = Server::start();
    for (path, body) in log.files(size) {
        server.route(&path, Answer::new(body));
    }
    server
}

fn authority() -> TrustRoot {
    TrustRoot { key: VerifierKey::parse(&signer().key_text()).unwrap(), seed: None }
}

/// A client with a memory of its own.
pub(crate) struct Client {
    directory: TempDir,
}

impl Client {
    pub(crate) fn new() -> Self {
        Self { directory: TempDir::new().unwrap() }
    }

    fn remembers(note: &str) -> Self {
        let client = Self::new();
        fs::create_dir_all(client.state("")).unwrap();
        fs::write(client.state("latest"), note).unwrap();
        client
    }

    fn state(&self, file: &str) -> PathBuf {
        self.directory.path().join("state/sumdb/log.example").join(file)
    }

    fn remembered(&self) -> String {
        fs::read_to_string(self.state("latest")).unwrap_or_default()
    }

    pub(crate) fn remote(&self, server: &Server, net: Net) -> Remote {
        let (state, cache) =
            (self.directory.path().join("state"), self.directory.path().join("cache"));
        let route = Route::at("log.example", url(&server.url("")));
        Remote::new(net, route, Some(&state), Some(&cache))
    }

    fn ask(&self, server: &Server, fault: &Fault) -> Result<Logged, LogError> {
        self.ask_over(server, net_for(std::slice::from_ref(fault)))
    }

    fn ask_over(&self, server: &Server, net: Net) -> Result<Logged, LogError> {
        let remote = self.remote(server, net);
        let version = GoVersion::parse("1.99.1").unwrap();
        let platform = Platform::parse("linux/amd64").unwrap();
        Log::new(&authority(), &remote).lookup(version, platform, None)
    }
}

/// Serves an honest log; where the record that is asked for is, and a tile above it.
pub(crate) fn honest() -> (Server, [String; 2]) {
    let log = log_of(0);
    (serve(&log, SIZE), [log.lookup_path(ID), FULL.to_owned()])
}

/// Asks for the record, with nothing remembered.
pub(crate) fn ask_over(server: &Server, net: Net) -> Result<Logged, LogError> {
    Client::new().ask_over(server, net)
}

/// Returns the error without what differs between runs.
pub(crate) fn class(error: &LogError) -> String {
    match error {
        LogError::Unreachable(error) => {
            let problem = format!("{:?}", error.problem);
            format!("Unreachable {}", problem.split([' ', '(']).next().unwrap())
        }
        LogError::Answer(problem) => format!("Answer {problem:?}"),
        LogError::Head(problem) => format!("Head {problem:?}"),
        LogError::Tile { problem, .. } => format!("Tile {problem:?}"),
        LogError::Record(problem) => format!("Line {problem:?}"),
        other => format!("{other:?}").split([' ', '(']).next().unwrap().to_owned(),
    }
}

#[test]
fn an_honest_log_is_believed_and_remembered() {
    let log = log_of(0);
    let server = serve(&log, SIZE);
    for client in [Client::new(), Client::remembers(&log.note(SEEN))] {
        let logged = client.ask(&server, &Fault::None).unwrap();
        assert_eq!((logged.h1.as_str(), logged.record, logged.head.size()), (H1, 3, 300));
        assert_eq!(client.remembered(), log.note(SIZE));
        let tile = client.directory.path().join("cache/sumdb/log.example/tile/8/0/000");
        assert_eq!(fs::read(tile).unwrap(), log.tiles(SIZE)["/tile/8/0/000"]);
        // What was learned is used the next time, and proved again.
        let before = server.log().len();
        client.ask(&server, &Fault::None).unwrap();
        assert_eq!(server.log().len(), before);
        // Of another release, only its record is asked for.
        let (remote, wanted) = (client.remote(&server, net_for(&[])), ("1.99.2", "linux/amd64"));
        let platform = Platform::parse(wanted.1).unwrap();
        let version = GoVersion::parse(wanted.0).unwrap();
        let logged = Log::new(&authority(), &remote).lookup(version, platform, None).unwrap();
        assert_eq!((logged.h1.as_str(), logged.record), (OTHER_H1, 10));
        let asked: Vec<String> =
            server.log().drain(before..).map(|request| request.target).collect();
        assert_eq!(asked, [log.lookup_path(10)]);
        // What is kept can be deleted, and is worth nothing when it is wrong.
        let kept = client.directory.path().join("cache/sumdb/log.example");
        for file in [log.lookup_path(ID), EDGE.to_owned(), FULL.to_owned()] {
            let path = kept.join(file.trim_start_matches('/'));
            for wrong in [Some(log.answer(10, SIZE).into_bytes()), Some(Vec::new()), None] {
                match wrong {
                    Some(bytes) => fs::write(&path, bytes).unwrap(),
                    None => fs::remove_file(&path).unwrap(),
                }
                let before = server.log().len();
                assert_eq!(client.ask(&server, &Fault::None).unwrap().h1.as_str(), H1);
                assert_eq!(server.log().len(), before + 1, "{file}");
            }
        }
    }
}

/// Several lookups, as for the platforms of a lock.
#[test]
fn lookups_share_tiles_and_connections() {
    let log = log_of(0);
    let server = serve(&log, SIZE);
    server.keep_connections();
    let client = Client::new();
    let remote = client.remote(&server, net_for(&[]));
    let platform = Platform::parse("linux/amd64").unwrap();
    for version in ["1.99.1", "1.99.2"] {
        let version = GoVersion::parse(version).unwrap();
        Log::new(&authority(), &remote).lookup(version, platform, None).unwrap();
    }
    let mut asked: Vec<String> = server.log().into_iter().map(|request| request.target).collect();
    // Tiles are fetched side by side.
    asked[1..4].sort_unstable();
    let tiles = [FULL, EDGE, TOP].map(str::to_owned);
    let [first, second] = [ID, 10].map(|id| log.lookup_path(id));
    assert_eq!(asked, [&[first][..], &tiles, &[second]].concat());
    assert!(server.connections() <= 3, "{}", server.connections());
    drop(remote);
}

/// Where neither state nor cache can be written, the log is asked, and that is told.
#[test]
fn a_home_that_cannot_be_written_remembers_nothing() {
    let log = log_of(0);
    for place in [PathBuf::from("/proc/nothing"), PathBuf::from("/proc/self/nothing")] {
        let server = serve(&log, SIZE);
        let route = Route::at("log.example", url(&server.url("")));
        let remote = Remote::new(net_for(&[]), route, Some(&place), Some(&place));
        let (version, platform) =
            (GoVersion::parse("1.99.1").unwrap(), Platform::parse("linux/amd64").unwrap());
        let ask = || Log::new(&authority(), &remote).lookup(version, platform, None);
        assert_eq!(remote.unremembered(), None);
        assert_eq!(ask().unwrap().h1.as_str(), H1);
        let told = remote.unremembered().unwrap();
        let start = "the newest head of log.example is not remembered: ";
        assert!(told.starts_with(start), "{told}");
        // Within one process it is known all the same.
        let before = server.log().len();
        ask().unwrap();
        assert_eq!(server.log().len(), before);
        // Two histories are an error also where the evidence cannot be kept.
        let theirs = serve(&log_of(1), SIZE);
        let route = Route::at("log.example", url(&theirs.url("")));
        let remote = Remote::new(net_for(&[]), route, Some(&place), None);
        let seed = SignedHead::open(log.note(SEEN).as_bytes(), &authority().key).unwrap();
        let trust_root = TrustRoot { seed: Some(seed), ..authority() };
        let error = Log::new(&trust_root, &remote).lookup(version, platform, None).unwrap_err();
        assert_eq!(class(&error), "Fork");
    }
}

/// A proxy with an older copy of the log, and the log itself or nobody behind it.
#[test]
fn an_old_copy_of_the_log_is_enough_for_a_staple() {
    let log = log_of(0);
    let seed = SignedHead::open(log.note(SIZE).as_bytes(), &authority().key).unwrap();
    let trust_root = TrustRoot { seed: Some(seed), ..authority() };
    let (version, platform) =
        (GoVersion::parse("1.99.1").unwrap(), Platform::parse("linux/amd64").unwrap());
    let copy = Server::with("/sumdb/log.example/supported", Answer::new(""));
    for (path, body) in log.files(SEEN) {
        copy.route(&format!("/sumdb/log.example{path}"), Answer::new(body));
    }
    let whole = serve(&log, SIZE);
    for (direct, is_stapled) in [(whole.url(""), false), ("http://127.0.0.1:1".to_owned(), true)] {
        let client = Client::new();
        let state = client.directory.path().join("state");
        let ask = || {
            let route = Route::through(&copy.url(""), "log.example", url(&direct)).unwrap();
            let remote = Remote::new(net_for(&[]), route, Some(&state), None);
            Log::new(&trust_root, &remote).lookup(version, platform, None)
        };
        let logged = ask().unwrap();
        assert_eq!((logged.h1.as_str(), logged.is_stapled), (H1, is_stapled));
        let size = if is_stapled { SEEN } else { SIZE };
        assert_eq!(logged.head.size(), size as u64);
        let kept = client.state(&format!("stapled/{SEEN}")).exists();
        assert_eq!((kept, client.remembered().is_empty()), (is_stapled, is_stapled));
        // A head that is remembered is always compared.
        fs::create_dir_all(client.state("")).unwrap();
        fs::write(client.state("latest"), log.note(SIZE)).unwrap();
        assert_eq!(ask().is_err(), is_stapled);
    }
}

/// What is served instead of the truth: a path, and a body or a way to go wrong.
enum Lie {
    Body(String, Vec<u8>),
    Fault(String, Fault),
}

const EDGE: &str = "/tile/8/0/001.p/44";

const TOP: &str = "/tile/8/1/000.p/1";

const FULL: &str = "/tile/8/0/000";

#[expect(clippy::too_many_lines, reason = "a table")]
fn lies(log: &TestLog) -> Vec<(&'static str, &'static str, Lie)> {
    let path = log.lookup_path(ID);
    let honest = log.answer(ID, SIZE);
    let note = log.note(SIZE);
    let head = log.head(SIZE);
    let tiles = log.tiles(SIZE);
    let text = |text: String| Lie::Body(path.clone(), text.into_bytes());
    let with_note = |note: &str| text(format!("{ID}\n{}\n{note}", log.record(ID)));
    let with_head = |head: &str| with_note(&signer().note(head));
    let record = |id: usize| text(log.answer(id, SIZE));
    let bytes = |bytes: Vec<u8>| Lie::Body(path.clone(), bytes);
    let fault = |fault: Fault| Lie::Fault(path.clone(), fault);
    let tile = |path: &str, bytes: &[u8]| Lie::Body(path.to_owned(), bytes.to_vec());
    let tile_fault = |path: &str, fault: Fault| Lie::Fault(path.to_owned(), fault);
    let flipped = |path: &str, bit: usize| tile_fault(path, Fault::FlipBit(bit));
    let (edge, full) = (&tiles[EDGE], &tiles[FULL]);
    let other = Signer::new("log.example", 2);
    let witness = Signer::new("witness.example", 3);
    let damaged = |text: String| text.replace("Az", "Bz").replace("= \n", "=\n");
    let wrong_line = signer().line("another text\n");
    let fork = log_of(1);
    vec![
        // The form of the answer.
        ("an empty body", "Answer Id", text(String::new())),
        ("a web page", "Unreachable Answer", fault(Fault::Html)),
        ("a web page that says it is none", "Answer Id", text("<html>\n\n</html>".to_owned())),
        ("only a number", "Answer Id", text("3".to_owned())),
        ("no blank line", "Answer NoEnd", text(honest.replace("\n\n", "\n"))),
        ("an id with a leading zero", "Answer Id", text(format!("0{honest}"))),
        ("a negative id", "Answer Id", text(format!("-{honest}"))),
        ("an id with a sign", "Answer Id", text(format!("+{honest}"))),
        ("an id that is too large", "Answer Id", text(format!("9999999999999999999{honest}"))),
        ("a line before the id", "Answer Id", text(format!("{MODULE} {VERSION} {H1}\n{honest}"))),
        ("lines that end in CRLF", "Answer Id", text(honest.replace('\n', "\r\n"))),
        ("a byte order mark", "Answer Id", text(format!("\u{feff}{honest}"))),
        ("a control character", "Answer NotText", text(honest.replace(" v0", "\u{7}v0"))),
        ("a NUL", "Answer NotText", text(honest.replace(" v0", "\0v0"))),
        (
            "bytes that are no text",
            "Answer NotText",
            bytes([b"3\n\xff\n\n", note.as_bytes()].concat()),
        ),
        // The record.
        (
            "the id of the first record that is not there",
            "OutOfTree",
            text(honest.replacen('3', "300", 1)),
        ),
        (
            "an id far beyond the tree",
            "OutOfTree",
            text(honest.replacen('3', "9223372036854775807", 1)),
        ),
        ("the id of another record", "NotAuthentic", text(honest.replacen('3', "4", 1))),
        ("another hash", "NotAuthentic", text(honest.replace(H1, OTHER_H1))),
        ("a space more", "NotAuthentic", text(honest.replace(GO_MOD, &format!("{GO_MOD} ")))),
        (
            "cve_2026_56864: a line that is not in the log",
            "NotAuthentic",
            text(honest.replacen('\n', &format!("\n{MODULE} {VERSION} {OTHER_H1}\n"), 1)),
        ),
        (
            "cve_2026_56864: a line behind the record",
            "Head Note(BadSignature)",
            with_note(&format!("{MODULE} {VERSION} {OTHER_H1}\n{note}")),
        ),
        (
            "cve_2026_56864: a line behind the signatures",
            "Head Note(SignatureLine)",
            with_note(&format!("{note}{MODULE} {VERSION} {OTHER_H1}\n")),
        ),
        ("cve_2026_42501: the record of another version", "Line Missing", record(10)),
        ("cve_2026_42501: the record of another module", "Line Missing", record(11)),
        ("cve_2026_42501: a record with go.mod only", "Line Missing", record(12)),
        ("a record without go.mod", "Line Missing", record(13)),
        ("a record with another go.mod", "Line GoMod", record(14)),
        ("a record with two hashes", "Line Twice", record(15)),
        ("a record with a hash of another kind", "Line NotH1", record(16)),
        // The note.
        ("no note", "Head Note(NoSignatures)", with_note("")),
        ("a note without signatures", "Head Note(NoSignatures)", with_note(&head)),
        (
            "a note with a blank line for signatures",
            "Head Note(NoSignatures)",
            with_note(&format!("{head}\n")),
        ),
        (
            "a note by another key of the same name",
            "Head Note(Unsigned)",
            with_note(&other.note(&head)),
        ),
        ("a note by somebody else", "Head Note(Unsigned)", with_note(&witness.note(&head))),
        (
            "a signature of another text",
            "Head Note(BadSignature)",
            with_note(&format!("{head}\n{wrong_line}")),
        ),
        (
            "a right signature and a wrong one",
            "Head Note(BadSignature)",
            with_note(&format!("{note}{wrong_line}")),
        ),
        (
            "the key's signature under another name",
            "Head Note(Unsigned)",
            with_note(&note.replace("log.example", "log.exampel")),
        ),
        (
            "101 signatures",
            "Head Note(TooMany)",
            with_note(&format!("{head}\n{}", signer().line(&head).repeat(101))),
        ),
        (
            "a note of 2 MB",
            "Unreachable TooLarge",
            with_note(&format!("{head}{}", "x".repeat(2_000_000))),
        ),
        (
            "control characters in the note",
            "Head Note(NotText)",
            with_note(&damaged(note.replace("tree", "tr\u{1b}ee"))),
        ),
        (
            "a hyphen for the dash",
            "Head Note(SignatureLine)",
            with_note(&note.replace('\u{2014}', "-")),
        ),
        // The head, with a right signature.
        ("a head of another kind", "Head Head(Form)", with_head(&head.replace("tree", "tree v2"))),
        ("a head of two lines", "Head Head(Form)", with_head("go.sum database tree\n300\n")),
        (
            "a tree size with a leading zero",
            "Head Head(Size)",
            with_head(&head.replace("300", "0300")),
        ),
        ("a tree size with a sign", "Head Head(Size)", with_head(&head.replace("300", "+300"))),
        ("a negative tree size", "Head Head(Size)", with_head(&head.replace("300", "-300"))),
        ("an empty tree", "Head Head(Size)", with_head(&head.replace("300", "0"))),
        (
            "a tree size that is too large",
            "Head Head(Size)",
            with_head(&head.replace("300", "9223372036854775808")),
        ),
        (
            "a tree hash of 31 bytes",
            "Head Head(Hash)",
            with_head("go.sum database tree\n300\n8wlg68NqwW7eMnI1aABk/C2pDYXj8mrMY4TyRfiLeQ==\n"),
        ),
        (
            "a tree hash that is none",
            "Head Head(Hash)",
            with_head("go.sum database tree\n300\nhash\n"),
        ),
        (
            "a larger tree without tiles",
            "Unreachable NotFound",
            with_head(&head.replace("300", "301")),
        ),
        ("another hash for the same size", "Tile Edge", with_note(&fork.note(SIZE))),
        ("a smaller tree of another history", "Fork", with_note(&fork.note(SEEN))),
        ("a much smaller tree of another history", "Fork", with_note(&fork.note(51))),
        // Tiles.
        ("a tile at the edge with another bit", "Tile Edge", flipped(EDGE, 44 * 256 - 1)),
        ("the topmost tile with another bit", "Tile Edge", flipped(TOP, 0)),
        (
            "cve_2026_56865: a full tile with another bit",
            "Tile Above",
            flipped(FULL, 256 * 256 - 1),
        ),
        ("a full tile with another bit where the record is", "Tile Above", flipped(FULL, ID * 256)),
        ("a full tile of another history", "Tile Above", tile(FULL, &fork.tiles(SIZE)[FULL])),
        ("an edge of another history", "Tile Edge", tile(EDGE, &fork.tiles(SIZE)[EDGE])),
        (
            "a tile that is too long",
            "Tile Length(1440, 1408)",
            tile(EDGE, &[&edge[..], &edge[..32]].concat()),
        ),
        ("a tile that is too short", "Tile Length(1376, 1408)", tile(EDGE, &edge[..1376])),
        ("a tile with part of a hash", "Tile Length(1407, 1408)", tile(EDGE, &edge[..1407])),
        ("an empty tile", "Tile Length(0, 1408)", tile(EDGE, &[])),
        ("a full tile for a partial one", "Tile Length(8192, 1408)", tile(EDGE, full)),
        ("a partial tile for a full one", "Tile Length(1408, 8192)", tile(FULL, edge)),
        ("a text for a tile", "Tile Length(5, 8192)", tile(FULL, b"hello")),
        // The server.
        ("404 for the record", "Absent", fault(Fault::Status(404, ""))),
        ("410 for the record", "Absent", fault(Fault::Status(410, ""))),
        ("403 for the record", "Unreachable Denied", fault(Fault::Status(403, ""))),
        ("500 for the record", "Unreachable Status", fault(Fault::Status(500, ""))),
        (
            "429 for the record",
            "Unreachable Status",
            fault(Fault::Status(429, "Retry-After: 3600")),
        ),
        ("204 for the record", "Unreachable Status", fault(Fault::Status(204, ""))),
        ("404 for a tile", "Unreachable NotFound", tile_fault(FULL, Fault::Status(404, ""))),
        ("410 for the edge", "Unreachable NotFound", tile_fault(EDGE, Fault::Status(410, ""))),
        ("500 for a tile", "Unreachable Status", tile_fault(FULL, Fault::Status(500, ""))),
        ("503 for the edge", "Unreachable Status", tile_fault(EDGE, Fault::Status(503, ""))),
        ("an endless record", "Unreachable TooLarge", fault(Fault::Endless)),
        ("an endless tile", "Unreachable TooLarge", tile_fault(FULL, Fault::Endless)),
        ("a record that is cut", "Unreachable Cut", fault(Fault::CutAfter(100))),
        ("a tile that is cut", "Unreachable Cut", tile_fault(FULL, Fault::CutAfter(100))),
        (
            "a connection that ends before an answer",
            "Unreachable Connection",
            fault(Fault::CutHeader),
        ),
        ("silence", "Unreachable Silent", fault(Fault::Silence)),
        ("a tile that stalls", "Unreachable Stalled", tile_fault(FULL, Fault::StallAfter(100))),
        (
            "a compressed record",
            "Unreachable Answer",
            fault(Fault::Header("Content-Encoding: gzip")),
        ),
        (
            "a compressed tile",
            "Unreachable Answer",
            tile_fault(FULL, Fault::Header("Content-Encoding: br")),
        ),
        ("a web page for a tile", "Unreachable Answer", tile_fault(FULL, Fault::Html)),
        (
            "a redirect to http elsewhere",
            "Unreachable Refused",
            fault(Fault::Redirect("http://log.example/x".to_owned())),
        ),
        (
            "a redirect to a file",
            "Unreachable Refused",
            tile_fault(FULL, Fault::Redirect("file:///etc/passwd".to_owned())),
        ),
        ("a redirect to itself", "Unreachable Refused", fault(Fault::Redirect(path.clone()))),
    ]
}

#[test]
fn every_lie_is_noticed_for_what_it_is() {
    let log = log_of(0);
    let remembered = log.note(SEEN);
    let lies = lies(&log);
    assert!(lies.len() >= 45, "{}", lies.len());
    for (name, want, lie) in lies {
        let server = serve(&log, SIZE);
        let client = Client::remembers(&remembered);
        let mut fault = Fault::None;
        match lie {
            Lie::Body(path, body) => server.route(&path, Answer::new(body)),
            Lie::Fault(path, wrong) => {
                server.change(&path, |route| route.always(wrong.clone()));
                fault = wrong;
            }
        }
        let error = client.ask(&server, &fault).map(|logged| panic!("{name}: {logged:?}"));
        let error = error.unwrap_err();
        assert_eq!(class(&error), want, "{name}: {error}");
        let outage = want.starts_with("Unreachable") || want == "Absent";
        assert_eq!(error.is_inconclusive(), outage, "{name}");
        assert_eq!(client.remembered(), remembered, "{name}");
        assert_eq!(client.state("fork").exists(), want == "Fork", "{name}");
    }
}

#[test]
fn cve_2026_42501_a_record_without_the_toolchain_proves_nothing() {
    let log = log_of(0);
    let server = serve(&log, SIZE);
    for id in [10, 11, 12] {
        server.route(&log.lookup_path(ID), Answer::new(log.answer(id, SIZE)));
        let error = Client::new().ask(&server, &Fault::None).unwrap_err();
        assert_eq!(class(&error), "Line Missing", "{id}");
    }
}

#[test]
fn two_histories_leave_evidence_and_stop_everything() {
    let (ours, theirs) = (log_of(0), log_of(1));
    let server = serve(&theirs, SIZE);
    let client = Client::remembers(&ours.note(SEEN));
    let error = client.ask(&server, &Fault::None).unwrap_err();
    assert_eq!(class(&error), "Fork");
    let path = client.state("fork");
    let report = error.explain("log.example");
    assert_eq!(report.kind().exit_code(), 7);
    let expected = |log: &TestLog, size: usize| log.head(size).lines().last().unwrap().to_owned();
    assert_eq!(
        report.to_string(),
        format!(
            "goward: log.example cannot be believed: it has signed two histories\n  \
             100 records: {}\n  300 records: {}, which begin with {}\n  the signed proof is in `{}`\n\
             hint: show it to others, and to the Go team: https://go.dev/security",
            expected(&ours, SEEN),
            expected(&theirs, SIZE),
            expected(&theirs, SEEN),
            path.display()
        )
    );
    let evidence = fs::read_to_string(&path).unwrap();
    assert!(evidence.contains(&ours.note(SEEN)) && evidence.contains(&theirs.note(SIZE)));
    assert!(evidence.contains(&server.url("")), "{evidence}");
    // Even an honest log is not believed again before somebody looked at it.
    let honest = serve(&ours, SIZE);
    let error = client.ask(&honest, &Fault::None).unwrap_err().explain("log.example");
    assert_eq!(error.kind().exit_code(), 7);
    assert_eq!(
        error.to_string(),
        format!(
            "goward: log.example cannot be believed: it was caught with two histories\n  \
             the signed proof is in `{0}`\n\
             hint: show it to others, and to the Go team: https://go.dev/security\n\
             hint: when that is settled, move it away: `mv {0} {0}.old`",
            path.display()
        )
    );
    assert_eq!((honest.log().len(), client.remembered()), (0, ours.note(SEEN)));
    fs::rename(&path, client.state("fork.old")).unwrap();
    client.ask(&honest, &Fault::None).unwrap();
    assert_eq!(client.remembered(), ours.note(SIZE));
}

#[test]
fn a_damaged_memory_stops_everything_and_says_how_to_begin_anew() {
    let log = log_of(0);
    let server = serve(&log, SIZE);
    for damaged in
        [String::new(), "x".to_owned(), log.head(SEEN), log.note(SEEN).replace("100", "101")]
    {
        let client = Client::remembers(&damaged);
        let error = client.ask(&server, &Fault::None).unwrap_err().explain("log.example");
        let place = client.state("latest").display().to_string();
        let (message, hint) = (error.message(), error.hints()[0].to_string());
        assert_eq!(error.kind().exit_code(), 7);
        let start =
            format!("log.example was not asked: what `{place}` remembers of it cannot be used: ");
        assert!(message.starts_with(&start), "{message}");
        assert!(hint.ends_with(&format!(": `mv {place} {place}.old`")), "{hint}");
        assert_eq!((client.remembered(), server.log().len()), (damaged, 0));
        fs::rename(client.state("latest"), client.state("latest.old")).unwrap();
    }
    let client = Client::new();
    fs::create_dir_all(client.state("latest")).unwrap();
    assert!(
        client.ask(&server, &Fault::None).unwrap_err().words().ends_with("is not a regular file")
    );
}

#[test]
fn without_a_place_to_remember_the_log_can_be_asked_all_the_same() {
    let log = log_of(0);
    let server = serve(&log, SIZE);
    let route = Route::at("log.example", url(&server.url("")));
    let remote = Remote::new(net_for(&[]), route, None, None);
    let (version, platform) = ("1.99.1", "linux/amd64");
    let (version, platform) =
        (GoVersion::parse(version).unwrap(), Platform::parse(platform).unwrap());
    assert_eq!(
        Log::new(&authority(), &remote).lookup(version, platform, None).unwrap().h1.as_str(),
        H1
    );
}

#[test]
fn many_processes_at_once_end_with_the_largest_head() {
    let log = log_of(0);
    let client = Client::remembers(&log.note(SEEN));
    std::thread::scope(|scope| {
        for size in [SIZE, 150, 299, 200, 256, 120, 257, 101] {
            let (client, log) = (&client, &log);
            scope.spawn(move || {
                let server = serve(log, size);
                // Whoever comes later may already know of a larger tree than this server has.
                for (path, body) in
                    log.tiles(SIZE).into_iter().chain((101..SIZE).flat_map(|n| log.tiles(n)))
                {
                    server.route(&path, Answer::new(body));
                }
                // With a cache of its own: an answer that another process kept would be enough.
                let cache = TempDir::new().unwrap();
                let route = Route::at("log.example", url(&server.url("")));
                let state = client.directory.path().join("state");
                let net = net_for(&[Fault::None]);
                let remote = Remote::new(net, route, Some(&state), Some(cache.path()));
                let version = GoVersion::parse("1.99.1").unwrap();
                let platform = Platform::parse("linux/amd64").unwrap();
                Log::new(&authority(), &remote).lookup(version, platform, None).unwrap();
            });
        }
    });
    assert_eq!(client.remembered(), log.note(SIZE));
    let names: Vec<_> =
        fs::read_dir(client.state("")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names.len(), 2, "{names:?}");
}

/// Which of two proxies and the log itself is asked, for each answer of the first to `supported`.
#[test]
fn proxies_are_asked_as_go_asks_them() {
    let supported = "/sumdb/sum.golang.org/supported";
    let latest = "/sumdb/sum.golang.org/latest";
    for (answer, separator, want) in [
        (200, ',', "first"),
        (404, ',', "second"),
        (410, ',', "second"),
        (403, ',', "Denied"),
        (418, ',', "Status"),
        (500, ',', "Status"),
        (403, '|', "second"),
        (500, '|', "second"),
        (200, '|', "first"),
    ] {
        let [first, second] = ["first", "second"].map(|name| {
            let server = Server::with(supported, Answer::new(""));
            server.route(latest, Answer::new(name));
            server
        });
        if answer != 200 {
            first.change(supported, |route| route.always(Fault::Status(answer, "")));
        }
        let goproxy = format!("{}{separator}{},off", first.url(""), second.url("/"));
        let route = asking(&goproxy);
        let remote = Remote::new(net_for(&[]), route, None, None);
        let got = match remote.fetch("/latest", 100) {
            Ok(body) => String::from_utf8(body).unwrap(),
            Err(error) => {
                format!("{:?}", error.problem).split(['(', ' ']).next().unwrap().to_owned()
            }
        };
        assert_eq!(got, want, "{answer} {separator}");
        // It is found out once.
        _ = remote.fetch("/latest", 100);
        let times = first.log().iter().filter(|request| request.target == supported).count();
        assert!(times == 1 || answer == 500, "{times}");
    }
    // What a proxy says besides is not looked at.
    let talkative = Server::with(supported, Answer::new("yes\n"));
    talkative.route(latest, Answer::new("talkative"));
    let route = asking(&talkative.url(""));
    let remote = Remote::new(net_for(&[]), route, None, None);
    assert_eq!(remote.fetch("/latest", 100).unwrap(), b"talkative");
    let error = remote.fetch("/nothing", 100).unwrap_err();
    assert_eq!(error.what, "a part of sum.golang.org");
}

/// Proxies without the log: then it is the log itself, also where nobody else has modules.
#[test]
fn without_a_proxy_for_it_the_log_itself_is_asked() {
    let supported = "/sumdb/sum.golang.org/supported";
    let (server, log) = (Server::start(), Server::with("/latest", Answer::new("the log")));
    let broken = Server::with(supported, Answer::new("").always(Fault::Status(500, "")));
    let url_of = |server: &Server| url(&server.url(""));
    for (list, want) in [
        (server.url(""), Some("the log")),
        (format!("{},off", server.url("")), Some("the log")),
        (format!("{},direct", server.url("")), Some("the log")),
        (format!("{}|direct", broken.url("")), Some("the log")),
        ("direct".to_owned(), Some("the log")),
        ("file:///nowhere,off".to_owned(), Some("the log")),
        // Who says that it is broken may have it; only `direct` helps then.
        (format!("{}|off", broken.url("")), None),
        (format!("{}|{}", broken.url(""), server.url("")), None),
        (format!("{},direct", broken.url("")), None),
    ] {
        let route = Route::through(&list, "sum.golang.org", url_of(&log)).unwrap();
        let got = Remote::new(net_for(&[]), route, None, None).fetch("/latest", 100);
        assert_eq!(got.ok().as_deref(), want.map(str::as_bytes), "{list}");
    }
    // A directory in GOPROXY can have the log, too, and one that has not is passed over.
    let directory = tempfile::tempdir().unwrap();
    let list = format!("file://{},{},off", directory.path().display(), server.url(""));
    let fetch = || {
        let route = Route::through(&list, "sum.golang.org", url_of(&log)).unwrap();
        Remote::new(net_for(&[]), route, None, None).fetch("/latest", 100)
    };
    assert_eq!(fetch().unwrap(), b"the log");
    let place = directory.path().join("sumdb/sum.golang.org");
    fs::create_dir_all(&place).unwrap();
    fs::write(place.join("supported"), "").unwrap();
    fs::write(place.join("latest"), "a file").unwrap();
    assert_eq!(fetch().unwrap(), b"a file");
    let asked = server.log().len();
    // GOSUMDB can name a place, which goes before every proxy; a directory, too.
    let named = Server::with("/x/latest", Answer::new("named"));
    for (gosumdb, want) in
        [(named.url("/x"), "named"), (format!("file://{}", place.display()), "a file")]
    {
        let gosumdb = format!("sum.golang.org {gosumdb}");
        let goproxy = server.url("");
        let settings =
            GoSettings { goproxy: Some(&goproxy), gosumdb: Some(&gosumdb), gonosumdb: None };
        let Way::Ask(route) = Way::parse(settings).unwrap() else { panic!("{gosumdb}") };
        let remote = Remote::new(net_for(&[]), *route, None, None);
        assert_eq!(remote.fetch("/latest", 100).unwrap(), want.as_bytes());
    }
    assert_eq!(server.log().len(), asked);
}

/// A route by GOPROXY to a log that is nowhere.
fn asking(goproxy: &str) -> Route {
    Route::through(goproxy, "sum.golang.org", url("http://127.0.0.1:1")).unwrap()
}

#[test]
fn static_servers_may_call_every_file_a_web_page() {
    let log = log_of(0);
    let server = serve(&log, SIZE);
    for path in log.files(SIZE).into_keys() {
        server.change(&path, |route| route.always(Fault::Header("Content-Type: text/html")));
    }
    Client::new().ask(&server, &Fault::None).unwrap();
    // A page is none, wherever it is.
    for path in [log.lookup_path(ID), EDGE.to_owned(), FULL.to_owned()] {
        for page in ["<!DOCTYPE html>", "\n <html>", "<?xml version=\"1.0\"?><html>"] {
            let server = serve(&log, SIZE);
            let answer = Answer::new(page).always(Fault::Header("Content-Type: text/html"));
            server.route(&path, answer);
            let error = Client::new().ask(&server, &Fault::None).unwrap_err();
            assert_eq!(class(&error), "Unreachable Answer", "{path} {page}");
        }
    }
}

#[test]
fn an_outage_is_remembered_for_a_moment_and_for_who_asks_in_that_way() {
    let client = Client::new();
    let remote = client.remote(&Server::start(), net_for(&[]));
    assert_eq!(remote.recent_outage("me"), None);
    remote.note_outage("me", "silence\u{1b}[0m");
    let (why, seconds) = remote.recent_outage("me").unwrap();
    assert_eq!((why.as_str(), seconds < 60), ("silence\\u{1b}[0m", true));
    assert_eq!(remote.recent_outage("somebody"), None);
    let age = |seconds: u64| {
        let then = std::time::SystemTime::now() - std::time::Duration::from_secs(seconds);
        fs::File::open(client.state("unreachable")).unwrap().set_modified(then).unwrap();
    };
    age(59);
    assert!(remote.recent_outage("me").is_some());
    age(61);
    assert_eq!(remote.recent_outage("me"), None);
    // A clock that was set back does not make it last.
    let later = std::time::SystemTime::now() + std::time::Duration::from_secs(3600);
    fs::File::open(client.state("unreachable")).unwrap().set_modified(later).unwrap();
    assert_eq!(remote.recent_outage("me"), None);
    age(1);
    remote.forget_outage();
    assert_eq!(remote.recent_outage("me"), None);
    remote.forget_outage();
}
