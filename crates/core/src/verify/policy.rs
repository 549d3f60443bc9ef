//! The rules by which a toolchain reaches a level, or is refused.
//!
//! [`judge`] is pure and knows nothing of files; `install` collects the [`Evidence`], and
//! [`UnverifiedFiles::verify`] turns a refusal into words. A lock can only narrow what is accepted: what
//! it says is compared, but raises no level, because a project is no evidence.

use crate::error::{Advice, untrusted};
use crate::platform::Platform;
use crate::verify::error::{LevelReport, MismatchReport, Result, VerifyError};
use crate::verify::sumdb::Logged;
use crate::verify::{Digest, H1, Level, MissingFiles, Record, UnverifiedFiles};
use crate::version::GoVersion;

/// What is known about a toolchain apart from its own bytes.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// Digest and size of the release archive that was unpacked; `None` for a repackaging that has
    /// no digest of Go's.
    pub archive: Option<(Digest, u64)>,
    /// What the source's own index says the archive's digest is.
    pub listed: Option<Digest>,
    /// The source's own index lists the repackaging, and its digest was compared when it was
    /// fetched.
    pub listed_by_index: bool,
    /// The hash in the project's lock.
    pub locked_h1: Option<H1>,
    /// The digest of the release archive in the project's lock.
    pub locked_sha256: Option<Digest>,
    /// What goward knows of the release.
    pub record: Option<Record>,
    /// What the checksum database proves.
    pub logged: Option<Logged>,
    /// Why it proves nothing, if there is more to say than that nobody asked.
    pub unlogged: Option<String>,
    /// The weakest level to accept.
    pub floor: Level,
    /// What the user may do to accept less, and the weakest level for which it helps.
    pub choices: Vec<(Level, Choice)>,
    /// Where the bytes came from, for messages.
    pub origin: String,
    /// Where the lock is, for messages: a path, with a line if known.
    pub lock: String,
}

/// How a user may accept less than what is required.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// With the call that was made.
    Call,
    /// With an install of the release of this number.
    Install(String),
    /// For every lock beside this one, a word for a shell. Only [`Level::Listed`] can be accepted so.
    Repository(String),
}

impl Choice {
    /// Returns what to do to accept `level`.
    fn advice(&self, level: Level) -> Advice {
        let level = level.to_string();
        match self.clone() {
            Self::Call => Advice::AcceptForCall { level },
            Self::Install(version) => Advice::Accept { version, level },
            Self::Repository(lock) => {
                Advice::AcceptForRepository { level: Level::Listed.to_string(), lock }
            }
        }
    }
}

impl Default for Evidence {
    /// No evidence, and a need for some.
    fn default() -> Self {
        Self {
            archive: None,
            listed: None,
            listed_by_index: false,
            locked_h1: None,
            locked_sha256: None,
            record: None,
            logged: None,
            unlogged: None,
            floor: Level::BuiltIn,
            choices: Vec::new(),
            origin: String::new(),
            lock: String::new(),
        }
    }
}

/// What the evidence shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// How well the tree is verified.
    pub tree: Level,
    /// How well the whole archive is verified, and with it what the tree's hash does not cover.
    pub archive: Level,
}

/// A value that is not what it has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// The tree's hash is not the one in the lock.
    #[error("its hash is not the one in the lock")]
    LockedH1,
    /// The archive's digest is not the one in the lock, which has no hash of the tree.
    #[error("its digest is not the one in the lock")]
    LockedSha256,
    /// The tree's hash is not the one in the built-in records.
    #[error("its hash is not the one in the built-in records")]
    RecordH1,
    /// The archive's digest is not the one that Go published.
    #[error("its digest is not the one that Go published")]
    RecordSha256,
    /// The tree's hash is not the one that the checksum database proves.
    #[error("its hash is not the one in the checksum database")]
    LoggedH1,
    /// The archive's digest is not the one in the index of its own source.
    #[error("its digest is not the one in the index")]
    Listed,
}

