//! `goward matrix`, with commands that say what a test would.

use super::link::{corp, put};
use super::{mirror, sandbox};
use crate::common::server::Server;
use crate::common::{Outcome, Sandbox, machine};
use serde_json::json;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

pub(super) fn project() -> (Server, Sandbox) {
    let server = mirror();
    let sandbox = sandbox(&server);
    assert_eq!(sandbox.goward(["install", "1.98.3", "1.99.1"]).code, Some(0));
    (server, sandbox)
}

/// Replaces times, which are `1.5 s` or `2 min 5 s`.
pub(super) fn timeless(text: &str) -> String {
    let is_time = |word: &str| {
        word.split_once('.').is_some_and(|(seconds, tenths)| {
            tenths.len() == 1 && (seconds.to_owned() + tenths).bytes().all(|b| b.is_ascii_digit())
        })
    };
    let line = |line: &str| {
        let words: Vec<&str> = line.split(' ').collect();
        let shown = words.iter().enumerate().map(|(at, word)| {
            let next = words.get(at + 1).is_some_and(|next| next.starts_with('s'));
            if is_time(word) && next { "T" } else { word }
        });
        shown.collect::<Vec<_>>().join(" ")
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

fn matrix(sandbox: &Sandbox, args: &[&str]) -> Outcome {
    let outcome = sandbox.goward(["matrix", "--jobs", "1"].iter().chain(args));
    Outcome { stdout: timeless(&outcome.stdout), stderr: timeless(&outcome.stderr), ..outcome }
}

#[test]
fn cells_are_compared_with_the_first() {
    let (_server, sandbox) = project();
    let script = "test \"$GODEBUG\" != http2debug=1 || { echo no >&2; echo why >&2; exit 3; }";
    let args = ["--go", "1.98.3,1.99.1", "--debug", "none", "--debug", "http2debug=1"];
    let rest = ["--exclude", "go=1.98.3 debug=http2debug=1", "--", "sh", "-c", script];
    let outcome = matrix(&sandbox, &[args.as_slice(), &rest].concat());
    assert_eq!(outcome.code, Some(6));
    assert_eq!(
        outcome.stdout,
        "cell                   result     tests        time\n\
         go1.98.3               baseline   exit code 0  T s\n\
         go1.99.1               same       exit code 0  T s\n\
         go1.99.1 http2debug=1  regressed  exit code 3  T s  1 worse than the baseline\n\
         \n\
         go1.99.1 http2debug=1\n\
         ! the command: exit code 0 -> exit code 3\n    \
         because: it passes in the cell `go1.99.1`, which is without GODEBUG `http2debug=1`\n    \
         | no\n    \
         | why\n  \
         by itself: goward exec --go 1.99.1 --debug http2debug=1 -- sh -c 'test \"$GODEBUG\" != http2debug=1 || { echo no >&2; echo why >&2; exit 3; }'"
    );
    assert_eq!(
        outcome.stderr,
        "goward: go1.98.3: exit code 0, T s (1 of 3)\n\
         goward: go1.99.1: exit code 0, T s (2 of 3)\n\
         goward: go1.99.1 http2debug=1: exit code 3, T s (3 of 3)\n\
         goward: 1 of 3 cells is worse than the baseline"
    );
}

/// The attributes and the text of an element of `JUnit`'s XML for each cell, without times and dates.
pub(super) fn totals(junit: &str) -> Vec<String> {
    let suites = junit.lines().filter(|line| line.trim_start().starts_with("<testsuite "));
    suites.map(|line| line.trim().split(" timestamp").next().unwrap().to_owned()).collect()
}

/// A command that fails as a whole in every cell is an error in every report, whatever the options.
#[test]
fn a_cell_in_which_nothing_ran_is_an_error_in_every_report() {
    let (_server, sandbox) = project();
    sandbox.write("project/go.mod", "module example.com/thing\n");
    let script = "echo \"bad.go:3: no <good>\" >&2; exit 3";
    let run = |more: &[&str]| {
        let args = [&["--go", "1.98.3,1.99.1"], more, &["--", "sh", "-c", script]].concat();
        matrix(&sandbox, &args)
    };
    let outcome = run(&["--junit", "r.xml", "--html", "r.html"]);
    let cell = |release: &str| {
        format!(
            "\n\ngo{release}\n! the command failed as a whole (exit code 3)\n    | bad.go:3: no <good>\n  \
             by itself: goward exec --go {release} -- sh -c 'echo \"bad.go:3: no <good>\" >&2; exit 3'"
        )
    };
    assert_eq!(
        outcome.stdout,
        format!(
            "cell      result  tests        time\n\
             go1.98.3  failed  exit code 3  T s\n\
             go1.99.1  failed  exit code 3  T s{}{}",
            cell("1.98.3"),
            cell("1.99.1"),
        )
    );
    assert_eq!(outcome.code, Some(6));
    let want = "\ngoward: the baseline, go1.98.3, fails: the command failed as a whole (exit code 3)\n  \
                a cell that fails in the same way is not worse\n\
                hint: to compare anyway: the same with `--allow-failing-baseline`";
    assert!(outcome.stderr.ends_with(want), "{}", outcome.stderr);

    let junit = sandbox.read("project/r.xml");
    let counts = "tests=\"1\" skipped=\"0\" errors=\"1\" failures=\"0\">";
    let want = ["1.98.3", "1.99.1"].map(|go| format!("<testsuite name=\"go{go}\" {counts}"));
    assert_eq!(totals(&junit), want);
    let error =
        "<error message=\"the command failed as a whole (exit code 3)\">bad.go:3: no &lt;good&gt;";
    assert_eq!(junit.matches(error).count(), 2, "{junit}");

    let page = sandbox.read("project/r.html");
    assert!(page.contains("In 2 of 2 cells nothing of what was to run did."), "{page}");
    assert!(!page.contains("No cell is worse"), "{page}");
    let shown =
        "<p>the command failed as a whole (exit code 3)</p><pre>bad.go:3: no &lt;good&gt;</pre>";
    assert_eq!(page.matches(shown).count(), 2, "{page}");
    for link in ["href=\"#cell-0\"", "id=\"cell-0\"", "href=\"#cell-1\"", "id=\"cell-1\""] {
        assert!(page.contains(link), "{link}: {page}");
    }

    let json: serde_json::Value = serde_json::from_str(&run(&["--json"]).stdout).unwrap();
    assert_eq!(json["failedBaseline"], "the command failed as a whole (exit code 3)");
    for cell in json["cells"].as_array().unwrap() {
        assert_eq!(cell["verdict"], "failed");
        assert_eq!(
            cell["failure"],
            json!({
                "reason": "the command failed as a whole (exit code 3)",
                "output": "bad.go:3: no <good>\n",
            })
        );
    }
    // Not even if a failing baseline is allowed: nothing ran at all.
    let outcome = run(&["--allow-failing-baseline"]);
    assert_eq!(outcome.code, Some(6));
    let want = "\ngoward: in 2 of 2 cells nothing of what was to run did";
    assert!(outcome.stderr.ends_with(want), "{}", outcome.stderr);
}

/// What the baseline cannot do is no yardstick, unless somebody says so.
#[test]
fn a_baseline_that_fails_ends_with_6_unless_it_is_allowed() {
    let (_server, sandbox) = project();
    let event = |action: &str, test: &str| {
        json!({"Action": action, "Package": "m", "Test": test, "Elapsed": 0.5}).to_string() + "\n"
    };
    let build = json!({"ImportPath": "m/b", "Action": "build-output", "Output": "no\n"});
    let failed = json!({"ImportPath": "m/b", "Action": "build-fail"});
    let end = json!({"Action": "fail", "Package": "m/b", "FailedBuild": "m/b", "Elapsed": 0});
    let (good, bad) = (event("pass", "TestA"), event("fail", "TestB"));
    sandbox.write("tests.json", format!("{good}{bad}"));
    sandbox.write("builds.json", format!("{good}{build}\n{failed}\n{end}\n"));
    let old = "case $(go version) in *go1.98.3*)";
    let cases = [
        // Nothing ran in the baseline, and all is well in the other.
        (format!("{old} exit 2;; esac"), "the command failed as a whole (exit code 2)", Some(0)),
        // The same in both.
        ("cat ../tests.json; exit 1".to_owned(), "1 test failed, exit code 1", Some(0)),
        ("cat ../builds.json; exit 1".to_owned(), "1 package is not built, exit code 1", Some(0)),
        // The other one tells nothing, which the option does not excuse.
        (format!("{old} cat ../tests.json;; esac; exit 1"), "1 test failed, exit code 1", Some(6)),
    ];
    for (script, why, allowed) in cases {
        let run = |more: &[&str]| {
            let args = [&["--go", "1.98.3,1.99.1"], more, &["--", "sh", "-c", &script]].concat();
            matrix(&sandbox, &args)
        };
        let outcome = run(&["--html", "r.html", "--junit", "r.xml"]);
        assert_eq!(outcome.code, Some(6), "{script}: {outcome:?}");
        let want = format!("\ngoward: the baseline, go1.98.3, fails: {why}\n");
        assert!(outcome.stderr.contains(&want), "{script}: {}", outcome.stderr);
        let outcome = run(&["--allow-failing-baseline"]);
        assert_eq!(outcome.code, allowed, "{script}: {outcome:?}");
        if allowed == Some(6) {
            let want = "\ngoward: in 1 of 2 cells nothing of what was to run did";
            assert!(outcome.stderr.ends_with(want), "{script}: {}", outcome.stderr);
        }
    }
    let script = "cat ../builds.json; exit 1";
    let args = ["--go", "1.98.3", "--junit", "r.xml", "--html", "r.html", "--", "sh", "-c", script];
    assert_eq!(matrix(&sandbox, &args).code, Some(6));
    // What is not built has its place in the report, and is not red where it is no worse.
    let skipped = "<skipped message=\"it fails in the baseline, too, or is the baseline\">no";
    assert!(sandbox.read("project/r.xml").contains(skipped), "{}", sandbox.read("project/r.xml"));
    let said = "The baseline fails: 1 package is not built, exit code 1.";
    assert!(sandbox.read("project/r.html").contains(said), "{}", sandbox.read("project/r.html"));
}

/// A page that lies around says what it is about.
#[test]
fn the_page_names_what_was_tried_when_and_on_what() {
    // Not below this repository, whose commit it would name.
    let (_server, sandbox) = super::reproduce::project();
    let git = |args: &[&str]| {
        let mut command = sandbox.command(Path::new("/usr/bin/git"), "project");
        let who = ["-c", "user.name=a", "-c", "user.email=a@example.com"];
        sandbox.finish(command.args(who).args(args)).data().to_owned()
    };
    sandbox.write("project/go.mod", "// A comment.\nmodule \"example.com/thing\"\n");
    let page = || {
        let args = ["--go", "1.99.1", "--html", "../r.html", "--json", "--"];
        let outcome = matrix(&sandbox, &[&args[..], &["sh", "-c", "true"]].concat());
        let json: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
        (sandbox.read("r.html"), json)
    };
    let (html, json) = page();
    assert_eq!(json["commit"], serde_json::Value::Null);
    assert!(html.contains("<p class=\"origin\">example.com/thing, no commit, 20"), "{html}");

    git(&["init", "--quiet"]);
    git(&["add", "."]);
    git(&["commit", "--quiet", "--message", "One"]);
    let commit = git(&["rev-parse", "HEAD"]).trim().to_owned();
    let (html, json) = page();
    let part = |key: &str| json[key].as_str().unwrap().to_owned();
    assert_eq!((part("project"), part("commit")), ("example.com/thing".to_owned(), commit.clone()));
    let (date, machine, goward) = (part("date"), part("machine"), part("goward"));
    assert!(date.ends_with(" UTC") && date.len() == "2026-11-30 08:00 UTC".len(), "{date}");
    let host = machine::command("uname").arg("-n").output().unwrap();
    let host = String::from_utf8(host.stdout).unwrap();
    let platform = goward_core::platform::Platform::host();
    assert!(machine.starts_with(&format!("{}, {platform}, ", host.trim())), "{machine}");
    assert!(machine.ends_with(" processors"), "{machine}");
    assert_eq!(goward, env!("CARGO_PKG_VERSION"));
    let line = format!("example.com/thing, {commit}, {date}, {machine}, goward {goward}</p>");
    assert!(html.contains(&line), "{line}: {html}");

    sandbox.write("project/new.go", "package thing\n");
    assert_eq!(page().1["commit"], format!("{commit} and changes"));
}

/// What fails because `go` may not install is not blamed on the release.
#[test]
fn a_go_that_may_not_be_installed_is_the_cause() {
    let (_server, sandbox) = project();
    let sandbox = sandbox.var("GOWARD_AUTO_INSTALL", "0");
    let script = "case $(go version) in *go1.99.1*) exec go +1.97 version;; esac";
    let args = ["--explain", "--go", "1.98.3,1.99.1", "--", "sh", "-c", script];
    let outcome = matrix(&sandbox, &args);
    assert_eq!(outcome.code, Some(6), "{}", outcome.stderr);
    let why = "because: a Go that it calls is missing, and it was not installed now: `GOWARD_AUTO_INSTALL=0`\n";
    assert!(outcome.stdout.contains(why), "{}", outcome.stdout);
    let verdict = "  causes: nothing had to be run again to find them\n";
    assert!(outcome.stdout.contains(verdict), "{}", outcome.stdout);
    let args = ["bisect", "--good", "1.98.3", "--bad", "1.99.1", "--installed", "--", "sh", "-c"];
    let outcome = sandbox.goward(args.iter().chain(&[script]));
    let why = "a Go that it calls is missing, and `go` may not install it";
    assert!(outcome.code == Some(1) && outcome.stderr.contains(why), "{}", outcome.stderr);
}

/// What the release does not know makes no cell; what nobody could know is an error.
#[test]
fn cells_that_cannot_be_are_left_out_with_the_reason() {
    let (_server, sandbox) = project();
    let args = ["--go", "1.99.1", "--experiment", "none", "--experiment", "jsonv3", "--", "true"];
    let outcome = matrix(&sandbox, &args);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    assert!(outcome.stdout.contains("go1.99.1 jsonv3  left out"), "{}", outcome.stdout);
    assert!(
        outcome.stdout.contains("`jsonv3` is not an experiment of go1.99.1"),
        "{}",
        outcome.stdout
    );

    let args = ["--go", "1.99.1", "--experiment", "jsonv3", "--", "true"];
    let report = matrix(&sandbox, &args).stderr;
    let want =
        "goward: the first cell, with which the others are compared, cannot be\n  `jsonv3` is";
    assert!(report.starts_with(want), "{report}");
    matrix(&sandbox, &["--go", "1.99.1", "--debug", "x", "--", "true"]).fails(
        2,
        "goward: `x` is not a GODEBUG setting\nhint: write it as KEY=VALUE: `--debug http2debug=1`",
    );
    matrix(&sandbox, &["--go", "1.42", "--", "true"]).fails(
        3,
        "goward: no Go release matches `1.42` for linux/amd64\n\
         hint: newest is go1.99.1; `goward list --remote` shows all",
    );
    let outcome = matrix(&sandbox, &["--go", "1.99.1", "--", "no-such-program"]);
    assert_eq!(outcome.code, Some(127), "{}", outcome.stderr);
}

#[test]
fn a_go_that_is_not_gowards_has_no_cells() {
    let server = mirror();
    let sandbox = sandbox(&server);
    let path = sandbox.path("other");
    sandbox.write("other/go", "#!/bin/sh\n");
    fs::set_permissions(path.join("go"), fs::Permissions::from_mode(0o755)).unwrap();
    let sandbox = sandbox.var("PATH", format!("{}:/usr/bin:/bin", path.display()));
    matrix(&sandbox, &["--", "true"]).fails(
        2,
        "goward: no toolchain of goward governs here\n\
         hint: name some: `goward matrix --go 1.26,1.27 ...`",
    );
    matrix(&sandbox, &["ci", "--", "true"]).fails(
        3,
        "goward: there is no `goward.toml` here that could have `ci`\n\
         hint: a command comes after `--`: `goward matrix --go 1.26,1.27 -- go test ./...`",
    );
}

#[test]
fn a_named_matrix_stands_in_the_manifest() {
    let (_server, sandbox) = project();
    sandbox.write(
        "project/goward.toml",
        "[toolchain]\ngo = \"1.99.1\"\n[matrix.ci]\ngo = [\"1.98.3\", \"1.99.1\"]\n\
         command = [\"sh\", \"-c\", \"go version\"]\n",
    );
    let outcome = matrix(&sandbox, &["ci", "--json"]);
    let report: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(report["command"], "sh -c 'go version'");
    assert_eq!(report["regressed"], false);
    let cells: Vec<_> = report["cells"].as_array().unwrap().iter().collect();
    assert_eq!(
        (cells[0]["go"].as_str(), cells[1]["go"].as_str()),
        (Some("go1.98.3"), Some("go1.99.1"))
    );
    assert_eq!(
        (cells[0]["verdict"].as_str(), cells[1]["verdict"].as_str()),
        (Some("baseline"), Some("same"))
    );
    matrix(&sandbox, &["nightly"]).fails(
        3,
        "goward: `[PROJECT]/goward.toml` has no matrix `nightly`\nhint: add a table `[matrix.nightly]`",
    );
}

/// A cell whose tests write into the project is no longer what it was for the next one.
#[test]
fn tests_that_write_into_the_project_make_every_cell_run_again() {
    let (_server, sandbox) = project();
    sandbox.write("project/.git/index", "");
    let run = |place: &str| -> usize {
        _ = fs::remove_file(sandbox.path("count"));
        let script = format!("echo run >>../count; date +%N >{place}");
        let args = ["--resume", "--go", "1.98.3,1.99.1", "--", "sh", "-c", script.as_str()];
        for _ in 0..2 {
            matrix(&sandbox, &args).says();
        }
        sandbox.read("count").lines().count()
    };
    assert_eq!(run("result"), 4);
    // What a repository writes about itself is no change.
    assert_eq!(run(".git/index"), 2);
}

/// Go's build cache would take these for one: what the compiler prints into it, and toolchains of one version.
#[test]
fn cells_that_go_cannot_tell_apart_have_caches_of_their_own() {
    let (_server, sandbox) = project();
    let vendor = put(&sandbox, "vendor", &corp("go1.99.1", "go1.99.1"));
    assert_eq!(sandbox.goward(["link", "vendor", vendor.to_str().unwrap()]).code, Some(0));
    let caches = |args: &[&str]| -> Vec<String> {
        _ = fs::remove_file(sandbox.path("caches"));
        let rest = ["--", "sh", "-c", "echo \"${GOCACHE-shared}\" >>../caches"];
        matrix(&sandbox, &[args, &rest].concat()).says();
        sandbox.redact(sandbox.read("caches").as_bytes()).lines().map(str::to_owned).collect()
    };
    let debug = ["--debug", "none", "--debug", "http2debug=1", "--debug", "gctrace=1"];
    let traced = caches(&[["--go", "1.99.1"].as_slice(), &debug].concat());
    let own = "[HOME]/.cache/goward/matrix/go-build";
    assert_eq!(traced, ["shared", "shared", &format!("{own}/traces")]);
    assert_eq!(caches(&["--go", "1.98.3,1.99.1"]), ["shared", "shared"]);
    let vendors = caches(&["--go", "1.98.3,1.99.1,vendor"]);
    assert_eq!(vendors[0], "shared");
    assert!(vendors[1].starts_with(own) && vendors[2].starts_with(own), "{vendors:?}");
    assert_ne!(vendors[1], vendors[2]);
}

/// What does not fit on the page is counted there, and is in the other report.
#[test]
fn the_page_says_how_much_it_leaves_out() {
    let (_server, sandbox) = project();
    let (tests, benchmarks) = (503, 207);
    let events = |action: &str| {
        let tests = (0..tests).map(|number| {
            let name = format!("Test{number}");
            json!({"Action": action, "Package": "m", "Test": name, "Elapsed": 0.1}).to_string()
        });
        let benchmarks = (0..benchmarks).map(|number| {
            let line = format!("Benchmark{number}-2 \t 100\t 7.5 ns/op\n");
            json!({"Action": "output", "Package": "m", "Output": line}).to_string()
        });
        let end = json!({"Action": action, "Package": "m", "Elapsed": 0.5}).to_string();
        tests.chain(benchmarks).chain([end]).collect::<Vec<_>>().join("\n") + "\n"
    };
    sandbox.write("good.json", events("pass"));
    sandbox.write("bad.json", events("fail"));
    let script =
        "case $(go version) in *go1.99.1*) cat ../bad.json; exit 1;; esac; cat ../good.json";
    let args = ["--go", "1.98.3,1.99.1", "--json", "--html", "r.html", "--", "sh", "-c", script];
    let outcome = matrix(&sandbox, &args);
    assert_eq!(outcome.code, Some(6), "{}", outcome.stderr);
    let page = sandbox.read("project/r.html");
    let said = |more: usize| format!("<p>and {more} more, which are not on this page</p>");
    // The tests in the grid and those of the cell; the benchmarks.
    assert_eq!(page.matches(&said(3)).count(), 2);
    assert_eq!(page.matches(&said(7)).count(), 1);
    assert_eq!(page.matches("more, which").count(), 3);
    let report: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
    let cell = &report["cells"][1];
    let count = |key: &str| cell[key].as_array().unwrap().len();
    assert_eq!((count("differences"), count("benchmarks")), (tests, benchmarks));
}

/// A test prints whatever it likes: it stays text, and is cut.
#[test]
fn output_of_cells_is_escaped_and_cut() {
    let (_server, sandbox) = project();
    let hostile = r#"{"Action":"run","Package":"m","Test":"TestA"}
{"Action":"output","Package":"m","Test":"TestA","Output":"\u001b]0;x\u0007</pre><script>alert(1)</script>]]>\u202e\n"}
{"Action":"fail","Package":"m","Test":"TestA","Elapsed":0.5}
{"Action":"fail","Package":"m","Elapsed":0.5}
"#;
    let good = r#"{"Action":"pass","Package":"m","Test":"TestA","Elapsed":0.5}"#;
    sandbox.write("hostile.json", hostile);
    sandbox.write("good.json", good);
    let script =
        "case $(go version) in *go1.99.1*) cat ../hostile.json; exit 1;; esac; cat ../good.json";
    let args = [
        "--go",
        "1.98.3,1.99.1",
        "--junit",
        "out/r.xml",
        "--html",
        "out/r.html",
        "--",
        "sh",
        "-c",
        script,
    ];
    let outcome = matrix(&sandbox, &args);
    assert_eq!(outcome.code, Some(6), "{}", outcome.stderr);
    assert!(
        outcome.stdout.contains("! TestA in m: pass -> fail\n    | \\u{1b}]0;x\\u{7}</pre>"),
        "{}",
        outcome.stdout
    );
    let page = sandbox.read("project/out/r.html");
    assert!(page.contains("&lt;/pre&gt;&lt;script&gt;"), "{page}");
    for harmful in ["<script", "\u{1b}", "\u{202e}"] {
        assert!(!page.contains(harmful), "{harmful:?}");
    }
    for harmful in ["\u{1b}", "\u{202e}"] {
        assert!(!outcome.stdout.contains(harmful), "{harmful:?}");
    }
    let junit = sandbox.read("project/out/r.xml");
    assert!(junit.contains("tests=\"2\" skipped=\"0\" failures=\"1\" errors=\"0\""), "{junit}");
    assert!(!junit.contains('\u{1b}') && !junit.contains("<script"), "{junit}");
}

#[test]
fn finished_cells_are_kept_as_long_as_nothing_changes() {
    let (_server, sandbox) = project();
    sandbox.write("project/main.go", "package main\n");
    let counted = || fs::read_to_string(sandbox.path("count")).unwrap_or_default().lines().count();
    let run = |more: &[&str], script: &str| {
        let args = [&["--go", "1.98.3,1.99.1"], more, &["--", "sh", "-c", script]].concat();
        matrix(&sandbox, &args)
    };
    let script = "echo run >>../count";
    run(&["--resume"], script).says();
    assert_eq!(counted(), 2);
    let outcome = run(&["--resume", "--html", "page.html"], script);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    assert!(outcome.stdout.ends_with("T s  kept from an earlier run"), "{}", outcome.stdout);
    // Without being asked for, and with another command, every cell runs.
    run(&["--html", "page.html"], script).says();
    assert_eq!(counted(), 4);
    run(&["--resume", "--html", "page.html"], "echo run  >>../count").says();
    assert_eq!(counted(), 6);
    sandbox.write("project/main.go", "package main // changed\n");
    run(&["--resume", "--html", "page.html"], script).says();
    assert_eq!(counted(), 8);
    // What fitted the old state is gone.
    let kept = sandbox.path("home/.cache/goward/matrix/cells");
    let project = fs::read_dir(kept).unwrap().next().unwrap().unwrap().path();
    assert_eq!(fs::read_dir(project).unwrap().count(), 2);
}

#[track_caller]
fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < Duration::from_secs(60), "{what}: that did not come");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Returns true for a process that has ended; one that nobody waits for any more has, too.
fn is_gone(process: &str) -> bool {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    status.is_empty() || status.contains("State:\tZ")
}

/// An interrupt ends what cells started, and what that started.
#[test]
fn an_interrupt_leaves_nothing_behind() {
    let (_server, sandbox) = project();
    let script = "name=$(go version | head -n1 | cut -d' ' -f3); sleep 300 & \
                  echo $! >../$name.child; echo $$ >../$name.shell; wait";
    let args = ["matrix", "--jobs", "2", "--go", "1.98.3,1.99.1", "--", "sh", "-c", script];
    let mut command = sandbox.command(&sandbox.path("bin/goward"), "project");
    command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    let files = ["go1.98.3.child", "go1.98.3.shell", "go1.99.1.child", "go1.99.1.shell"];
    let number = |name: &str| -> Option<u32> {
        fs::read_to_string(sandbox.path(name)).ok()?.trim().parse().ok()
    };
    wait_until("the cells begin", || files.iter().all(|name| number(name).is_some()));
    let interrupt = format!("kill -INT {}", child.id());
    sandbox.finish(machine::command("sh").args(["-c", &interrupt])).data();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.signal(), Some(2), "{output:?}");
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "goward: interrupted after 0 of 2 cells\n  what was running has been ended\n\
         hint: the cells that are done are kept: the same with `--resume` runs the others\n"
    );
    for name in files {
        assert!(is_gone(&number(name).unwrap().to_string()), "{name}");
    }
}

