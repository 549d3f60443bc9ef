//! Where a project begins and ends: what `use` and `init` write, what counts, and what is passed over.

use super::{mirror, sandbox};
use crate::common::server::Server;
use crate::common::{Sandbox, machine};
use std::fs;
use std::os::unix::fs::{PermissionsExt, lchown, symlink};

/// A sandbox in which `mono` is a repository that asks for 1.99.1, with a module below.
fn mono() -> (Server, Sandbox) {
    let server = mirror();
    let sandbox = sandbox(&server)
        .file("mono/.git/HEAD", "ref: refs/heads/main\n")
        .file("mono/svc/go.mod", "module svc\n\ngo 1.98\n");
    assert_eq!(sandbox.goward_in("mono", ["-q", "use", "1.99.1"]).code, Some(0));
    (server, sandbox)
}

fn ran(version: &str) -> String {
    format!("go version {version} version\nGOTOOLCHAIN=local\n")
}

#[test]
fn use_and_init_do_not_write_above_the_repository() {
    let server = mirror();
    let sandbox =
        sandbox(&server).file("home/proj/.git/HEAD", "").file("home/proj/go.mod", "module p\n");
    let outcome = sandbox.goward_in("home", ["use", "1.98.3"]);
    assert!(
        outcome.says().contains(
            "goward: this is the lock of your home directory: it counts everywhere below, but in projects of \
             their own; for a Go outside of projects: `goward default 1.98.3`\n"
        ),
        "{}",
        outcome.stderr
    );
    let outcome = sandbox.goward_in("home/proj/cmd", ["use", "1.99.1"]);
    assert!(
        outcome.says().starts_with(
            "goward: wrote `[HOME]/proj/goward.toml` and `[HOME]/proj/goward.lock`: go1.99.1\n"
        ) && outcome.stderr.contains("goward: `[HOME]/goward.lock` no longer counts here\n"),
        "{}",
        outcome.stderr
    );
    assert!(sandbox.read("home/goward.lock").contains("go1.98.3"));
    assert_eq!(sandbox.go_in("home/proj/cmd", ["version"]).data(), ran("go1.99.1"));
    assert_eq!(sandbox.go_in("home", ["version"]).data(), ran("go1.98.3"));
    // Nor does `init`; and a directory without any repository is not the home directory's either.
    assert_eq!(sandbox.goward_in("home/other/deep", ["init", "1.99"]).code, Some(0));
    assert!(sandbox.path("home/other/deep/goward.toml").is_file());
    // What governs there until then is told for what it is.
    let outcome = sandbox.goward_in("home/third", ["which"]);
    assert!(
        outcome.says().ends_with(
            "goward: that is the lock of your home directory, which counts everywhere below; this directory gets its \
             own with `goward use --here stable`\n"
        ),
        "{}",
        outcome.stderr
    );
    assert_eq!(sandbox.goward_in("home", ["which"]).says().matches("home directory").count(), 0);
}

#[test]
fn a_module_of_a_repository_gets_its_own() {
    let (_server, sandbox) = mono();
    // Without a word, the repository's.
    assert_eq!(sandbox.goward_in("mono/svc", ["-q", "use", "1.99.0"]).code, Some(0));
    assert!(!sandbox.path("mono/svc/goward.lock").exists());
    assert!(sandbox.read("mono/goward.lock").contains("go1.99.0"));
    assert_eq!(sandbox.goward_in("mono/svc", ["-q", "use", "--here", "1.98.3"]).code, Some(0));
    assert_eq!(sandbox.go_in("mono/svc", ["version"]).data(), ran("go1.98.3"));
    assert_eq!(sandbox.go_in("mono", ["version"]).data(), ran("go1.99.0"));
    // From then on, that is the project.
    assert_eq!(sandbox.goward_in("mono/svc/deep", ["-q", "use", "1.99.1"]).code, Some(0));
    assert!(sandbox.read("mono/svc/goward.lock").contains("go1.99.1"));
    sandbox.goward_in("mono/svc/deep", ["init"]).fails(
        1,
        "goward: `[BASE]/mono/svc/goward.toml` is there already\n\
         hint: change what it asks for: `goward use stable`\n\
         hint: or give this directory its own: `goward init --here`",
    );
    assert_eq!(sandbox.goward_in("mono/svc/deep", ["init", "--here"]).code, Some(0));
    assert!(sandbox.path("mono/svc/deep/goward.toml").is_file());
    // And back again.
    assert_eq!(sandbox.goward_in("mono/svc", ["undo"]).code, Some(0));
    assert!(sandbox.read("mono/svc/goward.lock").contains("go1.98.3"));
}

