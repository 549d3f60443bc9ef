//! Room that toolchains take on disk.
//!
//! A tree has thousands of files, so it is measured when it is installed and its receipt says the
//! result; nobody walks trees to list them. Where files stand under several names the result depends on
//! the others: it is taken back from all receipts before a tree goes, and measured again after.

use crate::fs::{self, Metadata};
use crate::os::Identity;
use crate::store::error::Result;
use crate::store::survey::walk;
use crate::store::{InstalledToolchain, Store};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::path::Path;

/// Files that were counted already.
pub type SeenInodes = HashSet<Identity>;

/// What a toolchain takes of the disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct Room {
    /// Bytes, without files that count for another toolchain. Clones count in full: nothing says what
    /// they share.
    pub bytes: u64,
    /// Whether one of its files has more names than one.
    pub shared: bool,
}

impl Room {
    /// Measures a new directory: what it has in common with others counts for those.
    pub(super) fn of_new(directory: &Path) -> Result<Self> {
        let mut room = Self::default();
        measure(directory, None, &mut room)?;
        Ok(room)
    }
}

impl Store {
    /// Returns how many bytes of the disk an installed toolchain takes. What has to be measured is
    /// measured without the files that are `counted`, which get those of this one.
    pub fn disk(&self, installed: &InstalledToolchain, counted: &mut SeenInodes) -> Result<u64> {
        if installed.is_linked() {
            return Ok(0);
        }
        match installed.receipt.disk {
            Some(room) => Ok(room.bytes),
            None => Ok(measured(installed, counted)?.bytes),
        }
    }

    /// Returns the room that a directory takes; without what is in it if that cannot be read.
    pub fn size_of(&self, directory: &Path) -> u64 {
        let mut room = Room::default();
        _ = measure(directory, Some(&mut SeenInodes::new()), &mut room);
        room.bytes
    }

    /// Takes back what receipts say of their room, if that depends on a tree that goes.
    pub(super) fn forget_rooms(&self) -> Result<()> {
        let known = self.list()?;
        if !known.iter().any(|one| one.receipt.disk.is_some_and(|room| room.shared)) {
            return Ok(());
        }
        let scratch = self.stage("receipt")?;
        for mut one in known.into_iter().filter(|one| one.receipt.disk.is_some()) {
            one.receipt.disk = None;
            one.receipt
                .write(&self.home().join("meta"), scratch.path())
                .map_err(|error| self.explain(error))?;
        }
        Ok(())
    }

    /// Measures what no receipt says.
    pub(super) fn measure_rooms(&self) -> Result<()> {
        let known: Vec<_> = self.list()?.into_iter().filter(|one| !one.is_linked()).collect();
        if known.iter().all(|one| one.receipt.disk.is_some()) {
            return Ok(());
        }
        let scratch = self.stage("receipt")?;
        let mut counted = SeenInodes::new();
        for mut one in known {
            let room = measured(&one, &mut counted)?;
            if one.receipt.disk.is_none() {
                one.receipt.disk = Some(room);
                one.receipt
                    .write(&self.home().join("meta"), scratch.path())
                    .map_err(|error| self.explain(error))?;
            }
        }
        Ok(())
    }
}

fn measured(installed: &InstalledToolchain, counted: &mut SeenInodes) -> Result<Room> {
    let mut room = Room::default();
    measure(&installed.tree, Some(counted), &mut room)?;
    Ok(room)
}

/// Adds a directory. Of files with several names those count that are not `counted` yet; without such a
/// set, none.
fn measure(directory: &Path, mut counted: Option<&mut SeenInodes>, room: &mut Room) -> Result<()> {
    room.bytes += fs::symlink_metadata(directory)?.room();
    // Of a file with several names, also which one it is.
    let see = |_: &str, _: &fs::DirEntry, metadata: &Metadata| {
        let is_shared = !metadata.is_dir() && metadata.names() > 1;
        (metadata.room(), is_shared.then(|| metadata.identity()))
    };
    for (bytes, shared) in walk(directory, see)? {
        let counts = shared
            .is_none_or(|file| counted.as_deref_mut().is_some_and(|counted| counted.insert(file)));
        room.shared |= shared.is_some();
        room.bytes += if counts { bytes } else { 0 };
    }
    Ok(())
}
