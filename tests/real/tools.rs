//! Tools of a project, locked, built and run by real Gos.

use super::{enabled, output, sandbox};
use crate::common::json_keys::are_documented;
use crate::common::trace::traced;
use crate::common::{Outcome, Sandbox, machine};
use serde_json::Value;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::thread::sleep;
use std::time::Duration;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

pub(super) const OLD: &str = "1.26.2";
pub(super) const NEW: &str = "1.27.1";

/// Prints which module it is, which Go built it, and its arguments.
pub(super) const GREET: &str = r#"package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"

	"tools.example/word"
)

func main() {
	info, _ := debug.ReadBuildInfo()
	fmt.Println(word.Greeting, info.Main.Version, runtime.Version(), os.Args[1:])
}
"#;

/// A module proxy in a directory.
pub(super) struct Proxy(PathBuf);

impl Proxy {
    pub(super) fn add(&self, path: &str, version: &str, files: &[(&str, &str)]) {
        let directory = self.0.join(path).join("@v");
        fs::create_dir_all(&directory).unwrap();
        let go_mod = files.iter().find(|(name, _)| *name == "go.mod").unwrap().1;
        fs::write(directory.join(format!("{version}.mod")), go_mod).unwrap();
        let info = format!("{{\"Version\":\"{version}\",\"Time\":\"2026-01-01T00:00:00Z\"}}");
        fs::write(directory.join(format!("{version}.info")), info).unwrap();
        let mut zip =
            ZipWriter::new(fs::File::create(directory.join(format!("{version}.zip"))).unwrap());
        for (name, text) in files {
            zip.start_file(format!("{path}@{version}/{name}"), SimpleFileOptions::default())
                .unwrap();
            zip.write_all(text.as_bytes()).unwrap();
        }
        zip.finish().unwrap();
        let list = directory.join("list");
        let known = fs::read_to_string(&list).unwrap_or_default();
        fs::write(list, format!("{known}{version}\n")).unwrap();
    }
}

/// Two projects, each with its own Go, and modules with tools.
pub(super) fn projects() -> (Sandbox, Proxy) {
    let sandbox = sandbox();
    let proxy = Proxy(sandbox.path("proxy"));
    let url = format!("file://{}", proxy.0.display());
    let python = machine::python().map_or(Path::new("/usr/bin"), |python| &python.bin);
    let path = format!("{}/shims:{}:/usr/bin:/bin", sandbox.store().display(), python.display());
    let sandbox = sandbox
        .var("GOPROXY", url)
        .var("GONOSUMDB", "tools.example")
        .var("GOFLAGS", "-modcacherw")
        // What one test compiled of the standard library, the others need not.
        .var("GOCACHE", Path::new(env!("CARGO_TARGET_TMPDIR")).join("go-cache-of-tools"))
        .var("PATH", path);
    for version in ["v1.0.0", "v1.1.0"] {
        proxy.add(
            "tools.example/word",
            version,
            &[
                ("go.mod", "module tools.example/word\n\ngo 1.21\n"),
                ("word.go", "package word\n\nconst Greeting = \"hello\"\n"),
            ],
        );
        proxy.add(
            "tools.example/greet",
            version,
            &[
                (
                    "go.mod",
                    "module tools.example/greet\n\ngo 1.21\n\nrequire tools.example/word v1.0.0\n",
                ),
                ("main.go", GREET),
                ("lib/lib.go", "package lib\n"),
            ],
        );
    }
    proxy.add(
        "tools.example/newer",
        "v1.0.0",
        &[
            ("go.mod", "module tools.example/newer\n\ngo 1.27.0\n"),
            ("main.go", "package main\n\nimport \"runtime\"\n\nfunc main() { println(runtime.Version()) }\n"),
        ],
    );
    for (project, version) in [("a", OLD), ("b", NEW)] {
        sandbox
            .write(&format!("{project}/go.mod"), format!("module {project}.example\n\ngo 1.21\n"));
        let used = sandbox.goward_in(project, ["use", version]);
        assert_eq!(used.code, Some(0), "{used:?}");
    }
    (sandbox, proxy)
}

