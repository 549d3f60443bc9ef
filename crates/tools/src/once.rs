//! Tools that nobody added to a project: `goward x`.

use crate::Tools;
use crate::lockfile::{LockedTool, MAX_SIZE, ToolsLock};
use goward_core::error::{Error, Kind, Result};
use goward_core::fs;
use goward_core::project::manifest::{ToolRequest, ToolSource};
use goward_core::resolve::resolved_go::ResolvedToolchain;
use goward_core::verify::Digest;
use goward_shim::names::TOOLS_DIRECTORY;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The request for a Go where none governs.
const NEWEST: &str = "stable";
/// The name of the one tool in a lock that is kept.
const NAME: &str = "tool";

impl Tools<'_> {
    /// Becomes the program of `PACKAGE[@VERSION]`, which is built if need be; returns only when that
    /// fails. What an exact version is built of is kept, so that the next call asks nobody.
    pub fn become_once(&self, source: &str, tags: &[String], arguments: &[OsString]) -> Error {
        match self.install_once(source, tags) {
            Ok((program, go)) => self.become_program(&program, &go, arguments),
            Err(error) => error,
        }
    }

    fn install_once(&self, text: &str, tags: &[String]) -> Result<(PathBuf, ResolvedToolchain)> {
        let source = ToolSource::parse(text).map_err(|problem| Error::new(Kind::Usage, problem))?;
        let ToolSource::Module { package, query } = &source else {
            return Err(Error::new(Kind::Usage, "a directory is no package with a version")
                .hint("build it: `go run ./DIRECTORY`"));
        };
        let mut tags = tags.to_vec();
        tags.sort();
        tags.dedup();
        let request = ToolRequest { tags, ..ToolRequest::new(source.clone()) };
        let go =
            if self.resolver.nobody_chooses() { self.other_go(NEWEST)? } else { self.own_go()? };
        let kept = self.kept_path(&request, &go)?;
        let known = read_kept(&kept).filter(|kept| kept.module.version() == *query);
        let locked = if let Some(locked) = known {
            locked
        } else {
            let found = self.find(&request, package, query, &go)?;
            self.keep(&kept, &found)?;
            found
        };
        let builder = self.go_of_lock(go.clone(), locked.go)?;
        Ok((self.install_locked(source.program_name(), &locked, &builder)?.program, go))
    }

    fn kept_path(&self, request: &ToolRequest, go: &ResolvedToolchain) -> Result<PathBuf> {
        let text =
            format!("{}\n{}\n{} {}\n", request.source, request.tags.join(","), go.version, go.h1);
        let name = &Digest::of(text.as_bytes()).to_string()[..16];
        Ok(self.session.store()?.home().join(TOOLS_DIRECTORY).join(format!("{name}.lock")))
    }

    fn keep(&self, path: &Path, locked: &LockedTool) -> Result<()> {
        let store = self.session.store()?;
        store.prepare().map_err(Error::from)?;
        fs::create_dir_all(store.home().join(TOOLS_DIRECTORY))?;
        Ok(fs::replace(path, locked.render()?.as_bytes())?)
    }
}

fn read_kept(path: &Path) -> Option<LockedTool> {
    let text = fs::read_text(path, MAX_SIZE).ok()?;
    ToolsLock::parse(&text, path).ok()?.0.remove(NAME)
}
