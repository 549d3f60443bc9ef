//! The tools that files of a project name, each with its line: for `goward tools import`, and for the check
//! that holds them against the lock.

mod entry;
mod managers;
mod modules;

use super::files::{self, Files};
use crate::checks::finding::Finding;
pub use entry::{NamedTool, ToolEntry};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// Reads every file of the project at `root` that names tools: Go's own first, then those of other
/// managers. What cannot be read becomes a finding.
pub fn tool_entries(files: &Files, root: &Path, findings: &mut Vec<Finding>) -> Vec<ToolEntry> {
    let mut entries = Vec::new();
    for path in files.modules.iter().filter(|path| path.ends_with("go.mod")) {
        if let Some(text) = files::text(path, findings) {
            entries.extend(modules::of_module(path, &text, path.parent() == Some(root)));
        }
    }
    for path in files.go.iter().filter(|path| is_about_tools(path, root)) {
        let module = || files::text(governing_module(files, path)?, &mut Vec::new());
        entries.extend(modules::of_source(path, &files::head(path), module));
    }
    for path in files.tools.iter().chain(&files.versions) {
        if let Some(text) = files::text(path, findings) {
            entries.extend(of_manager(path, &text));
        }
    }
    entries
}

/// `tools.go`, `internal/tools/tools.go`, `hack/tools/imports.go`: not every source is opened for this.
fn is_about_tools(path: &Path, root: &Path) -> bool {
    let below = path.strip_prefix(root).unwrap_or(path);
    below.to_string_lossy().contains("tools")
}

/// Returns the nearest `go.mod` at or above a file.
fn governing_module<'f>(files: &'f Files, path: &Path) -> Option<&'f Path> {
    path.ancestors().skip(1).find_map(|directory| {
        let module = directory.join("go.mod");
        files.modules.iter().find(|file| **file == module).map(PathBuf::as_path)
    })
}

fn of_manager(path: &Path, text: &str) -> Vec<ToolEntry> {
    let text_of =
        |part: Option<&OsStr>| part.and_then(OsStr::to_str).unwrap_or_default().to_owned();
    let (name, extension) = (text_of(path.file_name()), text_of(path.extension()));
    match name.as_str() {
        ".go-version" => Vec::new(),
        ".tool-versions" => managers::of_tool_versions(path, text),
        ".golangci-lint-version" => managers::of_version_file(path, text).into_iter().collect(),
        _ if extension == "mod" => modules::of_bingo(path, text).into_iter().collect(),
        _ if extension == "toml" => managers::of_mise(path, text),
        _ => managers::of_aqua(path, text),
    }
}
