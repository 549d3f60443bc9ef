//! `goward link`, and everything that works with the name of a linked toolchain.

use super::{archive, mirror, sandbox, tree, uncovered};
use crate::common::archives::Tree;
use crate::common::server::Mirror;
use crate::common::{Outcome, Sandbox, machine};
use goward_core::platform::Platform;
use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Stdio;

/// A toolchain whose `go` says of itself what a distribution's does, and else what [`tree`]'s does.
pub(super) fn corp(version: &str, told: &str) -> Tree {
    let host = Platform::host();
    let script = format!(
        "#!/bin/sh\nif test \"$1\" = env; then\nprintf '%s\\n' {} {} '{told}'\nexit\nfi\n\
         if test \"$1\" = nested; then shift; exec \"$GOROOT/bin/go\" \"$@\"; fi\n\
         echo \"go version {told}\" \"$@\"\n\
         for name in GODEBUG GOEXPERIMENT GOWARD_GO; do\n\
         eval \"value=\\${{$name-}}\"; test -z \"$value\" || echo \"$name=$value\"\ndone\n",
        host.os(),
        host.arch(),
    );
    tree(version, &host.lock_name()).with("VERSION", format!("{told}\n")).with("bin/go", script)
}

/// Puts a toolchain in place as a distribution does, with its source elsewhere. Other processes write
/// the files: what this one has open for writing, another test's child could not run.
pub(super) fn put(sandbox: &Sandbox, place: &str, tree: &Tree) -> PathBuf {
    sandbox.write("packed.tar.gz", tree.tar_gz());
    let target = sandbox.path(place);
    let script = "set -e; rm -rf \"$1\" \"$1-share\"; mkdir -p \"$1\" \"$1-share\"\n\
                  tar -xzf \"$2\" -C \"$1\" --strip-components=1 && rm \"$2\"\n\
                  chmod 755 \"$1\"/bin/*; mv \"$1/src\" \"$1-share/src\"\n\
                  ln -s \"../$(basename \"$1\")-share/src\" \"$1/src\"";
    let packed = sandbox.path("packed.tar.gz");
    let done = machine::command("sh").args(["-c", script, "sh"]).args([&target, &packed]).status();
    assert!(done.unwrap().success());
    target
}

/// Runs a line of shell in a directory.
fn sh(directory: &Path, line: &str) {
    let done = machine::command("sh").args(["-c", line]).current_dir(directory).status();
    assert!(done.unwrap().success(), "{line}");
}

/// A sandbox with shims, without sources, and with a toolchain at `corp` that is not yet linked.
fn with_corp() -> (Sandbox, PathBuf) {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.goward(["setup", "--no-modify-path"]).code, Some(0));
    let path = put(&sandbox, "corp", &corp("go1.99.1", "go1.99.1-corp"));
    (sandbox, path)
}

fn link(sandbox: &Sandbox, name: &str, path: &Path) -> Outcome {
    sandbox.goward([Path::new("link"), Path::new(name), path])
}

fn host() -> String {
    Platform::host().to_string()
}

/// The h1 of everything that is linked or installed, in the order of the list.
fn hashes(sandbox: &Sandbox) -> Vec<String> {
    let list: serde_json::Value =
        serde_json::from_str(sandbox.goward(["list", "--json"]).data()).unwrap();
    let entries = list.as_array().unwrap().iter();
    entries.map(|entry| entry["h1"].as_str().unwrap().to_owned()).collect()
}

/// Everything below a directory that goward could change: kind, mode, size and times.
fn state(directory: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut todo = vec![directory.to_owned()];
    while let Some(path) = todo.pop() {
        let m = fs::symlink_metadata(&path).unwrap();
        if m.is_dir() {
            todo.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        }
        let times = (m.mtime(), m.mtime_nsec(), m.ctime(), m.ctime_nsec());
        found.push(format!("{} {:o} {} {times:?}", path.display(), m.mode(), m.size()));
    }
    found.sort();
    found
}

const RAN: &str = "go version go1.99.1-corp version\n";

