//! From bytes of unknown origin to a toolchain that may be installed.
//!
//! Three types, each of which can only be made from the one before:
//!
//! 1. [`Quarantine`] takes files from an archive into a private directory and digests what it
//!    writes, so that what is judged is what is on disk.
//! 2. [`UnverifiedFiles`] is a complete tree with its [`H1`].
//! 3. [`VerifiedTree`] is a tree whose hash stood up to the [`Evidence`]; it alone can be published
//!    by [`crate::store`].
//!
//! [`policy`] holds the rules, [`Records`] what goward knows without asking anybody, [`sumdb`] asks the
//! checksum database.

mod archive_digest;
pub mod archive_hash;
pub mod dedup;
pub mod delta;
pub mod dirhash;
pub mod error;
pub mod file_digest;
pub mod mode;
pub mod policy;
mod quarantine;
pub mod records;
pub mod sha256;
pub mod sumdb;
#[cfg(test)]
mod tests;
mod tree_copy;
mod tree_writer;
pub mod wheel_missing_files;

use crate::platform::Platform;
use crate::verify::error::Result;
use crate::version::GoVersion;
pub use archive_digest::ArchiveDigest;
pub use dedup::{FileIndex, Sharing};
pub use dirhash::H1;
pub use error::VerifyError;
pub use goward_shim::lock::Level;
pub use policy::{Choice, Evidence};
pub use quarantine::{Entry, Quarantine, UnverifiedFiles};
pub use records::{Record, Records};
pub use sha256::{Digest, Hasher, Hashing};
use std::collections::BTreeMap;
use std::path::Path;
pub use tree_copy::{CopySource, FileCopy};
pub use wheel_missing_files::MissingFiles;

/// A toolchain in a private directory whose hash stood up to the evidence.
#[derive(Debug)]
pub struct VerifiedTree {
    unpacked: UnverifiedFiles,
    level: Level,
    archive: Option<(Digest, u64)>,
    logged: Option<sumdb::Logged>,
}

impl UnverifiedFiles {
    /// Holds the tree against the evidence: the only way to a [`VerifiedTree`]. What the hash does not cover stays
    /// only where the whole archive is verified, or each of its files is known.
    pub fn verify(mut self, evidence: &Evidence) -> Result<VerifiedTree> {
        let verdict = evidence.check(&self)?;
        // Later releases have these programs in `lib/wasm`, which the hash covers.
        let is_old = self.version().minor() <= 23;
        let is_known = |(path, entry): (&String, &Entry)| {
            is_old && wheel_missing_files::is_known_wasm(path, entry.digest)
        };
        if verdict.archive < evidence.floor && !self.uncovered().iter().all(is_known) {
            self.drop_uncovered()?;
        }
        let (archive, logged) = (evidence.archive, evidence.logged.clone());
        Ok(VerifiedTree { unpacked: self, level: verdict.tree, archive, logged })
    }
}

impl VerifiedTree {
    /// Returns the toolchain's version.
    pub fn version(&self) -> GoVersion {
        self.unpacked.version()
    }

    /// Returns the toolchain's platform.
    pub fn platform(&self) -> Platform {
        self.unpacked.platform()
    }

    /// Returns the toolchain's identity.
    pub fn h1(&self) -> &H1 {
        self.unpacked.h1()
    }

    /// Returns how well the toolchain is verified.
    pub fn level(&self) -> Level {
        self.level
    }

    /// Returns digest and size of the release archive it came from.
    pub fn archive(&self) -> Option<(Digest, u64)> {
        self.archive
    }

    /// Returns what the checksum database proved.
    pub fn logged(&self) -> Option<&sumdb::Logged> {
        self.logged.as_ref()
    }

    /// Returns the files in the tree by path, as far as the hash covers them.
    pub fn files(&self) -> &BTreeMap<String, Entry> {
        self.unpacked.files()
    }

    /// Returns the other files in the tree by path.
    pub fn uncovered(&self) -> &BTreeMap<String, Entry> {
        self.unpacked.uncovered()
    }

    /// Returns all files in the tree by path.
    pub fn all_files(&self) -> BTreeMap<String, Entry> {
        let all = self.files().iter().chain(self.uncovered());
        all.map(|(path, entry)| (path.clone(), *entry)).collect()
    }

    /// Returns true when everything is there that the hash does not cover.
    pub fn is_full(&self) -> bool {
        self.unpacked.is_full()
    }

    /// Returns the files that belong to the tree's hash but are not in it.
    pub fn absent(&self) -> &[(String, Digest)] {
        self.unpacked.absent()
    }

    /// Returns the tree's directory.
    pub fn tree(&self) -> &Path {
        self.unpacked.tree()
    }
}
