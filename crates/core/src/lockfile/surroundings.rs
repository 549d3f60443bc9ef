//! Warnings about a project's surroundings, where they give people another Go: PATH, git,
//! editors, HOME.

use crate::checks::TOOLS;
use crate::error::{Error, untrusted};
use crate::io::file;
use crate::lockfile::Locker;
use crate::lockfile::differences::{differences, stale};
use crate::os::USER_HOME;
use crate::os::bytes::Bytes;
use crate::os::process;
use crate::project::ignored::ignored_by;
use crate::project::lock::LockFile;
use crate::project::manifest::Manifest;
use crate::resolve::resolved_go::{Origin, ResolvedToolchain};
use goward_shim::names::{LOCK_FILE, MANIFEST_FILE};
use goward_shim::sys::executable;
use goward_shim::{Environment, Tool, path_lookup};
use std::path::{Path, PathBuf};

/// What to type so that git leaves line ends alone.
pub(crate) const KEEP_LINE_ENDS: &str = "git changes line ends here; to keep those of the lock: \
     `echo 'goward.lock text eol=lf' >>.gitattributes`";

/// Longer files of git are not read, in bytes.
const MAX_SIZE: u64 = 1 << 20;

impl Locker<'_> {
    /// Says that `go` on PATH is not goward's, if it is not.
    pub fn not_first_on_path(&self) -> Option<String> {
        let path = self.session.ctx.variable("PATH").unwrap_or_default();
        let absolute = std::env::split_paths(path).filter(|place| place.is_absolute());
        let first = absolute
            .map(|place| place.join(TOOLS[0]))
            .find(|program| executable(program.as_os_str().as_bytes()).is_some());
        let entries = self.session.ctx.entries();
        let others = path_lookup::next_go(&Environment::of(&entries), Tool::Go);
        let cure = "`goward setup`, and a new shell";
        match first {
            None => Some(format!("`go` is not on PATH: {cure}")),
            Some(first) if others.as_deref() == Some(first.as_os_str().as_bytes()) => {
                Some(format!("`go` on PATH is `{}`, not goward's: {cure}", first.display()))
            }
            Some(_) => None,
        }
    }

    /// Says which of the project's files git leaves out.
    pub fn ignored_files(&self, root: &Path) -> Vec<String> {
        let ignored = |name: &str| {
            let rule = untrusted(ignored_by(&root.join(name), &self.session.ctx)?);
            Some(format!(
                "git ignores `{name}` (`{rule}`), so others do not get it; add `!{name}` there"
            ))
        };
        [MANIFEST_FILE, LOCK_FILE].into_iter().filter_map(ignored).collect()
    }

    /// Says what a lock that was just written in `root` is for, where people may expect something else.
    /// `governed` is the directory that governed before.
    pub(crate) fn notes_of_place(
        &self,
        root: &Path,
        governed: Option<&Path>,
        lock: &LockFile,
    ) -> Vec<String> {
        let mut notes = Vec::new();
        if let Some(governed) = governed {
            notes.push(format!("`{}` no longer counts here", governed.join(LOCK_FILE).display()));
        }
        if self.is_home(root) {
            let version = lock.version.number();
            notes.push(format!(
                "this is the lock of your home directory: it counts everywhere below, but in projects of their \
                 own; for a Go outside of projects: `goward default {version}`"
            ));
        }
        notes
    }

    /// Returns true for the user's home directory.
    pub(crate) fn is_home(&self, directory: &Path) -> bool {
        self.session.ctx.variable(USER_HOME).is_some_and(|home| Path::new(home) == directory)
    }

    /// Says that the lock at `path` is not what the manifest beside it asks for, or that this cannot be told.
    pub fn stale_lock(&self, path: &Path, lock: &LockFile) -> Option<Error> {
        let manifest = path.with_file_name(MANIFEST_FILE);
        if manifest.symlink_metadata().is_err() {
            return None;
        }
        match Manifest::read(&manifest) {
            Ok(manifest) => match differences(&manifest, lock) {
                Ok(differences) => stale(differences, path),
                Err(error) => Some(error),
            },
            Err(error) => Some(error),
        }
    }

    /// The same, of the lock that chose a toolchain.
    pub fn stale_resolved(&self, toolchain: &ResolvedToolchain) -> Option<Error> {
        let Origin::Lock(path) = &toolchain.origin else { return None };
        let lock = self.resolver.read_lock(path).ok().flatten()?;
        self.stale_lock(path, &lock)
    }

    /// Says that the lock that chose a toolchain is the one of the home directory, where the call is about something
    /// else.
    pub fn note_of_home(&self, toolchain: &ResolvedToolchain) -> Option<String> {
        let Origin::Lock(path) = &toolchain.origin else { return None };
        let is_homes = path.parent().is_some_and(|directory| self.is_home(directory));
        (is_homes && !self.is_home(&self.session.ctx.cwd)).then(|| {
            "that is the lock of your home directory, which counts everywhere below; this directory gets its own \
             with `goward use --here stable`"
                .to_owned()
        })
    }

    /// Says that an editor's language server that runs for the project has to start again.
    pub fn restart_gopls(&self, root: &Path) -> Option<String> {
        let is_its = |place: &PathBuf| place.starts_with(root) || root.starts_with(place);
        let runs = process::directories_of("gopls").iter().any(is_its);
        runs.then(|| {
            "gopls runs for this directory with the Go from before: restart it in your editor"
                .to_owned()
        })
    }

    /// Returns true where git gives the files of the working tree at `root` other line ends than the repository has.
    pub(crate) fn converts_line_ends(&self, root: &Path) -> bool {
        let read = |path: PathBuf| {
            let text = file::read(&path, MAX_SIZE).ok().flatten().unwrap_or_default();
            String::from_utf8_lossy(&text).to_ascii_lowercase()
        };
        let attributes: Vec<String> =
            root.ancestors().map(|directory| read(directory.join(".gitattributes"))).collect();
        let lines = || attributes.iter().flat_map(|text| text.lines());
        if lines().any(|line| line.starts_with(LOCK_FILE) || line.starts_with("*.lock")) {
            return false;
        }
        let converts =
            |line: &str| line.starts_with("* ") && (line.contains("text") || line.contains("crlf"));
        let home =
            self.session.ctx.variable(USER_HOME).map(|home| Path::new(home).join(".gitconfig"));
        let own = self
            .session
            .ctx
            .config_directory()
            .and_then(|own| Some(own.parent()?.join("git/config")));
        let settings = root.ancestors().map(|directory| directory.join(".git/config"));
        let mut settings = settings.chain(home).chain(own).map(read);
        let is_set = |line: &str| {
            let setting: String = line.split_whitespace().collect();
            setting == "autocrlf=true"
        };
        lines().any(converts) || settings.any(|text| text.lines().any(is_set))
    }
}
