//! Heads, hashes and shape of the tree that the database is (RFC 6962, section 2).
//!
//! Records are its leaves, in the order in which they were added.

use crate::note::{self, NoteError, VerifierKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{Context, SHA256};
use std::fmt::{self, Display};

/// The first line of a head.
const FIRST_LINE: &str = "go.sum database tree";

/// A SHA-256 hash in the tree, which is written in base64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash([u8; 32]);

impl Hash {
    /// Reads the canonical base64 of 32 bytes; `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        Some(Self(STANDARD.decode(text).ok()?.try_into().ok()?))
    }

    /// Returns the 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Returns the hash of a leaf, which is the text of a record with its final newline.
    pub fn of_record(text: &str) -> Self {
        Self::of(&[&[0], text.as_bytes()])
    }

    /// Returns the hash of two neighbouring subtrees together.
    pub fn of_pair(left: Self, right: Self) -> Self {
        Self::of(&[&[1], left.as_bytes(), right.as_bytes()])
    }

    fn of(parts: &[&[u8]]) -> Self {
        let mut context = Context::new(&SHA256);
        for part in parts {
            context.update(part);
        }
        let mut bytes = [0; 32];
        for (to, from) in bytes.iter_mut().zip(context.finish().as_ref()) {
            *to = *from;
        }
        Self(bytes)
    }

    /// Returns the hash of the complete subtree over `leaves`, whose number is a power of two.
    pub(crate) fn of_subtree(leaves: &[Self]) -> Option<Self> {
        match leaves {
            [one] => Some(*one),
            more if more.len().is_power_of_two() => {
                let (left, right) = more.split_at(more.len() / 2);
                Some(Self::of_pair(Self::of_subtree(left)?, Self::of_subtree(right)?))
            }
            _ => None,
        }
    }

    /// Returns the hash of a row of subtrees, from left to right.
    pub(crate) fn of_row(row: &[Self]) -> Option<Self> {
        row.iter().rev().copied().reduce(|right, left| Self::of_pair(left, right))
    }
}

impl From<[u8; 32]> for Hash {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode(self.as_bytes()))
    }
}

/// Returns the complete subtrees that leaves `low..high` are a row of, each smaller than the one
/// before. `(level, index)` is the subtree of `2^level` leaves that begins at leaf `index <<
/// level`. `low` has to be a multiple of the largest of them, as it is where RFC 6962 splits a
/// tree.
pub(crate) fn row(low: u64, high: u64) -> Vec<(u32, u64)> {
    let mut found = Vec::new();
    let mut at = low;
    while at < high {
        let level = (high - at).ilog2();
        found.push((level, at >> level));
        at += 1 << level;
    }
    found
}

/// Returns where RFC 6962 splits a tree of `size` leaves: at the largest power of two below `size`.
/// `None` for trees of fewer than two leaves, which have no parts.
pub fn split(size: u64) -> Option<u64> {
    Some(1 << size.checked_sub(1)?.checked_ilog2()?)
}

/// What is wrong with the text of a tree head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HeadError {
    /// Not three lines of which the first is the known one.
    #[error("it is not the head of a tree")]
    Form,
    /// The number of records is not one, or none at all.
    #[error("its number of records is not one")]
    Size,
    /// The hash is not 32 bytes in base64.
    #[error("its hash is not one")]
    Hash,
}

/// A tree head: how large the tree is, and its hash. It says nothing about who signed it; see
/// [`SignedHead`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The number of records.
    pub size: u64,
    /// The hash over all of them.
    pub hash: Hash,
}

impl Head {
    /// Reads the three lines of a head. Lines after them are ignored, as they are for newer
    /// readers.
    ///
    /// # Errors
    ///
    /// For any other text, for a tree without records, and for one of 2^63 or more.
    pub fn parse(text: &str) -> Result<Self, HeadError> {
        let mut lines = text.splitn(4, '\n');
        let (Some(FIRST_LINE), Some(size), Some(hash), Some(_)) =
            (lines.next(), lines.next(), lines.next(), lines.next())
        else {
            return Err(HeadError::Form);
        };
        let size = parse_number(size).filter(|size| *size > 0).ok_or(HeadError::Size)?;
        Ok(Self { size, hash: Hash::parse(hash).ok_or(HeadError::Hash)? })
    }
}

impl Display for Head {
    /// Writes the three lines that [`Head::parse`] reads.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{FIRST_LINE}\n{}\n{}", self.size, self.hash)
    }
}

/// Reads a decimal number below 2^63 of which there is one spelling.
pub(crate) fn parse_number(text: &str) -> Option<u64> {
    let number = text.parse::<u64>().ok().filter(|number| i64::try_from(*number).is_ok())?;
    (number.to_string() == text).then_some(number)
}

/// Why a signed tree head cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignedHeadError {
    /// The note around it is malformed, or not signed by the key.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The text that was signed is not a head.
    #[error(transparent)]
    Head(#[from] HeadError),
}

/// A tree head whose signature was checked, with the note that proves it. It can only be made by
/// checking one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedHead {
    head: Head,
    note: String,
    signature: String,
}

