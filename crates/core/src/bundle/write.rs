//! Writing a bundle.

use super::container::{write_end, write_entry};
use super::{MANIFEST, Manifest, OfflineProof, SUMDB, VULNDB};
use crate::error::Result;
use crate::fs;
use std::io::{Seek, Write};

/// Writes a bundle: the list, the proofs, the copy of the vulnerability database whose digest the list has,
/// and the archives, which come in the order of the list.
pub fn write(
    to: &mut dyn Write,
    manifest: &Manifest,
    offline_proof: Option<&OfflineProof>,
    vulndb: Option<&str>,
    archives: &mut [fs::File],
) -> Result<()> {
    let text = manifest.render();
    write_entry(to, MANIFEST, text.len() as u64, &mut text.as_bytes())?;
    for (path, bytes) in offline_proof.iter().flat_map(|offline_proof| &offline_proof.files) {
        write_entry(to, &format!("{SUMDB}{path}"), bytes.len() as u64, &mut bytes.as_slice())?;
    }
    if let Some(text) = vulndb {
        write_entry(to, VULNDB, text.len() as u64, &mut text.as_bytes())?;
    }
    for (toolchain, archive) in manifest.toolchains.iter().zip(archives) {
        archive.rewind()?;
        write_entry(to, &toolchain.entry(), toolchain.size, archive)?;
    }
    write_end(to)?;
    to.flush()?;
    Ok(())
}
