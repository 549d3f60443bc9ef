//! Directories in which others put Go.

use crate::ctx::Ctx;
use crate::fs;
use crate::version::GoVersion;
use std::path::{Path, PathBuf};

/// How many entries of a foreign directory are looked at.
const MAX_ENTRIES: usize = 256;

/// Where packages of systems put it.
const OF_SYSTEMS: [&str; 6] = [
    "/usr/local/go",
    "/usr/lib/go",
    "/usr/lib/golang",
    "/opt/homebrew/opt/go/libexec",
    "/usr/local/opt/go/libexec",
    "/snap/go/current",
];

/// What is before the number in the names of Debian's directories.
const DEBIAN: (&str, &str) = ("/usr/lib", "go-");

/// How another version manager names its directory.
struct Manager {
    /// The variable that names its place.
    variable: &'static str,
    /// Its place, below the home directory.
    usual: &'static str,
    /// Where in it a release is: what comes before the number, and after it.
    release: [&'static str; 2],
}

/// mise, goenv, asdf, gvm and `golang.org/dl`, by their documentation.
const MANAGERS: [Manager; 5] = [
    Manager {
        variable: "MISE_DATA_DIR",
        usual: ".local/share/mise",
        release: ["installs/go/", ""],
    },
    Manager { variable: "GOENV_ROOT", usual: ".goenv", release: ["versions/", ""] },
    Manager { variable: "ASDF_DATA_DIR", usual: ".asdf", release: ["installs/golang/", "/go"] },
    Manager { variable: "GVM_ROOT", usual: ".gvm", release: ["gos/go", ""] },
    Manager { variable: "", usual: "sdk", release: ["go", ""] },
];

/// Returns where a GOROOT may be that has `version`, the likeliest first.
pub(super) fn goroots(ctx: &Ctx, version: GoVersion) -> Vec<PathBuf> {
    let absolute = |name: &str| ctx.variable(name).map(PathBuf::from).filter(|p| p.is_absolute());
    let mut places: Vec<PathBuf> = absolute("GOROOT").into_iter().collect();
    places.extend(on_path(ctx));
    places.extend(tool_cache(absolute("RUNNER_TOOL_CACHE"), version));
    let (number, home) = (version.number(), absolute("HOME"));
    for Manager { variable, usual, release: [before, after] } in MANAGERS {
        let data = absolute("XDG_DATA_HOME").filter(|_| variable == "MISE_DATA_DIR");
        let data = data.map(|data| data.join("mise"));
        let usual = || home.as_ref().map(|home| home.join(usual));
        let root = absolute(variable).or(data).or_else(usual);
        places.extend(root.map(|root| root.join(format!("{before}{number}{after}"))));
    }
    places.extend(OF_SYSTEMS.map(PathBuf::from));
    let (directory, start) = DEBIAN;
    places.extend(names_in(Path::new(directory), |name| name.starts_with(start)));
    places
}

/// Returns the GOROOT of each `go` on PATH, as far as its place tells that.
fn on_path(ctx: &Ctx) -> Vec<PathBuf> {
    let Some(path) = ctx.variable("PATH") else { return Vec::new() };
    let directories = std::env::split_paths(path).filter(|directory| directory.is_absolute());
    let program = |directory: PathBuf| {
        let real = fs::canonicalize(directory.join("go")).ok()?;
        Some(real.parent()?.parent()?.to_owned())
    };
    directories.take(MAX_ENTRIES).filter_map(program).collect()
}

/// Returns where GitHub's action `setup-go` keeps a release, for all processors.
fn tool_cache(place: Option<PathBuf>, version: GoVersion) -> Vec<PathBuf> {
    let Some(place) = place else { return Vec::new() };
    names_in(&place.join(format!("go/{}", version.to_semver())), |name| !name.contains('.'))
}

/// Returns what is in a directory and has such a name.
fn names_in(directory: &Path, is_wanted: impl Fn(&str) -> bool) -> Vec<PathBuf> {
    let entries = fs::read_dir_up_to(directory, 16 * MAX_ENTRIES).unwrap_or_default();
    let wanted = entries.iter().filter(|entry| entry.file_name().to_str().is_some_and(&is_wanted));
    let mut places: Vec<PathBuf> = wanted.map(fs::DirEntry::path).take(MAX_ENTRIES).collect();
    places.sort();
    places
}
