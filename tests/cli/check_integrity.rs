//! `policy.verify`: whether an installed toolchain is looked at again before it runs.

use super::{h1, key, mirror, sandbox};
use crate::common::server::Server;
use crate::common::trace::traced;
use crate::common::{Outcome, Sandbox};
use goward_core::platform::Platform;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

const SETTINGS: &str = "home/.config/goward/config.toml";

fn project(policy: &str) -> (Server, Sandbox) {
    let server = mirror();
    let sandbox = sandbox(&server).file(SETTINGS, format!("[policy]\nverify = \"{policy}\"\n"));
    assert_eq!(sandbox.goward(["use", "1.99.1"]).code, Some(0));
    (server, sandbox)
}

fn file(sandbox: &Sandbox, path: &str) -> PathBuf {
    sandbox.store().join("tree").join(key("go1.99.1")).join(path)
}

/// Changes a file in place, and sets its time back.
fn change(path: &PathBuf, mode: u32) {
    let time = fs::metadata(path).unwrap().modified().unwrap();
    let set = |mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    set(0o755);
    let mut content = fs::read(path).unwrap();
    let last = content.len() - 1;
    content[last] = b'#';
    fs::write(path, content).unwrap();
    set(mode);
    fs::File::open(path).unwrap().set_modified(time).unwrap();
}

fn exec(sandbox: &Sandbox) -> Outcome {
    sandbox.goward(["exec", "--", "go", "version"])
}

#[test]
fn a_program_that_was_changed_does_not_run() {
    let (_server, sandbox) = project("boot");
    assert!(exec(&sandbox).data().starts_with("go version go1.99.1"));
    // A library is not a program: that takes `always`, or `goward verify`.
    change(&file(&sandbox, "src/fmt/print.go"), 0o444);
    assert_eq!(exec(&sandbox).code, Some(0));
    change(&file(&sandbox, "libexec/gofmt"), 0o555);
    let outcome = exec(&sandbox);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(4), ""));
    assert!(outcome.stderr.contains("\n  changed: libexec/gofmt\n"), "{outcome:?}");
    assert!(
        outcome.stderr.contains("hint: repair it: `goward verify --repair 1.99.1`"),
        "{outcome:?}"
    );
    for args in [&["install"][..], &["use", "1.99.1"], &["exec", "--go", "1.99.1", "--", "true"]] {
        assert_eq!(sandbox.goward(args).code, Some(4), "{args:?}");
    }
    assert_eq!(sandbox.go(["+1.99.1", "version"]).code, Some(126));
    assert_eq!(sandbox.goward(["verify", "--repair"]).code, Some(0));
    assert!(exec(&sandbox).data().starts_with("go version go1.99.1"));
}

