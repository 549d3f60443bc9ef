//! GOCACHE, GOMODCACHE, and the directory in which Go builds what it runs at once. One judgement for
//! projects and machines: what Go takes for each does not depend on the lock.

use super::finding::{Finding, Place, Severity};
use super::user_settings::UserSettings;
use super::{CheckResult, Fact};
use crate::error::{Error, untrusted};
use crate::fs;
use crate::os::volume::{self, Space};
use crate::os::{access, owner};
use std::io::Write;
use std::path::{Path, PathBuf};

/// What the rows of both tables say.
pub(super) const TITLE: &str = "GOCACHE, GOMODCACHE and the directory for temporary files: paths, \
     writing, locking, room, owner, `noexec`, network file systems";

/// Go does not build with less, in bytes: one package of the standard library can take it.
const LEAST: u64 = 64 << 20;

/// A directory that Go writes to.
#[derive(Clone, Debug)]
pub(super) struct Directory {
    /// Its name for people.
    name: &'static str,
    /// What Go takes; empty where it finds nothing to take.
    value: String,
    /// Who chose it.
    place: Option<Place>,
}

/// Where Go keeps what it builds and downloads.
#[derive(Clone, Debug)]
pub struct Caches {
    build: Directory,
    modules: Directory,
    temporary: Directory,
}

impl Caches {
    /// Returns what Go takes, by its own rules (`cmd/go/internal/cfg`, `cmd/go/internal/cache`).
    pub fn of(user: &UserSettings) -> Fact<Self> {
        // Without it nobody knows what was written there.
        user.file.as_ref().map_err(Clone::clone)?;
        let directory = |name: &'static str, variable: &str, default: Option<PathBuf>| {
            let chosen = user.find(variable);
            let place = chosen.as_ref().map(|chosen| chosen.place.clone());
            let default = || default.map(|path| path.to_string_lossy().into_owned());
            let value = chosen.map(|chosen| chosen.value).or_else(default).unwrap_or_default();
            Directory { name, value, place }
        };
        let gopath = user.find("GOPATH");
        let first = gopath.as_ref().and_then(|list| std::env::split_paths(&list.value).next());
        let gopath_default = || user.home().map(|home| home.join("go"));
        // As `os.TempDir`.
        let name = if cfg!(windows) { "TMP" } else { "TMPDIR" };
        let temporary = user.variable(name).map_or_else(|| "/tmp".into(), PathBuf::from);
        let build = user.cache_directory().map(|directory| directory.join("go-build"));
        let mut modules = directory(
            "GOMODCACHE",
            "GOMODCACHE",
            first.or_else(gopath_default).map(|path| path.join("pkg/mod")),
        );
        modules.place = modules.place.or_else(|| gopath.map(|chosen| chosen.place));
        let mut temporary =
            directory("the directory for temporary files", "GOTMPDIR", Some(temporary));
        if temporary.place.is_none() && user.variable(name).is_some() {
            temporary.place = Some(Place::Variable(name.to_owned()));
        }
        Ok(Self { build: directory("GOCACHE", "GOCACHE", build), modules, temporary })
    }
}

impl Directory {
    fn place(&self) -> Place {
        self.place.clone().unwrap_or_else(|| Place::Path(PathBuf::from(&self.value)))
    }

    fn shown(&self) -> String {
        format!("`{}` ({})", untrusted(&self.value), self.name)
    }
}

/// Judges all three.
pub(super) fn look(caches: &Fact<Caches>) -> CheckResult {
    let caches = caches.as_ref().map_err(Clone::clone)?;
    let mut findings: Vec<Finding> = [&caches.build, &caches.modules, &caches.temporary]
        .into_iter()
        .filter_map(|directory| judge(directory, directory.name == caches.build.name))
        .collect();
    let temporary = Path::new(&caches.temporary.value);
    if temporary.is_absolute() && Space::of(temporary).is_some_and(|space| !space.runs_programs) {
        findings.push(Finding::new(
            Severity::Error,
            caches.temporary.place(),
            format!("{} is mounted with `noexec`", caches.temporary.shown()),
            "`go run` and `go test` build programs there and run them",
            "choose another place: `go env -w GOTMPDIR=/absolute/path`",
        ));
    }
    Ok(findings)
}

/// Returns the worst that can be said of a directory.
fn judge(directory: &Directory, is_build: bool) -> Option<Finding> {
    let (name, shown) = (directory.name, directory.shown());
    let finding = |severity, message: String, why: &str| {
        let fix = format!("set {name} to a directory of your own on a disk of this machine");
        Some(Finding::new(severity, directory.place(), message, why, fix))
    };
    if is_build && (directory.value.is_empty() || directory.value == "off") {
        return finding(
            Severity::Error,
            "there is no build cache".to_owned(),
            "builds have needed one since Go 1.12; without HOME and XDG_CACHE_HOME Go finds no place for it",
        );
    }
    let path = Path::new(&directory.value);
    if !path.is_absolute() {
        return finding(
            Severity::Error,
            format!("{shown} is no absolute path"),
            "Go stops: it wants an absolute path",
        );
    }
    let existing = path.ancestors().find(|path| path.exists())?;
    if let Err(why) = try_to_write(existing, is_build && existing == path) {
        return finding(Severity::Error, format!("{shown} cannot be written"), &why);
    }
    if Space::of(existing).is_some_and(|space| space.bytes < LEAST) {
        let why = "one package of the standard library can take all that is left";
        return finding(Severity::Error, format!("{shown} is on a disk that is full"), why)
            .map(|finding| finding.fix("make room: `go clean -cache`"));
    }
    if let Some((kind, true)) = volume::kind_of(existing) {
        // Modules are verified by go.sum; the build cache is trusted as it is.
        let severity = if is_build { Severity::Warning } else { Severity::Note };
        return finding(
            severity,
            format!("{shown} is on {kind}"),
            "Go writes thousands of small files there; such a file system is slow, and other machines may share it",
        );
    }
    if is_build && existing == path && !is_ours(existing) {
        return finding(
            Severity::Warning,
            format!("{shown} belongs to another user"),
            "whoever can write there decides what is linked into your programs: Go trusts the cache's content",
        );
    }
    None
}

/// Does what Go does in its cache: a file is made, locked and written. In a directory that only
/// could become one, the right to do so is asked for.
fn try_to_write(directory: &Path, is_cache: bool) -> Result<(), String> {
    let failed = |error: std::io::Error| Error::from(error).message().to_owned();
    if !is_cache {
        return access::may_change(directory).map_err(failed);
    }
    let mut file =
        tempfile::Builder::new().prefix(".goward-check-").tempfile_in(directory).map_err(failed)?;
    file.write_all(b"x").map_err(failed)?;
    file.as_file().try_lock().map_err(|error| failed(error.into()))?;
    file.as_file().sync_all().map_err(failed)
}

/// Root may use what is anybody's; others had better not.
fn is_ours(path: &Path) -> bool {
    let us = owner::current();
    goward_shim::sys::is_root(us) || fs::metadata(path).is_ok_and(|metadata| metadata.owner() == us)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writing_is_tried() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(try_to_write(dir.path(), true), Ok(()));
        assert_eq!(try_to_write(dir.path(), false), Ok(()));
        assert_eq!(fs_err::read_dir(dir.path()).unwrap().count(), 0);
        assert!(try_to_write(Path::new("/proc"), true).is_err());
    }
}
