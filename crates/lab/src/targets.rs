//! Platforms that the pinned Go can build for, by its own list.

use crate::Lab;
use goward_core::error::{Error, Kind, Result};
use goward_core::resolve::go_env::targets_of;
use goward_core::resolve::resolved_go::{ResolvedGo, ResolvedToolchain};
use goward_core::settings::platforms::Target;
use goward_shim::Tool;

impl Lab<'_> {
    /// Returns what the Go that governs here can build for, sorted, and that Go.
    ///
    /// # Errors
    ///
    /// When nothing of goward governs here, it is not installed, or its list cannot be had.
    pub fn targets(&self) -> Result<(ResolvedToolchain, Vec<Target>)> {
        let toolchain = match self.resolver.governing(Tool::Go)? {
            ResolvedGo::Toolchain(toolchain) => *toolchain,
            ResolvedGo::Foreign { .. } => {
                return Err(Error::new(Kind::Usage, "no toolchain of goward governs here")
                    .hint("choose one: `goward use stable`"));
            }
        };
        let program = self.resolver.program(&toolchain, Tool::Go)?;
        let Some(tree) = program.ancestors().nth(2).filter(|_| program.exists()) else {
            return Err(self.installer.explain_missing(&toolchain));
        };
        let targets = targets_of(tree, toolchain.version)?;
        Ok((toolchain, targets))
    }
}
