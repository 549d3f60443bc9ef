//! Comparison of the versions in other tools' files with the locked release.

use crate::checks::finding::{Edit, Finding, Place, Severity};
use crate::checks::project::facts::Facts;
use crate::error::untrusted;
use crate::version::GoVersion;
use crate::version::request::Request;
use std::path::Path;

/// How a request and the locked release get along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DriftKind {
    /// It allows the release, and others.
    Floats,
    /// It cannot mean the release.
    Other,
    /// It is exactly the release.
    Same,
    /// It is no request.
    Unknown,
}

/// Words that mean another release tomorrow, in one tool or the other.
const WORDS: [&str; 6] = ["canary", "latest", "mainline", "oldstable", "stable", "tip"];

/// Judges the text of a request.
pub(super) fn judge(text: &str, locked: GoVersion) -> DriftKind {
    let text = text.trim();
    if WORDS.contains(&text) {
        return DriftKind::Floats;
    }
    match Request::parse(text) {
        Ok(request) if request.as_link().is_some() => DriftKind::Unknown,
        Ok(request) if request.as_exact() == Some(locked) => DriftKind::Same,
        Ok(request) if request.accepts(locked) => DriftKind::Floats,
        Ok(_) => DriftKind::Other,
        Err(_) => DriftKind::Unknown,
    }
}

/// Returns the release that a name or a path has in it: `go1.27.1` of `/opt/go1.27.1/bin/go`, `1.27` of
/// `go-1.27`.
pub(super) fn release_in(text: &str) -> Option<&str> {
    let is_end = |c: char| !c.is_ascii_alphanumeric() && c != '.';
    let words = text.split(is_end);
    let mut words = words.map(|word| word.strip_prefix("golang").unwrap_or(word));
    words.find(|word| {
        word.trim_start_matches("go").starts_with("1.")
            && Request::parse(word).is_ok_and(|request| request.as_link().is_none())
    })
}

/// Returns the number of a release, spelled like what it takes the place of.
pub(super) fn like(old: &str, number: &str) -> String {
    let prefix = ["go", "v"].into_iter().find(|prefix| {
        old.strip_prefix(prefix).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    });
    format!("{}{number}", prefix.unwrap_or_default())
}

/// A request, where it stands, and how to say so.
pub(super) struct VersionRef<'a> {
    /// The file.
    pub(super) path: &'a Path,
    /// Counted from 1.
    pub(super) line: u32,
    /// The text.
    pub(super) value: &'a str,
    /// What asks: `` `FROM golang:1.22` ``.
    pub(super) what: String,
    /// Who follows it.
    pub(super) who: &'a str,
    /// Whether `--fix` may write the locked release in its place.
    pub(super) edit: Option<Edit>,
}

impl VersionRef<'_> {
    /// Returns what there is to say, if there is something.
    pub(super) fn judged(self, facts: &Facts) -> Option<Finding> {
        let (locked, number) = (facts.version(), facts.number());
        let (lock, value) = (facts.lock_name(), untrusted(self.value));
        let place = Place::Line(self.path.into(), self.line);
        let mend = format!("write `{number}`");
        if facts.is_linked() && self.value == facts.lock.request {
            return None;
        }
        let (severity, what, why) = match judge(self.value, locked) {
            DriftKind::Same => return None,
            DriftKind::Other => (
                Severity::Error,
                format!("{} asks for another Go than {locked}", self.what),
                format!("{} gets `{value}`, and `{lock}` has {locked}", self.who),
            ),
            DriftKind::Floats => (
                Severity::Note,
                format!("{} leaves open which release it is", self.what),
                format!(
                    "`{value}` is {locked} for some and another release for others; {} takes what is newest on its day",
                    self.who
                ),
            ),
            DriftKind::Unknown => (
                Severity::Warning,
                format!("{} is no version of Go that can be compared with {locked}", self.what),
                format!(
                    "`{value}` is neither a version nor a range; {} decides what it means",
                    self.who
                ),
            ),
        };
        let finding = Finding::new(severity, place, what, why, mend);
        Some(match self.edit {
            // What is linked has a name and no number; `stable` or a range is a decision.
            Some(edit) if !facts.is_linked() && severity == Severity::Error => {
                finding.with_edit(edit)
            }
            _ => finding,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_against_a_release() {
        let cases = [
            ("1.27.1", DriftKind::Same),
            ("go1.27.1", DriftKind::Same),
            (" v1.27.1 ", DriftKind::Same),
            ("1.27", DriftKind::Floats),
            ("1.27.x", DriftKind::Floats),
            ("1", DriftKind::Floats),
            ("^1.26", DriftKind::Floats),
            (">=1.26", DriftKind::Floats),
            ("stable", DriftKind::Floats),
            ("tip", DriftKind::Floats),
            ("1.27.2", DriftKind::Other),
            ("1.26", DriftKind::Other),
            ("1.26.x", DriftKind::Other),
            ("~1.26", DriftKind::Other),
            ("1.28rc1", DriftKind::Other),
            ("alpine", DriftKind::Unknown),
            ("", DriftKind::Unknown),
            ("${X}", DriftKind::Unknown),
        ];
        let locked = GoVersion::parse("1.27.1").unwrap();
        for (text, want) in cases {
            assert_eq!(judge(text, locked), want, "{text}");
        }
    }
}
