//! `//go:debug` comments in the main packages and tests of a module.
//!
//! Go takes them from the lines above the `package` clause. What go does not build either is passed
//! over: `vendor`, `testdata`, other modules, and directories whose names begin with `.` or `_`. Which
//! files a build takes (tags, GOOS) is not asked: a comment is told with its file.

use super::debug_lines::{DebugLine, line};
use super::file;
use std::path::Path;

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
        let Ok(entries) = fs_err::read_dir(&directory) else { continue };
        let entries = entries.filter_map(Result::ok).take(MAX_ENTRIES.saturating_sub(seen));
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
    let mut found = Vec::new();
    for (number, text) in (1..).zip(text.lines()) {
        if let Some(package) = text.strip_prefix("package ") {
            let name = package.split("//").next().unwrap_or_default().trim();
            let is_test = path.to_string_lossy().ends_with("_test.go");
            return if name == "main" || is_test { found } else { Vec::new() };
        }
        let setting = text.strip_prefix("//go:debug").filter(|rest| rest.starts_with([' ', '\t']));
        found.extend(setting.and_then(|setting| line(setting.trim(), path, number)));
    }
    Vec::new()
}
