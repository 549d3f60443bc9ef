//! Findings that are on purpose: by `[check] ignore` of the manifest, or by a comment
//! `# goward: ignore` on the line or the one above.

use crate::checks::finding::{Finding, Place};
use crate::io::file;
use crate::project::manifest::Ignore;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What a comment says.
const COMMENT: &str = "goward: ignore";

/// Longest file in which comments are looked for, in bytes.
const MAX_SIZE: u64 = 1 << 20;

/// Decides which findings are on purpose.
pub(super) struct Ignores<'a> {
    root: &'a Path,
    rules: &'a [Ignore],
    /// The files with findings, as lines.
    files: BTreeMap<PathBuf, Vec<String>>,
}

impl<'a> Ignores<'a> {
    pub(super) fn new(root: &'a Path, rules: &'a [Ignore]) -> Self {
        Self { root, rules, files: BTreeMap::new() }
    }

    /// Returns true when a finding of `check` is on purpose.
    pub(super) fn covers(&mut self, check: &str, finding: &Finding) -> bool {
        let (path, line) = match &finding.place {
            Place::Line(path, line) => (Some(path), Some(*line)),
            Place::Path(path) => (Some(path), None),
            Place::Variable(_) | Place::Machine => (None, None),
        };
        let below = path.and_then(|path| path.strip_prefix(self.root).ok());
        let by_rule = self.rules.iter().any(|rule| {
            rule.check.as_ref().is_none_or(|wanted| wanted == check)
                && rule.path.as_ref().is_none_or(|glob| below.is_some_and(|path| fits(glob, path)))
        });
        by_rule
            || below.is_some()
                && path.zip(line).is_some_and(|(path, line)| self.has_comment(path, line, check))
    }

    fn has_comment(&mut self, path: &Path, line: u32, check: &str) -> bool {
        let lines = self.files.entry(path.into()).or_insert_with(|| {
            let bytes = file::read(path, MAX_SIZE).ok().flatten().unwrap_or_default();
            String::from_utf8_lossy(&bytes).lines().map(str::to_owned).collect()
        });
        let at = usize::try_from(line).unwrap_or(0);
        let text = |number: usize| lines.get(number.checked_sub(1)?).map(String::as_str);
        let on_line = text(at).is_some_and(|text| ignores(text, check));
        let above = at.checked_sub(1).and_then(text).is_some_and(|text| {
            // A comment behind something belongs to that.
            text.trim_start().starts_with(['#', '/']) && ignores(text, check)
        });
        on_line || above
    }
}

/// Returns true for a line with the comment, for every check or for this one:
/// `# goward: ignore`, `# goward: ignore dockerfile, support`.
fn ignores(line: &str, check: &str) -> bool {
    let Some(at) = line.find(COMMENT) else { return false };
    let (before, after) = (line[..at].trim_end(), &line[at + COMMENT.len()..]);
    if !before.ends_with('#') && !before.ends_with("//") {
        return false;
    }
    let mut words = after.split([' ', ',', '\t', '\r']).filter(|word| !word.is_empty()).peekable();
    // What else is said there is for people: `# goward: ignore: the oldest that we support`.
    after.starts_with(':') || words.peek().is_none() || words.any(|word| word == check)
}

/// Returns true when a path is meant by a pattern, or is below what is meant.
fn fits(glob: &str, path: &Path) -> bool {
    let path = path.to_string_lossy();
    let parts: Vec<&str> = path.split('/').collect();
    let globs: Vec<&str> =
        glob.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    (1..=parts.len()).any(|length| fits_parts(&globs, &parts[..length]))
}

fn fits_parts(globs: &[&str], parts: &[&str]) -> bool {
    match (globs.split_first(), parts.split_first()) {
        (None, None) => true,
        (Some((&"**", rest)), _) => {
            fits_parts(rest, parts)
                || parts.split_first().is_some_and(|(_, below)| fits_parts(globs, below))
        }
        (Some((glob, globs)), Some((part, parts))) => {
            fits_name(glob, part) && fits_parts(globs, parts)
        }
        _ => false,
    }
}

/// `*` is any part of a name.
fn fits_name(glob: &str, name: &str) -> bool {
    let Some((start, rest)) = glob.split_once('*') else { return glob == name };
    let Some(name) = name.strip_prefix(start) else { return false };
    (0..=name.len()).filter(|at| name.is_char_boundary(*at)).any(|at| fits_name(rest, &name[at..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_of_paths() {
        let cases = [
            ("hack", "hack/a/Dockerfile", true),
            ("hack/**", "hack/a/Dockerfile", true),
            ("hack/*", "hack/a/Dockerfile", true),
            ("**/Dockerfile", "hack/a/Dockerfile", true),
            ("**/Dockerfile", "Dockerfile", true),
            ("*.Dockerfile", "lint.Dockerfile", true),
            ("*.Dockerfile", "hack/lint.Dockerfile", false),
            ("**/*.Docker*", "hack/lint.Dockerfile", true),
            (".github/workflows/canary.yml", ".github/workflows/canary.yml", true),
            (".github/workflows/canary.yml", ".github/workflows/canary.yml2", false),
            ("./a", "a", true),
            ("a*b*c", "aXbYc", true),
            ("a*b*c", "aXbY", false),
            ("ä*", "äö", true),
        ];
        for (glob, path, want) in cases {
            assert_eq!(fits(glob, Path::new(path)), want, "{glob} {path}");
        }
    }

    #[test]
    fn comments() {
        let cases = [
            ("FROM golang:1.25 # goward: ignore", true),
            ("go 1.25 // goward: ignore", true),
            ("x # goward: ignore dockerfile", true),
            ("x # goward: ignore support, dockerfile", true),
            ("x # goward: ignore: the oldest that we support", true),
            ("x # goward: ignore support", false),
            ("x goward: ignore", false),
            ("x # goward: ignored", false),
            ("x", false),
        ];
        for (line, want) in cases {
            assert_eq!(ignores(line, "dockerfile"), want, "{line}");
        }
    }
}
