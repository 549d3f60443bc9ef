//! What people choose, what becomes of manifest and lock, and how it is taken back.

use super::{asks, lock, written};
use crate::error::{Error, Kind};
use crate::install::request::Fetch;
use crate::lockfile::Locker;
use crate::lockfile::pins::check_pins_with;
use crate::lockfile::r#use::{UseOptions, UseReport, parse_setting};
use crate::platform::Platform;
use crate::project::lock::LockFile;
use crate::project::transaction::FileChange;
use crate::session::samples::{Machine, lock_of, owned, publish, tree};
use crate::verify::Level;
use fs_err as fs;
use go_sources::GO_SOURCES;

#[allow(clippy::duplicate_mod, reason = "the tests of settings are private")]
#[path = "../../../../../tests/common/go_sources.rs"]
mod go_sources;

fn choose(machine: &Machine, options: &UseOptions) -> Result<UseReport, Error> {
    Locker::new(&machine.session).use_toolchain(options, &Fetch::default())
}

fn request(text: &str) -> UseOptions {
    UseOptions { request: Some(text.to_owned()), ..UseOptions::default() }
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[test]
fn a_choice_writes_manifest_and_lock_and_installs() {
    let machine = Machine::new();
    machine.offer("1.99.1");
    let report = choose(&machine, &request("1.99")).unwrap();
    assert_eq!(report.version.to_string(), "go1.99.1");
    let installed = report.installed.unwrap();
    assert!(report.changes.len() == 2 && installed.is_new && report.unlinked.is_none());
    assert_eq!(report.manifest, machine.path("src/app/goward.toml"));
    assert!(machine.read("src/app/goward.toml").contains("go = \"1.99\""));
    assert_eq!(written(&machine).request, "1.99");
    // The default platforms are those that somebody works on; others may be missing.
    assert!(!report.uncovered.contains(&Platform::host()) && !report.uncovered.is_empty());
    let path = "`go` is not on PATH: `goward setup`, and a new shell".to_owned();
    assert!(installed.warnings.contains(&path), "{:?}", installed.warnings);
    let again = choose(&machine, &UseOptions::default()).unwrap();
    assert!(again.changes.is_empty() && !again.installed.unwrap().is_new);
    assert_eq!(machine.store().projects().unwrap()[0].lock, report.lock);
}

#[test]
fn what_cannot_be_chosen_changes_nothing() {
    let machine = Machine::new();
    machine.offer("1.99.1");
    let manifest = machine.shown("src/app/goward.toml");
    let error = choose(&machine, &UseOptions::default()).unwrap_err();
    let message = format!("`{manifest}` does not exist, so there is no request to keep");
    assert_eq!(error.message(), message);
    let none = UseOptions { experiments: words(&["none"]), ..request("1.99") };
    let error = choose(&machine, &none).unwrap_err();
    assert_eq!(error.hints(), ["no experiment is pinned; leave the option out"]);
    let goroot = UseOptions { goroot: Some("x".to_owned()), ..request("1.99") };
    assert_eq!(choose(&machine, &goroot).unwrap_err().message(), "`--goroot` cannot be `x`");
    let debug = UseOptions { debug: words(&["http2debug"]), ..request("1.99") };
    let error = choose(&machine, &debug).unwrap_err();
    assert_eq!(error.message(), "`http2debug` is not a GODEBUG setting");
    assert_eq!(choose(&machine, &request("1.97")).unwrap_err().kind(), Kind::NotFound);
    let foreign = UseOptions { platforms: words(&["linux/x"]), ..request("1.99") };
    assert_eq!(choose(&machine, &foreign).unwrap_err().kind(), Kind::Usage);
    assert!(fs::read_dir(machine.path("src/app")).unwrap().next().is_none());
    assert_eq!(parse_setting("a=b=c").unwrap(), ("a", "b=c"));
    assert_eq!(parse_setting("=b").unwrap_err().kind(), Kind::Usage);
}

#[test]
fn pins_are_added_and_taken_out() {
    let machine = Machine::new();
    machine.offer("1.99.1");
    let pinned = UseOptions {
        experiments: words(&["jsonv2", "greenteagc"]),
        debug: words(&["http2debug=1", "gctrace=1"]),
        trimpath: true,
        ..request("1.99")
    };
    let report = choose(&machine, &pinned).unwrap();
    // The small release has no tables, which stops nothing.
    let unchecked = "the names in GODEBUG and GOEXPERIMENT were not checked: ";
    assert!(
        report.installed.unwrap().warnings.iter().any(|warning| warning.starts_with(unchecked))
    );
    // `-trimpath` among the base pins would act on tests, too.
    let lock_file = written(&machine);
    assert!(lock_file.pins.iter().all(|(name, _)| name != "GOFLAGS"), "{:?}", lock_file.pins);
    let flags = ("GOFLAGS".to_owned(), "-trimpath".to_owned());
    assert!(lock_file.profiles["release"].contains(&flags));
    let none = UseOptions { experiments: words(&["none"]), ..UseOptions::default() };
    let error = choose(&machine, &none).unwrap_err();
    assert_eq!(
        error.hints(),
        ["take out what is pinned: \
         `goward use --no-experiment jsonv2 --no-experiment greenteagc`"]
    );
    let fewer = UseOptions {
        no_experiments: words(&["jsonv2"]),
        no_debug: words(&["gctrace"]),
        ..UseOptions::default()
    };
    choose(&machine, &fewer).unwrap();
    assert_eq!(
        written(&machine).pins,
        owned(&[("GODEBUG", "http2debug=1"), ("GOEXPERIMENT", "greenteagc")])
    );
    choose(&machine, &UseOptions { clear: true, ..UseOptions::default() }).unwrap();
    assert!(written(&machine).pins.is_empty());
}

#[test]
fn a_release_too_old_for_the_module_is_chosen_with_force() {
    let machine = Machine::new();
    machine.offer("1.99.1");
    machine.write("src/app/go.mod", "module m\n\ngo 1.101\n");
    let error = choose(&machine, &request("1.99")).unwrap_err();
    assert_eq!(error.hints()[1], "or lock it anyway: `goward use '1.99' --force`");
    let forced = UseOptions { force: true, ..request("1.99") };
    let report = choose(&machine, &forced).unwrap();
    let warned = |warning: &String| warning.starts_with("go1.99.1 cannot build ");
    assert!(report.installed.unwrap().warnings.iter().any(warned));
}

#[test]
fn names_that_the_release_does_not_know_are_refused() {
    let machine = Machine::new();
    let with_tables = GO_SOURCES
        .iter()
        .fold(tree("1.27.1", Platform::host()), |tree, (path, text)| tree.with(path, *text));
    let installed = publish(&machine.store(), &with_tables, Level::None);
    let check = |pins: &[(&str, &str)], profile: &[(&str, &str)]| {
        let profiles = [("ci".to_owned(), owned(profile))].into();
        let lock = LockFile { pins: owned(pins), profiles, ..lock_of(&installed) };
        let by_store = Locker::new(&machine.session).check_pins(&lock);
        let direct = check_pins_with(&installed, &lock);
        assert_eq!(
            by_store.as_ref().err().map(ToString::to_string),
            direct.err().map(|e| e.to_string())
        );
        by_store
    };
    assert_eq!(check(&[("GOEXPERIMENT", "jsonv2")], &[]).unwrap(), [""; 0]);
    assert_eq!(check(&[("CGO_ENABLED", "0")], &[]).unwrap(), [""; 0]);
    let error = check(&[("GOEXPERIMENT", "jsnov2")], &[]).unwrap_err();
    assert_eq!(error.kind(), Kind::Usage);
    assert!(
        error.message().contains("jsnov2") && error.hints()[0].to_string().contains("jsonv2"),
        "{error}"
    );
    let error = check(&[("GOEXPERIMENT", "jsnov2")], &[("GOEXPERIMENT", "dwraf5")]).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("jsnov2") && text.contains("profile `ci`: "), "{text}");

    let other = LockFile {
        version: crate::session::samples::version("1.99.1"),
        pins: owned(&[("GOEXPERIMENT", "x")]),
        ..lock_of(&installed)
    };
    assert_eq!(
        Locker::new(&machine.session).check_pins(&other).unwrap(),
        ["the names in GOEXPERIMENT are checked when go1.99.1 is installed: `goward install`"]
    );
}

