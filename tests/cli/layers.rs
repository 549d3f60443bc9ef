//! A store of the machine below the user's own, stores that cannot be written, and stores of others.

use super::{key, mirror, sandbox};
use crate::common::{Outcome, Sandbox, machine, skip};
use goward_core::platform::Platform;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

/// Moves what is installed into a store of the machine, and looks there.
fn with_system(sandbox: Sandbox) -> Sandbox {
    let system = sandbox.path("opt/goward");
    fs::create_dir_all(system.parent().unwrap()).unwrap();
    fs::rename(sandbox.store(), &system).unwrap();
    sandbox.var("GOWARD_SYSTEM_STORE", &system)
}

/// Makes the store's file system read-only for one command; `None` where that is not possible.
fn read_only(sandbox: &Sandbox, script: &str) -> Option<Outcome> {
    let store = sandbox.store();
    let mount = format!(
        "mount --bind '{0}' '{0}' && mount -o remount,bind,ro '{0}' || exit 99; {script}",
        store.display()
    );
    let mut command = sandbox.command("/usr/bin/unshare".as_ref(), "project");
    let outcome = sandbox.finish(command.args(["--mount", "sh", "-c", &mount]));
    if outcome.code == Some(99) || outcome.stderr.contains("unshare") {
        skip(&format!("nothing can be mounted here: {}", outcome.stderr));
        return None;
    }
    Some(outcome)
}

