//! What the pinned Go can build for, by its own list.

use crate::error::{Error, Kind, Result, untrusted};
use crate::lab::Lab;
use crate::resolve::resolved_go::{Governing, Toolchain};
use crate::settings::platforms;
use crate::settings::platforms::Target;
use crate::store::place_in;
use crate::version::GoVersion;
use goward_shim::Tool;
use std::path::Path;
use std::process::{Command, Stdio};

/// The first minor version of Go whose list can have the broken ones.
const FIRST_WITH_BROKEN: u32 = 21;

impl Lab<'_> {
    /// Returns what the Go that governs here can build for, sorted, and that Go.
    ///
    /// # Errors
    ///
    /// When nothing of goward governs here, it is not installed, or its list cannot be had.
    pub fn targets(&self) -> Result<(Toolchain, Vec<Target>)> {
        let toolchain = match self.resolver.governing(Tool::Go)? {
            Governing::Toolchain(toolchain) => *toolchain,
            Governing::Foreign { .. } => {
                return Err(Error::new(Kind::Usage, "no toolchain of goward governs here")
                    .hint("choose one: `goward use stable`"));
            }
        };
        let program = self.resolver.program(&toolchain, Tool::Go)?;
        let Some(tree) = program.ancestors().nth(2).filter(|_| program.exists()) else {
            return Err(self.installer.explain_missing(&toolchain));
        };
        let targets = of_tree(tree, toolchain.version)?;
        Ok((toolchain, targets))
    }
}

/// Asks the `go` of a tree, with nothing in its environment that could send it elsewhere.
pub(crate) fn of_tree(tree: &Path, version: GoVersion) -> Result<Vec<Target>> {
    let mut command = Command::new(place_in(tree, "bin/go"));
    command.args(["tool", "dist", "list", "-json"]);
    if version.minor() >= FIRST_WITH_BROKEN {
        command.arg("-broken");
    }
    command.env_clear().env("GOROOT", tree).env("GOTOOLCHAIN", "local").env("GOENV", "off");
    // Go 1.19 asks `uname` for the machine.
    command.env("PATH", "/usr/bin:/bin");
    command.current_dir(tree).stdin(Stdio::null());
    let failed = |why: &str| {
        let message = format!("`go tool dist list` of {version} fails");
        Error::new(Kind::CannotRun, message).detail(untrusted(why))
    };
    let output = command.output().map_err(|error| failed(&error.to_string()))?;
    if !output.status.success() {
        return Err(failed(String::from_utf8_lossy(&output.stderr).trim()));
    }
    platforms::parse(&String::from_utf8_lossy(&output.stdout))
}
