//! Where toolchains lie that were removed, until nobody can be using them: `trash/gone-<key>.<random>`.
//!
//! A build that runs finds every file at any moment. The tree's own name becomes a link to the grave in
//! the same step in which the tree comes there; the root then leads to the grave; and only when no process
//! uses the toolchain that link goes, so that nobody can start it any more. Tree and root stay for a grace
//! period, for what cannot be seen from here: a call that is just beginning, users and machines
//! that share the store.

use super::{Recovered, Store, delete, entries, in_use::Processes, is_directory, publish, root};
use crate::error::{Error, Kind, Result};
use fs_err as fs;
use std::fs::Permissions;
use std::io::{self, ErrorKind};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

/// The start of every name of a grave.
const PREFIX: &str = "gone-";
/// How long graves stay.
const GRACE: Duration = Duration::from_secs(24 * 60 * 60);
/// How long they do on file systems of several machines, whose processes cannot be seen.
const NETWORK_GRACE: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// How long a system may take to begin a program.
const BEGINNING: Duration = Duration::from_millis(20);

/// A removed toolchain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grave {
    name: String,
    key: String,
    path: PathBuf,
}

impl Grave {
    fn at(path: PathBuf) -> Option<Self> {
        let name = path.file_name()?.to_str()?.to_owned();
        let key = name.strip_prefix(PREFIX)?.rsplit_once('.')?.0.to_owned();
        super::is_key(&key).then_some(Self { name, key, path })
    }

    /// Returns its name in the trash.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns what the toolchain was called.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Returns where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns what the tree's own name links to.
    fn link(&self) -> PathBuf {
        Path::new("../trash").join(&self.name).join("tree")
    }

    /// Returns true when nothing lies in it; perhaps the link is there that is to be swapped.
    fn is_open(&self) -> bool {
        let spot = self.path.join("tree");
        let is_link = || fs::read_link(&spot).is_ok_and(|target| target == self.link());
        fs::symlink_metadata(&spot).is_err() || is_link()
    }

    /// Takes away one in which nothing lies.
    pub(super) fn close(&self) {
        _ = fs::remove_dir(&self.path);
    }

    /// Returns a process that uses it.
    pub fn user(&self, processes: &Processes) -> Option<String> {
        let grave = format!("trash/{}", self.name);
        let [tree, root] = ["tree", "root"].map(|kind| format!("{kind}/{}", self.key));
        let named = processes.user_of(&[&grave, &tree, &root]);
        let user = named.or_else(|| processes.runner_of(&self.path.join("tree/bin/go")));
        user.map(ToString::to_string)
    }
}

impl Store {
    /// Returns the graves.
    ///
    /// # Errors
    ///
    /// When the trash cannot be read.
    pub fn graves(&self) -> Result<Vec<Grave>> {
        let found = entries(&self.home().join("trash"))?;
        let mut graves: Vec<_> = found.iter().filter_map(|entry| Grave::at(entry.path())).collect();
        graves.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(graves)
    }

    /// Returns true when nobody can be using a grave any more, whatever cannot be seen.
    pub fn is_expired(&self, grave: &Grave) -> bool {
        let least = if self.is_on_network() { NETWORK_GRACE } else { GRACE };
        self.is_older(&grave.path, least)
    }

    /// Returns a grave of `key` in which nothing lies yet.
    pub(super) fn open_grave(&self, key: &str) -> Result<Option<Grave>> {
        Ok(self.graves()?.into_iter().find(|grave| grave.key == key && grave.is_open()))
    }

    /// Makes a grave for what is installed as `key`, unless nothing is there. From then on, a tree without
    /// a receipt is one that is being removed, not one that was about to be installed.
    pub(super) fn dig(&self, key: &str) -> Result<Option<Grave>> {
        let tree = self.place("tree", key);
        if fs::symlink_metadata(&tree).is_err() {
            return Ok(None);
        }
        // Somebody began, and was interrupted: before the tree came into the grave, or after.
        let lies_in = |grave: &Grave| fs::read_link(&tree).is_ok_and(|to| to == grave.link());
        let begun = self.graves()?.into_iter().find(|grave| grave.key == key && lies_in(grave));
        if let Some(grave) = begun.map_or_else(|| self.open_grave(key), |grave| Ok(Some(grave)))? {
            return Ok(Some(grave));
        }
        let made = tempfile::Builder::new()
            .prefix(&format!("{PREFIX}{key}."))
            // Those who build with it go on reading there; the umask takes its part.
            .permissions(Permissions::from_mode(0o777))
            .tempdir_in(self.home().join("trash"));
        Ok(Grave::at(made.map_err(|error| self.explain(error))?.keep()))
    }

