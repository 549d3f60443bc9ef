//! Installs on the way to something else, known flaws, and the projects of a store.

use crate::checks::SkipReason;
use crate::config::AutoInstall;
use crate::error::Kind;
use crate::install::Installer;
use crate::install::projects::is_gone;
use crate::install::request::Fetch;
use crate::platform::Platform;
use crate::project::lock::{LockFile, LockedPlatform};
use crate::resolve::Resolver;
use crate::resolve::resolved_go::ResolvedToolchain;
use crate::session::samples::{Machine, version};
use crate::verify::Level;
use fs_err as fs;

const H1: &str = "h1:MeqkXdYlyiVdqJXENOTyX7xd8QjDM/mxR52RKOFBS0M=";

/// Writes the project's lock for a release that nobody installed.
fn lock(machine: &Machine, number: &str, h1: &str) -> ResolvedToolchain {
    let locked = LockedPlatform { h1: h1.to_owned(), sha256: None, size: None };
    let level = Level::Listed;
    let lock =
        LockFile::of_one(version(number), number.to_owned(), level, Platform::host(), locked);
    machine.write("src/app/goward.lock", lock.render());
    Resolver::new(&machine.session).toolchain_here().unwrap().unwrap()
}

#[test]
fn a_call_installs_what_its_lock_names() {
    let machine = Machine::new();
    let toolchain = lock(&machine, "1.99.1", &machine.offer("1.99.1"));
    let installer = Installer::new(&machine.session);
    let path = machine.shown("src/app/goward.lock");
    let missing = installer.explain_missing(&toolchain);
    assert_eq!(missing.message(), format!("go1.99.1 is not installed (wanted by `{path}`)"));
    assert_eq!(missing.hints(), ["run `goward install` in this project"]);
    installer.auto_install(&toolchain).unwrap();
    assert!(Resolver::new(&machine.session).has(&toolchain).unwrap());
    installer.auto_install(&toolchain).unwrap();
    let store = machine.store();
    let keys = installer.keys_of_projects(&store).unwrap();
    assert_eq!(keys, [(toolchain.key.clone(), path.clone().into())].into());
    let project = store.projects().unwrap().remove(0);
    assert!(!is_gone(&project));
    // What is not understood any more keeps what it named before.
    fs::write(&path, "x").unwrap();
    assert_eq!(installer.keys_of_projects(&store).unwrap().len(), 1);
    fs::remove_file(&path).unwrap();
    assert!(is_gone(&project) && installer.keys_of_projects(&store).unwrap().is_empty());
}

#[test]
fn who_forbids_it_is_told_below_what_is_missing() {
    let mut machine = Machine::new();
    let toolchain = lock(&machine, "1.99.1", &machine.offer("1.99.1"));
    let details = |machine: &Machine| {
        let error = Installer::new(&machine.session).auto_install(&toolchain).unwrap_err();
        assert_eq!(error.kind(), Kind::NotInstalled);
        assert!(error.message().starts_with("go1.99.1 is not installed"), "{error}");
        error.details().join("\n")
    };
    machine.set("GOWARD_AUTO_INSTALL", "0");
    assert_eq!(details(&machine), "it was not installed now: `GOWARD_AUTO_INSTALL=0`");
    machine.unset("GOWARD_AUTO_INSTALL");
    machine.session.config.auto_install = Some(AutoInstall::Never);
    let config = "it was not installed now: `auto-install` in your `config.toml`";
    assert_eq!(details(&machine), config);
    assert!(!machine.path("store/tree").join(&toolchain.key).exists());
    // Somebody who typed the install is not asked.
    let installer = Installer::new(&machine.session);
    installer.ensure_installed(&toolchain, &Fetch::default()).unwrap();
    assert!(Resolver::new(&machine.session).has(&toolchain).unwrap());
}

#[test]
fn what_fits_a_request_is_installed_on_the_way() {
    let mut machine = Machine::new();
    machine.offer("1.99.1");
    let installer = Installer::new(&machine.session);
    let found = installer.requested_or_installed("1.99").unwrap();
    assert_eq!(found.version.to_string(), "go1.99.1");
    machine.offer("1.99.2");
    // What is installed fits, and nobody asked for more.
    let found = installer.requested_or_installed("1.99").unwrap();
    assert_eq!(found.version.to_string(), "go1.99.1");
    let error = installer.requested_or_installed("1.97").unwrap_err();
    assert_eq!(error.kind(), Kind::NotInstalled);
    assert_eq!(error.message(), "no installed toolchain fits `1.97`");
    assert!(error.to_string().contains("no Go release matches `1.97`"), "{error}");
    machine.set("GOWARD_AUTO_INSTALL", "0");
    let error = Installer::new(&machine.session).requested_or_installed("1.98").unwrap_err();
    assert_eq!(error.details(), ["it was not installed now: `GOWARD_AUTO_INSTALL=0`"]);
}

