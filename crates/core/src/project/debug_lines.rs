//! Reader of a module's GODEBUG settings: the `go` line, `godebug` lines, and `//go:debug`
//! comments.
//!
//! From these go makes the defaults of a program when it builds it (`cmd/go/internal/load`,
//! `defaultGODEBUG`): the `go` line chooses the release whose defaults count, lines of `go.mod`, or of
//! `go.work` in a workspace, come on top, and comments of the main package on top of these. Whether a
//! release takes what is written there is the business of [`crate::settings`].

use crate::error::Result;
use crate::io::file;
use crate::project::debug_comments;
use crate::project::debug_comments::DebugLine;
use crate::project::go_mod::{parse_debug_lines, parse_go_lines, parse_use_lines};
use crate::project::wanted::find_module_file;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// As for every other file that says something of Go.
const MAX_SIZE: u64 = 1 << 20;

/// The languages of a module and of a workspace without a `go` line (`cmd/go/internal/gover`).
const MODULE: &str = "1.16";

const WORKSPACE: &str = "1.18";

/// The release whose defaults programs get where modules are off, from a minor version of Go on
/// (`cmd/go/internal/load`); before, they get those of [`MODULE`].
const WITHOUT_MODULES: (u32, &str) = (27, "1.20");

/// Which file governs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// None.
    #[default]
    Outside,
    /// A `go.mod`.
    Module,
    /// A `go.work`.
    Workspace,
    /// None, because modules are off: `GO111MODULE=off`.
    Off,
}

impl Mode {
    /// Returns its name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Outside => "outside",
            Self::Module => "module",
            Self::Workspace => "workspace",
            Self::Off => "off",
        }
    }
}

/// What a module, or a workspace, says of GODEBUG.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModuleDebug {
    /// Which file that is.
    pub mode: Mode,
    /// Its path; `None` outside of modules.
    pub file: Option<PathBuf>,
    /// The value of its `go` line.
    pub go: Option<String>,
    /// Its `godebug` lines.
    pub lines: Vec<DebugLine>,
    /// Those of the modules of a workspace, which Go passes over.
    pub passed_over: Vec<DebugLine>,
    /// The comments of the main packages and tests below it.
    pub comments: Vec<DebugLine>,
    /// Whether there was too much to look at every file.
    pub is_cut: bool,
}

impl ModuleDebug {
    /// Reads what governs `cwd`; `gowork` and `go111module` are the values of these variables.
    pub fn read(cwd: &Path, gowork: Option<&OsStr>, go111module: Option<&OsStr>) -> Result<Self> {
        let is_off = go111module == Some(OsStr::new("off"));
        let found = if is_off { None } else { find_module_file(cwd, gowork)? };
        let Some(path) = found else {
            let is_auto = go111module == Some(OsStr::new("auto"));
            if !is_off && !is_auto {
                return Ok(Self::default());
            }
            let (comments, is_cut) = debug_comments::below(cwd);
            return Ok(Self { mode: Mode::Off, comments, is_cut, ..Self::default() });
        };
        let text = text_of(&path)?;
        let root = path.parent().unwrap_or(cwd);
        let is_workspace = path.extension().is_some_and(|extension| extension == "work");
        let mut passed_over = Vec::new();
        if is_workspace {
            for entry in parse_use_lines(&text) {
                // Without the `.` of `use .` in the middle.
                let path: PathBuf = root.join(&entry.value).join("go.mod").components().collect();
                let text = text_of(&path).unwrap_or_default();
                passed_over.extend(lines_of(&text, &path));
            }
        }
        let (comments, is_cut) = debug_comments::below(root);
        Ok(Self {
            mode: if is_workspace { Mode::Workspace } else { Mode::Module },
            go: parse_go_lines(&text).go.map(|entry| entry.value),
            lines: lines_of(&text, &path),
            passed_over,
            comments,
            is_cut,
            file: Some(path),
        })
    }

