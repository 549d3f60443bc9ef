//! From `[tools]` to `goward-tools.lock`.

use crate::Tools;
use crate::builder::request_for;
use crate::go_command::{GoCall, GoFailure};
use crate::lockfile::{LockedTool, ToolsLock, module_of, parse_sums};
use crate::project::{answers, lock_path, write_lock};
use gosumdb::Module;
use goward_core::error::{Error, Kind, Result, untrusted};
use goward_core::fs;
use goward_core::install::module_proof::ModuleProof;
use goward_core::project::manifest::{ToolRequest, ToolSource};
use goward_core::resolve::resolved_go::{ResolvedGo, ResolvedToolchain};
use goward_shim::Tool;
use goward_shim::lock::Level;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Longest `go.mod` or `go.sum` of a tool, in bytes.
const MAX_FILE: u64 = 8 << 20;

/// A lock of tools that was written, or found to be right.
#[derive(Clone, Debug)]
pub struct LockReport {
    /// Where it is.
    pub path: PathBuf,
    /// What it says now.
    pub lock: ToolsLock,
    /// What it said before.
    pub before: ToolsLock,
    /// Whether a byte of it changed.
    pub is_changed: bool,
}

impl Tools<'_> {
    /// Writes the lock of the tools that the manifest here asks for. A version that is locked stays
    /// while it is what the manifest asks for, unless `upgrade` takes the tool in.
    ///
    /// # Errors
    ///
    /// When a tool cannot be found or built with any Go that may build it, or its modules are not what
    /// the checksum database has; the old lock is then untouched.
    pub fn lock(&self, upgrade: impl Fn(&str) -> bool) -> Result<Option<LockReport>> {
        let (project, manifest) = self.project()?;
        let path = lock_path(&project);
        let old = self.read_lock(&path)?;
        if manifest.tools().is_empty() && old.is_none() {
            return Ok(None);
        }
        let before = old.unwrap_or_default();
        let mut lock = ToolsLock::default();
        for (name, request) in manifest.tools() {
            if matches!(request.source, ToolSource::Directory(_)) {
                continue;
            }
            let kept = before.0.get(name).filter(|locked| answers(locked, request));
            let locked = self
                .lock_one(request, kept, upgrade(name))
                .map_err(|error| error.context(format!("cannot lock the tool `{name}`")))?;
            lock.0.insert(name.clone(), locked);
        }
        let is_changed = lock != before;
        if is_changed {
            write_lock(&path, &lock)?;
        }
        Ok(Some(LockReport { path, lock, before, is_changed }))
    }

    /// Says what of the lock here is not what the manifest asks for.
    ///
    /// # Errors
    ///
    /// [`Kind::Findings`] when there is something.
    pub fn check_lock(&self) -> Result<Option<PathBuf>> {
        let (project, manifest) = self.project()?;
        let path = lock_path(&project);
        let lock = self.read_lock(&path)?;
        if manifest.tools().is_empty() && lock.is_none() {
            return Ok(None);
        }
        let lock = lock.unwrap_or_default();
        let own = self.resolver.governing(Tool::Go)?;
        let mut stale = Vec::new();
        for (name, request) in manifest.tools() {
            if matches!(request.source, ToolSource::Directory(_)) {
                continue;
            }
            match lock.0.get(name) {
                None => stale.push(format!("`{name}` is not locked")),
                Some(locked) if !answers(locked, request) => {
                    stale.push(format!(
                        "`{name}` is locked as `{}@{}`",
                        locked.package, locked.query
                    ));
                }
                Some(_) if request.go.is_some() => {}
                Some(locked) => stale.extend(older_go(name, locked, &own)),
            }
        }
        let others = lock.0.keys().filter(|name| !manifest.tools().contains_key(*name));
        stale.extend(others.map(|name| format!("`{name}` is locked and not asked for")));
        if stale.is_empty() {
            return Ok(Some(path));
        }
        let message = format!("`{}` is not what `goward.toml` asks for", path.display());
        let error = Error::new(Kind::Findings, message);
        Err(stale.into_iter().fold(error, Error::detail).hint("write it: `goward lock`"))
    }

    /// Returns what one tool is built of.
    pub(crate) fn lock_one(
        &self,
        request: &ToolRequest,
        kept: Option<&LockedTool>,
        is_upgraded: bool,
    ) -> Result<LockedTool> {
        let ToolSource::Module { package, query } = &request.source else {
            return Err(Error::new(Kind::Usage, "a directory is not locked"));
        };
        let go = match &request.go {
            Some(go) => self.other_go(&go.to_string())?,
            None => self.own_go()?,
        };
        let version = kept.filter(|_| !is_upgraded).map(|kept| kept.module.version());
        if let Some(kept) = kept.filter(|kept| !is_upgraded && kept.go == go.version) {
            return Ok(kept.clone());
        }
        let query = version.unwrap_or(query);
        self.find(request, package, query, &go)
    }

    /// Finds a tool and what it is built of, and has the checksum database prove it. Where `go` is too
    /// old for it, a newer one is taken.
    pub(crate) fn find(
        &self,
        request: &ToolRequest,
        package: &str,
        query: &str,
        go: &ResolvedToolchain,
    ) -> Result<LockedTool> {
        let bar = self.session.ui.spinner(&format!("looking for {package}@{query}"));
        let found = match self.find_with(request, package, query, go) {
            Err(GoFailure::TooOld(needed)) if request.go.is_none() => {
                let newer = self.other_go(&request_for(&needed))?;
                self.session.ui.say(&format!(
                    "{package} needs Go {needed}: it is built by {}, not by {}",
                    newer.version, go.version
                ));
                self.find_with(request, package, query, &newer)
            }
            found => found,
        };
        bar.finish_and_clear();
        let mut locked = found.map_err(|failure| match failure {
            GoFailure::Other(error) => error,
            GoFailure::TooOld(needed) => {
                Error::new(Kind::Failed, format!("{package} needs Go {needed} or newer"))
                    .hint("choose an older version of it, or name a newer Go for it")
            }
        })?;
        locked.level = match self.installer.prove_modules(&locked.sums)? {
            ModuleProof::Logged => Level::Logged,
            ModuleProof::Private => Level::Listed,
            ModuleProof::Unasked(why) => {
                return Err(Error::new(
                    Kind::Network,
                    format!("nobody proved what {package} is built of"),
                )
                .detail(why)
                .detail("nothing was changed")
                .hint("for modules that are not public: `GOPRIVATE=example.com/*`"));
            }
        };
        Ok(locked)
    }

    fn find_with(
        &self,
        request: &ToolRequest,
        package: &str,
        query: &str,
        go: &ResolvedToolchain,
    ) -> Result<LockedTool, GoFailure> {
        let staging = self.session.store()?.stage("tool").map_err(Error::from)?;
        let directory = staging.path();
        let go_mod = directory.join("go.mod");
        write(&go_mod, &format!("module goward.tools\n\ngo {}\n", go.version.number()))?;
        let call = GoCall {
            toolchain: go,
            directory,
            flags: flags_of("-mod=mod", &request.tags),
            cgo: request.cgo,
            experiments: request.experiments.as_deref(),
            variables: Vec::new(),
        };
        self.run_go(&call, &["get", &format!("{package}@{query}")])?;
        let format = "{{.Name}} {{with .Module}}{{.Path}} {{.Version}}{{end}}";
        let listed = self.run_go(&call, &["list", "-f", format, "--", package])?;
        let (name, module) = listed.trim().split_once(' ').unwrap_or((listed.trim(), ""));
        if name != "main" {
            let message = format!("`{}` is a package and not a program", untrusted(package));
            return Err(Error::new(Kind::Usage, message)
                .hint("name the package of its command")
                .into());
        }
        let wrong = |problem: String| GoFailure::Other(Error::new(Kind::Failed, problem));
        let read = |name: &str| -> Result<String, GoFailure> {
            let path = directory.join(name);
            Ok(fs::read_text(&path, MAX_FILE).map_err(Error::from)?)
        };
        Ok(LockedTool {
            package: package.to_owned(),
            query: match &request.source {
                ToolSource::Module { query, .. } => query.clone(),
                ToolSource::Directory(_) => query.to_owned(),
            },
            module: module_of(module).map_err(wrong)?,
            go: go.version,
            level: Level::None,
            tags: request.tags.clone(),
            cgo: request.cgo,
            experiments: request.experiments.clone(),
            requires: required(&read("go.mod")?).map_err(wrong)?,
            sums: parse_sums(read("go.sum")?.lines()).map_err(wrong)?,
        })
    }
}

