//! Toolchains that are removed while real processes use them.

use super::*;
use crate::store::tests::{faults, install, names, store, tree};
use crate::store::{H1, InstalledToolchain};
use crate::verify::Level;
use std::io;
use std::process::{Child, Command};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::SystemTime;

/// A process that runs until it is dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// Puts a program that waits in the place of `go`, and runs it.
fn run(installed: &InstalledToolchain) -> Running {
    let go = installed.tree.join("libexec/go");
    fs::remove_file(&go).unwrap();
    fs::copy("/bin/sleep", &go).unwrap();
    fs::set_mode(&go, 0o555).unwrap();
    // Until the copy is closed everywhere, nobody can run it.
    let start = || Command::new(&go).arg("600").env_clear().spawn();
    let busy = |error: &io::Error| error.kind() == ErrorKind::ExecutableFileBusy;
    loop {
        match start() {
            Err(error) if busy(&error) => thread::yield_now(),
            started => return Running(started.unwrap()),
        }
    }
}

fn print(place: &Path) -> io::Result<String> {
    fs::read_to_string(place.join("src/fmt/print.go"))
}

/// Returns whether the toolchain can be started, if somebody knows where it was.
fn can_start(installed: &InstalledToolchain) -> bool {
    installed.tree.join("libexec/go").exists()
}

fn is_empty(store: &Store) -> bool {
    ["tree", "meta", "tmp", "trash"].iter().all(|kind| names(&store.home().join(kind)).is_empty())
}

#[cfg_attr(windows, ignore = "runs programs of Unix")]
#[test]
fn what_a_process_uses_stays_as_it_was_until_it_ends() {
    let (_directory, store) = store();
    let installed = install(&store, &tree(), true, Level::Listed);
    let process = run(&installed);
    let user = store.user_of(&installed, &store.processes()).unwrap();
    assert_eq!(user, format!("process {} (go)", process.0.id()));

    let removal = store.retire(&installed).unwrap().unwrap();
    assert_eq!(store.list().unwrap().len(), 0);
    assert_eq!(removal.key(), installed.key);
    assert_eq!(removal.user(&store.processes()), Some(user));
    for clear in [false, true] {
        if clear {
            store.empty_trash().unwrap();
            store.recover().unwrap();
        }
        assert_eq!(store.pending_removals().unwrap(), std::slice::from_ref(&removal));
        assert_eq!(print(&installed.tree).unwrap(), "package fmt\n");
        assert!(installed.tree.join("bin/other").exists() && can_start(&installed));
        assert!(installed.tree.join("api").exists());
    }
    drop(process);
    store.recover().unwrap();
    // Nobody can start it any more; what began a moment ago finds its files.
    assert!(!can_start(&installed));
    assert_eq!(print(&installed.tree).unwrap(), "package fmt\n");
    store.empty_trash().unwrap();
    assert!(is_empty(&store));
}

#[cfg_attr(windows, ignore = "runs programs of Unix")]
#[test]
fn variables_and_working_directories_count_as_use() {
    let (_directory, store) = store();
    let installed = install(&store, &tree(), false, Level::Listed);
    let sleep = || {
        let mut command = Command::new("/bin/sleep");
        command.arg("600").env_clear();
        command
    };
    let cases: [&dyn Fn(&mut Command); 4] = [
        &|command| _ = command.env("GOROOT", &installed.tree),
        &|command| _ = command.env("GOWARD_TOOLCHAIN", &installed.tree),
        &|command| {
            let bin = installed.tree.join("bin").into_os_string();
            _ = command.env("PATH", [bin.as_os_str(), "/bin".as_ref()].join(":".as_ref()));
        },
        &|command| _ = command.current_dir(installed.tree.join("src")),
    ];
    for change in cases {
        let mut command = sleep();
        change(&mut command);
        let process = Running(command.spawn().unwrap());
        // The system shows what it is as soon as it is started.
        let user = store.user_of(&installed, &store.processes());
        assert_eq!(user, Some(format!("process {} (sleep)", process.0.id())));
    }
    // What only begins the same is something else.
    let mut command = sleep();
    let other = format!("{}0", installed.tree.display());
    let _process = Running(command.env("GOROOT", other).spawn().unwrap());
    assert_eq!(store.user_of(&installed, &store.processes()), None);
}