/// Weighs the evidence for a tree with the hash `h1`.
pub fn judge(h1: &H1, evidence: &Evidence) -> Result<Verdict, Mismatch> {
    let sha256 = evidence.archive.map(|(sha256, _)| sha256);
    let known = evidence.record.clone().unwrap_or_default();
    let differs = |wanted: Option<Digest>| sha256.is_some() && wanted.is_some() && sha256 != wanted;

    if evidence.locked_h1.as_ref().is_some_and(|locked| locked != h1) {
        return Err(Mismatch::LockedH1);
    }
    // A release packed once more has another digest but the same hash, and that is in the lock.
    if evidence.locked_h1.is_none() && differs(evidence.locked_sha256) {
        return Err(Mismatch::LockedSha256);
    }
    if known.h1.as_ref().is_some_and(|published| published != h1) {
        return Err(Mismatch::RecordH1);
    }
    if evidence.logged.as_ref().is_some_and(|logged| logged.h1 != *h1) {
        return Err(Mismatch::LoggedH1);
    }
    let is_known = known.h1.is_some() || evidence.logged.is_some();
    if !is_known && differs(known.sha256) {
        return Err(Mismatch::RecordSha256);
    }
    if differs(evidence.listed) {
        return Err(Mismatch::Listed);
    }

    let archive = match sha256 {
        Some(_) if sha256 == known.sha256 => Level::BuiltIn,
        Some(_) if sha256 == evidence.listed => Level::Listed,
        None if evidence.listed_by_index => Level::Listed,
        _ => Level::None,
    };
    let tree = match (&evidence.logged, &known.h1) {
        (Some(logged), _) => logged.level(),
        (None, Some(_)) => Level::BuiltIn,
        (None, None) => archive,
    };
    Ok(Verdict { tree, archive })
}

impl Evidence {
    /// Returns true when it is known which hash the tree has to have.
    pub fn knows_h1(&self) -> bool {
        let has_record = self.record.as_ref().is_some_and(|record| record.h1.is_some());
        self.logged.is_some() || self.locked_h1.is_some() || has_record
    }

    /// Applies [`judge`] and the floor, in words.
    pub(super) fn check(&self, unpacked: &UnverifiedFiles) -> Result<Verdict> {
        let verdict = judge(unpacked.h1(), self).map_err(|found| self.explain(found, unpacked))?;
        let (version, platform) = (unpacked.version(), unpacked.platform());
        self.require_level(version, platform, verdict.tree)?;
        if unpacked.is_full() && verdict.archive < self.floor {
            return Err(VerifyError::ExtrasNotVerified { version, platform });
        }
        Ok(verdict)
    }

    /// Refuses a tree that is verified only at `level`, where more is required.
    pub fn require_level(
        &self,
        version: GoVersion,
        platform: Platform,
        level: Level,
    ) -> Result<()> {
        if level >= self.floor {
            return Ok(());
        }
        let advice = match level {
            Level::None => vec![second_source(version, &self.origin)],
            level => {
                let choices = self.choices.iter().filter(|(least, _)| *least <= level);
                choices.map(|(_, choice)| choice.advice(level)).collect()
            }
        };
        let (reached, required, unlogged) = (level, self.floor, self.unlogged.clone());
        let report = LevelReport { version, platform, reached, required, unlogged, advice };
        Err(VerifyError::LowLevel(Box::new(report)))
    }