#[test]
fn a_change_is_put_back_and_put_back_again() {
    let machine = Machine::new();
    machine.offer("1.99.1");
    machine.offer("1.98.5");
    let locker = Locker::new(&machine.session);
    let error = locker.undo(false).unwrap_err();
    assert!(error.message().starts_with("no change of `"), "{error}");
    assert_eq!(locker.changes().unwrap_err().kind(), Kind::NotFound);
    let pinned = UseOptions { debug: words(&["http2debug=1"]), ..request("1.99") };
    choose(&machine, &pinned).unwrap();
    let first = machine.read("src/app/goward.lock");
    let other = UseOptions { debug: words(&["http2debug=2"]), ..request("1.98") };
    choose(&machine, &other).unwrap();
    let second = machine.read("src/app/goward.lock");
    let changes = locker.changes().unwrap();
    assert_eq!(changes.len(), 2);
    assert_eq!(changes[0].command, "use");
    assert_eq!(
        changes[0].differences,
        ["go1.99.1 -> go1.98.5", "GODEBUG `http2debug=1` -> `http2debug=2`"]
    );
    assert_eq!(changes[1].differences, ["no lock -> go1.99.1"]);

    let back = locker.undo(false).unwrap();
    assert_eq!((back.command.as_str(), back.missing, back.is_stale), ("use", None, false));
    assert_eq!(back.differences[0], "go1.98.5 -> go1.99.1");
    assert_eq!(back.changes.iter().filter(|change| !change.is_removal).count(), 2);
    assert_eq!(machine.read("src/app/goward.lock"), first);
    assert_eq!(locker.undo(false).unwrap().command, "undo");
    assert_eq!(machine.read("src/app/goward.lock"), second);

    machine.write("src/app/goward.lock", format!("{second}# mine\n"));
    let error = locker.undo(false).unwrap_err();
    let path = machine.shown("src/app/goward.lock");
    assert_eq!(error.message(), format!("`{path}` is not what `goward undo` wrote"));
    assert_eq!(error.hints()[1], "give that up, too: `goward undo --force`");
    locker.undo(true).unwrap();
    assert_eq!(machine.read("src/app/goward.lock"), first);
}

#[test]
fn what_was_not_there_goes_and_what_is_missing_is_told() {
    let machine = Machine::new();
    machine.offer("1.99.1");
    machine.manifest(&asks("1.99"));
    lock(&machine).unwrap();
    let locker = Locker::new(&machine.session);
    let back = locker.undo(false).unwrap();
    let path = machine.path("src/app/goward.lock");
    assert_eq!(back.changes, [FileChange { path, is_removal: true }]);
    assert_eq!(back.differences, ["go1.99.1 -> no lock"]);
    assert!(!machine.path("src/app/goward.lock").exists());
    let back = locker.undo(false).unwrap();
    assert_eq!(back.missing.map(|version| version.to_string()).as_deref(), Some("go1.99.1"));
    machine.manifest(&format!("{}[profile.ci]\ncgo = true\n", asks("1.99")));
    lock(&machine).unwrap();
    let changes = locker.changes().unwrap();
    assert_eq!(changes[0].differences, ["profile `ci`: gone -> there"]);
}
