//! The next `go` on PATH that is not ours.

use crate::environment::Environment;
use crate::tool::Tool;
use crate::{goroot, home, names, path, sys};
use alloc::vec::Vec;

/// Returns the first executable called like `tool` on PATH that is not goward's.
///
/// Empty and relative PATH entries are passed over: Go itself refuses to run a program found in the
/// current directory that way (`os/exec.ErrDot`, Go 1.19).
pub fn next_go(env: &Environment, tool: Tool) -> Option<Vec<u8>> {
    next(env, tool.name())
}

/// The same for any name.
pub fn next(env: &Environment, name: &[u8]) -> Option<Vec<u8>> {
    let own = own_shims();
    path::list(env.get("PATH")?)
        .filter(|directory| path::is_absolute(directory))
        .map(|directory| path::join(directory, name))
        .find(|path| sys::executable(path).is_some_and(|it| !is_ours(path, it, own)))
}

/// Returns true for a path that leads to a shim: this one, that of another goward, or a copy in a
/// GOROOT.
pub fn is_shim(path: &[u8]) -> bool {
    sys::executable(path).is_some_and(|identity| is_ours(path, identity, own_shims()))
}

fn is_ours(path: &[u8], identity: sys::Identity, own: [Option<sys::Identity>; 2]) -> bool {
    own.contains(&Some(identity)) || sys::canonical(path).is_some_and(|path| is_named(&path))
}

/// Returns true for the shim's own name, and for one in a GOROOT of goward's or among the shims of
/// a store. The path has no links.
fn is_named(path: &[u8]) -> bool {
    path::split(path).is_some_and(|(_, name)| path::is_name(name, names::SHIM.as_bytes()))
        || goroot::of_program(path).is_some_and(goroot::is_ours)
        || home::store_of_program(path).is_some_and(home::is_store)
}

/// The manager asks too, on behalf of the shim beside it.
fn own_shims() -> [Option<sys::Identity>; 2] {
    let Some(own) = sys::own_path() else { return [None; 2] };
    [sys::executable(&own), sys::executable(&path::beside(&own, names::SHIM))]
}
