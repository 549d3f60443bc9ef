//! The command line: structs and help texts, no logic.
//!
//! Completions, man pages and `docs/commands.md` come from here. It is long because every option of the
//! program is here, so that one word has one spelling and one meaning.

#![expect(clippy::doc_markdown, reason = "doc comments are help texts for a terminal")]

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use goward_core::config::parse_level;
use goward_shim::lock::{Level, is_profile};
use goward_shim::names::NO_PROFILE;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// Verified, isolated Go toolchains and a hermetic `go`
#[derive(Debug, Parser)]
#[command(
    name = "goward",
    version,
    max_term_width = 100,
    after_help = "As `go`: `go +REQUEST ...` runs another Go for one call, and\n\
                  `GOWARD_BYPASS=1 go ...` the next one on PATH.\n\n\
                  Exit codes: 0 done, 1 failed, 2 usage, 3 not found, 4 verification failed,\n\
                  5 network, 6 problems were found, 7 the log cannot be believed,\n\
                  126 the Go cannot be run, 127 it is not installed.\n\n\
                  `goward COMMAND --help` says more about a command."
)]
pub struct Cli {
    /// Print only data and errors
    #[arg(short, long, global = true, display_order = 900)]
    pub quiet: bool,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

impl Cli {
    /// Returns the command line with the options of every subcommand but `help`, which parsing puts
    /// together for the one that is called alone.
    pub fn whole() -> clap::Command {
        let mut command = <Self as clap::CommandFactory>::command().disable_help_subcommand(true);
        command.build();
        command
    }
}

// The commands, in the order in which a person meets them. Their options are put together when one
// is called: thirty of them would take longer than most commands do. What is flattened into one has
// no documentation comment, since that would become the command's.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum Command {
    /// Start a project: write `goward.toml` from its version files
    Init(Init),
    /// Choose this project's Go, or show what is used here and why
    Use(Use),
    /// Write `goward.lock` from `goward.toml`, or check it
    Lock(Lock),
    /// Say which projects could have a newer Go
    Outdated(Outdated),
    /// Lock and install the newest Go and tools that projects ask for
    #[command(alias = "update")]
    Upgrade(Upgrade),
    /// Take back the last change of manifest and lock
    Undo(Undo),
    /// Install toolchains: those named, or the project's
    Install(Install),
    /// Carry toolchains and their proofs to machines without network
    Bundle(Bundle),
    /// Add, lock, build and list the project's tools, such as gopls
    Tools(ToolsArgs),
    /// Run a tool of the project
    Tool(RunTool),
    /// Run a program of a Go module that is no tool of the project
    X(RunOnce),
    /// Put installed toolchains where plain `go` and editors find them
    Export(Export),
    /// Use a Go that is already on the machine, under a name
    Link(Link),
    /// Remove installed toolchains, or names of linked ones
    #[command(aliases = ["remove", "rm"])]
    Uninstall(Uninstall),
    /// Remove toolchains that nothing uses, and what was left over
    Gc(Gc),
    /// List toolchains: those installed, or all releases
    #[command(alias = "ls")]
    List(List),
    /// Check the store and the machine, and repair what is safe
    Doctor(Doctor),
    /// Compare installed toolchains with what was installed
    Verify(Verify),
    /// Check the project: settings, drift, support, vulnerabilities
    Check(Check),
    /// Say which `go` runs here, and why
    #[command(alias = "current")]
    Which(Which),
    /// Show the environment that goward gives to `go` here
    Env(Env),
    /// Run a program in the environment that `go` gets here
    #[command(alias = "run")]
    Exec(Exec),
    /// Run a command with several Gos and settings, and say what differs
    Matrix(Matrix),
    /// Find the first release with which a command fails, and why
    Bisect(Bisect),
    /// Say how programs were built and what they need
    Inspect(Inspect),
    /// Build twice in different places, and compare the bytes
    Reproduce(Reproduce),
    /// Show every experiment (GOEXPERIMENT), and who sets it here
    Experiments(SettingsArgs),
    /// Show every GODEBUG setting, and who sets it here
    Godebug(Godebug),
    /// Say what a move from one Go to another changes for this project
    Diff(Diff),
    /// List what the project's Go can build for, or try one platform
    Targets(Targets),
    /// Choose the Go outside of projects
    Default(Default),
    /// Make and check mirrors for goward, plain `go` and other tools
    Mirror(Mirror),
    /// Trust a lock that is somebody else's or weakens security
    Trust(Trust),
    /// Put `go` and `gofmt` on PATH
    Setup(Setup),
    /// Give an editor the project's Go
    Editor(Editor),
    /// Update goward itself, remove it, or print its completions
    #[command(name = "self")]
    Own(Own),
    /// List goward's settings, and where each comes from
    Config(ConfigArgs),
    /// Print goward's version
    Version(Version),
    /// Refresh the built-in records (for maintainers)
    #[command(hide = true)]
    Records(Records),
    /// Take over a call of the shim
    #[command(hide = true)]
    ShimFallback(ShimFallback),
}

