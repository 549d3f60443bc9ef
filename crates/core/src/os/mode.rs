//! Modes: who may read, write and run a file, in the bits of Unix.

use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io;

/// Returns permissions with this mode. Where a system has only some of the bits, they are changed in
/// those that the file has now, for which `now` asks.
pub fn permissions(
    mode: u32,
    now: impl FnOnce() -> io::Result<Permissions>,
) -> io::Result<Permissions> {
    #[cfg(unix)]
    {
        _ = now;
        Ok(std::os::unix::fs::PermissionsExt::from_mode(mode))
    }
    #[cfg(windows)]
    {
        let mut permissions = now()?;
        permissions.set_readonly(mode & 0o200 == 0);
        Ok(permissions)
    }
}

/// Gives the file that is created this mode, less what the umask takes.
pub fn of_file(options: &mut OpenOptions, mode: u32) {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, mode);
    #[cfg(windows)]
    {
        const FILE_ATTRIBUTE_READONLY: u32 = 1;
        let attributes = if mode & 0o222 == 0 { FILE_ATTRIBUTE_READONLY } else { 0 };
        std::os::windows::fs::OpenOptionsExt::attributes(options, attributes);
    }
}

/// Makes a change to an open file that must leave its mode: Wine 10 forgets that a file is read-only when
/// its times are set.
pub fn keep(file: &File, change: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
    #[cfg(unix)]
    {
        _ = file;
        change()
    }
    #[cfg(windows)]
    {
        let before = file.metadata()?.permissions();
        change()?;
        if before.readonly() { file.set_permissions(before) } else { Ok(()) }
    }
}

/// Gives the directories that are created this mode, less what the umask takes.
pub fn of_directory(builder: &mut DirBuilder, mode: u32) {
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(builder, mode);
    #[cfg(windows)]
    let _ = (builder, mode);
}

/// Gives the file or directory with a random name this mode, less what the umask takes.
pub fn of_random(builder: &mut tempfile::Builder<'_, '_>, mode: u32) {
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(mode));
    #[cfg(windows)]
    let _ = (builder, mode);
}
