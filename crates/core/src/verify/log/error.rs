//! Why a lookup gave no hash.

use super::fork::Fork;
use super::record::{LineProblem, RecordProblem};
use super::tiles::TileProblem;
use super::tree::SignedHeadProblem;
use crate::error::{Error, Kind};
use crate::net::NetError;
use std::path::PathBuf;

/// What went wrong. Callers branch on [`LogError::is_outage`], tests on the rest.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// Nobody answers, or not in a way that our rules permit.
    #[error("{0}")]
    Unreachable(NetError),
    /// The log says that it has no such module.
    #[error("it has no record of `{0}`")]
    Absent(String),
    /// The answer has not the form of one.
    #[error("its answer is no record: {0}")]
    Answer(#[from] RecordProblem),
    /// The head in the answer.
    #[error("the head in its answer cannot be used: {0}")]
    Head(#[from] SignedHeadProblem),
    /// A tile.
    #[error("the tile `{path}` is wrong: {problem}")]
    Tile {
        /// Where it was fetched from.
        path: String,
        /// What is wrong with it.
        problem: TileProblem,
    },
    /// The tree of a staple is older than one that was seen before.
    #[error(
        "it is of the tree of {carried} records, and goward knows one of {known}, which is newer"
    )]
    OlderHead {
        /// The size of the staple's tree.
        carried: u64,
        /// The size of the other tree.
        known: u64,
    },
    /// The record is said to stand where the tree has no records.
    #[error("a tree of {size} records has no record {id}")]
    OutOfTree {
        /// The number of the record.
        id: u64,
        /// The size of the tree.
        size: u64,
    },
    /// The record in the answer is not the one in the tree.
    #[error("record {id} in the tree is another one than in the answer")]
    NotAuthentic {
        /// The number of the record.
        id: u64,
    },
    /// The record is in the log and does not say what it has to say.
    #[error("the record is not that of the toolchain: {0}")]
    Line(#[from] LineProblem),
    /// The log has signed two histories.
    #[error("it has signed two histories")]
    Fork {
        /// The two, and the proof.
        fork: Box<Fork>,
        /// Where the proof is kept.
        evidence: Option<PathBuf>,
    },
    /// What is remembered of the log is damaged.
    #[error("what `{place}` remembers of it cannot be used: {problem}")]
    Memory {
        /// The file.
        place: String,
        /// What is wrong with it.
        problem: SignedHeadProblem,
    },
    /// A file of ours.
    #[error("{}", .0.message())]
    Local(Error),
}

impl LogError {
    /// Returns true when the log said nothing, or nothing about the toolchain: then it proves nothing,
    /// and there is nothing to hold against it.
    pub fn is_outage(&self) -> bool {
        matches!(self, Self::Unreachable(_) | Self::Absent(_))
    }

    /// Says it of a proof that was carried along in `file`; `name` is that of the log.
    pub fn explain_staple(self, name: &str, file: &str) -> Error {
        let text = self.to_string();
        let error = |what: &str| {
            Error::new(Kind::Verification, format!("the proof in `{file}` {what}: {text}"))
                .detail("nothing was installed")
        };
        match self {
            Self::Fork { .. } | Self::Local(_) | Self::Memory { .. } => self.explain(name),
            Self::OlderHead { .. } => error("cannot be used").hint(
                "make the bundle again, or install from where the log can be asked: `goward install`",
            ),
            Self::Absent(_) => Error::new(
                Kind::Verification,
                format!("there is no proof in `{file}`: {text}"),
            )
            .detail("nothing was installed")
            .hint("make the bundle again: `goward bundle create`"),
            Self::Unreachable(missing) => {
                Error::new(
                    Kind::Verification,
                    format!("the proof in `{file}` is not complete: `{}` is missing", missing.url),
                )
                .detail("nothing was installed")
                .hint("make the bundle again: `goward bundle create`")
            }
            _ => error("is wrong").hint("get the bundle again from where it was made"),
        }
    }

    /// Says it to people; `name` is that of the log.
    pub fn explain(self, name: &str) -> Error {
        let text = self.to_string();
        let error = |kind, what: &str| Error::new(kind, format!("{name} {what}: {text}"));
        match self {
            Self::Local(error) => error,
            Self::Unreachable(_) => error(Kind::Network, "could not be asked"),
            Self::Absent(_) => error(Kind::NotFound, "does not know it"),
            Self::Memory { place, .. } => Error::new(
                Kind::Log,
                format!("{name} was not asked: {text}"),
            )
            .hint(format!(
                "if nobody tampered with it, begin with the head built into goward: `mv {place} \
                     {place}.old`"
            )),
            Self::Fork { fork, evidence } => {
                let (older, newer) = (fork.older.head(), fork.newer.head());
                let error = error(Kind::Log, "cannot be believed")
                    .detail(format!("{} records: {}", older.size, older.hash))
                    .detail(format!(
                        "{} records: {}, which begin with {}",
                        newer.size, newer.hash, fork.found
                    ));
                match evidence {
                    Some(path) => error
                        .detail(format!("the signed proof is in `{}`", path.display()))
                        .hint("show it to others, and to the Go team: https://go.dev/security"),
                    None => error,
                }
            }
            _ => error(Kind::Log, "cannot be believed").hint(
                "something between here and the log changes answers, most likely a proxy of \
                 `GOPROXY`; ask the log itself: `GOPROXY=direct`",
            ),
        }
    }
}

impl From<Error> for LogError {
    fn from(error: Error) -> Self {
        Self::Local(error)
    }
}

impl From<NetError> for LogError {
    fn from(error: NetError) -> Self {
        Self::Unreachable(error)
    }
}