#[test]
fn a_name_works_wherever_a_request_does() {
    let (sandbox, path) = with_corp();
    let before = state(&sandbox.path("corp"));
    let source = state(&sandbox.path("corp-share"));
    assert_eq!(
        link(&sandbox, "corp", Path::new("../corp")).says(),
        format!("goward: linked `corp`: go1.99.1-corp for {}, `[BASE]/corp`\n", host())
    );
    // The manifest, the lock, and the shim.
    assert_eq!(
        sandbox.goward(["use", "corp", "--experiment", "jsonv2"]).says(),
        format!(
            "goward: wrote `[PROJECT]/goward.toml` and `[PROJECT]/goward.lock`: go1.99.1\n\
             goward: go1.99.1 for {} is installed (linked)\n",
            host()
        )
    );
    assert!(sandbox.read("project/goward.toml").contains("go = \"corp\"\n"));
    let h1 = hashes(&sandbox).remove(0);
    let want = format!(
        "# Written by goward from goward.toml; edit that file and run `goward lock`.\nschema = 1\n\n\
         [toolchain]\nversion = \"go1.99.1\"\nrequest = \"corp\"\nlevel = \"linked\"\n\n\
         [toolchain.{}]\nh1 = \"{h1}\"\n\n[pins]\nGOEXPERIMENT = \"jsonv2\"\n",
        Platform::host().lock_name()
    );
    assert_eq!(sandbox.read("project/goward.lock"), want);
    let pinned = format!("{RAN}GOEXPERIMENT=jsonv2\n");
    assert_eq!(sandbox.go(["version"]).data(), pinned);
    assert_eq!(sandbox.go(["nested", "version"]).data(), pinned);
    for args in
        [&["lock"][..], &["lock", "--upgrade"], &["lock", "--check"], &["install", "--locked"]]
    {
        assert_eq!(sandbox.goward(args).code, Some(0), "{args:?}");
        assert_eq!(sandbox.read("project/goward.lock"), want);
    }
    let which = sandbox.goward(["which"]);
    let store_key = goward_shim::layout::key("go1.99.1", &Platform::host().lock_name(), &h1);
    assert_eq!(which.stdout, format!("[STORE]/tree/{store_key}/libexec/go\n"));
    assert_eq!(which.says(), "goward: go1.99.1 (linked), chosen by `[PROJECT]/goward.lock`\n");

    // For one call, and for what it starts.
    let named = format!("{RAN}GOWARD_GO=corp\n");
    assert_eq!(sandbox.go(["+corp", "version"]).data(), named);
    assert_eq!(sandbox.go(["+corp", "nested", "version"]).data(), named);
    assert_eq!(
        sandbox.goward(["exec", "--go", "corp", "--", "go", "version"]).data(),
        "go version go1.99.1-corp version\n"
    );
    assert_eq!(
        sandbox.goward(["install", "corp"]).says(),
        format!("goward: go1.99.1 for {} is installed (linked)\n", host())
    );
    let with_variable = sandbox.var("GOWARD_GO", "corp");
    assert_eq!(with_variable.go_in("elsewhere", ["version"]).data(), named);
    let sandbox = with_variable.without_var("GOWARD_GO");

    // Outside of projects.
    assert_eq!(
        sandbox.goward(["default", "corp"]).says(),
        format!(
            "goward: go1.99.1 for {} is installed (linked)\n\
             goward: go1.99.1 is the default outside of projects\n",
            host()
        )
    );
    assert_eq!(sandbox.goward(["default"]).data(), "go1.99.1 (corp)\n");
    assert_eq!(sandbox.go_in("elsewhere", ["version"]).data(), RAN);
    sandbox.goward(["uninstall", "corp"]).fails(
        1,
        "goward: `corp` is the default outside of projects\n  nothing was removed\n\
         hint: choose another first: `goward default REQUEST`, or none: `goward default --none`",
    );
    assert_eq!(sandbox.goward(["default", "--none"]).code, Some(0));

    // And away again.
    assert_eq!(
        sandbox.goward(["uninstall", "corp"]).says(),
        "goward: unlinked `corp`; `[BASE]/corp` is as it was\n"
    );
    let of_toolchains = ["tree/", "meta/", "link/", "tmp/", "trash/"];
    let left = sandbox.store_listing().into_iter();
    let left = left.filter(|path| of_toolchains.iter().any(|part| path.starts_with(part)));
    assert_eq!(left.collect::<Vec<_>>(), Vec::<String>::new());
    assert_eq!((state(&path), state(&sandbox.path("corp-share"))), (before, source));
}

