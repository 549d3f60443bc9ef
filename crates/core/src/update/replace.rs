//! Putting both programs in the place of the old ones.

use crate::error::{Error, Kind, Result, untrusted};
use crate::fs::{self, Draft};
use flate2::read::GzDecoder;
use goward_shim::names;
use std::io::{Cursor, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// More than a program has, in bytes.
const LARGEST_PROGRAM: u64 = 512 << 20;

/// goward and the shim.
pub(super) type Programs = [Vec<u8>; 2];

/// Takes the two programs out of an archive, and nothing else.
pub(super) fn unpack(bytes: &[u8], archive: &str) -> Result<Programs> {
    let of_zip = archive.strip_suffix(".zip");
    let directory = of_zip.or_else(|| archive.strip_suffix(".tar.gz")).unwrap_or(archive);
    let wanted = [names::MANAGER, names::SHIM].map(|name| format!("{directory}/{name}"));
    let unpacked =
        if of_zip.is_some() { from_zip(bytes, &wanted) } else { from_tar(bytes, &wanted) };
    let [goward, shim] = unpacked.map_err(|why| {
        let message = format!("`{}` cannot be unpacked: {}", untrusted(archive), untrusted(&why));
        Error::new(Kind::Verification, message).detail("nothing was changed")
    })?;
    if let (Some(goward), Some(shim)) = (goward, shim) {
        return Ok([goward, shim]);
    }
    let message = format!("`{}` does not hold both programs", untrusted(archive));
    Err(Error::new(Kind::Verification, message).detail("nothing was changed"))
}

type Found = [Option<Vec<u8>>; 2];

fn from_tar(bytes: &[u8], wanted: &[String; 2]) -> Result<Found, String> {
    let text = |error: std::io::Error| error.to_string();
    let mut found = Found::default();
    let mut tar = tar::Archive::new(GzDecoder::new(bytes));
    for entry in tar.entries().map_err(text)? {
        let entry = entry.map_err(text)?;
        let path = entry.path_bytes().into_owned();
        for (slot, name) in found.iter_mut().zip(wanted) {
            if path == name.as_bytes() && entry.header().entry_type().is_file() {
                *slot = Some(read(entry).map_err(text)?);
                break;
            }
        }
        if found.iter().all(Option::is_some) {
            break;
        }
    }
    Ok(found)
}

fn from_zip(bytes: &[u8], wanted: &[String; 2]) -> Result<Found, String> {
    let mut found = Found::default();
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|error| error.to_string())?;
    for (slot, name) in found.iter_mut().zip(wanted) {
        let Ok(file) = zip.by_name(name) else { continue };
        *slot = Some(read(file).map_err(|error| error.to_string())?);
    }
    Ok(found)
}

fn read(reader: impl Read) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(LARGEST_PROGRAM).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Replaces the programs beside `executable`, and returns the new `goward`. Both are whole, on the disk and
/// tried before the first gets its name; programs that run keep their file.
pub(super) fn replace(executable: &Path, [goward, shim]: Programs) -> Result<PathBuf> {
    let directory = executable.parent().unwrap_or(Path::new("/"));
    let goward = draft(directory, &goward)?;
    let shim = draft(directory, &shim)?;
    if !runs(&goward, &["version"]) {
        _ = fs::remove_file(&goward).and_then(|()| fs::remove_file(&shim));
        let message = "the new goward does not start on this machine; nothing was changed";
        return Err(Error::new(Kind::CannotRun, message));
    }
    let place = directory.join(names::MANAGER);
    put(&shim, &directory.join(names::SHIM))?;
    put(&goward, &place)?;
    Ok(place)
}

/// Runs a program without a word, and tells whether it ended well.
pub(super) fn runs(program: &Path, words: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(words).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Writes a program under a name of its own.
fn draft(directory: &Path, bytes: &[u8]) -> Result<PathBuf> {
    let mut draft = Draft::usual(directory, ".goward-new-")?;
    draft.write_all(bytes)?;
    draft.file().set_mode(0o755)?;
    draft.file().sync_all()?;
    // Closed before it is started: a file that is open for writing cannot be.
    let (file, path) = draft.keep()?;
    drop(file);
    Ok(path)
}

/// Gives a program its name. Windows renames a program that runs, and does not replace it.
fn put(new: &Path, place: &Path) -> Result<()> {
    if cfg!(windows) {
        let old = place.with_extension("exe.old");
        _ = fs::remove_file(&old);
        _ = fs::rename(place, &old);
    }
    Ok(fs::rename(new, place)?)
}
