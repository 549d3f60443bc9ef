//! What `goward mirror create` writes, and what it leaves alone.

use super::{GO_MOD_H1, Lab, Toolchain, files, serve};
use crate::common::Sandbox;
use crate::common::archives::Tree;
use crate::common::server::hex_sha256;
use goward_core::error::Kind;
use goward_core::install::Installer;
use goward_core::install::request::Fetch;
use goward_core::platform::Platform;
use goward_mirror::Mirrors;
use std::fs;
use std::time::{Duration, SystemTime};

fn three() -> [Toolchain; 3] {
    [
        Toolchain::small("go1.99.1", "linux-amd64"),
        Toolchain::small("go1.99.1", "windows-amd64"),
        Toolchain::small("go1.98.3", "linux-arm"),
    ]
}

fn lab(toolchains: &[Toolchain; 3]) -> Lab {
    let [linux, windows, arm] = toolchains;
    let lab = Lab::new(Sandbox::new(), &[linux, windows, arm]);
    lab.lock("a.lock", &[linux, windows]);
    lab.lock("b.lock", &[arm]);
    lab
}

#[test]
fn both_layouts_are_complete_and_deterministic() {
    let toolchains = three();
    let lab = lab(&toolchains);
    let mirrored = lab.create(&["a.lock", "b.lock"], "../mirror", false).unwrap();
    assert_eq!((mirrored.added, mirrored.kept, mirrored.warnings), (3, 0, Vec::new()));
    let found = files(&lab.sandbox.path("mirror"));

    let text = |path: &str| String::from_utf8(found[path].clone()).unwrap();
    let index: serde_json::Value = serde_json::from_slice(&found["index.json"]).unwrap();
    assert_eq!(
        (&index[0]["version"], &index[1]["version"]),
        (&"go1.99.1".into(), &"go1.98.3".into())
    );
    assert_eq!(index[1]["files"][0]["arch"], "armv6l");
    let mut list = String::new();
    for toolchain in [&toolchains[2], &toolchains[0], &toolchains[1]] {
        let (name, archive) = (toolchain.name(), &found[&toolchain.name()]);
        assert_eq!(text(&format!("{name}.sha256")), hex_sha256(archive));
        assert_eq!(text(&toolchain.module(".mod")), "module golang.org/toolchain\n");
        let version = format!("v0.0.1-{}.{}", toolchain.version, toolchain.platform);
        assert_eq!(text(&toolchain.module(".info")), format!("{{\"Version\":\"{version}\"}}"));
        let zip = goward_core::verify::archive_hash::module_h1(
            goward_core::version::GoVersion::parse(toolchain.version).unwrap(),
            Platform::find(toolchain.platform).unwrap(),
            &found[&toolchain.module(".zip")],
        );
        assert_eq!(zip.unwrap().as_str(), toolchain.h1);
        // The log vouches for what is in the module, and nobody for the rest of the archive.
        assert_ne!(*archive, toolchain.archive);
        list.extend([version.as_str(), "\n"]);
    }
    assert_eq!(text("golang.org/toolchain/@v/list"), list);
    assert_eq!(text("sumdb/log.example/latest"), lab.log.note(300));
    assert_eq!(text("sumdb/log.example/supported"), "");

    // Another source, another time, another machine: the same bytes.
    let second = self::lab(&toolchains);
    second.create(&["b.lock", "a.lock"], "../mirror", false).unwrap();
    assert!(files(&second.sandbox.path("mirror")) == found);
}

#[test]
fn what_is_there_and_right_is_neither_fetched_nor_written_again() {
    let toolchains = three();
    let lab = lab(&toolchains);
    let mirror = lab.sandbox.path("mirror");
    lab.create(&["a.lock"], "../mirror", false).unwrap();
    assert_eq!(lab.fetched(), 2);
    let zip = mirror.join(toolchains[0].module(".zip"));
    let time = |path| fs::metadata(path).unwrap().modified().unwrap();
    let before = time(&zip);
    let mirrored = lab.create(&["a.lock", "b.lock"], "../mirror", false).unwrap();
    assert_eq!((mirrored.added, mirrored.kept, lab.fetched()), (1, 2, 3));
    assert_eq!(time(&zip), before);
    // The union: nothing is removed without being asked for.
    let complete = files(&mirror);
    lab.create(&["b.lock"], "../mirror", false).unwrap();
    assert!(files(&mirror) == complete);

    // What was damaged or lost is put there again.
    let archive = mirror.join(toolchains[1].name());
    let mut bytes = fs::read(&archive).unwrap();
    bytes[100] ^= 1;
    fs::write(&archive, bytes).unwrap();
    fs::remove_file(&zip).unwrap();
    fs::write(mirror.join("index.json"), "[]").unwrap();
    let mirrored = lab.create(&["a.lock", "b.lock"], "../mirror", false).unwrap();
    assert_eq!((mirrored.added, mirrored.kept), (2, 1));
    assert!(files(&mirror) == complete);

    fs::write(mirror.join("goward-mirror.json"), "{").unwrap();
    let mirrored = lab.create(&["a.lock", "b.lock"], "../mirror", false).unwrap();
    assert_eq!((mirrored.added, mirrored.warnings.len()), (3, 1));
    assert!(files(&mirror) == complete);
}