impl SignedHead {
    /// Reads a signed note and checks it.
    ///
    /// # Errors
    ///
    /// When `key` has not signed it, and when what it signed is not a head.
    pub fn open(note: &[u8], key: &VerifierKey) -> Result<Self, SignedHeadError> {
        let opened = note::open(note, key)?;
        let head = Head::parse(opened.text)?;
        let signature = opened.signature.to_owned();
        Ok(Self { head, note: String::from_utf8_lossy(note).into_owned(), signature })
    }

    /// Makes a signed head of what [`SignedHead::parts`] returned, and checks it.
    ///
    /// # Errors
    ///
    /// As [`SignedHead::open`].
    pub fn from_parts(
        head: Head,
        signature: &str,
        key: &VerifierKey,
    ) -> Result<Self, SignedHeadError> {
        Self::open(note::join(&head.to_string(), key, signature).as_bytes(), key)
    }

    /// Returns the head.
    pub fn head(&self) -> Head {
        self.head
    }

    /// Returns the head and the signature in base64, which are all that [`SignedHead::from_parts`]
    /// needs. `None` if the database signed more lines than a head has today; then only the note
    /// will do.
    pub fn parts(&self) -> Option<(Head, &str)> {
        let is_all = self.note.starts_with(&format!("{}\n", self.head));
        is_all.then_some((self.head, self.signature.as_str()))
    }

    /// Returns the number of records.
    pub fn size(&self) -> u64 {
        self.head.size
    }

