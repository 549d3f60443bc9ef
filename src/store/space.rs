//! What is said when a disk is full: how much is needed, and how much there is.

use super::Store;
use crate::error::{Error, untrusted};
use rustix::fs::statvfs;

/// What a release takes on disk, and how many files and directories it has, rounded up.
const RELEASE: (u64, u64) = (300 << 20, 17_000);

/// What an archive of Go grows to when it is unpacked, in tenths: 3.4 to 3.8 for releases.
const GROWTH: u64 = 38;

impl Store {
    /// Says what `what` needs and what the store's file system has, when that was the reason of an
    /// error. `archive` is the size of the archive, if it is known. Staging has to be gone by now.
    #[must_use]
    pub fn explain_room(&self, error: Error, what: &str, archive: Option<u64>) -> Error {
        let known = "needs about ";
        if !error.lacks_room() || error.details().iter().any(|detail| detail.contains(known)) {
            return error;
        }
        let home = self.home().display();
        let full = "no space left";
        let error = if error.message().starts_with(full) {
            error
        } else {
            let error = error.context(format!("{full} in the store `{home}`"));
            error.hint("make room, for example with `goward uninstall`, and try again")
        };
        let bytes = archive.map_or(RELEASE.0, |size| size.saturating_mul(GROWTH) / 10);
        let (bytes, files) = (megabytes(bytes), RELEASE.1);
        let what = untrusted(what);
        let error = error.detail(format!("{what} {known}{bytes} MB and {files} files"));
        let error = match statvfs(self.home()) {
            Ok(found) => {
                let free = megabytes(found.f_bavail.saturating_mul(found.f_frsize));
                // File systems that make room for names as they go say 0 of 0.
                let files = if found.f_files == 0 {
                    "any number of".to_owned()
                } else {
                    found.f_favail.to_string()
                };
                error.detail(format!("`{home}` has room for {free} MB and {files} files"))
            }
            Err(_) => error,
        };
        error.detail("nothing was installed")
    }
}

/// Returns tenths of a million bytes as text.
fn megabytes(bytes: u64) -> String {
    let tenths = bytes.div_ceil(100_000);
    format!("{}.{}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;
    use std::io;

    #[test]
    fn need_and_room_are_named_once() {
        let store = Store::new("/proc".into());
        let full = Error::from(io::Error::from(io::ErrorKind::StorageFull));
        let explained = store.explain_room(full, "go1.27.1", Some(70_000_000));
        let details = explained.details().to_vec();
        assert_eq!(explained.message(), "no space left in the store `/proc`");
        assert_eq!(details[1], "go1.27.1 needs about 266.0 MB and 17000 files");
        assert!(details[2].starts_with("`/proc` has room for 0.0 MB and "), "{details:?}");
        assert_eq!(details[3], "nothing was installed");
        assert_eq!(explained.hints().len(), 1);
        assert_eq!(store.explain_room(explained, "go1.27.1", None).details(), details);
        let quota = Error::from(io::Error::from(io::ErrorKind::QuotaExceeded));
        assert_eq!(
            store.explain_room(quota, "go1.27.1", None).details()[1],
            "go1.27.1 needs about 314.6 MB and 17000 files"
        );
    }

    #[test]
    fn other_errors_stay_as_they_are() {
        let store = Store::new("/proc".into());
        for error in [
            Error::new(Kind::Failed, "no space"),
            io::Error::from(io::ErrorKind::PermissionDenied).into(),
        ] {
            let before = error.to_string();
            assert_eq!(store.explain_room(error, "go1.27.1", None).to_string(), before);
        }
    }
}
