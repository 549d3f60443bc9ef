//! Where a request comes from when a project has no manifest.
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
use crate::project::go_mod::{Entry, GoLines, parse_go_lines};
use crate::project::version_file::{Malformed, Other, Reader, VERSION_FILES, without_prefix};
use crate::releases::schedule;
use crate::shell;
use crate::version::GoVersion;
use crate::version::link_name::LinkName;
use crate::version::request::Request;
use goward_shim::find;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fmt::Display;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
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
    Some(OsString::from_vec(root).into())
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
///
/// # Errors
///
/// [`Kind::Usage`] for lines that Go refuses.
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
mod tests {
    use super::*;
    use tempfile::TempDir;

    /// Writes files below a new directory; returns it and a deep directory in it.
    fn project(files: &[(&str, &str)]) -> (TempDir, PathBuf) {
        let dir = TempDir::new().unwrap();
        let cwd = dir.path().join("ws/mod/deep");
        fs_err::create_dir_all(&cwd).unwrap();
        for (name, text) in files {
            fs_err::create_dir_all(dir.path().join(name).parent().unwrap()).unwrap();
            fs_err::write(dir.path().join(name), text).unwrap();
        }
        (dir, cwd)
    }

    fn find(cwd: &Path, gowork: Option<&OsStr>) -> Result<Search> {
        let gowork = gowork.map(|value| ("GOWORK".into(), value.into()));
        find_wanted(cwd, &Ctx { variables: gowork.into_iter().collect(), ..Ctx::default() })
    }

    fn shown(dir: &TempDir, found: Result<Search>) -> String {
        let base = format!("{}/", dir.path().display());
        match found {
            Ok(Search { wanted: Some(wanted), .. }) => {
                format!("{} from {wanted}", wanted.request).replace(&base, "")
            }
            Ok(Search { system: Some(place), .. }) => {
                format!("system from {place}").replace(&base, "")
            }
            Ok(_) => "nothing".to_owned(),
            Err(error) => error.to_string().replace(&base, ""),
        }
    }

    const WORK: &str = "go 1.98.3\n";

