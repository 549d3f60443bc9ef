//! Words for what the log's client found.

use super::{LogError, OfflineError};
use crate::error::{Advice, Error, Kind};
use crate::net::NetError;
use gosumdb::{MissingFile, RecordError};

/// How errors of the log are told to people.
pub trait Explain {
    /// Says what is wrong, in words that follow a colon.
    fn words(&self) -> String;

    /// Says it to people; `name` is that of the log.
    fn explain(self, name: &str) -> Error;
}

impl Explain for LogError {
    fn words(&self) -> String {
        words(self)
    }

    fn explain(self, name: &str) -> Error {
        explain(self, name)
    }
}

/// Says it of a proof that was carried along in `file`; `name` is that of the log.
pub fn explain_offline(error: OfflineError, name: &str, file: &str) -> Error {
    let text = words(&error);
    let refused =
        |message: String| Error::new(Kind::Verification, message).detail("nothing was installed");
    match error {
        OfflineError::Fork { .. }
        | OfflineError::Storage(_)
        | OfflineError::DamagedHead { .. }
        | OfflineError::Contended { .. } => explain(error, name),
        OfflineError::OlderHead { .. } => {
            refused(format!("the proof in `{file}` cannot be used: {text}"))
                .hint(Advice::RemakeBundleOrInstall)
        }
        OfflineError::Absent(_) => {
            refused(format!("there is no proof in `{file}`: {text}")).hint(Advice::RemakeBundle)
        }
        OfflineError::Unreachable(MissingFile { path }) => {
            refused(format!("the proof in `{file}` is not complete: `{path}` is missing"))
                .hint(Advice::RemakeBundle)
        }
        _ => refused(format!("the proof in `{file}` is wrong: {text}"))
            .hint("get the bundle again from where it was made"),
    }
}

fn words<F: std::error::Error + 'static>(error: &gosumdb::Error<F, Error>) -> String {
    use gosumdb::Error as E;
    match error {
        E::Unreachable(error) => match (error as &dyn std::error::Error).downcast_ref::<NetError>()
        {
            // Whom it was asked through says who has to be asked why.
            Some(error) => error.in_one_line(),
            None => error.to_string(),
        },
        E::Absent(module) => format!("it has no record of `{module}`"),
        E::Answer(problem) => format!("its answer is no record: {problem}"),
        E::Head(problem) => format!("the head in its answer cannot be used: {problem}"),
        E::Tile { path, problem } => format!("the tile `{path}` is wrong: {problem}"),
        E::OlderHead { proof, known } => format!(
            "it is of the tree of {proof} records, and goward knows one of {known}, which is newer"
        ),
        E::NotAuthentic { id } => {
            format!("record {id} in the tree is another one than in the answer")
        }
        E::Record(problem) => {
            let what = match problem {
                RecordError::Missing => "it has no line for the toolchain".to_owned(),
                RecordError::Twice => "it has two lines for the toolchain".to_owned(),
                RecordError::NotH1 => "what it has for the toolchain is not an h1".to_owned(),
                other => other.to_string(),
            };
            format!("the record is not that of the toolchain: {what}")
        }
        E::Fork { .. } => "it has signed two histories".to_owned(),
        E::DamagedHead { location, problem } => {
            format!("what `{location}` remembers of it cannot be used: {problem}")
        }
        E::Contended { location } => format!("others keep changing `{location}`"),
        E::Storage(error) => error.message().to_owned(),
        other => other.to_string(),
    }
}

