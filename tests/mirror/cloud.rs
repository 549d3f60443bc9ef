//! Mirrors in object stores and behind WebDAV, against servers that speak the real protocols: moto's S3
//! and wsgidav, which pip installs below `target/`, and azurite, where it is installed.

use super::{Lab, Toolchain, files, servers};
use crate::common::Sandbox;
use crate::common::archives::Tree;
use crate::common::random::Random;
use goward_core::install::Installer;
use goward_core::install::request::Fetch;
use goward_core::platform::Platform;
use goward_core::session::Session;
use goward_mirror::Mirrors;
use goward_mirror::{MirrorCheck, MirrorPlan, MirrorReport};

/// A toolchain whose archive is larger than what is put into a store in one request.
fn large() -> Toolchain {
    let tree =
        Tree::new("go1.99.1", "linux-amd64").with("src/noise", Random::new(1).bytes(17 << 20));
    let h1 = super::h1_of(&tree, "go1.99.1", "linux-amd64");
    Toolchain { version: "go1.99.1", platform: "linux-amd64", archive: tree.tar_gz(), h1 }
}

fn lab() -> (Lab, [Toolchain; 2]) {
    let toolchains = [large(), Toolchain::small("go1.98.3", "windows-amd64")];
    let lab = Lab::new(Sandbox::new(), &[&toolchains[0], &toolchains[1]]);
    lab.lock("a.lock", &[&toolchains[0]]);
    lab.lock("b.lock", &[&toolchains[1]]);
    (lab, toolchains)
}

fn session(lab: &Lab, variables: &[(&str, String)]) -> Session {
    let mut session = lab.session();
    for (name, value) in variables {
        session.ctx.variables.insert(name.into(), value.into());
    }
    session
}

fn create(lab: &Lab, session: &Session, locks: &[&str], to: &str, prune: bool) -> MirrorReport {
    let locks = locks.iter().map(Into::into).collect();
    let plan = MirrorPlan { locks, to: to.to_owned(), prune, deltas: 0 };
    Mirrors::new(session)
        .create_mirror(&plan, &lab.fetch())
        .unwrap_or_else(|error| panic!("{error}"))
}

fn verify(session: &Session, place: &str) -> MirrorCheck {
    Mirrors::new(session)
        .verify_mirror(place, &Fetch::default())
        .unwrap_or_else(|error| panic!("{error}"))
}

/// Makes a mirror with both toolchains, twice; `public` is where everybody reads it.
fn fill(lab: &Lab, toolchains: &[Toolchain], session: &Session, to: &str, public: &str) {
    let mirrored = create(lab, session, &["a.lock", "b.lock"], to, false);
    assert_eq!((mirrored.added, mirrored.kept, lab.fetched()), (2, 0, 2));
    // As the owner sees it, and as everybody does.
    for place in [to, public] {
        let checked = verify(session, place);
        assert_eq!(checked.problems, Vec::<String>::new(), "{place}");
        assert_eq!((checked.archives, checked.modules, checked.log), (2, 2, Some((2, 300))));
    }
    // The store answers no questions, and goward reads the list as a file.
    let fetch = Fetch { source: Some(public.to_owned()), ..Fetch::default() };
    let platform = Platform::parse("linux/amd64").unwrap();
    let installed =
        Installer::new(session).install_for("1.99", platform, false, &fetch).unwrap().installed;
    assert_eq!(installed.receipt.h1.as_str(), toolchains[0].h1);

    let mirrored = create(lab, session, &["a.lock", "b.lock"], to, false);
    assert_eq!((mirrored.added, mirrored.kept, lab.fetched()), (0, 2, 2));
}

#[test]
fn s3() {
    let Some(mut server) = servers::s3() else { return };
    let (lab, toolchains) = lab();
    let endpoint = format!("http://127.0.0.1:{}", server.port);
    let session = session(
        &lab,
        &[
            ("AWS_ENDPOINT_URL", endpoint.clone()),
            ("AWS_ACCESS_KEY_ID", "me".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "secret".to_owned()),
            ("AWS_REGION", "us-east-1".to_owned()),
        ],
    );
    let to = "s3://releases/teams/go";
    fill(&lab, &toolchains, &session, to, &format!("{endpoint}/releases/teams/go"));
    // Somebody puts another file there, which is seen and replaced.
    server.ask(&format!("overwrite teams/go/{}", toolchains[1].name()));
    assert_eq!(verify(&session, to).problems.len(), 2);
    let mirrored = create(&lab, &session, &["a.lock", "b.lock"], to, false);
    assert_eq!((mirrored.added, mirrored.kept, lab.fetched()), (1, 1, 3));
    assert_eq!(verify(&session, to).problems, Vec::<String>::new());

    server.ask("overwrite teams/go/robots.txt");
    server.ask("overwrite elsewhere/go1.97.0.linux-amd64.tar.gz");
    let mirrored = create(&lab, &session, &["b.lock"], to, true);
    assert!(mirrored.removed >= 5, "{}", mirrored.removed);
    let checked = verify(&session, to);
    assert_eq!((checked.archives, checked.modules), (1, 1));
    // What is not a mirror's, and what is not below the prefix, is still there.
    for path in ["teams/go/robots.txt", "elsewhere/go1.97.0.linux-amd64.tar.gz"] {
        let directory = tempfile::tempdir().unwrap();
        let (at, name) = path.rsplit_once('/').unwrap();
        let net = || goward_core::net::Net::new(&session.ctx, Vec::new());
        let shelf = goward_mirror::storage::look(
            &format!("s3://releases/{at}"),
            &session.ctx,
            net,
            directory.path(),
        );
        assert_eq!(shelf.unwrap().read(name, 100).unwrap().unwrap(), b"something else");
    }
}

