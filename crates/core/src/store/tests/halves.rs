//! What is told of things that were begun and not ended, without touching them.

use super::*;

fn paths(found: Vec<PathBuf>, store: &Store) -> Vec<String> {
    let below = |path: PathBuf| path.strip_prefix(store.home()).unwrap().display().to_string();
    let below = |path: PathBuf| below(path).replace('\\', "/");
    let mut found: Vec<_> = found.into_iter().map(below).collect();
    found.sort();
    found
}

/// Makes a receipt one of a newer goward.
fn renew(receipt: &Path) {
    let text = fs::read_to_string(receipt).unwrap();
    fs::write(receipt, text.replacen("\"schema\": 2", "\"schema\": 3", 1)).unwrap();
}

#[test]
fn what_was_not_ended_is_told_and_nothing_else() {
    let (_directory, store) = store();
    let home = store.home();
    let whole = install(&store, &tree(), true, Level::Listed);
    let lost = install(&store, &Tree::new("go1.26.2", "linux-amd64"), true, Level::Listed);
    let newer = install(&store, &Tree::new("go1.26.3", "linux-amd64"), true, Level::Listed);
    renew(&store.receipt_path(&newer.key));
    let living = store.stage("living").unwrap();
    assert!(store.unfinished().unwrap().is_empty());

    fs::remove_file(store.receipt_path(&lost.key)).unwrap();
    for directory in ["tmp/dead.1.x", "tmp/early.1.x", "tmp/mine", "tree/oak", "trash/mine"] {
        fs::create_dir(home.join(directory)).unwrap();
    }
    fs::write(home.join("tmp/dead.1.x.lock"), "").unwrap();
    fs::write(home.join("tmp/only.1.x.lock"), "").unwrap();
    // Nobody knows whether a process has such a lock.
    fs::create_dir(home.join("tmp/odd.1.x")).unwrap();
    fs::create_dir(home.join("tmp/odd.1.x.lock")).unwrap();
    fs::create_dir(home.join("trash/removed-x")).unwrap();
    let mut want: Vec<_> =
        ["tmp/dead.1.x", "tmp/early.1.x", "trash/removed-x"].map(str::to_owned).into();
    want.push(format!("tree/{}", lost.key));
    want.sort();
    assert_eq!(paths(store.unfinished().unwrap(), &store), want);
    // What is on its way into a grave is as it should be.
    store.retire(&whole).unwrap();
    assert_eq!(paths(store.unfinished().unwrap(), &store), want);
    drop(living);
}

#[test]
fn receipts_without_a_tree_are_told_and_nothing_else() {
    let (_directory, store) = store();
    let meta = store.home().join("meta");
    let [whole, lost, newer] = ["go1.26.1", "go1.26.2", "go1.26.3"]
        .map(|version| install(&store, &Tree::new(version, "linux-amd64"), false, Level::Listed));
    assert!(store.idle_receipts().unwrap().is_empty());
    for installed in [&lost, &newer] {
        delete::tree(&installed.tree).unwrap();
    }
    renew(&store.receipt_path(&newer.key));
    fs::write(meta.join("mine"), "x").unwrap();
    fs::write(meta.join("go1.26.4-linux-amd64-000000000000"), "x").unwrap();
    let want = [format!("meta/{}", lost.key), "meta/go1.26.4-linux-amd64-000000000000".to_owned()];
    assert_eq!(paths(store.idle_receipts().unwrap(), &store), want);
    for receipt in store.idle_receipts().unwrap() {
        store.remove_idle_receipt(&receipt).unwrap();
        assert!(!receipt.exists());
        store.remove_idle_receipt(&receipt).map_err(Error::from).unwrap_err();
    }
    assert_eq!(store.list().unwrap().len(), 1);
    assert_eq!(store.list().unwrap()[0].key, whole.key);
}

#[test]
fn what_may_be_in_use_is_not_deleted_when_its_lock_cannot_be_looked_at() {
    let (_directory, store) = store();
    let [work, lock] = ["tmp/odd.1.x", "tmp/odd.1.x.lock"].map(|name| store.home().join(name));
    fs::create_dir(&work).unwrap();
    fs::create_dir(&lock).unwrap();
    store.recover().map_err(Error::from).unwrap_err();
    assert!(work.is_dir() && lock.is_dir());
    fs::remove_dir(&lock).unwrap();
    assert_eq!(store.recover().unwrap().removed, 1);
    assert!(!work.exists());
}
