//! `goward check`, as far as it needs no Go: drift, end of support, vulnerabilities, the three forms of
//! output, and what `--fix` leaves behind.

use crate::common::server::{Fault, Route, Server};
use crate::common::vulndb::{self, MODIFIED};
use crate::common::{Outcome, Sandbox};
use goward_core::checks::project::CHECKS;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const CHECK_COUNT: usize = CHECKS.len();

const ID: &str = "GO-2099-0001";

/// A lock of a release that nobody has installed.
fn lock(version: &str) -> String {
    format!(
        "schema = 1\n\n[toolchain]\nversion = \"go{version}\"\nrequest = \"{version}\"\nlevel = \"built-in\"\n\n\
         [toolchain.linux-amd64]\nh1 = \"h1:MeqkXdYlyiVdqJXENOTyX7xd8QjDM/mxR52RKOFBS0M=\"\n"
    )
}

fn project(version: &str) -> Sandbox {
    Sandbox::new().file("project/goward.lock", lock(version)).var("GOVULNDB", "off")
}

/// A database with one entry on a server of this machine.
fn database() -> Server {
    let server = Server::start();
    let entry = vulndb::Entry { ranges: &[("0", "1.27.2")], ..vulndb::ENTRIES[2] };
    for (name, text) in vulndb::files(&[entry]) {
        server.route(&format!("/{name}"), Route::new(text));
    }
    server
}

const NOT_INSTALLED: &str = "goward: not checked: go-start, cgo, target-supported, module-mode, gobin, \
    target-valid, arch-levels, workspace: go1.27.1 is not installed (`goward install`)\n";

const LEFT_OUT: &str = "goward: not checked: vulnerabilities: it was left out with `off`\n";

#[test]
fn without_a_lock_there_is_nothing_to_check() {
    let sandbox = Sandbox::new();
    sandbox.goward(["check"]).fails(
        3,
        "goward: there is no lock to check against: `[PROJECT]/goward.lock`\n\
         hint: for this project: `goward use stable`",
    );
}

/// A series that nobody knew when this goward was built is not called supported.
#[test]
fn of_a_newer_series_it_is_said_what_is_not_known() {
    let newest = goward_core::releases::schedule::newest_known();
    let outcome = project(&format!("1.{}.1", newest + 1)).goward(["check"]);
    let said = format!(
        "goward: not checked: support: this goward was built for Go up to go1.{newest}: it knows neither the end of \
         support of go1.{} nor flaws that no database has (known on ",
        newest + 1
    );
    assert!(outcome.stderr.contains(&said), "{outcome:?}");
    assert!(!outcome.stderr.contains("nothing is wrong"), "{outcome:?}");
    let known = project(&format!("1.{newest}.1")).goward(["check"]);
    assert!(!known.stderr.contains("not checked: support"), "{known:?}");
}

#[test]
fn drift_in_words_and_mended() {
    let sandbox = project("1.27.1")
        .file("project/.go-version", "go1.26\n")
        .file("project/go.mod", "module m\n\ngo 1.26\n\ntoolchain go1.27.2 // why\n");
    let outcome = sandbox.goward(["check"]);
    assert_eq!(
        outcome.stdout,
        ".go-version:1: error: `.go-version` asks for another Go than go1.27.1 [version-files]\n  \
         why: the tool that reads it gets `go1.26`, and `goward.lock` has go1.27.1\n  \
         fix: write `1.27.1`\n\
         go.mod:5: warning: `toolchain go1.27.2` is not go1.27.1 of `goward.lock` [go-mod]\n  \
         why: below goward go1.27.1 runs and the line is ignored (GOTOOLCHAIN=local); without goward, Go downloads go1.27.2\n  \
         fix: write `toolchain go1.27.1`\n"
    );
    assert_eq!(
        outcome.stderr,
        format!(
            "{NOT_INSTALLED}{LEFT_OUT}goward: go1.27.1 of `goward.lock`: 1 error, 1 warning; 8 of {CHECK_COUNT} checks could not look; 1 of {CHECK_COUNT} checks was left out\nhint: change what needs no decision: `goward check --fix`\n"
        )
    );
    assert_eq!(outcome.code, Some(6));

    let outcome = sandbox.goward(["check", "--fix"]);
    let said = "goward: changed one line of `.go-version`\ngoward: changed one line of `go.mod`\n";
    assert_eq!(outcome.stdout, "");
    assert_eq!(
        outcome.says(),
        format!(
            "{said}{NOT_INSTALLED}{LEFT_OUT}goward: go1.27.1 of `goward.lock`: no findings; 8 of {CHECK_COUNT} checks could not look; 1 of {CHECK_COUNT} checks was left out\n"
        )
    );
    assert_eq!(sandbox.read("project/.go-version"), "go1.27.1\n");
    assert_eq!(
        sandbox.read("project/go.mod"),
        "module m\n\ngo 1.26\n\ntoolchain go1.27.1 // why\n"
    );

    // What was not looked at counts when somebody wants to be sure.
    let outcome = sandbox.goward(["check", "--strict", "-q"]);
    let strict = format!(
        "goward: go1.27.1 of `goward.lock`: no findings; 8 of {CHECK_COUNT} checks could not look; \
         1 of {CHECK_COUNT} checks was left out\n"
    );
    assert_eq!((outcome.code, outcome.stderr), (Some(6), strict));
}

