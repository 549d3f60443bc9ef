//! Two histories of one database, and how to prove it to others.

use crate::error::ErrorOf;
use crate::ops::ClientOps;
use crate::tiles::Tiles;
use crate::tree::{Hash, SignedHead, split};
use std::fmt::{self, Display};

/// Two heads that the database has signed although the newer tree does not begin with the older
/// one. It must never do that: whoever sees one has the proof of a broken promise, signed by the
/// database itself.
///
/// [`Display`] writes all that others need to check it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fork {
    /// The head of the smaller tree, or of one of two with the same size.
    pub older: SignedHead,
    /// The head of the other tree.
    pub newer: SignedHead,
    /// The hash of what the newer tree begins with, in place of the older one.
    pub found: Hash,
    /// The proof that it does (RFC 6962, 2.1.2); empty for two trees of the same size.
    pub proof: Vec<Hash>,
}

impl Display for Fork {
    /// Writes both notes and the proof.
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
pub(crate) fn proof<O: ClientOps + ?Sized>(
    tiles: &mut Tiles<'_, O>,
    size: u64,
) -> Result<Vec<Hash>, ErrorOf<O>> {
    let mut proof = Vec::new();
    let (mut low, mut high) = (0, tiles.head().size);
    // From the root down to where both trees have the same subtree; the proof goes the other way.
    while size < high
        && let Some(left) = split(high - low)
    {
        let middle = low + left;
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
