//! A finding of a check: what, where, why, and how to put it right.

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
    /// A file or directory.
    Path(PathBuf),
    /// A variable of the caller's environment.
    Variable(String),
    /// The machine as a whole.
    Machine,
}

impl Place {
    /// Returns the place for people: paths below `root` without it.
    pub fn shown(&self, root: &Path) -> String {
        let below = |path: &Path| path.strip_prefix(root).unwrap_or(path).display().to_string();
        match self {
            Self::Line(path, line) => format!("{}:{line}", below(path)),
            Self::Path(path) => below(path),
            Self::Variable(name) => format!("environment: {name}"),
            Self::Machine => "machine".to_owned(),
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
    pub message: String,
    /// Why that is so: what Go does, since when, and where that is written. Empty where the message
    /// says it all.
    pub why: String,
    /// What to do; empty where there is nothing to do.
    pub fix: String,
    /// What goward can do about it.
    pub remedy: Option<Remedy>,
}

impl Finding {
    /// Makes a finding that takes a person.
    pub fn new(
        severity: Severity,
        place: Place,
        message: impl Into<String>,
        why: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        let (message, why, fix) = (message.into(), why.into(), fix.into());
        Self { severity, place, message, why, fix, remedy: None }
    }

    /// Makes one without an explanation.
    pub fn plain(severity: Severity, place: Place, message: impl Into<String>) -> Self {
        Self::new(severity, place, message, "", "")
    }

    /// Says what to do.
    #[must_use]
    pub fn fix(self, fix: impl Into<String>) -> Self {
        Self { fix: fix.into(), ..self }
    }

    /// Adds what goward can do about it.
    #[must_use]
    pub fn with(self, remedy: Remedy) -> Self {
        Self { remedy: Some(remedy), ..self }
    }

    /// Adds the change to a file that puts it right.
    #[must_use]
    pub fn with_edit(self, edit: Edit) -> Self {
        self.with(Remedy::Edit(edit))
    }
}

/// What puts something right without a decision, and without taking anything from anybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// A change to a file of the project.
    Edit(Edit),
    /// Work on the store.
    Repair(Repair),
}

/// What can be put right in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Repair {
    /// Recovery, which every command that changes the store begins with.
    Recover,
    /// Remove what nobody needs.
    Leftovers,
    /// Remove a receipt of nothing.
    Receipt(PathBuf),
    /// Put the shims in place.
    Shims,
    /// Put in order what goward added to a toolchain: its key.
    Toolchain(String),
    /// Take away the right of others to write.
    Close(PathBuf),
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
