//! Locks of others, and locks that weaken security, by the real shim.

use super::sandbox::{Sandbox, lock};
use super::skip::skip;
use goward_shim::sys::OwnedText;
use goward_shim::{Environment, trust};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, chown, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Users that nobody is.
const SOMEBODY: u32 = 12345;
const SOMEBODY_ELSE: u32 = 12346;

/// Returns true when files can be given to other users; root of a user namespace may have nobody else in it.
fn can_give_away() -> bool {
    let sandbox = Sandbox::new().file("given-away", "");
    chown(sandbox.path("given-away"), Some(SOMEBODY), Some(SOMEBODY)).is_ok()
}

fn project(rest: &str) -> Sandbox {
    Sandbox::new().toolchain("go1.27.1").file("project/goward.lock", lock("go1.27.1", rest))
}

/// The program that a call ended in: the toolchain's, or the manager.
fn program(sandbox: &Sandbox) -> &'static str {
    let program = sandbox.run().program();
    if Path::new(&program) == sandbox.path("bin/goward") {
        return "goward";
    }
    assert_eq!(Path::new(&program), sandbox.tree("go1.27.1").join("libexec/go"));
    "go"
}

/// Where the record of the project's lock belongs.
fn record_path(sandbox: &Sandbox) -> PathBuf {
    let home = OwnedText::entry("HOME", sandbox.path("home").as_os_str().as_bytes());
    let path = sandbox.path("project/goward.lock").canonicalize().unwrap();
    let place = trust::record_path(path.as_os_str().as_bytes(), &Environment::of(&[home]));
    Path::new(OsStr::from_bytes(&place.unwrap())).into()
}

/// Records trust in the project's lock as it is.
fn vouch(sandbox: &Sandbox) -> PathBuf {
    let path = sandbox.path("project/goward.lock").canonicalize().unwrap();
    let (text, owner) = (fs::read(&path).unwrap(), fs::metadata(&path).unwrap().uid());
    let record = trust::record(path.as_os_str().as_bytes(), owner, &text).unwrap();
    let place = record_path(sandbox);
    fs::create_dir_all(place.parent().unwrap()).unwrap();
    fs::write(&place, record).unwrap();
    place
}

#[test]
fn a_lock_of_somebody_else_is_left_to_the_manager() {
    if !can_give_away() {
        return skip("only root can give files away; locks of others were not tried");
    }
    let sandbox = project("");
    assert_eq!(program(&sandbox), "go");
    let lock = sandbox.path("project/goward.lock");
    chown(&lock, Some(SOMEBODY), None).unwrap();
    assert_eq!(program(&sandbox), "goward");
    // It is not passed over in favour of one further up either.
    let inner = sandbox.path("project/a/b");
    fs::create_dir_all(&inner).unwrap();
    let inner_run = sandbox.command().current_dir(&inner).output().unwrap();
    assert!(String::from_utf8_lossy(&inner_run.stdout).contains("bin/goward"));
    // The user who called sudo, a directory that is listed, and a record.
    let sandbox = sandbox.var("SUDO_UID", SOMEBODY_ELSE.to_string());
    assert_eq!(program(&sandbox), "goward");
    let sandbox = sandbox.var("SUDO_UID", SOMEBODY.to_string());
    assert_eq!(program(&sandbox), "go");
    let roots = format!("/elsewhere:{}", sandbox.path("project").display());
    let sandbox = sandbox.without_var("SUDO_UID").var("GOWARD_TRUSTED_ROOTS", roots);
    assert_eq!(program(&sandbox), "go");
    let sandbox = sandbox.without_var("GOWARD_TRUSTED_ROOTS");
    assert_eq!(program(&sandbox), "goward");
    vouch(&sandbox);
    assert_eq!(program(&sandbox), "go");
    chown(&lock, Some(SOMEBODY_ELSE), None).unwrap();
    assert_eq!(program(&sandbox), "goward");
}

#[test]
fn an_unprivileged_user_runs_locks_of_their_own_and_of_root() {
    if !can_give_away() {
        return skip("only root can become somebody else");
    }
    let sandbox = Sandbox::public().toolchain("go1.27.1");
    let sandbox = sandbox.file("project/goward.lock", lock("go1.27.1", ""));
    let sandbox = sandbox.var("SUDO_UID", SOMEBODY_ELSE.to_string());
    let lock = sandbox.path("project/goward.lock");
    let run = |sandbox: &Sandbox| {
        let output = sandbox.command().uid(SOMEBODY).gid(SOMEBODY).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let path = text.lines().find_map(|line| line.strip_prefix("exe ")).map(Path::new);
        path.and_then(Path::file_name).and_then(OsStr::to_str).unwrap_or("nothing").to_owned()
    };
    for (owner, want) in [(0, "go"), (SOMEBODY, "go"), (SOMEBODY_ELSE, "goward")] {
        chown(&lock, Some(owner), None).unwrap();
        assert_eq!(run(&sandbox), want, "{owner}");
    }
}

