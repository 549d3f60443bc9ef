//! The link that makes a lock's fixed GOROOT lead to the toolchain's root.
//!
//! Builds read the whole toolchain through it, so it stands only where nobody but its owner and root
//! can put another in its place, and never takes the place of anything but another link of ours.

use crate::ctx::user_id;
use crate::error::{Error, Kind, Result};
use crate::fs;
use crate::install::shims::replace_with_link;
use crate::lockfile::Locker;
use crate::os::User;
use crate::os::bytes::{self, Bytes};
use crate::platform::Platform;
use crate::project::lock::LockFile;
use crate::resolve::shim_errors;
use crate::resolve::shim_errors::what_stands_at;
use goward_shim::resolve::{Choice, choose};
use goward_shim::sys::is_root;
use goward_shim::{Refusal, Tool, layout};
use std::io;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The link, and what was done about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Where it is.
    pub path: PathBuf,
    /// Where it leads.
    pub root: PathBuf,
    /// What was there before.
    pub before: PathState,
}

/// What stood where a link was to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathState {
    /// Nothing.
    Nothing,
    /// A link to another root of this store.
    Other(PathBuf),
    /// Just that link.
    Same,
}

impl Locker<'_> {
    /// Makes the path that the lock here has for GOROOT a link to the toolchain's root, installed or
    /// not.
    ///
    /// # Errors
    ///
    /// When no lock fixes GOROOT here, something else stands there, or others could replace it;
    /// nothing is then changed.
    pub fn link_root(&self) -> Result<Link> {
        let (path, root) = self.fixed_goroot()?;
        let before = before(&path, &root).map_err(untouched)?;
        if before != PathState::Same {
            check_above(&path, user_id()).map_err(untouched)?;
            if !self.is_dry {
                make(&path, &root, &before)
                    .map_err(|error| untouched(explain(error, &path, &root)))?;
            }
        }
        Ok(Link { path, root, before })
    }

    /// Takes that link back, whichever root of this store it leads to; returns where it was, and
    /// whether it was there.
    ///
    /// # Errors
    ///
    /// When no lock fixes GOROOT here, or something else stands there, which is then untouched.
    pub fn unlink_root(&self) -> Result<(PathBuf, bool)> {
        let (path, root) = self.fixed_goroot()?;
        let was_there = before(&path, &root).map_err(untouched)? != PathState::Nothing;
        if was_there && !self.is_dry {
            fs::remove_file(&path).map_err(|error| untouched(error.into()))?;
        }
        Ok((path, was_there))
    }

    /// Returns the path that a lock has for GOROOT, as long as that does not lead to the root of its
    /// toolchain for this machine.
    pub(crate) fn missing_link(&self, lock: &LockFile) -> Result<Option<PathBuf>> {
        let Some((path, root)) = self.goroot_of(lock)? else { return Ok(None) };
        Ok(Some(path).filter(|path| fs::read_link(path).ok() != Some(root)))
    }

    /// Refuses a lock that would have GOROOT inside this store.
    pub(crate) fn check_goroot(&self, lock: &LockFile) -> Result<()> {
        let home = self.session.ctx.home()?;
        match &lock.goroot {
            Some(path) if Path::new(path).starts_with(&home) => {
                let message = format!("GOROOT cannot be `{path}`, which is inside the store");
                Err(Error::new(Kind::Usage, message)
                    .detail("nothing was changed")
                    .hint(format!("choose a path outside of `{}`", home.display())))
            }
            _ => Ok(()),
        }
    }

    /// Returns the path that the lock here has for GOROOT, and the root to which it has to lead.
    fn fixed_goroot(&self) -> Result<(PathBuf, PathBuf)> {
        let found = self.resolver.with_call(Tool::Go, |call| {
            match choose(call)
                .map_err(|refused| shim_errors::explain(&self.session.ctx, &refused))?
            {
                Choice::Project(found) | Choice::Default(found) => Ok(found),
                _ => Err(Error::new(Kind::NotFound, "no lock decides which `go` runs here")
                    .hint("see what does: `goward which -v`")),
            }
        })?;
        let path = bytes::into_path(found.path.clone());
        let lock = LockFile::parse(&found.text, &path)?;
        self.check_goroot(&lock)?;
        if lock.goroot.is_none() {
            let message = format!("`{}` does not fix GOROOT", path.display());
            let choose = "goward use REQUEST --goroot-final /absolute/path --goroot fixed";
            return Err(Error::new(Kind::Usage, message).hint(format!("choose a path: `{choose}`")));
        }
        self.goroot_of(&lock)?.ok_or_else(|| {
            shim_errors::explain(&self.session.ctx, &Refusal::NoPlatform { lock: found.path })
        })
    }

    fn goroot_of(&self, lock: &LockFile) -> Result<Option<(PathBuf, PathBuf)>> {
        let host = Platform::host();
        let (Some(path), Some(entry)) = (&lock.goroot, lock.platforms.get(&host)) else {
            return Ok(None);
        };
        let key = layout::key(&lock.version.to_string(), &host.lock_name(), &entry.h1);
        let root = layout::tree(self.session.ctx.home()?.as_os_str().as_bytes(), &key);
        Ok(Some((path.into(), bytes::into_path(root))))
    }
}

