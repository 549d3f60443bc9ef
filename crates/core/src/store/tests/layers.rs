//! A store below another one.

use crate::store::receipt;
use crate::store::tests::*;

/// A store of the machine with one toolchain, and a store of a user above it.
fn layers() -> (Scratch, Store, InstalledToolchain, Store) {
    let (directory, system) = store();
    let installed = install(&system, &tree(), false, Level::Listed);
    let own = with_shim(Store::new(directory.path().join("own")), directory.path())
        .with_system(Some(system.home().to_owned()));
    own.prepare().unwrap();
    (directory, system, installed, own)
}

#[test]
fn what_both_have_is_listed_once() {
    let (_directory, _system, below, own) = layers();
    let keys =
        || -> Vec<_> { own.list_layers().unwrap().into_iter().map(|one| one.tree).collect() };
    assert_eq!(keys(), std::slice::from_ref(&below.tree));
    let other = install(&own, &Tree::new("go1.26.2", "linux-amd64"), false, Level::Listed);
    assert_eq!(keys(), [other.tree.clone(), below.tree]);
    let same = install(&own, &tree(), false, Level::Listed);
    assert_eq!(keys(), [other.tree, same.tree]);
}

#[cfg_attr(windows, ignore = "makes symbolic links")]
#[test]
fn what_is_attached_stays_and_is_a_leftover_when_it_is_gone_below() {
    let (_directory, system, below, own) = layers();
    let key = below.key.as_str();
    assert!(!own.attach("go1.27.1-linux-amd64-000000000000").unwrap());
    assert!(!own.attach("../../etc").unwrap());
    assert!(own.attach(key).unwrap() && own.is_attached(key));
    let tree = own.place("tree", key);
    assert_eq!(fs::read_link(&tree).unwrap(), below.tree);
    // A second time, nothing is made anew.
    let before = fs::symlink_metadata(&tree).unwrap().identity();
    assert!(own.attach(key).unwrap());
    assert_eq!(fs::symlink_metadata(&tree).unwrap().identity(), before);
    assert_eq!(own.recover().unwrap(), RecoveryReport::default());

    let marker = system.home().join(names::STORE_MARKER);
    let receipt = system.receipt_path(key);
    let elsewhere = system.home().join("elsewhere");
    for needed in [&marker, &receipt, &below.tree] {
        fs::rename(needed, &elsewhere).unwrap();
        assert!(!own.is_attached(key), "{}", needed.display());
        fs::rename(&elsewhere, needed).unwrap();
        assert!(own.is_attached(key));
    }
    // A link to another name, and one that depends on where it stands.
    let link = |target: &Path| {
        fs::remove_file(&tree).unwrap();
        fs::symlink(target, &tree).unwrap();
        own.is_attached(key)
    };
    assert!(!link(&below.tree.with_file_name("go1.26.2-linux-amd64-000000000000")));
    assert!(!link(&system.home().join("meta").join(key)));
    let relative = Path::new("../../home/tree").join(key);
    assert!(own.home().join("tree").join(&relative).is_dir() && !link(&relative));
    // What leads nowhere is cleared away.
    own.recover().unwrap();
    assert!(fs::symlink_metadata(&tree).is_err());
    assert!(own.attach(key).unwrap() && own.is_attached(key));
}

#[test]
fn two_toolchains_with_one_name_are_not_mixed_up() {
    let (_directory, store) = store();
    let installed = install(&store, &tree(), false, Level::Listed);
    let ours = installed.receipt.clone();
    let h1 = H1::parse("h1:MeqkXdYlyiVdqJXENOTyX7xd8QjDM/mxR52RKOFBS0M=").unwrap();
    let theirs = Receipt { h1, ..ours.clone() };
    receipt::check_name(&ours, Some(&installed)).unwrap();
    receipt::check_name(&theirs, None).unwrap();
    let error = receipt::check_name(&theirs, Some(&installed)).map_err(Error::from).unwrap_err();
    assert!(error.message().ends_with("is already the name of another toolchain"), "{error}");
}

#[test]
fn locks_work_here_and_nothing_can_be_said_where_nothing_can_be_written() {
    let (_directory, store) = store();
    assert_eq!(store.has_locks(), Some(true));
    fs::remove_dir_all(store.home().join("locks")).unwrap();
    assert_eq!(store.has_locks(), None);
}
