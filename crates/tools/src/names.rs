//! Tools by their own names: links to the shim in the directory that is on PATH.
//!
//! A name is put there by who installs a tool, never by a lock alone, and never where another program has
//! it: a repository could else take the place of any command in its directory.

use crate::Tools;
use goward_core::error::{Error, Kind, Result};
use goward_core::fs;
use goward_core::os::bytes::{self, Bytes};
use goward_core::project::manifest::{Manifest, is_tool_name};
use goward_core::run::exec::become_command;
use goward_shim::names::{MANIFEST_FILE, TOOLS_LOCK_FILE};
use goward_shim::path_lookup;
use std::collections::BTreeSet;
use std::env::consts::EXE_SUFFIX;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// What a name is in a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NamedProgram {
    /// A tool of the project.
    Tool,
    /// The next program of this name on PATH.
    Other(PathBuf),
}

/// What became of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PutName {
    /// It is on PATH from now on.
    New,
    /// It was.
    There,
    /// Another program has it.
    Other(PathBuf),
}

impl Tools<'_> {
    /// Returns what a name is here.
    ///
    /// # Errors
    ///
    /// When the project's files cannot be read, and [`Kind::NotInstalled`] when nothing has the name.
    pub fn program_named(&self, name: &str) -> Result<NamedProgram> {
        let project = self.resolver.project()?;
        if project.manifest.is_some_and(|manifest| manifest.tools().contains_key(name)) {
            return Ok(NamedProgram::Tool);
        }
        self.next(name).map(NamedProgram::Other).ok_or_else(|| {
            Error::new(Kind::NotInstalled, format!("`{name}` is no tool of this project"))
                .detail("and no other program on PATH has that name")
                .hint("add it: `goward tools add PACKAGE@VERSION`")
        })
    }

    /// Becomes another program than a tool; returns only when that fails.
    pub fn become_other(&self, program: &Path, arguments: &[OsString]) -> Error {
        let words = [&[program.as_os_str().to_owned()], arguments].concat();
        become_command(self.session, &words, Vec::new())
    }

    /// Puts a tool of the project here among the shims, unless another program has its name. One in
    /// GOBIN or GOPATH, where `go install` puts tools, gives way.
    ///
    /// # Errors
    ///
    /// When the store cannot be written.
    pub fn put_name(&self, name: &str) -> Result<PutName> {
        let store = self.session.store()?;
        let shim = store.shim().map_err(Error::from)?;
        let file = format!("{name}{EXE_SUFFIX}");
        let place = store.shims().join(&file);
        if fs::is_link_of(&shim, &place) {
            return Ok(PutName::There);
        }
        let bins = self.go_bins()?;
        if let Some(other) = self
            .next(name)
            .filter(|path| !path.parent().is_some_and(|it| bins.iter().any(|bin| bin == it)))
        {
            return Ok(PutName::Other(other));
        }
        fs::create_dir_all(store.shims())?;
        let staging = store.stage("shim").map_err(Error::from)?;
        let fresh = staging.path().join(&file);
        fs::link_program(&shim, &fresh)?;
        fs::rename(&fresh, &place)?;
        Ok(PutName::New)
    }

    /// Returns the names among the shims that no known project has for a tool, sorted.
    pub fn idle_names(&self) -> Result<Vec<PathBuf>> {
        let store = self.session.store()?;
        let mut wanted = BTreeSet::new();
        for project in store.projects().map_err(Error::from)? {
            let lock = project.lock.with_file_name(TOOLS_LOCK_FILE);
            // What cannot be read may name anything.
            let Ok(lock) = self.read_lock(&lock) else { return Ok(Vec::new()) };
            wanted.extend(lock.unwrap_or_default().0.into_keys());
            let manifest = project.lock.with_file_name(MANIFEST_FILE);
            let manifest = Manifest::read(&manifest);
            wanted.extend(
                manifest
                    .into_iter()
                    .flat_map(|one| one.tools().keys().cloned().collect::<Vec<_>>()),
            );
        }
        let Ok(entries) = fs::read_dir(store.shims()) else { return Ok(Vec::new()) };
        let is_idle = |name: &OsStr| {
            let name = name.to_str().map(|name| name.strip_suffix(EXE_SUFFIX).unwrap_or(name));
            name.is_some_and(|name| is_tool_name(name) && !wanted.contains(name))
        };
        let idle = entries.into_iter().filter(|entry| is_idle(&entry.file_name()));
        let mut idle: Vec<PathBuf> = idle.map(|entry| entry.path()).collect();
        idle.sort();
        Ok(idle)
    }

    /// Removes a name from the shims.
    pub fn remove_name(&self, path: &Path) -> Result<()> {
        self.session.store()?.remove_program(path).map(drop).map_err(Error::from)
    }

    /// Returns the next program on PATH with a name that is not goward's.
    fn next(&self, name: &str) -> Option<PathBuf> {
        let entries = self.session.ctx.entries();
        let env = self.session.ctx.environment(&entries);
        let name = format!("{name}{EXE_SUFFIX}");
        path_lookup::next(&env, OsStr::new(&name).as_bytes()).map(bytes::into_path)
    }

    /// Returns the directories to which `go install` installs.
    fn go_bins(&self) -> Result<Vec<PathBuf>> {
        let bin = self.resolver.go_setting("GOBIN")?.map(PathBuf::from);
        let path = self.installer.go_path()?.map(|path| path.join("bin"));
        Ok(bin.into_iter().chain(path).collect())
    }
}
