//! Many projects at once, and one inside the other: each binary says what its own lock says.

use super::builds::{build_info, with_experiment};
use super::{Go, Lab, lab, note};
use crate::common::is_full;
use goward_shim::pins::Isolation;
use std::collections::BTreeMap;
use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// How many go commands run at once, and how many calls are in one another.
const AT_ONCE: usize = 8;

/// One project: a version, and what only its own lock has.
struct Project<'a> {
    directory: String,
    go: &'a Go,
    pins: Vec<(&'static str, String)>,
}

impl<'a> Project<'a> {
    /// Neighbours differ in everything: version, experiment, level, flags and cgo.
    fn new(lab: &'a Lab, number: usize) -> Self {
        let go = &lab.gos[number % lab.gos.len()];
        let tags = format!("-tags=project{number}");
        let cgo = number / 2 % 2;
        let mut pins =
            vec![("CGO_ENABLED", cgo.to_string()), ("GOARM", (5 + number % 3).to_string())];
        // Two ways in which the library is compiled, the same for all projects of a version.
        if (number / lab.gos.len()).is_multiple_of(2) {
            pins.push(("GOFLAGS", format!("-trimpath {tags}")));
            pins.push(("GOEXPERIMENT", "fieldtrack".to_owned()));
            pins.push(("GOAMD64", "v2".to_owned()));
        } else {
            pins.push(("GOFLAGS", tags));
        }
        Self { directory: format!("many/{number}"), go, pins }
    }

    fn create(&self, lab: &Lab, next: Option<&Project>) {
        let Self { directory, go, pins } = self;
        let pins: Vec<_> = pins.iter().map(|(name, value)| (*name, value.as_str())).collect();
        lab.project(directory, go, Isolation::Pinned, &pins);
        // What `go generate` runs: the next project is built, and generates in turn.
        let script = next.map_or_else(String::new, |next| {
            let there = lab.sandbox.path(&next.directory);
            format!("cd '{}' && go build -o program . && go generate\n", there.display())
        });
        lab.sandbox.write(&format!("{directory}/observe.sh"), script);
    }

    fn pin(&self, name: &str) -> Option<&str> {
        self.pins.iter().find(|(pin, _)| *pin == name).map(|(_, value)| value.as_str())
    }

    /// Requires that the binary says what this lock says.
    fn check(&self, lab: &Lab) {
        let info = build_info(lab, self.go, &self.directory);
        let get = |name: &str| info.get(name).map(String::as_str);
        let place = &self.directory;
        let flags = self.pin("GOFLAGS").unwrap();
        let experiment = self.pin("GOEXPERIMENT");
        let version =
            experiment.map_or_else(|| self.go.version(), |name| with_experiment(self.go, name));
        let tags = flags.rsplit("-tags=").next();
        let trimpath = flags.contains("-trimpath").then_some("true");
        let want = BTreeMap::from([
            ("version", Some(version.as_str())),
            ("GOEXPERIMENT", experiment),
            ("GOAMD64", self.pin("GOAMD64").or(Some("v1"))),
            ("CGO_ENABLED", self.pin("CGO_ENABLED")),
            ("-tags", tags),
            ("-trimpath", trimpath),
        ]);
        for (name, want) in want {
            assert_eq!(get(name), want, "{place}: {name}");
        }
    }
}

/// Runs `body` for every item, so many at once.
fn pool<T: Sync>(items: &[T], body: impl Fn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                    body(item);
                }
            });
        }
    });
}

#[test]
fn every_project_gets_its_own_at_once_and_in_one_another() {
    let Some(lab) = lab() else { return };
    let count = if is_full() { 64 * lab.gos.len() } else { 16 };
    let projects: Vec<Project> = (0..count).map(|number| Project::new(lab, number)).collect();
    let chains: Vec<&[Project]> = projects.chunks(AT_ONCE).collect();
    for chain in &chains {
        for (at, project) in chain.iter().enumerate() {
            project.create(lab, chain.get(at + 1));
        }
    }
    let build = |project: &Project| {
        lab.run(lab.go(&project.directory).args(["build", "-o", "program", "."]));
    };
    lab.gos.iter().for_each(|go| lab.compile_library(go));
    // Each way of compiling the library once, and not eight times at once.
    projects.iter().take(2 * lab.gos.len()).for_each(build);
    pool(&projects, build);
    for project in &projects {
        project.check(lab);
        fs::remove_file(lab.sandbox.path(&project.directory).join("program")).unwrap();
    }
    pool(&chains, |chain| {
        lab.run(lab.go(&chain[0].directory).arg("generate"));
    });
    let mut nested = 0;
    for project in chains.iter().flat_map(|chain| &chain[1..]) {
        project.check(lab);
        nested += 1;
    }
    note(&format!("hermetic many: {count} projects at once, {nested} in one another"));
}
