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
    let own = own_shim();
    env.get("PATH")?
        .split(|&byte| byte == b':')
        .filter(|directory| directory.starts_with(b"/"))
        .map(|directory| layout::join(directory, tool.name()))
        .find(|path| sys::executable(path).is_some_and(|identity| Some(identity) != own))
}

/// Returns true for a path that leads to the shim.
pub fn is_shim(path: &[u8]) -> bool {
    sys::executable(path).is_some_and(|identity| Some(identity) == own_shim())
}

/// The manager asks too, on behalf of the shim that stands beside it.
fn own_shim() -> Option<sys::Identity> {
    sys::executable(&layout::beside(&sys::own_path()?, names::SHIM))
}
