//! Installs from a directory into a real store: what is installed, refused and said.

mod automatic;
mod integrity;
mod links;
mod selection;

use crate::config::Recheck;
use crate::error::{Error, Kind};
use crate::install::Installer;
use crate::install::request::{Fetch, InstallOutcome, LockEntry, ToolchainRequest};
use crate::platform::Platform;
use crate::session::samples::{Machine, absolute, file_url, h1_of, platform, tree, version};
use crate::verify::{Digest, Level};
use fs_err as fs;

fn want(number: &str) -> ToolchainRequest {
    ToolchainRequest::new(version(number), Platform::host())
}

fn install(machine: &Machine, number: &str) -> Result<InstallOutcome, Error> {
    Installer::new(&machine.session).install(&want(number), &Fetch::default())
}

fn accepting(level: Level) -> Fetch {
    Fetch { accept: Some(level), ..Fetch::default() }
}

/// What a lock at `path` says of a release.
fn locked(number: &str, h1: &str, path: &str) -> ToolchainRequest {
    let (h1, path) = (h1.to_owned(), path.to_owned());
    let locked = LockEntry { h1, sha256: None, head: None, path, link: None };
    ToolchainRequest { locked: Some(locked), ..want(number) }
}

/// Nothing in the store, nor on its way there.
fn is_empty(machine: &Machine) -> bool {
    let count = |name: &str| fs::read_dir(machine.path(name)).map_or(0, Iterator::count);
    count("store/tree") == 0 && count("store/tmp") == 0
}

#[test]
fn what_a_source_lists_is_installed_once() {
    let machine = Machine::new();
    let h1 = machine.offer("1.99.1");
    let outcome = install(&machine, "1.99.1").unwrap();
    let receipt = &outcome.installed.receipt;
    assert!(outcome.is_new);
    assert_eq!((receipt.h1.as_str(), receipt.level), (h1.as_str(), Level::Listed));
    assert!(receipt.source.starts_with("file:///"), "{}", receipt.source);
    let archive = fs::read(machine.archive("1.99.1")).unwrap();
    assert_eq!(receipt.archive, Some((Digest::of(&archive), archive.len() as u64)));
    assert!(outcome.installed.tree.join(goward_shim::names::GO).exists());
    assert_eq!(outcome.installed.receipt.version.to_string(), "go1.99.1");
    // The source is not asked again.
    fs::remove_file(machine.archive("1.99.1")).unwrap();
    let again = install(&machine, "1.99.1").unwrap();
    assert!(!again.is_new);
    assert_eq!(again.installed.key, outcome.installed.key);
    assert_eq!(fs::read_dir(machine.path("store/tmp")).unwrap().count(), 0);
    // The lock's hash is found by the hash.
    let by_lock = locked("1.99.1", &h1, "/p/goward.lock");
    let installer = Installer::new(&machine.session);
    assert!(!installer.install(&by_lock, &Fetch::default()).unwrap().is_new);
}

#[test]
fn less_than_the_floor_is_refused_with_what_to_type() {
    let mut machine = Machine::new();
    machine.unset("GOWARD_ACCEPT");
    machine.offer("1.99.1");
    let error = install(&machine, "1.99.1").unwrap_err();
    assert_eq!(error.kind(), Kind::Verification);
    assert!(error.message().contains("go1.99.1"), "{error}");
    let accept = "accept it: `goward install 1.99.1 --accept listed`";
    assert!(error.hints().iter().any(|hint| *hint == accept), "{error}");
    assert!(is_empty(&machine));
    let fetch = Fetch { has_option: true, ..Fetch::default() };
    let installer = Installer::new(&machine.session);
    let error = installer.install(&want("1.99.1"), &fetch).unwrap_err();
    let accept = "accept it for this call: `--accept listed`";
    assert!(error.hints().iter().any(|hint| *hint == accept), "{error}");
    let outcome = installer.install(&want("1.99.1"), &accepting(Level::Listed)).unwrap();
    assert!(outcome.is_new);
    // Installed, but not enough for others.
    let error = installer.install(&want("1.99.1"), &Fetch::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "goward: go1.99.1 is installed, but verified only at level `listed`; `built-in` is \
         required\nhint: accept what is installed, for this call: `--accept listed`"
    );
    fs::remove_file(machine.archive("1.99.1")).unwrap();
    let error = installer.install(&want("1.99.1"), &Fetch::default()).unwrap_err();
    assert!(error.details()[0].contains("has no go1.99.1 for"), "{error}");
    machine.set("GOWARD_ACCEPT", "lsted");
    assert_eq!(install(&machine, "1.99.1").unwrap_err().kind(), Kind::Usage);
}

