//! `goward undo`, and what a change leaves that is killed or fails half-way.

use super::{mirror, sandbox};
use crate::common::server::Server;
use crate::common::trace::traced;
use crate::common::{Outcome, Sandbox};

/// A project on go1.98.3 that then went to go1.99.1 with an experiment.
fn project() -> (Server, Sandbox) {
    let server = mirror();
    let sandbox = sandbox(&server);
    assert_eq!(sandbox.goward(["use", "1.98"]).code, Some(0));
    assert_eq!(sandbox.goward(["use", "1.99.1", "--experiment", "jsonv2"]).code, Some(0));
    (server, sandbox)
}

fn files(sandbox: &Sandbox) -> [Option<String>; 2] {
    ["project/goward.toml", "project/goward.lock"]
        .map(|name| std::fs::read_to_string(sandbox.path(name)).ok())
}

fn names(sandbox: &Sandbox) -> Vec<String> {
    let entries = std::fs::read_dir(sandbox.path("project")).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn back_and_forth() {
    let (_server, sandbox) = project();
    let new = files(&sandbox);
    let both = "`[PROJECT]/goward.toml` and `[PROJECT]/goward.lock`";
    assert_eq!(
        sandbox.goward(["undo"]).says(),
        format!(
            "goward: put back {both} as before `goward use`\n\
             goward: go1.99.1 -> go1.98.3\n\
             goward: GOEXPERIMENT `jsonv2` -> unset\n"
        )
    );
    let went = sandbox.go(["version"]);
    assert_eq!(went.data(), "go version go1.98.3 version\nGOTOOLCHAIN=local\n");
    assert_eq!(
        sandbox.goward(["undo"]).says(),
        format!(
            "goward: put back {both} as before `goward undo`\n\
             goward: go1.98.3 -> go1.99.1\n\
             goward: GOEXPERIMENT unset -> `jsonv2`\n"
        )
    );
    assert_eq!(files(&sandbox), new);
    assert_eq!(names(&sandbox), ["goward.lock", "goward.toml"]);
}

#[test]
fn the_first_change_is_taken_back_by_removing_the_files() {
    let server = mirror();
    let sandbox = sandbox(&server);
    assert_eq!(sandbox.goward(["init", "1.98"]).code, Some(0));
    assert_eq!(sandbox.goward(["install"]).code, Some(0));
    let made = files(&sandbox);
    assert_eq!(
        sandbox.goward(["undo"]).says(),
        "goward: removed `[PROJECT]/goward.lock`, as before `goward lock`\n\
         goward: go1.98.3 -> no lock\n"
    );
    assert_eq!(names(&sandbox), ["goward.toml"]);
    assert_eq!(sandbox.goward(["undo"]).code, Some(0));
    assert_eq!(files(&sandbox), made);

    let other = |args: &[&str]| sandbox.goward_in("other", args);
    assert_eq!(other(&["use", "1.98"]).code, Some(0));
    assert_eq!(
        other(&["undo"]).says(),
        "goward: removed `[BASE]/other/goward.toml` and `[BASE]/other/goward.lock`, as before `goward use`\n\
         goward: go1.98.3 -> no lock\n"
    );
    assert!(!sandbox.path("other/goward.toml").exists());
    assert_eq!(
        other(&["undo"]).says(),
        "goward: put back `[BASE]/other/goward.toml` and `[BASE]/other/goward.lock` as before `goward undo`\n\
         goward: no lock -> go1.98.3\n"
    );
}

#[test]
fn profiles_rules_and_isolation_are_named() {
    let (_server, sandbox) = project();
    let manifest = sandbox.read("project/goward.toml");
    let more = "[profile.ci]\nexperiments = []\n\n[[rule]]\nprofile = \"ci\"\nenv = \"CI\"\n\n\
                [policy]\nisolation = \"hermetic\"\n";
    sandbox.write("project/goward.toml", format!("{manifest}\n{more}"));
    assert_eq!(sandbox.goward(["lock"]).code, Some(0));
    assert_eq!(sandbox.goward(["use", "--profile", "ci", "--debug", "netdns=go"]).code, Some(0));
    let said = |outcome: Outcome| outcome.says().replace("goward: ", "");
    assert!(
        said(sandbox.goward(["undo"]))
            .ends_with("as before `goward use`\nprofile `ci`: GODEBUG `netdns=go` -> unset\n")
    );
    assert_eq!(sandbox.goward(["undo"]).code, Some(0));
    let list = sandbox.goward(["undo", "--list"]).data().to_owned();
    let lines: Vec<&str> =
        list.lines().map(|line| line.split_at("2026-11-21 10:11:12 UTC".len()).1).collect();
    assert_eq!(
        lines,
        [
            "  goward undo  profile `ci`: GODEBUG unset -> `netdns=go`",
            "  goward undo  profile `ci`: GODEBUG `netdns=go` -> unset",
            "  goward use   profile `ci`: GODEBUG unset -> `netdns=go`",
            "  goward lock  isolation pinned -> hermetic, profile `ci`: gone -> there, the rules",
            "  goward use   go1.98.3 -> go1.99.1, GOEXPERIMENT unset -> `jsonv2`",
            "  goward use   no lock -> go1.98.3",
        ]
    );
    assert!(
        list.lines().all(|line| line.starts_with("20") && line[19..].starts_with(" UTC")),
        "{list}"
    );
}

/// `goward lock` changes the lock alone, so the edit that it was for stays.
#[test]
fn a_lock_that_no_longer_fits_its_manifest_is_said_to() {
    let (_server, sandbox) = project();
    let manifest = sandbox.read("project/goward.toml").replace("1.99.1", "1.99.0");
    sandbox.write("project/goward.toml", &manifest);
    assert_eq!(sandbox.goward(["lock"]).code, Some(0));
    assert_eq!(
        sandbox.goward(["undo"]).says(),
        "goward: put back `[PROJECT]/goward.lock` as before `goward lock`\n\
         goward: go1.99.0 -> go1.99.1\n\
         goward: as before, the lock does not match the manifest: `goward lock --check`\n"
    );
    assert_eq!(sandbox.read("project/goward.toml"), manifest);
}

#[test]
fn what_is_not_installed_any_more_is_said() {
    let (_server, sandbox) = project();
    assert_eq!(sandbox.goward(["uninstall", "1.98.3"]).code, Some(0));
    let outcome = sandbox.goward(["undo"]);
    assert!(
        outcome
            .says()
            .ends_with("goward: go1.98.3 is not installed; get it with `goward install`\n"),
        "{}",
        outcome.stderr
    );
    assert_eq!(sandbox.goward(["install"]).code, Some(0));
}

#[test]
fn what_was_changed_since_is_given_up_only_by_force() {
    let (_server, sandbox) = project();
    let edited = sandbox.read("project/goward.toml") + "# mine\n";
    sandbox.write("project/goward.toml", &edited);
    let before = files(&sandbox);
    let report = |what: &str| {
        format!(
            "goward: {what} not what `goward use` wrote\n  nothing was changed\n\
             hint: look at what changed since: `git diff goward.toml goward.lock`\n\
             hint: give that up, too: `goward undo --force`"
        )
    };
    sandbox.goward(["undo"]).fails(1, &report("`[PROJECT]/goward.toml` is"));
    assert_eq!(files(&sandbox), before);
    std::fs::remove_file(sandbox.path("project/goward.lock")).unwrap();
    sandbox
        .goward(["undo"])
        .fails(1, &report("`[PROJECT]/goward.toml` and `[PROJECT]/goward.lock` are"));
    assert_eq!(sandbox.goward(["undo", "--force"]).code, Some(0));
    assert!(sandbox.read("project/goward.lock").contains("go1.98.3"));
    assert_eq!(sandbox.goward(["undo"]).code, Some(0));
    assert_eq!(files(&sandbox), [Some(edited), None]);
    // A manifest that is no longer one is no obstacle.
    sandbox.write("project/goward.toml", "<<<<<<< ours\n");
    assert_eq!(sandbox.goward(["undo", "--force"]).code, Some(0));
    assert!(sandbox.read("project/goward.toml").contains("1.98"));
}

#[test]
fn without_a_history_there_is_nothing_to_go_back_to() {
    let (_server, sandbox) = project();
    let report = "goward: no change of `[PROJECT]` is known here\n  \
                  what `goward use`, `lock` and `init` change is kept on the machine that does it\n\
                  hint: look for earlier states in git: `git log -p goward.toml goward.lock`";
    let state = sandbox.path("elsewhere");
    let sandbox = sandbox.var("XDG_STATE_HOME", state);
    sandbox.goward(["undo"]).fails(3, report);
    sandbox.goward(["undo", "--list"]).fails(3, report);
    let (store, sandbox) =
        (sandbox.store(), sandbox.without_var("XDG_STATE_HOME").without_var("HOME"));
    let sandbox = sandbox.var("GOWARD_HOME", store);
    sandbox.goward(["undo"]).fails(3, report);
    // Both files are still written together.
    assert_eq!(sandbox.goward(["use", "1.98"]).code, Some(0));
    assert!(sandbox.read("project/goward.lock").contains("go1.98.3"));
}

const RENAMES: &str = "rename,renameat,renameat2";

/// Returns which of all renames of `goward use --debug netdns=go` puts the lock in place, after
/// taking that change back.
fn rename_of_the_lock(sandbox: &Sandbox) -> Option<usize> {
    let filter = format!("trace={RENAMES}");
    let outcome = traced(sandbox, "project", &["-e", &filter], &["use", "--debug", "netdns=go"])?;
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert_eq!(sandbox.goward(["undo"]).code, Some(0));
    let trace = sandbox.read("trace");
    let target = format!("\"{}\"", sandbox.path("project/goward.lock").display());
    let at = trace.lines().position(|line| line.contains(&target)).unwrap();
    Some(at + 1)
}

#[test]
fn a_kill_between_the_two_renames_is_undone() {
    let (_server, sandbox) = project();
    let Some(at) = rename_of_the_lock(&sandbox) else { return };
    let before = files(&sandbox);
    let kill = format!("inject={RENAMES}:signal=KILL:when={at}");
    let killed =
        traced(&sandbox, "project", &["-e", &kill], &["use", "--debug", "netdns=go"]).unwrap();
    assert_eq!(killed.stdout, "");
    let [manifest, lock] = files(&sandbox);
    assert!(manifest.unwrap().contains("netdns"));
    assert_eq!(lock, before[1]);
    // `go` follows the lock and knows nothing of it.
    assert!(!sandbox.goward(["exec", "--", "go", "version"]).data().contains("netdns"));
    let undone = "goward: a `goward use` in `[PROJECT]` that was interrupted was undone\n";
    let outcome = sandbox.goward(["lock"]);
    assert_eq!(
        outcome.says(),
        format!("{undone}goward: up to date: `[PROJECT]/goward.lock`: go1.99.1 (listed)\n")
    );
    assert_eq!(files(&sandbox), before);
    assert_eq!(names(&sandbox), ["goward.lock", "goward.toml"]);
}

#[test]
fn a_second_rename_that_fails_takes_the_first_one_back() {
    let (_server, sandbox) = project();
    let Some(at) = rename_of_the_lock(&sandbox) else { return };
    let before = files(&sandbox);
    let fail = format!("inject={RENAMES}:error=EIO:when={at}");
    let failed =
        traced(&sandbox, "project", &["-e", &fail], &["use", "--debug", "netdns=go"]).unwrap();
    assert_eq!(failed.code, Some(1), "{failed:?}");
    let last: Vec<&str> = failed.stderr.lines().collect();
    assert!(last[0].starts_with("goward: failed to rename file from "), "{failed:?}");
    assert_eq!(last[1..], ["  nothing was changed"]);
    assert_eq!(files(&sandbox), before);
    assert_eq!(names(&sandbox), ["goward.lock", "goward.toml"]);
    assert_eq!(
        sandbox.goward(["lock"]).says(),
        "goward: up to date: `[PROJECT]/goward.lock`: go1.99.1 (listed)\n"
    );
}

#[test]
fn a_first_rename_that_cannot_be_taken_back_is_undone_by_the_next_command() {
    let (_server, sandbox) = project();
    let Some(at) = rename_of_the_lock(&sandbox) else { return };
    let before = files(&sandbox);
    let fail = format!("inject={RENAMES}:error=EIO:when={at}+");
    let failed =
        traced(&sandbox, "project", &["-e", &fail], &["use", "--debug", "netdns=go"]).unwrap();
    assert_eq!(failed.code, Some(1), "{failed:?}");
    let report = "\n  `[PROJECT]/goward.toml` was changed; the next `goward lock` undoes that\n";
    assert!(failed.stderr.ends_with(report), "{failed:?}");
    assert!(sandbox.read("project/goward.toml").contains("netdns"));
    let outcome = sandbox.goward(["lock"]);
    assert!(outcome.says().contains(" that was interrupted was undone\n"), "{outcome:?}");
    assert_eq!(files(&sandbox), before);
}

#[test]
fn two_writers_take_turns() {
    let (_server, sandbox) = project();
    let run = |setting: &'static str| {
        let mut command = sandbox.command(&sandbox.path("bin/goward"), "project");
        command.args(["-q", "use", "--debug", setting]).stdin(std::process::Stdio::null());
        command.stderr(std::process::Stdio::null()).spawn().unwrap()
    };
    let all: Vec<_> = ["netdns=go", "http2debug=1", "gctrace=1"].map(run).into();
    let codes: Vec<_> = all.into_iter().map(|mut child| child.wait().unwrap().code()).collect();
    assert_eq!(codes, [Some(0); 3]);
    let lock = sandbox.read("project/goward.lock");
    assert!(lock.contains("GODEBUG = \"gctrace=1,http2debug=1,netdns=go\""), "{lock}");
    assert_eq!(sandbox.goward(["lock", "--check"]).code, Some(0));
}
