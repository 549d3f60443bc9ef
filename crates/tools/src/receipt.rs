//! What is known of a tool in the store.

use goward_core::error::Result;
use goward_core::fs;
use goward_core::verify::{Digest, Hashing};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The name of the file beside `bin`.
pub(crate) const FILE: &str = "receipt.json";
/// A longer one is none, in bytes.
const MAX_SIZE: u64 = 64 << 10;
const SCHEMA: u32 = 1;

/// What is known of an installed tool.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
pub struct Receipt {
    schema: u32,
    /// The import path of its package.
    pub package: String,
    /// Its module, with the version.
    pub module: String,
    /// The Go that built it.
    pub go: String,
    /// How well its modules were verified when it was built.
    pub level: String,
    /// The name of its program.
    pub program: String,
    /// SHA-256 of its program.
    pub sha256: String,
}

impl Receipt {
    pub(crate) fn new(
        package: &str,
        module: String,
        go: String,
        level: String,
        program: &str,
        sha256: Digest,
    ) -> Self {
        let (package, program) = (package.to_owned(), program.to_owned());
        Self { schema: SCHEMA, package, module, go, level, program, sha256: sha256.to_string() }
    }

    /// Reads the receipt of a tool; `None` when there is none that this goward understands.
    pub(crate) fn read(directory: &Path) -> Option<Self> {
        let bytes = fs::read_regular(&directory.join(FILE), MAX_SIZE).ok()?;
        let receipt: Self = serde_json::from_slice(&bytes).ok()?;
        let is_name = !receipt.program.is_empty() && !receipt.program.contains(['/', '\\']);
        (receipt.schema == SCHEMA && is_name).then_some(receipt)
    }

    pub(crate) fn write(&self, directory: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(self).unwrap_or_default();
        Ok(fs::replace(&directory.join(FILE), format!("{text}\n").as_bytes())?)
    }
}

/// Returns the SHA-256 of a program.
pub(crate) fn digest_of(program: &Path) -> Result<Digest> {
    Ok(Hashing::new(fs::open_regular(program)?).drain()?.0)
}
