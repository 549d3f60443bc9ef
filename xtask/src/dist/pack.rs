//! Archives whose bytes depend on their content alone.

use flate2::{Compression, GzBuilder};
use goward_core::error::{Error, Kind, Result};
use std::io::{Cursor, Write};

/// The time of every file: 1980-01-01, the oldest that a zip can say.
pub(super) const TIME: u32 = 315_532_800;

/// A file of an archive.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) path: String,
    pub(super) bytes: Vec<u8>,
    pub(super) is_program: bool,
}

impl Entry {
    pub(super) fn file(path: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self { path: path.into(), bytes: bytes.into(), is_program: false }
    }

    pub(super) fn program(path: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self { path: path.into(), bytes: bytes.into(), is_program: true }
    }

    /// Returns the same file at another path.
    pub(super) fn at(&self, path: impl Into<String>) -> Self {
        Self { path: path.into(), ..self.clone() }
    }

    pub(super) fn mode(&self) -> u32 {
        if self.is_program { 0o755 } else { 0o644 }
    }
}

/// Packs files in their order. Directories stand before what is in them, where `directories` says so.
pub(super) fn tar_gz(entries: &[Entry]) -> Result<Vec<u8>> {
    gzip(&tar(entries, false)?)
}

/// Packs files in their order, without compression.
pub(super) fn tar(entries: &[Entry], directories: bool) -> Result<Vec<u8>> {
    let mut tar = tar::Builder::new(Vec::new());
    let mut known = std::collections::BTreeSet::new();
    for entry in entries {
        let ends = entry.path.match_indices('/').map(|(at, _)| &entry.path[..=at]);
        for directory in ends.filter(|_| directories) {
            if known.insert(directory.to_owned()) {
                let mut header = header(tar::EntryType::Directory, 0o755, 0);
                tar.append_data(&mut header, directory, std::io::empty())?;
            }
        }
        let size = entry.bytes.len() as u64;
        let mut header = header(tar::EntryType::Regular, entry.mode(), size);
        tar.append_data(&mut header, &entry.path, entry.bytes.as_slice())?;
    }
    Ok(tar.into_inner()?)
}

fn header(kind: tar::EntryType, mode: u32, size: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_size(size);
    header.set_mtime(TIME.into());
    header.set_uid(0);
    header.set_gid(0);
    header
}

/// Packs bytes without a time and a name. Level 9 of zlib-rs does not depend on the processor; lower ones do.
pub(super) fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut gzip = GzBuilder::new().mtime(0).write(Vec::new(), Compression::best());
    gzip.write_all(bytes)?;
    Ok(gzip.finish()?)
}

/// Packs files in their order.
pub(super) fn zip(entries: &[Entry]) -> Result<Vec<u8>> {
    let failed = |error: zip::result::ZipError| Error::new(Kind::Failed, error.to_string());
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Deflated)
        .compression_level(Some(9))
        .last_modified_time(zip::DateTime::default());
    for entry in entries {
        zip.start_file(&entry.path, options.unix_permissions(entry.mode())).map_err(failed)?;
        zip.write_all(&entry.bytes)?;
    }
    Ok(zip.finish().map_err(failed)?.into_inner())
}
