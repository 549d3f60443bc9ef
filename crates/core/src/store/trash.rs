//! Toolchains that were removed, until nobody can be using them.
//!
//! A build that runs finds every file at any moment: a removed tree stays where it is, without a
//! receipt, for as long as a process uses it. Then its programs go, so that nobody can start it any
//! more, and the rest stays for a grace period, for what cannot be seen from here: a call that is
//! just beginning, users and machines that share the store. The grave, `trash/gone-<key>.<random>`,
//! says that the tree is to go, and since when. A tree goes into its grave only when the same
//! toolchain is installed again.

#[cfg(test)]
mod tests;

use crate::fs;
use crate::os::mode;
use crate::store::error::Result;
use crate::store::process_scan::Processes;
use crate::store::stale_files::RecoveryReport;
use crate::store::{Store, durable, entries, goroot, is_directory};
use goward_shim::names;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

/// The start of every name of a grave.
pub(super) const PREFIX: &str = "gone-";

/// The tree in a grave.
const TREE: &str = "tree";

/// The programs of a tree that is still where it was, in its grave.
const PROGRAMS: &str = "programs";

/// How long graves stay.
const GRACE: Duration = Duration::from_secs(24 * 60 * 60);

/// How long they do on file systems of several machines, whose processes cannot be seen.
const NETWORK_GRACE: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// How long a system may take to begin a program.
const BEGINNING: Duration = Duration::from_millis(20);

/// A removed toolchain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingRemoval {
    name: String,
    key: String,
    path: PathBuf,
    place: PathBuf,
}

impl PendingRemoval {
    fn at(store: &Store, path: PathBuf) -> Option<Self> {
        let name = path.file_name()?.to_str()?.to_owned();
        let key = name.strip_prefix(PREFIX)?.rsplit_once('.')?.0.to_owned();
        let spot = path.join(TREE);
        let place = if is_directory(&spot) { spot } else { store.place("tree", &key) };
        super::is_key(&key).then_some(Self { name, key, path, place })
    }

    /// Returns its name in the trash.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns what the toolchain was called.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Returns where its files are.
    pub fn place(&self) -> &Path {
        &self.place
    }

    /// Returns what says that it was removed.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns where its tree comes when the toolchain is installed again.
    pub(super) fn spot(&self) -> PathBuf {
        self.path.join(TREE)
    }

    /// Returns true while its tree is where it was.
    fn is_open(&self) -> bool {
        self.place != self.spot()
    }

    /// Returns the programs that were taken out of its tree: their paths there, and where they are.
    pub fn programs(&self) -> Vec<(String, PathBuf)> {
        let apart =
            goroot::programs().map(|(tool, path)| (path, self.path.join(PROGRAMS).join(tool)));
        apart.filter(|(_, place)| fs::symlink_metadata(place).is_ok()).collect()
    }

    /// Takes away one in which nothing lies.
    pub(super) fn close(&self) {
        _ = fs::remove_dir(&self.path);
    }

    /// Takes a program out of its tree: there nobody can start it any more, and with it the release
    /// is whole.
    fn take_program(&self, program: &Path, tool: &str) -> io::Result<()> {
        fs::symlink_metadata(program)?;
        let directory = self.path.join(PROGRAMS);
        match fs::create_dir_with_mode(&directory, 0o700) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
            _ => fs::rename(program, directory.join(tool)),
        }
    }

    /// Returns a process that uses it.
    pub fn user(&self, processes: &Processes) -> Option<String> {
        let places = [format!("trash/{}", self.name), format!("tree/{}", self.key)];
        let named = processes.user_of(&places.each_ref().map(String::as_str));
        let program = goroot::place_in(&self.place, names::GO);
        let user = named.or_else(|| processes.runner_of(&program));
        user.map(|user| user.to_string())
    }
}

impl Store {
    /// Returns the graves.
    pub fn pending_removals(&self) -> Result<Vec<PendingRemoval>> {
        let found = entries(&self.home().join("trash"))?;
        let mut pending_removals: Vec<_> =
            found.iter().filter_map(|entry| PendingRemoval::at(self, entry.path())).collect();
        pending_removals.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(pending_removals)
    }

