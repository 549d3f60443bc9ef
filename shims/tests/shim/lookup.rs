//! Which `go` runs: the order of precedence, and what is refused.

use super::sandbox::{Outcome, Sandbox, exe, lock, own_settings, shown, symlink, write_script};
use goward_shim::sys::OwnedText;
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
    assert_eq!(sandbox.run().program(), shown(want));
}

/// The shim handed the call to the manager, with these arguments.
fn asks_manager(sandbox: &Sandbox, arguments: &[&str]) {
    let outcome = sandbox.run();
    assert_eq!(outcome.program(), shown(sandbox.goward()));
    let got = outcome.lines("arg");
    let shim = sandbox.path("store/shims").join(exe("go"));
    let shim = shim.to_str().unwrap();
    if cfg!(windows) {
        // Std puts the path of the program into `argv[0]`, there and where the shim is started.
        assert_eq!(got[1..4], ["shim-fallback", "--called", shim]);
        assert_eq!((got[4].as_str(), shown(&got[5])), ("--", shown(shim)));
    } else {
        assert_eq!(got[..6], ["goward", "shim-fallback", "--called", shim, "--", shim]);
    }
    assert_eq!(got[6..], *arguments);
}

#[test]
fn the_nearest_lock_above_the_working_directory() {
    runs(&two_versions(), "go1.27.1");
    runs(&two_versions().cwd("project/a/b/c/d"), "go1.27.1");
    let inner = two_versions().file("project/a/goward.lock", lock("go1.26.2", ""));
    runs(&inner.cwd("project/a/b"), "go1.26.2");
}

#[test]
fn a_manifest_without_a_lock_is_left_to_the_manager_and_not_passed_by() {
    let sandbox = || two_versions().file("store/default.lock", lock("go1.26.2", ""));
    asks_manager(&sandbox().file("project/a/goward.toml", "").cwd("project/a/b"), &[]);
    asks_manager(&sandbox().file("elsewhere/goward.toml", "").cwd("elsewhere"), &[]);
    let other = sandbox().file("elsewhere/goward.toml", "").cwd("project");
    asks_manager(
        &other.arg("build").arg("-C").arg("../elsewhere"),
        &["build", "-C", "../elsewhere"],
    );
    let locked = sandbox().file("project/a/goward.toml", "");
    runs(
        &locked.file("project/a/goward.lock", lock("go1.26.2", "")).cwd("project/a/b"),
        "go1.26.2",
    );
}

#[test]
#[cfg_attr(windows, ignore = "needs links, which Wine does not make")]
fn a_project_that_was_entered_through_a_link_counts() {
    let sandbox = two_versions();
    symlink(sandbox.path("project"), sandbox.path("quick")).unwrap();
    let project = sandbox.path("project/a");
    std::fs::create_dir(&project).unwrap();
    std::fs::remove_file(sandbox.path("other/goward.lock")).unwrap();
    symlink(&project, sandbox.path("other/quick")).unwrap();
    let logical = sandbox.path("other/quick");
    let output = sandbox.command().current_dir(&logical).env("PWD", &logical).output().unwrap();
    assert!(String::from_utf8(output.stdout).unwrap().contains("go1.27.1-"));
}

#[test]
#[cfg_attr(windows, ignore = "needs links, which Wine does not make")]
fn a_link_to_a_lock_of_the_same_repository_is_followed() {
    let sandbox = two_versions().cwd("project/a");
    std::fs::create_dir(sandbox.path("project/.git")).unwrap();
    symlink("../goward.lock", sandbox.path("project/a/goward.lock")).unwrap();
    runs(&sandbox, "go1.27.1");
    let path = sandbox.path("project/a/goward.lock");
    runs(&sandbox.var("GOWARD_LOCK", path).cwd("other"), "go1.27.1");
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
    assert_eq!(sandbox.run().program(), shown(want));
}

