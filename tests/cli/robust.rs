//! What others can put in goward's way: names that write to the terminal, threads that do not start, pipes
//! in the place of files, locks that others hold.

use super::bundle::{create, world};
use super::{key, mirror, sandbox};
use crate::common::server::Server;
use crate::common::{Outcome, Sandbox, machine, skip};
use goward_core::platform::Platform;
use std::fs::{self, File};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

/// Sets the title of a terminal, and turns lines around.
const HARM: &str = "x\u{1b}]0;pwned\u{7}\u{202e}";

fn installed(versions: &[&str]) -> (Server, Sandbox) {
    let server = mirror();
    let sandbox = sandbox(&server);
    let words = std::iter::once("install").chain(versions.iter().copied());
    assert_eq!(sandbox.goward(words).code, Some(0));
    (server, sandbox)
}

#[track_caller]
fn is_harmless(outcome: &Outcome, what: &str) {
    for text in [&outcome.stdout, &outcome.stderr] {
        let harmful =
            text.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\t') || *c == '\u{202e}');
        assert_eq!(harmful, None, "{what}: {text:?}");
    }
}

#[test]
fn names_of_others_write_nothing_to_the_terminal() {
    let (_server, sandbox) = installed(&["1.99.1"]);
    let place = format!("project/{HARM}");
    assert_eq!(sandbox.goward_in(&place, ["use", "1.99.1"]).code, Some(0));
    sandbox.write(&format!("{place}/go.mod"), "module m\n\ngo 1.21\n");
    sandbox.write(&format!("{place}/main.go"), "package main\n\nfunc main() {}\n");
    fs::copy("/bin/true", sandbox.path(&format!("{place}/{HARM}"))).unwrap();
    let calls: [&[&str]; 16] = [
        &["which"],
        &["which", "-v"],
        &["env", "--explain"],
        &["list"],
        &["verify"],
        &["check", "--vulndb", "off"],
        &["doctor"],
        &["inspect", HARM],
        &["lock", "--check"],
        &["trust"],
        &["undo", "--list"],
        &["experiments"],
        &["godebug"],
        &["targets"],
        &["trust", "--accept", "listed"],
        &["trust", "--list"],
    ];
    for args in calls {
        let outcome = sandbox.goward_in(&place, args);
        // A path is data: it is printed as it is.
        if args != ["which"] {
            is_harmless(&outcome, args[0]);
        }
    }
    fs::remove_dir_all(sandbox.path(&place)).unwrap();
    for args in [&["gc", "--dry-run"][..], &["gc"], &["trust", "--list"]] {
        let outcome = sandbox.goward(args);
        is_harmless(&outcome, args[0]);
        if args[0] == "gc" {
            let shown = "x\\u{1b}]0;pwned\\u{7}\\u{202e}/goward.lock`, which is gone";
            assert!(outcome.stdout.contains(shown), "{}", outcome.stdout);
        }
    }
}

/// A user who has no other process.
const LONELY: u32 = 54_321;

#[test]
fn where_no_thread_can_be_started_there_is_an_error_or_none() {
    if !machine::can_give_away() {
        return;
    }
    let memory = Path::new("/dev/shm");
    let sandbox = Sandbox::below(if memory.is_dir() { memory } else { Path::new("/tmp") });
    let releases = sandbox.path("bin/releases");
    let host = Platform::host().lock_name();
    for version in ["go1.99.1", "go1.98.3"] {
        let name = super::archive(version);
        let bytes = super::tree(version, &host).tar_gz();
        let digest = crate::common::server::hex_sha256(&bytes);
        sandbox.write(&format!("bin/releases/{name}.sha256"), digest);
        sandbox.write(&format!("bin/releases/{name}"), bytes);
    }
    let sandbox = sandbox.source(&format!("file://{}", releases.display()));
    assert_eq!(sandbox.goward(["install", "1.98.3"]).code, Some(0));
    assert_eq!(sandbox.goward(["use", "1.98.3"]).code, Some(0));
    give(&sandbox.path(""), LONELY);
    let lonely = |processes: &str, args: &[&str]| {
        let mut command = sandbox.command(Path::new("/usr/bin/setpriv"), "project");
        let user = LONELY.to_string();
        command.args(["--reuid", &user, "--regid", &user, "--clear-groups"]);
        command.args(["prlimit", &format!("--nproc={processes}")]);
        sandbox.finish(command.arg(sandbox.path("bin/goward")).args(args))
    };
    if lonely("1", &["version"]).code != Some(0) {
        return skip("setpriv or prlimit is missing: threads that do not start were not tried");
    }
    // What can be done by one is done.
    for args in [
        &["list"][..],
        &["verify", "--all"],
        &["which"],
        &["lock", "--check"],
        &["check", "--vulndb", "off"],
        &["doctor"],
        &["gc"],
    ] {
        let outcome = lonely("1", args);
        assert!(matches!(outcome.code, Some(0 | 6)), "{args:?}: {outcome:?}");
    }
    // The rest says why it is not, whatever is left of the threads that it would like to have.
    let mut ended = Vec::new();
    for processes in ["1", "2", "3", "4", "64"] {
        let outcome = lonely(processes, &["install", "1.99.1"]);
        let refused = "goward: cannot start a thread: ";
        let said = outcome.stderr.starts_with(refused) && outcome.code == Some(1);
        assert!(outcome.code == Some(0) || said, "{processes}: {outcome:?}");
        ended.push(outcome.code);
        assert_eq!(lonely("1", &["verify", "--all"]).code, Some(0));
    }
    assert_eq!((ended[0], ended[4]), (Some(1), Some(0)));
}