fn run(sandbox: &Sandbox, project: &str, name: &str, arguments: &[&str]) -> Outcome {
    let mut command = sandbox.command(&sandbox.store().join("shims").join(name), project);
    sandbox.finish(command.args(arguments))
}

fn program(sandbox: &Sandbox, start: &str) -> PathBuf {
    let tools = fs::read_dir(sandbox.store().join("tools")).unwrap();
    let mut found = tools.map(|entry| entry.unwrap().path());
    let is_it = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().starts_with(start);
    let place = found.find(is_it).unwrap();
    fs::read_dir(place.join("bin")).unwrap().next().unwrap().unwrap().path()
}

#[test]
fn each_project_has_its_tool_by_its_own_go() {
    if !enabled(&[OLD, NEW]) {
        return;
    }
    let (sandbox, proxy) = projects();
    for project in ["a", "b"] {
        let added = sandbox.goward_in(project, ["tools", "add", "tools.example/greet@v1.0.0"]);
        assert_eq!(added.code, Some(0), "{added:?}");
    }
    let said = |version: &str| format!("hello v1.0.0 go{version} [-x y]\n");
    assert_eq!(run(&sandbox, "a", "greet", &["-x", "y"]).stdout, said(OLD));
    assert_eq!(run(&sandbox, "b", "greet", &["-x", "y"]).stdout, said(NEW));
    let outcome = sandbox.goward_in("b", ["tool", "greet", "-h", "--help"]);
    assert_eq!(outcome.stdout, format!("hello v1.0.0 go{NEW} [-h --help]\n"));
    // A call inside of another project's is that project's.
    sandbox.write(
        "a/nested.go",
        "package a\n\n//go:generate sh -c \"cd ../b && greet n; cd ../a && greet n\"\n",
    );
    let nested = sandbox.go_in("a", ["generate", "./..."]);
    assert_eq!(
        nested.stdout,
        format!("hello v1.0.0 go{NEW} [n]\nhello v1.0.0 go{OLD} [n]\n"),
        "{nested:?}"
    );
    // The bytes are those that plain Go makes.
    let go = sandbox.store().join("tree");
    let tree = fs::read_dir(go).unwrap().map(|entry| entry.unwrap().path());
    let tree = tree.into_iter().find(|path| path.to_string_lossy().contains(NEW)).unwrap();
    let mut plain = sandbox.command(&tree.join("libexec/go"), "elsewhere");
    plain.args(["install", "tools.example/greet@v1.0.0"]);
    plain.env("GOFLAGS", "-trimpath -modcacherw").env("CGO_ENABLED", "0");
    plain.env("GOBIN", sandbox.path("plain")).env("GOROOT", &tree);
    output(&mut plain);
    let built: Vec<Vec<u8>> = fs::read_dir(sandbox.store().join("tools"))
        .unwrap()
        .map(|entry| fs::read(entry.unwrap().path().join("bin/greet")).unwrap())
        .collect();
    assert_eq!(built.len(), 2);
    assert!(built.contains(&fs::read(sandbox.path("plain/greet")).unwrap()));
    // And those of a rebuild.
    let verified = sandbox.goward_in("b", ["tools", "verify"]);
    assert_eq!(
        (verified.code, &*verified.stdout),
        (Some(0), "greet  built twice, the same bytes\n")
    );
    // In a project without the tool, and outside of projects, another program of that name runs.
    sandbox.write("other/greet", "#!/bin/sh\necho other \"$@\"\n");
    output(sandbox.command(Path::new("/bin/chmod"), "other").args(["+x", "greet"]));
    let outcome = run(&sandbox, "elsewhere", "greet", &["x"]);
    assert_eq!(outcome.code, Some(127), "{outcome:?}");
    assert!(outcome.stderr.contains("`greet` is no tool of this project"), "{outcome:?}");
    let path = format!("{}/shims:{}", sandbox.store().display(), sandbox.path("other").display());
    let sandbox = sandbox.var("PATH", format!("{path}:/usr/bin:/bin"));
    assert_eq!(run(&sandbox, "elsewhere", "greet", &["x"]).stdout, "other x\n");
    assert_eq!(run(&sandbox, "a", "greet", &[]).stdout, format!("hello v1.0.0 go{OLD} []\n"));
    drop(proxy);
}

