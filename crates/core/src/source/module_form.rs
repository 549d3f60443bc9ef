//! The module of a toolchain in a mirror that has no archive of it, by the layout of module proxies.

use super::{Artifact, ArtifactKind, ArtifactRequest, Body, Listing, Release};
use crate::fs;
use crate::net::{Progress, Url, join};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

/// The versions that a mirror has as modules.
pub(super) const LIST: &str = "golang.org/toolchain/@v/list";

/// Returns the path of the zip.
pub(super) fn path_of(wanted: &ArtifactRequest) -> String {
    format!("golang.org/toolchain/@v/{}.zip", wanted.platform.module_version(wanted.version))
}

/// Returns what the zip is called as a file.
pub(super) fn name_of(wanted: &ArtifactRequest) -> String {
    format!("golang.org-toolchain@{}.zip", wanted.platform.module_version(wanted.version))
}

/// Returns the URL of a file of several directories below `base`.
pub(super) fn join_path(base: &Url, path: &str) -> Url {
    path.split('/').fold(base.clone(), |url, part| join(&url, part))
}

/// Describes a zip, of which nobody says what its digest is.
pub(super) fn artifact(
    wanted: &ArtifactRequest,
    origin: String,
    file: fs::File,
) -> io::Result<Artifact> {
    Ok(Artifact {
        kind: ArtifactKind::Module,
        name: name_of(wanted),
        origin,
        listing: Listing::Nothing,
        size: Some(file.metadata()?.len()),
        body: Body::File(file),
    })
}

/// Returns true for an index in which every release has an archive; then nobody need ask for modules.
pub(super) fn has_archives(index: &[Release]) -> bool {
    !index.is_empty() && index.iter().all(|release| !release.files.is_empty())
}

/// Adds modules to an index; what this has already stays.
pub(super) fn merge(
    index: Option<Vec<Release>>,
    modules: Option<Vec<Release>>,
) -> Option<Vec<Release>> {
    let Some(modules) = modules else { return index };
    let mut releases = index.unwrap_or_default();
    for found in modules {
        match releases.iter_mut().find(|release| release.version == found.version) {
            None => releases.push(found),
            Some(release) => {
                let known: Vec<_> = release.files.iter().map(|file| file.platform).collect();
                let other = |file: &super::File| !known.contains(&file.platform);
                release.files.extend(found.files.into_iter().filter(other));
            }
        }
    }
    releases.sort_by_key(|release| std::cmp::Reverse(release.version));
    Some(releases)
}

/// One place that progress is told to, for several downloads of which one is done.
pub(super) struct SharedProgress(Arc<Mutex<Progress>>);

impl SharedProgress {
    pub(super) fn new(progress: Progress) -> Self {
        Self(Arc::new(Mutex::new(progress)))
    }

    pub(super) fn hand_out(&self) -> Progress {
        let shared = Arc::clone(&self.0);
        Box::new(move |done, total| {
            let mut progress = shared.lock().unwrap_or_else(PoisonError::into_inner);
            progress(done, total);
        })
    }
}