fn give(place: &Path, user: u32) {
    chown(place, Some(user), Some(user)).unwrap();
    if place.is_dir() && !place.is_symlink() {
        for entry in fs::read_dir(place).unwrap() {
            let path = entry.unwrap().path();
            if path.is_symlink() {
                std::os::unix::fs::lchown(&path, Some(user), Some(user)).unwrap();
            } else {
                give(&path, user);
            }
        }
    }
}

#[test]
fn a_small_stack_is_enough() {
    let (_server, sandbox) = installed(&["1.99.1"]);
    let script =
        format!("ulimit -s 64 && exec {} verify --all", sandbox.path("bin/goward").display());
    let mut command = sandbox.command(Path::new("/bin/sh"), "project");
    let outcome = sandbox.finish(command.args(["-c", &script]));
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
}

#[test]
fn locks_are_their_owners_and_nobody_elses() {
    let (_server, sandbox) = installed(&["1.99.1"]);
    let locks = sandbox.store().join("locks");
    let modes = || {
        let entries = fs::read_dir(&locks).unwrap().map(|entry| entry.unwrap().path());
        entries
            .map(|path| fs::metadata(path).unwrap().permissions().mode() & 0o777)
            .collect::<Vec<_>>()
    };
    assert!(!modes().is_empty() && modes().iter().all(|mode| *mode == 0o600), "{:?}", modes());
    // One that everybody may read, and so hold, does not stay so.
    for entry in fs::read_dir(&locks).unwrap() {
        fs::set_permissions(entry.unwrap().path(), fs::Permissions::from_mode(0o666)).unwrap();
    }
    assert_eq!(sandbox.goward(["install", "1.98.3"]).code, Some(0));
    assert_eq!(fs::metadata(locks.join("publish")).unwrap().permissions().mode() & 0o777, 0o600);
    // And none is opened through a link.
    let target = sandbox.path("target");
    for entry in fs::read_dir(&locks).unwrap() {
        let path = entry.unwrap().path();
        fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink(&target, &path).unwrap();
    }
    assert_eq!(sandbox.goward(["install", "1.99.0"]).code, Some(1));
    assert!(!target.exists());
}

