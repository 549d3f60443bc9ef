//! `goward trust`, and locks that need it: those of others, and those that weaken security.

use super::{mirror, sandbox};
use crate::common::server::Server;
use crate::common::{Outcome, Sandbox, machine};
use std::os::unix::fs::{PermissionsExt, chown, symlink};

/// A user that nobody is.
const SOMEBODY: u32 = 12345;

fn give_away(sandbox: &Sandbox, relative: &str) {
    chown(sandbox.path(relative), Some(SOMEBODY), None).unwrap();
}

/// A project whose toolchain is installed.
fn project(extra: &[&str]) -> (Server, Sandbox) {
    let server = mirror();
    let sandbox = sandbox(&server);
    let args = ["use", "1.99.1"].iter().chain(extra);
    assert_eq!(sandbox.goward(args).code, Some(0));
    assert_eq!(sandbox.goward(["setup", "--no-modify-path"]).code, Some(0));
    (server, sandbox)
}

const RAN: &str = "go version go1.99.1 version\nGOTOOLCHAIN=local\n";
const RAN_WEAKENED: &str = "go version go1.99.1 version\nGODEBUG=cgocheck=0\nGOTOOLCHAIN=local\n";

const FOREIGN: &str = "goward: `[PROJECT]/goward.lock` belongs to user 12345, not to you (0) or root\n\
     hint: read it, and trust it as it is: `goward trust [PROJECT]/goward.lock`\n\
     hint: or let everybody's files there count: `GOWARD_TRUSTED_ROOTS=[PROJECT]`";

const WEAKENING: &str = "goward: `[PROJECT]/goward.lock:15`: `cgocheck=0` takes effect only in a \
     lock that you trust: it switches off checks of pointers passed to C\n\
     hint: read it, and trust it as it is: `goward trust [PROJECT]/goward.lock`";

#[track_caller]
fn runs(outcome: &Outcome, want: &str) {
    assert_eq!(outcome.data(), want);
}

#[test]
fn a_lock_of_somebody_else() {
    let (_server, sandbox) = project(&[]);
    if !machine::can_give_away() {
        return;
    }
    runs(&sandbox.go(["version"]), RAN);
    give_away(&sandbox, "project/goward.lock");
    sandbox.go(["version"]).fails(126, FOREIGN);
    sandbox.goward(["which"]).fails(126, FOREIGN);
    sandbox.goward(["env"]).fails(126, FOREIGN);
    sandbox.goward(["exec", "--", "true"]).fails(126, FOREIGN);
    sandbox.goward(["install"]).fails(2, FOREIGN);
    sandbox.goward(["lock"]).fails(2, FOREIGN);
    sandbox.goward(["lock", "--check"]).fails(2, FOREIGN);
    sandbox.goward(["use", "1.99.0"]).fails(2, FOREIGN);
    assert_eq!(
        sandbox.goward(["trust"]).says(),
        "goward: it belongs to user 12345\n\
         goward: `[PROJECT]/goward.lock` is trusted as it is; a change of it ends that\n"
    );
    runs(&sandbox.go(["version"]), RAN);
    assert_eq!(sandbox.goward(["install", "--locked"]).code, Some(0));
    let lock = sandbox.read("project/goward.lock");
    sandbox.write("project/goward.lock", format!("{lock}# one byte more\n"));
    sandbox.go(["version"]).fails(126, FOREIGN);
    sandbox.write("project/goward.lock", &lock);
    runs(&sandbox.go(["version"]), RAN);
    chown(sandbox.path("project/goward.lock"), Some(SOMEBODY + 1), None).unwrap();
    sandbox.go(["version"]).fails(126, &FOREIGN.replace("12345", "12346"));
}

#[test]
fn what_is_trusted_does_not_move() {
    let (_server, sandbox) = project(&[]);
    if !machine::can_give_away() {
        return;
    }
    give_away(&sandbox, "project/goward.lock");
    assert_eq!(sandbox.goward(["trust"]).code, Some(0));
    std::fs::create_dir(sandbox.path("other")).unwrap();
    std::fs::rename(sandbox.path("project/goward.lock"), sandbox.path("other/goward.lock"))
        .unwrap();
    sandbox.go_in("other", ["version"]).fails(126, &FOREIGN.replace("[PROJECT]", "[BASE]/other"));
    // Another name of the same directory is the same place.
    std::fs::rename(sandbox.path("other/goward.lock"), sandbox.path("project/goward.lock"))
        .unwrap();
    symlink(sandbox.path("project"), sandbox.path("link")).unwrap();
    runs(&sandbox.go_in("link", ["version"]), RAN);
}

