//! What the commands cost that editors and prompts call all the time, in a store with many toolchains.
//!
//! `cargo bench --bench commands [-- OPTIONS]`. `benches/README.md` says how to read it.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot prepare has nothing to say")]
#![expect(clippy::disallowed_methods, reason = "a benchmark is a process of its own")]

#[path = "common/mod.rs"]
mod common;
#[path = "../tests/common/crowd.rs"]
mod crowd;
#[path = "../tests/common/memory.rs"]
mod memory;
#[path = "report/mod.rs"]
mod report;

use report::{Files, Report, Row};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

/// The goals: milliseconds on an idle machine, and MiB.
const MOST_MILLISECONDS: f64 = 10.0;
const MOST_MEMORY: u64 = 20 << 20;

struct Options {
    rounds: usize,
    toolchains: usize,
    files: Files,
    go: Option<PathBuf>,
    goward: PathBuf,
}

impl Options {
    fn read() -> Self {
        let (go, goward) = (common::find("go"), env!("CARGO_BIN_EXE_goward").into());
        let files = Files::default();
        let mut options = Self { rounds: 100, toolchains: 200, files, go, goward };
        common::options(|option, value| {
            match option {
                "--rounds" => options.rounds = value.parse().unwrap(),
                "--toolchains" => options.toolchains = value.parse().unwrap(),
                "--go" => options.go = Some(value.into()),
                "--goward" => options.goward = value.into(),
                _ => return options.files.set(option, &value),
            }
            true
        });
        options
    }
}

/// A command.
struct Call {
    name: String,
    program: PathBuf,
    words: Vec<String>,
}

fn main() {
    let options = Options::read();
    let scratch = tempfile::Builder::new().prefix("goward-bench-").tempdir_in(common::memory());
    let scratch = scratch.unwrap();
    let project = scratch.path().join("project");
    crowd::crowd(&scratch.path().join("store"), &project, options.toolchains);
    let command = |call: &Call| {
        let mut command = Command::new(&call.program);
        command.args(&call.words).env_clear().current_dir(&project);
        command.env("HOME", scratch.path()).env("GOWARD_HOME", scratch.path().join("store"));
        command.env("PATH", "/usr/bin:/bin").env("GOPROXY", "off");
        command
    };
    let calls = calls(&options);
    let values = common::in_turns(calls.len(), options.rounds, 1, |_, index| {
        let mut command = command(&calls[index]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let start = Instant::now();
        let status = command.status().unwrap();
        let elapsed = start.elapsed().as_secs_f64() * 1e3;
        assert!(status.success(), "{}: {status}", calls[index].name);
        elapsed
    });
    let mut report = Report::new("Commands that are called all the time", "ms");
    report.note(&format!("{} toolchains, {} rounds", options.toolchains, options.rounds));
    if options.go.is_none() {
        report.add(Row::absent("go version", "no `go` is on PATH, and no option names one"));
    }
    for (call, values) in calls.iter().zip(values) {
        // Only ours says something at its end.
        let is_ours = call.name.starts_with("goward");
        let peak = is_ours.then(|| memory::peak_of(&mut command(call))).flatten();
        let peak = peak.map(|(bytes, _)| bytes);
        let mut row = Row::new(&call.name, &values);
        let mut remark =
            peak.map_or_else(String::new, |bytes| format!("{:.1} MiB", mebibytes(bytes)));
        let is_slow = is_ours && row.median() > MOST_MILLISECONDS;
        if is_slow || peak.is_some_and(|bytes| bytes > MOST_MEMORY) {
            remark.push_str(", over the goal");
        }
        row = row.remark(&remark);
        report.add(row);
    }
    report.write(&options.files);
}

fn calls(options: &Options) -> Vec<Call> {
    let call = |name: &str, program: &Path, words: &[&str]| Call {
        name: name.to_owned(),
        program: program.to_owned(),
        words: words.iter().map(|word| (*word).to_owned()).collect(),
    };
    let mut calls = vec![call("true", Path::new("/bin/true"), &[])];
    calls.extend(options.go.as_deref().map(|go| call("go version", go, &["version"])));
    let commands: [&[&str]; 7] = [
        &["version"],
        &["which"],
        &["which", "--json"],
        &["env"],
        &["lock", "--check"],
        &["list"],
        &["list", "--json"],
    ];
    let ours =
        |words: &[&str]| call(&format!("goward {}", words.join(" ")), &options.goward, words);
    calls.extend(commands.map(ours));
    calls
}

#[expect(clippy::cast_precision_loss, reason = "memory of a process has few digits")]
fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}