// How to fetch and judge toolchains.
#[derive(Args, Clone, Debug, Default)]
pub struct Fetching {
    /// Where to look, tried in order: go.dev, goproxy, python-index, a URL, file:///DIRECTORY
    /// or oci://REGISTRY/REPOSITORY
    #[arg(long, value_name = "SOURCES")]
    pub source: Option<String>,
    /// Accept toolchains verified at this level or better: none, listed, built-in (the default), stapled, logged
    #[arg(long, value_name = "LEVEL", value_parser = level)]
    pub accept: Option<Level>,
    /// Take nothing from what is on this machine: Go's module cache, other GOROOTs and stores
    #[arg(long)]
    pub no_local: bool,
    /// Say what was found on this machine and why it was not taken, and why more is fetched than has to be
    #[arg(short, long)]
    pub verbose: bool,
}

// What every command that writes takes.
#[derive(Args, Clone, Copy, Debug, Default)]
pub struct Writing {
    /// Change nothing; say what would change
    #[arg(long)]
    pub dry_run: bool,
    /// Print what changed as JSON
    #[arg(long)]
    pub json: bool,
}

// Which profile applies in this run.
#[derive(Args, Clone, Debug, Default)]
pub struct ProfileChoice {
    /// Use the pins of this profile, whatever the lock's rules say; `none` for the base pins
    #[arg(long, value_name = "NAME", value_parser = profile)]
    pub profile: Option<String>,
}

fn profile(name: &str) -> Result<String, String> {
    if is_profile(name) || name == NO_PROFILE {
        return Ok(name.to_owned());
    }
    Err("a name is 1 to 32 lower-case letters, digits and hyphens".to_owned())
}

fn level(name: &str) -> Result<Level, String> {
    parse_level(name).map_err(|error| match error.hints().first() {
        Some(hint) => hint.to_string(),
        None => error.message().to_owned(),
    })
}

#[derive(Args, Debug)]
pub struct Init {
    /// The Go to ask for instead of what the project's files say
    #[arg(value_name = "REQUEST")]
    pub request: Option<String>,
    /// Start a project in this directory, whatever is above
    #[arg(long)]
    pub here: bool,
    #[command(flatten)]
    pub writing: Writing,
}

#[derive(Args, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub struct Use {
    /// 1.27, 1.27.1, ~1.26.2, ^1.26, '>=1.25,<1.27', stable, oldstable, latest, or the name of a linked
    /// Go; with options alone, what the manifest asks for; with nothing, it shows what is used here and why
    pub request: Option<String>,
    /// Give this directory a manifest and a lock of its own, as a module in a larger repository
    #[arg(long)]
    pub here: bool,
    /// Choose it even if it cannot build the module or the workspace
    #[arg(long)]
    pub force: bool,
    /// Put the pins given here into this profile instead of the base pins
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// Pin an experiment (GOEXPERIMENT), such as jsonv2 or nogreenteagc; may be repeated
    #[arg(long, value_name = "NAME")]
    pub experiment: Vec<String>,
    /// Take an experiment out of the pins; may be repeated
    #[arg(long, value_name = "NAME")]
    pub no_experiment: Vec<String>,
    /// Pin a runtime setting (GODEBUG) for go, tests and `go run`; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    pub debug: Vec<String>,
    /// Take a runtime setting out of the pins; may be repeated
    #[arg(long, value_name = "KEY")]
    pub no_debug: Vec<String>,
    /// Take out every pin (of the profile, with --profile) before those given here are set
    #[arg(long)]
    pub clear: bool,
    /// Pin the path that Go 1.22 and older write into binaries (GOROOT_FINAL)
    #[arg(long, value_name = "PATH")]
    pub goroot_final: Option<String>,
    /// `fixed`: the path of --goroot-final is GOROOT itself, for every Go; see `goward setup goroot`
    #[arg(long, value_name = "HOW", conflicts_with = "profile")]
    pub goroot: Option<String>,
    /// Leave the paths of this machine out of binaries that ship (GOFLAGS=-trimpath), in the profile
    /// `release` or that of --profile
    #[arg(long)]
    pub trimpath: bool,
    /// Lock for this platform too, such as linux/arm64; may be repeated
    #[arg(long, value_name = "PLATFORM")]
    pub platform: Vec<String>,
    #[command(flatten)]
    pub writing: Writing,
    #[command(flatten)]
    pub fetching: Fetching,
}

