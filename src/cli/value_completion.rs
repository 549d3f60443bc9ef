//! Completions of values: the shell asks goward for them, so that they are those of this project and
//! this store. Nothing is fetched, and what cannot be read has no values.

use crate::cli::args::Cli;
use clap::builder::StyledStr;
use clap::{Arg, Command};
use clap_complete::CompleteEnv;
use clap_complete::engine::{ArgValueCandidates, CompletionCandidate};
use goward_core::config::Config;
use goward_core::ctx::Ctx;
use goward_core::platform::Platform;
use goward_core::project::manifest::Manifest;
use goward_core::releases::schedule::newest_known;
use goward_core::resolve::Resolver;
use goward_core::resolve::resolved_go::ResolvedGo;
use goward_core::session::Session;
use goward_core::settings::history::{DEBUG_LIVES, LIVES, Variable, meaning};
use goward_core::ui::Ui;
use goward_core::verify::Records;
use goward_core::version::GoVersion;
use goward_shim::lock::Level;
use goward_shim::{Tool, names};
use std::collections::BTreeSet;
use std::ffi::OsString;

/// The words that are requests.
const WORDS: [(&str, &str); 2] =
    [("stable", "the newest release"), ("oldstable", "the newest of the line before")];

/// Commands whose request is about what is installed.
const OF_INSTALLED: [&str; 2] = ["uninstall", "verify"];

/// Answers a shell that asks for completions; returns false where nobody asks.
pub(super) fn answer(arguments: &[OsString]) -> bool {
    let asked = CompleteEnv::with_factory(command)
        .var(names::COMPLETE_VAR)
        .bin("goward")
        .completer("goward");
    // Nobody reads an error behind a half-written line.
    asked.try_complete(arguments.iter().cloned(), None).unwrap_or(true)
}

/// Returns goward's command line, with what the values of its arguments can be.
fn command() -> Command {
    Cli::whole().mut_subcommands(of_command)
}

fn of_command(command: Command) -> Command {
    let name = command.get_name().to_owned();
    let command = command.mut_args(|arg| of_argument(arg, &name));
    if command.has_subcommands() { command.mut_subcommands(of_command) } else { command }
}

fn of_argument(arg: Arg, command: &str) -> Arg {
    let value = arg.get_value_names().and_then(|names| names.first()).map(ToString::to_string);
    let long = arg.get_long().unwrap_or_default().to_owned();
    let candidates = match (value.as_deref(), long.as_str()) {
        (Some("REQUEST" | "VERSION"), _) if OF_INSTALLED.contains(&command) => {
            ArgValueCandidates::new(installed)
        }
        (Some("REQUEST" | "REQUESTS" | "A" | "B"), _) => ArgValueCandidates::new(releases),
        (Some("PLATFORM"), _) => ArgValueCandidates::new(platforms),
        (Some("LEVEL"), _) => ArgValueCandidates::new(levels),
        (Some("KEY=VALUE"), _) => ArgValueCandidates::new(debug_settings),
        (_, "experiment") => ArgValueCandidates::new(experiments),
        (_, "profile") => ArgValueCandidates::new(profiles),
        _ => return arg,
    };
    arg.add(candidates)
}

fn candidate(value: impl Into<OsString>, help: &str) -> CompletionCandidate {
    let help = (!help.is_empty()).then(|| StyledStr::from(help.to_owned()));
    CompletionCandidate::new(value).help(help)
}

/// In this order, whatever shells make of the alphabet.
fn in_order(candidates: Vec<CompletionCandidate>) -> Vec<CompletionCandidate> {
    let numbered = candidates.into_iter().enumerate();
    numbered.map(|(number, one)| one.display_order(Some(number))).collect()
}

fn session() -> Option<Session> {
    let ctx = Ctx::from_process().ok()?;
    let config = Config::read(&ctx).ok()?;
    Some(Session::new(ctx, Ui::new(true), config))
}

/// Lines and releases that goward has records of, the newest first.
fn releases() -> Vec<CompletionCandidate> {
    let mut releases = Records::built_in().releases();
    releases.sort_unstable_by(|a, b| b.cmp(a));
    let mut lines: Vec<u32> = releases.iter().map(|release| release.minor()).collect();
    lines.dedup();
    let words = WORDS.map(|(word, help)| candidate(word, help)).into_iter();
    let lines =
        lines.into_iter().map(|minor| candidate(format!("1.{minor}"), "the newest of this line"));
    let releases = releases.iter().map(|release| candidate(release.number(), ""));
    in_order(words.chain(lines).chain(releases).collect())
}

fn installed() -> Vec<CompletionCandidate> {
    let read = || session()?.store().ok()?.list_layers().ok();
    let mut found: Vec<GoVersion> =
        read().unwrap_or_default().iter().map(|one| one.receipt.version).collect();
    found.sort_unstable_by(|a, b| b.cmp(a));
    found.dedup();
    in_order(found.iter().map(|version| candidate(version.number(), "installed")).collect())
}

fn platforms() -> Vec<CompletionCandidate> {
    let platforms: BTreeSet<String> =
        Platform::all().map(|platform| platform.to_string()).collect();
    platforms.into_iter().map(|platform| candidate(platform, "")).collect()
}

fn levels() -> Vec<CompletionCandidate> {
    in_order(Level::ALL.iter().rev().map(|level| candidate(level.name(), "")).collect())
}

/// The minor version of the Go that governs here, else the newest.
fn minor() -> u32 {
    let governing = || {
        let session = session()?;
        match Resolver::new(&session).governing(Tool::Go).ok()? {
            ResolvedGo::Toolchain(toolchain) => Some(toolchain.version.minor()),
            ResolvedGo::Foreign { .. } => None,
        }
    };
    governing().unwrap_or_else(newest_known)
}

/// Experiments of the Go that governs here, on and off.
fn experiments() -> Vec<CompletionCandidate> {
    let minor = minor();
    let known = LIVES.iter().filter(|life| life.span().contains(minor));
    let both = known.flat_map(|life| {
        let help = meaning(Variable::Experiment, life.name).map_or("", |words| words.meaning);
        [candidate(life.name, help), candidate(format!("no{}", life.name), help)]
    });
    both.collect()
}

/// Settings of the Go that governs here, with the values that most of them take.
fn debug_settings() -> Vec<CompletionCandidate> {
    let minor = minor();
    let known = DEBUG_LIVES.iter().filter(|life| life.span.contains(minor));
    let both = known.flat_map(|life| {
        let help = meaning(Variable::Debug, life.name).map_or("", |words| words.meaning);
        ["0", "1"].map(|value| candidate(format!("{}={value}", life.name), help))
    });
    both.collect()
}

/// Profiles of the nearest manifest, and the word for none.
fn profiles() -> Vec<CompletionCandidate> {
    let manifest = || {
        let session = session()?;
        let places = session.ctx.cwd.ancestors();
        let path = places.map(|place| place.join(names::MANIFEST_FILE)).find(|path| path.is_file());
        Manifest::read(&path?).ok()
    };
    let manifest = manifest();
    let names = manifest.iter().flat_map(Manifest::profiles);
    let none = candidate(names::NO_PROFILE, "the base pins");
    names.map(|name| candidate(name, "")).chain([none]).collect()
}
