//! Where Go keeps what it builds and downloads, and where it builds what it runs at once.

use super::{Found, Problem};
use crate::error::Result;
use crate::filesystem::{self, Space};
use crate::ops::Session;
use crate::store::Store;
use rustix::fs::{Access, access};
use std::path::{Path, PathBuf};

/// Go does not build with less, in bytes: one package of the standard library can take it.
const LEAST: u64 = 64 << 20;

#[expect(clippy::unnecessary_wraps, reason = "every check has this form")]
pub(super) fn look(session: &Session, _: &Store) -> Result<Found> {
    let mut found = Found::default();
    let set = |name: &str| session.ctx.variable(name).map(PathBuf::from);
    let home = set("HOME").filter(|home| home.is_absolute());
    let cache = set("XDG_CACHE_HOME").or_else(|| Some(home.as_ref()?.join(user_cache())));
    let modules = set("GOPATH")
        .and_then(|list| std::env::split_paths(&list).next())
        .or_else(|| Some(home.as_ref()?.join("go")));
    let build = set("GOCACHE").or_else(|| Some(cache?.join("go-build")));
    let modules = set("GOMODCACHE").or_else(|| Some(modules?.join("pkg/mod")));
    let temporary = set("GOTMPDIR").or_else(|| set("TMPDIR")).unwrap_or_else(|| "/tmp".into());
    if build.as_deref() == Some(Path::new("off")) {
        // cmd/go/internal/cache, default.go: since Go 1.12.
        let text = "GOCACHE is `off`: no Go since 1.12 builds without its cache".to_owned();
        found.problems.push(Problem::new(text).hint("unset GOCACHE, or name a directory"));
    } else if let Some(build) = build {
        place("GOCACHE", &build, &mut found);
    }
    if let Some(modules) = modules {
        place("GOMODCACHE", &modules, &mut found);
    }
    place("the directory for temporary files", &temporary, &mut found);
    if Space::of(&temporary).is_some_and(|space| !space.runs_programs) {
        let what =
            "is mounted with `noexec`: `go run` and `go test` run nothing that they build there";
        let hint = "choose another place: `GOTMPDIR=/absolute/path`";
        found.problems.push(Problem::at(temporary, what).hint(hint));
    }
    Ok(found)
}

/// The user's cache directory below the home directory (`os.UserCacheDir`).
fn user_cache() -> &'static str {
    if cfg!(target_os = "macos") { "Library/Caches" } else { ".cache" }
}

fn place(name: &str, place: &Path, found: &mut Found) {
    if !place.is_absolute() {
        let text = format!("{name} is `{}`: Go wants an absolute path", place.display());
        found.problems.push(Problem::new(text));
        return;
    }
    let there = place.ancestors().find(|place| place.exists()).unwrap_or(place);
    let problem = |what: &str| Problem::at(place, &format!("({name}) {what}"));
    if access(there, Access::WRITE_OK).is_err() {
        found.problems.push(problem("cannot be written"));
    } else if Space::of(there).is_some_and(|space| space.bytes < LEAST) {
        found.problems.push(problem("is on a disk that is full").hint("`go clean -cache`"));
    }
    if filesystem::kind_of(there).is_some_and(|(_, shared)| shared) {
        found.notes.push(format!(
            "`{}` ({name}) is on a file system that other machines may share, which makes builds slow",
            place.display()
        ));
    }
}
