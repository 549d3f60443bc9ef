//! Remove what nobody uses: toolchains, and what was left over.

use crate::error::Result;
use crate::install::lock_wait_reporter::LockWaitReporter;
use crate::install::projects::is_gone;
use crate::os::bytes::{self, Bytes};
use crate::platform::Platform;
use crate::store::{
    InstalledToolchain, PendingRemoval, Processes, StaleFile, StaleKind, Store, flock,
};
use crate::toolchains::Toolchains;
use crate::version::link_name::LinkName;
use goward_shim::pins::Isolation;
use goward_shim::{goenv_file, layout};
use std::collections::BTreeMap;
use std::fmt;
use std::fmt::Display;
use std::path::PathBuf;
use std::time::Duration;

/// The lock that one collection at a time holds.
const LOCK: &str = "gc";

/// What to remove.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// Change nothing.
    pub dry_run: bool,
    /// Only toolchains that nobody used for so long.
    pub older_than: Option<Duration>,
    /// How many of what nothing uses stay, the newest first.
    pub keep: usize,
    /// Delete what is in the trash without waiting.
    pub now: bool,
}

/// Why a toolchain stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RetainReason {
    /// It is the default outside of projects.
    Default,
    /// It is linked under a name.
    Link(LinkName),
    /// The lock of a project names it.
    Project(PathBuf),
    /// A process uses it.
    Process(String),
    /// It was used not long ago.
    Recent,
    /// It is one of the newest.
    Newest,
}

impl RetainReason {
    /// Returns the word for it, as in JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Link(_) => "link",
            Self::Project(_) => "project",
            Self::Process(_) => "process",
            Self::Recent => "recent",
            Self::Newest => "newest",
        }
    }
}

impl Display for RetainReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("the default outside of projects"),
            Self::Link(name) => write!(f, "linked as `{name}`"),
            Self::Project(lock) => write!(f, "used by `{}`", lock.display()),
            Self::Process(user) => write!(f, "used by {user}"),
            Self::Recent => f.write_str("used not long ago"),
            Self::Newest => f.write_str("one of the newest"),
        }
    }
}

/// An installed toolchain, and what becomes of it.
#[derive(Clone, Debug)]
pub struct GcDecision {
    /// The toolchain.
    pub installed: InstalledToolchain,
    /// Its size on disk.
    pub bytes: u64,
    /// Why it stays; `None` for one that goes.
    pub reason: Option<RetainReason>,
}

/// What was found and done.
#[derive(Clone, Debug, Default)]
pub struct GcReport {
    /// Every installed toolchain.
    pub decisions: Vec<GcDecision>,
    /// What was left over and is removed.
    pub leftovers: Vec<StaleFile>,
    /// Locks that are gone, with what goward knew of them.
    pub forgotten: Vec<PathBuf>,
    /// What is in the trash now and will be deleted.
    pub waiting: Vec<PendingRemoval>,
}

impl GcReport {
    /// Returns the toolchains that go.
    pub fn gone(&self) -> impl Iterator<Item = &GcDecision> {
        self.decisions.iter().filter(|decision| decision.reason.is_none())
    }
}

/// Returns what lies in the trash long enough, or at all, and is used by nobody.
fn expired(store: &Store, plan: &Plan) -> Result<Vec<StaleFile>> {
    let processes = store.processes();
    let is_expired = |removal: &PendingRemoval| {
        (plan.now || store.is_expired(removal)) && removal.user(&processes).is_none()
    };
    let leftover = |removal: PendingRemoval| {
        let (kind, path) = (StaleKind::Trash, removal.path().to_owned());
        StaleFile { kind, bytes: store.size_of(&path), path }
    };
    Ok(store.pending_removals()?.into_iter().filter(is_expired).map(leftover).collect())
}