#[test]
fn the_list_has_name_text_and_place() {
    let (sandbox, path) = with_corp();
    assert_eq!(link(&sandbox, "corp", &path).code, Some(0));
    let devel = "devel go1.100-0123abc Thu Aug 27 10:00:00 2026 +0000";
    let other = put(&sandbox, "devel", &corp("go1.100", devel).without("bin/gofmt"));
    assert_eq!(
        link(&sandbox, "tip", &other).says(),
        format!("goward: linked `tip`: {devel} for {}, `[BASE]/devel`\n", host())
    );
    assert_eq!(link(&sandbox, "again", &other).code, Some(0));
    let list = sandbox.goward(["list"]);
    let lines: Vec<String> = list
        .data()
        .lines()
        .skip(1)
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    let size =
        |line: &str| line.split(" linked ").nth(1).unwrap().split("B ").next().unwrap().len();
    assert!(lines.iter().all(|line| size(line) > 3));
    let (start, end) = (format!("go1.99.1-corp {} linked ", host()), "0 B corp, [BASE]/corp");
    assert!(lines[0].starts_with(&start) && lines[0].ends_with(end), "{lines:?}");
    let start = format!("{devel} {} linked ", host());
    for (line, name) in lines[1..].iter().zip(["again", "tip"]) {
        let end = format!("0 B {name}, [BASE]/devel");
        assert!(line.starts_with(&start) && line.ends_with(&end), "{lines:?}");
    }
    let json: serde_json::Value =
        serde_json::from_str(sandbox.goward(["list", "--json"]).data()).unwrap();
    assert_eq!(json[0]["name"], "corp");
    assert_eq!(json[0]["source"], "link:[BASE]/corp");
    assert_eq!((&json[0]["level"], &json[0]["changed"]), (&"linked".into(), &false.into()));
    assert_eq!((&json[2]["text"], &json[2]["version"]), (&devel.into(), &"go1.100".into()));

    // A version of the language stands in a lock of this level alone.
    assert_eq!(sandbox.goward(["use", "tip", "--experiment", "jsonv2"]).code, Some(0));
    assert!(sandbox.read("project/goward.lock").contains("version = \"go1.100\"\n"));
    assert_eq!(
        sandbox.go(["version"]).data(),
        format!("go version {devel} version\nGOEXPERIMENT=jsonv2\n")
    );
    let lock = sandbox.read("project/goward.lock");
    sandbox.write("project/goward.lock", lock.replace("\"linked\"", "\"listed\""));
    sandbox.goward(["install", "--locked"]).fails(
        2,
        "goward: `[PROJECT]/goward.lock:5`: `go1.100` is not the name of a Go release\n\
         hint: the file is written by `goward lock`; format: docs/lock-file.md",
    );
    // One name goes, the other stays; the root has no `gofmt`.
    assert_eq!(sandbox.goward(["uninstall", "tip"]).code, Some(0));
    assert_eq!(sandbox.goward(["list"]).data().lines().count(), 3);
    let listing = sandbox.store_listing();
    let programs = listing.iter().filter(|path| path.contains("go1.100") && path.contains("/bin/"));
    assert!(
        programs.clone().count() == 1 && programs.clone().all(|path| path.ends_with("/bin/go"))
    );
}

#[test]
fn names_that_ask_for_something_else() {
    let (sandbox, path) = with_corp();
    for name in ["stable", "1.27", "go1.27", "v1.2", "latest"] {
        let shown = match name {
            "1.27" => format!(
                "goward: `{name}` cannot name a toolchain: a name is 1 to 63 lower-case letters, digits, `.`, `_` and `-`, and starts with a letter\n"
            ),
            _ => format!("goward: `{name}` cannot name a toolchain: it asks for a release of Go\n"),
        };
        let hint = "hint: choose a name such as `debian` or `corp`";
        link(&sandbox, name, &path).fails(2, &format!("{shown}{hint}"));
    }
    assert!(!sandbox.store_listing().iter().any(|path| path.starts_with("link/")));
}