#[test]
fn fix_changes_no_file_through_a_link_and_none_of_another_project() {
    let sandbox = project("1.27.1")
        .file("elsewhere", "1.26\n")
        .file("project/other/goward.toml", "[toolchain]\ngo = \"1.26\"\n")
        .file("project/other/.go-version", "1.26\n");
    std::os::unix::fs::symlink("../elsewhere", sandbox.path("project/.go-version")).unwrap();
    assert_eq!(sandbox.goward(["check", "--fix"]).code, Some(0));
    assert_eq!(sandbox.read("elsewhere"), "1.26\n");
    assert_eq!(sandbox.read("project/other/.go-version"), "1.26\n");
}

#[test]
fn support_ends_with_the_second_newer_line() {
    let cases = [
        ("1.27.1", 0),
        ("1.26.2", 0),
        ("1.25.5", 6),
        ("1.22.10", 6),
        ("1.20", 6),
        // A candidate whose line came out.
        ("1.27rc1", 6),
        // Nobody knows a newer one.
        ("1.99.1", 0),
    ];
    for (version, code) in cases {
        let outcome = project(version).goward(["check"]);
        assert_eq!(outcome.code, Some(code), "{version}: {}", outcome.stdout);
        assert_eq!(
            outcome.stdout.contains("[support]"),
            code == 6,
            "{version}: {}",
            outcome.stdout
        );
    }
    let known = goward_core::facts::LINES.known();
    assert_eq!(
        project("1.22.10").goward(["check"]).stdout,
        format!(
            "goward.lock:4: error: Go no longer supports go1.22 [support]\n  \
             why: it supports the two newest lines (go.dev/doc/devel/release), and go1.24 came out on 2025-02-11 \
             ({known})\n  fix: `goward use 1.27`\n"
        )
    );
}

#[test]
fn vulnerabilities_come_from_the_place_that_was_named() {
    let server = database();
    let url = server.url("");
    let sandbox = project("1.27.1").without_var("GOVULNDB");
    let found = format!(
        "goward.lock:4: error: go1.27.1 has {ID} (CVE-2099-1): Made up [vulnerabilities]\n  \
         why: toolchain, cmd/go; https://pkg.go.dev/vuln/{ID}; {url}, of {MODIFIED}\n  \
         fix: go1.27.2 does not have it: `goward use 1.27.2`\n"
    );
    let outcome = sandbox.goward(["check", "--vulndb", &url]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(6), found.as_str()));
    // Go's own variable, and the user's settings, name it, too.
    let sandbox = sandbox.var("GOVULNDB", format!("{url}/,https://unused.example"));
    assert_eq!(sandbox.goward(["check"]).stdout, found);
    let config = format!("vulndb = \"{url}\"\n");
    let sandbox = sandbox.without_var("GOVULNDB").file("home/.config/goward/config.toml", config);
    assert_eq!(sandbox.goward(["check"]).stdout, found);
    assert_eq!(sandbox.goward(["check", "--vulndb", "off"]).code, Some(0));
    // A release that has the fix needs no entry at all.
    let before = server.log().len();
    sandbox.write("project/goward.lock", lock("1.27.2"));
    assert_eq!(sandbox.goward(["check"]).code, Some(0));
    let asked: Vec<String> = server.log()[before..].iter().map(|r| r.target.clone()).collect();
    assert_eq!(asked, ["/index/db.json", "/index/modules.json"]);
}

