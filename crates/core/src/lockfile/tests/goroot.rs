//! Where GOROOT is: in the store, at a fixed path, or at one that nothing reads.

use super::{asks, lock};
use crate::error::Kind;
use crate::fs::symlink;
use crate::lockfile::Locker;
use crate::lockfile::fixed_goroot::PathState;
use crate::project::lock::LockFile;
use crate::session::samples::{Machine, lock_of};
use crate::verify::Level;
use fs_err as fs;

#[test]
fn goroot_final_is_refused_where_nothing_reads_it() {
    let machine = Machine::new();
    machine.offer("1.99.1");
    machine.offer("1.22.99");
    let pin = "[pins]\ngoroot-final = \"/usr/local/go\"\n";
    machine.manifest(&format!("{}{pin}", asks("1.99")));
    let error = lock(&machine).unwrap_err();
    assert_eq!(
        error.message(),
        "`goroot-final` does nothing in go1.99.1: Go stopped reading GOROOT_FINAL in 1.23"
    );
    assert_eq!(
        error.hints(),
        [
            "for binaries without paths: `goward use '1.99' --trimpath --goroot-final ''`",
            "for that path as GOROOT: \
         `goward use '1.99' --goroot-final '/usr/local/go' --goroot fixed`",
        ]
    );
    let profile = "[profile.prod]\ngoroot-final = \"/usr/local/go\"\n";
    machine.manifest(&format!("{}{profile}", asks("1.99")));
    let error = lock(&machine).unwrap_err();
    assert!(
        error.hints()[0].to_string().contains("--profile prod --trimpath --goroot-final ''"),
        "{error}"
    );
    machine.manifest(&format!("{}{pin}", asks("1.22.99")));
    assert_eq!(lock(&machine).unwrap().version.to_string(), "go1.22.99");
}

#[cfg_attr(windows, ignore = "a fixed GOROOT is a symbolic link")]
#[test]
fn a_fixed_goroot_inside_the_store_is_refused() {
    let machine = Machine::new();
    machine.offer("1.99.1");
    let inside = machine.shown("store/go");
    let pins = format!("[pins]\ngoroot-final = '{inside}'\ngoroot = \"fixed\"\n");
    machine.manifest(&format!("{}{pins}", asks("1.99")));
    let error = lock(&machine).unwrap_err();
    assert_eq!(error.message(), format!("GOROOT cannot be `{inside}`, which is inside the store"));
    let store = machine.shown("store");
    assert_eq!(error.hints(), [format!("choose a path outside of `{store}`")]);
}

#[cfg_attr(windows, ignore = "makes symbolic links")]
#[test]
fn the_link_is_made_moved_and_taken_back() {
    let machine = Machine::new();
    let old = machine.install("1.99.1", Level::Listed);
    let new = machine.install("1.99.2", Level::Listed);
    let path = machine.path("opt/go");
    let fixed = |installed| {
        let goroot = Some(machine.shown("opt/go"));
        let lock = LockFile { goroot, ..lock_of(installed) };
        machine.write("src/app/goward.lock", lock.render());
        lock
    };
    let locker = Locker::new(&machine.session);
    let error = locker.link_root().unwrap_err();
    assert_eq!(error.kind(), Kind::NotFound);
    assert_eq!(error.hints(), ["see what does: `goward which -v`"]);
    machine.lock(&old, &[]);
    let error = locker.link_root().unwrap_err();
    assert!(error.message().ends_with("goward.lock` does not fix GOROOT"), "{error}");

    let lock = fixed(&old);
    assert_eq!(locker.missing_link(&lock).unwrap(), Some(path.clone()));
    let link = locker.link_root().unwrap();
    assert_eq!((&link.path, &link.root, &link.before), (&path, &old.tree, &PathState::Nothing));
    assert_eq!(fs::read_link(&path).unwrap(), old.tree);
    assert_eq!(locker.missing_link(&lock).unwrap(), None);
    assert_eq!(locker.link_root().unwrap().before, PathState::Same);
    let lock = fixed(&new);
    assert_eq!(locker.missing_link(&lock).unwrap(), Some(path.clone()));
    assert_eq!(locker.link_root().unwrap().before, PathState::Other(old.tree));
    assert_eq!(fs::read_link(&path).unwrap(), new.tree);
    assert_eq!(locker.unlink_root().unwrap(), (path.clone(), true));
    assert_eq!(locker.unlink_root().unwrap(), (path, false));
}

#[cfg_attr(windows, ignore = "files have modes")]
#[test]
fn what_is_not_ours_stays() {
    let machine = Machine::new();
    let installed = machine.install("1.99.1", Level::Listed);
    let goroot = Some(machine.shown("opt/go"));
    machine.write("src/app/goward.lock", LockFile { goroot, ..lock_of(&installed) }.render());
    let path = machine.write("opt/go", "mine");
    let locker = Locker::new(&machine.session);
    let shown = path.display();
    for error in [locker.link_root().unwrap_err(), locker.unlink_root().unwrap_err()] {
        assert_eq!(error.message(), format!("`{shown}` is not a link, and is not goward's"));
        assert_eq!(error.details(), ["nothing was changed"]);
    }
    assert_eq!(machine.read("opt/go"), "mine");
    fs::remove_file(&path).unwrap();
    symlink("/usr/lib", &path).unwrap();
    let error = locker.link_root().unwrap_err();
    assert!(error.message().contains("points to `/usr/lib`"), "{error}");
    fs::remove_file(&path).unwrap();
    // Others could put something else in its place.
    let open = machine.path("opt");
    crate::fs::set_mode(&open, 0o777).unwrap();
    let error = locker.link_root().unwrap_err();
    let message = format!("`{}` can be written by others than its owner", open.display());
    assert_eq!(error.message(), message);
    assert!(!path.exists());
}
