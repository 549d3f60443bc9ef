//! What servers do wrong, with each kind of file that is asked for.

use super::count::{Suite, count, is_wanted, random};
use crate::common::server::{Fault, INDEX, Mirror, Server, hex_sha256};
use crate::net::{ctx, log, net_despite, sample};
use goward_core::error::Error;
use goward_core::net::{GoAuth, Net};
use goward_core::platform::Platform;
use goward_core::source::{
    ArtifactRequest, Listing, Modules, Source, SourceError, SourceSpec, sources,
};
use goward_core::verify::sumdb::LogError;
use goward_core::version::GoVersion;
use std::io::Read as _;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

const NAME: &str = "go1.99.1.linux-amd64.tar.gz";

const SIZE: usize = 5000;

/// Three attempts with half a second of silence each, on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(15);

/// The buffers of sockets hold some megabytes.
const BYTES: u64 = 30_000_000;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    Index,
    Archive,
    Lookup,
    Tile,
}

const TARGETS: [Target; 4] = [Target::Index, Target::Archive, Target::Lookup, Target::Tile];

/// The end of a request that got what it asked for.
const RIGHT: &str = "right";

/// The end of one for which the server has nothing, which is an answer.
const NOTHING: &str = "nothing";

/// The end of one whose bytes are not those that were listed.
const OTHER: &str = "other bytes than listed";

