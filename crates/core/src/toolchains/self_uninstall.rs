//! goward off a machine: what `goward setup` wrote, the store, what goward noted for the user, and its programs.
//!
//! First it is planned, so that a person can be asked. Nothing is removed that is not goward's: in the store only
//! what a store has, of start-up files only goward's lines, of directories only those that an installation or
//! `goward setup` made, and only when nothing is left in them.

use crate::error::{Error, Kind, Result};
use crate::fs;
use crate::shell::{self, Action, Change, ChangeKind, Direction};
use crate::store::{MADE_DIRECTORIES, Store};
use crate::toolchains::{Toolchains, made_directories};
use crate::update::Owner;
use goward_shim::names;
use std::path::{Path, PathBuf};

/// What is to be removed, and what is not.
#[derive(Clone, Debug)]
pub struct SelfUninstall {
    /// Start-up files that lose goward's line, or go.
    pub startup_files: Vec<PathBuf>,
    /// Where the store is.
    pub home: PathBuf,
    /// What goes of the store.
    pub store: Vec<PathBuf>,
    /// How many toolchains that is.
    pub toolchains: usize,
    /// What is in the store's directory and not goward's.
    pub others: Vec<String>,
    /// A process that uses a toolchain.
    pub user: Option<String>,
    /// Directories of state, cache and configuration.
    pub notes: Vec<PathBuf>,
    /// goward's programs, and the note about them; nothing where somebody else owns them.
    pub programs: Vec<PathBuf>,
    /// What removes the programs, where goward does not.
    pub advice: Option<String>,
    /// Directories that an installation made.
    made: Vec<PathBuf>,
}

impl SelfUninstall {
    /// Returns true when there is nothing to remove.
    pub fn is_empty(&self) -> bool {
        [&self.startup_files, &self.store, &self.notes, &self.programs]
            .iter()
            .all(|paths| paths.is_empty())
    }
}

impl Toolchains<'_> {
    /// Returns what is to be removed of goward; changes nothing. With `keep_toolchains` they and the choice of
    /// the default stay.
    pub fn plan_self_uninstall(&self, keep_toolchains: bool) -> Result<SelfUninstall> {
        let ctx = &self.session.ctx;
        let home = ctx.home()?;
        let store = Store::new(home.clone());
        if self.is_shared(&home) {
            let message = format!("`{}` is not goward's own directory", home.display());
            return Err(Error::new(Kind::Usage, message).detail("nothing was removed").hint(
                "remove `goward-store`, `tree`, `meta`, `link`, `project`, `tmp`, `dl`, `locks`, \
                 `trash` and `shims` in it by hand, then: `goward self uninstall`",
            ));
        }
        let startup = shell::plan(ctx, &home, Direction::Undo);
        let edited = startup.iter().filter(|edit| !matches!(edit.action, Action::Leave(_)));
        let (mut contents, others) = store.contents()?;
        let toolchains = store.list()?;
        let processes = store.processes();
        let user = toolchains.iter().find_map(|installed| store.user_of(installed, &processes));
        if keep_toolchains {
            contents.retain(|path| path.file_name().is_some_and(|name| is_of_setup(name.to_str())));
        }
        let own = [ctx.state_directory(), ctx.cache_directory(), ctx.config_directory()];
        let notes = own.into_iter().flatten().filter(|path| fs::symlink_metadata(path).is_ok());
        let owner = Owner::of(&ctx.executable);
        let advice = owner.removal(&ctx.executable);
        let programs = if advice.is_none() { programs(&ctx.executable) } else { Vec::new() };
        let mut made = made_directories::listed(&home);
        made.extend(Owner::made(&ctx.executable));
        Ok(SelfUninstall {
            startup_files: edited.map(|edit| edit.path.clone()).collect(),
            toolchains: if keep_toolchains { 0 } else { toolchains.len() },
            user: user.filter(|_| !keep_toolchains),
            notes: notes.collect(),
            home,
            store: contents,
            others,
            programs,
            advice,
            made,
        })
    }

    /// Returns true for a directory in which `tmp` and the like can be anybody's, however it is spelled: the root,
    /// and the user's home.
    fn is_shared(&self, home: &Path) -> bool {
        let Ok(home) = fs::canonicalize(home) else { return false };
        let user_home = self.session.ctx.variable(shell::USER_HOME).map(Path::new);
        let user_home = user_home.and_then(|path| fs::canonicalize(path).ok());
        home.parent().is_none() || Some(&home) == user_home.as_ref()
    }

    /// Removes what was planned, the programs last; returns what was done, and what could not be.
    pub fn self_uninstall(&self, plan: &SelfUninstall) -> Result<Vec<Change>> {
        let mut changes = self.undo_setup()?;
        changes.retain(|change| {
            let is_of_store = change.path.starts_with(&plan.home);
            change.is_problem() || !is_of_store
        });
        let store = Store::new(plan.home.clone());
        let (marker, rest): (Vec<_>, Vec<_>) =
            plan.store.iter().partition(|path| path.ends_with(names::STORE_MARKER));
        let delete = |path: &PathBuf| match store.delete(path) {
            Ok(()) => removed(path),
            Err(error) => left_alone(path, &error.into()),
        };
        let of_store: Vec<Change> = rest.into_iter().map(delete).collect();
        // With other files, or toolchains, in it the directory stays a store: a later setup can use it.
        let is_whole = plan.others.is_empty() && !of_store.iter().any(Change::is_problem);
        for path in marker.into_iter().filter(|_| is_whole) {
            store.delete(path)?;
        }
        if !plan.store.is_empty() && fs::remove_dir(&plan.home).is_ok() {
            changes.push(removed(&plan.home));
        } else {
            changes.extend(of_store);
        }
        changes.extend(plan.notes.iter().chain(&plan.programs).map(delete));
        if let Some(note) = plan.programs.last() {
            _ = note.parent().map(fs::remove_dir);
        }
        let mut made = plan.made.clone();
        // The deepest first; what something is in stays.
        made.sort_unstable_by(|a, b| b.cmp(a));
        for directory in made {
            _ = fs::remove_dir(&directory);
        }
        Ok(changes)
    }
}

/// Returns true for what `goward setup` writes into a store, and what calls of `go` leave there for the shim.
fn is_of_setup(name: Option<&str>) -> bool {
    let directories = [
        names::SHIMS_DIRECTORY,
        names::GOENV_DIRECTORY,
        names::OVERRIDE_DIRECTORY,
        shell::COMPLETIONS,
        MADE_DIRECTORIES,
    ];
    name.is_some_and(|name| {
        directories.contains(&name) || name == "env" || name.starts_with("env.")
    })
}

fn removed(path: &Path) -> Change {
    Change { path: path.to_path_buf(), what: ChangeKind::Removed }
}

fn left_alone(path: &Path, why: &Error) -> Change {
    let why = why.details().last().cloned().unwrap_or_else(|| why.message().to_owned());
    Change { path: path.to_path_buf(), what: ChangeKind::LeftAlone(why) }
}

/// Returns the programs that are there, the note about them last.
fn programs(executable: &Path) -> Vec<PathBuf> {
    let directory = executable.parent().unwrap_or(Path::new("/"));
    let programs = [names::SHIM, names::MANAGER].map(|name| directory.join(name));
    let all = programs.into_iter().chain(Owner::note(executable));
    all.filter(|path| fs::symlink_metadata(path).is_ok()).collect()
}
