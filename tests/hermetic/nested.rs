//! Calls of go inside calls of go, in each way that one can start another.

use super::{Go, Lab, lab, note, variables};
use goward_shim::pins::Isolation;
use std::fs;
use std::process::Command;

/// What both projects have, each with its own values; none makes go compile its library anew.
const PINS: [&str; 4] = ["GOEXPERIMENT", "GOFLAGS", "GODEBUG", "GOARM"];
const OUTER: [&str; 4] = ["regabiwrappers", "-tags=outer", "http2debug=1", "5"];
const INNER: [&str; 4] = ["regabiargs", "-tags=inner", "netdns=go", "7"];

/// Becomes the script, in the environment that the go command gave.
const MAIN: &str = r#"package main

import "syscall"

//go:generate sh probe.sh

func probe() {
	panic(syscall.Exec("/bin/sh", []string{"sh", "probe.sh"}, syscall.Environ()))
}

func main() { probe() }
"#;

const TEST: &str =
    "package main\n\nimport \"testing\"\n\nfunc TestNested(*testing.T) { probe() }\n";

/// Looks at the inner project in each way that a program can: by its working directory, through the
/// `go` that `go env GOROOT` leads to, and with `-C` where the inner Go has it.
const PROBE: &str = r#"set -e
look() {
    LOOK=$OUT/$1
    export LOOK
    shift
    "$@" env GOVERSION GOEXPERIMENT GOFLAGS >"$LOOK"
    "$@" generate
}
there() { (cd "$INNER" && exec "$@"); }
look path there go
look goroot there "$(go env GOROOT)/bin/go"
[ -z "$CHDIR" ] || look chdir go -C "$INNER"
export GOWARD_TRACE=1
there gofmt -l . 2>"$OUT/gofmt"
there "$(go env GOROOT)/bin/gofmt" -l . 2>>"$OUT/gofmt"
"#;

/// How the outer go command comes to start the script.
const STARTS: [(&str, &[&str]); 4] = [
    ("generate", &["generate"]),
    ("run", &["run", "."]),
    ("test", &["test", "-vet=off", "-count=1", "."]),
    ("tool", &["tool", "m"]),
];

