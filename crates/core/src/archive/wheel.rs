//! Releases as packages of the Python index.
//!
//! A wheel is a zip with the toolchain in `go/`, a marker for Python beside it, and metadata in
//! directories of its own. Six top-level files of GOROOT are missing in it
//! ([`crate::verify::MissingFiles`]), and so are `api`, `doc` and `test`.

use crate::archive::{Contents, Limits, Sink, zip};
use crate::error::Result;
use crate::io::read_at::ReadAt;

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
        let is_wanted = entry.starts_with(b"go/") && entry != MARKER;
        Ok(is_wanted.then_some(entry.into()))
    })
}
