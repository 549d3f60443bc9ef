//! `goward gc`, and how `goward uninstall` leaves running builds alone.

use super::{key, mirror, sandbox};
use crate::common::{Sandbox, machine, skip};
use goward_core::platform::Platform;
use std::fs;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, SystemTime};

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// A process that was started with a toolchain's GOROOT.
fn user_of(sandbox: &Sandbox, version: &str) -> Running {
    let root = sandbox.store().join("tree").join(key(version));
    let mut command = machine::command("/bin/sleep");
    Running(command.arg("600").env_clear().env("GOROOT", root).spawn().unwrap())
}

fn versions(sandbox: &Sandbox) -> Vec<String> {
    let lines = sandbox.goward(["list", "-q"]).stdout;
    lines.lines().map(|line| line.split_whitespace().next().unwrap().to_owned()).collect()
}

fn make_old(path: &Path, days: u64) {
    let then = SystemTime::now() - Duration::from_secs(days * 24 * 60 * 60);
    let times = fs::FileTimes::new().set_accessed(then).set_modified(then);
    fs::File::open(path).unwrap().set_times(times).unwrap();
}

/// As on a system where goward cannot see them.
#[test]
fn where_no_process_is_seen_it_says_so() {
    let server = mirror();
    let sandbox = sandbox(&server);
    assert_eq!(sandbox.goward(["install", "1.99.0"]).code, Some(0));
    let warning = "goward: warning: this system shows no processes, so ";
    assert!(!sandbox.goward(["gc", "--dry-run"]).stderr.contains(warning));
    for (args, said) in [
        (&["gc", "--dry-run"][..], "none keeps a toolchain"),
        (&["uninstall", "1.99.0", "--now"], "what is removed at once may be in use"),
    ] {
        let script = "mount -t tmpfs none /proc && exec \"$0\" \"$@\"";
        let mut command = sandbox.command(Path::new("/usr/bin/unshare"), "project");
        command.args(["-m", "sh", "-c", script]).arg(env!("CARGO_BIN_EXE_goward")).args(args);
        let outcome = sandbox.finish(command.stdin(Stdio::null()));
        if outcome.stderr.contains("unshare") || outcome.stderr.contains("mount:") {
            return skip("only root can take /proc away");
        }
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        assert!(outcome.stderr.contains(&format!("{warning}{said}")), "{outcome:?}");
    }
}

#[test]
fn what_something_needs_stays() {
    let server = mirror();
    let sandbox = sandbox(&server);
    let host = Platform::host();
    assert_eq!(sandbox.goward(["use", "1.99.1"]).code, Some(0));
    assert_eq!(sandbox.goward(["default", "1.98.3"]).code, Some(0));
    assert_eq!(sandbox.goward(["install", "1.99.0", "1.100rc1"]).code, Some(0));
    let process = user_of(&sandbox, "go1.100rc1");
    let pid = process.0.id();

    let before = sandbox.store_listing();
    let outcome = sandbox.goward(["gc", "--dry-run"]);
    let size = outcome.stdout.trim_end().rsplit_once(", ").unwrap().1.to_owned();
    assert_eq!(outcome.stdout, format!("would remove go1.99.0 for {host}, {size}\n"));
    let kept = format!(
        "goward: kept go1.98.3 for {host}: the default outside of projects\n\
         goward: kept go1.99.1 for {host}: used by `[PROJECT]/goward.lock`\n\
         goward: kept go1.100rc1 for {host}: used by process {pid} (sleep)\n"
    );
    let would = "goward: 0 B would be freed at once, and the rest after the grace period in the trash, or by \
                 `goward gc --now`; nothing was changed\n";
    assert_eq!(outcome.says(), format!("{kept}{would}"));
    assert_eq!(sandbox.store_listing(), before);

    let outcome = sandbox.goward(["gc"]);
    assert_eq!(outcome.stdout, format!("removed go1.99.0 for {host}, {size}\n"));
    assert_eq!(
        outcome.says(),
        format!(
            "{kept}goward: freed 0 B\ngoward: 1 removed toolchain is in the trash, and deleted \
             after the grace period; `goward gc --now` does it now\n"
        )
    );
    assert_eq!(versions(&sandbox), ["go1.98.3", "go1.99.1", "go1.100rc1"]);
    assert!(!sandbox.store().join("tree").join(key("go1.99.0")).join("libexec/go").exists());

    // The project goes, the process ends.
    drop(process);
    fs::remove_file(sandbox.path("project/goward.lock")).unwrap();
    let json: serde_json::Value =
        serde_json::from_str(sandbox.goward(["gc", "--now", "--json"]).data()).unwrap();
    let removed: Vec<_> = json["toolchains"].as_array().unwrap().iter().collect();
    let flags: Vec<_> = removed.iter().map(|one| one["removed"].as_bool().unwrap()).collect();
    assert_eq!(flags, [false, true, true], "{json:#}");
    assert_eq!(removed[0]["keeper"], "default");
    assert_eq!(json["forgotten"], serde_json::json!(["[PROJECT]/goward.lock"]));
    assert_eq!(json["leftovers"][0]["kind"], "trash");
    assert!(json["freed"].as_u64().unwrap() > 3000);
    assert_eq!(json["trash"], serde_json::json!([]));
    assert_eq!(versions(&sandbox), ["go1.98.3"]);
    for kind in ["trash", "tmp", "project"] {
        assert_eq!(fs::read_dir(sandbox.store().join(kind)).unwrap().count(), 0, "{kind}");
    }
    let left = sandbox.store_listing().into_iter().filter(|path| !path.starts_with("locks/"));
    let left: Vec<_> =
        left.filter(|path| path.contains("go1.99") || path.contains("rc1")).collect();
    assert_eq!(left, Vec::<String>::new());
}

