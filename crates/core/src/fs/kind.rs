//! Kinds of file systems, as far as they differ in what can be relied on.

use rustix::fs::{StatVfsMountFlags, statfs, statvfs};
use std::path::Path;

/// Kinds by the number that `statfs` gives, and whether several machines may use one at the same time.
const KINDS: [(u64, &str, bool); 18] = [
    (0xef53, "ext4", false),
    (0x5846_5342, "xfs", false),
    (0x9123_683e, "btrfs", false),
    (0x2fc1_2fc1, "zfs", false),
    (0xf2f5_2010, "f2fs", false),
    (0x0102_1994, "tmpfs", false),
    (0x794c_7630, "overlayfs", false),
    (0x7371_7368, "squashfs", false),
    (0xe0f5_e1e2, "erofs", false),
    (0x4d44, "vfat", false),
    (0x2011_bab0, "exfat", false),
    (0x6573_5546, "fuse", true),
    (0x6969, "nfs", true),
    (0x517b, "smb", true),
    (0xff53_4d42, "cifs", true),
    (0xfe53_4d42, "smb2", true),
    (0x0102_1997, "9p", true),
    (0x00c3_6400, "ceph", true),
];
/// The one where asking for a lock may last for ever, whatever is asked for.
pub const NFS: &str = "nfs";

/// What a file system has room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    /// Bytes for this user.
    pub bytes: u64,
    /// How many more files there can be, where that is limited.
    pub files: Option<u64>,
    /// Whether programs may run there.
    pub runs_programs: bool,
}

impl Space {
    /// Looks at the file system that a path is on, or will be.
    pub fn of(path: &Path) -> Option<Self> {
        let found = path.ancestors().find_map(|place| statvfs(place).ok())?;
        // Some have no fixed number of files.
        let files = (found.f_files > 0).then_some(found.f_favail);
        Some(Self {
            bytes: found.f_bavail.saturating_mul(found.f_frsize),
            files,
            runs_programs: !found.f_flag.contains(StatVfsMountFlags::NOEXEC),
        })
    }
}

/// Returns the kind of file system that a path is on, or will be, and whether several machines may use it at
/// the same time.
pub fn kind_of(path: &Path) -> Option<(&'static str, bool)> {
    let found = path.ancestors().find_map(|place| statfs(place).ok())?;
    // The field's type is the system's; the numbers have 32 bits.
    #[allow(clippy::cast_sign_loss, clippy::cast_lossless, clippy::unnecessary_cast)]
    let number = found.f_type as u64 & 0xffff_ffff;
    KINDS.iter().find(|(magic, ..)| *magic == number).map(|(_, name, shared)| (*name, *shared))
}
