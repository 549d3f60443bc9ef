//! Starting a project, installing what it asks for, and what is around it.

use super::{asks, lock, written};
use crate::error::Kind;
use crate::install::request::Fetch;
use crate::lockfile::Locker;
use crate::platform::Platform;
use crate::project::lock::LockFile;
use crate::resolve::Resolver;
use crate::session::samples::{Machine, lock_of};
use crate::verify::Level;
use fs_err as fs;

#[test]
fn a_project_starts_from_what_other_tools_left() {
    let machine = Machine::new();
    let locker = Locker::new(&machine.session);
    let started = locker.init(None, false).unwrap();
    assert_eq!((started.request.to_string().as_str(), started.origin), ("stable", None));
    assert!(machine.read("src/app/goward.toml").contains("go = \"stable\""));
    let error = locker.init(None, false).unwrap_err();
    assert!(error.message().ends_with("goward.toml` is there already"), "{error}");
    assert_eq!(error.hints(), ["change what it asks for: `goward use stable`"]);
    // It is a change like any other.
    assert_eq!(locker.changes().unwrap()[0].command, "init");
    fs::remove_file(machine.path("src/app/goward.toml")).unwrap();

    let file = machine.write("src/app/.go-version", "1.26.2\n").display().to_string();
    let started = locker.init(None, false).unwrap();
    assert_eq!(started.request.to_string(), "1.26.2");
    assert_eq!(started.origin.as_deref(), Some(format!("{file}:1").as_str()));
    fs::remove_file(machine.path("src/app/goward.toml")).unwrap();
    machine.write("src/app/.go-version", "\u{1}?\n");
    assert!(locker.init(None, false).is_err());
    assert_eq!(locker.init(Some("1.27"), false).unwrap().request.to_string(), "1.27");
}

#[test]
fn a_minimum_and_a_module_that_does_not_fit_are_told() {
    let mut machine = Machine::new();
    machine.write("src/app/go.mod", "module m\n\ngo 1.26\n");
    let locker = Locker::new(&machine.session);
    let started = locker.init(Some("1.25.1"), false).unwrap();
    assert!(started.warnings[0].starts_with("go1.25.1 cannot build `"), "{:?}", started.warnings);
    machine.write("src/app/sub/x.go", "package x\n");
    machine.go_to("src/app/sub");
    let locker = Locker::new(&machine.session);
    let error = locker.init(Some("1.27"), false).unwrap_err();
    assert_eq!(error.hints()[1], "or give this directory its own: `goward init --here`");
    let started = locker.init(Some("1.27"), true).unwrap();
    assert_eq!(started.path, machine.path("src/app/sub/goward.toml"));
    let error = locker.init(Some("nowhere"), true).unwrap_err();
    assert_eq!(error.kind(), Kind::Failed);
    machine.go_to("src/third");
    let error = Locker::new(&machine.session).init(Some("nowhere"), true).unwrap_err();
    assert_eq!(error.message(), "no toolchain is linked as `nowhere`");
    machine.write("src/third/go.mod", "module m\n\ngo 1.26\n");
    let started = Locker::new(&machine.session).init(None, false).unwrap();
    let note = "`go 1.26` is the oldest Go that the module takes; it names no release";
    assert_eq!(started.notes, [note]);
}

fn install(
    machine: &Machine,
    strictly: bool,
) -> Result<crate::install::request::InstallOutcome, crate::error::Error> {
    let locker = Locker::new(&machine.session);
    locker.install_project(Platform::host(), strictly, false, &Fetch::default())
}

#[test]
fn a_project_installs_what_it_asks_for() {
    let machine = Machine::new();
    machine.offer("1.99.1");
    let here = machine.shown("src/app");
    let error = install(&machine, false).unwrap_err();
    assert_eq!(error.message(), format!("nothing in `{here}` or above asks for a Go"));
    let error = install(&machine, true).unwrap_err();
    assert_eq!(
        error.message(),
        format!("`{}` does not exist", machine.shown("src/app/goward.lock"))
    );
    machine.write("src/app/.go-version", "1.99\n");
    let outcome = install(&machine, false).unwrap();
    assert_eq!(
        outcome.warnings,
        ["`go` here is this release only with a lock: `goward use '1.99'`"]
    );
    machine.write("src/app/.go-version", "1.97\n");
    let error = install(&machine, false).unwrap_err();
    assert_eq!(
        error.details().last().unwrap(),
        &format!("wanted by `{}:1`", machine.shown("src/app/.go-version"))
    );

    machine.manifest(&asks("1.99"));
    assert_eq!(install(&machine, true).unwrap_err().kind(), Kind::NotFound);
    let outcome = install(&machine, false).unwrap();
    assert_eq!(
        outcome.notes,
        [format!("wrote `{}`: go1.99.1", machine.shown("src/app/goward.lock"))]
    );
    assert!(!outcome.is_new);
    assert!(install(&machine, true).unwrap().notes.is_empty());
    machine.manifest(&format!("{}[pins]\ncgo = false\n", asks("1.99")));
    for is_locked in [false, true] {
        let error = install(&machine, is_locked).unwrap_err();
        assert_eq!(error.details()[0], "the pins differ");
        assert_eq!(error.details().contains(&"nothing was installed".to_owned()), !is_locked);
    }
    let other = super::other_platform();
    lock(&machine).unwrap();
    let error = Locker::new(&machine.session)
        .install_project(other, false, false, &Fetch::default())
        .unwrap_err();
    assert_eq!(error.hints(), [format!("add it: `goward use --platform {other}`")]);
}

