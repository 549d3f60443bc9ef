//! Room on the store's file system, and the report when it is full.

use crate::error::{Advice, Error};
use crate::os::volume::{self, Space};
use crate::store::Store;
use crate::store::error::{Result, RoomReport, StoreError};

/// What a release takes on disk with its archive, and how many files and directories it has, rounded up.
const RELEASE: (u64, u64) = (390 << 20, 17_000);

/// What an archive of Go takes with what is unpacked from it, in tenths of its own size: releases grow to
/// 3.4 to 3.8 times of it.
const USUAL: u64 = 48;

/// What it takes at the very least, in the same measure.
const LEAST: u64 = 30;

/// The files of a release are smaller than that on the average, packed.
const LARGEST_MEAN: u64 = 8192;

impl Store {
    /// Returns the name of the file system's kind, where it is known.
    pub fn filesystem(&self) -> Option<&'static str> {
        volume::kind_of(self.home()).map(|(name, _)| name)
    }

    /// Returns true when other machines may be using the store.
    pub fn is_on_network(&self) -> bool {
        volume::kind_of(self.home()).is_some_and(|(_, shared)| shared)
    }

    /// Returns true where asking for a lock may last for ever, whatever is asked for.
    pub(super) fn is_on_nfs(&self) -> bool {
        self.filesystem() == Some(volume::NFS)
    }

    /// Returns what the file system has room for.
    pub fn space(&self) -> Option<Space> {
        Space::of(self.home())
    }

    /// Refuses to begin with an archive of a known size where its tree cannot fit. `what` is in it.
    pub fn check_room(&self, what: &str, archive: Option<u64>) -> Result<()> {
        let (Some(archive), Some(space)) = (archive, self.space()) else { return Ok(()) };
        let few = |files: u64| files < archive / LARGEST_MEAN;
        if space.bytes >= archive.saturating_mul(LEAST) / 10 && !space.files.is_some_and(few) {
            return Ok(());
        }
        Err(StoreError::NoRoom(self.room_report(what, Some(archive))))
    }

    fn room_report(&self, what: &str, archive: Option<u64>) -> RoomReport {
        let (bytes, files) = RELEASE;
        let bytes = archive.map_or(bytes, |size| size.saturating_mul(USUAL) / 10);
        let (home, what) = (self.home().to_path_buf(), what.to_owned());
        RoomReport { home, what, needed: (bytes, files), room: self.space() }
    }

    /// Says what `what` needs and what the store's file system has, when that was the reason of an
    /// error. `archive` is the size of the archive, if it is known. Staging has to be gone by now.
    #[must_use]
    pub fn explain_room(&self, error: Error, what: &str, archive: Option<u64>) -> Error {
        if !error.lacks_room() {
            return error;
        }
        let report = self.room_report(what, archive);
        // The store's own errors say that it is full, and what helps.
        let is_said = error.hints().contains(&Advice::MakeRoom.into());
        let error =
            if is_said { error } else { error.context(report.message()).hint(Advice::MakeRoom) };
        report.add_to(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;
    use std::io;
    #[cfg(target_os = "linux")]
    use std::path::Path;

    /// A directory of a file system without room.
    const FULL: &str = if cfg!(target_os = "macos") { "/dev" } else { "/proc" };

    #[cfg(target_os = "linux")]
    #[test]
    fn a_file_system_is_called_what_the_kernel_calls_it() {
        let mounts = fs_err::read_to_string("/proc/self/mounts").unwrap();
        let mut known = 0;
        for place in ["/", "/dev/shm", "/tmp"] {
            // What is mounted last lies on top.
            let of = |line: &&str| line.split(' ').nth(1) == Some(place);
            let Some(line) = mounts.lines().rfind(of) else { continue };
            let kind = line.split(' ').nth(2).unwrap();
            let name = if kind == "overlay" { "overlayfs" } else { kind };
            if ["ext4", "xfs", "btrfs", "tmpfs", "overlayfs"].contains(&name) {
                let missing = Path::new(place).join("not/there/yet");
                assert_eq!(volume::kind_of(Path::new(place)), Some((name, false)));
                assert_eq!(volume::kind_of(&missing), Some((name, false)));
                let store = Store::new(missing);
                assert_eq!((store.filesystem(), store.is_on_network()), (Some(name), false));
                known += 1;
            }
        }
        assert!(known > 0, "{mounts}");
        // One that is not in the table.
        assert_eq!(volume::kind_of(Path::new("/proc")), None);
    }

    #[cfg_attr(windows, ignore = "asks /dev/full for its room")]
    #[test]
    fn need_and_room_are_named_once() {
        let store = Store::new(FULL.into());
        let full = Error::from(io::Error::from(io::ErrorKind::StorageFull));
        let explained = store.explain_room(full, "go1.27.1", Some(70_000_000));
        let details = explained.details().to_vec();
        assert_eq!(explained.message(), format!("no space left in the store `{FULL}`"));
        assert_eq!(details[1], "go1.27.1 needs about 336.0 MB and 17000 files");
        assert!(
            details[2].starts_with(&format!("`{FULL}` has room for 0.0 MB and ")),
            "{details:?}"
        );
        assert_eq!(details[3], "nothing was installed");
        assert_eq!(explained.hints().len(), 1);
        assert_eq!(store.explain_room(explained, "go1.27.1", None).details(), details);
        let quota = Error::from(io::Error::from(io::ErrorKind::QuotaExceeded));
        assert_eq!(
            store.explain_room(quota, "go1.27.1", None).details()[1],
            "go1.27.1 needs about 409.0 MB and 17000 files"
        );
    }

    #[test]
    fn other_errors_stay_as_they_are() {
        let store = Store::new(FULL.into());
        for error in [
            Error::new(Kind::Failed, "no space"),
            io::Error::from(io::ErrorKind::PermissionDenied).into(),
        ] {
            let before = error.to_string();
            assert_eq!(store.explain_room(error, "go1.27.1", None).to_string(), before);
        }
    }
}