#[test]
fn directories_that_the_user_lists_and_the_user_behind_sudo() {
    let (_server, sandbox) = project(&[]);
    if !machine::can_give_away() {
        return;
    }
    give_away(&sandbox, "project/goward.lock");
    give_away(&sandbox, "project/goward.toml");
    let roots = sandbox.path("project");
    let sandbox = sandbox.var("GOWARD_TRUSTED_ROOTS", roots);
    runs(&sandbox.go(["version"]), RAN);
    assert_eq!(sandbox.goward(["install", "--locked"]).code, Some(0));
    let sandbox = sandbox.var("GOWARD_TRUSTED_ROOTS", "/proc/nowhere");
    sandbox.go(["version"]).fails(126, FOREIGN);
    let sandbox = sandbox.without_var("GOWARD_TRUSTED_ROOTS").var("SUDO_UID", "12345");
    runs(&sandbox.go(["version"]), RAN);
    assert_eq!(sandbox.goward(["lock"]).code, Some(0));
    assert_eq!(
        sandbox.goward(["trust"]).says(),
        "goward: `[PROJECT]/goward.lock` needs no trust: it is not somebody else's, and no pin \
         weakens security\n"
    );
    assert!(!sandbox.path("home/.local/state/goward/trust").exists());
}

#[test]
fn a_manifest_of_somebody_else_becomes_nobodys_lock() {
    let server = mirror();
    let sandbox = sandbox(&server).file("project/goward.toml", "[toolchain]\ngo = \"1.99.1\"\n");
    if !machine::can_give_away() {
        return;
    }
    give_away(&sandbox, "project/goward.toml");
    let report = "goward: `[PROJECT]/goward.toml` belongs to user 12345, not to you (0) or root\n  \
                  nothing was changed\n\
                  hint: let everybody's files there count: `GOWARD_TRUSTED_ROOTS=[PROJECT]`";
    sandbox.goward(["lock"]).fails(2, report);
    sandbox.goward(["install"]).fails(2, report);
    sandbox.goward(["use", "1.99.0"]).fails(2, report);
    assert!(!sandbox.path("project/goward.lock").exists());
    let roots = sandbox.path("");
    let sandbox = sandbox.var("GOWARD_TRUSTED_ROOTS", roots);
    assert_eq!(sandbox.goward(["lock"]).code, Some(0));
}

#[test]
fn the_default_of_somebody_else() {
    let (_server, sandbox) = project(&[]);
    assert_eq!(sandbox.goward(["default", "1.99.1"]).code, Some(0));
    if !machine::can_give_away() {
        return;
    }
    runs(&sandbox.go_in("elsewhere", ["version"]), "go version go1.99.1 version\n");
    give_away(&sandbox, "home/.local/share/goward/default.lock");
    let report = FOREIGN
        .replace("[PROJECT]/goward.lock", "[STORE]/default.lock")
        .replace("[PROJECT]", "[STORE]");
    sandbox.go_in("elsewhere", ["version"]).fails(126, &report);
}