#[cfg_attr(windows, ignore = "runs programs of Unix")]
#[test]
fn files_are_there_at_any_moment() {
    let (_directory, store) = store();
    let installed = install(&store, &tree(), false, Level::Listed);
    // A process that builds with it all the time.
    let mut command = Command::new("/bin/sleep");
    let command = command.arg("600").env_clear().env("GOROOT", &installed.tree);
    let _process = Running(command.spawn().unwrap());
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut count = 0;
            while !is_over.load(Ordering::Relaxed) {
                assert_eq!(print(&installed.tree).unwrap(), "package fmt\n");
                assert!(can_start(&installed));
                count += 1;
            }
            count
        });
        for _ in 0..20 {
            let found = store.list().unwrap().remove(0);
            store.retire(&found).unwrap();
            store.recover().unwrap();
            install(&store, &tree(), false, Level::Listed);
        }
        is_over.store(true, Ordering::Relaxed);
        assert!(reader.join().unwrap() > 20);
    });
    let installed = store.list().unwrap().remove(0);
    let h1: &H1 = &installed.receipt.h1;
    assert_eq!(*h1, installed.receipt.h1);
    assert_eq!(faults(&store, &installed), []);
    // What was removed is out of the way, and who stands in it finds everything.
    let pending_removals = store.pending_removals().unwrap();
    assert!(
        pending_removals.iter().all(|removal| print(&removal.spot()).is_ok()),
        "{pending_removals:?}"
    );
    assert!(store.open_removal(&installed.key).unwrap().is_none());
}

#[test]
fn the_grace_period_is_measured_by_the_file_system() {
    let (_directory, store) = store();
    let installed = install(&store, &tree(), false, Level::Listed);
    let removal = store.retire(&installed).unwrap().unwrap();
    assert!(!store.is_expired(&removal) && !can_start(&installed));
    store.recover().unwrap();
    assert_eq!(store.pending_removals().unwrap().len(), 1);
    let age = |age: Duration| {
        let then = SystemTime::now() - age;
        fs::File::open(removal.path()).unwrap().file().set_modified(then).unwrap();
    };
    age(Duration::from_secs(23 * 60 * 60));
    store.recover().unwrap();
    assert!(print(&installed.tree).is_ok());
    age(Duration::from_secs(25 * 60 * 60));
    assert!(store.is_expired(&removal));
    assert_eq!(store.recover().unwrap().removed, 1);
    assert!(is_empty(&store));
}

#[cfg_attr(windows, ignore = "runs programs of Unix")]
#[test]
fn a_removal_that_was_cut_short_is_finished() {
    let (_directory, store) = store();
    for step in ["grave", "receipt", "programs"] {
        let installed = install(&store, &tree(), true, Level::Listed);
        store.prepare_removal(&installed.key).unwrap().unwrap();
        if step != "grave" {
            fs::remove_file(store.receipt_path(&installed.key)).unwrap();
        }
        if step == "programs" {
            fs::remove_file(installed.tree.join("libexec/go")).unwrap();
        }
        store.recover().unwrap();
        if step == "grave" {
            // It did not begin: the toolchain is installed as before, and the grave says nothing of it.
            assert_eq!(faults(&store, &installed), []);
            store.empty_trash().unwrap();
            assert!(store.pending_removals().unwrap().is_empty() && can_start(&installed));
            store.retire(&installed).unwrap();
        }
        assert!(!can_start(&installed), "{step}");
        // Who builds with it cannot always be seen.
        assert_eq!(print(&installed.tree).unwrap(), "package fmt\n", "{step}");
        store.empty_trash().unwrap();
        assert!(is_empty(&store), "{step}");
    }
}

#[test]
fn a_removal_that_is_started_over_is_one() {
    let (_directory, store) = store();
    let installed = install(&store, &tree(), true, Level::Listed);
    // The second time, as after an interruption near the end: what is installed was read before.
    for _ in 0..2 {
        store.retire(&installed).unwrap();
        assert_eq!(print(&installed.tree).unwrap(), "package fmt\n");
        assert_eq!(store.pending_removals().unwrap().len(), 1);
    }
    store.empty_trash().unwrap();
    assert!(is_empty(&store));
}

#[test]
fn a_removed_toolchain_that_is_installed_again_is_whole_and_its_grave_goes() {
    let (_directory, store) = store();
    let before = install(&store, &tree(), false, Level::Listed);
    store.retire(&before).unwrap();
    let installed = install(&store, &tree(), false, Level::Listed);
    assert_eq!(faults(&store, &installed), []);
    assert_eq!(store.pending_removals().unwrap().len(), 1);
    store.empty_trash().unwrap();
    assert!(store.pending_removals().unwrap().is_empty());
    assert_eq!(faults(&store, &installed), []);
}