#[test]
fn azure() {
    let Some(server) = servers::azure() else { return };
    let (lab, toolchains) = lab();
    let account = "devstoreaccount1";
    let endpoint = format!("http://127.0.0.1:{}/{account}", server.port);
    let key =
        "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
    let session = session(
        &lab,
        &[
            ("AZURE_STORAGE_ACCOUNT_NAME", account.to_owned()),
            ("AZURE_STORAGE_ACCOUNT_KEY", key.to_owned()),
            ("AZURE_STORAGE_ENDPOINT", endpoint.clone()),
        ],
    );
    let to = "az://releases/teams/go";
    fill(&lab, &toolchains, &session, to, &format!("{endpoint}/releases/teams/go"));
    let mirrored = create(&lab, &session, &["b.lock"], to, true);
    assert!(mirrored.removed >= 4, "{}", mirrored.removed);
    let checked = verify(&session, to);
    assert_eq!((checked.archives, checked.modules, checked.problems), (1, 1, Vec::new()));
}

#[test]
fn s3_without_the_right_to() {
    let Some(server) = servers::s3() else { return };
    let (lab, _) = lab();
    let session = session(
        &lab,
        &[
            ("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{}", server.port)),
            ("AWS_ACCESS_KEY_ID", "me".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "secret".to_owned()),
        ],
    );
    let plan = MirrorPlan {
        locks: vec!["a.lock".into()],
        to: "s3://no-such-bucket/go".to_owned(),
        prune: false,
        deltas: 0,
    };
    let error = Mirrors::new(&session).create_mirror(&plan, &lab.fetch()).unwrap_err();
    assert!(error.to_string().contains("s3://no-such-bucket/go"), "{error}");
    assert!(!error.to_string().contains("secret"), "{error}");
    // Plain http is for this machine alone, whatever the variables allow.
    let mut session = session;
    for (name, value) in [("AWS_ENDPOINT_URL", "http://s3.example"), ("AWS_ALLOW_HTTP", "true")] {
        session.ctx.variables.insert(name.into(), value.into());
    }
    let error = Mirrors::new(&session).create_mirror(&plan, &lab.fetch()).unwrap_err();
    assert!(error.to_string().contains("would be asked over http"), "{error}");
    session.ctx.variables.insert("GOWARD_OFFLINE".into(), "1".into());
    let error = Mirrors::new(&session).create_mirror(&plan, &lab.fetch()).unwrap_err();
    assert!(error.to_string().contains("network is off"), "{error}");
}

#[test]
fn webdav() {
    let sandbox = Sandbox::new();
    let directory = sandbox.path("dav");
    std::fs::create_dir_all(directory.join("go")).unwrap();
    let Some(server) = servers::webdav(&directory) else { return };
    let (lab, _) = lab();
    lab.sandbox.write("home/.netrc", "machine 127.0.0.1 login me password secret\n");
    let session = session(&lab, &[]);
    let to = format!("http://127.0.0.1:{}/go", server.port);
    let mirrored = create(&lab, &session, &["a.lock", "b.lock"], &to, false);
    assert_eq!((mirrored.added, mirrored.kept), (2, 0));
    let mirrored = create(&lab, &session, &["a.lock", "b.lock"], &to, false);
    assert_eq!((mirrored.added, mirrored.kept, lab.fetched()), (0, 2, 2));
    assert_eq!(verify(&session, &to).problems, Vec::<String>::new());
    // The same files as in a directory, but for what the server says of them.
    lab.create(&["a.lock", "b.lock"], "../mirror", false).unwrap();
    let mut want = files(&lab.sandbox.path("mirror"));
    let mut got = files(&directory.join("go"));
    want.remove("goward-mirror.json").unwrap();
    got.remove("goward-mirror.json").unwrap();
    assert!(got == want, "{:?}", got.keys());
    create(&lab, &session, &["b.lock"], &to, true);
    let checked = verify(&session, &to);
    assert_eq!((checked.archives, checked.problems), (1, Vec::new()));
}
