//! What the shim adds to a call: beside programs in C that do nothing but become another one, in turns.
//!
//! `cargo bench --bench shim [-- OPTIONS]`. `benches/README.md` says how to read it.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot prepare has nothing to say")]
#![expect(clippy::disallowed_methods, reason = "a benchmark is a process of its own")]

#[path = "common/mod.rs"]
mod common;
#[path = "report/mod.rs"]
mod report;

use goward_shim::{layout, names};
use report::{Files, Report, Row};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

const H1: &str = "h1:MeqkXdYlyiVdqJXENOTyX7xd8QjDM/mxR52RKOFBS0M=";
/// How many variables a call has, about as many as a shell in a desktop session.
const VARIABLES: usize = 60;
/// How far below the lock the call is.
const BELOW: &str = "a/b/c/d/e/f";

/// What editors and people ask real Go.
const CALLS: [&[&str]; 3] = [&["version"], &["env", "-json"], &["list", "-m", "-json"]];

struct Options {
    rounds: usize,
    files: Files,
    /// A real GOROOT.
    go: Option<PathBuf>,
}

impl Options {
    fn read() -> Self {
        let mut options = Self { rounds: 500, files: Files::default(), go: None };
        common::options(|option, value| {
            match option {
                "--rounds" => options.rounds = value.parse().unwrap(),
                "--go" => options.go = Some(value.into()),
                _ => return options.files.set(option, &value),
            }
            true
        });
        options.go = options.go.or_else(|| {
            let output = Command::new("go").args(["env", "GOROOT"]).output().ok()?;
            let root = PathBuf::from(String::from_utf8(output.stdout).ok()?.trim());
            root.join("bin/go").is_file().then_some(root)
        });
        options
    }
}

/// A way to call a program.
struct Way {
    name: &'static str,
    program: PathBuf,
    arguments: Vec<PathBuf>,
    microseconds: Vec<f64>,
}

fn main() {
    let options = Options::read();
    let scratch = tempfile::Builder::new().prefix("goward-bench-").tempdir().unwrap();
    let base = scratch.path();
    let [exit, become_bare, become_libc] = ["exit", "become", "become_libc"].map(|name| {
        let program = base.join(name);
        compile(name, &program);
        program
    });
    let tiny = Project::new(&base.join("tiny"), &exit);
    let way = |name, program: &Path, arguments: &[&Path]| Way {
        name,
        program: program.to_owned(),
        arguments: arguments.iter().map(|word| word.to_path_buf()).collect(),
        microseconds: Vec::new(),
    };
    let mut ways = [
        way("directly", &tiny.target, &[]),
        way("through C without libc", &become_bare, &[&tiny.target]),
        way("through C, static libc", &become_libc, &[&tiny.target]),
        way("through the shim", &tiny.shim, &[]),
    ];
    measure(&mut ways, options.rounds, &tiny);
    let added = |way: &Way| -> Vec<f64> {
        way.microseconds.iter().zip(&ways[0].microseconds).map(|(all, least)| all - least).collect()
    };
    let floors = [added(&ways[1]), added(&ways[2])];
    let shim = added(&ways[3]);
    let mut report = Report::new("What a call costs", "µs");
    report.add(Row::new("a program that only exits", &ways[0].microseconds));
    report.add(Row::new("added by C without libc that only becomes it", &floors[0]));
    report.add(Row::new("added by C with static libc that only becomes it", &floors[1]));
    report.add(Row::new("added by the shim", &shim).against("C without libc", &floors[0]));
    report.add(Row::new("added by the shim", &shim).against("C with libc", &floors[1]));

    if options.go.is_none() {
        report.add(Row::absent("`go version`", "no `go` is on PATH, and no option names one"));
    }
    for words in options.go.iter().flat_map(|_| CALLS) {
        let root = options.go.as_deref().unwrap();
        let go = goward_core::store::program_of(root, "go");
        let name = words.join(" ");
        let project = Project::new(&base.join(name.replace(' ', "")), &go);
        let arguments: Vec<&Path> = words.iter().map(Path::new).collect();
        let mut ways =
            [way("directly", &go, &arguments), way("through the shim", &project.shim, &arguments)];
        measure(&mut ways, options.rounds / 2, &project);
        let [direct, through] = ways.map(|way| way.microseconds);
        report.add(Row::new(&format!("`go {name}` directly"), &direct));
        let row = Row::new(&format!("`go {name}` through the shim"), &through);
        report.add(row.against("directly", &direct));
    }
    report.write(&options.files);
}