/// A fault, and how the four requests end, or a part of what is said then.
type Case = (Fault, [&'static str; 4]);

fn cases(other: &Server, path: &str) -> Vec<Case> {
    let all = |fault, end| (fault, [end; 4]);
    let to = |url: &str, end| all(Fault::Redirect(url.to_owned()), end);
    let status = |code, end| all(Fault::Status(code, ""), end);
    let stalled = "the server sent too little for 0.5 seconds";
    let cut = "the connection was cut after ";
    let large = "the answer is larger than ";
    let page = "the answer is a web page";
    let no_gzip = "the server labels it gzip, and it is not";
    let denied = "access was denied (HTTP status 403)";
    let (absent, none) = ("Absent", "there is no such file (HTTP status ");
    vec![
        (Fault::Status(404, ""), [NOTHING, NOTHING, absent, none]),
        (Fault::Status(410, ""), [NOTHING, NOTHING, absent, none]),
        (Fault::Status(403, ""), [NOTHING, denied, denied, denied]),
        status(400, "HTTP status 400"),
        status(401, "access was denied (HTTP status 401)"),
        status(407, "access was denied (HTTP status 407)"),
        status(418, "HTTP status 418"),
        status(500, "HTTP status 500"),
        status(503, "HTTP status 503"),
        all(
            Fault::Status(429, "Retry-After: 3600"),
            "HTTP status 429; the server asks to wait 3600 seconds",
        ),
        all(Fault::CutHeader, "no answer: "),
        all(Fault::CutAfter(0), cut),
        // A download goes on where it was cut.
        (Fault::Chunked { cut: true }, [cut, RIGHT, cut, cut]),
        all(Fault::Silence, "the server did not answer within 0.5 seconds"),
        all(Fault::StallAfter(0), stalled),
        all(Fault::Drip(Duration::from_millis(60)), stalled),
        // That of a `.tar.gz` is its own.
        (Fault::Header("Content-Encoding: gzip"), [no_gzip, RIGHT, no_gzip, no_gzip]),
        (Fault::Html, [NOTHING, "the server answers with a web page", page, page]),
        (Fault::Length(1), [cut, "it should have 5000 bytes, but the server sends 5001", cut, cut]),
        (
            Fault::Length(1_000_000_000),
            [large, "it should have 5000 bytes, but the server sends 1000005000", large, large],
        ),
        // The rest is not asked for; the digest says what came.
        (Fault::Endless, [large, OTHER, large, large]),
        (Fault::FlipBit(0), ["the index is refused: ", OTHER, "NotAuthentic", "Tile Above"]),
        to(path, "it redirects more than 9 times"),
        to("file:///etc/passwd", "it redirects to `file:///etc/passwd`, which is not https"),
        to("ftp://127.0.0.1/x", "it redirects to `ftp://127.0.0.1/x`, which is not https"),
        to(
            "http://mirror.example/x",
            "it redirects to `http://mirror.example/x`, which is not https",
        ),
        to(&other.url(path), RIGHT),
        to(&other.url(path).replace("127.0.0.1", "localhost"), RIGHT),
    ]
}

/// Asks; returns how it ends.
fn ask(target: Target, server: &Server, net: &dyn Fn() -> Net) -> String {
    match target {
        Target::Index => match source(server, net).releases() {
            Ok(Some(releases)) if releases.len() == 1 => RIGHT.to_owned(),
            Ok(Some(_)) => "other releases".to_owned(),
            Ok(None) => NOTHING.to_owned(),
            Err(error) => Error::from(error).message().to_owned(),
        },
        Target::Archive => archive(server, net),
        Target::Lookup | Target::Tile => match log::ask_over(server, net()) {
            Ok(_) => RIGHT.to_owned(),
            Err(LogError::Unreachable(error)) => error.to_string(),
            Err(error) => log::class(&error),
        },
    }
}

fn source(server: &Server, net: &dyn Fn() -> Net) -> Box<dyn Source> {
    let specs = SourceSpec::parse(&server.url("")).unwrap();
    let modules = |list: Option<&goward_core::net::GoProxy>| {
        Ok(Modules { list: list.unwrap().clone(), auth: GoAuth::parse(None)?, net: net() })
    };
    sources(&specs, &ctx(&[]), &|| Ok(net()), &modules, None).unwrap().remove(0)
}

fn archive(server: &Server, net: &dyn Fn() -> Net) -> String {
    let scratch = TempDir::new().unwrap();
    let wanted = ArtifactRequest {
        version: GoVersion::parse("go1.99.1").unwrap(),
        platform: Platform::parse("linux/amd64").unwrap(),
        size: None,
        ask_digest: true,
    };
    let opened = source(server, net).open(&wanted, scratch.path(), Box::new(|_, _| {}));
    let mut artifact = match opened {
        Ok(artifact) => artifact,
        Err(SourceError::NotThere(_)) => return NOTHING.to_owned(),
        Err(error) => return Error::from(error).message().to_owned(),
    };
    let mut bytes = Vec::new();
    if artifact.body.read_to_end(&mut bytes).is_err() {
        let failure = artifact.body.failure();
        return failure.map_or_else(String::new, |error| error.message().to_owned());
    }
    let is_listed = artifact.listing == Listing::Sha256(hex_sha256(&bytes));
    if is_listed { RIGHT.to_owned() } else { OTHER.to_owned() }
}

/// A server that has everything, and the path of each target.
fn serve() -> (Server, [String; 4]) {
    let (server, [lookup, tile]) = log::honest();
    let releases = Mirror::new().release("go1.99.1", [(NAME, sample(SIZE))]);
    releases.add_to(&server);
    (server, [INDEX.to_owned(), format!("/{NAME}"), lookup, tile])
}

/// Tries one fault with one target. Returns what is wrong.
fn try_case(target: Target, number: usize, netrc: &str) -> Result<(), String> {
    let (server, paths) = serve();
    let (other, _) = serve();
    let path = &paths[target as usize];
    let (fault, ends) = cases(&other, path).swap_remove(number);
    let want = ends[target as usize];
    server.change(path, |route| route.always(fault.clone()));
    let started = Instant::now();
    let faults = [fault];
    let got = ask(target, &server, &|| net_despite(&[("NETRC", netrc)], &faults));
    let took = started.elapsed();
    let is_right = match want {
        RIGHT | NOTHING | OTHER => got == want,
        part => got.contains(part),
    };
    if !is_right {
        return Err(format!("it ended with `{got}`, not with `{want}`"));
    }
    if took > PATIENCE || server.sent() + other.sent() > BYTES {
        return Err(format!("it took {took:?} and {} bytes", server.sent() + other.sent()));
    }
    let asked = server.log();
    if asked.is_empty() {
        return Err("nothing was asked".to_owned());
    }
    if asked.iter().any(|request| request.header("authorization").is_none()) {
        return Err(format!("the server that is named in the netrc got no credentials: {asked:?}"));
    }
    if other.log().iter().any(|request| request.header("authorization").is_some()) {
        return Err("another server got the credentials".to_owned());
    }
    if want == RIGHT && faults.iter().any(is_redirect) && other.log().len() != 1 {
        return Err(format!("{} requests to the other server", other.log().len()));
    }
    Ok(())
}

fn is_redirect(fault: &Fault) -> bool {
    matches!(fault, Fault::Redirect(_))
}

#[test]
fn servers_that_misbehave() {
    let mut suite = Suite::new(
        "http faults x index, archive, lookup, tile",
        "torture::faults::servers_that_misbehave",
    );
    let home = TempDir::new().unwrap();
    let netrc = home.path().join("netrc");
    std::fs::write(&netrc, "machine 127.0.0.1 login anna password s3cret\n").unwrap();
    let netrc = netrc.to_str().unwrap();
    let faults = cases(&Server::start(), "/");
    let all = TARGETS.iter().flat_map(|target| (0..faults.len()).map(|fault| (*target, fault)));
    let all: Vec<_> = all
        .map(|(target, number)| (target, number, format!("{target:?} {:?}.", faults[number].0)))
        .collect();
    let (total, kinds) = (all.len(), faults.len());
    let all = all.into_iter().filter(|(.., name)| is_wanted(name)).collect();
    let chosen = random("faults", 0).sample(all, count(40, usize::MAX));
    let (tried, queue) = (chosen.len(), Mutex::new(chosen.into_iter()));
    let failures = Mutex::new(Vec::new());
    // Most of them wait most of the time.
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().unwrap().next();
                    let Some((target, number, name)) = next else { break };
                    if let Err(why) = try_case(target, number, netrc) {
                        failures.lock().unwrap().push((name, why));
                    }
                }
            });
        }
    });
    for (name, why) in failures.into_inner().unwrap() {
        suite.failed(name, why);
    }
    let what = format!("of {total}: {kinds} faults x 4 kinds of files; credentials in a netrc");
    suite.end(tried, &what);
}
