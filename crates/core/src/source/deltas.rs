//! Deltas in mirrors: from one release of a line to another, for one platform.

use super::ArtifactRequest;
use super::module_form::join_path;
use super::save::save;
use crate::fs;
use crate::net::{Denial, Download, Job, MAX_SIZE, Net, Problem, Url};
use crate::platform::Platform;
use crate::source::SourceError;
use crate::version::GoVersion;
use std::io;
use std::path::Path;

/// Returns the path of a delta in a mirror.
pub fn delta_path(from: GoVersion, to: GoVersion, platform: Platform) -> String {
    format!("deltas/{from}-{to}.{}.delta", platform.lock_name())
}

/// Fetches a delta from a server.
pub(super) fn fetch(
    net: &Net,
    base: &Url,
    from: GoVersion,
    wanted: &ArtifactRequest,
    scratch: &Path,
) -> Result<Option<fs::File>, SourceError> {
    let path = delta_path(from, wanted.version, wanted.platform);
    let (what, url, name) = (wanted.version.to_string(), join_path(base, &path), &path[7..]);
    let job = Job { what: &what, url: &url, name, directory: scratch, size: None, is_known: false };
    match Download::open(net, job, Box::new(|_, _| {})) {
        Ok(download) => Ok(Some(save(download, scratch, name)?)),
        // Object stores say so of what is not there.
        Err(error) if matches!(error.problem, Problem::Denied(Denial { code: 403, .. })) => {
            Ok(None)
        }
        Err(error) if error.is_absence() => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Opens a delta in a directory.
pub(super) fn open(
    directory: &Path,
    from: GoVersion,
    wanted: &ArtifactRequest,
) -> Result<Option<fs::File>, SourceError> {
    let path = directory.join(delta_path(from, wanted.version, wanted.platform));
    match fs::metadata(&path) {
        Ok(metadata) if metadata.is_file() && metadata.len() <= MAX_SIZE => {
            Ok(Some(fs::open_regular(&path)?))
        }
        Ok(_) => Ok(None),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}
