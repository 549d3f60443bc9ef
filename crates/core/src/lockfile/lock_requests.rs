//! Requests from several locks together, for bundles and mirrors.

use crate::error::{Error, Kind, Result};
use crate::install::request::ToolchainRequest;
use crate::lockfile::Locker;
use crate::platform::Platform;
use crate::verify::Level;
use crate::version::GoVersion;
use goward_shim::names;
use std::collections::BTreeMap;
use std::path::PathBuf;

impl Locker<'_> {
    /// Returns what the locks name, sorted, each once; without locks, what the lock here does.
    pub fn wants_of(&self, locks: &[PathBuf]) -> Result<Vec<ToolchainRequest>> {
        let here = [self.resolver.project()?.lock_path];
        let mut wants: BTreeMap<(GoVersion, Platform), ToolchainRequest> = BTreeMap::new();
        for path in if locks.is_empty() { &here[..] } else { locks } {
            let path = self.session.ctx.cwd.join(path);
            let path = if path.is_dir() { path.join(names::LOCK_FILE) } else { path };
            let lock = self.resolver.read_lock(&path)?.ok_or_else(|| {
                Error::new(Kind::NotFound, format!("`{}` does not exist", path.display()))
                    .hint("write it: `goward lock`")
            })?;
            if lock.level == Level::Linked {
                let message = format!("`{}` names a linked toolchain", path.display());
                return Err(Error::new(Kind::Usage, message)
                    .detail("only releases of Go can be proved to others"));
            }
            for platform in lock.platforms.keys() {
                let want = ToolchainRequest::locked(&lock, *platform, &path)?;
                let known = wants.entry((lock.version, *platform)).or_insert_with(|| want.clone());
                check_agreement(known, &want)?;
            }
        }
        Ok(wants.into_values().collect())
    }
}

/// Refuses two locks that say different things of one release.
fn check_agreement(one: &ToolchainRequest, other: &ToolchainRequest) -> Result<()> {
    let (Some(one_lock), Some(other_lock)) = (&one.locked, &other.locked) else { return Ok(()) };
    if one_lock.h1 == other_lock.h1 {
        return Ok(());
    }
    let message = format!("two locks disagree on {} for {}", one.version, one.platform);
    Err(Error::new(Kind::Verification, message)
        .detail(format!("{} (`{}`)", one_lock.h1, one_lock.path))
        .detail(format!("{} (`{}`)", other_lock.h1, other_lock.path))
        .detail("nothing was written"))
}