#[test]
fn a_stale_lock_is_told_where_it_governs() {
    let machine = Machine::new();
    machine.offer("1.99.1");
    machine.manifest(&asks("1.99"));
    lock(&machine).unwrap();
    let locker = Locker::new(&machine.session);
    let path = machine.path("src/app/goward.lock");
    let toolchain = || Resolver::new(&machine.session).toolchain_here().unwrap().unwrap();
    assert!(locker.stale_resolved(&toolchain()).is_none());
    machine.manifest(&asks("1.98"));
    let error = locker.stale_resolved(&toolchain()).unwrap();
    assert!(error.details()[0].starts_with("the manifest asks for 1.98, "), "{error}");
    machine.manifest("x");
    assert_eq!(locker.stale_lock(&path, &written(&machine)).unwrap().kind(), Kind::Usage);
    fs::remove_file(machine.path("src/app/goward.toml")).unwrap();
    assert!(locker.stale_lock(&path, &written(&machine)).is_none());
}

#[test]
fn the_home_directorys_lock_counts_elsewhere_with_a_note() {
    let mut machine = Machine::new();
    let installed = machine.install("1.99.1", Level::Listed);
    machine.write("home/goward.lock", lock_of(&installed).render());
    machine.go_to("home");
    let toolchain = Resolver::new(&machine.session).toolchain_here().unwrap().unwrap();
    let locker = Locker::new(&machine.session);
    assert_eq!(locker.note_of_home(&toolchain), None);
    let lock: LockFile = lock_of(&installed);
    let notes = locker.notes_of_place(&machine.path("home"), Some(&machine.path("x")), &lock);
    assert_eq!(notes[0], format!("`{}` no longer counts here", machine.shown("x/goward.lock")));
    assert!(notes[1].ends_with("outside of projects: `goward default 1.99.1`"), "{notes:?}");
    assert_eq!(locker.notes_of_place(&machine.path("src"), None, &lock), [""; 0]);
    machine.go_to("home/notes");
    let note = Locker::new(&machine.session).note_of_home(&toolchain).unwrap();
    assert!(note.ends_with("its own with `goward use --here stable`"), "{note}");
}

#[test]
fn another_go_first_on_path_is_named() {
    let mut machine = Machine::new();
    let cure = "`goward setup`, and a new shell";
    let said = |machine: &Machine| Locker::new(&machine.session).not_first_on_path();
    assert_eq!(said(&machine), Some(format!("`go` is not on PATH: {cure}")));
    let other = machine.program(&format!("usr/{}", goward_shim::names::GO));
    machine.set("PATH", machine.path("usr/bin"));
    let named = format!("`go` on PATH is `{}`, not goward's: {cure}", other.display());
    assert_eq!(said(&machine), Some(named));
}

#[test]
fn what_git_does_to_the_files_is_told() {
    let machine = Machine::new();
    let locker = Locker::new(&machine.session);
    let root = machine.path("src/app");
    machine.write("src/.git/HEAD", "ref: refs/heads/main\n");
    assert_eq!(locker.ignored_files(&root), [""; 0]);
    machine.write("src/.gitignore", "*.lock\n");
    let said = locker.ignored_files(&root);
    assert_eq!(said.len(), 1);
    assert!(said[0].starts_with("git ignores `goward.lock` ("), "{said:?}");
    assert!(said[0].ends_with("so others do not get it; add `!goward.lock` there"), "{said:?}");

    assert!(!locker.converts_line_ends(&root));
    machine.write("src/.git/config", "[core]\n\tautocrlf = true\n");
    assert!(locker.converts_line_ends(&root));
    machine.write("src/app/.gitattributes", "goward.lock text eol=lf\n");
    assert!(!locker.converts_line_ends(&root));
    machine.write("src/app/.gitattributes", "* text=auto\n");
    machine.write("src/.git/config", "");
    assert!(locker.converts_line_ends(&root));
}
