//! How the cost of commands grows with stores, projects, directories and modules.
//!
//! `cargo bench --bench growth [-- OPTIONS]`. `benches/README.md` says how to read it.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot prepare has nothing to say")]
#![expect(clippy::disallowed_methods, reason = "a benchmark is a process of its own")]

#[path = "common/mod.rs"]
mod common;
#[path = "../tests/common/crowd.rs"]
mod crowd;
#[path = "report/mod.rs"]
mod report;

use goward_core::store::Store;
use report::{Files, Report, Row};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

/// Each is measured with a fourth of it, and whole.
const FEWER: usize = 4;

struct Options {
    rounds: usize,
    files: Files,
}

/// A command, and what there is much of.
struct Case {
    of: &'static str,
    words: &'static [&'static str],
    /// How many of it, whole.
    count: usize,
    /// Prepares a store and a directory to start in.
    prepare: fn(&Path, usize) -> PathBuf,
}

const CASES: [Case; 6] = [
    Case { of: "toolchains", words: &["list"], count: 1000, prepare: toolchains },
    Case { of: "toolchains", words: &["which"], count: 1000, prepare: toolchains },
    Case { of: "toolchains", words: &["gc", "--dry-run"], count: 1000, prepare: toolchains },
    Case { of: "projects", words: &["gc", "--dry-run"], count: 500, prepare: projects },
    Case { of: "directories up to the lock", words: &["which"], count: 60, prepare: directories },
    Case { of: "modules", words: &["check"], count: 2000, prepare: modules },
];

fn main() {
    let mut options = Options { rounds: 15, files: Files::default() };
    common::options(|option, value| {
        match option {
            "--rounds" => options.rounds = value.parse().unwrap(),
            _ => return options.files.set(option, &value),
        }
        true
    });
    let scratch = tempfile::Builder::new().prefix("goward-bench-").tempdir_in(common::memory());
    let scratch = scratch.unwrap();
    let mut ways: Vec<(&Case, usize, PathBuf, PathBuf)> = Vec::new();
    for (number, case) in CASES.iter().enumerate() {
        for count in [case.count / FEWER, case.count] {
            let place = scratch.path().join(format!("{number}-{count}"));
            let start = (case.prepare)(&place, count);
            ways.push((case, count, place, start));
        }
    }
    let values = common::in_turns(ways.len(), options.rounds, 1, |_, index| {
        let (case, _, place, directory) = &ways[index];
        let mut command = Command::new(env!("CARGO_BIN_EXE_goward"));
        command.args(case.words).env_clear().current_dir(directory);
        command.env("HOME", place).env("GOWARD_HOME", place.join("store"));
        command.env("PATH", "/usr/bin:/bin").env("GOWARD_OFFLINE", "1");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let start = Instant::now();
        let status = command.status().unwrap();
        let elapsed = start.elapsed().as_secs_f64() * 1e3;
        // `check` has findings in modules that no lock governs.
        assert!(matches!(status.code(), Some(0 | 6)), "{:?}: {status}", case.words);
        elapsed
    });
    let mut report = Report::new("What commands cost as things grow", "ms");
    report.note(&format!("{} rounds; four times as much costs so many times", options.rounds));
    for (index, (case, count, ..)) in ways.iter().enumerate() {
        let name = format!("goward {}, {count} {}", case.words.join(" "), case.of);
        let row = Row::new(&name, &values[index]);
        let is_whole = *count == case.count;
        report.add(if is_whole { row.against("a fourth", &values[index - 1]) } else { row });
    }
    report.write(&options.files);
}

fn toolchains(place: &Path, count: usize) -> PathBuf {
    let project = place.join("project");
    crowd::crowd(&place.join("store"), &project, count);
    project
}

/// Projects that goward knows, all with the lock of one.
fn projects(place: &Path, count: usize) -> PathBuf {
    let first = toolchains(place, 10);
    let store = Store::new(place.join("store"));
    for number in 0..count {
        let project = place.join(format!("projects/{number}"));
        fs::create_dir_all(&project).unwrap();
        fs::copy(first.join("goward.lock"), project.join("goward.lock")).unwrap();
        store.register(&project.join("goward.lock"), &[]).unwrap();
    }
    first
}

fn directories(place: &Path, count: usize) -> PathBuf {
    let project = toolchains(place, 10);
    let deep = (0..count).fold(project, |path, _| path.join("d"));
    fs::create_dir_all(&deep).unwrap();
    deep
}

/// A workspace with so many modules.
fn modules(place: &Path, count: usize) -> PathBuf {
    let project = toolchains(place, 10);
    let mut work = "go 1.200\n".to_owned();
    for number in 0..count {
        let module = project.join(format!("m{}/n{number}", number / 50));
        fs::create_dir_all(&module).unwrap();
        let text = format!("module example.com/m{number}\n\ngo 1.200\n");
        fs::write(module.join("go.mod"), text).unwrap();
        _ = writeln!(work, "use ./m{}/n{number}", number / 50);
    }
    fs::write(project.join("go.work"), work).unwrap();
    project
}
