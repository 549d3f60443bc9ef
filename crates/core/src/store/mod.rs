//! Installed toolchains.
//!
//! `install` stages an install in a private directory ([`Store::stage`]), has it verified
//! ([`crate::verify`]) and publishes it ([`Store::publish`]). A toolchain is installed when its
//! [`Receipt`] can be read and its tree is there; everything before that point is a leftover that
//! [`Store::recover`] clears away, whenever the process died. Names hold the hash of what they
//! name, trees appear by one rename and are never changed, so any number of processes can do
//! anything at the same time: locks ([`Store::lock`]) only save work.
//!
//! The layout is [`goward_shim::layout`]'s, which the shim reads.

mod check;
mod dedup_candidates;
mod delete;
mod disk_space;
mod disk_usage;
mod durable;
pub mod error;
mod file_stamp;
mod files;
pub mod flock;
mod goroot;
mod hash_linked_tree;
mod link_names;
mod linked_files;
mod linked_toolchain;
mod marker;
mod owner;
mod pending_recovery;
mod process_scan;
mod programs;
mod projects;
mod publish;
mod receipt;
mod recover;
mod rehash;
mod release_names;
mod repair;
mod staging;
mod stale_files;
mod survey;
mod system_store;
#[cfg(test)]
mod tests;
mod trash;

use crate::fs;
use crate::os::bytes::{self, Bytes};
use crate::os::remove;
use crate::platform::Platform;
use crate::verify::{H1, Level, Records};
use crate::version::GoVersion;
pub use check::{CheckReport, Fault, Finding, differences};
pub use disk_usage::{Room, SeenInodes};
pub use error::{Result, StoreError};
pub use file_stamp::FileStamps;
pub use flock::Lock;
pub use goroot::{Shims, place_in, program_of};
use goward_shim::{layout, names};
pub use hash_linked_tree::hash_linked_tree;
pub use linked_files::linked_files;
pub use linked_toolchain::LinkTarget;
pub use marker::MADE_DIRECTORIES;
pub use process_scan::{Processes, User};
pub use projects::ProjectRecord;
pub use receipt::Receipt;
pub use rehash::{TreeHash, rehash};
pub use staging::Staging;
pub use stale_files::{RecoveryReport, StaleFile, StaleKind};
use std::io;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
pub use trash::PendingRemoval;

/// The directories that every store has.
const DIRECTORIES: [&str; 8] =
    ["tree", "meta", "link", projects::DIRECTORY, "tmp", "dl", "locks", "trash"];

const VULNERABILITIES: &str = "vulndb.json";

/// The start of every name in `trash`.
const TRASH_PREFIX: &str = "removed-";

/// The place where toolchains live.
#[derive(Clone, Debug)]
pub struct Store {
    home: PathBuf,
    /// Whether locks on NFS are relied on.
    nfs_locks: bool,
    /// A store that is looked at after this one, and never changed.
    system: Option<PathBuf>,
    /// The program that is `go` and `gofmt`; by default what is in the store as that.
    shim: Option<PathBuf>,
}

/// An installed toolchain.
#[derive(Clone, Debug)]
pub struct InstalledToolchain {
    /// What is known about it.
    pub receipt: Receipt,
    /// Its name in the store.
    pub key: String,
    /// Its directory, which is GOROOT; of a linked one, links to its own.
    pub tree: PathBuf,
}

impl InstalledToolchain {
    /// Returns true for a directory of the machine, which goward only links to.
    pub fn is_linked(&self) -> bool {
        self.receipt.linked.is_some()
    }

    /// Returns how well it is verified by what this goward knows; its receipt may be from one that
    /// knew less.
    pub fn level(&self) -> Level {
        let receipt = &self.receipt;
        // Whatever its hash was, the directory can change.
        if self.is_linked() {
            return Level::Linked;
        }
        let record = Records::built_in().get(receipt.version, receipt.platform);
        let recorded = record.is_some_and(|record| record.h1.as_ref() == Some(&receipt.h1));
        if recorded { receipt.level.max(Level::BuiltIn) } else { receipt.level }
    }
}

impl Store {
    /// Names the store at `home`, an absolute path; touches nothing.
    pub fn new(home: PathBuf) -> Self {
        Self { home, nfs_locks: false, system: None, shim: None }
    }

