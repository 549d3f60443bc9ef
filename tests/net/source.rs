//! The sources, through the same interface that installing uses.

use super::{ctx, net, sample};
use crate::common::server::{Fault, INDEX, Mirror, Route, Server, hex_sha256};
use goward_core::error::{Error, Kind, Result};
use goward_core::net::{GoAuth, GoProxy};
use goward_core::platform::Platform;
use goward_core::source::{
    Artifact, ArtifactKind, ArtifactRequest, Listing, Modules, Source, SourceSpec, sources,
};
use goward_core::version::GoVersion;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use tempfile::TempDir;

const NAME: &str = "go1.27.1.linux-amd64.tar.gz";

const ZIP: &str = "go1.27.1.windows-amd64.zip";

fn source(spec: &str) -> Box<dyn Source> {
    let specs = SourceSpec::parse(spec).unwrap();
    let modules = |list: Option<&GoProxy>| {
        let list = list.unwrap().clone();
        Ok(Modules { list, auth: GoAuth::parse(None)?, net: net() })
    };
    sources(&specs, &ctx(&[]), &|| Ok(net()), &modules, None).unwrap().remove(0)
}

fn mirror() -> (Server, Box<dyn Source>) {
    let archives = [(NAME, sample(5000)), (ZIP, sample(6000))];
    let server = Mirror::new().release("go1.27.1", archives).release("go1.26.2", []).start();
    let source = source(&server.url(""));
    (server, source)
}

fn wanted(version: &str, platform: &str) -> ArtifactRequest {
    ArtifactRequest {
        version: GoVersion::parse(version).unwrap(),
        platform: Platform::parse(platform).unwrap(),
        size: None,
        ask_digest: true,
    }
}

fn open(source: &dyn Source, wanted: &ArtifactRequest, scratch: &Path) -> Result<Artifact> {
    source.open(wanted, scratch, Box::new(|_, _| {})).map_err(Error::from)
}

fn targets(server: &Server) -> Vec<String> {
    server.log().into_iter().map(|request| request.target).collect()
}

#[test]
fn an_archive_with_its_listed_digest() {
    let (server, source) = mirror();
    let scratch = TempDir::new().unwrap();
    let mut artifact = open(&*source, &wanted("go1.27.1", "linux/amd64"), scratch.path()).unwrap();
    assert_eq!(artifact.kind, ArtifactKind::TarGz);
    assert_eq!(artifact.name, NAME);
    assert_eq!(artifact.origin, server.url(&format!("/{NAME}")));
    assert_eq!(artifact.size, Some(5000));
    assert_eq!(artifact.listing, Listing::Sha256(hex_sha256(&sample(5000))));
    assert!(artifact.body.file().is_none());
    let mut bytes = Vec::new();
    artifact.body.read_to_end(&mut bytes).unwrap();
    assert!(bytes == sample(5000) && artifact.body.failure().is_none());
    assert_eq!(targets(&server), [INDEX.to_owned(), format!("/{NAME}")]);
    drop(artifact);
    assert_eq!(fs_err::read_dir(scratch.path()).unwrap().count(), 0);
}

#[test]
fn the_index_is_asked_once_and_only_if_needed() {
    let (server, source) = mirror();
    let scratch = TempDir::new().unwrap();
    let mut lazy = wanted("go1.27.1", "linux/amd64");
    lazy.ask_digest = false;
    assert_eq!(open(&*source, &lazy, scratch.path()).unwrap().listing, Listing::Nothing);
    assert_eq!(targets(&server), [format!("/{NAME}")]);
    for _ in 0..2 {
        let releases = source.releases().unwrap().unwrap();
        let versions: Vec<String> = releases.iter().map(|r| r.version.to_string()).collect();
        assert_eq!(versions, ["go1.27.1", "go1.26.2"]);
    }
    open(&*source, &wanted("go1.27.1", "linux/amd64"), scratch.path()).unwrap();
    assert_eq!(targets(&server).iter().filter(|target| *target == INDEX).count(), 1);
}

#[test]
fn a_zip_can_be_read_from_its_end() {
    let (_server, source) = mirror();
    let scratch = TempDir::new().unwrap();
    let mut artifact =
        open(&*source, &wanted("go1.27.1", "windows/amd64"), scratch.path()).unwrap();
    assert_eq!((artifact.kind, artifact.name.as_str()), (ArtifactKind::Zip, ZIP));
    assert_eq!(fs_err::read_dir(scratch.path()).unwrap().count(), 0);
    let file = artifact.body.file().unwrap();
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).unwrap();
    assert!(bytes == sample(6000));
    assert_eq!(file.seek(SeekFrom::End(-10)).unwrap(), 5990);
}

/// What a mirror's index and `.sha256` file do, and what is listed then.
#[test]
fn without_an_index_the_file_beside_the_archive_counts() {
    let digest = hex_sha256(&sample(5000));
    let named = format!("{digest}  {NAME}\n");
    let listed = Listing::Sha256(digest.clone());
    let missing = || Route::new("").always(Fault::Status(404, ""));
    let html = || Route::new("").always(Fault::Html);
    let cases = [
        (missing(), Route::new(digest.clone().into_bytes()), listed.clone()),
        (html(), Route::new(named.clone().into_bytes()), listed.clone()),
        (
            Route::new("").always(Fault::Status(403, "")),
            Route::new(named.into_bytes()),
            listed.clone(),
        ),
        (
            Route::new("").always(Fault::Status(410, "")),
            Route::new(digest.clone().into_bytes()),
            listed.clone(),
        ),
        // An index that does not go back so far.
        (Route::new("[]"), Route::new(digest.into_bytes()), listed),
        (missing(), missing(), Listing::Nothing),
        (missing(), html(), Listing::Nothing),
        (missing(), Route::new("").always(Fault::Status(403, "")), Listing::Nothing),
    ];
    for (index, beside, listing) in cases {
        let (server, source) = mirror();
        server.route(INDEX, index);
        server.route(&format!("/{NAME}.sha256"), beside);
        let scratch = TempDir::new().unwrap();
        let artifact = open(&*source, &wanted("go1.27.1", "linux/amd64"), scratch.path()).unwrap();
        assert_eq!(artifact.listing, listing);
    }
}

