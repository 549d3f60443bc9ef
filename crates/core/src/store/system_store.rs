//! A second store below the user's own: of the machine, or of an image.
//!
//! It is read and never changed. What it has is attached to the user's store, where that can be written:
//! `tree/<key>` becomes a link to the tree there, so that the shim finds it without knowing of two stores. An attachment has no receipt; when the toolchain that it leads to is
//! gone, it is a leftover.

use crate::fs;
use crate::store::error::Result;
use crate::store::{InstalledToolchain, Receipt, Store, durable, is_key};
use goward_shim::names;
use std::path::{Path, PathBuf};

impl Store {
    /// Looks into the store at `system`, too.
    #[must_use]
    pub fn with_system(self, system: Option<PathBuf>) -> Self {
        let system = system.filter(|system| *system != self.home);
        Self { system, ..self }
    }

    /// Returns the store below this one.
    pub fn system(&self) -> Option<Self> {
        self.system.as_ref().map(|home| Self::new(home.clone()))
    }

    /// Returns this store and the one below it.
    pub(super) fn layers(&self) -> impl Iterator<Item = Self> {
        [Some(self.clone()), self.system()].into_iter().flatten()
    }

    /// Returns what is installed in this store, then what only the one below it has.
    pub fn list_layers(&self) -> Result<Vec<InstalledToolchain>> {
        let mut all = self.list()?;
        if let Some(system) = self.system() {
            let more = system.list()?.into_iter();
            let more: Vec<_> =
                more.filter(|found| all.iter().all(|own| own.key != found.key)).collect();
            all.extend(more);
        }
        Ok(all)
    }

    /// Returns the store that has a toolchain: this one, or the one below.
    #[must_use]
    pub fn layer_of(&self, installed: &InstalledToolchain) -> Self {
        let below = || self.system().filter(|system| system.owns(installed));
        if self.owns(installed) { self.clone() } else { below().unwrap_or_else(|| self.clone()) }
    }

    /// Returns true for a toolchain of this store, false for one of the store below.
    pub fn owns(&self, installed: &InstalledToolchain) -> bool {
        installed.tree.starts_with(self.home())
    }

    /// Makes what the store below has under `key` part of this one; returns whether it has it.
    pub fn attach(&self, key: &str) -> Result<bool> {
        let found = match self.system() {
            Some(system) if is_key(key) => system.installed(key)?,
            _ => None,
        };
        let Some(found) = found else { return Ok(false) };
        self.prepare()?;
        let _lock = self.lock(durable::LOCK, "attach", durable::PATIENCE, &mut |_| {})?;
        if self.installed(key)?.is_some() {
            return Ok(true);
        }
        let (tree, scratch) = (self.place("tree", key), self.stage("attach")?);
        if fs::read_link(&tree).is_ok_and(|target| target == found.tree) {
            return Ok(true);
        }
        let draft = scratch.path().join("tree");
        fs::symlink(&found.tree, &draft)
            .and_then(|()| fs::rename(&draft, &tree))
            .map_err(|error| self.explain(error))?;
        self.put_release_names()?;
        Ok(true)
    }

    /// Returns the receipt of a toolchain that `tree/<key>` leads to and another store has.
    pub fn attached(&self, key: &str) -> Option<Receipt> {
        let target = fs::read_link(self.place("tree", key)).ok()?;
        let home = target.parent()?.parent()?;
        let is_place = target.is_absolute() && target == home.join("tree").join(key);
        let is_store = is_place && home.join(names::STORE_MARKER).is_file();
        let receipt = Receipt::read(&home.join("meta").join(key)).ok()??;
        (is_store && receipt.key() == key && Path::new(&target).is_dir()).then_some(receipt)
    }

    /// Returns true when `tree/<key>` leads to a toolchain that another store has.
    pub(super) fn is_attached(&self, key: &str) -> bool {
        self.attached(key).is_some()
    }
}