#[test]
#[cfg_attr(windows, ignore = "Go does not read PWD there")]
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
    assert_eq!(outcome.program(), shown(sandbox.path("system/go")));
    assert_eq!(outcome.variable("GOROOT").as_deref(), Some("/usr/lib/go"));
    assert_eq!(outcome.variable("GOEXPERIMENT").as_deref(), Some("x"));
    if cfg!(windows) {
        return;
    }
    // What is not executable is not a program.
    std::fs::remove_file(sandbox.path("system/go")).unwrap();
    let sandbox = sandbox.file("system/go", "not executable");
    assert_eq!(sandbox.run().program(), shown(sandbox.path("later/go")));
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
    assert_eq!(sandbox.run().program(), shown(sandbox.path("system/go")));
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
    asks_manager(&two_versions().var("GOWARD_LOCK", "/proc/nowhere/goward.lock"), &[]);
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
        ("dangling", |lock, _| symlink("/proc/nowhere", lock)),
    ];
    // Wine makes no links.
    let count = if cfg!(windows) { 3 } else { 5 };
    for (name, prepare) in cases.into_iter().take(count) {
        let sandbox = two_versions().cwd("project/a");
        // The link leads out of this repository.
        std::fs::create_dir(sandbox.path("project/.git")).unwrap();
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
#[cfg_attr(windows, ignore = "no file there is a pipe")]
fn a_pipe_in_place_of_a_lock_does_not_hang() {
    let sandbox = two_versions().cwd("project/a");
    let made =
        std::process::Command::new("mkfifo").arg(sandbox.path("project/a/goward.lock")).status();
    assert!(made.unwrap().success());
    asks_manager(&sandbox, &[]);
}

/// Whatever HOME is: the store is the one that the shim is called from.
#[test]
fn no_home_at_all() {
    let bare = || two_versions().without_var("HOME").without_var("GOWARD_HOME");
    runs(&bare(), "go1.27.1");
    runs(&bare().var("HOME", "/no-home"), "go1.27.1");
    runs(&bare().var("XDG_DATA_HOME", "/no-data"), "go1.27.1");
    let sandbox = bare().foreign_go("system").cwd("elsewhere");
    let path = sandbox.path("system");
    let sandbox = sandbox.var("PATH", path);
    assert_eq!(sandbox.run().program(), shown(sandbox.path("system/go")));
    let sandbox = sandbox.file("store/default.lock", lock("go1.26.2", ""));
    runs(&sandbox, "go1.26.2");
}

/// Of a variable that is there twice Go takes the first value, and so do both programs.
#[test]
#[cfg_attr(windows, ignore = "no name stands there twice")]
fn the_first_of_two_stores_is_the_store() {
    let sandbox = two_versions();
    // Std and shells keep one value of a name: the list is made by hand.
    let script = format!(
        "import ctypes\nargv = (ctypes.c_char_p * 2)(b'go', None)\n\
         envp = (ctypes.c_char_p * 3)(b'GOWARD_HOME={}', b'GOWARD_HOME=/no-store', None)\n\
         ctypes.CDLL(None).execve(b'{}', argv, envp)\n",
        sandbox.path("store").display(),
        sandbox.path("store/shims/go").display()
    );
    let mut python = std::process::Command::new("python3");
    let output = python.args(["-c", &script]).current_dir(sandbox.path("project")).output();
    let text = String::from_utf8(output.unwrap().stdout).unwrap();
    let want = sandbox.tree("go1.27.1").join("libexec/go");
    assert!(text.contains(&format!("exe {}\n", want.display())), "{text}");
}

/// The release of a GOROOT whose `bin/go` is called, whatever GOROOT and the default say.
#[test]
fn bin_go_of_a_goroot_is_that_goroot() {
    let mut sandbox = two_versions()
        .file("store/default.lock", lock("go1.27.1", ""))
        .file("local/bin/.keep", "")
        .cwd("elsewhere");
    let tree = sandbox.tree("go1.26.2");
    let (link, directory) = (sandbox.path("local/bin/go"), sandbox.path("current"));
    symlink(tree.join("bin/go"), &link).unwrap();
    symlink(&tree, &directory).unwrap();
    let ways = [tree.join("bin/go"), link, directory.join("bin/go")];
    // Wine makes no links.
    let count = if cfg!(windows) { 1 } else { 3 };
    for _ in 0..2 {
        for program in ways.iter().take(count) {
            let outcome = sandbox.run_as(program);
            let (real, want) = (outcome.program(), tree.join("libexec/go"));
            if cfg!(windows) {
                assert_eq!(real, shown(want));
                continue;
            }
            let [real, want] = [real.as_ref(), want.as_path()].map(std::fs::canonicalize);
            assert_eq!(real.unwrap(), want.unwrap(), "{program:?}");
        }
        let other = sandbox.tree("go1.27.1");
        sandbox = sandbox.var("GOROOT", &other).var("GOWARD_TOOLCHAIN", &other);
    }
}

/// A GOROOT that somebody copied works by itself, with a store and without one.
#[test]
fn a_copied_goroot_is_one() {
    let sandbox = two_versions().copied("go1.26.2", "copies/go").cwd("elsewhere");
    let (tree, copy) = (sandbox.tree("go1.26.2"), sandbox.path("copies/go"));
    let run = |sandbox: &Sandbox| sandbox.run_as(copy.join("bin/go"));
    let is = |outcome: &Outcome, root: &Path| {
        assert_eq!(outcome.program(), shown(root.join("libexec/go")));
        assert_eq!(outcome.variable("GOWARD_TOOLCHAIN").as_deref(), root.to_str());
    };
    is(&run(&sandbox), &copy);
    // A project's lock decides. Without a store, what it names is the copy itself, or is missing.
    let sandbox = sandbox.cwd("other");
    is(&run(&sandbox), &tree);
    let sandbox = sandbox.without_var("GOWARD_HOME");
    let outcome = run(&sandbox);
    is(&outcome, &copy);
    assert_eq!(
        outcome.variable("GOENV").as_deref(),
        Some(if cfg!(windows) { "NUL" } else { "/dev/null" })
    );
    let outcome = run(&sandbox.cwd("project"));
    assert_eq!((outcome.code, outcome.stdout.len()), (Some(127), 0), "{outcome:?}");
}

/// A tree with the lock's short hash and another whole one is not the lock's.
#[test]
fn the_whole_hash_decides() {
    let sandbox = two_versions();
    runs(&sandbox, "go1.27.1");
    let file = sandbox.tree("go1.27.1").join("libexec/goward-h1");
    let other = std::fs::read_to_string(&file).unwrap().replace("AAA=", "AAB=");
    for wrong in [other.as_str(), "", "h1:", "\n"] {
        std::fs::write(&file, wrong).unwrap();
        asks_manager(&sandbox, &[]);
    }
    std::fs::remove_file(&file).unwrap();
    asks_manager(&sandbox, &[]);
}

#[test]
fn a_directory_in_a_goroot_of_the_store_means_that_goroot() {
    let sandbox = two_versions().file("store/default.lock", lock("go1.27.1", ""));
    let src = sandbox.tree("go1.26.2").join("src/fmt");
    std::fs::create_dir_all(&src).unwrap();
    symlink(sandbox.path("store"), sandbox.path("link")).unwrap();
    let relative = src.strip_prefix(sandbox.path("")).unwrap().to_str().unwrap().to_owned();
    let sandbox = sandbox.cwd(&relative);
    runs(&sandbox, "go1.26.2");
    let linked = sandbox.path("link").join(src.strip_prefix(sandbox.path("store")).unwrap());
    let sandbox = sandbox.var("PWD", linked);
    runs(&sandbox, "go1.26.2");
    // A directory of a repository that looks like one means nothing.
    let key = sandbox.tree("go1.26.2").file_name().unwrap().to_str().unwrap().to_owned();
    for name in ["libexec/goward-h1", "libexec/go"] {
        std::fs::create_dir_all(sandbox.path(&format!("clone/tree/{key}/libexec"))).unwrap();
        std::fs::write(sandbox.path(&format!("clone/tree/{key}/{name}")), "").unwrap();
    }
    let sandbox = sandbox.file("clone/goward-store", "").without_var("PWD");
    runs(&sandbox.cwd(&format!("clone/tree/{key}/src")), "go1.27.1");
}

#[test]
#[cfg_attr(windows, ignore = "needs links, which Wine does not make")]
fn goroot_of_the_store_decides_outside_of_projects() {
    let sandbox = two_versions().file("store/default.lock", lock("go1.27.1", "")).cwd("elsewhere");
    let tree = sandbox.tree("go1.26.2");
    symlink(&tree, sandbox.path("fixed")).unwrap();
    let fixed = sandbox.path("fixed");
    let sandbox = sandbox.var("GOROOT", &tree);
    runs(&sandbox, "go1.26.2");
    let sandbox = sandbox.var("GOROOT", &fixed);
    let outcome = sandbox.run();
    assert_eq!(outcome.program(), shown(tree.join("libexec/go")));
    assert_eq!(outcome.variable("GOROOT").as_deref(), fixed.to_str());
    let sandbox = sandbox.var("GOROOT", "/proc/nowhere/tree/x");
    runs(&sandbox, "go1.27.1");
}

/// A GOROOT outside of every store passes when it is of the same release: a patched copy. No `go` can use
/// another one.
#[test]
fn a_goroot_of_the_same_release_passes_where_no_lock_decides() {
    let sandbox = two_versions()
        .file("store/default.lock", lock("go1.27.1", ""))
        .file("patched/VERSION", "go1.27.1\ntime x\n")
        .file("older/VERSION", "go1.26.2\n")
        .file("elsewhere/x", "")
        .cwd("elsewhere");
    let goroot = |sandbox: &Sandbox| sandbox.run().variable("GOROOT");
    let patched = sandbox.path("patched");
    let sandbox = sandbox.var("GOROOT", &patched);
    runs(&sandbox, "go1.27.1");
    assert_eq!(goroot(&sandbox).as_deref(), patched.to_str());
    let older = sandbox.path("older");
    let sandbox = sandbox.var("GOROOT", older);
    assert_eq!(goroot(&sandbox), None);
    let sandbox = sandbox.var("GOROOT", "/proc/nowhere");
    assert_eq!(goroot(&sandbox), None);
    // Under a lock none passes.
    let sandbox = sandbox.var("GOROOT", &patched).cwd("project");
    assert_eq!(goroot(&sandbox), None);
}

/// `go1.26.2` as with golang.org/dl: a link in the store says which toolchain that is.
#[test]
#[cfg_attr(windows, ignore = "needs links, which Wine does not make")]
fn a_program_name_chooses_the_release() {
    let sandbox = two_versions().cwd("project");
    let outcome = sandbox.run_as(sandbox.path("store/shims/go1.26.2"));
    assert_eq!(outcome.program(), shown(sandbox.tree("go1.26.2").join("libexec/go")));
    assert_eq!(outcome.variable("GOWARD_GO").as_deref(), Some("go1.26.2"));
    assert_eq!(outcome.variable("GOTOOLCHAIN"), None);
    // A name that leads to another release is looked up.
    let wrong = sandbox.path("store/shims/go1.25.0");
    symlink(sandbox.tree("go1.26.2").join("bin/go"), &wrong).unwrap();
    let outcome = sandbox.run_as(&wrong);
    assert_eq!(outcome.program(), shown(sandbox.goward()));
}

/// None of goward's programs is the next `go`: of another goward, in a GOROOT, or by a link.
#[test]
fn other_shims_are_passed_over() {
    let sandbox = Sandbox::new()
        .toolchain("go1.26.2")
        .copied("go1.26.2", "copies/go")
        .foreign_go("system")
        .file(&format!("second/bin/{}", exe("goward-shim")), "")
        .file("links/.keep", "")
        .cwd("elsewhere");
    let [shim, second] = ["bin", "second/bin"].map(|it| sandbox.path(it).join(exe("goward-shim")));
    std::fs::copy(shim, second).unwrap();
    if !cfg!(windows) {
        symlink("goward-shim", sandbox.path("second/bin/go")).unwrap();
        symlink(sandbox.tree("go1.26.2").join("bin/go"), sandbox.path("links/go")).unwrap();
    }
    let tree = sandbox.tree("go1.26.2").join("bin");
    let names = ["store/shims", "second/bin", "copies/go/bin", "links", "system"];
    let directories = std::iter::once(tree).chain(names.map(|name| sandbox.path(name)));
    let path = std::env::join_paths(directories).unwrap();
    let sandbox = sandbox.var("PATH", path);
    assert_eq!(sandbox.run().program(), shown(sandbox.path("system/go")));
}

#[test]
fn without_the_manager_the_shim_says_so() {
    let sandbox = Sandbox::new().file("project/goward.lock", lock("go1.25.0", ""));
    // Windows does not delete a program while another link of it runs, but it renames it.
    std::fs::rename(sandbox.goward(), sandbox.path("goward-elsewhere")).unwrap();
    let outcome = sandbox.run();
    assert_eq!(outcome.code, Some(127));
    let tried = sandbox.goward().display().to_string();
    let want = format!(
        "goward: the toolchain for this call is not installed, and there is no `goward` to install \
         it\n  tried `{tried}`: error 2\n\
         hint: reinstall goward: its two programs belong in one directory\n"
    );
    assert_eq!((outcome.stderr.as_str(), outcome.stdout.len()), (want.as_str(), 0));
    let sandbox = sandbox.file("project/goward.lock", "junk\n");
    let outcome = sandbox.run();
    assert_eq!((outcome.code, outcome.stdout.len()), (Some(126), 0));
    let what = "goward: this call cannot be served, and there is no `goward` to say why\n";
    assert!(outcome.stderr.starts_with(what), "{}", outcome.stderr);
}

#[test]
#[cfg_attr(windows, ignore = "needs a shell")]
fn two_programs_that_pass_calls_to_each_other_stop() {
    let sandbox = Sandbox::new().cwd("elsewhere");
    let other = sandbox.path("ping/go");
    std::fs::create_dir_all(other.parent().unwrap()).unwrap();
    let script = format!("#!/bin/sh\nexec {} \"$@\"\n", sandbox.path("store/shims/go").display());
    write_script(&other, &script);
    let sandbox = sandbox.var("PATH", other.parent().unwrap());
    let outcome = sandbox.run();
    assert_eq!(outcome.program(), shown(sandbox.goward()));
    assert_eq!(outcome.variable("GOWARD_DEPTH").as_deref(), Some("100"));
}

#[test]
#[cfg_attr(windows, ignore = "needs a shell")]
fn a_toolchain_that_calls_the_go_on_path_stops() {
    let sandbox =
        Sandbox::new().toolchain("go1.27.1").file("project/goward.lock", lock("go1.27.1", ""));
    let go = sandbox.tree("go1.27.1").join("libexec/go");
    write_script(&go, "#!/bin/sh\nexec go \"$@\"\n");
    let shims = sandbox.path("store/shims");
    let outcome = sandbox.var("PATH", shims).arg("build").run();
    assert_eq!(outcome.lines("arg").last().unwrap(), "build");
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
fn a_copy_of_another_state_of_the_users_file_is_left_to_the_manager() {
    let own = own_settings();
    let sandbox = two_versions().file(own, "GOEXPERIMENT=x\n");
    asks_manager(&sandbox, &[]);
    // Made for this state, it serves; after a change it does not.
    let paths = ["home", "store", "home/AppData/Roaming"].map(|name| sandbox.path(name));
    let entry = |name: &str, path: &std::path::PathBuf| {
        OwnedText::entry(name, path.as_os_str().as_encoded_bytes())
    };
    let entries =
        [entry("HOME", &paths[0]), entry("GOWARD_HOME", &paths[1]), entry("APPDATA", &paths[2])];
    let home = paths[1].as_os_str().as_encoded_bytes();
    let goenv = goward_shim::goenv_file::locate(
        home,
        goward_shim::pins::Isolation::Pinned,
        &goward_shim::Environment::of(&entries),
    );
    let path = std::path::PathBuf::from(String::from_utf8(goenv.path.into_bytes()).unwrap());
    std::fs::write(&path, "").unwrap();
    let outcome = sandbox.run();
    assert_eq!(outcome.program(), shown(sandbox.tree("go1.27.1").join("libexec/go")));
    assert_eq!(outcome.variable("GOENV").unwrap(), path.to_str().unwrap());
    std::fs::write(sandbox.path(own), "GOEXPERIMENT=yy\n").unwrap();
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
