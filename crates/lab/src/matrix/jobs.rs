//! The environment of one cell of a matrix, or of one step of a search: what `goward exec` gives,
//! as a whole.

use crate::Lab;
use crate::matrix::events::Reader;
use crate::matrix::go_command::shell;
use crate::matrix::interrupt::Interrupts;
use crate::matrix::process::{Job, Line};
use crate::matrix::{Results, process};
use goward_core::error::{Error, Kind, Result};
use goward_core::install::request::Fetch;
pub use goward_core::project::manifest::NamedMatrix;
use goward_core::resolve::resolved_go::ResolvedToolchain;
use goward_core::run::overrides::Overrides;
use goward_core::session::Session;
use goward_core::settings::is_trace;
use goward_shim::Tool;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

/// The variable that names Go's build cache.
const GOCACHE: &str = "GOCACHE";

/// A cell that can run.
#[derive(Clone, Debug)]
pub(crate) struct MatrixJob {
    /// What `go` is in it.
    pub(crate) toolchain: ResolvedToolchain,
    /// All of its environment.
    pub(crate) environment: BTreeMap<OsString, OsString>,
    /// What is odd about its pins.
    pub(crate) warnings: Vec<String>,
}

impl MatrixJob {
    /// Gives the cell a build cache that no other has. Go's is keyed by the version that the compiler
    /// prints, by GOEXPERIMENT and by flags, but not by the bytes of the compiler, nor by GODEBUG.
    pub(crate) fn use_own_cache(&mut self, session: &Session, name: &str) {
        if let Some(directory) = session.ctx.cache_directory() {
            let directory = directory.join("matrix").join("go-build").join(name);
            self.environment.insert(GOCACHE.into(), directory.into());
        }
    }

    /// Adds a flag to those that the go command takes from the environment.
    pub(crate) fn add_go_flag(&mut self, flag: &str) {
        let flags = self.environment.entry("GOFLAGS".into()).or_default();
        if !flags.is_empty() {
            flags.push(" ");
        }
        flags.push(flag);
    }

    /// Returns true for settings with which the tools print into the build cache.
    pub(crate) fn has_trace(&self) -> bool {
        let value = self.environment.get(OsString::from("GODEBUG").as_os_str());
        let value = value.map(|value| value.to_string_lossy().into_owned()).unwrap_or_default();
        value.split(',').filter_map(|setting| setting.split_once('=')).any(|(key, _)| is_trace(key))
    }
}

impl Lab<'_> {
    /// Returns what a command gets with `overrides`; installs the toolchain if it is missing.
    pub(crate) fn prepare(&self, overrides: &Overrides, fetch: &Fetch) -> Result<MatrixJob> {
        let execution = self.runner.execution_of(overrides, fetch)?.ok_or_else(|| {
            Error::new(Kind::Usage, "no toolchain of goward governs here")
                .hint("name some: `goward matrix --go 1.26,1.27 ...`")
        })?;
        let mut environment = self.session.ctx.variables.clone();
        for (name, value) in execution.changes {
            match value {
                Some(value) => environment.insert(name.into(), value),
                None => environment.remove(&OsString::from(name)),
            };
        }
        let (toolchain, warnings) = (execution.toolchain, execution.warnings);
        let mut prepared = MatrixJob { toolchain, environment, warnings };
        if prepared.has_trace() {
            prepared.use_own_cache(self.session, "traces");
        }
        Ok(prepared)
    }

    /// Returns the directory of a toolchain's own files.
    pub(crate) fn tree_of(&self, toolchain: &ResolvedToolchain) -> Result<PathBuf> {
        let program = self.resolver.program(toolchain, Tool::Go)?;
        Ok(program.ancestors().nth(2).map(PathBuf::from).unwrap_or_default())
    }

    /// Runs a command in a cell and reads what it says; returns nothing after an interrupt.
    pub(crate) fn observe(
        &self,
        prepared: &MatrixJob,
        command: &[OsString],
        interrupts: &Interrupts,
        mut progress: impl FnMut(usize),
    ) -> Result<Option<Results>> {
        let environment = prepared.environment.clone().into_iter().collect();
        let job =
            Job { command: command.to_vec(), environment, directory: self.session.ctx.cwd.clone() };
        let mut reader = Reader::default();
        let mut last = 0;
        let ended = process::run(&job, interrupts, |line| {
            match line {
                Line::Output(line) => reader.line(&line),
                Line::Error(line) => reader.error_line(&line),
            }
            if reader.ended() != last {
                last = reader.ended();
                progress(last);
            }
        })?;
        Ok(ended.map(|(ending, seconds)| reader.finish(ending, seconds)))
    }
}

/// Returns the command that does by itself what a cell does.
pub(crate) fn exec_line(overrides: &Overrides, command: &[OsString]) -> String {
    let mut words: Vec<OsString> = vec!["goward".into(), "exec".into()];
    let mut add = |option: &str, value: &str| words.extend([option.into(), value.into()]);
    if let Some(go) = &overrides.go {
        add("--go", go);
    }
    overrides.experiments.iter().for_each(|name| add("--experiment", name));
    overrides.debug.iter().for_each(|setting| add("--debug", setting));
    words.push("--".into());
    words.extend(command.iter().cloned());
    shell(&words)
}

/// A cell, ready or not.
#[derive(Debug)]
pub(crate) struct JobSlot {
    /// What it changes; with the exact release.
    pub(crate) overrides: Overrides,
    /// Its name.
    pub(crate) label: String,
    /// What it runs in, or why it cannot.
    pub(crate) prepared: Result<MatrixJob, String>,
}
