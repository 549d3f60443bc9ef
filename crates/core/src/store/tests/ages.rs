//! What goes after a while: not before, and not if it is something else.

use crate::store::stale_files::StaleKind;
use crate::store::tests::*;
use std::time::SystemTime;

const HOUR: Duration = Duration::from_secs(60 * 60);

fn write_aged(path: &Path, age: Duration) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, "x").unwrap();
    let file = fs::OpenOptions::new().write(true).open(path).unwrap();
    file.file().set_modified(SystemTime::now() - age).unwrap();
}

/// Names and kinds of what nobody needs.
fn leftovers(store: &Store, current: &[PathBuf]) -> Vec<(StaleKind, String)> {
    let found = store.leftovers(&store.processes(), current, false).unwrap();
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    found.iter().map(|one| (one.kind, name(&one.path))).collect()
}

#[test]
fn parts_locks_and_copies_go_after_their_time() {
    let (_directory, store) = store();
    let home = store.home();
    let [parts, locks, copies] = ["dl", names::OVERRIDE_DIRECTORY, names::GOENV_DIRECTORY];
    for (name, age) in [("old", 25 * HOUR), ("new", 23 * HOUR)] {
        write_aged(&home.join(parts).join(format!("{name}.part")), age);
        write_aged(&home.join(parts).join(format!("{name}.part.json")), age);
        write_aged(&home.join(parts).join(format!("{name}.tar.gz")), age);
        write_aged(&home.join(locks).join(format!("{name}.lock")), age);
        write_aged(&home.join(locks).join(name), age);
    }
    // A week is 168 hours.
    for (name, age) in [("old", 169 * HOUR), ("new", 167 * HOUR)] {
        write_aged(&home.join(copies).join(name), age);
        write_aged(&home.join(copies).join(format!(".{name}")), age);
    }
    let current = home.join(copies).join("current");
    write_aged(&current, 700 * 24 * HOUR);
    let want = [
        (StaleKind::Part, "old.part"),
        (StaleKind::Part, "old.part.json"),
        (StaleKind::Override, "old.lock"),
        (StaleKind::GoEnvCopy, "old"),
    ];
    let want = want.map(|(kind, name)| (kind, name.to_owned()));
    assert_eq!(leftovers(&store, &[current]), want);
    // A directory is none, however it is called.
    fs::create_dir(home.join(parts).join("x.part")).unwrap();
    let all = leftovers(&store, &[]);
    assert_eq!(all.len(), want.len() + 1);
    for one in store.leftovers(&store.processes(), &[], false).unwrap() {
        assert!(store.remove_leftover(&one).unwrap() && !one.path.exists());
        // Somebody else was faster.
        assert!(!store.remove_leftover(&one).unwrap());
    }
    assert_eq!(leftovers(&store, &[]), []);
}

#[test]
fn a_part_that_somebody_goes_on_with_stays() {
    let (_directory, store) = store();
    let part = store.downloads().join("x.part");
    for name in ["x.part", "x.part.json"] {
        write_aged(&store.downloads().join(name), 25 * HOUR);
    }
    let held = fs::OpenOptions::new().write(true).open(&part).unwrap();
    held.file().try_lock().unwrap();
    let found = store.leftovers(&store.processes(), &[], false).unwrap();
    assert_eq!(found.len(), 2);
    for one in &found {
        assert!(!store.remove_leftover(one).unwrap() && one.path.exists());
    }
    drop(held);
    for one in &found {
        assert!(store.remove_leftover(one).unwrap());
    }
}

#[test]
fn what_cannot_be_removed_is_told() {
    let (_directory, store) = store();
    let part = store.downloads().join("x.part");
    write_aged(&part, 25 * HOUR);
    let found = store.leftovers(&store.processes(), &[], false).unwrap().remove(0);
    fs::remove_file(&part).unwrap();
    fs::create_dir(&part).unwrap();
    let error = store.remove_leftover(&found).map_err(Error::from).unwrap_err();
    assert!(error.message().starts_with("cannot write to the store `"), "{error}");
}

#[test]
fn names_of_work_directories_are_those_that_are_made() {
    let (_directory, store) = store();
    let staging = store.stage("link").unwrap();
    let name = staging.path().file_name().unwrap().to_str().unwrap().to_owned();
    assert!(staging::is_name(&name) && staging::is_name(&format!("{name}.lock")));
    assert!(staging::is_name("a.b.12.x9Y"));
    for other in
        ["", "x", "12.x9Y", "a.12", "a.b.x9Y", "a..x9Y", "a.1b.x9Y", "a.12.x-9", "mine.txt.old"]
    {
        assert!(!staging::is_name(other), "{other}");
    }
}

#[cfg_attr(windows, ignore = "goward does not ask Windows for free space")]
#[test]
fn an_archive_that_cannot_fit_is_not_begun() {
    let (_directory, store) = store();
    let space = store.space().unwrap();
    store.check_room("go1.27.1", None).unwrap();
    store.check_room("go1.27.1", Some(1 << 20)).unwrap();
    // What is unpacked takes at least three times as much. Others write meanwhile.
    let most = space.bytes / 3;
    let error =
        store.check_room("go1.27.1", Some(most / 10 * 13)).map_err(Error::from).unwrap_err();
    assert_eq!(error.message(), format!("no space left in the store `{}`", store.home().display()));
    if space.files.is_none_or(|files| files > most / 8192) {
        store.check_room("go1.27.1", Some(most / 10 * 8)).unwrap();
    }
}
