//! Which `go` runs: the order of precedence, and what is refused.

use super::sandbox::{Sandbox, lock, write_script};
use std::ffi::CString;
use std::os::unix::fs::symlink;
use std::path::Path;

fn two_versions() -> Sandbox {
    Sandbox::new()
        .toolchain("go1.26.2")
        .toolchain("go1.27.1")
        .file("project/goward.lock", lock("go1.27.1", ""))
        .file("other/goward.lock", lock("go1.26.2", ""))
}

fn runs(sandbox: &Sandbox, version: &str) {
    let want = sandbox.tree(version).join("libexec/go");
    assert_eq!(sandbox.run().program(), want.to_str().unwrap());
}

/// The shim handed the call to the manager, with these arguments.
fn asks_manager(sandbox: &Sandbox, arguments: &[&str]) {
    let outcome = sandbox.run();
    assert_eq!(outcome.program(), sandbox.path("bin/goward").to_str().unwrap());
    let got = outcome.lines("arg");
    assert_eq!(got[..3], ["goward", "miss", "--"]);
    let shim = sandbox.path("store/shims/go");
    assert_eq!(got[3], shim.to_str().unwrap());
    assert_eq!(got[4..], *arguments);
}

#[test]
fn the_nearest_lock_above_the_working_directory() {
    runs(&two_versions(), "go1.27.1");
    runs(&two_versions().cwd("project/a/b/c/d"), "go1.27.1");
    let inner = two_versions().file("project/a/goward.lock", lock("go1.26.2", ""));
    runs(&inner.cwd("project/a/b"), "go1.26.2");
}

#[test]
fn a_leading_chdir_flag_decides() {
    runs(&two_versions().arg("-C").arg("../other").arg("build"), "go1.26.2");
    runs(&two_versions().arg("build").arg("-C=../other"), "go1.26.2");
    runs(&two_versions().arg("build").arg("-v").arg("-C=../other"), "go1.27.1");
}

#[test]
fn gofmt_is_served_from_the_same_toolchain_and_has_no_chdir_flag() {
    let sandbox = two_versions().tool("gofmt").arg("-C").arg("../other");
    let want = sandbox.tree("go1.27.1").join("libexec/gofmt");
    assert_eq!(sandbox.run().program(), want.to_str().unwrap());
}