#[test]
fn age_and_number_hold_some_back() {
    let server = mirror();
    let sandbox = sandbox(&server);
    assert_eq!(sandbox.goward(["install", "1.98.3", "1.99.0", "1.99.1"]).code, Some(0));
    let tree = sandbox.store().join("tree").join(key("go1.98.3")).join("libexec/go");
    make_old(&tree, 40);
    make_old(&sandbox.store().join("meta").join(key("go1.98.3")), 40);
    let would = |args: &[&str]| -> Vec<String> {
        let args = [&["gc", "--dry-run", "-q"], args].concat();
        let outcome = sandbox.goward(args);
        outcome.data().lines().map(|line| line.split(' ').nth(2).unwrap().to_owned()).collect()
    };
    assert_eq!(would(&[]), ["go1.98.3", "go1.99.0", "go1.99.1"]);
    assert_eq!(would(&["--keep", "1"]), ["go1.98.3", "go1.99.0"]);
    assert_eq!(would(&["--keep", "9"]), Vec::<String>::new());
    assert_eq!(would(&["--older-than", "30d"]), ["go1.98.3"]);
    assert_eq!(would(&["--older-than", "1000h"]), Vec::<String>::new());
    assert_eq!(would(&["--older-than", "30d", "--keep", "1"]), Vec::<String>::new());
    for age in ["30", "d", "-1d", "30x", "99999999999999999999d", "ä"] {
        let outcome = sandbox.goward(["gc".to_owned(), format!("--older-than={age}")]);
        assert_eq!(outcome.code, Some(2), "{age}");
        assert!(outcome.stderr.contains("an age is a number with d, h, m or s: 30d"), "{age}");
    }
}