#[test]
fn a_digest_that_is_not_listed_is_level_none() {
    let machine = Machine::new();
    machine.offer("1.99.1");
    let mut digest = machine.archive("1.99.1").into_os_string();
    digest.push(".sha256");
    fs::remove_file(digest).unwrap();
    assert_eq!(install(&machine, "1.99.1").unwrap_err().kind(), Kind::Verification);
    let installer = Installer::new(&machine.session);
    let outcome = installer.install(&want("1.99.1"), &accepting(Level::None)).unwrap();
    assert_eq!(outcome.installed.level(), Level::None);
    // Accepted once, it does not count where more is needed.
    let error = install(&machine, "1.99.1").unwrap_err();
    assert!(error.message().contains("verified only at level `none`"), "{error}");
}

/// Better evidence for the same tree raises what is installed.
#[test]
fn a_weaker_level_is_fetched_again() {
    let machine = Machine::new();
    let weak = machine.install("1.99.1", Level::None);
    let h1 = machine.offer("1.99.1");
    assert_eq!(weak.receipt.h1.as_str(), h1);
    let outcome = install(&machine, "1.99.1").unwrap();
    assert!(outcome.is_new);
    assert_eq!((outcome.installed.key, outcome.installed.receipt.level), (weak.key, Level::Listed));
}

#[test]
fn the_project_may_demand_more_than_the_user() {
    let machine = Machine::new();
    machine.offer("1.99.1");
    let installer = Installer::new(&machine.session);
    let demanding = ToolchainRequest { demand: Level::BuiltIn, ..want("1.99.1") };
    assert_eq!(installer.floor(&demanding, &Fetch::default()).unwrap(), Level::BuiltIn);
    let error = installer.install(&demanding, &accepting(Level::None)).unwrap_err();
    assert!(error.details().contains(&"the project's manifest demands it".to_owned()), "{error}");
    assert!(!error.to_string().contains("--accept"), "{error}");
    assert!(is_empty(&machine));
}

#[test]
fn locks_of_an_accepted_repository_need_what_is_listed() {
    let mut machine = Machine::new();
    machine.unset("GOWARD_ACCEPT");
    let h1 = machine.offer("1.99.1");
    let lock = machine.write("src/app/goward.lock", "");
    let by_lock = locked("1.99.1", &h1, lock.to_str().unwrap());
    let installer = Installer::new(&machine.session);
    let error = installer.install(&by_lock, &Fetch::default()).unwrap_err();
    let hint = format!(
        "or for every lock in its repository: `goward trust --accept listed {}`",
        lock.display()
    );
    assert!(error.hints().iter().any(|one| *one == hint), "{error}");
    installer.resolver.accept_repository(&lock, Level::Listed, false).unwrap();
    assert_eq!(installer.floor(&by_lock, &Fetch::default()).unwrap(), Level::Listed);
    assert_eq!(installer.floor(&by_lock, &accepting(Level::BuiltIn)).unwrap(), Level::BuiltIn);
    assert_eq!(installer.floor(&want("1.99.1"), &Fetch::default()).unwrap(), Level::BuiltIn);
    assert!(installer.install(&by_lock, &Fetch::default()).unwrap().is_new);
}