#[test]
fn no_index_is_not_an_empty_index() {
    for (fault, has_index) in [
        (Fault::Status(404, ""), false),
        (Fault::Status(410, ""), false),
        (Fault::Status(403, ""), false),
        (Fault::Html, false),
        (Fault::None, true),
    ] {
        let server = Server::with(INDEX, Route::new("[]").always(fault.clone()));
        let releases = source(&server.url("")).releases().unwrap();
        assert_eq!(releases.is_some(), has_index, "{fault:?}");
    }
}

#[test]
fn failures_in_full() {
    let (server, source) = mirror();
    let base = server.url("");
    let shown = server.url("/");
    let scratch = TempDir::new().unwrap();
    let fail = |version: &str, platform: &str| {
        let error = open(&*source, &wanted(version, platform), scratch.path()).unwrap_err();
        (error.to_string(), error.kind())
    };
    assert_eq!(
        fail("go1.99.9", "linux/amd64"),
        (
            format!(
                "goward: {shown} has no go1.99.9 for linux/amd64\n  \
                 wanted {base}/go1.99.9.linux-amd64.tar.gz"
            ),
            Kind::NotFound
        )
    );
    assert_eq!(fail("go1.27.1", "plan9/386").1, Kind::NotFound);

    server.route(&format!("/{NAME}"), Route::new(sample(4999)));
    assert_eq!(
        fail("go1.27.1", "linux/amd64"),
        (
            format!(
                "goward: cannot download go1.27.1: it should have 5000 bytes, but the server sends \
                 4999\n  wanted {base}/{NAME}\n\
                 hint: try again later, or give another source: `GOWARD_SOURCE=python-index`"
            ),
            Kind::Network
        )
    );
    assert_eq!(fs_err::read_dir(scratch.path()).unwrap().count(), 0);
}

#[test]
fn an_index_that_fails_or_lies_fails_the_source() {
    let lie = r#"[{"version":"go1.27.1","files":[{"filename":"x","os":"linux","arch":"amd64",
        "version":"go1.27.1","sha256":"","size":1,"kind":"archive"}]}]"#;
    let cases = [
        (
            Route::new(lie),
            "the index is refused: `x` is where `go1.27.1.linux-amd64.tar.gz` belongs",
        ),
        (Route::new("[").etag(None), "the index is refused: EOF while parsing a list"),
        (
            Route::new("").always(Fault::Status(500, "")),
            "cannot download the list of releases: HTTP status 500",
        ),
        (
            Route::new("").always(Fault::Status(401, "")),
            "cannot download the list of releases: access was denied (HTTP status 401)",
        ),
    ];
    for (route, want) in cases {
        let server = Server::with(INDEX, route);
        let error = Error::from(source(&server.url("")).releases().unwrap_err());
        assert!(error.message().starts_with(want), "{error}");
        assert_eq!(error.kind(), Kind::Network);
        assert!(error.to_string().contains(&server.url("/?mode=json&include=all")), "{error}");
    }
}

#[test]
fn a_digest_file_that_is_none_is_refused() {
    let (server, source) = mirror();
    server.route(INDEX, Route::new("[]"));
    server.route(&format!("/{NAME}.sha256"), Route::new("\u{1b}[31mnot a digest"));
    let scratch = TempDir::new().unwrap();
    let error = open(&*source, &wanted("go1.27.1", "linux/amd64"), scratch.path()).unwrap_err();
    let place = server.url(&format!("/{NAME}.sha256"));
    assert_eq!(
        error.to_string(),
        format!(
            "goward: the digest file of `{NAME}` is not one: {place}\n  \
             it begins with `\\u{{1b}}[31mnot a digest`"
        )
    );
}

#[test]
fn a_broken_stream_says_why() {
    let (server, source) = mirror();
    server.change(&format!("/{NAME}"), |route| {
        route.faults([Fault::CutAfter(100), Fault::Status(404, "")])
    });
    let scratch = TempDir::new().unwrap();
    let mut artifact = open(&*source, &wanted("go1.27.1", "linux/amd64"), scratch.path()).unwrap();
    assert!(artifact.body.read_to_end(&mut Vec::new()).is_err());
    let failure: Error = artifact.body.failure().unwrap();
    assert_eq!(
        failure.message(),
        "cannot download go1.27.1: there is no such file (HTTP status 404)"
    );
    // The same for a zip, which is read before it is handed out.
    server.change(&format!("/{ZIP}"), |route| {
        route.faults([Fault::CutAfter(100), Fault::Status(404, "")])
    });
    let error = open(&*source, &wanted("go1.27.1", "windows/amd64"), scratch.path()).unwrap_err();
    assert_eq!(error.to_string(), failure.to_string().replace(NAME, ZIP));
}