#[test]
fn prune_removes_what_no_lock_names_and_nothing_else() {
    let toolchains = three();
    let lab = lab(&toolchains);
    let mirror = lab.sandbox.path("mirror");
    lab.create(&["b.lock"], "../mirror", false).unwrap();
    let only_b = files(&mirror);
    lab.create(&["a.lock", "b.lock"], "../mirror", false).unwrap();
    lab.sandbox.write("mirror/robots.txt", "mine");
    lab.sandbox.write("mirror/golang.org/x/mod/@v/v0.1.0.zip", "mine");
    // A file that an interrupted run left, which nothing names.
    lab.sandbox.write("mirror/go1.97.0.linux-amd64.tar.gz", "half");
    // What is written under such a name at this moment is somebody's.
    for (name, age) in [(".goward-old", 25), (".goward-new", 23)] {
        lab.sandbox.write(&format!("mirror/{name}"), "half");
        let then = SystemTime::now() - Duration::from_secs(age * 60 * 60);
        fs::File::options()
            .write(true)
            .open(mirror.join(name))
            .unwrap()
            .set_modified(then)
            .unwrap();
    }
    let mirrored = lab.create(&["b.lock"], "../mirror", true).unwrap();
    assert!(mirrored.removed > 0);
    let mut left = files(&mirror);
    assert!(left.remove(".goward-new").is_some());
    assert!(left.remove("robots.txt").is_some());
    assert!(left.remove("golang.org/x/mod/@v/v0.1.0.zip").is_some());
    assert!(left == only_b, "{:?}", left.keys());
}

/// A reader must never see the name of something that is missing.
#[test]
fn an_interrupted_run_names_nothing_and_the_next_one_finishes_it() {
    let toolchains = three();
    let lab = lab(&toolchains);
    // The second toolchain cannot be had.
    let missing = format!("/{}", toolchains[1].name());
    lab.source
        .change(&missing, |route| route.always(crate::common::server::Fault::Status(404, "")));
    let error = lab.create(&["a.lock"], "../mirror", false).unwrap_err();
    assert_eq!(error.kind(), Kind::NotFound, "{error}");
    let found = files(&lab.sandbox.path("mirror"));
    assert!(found.contains_key(&toolchains[0].name()), "{:?}", found.keys());
    assert!(
        !found.contains_key("index.json") && !found.contains_key("golang.org/toolchain/@v/list")
    );
    assert!(!found.keys().any(|path| path.contains(".info") || path.starts_with("sumdb")));

    let before = lab.fetched();
    lab.source.change(&missing, |route| route.faults([]));
    let mirrored = lab.create(&["a.lock"], "../mirror", false).unwrap();
    assert_eq!((mirrored.added, mirrored.kept, lab.fetched() - before), (1, 1, 1));
    assert!(lab.verify("../mirror").unwrap().problems.is_empty());
}

#[test]
fn goward_installs_from_a_mirror_over_http_and_from_the_directory() {
    let here: &'static str = goward_shim::layout::HOST_PLATFORM;
    let host = Toolchain::small("go1.99.1", here);
    let lab = Lab::new(Sandbox::new(), &[&host]);
    lab.lock("a.lock", &[&host]);
    lab.create(&["a.lock"], "../mirror", false).unwrap();
    let server = serve(&lab.sandbox.path("mirror"));
    // By the layout of go.dev, by that of a module proxy, and without a server.
    let sources = [
        server.url(""),
        format!("goproxy+{}", server.url("")),
        format!("file://{}", lab.sandbox.path("mirror").display()),
    ];
    for (number, source) in sources.into_iter().enumerate() {
        let mut session = lab.session();
        let home = lab.sandbox.path(&format!("store-{number}"));
        session.ctx.variables.insert("GOWARD_HOME".into(), home.into());
        let fetch = Fetch { source: Some(source), ..Fetch::default() };
        let outcome =
            Installer::new(&session).install_for("1.99", Platform::host(), false, &fetch).unwrap();
        let receipt = outcome.installed.receipt;
        assert_eq!((receipt.h1.as_str(), receipt.level.name()), (host.h1.as_str(), "logged"));
    }
}

#[test]
fn an_archive_that_is_verified_as_a_whole_goes_in_as_it_is() {
    let toolchain = Toolchain::small("go1.99.1", "linux-amd64");
    let lab = Lab::new(Sandbox::new(), &[&toolchain]);
    lab.lock("a.lock", &[&toolchain]);
    let plan = goward_mirror::MirrorPlan {
        locks: vec!["a.lock".into()],
        to: "../mirror".to_owned(),
        prune: false,
        deltas: 0,
    };
    let fetch = Fetch { accept: Some(goward_core::verify::Level::Listed), ..lab.fetch() };
    Mirrors::new(&lab.session()).create_mirror(&plan, &fetch).unwrap();
    assert!(files(&lab.sandbox.path("mirror"))[&toolchain.name()] == toolchain.archive);
}

