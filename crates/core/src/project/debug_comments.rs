//! `//go:debug` comments in the main packages and tests of a module.
//!
//! Go takes them from the lines above the `package` clause. What go does not build either is passed
//! over: `vendor`, `testdata`, other modules, and directories whose names begin with `.` or `_`. Which
//! files a build takes (tags, GOOS) is not asked: a comment is told with its file.

use crate::fs;
use crate::io::file;
use crate::project::go_mod::Entry;
use std::path::{Path, PathBuf};

/// More entries than this are not looked at.
const MAX_ENTRIES: usize = 50_000;

/// Longer files are passed over.
const MAX_SIZE: u64 = 1 << 20;

/// Deeper directories are passed over.
const MAX_DEPTH: usize = 64;

/// Returns the comments below a directory, sorted by file, and whether there was too much to look at
/// all of it. What cannot be read has none.
pub(super) fn below(root: &Path) -> (Vec<DebugLine>, bool) {
    let mut found = Vec::new();
    let (mut seen, mut is_cut) = (0, false);
    let mut todo = vec![(root.to_owned(), 0)];
    while let Some((directory, depth)) = todo.pop() {
        let Ok(entries) = fs::read_dir_up_to(&directory, MAX_ENTRIES.saturating_sub(seen)) else {
            continue;
        };
        let mut files = Vec::new();
        for entry in entries {
            seen += 1;
            let path = entry.path();
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_file() && is_go(&path) {
                files.push(path);
            } else if kind.is_dir() && is_built(&path) {
                if depth < MAX_DEPTH { todo.push((path, depth + 1)) } else { is_cut = true }
            }
        }
        for path in files {
            found.extend(comments_of(&path));
        }
    }
    found.sort_by(|a, b| (&a.path, a.line).cmp(&(&b.path, b.line)));
    (found, is_cut || seen >= MAX_ENTRIES)
}

fn is_go(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "go")
}

/// Returns true for a directory whose packages are the module's.
fn is_built(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let is_apart = name.starts_with(['.', '_']) || name == "vendor" || name == "testdata";
    !is_apart && !path.join("go.mod").exists()
}

fn comments_of(path: &Path) -> Vec<DebugLine> {
    let Ok(Some(bytes)) = file::read(path, MAX_SIZE) else { return Vec::new() };
    let text = String::from_utf8_lossy(&bytes);
    let (comments, package) = above_package(&text);
    let is_test = path.to_string_lossy().ends_with("_test.go");
    if package.is_none_or(|name| name != "main" && !is_test) {
        return Vec::new();
    }
    comments.into_iter().map(|entry| comment(entry, path)).collect()
}

/// Returns the `//go:debug` comments of a Go source, which stand above its `package` clause, each with what
/// follows, and the name of the package, if the text goes so far.
pub(crate) fn above_package(text: &str) -> (Vec<Entry>, Option<&str>) {
    let mut found = Vec::new();
    for (number, text) in (1..).zip(text.lines()) {
        if let Some(package) = text.strip_prefix("package ") {
            return (found, Some(package.split("//").next().unwrap_or_default().trim()));
        }
        // `//go:debugger` is another comment.
        let setting = text.strip_prefix("//go:debug");
        let setting = setting.filter(|rest| rest.is_empty() || rest.starts_with([' ', '\t']));
        found.extend(setting.map(|rest| Entry { value: rest.trim().to_owned(), line: number }));
    }
    (found, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_count_above_the_package() {
        let above =
            "// a\n//go:debug a=1\n//go:debugger b\n//go:debug\tc=2\n //go:debug d=3\n//go:debug\n";
        let text = format!("{above}package main // why\n//go:debug e=5\n");
        let (found, package) = above_package(&text);
        let found: Vec<_> = found.iter().map(|entry| (entry.line, entry.value.as_str())).collect();
        assert_eq!((found, package), (vec![(2, "a=1"), (4, "c=2"), (6, "")], Some("main")));
        let (found, package) = above_package(above);
        assert_eq!((found.len(), package), (3, None));
    }
}

/// A setting, and where it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DebugLine {
    /// What is written: `key=value`, if it is right.
    pub setting: String,
    /// The file.
    pub path: PathBuf,
    /// Counted from 1.
    pub line: u32,
}

impl DebugLine {
    pub(crate) fn new(entry: Entry, path: &Path) -> Self {
        Self { setting: entry.value, path: path.into(), line: entry.line }
    }

    /// Returns true for one of a test, which acts on that test alone.
    pub fn is_of_test(&self) -> bool {
        self.path.as_os_str().to_string_lossy().ends_with("_test.go")
    }
}

/// Makes one of a comment.
pub(super) fn comment(entry: Entry, path: &Path) -> DebugLine {
    DebugLine::new(entry, path)
}
