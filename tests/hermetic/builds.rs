//! What a binary says is what the lock says, whatever everybody else says.

use super::{Go, Lab, lab, note};
use goward_shim::pins::{Isolation, Rule, row};
use std::collections::BTreeMap;
use std::fs;

/// Name, what the lock has, and what everybody else has.
type Disputed = (&'static str, &'static str, &'static str);

/// Settings that binaries record.
const RECORDED: &[Disputed] = &[
    ("CGO_ENABLED", "0", "1"),
    ("GOAMD64", "v2", "v1"),
    ("GODEBUG", "http2debug=1", "netdns=go"),
    ("GOEXPERIMENT", "fieldtrack", "nofieldtrack"),
    ("GOFIPS140", "latest", "off"),
    ("GOFLAGS", "-trimpath -tags=locked", "-tags=contrary"),
];
/// Recorded where the target is arm.
const FOR_ARM: &[Disputed] = &[("GOARM", "5", "6")];
/// In binaries of Go 1.22 and older, without `-trimpath`.
const IN_PATHS: &[Disputed] = &[("GOROOT_FINAL", "/locked/goroot", "/contrary/goroot")];

/// Prints the variable that the program runs with.
const PROGRAM: &str = r#"package main

import "syscall"

func main() {
	value, _ := syscall.Getenv("GODEBUG")
	syscall.Write(1, []byte(value+"\n"))
}
"#;

/// Who says something else than the lock.
#[derive(Clone, Copy, Debug)]
enum By {
    Environment,
    GoEnvFile,
    OuterCall,
}

const ALL: [By; 3] = [By::Environment, By::GoEnvFile, By::OuterCall];

/// A project with a lock, and around it everybody who says something else.
struct Dispute<'a> {
    lab: &'a Lab,
    go: &'a Go,
    isolation: Isolation,
    directory: String,
    locked: Vec<&'static str>,
    theirs: Vec<(&'static str, &'static str)>,
}

impl<'a> Dispute<'a> {
    fn new(lab: &'a Lab, go: &'a Go, isolation: Isolation, what: &str, about: &[Disputed]) -> Self {
        let directory = format!("builds/{what}/{}-{}", go.release, isolation.name());
        let taken = |go: &Go| -> Vec<Disputed> {
            let all = about.iter().filter(|(name, ours, _)| go.takes(name, ours));
            all.copied().collect()
        };
        let ours: Vec<_> = taken(go).iter().map(|(name, ours, _)| (*name, *ours)).collect();
        lab.project(&directory, go, isolation, &ours);
        lab.sandbox.write(&format!("{directory}/main.go"), PROGRAM);
        let theirs: Vec<_> = about.iter().map(|(name, _, theirs)| (*name, *theirs)).collect();

        let lines = theirs.iter().map(|(name, value)| format!("{name}={value}\n"));
        lab.sandbox.write(&format!("{directory}/home/.config/go/env"), lines.collect::<String>());

        let at = lab.gos.iter().position(|other| other.release == go.release).unwrap();
        let outer = &lab.gos[(at + 1) % lab.gos.len()];
        let outer_pins: Vec<_> =
            taken(outer).iter().map(|(name, _, theirs)| (*name, *theirs)).collect();
        let outside = format!("{directory}/outer");
        lab.project(&outside, outer, Isolation::Pinned, &outer_pins);
        lab.sandbox.write(&format!("{outside}/observe.sh"), "cd .. && eval \"go $CALL\"\n");
        let locked = ours.iter().map(|(name, _)| *name).collect();
        Self { lab, go, isolation, directory, locked, theirs }
    }

    /// Returns what the caller cannot have beside the lock.
    fn contradictions(&self) -> impl Iterator<Item = &(&'static str, &'static str)> {
        let is_hermetic = self.isolation == Isolation::Hermetic;
        self.theirs.iter().filter(move |(name, _)| match row(name.as_bytes()).unwrap().rule {
            Rule::Choose if *name == "GOFLAGS" => is_hermetic,
            Rule::Choose | Rule::Level => self.locked.contains(name),
            _ => false,
        })
    }

    /// Has each value of the caller refused that contradicts the lock; returns how many.
    fn refuse(&self, variables: &[(&str, &str)]) -> usize {
        let refused = self.contradictions().map(|(name, value)| {
            let mut command = self.lab.go(&self.directory);
            command.envs(variables.iter().copied()).env(name, value).args(["build", "."]);
            let outcome = self.lab.sandbox.finish(&mut command);
            assert_eq!(outcome.code, Some(126), "{}: {name}={value}", self.directory);
            assert!(outcome.stderr.contains(value), "{}", outcome.stderr);
        });
        refused.count()
    }

