//! Mirrors of modules alone: made from a module proxy, and read by goward as any other mirror.

use super::{Lab, Toolchain, files, serve};
use crate::common::Sandbox;
use goward_core::install::Installer;
use goward_core::install::request::Fetch;
use goward_core::platform::Platform;
use goward_mirror::{MirrorPlan, MirrorReport, Mirrors};

/// Makes a mirror from `source`.
fn create_from(lab: &Lab, source: &str, to: &str, prune: bool) -> MirrorReport {
    let plan = MirrorPlan { locks: vec!["a.lock".into()], to: to.to_owned(), prune, deltas: 0 };
    let fetch = Fetch { source: Some(source.to_owned()), ..Fetch::default() };
    Mirrors::new(&lab.session()).create_mirror(&plan, &fetch).unwrap()
}

#[test]
fn a_module_proxy_makes_a_mirror_that_goward_and_go_can_use() {
    let here: &'static str = goward_shim::layout::HOST_PLATFORM;
    let host = Toolchain::small("go1.99.1", here);
    let lab = Lab::new(Sandbox::new(), &[&host]);
    lab.lock("a.lock", &[&host]);
    lab.create(&["a.lock"], "../whole", false).unwrap();
    let whole = files(&lab.sandbox.path("whole"));
    let proxy = serve(&lab.sandbox.path("whole"));
    let source = format!("goproxy+{}", proxy.url(""));

    let mirrored = create_from(&lab, &source, "../modules", false);
    let says = format!(
        "the mirror has the module of go1.99.1 for {}, and no archive",
        here.replace('-', "/")
    );
    assert_eq!((mirrored.added, mirrored.warnings), (1, vec![says.clone()]));
    let found = files(&lab.sandbox.path("modules"));
    assert!(found[&host.module(".zip")] == whole[&host.module(".zip")]);
    let proof = "sumdb/log.example/lookup/golang.org/toolchain@v0.0.1-go1.99.1.";
    assert_eq!(found.get(&format!("{proof}{here}")), whole.get(&format!("{proof}{here}")));
    assert!(found.contains_key(&format!("{proof}{here}")), "{:?}", found.keys());
    assert!(!found.keys().any(|path| path.contains(".tar.gz")), "{:?}", found.keys());
    let checked = lab.verify("../modules").unwrap();
    assert_eq!((checked.archives, checked.modules, checked.problems), (0, 1, Vec::new()));

    // Its clients need not know: neither for the list of releases nor for the release.
    let server = serve(&lab.sandbox.path("modules"));
    let directory = format!("file://{}", lab.sandbox.path("modules").display());
    for (number, source) in [server.url(""), directory].into_iter().enumerate() {
        let mut session = lab.session();
        let home = lab.sandbox.path(&format!("store-{number}"));
        session.ctx.variables.insert("GOWARD_HOME".into(), home.into());
        let fetch = Fetch { source: Some(source.clone()), ..Fetch::default() };
        let outcome =
            Installer::new(&session).install_for("1.99", Platform::host(), false, &fetch).unwrap();
        let receipt = outcome.installed.receipt;
        assert_eq!((receipt.h1.as_str(), receipt.level.name()), (host.h1.as_str(), "logged"));
        assert_eq!(receipt.source.trim_end_matches('/'), source);
        let error = Installer::new(&session)
            .install_for("1.99.2", Platform::host(), false, &fetch)
            .unwrap_err();
        assert!(error.is_not_found() && error.to_string().contains(".tar.gz"), "{error}");
    }

    // What is there is not fetched again, and a source with archives adds what is missing.
    let before = proxy.log().len();
    let mirrored = create_from(&lab, &source, "../modules", true);
    assert_eq!((mirrored.added, mirrored.kept), (0, 1));
    assert!(
        !proxy.log()[before..].iter().any(|request| request.target.contains(&host.module(".zip")))
    );
    let nobody = format!("file://{}", lab.sandbox.path("home").display());
    let mirrored = create_from(&lab, &nobody, "../modules", false);
    assert_eq!((mirrored.kept, mirrored.warnings.len()), (1, 1));
    assert!(mirrored.warnings[0].starts_with(&says), "{:?}", mirrored.warnings);
    let mirrored = lab.create(&["a.lock"], "../modules", false).unwrap();
    assert_eq!((mirrored.added, mirrored.kept, mirrored.warnings), (1, 0, Vec::new()));
    assert!(files(&lab.sandbox.path("modules")) == whole);
}
