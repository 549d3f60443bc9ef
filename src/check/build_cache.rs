//! Settings: the build cache, whether it can be written, and what it lies on.

use super::finding::{Finding, Severity};
use super::situation::Situation;
use super::{Check, Group, Look, Outcome};
use crate::error::{Error, untrusted};
use crate::filesystem;
use rustix::fs::{Access, FlockOperation, access, flock};
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

pub(super) const CHECK: Check = Check {
    id: "build-cache",
    group: Group::Settings,
    title: "GOCACHE: a directory of this user that can be written and locked, on a local file system",
    look: Look::Facts(run),
};

fn run(situation: &Situation) -> Outcome {
    let go = situation.go.as_ref().map_err(Clone::clone)?;
    let value = go.value("GOCACHE").to_owned();
    let place = match go.chosen("GOCACHE") {
        Some(chosen) => chosen.place.clone(),
        None => situation.version_place(),
    };
    let finding = |severity, what: String, why: &str| {
        let mend = "set GOCACHE to a directory of your own on this machine's disk";
        Ok(vec![Finding::new(severity, place.clone(), what, why, mend)])
    };
    let path = Path::new(&value);
    let shown = untrusted(&value);
    if value.is_empty() || value == "off" {
        return finding(
            Severity::Error,
            "there is no build cache".to_owned(),
            "builds have needed one since Go 1.12; without HOME and XDG_CACHE_HOME Go finds no place for it",
        );
    }
    if !path.is_absolute() {
        return finding(
            Severity::Error,
            format!("`GOCACHE={shown}` is no absolute path"),
            "Go stops: `GOCACHE is not an absolute path`",
        );
    }
    let Some(existing) = path.ancestors().find(|path| path.exists()) else { return Ok(Vec::new()) };
    if let Err(why) = try_to_write(existing, existing == path) {
        return finding(
            Severity::Error,
            format!("the build cache `{shown}` cannot be written"),
            &why,
        );
    }
    if let Some((kind, true)) = filesystem::kind_of(existing) {
        return finding(
            Severity::Warning,
            format!("the build cache `{shown}` lies on {kind}"),
            "Go writes thousands of small files there and trusts what it finds; such a file system is slow at the one and shared with others for the other",
        );
    }
    if existing != path || is_ours(existing) {
        return Ok(Vec::new());
    }
    finding(
        Severity::Warning,
        format!("the build cache `{shown}` belongs to another user"),
        "whoever can write there decides what is linked into your programs: Go trusts the cache's content",
    )
}

/// Does what Go does in its cache: a file is made, locked and written. In a directory that only
/// could become one, the right to do so is asked for.
fn try_to_write(directory: &Path, is_cache: bool) -> Result<(), String> {
    let failed = |error: std::io::Error| Error::from(error).message().to_owned();
    if !is_cache {
        return access(directory, Access::WRITE_OK | Access::EXEC_OK)
            .map_err(|error| failed(error.into()));
    }
    let mut file =
        tempfile::Builder::new().prefix(".goward-check-").tempfile_in(directory).map_err(failed)?;
    file.write_all(b"x").map_err(failed)?;
    flock(file.as_file(), FlockOperation::NonBlockingLockExclusive)
        .map_err(|error| failed(error.into()))?;
    file.as_file().sync_all().map_err(failed)
}

/// Root may use what is anybody's; others had better not.
fn is_ours(path: &Path) -> bool {
    let us = rustix::process::geteuid().as_raw();
    us == 0 || fs_err::metadata(path).is_ok_and(|metadata| metadata.uid() == us)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writing_is_tried() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(try_to_write(dir.path(), true), Ok(()));
        assert_eq!(try_to_write(dir.path(), false), Ok(()));
        assert_eq!(fs_err::read_dir(dir.path()).unwrap().count(), 0);
        assert!(try_to_write(Path::new("/proc"), true).is_err());
    }
}
