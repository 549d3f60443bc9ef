//! Names of toolchains that stand elsewhere on the machine: `link/<name>`, which holds a key.
//!
//! The tree of such a toolchain is a link, everything else is as with any other. The name is written
//! last and removed first: a linked toolchain without a name is a leftover. When a tree with the same
//! hash is installed, the name means that one, because nothing can change it.

use super::{Installed, Receipt, Store, entries, is_key, publish, root};
use crate::error::{Error, Kind, Result};
use crate::store::recover::Recovered;
use crate::version::link_name::LinkName;
use fs_err as fs;
use std::collections::BTreeMap;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

/// Longest key, in bytes.
const MAX_KEY: u64 = 100;

impl Store {
    /// Returns every name with the key that it stands for, whether or not that is installed.
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    pub fn links(&self) -> Result<BTreeMap<LinkName, String>> {
        let mut links = BTreeMap::new();
        for entry in entries(&self.home().join("link"))? {
            let name = entry.file_name().to_str().and_then(|name| LinkName::parse(name).ok());
            if let Some(name) = name
                && let Some(key) = self.key_of(&name)?
            {
                links.insert(name, key);
            }
        }
        Ok(links)
    }

    /// Returns the toolchain that is linked as `name`.
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    pub fn linked(&self, name: &LinkName) -> Result<Option<Installed>> {
        match self.key_of(name)? {
            Some(key) => self.installed(&key),
            None => Ok(None),
        }
    }

    /// Links a directory of the machine, which `receipt` describes, as `name`. What the name meant
    /// before and no other name does is no longer installed.
    ///
    /// # Errors
    ///
    /// When `receipt` is not that of a linked toolchain, when its key is that of another toolchain,
    /// and when the store cannot be written; what the name means then stays.
    pub fn link(&self, name: &LinkName, receipt: &Receipt) -> Result<Installed> {
        self.prepare()?;
        let lock = self.lock(publish::LOCK, "link", publish::PATIENCE, &mut |_| {})?;
        let before = self.linked(name)?;
        let key = receipt.key();
        self.install_link(receipt)?;
        let scratch = self.stage("link")?;
        publish::place_file(&format!("{key}\n"), &self.name_path(name), scratch.path())
            .map_err(|error| self.explain(error))?;
        drop(lock);
        if let Some(before) = before.filter(|before| before.key != key) {
            self.remove_unnamed(&before)?;
        }
        self.linked(name)?.ok_or_else(|| {
            let message = format!("`{name}` was removed while it was being linked");
            Error::new(Kind::Failed, message).hint("try again")
        })
    }

    /// Takes a name away, and with the last one the linked toolchain; returns what it meant.
    ///
    /// # Errors
    ///
    /// When the store cannot be written.
    pub fn unlink(&self, name: &LinkName) -> Result<Option<Installed>> {
        let Some(installed) = self.linked(name)? else { return Ok(None) };
        self.forget(name)?;
        self.remove_unnamed(&installed)?;
        Ok(Some(installed))
    }

    /// Everything but the name.
    fn install_link(&self, receipt: &Receipt) -> Result<()> {
        let key = receipt.key();
        let Some(linked) = &receipt.linked else {
            return Err(Error::new(
                Kind::Failed,
                format!("`{key}` is not a directory of the machine"),
            ));
        };
        let before = self.installed(&key)?;
        publish::check_name(receipt, before.as_ref())?;
        if before.is_some_and(|before| !before.is_linked()) {
            return Ok(());
        }
        let path = Path::new(&linked.path);
        root::ensure_for(self, &key, path, false)?;
        let scratch = self.stage("link")?;
        let tree = self.place("tree", &key);
        if super::is_directory(&tree) {
            self.discard(&tree)?;
        }
        let draft = scratch.path().join("tree");
        fs_err::os::unix::fs::symlink(path, &draft)
            .and_then(|()| fs::rename(&draft, &tree))
            .and_then(|()| tree.parent().map_or(Ok(()), publish::sync_directory))
            .and_then(|()| receipt.write(&self.home().join("meta"), scratch.path()))
            .map_err(|error| self.explain(error))
    }

    /// Removes a linked toolchain that has no name any more.
    fn remove_unnamed(&self, installed: &Installed) -> Result<()> {
        let is_named = self.links()?.values().any(|key| *key == installed.key);
        if installed.is_linked() && !is_named { self.remove(installed) } else { Ok(()) }
    }

    /// Takes away every name of a toolchain.
    pub(super) fn forget_names(&self, key: &str) -> Result<()> {
        let links = self.links()?;
        links.iter().filter(|(_, named)| *named == key).try_for_each(|(name, _)| self.forget(name))
    }

    fn forget(&self, name: &LinkName) -> Result<()> {
        match fs::remove_file(self.name_path(name)) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(self.explain(error)),
            Ok(()) => Ok(publish::sync_directory(&self.home().join("link"))?),
        }
    }

    /// Clears away names that mean nothing, and linked toolchains without one.
    pub(super) fn clear_links(&self, recovered: &mut Recovered) -> Result<()> {
        let links = self.links()?;
        for (name, key) in &links {
            if self.installed(key)?.is_none() && !Receipt::is_newer(&self.receipt_path(key)) {
                self.forget(name)?;
                recovered.removed += 1;
            }
        }
        for installed in self.list()? {
            if installed.is_linked() && !links.values().any(|key| *key == installed.key) {
                // Its tree and root have no receipt then, which makes them leftovers.
                fs::remove_file(self.receipt_path(&installed.key))
                    .map_err(|error| self.explain(error))?;
            }
        }
        Ok(())
    }

    fn name_path(&self, name: &LinkName) -> PathBuf {
        self.home().join("link").join(name.as_str())
    }

    fn key_of(&self, name: &LinkName) -> Result<Option<String>> {
        let mut text = String::new();
        let read = fs::File::open(self.name_path(name))
            .and_then(|file| file.take(MAX_KEY).read_to_string(&mut text));
        match read {
            Ok(_) => Ok(text.strip_suffix('\n').filter(|key| is_key(key)).map(str::to_owned)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) if error.kind() == ErrorKind::InvalidData => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests;