#[test]
fn a_lock_stays_until_it_is_upgraded_and_names_what_is_built() {
    if !enabled(&[OLD, NEW]) {
        return;
    }
    let (sandbox, proxy) = projects();
    let goward = |arguments: &[&str]| sandbox.goward_in("b", arguments);
    let manifest = sandbox.read("b/goward.toml");
    sandbox.write(
        "b/goward.toml",
        format!("{manifest}\n[tools]\ngreet = \"tools.example/greet@latest\"\n"),
    );
    let stale = goward(&["lock", "--check"]);
    assert_eq!(stale.code, Some(6), "{stale:?}");
    assert!(stale.stderr.contains("`greet` is not locked"), "{stale:?}");
    let unlocked = goward(&["tool", "greet"]);
    assert_eq!(unlocked.code, Some(3), "{unlocked:?}");
    let locked = goward(&["lock"]);
    assert!(locked.says().contains("  greet v1.1.0 with go1.27.1 (listed)\n"), "{locked:?}");
    assert_eq!(goward(&["lock", "--check"]).code, Some(0));
    let text = sandbox.read("b/goward-tools.lock");
    assert!(text.contains("\"tools.example/word v1.0.0 h1:"), "{text}");
    assert!(text.contains("\"tools.example/word v1.0.0/go.mod h1:"), "{text}");
    // A newer version does not get in by itself.
    let files = [
        ("go.mod", "module tools.example/greet\n\ngo 1.21\n\nrequire tools.example/word v1.1.0\n"),
        ("main.go", GREET),
    ];
    proxy.add("tools.example/greet", "v1.2.0", &files);
    assert_eq!(goward(&["lock"]).code, Some(0));
    assert_eq!(sandbox.read("b/goward-tools.lock"), text);
    assert_eq!(goward(&["tool", "greet"]).stdout, "hello v1.1.0 go1.27.1 []\n");
    let upgraded = goward(&["tools", "upgrade"]);
    assert!(upgraded.says().contains("greet v1.2.0 with go1.27.1, was v1.1.0"), "{upgraded:?}");
    assert_eq!(goward(&["tool", "greet"]).stdout, "hello v1.2.0 go1.27.1 []\n");
    // Another Go for the project is another Go for its tools.
    let used = goward(&["use", OLD]);
    assert!(
        used.says().contains("greet v1.2.0 with go1.26.2, was v1.2.0 with go1.27.1"),
        "{used:?}"
    );
    assert_eq!(goward(&["tool", "greet"]).stdout, "hello v1.2.0 go1.26.2 []\n");
    let listed: Value = serde_json::from_str(goward(&["tools", "list", "--json"]).data()).unwrap();
    are_documented("tools list", std::slice::from_ref(&listed), &[], &[]);
    assert_eq!(listed[0]["version"], "v1.2.0");
    assert_eq!(listed[0]["go"], "go1.26.2");
    let removed = goward(&["tools", "remove", "greet"]);
    assert_eq!(removed.code, Some(0), "{removed:?}");
    assert!(!sandbox.path("b/goward-tools.lock").exists());
    assert!(!sandbox.read("b/goward.toml").contains("tools"));
    // Nothing has it now, and the name goes.
    let gone = goward(&["gc"]);
    assert!(gone.stdout.contains("shims/greet`, no project's tool"), "{gone:?}");
    assert!(!sandbox.store().join("shims/greet").exists());
    assert!(sandbox.store().join("shims/go").exists());
}

#[test]
fn what_needs_a_newer_go_is_built_by_one() {
    if !enabled(&[OLD, NEW]) {
        return;
    }
    let (sandbox, _proxy) = projects();
    let added = sandbox.goward_in("a", ["tools", "add", "tools.example/newer@v1.0.0"]);
    assert_eq!(added.code, Some(0), "{added:?}");
    let why = "tools.example/newer needs Go 1.27.0: it is built by go1.27.1, not by go1.26.2\n";
    assert!(added.stderr.contains(why), "{added:?}");
    let ran = sandbox.goward_in("a", ["tool", "newer"]);
    assert_eq!((ran.code, &*ran.stderr), (Some(0), "go1.27.1\n"));
    // Once, without a project's asking.
    let once = sandbox.goward_in("a", ["x", "tools.example/greet@v1.0.0", "-v"]);
    assert_eq!(once.stdout, "hello v1.0.0 go1.26.2 [-v]\n", "{once:?}");
    let sandbox = sandbox.var("GOPROXY", "off");
    let again = sandbox.goward_in("a", ["x", "tools.example/greet@v1.0.0"]);
    assert_eq!((&*again.stdout, &*again.stderr), ("hello v1.0.0 go1.26.2 []\n", ""));
}