    /// Returns true when nobody can be using a grave any more, whatever cannot be seen.
    pub fn is_expired(&self, removal: &PendingRemoval) -> bool {
        let least = if self.is_on_network() { NETWORK_GRACE } else { GRACE };
        self.is_older(&removal.path, least)
    }

    /// Returns the grave of a tree that is still where it was.
    pub(super) fn open_removal(&self, key: &str) -> Result<Option<PendingRemoval>> {
        Ok(self
            .pending_removals()?
            .into_iter()
            .find(|removal| removal.key == key && removal.is_open()))
    }

    /// Returns true for a toolchain that was removed, and whose tree waits for those who use it.
    pub fn is_on_its_way_out(&self, key: &str) -> bool {
        !self.has_receipt(key) && self.open_removal(key).is_ok_and(|removal| removal.is_some())
    }

    /// Makes a grave for what is installed as `key`, unless nothing is there. From then on, a tree
    /// without a receipt is one that is being removed, not one that was about to be installed.
    pub(super) fn prepare_removal(&self, key: &str) -> Result<Option<PendingRemoval>> {
        if !is_directory(&self.place("tree", key)) {
            return Ok(None);
        }
        if let Some(removal) = self.open_removal(key)? {
            if !self.has_receipt(key) {
                return Ok(Some(removal));
            }
            // Somebody began to remove it and was interrupted; it was in use since.
            removal.close();
        }
        let prefix = format!("{PREFIX}{key}.");
        let mut builder = tempfile::Builder::new();
        // Those who build with it go on reading there; the umask takes its part.
        mode::of_random(builder.prefix(&prefix), 0o755);
        let made = fs::retry(|| builder.tempdir_in(self.home().join("trash")));
        Ok(PendingRemoval::at(self, made.map_err(|error| self.explain(error))?.keep()))
    }

    fn has_receipt(&self, key: &str) -> bool {
        fs::symlink_metadata(self.receipt_path(key)).is_ok()
    }

    /// Sees to it that nobody can start a removed toolchain, unless a process uses it; returns
    /// whether none does. Right at any time, also after a crash.
    pub(super) fn settle(&self, removal: &PendingRemoval, processes: &Processes) -> Result<bool> {
        if removal.is_open() && self.has_receipt(&removal.key) {
            return Ok(true);
        }
        if removal.user(processes).is_some() {
            return Ok(false);
        }
        for (tool, path) in goroot::programs() {
            let program = removal.place.join(path);
            match removal.take_program(&program, tool).or_else(|_| fs::remove_file(program)) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(self.explain(error));
                }
                _ => {}
            }
        }
        Ok(true)
    }

    /// Deletes a grave for good, and its tree. Returns false, and deletes nothing, while a process
    /// uses it.
    pub(super) fn purge(&self, removal: &PendingRemoval, processes: &Processes) -> Result<bool> {
        if !self.settle(removal, processes)? {
            return Ok(false);
        }
        if !(removal.is_open() && self.has_receipt(&removal.key)) {
            // A call that found the program just before begins to run it now.
            sleep(BEGINNING);
            if removal.user(&self.processes()).is_some() {
                return Ok(false);
            }
            if !self.discard_unless_held(&removal.place)? {
                return Ok(false);
            }
        }
        self.discard(&removal.path)?;
        Ok(true)
    }

    /// Goes on with every removal and deletes the graves whose time has come, or with `now` all
    /// that nobody uses.
    pub(super) fn clear_graves(&self, now: bool, recovered: &mut RecoveryReport) -> Result<()> {
        let pending_removals = self.pending_removals()?;
        if pending_removals.is_empty() {
            return Ok(());
        }
        let processes = self.processes();
        for removal in pending_removals {
            if !now && !self.is_expired(&removal) {
                self.settle(&removal, &processes)?;
            } else if self.purge(&removal, &processes)? {
                recovered.removed += 1;
            }
        }
        Ok(())
    }

    /// Deletes what is in the trash and used by nobody, without waiting.
    pub fn empty_trash(&self) -> Result<()> {
        let lock = self.lock(durable::LOCK, "empty the trash", durable::PATIENCE, &mut |_| {})?;
        let emptied = self.clear_graves(true, &mut RecoveryReport::default());
        drop(lock);
        emptied
    }

    /// Looks at the processes of this machine.
    pub fn processes(&self) -> Processes {
        Processes::look(self)
    }
}