    fn explain(&self, mismatch: Mismatch, unpacked: &UnverifiedFiles) -> VerifyError {
        let (version, platform) = (unpacked.version(), unpacked.platform());
        let known = self.record.clone().unwrap_or_default();
        let lock = format!("`{}`", whole(&self.lock));
        let built_in = "built-in records".to_owned();
        let log = "checksum database".to_owned();
        let index = format!("index of {}", whole(&self.origin));
        let (expected, place) = match mismatch {
            Mismatch::LockedH1 => (h1_text(self.locked_h1.as_ref()), lock),
            Mismatch::LockedSha256 => (sha256_text(self.locked_sha256), lock),
            Mismatch::RecordH1 => (h1_text(known.h1.as_ref()), built_in),
            Mismatch::RecordSha256 => (sha256_text(known.sha256), built_in),
            Mismatch::LoggedH1 => (h1_text(self.logged.as_ref().map(|logged| &logged.h1)), log),
            Mismatch::Listed => (sha256_text(self.listed), index),
        };
        let (subject, received) = match mismatch {
            Mismatch::LockedH1 | Mismatch::RecordH1 | Mismatch::LoggedH1 => {
                (format!("{version} for {platform}"), h1_text(Some(unpacked.h1())))
            }
            _ => {
                let sha256 = self.archive.map(|(sha256, _)| sha256);
                (format!("`{}`", platform.archive_name(version)), sha256_text(sha256))
            }
        };
        let doubt = MissingFiles::doubt(version, unpacked.absent());
        let advice = match doubt {
            Some(_) => Advice::TakeFromFullSource { version: version.to_string() },
            None => second_source(version, &self.origin),
        };
        let (expected, received) = ((expected, place), (received, whole(&self.origin)));
        let report = MismatchReport { subject, expected, received, doubt, advice };
        VerifyError::Mismatch(Box::new(report))
    }
}

/// Escapes like everything from outside, but does not cut: the end of a path or URL says most.
fn whole(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    characters.chunks(64).map(|part| untrusted(String::from_iter(part))).collect()
}

fn h1_text(h1: Option<&H1>) -> String {
    h1.map(ToString::to_string).unwrap_or_default()
}

fn sha256_text(digest: Option<Digest>) -> String {
    digest.map(|digest| format!("sha256:{digest}")).unwrap_or_default()
}