    #[test]
    fn a_choice_comes_before_a_minimum_and_the_nearest_first() {
        type Case = (&'static [(&'static str, &'static str)], &'static str);
        let cases: &[Case] = &[
            (&[], "nothing"),
            (&[("ws/mod/go.mod", "go 1.98\n")], "1.98 from ws/mod/go.mod:1"),
            (&[("ws/mod/go.mod", "go 1.98.3\n")], "~1.98.3 from ws/mod/go.mod:1"),
            (&[("ws/mod/go.mod", "go 1.98\ntoolchain go1.99.1\n")], "1.99.1 from ws/mod/go.mod:2"),
            (
                &[("ws/mod/go.mod", "go 1.98\ntoolchain go1.99.1-corp\n")],
                "1.99.1 from ws/mod/go.mod:2",
            ),
            (&[("ws/mod/go.mod", "toolchain go1.99.1\n")], "1.99.1 from ws/mod/go.mod:1"),
            (&[("ws/mod/go.mod", "go 1.98\ntoolchain go1.97.1\n")], "1.98 from ws/mod/go.mod:1"),
            (&[("ws/mod/go.mod", "go 1.98\ntoolchain default\n")], "1.98 from ws/mod/go.mod:1"),
            (
                &[("ws/mod/go.mod", "go 1.98\n"), ("ws/mod/deep/.go-version", "1.96")],
                "1.96 from ws/mod/deep/.go-version:1",
            ),
            (
                &[
                    ("ws/mod/go.mod", "go 1.98\ntoolchain go1.99.1\n"),
                    ("ws/mod/.go-version", "1.96"),
                ],
                "1.96 from ws/mod/.go-version:1",
            ),
            // The choice for all of a repository is one for the module, too.
            (
                &[("ws/.git/HEAD", ""), ("ws/mod/go.mod", "go 1.98\n"), ("ws/.go-version", "1.96")],
                "1.96 from ws/.go-version:1",
            ),
            // What is outside of it is not.
            (
                &[
                    ("ws/mod/.git/HEAD", ""),
                    ("ws/mod/go.mod", "go 1.98\n"),
                    ("ws/.go-version", "1.96"),
                ],
                "1.98 from ws/mod/go.mod:1",
            ),
            (&[("ws/mod/.git/HEAD", ""), ("ws/.go-version", "1.96")], "nothing"),
            (&[("ws/.go-version", "1.96")], "1.96 from ws/.go-version:1"),
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
                    ("ws/.config/mise.toml", "[tools]\ngo = \"1.22\"\n"),
                    ("ws/.mise.toml", "[tools]\ngo = \"1.23\"\n"),
                    ("ws/mise.toml", "[tools]\ngo = \"1.24\"\n"),
                ],
                "1.24 from ws/mise.toml:2",
            ),
            (
                &[
                    ("ws/mise.local.toml", "[tools]\n\"core:go\" = \"latest:1.26\"\n"),
                    ("ws/mise.toml", "[tools]\ngo = \"1.24\"\n"),
                ],
                "1.26 from ws/mise.local.toml:2",
            ),
            (
                &[("ws/.config/mise.toml", "[tools]\ngo = \"1.22\"\n")],
                "1.22 from ws/.config/mise.toml:2",
            ),
        ];
        for (files, want) in cases {
            let (dir, cwd) = project(files);
            assert_eq!(shown(&dir, find(&cwd, None)), *want, "{files:?}");
        }
    }

    #[test]
    fn a_minimum_becomes_a_line_that_is_supported() {
        let cases = [
            ("1.22", "1.26"),
            ("1.22.3", "1.26"),
            ("1.25.0", "1.26"),
            ("1.26.0", "1.26"),
            ("1.26.2", "~1.26.2"),
            ("1.27", "1.27"),
            ("1.28rc1", "1.28"),
            ("1.28.1", "~1.28.1"),
        ];
        let minimum = |value: &str, today| {
            let lines = parse_go_lines(&format!("go {value}\n"));
            let wanted = of_minimum(Path::new("/m/go.mod"), &lines, today).unwrap().unwrap();
            assert_eq!((wanted.minimum.as_deref(), wanted.line), (Some(value), 1));
            let least = GoVersion::parse(value).unwrap();
            assert!(least.is_language() || !wanted.request.accepts(least) || least.minor() >= 26);
            wanted.request.to_string()
        };
        for (value, want) in cases {
            assert_eq!(minimum(value, (2026, 11, 30)), want, "{value}");
        }
        // A goward that is too old to know what is supported.
        assert_eq!(minimum("1.22", (2099, 1, 1)), minimum("1.23.4", (2099, 1, 1)));
        assert_eq!(minimum("1.98.1", (2099, 1, 1)), "~1.98.1");
    }

    #[test]
    fn a_file_without_go_is_passed_by() {
        let (dir, cwd) = project(&[
            ("ws/mod/deep/.tool-versions", "nodejs 22\n"),
            ("ws/mod/deep/.go-version", "# none\n"),
            ("ws/mod/deep/mise.toml", "[tools]\nnode = \"22\"\n"),
            ("ws/mod/deep/go.mod", "module m\n"),
            ("ws/mod/go.mod", "go 1.98\n"),
            ("ws/.go-version", "1.26\n"),
            ("ws/.git", "gitdir: elsewhere\n"),
        ]);
        // The go.mod further up belongs to another module.
        assert_eq!(shown(&dir, find(&cwd, None)), "1.26 from ws/.go-version:1");
    }

    #[test]
    fn system_is_no_choice_and_is_told() {
        let files: [(&str, &str); 3] = [
            ("ws/mod/deep/.tool-versions", "nodejs 22\ngolang system\n"),
            ("ws/mod/.go-version", "system\n"),
            ("ws/mod/go.mod", "go 1.98\n"),
        ];
        let (dir, cwd) = project(&files[..2]);
        assert_eq!(shown(&dir, find(&cwd, None)), "system from ws/mod/deep/.tool-versions:2");
        let (dir, cwd) = project(&files);
        let search = find(&cwd, None).unwrap();
        assert!(search.system.as_ref().is_some_and(|place| place.ends_with(".tool-versions:2")));
        assert_eq!(shown(&dir, Ok(search)), "1.98 from ws/mod/go.mod:1");
    }

    #[test]
    fn directories_with_the_name_of_a_file_are_passed_by() {
        let (dir, cwd) = project(&[("ws/.go-version", "1.26\n")]);
        for name in ["go.mod", "go.work", ".go-version", "mise.toml"] {
            fs_err::create_dir(cwd.join(name)).unwrap();
        }
        assert_eq!(shown(&dir, find(&cwd, None)), "1.26 from ws/.go-version:1");
    }

    #[test]
    fn a_workspace_governs_the_modules_below_it() {
        let (dir, cwd) = project(&[
            ("ws/go.work", WORK),
            ("ws/mod/go.mod", "go 1.97\n"),
            ("other.work", "go 1.96.1\n"),
        ]);
        let other = dir.path().join("other.work");
        let cases: [(Option<&OsStr>, &str); 5] = [
            (None, "~1.98.3 from ws/go.work:1"),
            (Some(OsStr::new("")), "~1.98.3 from ws/go.work:1"),
            (Some(OsStr::new("auto")), "~1.98.3 from ws/go.work:1"),
            (Some(OsStr::new("off")), "1.97 from ws/mod/go.mod:1"),
            (Some(other.as_os_str()), "~1.96.1 from other.work:1"),
        ];
        for (gowork, want) in cases {
            assert_eq!(shown(&dir, find(&cwd, gowork)), want, "{gowork:?}");
        }
        fs_err::write(cwd.join(".go-version"), "1.24").unwrap();
        assert_eq!(shown(&dir, find(&cwd, None)), "1.24 from ws/mod/deep/.go-version:1");
    }

    #[test]
    fn a_bad_gowork_is_an_error() {
        let (dir, cwd) = project(&[("ws/mod/go.mod", "go 1.22\n")]);
        let gone = dir.path().join("gone.work");
        let error = find(&cwd, Some(OsStr::new("go.work"))).unwrap_err();
        assert_eq!(
            error.to_string(),
            "goward: `GOWORK` must be `off` or an absolute path, not `go.work`\n\
             hint: unset `GOWORK`, or write the whole path"
        );
        let error = find(&cwd, Some(gone.as_os_str())).unwrap_err();
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
            ("ws/mod/.go-version", "\n1.2x\n", format!("`ws/mod/.go-version:2`: `1.2x` {request}")),
            (
                "ws/mod/mise.toml",
                "[tools]\ngo = 1.27\n",
                "`ws/mod/mise.toml:2`: the version of `go` must be a string such as `\"1.27\"`"
                    .to_owned(),
            ),
            (
                "ws/mod/go.mod",
                "go stable\n",
                "`ws/mod/go.mod:1`: `go stable` does not name a version of Go".to_owned(),
            ),
            (
                "ws/mod/go.mod",
                "go 1.22\ngo 1.23\n",
                "`ws/mod/go.mod:2`: a second `go` line, which Go refuses".to_owned(),
            ),
            (
                "ws/mod/go.mod",
                "go 1.22\ntoolchain \"go1.22.1\"\n",
                "`ws/mod/go.mod:2`: `toolchain \"go1.22.1\"` does not name a Go toolchain"
                    .to_owned(),
            ),
            (
                "ws/mod/go.mod",
                "go 1.22alpha1\n",
                "`ws/mod/go.mod:1`: `go 1.22alpha1` is no release of Go".to_owned(),
            ),
        ];
        for (name, text, problem) in cases {
            let (dir, cwd) = project(&[(name, text)]);
            let want = format!(
                "goward: {problem}\nhint: correct the line, or choose in a `goward.toml`, which comes first: \
                 `goward use stable`"
            );
            let found = find(&cwd, None);
            assert!(matches!(&found, Err(error) if error.kind() == Kind::Usage));
            assert_eq!(shown(&dir, found), want);
        }
    }

    #[test]
    fn what_other_tools_understand_is_named() {
        let cases = [
            (
                ".tool-versions",
                "golang ref:master\n",
                "`ref:master` is a state of Go's source, not a release of Go\n\
                 hint: choose a release: `goward use stable`",
            ),
            (
                ".tool-versions",
                "golang path:/opt/go-fork\n",
                "`path:/opt/go-fork` is a directory of one machine, not a release of Go\n\
                 hint: give it a name: `goward link go-fork /opt/go-fork && goward use go-fork`\n\
                 hint: or choose a release: `goward use stable`",
            ),
            (
                ".go-version",
                "1.26.6-fips\n",
                "`1.26.6-fips` is somebody's own build, not a release of Go\n\
                 hint: for the release that it was made from: `goward use 1.26.6`",
            ),
        ];
        for (name, text, want) in cases {
            let (dir, cwd) = project(&[(&format!("ws/mod/{name}"), text)]);
            assert_eq!(shown(&dir, find(&cwd, None)), format!("goward: `ws/mod/{name}:1`: {want}"));
        }
    }

    #[test]
    fn a_link_to_a_file_is_followed_and_an_oversized_file_refused() {
        let (dir, cwd) = project(&[("versions", "golang 1.27\n")]);
        let link = cwd.join(".tool-versions");
        fs_err::os::unix::fs::symlink(dir.path().join("versions"), &link).unwrap();
        assert_eq!(shown(&dir, find(&cwd, None)), "1.27 from ws/mod/deep/.tool-versions:1");
        let size = usize::try_from(MAX_SIZE).unwrap() + 1;
        fs_err::write(dir.path().join("versions"), "#".repeat(size)).unwrap();
        assert_eq!(
            shown(&dir, find(&cwd, None)),
            "goward: `ws/mod/deep/.tool-versions` is larger than 1024 KiB"
        );
    }
}
