//! Calls of the system that fail, one at a time, on every system: what is in the store then, and what is
//! said of it. The tests of the whole program do the same with strace, where there is one.

use super::*;
use crate::os::inject::{ALWAYS, Call, fail, give_room};
use rustix::io::Errno;

const ORIGIN: &str = "https://go.dev/dl/";

fn publish(store: &Store, tree: &Tree, full: bool) -> (Staging, VerifiedTree) {
    let staging = store.stage("test").unwrap();
    let verified = verified(&staging, tree, full, Level::Listed);
    (staging, verified)
}

/// Lets the `nth` call fail while a release is published that is not installed yet, or is without files;
/// returns false when there are fewer calls. Whatever was said, the store then has all of it or
/// nothing, and the next attempt succeeds.
fn survives(call: Call, nth: usize, error: Errno, is_installed: bool) -> bool {
    let (_directory, store) = store();
    if is_installed {
        install(&store, &tree(), false, Level::Listed);
    }
    let (staging, verified) = publish(&store, &tree(), is_installed);
    let injected = fail(call, nth..=nth, error.raw_os_error());
    let published = store.publish(&verified, ORIGIN);
    let is_reached = injected.count() >= nth;
    drop(injected);
    let about = format!("{call:?} {nth} {error:?}: {published:?}");
    assert!(is_reached || published.is_ok(), "{about}");
    drop(staging);
    let found = store.find(go(), linux(), None).unwrap();
    assert!(found.is_some() || published.is_err() && !is_installed, "{about}");
    if let Some(installed) = &found {
        // Of what the hash does not cover, the list may be of the tree that was there before.
        let rehashed = rehash(&installed.tree, go(), linux(), &[]).unwrap();
        assert_eq!(rehashed.h1, installed.receipt.h1, "{about}");
    }
    store.recover().unwrap();
    let again = install(&store, &tree(), is_installed, Level::Listed);
    assert_eq!(faults(&store, &again), [], "{about}");
    assert_eq!(names(&store.home().join("tmp")), <[&str; 0]>::default(), "{about}");
    is_reached
}

#[test]
fn whichever_call_fails_a_release_is_there_whole_or_not_at_all() {
    let errors = [Errno::IO, Errno::NOSPC, Errno::INVAL];
    for call in Call::ALL {
        for is_installed in [false, true] {
            // Each time another one.
            let is_reached = |nth: &usize| survives(call, *nth, errors[nth % 3], is_installed);
            assert!((1..200).take_while(is_reached).count() < 199, "{call:?}");
        }
    }
}

#[test]
fn what_passes_by_itself_is_not_noticed() {
    for error in [Errno::INTR, Errno::STALE] {
        for call in Call::ALL {
            let (_directory, store) = store();
            let (_staging, verified) = publish(&store, &tree(), false);
            let injected = fail(call, 1..=3, error.raw_os_error());
            let published = store.publish(&verified, ORIGIN);
            assert!(published.is_ok(), "{call:?}: {published:?}");
            assert!(injected.count() > 3 || injected.count() == 0, "{call:?}");
        }
    }
}

#[test]
fn a_rename_that_must_not_replace_need_not_be_there() {
    // Network file systems, and what is below FUSE.
    for error in [Errno::INVAL, Errno::NOSYS, Errno::NOTSUP] {
        let (_directory, store) = store();
        let (_staging, verified) = publish(&store, &tree(), false);
        let injected = fail(Call::RenameNew, ALWAYS, error.raw_os_error());
        let installed = store.publish(&verified, ORIGIN).unwrap();
        assert!(injected.count() > 0);
        assert_eq!(faults(&store, &installed), []);
    }
}

#[test]
fn a_tree_is_replaced_where_nothing_can_be_exchanged() {
    for error in [Errno::INVAL, Errno::NOSYS, Errno::NOTSUP] {
        let (_directory, store) = store();
        install(&store, &tree(), false, Level::Listed);
        let (staging, verified) = publish(&store, &tree(), true);
        let injected = fail(Call::Exchange, ALWAYS, error.raw_os_error());
        let installed = store.publish(&verified, ORIGIN).unwrap();
        assert_eq!((injected.count(), installed.receipt.full), (1, true));
        drop(staging);
        assert_eq!(faults(&store, &installed), []);
    }
}

#[test]
fn another_device_and_a_disk_that_fails_are_named() {
    let (_directory, store) = store();
    let cases = [
        (Call::RenameNew, Errno::XDEV, "failed to rename `"),
        (Call::SyncVolume, Errno::IO, "failed to sync the file system of `"),
    ];
    for (call, error, said) in cases {
        let (staging, verified) = publish(&store, &tree(), false);
        let _injected = fail(call, ALWAYS, error.raw_os_error());
        let failed = Error::from(store.publish(&verified, ORIGIN).unwrap_err()).to_string();
        let reason = format!("(os error {})", error.raw_os_error());
        assert!(failed.contains(said) && failed.contains(&reason), "{failed}");
        drop(staging);
        for place in ["tree", "meta", "tmp"] {
            assert_eq!(names(&store.home().join(place)), <[&str; 0]>::default(), "{place}");
        }
    }
}

#[test]
fn a_full_disk_is_told_before_and_after() {
    let (_directory, store) = store();
    for (bytes, files) in [(100 << 20, Some(100_000)), (1 << 40, Some(10))] {
        let _room = give_room(bytes, files);
        let refused = store.check_room("go1.27.1", Some(70 << 20)).unwrap_err();
        assert!(matches!(refused, StoreError::NoRoom(_)), "{refused:?}");
    }
    let (staging, verified) = publish(&store, &tree(), false);
    let injected = fail(Call::Write, ALWAYS, Errno::NOSPC.raw_os_error());
    let error = Error::from(store.publish(&verified, ORIGIN).unwrap_err());
    drop((injected, staging));
    assert!(error.lacks_room(), "{error}");
    let _room = give_room(100 << 20, Some(100_000));
    let told = store.explain_room(error, "go1.27.1", None).to_string();
    assert!(told.contains("has room for 104.9 MB and 100000 files"), "{told}");
}

#[test]
fn locks_that_do_not_work_are_done_without() {
    for error in [Errno::NOLCK, Errno::NOTSUP, Errno::NOSYS, Errno::INVAL] {
        let (_directory, store) = store();
        let _injected = fail(Call::Lock, ALWAYS, error.raw_os_error());
        assert_eq!(store.has_locks(), Some(false));
        let lock = store.lock("publish", "test", Duration::ZERO, &mut |_| {}).unwrap();
        assert_eq!((lock.is_held(), lock.is_supported()), (false, false));
        let installed = install(&store, &tree(), false, Level::Listed);
        assert_eq!(faults(&store, &installed), []);
    }
    let (_directory, store) = store();
    assert_eq!(store.has_locks(), Some(true));
}

#[test]
fn a_directory_that_cannot_be_synced_may_be_on_a_network() {
    let (_directory, store) = store();
    for (error, is_fine) in [(Errno::INVAL, true), (Errno::IO, false), (Errno::NOSPC, false)] {
        let _injected = fail(Call::Sync, ALWAYS, error.raw_os_error());
        assert_eq!(durable::sync_directory(store.home()).is_ok(), is_fine, "{error:?}");
    }
}