    /// Relies on locks also on NFS, where asking for one may last for ever.
    #[must_use]
    pub fn with_nfs_locks(self, nfs_locks: bool) -> Self {
        Self { nfs_locks, ..self }
    }

    /// Returns where the store is.
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// Returns the directory of resumable downloads.
    pub fn downloads(&self) -> PathBuf {
        self.home.join("dl")
    }

    /// Returns where a bundle's copy of the vulnerability database is kept.
    pub fn vulnerabilities(&self) -> PathBuf {
        self.home.join(VULNERABILITIES)
    }

    /// Returns the directory of the shims.
    pub fn shims(&self) -> PathBuf {
        self.home.join(names::SHIMS_DIRECTORY)
    }

    /// Makes the store's directories where they are missing.
    pub fn prepare(&self) -> Result<()> {
        self.claim()?;
        for name in DIRECTORIES {
            fs::create_dir_all(self.home.join(name)).map_err(|error| self.explain(error))?;
        }
        Ok(())
    }

    /// Returns every installed toolchain, sorted by version, platform and key. Receipts that cannot
    /// be read, and those of trees that are gone, count for nothing.
    pub fn list(&self) -> Result<Vec<InstalledToolchain>> {
        let mut installed = Vec::new();
        for entry in entries(&self.home.join("meta"))? {
            let name = entry.file_name();
            if let Some(key) = name.to_str().filter(|name| !name.ends_with(files::SUFFIX)) {
                installed.extend(self.installed(key)?);
            }
        }
        installed.sort_by(|a, b| {
            let order =
                |found: &InstalledToolchain| (found.receipt.version, found.receipt.platform);
            order(a).cmp(&order(b)).then_with(|| a.key.cmp(&b.key))
        });
        Ok(installed)
    }

    /// Returns the installed toolchain of `version` with the hash `h1`; without a hash the one that
    /// is verified best. A linked one answers to its hash, else only to its name.
    pub fn find(
        &self,
        version: GoVersion,
        platform: Platform,
        h1: Option<&H1>,
    ) -> Result<Option<InstalledToolchain>> {
        if let Some(h1) = h1 {
            let key = key(version, platform, h1);
            for store in self.layers() {
                if let Some(found) = store.installed(&key)?.filter(|found| found.receipt.h1 == *h1)
                {
                    return Ok(Some(found));
                }
            }
            return Ok(None);
        }
        let candidates = self
            .list_layers()?
            .into_iter()
            .filter(|found| (found.receipt.version, found.receipt.platform) == (version, platform))
            .filter(|found| !found.is_linked());
        Ok(candidates.max_by_key(|found| found.receipt.level))
    }

    /// Removes a toolchain: first it is no longer installed, then its files go to the trash, where
    /// processes that use it find them for as long as they do.
    ///
    /// # Errors
    ///
    /// When the store cannot be written. What is left is put in order by the next [`Store::recover`].
    pub fn retire(&self, installed: &InstalledToolchain) -> Result<Option<PendingRemoval>> {
        // Keeps `recover` from adopting what is on its way out.
        let _lock = self.lock(durable::LOCK, "remove", durable::PATIENCE, &mut |_| {})?;
        self.retire_locked(installed)
    }