#[test]
fn a_name_that_nothing_is_linked_as() {
    let (sandbox, path) = with_corp();
    assert_eq!(link(&sandbox, "debian", &path).code, Some(0));
    let word = |typed: &str, near: &str| {
        let known = "is not a version, a line (`1.27`), a range (`>=1.25,<1.27`), `stable`, `oldstable` or `latest`";
        (2, format!("goward: `{typed}` {known}\nhint: did you mean `{near}`?"))
    };
    let name = |typed: &str, hint: &str| {
        (3, format!("goward: no toolchain is linked as `{typed}`\nhint: {hint}"))
    };
    let link_it = |typed: &str| {
        format!(
            "link one: `goward link {typed} PATH`\nhint: or ask for a release: `goward list --remote`"
        )
    };
    let cases = [
        ("stabel", word("stabel", "stable")),
        ("lates", word("lates", "latest")),
        ("debain", name("debain", "did you mean `debian`?")),
        ("corporate", name("corporate", &link_it("corporate"))),
    ];
    for (typed, (code, report)) in &cases {
        for args in [&["use"][..], &["install"], &["default"], &["init"], &["exec", "--go"]] {
            let mut args = args.to_vec();
            args.push(typed);
            if args[0] == "exec" {
                args.extend(["--", "go"]);
            }
            sandbox.goward(args).fails(*code, report);
        }
        let called = sandbox.go([&format!("+{typed}"), "version"]);
        called.fails(if *code == 3 { 127 } else { 126 }, report);
    }
    assert!(!sandbox.path("project/goward.toml").exists());
    sandbox
        .goward(["uninstall", "debain"])
        .fails(3, "goward: no toolchain is linked as `debain`\nhint: did you mean `debian`?");
    sandbox
        .goward(["uninstall", "stabel"])
        .fails(3, "goward: no toolchain is linked as `stabel`\nhint: `goward list` shows what is");
    sandbox.write("project/goward.toml", "[toolchain]\ngo = \"debain\"\n");
    sandbox.goward(["lock"]).fails(
        3,
        "goward: no toolchain is linked as `debain`\n  wanted by `[PROJECT]/goward.toml:2`\n\
         hint: did you mean `debian`?",
    );
    fs::remove_file(sandbox.path("project/goward.toml")).unwrap();
    sandbox.write("project/.go-version", "debain\n");
    sandbox.goward(["init"]).fails(
        3,
        "goward: no toolchain is linked as `debain`\n  wanted by `[PROJECT]/.go-version:1`\n\
         hint: did you mean `debian`?",
    );
    sandbox.write("project/.go-version", "debian\n");
    assert_eq!(sandbox.goward(["init"]).code, Some(0));
    assert_eq!(sandbox.goward(["install"]).code, Some(0));
    assert_eq!(sandbox.go(["version"]).data(), RAN);
}

#[test]
fn directories_that_are_not_linked() {
    let (sandbox, path) = with_corp();
    let good = corp("go1.99.1", "go1.99.1-corp");
    let tree_of = |told: &str| good.clone().with("VERSION", format!("{told}\n"));
    let go = |script: &str| good.clone().with("bin/go", script);
    let nothing = "\n  nothing was linked";
    let host = Platform::host();
    let not_one = |why: &str| {
        let hint = "hint: name the directory that its own `bin/go env GOROOT` prints";
        format!("goward: `[BASE]/bad` is not a Go toolchain: {why}{nothing}\n{hint}")
    };
    let cases: [(Tree, i32, String); 8] = [
        (good.clone().without("bin/go"), 2, not_one("`bin/go` is missing, or not a program")),
        (good.clone().without("VERSION"), 2, not_one("`VERSION` is missing")),
        (good.clone().without("pkg/"), 2, not_one("`pkg/tool` is missing")),
        (
            tree_of("corp-go"),
            2,
            format!("goward: `[BASE]/bad` says that it is `corp-go`, no version of Go{nothing}"),
        ),
        (
            tree_of("go1.99.0"),
            4,
            format!(
                "goward: `[BASE]/bad` says that it is `go1.99.0`, its `bin/go` says `go1.99.1-corp`{nothing}"
            ),
        ),
        (
            go("#!/bin/sh\nprintf 'plan9\\n386\\ngo1.99.1\\n'\n"),
            2,
            format!(
                "goward: `[BASE]/bad` is a toolchain for plan9/386, and this is {host}{nothing}"
            ),
        ),
        (
            go("#!/bin/sh\necho 'bad \u{1b}[31m' >&2\nexit 2\n"),
            1,
            format!("goward: `[BASE]/bad/bin/go env` fails: bad \\u{{1b}}[31m{nothing}"),
        ),
        (
            go("#!/no/such/program\n"),
            1,
            format!(
                "goward: cannot run `[BASE]/bad/bin/go`: No such file or directory (os error 2){nothing}"
            ),
        ),
    ];
    for (tree, code, report) in cases {
        let bad = put(&sandbox, "bad", &tree);
        link(&sandbox, "corp", &bad).fails(code, &report);
    }
    // Nothing in the store, and no directory whose `go` is the shim.
    assert_eq!(link(&sandbox, "corp", &path).code, Some(0));
    let own = |shown: &str| {
        format!(
            "goward: `{shown}` is goward's own\n  its `go` would call itself without end; nothing was linked\n\
             hint: name what is installed by its version: `goward use REQUEST`"
        )
    };
    let listing = sandbox.store_listing();
    let root = listing.iter().find(|path| path.starts_with("tree/go1.99.1")).unwrap();
    link(&sandbox, "own", &sandbox.store().join(root)).fails(2, &own(&format!("[STORE]/{root}")));
    let shimmed = put(&sandbox, "bad", &good);
    sh(&shimmed, &format!("ln -sf '{}' bin/go", sandbox.path("bin/goward-shim").display()));
    link(&sandbox, "own", &shimmed).fails(2, &own("[BASE]/bad"));
    let gone = link(&sandbox, "own", Path::new("gone"));
    assert_eq!(gone.code, Some(3));
    assert!(gone.stderr.contains("`[PROJECT]/gone`"), "{}", gone.stderr);
    let report = " does not exist\n  nothing was linked\n";
    assert!(gone.stderr.ends_with(report), "{}", gone.stderr);
    // What cannot be read is not passed over.
    let loops = put(&sandbox, "bad", &good);
    symlink(".", loops.join("lib/loop")).unwrap();
    link(&sandbox, "own", &loops).fails(
        1,
        "goward: `[BASE]/bad/lib/loop` is a link to a directory above it\n  nothing was linked",
    );
    assert_eq!(sandbox.goward(["list"]).data().lines().count(), 2);
}

