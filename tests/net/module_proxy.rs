//! The module proxy as a source: who is asked, with which credentials, and what is made of the answers.

use super::{ctx, patience, rules, sample};
use crate::common::server::{Fault, Route, Server};
use goward_core::error::{Error, Kind};
use goward_core::io::read_at::{self, ReadAt};
use goward_core::net::{GoAuth, GoProxy, Net};
use goward_core::platform::Platform;
use goward_core::source::{
    Artifact, ArtifactKind, ArtifactRequest, Listing, Modules, Source, SourceSpec, sources,
};
use goward_core::version::GoVersion;
use std::fs;
use std::io::Read;
use std::path::Path;
use tempfile::TempDir;

const ZIP: &str = "/golang.org/toolchain/@v/v0.0.1-go1.27.1.linux-amd64.zip";

const LIST: &str = "/golang.org/toolchain/@v/list";

/// The source with this GOPROXY and GOAUTH; `home` is for netrc.
fn source(goproxy: &str, goauth: Option<&str>, home: &Path) -> Box<dyn Source> {
    let ctx = ctx(&[("HOME", home.to_str().unwrap())]);
    let auth = GoAuth::parse(goauth).unwrap();
    let net = if auth.reads_netrc { Net::with_patience } else { Net::without_netrc };
    let net = net(&ctx, rules(&[]), patience(&[])).unwrap();
    let list = GoProxy::parse(Some(goproxy)).unwrap();
    let modules = |_: Option<&GoProxy>| Ok(Modules { list: list.clone(), auth, net: net.clone() });
    let specs = SourceSpec::parse("goproxy").unwrap();
    sources(&specs, &ctx, &|| Ok(net.clone()), &modules, None).unwrap().remove(0)
}

fn open(source: &dyn Source, scratch: &Path) -> Result<Artifact, Error> {
    let wanted = ArtifactRequest {
        version: GoVersion::parse("go1.27.1").unwrap(),
        platform: Platform::parse("linux/amd64").unwrap(),
        size: None,
        ask_digest: true,
    };
    source.open(&wanted, scratch, Box::new(|_, _| {})).map_err(Error::from)
}

fn proxy(answer: Route) -> Server {
    Server::with(ZIP, answer)
}

#[test]
fn a_module_can_be_read_from_its_end_and_leaves_nothing() {
    let server = proxy(Route::new(sample(5000)).faults([Fault::CutAfter(100)]));
    let scratch = TempDir::new().unwrap();
    let source = source(&server.url("/"), None, scratch.path());
    let mut artifact = open(&*source, scratch.path()).unwrap();
    assert_eq!(artifact.kind, ArtifactKind::Module);
    assert_eq!(artifact.origin, server.url(ZIP));
    assert_eq!((artifact.size, artifact.listing), (Some(5000), Listing::Nothing));
    let mut bytes = Vec::new();
    artifact.body.file().unwrap().read_to_end(&mut bytes).unwrap();
    assert!(bytes == sample(5000));
    assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 0);
}

/// Large enough that its end is fetched beside it.
const LARGE: usize = 12 << 20;

/// What is asked for of its end.
const END: &str = "bytes=-2097152";

/// Returns what was asked for of a file: all of it, or a range.
fn ranges(server: &Server) -> Vec<String> {
    let log = server.log();
    log.iter().map(|request| request.header("range").unwrap_or("all").to_owned()).collect()
}

fn read(zip: &dyn ReadAt, from: usize, count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count];
    let read = read_at::fill(zip, from as u64, &mut bytes).unwrap();
    bytes.truncate(read);
    bytes
}

#[test]
fn what_has_arrived_of_a_large_module_is_read_while_the_rest_is_on_its_way() {
    let server = proxy(Route::new(sample(LARGE)).faults([Fault::StallAfter(LARGE / 2)]));
    let scratch = TempDir::new().unwrap();
    let source = source(&server.url("/"), None, scratch.path());
    let mut artifact = open(&*source, scratch.path()).unwrap();
    assert_eq!(artifact.size, Some(LARGE as u64));
    let want = sample(LARGE);
    let zip = artifact.body.require_read_at("x.zip").unwrap();
    assert_eq!(zip.length().unwrap(), LARGE as u64);
    assert!(read(zip, 0, 1 << 20) == want[..1 << 20]);
    assert!(read(zip, LARGE - 1000, 2000) == want[LARGE - 1000..]);
    // The download stalls, and goes on only after that.
    assert_eq!(ranges(&server), ["all", END]);
}