/// Says that a tool is built by an older Go than the project's, which it may not understand.
fn older_go(name: &str, locked: &LockedTool, own: &ResolvedGo) -> Option<String> {
    let ResolvedGo::Toolchain(own) = own else { return None };
    let (built_by, own) = (locked.go, own.version);
    (built_by < own).then(|| format!("`{name}` is built by {built_by}, the project has {own}"))
}

/// Returns GOFLAGS with build tags.
pub(crate) fn flags_of(flags: &str, tags: &[String]) -> String {
    if tags.is_empty() { flags.to_owned() } else { format!("{flags} -tags={}", tags.join(",")) }
}

fn write(path: &Path, text: &str) -> Result<(), GoFailure> {
    fs::replace(path, text.as_bytes()).map_err(|error| GoFailure::Other(error.into()))
}

/// Returns what a `go.mod` that `go get` wrote requires, sorted.
fn required(go_mod: &str) -> Result<Vec<Module>, String> {
    let mut modules = BTreeMap::new();
    let mut is_inside = false;
    for line in go_mod.lines() {
        let line = line.split("//").next().unwrap_or_default().trim();
        let required = match line.strip_prefix("require ") {
            Some("(") => {
                is_inside = true;
                continue;
            }
            Some(one) => one,
            None if line == ")" => {
                is_inside = false;
                continue;
            }
            None if is_inside && !line.is_empty() => line,
            None => continue,
        };
        let module = module_of(required)?;
        modules.insert(module.path().to_owned(), module);
    }
    Ok(modules.into_values().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_are_those_of_go_get() {
        let text = "module goward.tools\n\ngo 1.27.3\n\nrequire (\n\tb.x/y v1.0.0 // indirect\n\
                    \ta.x/y v0.1.0-pre\n)\n\nrequire c.x v2.0.0+incompatible\n";
        let found = required(text).unwrap();
        let shown: Vec<_> = found.iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["a.x/y@v0.1.0-pre", "b.x/y@v1.0.0", "c.x@v2.0.0+incompatible"]);
        assert!(required("require (\n\tb.x/../y v1.0.0\n)\n").is_err());
        assert_eq!(flags_of("-a", &["x".to_owned(), "y".to_owned()]), "-a -tags=x,y");
    }
}