    /// Returns the minor version whose defaults programs get that a release of the line 1.`builder` builds:
    /// that of `chosen`, the value of a `default=` that the release takes, else that of the `go` line. `None` is
    /// for the newest defaults.
    pub fn default_minor(&self, builder: u32, chosen: Option<&str>) -> Option<u32> {
        let line = match self.mode {
            Mode::Outside => None,
            Mode::Module => Some(self.go.as_deref().unwrap_or(MODULE)),
            Mode::Workspace => Some(self.go.as_deref().unwrap_or(WORKSPACE)),
            Mode::Off if builder < WITHOUT_MODULES.0 => Some(MODULE),
            Mode::Off => Some(WITHOUT_MODULES.1),
        };
        minor(chosen.map(|version| version.trim_start_matches("go")).or(line)?)
    }
}

fn text_of(path: &Path) -> Result<String> {
    let bytes = file::read(path, MAX_SIZE)?.unwrap_or_default();
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn lines_of(text: &str, path: &Path) -> Vec<DebugLine> {
    parse_debug_lines(text).into_iter().map(|entry| DebugLine::new(entry, path)).collect()
}

/// Reads `1.27` or `1.27.1` as Go does here (`godebugForGoVersion`): a candidate of a line, `1.27rc1`, asks for
/// no older defaults.
fn minor(version: &str) -> Option<u32> {
    let rest = version.strip_prefix("1.")?;
    rest.split('.').next()?.parse().ok()
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
        let found = ModuleDebug::read(&dir.path().join("lib"), None, None).unwrap();
        let shown = |lines: &[DebugLine]| {
            let one = |l: &DebugLine| {
                let path = l.path.strip_prefix(dir.path()).unwrap().display();
                format!("{} {path}:{}", l.setting, l.line).replace('\\', "/")
            };
            lines.iter().map(one).collect::<Vec<_>>()
        };
        assert_eq!(shown(&found.lines), ["panicnil=1 go.mod:6", "default=go1.22 go.mod:7"]);
        assert_eq!(
            shown(&found.comments),
            ["netdns=go cmd/a/main.go:3", "x=1 cmd/a/main.go:4", "t=1 lib/lib_test.go:1"]
        );
        assert_eq!(found.default_minor(27, None), Some(21));
        assert_eq!(found.default_minor(27, Some("go1.22")), Some(22));
        assert!(!found.is_cut && found.comments[2].is_of_test() && !found.comments[1].is_of_test());

        write("go.work", "go 1.24\n\ngodebug netdns=cgo\n\nuse (\n\t.\n\t./nested\n)\n");
        let found = ModuleDebug::read(dir.path(), None, None).unwrap();
        assert_eq!(shown(&found.lines), ["netdns=cgo go.work:3"]);
        let passed_over = shown(&found.passed_over);
        assert_eq!(passed_over, ["panicnil=1 go.mod:6", "default=go1.22 go.mod:7"]);
        assert_eq!((found.mode, found.default_minor(27, None)), (Mode::Workspace, Some(24)));
        let found = ModuleDebug::read(dir.path(), Some(OsStr::new("off")), None).unwrap();
        assert_eq!((found.mode, found.lines.len()), (Mode::Module, 2));
        let off = ModuleDebug::read(dir.path(), None, Some(OsStr::new("off"))).unwrap();
        assert_eq!(
            (off.mode, off.lines.len(), off.default_minor(27, None)),
            (Mode::Off, 0, Some(20))
        );
        assert_eq!((off.default_minor(26, None), off.comments), (Some(16), found.comments));
    }

    #[test]
    fn go_lines_and_what_is_none() {
        let cases =
            [("1.27", Some(27)), ("1.21.3", Some(21)), ("1.28rc1", None), ("2", None), ("", None)];
        for (text, want) in cases {
            assert_eq!(minor(text), want, "{text}");
        }
        let empty = ModuleDebug::default();
        assert_eq!(empty.default_minor(27, None), None);
    }
}
