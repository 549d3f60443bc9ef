//! Stores in which something is not what it should be.

use super::*;
use crate::error::{Advice, Hint};

#[test]
fn the_marker_is_written_once_and_completed_when_it_is_empty() {
    let (_directory, store) = store();
    let marker = store.home().join(names::STORE_MARKER);
    for written in ["goward store 2\n", "", "goward sto"] {
        fs::write(&marker, written).unwrap();
        store.prepare().unwrap();
        assert_eq!(fs::read_to_string(&marker).unwrap(), "goward store 2\n");
    }
    fs::remove_file(&marker).unwrap();
    fs::create_dir(&marker).unwrap();
    let error = store.prepare().map_err(Error::from).unwrap_err();
    assert!(error.message().ends_with("is not a store of goward: it holds other files"), "{error}");
}

#[test]
fn a_store_of_another_goward_is_known_and_left_alone() {
    let (_directory, store) = store();
    let home = store.home().display();
    let remove = if cfg!(windows) {
        format!("remove it, in PowerShell: `Remove-Item -Recurse -Force {home}; goward setup`")
    } else {
        format!("remove it: `chmod -R u+w {home} && rm -rf {home} && goward setup`")
    };
    let old = format!(
        "goward: `{home}` is the store of an older goward\n  its toolchains have to be installed \
         again; nothing was changed\nhint: {remove}"
    );
    let new = format!(
        "goward: `{home}` is the store of a newer goward\n  nothing was changed\nhint: update \
         goward, or choose another place: `GOWARD_HOME={}`",
        crate::os::ABSOLUTE_PATH
    );
    let marker = store.home().join(names::STORE_MARKER);
    for (text, want) in [("goward store 1\n", old), ("goward store 3\n", new)] {
        fs::write(&marker, text).unwrap();
        assert_eq!(store.prepare().map_err(Error::from).unwrap_err().to_string(), want);
        assert_eq!(store.check_marker().map_err(Error::from).unwrap_err().to_string(), want);
        assert_eq!(fs::read_to_string(&marker).unwrap(), text);
    }
}

#[test]
fn what_is_left_of_a_store_becomes_one_again() {
    let (_directory, store) = store();
    let installed = install(&store, &tree(), false, Level::Listed);
    for kept in [&["project"][..], &["tree", "meta", "shims"], &[]] {
        fs::create_dir_all(store.shims()).unwrap();
        for entry in entries(store.home()).unwrap() {
            if !kept.iter().any(|name| entry.file_name() == *name) {
                delete::tree(&entry.path()).unwrap();
            }
        }
        store.recover().unwrap();
        install(&store, &tree(), false, Level::Listed);
        assert_eq!(store.list().unwrap().len(), 1);
    }
    assert_eq!(store.list().unwrap()[0].key, installed.key);
    // With something of somebody else it is none.
    fs::remove_file(store.home().join(names::STORE_MARKER)).unwrap();
    fs::write(store.home().join("thesis.tex"), "").unwrap();
    store.prepare().map_err(Error::from).unwrap_err();
}

#[cfg_attr(windows, ignore = "its toolchain is one of Unix, which has no shims there")]
#[test]
fn a_removal_that_cannot_begin_leaves_everything_as_it_was() {
    let (_directory, store) = store();
    let installed = install(&store, &tree(), false, Level::Listed);
    let receipt = store.receipt_path(&installed.key);
    fs::remove_file(&receipt).unwrap();
    fs::create_dir(&receipt).unwrap();
    store.retire(&installed).map_err(Error::from).unwrap_err();
    assert!(is_tidy(&store), "{:?}", names(&store.home().join("trash")));
    assert!(is_directory(&installed.tree) && installed.tree.join("libexec/go").exists());
    // It may be gone altogether, as after a removal that ended there.
    fs::remove_dir(&receipt).unwrap();
    store.remove(&installed).unwrap();
    assert!(!installed.tree.exists());
}

