//! What the user vouches for.

use super::{refused, toolchain};
use crate::error::Kind;
use crate::project::lock::LockFile;
#[cfg(unix)]
use crate::project::manifest::Manifest;
use crate::resolve::Resolver;
use crate::session::samples::{Machine, lock_of, owned};
use crate::verify::Level;
use fs_err as fs;
use std::path::Path;

const WEAK: &str = "netdns=go,execerrdot=0";

#[test]
fn a_weakening_pin_waits_for_trust_in_this_very_lock() {
    let mut machine = Machine::new();
    let installed = machine.install("1.99.1", Level::Listed);
    let profiles = [("ci".to_owned(), owned(&[("GODEBUG", "execerrdot=0")]))].into();
    let pins = owned(&[("GODEBUG", WEAK)]);
    let lock = LockFile { pins, profiles, ..lock_of(&installed) };
    let path = machine.write("src/app/goward.lock", lock.render());
    let error = refused(&machine);
    assert!(error.contains("`execerrdot=0` takes effect only in a lock that you trust"), "{error}");
    assert!(error.contains(&format!("`goward trust {}`", path.display())), "{error}");

    let review = Resolver::new(&machine.session).examine(None).unwrap();
    assert_eq!((review.path.as_path(), review.owner), (path.as_path(), None));
    assert!(review.needs_trust() && !review.is_trusted);
    let lines: Vec<&str> = fs::read_to_string(&path).unwrap().leak().lines().collect();
    let line = 1 + lines.iter().position(|line| line.contains(WEAK)).unwrap();
    let reasons = review.reasons();
    assert_eq!(reasons.len(), 2);
    assert!(reasons[0].starts_with(&format!("line {line}: `execerrdot=0`: ")), "{reasons:?}");
    assert!(reasons[1].contains(", profile `ci`: `execerrdot=0`: "), "{reasons:?}");

    let resolver = Resolver::new(&machine.session);
    assert_eq!(resolver.trusted().unwrap(), []);
    let warnings = resolver.trust_warnings(&path).unwrap();
    assert_eq!(warnings.len(), 3);
    assert!(warnings[2].starts_with("`go` refuses that until `goward trust` is run"));
    resolver.trust(&review).unwrap();
    assert_eq!(toolchain(&machine).pins, lock.pins);
    let records = resolver.trusted().unwrap();
    assert_eq!((records[0].path.as_path(), records[0].state), (path.as_path(), "trusted"));
    assert_eq!(resolver.trust_warnings(&path).unwrap(), [""; 0]);
    assert!(resolver.examine(Some(Path::new("."))).unwrap().is_trusted);

    // A lock that changed is another lock.
    let changed = LockFile { request: "1.99".to_owned(), ..lock };
    machine.write("src/app/goward.lock", changed.render());
    assert!(refused(&machine).contains("takes effect only in a lock that you trust"));
    assert_eq!(resolver.trusted().unwrap()[0].state, "changed");
    resolver.trust_what_was_typed(&path).unwrap();
    assert_eq!(resolver.trusted().unwrap()[0].state, "trusted");
    fs::remove_file(&path).unwrap();
    assert_eq!(resolver.trusted().unwrap()[0].state, "gone");
    assert_eq!(resolver.revoke(Some(&path), false).unwrap(), (path.clone(), true));
    assert_eq!(resolver.revoke(Some(&path), false).unwrap(), (path, false));
    machine.go_to("elsewhere");
    let error = Resolver::new(&machine.session).revoke(None, false).unwrap_err();
    assert_eq!(
        error.to_string(),
        "goward: no lock governs here\nhint: name one: `goward trust PATH`"
    );
}

