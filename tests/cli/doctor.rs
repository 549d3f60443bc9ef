//! `goward doctor`.

use super::{key, mirror, sandbox};
use crate::common::Sandbox;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::time::{Duration, SystemTime};

fn problems(sandbox: &Sandbox, args: &[&str]) -> Vec<String> {
    let args = [&["doctor", "-q"], args].concat();
    let outcome = sandbox.goward(args);
    let lines: Vec<String> = outcome.stdout.lines().map(str::to_owned).collect();
    let (code, error) = match lines.len() {
        0 => (0, String::new()),
        1 => (6, "goward: 1 problem was found".to_owned()),
        count => (6, format!("goward: {count} problems were found")),
    };
    assert_eq!(outcome.code, Some(code), "{outcome:?}");
    assert_eq!(outcome.stderr.lines().next().unwrap_or_default(), error);
    lines
}

fn check<'a>(json: &'a serde_json::Value, name: &str) -> &'a serde_json::Value {
    json.as_array().unwrap().iter().find(|one| one["check"] == name).unwrap()
}

#[test]
fn a_new_store_is_in_order() {
    let server = mirror();
    let sandbox = sandbox(&server);
    let outcome = sandbox.goward(["doctor"]);
    assert!(outcome.says().starts_with("goward: store: `[STORE]` does not exist yet\n"));
    assert!(!sandbox.store().exists());
    assert_eq!(sandbox.goward(["install", "1.99.1"]).code, Some(0));
    assert_eq!(problems(&sandbox, &[]), Vec::<String>::new());
    let before = sandbox.store_listing();
    let json: serde_json::Value =
        serde_json::from_str(sandbox.goward(["doctor", "--json", "--fix"]).data()).unwrap();
    assert_eq!(json.as_array().unwrap().len(), goward::ops::doctor::CHECKS.len());
    assert!(json.as_array().unwrap().iter().all(|one| one["ok"] == true), "{json:#}");
    let kind = check(&json, "filesystem")["notes"][0].as_str().unwrap();
    assert!(kind.starts_with("the store's file system is "), "{kind}");
    assert_eq!(sandbox.store_listing(), before);
}

type Damage = (&'static str, &'static str, fn(&Path, &str));

/// What each kind of damage is called, and that `--fix` puts it in order.
const DAMAGES: [Damage; 12] = [
    ("leftovers", "was left by a process that ended in between", |store, _| {
        fs::create_dir(store.join("tmp/go.1.x")).unwrap();
        fs::write(store.join("tmp/go.1.x.lock"), "").unwrap();
    }),
    ("leftovers", "was left by a process that ended in between", |store, _| {
        fs::create_dir_all(store.join("trash/removed-x/y")).unwrap();
    }),
    ("leftovers", "was left by a process that ended in between", |store, key| {
        fs::create_dir_all(store.join("tree").join(key.replace("1.99.1", "1.99.0"))).unwrap();
    }),
    ("leftovers", "is a removed toolchain that nobody uses", |store, key| {
        let grave = store.join(format!("trash/gone-{key}.x"));
        fs::create_dir_all(grave.join("tree")).unwrap();
        make_old(&grave);
    }),
    ("leftovers", "is the beginning of a download that nobody needs", |store, _| {
        fs::write(store.join("dl/x.part"), "x").unwrap();
        make_old(&store.join("dl/x.part"));
    }),
    ("receipts", "is the receipt of nothing that is installed", |store, key| {
        fs::write(store.join("meta").join(key.replace("1.99.1", "1.99.0")), "{").unwrap();
    }),
    ("receipts", "is the receipt of nothing that is installed", |store, key| {
        let other = store.join("meta").join(key.replace("1.99.1", "1.99.0"));
        fs::copy(store.join("meta").join(key), other).unwrap();
    }),
    ("shims", "does not lead to the shim", |store, _| {
        fs::remove_file(store.join("shims/go")).unwrap();
        symlink("/nowhere", store.join("shims/go")).unwrap();
    }),
    ("shims", "does not lead to the shim", |store, _| {
        fs::remove_file(store.join("shims/gofmt")).unwrap();
    }),
    ("roots", "does not lead to its tree and the shim", |store, key| {
        fs::remove_file(store.join("root").join(key).join("bin/go")).unwrap();
    }),
    ("roots", "does not lead to its tree and the shim", |store, key| {
        let link = store.join("root").join(key).join("src");
        fs::remove_file(&link).unwrap();
        symlink("/usr/src", link).unwrap();
    }),
    ("owner", "can be changed by everybody", |store, _| {
        fs::set_permissions(store.join("tree"), fs::Permissions::from_mode(0o777)).unwrap();
    }),
];

fn make_old(path: &Path) {
    let then = SystemTime::now() - Duration::from_secs(8 * 24 * 60 * 60);
    fs::File::open(path).unwrap().set_modified(then).unwrap();
}

#[test]
fn every_damage_is_named_and_repaired() {
    let server = mirror();
    let sandbox = sandbox(&server);
    assert_eq!(sandbox.goward(["install", "1.99.1"]).code, Some(0));
    let list = sandbox.goward(["list"]);
    for (name, what, damage) in DAMAGES {
        damage(&sandbox.store(), &key("go1.99.1"));
        let before = sandbox.store_listing();
        let found = problems(&sandbox, &[]);
        assert_eq!(found.len(), 1, "{name} {what}: {found:?}");
        assert!(found[0].starts_with(&format!("{name}: `[STORE]")), "{found:?}");
        assert!(found[0].ends_with(what), "{found:?}");
        assert_eq!(sandbox.store_listing(), before, "only looked");
        assert_eq!(problems(&sandbox, &["--fix"]), Vec::<String>::new(), "{name} {what}");
        assert_eq!(sandbox.goward(["list"]), list);
        assert_eq!(sandbox.goward(["verify", "--all"]).code, Some(0));
    }
    assert_eq!(problems(&sandbox, &[]), Vec::<String>::new());
}

#[test]
fn what_takes_a_person_is_left_to_one() {
    let server = mirror();
    let sandbox = sandbox(&server);
    assert_eq!(sandbox.goward(["install", "1.99.1"]).code, Some(0));
    fs::set_permissions(sandbox.path("home"), fs::Permissions::from_mode(0o777)).unwrap();
    let want = "owner: `[HOME]` is above the store, and others can write there; choose a place that \
                is yours alone";
    for args in [&[][..], &["--fix"]] {
        assert_eq!(problems(&sandbox, args), [want]);
    }
    // As in /tmp: others can make files, and not replace this one.
    fs::set_permissions(sandbox.path("home"), fs::Permissions::from_mode(0o1777)).unwrap();
    assert_eq!(problems(&sandbox, &[]), Vec::<String>::new());
    let sandbox = sandbox.var("GOWARD_SYSTEM_STORE", "/nonexistent");
    assert_eq!(
        problems(&sandbox, &[]),
        ["store: `/nonexistent` is not a store of goward; look at `GOWARD_SYSTEM_STORE`, and at \
          `store.system`"]
    );
}