/// Returns the advice to ask another source than the `first`.
pub(crate) fn second_source(version: GoVersion, first: &str) -> Advice {
    let second = if first.starts_with("https://go.dev/") { "python-index" } else { "go.dev" };
    Advice::AskSecondSource { version: version.to_string(), source: second.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::sumdb::trust_root;

    fn h1(first: char) -> H1 {
        H1::parse(&format!("h1:{first}eqkXdYlyiVdqJXENOTyX7xd8QjDM/mxR52RKOFBS0M=")).unwrap()
    }

    fn digest(of: &str) -> Digest {
        Digest::of(of.as_bytes())
    }

    fn record(h1: Option<H1>, sha256: Option<&str>) -> Record {
        Record { h1, sha256: sha256.map(digest), size: None }
    }

    fn logged(first: char) -> Logged {
        let head = trust_root().unwrap().seed.unwrap();
        Logged { h1: h1(first), record: 7, head, is_stapled: false }
    }

    // The tree has the hash M, its archive the content `a`.
    #[test]
    #[expect(clippy::too_many_lines, reason = "a table")]
    fn verdicts() {
        type Case = (&'static str, Evidence, Result<(Level, Level), Mismatch>);
        let none = Evidence::default;
        let from_a = || Evidence { archive: Some((digest("a"), 1)), ..none() };
        let m = || Some(h1('M'));
        let n = || Some(h1('N'));
        let listed = || Some(digest("a"));
        let cases: Vec<Case> = vec![
            ("nothing known", none(), Ok((Level::None, Level::None))),
            ("an archive alone", from_a(), Ok((Level::None, Level::None))),
            (
                "listed",
                Evidence { listed: listed(), ..from_a() },
                Ok((Level::Listed, Level::Listed)),
            ),
            (
                "listed differently",
                Evidence { listed: Some(digest("b")), ..from_a() },
                Err(Mismatch::Listed),
            ),
            (
                "a listing without an archive says nothing",
                Evidence { listed: listed(), ..none() },
                Ok((Level::None, Level::None)),
            ),
            (
                "repackaging, listed",
                Evidence { listed_by_index: true, ..none() },
                Ok((Level::Listed, Level::Listed)),
            ),
            (
                "repackaging, published hash",
                Evidence { listed_by_index: true, record: Some(record(m(), Some("x"))), ..none() },
                Ok((Level::BuiltIn, Level::Listed)),
            ),
            (
                "repackaging, only the archive is known",
                Evidence { listed_by_index: true, record: Some(record(None, Some("x"))), ..none() },
                Ok((Level::Listed, Level::Listed)),
            ),
            (
                "repackaging, wrong hash",
                Evidence { listed_by_index: true, record: Some(record(n(), None)), ..none() },
                Err(Mismatch::RecordH1),
            ),
            (
                "published hash, repacked archive",
                Evidence { record: Some(record(m(), Some("x"))), listed: listed(), ..from_a() },
                Ok((Level::BuiltIn, Level::Listed)),
            ),
            (
                "published hash and archive",
                Evidence { record: Some(record(m(), Some("a"))), ..from_a() },
                Ok((Level::BuiltIn, Level::BuiltIn)),
            ),
            (
                "wrong hash, right archive, index agrees",
                Evidence { record: Some(record(n(), Some("a"))), listed: listed(), ..from_a() },
                Err(Mismatch::RecordH1),
            ),
            (
                "published archive",
                Evidence { record: Some(record(None, Some("a"))), ..from_a() },
                Ok((Level::BuiltIn, Level::BuiltIn)),
            ),
            (
                "index agrees with a wrong archive",
                Evidence { record: Some(record(None, Some("x"))), listed: listed(), ..from_a() },
                Err(Mismatch::RecordSha256),
            ),
            (
                "published hash, but the source contradicts itself",
                Evidence { record: Some(record(m(), None)), listed: Some(digest("b")), ..from_a() },
                Err(Mismatch::Listed),
            ),
            (
                "a lock raises no level",
                Evidence { locked_h1: m(), locked_sha256: listed(), ..from_a() },
                Ok((Level::None, Level::None)),
            ),
            (
                "locked hash differs from a published one",
                Evidence { locked_h1: n(), record: Some(record(m(), Some("a"))), ..from_a() },
                Err(Mismatch::LockedH1),
            ),
            (
                "locked hash agrees, locked archive was repacked",
                Evidence { locked_h1: m(), locked_sha256: Some(digest("b")), ..from_a() },
                Ok((Level::None, Level::None)),
            ),
            (
                "only the archive is locked",
                Evidence { locked_sha256: Some(digest("b")), ..from_a() },
                Err(Mismatch::LockedSha256),
            ),
            (
                "logged, and nothing else known",
                Evidence { logged: Some(logged('M')), ..none() },
                Ok((Level::Logged, Level::None)),
            ),
            (
                "logged and recorded, from a published archive",
                Evidence {
                    logged: Some(logged('M')),
                    record: Some(record(m(), Some("a"))),
                    ..from_a()
                },
                Ok((Level::Logged, Level::BuiltIn)),
            ),
            (
                "logged, and packed otherwise than recorded",
                Evidence {
                    logged: Some(logged('M')),
                    record: Some(record(None, Some("x"))),
                    ..from_a()
                },
                Ok((Level::Logged, Level::None)),
            ),
            (
                "a proof that was carried along",
                Evidence {
                    logged: Some(Logged { is_stapled: true, ..logged('M') }),
                    record: Some(record(m(), None)),
                    ..none()
                },
                Ok((Level::Stapled, Level::None)),
            ),
            (
                "another hash is logged",
                Evidence { logged: Some(logged('N')), listed: listed(), ..from_a() },
                Err(Mismatch::LoggedH1),
            ),
            (
                "another hash is logged, whatever the records say",
                Evidence {
                    logged: Some(logged('N')),
                    record: Some(record(m(), Some("a"))),
                    ..from_a()
                },
                Err(Mismatch::LoggedH1),
            ),
            (
                "another hash is recorded, whatever is logged",
                Evidence { logged: Some(logged('M')), record: Some(record(n(), None)), ..from_a() },
                Err(Mismatch::RecordH1),
            ),
            (
                "a locked hash that is not logged",
                Evidence { logged: Some(logged('M')), locked_h1: n(), ..from_a() },
                Err(Mismatch::LockedH1),
            ),
            (
                "an empty record",
                Evidence { record: Some(record(None, None)), listed: listed(), ..from_a() },
                Ok((Level::Listed, Level::Listed)),
            ),
        ];
        for (name, evidence, want) in cases {
            let verdict = judge(&h1('M'), &evidence);
            assert_eq!(verdict.map(|verdict| (verdict.tree, verdict.archive)), want, "{name}");
        }
    }
}
