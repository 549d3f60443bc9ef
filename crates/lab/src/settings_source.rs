//! The release that a question is about: its tables, from its own tree or from what is built in.

use crate::Lab;
use goward_core::error::{Error, Kind, Result};
use goward_core::platform::Platform;
use goward_core::resolve::lookup;
use goward_core::resolve::resolved_go::ResolvedGo;
use goward_core::settings::Settings;
use goward_core::version::GoVersion;
use goward_shim::Tool;
use std::path::{Path, PathBuf};

/// A release and what it knows.
#[derive(Clone, Debug)]
pub struct SettingsSource {
    /// What it knows; the version is a bare `1.N` where only the line is known.
    pub settings: Settings,
    /// Its tree; without one, the tables are the built-in ones.
    pub tree: Option<PathBuf>,
}

impl SettingsSource {
    /// Returns the release.
    pub fn version(&self) -> GoVersion {
        self.settings.version
    }

    /// Returns where the tables are from: `tree` or `built-in`.
    pub fn source(&self) -> &'static str {
        if self.tree.is_some() { "tree" } else { "built-in" }
    }

    /// Says where the tables are from.
    pub fn by(&self) -> &'static str {
        match self.tree {
            Some(_) => "by its own source",
            None => "not installed, by what goward has built in",
        }
    }

    fn read(version: GoVersion, tree: &Path) -> Result<Self> {
        Ok(Self { settings: Settings::read(tree, version)?, tree: Some(tree.into()) })
    }

    fn built_in(version: GoVersion) -> Option<Self> {
        Some(Self { settings: Settings::built_in(version)?, tree: None })
    }
}

impl Lab<'_> {
    /// Returns the release that a request means, or that governs here. One that is not installed is
    /// answered for from the built-in tables.
    ///
    /// # Errors
    ///
    /// When nothing of goward governs here, or neither a tree nor a table is there.
    pub fn subject(&self, request: Option<&str>) -> Result<SettingsSource> {
        let Some(request) = request else { return self.subject_here() };
        let parsed = lookup::parse_request(request)?;
        if let Some(found) =
            lookup::best_installed(&self.session.store()?, &parsed, Platform::host())?
        {
            return SettingsSource::read(found.receipt.version, &found.tree);
        }
        parsed.as_version().and_then(SettingsSource::built_in).ok_or_else(|| {
            let message =
                format!("no installed toolchain fits `{parsed}`, and nothing is built in");
            Error::new(Kind::NotFound, message)
                .hint(format!("install one: `goward install '{parsed}'`"))
        })
    }

    fn subject_here(&self) -> Result<SettingsSource> {
        let toolchain = match self.resolver.governing(Tool::Go)? {
            ResolvedGo::Toolchain(toolchain) => toolchain,
            ResolvedGo::Foreign { .. } => {
                return Err(Error::new(Kind::Usage, "no toolchain of goward governs here")
                    .hint("name one: `--go 1.27`"));
            }
        };
        let program = self.resolver.program(&toolchain, Tool::Go)?;
        match program.ancestors().nth(2).filter(|_| program.exists()) {
            Some(tree) => SettingsSource::read(toolchain.version, tree),
            None => SettingsSource::built_in(toolchain.version)
                .ok_or_else(|| self.installer.explain_missing(&toolchain)),
        }
    }

    /// Returns GOOS and GOARCH as a call of `go` gets them here.
    pub fn target_here(&self) -> (String, String) {
        let host = Platform::host();
        let governing = self.resolver.governing(Tool::Go).ok();
        let changes = match &governing {
            Some(ResolvedGo::Toolchain(toolchain)) => {
                self.resolver.environment(toolchain).unwrap_or_default()
            }
            _ => Vec::new(),
        };
        let value = |name: &str, own: &str| {
            let ours =
                changes.iter().find(|(changed, _)| changed == name).map(|(_, v)| v.as_deref());
            let value = ours.unwrap_or_else(|| self.session.ctx.variable(name));
            value.map_or_else(|| own.to_owned(), |value| value.to_string_lossy().into_owned())
        };
        (value("GOOS", host.os()), value("GOARCH", host.arch()))
    }
}
