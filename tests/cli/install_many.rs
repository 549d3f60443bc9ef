//! Several requests in one `goward install`, and the memory that installing takes.

use super::{archive, key, mirror, sandbox};
use crate::common::archives::{RawTar, Tree};
use crate::common::memory::peak;
use crate::common::random::Random;
use crate::common::server::{Fault, hex_sha256};
use crate::common::{Sandbox, machine};
use flate2::Compression;
use flate2::write::GzEncoder;
use goward_core::platform::Platform;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

#[test]
fn outcomes_come_in_the_order_of_the_requests() {
    let server = mirror();
    let sandbox = sandbox(&server);
    let host = Platform::host();
    // The first one takes longest.
    server.change(&format!("/{}", archive("go1.99.1")), |route| {
        route.faults([Fault::CutAfter(100), Fault::CutAfter(100)])
    });
    let line =
        |version: &str| format!("goward: installed {version} for {host} (listed) from [URL]/\n");
    let requests = ["install", "1.99", "1.98", "go1.99.1", "stable", "1.100rc1"];
    let want = ["go1.99.1", "go1.98.3", "go1.100rc1"].map(line).concat();
    assert_eq!(sandbox.goward(requests).says(), want);
    let downloads = server.log();
    let archives = downloads.iter().filter(|request| request.target.ends_with("tar.gz"));
    assert_eq!(archives.filter(|request| request.header("range").is_none()).count(), 3);
    for version in ["go1.99.1", "go1.98.3", "go1.100rc1"] {
        assert!(sandbox.store().join("tree").join(key(version)).join("bin/go").is_file());
    }
    assert_eq!(fs::read_dir(sandbox.store().join("tmp")).unwrap().count(), 0);
    let again = |version: &str| format!("goward: {version} for {host} is installed (listed)\n");
    let want = ["go1.99.1", "go1.98.3", "go1.100rc1"].map(again).concat();
    assert_eq!(sandbox.goward(requests).says(), want);
}

#[test]
fn what_fails_does_not_hold_up_the_others() {
    let server = mirror();
    let sandbox = sandbox(&server);
    let host = Platform::host();
    server.change(&format!("/{}", archive("go1.99.0")), |route| route.always(Fault::FlipBit(800)));
    let outcome = sandbox.goward(["install", "1.99.0", "1.98.3", "1.97", "1.99.1"]);
    let name = archive("go1.99.0");
    assert_eq!(
        (outcome.code, outcome.stderr),
        (
            Some(4),
            format!(
                "goward: installed go1.98.3 for {host} (listed) from [URL]/\n\
                 goward: installed go1.99.1 for {host} (listed) from [URL]/\n\
                 goward: 2 of 4 toolchains were not installed\n  \
                 1.99.0: refusing to unpack `{name}`: it is damaged: corrupt deflate stream\n    \
                 nothing was installed\n    \
                 from [URL]/{name}\n  \
                 1.97: no Go release matches `1.97` for {host}\n\
                 hint: ask a second source: `goward install go1.99.0 --source go.dev`\n"
            )
        )
    );
    assert!(!sandbox.store().join("tree").join(key("go1.99.0")).exists());
    // One that is none at all is noticed before anything is done.
    let requests = server.log().len();
    sandbox
        .goward(["install", "1.99.0", "1.x.y"])
        .fails(2, sandbox.goward(["install", "1.x.y"]).stderr.trim_end());
    assert_eq!(server.log().len(), requests);
}

#[test]
fn every_download_has_its_bar() {
    let server = mirror();
    let sandbox = sandbox(&server);
    for version in ["go1.98.3", "go1.99.1"] {
        server.change(&format!("/{}", archive(version)), |route| {
            route.always(Fault::Drip(Duration::from_micros(500)))
        });
    }
    // A terminal of its own; without one there are no bars.
    let goward = sandbox.path("bin/goward");
    let line = format!("{} install 1.98.3 1.99.1", goward.display());
    let mut command = sandbox.command(Path::new("script"), "project");
    command.args(["-qec", &line, "/dev/null"]).env("TERM", "xterm");
    if machine::command("script").arg("--version").output().is_err() {
        return crate::common::skip("progress bars: no `script` to make a terminal");
    }
    let outcome = sandbox.finish(&mut command);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let at = |what: &str| outcome.stdout.find(what).unwrap_or_else(|| panic!("{outcome:?}"));
    let first = at("installed ");
    assert!(
        at("downloading go1.98.3 from") < first && at("downloading go1.99.1 from") < first,
        "{outcome:?}"
    );
}

