//! The mirror's part of the checksum database: a signed head, records, and the tiles that prove
//! them.

use crate::manifest::Manifest;
use crate::storage::Storage;
use crate::{Mirrors, ToolchainRequest, layout, put};
use gosumdb::{ProofBundle, SignedHead};
use goward_core::error::Result;
use goward_core::install::sumdb::open_head;

/// How many heads that readers may have seen a mirror goes on proving.
const MAX_HEADS: usize = 32;

impl Mirrors<'_> {
    /// Renews what a mirror has of the log. Returns the log's name and what was written, if anything.
    pub(crate) fn mirror_log(
        &self,
        storage: &dyn Storage,
        wants: &[ToolchainRequest],
        manifest: &mut Manifest,
        warnings: &mut Vec<String>,
    ) -> Result<Option<(String, ProofBundle)>> {
        let mut known = Vec::new();
        for note in &manifest.heads {
            known.push(self.session.log.open_note(note)?);
        }
        for locked in wants.iter().filter_map(|want| want.locked.as_ref()?.head.as_ref()) {
            known.push(open_head(&self.session.log, locked)?);
        }
        let name = self.session.log.name()?;
        let toolchains: Vec<_> = manifest.toolchains.keys().copied().collect();
        let proof_bundle = match self.installer.log_excerpt(&toolchains, &known)? {
            Ok(Some(proof_bundle)) => proof_bundle,
            Ok(None) => {
                warnings.push(format!(
                    "{name} has none of these toolchains: `go` cannot take them from this mirror"
                ));
                return Ok(None);
            }
            Err(reason) => {
                warnings.push(format!(
                    "the mirror has nothing new of {name}: {reason}; run it again where it answers"
                ));
                return Ok(None);
            }
        };
        for (path, tile) in &proof_bundle.tiles {
            put(storage, &layout::log_file(&name, path), tile)?;
        }
        for (path, answer) in &proof_bundle.answers {
            put(storage, &layout::log_file(&name, path), answer)?;
        }
        put(storage, &layout::log_file(&name, "/latest"), proof_bundle.head.note())?;
        // From here on a reader asks this mirror for all of the log.
        put(storage, &layout::log_file(&name, "/supported"), "")?;
        manifest.heads = remembered(&manifest.heads, &proof_bundle.head);
        Ok(Some((name, proof_bundle)))
    }
}

fn remembered(heads: &[String], newest: &SignedHead) -> Vec<String> {
    let mut heads: Vec<String> =
        heads.iter().filter(|head| *head != newest.note()).cloned().collect();
    heads.push(newest.note().to_owned());
    heads.drain(..heads.len().saturating_sub(MAX_HEADS));
    heads
}
