//! Putting an installed tree in order while builds may be using it.

use super::check::{Checked, Fault};
use super::publish::{self, exchange, seal, sync_data, sync_directory};
use super::{Installed, Store, files, root};
use crate::error::{Error, Kind, Result};
use crate::verify::mode::is_executable;
use crate::verify::{Entry, VerifiedTree};
use fs_err as fs;
use std::collections::BTreeMap;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

impl Store {
    /// Mends what takes no release: permission bits, what does not belong there, root and list.
    ///
    /// # Errors
    ///
    /// When the store cannot be written.
    pub fn tidy(&self, installed: &Installed, checked: &Checked) -> Result<()> {
        let _lock = self.lock(publish::LOCK, "repair", publish::PATIENCE, &mut |_| {})?;
        let listed = self.files(installed)?;
        for finding in &checked.findings {
            let place = installed.tree.join(&finding.path);
            // It may have gone with what was above it.
            if fs::symlink_metadata(&place).is_err() {
                continue;
            }
            match &finding.fault {
                Fault::Extra => {
                    let place = top_of(&installed.tree, &finding.path, listed.as_ref());
                    self.take_out(&place)?;
                }
                Fault::Mode(mode) => {
                    let runs = is_executable(&finding.path) || place.is_dir();
                    set_mode(&place, mended(*mode, runs)).map_err(|error| self.explain(error))?;
                }
                _ => {}
            }
        }
        let is_right = checked.h1.as_ref() == Some(&installed.receipt.h1);
        if is_right && checked.findings.iter().any(|finding| finding.fault == Fault::List) {
            self.write_list(installed, &checked.files)?;
        }
        root::ensure(self, &installed.key, installed.extra.is_some())
    }

    /// Writes down what is in an installed tree, file by file.
    ///
    /// # Errors
    ///
    /// When the store cannot be written.
    pub fn write_list(
        &self,
        installed: &Installed,
        entries: &BTreeMap<String, Entry>,
    ) -> Result<()> {
        let scratch = self.stage("files")?;
        files::write(entries, &self.list_path(&installed.key), scratch.path())
            .map_err(|error| self.explain(error))
    }

    /// Puts a verified tree in the place of an installed one with the same hash, in one step where the
    /// system can swap two directories: whoever builds with it finds every file at any moment.
    ///
    /// # Errors
    ///
    /// When it has another hash, and when the store cannot be written.
    pub fn replace(
        &self,
        installed: &Installed,
        verified: &VerifiedTree,
        source: &str,
    ) -> Result<Installed> {
        let old = &installed.receipt;
        if *verified.h1() != old.h1 {
            let message = format!("{} is not what is installed", verified.h1());
            return Err(Error::new(Kind::Verification, message).detail("nothing was changed"));
        }
        sync_data(verified.tree()).map_err(|error| self.explain(error))?;
        let _lock = self.lock(publish::LOCK, "repair", publish::PATIENCE, &mut |_| {})?;
        let receipt = publish::receipt_of(verified, source);
        let repaired = self.exchange_for(installed, verified, receipt)?;
        self.measure_rooms()?;
        Ok(self.installed(&installed.key)?.unwrap_or(repaired))
    }

    /// Swaps the new tree with the old one, which is then where the new one was.
    pub(super) fn swap(&self, new: &Path, old: &Path) -> Result<()> {
        // Who else may read it still may.
        let swapped = add_write_bit(old).and_then(|()| exchange(new, old));
        if swapped.is_err() {
            self.discard(old)?;
            publish::rename_into_place(new, old).map_err(|error| self.explain(error))?;
        }
        seal(old)
            .and_then(|()| old.parent().map_or(Ok(()), sync_directory))
            .map_err(|error| self.explain(error))
    }

    /// Takes something out of a directory that has no write bits.
    fn take_out(&self, place: &Path) -> Result<()> {
        let Some(parent) = place.parent() else { return Ok(()) };
        add_write_bit(parent).map_err(|error| self.explain(error))?;
        let taken = self.discard(place);
        seal(parent).map_err(|error| self.explain(error))?;
        taken
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

/// Returns the mode of a file of a tree that has `mode`: nobody writes, and whoever may read what runs
/// may run it.
fn mended(mode: u32, runs: bool) -> u32 {
    let read = mode & 0o444 | 0o400;
    if runs { read | read >> 2 } else { read }
}

fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
}

fn add_write_bit(directory: &Path) -> io::Result<()> {
    let mode = fs::symlink_metadata(directory)?.permissions().mode();
    set_mode(directory, mode & 0o7777 | 0o200)
}