#[test]
fn a_pin_that_weakens_security_waits_for_trust() {
    let server = mirror();
    let sandbox = sandbox(&server);
    let outcome = sandbox.goward(["use", "1.99.1", "--debug", "cgocheck=0"]);
    let warnings = "goward: warning: line 15: `cgocheck=0`: it switches off checks of pointers passed to C\n\
         goward: warning: `go` refuses that until `goward trust` is run, on every machine\n";
    assert!(outcome.says().contains(warnings), "{}", outcome.stderr);
    assert!(sandbox.goward(["lock"]).says().starts_with(warnings));
    assert_eq!(sandbox.goward(["setup", "--no-modify-path"]).code, Some(0));
    sandbox.go(["version"]).fails(126, WEAKENING);
    sandbox.goward(["which"]).fails(126, WEAKENING);
    sandbox.goward(["trust", "--check"]).fails(
        1,
        "goward: `[PROJECT]/goward.lock` is not trusted\n  \
         line 15: `cgocheck=0`: it switches off checks of pointers passed to C\n\
         hint: read it, and trust it as it is: the same command without `--check`",
    );
    sandbox.go(["version"]).fails(126, WEAKENING);
    let trusted = "goward: line 15: `cgocheck=0`: it switches off checks of pointers passed to C\n\
         goward: `[PROJECT]/goward.lock` is trusted as it is; a change of it ends that\n";
    assert_eq!(sandbox.goward(["trust"]).says(), trusted);
    assert_eq!(sandbox.goward(["trust", "--check"]).says(), trusted);
    runs(&sandbox.go(["version"]), RAN_WEAKENED);
    assert_eq!(
        sandbox.goward(["lock"]).says(),
        "goward: up to date: `[PROJECT]/goward.lock`: go1.99.1 (listed)\n"
    );
    assert_eq!(
        sandbox.goward(["trust", "--undo"]).says(),
        "goward: `[PROJECT]/goward.lock` is no longer trusted\n"
    );
    sandbox.go(["version"]).fails(126, WEAKENING);
    assert_eq!(
        sandbox.goward(["trust", "--undo"]).says(),
        "goward: `[PROJECT]/goward.lock` was not trusted\n"
    );
}

/// A cipher without its instructions takes a time that depends on its key.
#[test]
fn a_pin_that_takes_away_instructions_for_cryptography_waits_for_trust() {
    let (_server, sandbox) = project(&[]);
    let lock = sandbox.read("project/goward.lock");
    let pins = |value: &str| format!("{lock}\n[pins]\nGODEBUG = \"{value}\"\n");
    for setting in ["cpu.aes=off", "cpu.pclmulqdq=off", "cpu.all=off"] {
        sandbox.write("project/goward.lock", pins(&format!("http2debug=1,{setting}")));
        let refusal = WEAKENING.replace("cgocheck=0", setting).replace(
            "it switches off checks of pointers passed to C",
            "it runs ciphers without the processor's instructions, so that timing leaks secrets",
        );
        sandbox.go(["version"]).fails(126, &refusal);
        assert_eq!(sandbox.goward(["trust"]).code, Some(0));
        let ran = sandbox.go(["version"]);
        assert!(ran.data().contains(&format!("GODEBUG=http2debug=1,{setting}\n")), "{ran:?}");
    }
    // The others are about speed.
    sandbox.write("project/goward.lock", pins("cpu.avx2=off,cpu.aes=on"));
    assert!(sandbox.go(["version"]).data().contains("GODEBUG=cpu.avx2=off,cpu.aes=on\n"));
}

#[test]
fn profiles_are_shown_and_only_the_one_that_applies_needs_trust() {
    let (_server, sandbox) = project(&[]);
    let lock = sandbox.read("project/goward.lock");
    let profile = "\n[profile.old]\nGODEBUG = \"http2debug=1,execerrdot=0,tls10server=1\"\n";
    sandbox.write("project/goward.lock", lock + profile);
    runs(&sandbox.go(["version"]), RAN);
    let sandbox = sandbox.var("GOWARD_PROFILE", "old");
    sandbox.go(["version"]).fails(
        126,
        "goward: `[PROJECT]/goward.lock:15`: `execerrdot=0` takes effect only in a lock that you \
         trust: it lets programs run from the current directory\n\
         hint: read it, and trust it as it is: `goward trust [PROJECT]/goward.lock`",
    );
    assert_eq!(
        sandbox.goward_in("elsewhere", ["trust", "../project"]).says(),
        "goward: line 15, profile `old`: `execerrdot=0`: it lets programs run from the current directory\n\
         goward: line 15, profile `old`: `tls10server=1`: it accepts broken TLS versions\n\
         goward: `[PROJECT]/goward.lock` is trusted as it is; a change of it ends that\n"
    );
    let ran = sandbox.go(["version"]);
    assert!(ran.data().contains("GODEBUG=http2debug=1,execerrdot=0,tls10server=1\n"));
}

