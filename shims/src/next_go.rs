//! The next `go` on PATH that is not ours.

use crate::environment::Environment;
use crate::resolve::Tool;
use crate::{layout, names, sys};
use alloc::vec::Vec;

/// Returns the first executable called like `tool` on PATH that is not the shim.
///
/// Ours are recognised by device and inode, so links and several directories of shims are all
/// passed over. Empty and relative PATH entries are passed over too: Go itself refuses to run a
/// program found in the current directory that way (`os/exec.ErrDot`, Go 1.19).
pub fn next_go(env: &Environment, tool: Tool) -> Option<Vec<u8>> {
    // The manager asks too, on behalf of the shim that stands beside it.
    let own = sys::own_path().map(|path| layout::beside(&path, names::SHIM));
    let own = own.and_then(|path| sys::executable(&path));
    env.get("PATH")?
        .split(|&byte| byte == b':')
        .filter(|directory| directory.starts_with(b"/"))
        .map(|directory| layout::join(directory, tool.name()))
        .find(|path| sys::executable(path).is_some_and(|identity| Some(identity) != own))
}
