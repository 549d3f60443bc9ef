//! What is newer than the locked tools.

use crate::Tools;
use crate::go_command::{GoCall, GoFailure};
use crate::lockfile::LockedTool;
use crate::project::ProjectTool;
use goward_core::error::{Error, Kind, Result, untrusted};
use goward_core::fs;
use goward_core::project::manifest::ToolSource;
use goward_core::resolve::resolved_go::{ResolvedGo, ResolvedToolchain};
use goward_core::version::module_version::is_newer;
use goward_shim::Tool;
use std::collections::BTreeMap;

/// How far a tool's lock is behind what there is.
#[derive(Clone, Debug)]
pub struct ToolAge {
    /// What is asked for, and what is locked.
    pub tool: ProjectTool,
    /// The version that the request means now; `None` of what is not locked.
    pub allowed: Option<String>,
    /// The newest version of the module; `None` of what is not locked.
    pub newest: Option<String>,
}

impl ToolAge {
    /// Returns the version that `goward tools upgrade` would lock, if that is another one.
    pub fn upgrade(&self) -> Option<&str> {
        let locked = self.tool.locked.as_ref()?.module.version();
        self.allowed.as_deref().filter(|allowed| *allowed != locked)
    }

    /// Returns true when anything is newer.
    pub fn is_outdated(&self) -> bool {
        let locked = self.tool.locked.as_ref().map(|tool| tool.module.version());
        let newest = self.newest.as_deref().zip(locked);
        self.upgrade().is_some() || newest.is_some_and(|(newest, locked)| is_newer(newest, locked))
    }
}

impl Tools<'_> {
    /// Compares these tools of the project here, or all, with the versions that there are.
    ///
    /// # Errors
    ///
    /// [`Kind::NotFound`] when a name is no tool's; when nobody can say which versions there are.
    pub fn ages(&self, names: &[String]) -> Result<BTreeMap<String, ToolAge>> {
        let mut tools = self.of_project()?;
        for name in names {
            if !tools.contains_key(name) {
                self.named(name)?;
            }
        }
        tools.retain(|name, _| names.is_empty() || names.contains(name));
        let is_locked = tools.values().any(|tool| tool.locked.is_some());
        let go = if is_locked { Some(self.own_go()?) } else { None };
        let age = |(name, tool): (String, ProjectTool)| {
            let [allowed, newest] = match tool.locked.as_ref().zip(go.as_ref()) {
                Some((locked, go)) => self.versions(&tool, locked, go)?.map(Some),
                None => [None, None],
            };
            Ok((name, ToolAge { tool, allowed, newest }))
        };
        tools.into_iter().map(age).collect()
    }

    /// Returns true when [`Tools::ages`] installs nothing: the project's Go is there.
    ///
    /// # Errors
    ///
    /// When nobody can say which Go that is.
    pub fn has_own_go(&self) -> Result<bool> {
        match self.resolver.governing(Tool::Go)? {
            ResolvedGo::Toolchain(toolchain) => self.resolver.has(&toolchain),
            ResolvedGo::Foreign { .. } => Ok(false),
        }
    }

    /// Returns the version that the request for a tool means now, and the newest one.
    fn versions(
        &self,
        tool: &ProjectTool,
        locked: &LockedTool,
        go: &ResolvedToolchain,
    ) -> Result<[String; 2]> {
        let ToolSource::Module { query, .. } = &tool.request.source else {
            return Err(Error::new(Kind::Usage, "a directory has no versions"));
        };
        let path = locked.module.path();
        let bar = self.session.ui.spinner(&format!("looking for versions of {path}"));
        let listed = self.list_versions(path, query, go);
        bar.finish_and_clear();
        listed
    }

    fn list_versions(
        &self,
        path: &str,
        query: &str,
        go: &ResolvedToolchain,
    ) -> Result<[String; 2]> {
        let staging = self.session.store()?.stage("tool").map_err(Error::from)?;
        let go_mod = format!("module goward.tools\n\ngo {}\n", go.version.number());
        fs::replace(&staging.path().join("go.mod"), go_mod.as_bytes())?;
        let call = GoCall {
            toolchain: go,
            directory: staging.path(),
            flags: "-mod=mod".to_owned(),
            cgo: false,
            experiments: None,
            variables: Vec::new(),
        };
        let [allowed, latest] = [query, "latest"].map(|query| format!("{path}@{query}"));
        let words = ["list", "-m", "-f", "{{.Version}}", "--", &allowed, &latest];
        let listed = self.run_go(&call, &words).map_err(|failure| match failure {
            GoFailure::Other(error) => error,
            GoFailure::TooOld(needed) => {
                Error::new(Kind::Failed, format!("{} needs Go {needed} or newer", untrusted(path)))
            }
        })?;
        let versions: Vec<String> = listed.split_whitespace().map(untrusted).collect();
        versions.try_into().map_err(|_| {
            Error::new(Kind::Failed, format!("`go list -m {}` printed no version", untrusted(path)))
        })
    }
}
