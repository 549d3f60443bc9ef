//! Versions and the lines of `go.mod`, against what real Gos say of them.

use super::{enabled, output, place_go, sandbox};
use crate::common::Sandbox;
use goward_core::project::go_mod::{GoLines, parse_go_lines};
use goward_core::version::GoVersion;
use goward_shim::gover::Version;
use std::cmp::Ordering;
use std::fmt::Write as _;
use std::fs;
use std::process::{Command, Output};

/// Texts behind `module m`, each about something that Go decides.
const TEXTS: &[&str] = &[
    "",
    "go 1.20",
    "go 1.20.3",
    "go 1.21",
    "go 1.21.0",
    "go 1.22rc1",
    "go 1.24.0",
    "go 1.26.2",
    "go 1.26.3",
    "go 1.27",
    "go 1.27.0",
    "go 1.27.1",
    "go 1.27.2",
    "go 1.28rc1",
    "go 1.99999999999",
    "go 1.21alpha1",
    "go 1.21.0rc1",
    "go 1.20//why",
    "go 1.20 // why\r",
    "\tgo\t1.20",
    "go 1",
    "go 1.",
    "go 0.1",
    "go 01.20",
    "go 1.020",
    "go 1.20.01",
    "go 1.20rc",
    "go 1.20-corp",
    "go v1.20",
    "go go1.20",
    "go \"1.20\"",
    "go `1.20`",
    "\"go\" 1.20",
    "go 1.20 1.21",
    "go 1.20,",
    "go [1.20",
    "go 1.20 /* why */",
    "go",
    "go (\n1.20\n)",
    "go 1.20\ngo 1.20",
    "go 1.20\ntoolchain go1.21.0",
    "go 1.20\ntoolchain go1.21.0-corp",
    "go 1.20\ntoolchain go1.21.0-X:jsonv2",
    "go 1.20\ntoolchain go1.21rc2",
    "go 1.20\ntoolchain go1.21corp",
    "go 1.20\ntoolchain go1.21.0corp",
    "go 1.20\ntoolchain go1.21.0-a/b",
    "go 1.20\ntoolchain go1.21.0-a\\b",
    "go 1.20\ntoolchain default",
    "go 1.20\ntoolchain local",
    "go 1.20\ntoolchain 1.21.0",
    "go 1.20\ntoolchain corp-go1.21.0",
    "go 1.20\ntoolchain \"go1.21.0\"",
    "go 1.20\ntoolchain go1.21.0 x",
    "go 1.20\ntoolchain",
    "go 1.20\ntoolchain go1.",
    "go 1.20\ntoolchain go2.0",
    "go 1.20\ntoolchain default\ntoolchain go1.21.0",
    "go 1.20\ntoolchain go1.21.0\ntoolchain go1.21.0",
    "require (\n\tgo 1.99\n)",
];

/// Runs the `go` in a directory of the sandbox about the module in `m`.
fn go(sandbox: &Sandbox, goroot: &str, gotoolchain: &str, args: &[&str]) -> Output {
    let mut command = sandbox.command(&sandbox.path(goroot).join("bin/go"), "m");
    command.env("GOROOT", sandbox.path(goroot)).env("GOTOOLCHAIN", gotoolchain).args(args);
    command.output().unwrap()
}

#[test]
fn lines_of_go_mod_are_refused_where_go_refuses_them() {
    let versions = ["1.21.13", "1.22.10", "1.23.9", "1.24.11", "1.25.5", "1.26.2", "1.27.1"];
    if !enabled(&versions) {
        return;
    }
    let sandbox = sandbox();
    for version in versions {
        place_go(&sandbox, version, version);
        for part in ["pkg/tool/linux_amd64", "src"] {
            fs::create_dir_all(sandbox.path(version).join(part)).unwrap();
        }
        let locked = GoVersion::parse(version).unwrap();
        for text in TEXTS {
            sandbox.write("m/go.mod", format!("module m\n{text}\n"));
            let lines: GoLines = parse_go_lines(&sandbox.read("m/go.mod"));
            let parsed = go(&sandbox, version, "local", &["mod", "edit", "-json"]);
            let selected = go(&sandbox, version, "auto", &["list", "-m"]);
            let said = String::from_utf8_lossy(&selected.stderr).into_owned();
            // What is not about the two lines is Go's own to say.
            let is_about = |output: &Output| {
                let said = String::from_utf8_lossy(&output.stderr).into_owned();
                !output.status.success()
                    && [
                        "go version",
                        "go statement",
                        "go directive",
                        "toolchain",
                        "block type: go",
                        // Of a line about Go.
                        "mod files must use // comments",
                    ]
                    .iter()
                    .any(|words| said.contains(words))
                    && !said.contains("unknown directive: \"go\"")
            };
            let refuses = is_about(&parsed) || said.contains("invalid toolchain");
            assert_eq!(lines.refused().is_some(), refuses, "{version} {text:?}: {parsed:?} {said}");
            let local = go(&sandbox, version, "local", &["list", "-m"]);
            let is_too_new = String::from_utf8_lossy(&local.stderr).contains("requires go >=");
            let refused_by = lines.refused().is_none() && lines.refused_by(locked).is_some();
            assert_eq!(refused_by, is_too_new, "{version} {text:?}: {local:?}");
        }
    }
}