#[test]
fn a_manifest_without_a_lock_stops_go() {
    let (_server, sandbox) = mono();
    let sandbox = sandbox.file("mono/svc/goward.toml", "[toolchain]\ngo = \"1.98.3\"\n");
    assert_eq!(sandbox.goward(["default", "1.99.0"]).code, Some(0));
    let report = "goward: there is no `goward.lock` beside `[BASE]/mono/svc/goward.toml`\n\
                  hint: write it, and commit it: `goward lock`";
    for directory in ["mono/svc", "mono/svc/deep/er"] {
        sandbox.go_in(directory, ["version"]).fails(126, report);
        sandbox.goward_in(directory, ["which"]).fails(126, report);
        sandbox.goward_in(directory, ["exec", "--", "true"]).fails(126, report);
    }
    sandbox.goward_in("mono/svc", ["check"]).fails(
        3,
        "goward: there is no lock to check against: `[BASE]/mono/svc/goward.lock`\n\
         hint: write it, and commit it: `goward lock`",
    );
    assert_eq!(sandbox.go_in("mono", ["version"]).data(), ran("go1.99.1"));
    // One call is still anybody's.
    assert_eq!(sandbox.go_in("mono/svc", ["+1.99.0", "version"]).code, Some(0));
    assert_eq!(sandbox.goward_in("mono/svc/deep", ["lock"]).code, Some(0));
    assert_eq!(sandbox.go_in("mono/svc", ["version"]).stdout, ran("go1.98.3"));
}

#[test]
fn an_empty_manifest_can_be_filled() {
    let server = mirror();
    let sandbox = sandbox(&server).file("project/goward.toml", "");
    let outcome = sandbox.goward(["lock"]);
    assert_eq!(outcome.code, Some(2));
    assert!(
        outcome.stderr.ends_with("hint: choose one: `goward use stable`\n"),
        "{}",
        outcome.stderr
    );
    assert_eq!(sandbox.goward(["use", "1.99.1"]).code, Some(0));
    assert_eq!(sandbox.go(["version"]).data(), ran("go1.99.1"));
}

#[test]
fn a_directory_that_was_entered_through_a_link() {
    let (_server, sandbox) = mono();
    symlink("mono/svc", sandbox.path("quick")).unwrap();
    let quick = sandbox.path("quick");
    let run = |program: &str, args: &[&str]| {
        let program = if program == "go" {
            sandbox.store().join("shims/go")
        } else {
            sandbox.path("bin/goward")
        };
        let mut command = sandbox.command(&program, "quick");
        sandbox.finish(command.args(args).env("PWD", &quick))
    };
    assert_eq!(run("go", &["version"]).data(), ran("go1.99.1"));
    assert!(run("goward", &["which"]).says().contains("chosen by `[BASE]/mono/goward.lock`"));
    assert_eq!(run("goward", &["-q", "use", "1.99.0"]).code, Some(0));
    assert!(sandbox.read("mono/goward.lock").contains("go1.99.0"));
    assert!(!sandbox.path("mono/svc/goward.lock").exists());
}

