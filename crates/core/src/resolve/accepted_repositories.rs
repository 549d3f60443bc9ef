//! Repositories whose locks the user accepts at level `listed`.
//!
//! A lock names the hash that whoever committed it had accepted. Who trusts them, and cannot reach the
//! checksum database, says so once for a repository and not at each release: what the source lists then
//! has to have the hash in the lock, and that is enough. A record is a file in the user's state directory,
//! which no project can write.

use crate::ctx::STATE_PLACES;
use crate::error::{Error, Kind, Result};
use crate::fs;
use crate::os::ABSOLUTE_PATH;
use crate::os::bytes::{self, Bytes};
use crate::resolve::Resolver;
use crate::verify::{Digest, Level};
use goward_shim::sys;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The first line of a record.
const HEAD: &str = "goward-accept 1\n";

/// Longest record, in bytes.
const MAX_SIZE: usize = 16 << 10;

impl Resolver<'_> {
    /// Accepts what the locks in a repository name, at `level`; returns the repository. `path` is a lock
    /// or a directory.
    pub fn accept_repository(&self, path: &Path, level: Level, is_dry: bool) -> Result<PathBuf> {
        if level != Level::Listed {
            let message = format!("a repository cannot be accepted at level `{level}`");
            return Err(Error::new(Kind::Usage, message)
                .detail("nothing was changed")
                .hint("accept what its sources list: `goward trust --accept listed`"));
        }
        self.session.config.check_accepted(&self.session.ctx, level)?;
        let repository = repository_of(&self.session.ctx.cwd.join(path)).ok_or_else(|| {
            Error::new(Kind::NotFound, format!("`{}` does not exist", path.display()))
        })?;
        let place = self.accepted_path(&repository)?;
        if !is_dry {
            fs::create_dir_all(place.parent().unwrap_or(Path::new("/")))?;
            fs::replace(&place, &record(&repository))?;
        }
        Ok(repository)
    }

    /// Takes that back; returns the repository, if there was anything to take back.
    pub fn reject_repository(&self, path: &Path, is_dry: bool) -> Result<Option<PathBuf>> {
        let Some(repository) = repository_of(&self.session.ctx.cwd.join(path)) else {
            return Ok(None);
        };
        let place = self.accepted_path(&repository)?;
        if is_dry {
            return Ok(place.symlink_metadata().is_ok().then_some(repository));
        }
        match fs::remove_file(place) {
            Ok(()) => Ok(Some(repository)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Returns the repositories that are accepted, sorted.
    pub fn accepted_repositories(&self) -> Result<Vec<PathBuf>> {
        let Some(directory) = self.accepted_directory() else { return Ok(Vec::new()) };
        let records = match fs::read_dir(directory) {
            Ok(records) => records,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error.into()),
        };
        let mut found = Vec::new();
        for entry in records {
            let text = sys::read_file(entry.path().as_os_str().as_bytes(), MAX_SIZE);
            let Some(text) = text.ok().flatten() else { continue };
            let path = text.strip_prefix(HEAD.as_bytes()).and_then(|rest| rest.strip_suffix(b"\n"));
            found.extend(path.map(|path| bytes::into_path(path.to_vec())));
        }
        found.sort();
        Ok(found)
    }

    /// Returns the level at which a lock's repository is accepted.
    pub(crate) fn accepted_for(&self, lock: &Path) -> Option<Level> {
        let repository = repository_of(lock)?;
        let place = self.accepted_path(&repository).ok()?;
        let text = sys::read_file(place.as_os_str().as_bytes(), MAX_SIZE).ok()??;
        (text == record(&repository)).then_some(Level::Listed)
    }

    fn accepted_directory(&self) -> Option<PathBuf> {
        Some(self.session.ctx.state_directory()?.join("accept"))
    }

    fn accepted_path(&self, repository: &Path) -> Result<PathBuf> {
        let name = Digest::of(repository.as_os_str().as_bytes()).to_string();
        let directory = self.accepted_directory().ok_or_else(|| {
            let message = format!(
                "there is no place for trust: {STATE_PLACES} are both unset or not absolute"
            );
            let hint = format!("choose one: `XDG_STATE_HOME={ABSOLUTE_PATH}`");
            Error::new(Kind::Usage, message).hint(hint)
        })?;
        Ok(directory.join(&name[..32]))
    }
}

fn record(repository: &Path) -> Vec<u8> {
    [HEAD.as_bytes(), repository.as_os_str().as_bytes(), b"\n"].concat()
}

/// Returns the repository around a lock or a directory: the nearest directory with `.git`, else that
/// of the lock; without links.
fn repository_of(path: &Path) -> Option<PathBuf> {
    let directory = if path.is_dir() { path } else { path.parent()? };
    let directory = fs::canonicalize(directory).ok()?;
    let repository = directory.ancestors().find(|directory| directory.join(".git").exists());
    Some(repository.map_or_else(|| directory.clone(), Path::to_path_buf))
}
