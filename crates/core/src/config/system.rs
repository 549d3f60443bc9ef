//! The files of the machine: `/etc/goward/config.toml` and those below `$XDG_CONFIG_DIRS`.
//!
//! What they hold is everybody's, so only root may be able to write them.

use crate::ctx::Ctx;
use crate::error::{Error, Kind, Result};
use crate::fs::{self, Metadata};
use crate::os::owner;
use crate::shell;
use std::path::{Path, PathBuf};

/// Whose settings come first of all, and cannot be avoided.
pub(super) const MACHINE: &str = if cfg!(target_os = "macos") {
    "/Library/Application Support/goward/config.toml"
} else {
    "/etc/goward/config.toml"
};

/// Where the XDG specification looks when `XDG_CONFIG_DIRS` is unset.
const DEFAULT_DIRECTORIES: &str = "/etc/xdg";

/// The most links that are followed to a file.
const MAX_LINKS: usize = 40;

/// The bits of a mode that let the group and others write, and the one that lets nobody remove what
/// is somebody else's.
const GROUP_WRITES: u32 = 0o020;
const OTHERS_WRITE: u32 = 0o002;
const STICKY: u32 = 0o1000;

/// Returns where the machine's settings may be, the weakest first.
pub(super) fn places(ctx: &Ctx) -> Vec<PathBuf> {
    if cfg!(windows) {
        let data = ctx.variable("ProgramData").map(Path::new).filter(|path| path.is_absolute());
        return data.map(|data| data.join("goward").join("config.toml")).into_iter().collect();
    }
    let directories = ctx.variable("XDG_CONFIG_DIRS");
    let directories = directories.unwrap_or(DEFAULT_DIRECTORIES.as_ref());
    let mut places: Vec<_> = std::env::split_paths(directories)
        .filter(|directory| directory.is_absolute())
        .map(|directory| directory.join("goward/config.toml"))
        .collect();
    // The first of them counts most.
    places.reverse();
    places.insert(0, MACHINE.into());
    places
}

/// Refuses a file that others than root may write or put something in the place of.
pub(super) fn check(path: &Path) -> Result<()> {
    let mut at = path.to_path_buf();
    for _ in 0..MAX_LINKS {
        let parent = fs::canonicalize(at.parent().unwrap_or(Path::new("/")))?;
        for directory in parent.ancestors() {
            refuse(path, directory, &fs::metadata(directory)?)?;
        }
        at = parent.join(at.file_name().unwrap_or_default());
        let metadata = fs::symlink_metadata(&at)?;
        if !metadata.is_symlink() {
            return refuse(path, &at, &metadata);
        }
        at = parent.join(fs::read_link(&at)?);
    }
    let message = format!("`{}` leads through too many links", path.display());
    Err(Error::new(Kind::Usage, message))
}

/// Refuses `path` when others than root may write `at`, which is the file or a directory above it.
fn refuse(path: &Path, at: &Path, metadata: &Metadata) -> Result<()> {
    let (mode, owner) = (metadata.mode(), metadata.owner());
    // In a directory such as /tmp, what is root's stays root's.
    let is_shared = metadata.is_dir() && mode & STICKY != 0;
    let (why, cure) = if !owner::is_root(owner) {
        (format!("`{}` belongs to user {owner}, not to root", at.display()), "chown root")
    } else if mode & OTHERS_WRITE != 0 && !is_shared {
        (format!("everybody may write `{}`", at.display()), "chmod go-w")
    } else if mode & GROUP_WRITES != 0 && metadata.group() != 0 && !is_shared {
        let group = metadata.group();
        (format!("group {group} may write `{}`", at.display()), "chmod go-w")
    } else {
        return Ok(());
    };
    let message = format!("the settings in `{}` do not count: {why}", path.display());
    Err(Error::new(Kind::Usage, message)
        .detail("settings of the machine are read only where nobody but root can change them")
        .hint(format!("as root: `{cure} {}`", shell::word(at))))
}
