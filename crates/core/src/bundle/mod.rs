//! Bundles: toolchains and the proofs for them in one file, for machines without network.
//!
//! A bundle is a tar with four kinds of entries, in this order:
//!
//! 1. `goward-bundle.json`, which lists the toolchains ([`Manifest`]);
//! 2. `sumdb/...`: what the checksum database answered, by its own paths ([`OfflineProof`]);
//! 3. `vulndb.json`, if it was asked for: what the vulnerability database has of Go ([`Snapshot`]);
//! 4. `archives/...`: one archive for each toolchain, as its source gave it.
//!
//! Equal content gives equal bytes: every header is a function of name and size ([`container`]). Nothing in
//! a bundle is believed. Its names are compared, and never become paths on a disk; what it says of a
//! toolchain is a claim, which the proof and the archive's own hash have to bear out.

pub mod container;
mod manifest;
mod read;
mod write;

pub use manifest::{Extra, Manifest, Packing, Toolchain};
pub use read::Bundle;
pub use write::write;

use crate::vulndb::{Snapshot, SnapshotProblem};
use container::ContainerProblem;
use gosumdb::OfflineProof;

/// The first entry.
const MANIFEST: &str = "goward-bundle.json";
/// What the checksum database answered stands below this.
const SUMDB: &str = "sumdb";
/// The copy of the vulnerability database.
const VULNDB: &str = "vulndb.json";

/// What is wrong with a bundle.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BundleProblem {
    /// The tar around it.
    #[error(transparent)]
    Container(#[from] ContainerProblem),
    /// It does not begin as bundles do.
    #[error("it is not a bundle")]
    NotABundle,
    /// It was made by a goward that is newer than this one.
    #[error("it was made by a newer goward (schema {0})")]
    NewerSchema(u64),
    /// The list of toolchains.
    #[error("its list of toolchains is wrong: {0}")]
    Manifest(String),
    /// An entry that does not belong where it is.
    #[error("entry `{0}` does not belong there")]
    Unexpected(String),
    /// A toolchain without its archive.
    #[error("entry `{0}` is missing")]
    Missing(String),
    /// An entry that is larger than it can be, or another size than the list says.
    #[error("entry `{0}` has {1} bytes, which cannot be")]
    Size(String, u64),
    /// An archive, or another entry that the list has a digest of, was changed.
    #[error("entry `{0}` is not the one that the list names")]
    Changed(String),
    /// The copy of the vulnerability database is none.
    #[error("entry `{VULNDB}` is refused: {0}")]
    Vulnerabilities(#[from] SnapshotProblem),
}