/// Whoever brings a tree back, a cache for instance, may lose a small file: then nothing says what the tree was.
#[test]
fn a_tree_that_no_receipt_fits_is_no_toolchain() {
    for policy in ["boot", "always", "never"] {
        let (_server, sandbox) = project(policy);
        assert!(exec(&sandbox).data().starts_with("go version go1.99.1"));
        assert_eq!(sandbox.goward(["install", "1.98.3"]).code, Some(0));
        let receipt = sandbox.store().join("meta").join(key("go1.99.1"));
        let other = sandbox.store().join("meta").join(key("go1.98.3"));
        let good = fs::read_to_string(&receipt).unwrap();
        let newer = good.replacen("\"schema\":2", "\"schema\":3", 1);
        let newer = newer.replacen("\"schema\": 2", "\"schema\": 3", 1);
        assert_ne!(good, newer);
        let worlds =
            [None, Some(String::new()), Some(fs::read_to_string(other).unwrap()), Some(newer)];
        for (number, world) in worlds.into_iter().enumerate() {
            _ = fs::remove_file(&receipt);
            if let Some(text) = &world {
                fs::write(&receipt, text).unwrap();
            }
            let what = format!("{policy}, world {number}");
            let tree = format!("[STORE]/tree/{}", key("go1.99.1"));
            let no_receipt = if number < 3 {
                format!(
                    "goward: no receipt fits `{tree}`\n  so that nothing says what it was installed as, and it \
                     does not run\nhint: put it in order, or install it again: `goward install`"
                )
            } else {
                format!(
                    "goward: a newer goward wrote the receipt of `{tree}`\n  so that this one cannot tell what it \
                     was installed as, and does not run it\nhint: use that goward, or another store"
                )
            };
            exec(&sandbox).fails(4, &no_receipt);
            sandbox.goward(["verify"]).fails(4, &no_receipt);
            // What the shim runs is what `which` names: with no level, and a warning.
            let which = sandbox.goward(["which"]);
            assert_eq!(which.code, Some(0), "{what}: {which:?}");
            assert!(
                which.stderr.contains("goward: go1.99.1 (none), chosen by "),
                "{what}: {which:?}"
            );
            let warning =
                no_receipt.lines().next().unwrap().replace("goward: ", "goward: warning: ");
            assert!(which.stderr.contains(&warning), "{what}: {which:?}");
            let json = sandbox.goward(["which", "--json"]).stdout;
            let json: serde_json::Value = serde_json::from_str(&json).unwrap();
            assert_eq!(json["level"], "none", "{what}");
            // Not one of those that are all right may hide it.
            let all = sandbox.goward(["verify", "--all"]);
            assert_eq!(all.code, Some(4), "{what}: {all:?}");
            assert_eq!(all.stdout, format!("no receipt: {tree}\n"), "{what}");
            assert!(
                all.stderr.contains("goward: 1 of 2 toolchains is not as they should be"),
                "{what}: {all:?}"
            );
            let json = sandbox.goward(["verify", "--all", "--json"]).stdout;
            let json: serde_json::Value = serde_json::from_str(&json).unwrap();
            let states = json.as_array().unwrap().iter().map(|entry| entry["state"].as_str());
            assert_eq!(states.collect::<Vec<_>>(), [Some("intact"), Some("unproved")], "{what}");
            if number < 3 {
                assert_eq!(sandbox.goward(["doctor"]).code, Some(6), "{what}");
            }
        }
        // A changed tree without a receipt is not taken back.
        fs::remove_file(&receipt).unwrap();
        change(&file(&sandbox, "libexec/go"), 0o555);
        assert_eq!(sandbox.goward(["install", "--locked"]).code, Some(0));
        assert!(exec(&sandbox).data().starts_with("go version go1.99.1"));
        assert_eq!(sandbox.goward(["verify", "--all"]).code, Some(0));
    }
}

/// `doctor` looks where a root really leads: one that became a link to another directory is none.
#[test]
fn a_root_that_leads_elsewhere_is_found() {
    let (_server, sandbox) = project("boot");
    assert_eq!(sandbox.goward(["doctor"]).code, Some(0), "{:?}", sandbox.goward(["doctor"]));
    let tree = sandbox.store().join("tree").join(key("go1.99.1"));
    let elsewhere = sandbox.path("elsewhere");
    fs::rename(&tree, &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &tree).unwrap();
    let outcome = sandbox.goward(["doctor"]);
    let place = format!("[STORE]/tree/{}: error: ", key("go1.99.1"));
    assert_eq!(outcome.code, Some(6), "{outcome:?}");
    assert!(outcome.stdout.contains(&place), "{outcome:?}");
    assert_eq!(exec(&sandbox).code, Some(4));
    assert_eq!(sandbox.goward(["verify", "--all"]).code, Some(4));
}