#[test]
fn an_inner_call_gets_its_own_project_and_nothing_of_the_outer_one() {
    let Some(lab) = lab() else { return };
    for go in &lab.gos {
        lab.compile_library(go);
        let at = |name: &str| format!("nested/{}/{name}", go.release);
        let pins = |values: [&'static str; 4]| -> Vec<_> { PINS.into_iter().zip(values).collect() };
        lab.project(&at("outer"), go, Isolation::Pinned, &pins(OUTER));
        lab.project(&at("pinned"), go, Isolation::Pinned, &pins(INNER));
        lab.project(&at("bare"), go, Isolation::Pinned, &[]);
        lab.project(&at("hermetic"), go, Isolation::Hermetic, &[]);
        let tool = if go.minor >= 24 { "\ngo 1.24\n\ntool example.com/m\n" } else { "" };
        let write = |name: &str, text: &str| {
            lab.sandbox.write(&format!("{}/{name}", at("outer")), text);
        };
        if !tool.is_empty() {
            write("go.mod", &format!("module example.com/m\n{tool}"));
        }
        write("main.go", MAIN);
        write("main_test.go", TEST);
        write("generate.go", "package main\n");
        write("probe.sh", PROBE);
        for inner in ["pinned", "bare", "hermetic"] {
            let observe = format!("{}/observe.sh", at(inner));
            lab.sandbox.write(&observe, "cat \"/proc/$PPID/environ\" >\"$LOOK.environ\"\n");
        }
    }
    let mut looks = 0;
    for outer in &lab.gos {
        for inner in lab.gos.iter().filter(|inner| inner.release != outer.release) {
            let starts = STARTS.iter().filter(|(from, _)| *from != "tool" || outer.minor >= 24);
            for (from, args) in starts {
                for project in ["pinned", "bare", "hermetic"] {
                    looks += look(lab, outer, inner, project, (from, args));
                }
            }
        }
    }
    note(&format!("hermetic nested: {looks} looks at an inner project passed"));
}

/// Starts the script in one way, and checks what each of its looks saw; returns how many.
fn look(lab: &Lab, outer: &Go, inner: &Go, project: &str, start: (&str, &[&str])) -> usize {
    let (from, args) = start;
    let out = format!("nested/out/{}-{}-{from}-{project}", outer.release, inner.release);
    let directory = lab.sandbox.path(&format!("nested/{}/{project}", inner.release));
    lab.sandbox.write(&format!("{out}/gofmt"), "");
    let ways: &[&str] =
        if inner.minor >= 20 { &["path", "goroot", "chdir"] } else { &["path", "goroot"] };
    let mut command: Command = lab.go(&format!("nested/{}/outer", outer.release));
    command.env("OUT", lab.sandbox.path(&out)).env("INNER", directory).args(args);
    command.env("CHDIR", if ways.contains(&"chdir") { "1" } else { "" });
    lab.run(&mut command);

    let is_pinned = project == "pinned";
    let pinned: Vec<_> = PINS.into_iter().zip(INNER).filter(|_| is_pinned).collect();
    let mode = if project == "hermetic" { "hermetic" } else { "pinned" };
    for way in ways {
        let place = format!("{} in {}, {from}, {way}, {project}", inner.release, outer.release);
        let said = lab.sandbox.read(&format!("{out}/{way}"));
        let of = |name: &str| pinned.iter().find(|(pin, _)| *pin == name).map(|(_, value)| *value);
        let values = [
            Some(inner.version()),
            of("GOEXPERIMENT").map(str::to_owned),
            of("GOFLAGS").map(str::to_owned),
        ];
        let want: String = values.map(|value| value.unwrap_or_default() + "\n").concat();
        assert_eq!(said, want, "{place}");
        let got = variables(&lab.sandbox.path(&out).join(format!("{way}.environ")));
        let get = |name: &str| got.get(name).map(String::as_str);
        for pin in PINS {
            assert_eq!(get(pin), of(pin), "{place}: {pin}");
        }
        // Go finds its own, but for a linked one.
        let root = inner.root.to_str().filter(|_| inner.is_linked());
        assert_eq!(get("GOROOT"), root, "{place}");
        assert_eq!(get("GOTOOLCHAIN"), Some("local"), "{place}");
        let copies = format!("{}/goenv/{mode}-", lab.sandbox.store().display());
        assert!(get("GOENV").is_some_and(|path| path.starts_with(&copies)), "{place}: {got:?}");
    }
    let traced = lab.sandbox.read(&format!("{out}/gofmt"));
    let trees = lab.sandbox.store().join("tree");
    let program = trees.join(inner.root.file_name().unwrap()).join("libexec/gofmt");
    let runs = format!("goward: runs `{}`", program.display());
    assert_eq!(traced.matches(&runs).count(), 2, "{traced}");
    ways.len()
}

/// GOROOT's programs are the shim, and go would write over them.
#[test]
fn go_does_not_install_its_own_programs_over_the_shim() {
    let Some(lab) = lab() else { return };
    let programs = || -> Vec<Vec<u8>> {
        let copies = lab
            .gos
            .iter()
            .flat_map(|go| ["go", "gofmt"].map(|tool| go.root.join("bin").join(tool)));
        let all = copies.chain([lab.sandbox.store().join("shims/gofmt")]);
        all.map(|program| fs::read(program).unwrap()).collect()
    };
    let before = programs();
    for go in &lab.gos {
        let directory = format!("own-programs/{}", go.release);
        lab.project(&directory, go, Isolation::Pinned, &[]);
        for (command, package) in
            [("install", "cmd/gofmt"), ("install", "cmd"), ("clean", "cmd/go")]
        {
            let outcome = lab.sandbox.finish(lab.go(&directory).args([command, package]));
            assert_eq!(outcome.code, Some(126), "{} {command} {package}", go.release);
        }
    }
    assert!(programs() == before, "the shim was written over");
}
