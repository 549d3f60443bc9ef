//! Where Go keeps what it fetched, and whether goward may look there.

use crate::error::Result;
use crate::install::Installer;
use crate::install::request::Fetch;
use crate::os::USER_HOME;
use std::path::PathBuf;

impl Installer<'_> {
    /// Returns whether what is on this machine may be taken.
    pub(super) fn looks_around(&self, fetch: &Fetch) -> Result<bool> {
        self.session.config.takes_local(fetch.no_local)
    }

    /// Returns Go's module cache, as `go env GOMODCACHE` outside of projects.
    pub fn module_cache(&self) -> Result<Option<PathBuf>> {
        let cache = self.resolver.go_setting("GOMODCACHE")?.map(PathBuf::from);
        match cache {
            Some(cache) => Ok(Some(cache).filter(|cache| cache.is_absolute())),
            None => Ok(self.go_path()?.map(|path| path.join("pkg/mod"))),
        }
    }

    /// Returns the first directory of GOPATH, which is the one that Go writes to.
    pub fn go_path(&self) -> Result<Option<PathBuf>> {
        let first = match self.resolver.go_setting("GOPATH")? {
            Some(list) => std::env::split_paths(&list).next(),
            None => self.session.ctx.variable(USER_HOME).map(|home| PathBuf::from(home).join("go")),
        };
        Ok(first.filter(|path| path.is_absolute()))
    }
}