    /// Moves what is installed under the grave's key, and has no receipt any more, into the grave. Returns
    /// it, unless what was there had to be deleted at once.
    pub(super) fn bury(&self, grave: Grave) -> Result<Option<Grave>> {
        let tree = self.place("tree", &grave.key);
        let lies_there = fs::read_link(&tree).is_ok_and(|to| to == grave.link());
        match if lies_there { Ok(()) } else { Self::swap_into(&tree, &grave) } {
            Ok(()) => {}
            // A layer of a container, whose directories cannot be moved.
            Err(error) if error.kind() == ErrorKind::CrossesDevices => {
                self.delete_in_place(&tree, &grave)?;
                return Ok(None);
            }
            // The grave stays open, for the next who clears up.
            Err(error) => return Err(self.explain(error)),
        }
        self.settle(&grave, &self.processes())?;
        Ok(Some(grave))
    }

    fn swap_into(tree: &Path, grave: &Grave) -> io::Result<()> {
        let spot = grave.path.join("tree");
        if fs::symlink_metadata(&spot).is_err() {
            fs_err::os::unix::fs::symlink(grave.link(), &spot)?;
        }
        delete::make_movable(tree)?;
        match publish::exchange(tree, &spot) {
            Err(error)
                if matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) =>
            {
                // Without such a step there is a moment without the tree.
                fs::remove_file(&spot)?;
                fs::rename(tree, &spot)?;
                fs_err::os::unix::fs::symlink(grave.link(), tree)?;
            }
            result => result?,
        }
        if is_directory(&spot) { publish::seal(&spot) } else { Ok(()) }
    }

    fn delete_in_place(&self, tree: &Path, grave: &Grave) -> Result<()> {
        let user = grave.user(&self.processes());
        _ = fs::remove_dir_all(&grave.path);
        if let Some(user) = user {
            let message = format!("`{}` is used by {user}", tree.display());
            return Err(Error::new(Kind::Failed, message)
                .detail("this file system cannot move it away in one step")
                .hint("try again when that process has ended"));
        }
        delete::tree(tree).map_err(|error| self.explain(error))?;
        self.discard(&self.place("extra", &grave.key))?;
        self.discard(&self.place("root", &grave.key))
    }

    /// Goes on with a burial as far as the processes allow; returns whether nobody can start the
    /// toolchain since this moment. Right at any time, also after a crash.
    fn settle(&self, grave: &Grave, processes: &Processes) -> Result<bool> {
        let link = self.place("tree", &grave.key);
        if !fs::read_link(&link).is_ok_and(|target| target == grave.link()) {
            return Ok(false);
        }
        let (extra, spot) = (self.place("extra", &grave.key), grave.path.join("extra"));
        if is_directory(&extra) && !is_directory(&spot) {
            delete::make_movable(&extra)
                .and_then(|()| publish::rename_into_place(&extra, &spot))
                .map_err(|error| self.explain(error))?;
        }
        root::lead_to_grave(self, &grave.key, grave)?;
        let is_free = grave.user(processes).is_none();
        if is_free {
            fs::remove_file(&link).map_err(|error| self.explain(error))?;
        }
        Ok(is_free)
    }

    /// Deletes a grave for good. Returns false, and deletes nothing, while a process uses it.
    pub(super) fn purge(&self, grave: &Grave, processes: &Processes) -> Result<bool> {
        let is_used = if self.settle(grave, processes)? {
            // A call that found the program just before begins to run it now.
            sleep(BEGINNING);
            grave.user(&self.processes()).is_some()
        } else {
            grave.user(processes).is_some()
        };
        if is_used {
            return Ok(false);
        }
        if root::grave_of(self, &grave.key).is_some_and(|name| name == grave.name) {
            self.discard(&self.place("root", &grave.key))?;
        }
        self.discard(&grave.path)?;
        Ok(true)
    }

    /// Goes on with every burial and deletes the graves whose time has come, or with `now` all that
    /// nobody uses.
    ///
    /// # Errors
    ///
    /// When the store cannot be written.
    pub(super) fn clear_graves(&self, now: bool, recovered: &mut Recovered) -> Result<()> {
        let graves = self.graves()?;
        if graves.is_empty() {
            return Ok(());
        }
        let processes = self.processes();
        for grave in graves {
            if !now && !self.is_expired(&grave) {
                self.settle(&grave, &processes)?;
            } else if self.purge(&grave, &processes)? {
                recovered.removed += 1;
            }
        }
        Ok(())
    }

    /// Deletes what is in the trash and used by nobody, without waiting.
    ///
    /// # Errors
    ///
    /// When the store cannot be written.
    pub fn empty_trash(&self) -> Result<()> {
        let lock = self.lock(publish::LOCK, "empty the trash", publish::PATIENCE, &mut |_| {})?;
        let emptied = self.clear_graves(true, &mut Recovered::default());
        drop(lock);
        emptied
    }

    /// Looks at the processes of this machine.
    pub fn processes(&self) -> Processes {
        Processes::look(self)
    }

    /// Returns true for the name of a tree that leads to a grave.
    pub(super) fn leads_to_grave(path: &Path) -> bool {
        fs::read_link(path).is_ok_and(|target| target.starts_with("../trash"))
    }
}

#[cfg(test)]
mod tests;