#[derive(Args, Debug)]
pub struct Lock {
    /// Change nothing; fail when the lock does not match the manifest
    #[arg(long, conflicts_with = "upgrade")]
    pub check: bool,
    /// Choose the newest release that the request allows, even if the locked one still fits
    #[arg(long)]
    pub upgrade: bool,
    /// Write the lock even if its Go cannot build the module or the workspace
    #[arg(long, conflicts_with = "check")]
    pub force: bool,
    #[command(flatten)]
    pub writing: Writing,
    #[command(flatten)]
    pub fetching: Fetching,
}

#[derive(Args, Debug)]
pub struct Outdated {
    /// The projects; without one, the project here
    #[arg(value_name = "DIRECTORY")]
    pub directories: Vec<PathBuf>,
    /// Where to look, tried in order: go.dev, goproxy, python-index, a URL, file:///DIRECTORY
    /// or oci://REGISTRY/REPOSITORY
    #[arg(long, value_name = "SOURCES")]
    pub source: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub struct Upgrade {
    /// The projects; without one, the project here
    #[arg(value_name = "DIRECTORY")]
    pub directories: Vec<PathBuf>,
    /// Change nothing; say what would change
    #[arg(long)]
    pub dry_run: bool,
    /// Also when the newer Go cannot build the module or the workspace
    #[arg(long, conflicts_with = "dry_run")]
    pub force: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub fetching: Fetching,
}

#[derive(Args, Debug)]
pub struct Undo {
    /// List the changes that were made here, newest first, and change nothing
    #[arg(long, conflicts_with = "force")]
    pub list: bool,
    /// Also when the files were changed since, which is then given up
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    pub writing: Writing,
}

#[derive(Args, Debug)]
pub struct Install {
    /// What to install; without it, the project's toolchain
    #[arg(value_name = "REQUEST")]
    pub requests: Vec<String>,
    /// Fail when the project's lock is missing or does not match the manifest
    #[arg(long, conflicts_with = "requests")]
    pub locked: bool,
    /// Install for another platform, such as windows/amd64
    #[arg(long, value_name = "PLATFORM")]
    pub platform: Option<String>,
    /// Add api, doc, misc and test, which Go's log does not cover
    #[arg(long)]
    pub full: bool,
    /// Take release archives from this directory, and keep there what is downloaded (for caches of CI)
    #[arg(long, value_name = "DIRECTORY")]
    pub cache: Option<PathBuf>,
    #[command(flatten)]
    pub writing: Writing,
    #[command(flatten)]
    pub fetching: Fetching,
}

#[derive(Args, Debug)]
pub struct Bundle {
    #[command(subcommand)]
    pub command: BundleCommand,
}

// What can be done with bundles.
#[derive(Debug, Subcommand)]
pub enum BundleCommand {
    /// Write the toolchains that locks name, with their proofs, into one file
    Create(BundleCreate),
    /// Install the toolchains in a bundle; nobody is asked
    Install(BundleInstall),
}

#[derive(Args, Debug)]
pub struct BundleCreate {
    /// A lock or its directory; may be repeated; without it, the lock here
    #[arg(long = "lock", value_name = "PATH")]
    pub locks: Vec<PathBuf>,
    /// The file to write
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
    /// Take in what the checksum database has no proof for, too
    #[arg(long)]
    pub without_proof: bool,
    /// Take in a copy of Go's vulnerability database, too, from this URL or directory
    #[arg(long, value_name = "PLACE")]
    pub vulndb: Option<String>,
    #[command(flatten)]
    pub fetching: Fetching,
}

#[derive(Args, Debug)]
pub struct BundleInstall {
    /// The bundle
    pub file: PathBuf,
    /// Install for another platform, such as windows/amd64
    #[arg(long, value_name = "PLATFORM")]
    pub platform: Option<String>,
    /// Accept toolchains verified at this level or better: none, listed, built-in (the default), stapled
    #[arg(long, value_name = "LEVEL", value_parser = level)]
    pub accept: Option<Level>,
}

#[derive(Args, Debug)]
pub struct Export {
    /// Versions; without any, all that are installed for this platform
    #[arg(value_name = "VERSION")]
    pub versions: Vec<String>,
    /// Into Go's module cache (GOMODCACHE), where GOTOOLCHAIN and `toolchain` lines look first
    #[arg(long, required = true)]
    pub to_module_cache: bool,
    #[command(flatten)]
    pub writing: Writing,
}

#[derive(Args, Debug)]
pub struct Link {
    /// What to call it: a word such as debian, which then works as a REQUEST
    pub name: String,
    /// Its directory, as its own `bin/go env GOROOT` prints it
    pub path: PathBuf,
    #[command(flatten)]
    pub writing: Writing,
}

#[derive(Args, Debug)]
pub struct Uninstall {
    /// The versions to remove, or names given by `goward link`
    #[arg(value_name = "VERSION", required = true)]
    pub versions: Vec<String>,
    /// Only the toolchain for this platform
    #[arg(long, value_name = "PLATFORM")]
    pub platform: Option<String>,
    /// Delete the files at once, unless a process uses them, instead of after a day
    #[arg(long)]
    pub now: bool,
    #[command(flatten)]
    pub writing: Writing,
}

#[derive(Args, Debug)]
pub struct Gc {
    /// Change nothing; say what would be removed
    #[arg(long)]
    pub dry_run: bool,
    /// Only toolchains that were not used for so long, such as 30d or 12h
    #[arg(long, value_name = "AGE", value_parser = age)]
    pub older_than: Option<Duration>,
    /// Keep so many of what nothing uses, on each platform, the newest first
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub keep: usize,
    /// Delete at once what would stay in the trash for a day, unless a process uses it
    #[arg(long)]
    pub now: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Reads `30d`, `12h`, `10m` or `5s`.
fn age(text: &str) -> Result<Duration, String> {
    let wrong = || "an age is a number with d, h, m or s: 30d".to_owned();
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(wrong)?;
    let seconds = match unit {
        "d" => 24 * 60 * 60,
        "h" => 60 * 60,
        "m" => 60,
        "s" => 1,
        _ => return Err(wrong()),
    };
    let number: u64 = number.parse().map_err(|_| wrong())?;
    number.checked_mul(seconds).map(Duration::from_secs).ok_or_else(wrong)
}

#[derive(Args, Debug)]
pub struct List {
    /// Only those that this allows: 1.26, ~1.26.2, stable
    #[arg(value_name = "REQUEST")]
    pub request: Option<String>,
    /// List the releases there are instead of those installed
    #[arg(long)]
    pub remote: bool,
    /// Where to look for releases
    #[arg(long, value_name = "SOURCES", requires = "remote")]
    pub source: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub struct Doctor {
    /// Repair what can be repaired without taking anything from anybody
    #[arg(long)]
    pub fix: bool,
    /// Treat notes and checks that could not look as failures
    #[arg(long)]
    pub strict: bool,
    /// Show notes, too
    #[arg(long, short)]
    pub verbose: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub struct Verify {
    /// What to verify: an exact version on all platforms, what fits best, or a linked name; without it,
    /// what `go` is here
    #[arg(value_name = "REQUEST")]
    pub requests: Vec<String>,
    /// Everything that is installed
    #[arg(long, conflicts_with_all = ["requests", "lock"])]
    pub all: bool,
    /// What the lock here names, on every platform that is installed
    #[arg(long, conflicts_with = "requests")]
    pub lock: bool,
    /// Mend what is wrong; --source then says where to fetch what that takes
    #[arg(long)]
    pub repair: bool,
    /// Say how to build the release again with Go's own gorebuild, and what to compare; does nothing else
    #[arg(long, conflicts_with_all = ["repair", "source", "json"])]
    pub rebuild: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub fetching: Fetching,
}

#[derive(Args, Debug)]
pub struct Which {
    #[command(flatten)]
    pub choice: ProfileChoice,
    /// The tool to look for
    #[arg(value_enum, default_value_t = Tool::Go)]
    pub tool: Tool,
    /// List every place that was looked at
    #[arg(short, long, conflicts_with = "json")]
    pub verbose: bool,
    /// Print the release in one word, for a prompt; nothing where no lock governs
    #[arg(long, conflicts_with_all = ["verbose", "json"])]
    pub short: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// The two programs that the shim replaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Tool {
    Go,
    Gofmt,
}

#[derive(Args, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub struct Check {
    /// Treat notes and checks that could not look as failures
    #[arg(long)]
    pub strict: bool,
    /// Write the lock's version into the files where that repairs a finding
    #[arg(long)]
    pub fix: bool,
    /// Go's vulnerability database: a URL, a directory, or `off`
    #[arg(long, value_name = "PLACE")]
    pub vulndb: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// Print SARIF 2.1.0, for code hosts
    #[arg(long, conflicts_with = "json")]
    pub sarif: bool,
}

#[derive(Args, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option")]
pub struct Env {
    #[command(flatten)]
    pub choice: ProfileChoice,
    /// Print JSON
    #[arg(long, conflicts_with = "shell")]
    pub json: bool,
    /// Print commands for a shell: sh, bash, zsh, fish, nu or powershell
    #[arg(long, value_name = "SHELL", conflicts_with = "explain")]
    pub shell: Option<String>,
    /// Print NAME=VALUE lines, as GitLab's dotenv reports and `docker run --env-file` take them
    #[arg(long, conflicts_with_all = ["shell", "json", "explain"])]
    pub dotenv: bool,
    /// Set it for the steps of a GitHub job that follow, by the files GITHUB_ENV and GITHUB_PATH
    #[arg(long, conflicts_with_all = ["shell", "json", "explain", "dotenv"])]
    pub github: bool,
    /// Set GOROOT, too, for an editor that needs it: a nested `go` of another release would not find its own
    #[arg(long, conflicts_with = "explain")]
    pub goroot: bool,
    /// Show every variable of Go, who decides it, and what of the caller's does not reach it
    #[arg(long)]
    pub explain: bool,
}

#[derive(Args, Debug)]
pub struct Exec {
    #[command(flatten)]
    pub choice: ProfileChoice,
    /// Use this Go instead of the project's, without the lock's pins
    #[arg(long, value_name = "REQUEST", conflicts_with = "profile")]
    pub go: Option<String>,
    /// Add an experiment (GOEXPERIMENT) for this run; may be repeated
    #[arg(long, value_name = "NAME")]
    pub experiment: Vec<String>,
    /// Add a runtime setting (GODEBUG) for this run; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    pub debug: Vec<String>,
    #[command(flatten)]
    pub fetching: Fetching,
    /// The program and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub command: Vec<OsString>,
}

#[derive(Args, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub struct Matrix {
    /// The matrix of this name in `goward.toml`; options given here replace its axes
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
    /// Run with these Gos, such as 1.26,1.27; without it, with the project's own
    #[arg(long, value_name = "REQUESTS", value_delimiter = ',')]
    pub go: Vec<String>,
    /// Run with this experiment (GOEXPERIMENT), several at once with commas, or `none`; repeat for more cells
    #[arg(long, value_name = "NAMES")]
    pub experiment: Vec<String>,
    /// Run with this runtime setting (GODEBUG), several at once with commas, or `none`; repeat for more cells
    #[arg(long, value_name = "KEY=VALUE")]
    pub debug: Vec<String>,
    /// Leave out the cells that this fits, such as 'go=1.24 experiment=jsonv2'; may be repeated
    #[arg(long, value_name = "CONDITIONS")]
    pub exclude: Vec<String>,
    /// How many cells run at a time; by default by cores and free memory, and 1 for benchmarks
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub jobs: Option<u16>,
    /// Use the results of cells that an earlier run finished, where nothing has changed
    #[arg(long)]
    pub resume: bool,
    /// Look for the experiment, the GODEBUG setting or the language that makes tests fail
    #[arg(long)]
    pub explain: bool,
    /// Compare with the first cell also when the command fails there
    #[arg(long)]
    pub allow_failing_baseline: bool,
    /// How much worse a benchmark has to be to count, in percent
    #[arg(long, value_name = "PERCENT", default_value_t = 5, value_parser = clap::value_parser!(u16).range(0..=1000))]
    pub threshold: u16,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// Write a JUnit report
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// Write a page with tables and plots
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    #[command(flatten)]
    pub spread: Spread,
    #[command(flatten)]
    pub fetching: Fetching,
    /// The program and its arguments; without it, the manifest's, else `go test ./...`
    #[arg(last = true, value_name = "COMMAND")]
    pub command: Vec<OsString>,
}

// On which machines the parts of a matrix or a search run.
#[derive(Args, Clone, Debug)]
pub struct Spread {
    /// Run nothing; print what there is to run, for several machines: as JSON, for GitHub's `fromJSON`,
    /// as a child pipeline of GitLab, or how many it is
    #[arg(long, value_enum, value_name = "FORM", conflicts_with_all = ["cell", "merge", "json"])]
    pub plan: Option<PlanForm>,
    /// Run only this one of the plan, and write its result below --results: a number from 0, or `auto`
    /// for that of Slurm, Kubernetes, GitLab, CircleCI or Buildkite
    #[arg(long, value_name = "N", value_parser = cell, conflicts_with_all = ["merge", "json"])]
    pub cell: Option<Cell>,
    /// Run nothing; judge the results that were written into this directory
    #[arg(long, value_name = "DIRECTORY")]
    pub merge: Option<PathBuf>,
    /// Where --cell writes
    #[arg(long, value_name = "DIRECTORY", default_value = "goward-results")]
    pub results: PathBuf,
}

/// Which part of a plan runs here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// The one with this number.
    Number(usize),
    /// What the variables of a scheduler say.
    Auto,
}

fn cell(text: &str) -> Result<Cell, String> {
    if text == "auto" {
        return Ok(Cell::Auto);
    }
    let wrong = |_| "a cell is a number from 0, or `auto` for that of the scheduler".to_owned();
    text.parse().map(Cell::Number).map_err(wrong)
}

/// The forms of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PlanForm {
    Json,
    Github,
    Gitlab,
    Count,
}

