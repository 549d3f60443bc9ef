//! Toolchains as Go's module proxies have them: the zip of `golang.org/toolchain`.
//!
//! It holds what the hash of a toolchain covers, and a `go.mod` is called `_go.mod`, because it would
//! start a module of its own (`cmd/distpack`). [`write`] is a pure function of the files, so equal
//! toolchains give equal zips, whatever archive they came in. [`read`] takes a zip apart without
//! trusting it, and without a file system.

use super::gate::{Input, Meter, Stop};
use super::pack::{Member, Open, zip_as};
use super::read_at::{Cursor, ReadAt};
use super::{Contents, Limits, zip_layout};
use crate::error::Result;
use std::io::{Read, Seek, Write};
use std::sync::Arc;
use zip::ZipArchive;

/// Returns what a file of GOROOT is called in the module.
pub fn entry_name(path: &str) -> String {
    let (directory, name) = path.split_at(path.rfind('/').map_or(0, |slash| slash + 1));
    let name = if name == "go.mod" { "_go.mod" } else { name };
    format!("{directory}{name}")
}

/// Writes the zip of `module`, as in `golang.org/toolchain@v0.0.1-go1.27.1.linux-amd64`. `members` are
/// the files that the hash covers.
///
/// # Errors
///
/// Those of `open` and of writing.
pub fn write(
    out: impl Write + Seek,
    module: &str,
    members: &[Member<'_>],
    open: &Open<'_>,
) -> Result<()> {
    zip_as(out, members, open, |path| format!("{module}/{}", entry_name(path)))
}

/// Hands every file to `take`, by the name it has in the zip.
///
/// # Errors
///
/// [`Verification`](crate::error::Kind::Verification) for a zip that is damaged or refused; errors of
/// `take` come back as they are.
pub fn read(
    name: &str,
    input: &dyn ReadAt,
    limits: &Limits,
    take: &mut dyn FnMut(&str, &mut dyn Read) -> Result<()>,
) -> Result<Contents> {
    let meter = Arc::new(Meter::default());
    read_all(Input::new(Cursor::new(input), &meter), limits, take)
        .map_err(|stop| stop.into_error(name, &meter))
}

fn read_all(
    mut input: Input<Cursor<'_>>,
    limits: &Limits,
    take: &mut dyn FnMut(&str, &mut dyn Read) -> Result<()>,
) -> Result<Contents, Stop> {
    let entries = zip_layout::read(&mut input, limits)?;
    let bytes: u64 = entries.iter().map(|entry| entry.size).sum();
    if bytes > limits.total || entries.iter().any(|entry| entry.size > limits.file) {
        return Err(Stop::refused("it holds more than a Go release does"));
    }
    super::zip::check_ratio(&entries, limits)?;
    let mut archive = ZipArchive::new(input).map_err(super::zip::damaged)?;
    if archive.len() != entries.len() {
        return Err(Stop::refused("a file comes twice"));
    }
    for (index, entry) in entries.iter().enumerate() {
        let name = str::from_utf8(&entry.name).map_err(|_| Stop::refused("a name is no text"))?;
        let mut file = archive.by_index(index).map_err(super::zip::damaged)?;
        if file.name_raw() != entry.name || file.size() != entry.size {
            return Err(super::gate::entry(&entry.name, "is described in two different ways"));
        }
        // One more than there may be, so that both a longer and a shorter file are noticed.
        let mut contents = (&mut file).take(entry.size + 1);
        take(name, &mut contents).map_err(Stop::Failed)?;
        if contents.limit() != 1 {
            return Err(super::gate::entry(&entry.name, "has not the size that it should have"));
        }
    }
    Ok(Contents { files: entries.len() as u64, bytes })
}