#[test]
fn overriding_and_default_locks_have_owners_too() {
    if !can_give_away() {
        return skip("only root can give files away; locks of others were not tried");
    }
    let given_away = |sandbox: Sandbox, relative: &str| {
        chown(sandbox.path(relative), Some(SOMEBODY), None).unwrap();
        program(&sandbox)
    };
    let text = lock("go1.27.1", "");
    let sandbox = project("").file("other.lock", &text);
    let path = sandbox.path("other.lock");
    assert_eq!(given_away(sandbox.var("GOWARD_LOCK", path), "other.lock"), "goward");
    let sandbox = Sandbox::new().toolchain("go1.27.1").cwd("elsewhere");
    assert_eq!(
        given_away(sandbox.file("store/default.lock", &text), "store/default.lock"),
        "goward"
    );
}

#[test]
fn a_pin_that_weakens_security_waits_for_a_record() {
    let weak = "\n[pins]\nGODEBUG = \"http2debug=1,execerrdot=0\"\n";
    let sandbox = project(weak);
    assert_eq!(program(&sandbox), "goward");
    let roots = sandbox.path("project");
    let sandbox = sandbox.var("GOWARD_TRUSTED_ROOTS", roots);
    assert_eq!(program(&sandbox), "goward", "a directory is about owners, not about pins");
    vouch(&sandbox);
    assert_eq!(program(&sandbox), "go");
    assert_eq!(sandbox.run().variable("GODEBUG").unwrap(), "http2debug=1,execerrdot=0");
    let sandbox = sandbox.file("project/goward.lock", lock("go1.27.1", weak) + "# edited\n");
    assert_eq!(program(&sandbox), "goward");
    let harmless = "\n[pins]\nGODEBUG = \"http2debug=1,execerrdot=1,tls10server=0\"\n";
    assert_eq!(program(&project(harmless)), "go");
}

#[test]
fn only_the_pins_that_apply_need_trust() {
    let rest =
        "\n[pins]\nGODEBUG = \"http2debug=1\"\n\n[profile.old]\nGODEBUG = \"tls10server=1\"\n";
    assert_eq!(program(&project(rest)), "go");
    assert_eq!(program(&project(rest).var("GOWARD_PROFILE", "old")), "goward");
}

#[test]
fn a_record_has_to_be_a_file_of_the_users_own() {
    let sandbox = project("\n[pins]\nGODEBUG = \"execerrdot=0\"\n");
    let place = vouch(&sandbox);
    assert_eq!(program(&sandbox), "go");
    let moved = sandbox.path("record");
    fs::rename(&place, &moved).unwrap();
    symlink(&moved, &place).unwrap();
    assert_eq!(program(&sandbox), "goward");
    fs::remove_file(&place).unwrap();
    fs::create_dir(&place).unwrap();
    assert_eq!(program(&sandbox), "goward");
    fs::remove_dir(&place).unwrap();
    assert!(Command::new("mkfifo").arg(&place).status().unwrap().success());
    assert_eq!(program(&sandbox), "goward");
    fs::remove_file(&place).unwrap();
    fs::rename(&moved, &place).unwrap();
    assert_eq!(program(&sandbox), "go");
    if can_give_away() {
        chown(&place, Some(SOMEBODY), None).unwrap();
        assert_eq!(program(&sandbox), "goward");
    }
}

#[test]
fn the_record_stands_in_the_state_directory() {
    let sandbox = project("\n[pins]\nGODEBUG = \"execerrdot=0\"\n");
    let place = vouch(&sandbox);
    assert!(place.starts_with(sandbox.path("home/.local/state/goward/trust")), "{place:?}");
    let state = sandbox.path("state");
    let sandbox = sandbox.var("XDG_STATE_HOME", &state);
    assert_eq!(program(&sandbox), "goward");
    fs::create_dir_all(state.join("goward/trust")).unwrap();
    fs::rename(&place, state.join("goward/trust").join(place.file_name().unwrap())).unwrap();
    assert_eq!(program(&sandbox), "go");
    let sandbox = sandbox.without_var("XDG_STATE_HOME").without_var("HOME");
    assert_eq!(program(&sandbox), "goward", "without a place for records nothing is trusted");
}

#[test]
fn a_device_in_place_of_a_lock_is_not_read() {
    for device in ["/dev/null", "/dev/zero", "/dev/tty"] {
        assert_eq!(program(&project("").var("GOWARD_LOCK", device)), "goward", "{device}");
    }
}