#[test]
fn a_hostile_database_is_refused_and_never_looks_clean() {
    let entry = format!("/ID/{ID}.json");
    let cases: Vec<(&str, Route, &str)> = vec![
        ("/index/db.json", Route::new("<html>"), "`index/db.json`: expected value"),
        ("/index/modules.json", Route::new("[".repeat(200_000)), "is refused"),
        ("/index/modules.json", Route::new("x".repeat(33 << 20)), "is larger than"),
        (
            "/index/modules.json",
            Route::new(r#"[{"path":"stdlib","vulns":[{"id":"../../x"}]}]"#),
            "is no name of a vulnerability",
        ),
        (&entry, Route::new(r#"{"id":"GO-2099-0001"}"#), "missing field `affected`"),
        (&entry, Route::new("{}").always(Fault::Endless), ""),
        (&entry, Route::new("{}").always(Fault::Status(404, "")), ""),
    ];
    for (target, route, want) in cases {
        let server = database();
        server.route(target, route);
        let outcome = project("1.27.1").goward(["check", "--vulndb", &server.url("")]);
        assert_eq!(outcome.code, Some(5), "{target}: {outcome:?}");
        assert!(outcome.stderr.contains(want), "{target}: {}", outcome.stderr);
        assert!(outcome.stderr.len() < 3000 && !outcome.stderr.contains("panicked"));
    }
    let outcome = project("1.27.1").goward(["check", "--vulndb", "/proc/nowhere"]);
    assert_eq!(outcome.code, Some(3), "{outcome:?}");
    // Nobody named one, and nobody can be asked: that is said, and is no clean answer.
    let sandbox = project("1.27.1").without_var("GOVULNDB").var("GOWARD_OFFLINE", "1");
    let outcome = sandbox.goward(["check"]);
    assert_eq!(outcome.code, Some(0));
    assert!(outcome.stderr.contains("not checked: vulnerabilities: "), "{}", outcome.stderr);
    assert_eq!(sandbox.goward(["check", "--strict"]).code, Some(6));
}

fn json_of(outcome: &Outcome) -> Value {
    serde_json::from_str(&outcome.stdout).unwrap()
}

#[test]
fn json_has_everything() {
    let sandbox = project("1.27.1").file("project/a b/.tool-versions", "go 1.26\n");
    let report = json_of(&sandbox.goward(["check", "--json"]));
    assert_eq!(report["version"], "go1.27.1");
    assert_eq!(report["lock"], "[PROJECT]/goward.lock");
    assert_eq!(report["fixed"], json!([]));
    let skipped = report["checks"].as_array().unwrap().iter();
    assert_eq!(skipped.filter(|check| check["outcome"] == "skipped").count(), 9);
    assert_eq!(
        report["findings"],
        json!([{
            "check": "version-files",
            "group": "drift",
            "severity": "error",
            "file": "a b/.tool-versions",
            "line": 1,
            "variable": null,
            "message": "`.tool-versions` asks for another Go than go1.27.1",
            "why": "the tool that reads it gets `1.26`, and `goward.lock` has go1.27.1",
            "fix": "write `1.27.1`",
            "fixable": true,
        }])
    );
}

/// What the schema of SARIF 2.1.0 requires, and what code hosts need to show a result.
#[test]
fn sarif_is_of_its_form() {
    let sandbox = project("1.27.1")
        .file("project/sub dir/Dockerfile", "FROM golang:1.26\nFROM golang\n")
        .file("project/.git/HEAD", "")
        .var("GOROOT_FINAL", "/x");
    let outcome = sandbox.goward(["check", "--sarif"]);
    assert_eq!(outcome.code, Some(6));
    let log = json_of(&outcome);
    assert_eq!(log["version"], "2.1.0");
    assert!(log["$schema"].as_str().unwrap().ends_with("sarif-schema-2.1.0.json"));
    let [run] = log["runs"].as_array().unwrap().as_slice() else { panic!("{log}") };
    let driver = &run["tool"]["driver"];
    assert_eq!(driver["name"], "goward");
    let rules = driver["rules"].as_array().unwrap();
    let ids: Vec<&str> = rules.iter().map(|rule| rule["id"].as_str().unwrap()).collect();
    assert_eq!(ids, CHECKS.iter().map(|check| check.about.id).collect::<Vec<_>>());
    assert!(rules.iter().all(|rule| rule["shortDescription"]["text"].is_string()));
    for invocation in run["invocations"].as_array().unwrap() {
        assert!(invocation["executionSuccessful"].is_boolean());
        for note in invocation["toolExecutionNotifications"].as_array().unwrap() {
            assert!(note["message"]["text"].is_string());
        }
    }
    let mut seen = BTreeSet::new();
    for result in run["results"].as_array().unwrap() {
        let id = result["ruleId"].as_str().unwrap();
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(ids[index], id);
        assert!(["none", "note", "warning", "error"].contains(&result["level"].as_str().unwrap()));
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
        let [location] = result["locations"].as_array().unwrap().as_slice() else {
            panic!("{result}")
        };
        let physical = &location["physicalLocation"];
        assert!(physical["region"]["startLine"].as_u64().unwrap() >= 1);
        let uri = physical["artifactLocation"]["uri"].as_str().unwrap();
        assert!(uri.bytes().all(|byte| byte.is_ascii_graphic()) && !uri.starts_with('/'), "{uri}");
        assert_eq!(physical["artifactLocation"]["uriBaseId"], "%SRCROOT%");
        seen.insert((
            id.to_owned(),
            uri.to_owned(),
            physical["region"]["startLine"].as_u64().unwrap(),
        ));
    }
    let want = [
        ("deprecated", "goward.lock", 4),
        ("dockerfile", "sub%20dir/Dockerfile", 1),
        ("dockerfile", "sub%20dir/Dockerfile", 2),
    ];
    assert_eq!(seen, want.map(|(id, uri, line)| (id.to_owned(), uri.to_owned(), line)).into());
}

#[test]
fn files_that_cannot_be_read_are_findings_and_harm_no_terminal() {
    let sandbox = project("1.27.1")
        .file("project/.github/workflows/a.yml", "a: [\n")
        .file("project/.gitlab-ci.yml", "image: \"golang:1.2\\x1b]0;x\\x07\"\n")
        .file("project/Dockerfile", "FROM x\nFRUM golang\n")
        .file("project/mise.toml", "[tools\n")
        .file("project/sub/mise.toml", "x".repeat(2 << 20))
        .file("project/x\u{1b}[31m/.go-version", "1.26\n");
    let outcome = sandbox.goward(["check"]);
    assert_eq!(outcome.code, Some(6));
    assert!(outcome.stdout.bytes().all(|byte| byte == b'\n' || byte >= b' '), "{}", outcome.stdout);
    for want in [
        ".github/workflows/a.yml:2: warning: the file is not YAML [github-workflows]",
        ".gitlab-ci.yml:1: ",
        "Dockerfile:2: warning: the Dockerfile cannot be read [dockerfile]",
        "mise.toml:1: error: `mise.toml` cannot be read [version-files]",
        "sub/mise.toml:1: warning: the file cannot be read [version-files]",
    ] {
        assert!(outcome.stdout.contains(want), "{want}\n{}", outcome.stdout);
    }
}

/// A source may be as long as it likes; what Go reads of it stands above `package`.
#[test]
fn comments_are_read_at_the_beginning_of_a_source() {
    let source =
        |before: usize| format!("//{}\n//go:debug nosuch=1\npackage main\n", "x".repeat(before));
    let server = super::mirror();
    let sandbox = super::sandbox(&server)
        .var("GOVULNDB", "off")
        .file("project/near/main.go", source(60 << 10))
        .file("project/far/main.go", source(65 << 10));
    assert_eq!(sandbox.goward(["use", "1.99.1"]).code, Some(0));
    let outcome = sandbox.goward(["check"]);
    assert_eq!(outcome.code, Some(6));
    assert!(outcome.stdout.contains("near/main.go:2: error: "), "{}", outcome.stdout);
    assert!(!outcome.stdout.contains("far/main.go"), "{}", outcome.stdout);
}

/// The lines of findings without what is below them.
fn lines(outcome: &Outcome) -> Vec<String> {
    let first = |line: &&str| !line.starts_with("  ");
    outcome.stdout.lines().filter(first).map(str::to_owned).collect()
}

#[test]
fn a_digest_decides_and_the_cure_names_it() {
    let digest = format!("sha256:{}", "a1".repeat(32));
    let sandbox = project("1.27.1")
        .file("project/Dockerfile", format!("FROM golang:1.26.6-bookworm@{digest} AS build\n"));
    let outcome = sandbox.goward(["check"]);
    assert_eq!(
        outcome.stdout,
        format!(
            "Dockerfile:1: error: `golang:1.26.6-bookworm@{digest}` asks for another Go than go1.27.1 [dockerfile]\n  \
             why: the image gets `1.26.6`, and `goward.lock` has go1.27.1; the digest decides which image it is, not the tag\n  \
             fix: write `golang:1.27.1-bookworm` and its digest, together: `docker buildx imagetools inspect golang:1.27.1-bookworm`\n"
        )
    );
    // The tag alone is no cure.
    sandbox.write("project/Dockerfile", format!("FROM golang:1.27.1-bookworm@{digest}\n"));
    let outcome = sandbox.goward(["check"]);
    assert_eq!(
        lines(&outcome),
        [format!(
            "Dockerfile:1: note: `golang:1.27.1-bookworm@{digest}` has the right tag, and its digest was not compared [dockerfile]"
        )]
    );
    assert_eq!((outcome.code, sandbox.goward(["check", "--strict"]).code), (Some(0), Some(6)));
    // The digest leaves nothing open, whatever the tag does.
    sandbox.write("project/Dockerfile", format!("FROM golang:1.27@{digest}\n"));
    assert_eq!(
        lines(&sandbox.goward(["check"])),
        [format!(
            "Dockerfile:1: note: `golang:1.27@{digest}` names a line of releases, and its digest was not compared [dockerfile]"
        )]
    );
}

/// As the Dockerfiles of moby and containerd are written. The line to change is the version's.
#[test]
fn an_argument_may_hold_another_one() {
    let dockerfile = "ARG GO_VERSION=1.26.2 DEBIAN=\"bookworm\"\n\
        ARG GOLANG_IMAGE=\"golang:${GO_VERSION}-${DEBIAN}\"\n\
        ARG OTHER=x\n\
        FROM ${GOLANG_IMAGE} AS base\n\
        FROM $UNSET AS none\n\
        FROM base\n";
    let sandbox = project("1.27.1").file("project/Dockerfile", dockerfile);
    let want = "Dockerfile:1: error: `golang:1.26.2-bookworm` asks for another Go than go1.27.1 [dockerfile]";
    let outcome = sandbox.goward(["check"]);
    assert_eq!(lines(&outcome), [want]);
    let fix = "  fix: write `1.27.1` there: the image is then `golang:1.27.1-bookworm`\n";
    assert!(outcome.stdout.ends_with(fix), "{}", outcome.stdout);
    // Arguments that grow without end are left as they are.
    let bomb: Vec<_> = (1..60).map(|n| format!("ARG A{n}=$A{0}$A{0}", n - 1)).collect();
    let bomb = bomb.join("\n") + "\n";
    sandbox.write("project/Dockerfile", format!("ARG A0=golang\n{bomb}FROM golang:$A59\n"));
    assert_eq!(lines(&sandbox.goward(["check"])), Vec::<String>::new());
}

#[test]
fn images_of_a_projects_own_are_in_its_manifest() {
    let manifest = "[toolchain]\ngo = \"1.27.1\"\n[check]\nimages = [\"corp.example/go-ci\"]\n";
    let sandbox = project("1.27.1")
        .file("project/.gitlab-ci.yml", "image: registry.corp.example/go-ci:1.26-x\n")
        .file("project/sub/.gitlab-ci.yml", "image: corp.example/go-ci:1.26-x\n");
    assert_eq!(lines(&sandbox.goward(["check"])), Vec::<String>::new());
    sandbox.write("project/goward.toml", manifest);
    let want = "sub/.gitlab-ci.yml:1: error: `corp.example/go-ci:1.26-x` asks for another Go than go1.27.1 [gitlab]";
    assert_eq!(lines(&sandbox.goward(["check"])), [want]);
}

#[test]
fn what_is_on_purpose_is_ignored_and_counted() {
    let manifest =
        |ignore: &str| format!("[toolchain]\ngo = \"1.27.1\"\n[check]\nignore = [{ignore}]\n");
    let sandbox = project("1.27.1")
        .file(
            "project/Dockerfile",
            "# goward: ignore\nFROM golang:1.25\n# goward: ignore dockerfile\nFROM golang:1.26\n",
        )
        .file("project/hack/lint.Dockerfile", "FROM golang:1.24\n")
        .file("project/.go-version", "1.26\n");
    let outcome = sandbox.goward(["check", "-q"]);
    assert_eq!(outcome.code, Some(6));
    assert!(outcome.stderr.contains(": 2 errors; "), "{outcome:?}");
    assert!(outcome.stderr.contains("; 2 findings ignored\n"), "{outcome:?}");
    sandbox.write(
        "project/goward.toml",
        manifest("{ path = \"hack/**\", check = \"dockerfile\" }, { check = \"version-files\" }"),
    );
    let outcome = sandbox.goward(["check", "--fix"]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(0), ""));
    assert!(outcome.stderr.ends_with("; 4 findings ignored\n"), "{outcome:?}");
    assert!(!outcome.stderr.contains("nothing is wrong"));
    assert_eq!(sandbox.read("project/.go-version"), "1.26\n");
    let report = json_of(&sandbox.goward(["check", "--json"]));
    assert_eq!(report["ignored"].as_array().unwrap().len(), 4);
    let log = json_of(&sandbox.goward(["check", "--sarif"]));
    let results = log["runs"][0]["results"].as_array().unwrap();
    assert_eq!((results.len(), &results[0]["suppressions"][0]["kind"]), (4, &json!("external")));
    for (ignore, want) in [
        (
            "{ check = \"dockerfiles\" }",
            "names the check `dockerfiles`, which there is not\nhint: did you mean `dockerfile`?",
        ),
        ("{ path = \"../x\" }", "`path` must lead from the directory of the manifest down"),
        ("{ paths = \"x\" }", "unknown key `paths` in `ignore`"),
        ("{}", "an entry of `ignore` needs `path`, `check`, or both"),
        ("\"x\"", "`ignore` must be a list such as"),
    ] {
        sandbox.write("project/goward.toml", manifest(ignore));
        let outcome = sandbox.goward(["check"]);
        assert_eq!(outcome.code, Some(2), "{ignore}");
        assert!(outcome.stderr.contains(want), "{ignore}: {}", outcome.stderr);
    }
}

/// As workflows, scripts and build files of real projects say it.
#[test]
fn what_ci_really_runs() {
    let workflow = "on:
  workflow_call: { inputs: { go_version: { default: '' } } }
env:
  GO_VERSION: '1.26'
  GOTOOLCHAIN: local
  GOFLAGS: '-tags=integration'
jobs:
  a:
    strategy: { matrix: { go: ['${{ needs.x.outputs.y }}'] } }
    steps:
      - uses: actions/setup-go@v6
        with: { go-version: '${{ matrix.go }}' }
      - uses: actions/setup-go@v6
        with: { go-version-file: go.mod }
      - run: GOEXPERIMENT=arenas GOFLAGS=-mod=mod go build --build-arg GO_VERSION=$X
";
    let lock = format!("{}\n[pins]\nGOFLAGS = \"-mod=vendor\"\n", lock("1.27.1"));
    let sandbox = project("1.27.1")
        .file("project/goward.lock", lock)
        .file("project/go.mod", "module m\n\ngo 1.25.3\n\ntoolchain go1.27.1\n")
        .file("project/.github/workflows/a.yml", workflow)
        .file("project/.github/ISSUE_TEMPLATE/bug.yml", "body: [\n")
        .file("project/.golangci.toml", "[run]\ngo = \"1.24\"\n")
        .file("project/docker-compose.ci.yml", "services: { x: { image: 'golang:${V:-1.26}' } }\n")
        .file("project/docker-bake.json", r#"{"variable":{"GO_VERSION":{"default":"1.26"}}}"#)
        .file(
            "project/Dockerfile",
            "ARG GO_VERSION=1.26\nFROM golang:$GO_VERSION\nARG GO_VERSION\n\
             ENV X=1 GOTOOLCHAIN=go1.26.2\nRUN true \\\n && GOTOOLCHAIN=go1.25.1 go build\n\
             FROM golang:$GO_VERSION AS other\n",
        );
    let outcome = sandbox.goward(["check"]);
    let other = "asks for another Go than go1.27.1";
    assert_eq!(
        lines(&outcome),
        [
            format!(".github/workflows/a.yml:4: error: `GO_VERSION: 1.26` {other} [github-workflows]"),
            format!(
                ".github/workflows/a.yml:14: error: `go-version-file: go.mod`, which has `go 1.25.3`, {other} [github-workflows]"
            ),
            ".github/workflows/a.yml:15: error: `GOFLAGS: -mod=mod` is refused beside `goward.lock` [github-workflows]"
                .to_owned(),
            ".github/workflows/a.yml:15: warning: `GOEXPERIMENT: arenas` does not reach the locked Go [github-workflows]"
                .to_owned(),
            ".golangci.toml:2: warning: `go: 1.24` is another language than `go 1.25` of `go.mod` [golangci]".to_owned(),
            format!("Dockerfile:1: error: `golang:1.26` {other} [dockerfile]"),
            format!("Dockerfile:4: error: `GOTOOLCHAIN: go1.26.2` {other} [dockerfile]"),
            format!("Dockerfile:6: error: `GOTOOLCHAIN: go1.25.1` {other} [dockerfile]"),
            format!("docker-bake.json:1: error: `GO_VERSION: 1.26` {other} [compose]"),
            format!("docker-compose.ci.yml:1: error: `golang:1.26` {other} [compose]"),
        ],
        "{}",
        outcome.stdout
    );
    // Without `GOTOOLCHAIN: local` setup-go takes the `toolchain` line.
    let text =
        sandbox.read("project/.github/workflows/a.yml").replace("  GOTOOLCHAIN: local\n", "");
    sandbox.write("project/.github/workflows/a.yml", text);
    assert!(!sandbox.goward(["check"]).stdout.contains("go-version-file"));
}

/// Shapes of the files of kind, etcd, caddy, packer and prometheus: what a run decides is passed by.
#[test]
fn what_a_run_decides_is_passed_by() {
    let workflow = "jobs:
  test:
    strategy:
      matrix:
        go: ['1.27']
        include: [{ go: '1.27', GO_SEMVER: '~1.27.0' }]
    container: { image: quay.io/prometheus/golang-builder:1.27-base }
    env: { GOTOOLCHAIN: local }
    steps:
      - { id: go, run: 'echo \"go_version=$(cat .go-version)\" >> \"$GITHUB_OUTPUT\"' }
      - { uses: actions/setup-go@v6, with: { go-version: '${{ matrix.GO_SEMVER }}' } }
      - { uses: actions/setup-go@v6, with: { go-version: '${{ steps.go.outputs.go_version }}' } }
      - { uses: golang/govulncheck-action@v1, with: { go-version-input: '~1.26.0' } }
  call:
    strategy: { matrix: { go: ['${{ needs.get-go-version.outputs.go-version }}'] } }
    uses: ./.github/workflows/build.yml
    with: { go_version: '${{ matrix.go }}' }
";
    let kindnetd = "FROM --platform=$BUILDPLATFORM docker.io/library/golang:latest
ARG TARGETARCH GO_VERSION
RUN eval \"$(gimme \"${GO_VERSION}\")\" \\
    && export GOTOOLCHAIN=\"go${GO_VERSION}\" \\
    && make
";
    let antithesis = "ARG GO_IMAGE_TAG
FROM golang:$GO_IMAGE_TAG AS build
RUN go env -w GOTOOLCHAIN=\"go$(cat .go-version)\"
";
    let bake = "variable \"GO_VERSION\" {\n  default = null\n}\ntarget \"x\" {\n  args = {\n    GO_VERSION = GO_VERSION\n  }\n}\n";
    let sandbox = project("1.27.1")
        .file("project/.github/workflows/ci.yml", workflow)
        .file("project/images/kindnetd/Dockerfile", kindnetd)
        .file("project/tests/antithesis/Dockerfile", antithesis)
        .file("project/parser/testfiles/x/Dockerfile", "FROM golang:1.3\n")
        .file("project/docker-bake.hcl", bake)
        .file("project/.promu.yml", "go:\n    # as in CI\n    version: 1.26\n");
    let open = "leaves open which release it is";
    assert_eq!(
        lines(&sandbox.goward(["check"])),
        [
            ".github/workflows/ci.yml:6: note: `matrix.GO_SEMVER` leaves open which release it builds with [github-workflows]".to_owned(),
            format!(".github/workflows/ci.yml:7: note: `quay.io/prometheus/golang-builder:1.27-base` {open} [github-workflows]"),
            ".github/workflows/ci.yml:13: error: `go-version-input: ~1.26.0` asks for another Go than go1.27.1 [github-workflows]".to_owned(),
            ".promu.yml:3: error: `version: 1.26` asks for another Go than go1.27.1 [promu]".to_owned(),
            format!("images/kindnetd/Dockerfile:1: note: `docker.io/library/golang:latest` {open} [dockerfile]"),
        ]
    );
}