/// What the question for the version sees is neither the caller's settings nor a module nearby.
#[test]
fn the_toolchain_is_asked_in_a_clean_environment() {
    let sandbox = Sandbox::new().var("GOFLAGS", "-x").var("GOROOT", "/x").var("LD_PRELOAD", "");
    let host = Platform::host();
    let script = format!(
        "#!/bin/sh\nenv | sort >\"$(dirname \"$0\")/../../seen\"\nprintf '%s\\n' {} {} go1.99.1\n",
        host.os(),
        host.arch()
    );
    let path = put(&sandbox, "corp", &corp("go1.99.1", "go1.99.1").with("bin/go", script));
    assert_eq!(link(&sandbox, "corp", &path).code, Some(0));
    let seen = sandbox.read("seen");
    let names: Vec<&str> =
        seen.lines().filter_map(|line| line.split_once('=')).map(|l| l.0).collect();
    let shells_own = ["OLDPWD", "PWD", "SHLVL", "_"];
    let names: Vec<&str> = names.into_iter().filter(|name| !shells_own.contains(name)).collect();
    assert_eq!(names, ["GO111MODULE", "GOENV", "GOTOOLCHAIN", "HOME", "PATH"]);
}

#[test]
fn what_the_user_accepts_does_not_matter_and_what_the_project_demands_does() {
    let (sandbox, path) = with_corp();
    let sandbox = sandbox.var("GOWARD_ACCEPT", "logged");
    assert_eq!(link(&sandbox, "corp", &path).code, Some(0));
    for args in [&["use", "corp"][..], &["install"], &["lock"], &["default", "corp"]] {
        assert_eq!(sandbox.goward(args).code, Some(0), "{args:?}");
    }
    assert_eq!(sandbox.go(["version"]).data(), RAN);
    let demanding = "[toolchain]\ngo = \"corp\"\n\n[policy]\nlevel = \"listed\"\n";
    sandbox.write("project/goward.toml", demanding);
    let refused = format!(
        "goward: go1.99.1 for {} is at level `linked`; the project demands `listed`\n  nothing was changed\n",
        host()
    );
    let hint = "hint: ask for a release: `goward use 1.99`";
    let wanted = "  wanted by `[PROJECT]/goward.toml:2`\n";
    sandbox.goward(["lock"]).fails(4, &format!("{refused}{wanted}{hint}"));
    sandbox.goward(["use", "corp"]).fails(4, &format!("{refused}{hint}"));
    let outcome = sandbox.goward(["install"]);
    assert_eq!(outcome.code, Some(4));
    assert!(outcome.stderr.ends_with(&format!("{refused}{hint}\n")), "{}", outcome.stderr);
    sandbox.goward(["lock", "--check"]).fails(
        1,
        "goward: `[PROJECT]/goward.lock` does not match `goward.toml`\n  \
         the policy asks for a better level than the lock's, `linked`\n\
         hint: run `goward lock` and commit the result",
    );
    sandbox.write("project/goward.toml", demanding.replace("listed", "linked"));
    assert_eq!(sandbox.goward(["install", "--locked"]).code, Some(0));
}

