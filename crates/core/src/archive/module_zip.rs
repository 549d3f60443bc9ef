//! Toolchains as Go's module proxies have them: the zip of `golang.org/toolchain`.
//!
//! It holds what the hash of a toolchain covers, and a `go.mod` is called `_go.mod`, because it would
//! start a module of its own (`cmd/distpack`). [`write()`] is a pure function of the files, so equal
//! toolchains give equal zips, whatever archive they came in. [`super::module`] reads them.

use super::pack::{Member, Open, zip_as};
use crate::error::Result;
use std::borrow::Cow;
use std::io::{Seek, Write};

/// Returns what a file of GOROOT is called in the module.
pub fn entry_name(path: &str) -> Cow<'_, str> {
    match path.split_at(path.rfind('/').map_or(0, |slash| slash + 1)) {
        (directory, "go.mod") => format!("{directory}_go.mod").into(),
        _ => path.into(),
    }
}

/// Writes the zip of `module`, as in `golang.org/toolchain@v0.0.1-go1.27.1.linux-amd64`. `members` are
/// the files that the hash covers.
pub fn write(
    out: impl Write + Seek,
    module: &str,
    members: &[Member<'_>],
    open: &Open<'_>,
) -> Result<()> {
    zip_as(out, members, open, |path| format!("{module}/{}", entry_name(path)))
}
