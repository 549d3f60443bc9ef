//! Releases as modules: the zips of `golang.org/toolchain`.
//!
//! A module has all its files below its own name and version. It cannot hold other modules, so every
//! `go.mod` of GOROOT is called `_go.mod` in it; `go` renames them when it has downloaded one
//! (`cmd/go/internal/toolchain`), and so does this. What a toolchain's module never holds is refused: its
//! hash would be another one for Go than for goward.

use crate::archive::entry_validator::{UnpackError, entry};
use crate::archive::{Contents, Limits, Sink, zip};
use crate::error::Result;
use crate::io::read_at::ReadAt;
use std::borrow::Cow;

/// What the zip calls a `go.mod`.
const RENAMED: &[u8] = b"_go.mod";

/// What it is then.
const GO_MOD: &[u8] = b"go.mod";

/// Hands each file of the module `module` (`golang.org/toolchain@v0.0.1-go1.27.1.linux-amd64`) to one of
/// `sinks`; see [`super::unpack`]. `is_covered` says which paths below GOROOT a module has.
pub fn unpack(
    name: &str,
    input: &dyn ReadAt,
    limits: &Limits,
    sinks: &mut [&mut Sink<'_>],
    module: &str,
    is_covered: impl Fn(&str) -> bool,
) -> Result<Contents> {
    zip::unpack_some(name, input, limits, sinks, |raw| {
        let outside = || entry(raw, "is not in the module that it should be");
        let below = raw.strip_prefix(module.as_bytes()).ok_or_else(outside)?;
        let path = below.strip_prefix(b"/").ok_or_else(outside)?;
        place(raw, path, &is_covered).map(Some)
    })
}

/// Returns the path in GOROOT of an entry of `module`; `None` for one that it does not have.
pub(super) fn path_in_goroot(raw: &[u8], module: &str) -> Option<String> {
    let path = raw.strip_prefix(module.as_bytes())?.strip_prefix(b"/")?;
    let place = place(raw, path, |_| true).ok()?;
    std::str::from_utf8(place.strip_prefix(b"go/")?).ok().map(str::to_owned)
}

/// Returns where a file belongs below `go/`.
fn place<'a>(
    raw: &[u8],
    path: &[u8],
    is_covered: impl Fn(&str) -> bool,
) -> Result<Cow<'a, [u8]>, UnpackError> {
    if !is_covered(&String::from_utf8_lossy(path)) {
        return Err(entry(raw, "is not a part of the module of a toolchain"));
    }
    let (directory, file) =
        path.split_at(path.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1));
    if file.eq_ignore_ascii_case(GO_MOD) {
        return Err(entry(raw, "would be a module of its own"));
    }
    let file = if file == RENAMED { GO_MOD } else { file };
    Ok(Cow::Owned([b"go/", directory, file].concat()))
}