#[test]
fn the_list_says_what_became_of_each_lock() {
    let (_server, sandbox) = project(&["--debug", "cgocheck=0"]);
    assert_eq!(sandbox.goward(["trust", "--list"]).data(), "");
    let lock = sandbox.read("project/goward.lock");
    for (directory, rest) in [("kept", ""), ("edited", "# x\n"), ("removed", "")] {
        sandbox.write(&format!("{directory}/goward.lock"), &lock);
        assert_eq!(sandbox.goward(["trust", &format!("../{directory}")]).code, Some(0));
        sandbox.write(&format!("{directory}/goward.lock"), lock.clone() + rest);
    }
    std::fs::remove_file(sandbox.path("removed/goward.lock")).unwrap();
    let listed = sandbox.goward(["trust", "--list"]);
    assert_eq!(
        listed.data(),
        "[BASE]/edited/goward.lock (changed)\n[BASE]/kept/goward.lock (trusted)\n\
         [BASE]/removed/goward.lock (gone)\n"
    );
    let json: serde_json::Value =
        serde_json::from_str(sandbox.goward(["trust", "--list", "--json"]).data()).unwrap();
    assert_eq!(json[1]["state"], "trusted");
    assert_eq!(json[1]["path"], "[BASE]/kept/goward.lock");
    assert!(json[1]["owner"].is_u64());
    // A lock that is gone can still be taken off.
    let gone = sandbox.goward(["trust", "--undo", "../removed/goward.lock"]);
    assert_eq!(gone.says(), "goward: `[BASE]/removed/goward.lock` is no longer trusted\n");
    assert!(!sandbox.goward(["trust", "--list"]).data().contains("removed"));
    let records = sandbox.path("home/.local/state/goward/trust");
    assert_eq!(std::fs::metadata(&records).unwrap().permissions().mode() & 0o777, 0o700);
    for record in std::fs::read_dir(&records).unwrap() {
        assert_eq!(record.unwrap().metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn what_is_typed_for_one_run_is_trusted() {
    let (_server, sandbox) = project(&[]);
    let args = ["exec", "--debug", "cgocheck=0", "--", "go", "version"];
    runs(&sandbox.goward(args), RAN_WEAKENED);
    runs(&sandbox.go(["version"]), RAN);
    let listed = sandbox.goward(["trust", "--list"]);
    assert!(listed.data().starts_with("[STORE]/override/"), "{}", listed.stdout);
    // What the project has besides is not trusted with it.
    let lock = sandbox.read("project/goward.lock") + "\n[pins]\nGODEBUG = \"execerrdot=0\"\n";
    sandbox.write("project/goward.lock", lock);
    assert_eq!(sandbox.goward(args).code, Some(126));
}

#[test]
fn without_a_place_for_records_nothing_is_trusted() {
    let (_server, sandbox) = project(&["--debug", "cgocheck=0"]);
    let store = sandbox.store();
    let sandbox = sandbox.without_var("HOME").var("GOWARD_HOME", store);
    sandbox.go(["version"]).fails(126, WEAKENING);
    sandbox.goward(["trust"]).fails(
        2,
        "goward: there is no place for trust: `XDG_STATE_HOME` and `HOME` are both unset or not absolute\n\
         hint: choose one: `XDG_STATE_HOME=/absolute/path`",
    );
    assert_eq!(sandbox.goward(["trust", "--list"]).data(), "");
    let lock = sandbox.read("project/goward.lock").replace("cgocheck=0", "http2debug=1");
    sandbox.write("project/goward.lock", lock);
    assert_eq!(sandbox.go(["version"]).code, Some(0));
}

#[test]
fn trust_in_nothing() {
    let (_server, sandbox) = project(&[]);
    sandbox
        .goward_in("elsewhere", ["trust"])
        .fails(3, "goward: no lock governs here\nhint: name one: `goward trust PATH`");
    sandbox
        .goward_in("elsewhere", ["trust", "nothing.lock"])
        .fails(3, "goward: `[BASE]/elsewhere/nothing.lock` does not exist");
    sandbox.write("project/goward.lock", "schema = 1\nrun = \"/bin/sh\"\n");
    sandbox.goward(["trust"]).fails(
        2,
        "goward: `[PROJECT]/goward.lock:2`: unknown key `run`\n\
         hint: the file is written by `goward lock`; format: docs/lock-file.md",
    );
    assert!(!sandbox.path("home/.local/state/goward/trust").exists());
}

#[test]
fn what_is_not_a_file_is_not_a_lock() {
    let (_server, sandbox) = project(&[]);
    let lock = sandbox.path("project/goward.lock");
    let kept = sandbox.path("project/kept");
    std::fs::rename(&lock, &kept).unwrap();
    let refused = |report: &str| {
        sandbox.go(["version"]).fails(126, report);
        sandbox.goward(["install"]).fails(2, report);
        sandbox.goward(["trust"]).fails(126, report);
        if !lock.is_dir() {
            sandbox.goward(["trust", "goward.lock"]).fails(2, report);
        }
    };
    symlink("/dev/zero", &lock).unwrap();
    refused(
        "goward: `[PROJECT]/goward.lock` is a link to `/dev/zero`, outside of its repository\n  \
         a link is followed only to a file of the same repository\n\
         hint: copy the file instead: `rm [PROJECT]/goward.lock && cp /dev/zero [PROJECT]/goward.lock`",
    );
    std::fs::remove_file(&lock).unwrap();
    let other = |kind: &str| {
        format!(
            "goward: `[PROJECT]/goward.lock` is {kind}, not a lock\n\
             hint: move it away and write the lock: `mv [PROJECT]/goward.lock [PROJECT]/goward.lock.old \
             && goward lock`"
        )
    };
    std::fs::create_dir(&lock).unwrap();
    refused(&other("a directory"));
    std::fs::remove_dir(&lock).unwrap();
    assert!(machine::command("mkfifo").arg(&lock).status().unwrap().success());
    refused(&other("a device, a pipe or a socket"));
    std::fs::remove_file(&lock).unwrap();
    let socket = std::os::unix::net::UnixListener::bind(&lock);
    if socket.is_ok() {
        // Sockets cannot be opened at all.
        assert_eq!(sandbox.go(["version"]).code, Some(126));
        std::fs::remove_file(&lock).unwrap();
    }
    std::fs::rename(&kept, &lock).unwrap();
    runs(&sandbox.go(["version"]), RAN);
}

#[test]
fn absurd_locks_are_refused_at_once() {
    let (_server, sandbox) = project(&[]);
    let lock = sandbox.read("project/goward.lock");
    let huge = lock.clone() + &"#".repeat(300 * 1024) + "\n";
    let cases = [
        (huge, "goward: `[PROJECT]/goward.lock` is larger than 256 KiB\n"),
        (
            lock.clone() + &"[pins]\n".repeat(30_000),
            "goward: `[PROJECT]/goward.lock:14`: `pins` is here a second time\n",
        ),
        (
            lock.clone() + &"[a.b.c.d.e.f.g.h]\n".repeat(9000),
            "goward: `[PROJECT]/goward.lock:13`: unknown table `a.b.c.d.e.f.g.h`\n",
        ),
        (
            format!("{lock}[{}]\n", "a.".repeat(60_000)),
            "goward: `[PROJECT]/goward.lock:13`: unknown table `a.a.a.",
        ),
    ];
    for (text, report) in cases {
        sandbox.write("project/goward.lock", text);
        let outcome = sandbox.go(["version"]);
        assert_eq!(outcome.code, Some(126));
        assert!(outcome.stderr.starts_with(report), "{}", outcome.stderr);
        assert!(outcome.stderr.len() < 400, "{}", outcome.stderr.len());
    }
}

/// Each line names something that a repository may not decide.
#[test]
fn hostile_locks_name_file_and_line() {
    let (_server, sandbox) = project(&[]);
    let lock = sandbox.read("project/goward.lock");
    let lines = lock.lines().count();
    let cases = [
        ("[pins]\nPATH = \"/tmp/evil\"", 2, "unknown key `PATH` in `pins`"),
        ("[pins]\nCC = \"/tmp/evil\"", 2, "unknown key `CC` in `pins`"),
        ("[pins]\nGOENV = \"/tmp/evil\"", 2, "unknown key `GOENV` in `pins`"),
        ("[pins]\nGOPROXY = \"https://evil.example\"", 2, "unknown key `GOPROXY` in `pins`"),
        ("[pins]\nGOSUMDB = \"off\"", 2, "unknown key `GOSUMDB` in `pins`"),
        ("[pins]\nLD_PRELOAD = \"/tmp/evil.so\"", 2, "unknown key `LD_PRELOAD` in `pins`"),
        ("[pins]\nGOWARD_TRUSTED_ROOTS = \"/\"", 2, "unknown key `GOWARD_TRUSTED_ROOTS` in `pins`"),
        (
            "[pins]\nGOFLAGS = \"-toolexec=/tmp/evil\"",
            2,
            "a lock may not set `-toolexec`: it runs a program at every compile",
        ),
        (
            "[pins]\nGODEBUG = \"execerrdot=0\"",
            2,
            "`execerrdot=0` takes effect only in a lock that you trust: it lets programs run from the current directory",
        ),
        ("[trust]\nowner = 0", 1, "unknown table `trust`"),
        ("[source]\nurl = \"https://evil.example\"", 1, "unknown table `source`"),
        ("[hooks]\ninstall = \"/tmp/evil\"", 1, "unknown table `hooks`"),
        ("[profile.../x]", 1, "unknown table `profile.../x`"),
        ("include = \"/etc/passwd\"", 1, "unknown key `include` in `toolchain."),
    ];
    for (text, below, problem) in cases {
        let line = lines + below;
        sandbox.write("project/goward.lock", format!("{lock}{text}\n"));
        let outcome = sandbox.go(["version"]);
        let report = format!("goward: `[PROJECT]/goward.lock:{line}`: {problem}");
        assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(126), ""), "{text}");
        assert!(outcome.stderr.starts_with(&report), "{text}: {}", outcome.stderr);
    }
}

/// A project whose lock is of level `listed`, made by somebody else, and a user who did not accept anything.
fn colleague() -> (Server, Sandbox) {
    let server = mirror();
    let sandbox = sandbox(&server).without_var("GOWARD_ACCEPT");
    assert_eq!(sandbox.goward(["setup", "--no-modify-path"]).code, Some(0));
    move_to(&sandbox, "1.99.0");
    (server, sandbox)
}

/// Makes the lock name a release, as a colleague does who accepts it.
fn move_to(sandbox: &Sandbox, version: &str) {
    let mut command = sandbox.command(&sandbox.path("bin/goward"), "project");
    command.env("GOWARD_HOME", sandbox.path("colleague"));
    let outcome = sandbox.finish(command.args(["use", version, "--accept", "listed"]));
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
}

#[test]
fn a_repository_is_accepted_once_and_not_at_each_release() {
    let (_server, sandbox) = colleague();
    let trust = "`goward trust --accept listed [PROJECT]/goward.lock`";
    let refused = sandbox.go(["version"]);
    assert_eq!(refused.code, Some(127));
    let hints = format!(
        "\nhint: accept it: `goward install 1.99.0 --accept listed`\n\
         hint: or for every lock in its repository: {trust}\n"
    );
    assert!(refused.stderr.ends_with(&hints), "{}", refused.stderr);
    // The repository is what is around the lock, however deep in it the lock is.
    std::fs::create_dir(sandbox.path("project/.git")).unwrap();
    let lock = sandbox.path("project/goward.lock");
    let accepted = sandbox.goward([
        "trust".as_ref(),
        "--accept".as_ref(),
        "listed".as_ref(),
        lock.as_os_str(),
    ]);
    let said = "goward: what the locks in `[PROJECT]` name is accepted at level `listed`\n";
    assert_eq!(accepted.says(), said);
    assert_eq!(sandbox.go(["version"]).stdout, "go version go1.99.0 version\nGOTOOLCHAIN=local\n");
    for version in ["1.99.1", "1.100rc1"] {
        move_to(&sandbox, version);
        let want = format!("go version go{version} version\nGOTOOLCHAIN=local\n");
        assert_eq!(sandbox.go(["version"]).stdout, want);
    }
    let listed = sandbox.goward(["trust", "--list"]);
    assert_eq!(listed.data(), "[PROJECT] (accepted: listed)\n");
    let json: serde_json::Value =
        serde_json::from_str(&sandbox.goward(["trust", "--list", "--json"]).stdout).unwrap();
    assert_eq!(json[0]["accept"], "listed");
    // It is no answer for another repository, not even one inside, and none for what no lock names.
    for place in ["project/vendor/other", "elsewhere"] {
        sandbox.write(&format!("{place}/.git/config"), "");
        for name in ["goward.toml", "goward.lock"] {
            let text = sandbox.read(&format!("project/{name}")).replace("1.100rc1", "1.98.3");
            sandbox.write(&format!("{place}/{name}"), text);
        }
        sandbox.goward_in(place, ["install"]).code.filter(|code| *code == 4).unwrap();
    }
    sandbox.goward(["install", "1.98.3"]).code.filter(|code| *code == 4).unwrap();
    // What the project demands still holds, and then there is nothing to accept.
    move_to(&sandbox, "1.98.3");
    let manifest = sandbox.read("project/goward.toml");
    sandbox.write("project/goward.toml", format!("{manifest}\n[policy]\nlevel = \"built-in\"\n"));
    let demanded = sandbox.goward(["install"]);
    assert_eq!(demanded.code, Some(4));
    assert!(demanded.stderr.contains("the project's manifest demands it"), "{}", demanded.stderr);
    assert!(!demanded.stderr.contains("accept"), "{}", demanded.stderr);
    sandbox.write("project/goward.toml", manifest);
    // It can be taken back.
    let revoked = sandbox.goward(["trust", "--undo"]);
    assert_eq!(revoked.code, Some(0));
    assert_eq!(sandbox.goward(["trust", "--list"]).data(), "");
    assert_eq!(sandbox.go(["version"]).code, Some(127));
    // Less than what a source lists cannot be accepted this way.
    sandbox.goward(["trust", "--accept", "none"]).fails(
        2,
        "goward: a repository cannot be accepted at level `none`\n  nothing was changed\n\
         hint: accept what its sources list: `goward trust --accept listed`",
    );
}

#[test]
fn what_the_lock_says_has_to_be_what_the_source_lists() {
    let (_server, sandbox) = colleague();
    assert_eq!(sandbox.goward(["trust", "--accept", "listed"]).code, Some(0));
    let lock = sandbox.read("project/goward.lock");
    let h1 = lock.split("h1 = \"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let other = h1.replace(&h1[5..9], if &h1[5..9] == "AAAA" { "BBBB" } else { "AAAA" });
    sandbox.write("project/goward.lock", lock.replace(&h1, &other));
    let outcome = sandbox.goward(["install"]);
    assert_eq!(outcome.code, Some(4));
    assert!(outcome.stderr.contains("checksum mismatch"), "{}", outcome.stderr);
}

#[test]
fn hints_name_an_option_only_where_the_command_has_it() {
    let (_server, sandbox) = colleague();
    let calls: [(&str, &[&str]); 10] = [
        ("go", &["version"]),
        ("go", &["+1.99.1", "version"]),
        ("goward", &["exec", "--", "go", "version"]),
        ("goward", &["exec", "--go", "1.99.1", "--", "go", "version"]),
        ("goward", &["matrix", "--go", "1.99.1", "--", "go", "version"]),
        ("goward", &["install"]),
        ("goward", &["install", "1.99.1"]),
        ("goward", &["use", "1.99.1"]),
        ("goward", &["default", "1.99.1"]),
        ("goward", &["bisect", "--good", "1.98.3", "--bad", "1.99.1", "--", "go", "version"]),
    ];
    for (program, args) in calls {
        let outcome = if program == "go" { sandbox.go(args) } else { sandbox.goward(args) };
        assert_ne!(outcome.code, Some(0), "{args:?}");
        let said = &outcome.stderr;
        assert!(said.contains("--accept listed"), "{args:?}: {said}");
        let has_option = program == "goward" && {
            let help = sandbox.goward([args[0], "--help"]);
            help.stdout.contains("--accept")
        };
        assert_eq!(said.contains("`--accept listed`"), has_option, "{args:?}: {said}");
        // What stands there as a whole line is one that can be typed.
        if !has_option {
            assert!(said.contains("`goward install 1.99."), "{args:?}: {said}");
        }
    }
}
