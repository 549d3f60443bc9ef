//! What a check has to say: what, where, why, and how to mend it.

use std::fmt::{self, Display};
use std::path::{Path, PathBuf};

/// How bad a finding is; variants in that order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Good to know; it counts only with `--strict`.
    Note,
    /// It works, and does something else than people expect of it.
    Warning,
    /// It is refused, ignored without a word, or contradicts the lock.
    Error,
}

impl Severity {
    /// Every severity, the worst first.
    pub const ALL: [Self; 3] = [Self::Error, Self::Warning, Self::Note];

    /// Returns its name, which is also that of SARIF.
    pub fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// Where something is wrong.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// A line of a file, counted from 1; the path is absolute.
    Line(PathBuf, u32),
    /// A variable of the caller's environment.
    Variable(String),
}

impl Place {
    /// Returns the place for people: paths below `root` without it.
    pub fn shown(&self, root: &Path) -> String {
        match self {
            Self::Line(path, line) => {
                let path = path.strip_prefix(root).unwrap_or(path);
                format!("{}:{line}", path.display())
            }
            Self::Variable(name) => format!("environment: {name}"),
        }
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// Where it is.
    pub place: Place,
    /// What is wrong, on one line.
    pub what: String,
    /// Why that is so: what Go does, since when, and where that is written.
    pub why: String,
    /// What to do.
    pub mend: String,
    /// The change that mends it, where that is mechanical.
    pub edit: Option<Edit>,
}

impl Finding {
    /// Makes a finding of `severity` without an edit.
    pub fn new(
        severity: Severity,
        place: Place,
        what: impl Into<String>,
        why: impl Into<String>,
        mend: impl Into<String>,
    ) -> Self {
        let (what, why, mend) = (what.into(), why.into(), mend.into());
        Self { severity, place, what, why, mend, edit: None }
    }

    /// Adds the change that mends it.
    #[must_use]
    pub fn with_edit(mut self, edit: Edit) -> Self {
        self.edit = Some(edit);
        self
    }
}

/// A text on a line that another takes the place of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edit {
    /// The file; absolute.
    pub path: PathBuf,
    /// Counted from 1.
    pub line: u32,
    /// Where on the line to begin to look for `old`, in bytes.
    pub from: usize,
    /// What stands there; the first such text counts.
    pub old: String,
    /// What is to stand there.
    pub new: String,
}

impl Edit {
    /// Makes an edit of the first `old` on a line.
    pub fn first(path: &Path, line: u32, old: &str, new: impl Into<String>) -> Self {
        Self { path: path.into(), line, from: 0, old: old.to_owned(), new: new.into() }
    }

    /// Returns the line with the change; `None` when it does not have what is to be changed.
    pub fn applied(&self, line: &str) -> Option<String> {
        let at = line.get(self.from..)?.find(&self.old)? + self.from;
        Some(format!("{}{}{}", &line[..at], self.new, &line[at + self.old.len()..]))
    }
}

impl Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_changes_one_text_of_its_line() {
        let edit =
            |from, old: &str, new: &str| Edit { from, ..Edit::first(Path::new("/f"), 1, old, new) };
        let line = "b 1.2 1.2\r\n";
        let cases = [
            (edit(0, "1.2", ""), Some("b  1.2\r\n")),
            (edit(3, "1.2", "x"), Some("b 1.2 x\r\n")),
            (edit(0, "1.3", "x"), None),
            (edit(99, "1.2", "x"), None),
        ];
        for (edit, want) in cases {
            assert_eq!(edit.applied(line).as_deref(), want, "{edit:?}");
        }
        // The middle of a character is no place to begin.
        assert_eq!(edit(1, "x", "y").applied("äx"), None);
    }

    #[test]
    fn places_are_told_from_the_project() {
        let root = Path::new("/p");
        let line = |path: &str| Place::Line(path.into(), 3).shown(root);
        assert_eq!((line("/p/a/b"), line("/q/b")), ("a/b:3".to_owned(), "/q/b:3".to_owned()));
        assert_eq!(Place::Variable("GOOS".to_owned()).shown(root), "environment: GOOS");
    }
}
