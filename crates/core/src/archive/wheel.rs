//! Releases as packages of the Python index.
//!
//! A wheel is a zip with the toolchain in `go/`, a marker for Python beside it, and metadata in
//! directories of its own. Six top-level files of GOROOT are missing in it
//! ([`crate::verify::MissingFiles`]), and so are `api`, `doc` and `test`.

use crate::archive::{Contents, Limits, Sink, zip};
use crate::error::Result;
use crate::io::read_at::ReadAt;

/// What the files of the toolchain are below.
pub(super) const TOP: &str = "go/";

/// Makes `go/` a package for Python; no part of Go.
const MARKER: &[u8] = b"go/__init__.py";

/// Hands each regular file of the toolchain to one of `sinks`; see [`super::unpack`].
pub fn unpack(
    name: &str,
    input: &dyn ReadAt,
    limits: &Limits,
    sinks: &mut [&mut Sink<'_>],
) -> Result<Contents> {
    zip::unpack_some(name, input, limits, sinks, |entry| {
        Ok(is_wanted(entry).then_some(entry.into()))
    })
}

/// Returns the path in GOROOT of an entry; `None` for one that Go does not have.
pub(super) fn path_in_goroot(entry: &[u8]) -> Option<String> {
    let path = entry.strip_prefix(TOP.as_bytes()).filter(|_| is_wanted(entry))?;
    std::str::from_utf8(path).ok().map(str::to_owned)
}

fn is_wanted(entry: &[u8]) -> bool {
    entry.starts_with(TOP.as_bytes()) && entry != MARKER
}