/// All of it is right also where the two are not parts of one file, or the connection breaks.
#[test]
fn a_large_module_is_whole() {
    let same = || Route::new(sample(LARGE));
    for (answer, asked) in [
        (same(), 2),
        (same().faults([Fault::CutAfter(5 << 20)]), 3),
        (same().faults([Fault::None, Fault::ETag("\"other\"")]), 2),
        (same().faults([Fault::None, Fault::Status(503, "")]), 2),
        (same().faults([Fault::None, Fault::IgnoreRange]), 2),
        (same().faults([Fault::None, Fault::ContentRange("bytes 0-9/10".to_owned())]), 2),
    ] {
        let server = proxy(answer);
        let scratch = TempDir::new().unwrap();
        let source = source(&server.url("/"), None, scratch.path());
        let mut artifact = open(&*source, scratch.path()).unwrap();
        let zip = artifact.body.require_read_at("x.zip").unwrap();
        // Backwards, too.
        assert!(read(zip, LARGE - (3 << 20), 3 << 20) == sample(LARGE)[LARGE - (3 << 20)..]);
        let mut bytes = Vec::new();
        artifact.body.read_to_end(&mut bytes).unwrap();
        assert!(bytes == sample(LARGE));
        assert_eq!(ranges(&server).len(), asked, "{:?}", ranges(&server));
        drop(artifact);
        assert_eq!(scratch_files(&scratch), 0);
    }
}

/// A connection that is slow is joined by others, and none of them fetches what is here already.
#[test]
fn nothing_of_a_large_module_comes_twice() {
    const SIZE: usize = 24 << 20;
    let server = proxy(Route::new(sample(SIZE)).pace(5 << 20));
    let scratch = TempDir::new().unwrap();
    let source = source(&server.url("/"), None, scratch.path());
    let mut artifact = open(&*source, scratch.path()).unwrap();
    let mut bytes = Vec::new();
    artifact.body.read_to_end(&mut bytes).unwrap();
    assert!(bytes == sample(SIZE));
    let parts = ranges(&server).iter().filter(|range| !["all", END].contains(&&***range)).count();
    assert!(parts > 4, "{:?}", ranges(&server));
    let last =
        ranges(&server).iter().filter_map(|range| range.rsplit_once('-')?.1.parse().ok()).max();
    // The end was asked for by itself, by its length.
    assert_eq!(last.filter(|last| *last != 2_097_152), Some(SIZE - 2_097_152 - 1));
}

#[test]
fn a_large_module_that_does_not_arrive_says_why_and_goes_on_another_time() {
    let cut = Route::new(sample(LARGE)).always(Fault::CutAfter(3 << 20));
    let server = proxy(cut);
    let scratch = TempDir::new().unwrap();
    let source = source(&server.url("/"), None, scratch.path());
    let mut artifact = open(&*source, scratch.path()).unwrap();
    server.change(ZIP, |route| route.always(Fault::Status(404, "")));
    artifact.body.read_to_end(&mut Vec::new()).unwrap_err();
    let error = artifact.body.failure().unwrap();
    assert!(error.message().contains("HTTP status 404"), "{error}");
    drop(artifact);
    server.change(ZIP, |route| route.always(Fault::None));
    let mut artifact = open(&*source, scratch.path()).unwrap();
    let mut bytes = Vec::new();
    artifact.body.read_to_end(&mut bytes).unwrap();
    assert!(bytes == sample(LARGE));
}

fn scratch_files(scratch: &TempDir) -> usize {
    fs::read_dir(scratch.path()).unwrap().count()
}

/// Which of two proxies delivers, for each answer of the first.
#[test]
fn proxies_are_asked_as_go_asks_them() {
    for (answer, separator, want) in [
        (200, ',', "first"),
        (404, ',', "second"),
        (410, ',', "second"),
        (403, ',', "access was denied (HTTP status 403)"),
        (500, ',', "HTTP status 500"),
        (403, '|', "second"),
        (500, '|', "second"),
        (200, '|', "first"),
    ] {
        let [first, second] = ["first", "second"].map(|name| proxy(Route::new(name)));
        if answer != 200 {
            first.change(ZIP, |route| route.always(Fault::Status(answer, "")));
        }
        let goproxy = format!("{}{separator}{},off", first.url(""), second.url("/"));
        let scratch = TempDir::new().unwrap();
        let source = source(&goproxy, None, scratch.path());
        match open(&*source, scratch.path()) {
            Ok(mut artifact) => {
                let mut text = String::new();
                artifact.body.read_to_string(&mut text).unwrap();
                assert_eq!(text, want, "{answer} {separator}");
            }
            Err(error) => assert!(error.message().ends_with(want), "{answer} {separator}: {error}"),
        }
        assert_eq!(second.log().is_empty(), want != "second");
    }
}

