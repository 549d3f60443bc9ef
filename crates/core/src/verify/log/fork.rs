//! Two histories of one log, and how to prove it to others.

use super::LogError;
use super::tiles::Tiles;
use super::tree::{Hash, SignedHead, split};
use std::fmt::{self, Display};

/// Two heads that the log has signed although the newer tree does not begin with the older one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fork {
    /// The head of the smaller tree.
    pub older: SignedHead,
    /// The head of the other one.
    pub newer: SignedHead,
    /// What the newer tree begins with, in place of the older one.
    pub found: Hash,
    /// The proof that it does (RFC 6962, 2.1.2).
    pub proof: Vec<Hash>,
}

impl Display for Fork {
    /// Writes both notes and the proof: all that somebody else needs to see it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (older, newer) = (&self.older, &self.newer);
        writeln!(f, "The log has signed two histories.\n\nold head:\n\n{}", older.note())?;
        writeln!(f, "new head:\n\n{}", newer.note())?;
        writeln!(f, "The tree of the new head begins with {} records of hash", older.size())?;
        writeln!(f, "{}, as this proof shows (RFC 6962, 2.1.2):\n", self.found)?;
        self.proof.iter().try_for_each(|hash| writeln!(f, "{hash}"))
    }
}

/// Returns the proof of what the first `size` records of a tree are.
///
/// # Errors
///
/// As [`Tiles::range`].
pub(super) fn proof(tiles: &mut Tiles, size: u64) -> Result<Vec<Hash>, LogError> {
    let mut proof = Vec::new();
    let (mut low, mut high) = (0, tiles.head().size);
    // From the root down to where both trees have the same subtree; the proof goes the other way.
    while size < high {
        let middle = low + split(high - low);
        if size <= middle {
            proof.push(tiles.range(middle, high)?);
            high = middle;
        } else {
            proof.push(tiles.range(low, middle)?);
            low = middle;
        }
    }
    if low > 0 {
        proof.push(tiles.range(low, high)?);
    }
    proof.reverse();
    Ok(proof)
}
