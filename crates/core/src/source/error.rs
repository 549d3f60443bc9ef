//! Errors of sources, and their words.

use crate::error::{Error, Kind, untrusted};
use crate::net::NetError;
use crate::source::ArtifactRequest;
use crate::source::save::SaveError;
use std::io;

/// Why a source does not deliver.
#[derive(Debug)]
pub enum SourceError {
    /// It does not have the release for the platform. `wanted` and `place` say what was looked for, and
    /// where.
    NotThere { source: String, wanted: ArtifactRequest, place: String },
    /// The network failed, or who was asked refused.
    Net(NetError),
    /// A file could not be read or written; the error names the path.
    Io(io::Error),
    /// What it has is wrong, or what it needs is missing.
    Unusable(Error),
}

impl From<NetError> for SourceError {
    fn from(error: NetError) -> Self {
        Self::Net(error)
    }
}

impl From<io::Error> for SourceError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<SaveError> for SourceError {
    fn from(error: SaveError) -> Self {
        match error {
            SaveError::Net(error) => Self::Net(error),
            SaveError::Local(error) => Self::Unusable(error),
        }
    }
}

impl From<Error> for SourceError {
    fn from(error: Error) -> Self {
        Self::Unusable(error)
    }
}

impl From<SourceError> for Error {
    fn from(error: SourceError) -> Self {
        match error {
            SourceError::NotThere { source, wanted, place } => {
                let (source, version) = (untrusted(source), wanted.version);
                let message = format!("{source} has no {version} for {}", wanted.platform);
                Self::new(Kind::NotFound, message).detail(format!("wanted {place}"))
            }
            SourceError::Net(error) => error.into(),
            SourceError::Io(error) => error.into(),
            SourceError::Unusable(error) => error,
        }
    }
}