    /// Calls go in the project; returns what it printed.
    fn call(&self, by: By, variables: &[(&str, &str)], args: &[&str]) -> String {
        let Self { lab, directory, theirs, .. } = self;
        let contradictions: Vec<_> = self.contradictions().collect();
        let fitting = theirs.iter().filter(|pair| !contradictions.contains(pair)).copied();
        let mut command = match by {
            By::Environment | By::GoEnvFile => lab.go(directory),
            By::OuterCall => lab.go(&format!("{directory}/outer")),
        };
        command.envs(variables.iter().copied());
        match by {
            By::Environment => command.envs(fitting).args(args),
            By::GoEnvFile => {
                command.env("HOME", lab.sandbox.path(directory).join("home")).args(args)
            }
            By::OuterCall => command.env("CALL", args.join(" ")).arg("generate"),
        };
        lab.run(&mut command)
    }

    fn place(&self, by: By) -> String {
        format!("{} against {by:?}", self.directory)
    }
}

/// Returns what a binary says of its own build, and the version as `version`.
pub(super) fn build_info(lab: &Lab, go: &Go, directory: &str) -> BTreeMap<String, String> {
    let text = lab.run(lab.real(go, directory).args(["version", "-m", "program"]));
    let mut lines = text.lines();
    let version = lines.next().unwrap().rsplit(": ").next().unwrap().to_owned();
    let settings = lines.filter_map(|line| line.strip_prefix("\tbuild\t")?.split_once('='));
    let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
    settings.chain([("version".to_owned(), version)]).collect()
}

/// Returns how a binary spells its version where it was built with an experiment.
pub(super) fn with_experiment(go: &Go, experiment: &str) -> String {
    let between = if go.minor >= 26 { '-' } else { ' ' };
    format!("{}{between}X:{experiment}", go.version())
}

#[test]
fn recorded_settings_are_those_of_the_lock() {
    let Some(lab) = lab() else { return };
    let mut checked = 0;
    for go in &lab.gos {
        for isolation in Isolation::ALL {
            let dispute = Dispute::new(lab, go, isolation, "recorded", RECORDED);
            let mut want = vec![
                ("-trimpath", "true".to_owned()),
                ("CGO_ENABLED", "0".to_owned()),
                ("GOAMD64", "v2".to_owned()),
                ("GOEXPERIMENT", "fieldtrack".to_owned()),
                ("version", with_experiment(go, "fieldtrack")),
            ];
            if go.minor >= 24 {
                want.push(("GOFIPS140", "latest".to_owned()));
            }
            checked += dispute.refuse(&[]);
            for by in ALL {
                let place = dispute.place(by);
                dispute.call(by, &[], &["build", "-o", "program", "."]);
                let info = build_info(lab, go, &dispute.directory);
                // Tags are put together, but for those of an outer lock and beside a hermetic one.
                let is_alone = isolation == Isolation::Hermetic || matches!(by, By::OuterCall);
                let tags = if is_alone { "locked" } else { "locked,contrary" };
                assert_eq!(info.get("-tags").map(String::as_str), Some(tags), "{place}");
                for (name, value) in &want {
                    assert_eq!(info.get(*name), Some(value), "{place}: {name}");
                    checked += 1;
                }
                // GODEBUG is what programs run with, and not in them.
                let built_in = info.get("DefaultGODEBUG").map_or("", String::as_str);
                assert!(!built_in.contains("http2debug"), "{place}: {built_in}");
                assert_eq!(dispute.call(by, &[], &["run", "."]), "http2debug=1\n", "{place}");
                checked += 2;
            }
        }
    }
    note(&format!("hermetic builds: {checked} recorded settings are those of the lock"));
}

#[test]
fn a_level_of_another_architecture_is_that_of_the_lock() {
    let Some(lab) = lab() else { return };
    let target = [("GOOS", "linux"), ("GOARCH", "arm")];
    for go in &lab.gos {
        for isolation in Isolation::ALL {
            let dispute = Dispute::new(lab, go, isolation, "arm", FOR_ARM);
            assert_eq!(dispute.refuse(&target), 1);
            for by in ALL {
                let place = dispute.place(by);
                dispute.call(by, &target, &["build", "-o", "program", "."]);
                let info = build_info(lab, go, &dispute.directory);
                let level = info.get("GOARM").map(String::as_str);
                assert_eq!(info.get("GOARCH").map(String::as_str), Some("arm"), "{place}");
                assert_eq!(level, Some("5"), "{place}");
            }
        }
    }
}

#[test]
fn goroot_final_is_that_of_the_lock() {
    let Some(lab) = lab() else { return };
    for go in lab.gos.iter().filter(|go| go.minor <= 22) {
        lab.compile_library(go);
        for isolation in Isolation::ALL {
            let dispute = Dispute::new(lab, go, isolation, "paths", IN_PATHS);
            for by in ALL {
                dispute.call(by, &[], &["build", "-o", "program", "."]);
                let program = lab.sandbox.path(&dispute.directory).join("program");
                let text = String::from_utf8_lossy(&fs::read(program).unwrap()).into_owned();
                let place = dispute.place(by);
                assert!(text.contains("/locked/goroot/src/runtime/"), "{place}");
                let root = dispute.go.root.to_string_lossy();
                assert!(!text.contains("/contrary/") && !text.contains(&*root), "{place}");
            }
        }
    }
}
