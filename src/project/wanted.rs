//! Where a request comes from when a project has no manifest.
//!
//! The nearest directory, walking up, that has a file with a Go version decides. Within it the
//! order is `go.work` or `go.mod`, `.go-version`, `.tool-versions`, `mise.toml`. Which of `go.work`
//! and `go.mod` counts, and what their lines mean together, is Go's own rule
//! (`cmd/go/internal/toolchain/select.go`), so that goward chooses no Go that then asks for another.

use super::file::{self, place};
use super::go_mod::{Entry, parse_go_lines};
use super::version_file::{Malformed, Reader, VERSION_FILES};
use crate::error::{Error, Kind, Result, untrusted};
use crate::version::GoVersion;
use crate::version::request::Request;
use std::ffi::OsStr;
use std::fmt::{self, Display};
use std::path::{Path, PathBuf};

/// A longer file is refused, in bytes.
const MAX_SIZE: u64 = 1024 * 1024;

/// A request, and where somebody made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// What is wanted.
    pub request: Request,
    /// The file that says so.
    pub path: PathBuf,
    /// The line, counted from 1.
    pub line: u32,
}

impl Display for Wanted {
    /// Writes the origin: `path:line`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.path.display(), self.line)
    }
}

/// Returns what the files at or above `cwd`, an absolute path, ask for. `gowork` is the value of
/// `GOWORK`; a path there stands for a `go.work` in `cwd`.
///
/// # Errors
///
/// [`Kind::Usage`] for a value that is no request, and for a file that cannot be one; what is wrong
/// is never skipped in favour of a file further up.
pub fn find_wanted(cwd: &Path, gowork: Option<&OsStr>) -> Result<Option<Wanted>> {
    let workspace = Workspace::find(cwd, gowork)?;
    // Go looks no further than the nearest go.mod, also when that has no `go` line.
    let mut in_module = false;
    for directory in cwd.ancestors() {
        if !in_module && let Some(path) = module_file(directory, workspace.as_ref())? {
            in_module = true;
            if let Some(wanted) = read_module_file(&path)? {
                return Ok(Some(wanted));
            }
        }
        for (name, reader) in VERSION_FILES {
            if let Some(wanted) = read_version_file(directory.join(name), reader)? {
                return Ok(Some(wanted));
            }
        }
    }
    Ok(None)
}

/// The `go.work` that governs the modules below it.
struct Workspace {
    path: PathBuf,
    /// Where it counts.
    directory: PathBuf,
}

impl Workspace {
    fn find(cwd: &Path, gowork: Option<&OsStr>) -> Result<Option<Self>> {
        let named = gowork.filter(|value| !value.is_empty() && *value != "auto").map(Path::new);
        match named {
            Some(off) if off == Path::new("off") => Ok(None),
            Some(path) if !path.is_absolute() => Err(Error::new(
                Kind::Usage,
                format!(
                    "`GOWORK` must be `off` or an absolute path, not `{}`",
                    untrusted(path.to_string_lossy())
                ),
            )
            .hint("unset `GOWORK`, or write the whole path")),
            Some(path) if !file::is_there(path)? => Err(Error::new(
                Kind::NotFound,
                format!("`GOWORK` names `{}`, which does not exist", path.display()),
            )
            .hint("unset `GOWORK`, or create the file: `go work init`")),
            Some(path) => Ok(Some(Self { path: path.into(), directory: cwd.into() })),
            None => {
                for directory in cwd.ancestors() {
                    let path = directory.join("go.work");
                    if file::is_there(&path)? {
                        return Ok(Some(Self { path, directory: directory.into() }));
                    }
                }
                Ok(None)
            }
        }
    }
}

/// Returns the `go.work` or `go.mod` whose lines count in `cwd`, if there is one.
pub(super) fn find_module_file(cwd: &Path, gowork: Option<&OsStr>) -> Result<Option<PathBuf>> {
    let workspace = Workspace::find(cwd, gowork)?;
    for directory in cwd.ancestors() {
        if let Some(path) = module_file(directory, workspace.as_ref())? {
            return Ok(Some(path));
        }
    }
    Ok(None)
}

