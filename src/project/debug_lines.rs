//! What a module says of GODEBUG: the `go` line, `godebug` lines, and `//go:debug` comments.
//!
//! From these go makes the defaults of a program when it builds it (`cmd/go/internal/load`,
//! `defaultGODEBUG`): the `go` line chooses the release whose defaults count, lines of `go.mod`, or of
//! `go.work` in a workspace, come on top, and comments of the main package on top of these.

use super::debug_comments;
use super::file;
use super::go_mod::{parse_debug_lines, parse_go_lines};
use super::wanted::find_module_file;
use crate::error::Result;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// The first minor version of Go that reads `//go:debug` comments.
pub const FIRST_WITH_COMMENTS: u32 = 21;
/// The first minor version of Go that reads `godebug` lines and `default=` (go.dev/doc/godebug).
pub const FIRST_WITH_LINES: u32 = 23;

/// As for every other file that says something of Go.
const MAX_SIZE: u64 = 1 << 20;

/// The language of a module without a `go` line (`cmd/go/internal/modload`).
const WITHOUT_LINE: u32 = 16;

/// A setting, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DebugLine {
    /// The key; `default` chooses a release.
    pub key: String,
    /// The value.
    pub value: String,
    /// The file.
    pub path: PathBuf,
    /// Counted from 1.
    pub line: u32,
}

/// What a module, or a workspace, says of GODEBUG.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModuleDebug {
    /// The file that decides; `None` outside of modules.
    pub file: Option<PathBuf>,
    /// The value of its `go` line.
    pub go: Option<String>,
    /// Its `godebug` lines.
    pub lines: Vec<DebugLine>,
    /// The comments of the main packages below it.
    pub comments: Vec<DebugLine>,
    /// Whether there was too much to look at every file.
    pub is_cut: bool,
}

impl ModuleDebug {
    /// Reads what governs `cwd`; `gowork` is the value of `GOWORK`.
    ///
    /// # Errors
    ///
    /// When `GOWORK` is wrong, or a file cannot be read.
    pub fn read(cwd: &Path, gowork: Option<&OsStr>) -> Result<Self> {
        let Some(path) = find_module_file(cwd, gowork)? else { return Ok(Self::default()) };
        let bytes = file::read(&path, MAX_SIZE)?.unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        let entries = parse_debug_lines(&text).into_iter();
        let lines = entries.filter_map(|entry| line(&entry.value, &path, entry.line)).collect();
        let root = path.parent().unwrap_or(cwd);
        let (comments, is_cut) = debug_comments::below(root);
        let go = parse_go_lines(&text).go.map(|entry| entry.value);
        Ok(Self { go, lines, comments, is_cut, file: Some(path) })
    }

    /// Returns the minor version of the `go` line; a file without one is older than these lines.
    pub fn minor(&self) -> Option<u32> {
        self.file.as_ref()?;
        self.go.as_deref().map_or(Some(WITHOUT_LINE), minor)
    }

    /// Returns the minor version whose defaults programs get: that of the last `default` among the
    /// `godebug` lines, else that of the `go` line.
    pub fn default_minor(&self) -> Option<u32> {
        let chosen = self.lines.iter().rev().find(|line| line.key == "default");
        chosen.map_or_else(|| self.minor(), |line| minor(line.value.trim_start_matches("go")))
    }
}

/// Reads `1.27`, `1.27.1` or `1.27rc1`.
fn minor(version: &str) -> Option<u32> {
    let rest = version.strip_prefix("1.")?;
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest[..end].parse().ok()
}

/// Reads `key=value`.
pub(super) fn line(setting: &str, path: &Path, line: u32) -> Option<DebugLine> {
    let (key, value) = setting.split_once('=')?;
    Some(DebugLine { key: key.to_owned(), value: value.to_owned(), path: path.into(), line })
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    #[test]
    fn a_module_and_its_main_packages() {
        let dir = TempDir::new().unwrap();
        let write = |name: &str, text: &str| {
            let path = dir.path().join(name);
            fs_err::create_dir_all(path.parent().unwrap()).unwrap();
            fs_err::write(path, text).unwrap();
        };
        write("go.mod", "module m\n\ngo 1.21.3\n\ngodebug (\n\tpanicnil=1\n\tdefault=go1.22\n)\n");
        write(
            "cmd/a/main.go",
            "// A program.\n\n//go:debug netdns=go\n//go:debug\tx=1\npackage main\n\n//go:debug y=1\n",
        );
        write("lib/lib.go", "//go:debug z=1\npackage lib\n");
        write("lib/lib_test.go", "//go:debug t=1\npackage lib_test\n");
        write("vendor/v/main.go", "//go:debug v=1\npackage main\n");
        write("nested/go.mod", "module n\n");
        write("nested/main.go", "//go:debug n=1\npackage main\n");
        write("testdata/main.go", "//go:debug d=1\npackage main\n");
        write(".hidden/main.go", "//go:debug h=1\npackage main\n");
        let found = ModuleDebug::read(&dir.path().join("lib"), None).unwrap();
        let shown = |lines: &[DebugLine]| {
            let one = |l: &DebugLine| {
                let path = l.path.strip_prefix(dir.path()).unwrap().display();
                format!("{}={} {path}:{}", l.key, l.value, l.line)
            };
            lines.iter().map(one).collect::<Vec<_>>()
        };
        assert_eq!(shown(&found.lines), ["panicnil=1 go.mod:6", "default=go1.22 go.mod:7"]);
        assert_eq!(
            shown(&found.comments),
            ["netdns=go cmd/a/main.go:3", "x=1 cmd/a/main.go:4", "t=1 lib/lib_test.go:1"]
        );
        assert_eq!((found.minor(), found.default_minor()), (Some(21), Some(22)));
        assert!(!found.is_cut);

        write("go.work", "go 1.24\n\ngodebug netdns=cgo\n\nuse .\n");
        let found = ModuleDebug::read(dir.path(), None).unwrap();
        assert_eq!(shown(&found.lines), ["netdns=cgo go.work:3"]);
        assert_eq!(found.default_minor(), Some(24));
        let found = ModuleDebug::read(dir.path(), Some(OsStr::new("off"))).unwrap();
        assert_eq!(found.lines.len(), 2);
    }

    #[test]
    fn go_lines_and_what_is_none() {
        let cases = [
            ("1.27", Some(27)),
            ("1.21.3", Some(21)),
            ("1.28rc1", Some(28)),
            ("2", None),
            ("", None),
        ];
        for (text, want) in cases {
            assert_eq!(minor(text), want, "{text}");
        }
        let empty = ModuleDebug::default();
        assert_eq!((empty.minor(), empty.default_minor()), (None, None));
    }
}