/// Names of toolchains, and what is none.
const NAMES: &[&str] = &[
    "",
    "go",
    "1.21",
    "go1",
    "go1.0",
    "go1.1",
    "go1.20",
    "go1.20.0",
    "go1.20.1",
    "go1.20rc1",
    "go1.21",
    "go1.21.0",
    "go1.21.1",
    "go1.21.10",
    "go1.21.9",
    "go1.21alpha1",
    "go1.21beta1",
    "go1.21rc1",
    "go1.21rc10",
    "go1.21rc2",
    "go1.21corp",
    "go1.21.0-corp",
    "go1.21.0-X:jsonv2",
    "go1.21.0-",
    "go1.21-devel_0123",
    "go1.22",
    "go1.26.6",
    "go1.26.6-corp",
    "go1.27.0",
    "go1.99999999999",
    "go2",
    "go2.0.1",
    "go01.2",
    "go1.02",
    "go1.",
    "go1.2.",
    "go1.2.3.4",
    "go1.2.3rc1",
    "go1.2RC1",
    "go1.2rc01",
    "go1.2rc1x",
    "go1.2+auto",
    "gogo1.2",
    "corp-go1.2",
    "go-1.2",
];

const PROGRAM: &str = "package main\n\nimport (\n\t\"bufio\"\n\t\"fmt\"\n\t\"go/version\"\n\t\"os\"\n\t\"strings\"\n)\n\n\
    func main() {\n\tlines := bufio.NewScanner(os.Stdin)\n\tfor lines.Scan() {\n\
    \t\tone, two, _ := strings.Cut(lines.Text(), \" \")\n\
    \t\tfmt.Println(version.IsValid(one), version.Compare(one, two))\n\t}\n}\n";

#[test]
fn versions_are_compared_as_go_compares_them() {
    if !enabled(&["1.22.10", "1.27.1"]) {
        return;
    }
    let sandbox = sandbox().var("GOWARD_ACCEPT", "none").var("GOTOOLCHAIN", "local");
    let mut pairs = String::new();
    let mut want = String::new();
    for one in NAMES {
        for two in NAMES {
            let [first, second] = [one, two].map(|name| Version::of_toolchain(name.as_bytes()));
            let order = match first.cmp(&second) {
                Ordering::Less => -1,
                Ordering::Equal => 0,
                Ordering::Greater => 1,
            };
            _ = writeln!(pairs, "{one} {two}");
            _ = writeln!(want, "{} {order}", first.is_some());
        }
    }
    sandbox.write("project/pairs", pairs);
    sandbox.write("project/main.go", PROGRAM);
    for version in ["1.22.10", "1.27.1"] {
        let mut command = sandbox.command(&sandbox.path("bin/goward"), "project");
        command.args(["exec", "--go", version, "--", "go", "run", "main.go"]);
        assert_eq!(sandbox.goward(["install", version]).code, Some(0), "{version}");
        command.env("GOCACHE", sandbox.path("cache")).env("GO111MODULE", "off");
        command.stdin(fs::File::open(sandbox.path("project/pairs")).unwrap());
        let found = output(&mut command);
        for (at, (found, want)) in found.lines().zip(want.lines()).enumerate() {
            let (one, two) = (NAMES[at / NAMES.len()], NAMES[at % NAMES.len()]);
            assert_eq!(found, want, "go{version}: {one:?} {two:?}");
        }
        assert_eq!(found.lines().count(), NAMES.len() * NAMES.len());
    }
}

/// What is behind a space counts for cmd/go alone.
#[test]
fn a_toolchain_is_named_as_its_version_file_names_it() {
    if !enabled(&["1.27.1"]) {
        return;
    }
    let sandbox = sandbox();
    place_go(&sandbox, "1.27.1", "goroot");
    let refused = |name: &str| {
        let mut command: Command = sandbox.command(&sandbox.path("goroot/bin/go"), "m");
        command
            .env("GOROOT", sandbox.path("goroot"))
            .env("GOTOOLCHAIN", name)
            .env("PATH", "/proc/nowhere");
        let said = command.arg("version").output().unwrap();
        String::from_utf8_lossy(&said.stderr).contains("invalid GOTOOLCHAIN")
    };
    sandbox.write("m/go.mod", "module m\n\ngo 1.20\n");
    for name in [
        "go1.27.1",
        "go1.27.1-corp",
        "go1.27.1 X:jsonv2",
        "go1.27.1\tx",
        "go1.27.1x",
        "go1.27.1/x",
        "bash",
    ] {
        assert_eq!(Version::of_toolchain(name.as_bytes()).is_none(), refused(name), "{name:?}");
    }
}
