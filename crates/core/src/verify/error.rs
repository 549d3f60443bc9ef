//! Errors of verification, and their words.

use crate::error::{Advice, Error, Kind, untrusted};
use crate::facts::ABSENT;
use crate::platform::Platform;
use crate::verify::Level;
use crate::version::GoVersion;
use std::io;

/// The result of verifying something.
pub type Result<T, E = VerifyError> = std::result::Result<T, E>;

/// Why a tree, or a record of one, is not what it should be.
#[derive(Debug)]
pub enum VerifyError {
    /// A call on a file failed; the error names the path.
    Io(io::Error),
    /// The archive could not be unpacked.
    Archive(Error),
    /// A file has a name that no Go toolchain has.
    ForeignName(String),
    /// A file does not have the size that was announced, in bytes.
    WrongSize { path: String, size: u64 },
    /// A tree is not that of the release; `what` says where it differs.
    Incomplete { version: GoVersion, platform: Platform, what: String },
    /// The files that Python packages of this release leave out are not known.
    UnknownSeries { version: GoVersion, files: &'static [&'static str] },
    /// A hash or digest is not the one that is known.
    Mismatch(Box<MismatchReport>),
    /// The tree is right as far as is known, and too little is known.
    LowLevel(Box<LevelReport>),
    /// Of a whole release, only the toolchain is verified.
    ExtrasNotVerified { version: GoVersion, platform: Platform },
    /// A line of the release records is wrong.
    DamagedRecords { line: usize, text: String, what: &'static str },
    /// A record contradicts the one that is known.
    RecordMismatch { subject: String, name: &'static str, expected: String, received: String },
}

/// What was expected and what was received.
#[derive(Debug)]
pub struct MismatchReport {
    /// The toolchain or the archive, as messages name it.
    pub subject: String,
    /// The hash that is known, and who knows it.
    pub expected: (String, String),
    /// The hash that was found, and where it comes from.
    pub received: (String, String),
    /// Why the hash may differ although nobody changed anything.
    pub doubt: Option<String>,
    /// What helps.
    pub advice: Advice,
}

/// The level that was reached, and the one that is required.
#[derive(Debug)]
pub struct LevelReport {
    /// The release.
    pub version: GoVersion,
    /// Its platform.
    pub platform: Platform,
    /// The level that was reached.
    pub reached: Level,
    /// The level that is required.
    pub required: Level,
    /// Why the checksum database does not prove it, if that is known.
    pub unlogged: Option<String>,
    /// What helps.
    pub advice: Vec<Advice>,
}

impl From<io::Error> for VerifyError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<Error> for VerifyError {
    fn from(error: Error) -> Self {
        Self::Archive(error)
    }
}

impl VerifyError {
    fn message(&self) -> String {
        match self {
            Self::Io(_) | Self::Archive(_) => String::new(),
            Self::ForeignName(path) => {
                format!("`{}` has a name that no file of a Go toolchain has", untrusted(path))
            }
            Self::WrongSize { path, size } => {
                format!("`{path}` does not have the {size} bytes that it should have")
            }
            Self::Incomplete { version, platform, what } => {
                format!("this is not a complete {version} for {platform}: {what}")
            }
            Self::UnknownSeries { version, .. } => {
                format!("the Python package of {version} cannot be verified")
            }
            Self::Mismatch(report) => format!("checksum mismatch for {}", report.subject),
            Self::LowLevel(report) => format!(
                "{} for {} is verified only at level `{}`; `{}` is required",
                report.version, report.platform, report.reached, report.required
            ),
            Self::ExtrasNotVerified { version, platform } => format!(
                "only the toolchain in this archive of {version} for {platform} is verified, not \
                 `api`, `doc`, `misc` and `test`"
            ),
            Self::DamagedRecords { line, text, what } => {
                format!("line {line} of the release records {what}: `{}`", untrusted(text))
            }
            Self::RecordMismatch { subject, name, .. } => {
                format!("the new {name} of {subject} contradicts the known one")
            }
        }
    }
}

/// The details below the message, and what helps.
impl From<VerifyError> for Error {
    fn from(error: VerifyError) -> Self {
        const NOTHING: &str = "nothing was installed";
        let kind = match &error {
            VerifyError::DamagedRecords { .. } => Kind::Usage,
            _ => Kind::Verification,
        };
        let report = Self::new(kind, error.message());
        match error {
            VerifyError::Io(error) => error.into(),
            VerifyError::Archive(error) => error,
            VerifyError::ForeignName(_) | VerifyError::DamagedRecords { .. } => report,
            VerifyError::WrongSize { .. } | VerifyError::Incomplete { .. } => {
                report.detail(NOTHING)
            }
            VerifyError::UnknownSeries { version, files } => report
                .detail(format!(
                    "it leaves out files that the hash covers ({}), and this goward does not know \
                     those of go1.{} ({})",
                    files.join(", "),
                    version.minor(),
                    ABSENT.known()
                ))
                .detail(NOTHING)
                .hint(Advice::AskFullSource { version: version.to_string() })
                .hint("or update goward"),
            VerifyError::Mismatch(found) => {
                let MismatchReport { expected, received, doubt, advice, .. } = *found;
                let report = report
                    .detail(format!("expected {} ({})", expected.0, expected.1))
                    .detail(format!("received {} ({})", received.0, received.1));
                doubt.into_iter().fold(report, Self::detail).detail(NOTHING).hint(advice)
            }
            VerifyError::LowLevel(found) => {
                let report = found.unlogged.into_iter().fold(report, Self::detail).detail(NOTHING);
                found.advice.into_iter().fold(report, Self::hint)
            }
            VerifyError::ExtrasNotVerified { version, .. } => report
                .detail(NOTHING)
                .hint(Advice::InstallWithoutExtras { version: version.to_string() }),
            VerifyError::RecordMismatch { expected, received, .. } => report
                .detail(format!("expected {expected} (built-in records)"))
                .detail(format!("received {received}"))
                .detail("the records were left as they are"),
        }
    }
}
