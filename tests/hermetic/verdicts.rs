//! What goward says of GODEBUG settings in files, and of FIPS 140 modules, is what each Go does with them.

use super::{Go, Lab, lab};
use goward_core::settings::{Settings, Source, Verdict};
use goward_core::version::GoVersion;
use goward_shim::pins::Isolation;
use serde_json::Value;
use std::collections::BTreeMap;

/// Known, unknown, of the runtime alone, removed, at old values and at others, and no settings at all.
const SETTINGS: &[&str] = &[
    "asynctimerchan=0",
    "asynctimerchan=1",
    "default=1.21",
    "default=banana",
    "default=go1.21",
    "default=go1.21rc2",
    "default=go1.99",
    "gctrace=1",
    "netdns=go",
    "netdns=go+2",
    "nosuch=1",
    "panicnil",
    "panicnil=1",
    "panicnil=1,netdns=go",
    "panicnil=banana",
    "tlsrsakex=0",
    "tlsrsakex=1",
    "x509sha1=0",
    "x509sha1=1",
];

fn settings(go: &Go) -> Settings {
    Settings::read(&go.tree, GoVersion::parse(go.release).unwrap()).unwrap()
}

/// Returns true when the real go does something without an error.
fn succeeds(lab: &Lab, go: &Go, directory: &str, variable: (&str, &str), args: &[&str]) -> bool {
    let mut command = lab.real(go, directory);
    lab.sandbox.finish(command.env(variable.0, variable.1).args(args)).code == Some(0)
}

#[test]
fn a_line_or_comment_is_refused_exactly_where_go_refuses_it() {
    let Some(lab) = lab() else { return };
    for go in &lab.gos {
        let (settings, directory) = (settings(go), format!("verdicts/{}", go.release));
        lab.project(&directory, go, Isolation::Pinned, &[]);
        lab.compile_library(go);
        let write =
            |name: &str, text: String| lab.sandbox.write(&format!("{directory}/{name}"), text);
        for setting in SETTINGS {
            let is_refused =
                |source| matches!(settings.judge_written(source, setting), Verdict::Refused(_));
            write("go.mod", format!("module example.com/m\n\ngo 1.19\n\ngodebug {setting}\n"));
            let listed = succeeds(lab, go, &directory, ("GOWORK", "off"), &["list", "."]);
            assert_eq!(!listed, is_refused(Source::Line), "{}: godebug {setting}", go.release);
            write("go.mod", "module example.com/m\n\ngo 1.19\n".to_owned());
            write("main.go", format!("//go:debug {setting}\n\npackage main\n\nfunc main() {{}}\n"));
            let args = ["build", "-o", "program", "."];
            let built = succeeds(lab, go, &directory, ("GOWORK", "off"), &args);
            assert_eq!(!built, is_refused(Source::Comment), "{}: //go:debug {setting}", go.release);
        }
    }
}

#[test]
fn a_fips_module_is_known_exactly_where_go_finds_it() {
    let Some(lab) = lab() else { return };
    for go in lab.gos.iter().filter(|go| go.minor >= 24) {
        let (fips, directory) = (settings(go).fips.unwrap(), format!("fips/{}", go.release));
        lab.project(&directory, go, Isolation::Pinned, &[]);
        for value in [
            "off",
            "latest",
            "inprocess",
            "certified",
            "v1.0.0",
            "v1.1.0",
            "v1.26.0",
            "v1.9.9",
            "x",
        ] {
            let found = succeeds(lab, go, &directory, ("GOFIPS140", value), &["list", "."]);
            assert_eq!(found, fips.contains(value), "{} {value}", go.release);
        }
    }
}

/// The defaults that `goward godebug` shows are those that the real `go list` has.
#[test]
fn defaults_are_those_of_go() {
    let Some(lab) = lab() else { return };
    // A `go` line, more lines, a variable, and the first release that takes it all.
    let cases = [
        ("go 1.19", "", ("GOWORK", "off"), 21),
        ("go 1.21", "", ("GOWORK", "off"), 21),
        ("", "", ("GOWORK", "off"), 21),
        ("go 1.22rc1", "", ("GOWORK", "off"), 22),
        ("go 1.22.1", "", ("GOWORK", "off"), 23),
        ("go 1.19", "", ("GO111MODULE", "off"), 21),
        ("go 1.23.0", "godebug default=go1.21", ("GOWORK", "off"), 23),
        ("go 1.19", "godebug default=go1.22rc1", ("GOWORK", "off"), 23),
    ];
    for go in &lab.gos {
        let directory = format!("defaults/{}", go.release);
        lab.project(&directory, go, Isolation::Pinned, &[]);
        for (line, more, variable, _) in cases.iter().filter(|case| case.3 <= go.minor) {
            let text = format!("module example.com/m\n\n{line}\n\n{more}\n");
            lab.sandbox.write(&format!("{directory}/go.mod"), text);
            let mut command = lab.real(go, &directory);
            let args = ["list", "-f", "{{.DefaultGODEBUG}}", "."];
            let told = lab.run(command.env(variable.0, variable.1).args(args));
            let want: BTreeMap<&str, &str> =
                told.trim().split(',').filter_map(|setting| setting.split_once('=')).collect();
            let program = lab.sandbox.path("bin/goward");
            let mut command = lab.sandbox.command(&program, &directory);
            let told =
                lab.run(command.env(variable.0, variable.1).args(["-q", "godebug", "--json"]));
            let list: Value = serde_json::from_str(&told).unwrap();
            let rows = list["settings"].as_array().unwrap().iter();
            let got: BTreeMap<&str, &str> = rows
                .filter_map(|row| Some((row["name"].as_str()?, row["default"].as_str()?)))
                .collect();
            assert_eq!(got, want, "{}: {line} {more} {variable:?}", go.release);
        }
    }
}
