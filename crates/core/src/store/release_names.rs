//! `shims/go1.X.Y`: a name for every installed release, so that cmd/go, which looks on PATH for the release that it
//! wants to switch to, finds the one that is verified.
//!
//! Each is a link to `go` beside it. A name is made after the receipt and removed after it; what a process leaves
//! that ends in between is put right by the next that changes the store.

use super::{InstalledToolchain, Store, entries};
use crate::fs;
use crate::platform::Platform;
use crate::store::error::Result;
use crate::version::GoVersion;
use std::collections::BTreeSet;
use std::env::consts::EXE_SUFFIX;
use std::ffi::OsString;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// What each name leads to.
const SHIM: &str = if cfg!(windows) { "go.exe" } else { "go" };

impl Store {
    /// Makes the names of installed releases, and removes those of others.
    pub fn put_release_names(&self) -> Result<()> {
        let missing = self.missing_release_names()?;
        let directory = self.shims();
        for name in missing {
            let scratch = self.stage("shim")?;
            let draft = scratch.path().join("link");
            fs::link_program(target(&directory), &draft)
                .and_then(|()| fs::rename(&draft, directory.join(name)))
                .map_err(|error| self.explain(error))?;
        }
        for name in self.idle_release_names()? {
            self.remove_program(&directory.join(name))?;
        }
        Ok(())
    }

    /// Removes a program among the shims, even one that runs; returns false when there is none.
    pub fn remove_program(&self, path: &Path) -> Result<bool> {
        let removed = if cfg!(windows) && fs::symlink_metadata(path).is_ok() {
            // What runs lies there until the next `recover` after its end.
            let aside = self.stage("shim")?;
            fs::remove_program(path, aside.path())
        } else {
            fs::remove_file(path)
        };
        let removed = removed.map(|()| true).or_else(gone_is_fine);
        removed.map_err(|error| self.explain(error))
    }

    /// Returns the releases that are installed and have no name among the shims, sorted.
    pub fn missing_release_names(&self) -> Result<Vec<OsString>> {
        let directory = self.shims();
        let is_right = |name: &OsString| fs::is_link_of(target(&directory), directory.join(name));
        Ok(self.wanted_names()?.into_iter().filter(|name| !is_right(name)).collect())
    }

    /// Returns false for an installed release that has no name among the shims.
    pub fn has_release_name(&self, installed: &InstalledToolchain) -> bool {
        let receipt = &installed.receipt;
        let directory = self.shims();
        let is_wanted = !installed.is_linked()
            && receipt.platform == Platform::host()
            && fs::symlink_metadata(directory.join(SHIM)).is_ok();
        let name = directory.join(name_of(receipt.version));
        !is_wanted || fs::is_link_of(target(&directory), name)
    }

    /// Returns the names among the shims of releases that are not installed.
    pub fn idle_release_names(&self) -> Result<Vec<OsString>> {
        let wanted = self.wanted_names()?;
        let names = entries(&self.shims())?.into_iter().map(|entry| entry.file_name());
        let is_release = |name: &OsString| {
            let version = name.to_str().filter(|name| name.starts_with("go1"));
            let version = version.and_then(|name| name.strip_suffix(EXE_SUFFIX));
            version.is_some_and(|name| GoVersion::parse(name).is_ok_and(|v| v.to_string() == name))
        };
        Ok(names.filter(is_release).filter(|name| !wanted.contains(name)).collect())
    }

    /// Returns the names that there should be: none where there is no `go` that they could lead to.
    fn wanted_names(&self) -> Result<BTreeSet<OsString>> {
        if fs::symlink_metadata(self.shims().join(SHIM)).is_err() {
            return Ok(BTreeSet::new());
        }
        let mut known = self.list()?;
        // Attached ones have no receipt of their own.
        let system = self.system().map_or(Ok(Vec::new()), |system| system.list())?;
        known.extend(system.into_iter().filter(|found| self.is_attached(&found.key)));
        known.retain(|one| !one.is_linked() && one.receipt.platform == Platform::host());
        Ok(known.into_iter().map(|one| name_of(one.receipt.version).into()).collect())
    }
}

/// Returns what the name of a release is called.
fn name_of(version: GoVersion) -> String {
    format!("{version}{EXE_SUFFIX}")
}

/// Returns what each name leads to: where names can be links, to what is beside them.
fn target(directory: &Path) -> PathBuf {
    if cfg!(windows) { directory.join(SHIM) } else { SHIM.into() }
}

fn gone_is_fine(error: io::Error) -> io::Result<bool> {
    if error.kind() == ErrorKind::NotFound { Ok(false) } else { Err(error) }
}
