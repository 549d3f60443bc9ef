//! The projects that use this store.

use crate::error::Result;
use crate::fs;
use crate::install::Installer;
use crate::project::lock::{LockFile, read};
use crate::store::{ProjectRecord, Store};
use goward_shim::layout;
use std::collections::BTreeMap;
use std::path::PathBuf;

impl Installer<'_> {
    /// Notes that the lock at `path` is used here, so that what it names stays. Says nothing of a
    /// store that cannot be written: who cannot note it cannot remove anything either.
    pub(crate) fn note_project(&self, path: &std::path::Path) {
        let Ok(Some(found)) = read(path, &self.session.ctx) else { return };
        let Ok(lock) = LockFile::parse(&found.text, path) else { return };
        let Ok(store) = self.session.store() else { return };
        let absolute = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        if store.home().is_dir() && !absolute.starts_with(store.home()) {
            _ = store.register(&absolute, &keys_of(&lock));
        }
    }

    /// Returns what is installed for the locks of all projects, with one lock for each.
    pub(crate) fn keys_of_projects(&self, store: &Store) -> Result<BTreeMap<String, PathBuf>> {
        let mut keys = BTreeMap::new();
        for project in store.projects()?.into_iter().filter(|project| !is_gone(project)) {
            // What is not understood any more keeps what it named before.
            let lock = read(&project.lock, &self.session.ctx).ok().flatten();
            let lock = lock.and_then(|found| LockFile::parse(&found.text, &project.lock).ok());
            let named = lock.map_or_else(|| project.keys.clone(), |lock| keys_of(&lock));
            keys.extend(named.into_iter().map(|key| (key, project.lock.clone())));
        }
        Ok(keys)
    }
}

fn keys_of(lock: &LockFile) -> Vec<String> {
    let version = lock.version.to_string();
    let platforms = lock.platforms.iter();
    platforms.map(|(name, entry)| layout::key(&version, &name.lock_name(), &entry.h1)).collect()
}

pub(crate) fn is_gone(project: &ProjectRecord) -> bool {
    let found = project.lock.symlink_metadata();
    found.is_err_and(|error| {
        matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory)
    })
}