#[test]
fn what_the_system_has_is_not_fetched() {
    let server = mirror();
    let sandbox = sandbox(&server);
    assert_eq!(sandbox.goward(["use", "1.99.1"]).code, Some(0));
    let sandbox = with_system(sandbox).var("GOWARD_OFFLINE", "1");
    let before = tree_of(&sandbox.path("opt/goward"));
    let host = Platform::host();
    assert_eq!(
        sandbox.goward(["install"]).says(),
        format!("goward: go1.99.1 for {host} is installed (listed)\n")
    );
    let list = sandbox.goward(["list"]);
    assert!(list.data().contains("  system, used here: `[PROJECT]/goward.lock`\n"), "{list:?}");
    let json: serde_json::Value =
        serde_json::from_str(sandbox.goward(["list", "--json"]).data()).unwrap();
    assert_eq!(json[0]["system"], true);

    // Attached: the shim finds it without knowing of two stores.
    let tree = sandbox.store().join("tree").join(key("go1.99.1"));
    assert_eq!(
        fs::read_link(&tree).unwrap(),
        sandbox.path("opt/goward/tree").join(key("go1.99.1"))
    );
    let root = sandbox.store().join("tree").join(key("go1.99.1"));
    assert!(fs::read_to_string(root.join("VERSION")).unwrap().starts_with("go1.99.1"));
    let ran = sandbox.without_var("GOWARD_SYSTEM_STORE");
    let outcome = ran.go(["version"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    // Others' commands leave it where it is; so does gc.
    for args in [&["gc"][..], &["gc", "--now"]] {
        assert_eq!(ran.goward(args).code, Some(0));
        assert!(tree.join("VERSION").exists());
    }
    assert_eq!(tree_of(&ran.path("opt/goward")), before);
    ran.goward(["uninstall", "1.99.1"])
        .fails(3, "goward: go1.99.1 is not installed\nhint: `goward list` shows what is");
    // When the system's is gone, so is what led there.
    fs::remove_file(ran.path("opt/goward/meta").join(key("go1.99.1"))).unwrap();
    assert_eq!(ran.goward(["gc", "--now"]).code, Some(0));
    assert!(tree.symlink_metadata().is_err() && root.symlink_metadata().is_err());
}

#[test]
fn the_first_call_attaches() {
    let server = mirror();
    let sandbox = sandbox(&server);
    assert_eq!(sandbox.goward(["use", "1.99.1"]).code, Some(0));
    assert_eq!(sandbox.goward(["setup", "--no-modify-path"]).code, Some(0));
    let sandbox = with_system(sandbox).var("GOWARD_OFFLINE", "1");
    assert_eq!(sandbox.goward(["setup", "--no-modify-path"]).code, Some(0));
    let first = sandbox.go(["version"]);
    assert_eq!(first.code, Some(0), "{first:?}");
    assert!(sandbox.store().join("tree").join(key("go1.99.1")).is_symlink());
    assert_eq!(sandbox.go(["version"]), first);
}

#[test]
fn a_store_on_a_read_only_file_system_serves() {
    let server = mirror();
    let sandbox = sandbox(&server);
    assert_eq!(sandbox.goward(["use", "1.99.1"]).code, Some(0));
    let before = sandbox.store_listing();
    let (goward, go) = (sandbox.path("bin/goward"), sandbox.store().join("shims/go"));
    let (goward, go) = (goward.display(), go.display());
    let script = format!(
        "set -e; '{go}' version; '{goward}' which; '{goward}' list; '{goward}' install; \
         '{goward}' env --json; '{goward}' exec -- true; '{goward}' gc --dry-run; \
         '{goward}' verify --all"
    );
    let Some(outcome) = read_only(&sandbox, &script) else { return };
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let script = format!("'{goward}' install 1.98.3");
    let Some(outcome) = read_only(&sandbox, &script) else { return };
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    assert!(
        outcome.stderr.starts_with("goward: cannot write to the store `[STORE]`\n")
            && outcome.stderr.contains("Read-only file system")
            && outcome.stderr.contains("hint: choose another place: `GOWARD_HOME=/absolute/path`"),
        "{}",
        outcome.stderr
    );
    assert_eq!(sandbox.store_listing(), before);
}

#[test]
fn a_read_only_store_of_its_own_and_one_of_the_system() {
    let server = mirror();
    let sandbox = sandbox(&server);
    assert_eq!(sandbox.goward(["use", "1.99.1"]).code, Some(0));
    let sandbox = with_system(sandbox).var("GOWARD_OFFLINE", "1");
    fs::create_dir_all(sandbox.store()).unwrap();
    let shim = sandbox.path("opt/goward/shims/go");
    let Some(outcome) = read_only(&sandbox, &format!("'{}' version", shim.display())) else {
        return;
    };
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert_eq!(fs::read_dir(sandbox.store()).unwrap().count(), 0);
}

#[test]
fn the_store_of_somebody_else_is_left_alone() {
    let server = mirror();
    let sandbox = sandbox(&server);
    assert_eq!(sandbox.goward(["install", "1.99.1"]).code, Some(0));
    let store = sandbox.store();
    if !machine::can_give_away() {
        return;
    }
    let before = sandbox.store_listing();
    std::os::unix::fs::chown(&store, Some(12345), None).unwrap();
    for args in [&["install", "1.98.3"][..], &["uninstall", "1.99.1"], &["gc"]] {
        sandbox.goward(args).fails(
            1,
            "goward: `[STORE]` belongs to user 12345\n  nothing was changed: this is user 0\n\
             hint: run it as the owner: `sudo -u '#12345' goward ...`",
        );
    }
    assert_eq!(sandbox.store_listing(), before);
    assert_eq!(sandbox.goward(["list"]).code, Some(0));
}

#[test]
fn an_image_serves_any_user() {
    let server = mirror();
    let sandbox = Sandbox::below("/dev/shm".as_ref()).source(server.url("/").trim_end_matches('/'));
    if !machine::can_give_away() {
        return;
    }
    assert_eq!(sandbox.goward(["use", "1.99.1"]).code, Some(0));
    let run = |program: &str, args: &[&str]| {
        let mut command = sandbox.command("/usr/bin/setpriv".as_ref(), "project");
        command.args(["--reuid=12345", "--regid=0", "--clear-groups", program]).args(args);
        sandbox.finish(command.env("HOME", "/nonexistent").env("GOWARD_HOME", sandbox.store()))
    };
    let go = sandbox.store().join("shims/go");
    let version = run(&go.to_string_lossy(), &["version"]);
    assert_eq!(version.code, Some(0), "{version:?}");
    let goward = sandbox.path("bin/goward");
    for args in [&["which"][..], &["install"], &["list"]] {
        let outcome = run(&goward.to_string_lossy(), args);
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
    }
    let outcome = run(&goward.to_string_lossy(), &["install", "1.98.3"]);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    assert!(outcome.stderr.contains("Permission denied"), "{}", outcome.stderr);
}

#[test]
fn modes_are_right_whatever_the_umask() {
    let server = mirror();
    for mask in ["000", "002", "077", "777"] {
        let sandbox = sandbox(&server);
        let goward = sandbox.path("bin/goward");
        let script = format!("umask {mask}; '{}' use 1.99.1", goward.display());
        let mut command = sandbox.command("/bin/sh".as_ref(), "project");
        let outcome = sandbox.finish(command.args(["-c", &script]));
        assert_eq!(outcome.code, Some(0), "{mask}: {outcome:?}");
        let (mut open, mut closed) = (Vec::new(), Vec::new());
        for path in sandbox.store_listing() {
            let metadata = fs::symlink_metadata(sandbox.store().join(&path)).unwrap();
            let wanted = if metadata.is_dir() { 0o500 } else { 0o400 };
            if !metadata.is_symlink() && metadata.mode() & 0o022 != 0 {
                open.push(path);
            } else if metadata.mode() & wanted != wanted {
                closed.push(path);
            }
        }
        assert_eq!((open, closed), (Vec::new(), Vec::new()), "{mask}");
        // The caller's own umask goes on to what goward runs.
        let script = format!("umask 027; '{}' exec -- sh -c umask", goward.display());
        let mut command = sandbox.command("/bin/sh".as_ref(), "project");
        assert_eq!(sandbox.finish(command.args(["-c", &script])).stdout.trim(), "0027");
    }
}

/// Who keeps a store, who may use it, and who may not, by user and group.
#[test]
fn a_group_uses_what_one_owner_keeps() {
    let server = mirror();
    let sandbox = Sandbox::below("/dev/shm".as_ref()).source(server.url("/").trim_end_matches('/'));
    if !machine::can_give_away() {
        return;
    }
    let (base, store) = (sandbox.path(""), sandbox.path("shared/store"));
    fs::create_dir_all(sandbox.path("shared")).unwrap();
    std::os::unix::fs::chown(sandbox.path("shared"), Some(12345), Some(54321)).unwrap();
    fs::set_permissions(&base, fs::Permissions::from_mode(0o755)).unwrap();
    let run = |user: &str, group: &str, home: &str, script: &str| {
        let mut command = sandbox.command("/usr/bin/setpriv".as_ref(), "project");
        let script = format!("umask 027; cd '{}'; {script}", base.join("shared").display());
        command.args([&format!("--reuid={user}"), &format!("--regid={group}"), "--clear-groups"]);
        command.args(["sh", "-c", &script]).env("HOME", "/nonexistent").env("GOWARD_HOME", home);
        command.env("goward", sandbox.path("bin/goward")).env("store", &store);
        // A group that shares a store shares projects, too.
        command.env("GOWARD_TRUSTED_ROOTS", base.join("shared"));
        sandbox.finish(&mut command)
    };
    let home = store.display().to_string();
    let made = run("12345", "54321", &home, "$goward use 1.99.1");
    assert_eq!(made.code, Some(0), "{made:?}");

    // Members use it as it is, and as the store below their own.
    let used = "$store/shims/go version && $goward which && $goward install && $goward list";
    let member = run("12346", "54321", &home, used);
    assert_eq!(member.code, Some(0), "{member:?}");
    assert!(member.stdout.starts_with("go version go1.99.1 version\n"), "{member:?}");
    let own = sandbox.path("own").display().to_string();
    fs::create_dir(&own).unwrap();
    std::os::unix::fs::chown(&own, Some(12346), Some(54321)).unwrap();
    let script = "export GOWARD_SYSTEM_STORE=$store GOWARD_OFFLINE=1; $goward install && \
                  $GOWARD_HOME/shims/go version";
    let below = run("12346", "54321", &own, script);
    assert_eq!(below.code, Some(0), "{below:?}");
    assert!(below.stdout.starts_with("go version go1.99.1 version\n"), "{below:?}");

    // They change nothing there, whatever the permissions say: who writes decides what others run.
    let before = tree_of(&store);
    for command in ["install 1.98.3", "uninstall 1.99.1", "gc"] {
        let refused = run("12346", "54321", &home, &format!("$goward {command}"));
        assert_eq!(refused.code, Some(1), "{command}: {refused:?}");
        let why = "belongs to user 12345\n  nothing was changed: this is user 12346\n";
        assert!(refused.stderr.contains(why), "{command}: {refused:?}");
    }
    assert_eq!(tree_of(&store), before);
    // Others do not even find it, and get no other toolchain in its place.
    let other = run("12347", "54322", &home, "$goward exec -- go version");
    assert!(other.code != Some(0) && other.stdout.is_empty(), "{other:?}");
}

fn tree_of(directory: &std::path::Path) -> String {
    let listed =
        machine::command("find").arg(directory).args(["-printf", "%p %m %l %T@\n"]).output();
    String::from_utf8(listed.unwrap().stdout).unwrap()
}