    fn retire_locked(&self, installed: &InstalledToolchain) -> Result<Option<PendingRemoval>> {
        self.forget_rooms()?;
        // A grave says what becomes of a tree without a receipt.
        let removal = self.prepare_removal(&installed.key)?;
        let receipt = self.receipt_path(&installed.key);
        match fs::remove_file(&receipt) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => {
                removal.iter().for_each(PendingRemoval::close);
                return Err(self.explain(error));
            }
            Ok(()) => durable::sync_directory(&self.home.join("meta"))?,
        }
        self.forget_names(&installed.key)?;
        // What is left of it goes with the next `recover`.
        _ = fs::remove_file(self.list_path(&installed.key));
        match &removal {
            Some(removal) => _ = self.settle(removal, &self.processes())?,
            None if self.is_attached(&installed.key) => {}
            // Not a directory, whatever it is.
            None => self.discard(&installed.tree)?,
        }
        self.put_release_names()?;
        self.measure_rooms()?;
        Ok(removal)
    }

    /// Removes a toolchain like [`Store::retire`], and deletes its files at once unless a process uses
    /// them.
    pub fn remove(&self, installed: &InstalledToolchain) -> Result<()> {
        let _lock = self.lock(durable::LOCK, "remove", durable::PATIENCE, &mut |_| {})?;
        if let Some(removal) = self.retire_locked(installed)? {
            self.purge(&removal, &self.processes())?;
        }
        Ok(())
    }

    /// Returns the toolchain called `key` if it is installed.
    fn installed(&self, key: &str) -> Result<Option<InstalledToolchain>> {
        let Some(receipt) = Receipt::read(&self.receipt_path(key))? else {
            return Ok(None);
        };
        let tree = self.place("tree", key);
        // A receipt under another toolchain's name is no receipt.
        if receipt.key() != key || !is_directory(&tree) {
            return Ok(None);
        }
        Ok(Some(InstalledToolchain { receipt, key: key.to_owned(), tree }))
    }

    /// Returns the name that a toolchain has in every store.
    pub fn key_for(version: GoVersion, platform: Platform, h1: &H1) -> String {
        key(version, platform, h1)
    }

    /// Returns `<home>/<kind>/<key>`; for trees that is where the shim looks.
    fn place(&self, kind: &str, key: &str) -> PathBuf {
        let home = self.home.as_os_str().as_bytes();
        match kind {
            "tree" => bytes::into_path(layout::tree(home, key)),
            kind => self.home.join(kind).join(key),
        }
    }

    fn receipt_path(&self, key: &str) -> PathBuf {
        self.place("meta", key)
    }

    /// Moves a directory out of sight and deletes it. It may be gone already.
    fn discard(&self, path: &Path) -> Result<()> {
        // Takes another name while one is in use.
        let mut builder = tempfile::Builder::new();
        builder.prefix(TRASH_PREFIX);
        let moved = builder
            .make_in(self.home.join("trash"), |target| publish::rename_into_place(path, target));
        let target = match moved {
            Err(error)
                if error.kind() == ErrorKind::NotFound && fs::symlink_metadata(path).is_err() =>
            {
                return Ok(());
            }
            // A layer of a container, whose directories cannot be moved.
            Err(error) if error.kind() == ErrorKind::CrossesDevices => {
                return delete::tree(path).map_err(|error| self.explain(error));
            }
            Err(error) => return Err(self.explain(error)),
            Ok(moved) => moved.into_temp_path(),
        };
        let deleted = delete::tree(&target);
        // It is a directory, and gone.
        _ = target.keep();
        deleted.map_err(|error| self.explain(error))
    }

    /// The same, unless somebody has something of it open and the system keeps it for that; returns
    /// whether it is gone.
    fn discard_unless_held(&self, path: &Path) -> Result<bool> {
        match self.discard(path) {
            Err(StoreError::Write { error, .. }) if remove::is_held(&error) => Ok(false),
            discarded => discarded.map(|()| true),
        }
    }

    /// Says that this store could not be written.
    fn explain(&self, error: io::Error) -> StoreError {
        StoreError::Write { home: self.home.clone(), error }
    }
}

/// Returns the name of a toolchain in the store.
fn key(version: GoVersion, platform: Platform, h1: &H1) -> String {
    layout::key(&version.to_string(), &platform.lock_name(), h1.as_str())
}

/// Returns true for a name that a toolchain can have in a store: `go1.27.1-linux-amd64-31eaa45dd625`.
fn is_key(name: &str) -> bool {
    let Some((rest, digits)) = name.rsplit_once('-') else { return false };
    let hex = digits.len() == 12 && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    hex && rest.split_once('-').is_some_and(|(version, platform)| {
        goward_shim::lock::is_version(version) && Platform::find(platform).is_some()
    })
}

/// Returns true for a directory, false for a link to one.
fn is_directory(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_dir())
}

/// Returns what is in a directory, which need not exist.
fn entries(directory: &Path) -> Result<Vec<fs::DirEntry>> {
    match fs::read_dir(directory) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error.into()),
        Ok(entries) => Ok(entries),
    }
}
