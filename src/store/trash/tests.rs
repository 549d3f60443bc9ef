//! Toolchains that are removed while real processes use them.

use super::*;
use crate::store::tests::{install, make_writable, names, store, tree};
use crate::store::{H1, Installed};
use crate::verify::Level;
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

/// Puts a program that waits in the place of `bin/go`, and runs it.
fn run(installed: &Installed) -> Running {
    let (bin, go) = (installed.tree.join("bin"), installed.tree.join("bin/go"));
    make_writable(&bin);
    fs::remove_file(&go).unwrap();
    fs::copy("/bin/sleep", &go).unwrap();
    fs::set_permissions(&go, Permissions::from_mode(0o555)).unwrap();
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

fn is_empty(store: &Store) -> bool {
    ["tree", "extra", "root", "meta", "tmp", "trash"]
        .iter()
        .all(|kind| names(&store.home().join(kind)).is_empty())
}

#[test]
fn what_a_process_uses_stays_where_it_was_until_it_ends() {
    let (_directory, store) = store();
    let installed = install(&store, &tree(), true, Level::Listed);
    let process = run(&installed);
    let user = store.user_of(&installed, &store.processes()).unwrap();
    assert_eq!(user, format!("process {} (go)", process.0.id()));

    let grave = store.retire(&installed).unwrap().unwrap();
    assert_eq!(store.list().unwrap().len(), 0);
    assert_eq!(grave.key(), installed.key);
    assert_eq!(grave.user(&store.processes()), Some(user));
    for clear in [false, true] {
        if clear {
            store.empty_trash().unwrap();
            store.recover().unwrap();
        }
        assert_eq!(store.graves().unwrap(), std::slice::from_ref(&grave));
        for place in [&installed.tree, &installed.root] {
            assert_eq!(print(place).unwrap(), "package fmt\n");
            assert!(place.join("bin/other").exists());
        }
        assert!(installed.root.join("api").exists());
    }
    drop(process);
    store.recover().unwrap();
    // Nobody can start it any more; what began a moment ago finds its files.
    assert!(fs::symlink_metadata(&installed.tree).is_err());
    assert_eq!(print(&installed.root).unwrap(), "package fmt\n");
    store.empty_trash().unwrap();
    assert!(is_empty(&store));
}

#[test]
fn variables_and_working_directories_count_as_use() {
    let (_directory, store) = store();
    let installed = install(&store, &tree(), false, Level::Listed);
    let sleep = || {
        let mut command = Command::new("/bin/sleep");
        command.arg("600").env_clear();
        command
    };
    let cases: [&dyn Fn(&mut Command); 3] = [
        &|command| _ = command.env("GOROOT", &installed.root),
        &|command| {
            let bin = installed.root.join("bin").into_os_string();
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
    let other = format!("{}0", installed.root.display());
    let _process = Running(command.env("GOROOT", other).spawn().unwrap());
    assert_eq!(store.user_of(&installed, &store.processes()), None);
}

#[test]
fn files_are_there_at_any_moment() {
    let (_directory, store) = store();
    let installed = install(&store, &tree(), false, Level::Listed);
    // A process that builds with it all the time.
    let mut command = Command::new("/bin/sleep");
    let command = command.arg("600").env_clear().env("GOROOT", &installed.root);
    let _process = Running(command.spawn().unwrap());
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut count = 0;
            while !is_over.load(Ordering::Relaxed) {
                assert_eq!(print(&installed.root).unwrap(), "package fmt\n");
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
    let h1: &H1 = &store.list().unwrap()[0].receipt.h1;
    assert_eq!(*h1, installed.receipt.h1);
    assert!(is_directory(&installed.tree));
    assert_eq!(root::grave_of(&store, &installed.key), None);
}

#[test]
fn the_grace_period_is_measured_by_the_file_system() {
    let (_directory, store) = store();
    let installed = install(&store, &tree(), false, Level::Listed);
    let grave = store.retire(&installed).unwrap().unwrap();
    assert!(!store.is_expired(&grave));
    store.recover().unwrap();
    assert_eq!(store.graves().unwrap().len(), 1);
    let age = |age: Duration| {
        let then = SystemTime::now() - age;
        fs::File::open(grave.path()).unwrap().file().set_modified(then).unwrap();
    };
    age(Duration::from_secs(23 * 60 * 60));
    store.recover().unwrap();
    assert!(print(&installed.root).is_ok());
    age(Duration::from_secs(25 * 60 * 60));
    assert!(store.is_expired(&grave));
    assert_eq!(store.recover().unwrap().removed, 1);
    assert!(is_empty(&store));
}

#[test]
fn a_burial_that_was_cut_short_is_finished() {
    let (_directory, store) = store();
    for step in ["grave", "link", "tree", "root"] {
        let installed = install(&store, &tree(), true, Level::Listed);
        fs::remove_file(store.receipt_path(&installed.key)).unwrap();
        let path = store.home().join("trash").join(format!("{PREFIX}{}.x", installed.key));
        fs::create_dir(&path).unwrap();
        let grave = Grave::at(path).unwrap();
        if step == "link" {
            fs_err::os::unix::fs::symlink(grave.link(), grave.path.join("tree")).unwrap();
        } else if step != "grave" {
            Store::swap_into(&installed.tree, &grave).unwrap();
            assert_eq!(print(&installed.root).unwrap(), "package fmt\n");
        }
        if step == "root" {
            root::lead_to_grave(&store, &installed.key, &grave).unwrap();
        }
        store.recover().unwrap();
        assert!(fs::symlink_metadata(&installed.tree).is_err(), "{step}");
        // Who builds with it cannot always be seen.
        assert_eq!(print(&installed.root).unwrap(), "package fmt\n", "{step}");
        store.empty_trash().unwrap();
        assert!(is_empty(&store), "{step}");
    }
}

#[test]
fn a_removal_that_is_started_over_leaves_the_root_to_those_who_use_it() {
    let (_directory, store) = store();
    for has_begun in [false, true] {
        let installed = install(&store, &tree(), true, Level::Listed);
        if has_begun {
            let grave = store.dig(&installed.key).unwrap().unwrap();
            Store::swap_into(&installed.tree, &grave).unwrap();
        }
        // The second time, as after an interruption near the end: what is installed was read before.
        for _ in 0..2 {
            store.retire(&installed).unwrap();
            assert_eq!(print(&installed.root).unwrap(), "package fmt\n");
            assert_eq!(store.graves().unwrap().len(), 1);
        }
        store.empty_trash().unwrap();
        assert!(is_empty(&store));
    }
}