/// What does not end when it is asked to is made to, after three seconds.
#[test]
fn an_interrupt_is_not_ignored_for_long() {
    let (_server, sandbox) = project();
    let script =
        "trap 'echo asked >>../asked' TERM; echo $$ >../shell; while :; do sleep 0.1; done";
    let args = ["matrix", "--go", "1.99.1", "--", "sh", "-c", script];
    let mut command = sandbox.command(&sandbox.path("bin/goward"), "project");
    command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    let shell = sandbox.path("shell");
    wait_until("the cell begins", || shell.exists() && !sandbox.read("shell").is_empty());
    let interrupt = format!("kill -TERM {}", child.id());
    sandbox.finish(machine::command("sh").args(["-c", &interrupt])).data();
    let started = Instant::now();
    let output = child.wait_with_output().unwrap();
    assert!(started.elapsed() >= Duration::from_millis(2900), "{:?}", started.elapsed());
    assert_eq!(output.status.signal(), Some(15), "{output:?}");
    assert_eq!(sandbox.read("asked"), "asked\n");
    assert!(is_gone(sandbox.read("shell").trim()));
}

/// What a command leaves running does not hold up the cell, and does not outlive it.
#[test]
fn what_a_cell_leaves_running_ends_with_it() {
    let (_server, sandbox) = project();
    let script = "sleep 300 & echo $! >../left";
    let started = Instant::now();
    matrix(&sandbox, &["--go", "1.99.1", "--", "sh", "-c", script]).says();
    assert!(started.elapsed() < Duration::from_secs(60));
    assert!(is_gone(sandbox.read("left").trim()));
}
