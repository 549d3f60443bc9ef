//! Findings about a mirror.

use goward_core::error::{Error, Kind};

/// What a mirror was found to hold, and what is wrong with it.
#[derive(Clone, Debug, Default)]
pub struct MirrorCheck {
    /// Release archives that are right.
    pub archives: usize,
    /// Modules that are right.
    pub modules: usize,
    /// Deltas that are right.
    pub deltas: usize,
    /// The records of the checksum database that it proves, and the size of the tree.
    pub log: Option<(usize, u64)>,
    /// What is wrong.
    pub problems: Vec<String>,
    /// What is not wrong, but should be known.
    pub notes: Vec<String>,
}

/// Returns true when an error is about what a mirror holds, not about asking it.
pub(crate) fn is_finding(error: &Error) -> bool {
    !matches!(error.kind(), Kind::Network | Kind::Failed | Kind::Log)
}
