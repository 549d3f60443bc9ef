//! Programs of the machine, without the environment of who runs the tests; and what pip fetches.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};

/// Where the programs of a machine are.
pub(crate) const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Returns a command with nothing in its environment but `PATH`.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("PATH", PATH);
    command
}

/// Returns where a program of the machine is.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    PATH.split(':').map(|directory| Path::new(directory).join(program)).find(|path| path.exists())
}

/// Returns true when files can be given to other users, and their rights be taken; says so where not.
/// Root of a user namespace may have nobody else in it.
pub(crate) fn can_give_away() -> bool {
    static CAN: OnceLock<bool> = OnceLock::new();
    let can = *CAN.get_or_init(|| {
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let file = directory.join(format!("given-away-{}", std::process::id()));
        fs::write(&file, "").unwrap();
        let given = std::os::unix::fs::chown(&file, Some(12345), Some(54321)).is_ok();
        fs::remove_file(&file).unwrap();
        given
    });
    if !can {
        super::skip("files of other users: only root can give files away");
    }
    can
}

/// Returns a command with the environment of who runs the tests, for the two that need it: cargo and pip.
pub(crate) fn inheriting(program: impl AsRef<OsStr>) -> Command {
    Command::new(program)
}

/// A Python.
pub(crate) struct Python {
    /// The interpreter, and not a script that chooses one.
    pub(crate) program: PathBuf,
    /// The directory with its `pip`.
    pub(crate) bin: PathBuf,
}

/// Returns the Python that `PATH` names.
pub(crate) fn python() -> Option<&'static Python> {
    static FOUND: OnceLock<Option<Python>> = OnceLock::new();
    let find = || {
        let print = ["-c", "import sys; print(sys.executable); print(sys.prefix)"];
        let output = inheriting("python3").args(print).output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        let (program, prefix) = text.trim_end().split_once('\n')?;
        Some(Python { program: program.into(), bin: Path::new(prefix).join("bin") })
    };
    FOUND.get_or_init(find).as_ref()
}

/// Returns the directory that keeps wheels between runs: `GOWARD_TEST_WHEELS`, or one below `target/`.
pub(crate) fn wheels() -> &'static Path {
    static DIRECTORY: OnceLock<PathBuf> = OnceLock::new();
    DIRECTORY.get_or_init(|| {
        let said = std::env::var_os("GOWARD_TEST_WHEELS").filter(|value| !value.is_empty());
        let base = Path::new(env!("CARGO_MANIFEST_DIR"));
        said.map_or_else(
            || Path::new(env!("CARGO_TARGET_TMPDIR")).join("wheels"),
            |path| base.join(path),
        )
    })
}

/// Returns where the directory of wheels has what `tests/wheels.tsv` calls `name`. What is not there, the user's
/// own pip fetches as it is configured; `tests/run` does so before anything else. Nothing else in these tests
/// leaves the machine.
///
/// # Errors
///
/// What pip says.
pub(crate) fn fetch(name: &str) -> Result<PathBuf, String> {
    static FAILED: Mutex<BTreeMap<String, String>> = Mutex::new(BTreeMap::new());
    // One at a time, and nobody waits twice for an index that does not answer.
    let mut failed = FAILED.lock().unwrap_or_else(PoisonError::into_inner);
    let path = wheels().join(name);
    if path.exists() {
        return Ok(path);
    }
    if let Some(why) = failed.get(name) {
        return Err(why.clone());
    }
    download(name, &path)
        .map(|()| path)
        .inspect_err(|why| _ = failed.insert(name.to_owned(), why.clone()))
}

fn download(name: &str, path: &Path) -> Result<(), String> {
    let rows = include_str!("../wheels.tsv").lines().map(|line| line.split('\t'));
    let found = rows.into_iter().find_map(|mut row| (row.next()? == name).then(|| row.nth(1))?);
    let arguments = found.ok_or_else(|| format!("`tests/wheels.tsv` does not list {name}"))?;
    let python = python().ok_or("there is no python3")?;
    let partial = wheels().join(format!(".new-{}", std::process::id()));
    fs::create_dir_all(&partial).map_err(|error| format!("{}: {error}", partial.display()))?;
    let mut pip = inheriting(&python.program);
    pip.args(["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input"]);
    pip.arg("--dest").arg(&partial).args(arguments.split(' ')).stdin(Stdio::null());
    let output = pip.output().map_err(|error| error.to_string())?;
    let done = if output.status.success() {
        // What was interrupted never has the name of what is complete.
        let is_wheel = Path::new(name).extension() == Some(OsStr::new("whl"));
        let from = if is_wheel { partial.join(name) } else { partial.clone() };
        fs::rename(from, path).map_err(|error| format!("{name}: {error}"))
    } else {
        let said = String::from_utf8_lossy(&output.stderr);
        Err(format!("pip download: {}", said.trim_end().lines().last().unwrap_or_default()))
    };
    _ = fs::remove_dir_all(&partial);
    done
}

/// Installs a Python package and what it needs below `target/`, once, from kept wheels; `None`, after
/// saying so, where they cannot be had.
pub(crate) fn python_package(name: &str, requirements: &[&str]) -> Option<PathBuf> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("python").join(name);
    let done = place.join("installed");
    if !done.exists() {
        let wheels = match fetch(name) {
            Ok(wheels) => wheels,
            Err(why) => {
                super::skip(&format!("{name} cannot be had from the Python index: {why}"));
                return None;
            }
        };
        let mut pip = command(&python().unwrap().program);
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--upgrade"]);
        pip.args(["--no-index", "--find-links"]).arg(&wheels).arg("--target").arg(&place);
        let output = pip.args(requirements).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        fs::write(&done, "").unwrap();
    }
    Some(place)
}

/// Returns the directory with `node_modules` of a package of npm's and what it needs; `None`, after saying
/// so, where it cannot be had. `tests/run` fetches what `tests/npm.tsv` lists; no script of a package runs.
pub(crate) fn npm_package(name: &str) -> Option<PathBuf> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let rows = include_str!("../npm.tsv").lines();
    let is_listed = rows.into_iter().any(|row| row.split('\t').next() == Some(name));
    assert!(is_listed, "`tests/npm.tsv` does not list {name}");
    let place = wheels().join(format!("npm-{}", name.replace('/', "-")));
    if place.exists() {
        return Some(place);
    }
    let partial = wheels().join(format!(".new-npm-{}", std::process::id()));
    fs::create_dir_all(&partial).unwrap();
    let mut npm = inheriting("npm");
    npm.arg("install").arg("--prefix").arg(&partial);
    npm.args(["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error", name]);
    let failed = match npm.stdin(Stdio::null()).output() {
        Ok(output) if output.status.success() => {
            fs::rename(&partial, &place).unwrap();
            return Some(place);
        }
        Ok(output) => String::from_utf8_lossy(&output.stderr).into_owned(),
        Err(error) => error.to_string(),
    };
    _ = fs::remove_dir_all(&partial);
    super::skip(&format!(
        "{name} cannot be had from npm: {}",
        failed.lines().next().unwrap_or_default()
    ));
    None
}
