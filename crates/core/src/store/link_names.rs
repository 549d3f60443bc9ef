//! Names of toolchains that stand elsewhere on the machine: `link/<name>`, which holds a key.
//!
//! The tree of such a toolchain is a directory of links: one for each entry of its own directory, but `bin` and
//! `libexec` are directories with links, where `bin/go` is a copy of the shim and `libexec/go` leads to the program.
//! Everything else is as with any other. The name is written last and removed first: a linked toolchain
//! without a name is a leftover. When a tree with the same hash is installed, the name means that one, because
//! nothing can change it.

#[cfg(test)]
mod tests;

use crate::fs;
use crate::store::durable::make_directory;
use crate::store::error::{Result, StoreError};
use crate::store::goroot::{REAL, SHOWN, TOOLS};
use crate::store::stale_files::RecoveryReport;
use crate::store::{
    InstalledToolchain, LinkTarget, Receipt, Store, durable, entries, goroot, is_directory, is_key,
    receipt,
};
use crate::version::link_name::LinkName;
use std::collections::BTreeMap;
use std::io;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

/// Longest key, in bytes.
const MAX_KEY: u64 = 100;

impl Store {
    /// Returns every name with the key that it stands for, whether or not that is installed.
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
    pub fn linked(&self, name: &LinkName) -> Result<Option<InstalledToolchain>> {
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
    pub fn link(&self, name: &LinkName, receipt: &Receipt) -> Result<InstalledToolchain> {
        self.prepare()?;
        let lock = self.lock(durable::LOCK, "link", durable::PATIENCE, &mut |_| {})?;
        let before = self.linked(name)?;
        let key = receipt.key();
        self.install_link(receipt)?;
        let scratch = self.stage("link")?;
        durable::place_file(&format!("{key}\n"), &self.name_path(name), scratch.path())
            .map_err(|error| self.explain(error))?;
        drop(lock);
        if let Some(before) = before.filter(|before| before.key != key) {
            self.remove_unnamed(&before)?;
        }
        self.linked(name)?
            .ok_or_else(|| StoreError::Removed { name: name.to_string(), during: "linked" })
    }

    /// Takes a name away, and with the last one the linked toolchain; returns what it meant.
    pub fn unlink(&self, name: &LinkName) -> Result<Option<InstalledToolchain>> {
        let Some(installed) = self.linked(name)? else { return Ok(None) };
        self.forget(name)?;
        self.remove_unnamed(&installed)?;
        Ok(Some(installed))
    }

    /// Everything but the name.
    fn install_link(&self, receipt: &Receipt) -> Result<()> {
        let key = receipt.key();
        let Some(linked) = &receipt.linked else {
            return Err(StoreError::NotLinked { key });
        };
        let before = self.installed(&key)?;
        receipt::check_name(receipt, before.as_ref())?;
        if before.as_ref().is_some_and(|before| !before.is_linked()) {
            return Ok(());
        }
        match before.filter(|before| before.receipt.linked == receipt.linked) {
            Some(before) if self.has_shims(&before)? => Ok(()),
            _ => self.put_links(receipt, linked),
        }
    }

    /// Puts the tree of a linked toolchain in its place, and writes its receipt.
    fn put_links(&self, receipt: &Receipt, linked: &LinkTarget) -> Result<()> {
        let (key, scratch) = (receipt.key(), self.stage("link")?);
        let draft = scratch.path().join("tree");
        make(&draft, &links(linked)?).map_err(|error| self.explain(error))?;
        let shims = self.dress(&draft, receipt.platform, &receipt.h1)?;
        let target = self.place("tree", &key);
        match self.open_removal(&key)? {
            Some(removal) => self.put_and_commit_removal(&draft, &target, &removal)?,
            None => self.put(&draft, &target)?,
        }
        self.write_receipt(&Receipt { shims, ..receipt.clone() }, &scratch)
    }

    /// Makes the tree of a linked toolchain once more.
    pub(super) fn link_again(&self, receipt: &Receipt) -> Result<()> {
        receipt.linked.as_ref().map_or(Ok(()), |linked| self.put_links(receipt, linked))
    }

    /// Removes a linked toolchain that has no name any more.
    fn remove_unnamed(&self, installed: &InstalledToolchain) -> Result<()> {
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
            Ok(()) => Ok(durable::sync_directory(&self.home().join("link"))?),
        }
    }

    /// Clears away names that mean nothing, and linked toolchains without one.
    pub(super) fn clear_links(&self, recovered: &mut RecoveryReport) -> Result<()> {
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
        let read = fs::open_regular(&self.name_path(name))
            .and_then(|file| file.take(MAX_KEY).read_to_string(&mut text));
        match read {
            Ok(_) => Ok(text.strip_suffix('\n').filter(|key| is_key(key)).map(str::to_owned)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) if error.kind() == ErrorKind::InvalidData => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

/// Returns true when the tree of a linked toolchain leads to its directory, and for any other.
pub(super) fn is_whole(installed: &InstalledToolchain) -> bool {
    match &installed.receipt.linked {
        Some(linked) => has_links(&installed.tree, linked),
        None => true,
    }
}

/// Returns the links of a tree by path: where each leads. Those of a directory that is gone are none.
fn links(linked: &LinkTarget) -> Result<BTreeMap<PathBuf, PathBuf>> {
    let directory = Path::new(&linked.path);
    let mut links = BTreeMap::new();
    for entry in entries(directory)? {
        if ![SHOWN, REAL].iter().any(|own| entry.file_name() == *own) {
            links.insert(entry.file_name().into(), entry.path());
        }
    }
    for own in [SHOWN, REAL] {
        for entry in entries(&directory.join(own))? {
            let path = Path::new(own).join(entry.file_name());
            if !goroot::is_addition(&path) {
                links.insert(path, entry.path());
            }
        }
    }
    for tool in TOOLS {
        let place = goroot::program_of(directory, tool);
        if fs::metadata(&place).is_ok() {
            links.insert(Path::new(REAL).join(tool), place);
        }
    }
    Ok(links)
}

fn make(tree: &Path, links: &BTreeMap<PathBuf, PathBuf>) -> io::Result<()> {
    for directory in ["", SHOWN, REAL] {
        make_directory(&tree.join(directory))?;
    }
    let mut links = links.iter();
    links.try_for_each(|(path, target)| fs::symlink(target, tree.join(path)))
}

/// Returns true when a tree has the links to a directory, and nothing else but what goward adds.
fn has_links(tree: &Path, linked: &LinkTarget) -> bool {
    let looked = || -> Result<bool> {
        let wanted = links(linked)?;
        let mut found = 0;
        for directory in ["", SHOWN, REAL] {
            if !is_directory(&tree.join(directory)) {
                return Ok(false);
            }
            for entry in entries(&tree.join(directory))? {
                let path = Path::new(directory).join(entry.file_name());
                let is_own = [SHOWN, REAL].iter().any(|own| path == Path::new(own));
                found += usize::from(!is_own && !goroot::is_addition(&path));
            }
        }
        // The programs are among the additions of a toolchain that is not linked.
        let programs = wanted.keys().filter(|path| goroot::is_addition(path)).count();
        let leads = |(path, target): (&PathBuf, &PathBuf)| {
            fs::read_link(tree.join(path)).is_ok_and(|found| found == *target)
        };
        Ok(found + programs == wanted.len() && wanted.iter().all(leads))
    };
    looked().unwrap_or(false)
}
