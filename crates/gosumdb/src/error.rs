//! Reasons why nothing was proved.

use crate::fork::Fork;
use crate::ops::ClientOps;
use crate::record::{AnswerError, Module, RecordError};
use crate::tiles::TileError;
use crate::tree::SignedHeadError;

/// Why a client proved nothing. `F` and `S` are the errors of its [`ClientOps`]: of fetching and of
/// storage.
///
/// Messages leave out the cause where there is one; [`source`](std::error::Error::source) has it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error<F, S>
where
    F: std::error::Error + 'static,
    S: std::error::Error + 'static,
{
    /// A file of the database could not be fetched.
    #[error("a file of the checksum database could not be fetched")]
    Unreachable(#[source] F),
    /// The database says that it has no record of the module.
    #[error("the checksum database has no record of {0}")]
    Absent(Module),
    /// The answer to a lookup is malformed.
    #[error("the answer of the checksum database is not a record")]
    Answer(#[from] AnswerError),
    /// The tree head in an answer or in a proof is malformed, or the database has not signed it.
    #[error("the tree head in the answer cannot be used")]
    Head(#[from] SignedHeadError),
    /// A tile is malformed, or its hashes are not in the tree.
    #[error("the tile {path} is wrong")]
    Tile {
        /// Where it was fetched.
        path: String,
        /// What is wrong with it.
        #[source]
        problem: TileError,
    },
    /// The tree of an offline proof is older than one seen before.
    #[error("the proof is of a tree of {proof} records, but one of {known} records is known")]
    OlderHead {
        /// The size of the tree of the proof.
        proof: u64,
        /// The size of the newest tree that is known.
        known: u64,
    },
    /// A record number is outside the tree.
    #[error("a tree of {size} records has no record {id}")]
    OutOfTree {
        /// The number of the record.
        id: u64,
        /// The size of the tree.
        size: u64,
    },
    /// The record in the answer is not the one in the tree.
    #[error("record {id} in the tree differs from the one in the answer")]
    NotAuthentic {
        /// The number of the record.
        id: u64,
    },
    /// The record is in the tree, but is not about the module, or not about it alone.
    #[error("the record is not that of the module")]
    Record(#[from] RecordError),
    /// The database has signed two trees of which neither begins with the other.
    #[error("the checksum database has signed two histories")]
    Fork {
        /// The two trees, and the proof.
        fork: Box<Fork>,
        /// Where [`ClientOps::write_evidence`] kept it.
        evidence: Option<String>,
    },
    /// A remembered head is damaged. It is not replaced, because damage is what an attacker would
    /// do to make a client forget.
    #[error("the remembered tree head in {location} cannot be used")]
    DamagedHead {
        /// [`ClientOps::head_location`] or [`ClientOps::offline_heads_location`].
        location: String,
        /// What is wrong with it.
        #[source]
        problem: SignedHeadError,
    },
    /// Other clients replaced the remembered head every time this one tried to.
    #[error("other clients keep replacing the tree head in {location}")]
    Contended {
        /// [`ClientOps::head_location`].
        location: String,
    },
    /// Something remembered could not be read or written.
    #[error("the state of the client cannot be read or written")]
    Storage(#[source] S),
}

/// The error of a client with the operations `O`.
pub type ErrorOf<O> = Error<<O as ClientOps>::FetchError, <O as ClientOps>::StorageError>;

impl<F, S> Error<F, S>
where
    F: std::error::Error + 'static,
    S: std::error::Error + 'static,
{
    /// Returns true when the database said nothing, or has no record of the module: then nothing is
    /// proved, and nothing speaks against the database either. Any other error is a reason to stop.
    pub fn is_inconclusive(&self) -> bool {
        matches!(self, Self::Unreachable(_) | Self::Absent(_))
    }

    /// Returns true when it would be the same with another answer of the database.
    pub(crate) fn is_lasting(&self) -> bool {
        use Error::{Contended, DamagedHead, Fork, Storage};
        matches!(self, Fork { .. } | DamagedHead { .. } | Contended { .. } | Storage(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::note::NoteError;
    use std::convert::Infallible;
    use std::error::Error as _;
    use std::io;

    #[test]
    fn messages_in_full() {
        let module = || Module::new("example.com/m", "v1.0.0").unwrap();
        let head = || SignedHeadError::Note(NoteError::Unsigned);
        let (path, location) = (|| "/tile/8/0/000".to_owned(), || "/state".to_owned());
        let errors: [(Error<io::Error, io::Error>, &str, Option<&str>); 11] = [
            (
                Error::Unreachable(io::Error::other("down")),
                "a file of the checksum database could not be fetched",
                Some("down"),
            ),
            (
                Error::Absent(module()),
                "the checksum database has no record of example.com/m@v1.0.0",
                None,
            ),
            (
                AnswerError::Id.into(),
                "the answer of the checksum database is not a record",
                Some("it does not begin with the number of a record"),
            ),
            (
                head().into(),
                "the tree head in the answer cannot be used",
                Some("it is not signed by the log's key"),
            ),
            (
                Error::Tile { path: path(), problem: TileError::Length(1, 32) },
                "the tile /tile/8/0/000 is wrong",
                Some("it has 1 bytes instead of 32"),
            ),
            (
                Error::OlderHead { proof: 1, known: 2 },
                "the proof is of a tree of 1 records, but one of 2 records is known",
                None,
            ),
            (Error::OutOfTree { id: 7, size: 3 }, "a tree of 3 records has no record 7", None),
            (
                Error::NotAuthentic { id: 7 },
                "record 7 in the tree differs from the one in the answer",
                None,
            ),
            (
                RecordError::Twice.into(),
                "the record is not that of the module",
                Some("it has two lines for the module"),
            ),
            (
                Error::DamagedHead { location: location(), problem: head() },
                "the remembered tree head in /state cannot be used",
                Some("it is not signed by the log's key"),
            ),
            (
                Error::Contended { location: location() },
                "other clients keep replacing the tree head in /state",
                None,
            ),
        ];
        for (error, message, cause) in errors {
            assert_eq!(error.to_string(), message);
            assert_eq!(error.source().map(ToString::to_string).as_deref(), cause, "{message}");
            let is_inconclusive = matches!(error, Error::Unreachable(_) | Error::Absent(_));
            assert_eq!(error.is_inconclusive(), is_inconclusive, "{message}");
        }
        let storage: Error<Infallible, io::Error> = Error::Storage(io::Error::other("full"));
        assert_eq!(storage.to_string(), "the state of the client cannot be read or written");
        assert!(!storage.is_inconclusive());
    }

    #[test]
    fn errors_can_be_sent_to_other_threads() {
        fn is_sendable<T: Send + Sync + 'static>() {}
        is_sendable::<Error<io::Error, Infallible>>();
    }
}
