//! Toolchains in an OCI registry: the real one, from Debian's package `docker-registry`.

use super::{Lab, Toolchain, deltas};
use crate::common::archives::Tree;
use crate::common::server::hex_sha256;
use crate::common::{Sandbox, machine, skip};
use goward_core::error::Kind;
use goward_core::install::Installer;
use goward_core::install::request::Fetch;
use goward_core::net::Net;
use goward_core::platform::Platform;
use goward_core::session::Session;
use goward_core::version::GoVersion;
use goward_mirror::artifact::{Entry, Layer};
use goward_mirror::registry::{INDEX, MANIFEST, Registry};
use goward_mirror::{MirrorPlan, Mirrors, artifact};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

struct Running(Child, u16);

impl Drop for Running {
    fn drop(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

/// Starts a registry; with a password file, only for those in it.
fn registry(sandbox: &Sandbox, htpasswd: Option<&str>) -> Option<Running> {
    let Some(program) = machine::find("docker-registry") else {
        skip("docker-registry is not installed (Debian: apt-get install docker-registry)");
        return None;
    };
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let auth = htpasswd.map(|text| {
        sandbox.write("htpasswd", text);
        format!(
            "auth:\n  htpasswd:\n    realm: here\n    path: {}\n",
            sandbox.path("htpasswd").display()
        )
    });
    sandbox.write(
        "registry.yml",
        format!(
            "version: 0.1\nlog:\n  level: error\nstorage:\n  filesystem:\n    rootdirectory: {}\n\
             http:\n  addr: 127.0.0.1:{port}\n{}",
            sandbox.path("registry").display(),
            auth.unwrap_or_default()
        ),
    );
    let child = machine::command(program)
        .arg("serve")
        .arg(sandbox.path("registry.yml"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let running = Running(child, port);
    let started = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(started.elapsed() < Duration::from_secs(20), "the registry does not answer");
        std::thread::sleep(Duration::from_millis(10));
    }
    Some(running)
}

fn create(lab: &Lab, session: &Session, locks: &[&str], to: &str) -> (usize, usize) {
    let locks = locks.iter().map(Into::into).collect();
    let plan = MirrorPlan { locks, to: to.to_owned(), prune: false, deltas: 0 };
    let mirrored = Mirrors::new(session)
        .create_mirror(&plan, &lab.fetch())
        .unwrap_or_else(|error| panic!("{error}"));
    (mirrored.added, mirrored.kept)
}

#[test]
fn toolchains_go_to_a_registry_and_come_back() {
    let here: &'static str = goward_shim::layout::HOST_PLATFORM;
    let host = Toolchain::small("go1.99.1", here);
    let windows = Toolchain::small("go1.99.1", "windows-arm64");
    let lab = Lab::new(Sandbox::new(), &[&host, &windows]);
    lab.lock("a.lock", &[&host]);
    lab.lock("b.lock", &[&host, &windows]);
    let Some(server) = registry(&lab.sandbox, None) else { return };
    let to = format!("oci://127.0.0.1:{}/team/go", server.1);
    let session = lab.session();
    assert_eq!(create(&lab, &session, &["a.lock"], &to), (1, 0));
    // One index for the release, to which the second platform is added.
    assert_eq!(create(&lab, &session, &["b.lock"], &to), (1, 1));
    assert_eq!(create(&lab, &session, &["a.lock", "b.lock"], &to), (0, 2));
    assert_eq!(lab.fetched(), 2);
    let checked = Mirrors::new(&session).verify_mirror(&to, &Fetch::default()).unwrap();
    assert_eq!((checked.archives, checked.problems), (2, Vec::new()));
    let nothing = to.replace("/team/", "/nobody/");
    let error = Mirrors::new(&session).verify_mirror(&nothing, &Fetch::default()).unwrap_err();
    assert_eq!(error.kind(), Kind::NotFound, "{error}");

    let fetch = Fetch { source: Some(to.clone()), ..Fetch::default() };
    for (toolchain, request) in [(&host, "1.99"), (&windows, "1.99.1")] {
        let platform = Platform::find(toolchain.platform).unwrap();
        let installed = Installer::new(&session)
            .install_for(request, platform, false, &fetch)
            .unwrap()
            .installed;
        let receipt = installed.receipt;
        assert_eq!((receipt.h1.as_str(), receipt.level.name()), (toolchain.h1.as_str(), "logged"));
        assert_eq!(receipt.source, to);
    }
    let error = Installer::new(&session)
        .install_for("1.98.3", Platform::host(), false, &fetch)
        .unwrap_err();
    assert_eq!(error.kind(), Kind::NotFound, "{error}");
    assert!(error.to_string().contains(&format!("{to} has no go1.98.3")), "{error}");

    let plan = MirrorPlan { locks: vec!["a.lock".into()], to, prune: true, deltas: 0 };
    let error = Mirrors::new(&session).create_mirror(&plan, &lab.fetch()).unwrap_err();
    assert_eq!(error.kind(), Kind::Usage, "{error}");
}

#[test]
fn a_trojan_in_a_registry_is_refused() {
    let here: &'static str = goward_shim::layout::HOST_PLATFORM;
    let honest = Toolchain::small("go1.99.1", here);
    let lab = Lab::new(Sandbox::new(), &[&honest]);
    let Some(server) = registry(&lab.sandbox, None) else { return };
    let place = format!("127.0.0.1:{}/team/go", server.1);
    let session = lab.session();
    let net = Net::new(&session.ctx, Vec::new()).unwrap();
    let registry = Registry::open(&place, &session.ctx, &net).unwrap();
    // Everything fits: digests, sizes, tags, and the annotation has the hash of the real one.
    let trojan = Tree::new("go1.99.1", here).with("bin/go", "#!/bin/sh\ntouch owned\n").tar_gz();
    lab.sandbox.write("trojan", &trojan);
    lab.sandbox.write("empty", "{}");
    let sha256 = hex_sha256(&trojan);
    let size = trojan.len() as u64;
    let trojan = lab.sandbox.path("trojan");
    registry.put_blob(&format!("sha256:{sha256}"), size, &trojan).unwrap();
    registry.put_blob(artifact::EMPTY_DIGEST, 2, &lab.sandbox.path("empty")).unwrap();
    let (version, platform) = (GoVersion::parse("1.99.1").unwrap(), Platform::host());
    let manifest = artifact::manifest(version, platform, &honest.h1, &Layer { sha256, size });
    registry.put_manifest(&artifact::platform_tag(version, platform), MANIFEST, &manifest).unwrap();
    let entry = Entry {
        platform,
        digest: format!("sha256:{}", hex_sha256(&manifest)),
        size: manifest.len() as u64,
        h1: honest.h1.clone(),
    };
    let index = artifact::index(version, &[entry]);
    registry.put_manifest(&artifact::release_tag(version), INDEX, &index).unwrap();

    let fetch = Fetch { source: Some(format!("oci://{place}")), ..Fetch::default() };
    let error =
        Installer::new(&session).install_for("1.99.1", platform, false, &fetch).unwrap_err();
    assert_eq!(error.kind(), Kind::Verification, "{error}");
    assert!(error.to_string().contains("checksum mismatch"), "{error}");
    let checked =
        Mirrors::new(&session).verify_mirror(&format!("oci://{place}"), &Fetch::default()).unwrap();
    let [problem] = checked.problems.as_slice() else { panic!("{:?}", checked.problems) };
    assert!(problem.contains("go1.99.1-") && problem.contains("checksum mismatch"), "{problem}");
    assert!(!lab.sandbox.store_listing().iter().any(|path| path.starts_with("tree/")));
}

#[test]
fn credentials_are_those_of_docker_login() {
    let toolchain = Toolchain::small("go1.99.1", "linux-amd64");
    let lab = Lab::new(Sandbox::new(), &[&toolchain]);
    lab.lock("a.lock", &[&toolchain]);
    // bcrypt of `secret`.
    let line = "me:$2a$05$0.lwWQYpSoUe9IxP0x3XH.xHhvOUwjvcdfCzQi.sXGl0PPsVNvVmG\n";
    let Some(server) = registry(&lab.sandbox, Some(line)) else { return };
    let host = format!("127.0.0.1:{}", server.1);
    let to = format!("oci://{host}/team/go");
    let session = lab.session();
    let plan = MirrorPlan { locks: vec!["a.lock".into()], to: to.clone(), prune: false, deltas: 0 };
    let error = Mirrors::new(&session).create_mirror(&plan, &lab.fetch()).unwrap_err();
    assert!(error.to_string().contains("docker login"), "{error}");
    // `me:secret` in base64.
    let config = serde_json::json!({ "auths": { host: { "auth": "bWU6c2VjcmV0" } } });
    lab.sandbox.write("home/.docker/config.json", config.to_string());
    assert_eq!(create(&lab, &session, &["a.lock"], &to), (1, 0));
}

#[test]
fn names_that_are_no_repositories() {
    let lab = Lab::new(Sandbox::new(), &[&Toolchain::small("go1.99.1", "linux-amd64")]);
    let session = lab.session();
    for (place, kind) in [
        ("registry.example", Kind::Usage),
        ("registry.example/team/go:latest", Kind::Usage),
        ("registry.example/Team", Kind::Usage),
        ("/team/go", Kind::Usage),
    ] {
        let fetch = Fetch { source: Some(format!("oci://{place}")), ..Fetch::default() };
        let error = Installer::new(&session)
            .install_for("1.99.1", Platform::host(), false, &fetch)
            .unwrap_err();
        assert_eq!(error.kind(), kind, "{place}: {error}");
    }
}

#[test]
fn deltas_go_to_a_registry_and_make_the_next_release() {
    const ALL: [&str; 4] = ["go1.98.3", "go1.99.1", "go1.99.2", "go1.99.3"];
    let lab = deltas::lab(&ALL);
    let Some(server) = registry(&lab.sandbox, None) else { return };
    let to = format!("oci://127.0.0.1:{}/team/go", server.1);
    let session = lab.session();
    let mirrors = Mirrors::new(&session);
    let create = |deltas| {
        let locks = ALL.map(|version| format!("{version}.lock").into()).into();
        let plan = MirrorPlan { locks, to: to.clone(), prune: false, deltas };
        let report = mirrors.create_mirror(&plan, &lab.fetch()).unwrap();
        (report.added, report.kept, report.deltas)
    };
    assert_eq!(create(1), (4, 0, 2));
    assert_eq!(create(2), (0, 4, 1));
    assert_eq!(create(2), (0, 4, 0));
    let verify = || mirrors.verify_mirror(&to, &Fetch::default()).unwrap();
    let checked = verify();
    assert_eq!((checked.archives, checked.deltas, checked.problems), (4, 3, Vec::new()));

    deltas::install(&session, &to, "1.99.1");
    let receipt = deltas::install(&session, &to, "1.99.3").installed.receipt;
    assert_eq!(receipt.h1.as_str(), deltas::release("go1.99.3", deltas::HERE).h1);
    // What came as a delta has no archive.
    assert_eq!((receipt.level.name(), receipt.archive), ("logged", None));

    // One that makes something else is a finding, and costs only its own bytes.
    let place = to.strip_prefix("oci://").unwrap();
    let opened = Registry::open(place, &session.ctx, &session.net().unwrap()).unwrap();
    let tag = |from: &str, to: &str| format!("{from}-{to}-{}", deltas::HERE);
    let other = opened.by_tag(&tag("go1.99.1", "go1.99.3")).unwrap().unwrap();
    opened.put_manifest(&tag("go1.99.1", "go1.99.2"), MANIFEST, &other).unwrap();
    let problems = verify().problems;
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].contains("go1.99.1-go1.99.2-"), "{problems:?}");
    let receipt = deltas::install(&session, &to, "1.99.2").installed.receipt;
    assert_eq!(receipt.h1.as_str(), deltas::release("go1.99.2", deltas::HERE).h1);
    // So is one that says it is larger than anything that is downloaded.
    let ends = artifact::delta_ends(&other).unwrap();
    let layer = artifact::parse_manifest(&other).unwrap();
    let large =
        artifact::delta_manifest([&ends[0], &ends[1]], &Layer { size: 400_000_000, ..layer });
    opened.put_manifest(&tag("go1.99.1", "go1.99.2"), MANIFEST, &large).unwrap();
    let problems = verify().problems;
    assert!(problems[0].contains("has 400000000 bytes in the registry"), "{problems:?}");
    // The next run puts that right.
    assert_eq!(create(2), (0, 4, 1));
    assert_eq!(verify().problems, Vec::<String>::new());
}