#[test]
fn another_hash_than_the_locks_is_refused() {
    let machine = Machine::new();
    let delivered = machine.offer("1.99.1");
    let other = tree("1.99.1", Platform::host()).with("src/fmt/print.go", "package other\n");
    let other = h1_of(&other, "1.99.1", Platform::host());
    let by_lock = locked("1.99.1", &other, "/p/goward.lock");
    let installer = Installer::new(&machine.session);
    let error = installer.install(&by_lock, &accepting(Level::None)).unwrap_err();
    assert_eq!(error.kind(), Kind::Verification);
    let text = error.to_string();
    assert!(text.contains(&format!("expected {other}")), "{text}");
    assert!(text.contains(&format!("received {delivered}")), "{text}");
    assert!(text.contains("/p/goward.lock"), "{text}");
    assert!(is_empty(&machine));
}

/// What the records that are built in say counts more than any source.
#[test]
fn a_release_with_a_record_has_its_hash() {
    let machine = Machine::new();
    machine.offer_tree("1.27.1", platform("linux/amd64"), &tree("1.27.1", platform("linux/amd64")));
    let want = ToolchainRequest::new(version("1.27.1"), platform("linux/amd64"));
    let installer = Installer::new(&machine.session);
    let error = installer.install(&want, &accepting(Level::None)).unwrap_err();
    assert_eq!(error.kind(), Kind::Verification);
    assert!(error.to_string().contains("built-in"), "{error}");
    assert!(is_empty(&machine));
}

#[test]
fn damaged_archives_are_refused_and_the_next_source_is_asked() {
    let mut machine = Machine::new();
    machine.offer("1.99.1");
    let good = fs::read(machine.archive("1.99.1")).unwrap();
    let name = Platform::host().archive_name(version("1.99.1"));
    let bad: [Vec<u8>; 3] = [
        good[..good.len() / 2].to_vec(),
        b"no archive".to_vec(),
        tree("1.99.2", Platform::host()).tar_gz(),
    ];
    machine.write(&format!("second/{name}.sha256"), Digest::of(&good).to_string());
    machine.write(&format!("second/{name}"), &good);
    let (first, second) = (machine.source_url(), file_url(&machine.path("second")));
    for archive in bad {
        machine.write(&format!("source/{name}"), archive);
        machine.set("GOWARD_SOURCE", &first);
        let error = install(&machine, "1.99.1").unwrap_err();
        assert_eq!(error.kind(), Kind::Verification, "{error}");
        assert!(is_empty(&machine));
    }
    machine.set("GOWARD_SOURCE", format!("{first},{second}"));
    let outcome = install(&machine, "1.99.1").unwrap();
    assert!(outcome.is_new);
    assert_eq!(outcome.installed.receipt.source, second);
    assert!(outcome.warnings[0].starts_with(&format!("{first}: ")), "{:?}", outcome.warnings);
}

#[test]
fn when_nobody_delivers_every_reason_is_told() {
    let mut machine = Machine::new();
    let error = install(&machine, "1.99.1").unwrap_err();
    assert_eq!(error.kind(), Kind::NotFound);
    let source = machine.source_url();
    let host = Platform::host();
    assert_eq!(error.message(), format!("{source} has no go1.99.1 for {host}"));
    let nowhere = file_url(absolute("/nowhere").as_ref());
    machine.set("GOWARD_SOURCE", format!("{source},{nowhere}"));
    machine.write(&format!("source/{}", host.archive_name(version("1.99.1"))), "x");
    let error = install(&machine, "1.99.1").unwrap_err();
    assert_eq!(error.kind(), Kind::Verification);
    assert_eq!(error.message(), format!("no source delivers go1.99.1 for {host}"));
    assert!(error.details()[0].starts_with(&format!("{source}: ")), "{error}");
    let nowhere = format!("{nowhere}: {nowhere} has no go1.99.1");
    assert!(error.details().iter().any(|line| line.starts_with(&nowhere)), "{error}");
    assert_eq!(error.details().last().unwrap(), "nothing was installed");
    let fetch = Fetch { source: Some("go.def".to_owned()), ..Fetch::default() };
    let error = Installer::new(&machine.session).check_sources(&fetch).unwrap_err();
    assert_eq!(error.hints(), ["did you mean `go.dev`?"]);
}

