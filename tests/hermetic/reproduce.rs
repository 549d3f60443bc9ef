//! `goward reproduce` with the real Go: what is the same twice, and why the rest is not.

use super::lab;
use crate::common::{is_full, machine, skip};
use goward_shim::pins::Isolation;
use serde_json::Value;

/// Builds the same program in ways that differ in what they leave inside.
const BUILD: &str = "\
set -e
export CGO_ENABLED=0
go build -trimpath -buildvcs=false -o trimmed .
go build -buildvcs=false -o paths .
date +%s%N >stamp.txt
git init -q . && git add . && git -c user.name=n -c user.email=e commit -q -m \"$(cat stamp.txt)\"
go build -trimpath -o stamped .
printf 'package main\\n\\nconst stamp = \"%s\"\\n\\nfunc init() { println(stamp) }\\n' \"$(cat stamp.txt)\" >made.go
go build -trimpath -buildvcs=false -o made .
rm made.go stamp.txt
";
/// With C, whose compiler is told nothing about paths.
const BUILD_C: &str = "\
set -e
printf 'package main\\n\\n// static int two(void) { return 2; }\\nimport \"C\"\\n\\nfunc init() { println(int(C.two())) }\\n' >c.go
CGO_ENABLED=1 go build -buildvcs=false -o with-c .
rm c.go
";

#[test]
fn what_is_the_same_and_why_the_rest_is_not() {
    let Some(lab) = lab() else { return };
    if machine::command("git").arg("--version").output().is_err() {
        skip("reproduce: without git");
        return;
    }
    let go = lab.gos.last().unwrap();
    lab.project("reproduce", go, Isolation::Pinned, &[]);
    let script = if is_full() {
        format!("{BUILD}{BUILD_C}")
    } else {
        skip::sample(
            "reproduce: a program with C: `GOWARD_TEST_FULL=1` compiles the library for it",
        );
        BUILD.to_owned()
    };
    lab.sandbox.write("reproduce/build.sh", script);
    let mut command = lab.sandbox.command(&lab.sandbox.path("bin/goward"), "reproduce");
    let output = command.args(["reproduce", "--json", "--", "sh", "build.sh"]).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(6), "{error}");
    let files: Value = serde_json::from_slice(&output.stdout).unwrap();
    let file = |name: &str| {
        let found = files.as_array().unwrap().iter().find(|file| file["path"] == name);
        found.unwrap_or_else(|| panic!("{name}: {files}"))
    };
    let reasons = |name: &str| -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let reasons = file(name)["reasons"].as_array().unwrap().iter();
        reasons.map(|reason| (text(&reason["kind"]), text(&reason["text"]))).collect()
    };
    let kinds =
        |name: &str| -> Vec<String> { reasons(name).into_iter().map(|(kind, _)| kind).collect() };
    let differs = |name: &str, section: &str| {
        let sections = file(name)["sections"].as_array().unwrap();
        sections.iter().any(|found| found["name"] == section)
    };

    assert_eq!(file("trimmed")["same"], true, "{files}");
    let mut command = lab.sandbox.command(&lab.sandbox.path("bin/goward"), "reproduce");
    let build = "CGO_ENABLED=0 go build -trimpath -buildvcs=false -o trimmed .";
    let build = ["sh", "-c", build];
    command.args(["reproduce", "--provenance", "../app.intoto.json", "--"]).args(build);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let statement: Value = serde_json::from_str(&lab.sandbox.read("app.intoto.json")).unwrap();
    let subject = &statement["subject"][0];
    assert_eq!(subject["digest"]["sha256"], file("trimmed")["first"]["sha256"]);
    let definition = &statement["predicate"]["buildDefinition"];
    assert_eq!(definition["externalParameters"]["command"], serde_json::json!(build));
    let toolchain = &definition["resolvedDependencies"][0];
    let uri = toolchain["uri"].as_str().unwrap();
    let module = "pkg:golang/golang.org/toolchain@v0.0.1-go";
    assert!(uri.starts_with(module) && uri.ends_with(".linux-amd64"), "{uri}");
    let hash = toolchain["digest"]["dirHash"].as_str().unwrap();
    assert!(hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()), "{hash}");
    assert_eq!(kinds("paths"), ["paths", "build-id"]);
    let why = "paths of GOROOT, the project's directory are inside: no -trimpath";
    assert_eq!(reasons("paths")[0].1, why);
    assert!(differs("paths", ".gopclntab") && differs("paths", ".note.go.buildid"));
    assert_eq!(kinds("stamped"), ["vcs", "build-id"]);
    let stamp = &reasons("stamped")[0].1;
    assert!(stamp.starts_with("the VCS stamp differs: vcs.revision is "), "{stamp}");
    assert!(differs("stamped", ".go.buildinfo"), "{files}");
    assert_eq!(kinds("made"), ["unknown", "build-id"]);
    if is_full() {
        let kinds = kinds("with-c");
        assert!(
            kinds.contains(&"paths".to_owned()) && kinds.contains(&"cgo".to_owned()),
            "{kinds:?}"
        );
    }
}