#[test]
fn a_directory_that_changed() {
    let (sandbox, path) = with_corp();
    assert_eq!(link(&sandbox, "corp", &path).code, Some(0));
    assert_eq!(sandbox.goward(["use", "corp"]).code, Some(0));
    assert_eq!(sandbox.goward(["default", "corp"]).code, Some(0));
    let first = hashes(&sandbox).remove(0);
    // What an update of the distribution does.
    let path = put(&sandbox, "corp", &corp("go1.99.2", "go1.99.2-corp"));
    let changed = "`[BASE]/corp` changed since it was linked";
    let report = format!(
        "goward: {changed}\n  it is linked as `corp` and was `go1.99.1-corp`\n\
         hint: look at it again: `goward link corp [BASE]/corp`"
    );
    for args in [&["use", "corp"][..], &["install"], &["install", "corp"], &["default", "corp"]] {
        sandbox.goward(args).fails(4, &report);
    }
    let wanted = report.replace("\nhint", "\n  wanted by `[PROJECT]/goward.toml:5`\nhint");
    sandbox.goward(["lock"]).fails(4, &wanted);
    sandbox.goward(["exec", "--go", "corp", "--", "go"]).fails(4, &report);
    sandbox.go(["+corp", "version"]).fails(126, &report);
    assert!(sandbox.goward(["list"]).data().contains("default, changed since it was linked"));
    let warning =
        format!("goward: warning: {changed}; it is linked as `corp` and was `go1.99.1-corp`\n");
    assert!(sandbox.goward(["which"]).says().starts_with(&warning));
    assert_eq!(sandbox.goward(["lock", "--check"]).code, Some(0));

    assert_eq!(
        link(&sandbox, "corp", &path).says(),
        format!(
            "goward: linked `corp`: go1.99.2-corp for {}, `[BASE]/corp`\n\
             goward: it was another one before; locks that ask for `corp` need `goward lock`\n",
            host()
        )
    );
    let second = hashes(&sandbox).remove(0);
    let report = |lock: &str, hint: &str| {
        format!(
            "goward: `corp` is another toolchain here than in `{lock}`\n  \
             it wants go1.99.1 for {}, {first}\n  \
             linked is go1.99.2, {second} (link:[BASE]/corp)\nhint: take this one: `{hint}`",
            host()
        )
    };
    let in_project = report("[PROJECT]/goward.lock", "goward lock");
    sandbox.go(["version"]).fails(127, &in_project);
    sandbox.goward(["which"]).fails(127, &in_project);
    sandbox.goward(["install", "--locked"]).fails(3, &in_project);
    let outside = report("[STORE]/default.lock", "goward default corp");
    sandbox.go_in("elsewhere", ["version"]).fails(127, &outside);
    assert_eq!(
        sandbox.goward(["lock"]).says(),
        "goward: wrote `[PROJECT]/goward.lock`: go1.99.2 (linked)\n"
    );
    assert_eq!(sandbox.go(["version"]).data(), "go version go1.99.2-corp version\n");
    assert_eq!(sandbox.goward(["default", "corp"]).code, Some(0));
    assert_eq!(
        sandbox.go_in("elsewhere", ["version"]).data(),
        "go version go1.99.2-corp version\n"
    );
}

#[test]
fn a_directory_that_is_gone() {
    let (sandbox, path) = with_corp();
    assert_eq!(link(&sandbox, "corp", &path).code, Some(0));
    assert_eq!(sandbox.goward(["use", "corp"]).code, Some(0));
    fs::remove_dir_all(&path).unwrap();
    let report = "goward: `[BASE]/corp` changed since it was linked\n  \
                  it is linked as `corp` and was `go1.99.1-corp`\n\
                  hint: look at it again: `goward link corp [BASE]/corp`";
    sandbox.go(["version"]).fails(127, report);
    sandbox.goward(["which"]).fails(127, report);
    assert_eq!(sandbox.goward(["uninstall", "corp"]).code, Some(0));
    assert_eq!(sandbox.goward(["list"]).stdout, "");
}

