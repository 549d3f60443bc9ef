//! Shells: the start-up files that put goward's `go` first on PATH, and text for `eval`.
//!
//! `toolchains::setup` calls [`setup`] and [`undo`]; `goward env --shell` calls [`env_snippet`]. Scripts
//! in the store, `env`, `env.fish` and `env.nu`, do the work. Start-up files only get one marked line each,
//! which runs the script if it is there, so that deleting the store by hand breaks no shell. On
//! Windows PATH is in the registry, and profiles of `PowerShell` get a line that runs `env.ps1`.
//!
//! What a person wrote is never lost: files are replaced whole or not at all, keep their mode and
//! owner, and are edited behind a link, not instead of it. What cannot be edited safely is left
//! alone and reported. A second [`setup`] changes nothing; [`undo`] takes back exactly the lines of
//! the same store.

mod bash;
mod fish;
mod nu;
mod path_entries;
mod powershell;
mod script;
mod startup;
mod stored_path;
mod syntax;
mod zsh;

use crate::ctx::Ctx;
use crate::error::{Error, Kind, Result, near_match, untrusted};
use crate::fs;
use crate::os::ABSOLUTE_PATH;
use std::ffi::OsStr;
use std::fmt::{self, Display};
use std::io;
use std::path::{Path, PathBuf};

pub use crate::os::USER_HOME;
pub use script::COMPLETIONS;
pub use startup::{Action, Direction, Edit, apply, plan};
pub use stored_path::programs_of_machine;
pub use syntax::Syntax;

/// A shell whose start-up files goward can edit.
pub trait Shell: Sync {
    /// Returns the name of its program.
    fn name(&self) -> &'static str;

    /// Returns the language of its start-up files.
    fn syntax(&self) -> Syntax;

    /// Returns the files that have to run the script for every kind of session to have it.
    /// `user_home` is the user's home directory, absolute.
    fn startup_files(&self, ctx: &Ctx, user_home: &Path) -> Vec<StartupFile>;
}

/// Every shell that [`setup`] knows.
pub const SHELLS: &[&dyn Shell] = if cfg!(windows) {
    &[&powershell::PowerShell]
} else {
    &[&bash::Bash, &fish::Fish, &nu::Nu, &zsh::Zsh]
};

/// Languages of [`env_snippet`]: `sh` is whatever else reads POSIX syntax.
const SNIPPETS: &[(&str, Syntax)] = &[
    ("bash", Syntax::Posix),
    ("fish", Syntax::Fish),
    ("nu", Syntax::Nu),
    ("powershell", Syntax::PowerShell),
    ("sh", Syntax::Posix),
    ("zsh", Syntax::Posix),
];

/// The shells whose completions a store can have, and the files of these.
pub const COMPLETION_FILES: [(&str, &str); 4] = [
    ("bash", "goward.bash"),
    ("fish", "goward.fish"),
    (POWERSHELL, "goward.ps1"),
    ("zsh", "goward.zsh"),
];

/// The shell of Windows.
pub const POWERSHELL: &str = "powershell";

/// A file that a shell reads when it starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartupFile {
    /// Where it is, or would be.
    pub path: PathBuf,
    /// Whether it is made when it does not exist.
    pub create: bool,
}

/// One file that was changed, or was not although it should have been.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The file; for one behind a link, the link's target.
    pub path: PathBuf,
    /// What happened to it.
    pub what: ChangeKind,
}

/// What happened to a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// It did not exist.
    Created,
    /// Its content changed.
    Edited,
    /// Nothing was left in it that was not goward's.
    Removed,
    /// It could not be edited safely; why not.
    LeftAlone(String),
}

impl Change {
    /// Returns true for a file that was left alone: worth a warning.
    pub fn is_problem(&self) -> bool {
        matches!(self.what, ChangeKind::LeftAlone(_))
    }
}

impl Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match &self.what {
            ChangeKind::Created => write!(f, "created `{path}`"),
            ChangeKind::Edited => write!(f, "edited `{path}`"),
            ChangeKind::Removed => write!(f, "removed `{path}`"),
            ChangeKind::LeftAlone(reason) => write!(f, "left `{path}` alone: {reason}"),
        }
    }
}

/// Writes the scripts into the store at `home` and has the user's shells run them.
///
/// `bin_dir` is the directory of goward's own executable.
pub fn setup(ctx: &Ctx, home: &Path, bin_dir: &Path) -> Result<Vec<Change>> {
    let mut changes = write_scripts(home, bin_dir)?;
    changes.extend(stored_path::edit(home, Direction::Setup));
    changes.extend(plan(ctx, home, Direction::Setup).into_iter().map(apply));
    Ok(changes)
}