#[test]
fn links_to_manifest_and_lock_count_and_are_not_written_through() {
    let (_server, sandbox) = mono();
    assert_eq!(sandbox.goward_in("mono/base", ["-q", "use", "--here", "1.98.3"]).code, Some(0));
    for name in ["goward.toml", "goward.lock"] {
        symlink(format!("../base/{name}"), sandbox.path("mono/svc").join(name)).unwrap();
    }
    assert_eq!(sandbox.go_in("mono/svc", ["version"]).data(), ran("go1.98.3"));
    assert_eq!(sandbox.goward_in("mono/svc", ["lock", "--check"]).code, Some(0));
    assert_eq!(sandbox.goward_in("mono/svc", ["lock"]).code, Some(0));
    assert_eq!(sandbox.goward_in("mono/svc", ["install", "--locked"]).code, Some(0));
    sandbox.goward_in("mono/svc", ["use", "1.99.1"]).fails(
        2,
        "goward: cannot write `[BASE]/mono/svc/goward.toml`; it was left as it was\n  \
         it is a link to `[BASE]/mono/base/goward.toml`\n\
         hint: change the file there: `cd [BASE]/mono/base`",
    );
    for name in ["goward.toml", "goward.lock"] {
        assert!(sandbox.path("mono/svc").join(name).is_symlink());
    }
    // A manifest for several modules, each with its own lock.
    fs::remove_file(sandbox.path("mono/svc/goward.lock")).unwrap();
    assert_eq!(sandbox.goward_in("mono/svc", ["lock"]).code, Some(0));
    assert_eq!(sandbox.go_in("mono/svc", ["version"]).data(), ran("go1.98.3"));

    let sandbox = sandbox.file("out/goward.toml", "[toolchain]\ngo = \"1.98.3\"\n");
    assert_eq!(sandbox.goward_in("out", ["lock"]).code, Some(0));
    let far = sandbox.path("mono/far");
    fs::create_dir(&far).unwrap();
    symlink(sandbox.path("out/goward.lock"), far.join("goward.lock")).unwrap();
    let outside = |name: &str| {
        format!(
            "goward: `[BASE]/mono/far/{name}` is a link to `[BASE]/out/{name}`, outside of its repository\n  \
             a link is followed only to a file of the same repository\n\
             hint: copy the file instead: `rm [BASE]/mono/far/{name} && cp [BASE]/out/{name} [BASE]/mono/far/{name}`"
        )
    };
    sandbox.go_in("mono/far", ["version"]).fails(126, &outside("goward.lock"));
    fs::remove_file(far.join("goward.lock")).unwrap();
    symlink(sandbox.path("out/goward.toml"), far.join("goward.toml")).unwrap();
    sandbox.goward_in("mono/far", ["lock"]).fails(2, &outside("goward.toml"));
    sandbox.goward_in("mono/far", ["use", "1.99.1"]).fails(2, &outside("goward.toml"));
}