/// Another machine has the lock and not the directory. Sources do not have it either, and are not
/// asked.
#[test]
fn a_lock_on_a_machine_without_the_link() {
    let (first, path) = with_corp();
    assert_eq!(link(&first, "corp", &path).code, Some(0));
    assert_eq!(first.goward(["use", "corp"]).code, Some(0));
    let h1 = hashes(&first).remove(0);

    let server = mirror();
    let sandbox = sandbox(&server)
        .file("project/goward.toml", first.read("project/goward.toml"))
        .file("project/goward.lock", first.read("project/goward.lock"));
    assert_eq!(sandbox.goward(["setup", "--no-modify-path"]).code, Some(0));
    let report = format!(
        "goward: no toolchain is linked as `corp` (wanted by `[PROJECT]/goward.lock`)\n  \
         it wants go1.99.1 for {}, {h1}\nhint: link it: `goward link corp PATH`",
        host()
    );
    sandbox.go(["version"]).fails(127, &report);
    sandbox.goward(["which"]).fails(127, &report);
    sandbox.goward(["install"]).fails(3, &report);
    sandbox.goward(["install", "--locked"]).fails(3, &report);
    assert_eq!(sandbox.goward(["lock", "--check"]).code, Some(0));
    sandbox.goward(["lock"]).fails(
        3,
        "goward: no toolchain is linked as `corp`\n  wanted by `[PROJECT]/goward.toml:5`\n\
         hint: link one: `goward link corp PATH`\nhint: or ask for a release: `goward list --remote`",
    );
    let sandbox = sandbox.var("GOWARD_AUTO_INSTALL", "0");
    sandbox.go(["version"]).fails(127, &report);
    assert_eq!(server.log().len(), 0);

    // With the same content at another place the same lock serves.
    let path = put(&sandbox, "opt", &corp("go1.99.1", "go1.99.1-corp"));
    assert_eq!(link(&sandbox, "corp", &path).code, Some(0));
    assert_eq!(sandbox.go(["version"]).data(), RAN);
    assert_eq!(sandbox.goward(["install", "--locked"]).code, Some(0));

    // A lock of this level whose request is no name.
    let lock = sandbox.read("project/goward.lock").replace("\"corp\"", "\"1.99\"");
    sandbox.write(
        "project/goward.lock",
        lock.replace(&h1, "h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
    );
    sandbox.go(["version"]).fails(
        127,
        "goward: `[PROJECT]/goward.lock` names no linked toolchain: `1.99`\nhint: write it again: `goward lock`",
    );
    assert_eq!(server.log().len(), 0);
}

#[test]
fn requests_for_releases_do_not_mean_a_linked_toolchain() {
    let (sandbox, path) = with_corp();
    assert_eq!(link(&sandbox, "corp", &path).code, Some(0));
    assert_eq!(sandbox.goward(["use", "corp"]).code, Some(0));
    let none = "hint: install one: `goward install '1.99'`";
    let sandbox = sandbox.var("GOWARD_AUTO_INSTALL", "0");
    sandbox
        .go(["+1.99", "version"])
        .fails(127, &format!("goward: no installed toolchain fits `1.99`\n  it was not installed now: `GOWARD_AUTO_INSTALL=0`\n{none}"));
    sandbox
        .goward(["uninstall", "1.99.1"])
        .fails(3, "goward: go1.99.1 is not installed\nhint: `goward list` shows what is");
    // From the name to a release: the linked hash is not that of the release.
    let server = mirror();
    let sandbox = sandbox.source(server.url("/").trim_end_matches('/'));
    sandbox.write("project/goward.toml", "[toolchain]\ngo = \"1.99.1\"\n");
    let linked = hashes(&sandbox).remove(0);
    assert_eq!(sandbox.goward(["lock", "--accept", "none"]).code, Some(0));
    let lock = sandbox.read("project/goward.lock");
    assert!(lock.contains("level = \"listed\"") && !lock.contains(&linked), "{lock}");
}

#[test]
fn a_linked_toolchain_is_for_this_machine() {
    let (sandbox, path) = with_corp();
    assert_eq!(link(&sandbox, "corp", &path).code, Some(0));
    let host = host();
    sandbox.goward(["install", "corp", "--platform", "plan9/386"]).fails(
        2,
        &format!("goward: `corp` is linked for {host}, not for plan9/386\nhint: link it there: `goward link corp PATH`"),
    );
    sandbox.goward(["use", "corp", "--platform", "plan9/386"]).fails(
        2,
        &format!(
            "goward: `corp` is linked on this machine, for {host}; plan9/386 has none\n  nothing was changed\n\
             hint: take plan9/386 out of `platforms` in `goward.toml`, or ask for a release"
        ),
    );
    sandbox
        .goward(["uninstall", "corp", "--platform", "plan9/386"])
        .fails(3, "goward: no toolchain is linked as `corp`\nhint: `goward list` shows what is");
    assert_eq!(sandbox.goward(["uninstall", "corp", "--platform", &host]).code, Some(0));
}

/// A directory with the content of a release is that release, and the tree that nothing can change
/// is the one that runs.
#[test]
fn the_content_of_a_release_that_is_installed() {
    let host_platform = Platform::host();
    let (os, arch) = (host_platform.os(), host_platform.arch());
    let script = format!("#!/bin/sh\nprintf '%s\\n' {os} {arch} go1.99.1\n");
    let release = tree("go1.99.1", &host_platform.lock_name()).with("bin/go", script);
    let archive = archive("go1.99.1");
    let server = Mirror::new().release("go1.99.1", [(archive.as_str(), release.tar_gz())]).start();
    let sandbox = sandbox(&server);
    let path = put(&sandbox, "own", &release);
    assert_eq!(link(&sandbox, "own", &path).code, Some(0));
    assert_eq!(sandbox.goward(["use", "own"]).code, Some(0));
    let before = state(&path);
    let installed = format!("goward: installed go1.99.1 for {} (listed) from [URL]/\n", host());
    assert_eq!(sandbox.goward(["install", "1.99.1"]).says(), installed);
    assert_eq!(state(&path), before);
    let list = sandbox.goward(["list"]);
    assert!(
        list.data().contains(" listed ") && list.data().contains("  own, used here: `[PROJECT]"),
        "{}",
        list.stdout
    );
    assert_eq!(list.data().lines().count(), 2);
    assert_eq!(
        link(&sandbox, "own", &path).says(),
        format!(
            "goward: linked `own`: go1.99.1 for {}, `[BASE]/own`\n\
             goward: go1.99.1 with the same content is installed (listed), and is what runs\n",
            host()
        )
    );
    assert_eq!(
        sandbox.goward(["lock"]).says(),
        format!("goward: wrote `[PROJECT]/goward.lock`: go1.99.1 (listed)\n{}", uncovered())
    );
    assert_eq!(
        sandbox.goward(["uninstall", "own"]).says(),
        "goward: unlinked `own`; go1.99.1 stays installed\n"
    );
    assert_eq!(sandbox.goward(["install", "--locked"]).code, Some(0), "the lock has its hash");
    assert_eq!(sandbox.go(["version"]).code, Some(0));
}

/// Names of experiments are looked up in the source, which a distribution keeps elsewhere.
#[test]
fn pins_are_held_against_its_own_source() {
    let (sandbox, path) = with_corp();
    assert_eq!(link(&sandbox, "corp", &path).code, Some(0));
    let outcome = sandbox.goward(["use", "corp", "--experiment", "jsonv3"]);
    assert_eq!(outcome.code, Some(2));
    assert!(outcome.stderr.contains("jsonv3"), "{}", outcome.stderr);
    assert_eq!(sandbox.goward(["use", "corp", "--experiment", "jsonv2"]).says().lines().count(), 2);
}

#[test]
fn a_script_that_calls_the_go_on_path_is_stopped() {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.goward(["setup", "--no-modify-path"]).code, Some(0));
    let host = Platform::host();
    let wrapper = format!(
        "#!/bin/sh\nif test \"$1\" = env; then printf '%s\\n' {} {} go1.99.1; exit; fi\nexec go \"$@\"\n",
        host.os(),
        host.arch()
    );
    let path = put(&sandbox, "corp", &corp("go1.99.1", "go1.99.1").with("bin/go", wrapper));
    assert_eq!(link(&sandbox, "corp", &path).code, Some(0));
    assert_eq!(sandbox.goward(["use", "corp"]).code, Some(0));
    let shims = sandbox.store().join("shims");
    let sandbox = sandbox.var("PATH", format!("{}:/usr/bin:/bin", shims.display()));
    let report = "goward: calls of `go` go round in circles between goward and another program of that name\n\
                  hint: see which with `which -a go`, and take one of the two off PATH";
    sandbox.go(["version"]).fails(126, report);
    sandbox.go(["+corp", "version"]).fails(126, report);
}

/// Two processes that link the same name at once, and one that clears up meanwhile.
#[test]
fn many_links_at_once() {
    let (sandbox, path) = with_corp();
    let start = |args: &[&Path]| {
        let mut command = sandbox.command(&sandbox.path("bin/goward"), "project");
        command.args(args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        command.spawn().unwrap()
    };
    let names = ["a", "b", "corp", "corp", "corp"];
    let mut running: Vec<_> =
        names.iter().map(|name| start(&[Path::new("link"), Path::new(name), &path])).collect();
    running.push(start(&[Path::new("uninstall"), Path::new("1.98.0")]));
    for child in running {
        let output = child.wait_with_output().unwrap();
        let report = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success() || report.contains("is not installed"), "{report}");
    }
    assert_eq!(sandbox.goward(["list"]).data().lines().count(), 4);
    assert_eq!(sandbox.go(["+corp", "version"]).data(), format!("{RAN}GOWARD_GO=corp\n"));
}