#[test]
fn the_logical_working_directory_counts_as_it_does_for_go() {
    let sandbox = two_versions().cwd("other/real");
    symlink(sandbox.path("other/real"), sandbox.path("project/link")).unwrap();
    let logical = sandbox.path("project/link");
    let run = |pwd: &Path| {
        let output = sandbox.command().current_dir(&logical).env("PWD", pwd).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(run(&logical).contains("go1.27.1-"));
    // A PWD that names another directory is not believed.
    assert!(run(&sandbox.path("project")).contains("go1.26.2-"));
}

#[test]
fn the_default_lock_serves_where_there_is_no_project() {
    let sandbox = two_versions().file("store/default.lock", lock("go1.26.2", "")).cwd("elsewhere");
    runs(&sandbox, "go1.26.2");
}

#[test]
fn without_lock_and_default_the_next_go_on_path() {
    let path = |sandbox: &Sandbox| {
        let entries = [sandbox.path("store/shims"), sandbox.path("system"), sandbox.path("later")];
        std::env::join_paths(["".into(), ".".into()].into_iter().chain(entries)).unwrap()
    };
    let sandbox = Sandbox::new()
        .foreign_go("system")
        .foreign_go("later")
        .foreign_go("elsewhere")
        .cwd("elsewhere");
    let value = path(&sandbox);
    let sandbox = sandbox.var("PATH", value).var("GOROOT", "/usr/lib/go").var("GOEXPERIMENT", "x");
    let outcome = sandbox.run();
    assert_eq!(outcome.program(), sandbox.path("system/go").to_str().unwrap());
    assert_eq!(outcome.variable("GOROOT").as_deref(), Some("/usr/lib/go"));
    assert_eq!(outcome.variable("GOEXPERIMENT").as_deref(), Some("x"));
    // What is not executable is not a program.
    std::fs::remove_file(sandbox.path("system/go")).unwrap();
    let sandbox = sandbox.file("system/go", "not executable");
    assert_eq!(sandbox.run().program(), sandbox.path("later/go").to_str().unwrap());
}

#[test]
fn nothing_to_run_is_left_to_the_manager_to_explain() {
    asks_manager(&Sandbox::new().cwd("elsewhere").arg("version"), &["version"]);
}

#[test]
fn bypass_ignores_everything() {
    let sandbox =
        two_versions().foreign_go("system").var("GOWARD_BYPASS", "1").var("GOWARD_GO", "1.26");
    let path = sandbox.path("system");
    let sandbox = sandbox.var("PATH", path);
    assert_eq!(sandbox.run().program(), sandbox.path("system/go").to_str().unwrap());
    runs(&two_versions().var("GOWARD_BYPASS", "0"), "go1.27.1");
}

#[test]
fn requests_are_the_managers() {
    asks_manager(&two_versions().arg("+1.26").arg("test"), &["+1.26", "test"]);
    asks_manager(&two_versions().var("GOWARD_GO", "1.26.2").arg("env"), &["env"]);
    runs(&two_versions().var("GOWARD_GO", ""), "go1.27.1");
}

#[test]
fn an_overriding_lock_beats_the_search() {
    let sandbox = two_versions();
    let path = sandbox.path("other/goward.lock");
    runs(&sandbox.var("GOWARD_LOCK", path), "go1.26.2");
    asks_manager(&two_versions().var("GOWARD_LOCK", "/nowhere/goward.lock"), &[]);
}

#[test]
fn a_missing_toolchain_is_left_to_the_manager() {
    let sandbox =
        Sandbox::new().file("project/goward.lock", lock("go1.25.0", "")).arg("build").arg("./...");
    asks_manager(&sandbox, &["build", "./..."]);
}

#[test]
fn a_lock_that_cannot_be_used_is_never_skipped() {
    type Prepare = fn(&Path, &Path) -> std::io::Result<()>;
    let cases: [(&str, Prepare); 5] = [
        ("empty", |lock, _| std::fs::write(lock, "")),
        ("damaged", |lock, _| std::fs::write(lock, "schema = 1\n<<<<\n")),
        ("directory", |lock, _| std::fs::create_dir(lock)),
        ("link", |lock, other| symlink(other, lock)),
        ("dangling", |lock, _| symlink("/nowhere", lock)),
    ];
    for (name, prepare) in cases {
        let sandbox = two_versions().cwd("project/a");
        prepare(&sandbox.path("project/a/goward.lock"), &sandbox.path("other/goward.lock"))
            .unwrap();
        println!("{name}");
        asks_manager(&sandbox, &[]);
    }
}

#[test]
fn a_lock_without_this_platform_or_profile_is_refused() {
    let text = lock("go1.27.1", "").replace(goward_shim::layout::HOST_PLATFORM, "plan9-386");
    asks_manager(&two_versions().file("project/goward.lock", text), &[]);
    asks_manager(&two_versions().var("GOWARD_PROFILE", "ci"), &[]);
}

#[test]
fn a_pipe_in_place_of_a_lock_does_not_hang() {
    let sandbox = two_versions().cwd("project/a");
    let made =
        std::process::Command::new("mkfifo").arg(sandbox.path("project/a/goward.lock")).status();
    assert!(made.unwrap().success());
    asks_manager(&sandbox, &[]);
}

#[test]
fn no_home_at_all() {
    let bare = || two_versions().without_var("HOME").without_var("GOWARD_HOME");
    asks_manager(&bare(), &[]);
    let sandbox = bare().foreign_go("system").cwd("elsewhere");
    let path = sandbox.path("system");
    let sandbox = sandbox.var("PATH", path);
    assert_eq!(sandbox.run().program(), sandbox.path("system/go").to_str().unwrap());
}

#[test]
fn without_the_manager_the_shim_says_so() {
    let sandbox = Sandbox::new().file("project/goward.lock", lock("go1.25.0", ""));
    std::fs::remove_file(sandbox.path("bin/goward")).unwrap();
    let outcome = sandbox.run();
    assert_eq!(outcome.code, Some(126));
    let want = format!(
        "goward: cannot run `{}` (error 2)\nhint: reinstall goward: its two programs belong in one directory\n",
        sandbox.path("bin/goward").display()
    );
    assert_eq!((outcome.stderr.as_str(), outcome.stdout.len()), (want.as_str(), 0));
}

#[test]
fn two_programs_that_pass_calls_to_each_other_stop() {
    let sandbox = Sandbox::new().cwd("elsewhere");
    let other = sandbox.path("ping/go");
    std::fs::create_dir_all(other.parent().unwrap()).unwrap();
    let script = format!("#!/bin/sh\nexec {} \"$@\"\n", sandbox.path("store/shims/go").display());
    write_script(&other, &script);
    let sandbox = sandbox.var("PATH", other.parent().unwrap());
    let outcome = sandbox.run();
    assert_eq!(outcome.program(), sandbox.path("bin/goward").to_str().unwrap());
    assert_eq!(outcome.variable("GOWARD_DEPTH").as_deref(), Some("100"));
}

#[test]
fn a_toolchain_that_calls_the_go_on_path_stops() {
    let sandbox =
        Sandbox::new().toolchain("go1.27.1").file("project/goward.lock", lock("go1.27.1", ""));
    let go = sandbox.tree("go1.27.1").join("libexec/go");
    write_script(&go, "#!/bin/sh\nexec go \"$@\"\n");
    let shims = sandbox.path("store/shims");
    let outcome = sandbox.var("PATH", shims).arg("build").run();
    assert_eq!(outcome.lines("arg")[4..], ["build"]);
    assert_eq!(outcome.variable("GOWARD_DEPTH").as_deref(), Some("100"));
}

#[test]
fn what_is_no_depth_counts_as_none() {
    let with = |depth| two_versions().var("GOWARD_DEPTH", depth).run();
    for (depth, want) in [("", "1"), ("7", "8"), ("99", "100"), ("x", "1"), ("-1", "1")] {
        assert_eq!(with(depth).variable("GOWARD_DEPTH").as_deref(), Some(want), "{depth}");
    }
    for depth in ["100", "4294967295"] {
        assert_eq!(with(depth).variable("GOWARD_DEPTH").as_deref(), Some(depth));
    }
}

#[test]
fn a_barrier_for_another_state_of_the_users_file_is_left_to_the_manager() {
    let sandbox = two_versions().file("home/.config/go/env", "GOEXPERIMENT=x\n");
    asks_manager(&sandbox, &[]);
    // Made for this state, it serves; after a change it does not.
    let paths = ["home", "store"].map(|name| sandbox.path(name));
    let entry = |name: &str, path: &std::path::PathBuf| {
        CString::new(format!("{name}={}", path.display())).unwrap()
    };
    let entries = [entry("HOME", &paths[0]), entry("GOWARD_HOME", &paths[1])];
    let home = paths[1].as_os_str().as_encoded_bytes();
    let barrier = goward_shim::barrier::locate(
        home,
        goward_shim::pins::Isolation::Pinned,
        &goward_shim::Environment::of(&entries),
    );
    let path = std::path::PathBuf::from(String::from_utf8(barrier.path.into_bytes()).unwrap());
    std::fs::write(&path, "").unwrap();
    let outcome = sandbox.run();
    assert_eq!(outcome.program(), sandbox.tree("go1.27.1").join("libexec/go").to_str().unwrap());
    assert_eq!(outcome.variable("GOENV").unwrap(), path.to_str().unwrap());
    std::fs::write(sandbox.path("home/.config/go/env"), "GOEXPERIMENT=yy\n").unwrap();
    asks_manager(&sandbox, &[]);
}

#[test]
fn changes_to_the_users_file_are_the_managers() {
    asks_manager(
        &two_versions().arg("env").arg("-w").arg("GOPROXY=off"),
        &["env", "-w", "GOPROXY=off"],
    );
    asks_manager(&two_versions().arg("env").arg("-u").arg("GOPROXY"), &["env", "-u", "GOPROXY"]);
    runs(&two_versions().arg("env").arg("GOPROXY"), "go1.27.1");
}

/// Go changes the directory before it looks around, so what is above the target counts, not what
/// is above the way there.
#[test]
fn a_chdir_flag_leaves_the_callers_project() {
    let sandbox = two_versions().file("store/default.lock", lock("go1.26.2", "")).cwd("elsewhere");
    let sandbox = sandbox.cwd("project").arg("-C").arg("../elsewhere").arg("version");
    runs(&sandbox, "go1.26.2");
    let sandbox = two_versions().cwd("project").arg("mod").arg("tidy").arg("-C").arg("../other");
    runs(&sandbox, "go1.26.2");
}
