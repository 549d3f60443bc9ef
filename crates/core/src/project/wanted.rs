//! Requests of a project without a manifest, from the files of other tools.
//!
//! Somebody's choice comes first: the nearest directory, walking up, with `.go-version`, `.tool-versions`, a
//! file of mise or a `toolchain` line decides, in this order within it. A `go` line is no choice but
//! the least that a module needs; without a choice it becomes a request for a line that is supported.
//! Which of `go.work` and `go.mod` counts, and what their lines mean together, is Go's own rule
//! (`cmd/go/internal/toolchain/select.go`), so that goward chooses no Go that then asks for another.
//!
//! The walk ends at the root of the repository: a file in a home directory is not about the projects
//! below it.

use crate::calendar::{Day, today};
use crate::ctx::Ctx;
use crate::error::{Error, Kind, Result, untrusted};
use crate::io::file;
use crate::io::file::place;
use crate::os::bytes::{self, Bytes};
use crate::project::go_mod::{Entry, GoLines, parse_go_lines};
use crate::project::version_file::{Malformed, Other, Reader, VERSION_FILES, without_prefix};
use crate::releases::schedule;
use crate::shell;
use crate::version::GoVersion;
use crate::version::link_name::LinkName;
use crate::version::request::Request;
use goward_shim::find;
use std::ffi::OsStr;
use std::fmt;
use std::fmt::Display;
use std::path::{Path, PathBuf};

/// A longer file is refused, in bytes.
const MAX_SIZE: u64 = 1024 * 1024;

/// A request, and where somebody made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocatedRequest {
    /// What is wanted.
    pub request: Request,
    /// The file that says so.
    pub path: PathBuf,
    /// The line, counted from 1.
    pub line: u32,
    /// The value of the `go` line that the request was made of.
    pub minimum: Option<String>,
}

impl Display for LocatedRequest {
    /// Writes the origin: `path:line`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.path.display(), self.line)
    }
}

/// What the files of other tools say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// The request.
    pub wanted: Option<LocatedRequest>,
    /// Where it says `system`, which names no release.
    pub system: Option<String>,
}

/// Returns what the files at or above `cwd`, an absolute path, ask for, as far as its repository goes. A path in
/// `GOWORK` is taken for a `go.work` in `cwd`.
///
/// # Errors
///
/// [`Kind::Usage`] for a value that is no request, and for a file that cannot be one; what is wrong
/// is never skipped in favour of a file further up.
pub fn find_wanted(cwd: &Path, ctx: &Ctx) -> Result<Search> {
    let workspace = Workspace::find(cwd, ctx.variable("GOWORK"))?;
    let border = repository(cwd);
    let mut search = Search::default();
    let mut minimum: Option<LocatedRequest> = None;
    // Go looks no further than the nearest go.mod, also when that has no `go` line.
    let mut in_module = false;
    for directory in cwd.ancestors() {
        for (name, reader) in VERSION_FILES {
            match read_version_file(directory.join(name), reader)? {
                Some(FileRequest::Wanted(wanted)) => {
                    return Ok(Search { wanted: Some(wanted), ..search });
                }
                Some(FileRequest::System(place)) => _ = search.system.get_or_insert(place),
                None => {}
            }
        }
        if !in_module && let Some(path) = module_file(directory, workspace.as_ref())? {
            in_module = true;
            let lines = read_module_file(&path)?;
            if let Some(wanted) = choice(&path, &lines)? {
                return Ok(Search { wanted: Some(wanted), ..search });
            }
            minimum = of_minimum(&path, &lines, today())?;
        }
        if border.as_deref() == Some(directory) {
            break;
        }
    }
    Ok(Search { wanted: minimum, ..search })
}