#[test]
fn heads_that_readers_know_stay_provable() {
    let toolchains = three();
    let mut lab = lab(&toolchains);
    lab.create(&["a.lock"], "../mirror", false).unwrap();
    // A reader of the mirror remembers the head of 300 records.
    let server = serve(&lab.sandbox.path("mirror"));
    let reader = |lab: &Lab, server: &crate::common::server::Server| {
        let mut session = lab.session();
        session.ctx.variables.insert("HOME".into(), lab.sandbox.path("reader").into());
        let key = gosumdb::VerifierKey::parse(&lab.log.signer().key_text()).unwrap();
        let url = goward_core::net::Url::parse(&server.url("/sumdb/log.example")).unwrap();
        session.log = goward_core::verify::sumdb::access::LogAccess::of(
            gosumdb::TrustRoot { key, seed: None },
            goward_core::verify::sumdb::route::Route::at("log.example", url),
        );
        let fetch = Fetch { source: Some(server.url("")), ..Fetch::default() };
        let platform = Platform::parse("linux/amd64").unwrap();
        let installed = Installer::new(&session).install_for("1.99.1", platform, false, &fetch);
        let home = session.ctx.home().unwrap();
        _ = fs::rename(home, lab.sandbox.path(&format!("store-of-{}", lab.log.size())));
        // Only the head is remembered: the record itself would need no request.
        fs::remove_dir_all(lab.sandbox.path("reader/.cache")).unwrap();
        installed.map(|outcome| outcome.installed.receipt.logged)
    };
    assert!(reader(&lab, &server).unwrap().is_some_and(|(_, size)| size == 300));
    lab.grow(5000);
    lab.create(&["a.lock", "b.lock"], "../mirror", false).unwrap();
    let server = serve(&lab.sandbox.path("mirror"));
    assert!(reader(&lab, &server).unwrap().is_some_and(|(_, size)| size == 5000));
}

#[test]
fn refusals() {
    let toolchains = three();
    let lab = lab(&toolchains);
    let refused = |locks: &[&str], to: &str| {
        let error = lab.create(locks, to, false).unwrap_err();
        lab.sandbox.redact(error.to_string().as_bytes())
    };
    assert_eq!(
        refused(&["c.lock"], "../mirror"),
        "goward: `[PROJECT]/c.lock` does not exist\nhint: write it: `goward lock`"
    );
    assert_eq!(
        refused(&["a.lock"], "ftp://mirror.example"),
        "goward: `ftp://mirror.example` is not a place for a mirror\n\
         hint: write `/directory`, `s3://bucket/prefix`, `gs://bucket/prefix`, `az://container/prefix`, \
         `https://server/webdav` or `oci://registry/repository`"
    );
    let other =
        Toolchain { h1: GO_MOD_H1.to_owned(), ..Toolchain::small("go1.99.1", "linux-amd64") };
    lab.lock("other.lock", &[&other]);
    assert_eq!(
        refused(&["a.lock", "other.lock"], "../mirror"),
        format!(
            "goward: two locks disagree on go1.99.1 for linux/amd64\n  {} (`[PROJECT]/a.lock`)\n  \
             {GO_MOD_H1} (`[PROJECT]/other.lock`)\n  nothing was written",
            toolchains[0].h1
        )
    );
    assert_eq!(lab.fetched(), 0);
    assert!(!lab.sandbox.path("mirror").exists());
}

#[test]
fn what_is_not_verified_well_enough_is_not_mirrored() {
    let toolchain = Toolchain::small("go1.99.1", "linux-amd64");
    // What the source has is not what the log and the lock have.
    let trojan = Tree::new("go1.99.1", "linux-amd64").with("bin/go", "#!/bin/sh\ntouch owned\n");
    let served =
        Toolchain { archive: trojan.tar_gz(), ..Toolchain::small("go1.99.1", "linux-amd64") };
    let lab = Lab::new(Sandbox::new(), &[&served]);
    lab.lock("a.lock", &[&toolchain]);
    let error = lab.create(&["a.lock"], "../mirror", false).unwrap_err();
    assert_eq!(error.kind(), Kind::Verification, "{error}");
    assert!(!lab.sandbox.path("mirror").exists());

    // Nobody vouches for it but its source.
    let sandbox = Sandbox::new().source(&lab.source.url("/")).without_var("GOWARD_ACCEPT");
    let honest = Lab::new(sandbox, &[&toolchain]);
    honest.lock("a.lock", &[&toolchain]);
    let outcome = honest.sandbox.goward([
        "mirror",
        "create",
        "--lock",
        "a.lock",
        "--to",
        "../mirror",
        "--source",
        &honest.source.url("/"),
    ]);
    assert_eq!(outcome.code, Some(4), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("verified only at level `listed`"), "{}", outcome.stderr);
}
