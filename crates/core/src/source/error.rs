//! Errors of sources, and their words.

use crate::error::{Error, Kind, untrusted};
use crate::net::NetError;
use crate::platform::Platform;
use crate::source::save::SaveError;
use crate::version::GoVersion;
use std::io;

/// Why a source does not deliver.
#[derive(Debug)]
pub enum SourceError {
    /// It does not have the release for the platform.
    NotThere(Box<Absence>),
    /// The network failed, or who was asked refused.
    Net(NetError),
    /// A file could not be read or written; the error names the path.
    Io(io::Error),
    /// What it has is wrong, or what it needs is missing.
    Unusable(Error),
}

/// What is not there.
#[derive(Debug)]
pub struct Absence {
    /// The name of the source.
    pub source: String,
    /// The release.
    pub version: GoVersion,
    /// The platform.
    pub platform: Platform,
    /// Where it was looked for, for messages.
    pub place: String,
    /// What a server says to it.
    pub reason: Option<String>,
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
            SourceError::NotThere(absence) => {
                let Absence { source, version, platform, place, reason } = *absence;
                let message = format!("{} has no {version} for {platform}", untrusted(source));
                let report = Self::new(Kind::NotFound, message).detail(format!("wanted {place}"));
                let reason = reason.map(|reason| format!("the server says: {reason}"));
                reason.into_iter().fold(report, Self::detail)
            }
            SourceError::Net(error) => error.into(),
            SourceError::Io(error) => error.into(),
            SourceError::Unusable(error) => error,
        }
    }
}