/// Returns what stands at `path`, where a link to `root` is to be.
fn before(path: &Path, root: &Path) -> Result<PathState> {
    let not_ours = || {
        let what = what_stands_at(path);
        Error::new(Kind::Failed, format!("`{}` {what}, and is not goward's", path.display()))
            .hint("move it away, or choose another path: `goward use --help`")
    };
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(PathState::Nothing),
        Err(error) => return Err(error.into()),
        Ok(metadata) if !metadata.is_symlink() => return Err(not_ours()),
        Ok(_) => {}
    }
    let target = fs::read_link(path)?;
    if target == root {
        return Ok(PathState::Same);
    }
    if target.parent() == root.parent() { Ok(PathState::Other(target)) } else { Err(not_ours()) }
}

fn untouched(error: Error) -> Error {
    error.detail("nothing was changed")
}

/// Requires that nobody but `me` and root can put something else in the place of `path`.
fn check_above(path: &Path, me: User) -> Result<()> {
    let is_there = |directory: &&Path| directory.symlink_metadata().is_ok();
    let there = path.ancestors().skip(1).find(is_there).unwrap_or(Path::new("/"));
    // A link on the way leads below directories that are not above it.
    let canonical = fs::canonicalize(there)?;
    for directory in there.ancestors().chain(canonical.ancestors()) {
        let metadata = fs::metadata(directory)?;
        let why = if metadata.is_dir() {
            danger(metadata.owner(), metadata.mode(), me)
        } else {
            Some("is not a directory")
        };
        if let Some(why) = why {
            let message = format!("`{}` {why}", directory.display());
            return Err(Error::new(Kind::Failed, message)
                .detail(format!("so `{}` could be made to lead elsewhere", path.display()))
                .hint("choose a path below directories that only you and root can write"));
        }
    }
    Ok(())
}

fn make(path: &Path, root: &Path, before: &PathState) -> io::Result<()> {
    let parent = path.parent().unwrap_or(Path::new("/"));
    // Not 0777 less the umask: a group would be others.
    fs::create_dir_all_with_mode(parent, 0o755)?;
    match before {
        // Fails where something appeared in the meantime.
        PathState::Nothing => fs::symlink(root, path),
        PathState::Other(_) | PathState::Same => replace_with_link(root, path),
    }
}

fn explain(error: io::Error, path: &Path, root: &Path) -> Error {
    let is_denied =
        matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem);
    let (path, root) = (path.display(), root.display());
    let explained = Error::from(error).context(format!("cannot make `{path}`"));
    if !is_denied {
        return explained;
    }
    explained
        .hint("choose a path that you can write: `goward use --help`")
        .hint(format!("or let somebody type it who can write there: `ln -s {root} {path}`"))
}

/// Returns what lets others than `me` and root replace an entry of a directory.
fn danger(owner: User, mode: u32, me: User) -> Option<&'static str> {
    const OTHERS_WRITE: u32 = 0o022;
    const STICKY: u32 = 0o1000;
    if !is_root(owner) && owner != me {
        return Some("belongs to another user");
    }
    let is_open = mode & OTHERS_WRITE != 0 && mode & STICKY == 0;
    is_open.then_some("can be written by others than its owner")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)] // Where owners are numbers.
    #[test]
    fn directories_in_which_others_can_rename() {
        let cases = [
            (0, 0o755, None),
            (1000, 0o700, None),
            (0, 0o1777, None),
            (1000, 0o1775, None),
            (1001, 0o755, Some("belongs to another user")),
            (1001, 0o1777, Some("belongs to another user")),
            (0, 0o775, Some("can be written by others than its owner")),
            (1000, 0o757, Some("can be written by others than its owner")),
        ];
        for (owner, mode, want) in cases {
            assert_eq!(danger(owner, mode, 1000), want, "{owner} {mode:o}");
        }
    }

    #[test]
    fn who_may_not_write_learns_what_to_type() {
        let explained = |kind| {
            explain(io::Error::from(kind), Path::new("/opt/go"), Path::new("/s/root/k")).to_string()
        };
        let want = "goward: cannot make `/opt/go`\n  permission denied\n\
                    hint: choose a path that you can write: `goward use --help`\n\
                    hint: or let somebody type it who can write there: `ln -s /s/root/k /opt/go`";
        assert_eq!(explained(ErrorKind::PermissionDenied), want);
        let other = "goward: cannot make `/opt/go`\n  entity already exists";
        assert_eq!(explained(ErrorKind::AlreadyExists), other);
    }
}