#[test]
fn what_is_wrong_is_refused_and_leaves_nothing() {
    if !enabled(&[NEW]) {
        return;
    }
    let (sandbox, proxy) = projects();
    let goward = |arguments: &[&str]| sandbox.goward_in("b", arguments);
    let manifest = sandbox.read("b/goward.toml");
    for (source, code, why) in [
        ("tools.example/greet/lib@v1.0.0", 2, "is a package and not a program"),
        ("tools.example/none@v1.0.0", 1, "tools.example/none"),
        ("tools.example/greet@v9.0.0", 1, "v9.0.0"),
        ("greet", 2, "is not a package such as"),
        ("./none", 3, "is not a directory"),
    ] {
        let outcome = goward(&["tools", "add", source]);
        assert_eq!(outcome.code, Some(code), "{source}: {outcome:?}");
        assert!(outcome.stderr.contains(why), "{source}: {outcome:?}");
    }
    assert_eq!(sandbox.read("b/goward.toml"), manifest);
    assert_eq!(
        goward(&["tools", "add", "tools.example/greet@v1.0.0", "--name", "sh"]).code,
        Some(0)
    );
    // Another program has that name: it is not taken.
    assert!(!sandbox.store().join("shims/sh").exists());
    fs::remove_dir_all(sandbox.store().join("tools")).unwrap();
    // A module that is not what was locked.
    let lock = sandbox.read("b/goward-tools.lock");
    let line = lock.lines().find(|line| line.contains("word v1.0.0 h1:")).unwrap();
    let (start, _) = line.split_once("h1:").unwrap();
    let other = format!("{start}h1:rRL9rPpsjKfpdDFcppvNgw1/dynUMrpDcTxdIwtyFR0=\",");
    sandbox.write("b/goward-tools.lock", lock.replace(line, &other));
    let refused = goward(&["tool", "sh"]);
    assert_eq!(refused.code, Some(4), "{refused:?}");
    assert!(refused.stderr.contains("checksum mismatch"), "{refused:?}");
    let left = fs::read_dir(sandbox.store().join("tools")).map_or(0, Iterator::count);
    assert_eq!(left, 0);
    // One that is not locked at all is not fetched.
    sandbox.write("b/goward-tools.lock", lock.replace(&format!("{line}\n"), ""));
    let refused = goward(&["tool", "sh"]);
    assert!(
        refused.code == Some(1) && refused.stderr.contains("missing go.sum entry"),
        "{refused:?}"
    );
    sandbox.write("b/goward-tools.lock", &lock);
    assert_eq!(goward(&["tool", "sh"]).stdout, "hello v1.0.0 go1.27.1 []\n");
    // A program that was changed since is found.
    let built = program(&sandbox, "sh@v1.0.0-");
    let bytes = fs::read(&built).unwrap();
    fs::write(&built, [&bytes[..], b"x"].concat()).unwrap();
    let verified = goward(&["tools", "verify"]);
    assert_eq!((verified.code, &*verified.stdout), (Some(6), "sh  changed since it was built\n"));
    drop(proxy);
}

#[test]
fn a_directory_of_the_project_is_a_tool() {
    if !enabled(&[NEW]) {
        return;
    }
    let (sandbox, _proxy) = projects();
    let text = |word: &str| format!("package main\n\nfunc main() {{ print(\"{word}\") }}\n");
    sandbox.write("b/cmd/gen/main.go", text("one"));
    assert_eq!(sandbox.goward_in("b", ["tools", "add", "./cmd/gen"]).code, Some(0));
    assert_eq!(run(&sandbox, "b/cmd", "gen", &[]).stderr, "one");
    sandbox.write("b/cmd/gen/main.go", text("two"));
    assert_eq!(run(&sandbox, "b/cmd", "gen", &[]).stderr, "two");
    assert!(!sandbox.path("b/goward-tools.lock").exists());
    assert_eq!(sandbox.goward_in("b", ["lock", "--check"]).code, Some(0));
}