/// Where a pipe is put, and what is done then.
type Pipe = (&'static str, &'static [&'static str]);

const PIPES: [Pipe; 12] = [
    ("home/.config/goward/config.toml", &["list"]),
    ("home/.netrc", &["install", "1.98.3"]),
    ("home/.config/go/env", &["lock"]),
    ("meta/KEY", &["list"]),
    ("meta/KEY.files", &["verify", "1.99.1"]),
    ("tree/KEY/bin/go", &["verify", "1.99.1"]),
    ("tree/KEY/bin/go", &["exec", "--", "go", "version"]),
    ("project/0123456789abcdef", &["gc"]),
    ("link/name", &["list"]),
    ("tmp/dead.1.x.lock", &["gc"]),
    ("dl/x.part", &["gc", "--now"]),
    ("vulndb.json", &["check"]),
];

#[test]
fn a_pipe_in_the_place_of_a_file_keeps_nobody_waiting() {
    for (place, args) in PIPES {
        let (_server, sandbox) = installed(&["1.99.1"]);
        assert_eq!(sandbox.goward(["use", "1.99.1"]).code, Some(0));
        let place = place.replace("KEY", &key("go1.99.1"));
        let path = if place.starts_with("home/") {
            sandbox.path(&place)
        } else {
            sandbox.store().join(&place)
        };
        let directory = path.parent().unwrap();
        fs::create_dir_all(directory).unwrap();
        fs::set_permissions(directory, fs::Permissions::from_mode(0o755)).unwrap();
        _ = fs::remove_file(&path);
        assert!(machine::command("mkfifo").arg(&path).status().unwrap().success());
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        let mut command = sandbox.command(Path::new("/usr/bin/timeout"), "project");
        command.args(["-s", "KILL", "60"]).arg(sandbox.path("bin/goward")).args(args);
        let outcome = sandbox.finish(&mut command);
        assert!(outcome.code.is_some_and(|code| code != 137), "{place}: {outcome:?}");
    }
    // Also in what a change of a project is remembered by.
    let (_server, sandbox) = installed(&["1.99.1", "1.98.3"]);
    for version in ["1.99.1", "1.98.3"] {
        assert_eq!(sandbox.goward(["use", version]).code, Some(0));
    }
    let history = sandbox.path("home/.local/state/goward/history");
    let mut piped = 0;
    for project in fs::read_dir(history).unwrap() {
        for change in fs::read_dir(project.unwrap().path()).unwrap() {
            for name in ["command", "by"] {
                let path = change.as_ref().unwrap().path().join(name);
                if fs::remove_file(&path).is_ok() {
                    assert!(machine::command("mkfifo").arg(&path).status().unwrap().success());
                    piped += 1;
                }
            }
        }
    }
    assert!(piped > 0);
    for args in [&["undo"][..], &["undo", "--list"], &["use", "1.99.1"]] {
        let mut command = sandbox.command(Path::new("/usr/bin/timeout"), "project");
        command.args(["-s", "KILL", "60"]).arg(sandbox.path("bin/goward")).args(args);
        let outcome = sandbox.finish(&mut command);
        assert!(outcome.code.is_some_and(|code| code != 137), "{args:?}: {outcome:?}");
    }
}

#[test]
fn a_killed_bundle_leaves_nothing_that_stays() {
    let world = world();
    let draft = |name: &str| world.sandbox.path(name);
    let left = draft(".tools.tar.goward-abcdef");
    let living = draft(".tools.tar.goward-ghijkl");
    let others = draft(".others.tar.goward-abcdef");
    for path in [&left, &living, &others] {
        fs::write(path, "x").unwrap();
    }
    let held = File::open(&living).unwrap();
    held.try_lock().unwrap();
    create(&world, &["go1.99.1"], "tools.tar");
    assert_eq!([&left, &living, &others].map(|path| path.exists()), [false, true, true]);
}

#[test]
fn a_mirror_is_made_in_a_place_of_its_own() {
    let server = mirror();
    let sandbox = sandbox(&server);
    assert_eq!(sandbox.goward(["use", "1.99.1"]).code, Some(0));
    for (name, text) in [("index.json", "mine"), ("go1.20.linux-amd64.tar.gz", "mine")] {
        let place = format!("site-{}", name.len());
        sandbox.write(&format!("{place}/{name}"), text);
        let to = sandbox.path(&place);
        for prune in [&[][..], &["--prune"]] {
            let mut command = sandbox.command(&sandbox.path("bin/goward"), "project");
            command.args(["mirror", "create", "--to"]).arg(&to).args(prune);
            let outcome = sandbox.finish(&mut command);
            let report = format!(
                "goward: [BASE]/{place} is not a mirror of goward: it holds other files\n  \
                 such as `{name}`; nothing was changed\nhint: name an empty or new place"
            );
            outcome.fails(2, &report);
            assert_eq!(sandbox.read(&format!("{place}/{name}")), text);
            assert_eq!(fs::read_dir(&to).unwrap().count(), 1);
        }
    }
    // One that was made once is one, also when all that was put there is gone.
    let to = sandbox.path("mirror");
    for _ in 0..2 {
        let mut command = sandbox.command(&sandbox.path("bin/goward"), "project");
        let outcome = sandbox.finish(command.args(["mirror", "create", "--to"]).arg(&to));
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
    }
}

/// What was accepted when a mirror was made is enough when it is verified: its modules are the archives that it lists.
#[test]
fn a_mirror_that_was_just_made_is_right() {
    let server = mirror();
    let sandbox = sandbox(&server);
    assert_eq!(sandbox.goward(["use", "1.99.1"]).code, Some(0));
    let level = sandbox.read("project/goward.lock");
    assert!(level.contains("level = \"listed\""), "{level}");
    let to = sandbox.path("mirror").to_str().unwrap().to_owned();
    assert_eq!(sandbox.goward(["mirror", "create", "--to", &to]).code, Some(0));
    let outcome = sandbox.goward(["mirror", "verify", &to]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    // Another floor is another question.
    let outcome = sandbox.var("GOWARD_ACCEPT", "built-in").goward(["mirror", "verify", &to]);
    assert_eq!(outcome.code, Some(4), "{outcome:?}");
}

#[test]
fn of_two_variables_with_one_name_the_first_counts() {
    let (_server, sandbox) = installed(&["1.99.1"]);
    let script = "import os, sys\n\
         own = os.environb\n\
         import ctypes\n\
         pairs = [b'GOWARD_HOME=' + sys.argv[1].encode(), b'GOWARD_HOME=/proc/nowhere']\n\
         pairs += [k + b'=' + v for k, v in own.items() if k != b'GOWARD_HOME']\n\
         argv = [a.encode() for a in sys.argv[2:]]\n\
         libc = ctypes.CDLL(None)\n\
         array = lambda l: (ctypes.c_char_p * (len(l) + 1))(*l, None)\n\
         libc.execve(argv[0], array(argv), array(pairs))\n";
    let mut command = sandbox.command(Path::new("/usr/bin/python3"), "project");
    command.args(["-c", script]).arg(sandbox.store());
    let outcome = sandbox.finish(command.arg(sandbox.path("bin/goward")).args(["list", "-q"]));
    assert!(outcome.stdout.starts_with("go1.99.1"), "{outcome:?}");
}

#[test]
fn copies_of_settings_that_are_no_more_go_with_now() {
    let (_server, sandbox) = installed(&["1.99.1"]);
    assert_eq!(sandbox.goward(["setup", "--no-modify-path"]).code, Some(0));
    assert_eq!(sandbox.goward(["use", "1.99.1"]).code, Some(0));
    let secret = "GOPROXY=https://user:token@proxy.example\n";
    let sandbox = sandbox.without_var("GOPROXY").file("home/.config/go/env", secret);
    assert_eq!(sandbox.go(["version"]).code, Some(0));
    let copies = || {
        let entries = fs::read_dir(sandbox.store().join("goenv")).unwrap();
        let texts = entries.map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap());
        texts.filter(|text| text.contains("token")).count()
    };
    assert_eq!(copies(), 1);
    fs::remove_file(sandbox.path("home/.config/go/env")).unwrap();
    std::thread::sleep(Duration::from_millis(20));
    assert_eq!(sandbox.goward(["gc"]).code, Some(0));
    assert_eq!(copies(), 1);
    assert_eq!(sandbox.goward(["gc", "--now"]).code, Some(0));
    assert_eq!(copies(), 0);
}

#[test]
fn without_proc_a_call_says_what_is_missing() {
    let (_server, sandbox) = installed(&["1.99.1"]);
    assert_eq!(sandbox.goward(["setup", "--no-modify-path"]).code, Some(0));
    let script = "mount -t tmpfs none /proc && exec \"$0\" \"$@\"";
    let mut command = sandbox.command(Path::new("/usr/bin/unshare"), "project");
    command.args(["-m", "sh", "-c", script]).stdin(Stdio::null());
    command.arg(sandbox.store().join("shims/go")).args(["+1.98.3", "version"]);
    let outcome = sandbox.finish(&mut command);
    if outcome.stderr.contains("unshare") || outcome.stderr.contains("mount:") {
        return skip("only root can take /proc away");
    }
    assert_eq!(outcome.code, Some(127), "{outcome:?}");
    assert!(
        outcome.stderr.contains("hint: mount /proc: `mount -t proc proc /proc`"),
        "{outcome:?}"
    );
}