#[test]
fn leftovers_go_when_they_are_old_and_unused() {
    let server = mirror();
    let sandbox = sandbox(&server);
    assert_eq!(sandbox.goward(["default", "1.99.1"]).code, Some(0));
    assert_eq!(sandbox.goward(["exec", "--debug", "http2debug=1", "--", "true"]).code, Some(0));
    let store = sandbox.store();
    let overrides: Vec<_> =
        fs::read_dir(store.join("override")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(overrides.len(), 1);
    for name in ["old.tar.gz.part", "old.tar.gz.part.json", "new.part", "busy.part", "mine"] {
        fs::write(store.join("dl").join(name), "1234567").unwrap();
    }
    fs::write(store.join("goenv/pinned-1-2-3-4"), "").unwrap();
    let old = ["dl/old.tar.gz.part", "dl/old.tar.gz.part.json", "dl/busy.part", "dl/mine"];
    for path in old.into_iter().chain(["goenv/pinned-1-2-3-4", "goenv/pinned-none"]) {
        make_old(&store.join(path), 8);
    }
    make_old(&overrides[0], 8);
    let busy = fs::OpenOptions::new().write(true).open(store.join("dl/busy.part")).unwrap();
    busy.lock().unwrap();

    // A program that goes on using an override.
    let mut command = machine::command("/bin/sleep");
    command.arg("600").env_clear().env("GOWARD_LOCK", &overrides[0]);
    let process = Running(command.spawn().unwrap());
    assert_eq!(sandbox.goward(["gc", "-q"]).code, Some(0));
    assert!(overrides[0].exists());
    drop(process);
    assert_eq!(sandbox.goward(["gc", "-q"]).code, Some(0));
    assert!(!overrides[0].exists());
    let names = |directory: &str| {
        let entries = fs::read_dir(store.join(directory)).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    assert_eq!(names("dl"), ["busy.part", "mine", "new.part"]);
    assert!(names("goenv").iter().any(|name| name == "pinned-none"), "{:?}", names("goenv"));
    assert!(!names("goenv").iter().any(|name| name == "pinned-1-2-3-4"));
}

/// Who still runs it keeps its tree; nobody else gets it.
#[test]
fn what_was_removed_is_installed_again_for_whom_it_is_missing() {
    let server = mirror();
    let sandbox = sandbox(&server);
    assert_eq!(sandbox.goward(["use", "1.99.1"]).code, Some(0));
    let _process = user_of(&sandbox, "go1.99.1");
    let removed = || assert_eq!(sandbox.goward_in("", ["uninstall", "1.99.1"]).code, Some(0));
    removed();
    assert!(sandbox.store().join("tree").join(key("go1.99.1")).join("libexec/go").exists());
    let outcome = sandbox.goward(["exec", "--", "go", "version"]);
    assert_eq!((outcome.code, outcome.stdout.contains("go1.99.1")), (Some(0), true), "{outcome:?}");
    assert!(outcome.stderr.contains("installed go1.99.1"), "{outcome:?}");
    removed();
    let outcome = sandbox.goward(["which"]);
    assert!(!outcome.stderr.contains("no receipt fits"), "{outcome:?}");
}

#[test]
fn a_removed_toolchain_serves_those_who_use_it() {
    let server = mirror();
    let sandbox = sandbox(&server);
    let host = Platform::host();
    assert_eq!(sandbox.goward(["install", "1.99.1"]).code, Some(0));
    let process = user_of(&sandbox, "go1.99.1");
    let pid = process.0.id();
    assert_eq!(
        sandbox.goward(["uninstall", "1.99.1", "--now"]).says(),
        format!("goward: removed go1.99.1 for {host}; process {pid} (sleep) goes on using it\n")
    );
    let tree = sandbox.store().join("tree").join(key("go1.99.1"));
    let file = tree.join("VERSION");
    // What runs below it may start it again.
    assert!(tree.join("libexec/go").exists());
    assert!(fs::read_to_string(&file).unwrap().starts_with("go1.99.1"));
    assert_eq!(versions(&sandbox), Vec::<String>::new());
    // Installed again, it is what it was.
    assert_eq!(sandbox.goward(["install", "1.99.1"]).code, Some(0));
    assert!(fs::read_to_string(&file).unwrap().starts_with("go1.99.1"));
    assert_eq!(sandbox.goward(["verify", "--all"]).code, Some(0));
    drop(process);
    assert_eq!(sandbox.goward(["gc", "--now", "-q"]).code, Some(0));
    assert_eq!(sandbox.store_listing().iter().filter(|path| path.contains("gone-")).count(), 0);
    assert!(!file.exists());
}

#[test]
fn tools_go_that_nobody_ran_for_a_month() {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.goward(["setup", "--no-modify-path"]).code, Some(0));
    let place = |name: &str| sandbox.store().join("tools").join(name);
    for (name, days) in [("old@v1.0.0-0123456789abcdef", 31), ("new@v1.0.0-0123456789abcdef", 29)] {
        fs::create_dir_all(place(name).join("bin")).unwrap();
        fs::write(place(name).join("receipt.json"), "{}").unwrap();
        make_old(&place(name).join("receipt.json"), days);
    }
    let shim = sandbox.store().join("shims/greet");
    std::os::unix::fs::symlink("go", &shim).unwrap();
    let is_there = |name: &str| place(name).exists();
    let dry = sandbox.goward(["gc", "--dry-run"]);
    assert!(dry.stdout.contains("would remove the tool old@v1.0.0-0123456789abcdef, "), "{dry:?}");
    assert!(is_there("old@v1.0.0-0123456789abcdef") && shim.is_symlink());
    let done = sandbox.goward(["gc"]);
    assert!(done.stdout.contains("removed the tool old@v1.0.0-0123456789abcdef, "), "{done:?}");
    assert!(!done.stdout.contains("new@"), "{done:?}");
    assert!(!is_there("old@v1.0.0-0123456789abcdef") && is_there("new@v1.0.0-0123456789abcdef"));
    assert!(!shim.is_symlink(), "no project has that tool");
    assert!(sandbox.store().join("shims/go").exists());
}