#[test]
fn what_cannot_be_moved_out_of_sight_is_told() {
    let (_directory, store) = store();
    let place = store.home().join("tree/x");
    store.discard(&place).unwrap();
    fs::create_dir(&place).unwrap();
    let trash = store.home().join("trash");
    fs::remove_dir(&trash).unwrap();
    fs::write(&trash, "").unwrap();
    let error = store.discard(&place).map_err(Error::from).unwrap_err();
    assert!(error.message().starts_with("cannot write to the store `"), "{error}");
    assert!(place.is_dir());
}

#[test]
fn what_is_no_directory_is_not_taken_for_an_empty_one() {
    let (_directory, store) = store();
    fs::remove_dir(store.home().join("meta")).unwrap();
    assert!(store.list().unwrap().is_empty());
    fs::write(store.home().join("meta"), "").unwrap();
    store.list().map_err(Error::from).unwrap_err();
}

#[test]
fn names_are_those_of_toolchains_in_full_or_none() {
    assert!(is_key("go1.27.1-linux-amd64-31eaa45dd625"));
    assert!(is_key("go1.27rc1-windows-arm64-000000000000"));
    for other in [
        "",
        "go1.27.1",
        "go1.27.1-linux-amd64",
        "go1.27.1-linux-amd64-31eaa45dd62",
        "go1.27.1-linux-amd64-31eaa45dd6255",
        "go1.27.1-linux-amd64-31eaa45dd62g",
        "go1.27.1-linux-amd64-31EAA45DD625",
        "go1.27.1-plan10-amd64-31eaa45dd625",
        "go1.27.x-linux-amd64-31eaa45dd625",
        "linux-amd64-31eaa45dd625",
        "go1.27.1-31eaa45dd625",
    ] {
        assert!(!is_key(other), "{other}");
    }
}

#[test]
fn a_full_disk_is_called_that() {
    let (_directory, store) = store();
    for kind in [ErrorKind::StorageFull, ErrorKind::QuotaExceeded] {
        let error = Error::from(store.explain(kind.into()));
        assert_eq!(
            error.message(),
            format!("no space left in the store `{}`", store.home().display())
        );
        assert_eq!(error.hints(), [Hint::from(Advice::MakeRoom)]);
    }
}

#[cfg_attr(windows, ignore = "makes symbolic links")]
#[test]
fn a_link_in_the_place_of_a_receipt_is_none_and_nothing_else_is_overlooked() {
    let (_directory, store) = store();
    let installed = install(&store, &tree(), false, Level::Listed);
    let receipt = store.receipt_path(&installed.key);
    let elsewhere = store.home().join("elsewhere");
    fs::rename(&receipt, &elsewhere).unwrap();
    fs::symlink(&elsewhere, &receipt).unwrap();
    assert_eq!(Receipt::read(&receipt).unwrap(), None);
    assert!(store.list().unwrap().is_empty());
    // Nor is a directory one, or a pipe, which nobody waits for; one may be as large as the limit.
    assert_eq!(Receipt::read(store.home()).unwrap(), None);
    let pipe = store.home().join("pipe");
    // Not every Unix has `mknod` for those.
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    assert_eq!(Receipt::read(&pipe).unwrap(), None);
    let mut text = fs::read(&elsewhere).unwrap();
    text.resize(64 << 10, b' ');
    fs::write(&elsewhere, &text).unwrap();
    assert_eq!(Receipt::read(&elsewhere).unwrap().as_ref(), Some(&installed.receipt));
    text.push(b' ');
    fs::write(&elsewhere, &text).unwrap();
    assert_eq!(Receipt::read(&elsewhere).unwrap(), None);
    // Something that cannot be looked at is not taken for something that is not there.
    Receipt::read(&elsewhere.join("x")).map_err(Error::from).unwrap_err();
}

#[cfg_attr(windows, ignore = "makes symbolic links")]
#[test]
fn a_list_that_cannot_be_opened_is_not_taken_for_a_missing_one() {
    let (_directory, store) = store();
    let installed = install(&store, &tree(), false, Level::Listed);
    let list = store.list_path(&installed.key);
    fs::remove_file(&list).unwrap();
    assert_eq!(store.files(&installed).unwrap(), None);
    fs::symlink(&list, &list).unwrap();
    store.files(&installed).map_err(Error::from).unwrap_err();
}