#[test]
fn a_release_with_known_flaws_is_somebodys_own_wish() {
    let machine = Machine::new();
    let toolchain = lock(&machine, "1.20.1", H1);
    let installer = Installer::new(&machine.session);
    let error = installer.auto_install(&toolchain).unwrap_err();
    assert_eq!(error.kind(), Kind::NotInstalled);
    assert!(error.details()[0].contains("go1.20.1"), "{error}");
    assert_eq!(error.details()[1], "so that it is not installed because a lock asks for it");
    assert!(error.hints().iter().any(|hint| {
        hint.to_string().ends_with("install this one knowingly: `goward install 1.20.1`")
    }));
    // What is installed was wished for.
    machine.lock(&machine.install("1.20.1", Level::None), &[]);
    let toolchain = Resolver::new(&machine.session).toolchain_here().unwrap().unwrap();
    installer.auto_install(&toolchain).unwrap();
    let want = crate::install::request::ToolchainRequest::new(version("1.20.1"), Platform::host());
    let fetch = super::accepting(Level::None);
    let warnings = installer.install(&want, &fetch).unwrap().warnings;
    assert!(warnings.iter().any(|warning| warning.contains("CVE-")), "{warnings:?}");
    assert!(
        installer
            .known_flaws(version("1.99.1"))
            .check(version("1.99.1"), Platform::host())
            .is_none()
    );
}

#[test]
fn an_older_answer_of_the_database_counts_offline() {
    let mut machine = Machine::new();
    machine.unset("GOVULNDB").set("GOWARD_OFFLINE", "1");
    let answer = r#"{"place":"https://vuln.go.dev","asked":1,"has_failed":false,"from":"1.99.0",
        "by":"as a test knows","flaws":[{"id":"GO-1","part":"Commands","systems":[],
        "ranges":[{"first":"1.99.0","fixed":"1.99.5"}]}]}"#;
    let flaw = |machine: &Machine, number: &str| {
        let known = Installer::new(&machine.session).known_flaws(version(number));
        known.check(version(number), Platform::host()).map(|flaw| flaw.flaws)
    };
    assert_eq!(flaw(&machine, "1.99.1"), None);
    let cache = machine.session.ctx.cache_directory().unwrap();
    fs_err::create_dir_all(&cache).unwrap();
    fs_err::write(cache.join("flaws.json"), answer).unwrap();
    assert_eq!(flaw(&machine, "1.99.1"), Some(vec!["GO-1".to_owned()]));
    assert_eq!(flaw(&machine, "1.99.5"), None);
    machine.set("GOVULNDB", "off");
    assert_eq!(flaw(&machine, "1.99.1"), None);
}

#[test]
fn a_database_that_cannot_be_asked_is_told() {
    let mut machine = Machine::new();
    let ask = |machine: &Machine, named| {
        let installer = Installer::new(&machine.session);
        let answer = installer.vulnerabilities(named, &[version("1.99.1")], &[Platform::host()]);
        answer.unwrap().map(drop)
    };
    assert!(matches!(ask(&machine, None), Err(SkipReason::LeftOut(_))));
    let named = machine.shown("no");
    assert!(matches!(ask(&machine, Some(&named)), Err(SkipReason::Failed(_))));
    machine.unset("GOVULNDB").set("GOWARD_OFFLINE", "1");
    assert!(matches!(ask(&machine, None), Err(SkipReason::Unable(..))));
    machine.set("GOVULNDB", "https://a.example,https://b.example");
    let installer = Installer::new(&machine.session);
    let named = installer.named_database(None).unwrap();
    assert_eq!(named.as_deref(), Some("https://a.example"));
    let named = installer.named_database(Some("/d")).unwrap();
    assert_eq!(named.as_deref(), Some("/d"));
    assert!(installer.kept_vulnerabilities().unwrap().is_none());
}