/// Writes `env`, `env.fish` and `env.nu`, on Windows `env.ps1`, into the store at `home`, for people who edit their start-up files
/// themselves.
pub fn write_scripts(home: &Path, bin_dir: &Path) -> Result<Vec<Change>> {
    check_directory(home, &format!("choose another place: `GOWARD_HOME={ABSOLUTE_PATH}`"))?;
    if !cfg!(windows) {
        check_directory(bin_dir, "install goward in another directory")?;
    }
    fs::create_dir_all(home)?;
    let mut changes = Vec::new();
    for (path, text) in script::all(home, bin_dir) {
        changes.extend(script::write(&path, &text)?.map(|what| Change { path, what }));
    }
    Ok(changes)
}

/// Writes completions into the store at `home`, each under the name of its file; the scripts read them.
pub fn write_completions(home: &Path, completions: &[(String, String)]) -> Result<Vec<Change>> {
    let written = script::write_completions(home, completions)?;
    Ok(written.into_iter().map(|(path, what)| Change { path, what }).collect())
}

/// Takes back what [`setup`] did for the store at `home`.
pub fn undo(ctx: &Ctx, home: &Path) -> Result<Vec<Change>> {
    let mut changes: Vec<Change> = stored_path::edit(home, Direction::Undo).into_iter().collect();
    changes.extend(plan(ctx, home, Direction::Undo).into_iter().map(apply));
    let mut files: Vec<_> =
        script::all(home, Path::new("/")).into_iter().map(|(path, _)| path).collect();
    let completions = home.join(COMPLETIONS);
    files.extend(COMPLETION_FILES.map(|(_, name)| completions.join(name)));
    for path in files {
        match fs::remove_file(&path) {
            Ok(()) => changes.push(Change { path, what: ChangeKind::Removed }),
            Err(error) if is_absent(&error) => {}
            Err(error) => return Err(error.into()),
        }
    }
    _ = fs::remove_dir(&completions);
    Ok(changes)
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// Renders variables for `eval` in the shell called `shell`: one line each, `None` unsets.
///
/// Values may hold anything, bytes that are not UTF-8 included (but for PowerShell).
pub fn env_snippet(shell: &str, assignments: &[(&str, Option<&OsStr>)]) -> Result<String> {
    let Some((_, syntax)) = SNIPPETS.iter().find(|(name, _)| *name == shell) else {
        let names: Vec<&str> = SNIPPETS.iter().map(|(name, _)| *name).collect();
        let hint = match near_match(shell, names.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("shells: {}", names.join(", ")),
        };
        let message = format!("unknown shell `{}`", untrusted(shell));
        return Err(Error::new(Kind::Usage, message).hint(hint));
    };
    assignments.iter().map(|(name, value)| syntax.assign(name, *value)).collect()
}

/// Returns `path` as a person types it: quoted where the shell would read something else.
pub fn word(path: &Path) -> String {
    let (syntax, signs): (_, &[u8]) = if cfg!(windows) {
        (Syntax::PowerShell, br"\/._-+:")
    } else {
        (Syntax::Posix, b"/._-+@%:,=")
    };
    let plain = |b: &u8| b.is_ascii_alphanumeric() || signs.contains(b);
    let quoted = || syntax.quote(path.as_os_str());
    let bytes = path.as_os_str().as_encoded_bytes();
    let is_plain = !bytes.is_empty() && bytes.iter().all(plain);
    quoted().filter(|_| !is_plain).unwrap_or_else(|| path.display().to_string())
}

/// Refuses directories that cannot be written as one entry of PATH, or on one line.
fn check_directory(path: &Path, hint: &str) -> Result<()> {
    let text = path.as_os_str().as_encoded_bytes();
    let problem = if !path.is_absolute() {
        "it is not absolute"
    } else if cfg!(windows) && text.contains(&b';') {
        "`;` separates the entries of PATH"
    } else if cfg!(windows) && text.contains(&b'%') {
        "`%` begins the name of a variable in PATH"
    } else if !cfg!(windows) && text.contains(&b':') {
        "`:` separates the entries of PATH"
    } else if text.contains(&b'\n') {
        "it holds a line feed"
    } else {
        return Ok(());
    };
    let shown = untrusted(path.to_string_lossy());
    let message = format!("cannot put `{shown}` on PATH: {problem}; nothing was changed");
    Err(Error::new(Kind::Usage, message).hint(hint))
}

/// Returns true when the user has or uses the shell called `name`.
fn is_in_use(ctx: &Ctx, name: &str) -> bool {
    let is_login_shell = || Path::new(ctx.variable("SHELL")?).file_name();
    let is_program = |path: PathBuf| fs::metadata(path).is_ok_and(|m| m.is_program());
    is_login_shell() == Some(OsStr::new(name))
        || ctx.variable("PATH").is_some_and(|path| {
            std::env::split_paths(path).any(|directory| is_program(directory.join(name)))
        })
}

/// Returns true when something is at `path`, even a link that leads nowhere.
fn is_there(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

// Start-up files of shells that Windows does not have.
#[cfg(unix)]
#[cfg(test)]
mod tests;