/// Returns the root of the repository that `directory` is in.
pub(super) fn repository(directory: &Path) -> Option<PathBuf> {
    let root = find::repository(directory.as_os_str().as_bytes())?;
    Some(bytes::into_path(root))
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
pub fn find_module_file(cwd: &Path, gowork: Option<&OsStr>) -> Result<Option<PathBuf>> {
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

/// Reads the lines of a `go.mod` or `go.work`.
pub fn read_module_file(path: &Path) -> Result<GoLines> {
    let bytes = file::read(path, MAX_SIZE)?.unwrap_or_default();
    let lines = parse_go_lines(&String::from_utf8_lossy(&bytes));
    match lines.refused() {
        Some((line, problem)) => Err(malformed(path, line, &problem)),
        None => Ok(lines),
    }
}

/// Returns the toolchain that the lines choose. A `toolchain` line counts unless the `go` line is newer: then
/// that toolchain would refuse the module.
fn choice(path: &Path, lines: &GoLines) -> Result<Option<LocatedRequest>> {
    let Some(entry) = &lines.toolchain else { return Ok(None) };
    let version = GoVersion::of_toolchain(&entry.value).ok_or_else(|| {
        let problem = format!("`toolchain {}` is no release of Go", untrusted(&entry.value));
        malformed(path, entry.line, &problem)
    })?;
    if lines.refused_by(version).is_some() {
        return Ok(None);
    }
    let request = Request::exact(version);
    Ok(Some(LocatedRequest { request, path: path.into(), line: entry.line, minimum: None }))
}

/// Returns a request for a release that is at least what the `go` line says: of its line, if that is
/// supported on that day, else of the oldest line that is.
fn of_minimum(path: &Path, lines: &GoLines, today: Day) -> Result<Option<LocatedRequest>> {
    let Some(entry) = &lines.go else { return Ok(None) };
    let version = GoVersion::parse(&entry.value).map_err(|_| {
        let problem = format!("`go {}` is no release of Go", untrusted(&entry.value));
        malformed(path, entry.line, &problem)
    })?;
    let oldest = schedule::oldest_supported(today);
    let least = if version.minor() < oldest {
        format!("1.{oldest}")
    } else if version.is_patch() {
        format!("~{}", version.number())
    } else {
        format!("1.{}", version.minor())
    };
    let request = Request::parse(&least)?;
    let minimum = Some(entry.value.clone());
    Ok(Some(LocatedRequest { request, path: path.into(), line: entry.line, minimum }))
}

/// What a file of another tool says.
enum FileRequest {
    Wanted(LocatedRequest),
    /// `path:line` of the word.
    System(String),
}

fn read_version_file(path: PathBuf, reader: Reader) -> Result<Option<FileRequest>> {
    if !file::is_there(&path)? {
        return Ok(None);
    }
    let Some(bytes) = file::read(&path, MAX_SIZE)? else {
        return Ok(None);
    };
    let entry = reader(&String::from_utf8_lossy(&bytes))
        .map_err(|Malformed { line, problem }| malformed(&path, line, &problem))?;
    let Some(entry) = entry else { return Ok(None) };
    if let Some(other) = Other::of(&entry.value) {
        return match other {
            Other::System => {
                Ok(Some(FileRequest::System(format!("{}:{}", path.display(), entry.line))))
            }
            _ => Err(no_release(&path, &entry, other)),
        };
    }
    let request = Request::parse(without_prefix(&entry.value))
        .map_err(|error| malformed(&path, entry.line, &error.to_string()))?;
    Ok(Some(FileRequest::Wanted(LocatedRequest { request, path, line: entry.line, minimum: None })))
}

/// Says what a value is that other tools understand and that names no release.
fn no_release(path: &Path, entry: &Entry, other: Other) -> Error {
    let value = untrusted(&entry.value);
    let error = |what: &str| {
        let message = format!("{}: `{value}` {what}, not a release of Go", place(path, entry.line));
        Error::new(Kind::Usage, message)
    };
    match other {
        Other::Build { release } => error("is somebody's own build").hint(format!(
            "for the release that it was made from: `goward use {}`",
            untrusted(release)
        )),
        Other::Commit => {
            error("is a state of Go's source").hint("choose a release: `goward use stable`")
        }
        Other::Directory(directory) => {
            let directory = Path::new(directory);
            let name = directory.file_name().and_then(OsStr::to_str).unwrap_or_default();
            let name =
                LinkName::parse(name).map_or_else(|_| "local".to_owned(), |name| name.to_string());
            let directory = shell::word(directory);
            error("is a directory of one machine")
                .hint(format!(
                    "give it a name: `goward link {name} {directory} && goward use {name}`"
                ))
                .hint("or choose a release: `goward use stable`")
        }
        Other::System => error("is whatever the machine has"),
    }
}

fn malformed(path: &Path, line: u32, problem: &str) -> Error {
    Error::new(Kind::Usage, format!("{}: {problem}", place(path, line))).hint(
        "correct the line, or choose in a `goward.toml`, which comes first: `goward use stable`",
    )
}

#[cfg(test)]
mod tests;