/// A name in the store has 48 bits of the hash. They are not enough for anything.
#[test]
fn the_whole_hash_of_the_lock_decides() {
    let (_server, sandbox) = project("boot");
    let lock = sandbox.read("project/goward.lock");
    let hash = h1("go1.99.1", &Platform::host().to_string());
    let (start, rest) = hash.split_at("h1:".len() + 8);
    let other: String = rest.chars().map(|c| if c == 'A' { 'B' } else { c }).collect();
    let other = if other == rest { format!("A{}", &rest[1..]) } else { other };
    let other = format!("{start}{other}");
    let (version, host) = ("go1.99.1", Platform::host().lock_name());
    let keys = [&hash, &other].map(|h1| goward_shim::layout::key(version, &host, h1));
    assert_eq!(keys[0], keys[1], "the names in the store are alike");
    sandbox.write("project/goward.lock", lock.replace(&hash, &other));
    let sandbox = sandbox.var("GOWARD_AUTO_INSTALL", "0").var("GOVULNDB", "off");
    assert_eq!(sandbox.go(["version"]).code, Some(127));
    let missing = |args: &[&str]| {
        let outcome = sandbox.goward(args);
        assert!(outcome.code != Some(0) && outcome.stdout.is_empty(), "{args:?}: {outcome:?}");
        assert!(!outcome.stderr.contains("nothing is wrong"), "{args:?}: {outcome:?}");
        outcome
    };
    let says = "goward: go1.99.1 is not installed (wanted by `[PROJECT]/goward.lock`)";
    for args in [&["which"][..], &["verify"], &["verify", "--lock"], &["env", "--goroot"]] {
        let outcome = missing(args);
        assert!(outcome.stderr.starts_with(says), "{args:?}: {outcome:?}");
    }
    // It would have to be installed first, and no source has it.
    missing(&["exec", "--", "go", "version"]);
    let check = sandbox.goward(["check"]);
    assert!(check.stderr.contains("go1.99.1 is not installed"), "{check:?}");
    assert!(!check.stderr.contains("nothing is wrong"), "{check:?}");
    assert_eq!(sandbox.goward(["check", "--strict"]).code, Some(6));
}

#[test]
fn what_was_read_once_is_not_read_again() {
    let (_server, sandbox) = project("boot");
    let tree = key("go1.99.1");
    let read = || -> Option<usize> {
        let options = ["-e", "trace=openat,open,execve"];
        let outcome = traced(&sandbox, "project", &options, &["exec", "--", "true"])?;
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        let trace = sandbox.read("trace");
        Some(trace.lines().filter(|line| line.contains(&format!("{tree}/bin/"))).count())
    };
    // It was just installed: what was written was hashed.
    let Some(0) = read() else { return };
    // Another start of the machine.
    let seen = sandbox.path("home/.local/state/goward/seen");
    let entry = fs::read_dir(&seen).unwrap().next().unwrap().unwrap().path();
    let mut memory: serde_json::Value = serde_json::from_slice(&fs::read(&entry).unwrap()).unwrap();
    memory["boot"] = "another".into();
    fs::write(&entry, memory.to_string()).unwrap();
    assert_eq!(read(), Some(2));
    assert_eq!(read(), Some(0));
    // What cannot be understood is no memory.
    fs::write(&entry, "{").unwrap();
    assert_eq!(read(), Some(2));
    assert_eq!(read(), Some(0));
}

#[test]
fn always_is_everything_every_time() {
    let (_server, sandbox) = project("always");
    assert_eq!(exec(&sandbox).code, Some(0));
    change(&file(&sandbox, "src/fmt/print.go"), 0o444);
    for args in [&["install", "--locked"][..], &["use", "1.99.1"], &["exec", "--", "true"]] {
        let outcome = sandbox.goward(args);
        assert_eq!(outcome.code, Some(4), "{args:?}: {outcome:?}");
        assert!(outcome.stderr.contains("\n  changed: src/fmt/print.go\n"), "{outcome:?}");
    }
}

#[test]
fn never_is_never() {
    let (_server, sandbox) = project("never");
    change(&file(&sandbox, "libexec/gofmt"), 0o555);
    assert_eq!(exec(&sandbox).code, Some(0));
    assert!(!sandbox.path("home/.local/state/goward/seen").exists());
    assert_eq!(sandbox.goward(["verify"]).code, Some(4));
}