#[test]
fn offline_no_site_is_asked() {
    let mut machine = Machine::new();
    machine.set("GOWARD_OFFLINE", "1").set("GOWARD_SOURCE", "go.dev,goproxy");
    machine.unset("GOPROXY");
    let error = install(&machine, "1.99.1").unwrap_err();
    assert_eq!(error.kind(), Kind::Network);
    assert!(error.to_string().contains("GOWARD_OFFLINE"), "{error}");
    let installer = Installer::new(&machine.session);
    assert!(installer.ask_log(&want("1.99.1"), None).unwrap().is_none());
    assert_eq!(machine.session.log.why_not(), None);
}

#[test]
fn who_switched_the_log_off_is_told() {
    let mut machine = Machine::new();
    let installer = Installer::new(&machine.session);
    assert!(installer.ask_log(&want("1.99.1"), None).unwrap().is_none());
    let why = machine.session.log.why_unproved().unwrap();
    assert!(why.starts_with("sum.golang.org was not asked: "), "{why}");
    let excerpt = installer.log_excerpt(&[(version("1.99.1"), Platform::host())], &[]).unwrap();
    assert_eq!(excerpt.unwrap_err(), why);
    let mut other = Machine::new();
    other.session.config.log.ask = crate::config::Ask::Never;
    let installer = Installer::new(&other.session);
    assert!(installer.ask_log(&want("1.99.1"), None).unwrap().is_none());
    assert_eq!(
        other.session.log.why_unproved().unwrap(),
        "sum.golang.org was not asked: `log.ask` is `never` in `config.toml`"
    );
    machine.set("GOWARD_OFFLINE", "1");
    let excerpt = Installer::new(&machine.session).log_excerpt(&[], &[]).unwrap();
    assert_eq!(excerpt.unwrap_err(), "network is off (`GOWARD_OFFLINE=1`)");
}

#[test]
fn a_head_that_the_log_did_not_sign_stops_everything() {
    let machine = Machine::new();
    machine.offer("1.99.1");
    let head = crate::project::lock::LockedHead {
        size: 66_746_896,
        hash: "MeqkXdYlyiVdqJXENOTyX7xd8QjDM/mxR52RKOFBS0M=".to_owned(),
        signature: format!("{}A=", "A".repeat(90)),
    };
    let installer = Installer::new(&machine.session);
    let error = installer.ask_log(&want("1.99.1"), Some(&head)).unwrap_err();
    assert_eq!(error.message(), "the head in the lock is not signed by sum.golang.org");
    let mut by_lock = locked("1.99.1", "h1:MeqkXdYlyiVdqJXENOTyX7xd8QjDM/mxR52RKOFBS0M=", "/l");
    by_lock.locked.as_mut().unwrap().head = Some(head);
    let error = installer.install(&by_lock, &Fetch::default()).unwrap_err();
    assert_eq!(error.kind(), Kind::Verification);
    assert!(is_empty(&machine));
}

#[test]
fn the_whole_release_is_installed_where_it_is_wanted() {
    let machine = Machine::new();
    machine.offer("1.99.1");
    let installer = Installer::new(&machine.session);
    let small = install(&machine, "1.99.1").unwrap().installed;
    assert!(!small.tree.join("test").exists() && !small.receipt.full);
    let full = ToolchainRequest { full: true, ..want("1.99.1") };
    let whole = installer.install(&full, &Fetch::default()).unwrap();
    assert!(whole.is_new && whole.installed.receipt.full);
    assert!(whole.installed.tree.join("test").exists());
    assert!(!install(&machine, "1.99.1").unwrap().is_new);
}