fn explain<F: std::error::Error + 'static>(error: gosumdb::Error<F, Error>, name: &str) -> Error {
    use gosumdb::Error as E;
    let text = words(&error);
    let say = |kind, what: &str| Error::new(kind, format!("{name} {what}: {text}"));
    match error {
        E::Storage(error) => error,
        E::Contended { .. } => Error::new(Kind::Failed, text).hint("try again"),
        E::Unreachable(_) => say(Kind::Network, "could not be asked"),
        E::Absent(_) => say(Kind::NotFound, "does not know it"),
        E::DamagedHead { location, .. } => say(Kind::Log, "was not asked").hint(format!(
            "if nobody tampered with it, begin with the head built into goward: `mv {location} \
             {location}.old`"
        )),
        E::Fork { fork, evidence } => {
            let (older, newer) = (fork.older.head(), fork.newer.head());
            let error = say(Kind::Log, "cannot be believed")
                .detail(format!("{} records: {}", older.size, older.hash))
                .detail(format!(
                    "{} records: {}, which begin with {}",
                    newer.size, newer.hash, fork.found
                ));
            match evidence {
                Some(place) => error
                    .detail(format!("the signed proof is in `{place}`"))
                    .hint("show it to others, and to the Go team: https://go.dev/security"),
                None => error,
            }
        }
        _ => say(Kind::Log, "cannot be believed").hint(
            "something between here and the log changes answers, most likely a proxy of \
             `GOPROXY`; ask the log itself: `GOPROXY=direct`",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::{Problem, Url};
    use crate::verify::sumdb::module;
    use crate::{platform::Platform, version::GoVersion};
    use gosumdb::note::NoteError;
    use gosumdb::{AnswerError, SignedHeadError, TileError};

    const MODULE: &str = "golang.org/toolchain@v0.0.1-go1.27.1.linux-amd64";

    fn toolchain() -> gosumdb::Module {
        let platform = Platform::parse("linux/amd64").unwrap();
        module(GoVersion::parse("1.27.1").unwrap(), platform).unwrap()
    }

    fn head() -> SignedHeadError {
        SignedHeadError::Note(NoteError::Unsigned)
    }

    /// The words of each error, which say `toolchain` where the client says `module`.
    #[test]
    fn words_in_full() {
        let url = Url::parse("https://log.example/x").unwrap();
        let unreachable = NetError::new("a part of log.example", &url, Problem::Cut(7), 1);
        let line = "the record is not that of the toolchain: ";
        let place = || "/state/latest".to_owned();
        let cases: [(LogError, String); 15] = [
            (
                LogError::Unreachable(unreachable),
                "https://log.example/x: the connection was cut after 7 bytes".to_owned(),
            ),
            (LogError::Absent(toolchain()), format!("it has no record of `{MODULE}`")),
            (
                AnswerError::Id.into(),
                "its answer is no record: it does not begin with the number of a record".to_owned(),
            ),
            (
                head().into(),
                "the head in its answer cannot be used: it is not signed by the log's key"
                    .to_owned(),
            ),
            (
                LogError::Tile { path: "/tile/8/0/000".to_owned(), problem: TileError::Edge },
                "the tile `/tile/8/0/000` is wrong: with it, the tree does not have the hash that \
                 was signed"
                    .to_owned(),
            ),
            (
                LogError::OlderHead { proof: 5, known: 7 },
                "it is of the tree of 5 records, and goward knows one of 7, which is newer"
                    .to_owned(),
            ),
            (
                LogError::OutOfTree { id: 7, size: 5 },
                "a tree of 5 records has no record 7".to_owned(),
            ),
            (
                LogError::NotAuthentic { id: 7 },
                "record 7 in the tree is another one than in the answer".to_owned(),
            ),
            (RecordError::Missing.into(), format!("{line}it has no line for the toolchain")),
            (RecordError::Twice.into(), format!("{line}it has two lines for the toolchain")),
            (
                RecordError::NotH1.into(),
                format!("{line}what it has for the toolchain is not an h1"),
            ),
            (
                RecordError::GoMod.into(),
                format!("{line}it does not have the `go.mod` of a toolchain"),
            ),
            (
                LogError::DamagedHead { location: place(), problem: head() },
                "what `/state/latest` remembers of it cannot be used: it is not signed by the log's \
                 key"
                .to_owned(),
            ),
            (
                LogError::Contended { location: place() },
                "others keep changing `/state/latest`".to_owned(),
            ),
            (
                LogError::Storage(Error::new(Kind::Failed, "the disk is full")),
                "the disk is full".to_owned(),
            ),
        ];
        for (error, want) in cases {
            assert_eq!(error.words(), want);
        }
    }

    #[test]
    fn a_proof_in_a_file_is_told_apart_from_the_log() {
        let told =
            |error: OfflineError| explain_offline(error, "log.example", "go.bundle").to_string();
        assert_eq!(
            told(OfflineError::Unreachable(MissingFile { path: "/tile/8/0/000".to_owned() })),
            "goward: the proof in `go.bundle` is not complete: `/tile/8/0/000` is missing\n  \
             nothing was installed\nhint: make the bundle again: `goward bundle create`"
        );
        assert_eq!(
            told(OfflineError::Absent(toolchain())),
            format!(
                "goward: there is no proof in `go.bundle`: it has no record of `{MODULE}`\n  \
                 nothing was installed\nhint: make the bundle again: `goward bundle create`"
            )
        );
        assert_eq!(
            told(OfflineError::Contended { location: "/state/latest".to_owned() }),
            "goward: others keep changing `/state/latest`\nhint: try again"
        );
    }
}