/// Returns the file whose lines count for a module in `directory`.
fn module_file(directory: &Path, workspace: Option<&Workspace>) -> Result<Option<PathBuf>> {
    if let Some(workspace) = workspace.filter(|workspace| workspace.directory == directory) {
        return Ok(Some(workspace.path.clone()));
    }
    let path = directory.join("go.mod");
    let found = file::is_there(&path)?;
    Ok(found.then(|| workspace.map_or(path, |workspace| workspace.path.clone())))
}

/// The `toolchain` line counts unless the `go` line is newer: then that toolchain would refuse the
/// module.
fn read_module_file(path: &Path) -> Result<Option<Wanted>> {
    let Some(bytes) = file::read(path, MAX_SIZE)? else {
        return Ok(None);
    };
    let lines = parse_go_lines(&String::from_utf8_lossy(&bytes));
    let parse = |entry: &Entry, spelled: &str, directive: &str| {
        let version = goward_shim::lock::is_version(spelled)
            .then(|| GoVersion::parse(spelled).ok())
            .flatten();
        version.ok_or_else(|| {
            let value = untrusted(&entry.value);
            let problem = format!("`{directive} {value}` does not name a Go release");
            malformed(path, entry.line, &problem)
        })
    };
    let toolchain = match &lines.toolchain {
        Some(entry) => Some((parse(entry, &entry.value, "toolchain")?, entry.line)),
        None => None,
    };
    let Some(entry) = &lines.go else {
        return Ok(toolchain.map(|(version, line)| Wanted {
            request: Request::exact(version),
            path: path.into(),
            line,
        }));
    };
    let minimum = parse(entry, &format!("go{}", entry.value), "go")?;
    let (request, line) = match toolchain.filter(|(version, _)| *version >= minimum) {
        Some((version, line)) => (Request::exact(version), line),
        // `go 1.20` names the language, as `go 1.22` does.
        None => (read_value(path, entry)?, entry.line),
    };
    Ok(Some(Wanted { request, path: path.into(), line }))
}

fn read_version_file(path: PathBuf, reader: Reader) -> Result<Option<Wanted>> {
    if !file::is_there(&path)? {
        return Ok(None);
    }
    let Some(bytes) = file::read(&path, MAX_SIZE)? else {
        return Ok(None);
    };
    let entry = reader(&String::from_utf8_lossy(&bytes))
        .map_err(|Malformed { line, problem }| malformed(&path, line, &problem))?;
    // `system` says that the tool does not choose, so neither does the file.
    match entry.filter(|entry| entry.value != "system") {
        Some(entry) => {
            Ok(Some(Wanted { request: read_value(&path, &entry)?, path, line: entry.line }))
        }
        None => Ok(None),
    }
}

fn read_value(path: &Path, entry: &Entry) -> Result<Request> {
    Request::parse(&entry.value).map_err(|error| malformed(path, entry.line, &error.to_string()))
}

