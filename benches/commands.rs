//! What the commands cost that editors and prompts call all the time, in a store with many toolchains.
//!
//! `cargo bench --bench commands [-- OPTIONS]`. `benches/README.md` says how to read it.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot prepare has nothing to say")]
#![expect(clippy::disallowed_methods, reason = "a benchmark is a process of its own")]

#[path = "../tests/common/crowd.rs"]
mod crowd;
#[path = "../tests/common/memory.rs"]
mod memory;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

/// The goals: milliseconds on an idle machine, and MiB.
const MOST_MILLISECONDS: f64 = 10.0;
const MOST_MEMORY: u64 = 20 << 20;

struct Options {
    rounds: usize,
    toolchains: usize,
    json: Option<PathBuf>,
    go: Option<PathBuf>,
    goward: PathBuf,
}

impl Options {
    fn read() -> Self {
        let goward = env!("CARGO_BIN_EXE_goward").into();
        let mut options = Self { rounds: 100, toolchains: 200, json: None, go: find("go"), goward };
        let mut words = std::env::args().skip(1).filter(|word| word != "--bench");
        while let Some(word) = words.next() {
            let value = words.next().unwrap_or_else(|| panic!("`{word}` needs a value"));
            match word.as_str() {
                "--rounds" => options.rounds = value.parse().unwrap(),
                "--toolchains" => options.toolchains = value.parse().unwrap(),
                "--json" => options.json = Some(value.into()),
                "--go" => options.go = Some(value.into()),
                "--goward" => options.goward = value.into(),
                _ => panic!("`{word}` is no option"),
            }
        }
        options
    }
}

/// A command, and what it took.
struct Row {
    name: String,
    program: PathBuf,
    words: Vec<String>,
    milliseconds: Vec<f64>,
}

fn main() {
    let options = Options::read();
    let memory = Path::new("/dev/shm");
    let place = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
    let scratch = tempfile::Builder::new().prefix("goward-bench-").tempdir_in(place).unwrap();
    let project = scratch.path().join("project");
    crowd::crowd(&scratch.path().join("store"), &project, options.toolchains);
    let command = |row: &Row| {
        let mut command = Command::new(&row.program);
        command.args(&row.words).env_clear().current_dir(&project);
        command.env("HOME", scratch.path()).env("GOWARD_HOME", scratch.path().join("store"));
        command.env("PATH", "/usr/bin:/bin").env("GOPROXY", "off");
        command
    };
    let mut rows = rows(&options);
    for round in 0..=options.rounds {
        for row in &mut rows {
            let mut command = command(row);
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            let start = Instant::now();
            let status = command.status().unwrap();
            let elapsed = start.elapsed().as_secs_f64() * 1e3;
            assert!(status.success(), "{}: {status}", row.name);
            // The first round warms up.
            if round > 0 {
                row.milliseconds.push(elapsed);
            }
        }
    }
    println!("{} toolchains, {} rounds", options.toolchains, options.rounds);
    println!("{:<28} {:>8} {:>8} {:>8} {:>8}", "", "least ms", "median", "9 of 10", "MiB");
    let mut table = Vec::new();
    for row in &mut rows {
        row.milliseconds.sort_by(f64::total_cmp);
        let at = |part: usize| row.milliseconds[(row.milliseconds.len() - 1) * part / 10];
        let (least, median, most) = (at(0), at(5), at(9));
        // Only ours says something at its end.
        let is_ours = row.name.starts_with("goward");
        let peak = is_ours.then(|| memory::peak_of(&mut command(row))).flatten();
        let peak = peak.map(|(bytes, _)| bytes);
        let shown = peak.map_or_else(|| "-".to_owned(), |bytes| format!("{:.1}", mebibytes(bytes)));
        let verdict = match peak {
            Some(bytes) if bytes > MOST_MEMORY => "  over the goal",
            _ if is_ours && median > MOST_MILLISECONDS => "  over the goal",
            _ => "",
        };
        println!("{:<28} {least:>8.2} {median:>8.2} {most:>8.2} {shown:>8}{verdict}", row.name);
        table.push(serde_json::json!({
            "name": row.name, "milliseconds": row.milliseconds, "bytes": peak,
        }));
    }
    if options.go.is_none() {
        println!("go version: not measured: it is not on PATH, and no option names it");
    }
    if let Some(path) = &options.json {
        let document = serde_json::json!({ "toolchains": options.toolchains, "rows": table });
        std::fs::write(path, format!("{document:#}\n")).unwrap();
    }
}

fn rows(options: &Options) -> Vec<Row> {
    let row = |name: &str, program: &Path, words: &[&str]| Row {
        name: name.to_owned(),
        program: program.to_owned(),
        words: words.iter().map(|word| (*word).to_owned()).collect(),
        milliseconds: Vec::new(),
    };
    let mut rows = vec![row("true", Path::new("/bin/true"), &[])];
    rows.extend(options.go.as_deref().map(|go| row("go version", go, &["version"])));
    let commands: [&[&str]; 7] = [
        &["version"],
        &["which"],
        &["which", "--json"],
        &["env"],
        &["lock", "--check"],
        &["list"],
        &["list", "--json"],
    ];
    let row_of =
        |words: &[&str]| row(&format!("goward {}", words.join(" ")), &options.goward, words);
    rows.extend(commands.map(row_of));
    rows
}

#[expect(clippy::cast_precision_loss, reason = "memory of a process has few digits")]
fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|place| place.join(name)).find(|file| file.is_file())
}