#[test]
fn trust_needs_a_lock_and_a_place() {
    let mut machine = Machine::new();
    let path = machine.lock(&machine.install("1.99.1", Level::Listed), &[("GODEBUG", WEAK)]);
    let resolver = Resolver::new(&machine.session);
    let error = resolver.examine(Some(Path::new("no/goward.lock"))).unwrap_err();
    assert_eq!(error.kind(), Kind::NotFound);
    machine.unset(if cfg!(windows) { "LOCALAPPDATA" } else { "HOME" });
    let resolver = Resolver::new(&machine.session);
    let review = resolver.examine(Some(&path)).unwrap();
    let error = resolver.trust(&review).unwrap_err();
    assert_eq!(
        error.hints(),
        [format!("choose one: `XDG_STATE_HOME={}`", crate::os::ABSOLUTE_PATH)]
    );
    assert_eq!(resolver.trusted().unwrap(), []);
    machine.set("XDG_STATE_HOME", machine.write("file", ""));
    let error = Resolver::new(&machine.session).trust(&review).unwrap_err();
    assert_eq!(error.details(), ["nothing was changed"]);
}

#[cfg(unix)] // Where owners are numbers.
#[test]
fn a_manifest_of_somebody_else_is_refused() {
    let machine = Machine::new();
    let path = machine.manifest("[toolchain]\ngo = \"1.99\"\n");
    let resolver = Resolver::new(&machine.session);
    resolver.check_manifest(&Manifest::read(&path).unwrap()).unwrap();
    resolver.check_owner_of_manifest(&path, None).unwrap();
    let error = resolver.check_owner_of_manifest(&path, Some(4_000_000)).unwrap_err();
    assert!(error.message().contains("belongs to user 4000000, not to you"), "{error}");
    let app = machine.shown("src/app");
    let hint = format!("let everybody's files there count: `GOWARD_TRUSTED_ROOTS={app}`");
    assert_eq!(error.hints(), [hint]);
    let mut machine = machine;
    machine.set("GOWARD_TRUSTED_ROOTS", app);
    let resolver = Resolver::new(&machine.session);
    resolver.check_owner_of_manifest(&path, Some(4_000_000)).unwrap();
    assert_eq!(resolver.project().unwrap().manifest_path, path);
}

#[test]
fn a_repository_is_accepted_as_a_whole() {
    let mut machine = Machine::new();
    machine.write("src/.git/HEAD", "ref: refs/heads/main\n");
    let lock = machine.write("src/app/goward.lock", "");
    let other = machine.write("other/goward.lock", "");
    let resolver = Resolver::new(&machine.session);
    assert_eq!(resolver.accepted_repositories().unwrap(), Vec::<std::path::PathBuf>::new());
    assert_eq!(resolver.accepted_for(&lock), None);
    assert!(resolver.reject_repository(&lock, false).unwrap().is_none());
    let repository = machine.path("src");
    assert_eq!(
        resolver.accept_repository(Path::new("."), Level::Listed, false).unwrap(),
        repository
    );
    assert_eq!(
        resolver.accept_repository(&other, Level::Listed, false).unwrap(),
        machine.path("other")
    );
    assert_eq!(resolver.accepted_for(&lock), Some(Level::Listed));
    let accepted = resolver.accepted_repositories().unwrap();
    assert_eq!(accepted, [machine.path("other"), repository]);
    assert!(resolver.reject_repository(&lock, false).unwrap().is_some());
    assert_eq!(resolver.accepted_for(&lock), None);
    assert_eq!(resolver.accepted_for(&other), Some(Level::Listed));

    let error = resolver.accept_repository(&lock, Level::None, false).unwrap_err();
    assert_eq!(error.message(), "a repository cannot be accepted at level `none`");
    assert_eq!(error.hints(), ["accept what its sources list: `goward trust --accept listed`"]);
    let error = resolver.accept_repository(Path::new("no/no"), Level::Listed, false).unwrap_err();
    assert_eq!(error.message(), "`no/no` does not exist");
    assert!(resolver.reject_repository(Path::new("no/no"), false).unwrap().is_none());
    machine.unset(if cfg!(windows) { "LOCALAPPDATA" } else { "HOME" });
    let resolver = Resolver::new(&machine.session);
    assert_eq!(
        resolver.accept_repository(&lock, Level::Listed, false).unwrap_err().kind(),
        Kind::Usage
    );
    assert_eq!(
        (resolver.accepted_for(&other), resolver.accepted_repositories().unwrap()),
        (None, Vec::new())
    );
}
