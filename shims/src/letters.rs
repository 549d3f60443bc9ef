//! Sets of bytes that one instruction looks into.

/// A set of bytes of which only the lower six bits count. Those of NUL are never in it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Letters(u64);

impl Letters {
    /// The empty set.
    pub(crate) const NONE: Self = Self(0);

    /// Returns the set with one byte more.
    ///
    /// # Panics
    ///
    /// For a byte that cannot be told from NUL. Sets are made at compile time.
    #[must_use]
    pub(crate) const fn with(self, byte: u8) -> Self {
        assert!(!byte.is_multiple_of(64), "not to be told from NUL");
        Self(self.0 | 1 << (byte % 64))
    }

    /// Returns true for the bytes of the set, and those that share their lower bits.
    #[inline]
    pub(crate) const fn have(self, byte: u8) -> bool {
        self.0 >> (byte % 64) & 1 != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    #[test]
    fn letters_are_those_that_were_given() {
        let letters = Letters::NONE.with(b'G').with(b'z');
        let found = (0..=u8::MAX).filter(|byte| letters.have(*byte));
        assert_eq!(found.collect::<Vec<_>>(), [7, 58, 71, 122, 135, 186, 199, 250]);
        assert!(!Letters::NONE.have(0));
    }
}