    /// Returns the note, as it was given to [`SignedHead::open`].
    pub fn note(&self) -> &str {
        &self.note
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Answer;
    use crate::samples::{CONSISTENCY, HEADS, INCLUSION, X_MOD};
    use crate::test_log::Signer;
    use crate::trust_root::SUM_GOLANG_ORG;

    fn key_of(signer: &Signer) -> VerifierKey {
        VerifierKey::parse(&signer.key_text()).unwrap()
    }

    fn google() -> VerifierKey {
        VerifierKey::parse(SUM_GOLANG_ORG).unwrap()
    }

    #[test]
    fn genuine_heads_are_read() {
        for (size, hash, signature) in HEADS {
            let head = Head { size: *size, hash: Hash::parse(hash).unwrap() };
            let signed = SignedHead::from_parts(head, signature, &google()).unwrap();
            assert_eq!(signed.parts(), Some((head, *signature)));
            let again = SignedHead::open(signed.note().as_bytes(), &google()).unwrap();
            assert_eq!(again, signed);
            let larger = Head { size: size + 1, ..head };
            assert_eq!(
                SignedHead::from_parts(larger, signature, &google()),
                Err(SignedHeadError::Note(NoteError::BadSignature))
            );
        }
    }

    /// Follows RFC 6962, 2.1.1, from a leaf to the root.
    fn root_of(leaf: Hash, index: u64, size: u64, path: &[Hash]) -> Option<Hash> {
        if size == 1 {
            return path.is_empty().then_some(leaf);
        }
        let (last, rest) = path.split_last()?;
        let left = split(size)?;
        Some(if index < left {
            Hash::of_pair(root_of(leaf, index, left, rest)?, *last)
        } else {
            Hash::of_pair(*last, root_of(leaf, index - left, size - left, rest)?)
        })
    }

    /// A genuine record, its genuine audit path, and the head that Google signed.
    #[test]
    fn a_genuine_record_is_in_the_genuine_tree() {
        let answer = Answer::parse(X_MOD.as_bytes()).unwrap();
        let head = SignedHead::open(answer.note, &google()).unwrap().head();
        let path: Vec<Hash> = INCLUSION.iter().map(|hash| Hash::parse(hash).unwrap()).collect();
        let root = |text: &str| root_of(Hash::of_record(text), answer.id, head.size, &path);
        assert_eq!((answer.id, head.size), (24_955_599, 66_746_981));
        assert_eq!(root(answer.text), Some(head.hash));
        assert_ne!(root(&answer.text.replace("v0.17.0", "v0.17.1")), Some(head.hash));
    }

    /// RFC 6962, 2.1.2: the hashes of both trees that a proof amounts to.
    fn both(old: Hash, n: u64, size: u64, whole: bool, proof: &[Hash]) -> Option<(Hash, Hash)> {
        if n == size {
            return match proof {
                [] if whole => Some((old, old)),
                [one] if !whole => Some((*one, *one)),
                _ => None,
            };
        }
        let (last, rest) = proof.split_last()?;
        let left = split(size)?;
        Some(if n <= left {
            let (older, newer) = both(old, n, left, whole, rest)?;
            (older, Hash::of_pair(newer, *last))
        } else {
            let (older, newer) = both(old, n - left, size - left, false, rest)?;
            (Hash::of_pair(*last, older), Hash::of_pair(*last, newer))
        })
    }

    #[test]
    fn two_genuine_heads_are_on_one_timeline() {
        let proof: Vec<Hash> = CONSISTENCY.iter().map(|hash| Hash::parse(hash).unwrap()).collect();
        let head = |(size, hash, _): &(u64, &str, &str)| (*size, Hash::parse(hash).unwrap());
        let answer = Answer::parse(X_MOD.as_bytes()).unwrap();
        let newer = SignedHead::open(answer.note, &google()).unwrap().head();
        let (size, hash) = head(&HEADS[0]);
        assert_eq!(size, 66_746_896);
        assert_eq!(both(hash, size, newer.size, true, &proof), Some((hash, newer.hash)));
    }

    #[test]
    fn what_is_not_a_head() {
        let good = "go.sum database tree\n2\nnND/nri/U0xuHUrYSy0HtMeal2vzD9V4k/BO79C+QeI=\n";
        let head = Head::parse(good).unwrap();
        assert_eq!((head.size, head.to_string().as_str()), (2, good));
        assert_eq!(Head::parse(&format!("{good}more\nlines\n")), Ok(head));
        for (text, want) in [
            (String::new(), HeadError::Form),
            (good.trim_end().to_owned(), HeadError::Form),
            (good.replace("tree", "tree v2"), HeadError::Form),
            (good.replace("go.sum", " go.sum"), HeadError::Form),
            (good.replace("\n2\n", "\n"), HeadError::Form),
            (good.replace("\n2\n", "\n0\n"), HeadError::Size),
            (good.replace("\n2\n", "\n02\n"), HeadError::Size),
            (good.replace("\n2\n", "\n+2\n"), HeadError::Size),
            (good.replace("\n2\n", "\n-2\n"), HeadError::Size),
            (good.replace("\n2\n", "\n2 \n"), HeadError::Size),
            (good.replace("\n2\n", "\n0x2\n"), HeadError::Size),
            (good.replace("\n2\n", "\n9223372036854775808\n"), HeadError::Size),
            (good.replace("\n2\n", "\n99999999999999999999\n"), HeadError::Size),
            (good.replace("QeI=", "Qe="), HeadError::Hash),
            (good.replace("QeI=", "QeJ="), HeadError::Hash),
            (good.replace("QeI=", "QeI"), HeadError::Hash),
            (good.replace("QeI=", "QeIAAA=="), HeadError::Hash),
            (good.replace("QeI=", ""), HeadError::Hash),
        ] {
            assert_eq!(Head::parse(&text), Err(want), "{text:?}");
        }
        let largest = good.replace("\n2\n", "\n9223372036854775807\n");
        assert_eq!(Head::parse(&largest).unwrap().size, i64::MAX.cast_unsigned());
    }

    #[test]
    fn a_head_with_more_lines_has_no_parts() {
        let signer = Signer::new("log.example", 1);
        let text = format!("{}more\n", Head { size: 2, hash: Hash::of_record("x") });
        let head = SignedHead::open(signer.note(&text).as_bytes(), &key_of(&signer)).unwrap();
        assert_eq!((head.size(), head.parts()), (2, None));
    }

    #[test]
    fn a_signed_text_that_is_no_head_is_refused() {
        let signer = Signer::new("log.example", 1);
        assert_eq!(
            SignedHead::open(signer.note("something\n").as_bytes(), &key_of(&signer)),
            Err(SignedHeadError::Head(HeadError::Form))
        );
    }

    #[test]
    fn rows_and_splits() {
        assert_eq!(row(0, 0), []);
        assert_eq!(row(0, 1), [(0, 0)]);
        assert_eq!(row(0, 15), [(3, 0), (2, 2), (1, 6), (0, 14)]);
        assert_eq!(row(8, 15), [(2, 2), (1, 6), (0, 14)]);
        assert_eq!(row(0, i64::MAX.cast_unsigned()).len(), 63);
        assert_eq!([2, 3, 4, 5, 8, 9].map(split), [1, 2, 2, 4, 4, 8].map(Some));
        assert_eq!([0, 1].map(split), [None, None]);
        assert_eq!(split(u64::MAX), Some(1 << 63));
    }

    /// The hash of a tree as the RFC defines it.
    fn whole(leaves: &[Hash]) -> Hash {
        if let [one] = leaves {
            return *one;
        }
        let (left, right) =
            leaves.split_at(usize::try_from(split(leaves.len() as u64).unwrap()).unwrap());
        Hash::of_pair(whole(left), whole(right))
    }

    #[test]
    fn a_row_hashes_to_what_the_rfc_says() {
        let leaves: Vec<Hash> = (0..20).map(|n| Hash::of_record(&n.to_string())).collect();
        for size in 1..=leaves.len() {
            let hashes: Vec<Hash> = row(0, size as u64)
                .into_iter()
                .map(|(level, index)| {
                    let start = usize::try_from(index << level).unwrap();
                    Hash::of_subtree(&leaves[start..start + (1 << level)]).unwrap()
                })
                .collect();
            assert_eq!(Hash::of_row(&hashes), Some(whole(&leaves[..size])), "{size}");
        }
        assert_eq!(Hash::of_subtree(&leaves[..3]), None);
        assert_eq!(Hash::of_subtree(&[]), None);
        assert_eq!(Hash::of_row(&[]), None);
    }
}