/// An archive of the size of a release: 230 MB in a few large files and many small ones.
fn large_archive(version: &str) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    let mut tar = RawTar::default();
    for (path, content) in &Tree::new(version, &Platform::host().lock_name()).0 {
        // Short names only: no PAX header is needed for the rest.
        if path.is_ascii() {
            tar.file(format!("go/{path}").as_bytes(), content);
        }
    }
    gzip.write_all(&tar.0).unwrap();
    // Two bits of noise in eight, as in text and programs.
    let noise: Vec<u8> =
        Random::new(1).bytes(1 << 20).into_iter().map(|byte| b'a' + (byte >> 6)).collect();
    let large = noise.repeat(30);
    for (number, size) in [large.len(); 6].into_iter().chain(vec![5_000; 10_000]).enumerate() {
        let mut tar = RawTar::default();
        tar.file(format!("go/src/{}/{number}.go", number / 100).as_bytes(), &large[..size]);
        gzip.write_all(&tar.0).unwrap();
    }
    gzip.write_all(&[0; 1024]).unwrap();
    gzip.finish().unwrap()
}

#[test]
fn memory_does_not_depend_on_the_archive() {
    if !Path::new("/proc/self/status").exists() {
        return crate::common::skip("memory: there is no /proc");
    }
    let place = Path::new("/dev/shm");
    let sandbox = if place.is_dir() { Sandbox::below(place) } else { Sandbox::new() };
    for version in ["go1.99.0", "go1.99.1"] {
        let bytes = large_archive(version);
        sandbox.write(&format!("mirror/{}.sha256", archive(version)), hex_sha256(&bytes));
        sandbox.write(&format!("mirror/{}", archive(version)), bytes);
    }
    let source = format!("file://{}", sandbox.path("mirror").display());
    let sandbox = sandbox.source(&source);
    for requests in [&["1.99.0"][..], &["1.99.0", "1.99.1"]] {
        let home = sandbox.path(&format!("store-{}", requests.len()));
        let most_of = |words: &[&str]| {
            let mut command = sandbox.command(&sandbox.path("bin/goward"), "project");
            command.env("GOWARD_HOME", &home).args(words).stdin(Stdio::null());
            let mut child = command.stderr(Stdio::null()).spawn().unwrap();
            let mut most = 0;
            let status = loop {
                most = most.max(peak(child.id()).unwrap_or_default());
                if let Some(status) = child.try_wait().unwrap() {
                    break status;
                }
                std::thread::sleep(Duration::from_millis(5));
            };
            assert!(status.success(), "{words:?}");
            assert!(most > 1 << 20, "{words:?}: {most} bytes");
            most
        };
        let most = most_of(&[&["install"], requests].concat());
        let limit = if cfg!(debug_assertions) { 80 << 20 } else { 64 << 20 };
        assert!(most < limit, "{requests:?}: {most} bytes");
        // One tree after the other: as much for two as for one.
        let most = most_of(&["verify", "--all"]);
        // Most of it is the program, which is larger without optimisation.
        let limit = if cfg!(debug_assertions) { 56 << 20 } else { 40 << 20 };
        assert!(most < limit, "verify: {most} bytes");
        assert!(
            home.join("tree")
                .join(
                    fs::read_dir(home.join("meta")).unwrap().next().map_or_else(
                        String::new,
                        |entry| entry.unwrap().file_name().to_string_lossy().replace(".files", ""),
                    )
                )
                .is_dir()
        );
    }
}