#[derive(Args, Debug)]
pub struct Bisect {
    /// A Go with which the command passes
    #[arg(long, value_name = "REQUEST")]
    pub good: String,
    /// A newer Go with which it fails
    #[arg(long, value_name = "REQUEST")]
    pub bad: String,
    /// Try only releases that are installed
    #[arg(long, conflicts_with_all = ["plan", "cell", "merge"])]
    pub installed: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub spread: Spread,
    #[command(flatten)]
    pub fetching: Fetching,
    /// The program and its arguments: exit code 0 passes, 125 cannot tell, anything else fails
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub command: Vec<OsString>,
}

#[derive(Args, Debug)]
pub struct Inspect {
    /// The programs: ELF, Mach-O or PE; with --vulnerabilities also directories, archives and images
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// Say which were built with a Go whose library has known vulnerabilities
    #[arg(long, conflicts_with = "against")]
    pub vulnerabilities: bool,
    /// Go's vulnerability database: a URL or a directory; implies --vulnerabilities
    #[arg(long, value_name = "PLACE", conflicts_with = "against")]
    pub vulndb: Option<String>,
    /// A lock or its directory; print only in what the programs differ from it, and fail when they do
    #[arg(long, value_name = "LOCK")]
    pub against: Option<PathBuf>,
    /// Print what is in the program as `CycloneDX`; with --against, the toolchain's hashes are the lock's
    #[arg(long, conflicts_with_all = ["json", "vulnerabilities", "vulndb"])]
    pub cyclonedx: bool,
    #[command(flatten)]
    pub choice: ProfileChoice,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub struct Reproduce {
    #[command(flatten)]
    pub choice: ProfileChoice,
    /// When the bytes are the same, write what they were made from (in-toto, SLSA provenance)
    #[arg(long, value_name = "FILE")]
    pub provenance: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// What builds, and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub command: Vec<OsString>,
}

#[derive(Args, Debug)]
pub struct ToolsArgs {
    /// What to do; without it, list the tools
    #[command(subcommand)]
    pub command: Option<ToolsCommand>,
}

#[derive(Debug, Subcommand)]
pub enum ToolsCommand {
    /// Ask for a tool in `goward.toml`, lock it and build it
    Add(AddTool),
    /// Ask for the tools that other files of the repository name
    Import(ImportTools),
    /// Build the project's tools, or those named, where they are missing
    Install(ToolNames),
    /// List the project's tools
    #[command(alias = "ls")]
    List(ListTools),
    /// Report which tools could have a newer version
    Outdated(OutdatedTools),
    /// Take tools out of `goward.toml` and its lock
    #[command(alias = "rm")]
    Remove(SomeToolNames),
    /// Lock the newest versions that `goward.toml` allows, and build them
    #[command(alias = "update")]
    Upgrade(ToolNames),
    /// Build tools again, with empty caches, and compare the bytes
    Verify(ToolNames),
}

#[derive(Args, Debug)]
pub struct AddTool {
    /// A package with a version, such as golang.org/x/tools/gopls@latest, or a directory of the project
    #[arg(value_name = "PACKAGE")]
    pub source: String,
    /// What to call it; the name of its program unless you say so
    #[arg(long)]
    pub name: Option<String>,
    /// A build tag; can be repeated
    #[arg(long = "tag", value_name = "TAG")]
    pub tags: Vec<String>,
    /// Build it with cgo
    #[arg(long)]
    pub cgo: bool,
    /// The Go that builds it, in place of the project's
    #[arg(long, value_name = "REQUEST")]
    pub go: Option<String>,
}

#[derive(Args, Debug)]
pub struct ToolNames {
    /// Tools; without any, all of the project
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
}

#[derive(Args, Debug)]
pub struct SomeToolNames {
    /// Tools
    #[arg(value_name = "NAME", required = true)]
    pub names: Vec<String>,
}

#[derive(Args, Debug)]
pub struct ListTools {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub struct ImportTools {
    #[command(flatten)]
    pub writing: Writing,
}

#[derive(Args, Debug)]
pub struct OutdatedTools {
    /// Tools; without any, all of the project
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub struct RunTool {
    /// A tool of the project, and its arguments
    #[arg(trailing_var_arg = true, required = true, value_name = "NAME [ARGUMENT]")]
    pub words: Vec<OsString>,
}

#[derive(Args, Debug)]
pub struct RunOnce {
    /// A package, with a version unless it is the latest, and the program's arguments
    #[arg(trailing_var_arg = true, required = true, value_name = "PACKAGE [ARGUMENT]")]
    pub words: Vec<OsString>,
    /// A build tag; can be repeated
    #[arg(long = "tag", value_name = "TAG")]
    pub tags: Vec<String>,
}

#[derive(Args, Debug)]
pub struct Editor {
    /// The editor
    #[arg(value_enum)]
    pub editor: EditorName,
    /// Write the settings into the project, beside what is there
    #[arg(long)]
    pub write: bool,
    /// Take out what --write wrote
    #[arg(long, conflicts_with = "write")]
    pub undo: bool,
    #[command(flatten)]
    pub writing: Writing,
}

/// The editors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum EditorName {
    Goland,
    Helix,
    Neovim,
    Vscode,
    Zed,
}

#[derive(Args, Debug)]
pub struct ConfigArgs {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub struct SettingsArgs {
    /// Show those of this Go instead of the project's; it need not be installed
    #[arg(long, value_name = "REQUEST")]
    pub go: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub struct Diff {
    /// The Go to leave: 1.26, 1.26.6 or the name of a linked one; it need not be installed
    #[arg(value_name = "A")]
    pub from: String,
    /// The Go to move to
    #[arg(value_name = "B")]
    pub to: String,
    /// Go's vulnerability database: a URL, a directory, or `off`
    #[arg(long, value_name = "PLACE")]
    pub vulndb: Option<String>,
    /// Print JSON
    #[arg(long, conflicts_with = "markdown")]
    pub json: bool,
    /// Print Markdown, for a pull request
    #[arg(long)]
    pub markdown: bool,
    /// Print what does not touch this module, too
    #[arg(long)]
    pub all: bool,
}

#[derive(Args, Debug)]
pub struct Targets {
    /// Say how the build for this GOOS/GOARCH goes: compiler, sysroot, pkg-config, a small program
    #[arg(long, value_name = "OS/ARCH")]
    pub check: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Godebug {
    #[command(flatten)]
    pub settings: SettingsArgs,
    #[command(subcommand)]
    pub command: Option<GodebugCommand>,
}

// What else can be done with GODEBUG.
#[derive(Debug, Subcommand)]
pub enum GodebugCommand {
    /// Make the pinned settings the default of binaries: write them into `go.mod` or `go.work`
    Bake(Bake),
}

#[derive(Args, Debug)]
pub struct Bake {
    #[command(flatten)]
    pub choice: ProfileChoice,
    /// Change nothing; fail when the file does not have the pins
    #[arg(long)]
    pub check: bool,
    #[command(flatten)]
    pub writing: Writing,
}

#[derive(Args, Debug)]
pub struct Default {
    /// The Go to use outside of projects; without it, the current choice is printed
    pub request: Option<String>,
    /// Leave calls outside of projects to the next `go` on PATH
    #[arg(long, conflicts_with = "request")]
    pub none: bool,
    #[command(flatten)]
    pub writing: Writing,
    #[command(flatten)]
    pub fetching: Fetching,
}

#[derive(Args, Debug)]
pub struct Mirror {
    #[command(subcommand)]
    pub command: MirrorCommand,
}

// What can be done with a mirror.
#[derive(Debug, Subcommand)]
pub enum MirrorCommand {
    /// Write the toolchains that locks name, or bring a mirror up to date
    Create(MirrorCreate),
    /// Check a mirror as a client: every archive, every module, and the checksum database's part
    Verify(MirrorVerify),
}

#[derive(Args, Debug)]
pub struct MirrorCreate {
    /// A lock whose toolchains the mirror holds, for all its platforms; may be repeated; without it, the
    /// lock here
    #[arg(long, value_name = "FILE")]
    pub lock: Vec<PathBuf>,
    /// Where the mirror is: a directory, s3://BUCKET/PREFIX, gs://, az://,
    /// an https URL (WebDAV), or oci://REGISTRY/REPOSITORY
    #[arg(long, value_name = "PLACE")]
    pub to: String,
    /// Remove the toolchains that no lock names
    #[arg(long)]
    pub prune: bool,
    /// Add deltas to each release from the last N before it of the same line, so that who has one of
    /// those fetches what changed
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub deltas: usize,
    #[command(flatten)]
    pub fetching: Fetching,
}

#[derive(Args, Debug)]
pub struct MirrorVerify {
    /// The mirror: its URL, or what --to takes
    #[arg(value_name = "URL")]
    pub url: String,
    #[command(flatten)]
    pub fetching: Fetching,
}

#[derive(Args, Debug)]
pub struct Trust {
    /// A lock or its directory; without it, the lock that governs here
    #[arg(value_name = "PATH")]
    pub path: Option<PathBuf>,
    /// Change nothing; fail when the lock needs trust and has none
    #[arg(long)]
    pub check: bool,
    /// Take the trust back
    #[arg(long, conflicts_with = "check")]
    pub undo: bool,
    /// Accept what the locks in this repository name at this level, which is `listed`
    #[arg(long, value_name = "LEVEL", value_parser = level, conflicts_with_all = ["check", "undo"])]
    pub accept: Option<Level>,
    /// List what is trusted
    #[arg(long, conflicts_with_all = ["path", "check", "undo", "accept"])]
    pub list: bool,
    #[command(flatten)]
    pub writing: Writing,
}

#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Setup {
    /// Take everything back: shims, completions, the lines in start-up files, and on Windows PATH
    #[arg(long)]
    pub undo: bool,
    /// Leave the shells' start-up files alone, and on Windows PATH
    #[arg(long)]
    pub no_modify_path: bool,
    #[command(flatten)]
    pub writing: Writing,
    #[command(subcommand)]
    pub command: Option<SetupCommand>,
}

// What else can be set up.
#[derive(Debug, Subcommand)]
pub enum SetupCommand {
    /// Let the path that the lock has for GOROOT lead to the toolchain
    Goroot(SetupGoroot),
}

#[derive(Args, Debug)]
pub struct SetupGoroot {
    /// Take the link back
    #[arg(long)]
    pub undo: bool,
    #[command(flatten)]
    pub writing: Writing,
}

#[derive(Args, Debug)]
pub struct Own {
    #[command(subcommand)]
    pub command: SelfCommand,
}

#[derive(Debug, Subcommand)]
pub enum SelfCommand {
    /// Replace goward by its newest release, or by the one with this version
    Update(SelfUpdate),
    /// Remove goward from this machine: what `setup` wrote, the store, settings, and its programs
    Uninstall(SelfUninstall),
    /// Print completions for a shell, or write man pages; `goward setup` sets them up
    Completions(Completions),
}

#[derive(Args, Debug)]
pub struct SelfUninstall {
    /// Leave the toolchains in the store
    #[arg(long)]
    pub keep_toolchains: bool,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
    #[command(flatten)]
    pub writing: Writing,
}

#[derive(Args, Debug)]
pub struct SelfUpdate {
    /// The release: `0.2.0`; an older one, too
    pub version: Option<String>,
    /// Only tell whether there is a newer release
    #[arg(long)]
    pub check: bool,
}

#[derive(Args, Debug)]
pub struct Completions {
    /// The shell, or nothing with --man
    #[arg(value_enum, required_unless_present = "man")]
    pub shell: Option<Shell>,
    /// Write man pages into this directory
    #[arg(long, value_name = "DIRECTORY", conflicts_with = "shell")]
    pub man: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub struct Version {
    /// Also print what is compiled in, and the day on which each table was checked
    #[arg(long, short)]
    pub verbose: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub struct Records {
    /// The records file to refresh
    #[arg(long, value_name = "FILE", default_value = "crates/core/data/releases.tsv")]
    pub file: PathBuf,
    /// The source whose index is merged in
    #[arg(long, value_name = "SOURCE", default_value = "go.dev")]
    pub source: String,
}

#[derive(Args, Debug)]
pub struct ShimFallback {
    /// The path that the shim was started by
    #[arg(long, value_name = "PATH")]
    pub called: Option<PathBuf>,
    /// `argv` of the shim
    #[arg(last = true, required = true)]
    pub argv: Vec<OsString>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn every_command_is_what_its_variant_says() {
        let (brief, whole) = (Cli::command(), Cli::whole());
        for command in brief.get_subcommands() {
            let built = whole.find_subcommand(command.get_name()).unwrap();
            let about = |command: &clap::Command| command.get_about().map(ToString::to_string);
            assert_eq!(about(built), about(command));
            assert!(command.get_arguments().next().is_none(), "{}", command.get_name());
        }
    }
}