/// What a build starts is Go's own; a module that wants more gets nothing.
#[test]
fn nothing_of_a_module_runs_while_it_is_built() {
    if !enabled(&[NEW]) {
        return;
    }
    let (sandbox, proxy) = projects();
    let hostile =
        "package main\n\n//go:generate touch generated\n\nfunc main() { print(\"built\") }\n";
    proxy.add(
        "tools.example/hostile",
        "v1.0.0",
        &[
            ("go.mod", "module tools.example/hostile\n\ngo 1.21\n\ntoolchain go1.99.0\n"),
            ("main.go", hostile),
            ("c.go", "package main\n\n// #cgo CFLAGS: -DX\nimport \"C\"\n"),
            ("main_test.go", "package main\n\nfunc init() { panic(\"a test ran\") }\n"),
        ],
    );
    let words = ["tools", "add", "tools.example/hostile@v1.0.0"];
    let Some(added) = traced(&sandbox, "b", &["-e", "trace=execve"], &words) else { return };
    assert_eq!(added.code, Some(0), "{added:?}");
    let trace = sandbox.read("trace");
    let started: Vec<&str> = trace
        .lines()
        .filter(|line| line.contains("execve(") && line.ends_with("= 0"))
        .filter_map(|line| line.split('"').nth(1))
        .collect();
    let tree = sandbox.store().join("tree").display().to_string();
    let goward = sandbox.path("bin/goward").display().to_string();
    let others: Vec<_> =
        started.iter().filter(|path| !path.starts_with(&tree) && **path != goward).collect();
    assert!(others.is_empty(), "{others:?}");
    assert!(started.iter().any(|path| path.ends_with("/compile")), "{started:?}");
    assert_eq!(sandbox.goward_in("b", ["tool", "hostile"]).stderr, "built");
}

/// Builders that are there at the same time, and ones that die.
#[test]
fn a_tool_is_there_as_a_whole_or_not_at_all() {
    if !enabled(&[NEW]) {
        return;
    }
    let (sandbox, _proxy) = projects();
    let added = sandbox.goward_in("b", ["tools", "add", "tools.example/greet@v1.0.0"]);
    assert_eq!(added.code, Some(0), "{added:?}");
    let tools = sandbox.store().join("tools");
    let start = || {
        let mut command = sandbox.command(&sandbox.path("bin/goward"), "b");
        command.args(["tool", "greet"]).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    };
    for _ in 0..3 {
        fs::remove_dir_all(&tools).unwrap();
        let mut dying = start();
        let staged = || {
            let entries = fs::read_dir(sandbox.store().join("tmp")).unwrap();
            entries.map(|entry| entry.unwrap().path().join("modules")).any(|path| path.exists())
        };
        while !staged() && dying.try_wait().unwrap().is_none() {
            sleep(Duration::from_millis(1));
        }
        dying.kill().unwrap();
        dying.wait().unwrap();
        let ran = sandbox.goward_in("b", ["tool", "greet"]);
        assert_eq!(ran.stdout, "hello v1.0.0 go1.27.1 []\n", "{ran:?}");
    }
    fs::remove_dir_all(&tools).unwrap();
    let crowd: Vec<_> = (0..6).map(|_| start()).collect();
    let mut builders = 0;
    for one in crowd {
        let done = one.wait_with_output().unwrap();
        assert_eq!(String::from_utf8_lossy(&done.stdout), "hello v1.0.0 go1.27.1 []\n");
        builders += String::from_utf8_lossy(&done.stderr).matches("built greet ").count();
    }
    assert_eq!(builders, 1);
    let names: Vec<_> = fs::read_dir(&tools).unwrap().map(|one| one.unwrap().file_name()).collect();
    assert_eq!(names.len(), 1, "{names:?}");
}
