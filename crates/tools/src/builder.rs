//! Which Go builds a tool.

use crate::Tools;
use goward_core::error::{Error, Kind, Result};
use goward_core::install::request::Fetch;
use goward_core::resolve::resolved_go::{ResolvedGo, ResolvedToolchain};
use goward_core::version::GoVersion;
use goward_shim::Tool;

/// The first line whose `go` says in words that can be relied on that it is too old.
const FIRST_MINOR: u32 = 21;

impl Tools<'_> {
    /// Returns the Go of the project here, installed.
    ///
    /// # Errors
    ///
    /// [`Kind::Usage`] where no toolchain of goward's governs.
    pub(crate) fn own_go(&self) -> Result<ResolvedToolchain> {
        match self.resolver.governing(Tool::Go)? {
            ResolvedGo::Toolchain(toolchain) => {
                self.installer.ensure_installed(&toolchain, &Fetch::default())?;
                self.installer.check_resolved(&toolchain)?;
                check_minor(toolchain.version)?;
                Ok(*toolchain)
            }
            ResolvedGo::Foreign { reason, .. } => {
                Err(Error::new(Kind::Usage, "no toolchain of goward's builds tools here")
                    .detail(format!("{reason}: `go` is another one"))
                    .hint("choose one for this project: `goward use 1.27`")
                    .hint("or one for outside of projects: `goward default 1.27`"))
            }
        }
    }

    /// Returns the Go for a request, installed; it has no pins.
    pub(crate) fn other_go(&self, request: &str) -> Result<ResolvedToolchain> {
        let toolchain = self.installer.requested_or_installed(request)?;
        self.installer.check_resolved(&toolchain)?;
        check_minor(toolchain.version)?;
        Ok(toolchain)
    }

    /// Returns the Go that builds what is locked with `version`: the project's `own` with its pins where
    /// that is the one.
    pub(crate) fn go_of_lock(
        &self,
        own: ResolvedToolchain,
        version: GoVersion,
    ) -> Result<ResolvedToolchain> {
        if own.version == version { Ok(own) } else { self.other_go(&version.number()) }
    }
}

/// Returns a request for a Go that is at least `needed`, of its line.
pub(crate) fn request_for(needed: &str) -> String {
    match GoVersion::parse(needed) {
        Ok(version) if version.is_patch() => format!("~{needed}"),
        Ok(version) => format!("1.{}", version.minor()),
        Err(_) => needed.to_owned(),
    }
}

fn check_minor(version: GoVersion) -> Result<()> {
    if version.minor() >= FIRST_MINOR {
        return Ok(());
    }
    let message = format!("{version} cannot build tools: Go 1.{FIRST_MINOR} and newer can");
    Err(Error::new(Kind::Usage, message)
        .hint("name another Go for the tool: `NAME = { package = \"…\", go = \"stable\" }`"))
}
