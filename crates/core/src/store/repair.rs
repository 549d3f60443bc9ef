//! Putting an installed tree in order while builds may be using it.

use crate::fs;
use crate::store::check::{CheckReport, Fault, runs};
use crate::store::durable::sync_data;
use crate::store::error::{Result, StoreError};
use crate::store::{InstalledToolchain, Receipt, Store, durable, files, publish};
use crate::verify::mode::stays_writable;
use crate::verify::{Entry, VerifiedTree};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

impl Store {
    /// Mends what takes no release: permission bits, what does not belong there, what goward adds, and the list.
    pub fn tidy(&self, installed: &InstalledToolchain, checked: &CheckReport) -> Result<()> {
        let _lock = self.lock(durable::LOCK, "repair", durable::PATIENCE, &mut |_| {})?;
        let listed = self.files(installed)?;
        for finding in &checked.findings {
            let place = installed.tree.join(&finding.path);
            // It may have gone with what was above it.
            if fs::symlink_metadata(&place).is_err() {
                continue;
            }
            match &finding.fault {
                Fault::Extra => {
                    self.discard(&top_of(&installed.tree, &finding.path, listed.as_ref()))?;
                }
                Fault::Mode(mode) => {
                    let mode = mended(&finding.path, *mode, place.is_dir());
                    set_mode(&place, mode).map_err(|error| self.explain(error))?;
                }
                _ => {}
            }
        }
        let is_right = checked.h1.as_ref() == Some(&installed.receipt.h1);
        if is_right && checked.findings.iter().any(|finding| finding.fault == Fault::List) {
            self.write_list(installed, &checked.files)?;
        }
        if checked.findings.iter().any(|finding| finding.fault == Fault::Shim) {
            self.put_shims(std::slice::from_ref(installed))?;
        }
        Ok(())
    }

    /// Writes down what is in an installed tree, file by file.
    pub fn write_list(
        &self,
        installed: &InstalledToolchain,
        entries: &BTreeMap<String, Entry>,
    ) -> Result<()> {
        let scratch = self.stage("files")?;
        files::write(entries, &self.list_path(&installed.key), scratch.path())
            .map_err(|error| self.explain(error))
    }

    /// Puts a verified tree in the place of an installed one with the same hash, in one step where the
    /// system can swap two directories: whoever builds with it finds every file at any moment.
    pub fn replace(
        &self,
        installed: &InstalledToolchain,
        verified: &VerifiedTree,
        source: &str,
    ) -> Result<InstalledToolchain> {
        let old = &installed.receipt;
        if *verified.h1() != old.h1 {
            return Err(StoreError::OtherTree { found: verified.h1().clone() });
        }
        let shims = self.dress(verified.tree(), verified.platform(), verified.h1())?;
        sync_data(verified.tree()).map_err(|error| self.explain(error))?;
        let _lock = self.lock(durable::LOCK, "repair", durable::PATIENCE, &mut |_| {})?;
        let receipt = Receipt { shims, ..publish::receipt_of(verified, source) };
        let repaired = self.exchange_for(installed, verified, &verified.all_files(), receipt)?;
        self.measure_rooms()?;
        Ok(self.installed(&installed.key)?.unwrap_or(repaired))
    }
}

/// Returns the topmost directory around a file that does not belong in a tree, if nothing in that does.
fn top_of(tree: &Path, path: &str, listed: Option<&BTreeMap<String, Entry>>) -> PathBuf {
    let holds_some = |directory: &str| {
        let directory = format!("{directory}/");
        let next = listed.and_then(|files| files.range(directory.clone()..).next());
        next.is_some_and(|(file, _)| file.starts_with(&directory))
    };
    let tops = path.match_indices('/').map(|(end, _)| &path[..end]);
    let known = listed.is_some().then(|| tops.clone().find(|top| !holds_some(top))).flatten();
    tree.join(known.unwrap_or(path))
}

/// Returns the permission bits of what has `mode` in a tree: nobody writes where nobody should, and whoever may read
/// what runs may run it.
fn mended(path: &str, mode: u32, is_directory: bool) -> u32 {
    let read = mode & 0o444 | 0o400;
    let write = if is_directory || stays_writable(path) { 0o200 } else { 0 };
    write | if is_directory || runs(path) { read | read >> 2 } else { read }
}

fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    fs::set_mode(path, mode)
}