#[test]
fn what_others_put_into_a_directory_for_everybody_does_not_count() {
    if goward_shim::sys::effective_user() != Some(0) {
        return crate::common::skip("only root can give files away");
    }
    let (_server, sandbox) = mono();
    let tmp = sandbox.path("mono/tmp");
    fs::create_dir(&tmp).unwrap();
    fs::set_permissions(&tmp, fs::Permissions::from_mode(0o1777)).unwrap();
    for name in ["goward.lock", "goward.toml"] {
        fs::write(tmp.join(name), "theirs").unwrap();
        lchown(tmp.join(name), Some(12345), None).unwrap();
    }
    assert_eq!(sandbox.go_in("mono/tmp/work", ["version"]).data(), ran("go1.99.1"));
    assert!(
        sandbox.goward_in("mono/tmp/work", ["which"]).says().contains("`[BASE]/mono/goward.lock`")
    );
    // One's own does.
    assert_eq!(sandbox.goward_in("mono/tmp/work", ["use", "--here", "1.98.3"]).code, Some(0));
    assert_eq!(sandbox.go_in("mono/tmp/work", ["version"]).data(), ran("go1.98.3"));
    fs::set_permissions(&tmp, fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(sandbox.go_in("mono/tmp", ["version"]).code, Some(126));
}

#[test]
fn line_ends_of_windows_are_read_and_kept() {
    let (_server, sandbox) = mono();
    let crlf = |name: &str| {
        let text = sandbox.read(name).replace('\n', "\r\n");
        sandbox.write(name, text);
    };
    crlf("mono/goward.toml");
    crlf("mono/goward.lock");
    assert_eq!(sandbox.go_in("mono", ["version"]).data(), ran("go1.99.1"));
    assert_eq!(sandbox.goward_in("mono", ["lock", "--check"]).code, Some(0));
    assert!(sandbox.goward_in("mono", ["lock"]).says().starts_with("goward: up to date"));
    let outcome = sandbox.goward_in("mono", ["use", "1.99.0"]);
    let note = "goward: git changes line ends here; to keep those of the lock: \
                `echo 'goward.lock text eol=lf' >>.gitattributes`\n";
    assert!(outcome.says().ends_with(note), "{}", outcome.stderr);
    for name in ["mono/goward.toml", "mono/goward.lock"] {
        let text = sandbox.read(name);
        assert!(text.contains("1.99.0"), "{text}");
        assert_eq!(text.matches('\n').count(), text.matches("\r\n").count(), "{text:?}");
    }
    // Where git does so and nothing has happened yet, a first lock says it, too.
    let first = |config: &str| {
        let sandbox = sandbox_with(config);
        sandbox.1.goward(["use", "1.99.0"]).says().contains(note)
    };
    assert!(first("[core]\n\tautocrlf = true\n"));
    assert!(!first("[core]\n\tautocrlf = input\n"));
}

/// A repository whose configuration holds this.
fn sandbox_with(config: &str) -> (Server, Sandbox) {
    let server = mirror();
    let sandbox = sandbox(&server).file("project/.git/config", config);
    (server, sandbox)
}

#[test]
fn rules_of_git_that_leave_the_lock_out_are_told() {
    let (_server, sandbox) = sandbox_with("");
    sandbox.write("project/.gitignore", "*.o\n*.lock\n");
    let told = "goward: warning: git ignores `goward.lock` (`[PROJECT]/.gitignore:2`), so others do not get it; \
                add `!goward.lock` there\n";
    assert!(sandbox.goward(["use", "1.99.0"]).says().contains(told));
    sandbox.write("project/.gitignore", "*.o\n*.lock\n!goward.lock\n");
    assert!(!sandbox.goward(["use", "1.99.1"]).says().contains("git ignores"));
}

#[test]
fn a_lock_that_is_behind_is_told_by_which() {
    let (_server, sandbox) = mono();
    sandbox.write("mono/goward.toml", "[toolchain]\ngo = \"1.98.3\"\n");
    let outcome = sandbox.goward_in("mono", ["which"]);
    assert!(
        outcome.says().starts_with(
            "goward: warning: `[BASE]/mono/goward.lock` does not match `goward.toml`; the manifest asks for 1.98.3, \
             the lock has go1.99.1 for 1.99.1\n"
        ),
        "{}",
        outcome.stderr
    );
    assert!(sandbox.goward_in("mono", ["which", "--json"]).stdout.contains("\"stale\": true"));
    sandbox.write("mono/goward.toml", "bad = [");
    assert!(sandbox.goward_in("mono", ["which"]).says().contains("goward.toml:1"));
    // `go` goes by the lock alone.
    assert_eq!(sandbox.go_in("mono", ["version"]).data(), ran("go1.99.1"));
}

#[test]
fn another_go_that_comes_first_is_told() {
    let (_server, sandbox) = mono();
    assert!(!sandbox.goward_in("mono", ["which"]).says().contains("PATH"));
    sandbox.write("other/go", "#!/bin/sh\n");
    fs::set_permissions(sandbox.path("other/go"), fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!(
        "{}:{}/shims:/usr/bin:/bin",
        sandbox.path("other").display(),
        sandbox.store().display()
    );
    let sandbox = sandbox.var("PATH", path);
    let told = "goward: warning: `go` on PATH is `[BASE]/other/go`, not goward's: `goward setup`, and a new shell\n";
    for args in [&["which"][..], &["use", "1.99.0"]] {
        assert!(sandbox.goward_in("mono", args).says().contains(told), "{args:?}");
    }
    let sandbox = sandbox.var("PATH", "/proc/nowhere");
    let told = "goward: warning: `go` is not on PATH: `goward setup`, and a new shell\n";
    assert!(sandbox.goward_in("mono", ["which"]).says().contains(told));
}

#[test]
fn an_editor_that_runs_is_told_to_start_again() {
    let (_server, sandbox) = mono();
    let gopls = sandbox.path("gopls");
    assert!(machine::command("cp").arg("/bin/sleep").arg(&gopls).status().unwrap().success());
    let mut running = sandbox.command(&gopls, "mono/svc").arg("60").spawn().unwrap();
    let note = "goward: gopls runs for this directory with the Go from before: restart it in your editor\n";
    assert!(sandbox.goward_in("mono", ["use", "1.99.0"]).says().ends_with(note));
    // Not where nothing changed, and not for another project.
    assert!(!sandbox.goward_in("mono", ["use", "1.99.0"]).says().contains("gopls"));
    assert!(!sandbox.goward(["use", "1.99.0"]).says().contains("gopls"));
    assert!(sandbox.goward_in("mono", ["undo"]).says().contains(note));
    running.kill().unwrap();
    running.wait().unwrap();
    assert!(!sandbox.goward_in("mono", ["undo"]).says().contains("gopls"));
}