fn malformed(path: &Path, line: u32, problem: &str) -> Error {
    Error::new(Kind::Usage, format!("{}: {problem}", place(path, line)))
        .hint("correct it, or choose in a `goward.toml`, which comes first: `goward use 1.27`")
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    /// Writes files below a new directory; returns it and a deep directory in it.
    fn project(files: &[(&str, &str)]) -> (TempDir, PathBuf) {
        let dir = TempDir::new().unwrap();
        let cwd = dir.path().join("ws/mod/deep");
        fs_err::create_dir_all(&cwd).unwrap();
        for (name, text) in files {
            fs_err::write(dir.path().join(name), text).unwrap();
        }
        (dir, cwd)
    }

    fn shown(dir: &TempDir, found: Result<Option<Wanted>>) -> String {
        let base = format!("{}/", dir.path().display());
        match found {
            Ok(Some(wanted)) => format!("{} from {wanted}", wanted.request).replace(&base, ""),
            Ok(None) => "nothing".to_owned(),
            Err(error) => error.to_string().replace(&base, ""),
        }
    }

    const WORK: &str = "go 1.27.3\n";

    #[test]
    fn the_nearest_directory_decides_and_go_comes_first_in_it() {
        type Case = (&'static [(&'static str, &'static str)], &'static str);
        let cases: &[Case] = &[
            (&[], "nothing"),
            (&[("ws/mod/go.mod", "go 1.22\n")], "1.22 from ws/mod/go.mod:1"),
            (&[("ws/mod/go.mod", "go 1.20\n")], "1.20 from ws/mod/go.mod:1"),
            (&[("ws/mod/go.mod", "go 1.22.3\n")], "1.22.3 from ws/mod/go.mod:1"),
            (&[("ws/mod/go.mod", "go 1.22\ntoolchain go1.27.1\n")], "1.27.1 from ws/mod/go.mod:2"),
            (&[("ws/mod/go.mod", "toolchain go1.27.1\n")], "1.27.1 from ws/mod/go.mod:1"),
            (&[("ws/mod/go.mod", "go 1.20\ntoolchain go1.20\n")], "=1.20 from ws/mod/go.mod:2"),
            (&[("ws/mod/go.mod", "go 1.27\ntoolchain go1.26.1\n")], "1.27 from ws/mod/go.mod:1"),
            (&[("ws/mod/go.mod", "go 1.27\ntoolchain default\n")], "1.27 from ws/mod/go.mod:1"),
            (
                &[("ws/mod/go.mod", "go 1.22\n"), ("ws/mod/deep/.go-version", "1.26")],
                "1.26 from ws/mod/deep/.go-version:1",
            ),
            (
                &[("ws/mod/go.mod", "go 1.22\n"), ("ws/mod/.go-version", "1.26")],
                "1.22 from ws/mod/go.mod:1",
            ),
            (
                &[
                    ("ws/mise.toml", "[tools]\ngo = \"1.24\"\n"),
                    ("ws/.tool-versions", "golang 1.25.1\n"),
                    ("ws/.go-version", "stable\n"),
                ],
                "stable from ws/.go-version:1",
            ),
            (
                &[
                    ("ws/mise.toml", "[tools]\ngo = \"1.24\"\n"),
                    ("ws/.tool-versions", "golang 1.25.1\n"),
                ],
                "1.25.1 from ws/.tool-versions:1",
            ),
            (
                &[
                    ("ws/.mise.toml", "[tools]\ngo = \"1.23\"\n"),
                    ("ws/mise.toml", "[tools]\ngo = \"1.24\"\n"),
                ],
                "1.24 from ws/mise.toml:2",
            ),
        ];
        for (files, want) in cases {
            let (dir, cwd) = project(files);
            assert_eq!(shown(&dir, find_wanted(&cwd, None)), *want, "{files:?}");
        }
    }

    #[test]
    fn a_file_without_go_is_passed_by() {
        let (dir, cwd) = project(&[
            ("ws/mod/deep/.tool-versions", "nodejs 22\ngolang system\n"),
            ("ws/mod/deep/.go-version", "# none\n"),
            ("ws/mod/deep/mise.toml", "[tools]\nnode = \"22\"\n"),
            ("ws/mod/deep/go.mod", "module m\n"),
            ("ws/mod/go.mod", "go 1.22\n"),
            ("ws/.go-version", "1.26\n"),
        ]);
        // The go.mod further up belongs to another module.
        assert_eq!(shown(&dir, find_wanted(&cwd, None)), "1.26 from ws/.go-version:1");
    }

    #[test]
    fn directories_with_the_name_of_a_file_are_passed_by() {
        let (dir, cwd) = project(&[("ws/.go-version", "1.26\n")]);
        for name in ["go.mod", "go.work", ".go-version", "mise.toml"] {
            fs_err::create_dir(cwd.join(name)).unwrap();
        }
        assert_eq!(shown(&dir, find_wanted(&cwd, None)), "1.26 from ws/.go-version:1");
    }

    #[test]
    fn a_workspace_governs_the_modules_below_it() {
        let (dir, cwd) = project(&[
            ("ws/go.work", WORK),
            ("ws/mod/go.mod", "go 1.22\n"),
            ("other.work", "go 1.25.1\n"),
        ]);
        let other = dir.path().join("other.work");
        let cases: [(Option<&OsStr>, &str); 5] = [
            (None, "1.27.3 from ws/go.work:1"),
            (Some(OsStr::new("")), "1.27.3 from ws/go.work:1"),
            (Some(OsStr::new("auto")), "1.27.3 from ws/go.work:1"),
            (Some(OsStr::new("off")), "1.22 from ws/mod/go.mod:1"),
            (Some(other.as_os_str()), "1.25.1 from other.work:1"),
        ];
        for (gowork, want) in cases {
            assert_eq!(shown(&dir, find_wanted(&cwd, gowork)), want, "{gowork:?}");
        }
        fs_err::write(cwd.join(".go-version"), "1.24").unwrap();
        assert_eq!(shown(&dir, find_wanted(&cwd, None)), "1.24 from ws/mod/deep/.go-version:1");
    }

    #[test]
    fn a_bad_gowork_is_an_error() {
        let (dir, cwd) = project(&[("ws/mod/go.mod", "go 1.22\n")]);
        let gone = dir.path().join("gone.work");
        let error = find_wanted(&cwd, Some(OsStr::new("go.work"))).unwrap_err();
        assert_eq!(
            error.to_string(),
            "goward: `GOWORK` must be `off` or an absolute path, not `go.work`\n\
             hint: unset `GOWORK`, or write the whole path"
        );
        let error = find_wanted(&cwd, Some(gone.as_os_str())).unwrap_err();
        let want = format!(
            "goward: `GOWORK` names `{}`, which does not exist\n\
             hint: unset `GOWORK`, or create the file: `go work init`",
            gone.display()
        );
        assert_eq!((error.kind(), error.to_string()), (Kind::NotFound, want));
    }

    #[test]
    fn a_malformed_value_names_its_line() {
        let request = "is not a version, a line (`1.27`), a range (`>=1.25,<1.27`), `stable`, \
                       `oldstable` or `latest`";
        let cases = [
            ("ws/.go-version", "\n1.2x\n", format!("`ws/.go-version:2`: `1.2x` {request}")),
            (
                "ws/.tool-versions",
                "golang ref:master\n",
                format!("`ws/.tool-versions:1`: `ref:master` {request}"),
            ),
            (
                "ws/mise.toml",
                "[tools]\ngo = 1.27\n",
                "`ws/mise.toml:2`: the version of `go` must be a string such as `\"1.27\"`"
                    .to_owned(),
            ),
            (
                "ws/go.mod",
                "go stable\n",
                "`ws/go.mod:1`: `go stable` does not name a Go release".to_owned(),
            ),
            (
                "ws/go.mod",
                "go 1.21 1.22\n",
                "`ws/go.mod:1`: `go 1.21 1.22` does not name a Go release".to_owned(),
            ),
            (
                "ws/go.mod",
                "go 1.22\ntoolchain go1.22.1-corp\n",
                "`ws/go.mod:2`: `toolchain go1.22.1-corp` does not name a Go release".to_owned(),
            ),
            (
                "ws/go.mod",
                "go 1.\u{1b}[0m\n",
                "`ws/go.mod:1`: `go 1.\\u{1b}[0m` does not name a Go release".to_owned(),
            ),
        ];
        for (name, text, problem) in cases {
            let (dir, cwd) = project(&[(name, text)]);
            let want = format!(
                "goward: {problem}\nhint: correct it, or choose in a `goward.toml`, which comes \
                 first: `goward use 1.27`"
            );
            let found = find_wanted(&cwd, None);
            assert!(matches!(&found, Err(error) if error.kind() == Kind::Usage));
            assert_eq!(shown(&dir, found), want);
        }
    }

    #[test]
    fn a_link_to_a_file_is_followed_and_an_oversized_file_refused() {
        let (dir, cwd) = project(&[("versions", "golang 1.27\n")]);
        let link = cwd.join(".tool-versions");
        fs_err::os::unix::fs::symlink(dir.path().join("versions"), &link).unwrap();
        assert_eq!(shown(&dir, find_wanted(&cwd, None)), "1.27 from ws/mod/deep/.tool-versions:1");
        let size = usize::try_from(MAX_SIZE).unwrap() + 1;
        fs_err::write(dir.path().join("versions"), "#".repeat(size)).unwrap();
        assert_eq!(
            shown(&dir, find_wanted(&cwd, None)),
            "goward: `ws/mod/deep/.tool-versions` is larger than 1024 KiB"
        );
    }
}