#[test]
fn a_hash_is_told_without_keeping_the_tree() {
    let machine = Machine::new();
    let h1 = machine.offer("1.99.1");
    let installer = Installer::new(&machine.session);
    machine.store().prepare().unwrap();
    let identity = installer.identify(&want("1.99.1"), &Fetch::default()).unwrap();
    assert_eq!((identity.h1.as_str(), identity.level), (h1.as_str(), Level::Listed));
    assert!(identity.archive.is_some() && is_empty(&machine));
}

#[cfg_attr(windows, ignore = "makes symbolic links")]
#[test]
fn the_systems_store_is_enough_and_is_attached() {
    let mut machine = Machine::new();
    machine.set("GOWARD_HOME", machine.path("system"));
    let installed = machine.install("1.99.1", Level::Listed);
    machine.set("GOWARD_HOME", machine.path("store"));
    machine.set("GOWARD_SYSTEM_STORE", machine.path("system"));
    let outcome = install(&machine, "1.99.1").unwrap();
    assert!(!outcome.is_new);
    assert_eq!(outcome.installed.key, installed.key);
    assert!(machine.path("store/tree").join(&installed.key).exists());
    assert!(machine.path("store/shims").join(crate::checks::TOOLS[0]).exists());
}

#[cfg_attr(windows, ignore = "makes symbolic links")]
#[test]
fn shims_are_placed_once_and_replace_what_leads_elsewhere() {
    let machine = Machine::new();
    let installer = Installer::new(&machine.session);
    let changes = installer.place_shims().unwrap();
    assert_eq!(changes.len(), 2);
    assert_eq!(
        fs::read_link(machine.path("store/shims/go")).unwrap(),
        machine.path("bin/goward-shim")
    );
    assert_eq!(installer.place_shims().unwrap().len(), 0);
    let gofmt = machine.path("store/shims/gofmt");
    fs::remove_file(&gofmt).unwrap();
    fs::write(&gofmt, "x").unwrap();
    let changes = installer.place_shims().unwrap();
    assert_eq!(changes.iter().map(|change| &change.path).collect::<Vec<_>>(), [&gofmt]);
    assert_eq!(fs::read_link(&gofmt).unwrap(), machine.path("bin/goward-shim"));
    fs::remove_file(machine.path("bin/goward-shim")).unwrap();
    assert!(installer.place_shims().is_err());
}

#[test]
fn toolchains_are_read_again_as_the_user_says() {
    let mut machine = Machine::new();
    machine.session.config.policy.verify = Recheck::Never;
    machine.offer("1.99.1");
    let installed = install(&machine, "1.99.1").unwrap().installed;
    integrity::change(&installed.tree.join("pkg/tool"), integrity::COMPILER);
    assert!(!install(&machine, "1.99.1").unwrap().is_new);
    machine.session.config.policy.verify = Recheck::Boot;
    let error = install(&machine, "1.99.1").unwrap_err();
    assert_eq!(error.kind(), Kind::Verification);
}

/// A device of its own below the store, or a disk that fails, is told and leaves nothing.
#[cfg(unix)]
#[test]
fn an_install_that_cannot_be_published_leaves_nothing() {
    use crate::os::inject::{ALWAYS, Call, fail};
    use rustix::io::Errno;
    let machine = Machine::new();
    machine.offer("1.99.1");
    for (call, error) in [(Call::RenameNew, Errno::XDEV), (Call::SyncVolume, Errno::IO)] {
        let injected = fail(call, ALWAYS, error.raw_os_error());
        let failed = install(&machine, "1.99.1").unwrap_err();
        assert!(injected.count() > 0, "{call:?}");
        drop(injected);
        assert_eq!(failed.kind(), Kind::Failed, "{failed}");
        assert!(is_empty(&machine), "{call:?}");
    }
    assert!(install(&machine, "1.99.1").unwrap().is_new);
}