/// A store with one toolchain, and a project.
struct Project {
    base: PathBuf,
    shim: PathBuf,
    target: PathBuf,
}

impl Project {
    /// Makes one whose `go` is `go`.
    fn new(base: &Path, go: &Path) -> Self {
        let key = layout::key("go1.27.1", layout::HOST_PLATFORM, H1);
        let tree = base.join("store/tree").join(&key);
        for directory in [
            &tree.join("libexec"),
            &base.join("store/shims"),
            &base.join("store/goenv"),
            &base.join("project").join(BELOW),
        ] {
            fs::create_dir_all(directory).unwrap();
        }
        fs::write(base.join("store/goenv/pinned-none"), "").unwrap();
        let platform = layout::HOST_PLATFORM;
        let lock = format!(
            "schema = 1\n\n[toolchain]\nversion = \"go1.27.1\"\nrequest = \"1.27\"\nlevel = \
             \"built-in\"\n\n[toolchain.{platform}]\nh1 = \"{H1}\"\n\n[pins]\nGODEBUG = \
             \"http2debug=0\"\n"
        );
        fs::write(base.join("project/goward.lock"), lock).unwrap();
        fs::write(base.join("project/go.mod"), "module example.com/x\n\ngo 1.21\n").unwrap();
        let target = tree.join("libexec/go");
        symlink(go, &target).unwrap();
        fs::write(tree.join(names::IDENTITY_FILE), format!("{H1}\n")).unwrap();
        fs::write(base.join("store").join(names::STORE_MARKER), "").unwrap();
        let shim = base.join("store/shims/go");
        symlink(shim_program(), &shim).unwrap();
        Self { base: base.to_owned(), shim, target }
    }

    fn command(&self, way: &Way) -> Command {
        let mut command = Command::new(&way.program);
        command.args(&way.arguments).env_clear().current_dir(self.base.join("project").join(BELOW));
        command.env("HOME", self.base.join("home")).env("GOWARD_HOME", self.base.join("store"));
        command.env("PATH", "/usr/bin:/bin").env("PWD", self.base.join("project").join(BELOW));
        // What a lock drops, and what is nobody's business.
        command.env("GOEXPERIMENT", "none").env("GOTOOLDIR", "/x").env("GOARM", "7");
        for number in command.get_envs().count()..VARIABLES {
            command.env(format!("VARIABLE_{number}"), "value".repeat(number % 16));
        }
        command.stdin(Stdio::null()).stdout(Stdio::null());
        command
    }
}

/// The shim as it is shipped.
fn shim_program() -> PathBuf {
    let status = Command::new(env!("CARGO"))
        .args(["build", "--release", "--quiet", "--locked", "--package", "goward-shim"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()
        .unwrap();
    assert!(status.success());
    Path::new(env!("CARGO_BIN_EXE_goward")).with_file_name("shim")
}

fn compile(name: &str, program: &Path) {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("benches/floor/{name}.c"));
    let mut compiler = Command::new("cc");
    compiler.args(["-O2", "-static", "-o"]).arg(program).arg(source);
    if name != "become_libc" {
        compiler.args(["-nostdlib", "-nostartfiles", "-Wl,--build-id=none", "-Wl,-z,noexecstack"]);
    }
    assert!(compiler.status().unwrap().success(), "cannot compile {name}");
}

/// Calls every way in every round.
fn measure(ways: &mut [Way], rounds: usize, project: &Project) {
    let values = common::in_turns(ways.len(), rounds, rounds / 10, |_, index| {
        let mut command = project.command(&ways[index]);
        let start = Instant::now();
        let status = command.status().unwrap();
        let elapsed = start.elapsed().as_secs_f64() * 1e6;
        assert!(status.success(), "{}", ways[index].name);
        elapsed
    });
    for (way, values) in ways.iter_mut().zip(values) {
        way.microseconds = values;
    }
}
