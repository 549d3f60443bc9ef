//! Names that GOEXPERIMENT, GODEBUG and GOFIPS140 may hold in a Go release.
//!
//! The tables stand in the toolchain's own source, which is part of every tree, and are read from
//! there when pins are checked. That takes a few milliseconds, so nothing is cached and nothing can
//! be out of date; releases that goward has never heard of are checked as well as old ones.
//! [`Settings::check`] holds pins against the tables; `lockfile` does so before it writes a lock.
//!
//! A source that has another form than every release so far is an error and never a guess.

pub mod arch_levels;
mod built_in;
pub mod changes;
mod check;
mod condition;
mod debug;
mod experiments;
mod fips;
pub mod history;
pub mod platforms;
mod read_debug;
mod read_experiments;
mod scan;
mod table;
#[cfg(test)]
mod tests;
mod verdict;

use crate::error::{Error, Kind, Result};
use crate::fs;
use crate::version::GoVersion;
pub use check::{Findings, Problem, is_trace};
pub use condition::Condition;
pub use debug::{DebugSetting, DebugSettings, RemovedSetting, undocumented};
pub use experiments::{Experiment, Experiments, Needs, items, switched};
use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::Path;
pub use table::Span;
pub use verdict::{FIRST_WITH_COMMENTS, FIRST_WITH_LINES, Source, Verdict};

/// The first minor version of Go that does not read GOROOT_FINAL (go.dev/issue/62047).
pub const FIRST_WITHOUT_GOROOT_FINAL: u32 = 23;

/// The first minor version of Go with a table of its GODEBUG settings.
const FIRST_WITH_TABLE: u32 = 21;

/// What one release knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The release.
    pub version: GoVersion,
    /// What GOEXPERIMENT may hold.
    pub experiments: Experiments,
    /// What GODEBUG may hold.
    pub debug: DebugSettings,
    /// What GOFIPS140 may be; empty for a release that does not read it, `None` where that is not known.
    pub fips: Option<BTreeSet<String>>,
}

impl Settings {
    /// Reads the tables in a toolchain's tree.
    pub fn read(tree: &Path, version: GoVersion) -> Result<Self> {
        Self::from_files(version, |path| match fs::read_to_string(tree.join(path)) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        })
    }

    /// Reads the tables through `read`, which gets paths below GOROOT.
    pub fn from_files(
        version: GoVersion,
        read: impl Fn(&str) -> Result<Option<String>>,
    ) -> Result<Self> {
        let required = |path: &str| {
            read(path)?
                .ok_or_else(|| Error::new(Kind::Failed, format!("{version} has no `{path}`")))
        };
        let flags = required(read_experiments::FLAGS)?;
        let rules = required(read_experiments::RULES)?;
        let table = if version.minor() < FIRST_WITH_TABLE {
            read(read_debug::TABLE)?
        } else {
            Some(required(read_debug::TABLE)?)
        };
        let runtime = required(read_debug::RUNTIME)?;
        Ok(Self {
            version,
            experiments: read_experiments::read(version, &flags, &rules)?,
            debug: read_debug::read(version, table.as_deref(), &runtime)?,
            fips: Some(fips::read(version.minor(), &read)?),
        })
    }
}