impl Toolchains<'_> {
    /// Removes what nobody uses, as `plan` says.
    ///
    /// # Errors
    ///
    /// When the store cannot be read or written. What was removed before that stays so.
    pub fn collect(&self, plan: &Plan) -> Result<GcReport> {
        let store = self.session.store()?;
        if !store.home().is_dir() {
            return Ok(GcReport::default());
        }
        // Before recovery, which deletes them; those that stay are left out in the end.
        let expired = expired(&store, plan)?;
        let _lock = if plan.dry_run {
            None
        } else {
            store.recover()?;
            let mut waiting = LockWaitReporter::new(self.session.ui);
            Some(store.lock(LOCK, "gc", flock::PATIENCE, &mut |holder| waiting.tell(holder))?)
        };
        let processes = store.processes();
        if !processes.are_shown() {
            self.session.ui.warn(
                "this system shows no processes, so none keeps a toolchain that it uses; what is \
                 removed stays in the trash for its grace period, and with `--now` not even that",
            );
        }
        let mut report = GcReport { leftovers: expired, ..GcReport::default() };
        self.forget_projects(&store, plan, &mut report)?;
        report.decisions = self.decisions(&store, plan, &processes)?;
        let others = store.leftovers(&processes, &self.goenv_files(&store), plan.now)?;
        if plan.dry_run {
            report.leftovers.extend(others);
            return Ok(report);
        }
        for decision in report.gone() {
            store.retire(&decision.installed)?;
        }
        for leftover in others {
            if store.remove_leftover(&leftover)? {
                report.leftovers.push(leftover);
            }
        }
        if plan.now {
            store.empty_trash()?;
        }
        report.waiting = store.pending_removals()?;
        report.leftovers.retain(|leftover| {
            leftover.kind != StaleKind::Trash || leftover.path.symlink_metadata().is_err()
        });
        Ok(report)
    }

    /// Decides about every installed toolchain.
    fn decisions(
        &self,
        store: &Store,
        plan: &Plan,
        processes: &Processes,
    ) -> Result<Vec<GcDecision>> {
        let (links, default) = (store.links()?, self.resolver.default_key()?);
        let projects = self.installer.keys_of_projects(store)?;
        let now = store.now();
        let mut left: BTreeMap<Platform, usize> = BTreeMap::new();
        let mut counted = crate::store::SeenInodes::new();
        let mut decisions = Vec::new();
        // The newest first, for those that are counted.
        for installed in store.list()?.into_iter().rev() {
            let key = &installed.key;
            let link = links.iter().find(|(_, linked)| *linked == key);
            let process = || store.user_of(&installed, processes);
            let is_recent = || {
                let used = store.last_used(&installed);
                plan.older_than.is_some_and(|least| match (now, used) {
                    (Some(now), Some(used)) => now.duration_since(used).unwrap_or_default() < least,
                    _ => true,
                })
            };
            let mut reason = if default.as_ref() == Some(key) {
                Some(RetainReason::Default)
            } else if let Some((name, _)) = link {
                Some(RetainReason::Link(name.clone()))
            } else if let Some(lock) = projects.get(key) {
                Some(RetainReason::Project(lock.clone()))
            } else if let Some(user) = process() {
                Some(RetainReason::Process(user))
            } else {
                is_recent().then_some(RetainReason::Recent)
            };
            if reason.is_none() {
                let number = left.entry(installed.receipt.platform).or_default();
                *number += 1;
                reason = (*number <= plan.keep).then_some(RetainReason::Newest);
            }
            let bytes = store.disk(&installed, &mut counted)?;
            decisions.push(GcDecision { installed, bytes, reason });
        }
        decisions.reverse();
        Ok(decisions)
    }

    /// Forgets projects and records of trust whose locks are gone.
    fn forget_projects(&self, store: &Store, plan: &Plan, report: &mut GcReport) -> Result<()> {
        for project in store.projects()?.into_iter().filter(is_gone) {
            if !plan.dry_run {
                store.forget_project(&project)?;
            }
            report.forgotten.push(project.lock);
        }
        for record in self.resolver.trusted()?.into_iter().filter(|record| record.state == "gone") {
            if !plan.dry_run {
                self.resolver.revoke(Some(&record.path), false)?;
            }
            if !report.forgotten.contains(&record.path) {
                report.forgotten.push(record.path);
            }
        }
        Ok(())
    }

    /// Returns the copies of the user's own file of `go env -w` that are right now.
    pub(crate) fn goenv_files(&self, store: &Store) -> Vec<PathBuf> {
        let entries = self.session.ctx.entries();
        let env = self.session.ctx.environment(&entries);
        let home = store.home().as_os_str().as_bytes();
        let current = |isolation| goenv_file::locate(home, isolation, &env).path.into_bytes();
        let none = |isolation: Isolation| {
            let name = format!("{}-{}", isolation.name(), goenv_file::NONE);
            let directory = layout::join(home, goward_shim::names::GOENV_DIRECTORY.as_bytes());
            layout::join(&directory, name.as_bytes())
        };
        let paths = Isolation::ALL.into_iter().flat_map(|one| [current(one), none(one)]);
        paths.map(bytes::into_path).collect()
    }
}