#[test]
fn failures_in_full() {
    let scratch = TempDir::new().unwrap();
    let fail = |goproxy: &str, goauth: Option<&str>| {
        let error = open(&*source(goproxy, goauth, scratch.path()), scratch.path()).unwrap_err();
        (error.to_string(), error.kind())
    };
    let server = Server::start();
    let url = server.url(ZIP);
    let not_there = format!("goward: goproxy has no go1.27.1 for linux/amd64\n  wanted {url}");
    assert_eq!(fail(&server.url(""), None), (not_there.clone(), Kind::NotFound));
    assert_eq!(fail(&format!("{},off", server.url("")), None), (not_there.clone(), Kind::NotFound));
    let off = "goward: `GOPROXY` does not let anybody be asked for go1.27.1 (`off`)";
    assert_eq!(fail("off", None), (off.to_owned(), Kind::NotFound));
    let directory = format!("file://{}", scratch.path().display());
    assert_eq!(fail(&directory, None).1, Kind::NotFound);
    // Some proxies say that a file is missing to whom they do not know.
    let programs = "\n  `GOAUTH` names a program, which goward does not run\n\
                    hint: put user and password for the proxy's host into `~/.netrc`, with `GOAUTH=netrc`";
    assert_eq!(fail(&server.url(""), Some("git /src")).0, format!("{not_there}{programs}"));
    server.route(ZIP, Route::new("").always(Fault::Status(401, "")));
    let (report, kind) = fail(&server.url(""), Some("helper --flag"));
    assert_eq!(kind, Kind::Network);
    assert!(report.contains("access was denied (HTTP status 401)"), "{report}");
    assert!(report.ends_with(programs), "{report}");
    // A page in place of a zip is what portals answer.
    server.route(ZIP, Route::new("").always(Fault::Html));
    assert!(fail(&server.url(""), None).0.contains("the server answers with a web page"));
    assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 0);
}

#[test]
fn a_directory_is_a_proxy() {
    let directory = TempDir::new().unwrap();
    let zip = directory.path().join(&ZIP[1..]);
    fs::create_dir_all(zip.parent().unwrap()).unwrap();
    fs::write(&zip, "zip").unwrap();
    let versions = "v0.0.1-go1.26.2.linux-amd64\nv0.0.1-go1.27.1.linux-amd64\n";
    fs::write(directory.path().join(&LIST[1..]), versions).unwrap();
    let goproxy = format!("file://{}", directory.path().display());
    let source = source(&goproxy, None, directory.path());
    let mut artifact = open(&*source, Path::new("/nonexistent")).unwrap();
    let mut text = String::new();
    artifact.body.read_to_string(&mut text).unwrap();
    assert_eq!((text.as_str(), artifact.origin), ("zip", format!("{goproxy}{ZIP}")));
    let releases = source.releases().unwrap().unwrap();
    let shown: Vec<String> = releases.iter().map(|release| release.version.to_string()).collect();
    assert_eq!(shown, ["go1.27.1", "go1.26.2"]);
    fs::remove_file(&zip).unwrap();
    fs::create_dir(&zip).unwrap();
    let error = open(&*source, Path::new("/nonexistent")).unwrap_err();
    assert!(error.message().ends_with("is not a file"), "{error}");
}

#[test]
fn no_list_is_not_an_empty_list() {
    for (fault, want) in [
        (Fault::Status(404, ""), Some(false)),
        (Fault::Status(410, ""), Some(false)),
        (Fault::Html, None),
        (Fault::None, Some(true)),
        (Fault::Status(403, ""), None),
    ] {
        let server = Server::with(LIST, Route::new("\n").always(fault.clone()));
        let releases = source(&server.url(""), None, Path::new("/nonexistent")).releases();
        let got = releases.ok().map(|releases| releases.is_some());
        assert_eq!(got, want, "{fault:?}");
    }
}

/// Who gets netrc's password, and that of the URL.
#[test]
fn credentials_stay_with_their_host() {
    let home = TempDir::new().unwrap();
    fs::write(home.path().join(".netrc"), "machine 127.0.0.1 login anna password s3cret\n")
        .unwrap();
    let basic = Some("Basic YW5uYTpzM2NyZXQ=");
    for (goauth, want) in
        [(None, basic), (Some("netrc"), basic), (Some("off"), None), (Some("git /src"), None)]
    {
        let server = proxy(Route::new("zip"));
        open(&*source(&server.url(""), goauth, home.path()), home.path()).unwrap();
        assert_eq!(server.log()[0].header("authorization"), want, "{goauth:?}");
    }
    // Another host, to which the first one leads: its name is not in netrc, nor in the URL.
    let other = proxy(Route::new("zip"));
    let elsewhere = format!("http://localhost:{}{ZIP}", other.port());
    let server = proxy(Route::new("").always(Fault::Redirect(elsewhere)));
    let own = format!("http://bob:pw@127.0.0.1:{}", server.port());
    open(&*source(&own, None, home.path()), home.path()).unwrap();
    assert_eq!(server.log()[0].header("authorization"), Some("Basic Ym9iOnB3"));
    assert_eq!(other.log()[0].header("authorization"), None);
}
